//! Logins, and who may speak for a browser's cookie.

use crate::portal::{Portal, Setup};
use serde_json::json;

const HTTPS: &str = "https://portal.example.org";
const OURS: (&str, &str) = ("Origin", HTTPS);

async fn portal() -> Portal {
    let portal = Portal::new(Setup {
        public_url: HTTPS,
        behind_proxy: true,
        ..Setup::default()
    })
    .await;
    portal.add_member().await;
    portal
}

/// The cookie as the browser sends it back.
async fn cookie(portal: &Portal) -> String {
    let answer = portal.log_in(&[OURS], true).await;
    let set = answer.header("set-cookie").expect("a cookie").to_owned();
    let (cookie, rest) = set.split_once("; ").expect("attributes");
    assert!(
        cookie.starts_with("__Host-depesche=") && cookie.len() == 16 + 43,
        "{set}"
    );
    let attributes = "Path=/; Max-Age=15552000; HttpOnly; SameSite=Strict; Secure";
    assert_eq!(rest, attributes);
    assert_eq!(answer.json()["token"], "", "a script cannot read it");
    cookie.to_owned()
}

#[tokio::test]
async fn a_session_ends_when_it_is_told_to() {
    let portal = portal().await;
    let answer = portal.log_in(&[], false).await;
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(answer.json()["account"]["email"], "anna@example.org");
    let bearer = format!(
        "Bearer {}",
        answer.json()["token"].as_str().expect("a token")
    );
    let auth = ("Authorization", bearer.as_str());
    let sessions = portal
        .ask("GET /api/v1/sessions", &[auth], b"")
        .await
        .json();
    assert_eq!(sessions["sessions"][0]["current"], true);
    assert_eq!(sessions["sessions"][0]["label"], "test");
    assert_eq!(
        portal
            .ask("POST /api/v1/logout", &[auth], b"")
            .await
            .status(),
        204
    );
    let answer = portal.ask("GET /api/v1/me", &[auth], b"").await;
    assert_eq!(
        (answer.status(), answer.problem().as_str()),
        (401, "not_logged_in")
    );
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
}

#[tokio::test]
async fn a_cookie_speaks_for_pages_of_ours_alone() {
    let portal = portal().await;
    let cookie = cookie(&portal).await;
    let cookie = ("Cookie", cookie.as_str());
    let line = "POST /api/v1/logout/everywhere";
    let me = portal.ask("GET /api/v1/me", &[cookie], b"").await;
    assert_eq!(me.status(), 200, "reading needs no more than the cookie");
    for said in [
        &[][..],
        &[("Origin", "https://evil.test")],
        &[("Origin", "null")],
        &[("Origin", "http://portal.example.org")],
        &[("Origin", "https://portal.example.org:8443")],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Sec-Fetch-Site", "none")],
        &[OURS, ("Sec-Fetch-Site", "cross-site")],
        &[
            ("Origin", "https://evil.test"),
            ("Sec-Fetch-Site", "same-origin"),
        ],
    ] {
        let headers = [&[cookie], said].concat();
        let answer = portal.ask(line, &headers, b"").await;
        assert_eq!(
            (answer.status(), answer.problem().as_str()),
            (403, "cross_site"),
            "{said:?}"
        );
    }
    let answer = portal.ask(line, &[cookie, OURS], b"").await;
    assert_eq!(answer.json(), json!({"ended": 1}));
    let gone = answer
        .header("set-cookie")
        .expect("the cookie is taken away");
    assert!(
        gone.starts_with("__Host-depesche=; ") && gone.contains("Max-Age=0"),
        "{gone}"
    );
    assert_eq!(
        portal.ask("GET /api/v1/me", &[cookie], b"").await.status(),
        401
    );
}

#[tokio::test]
async fn no_other_page_changes_anything_even_without_a_cookie() {
    let portal = portal().await;
    for line in [
        "POST /api/v1/login/start",
        "POST /api/v1/links/AAAAAAAAAAAAAAAAAAAAAA/look",
    ] {
        let foreign = ("Origin", "https://evil.test");
        let answer = portal.send(line, &[foreign], &json!({})).await;
        assert_eq!(answer.problem(), "cross_site");
        let answer = portal
            .send(line, &[("Sec-Fetch-Site", "same-origin")], &json!({}))
            .await;
        assert_eq!(answer.problem(), "bad_json");
    }
    // Nobody is logged in as somebody else: a cookie is given to a page of ours alone.
    assert_eq!(portal.log_in(&[], true).await.problem(), "cross_site");
}

#[tokio::test]
async fn on_loopback_the_cookie_has_its_plain_name() {
    let portal = Portal::demo().await;
    portal.add_member().await;
    let ours = ("Origin", "http://127.0.0.1:8025");
    let answer = portal.log_in(&[ours], true).await;
    let set = answer.header("set-cookie").expect("a cookie");
    assert!(
        set.starts_with("depesche=") && !set.contains("Secure"),
        "{set}"
    );
    let cookie = set.split(';').next().expect("a cookie").to_owned();
    assert_eq!(
        portal
            .ask("GET /api/v1/me", &[("Cookie", &cookie)], b"")
            .await
            .status(),
        200
    );
}

#[tokio::test]
async fn tries_are_counted_by_the_address_behind_the_proxy() {
    let portal = portal().await;
    let body = json!({"email": "anna@example.org", "request": ""});
    let from = async |address: &str| {
        // A visitor can write the first ones himself; the last one is the proxy's.
        let forwarded = format!("203.0.113.99, {address}");
        let header = ("X-Forwarded-For", forwarded.as_str());
        portal
            .send("POST /api/v1/login/start", &[header], &body)
            .await
            .problem()
    };
    assert_eq!(from("192.0.2.1").await, "invalid");
    for _ in 0..6 {
        portal.fail_login("192.0.2.1").await;
    }
    assert_eq!(from("192.0.2.1").await, "too_many_tries");
    assert_eq!(from("192.0.2.2").await, "invalid");
}
