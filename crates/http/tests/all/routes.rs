//! Every route of the table: who is let in, what every answer carries, and that the description names it.

use crate::portal::{Portal, Setup};
use depesche_http::auth::Access;
use depesche_http::router::{self, Route, routes};
use http::Method;
use std::collections::BTreeSet;
use std::path::Path;

const HTTPS: &str = "https://portal.example.org";

/// The path with something in its variable places.
pub(crate) fn filled(route: &Route) -> String {
    let path = route
        .path
        .replace("{index}", "0")
        .replace("{*link}", "x%231.y")
        .replace("{*token}", "AAAAAAAAAAAAAAAAAAAAAA");
    let path = path.replace("{*file}", "no-such-file");
    let id = "AAAAAAAAAAAAAAAAAAAAAA";
    let path = path.replace("{mail}", id).replace("{position}", "0");
    path.replace("{id}", id)
        .replace("{file}", id)
        .replace("{token}", id)
}

fn line(route: &Route) -> String {
    format!("{} {}", route.method, filled(route))
}

/// A body of the right type, so that nothing but the access is in the way.
pub(crate) fn headers(route: &Route) -> Vec<(&'static str, &'static str)> {
    let json = [
        "/api/v1/parcels/{id}",
        "/api/v1/keyring",
        "/api/v1/replies/{token}/parcels/{id}",
    ];
    let bytes = route.method == Method::PUT && !json.contains(&route.path);
    let kind = if bytes {
        "application/octet-stream"
    } else {
        "application/json"
    };
    vec![("Content-Type", kind)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_in_without_what_the_route_asks_for() {
    let portal = Portal::new(Setup {
        public_url: HTTPS,
        demo: false,
        ..Setup::default()
    })
    .await;
    for route in routes() {
        let line = line(&route);
        let answer = portal.ask(&line, &headers(&route), b"{}").await;
        let expected = match route.access {
            Access::Person | Access::Member | Access::Admin => Some((401, "not_logged_in")),
            Access::Claim => Some((401, "claim_required")),
            Access::Handoff => Some((401, "handoff_secret_required")),
            Access::Reply => Some((401, "reply_proof_required")),
            Access::Link | Access::FirstCode => Some((400, "bad_json")),
            Access::Demo => Some((404, "not_found")),
            Access::Public | Access::Operator => None,
        };
        match expected {
            Some((status, code)) => {
                assert_eq!(
                    (answer.status(), answer.problem().as_str()),
                    (status, code),
                    "{line}"
                );
            }
            None => assert!(![401, 403].contains(&answer.status()), "{line} {answer:?}"),
        }
        let mut wrong = headers(&route);
        wrong.push((
            "Authorization",
            "Bearer AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ));
        wrong.push((
            "Cookie",
            "__Host-depesche=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ));
        let answer = portal.ask(&line, &wrong, b"{}").await;
        match route.access {
            Access::Person | Access::Member | Access::Admin => {
                assert_eq!(answer.problem(), "not_logged_in", "{line}");
            }
            Access::Claim => assert_eq!(answer.problem(), "claim_required", "{line}"),
            Access::Handoff => assert_eq!(answer.problem(), "handoff_secret_required", "{line}"),
            Access::Reply => assert_eq!(answer.problem(), "reply_proof_required", "{line}"),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_nobody_has_opens_nothing() {
    let portal = Portal::demo().await;
    for route in routes() {
        if route.access != Access::Claim {
            continue;
        }
        let mut all = headers(&route);
        all.push((
            "Authorization",
            "Claim AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ));
        let answer = portal.ask(&line(&route), &all, br#"{"files": []}"#).await;
        assert_eq!(
            (answer.status(), answer.problem().as_str()),
            (401, "claim_over")
        );
        assert_eq!(answer.header("www-authenticate"), Some("Claim"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_carries_the_headers() {
    for (public_url, hsts) in [(HTTPS, true), ("http://127.0.0.1:8025", false)] {
        let portal = Portal::new(Setup {
            public_url,
            ..Setup::default()
        })
        .await;
        let mut lines: Vec<String> = routes().iter().map(line).collect();
        lines.extend(["GET /no/where", "PATCH /", "OPTIONS /api/v1/me", "TRACE /"].map(Into::into));
        for line in lines {
            let answer = portal.ask(&line, &[], b"").await;
            // What has an entity tag is kept, and asked for again.
            let kept = line == "GET /brand/logo" || answer.header("etag").is_some();
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
                ("x-frame-options", "DENY"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("cache-control", if kept { "no-cache" } else { "no-store" }),
            ] {
                assert_eq!(answer.header(name), Some(value), "{line}");
            }
            let policy = answer.header("content-security-policy").expect("a policy");
            assert!(policy.starts_with("default-src 'none';"), "{line}");
            assert!(policy.contains("frame-ancestors 'none'"), "{line}");
            assert!(
                policy.contains("base-uri 'none'") && !policy.contains("unsafe"),
                "{line}"
            );
            let hsts_value = answer.header("strict-transport-security");
            assert_eq!(hsts_value, hsts.then_some("max-age=63072000"), "{line}");
            assert_eq!(answer.header("access-control-allow-origin"), None, "{line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_host_is_not_served() {
    let portal = Portal::new(Setup {
        public_url: HTTPS,
        ..Setup::default()
    })
    .await;
    for route in routes() {
        let probe = ["/healthz", "/readyz", "/metrics"].contains(&route.path);
        for host in ["evil.test", "portal.example.org.evil.test", "127.0.0.2:80"] {
            let request = format!("{} HTTP/1.1\r\nHost: {host}\r\n\r\n", line(&route));
            let answer = portal.house.ask(&request).await;
            let line = line(&route);
            assert_eq!(answer.status() == 421, !probe, "{line} {host}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_methods_are_refused_by_name() {
    let portal = Portal::demo().await;
    let table = routes();
    for path in table
        .iter()
        .map(|route| route.path)
        .collect::<BTreeSet<_>>()
    {
        let here: Vec<&Route> = table.iter().filter(|route| route.path == path).collect();
        for method in [
            "GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW",
        ] {
            if here.iter().any(|route| route.method.as_str() == method) {
                continue;
            }
            let line = format!("{method} {}", filled(here[0]));
            let answer = portal.ask(&line, &[], b"").await;
            assert_eq!(
                (answer.status(), answer.problem().as_str()),
                (405, "method_not_allowed")
            );
            let allowed = answer.header("allow").expect("what is allowed");
            for route in &here {
                assert!(allowed.contains(route.method.as_str()), "{line}: {allowed}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_may_be_written_with_percent_signs_and_nothing_else_is_one() {
    let portal = Portal::demo().await;
    let secret = "Handoff AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (id, expected) in [
        ("AAAAAAAAAAAAAAAAAAAAAA", "handoff_unknown"),
        ("%41AAAAAAAAAAAAAAAAAAAAA", "handoff_unknown"),
        ("AAAAAAAAAAAAAAAAAAAAAB", "not_found"),
        ("AAAAAAAAAAAAAAAAAAAAA", "not_found"),
        ("AAAAAAAAAAAAAAAAAAAAA%FF", "not_found"),
        ("AAAAAAAAAAAAAAAAAAAAA%4", "not_found"),
    ] {
        let line = format!("GET /api/v1/handoffs/{id}/state");
        let answer = portal.ask(&line, &[("Authorization", secret)], b"").await;
        assert_eq!(answer.problem(), expected, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn head_is_answered_as_get_without_the_body() {
    let portal = Portal::demo().await;
    for path in ["/api/v1/info", "/healthz", "/no/where.js"] {
        let get = portal.ask(&format!("GET {path}"), &[], b"").await;
        let head = portal.ask(&format!("HEAD {path}"), &[], b"").await;
        assert_eq!(head.status(), get.status(), "{path}");
        assert!(head.body.is_empty() && !get.body.is_empty(), "{path}");
        for name in ["content-length", "content-type", "content-security-policy"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
}

/// `GET /api/v1/…` of the description, as the table writes them.
fn described() -> BTreeSet<String> {
    let document: serde_json::Value =
        serde_json::from_str(&router::description()).expect("a description");
    let paths = document["paths"].as_object().expect("paths").clone();
    let methods = paths.into_iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("methods").clone();
        methods
            .into_iter()
            .map(move |(method, _)| format!("{} {path}", method.to_uppercase()))
    });
    methods.collect()
}

#[test]
fn the_description_names_every_route_and_no_other() {
    let table = routes();
    let table = table
        .iter()
        .filter(|route| route.path.starts_with("/api/v1/"));
    let table: BTreeSet<String> = table.map(|r| format!("{} {}", r.method, r.path)).collect();
    assert_eq!(
        table,
        described(),
        "the table (left), the description (right)"
    );
}

#[test]
fn the_description_says_how_each_route_is_authorised() {
    let document: serde_json::Value =
        serde_json::from_str(&router::description()).expect("a description");
    for route in routes() {
        if !route.path.starts_with("/api/v1/") {
            continue;
        }
        let method = route.method.as_str().to_lowercase();
        let security = document["paths"][route.path][&method]["security"].to_string();
        let expected = match route.access {
            Access::Person | Access::Member | Access::Admin => r#"[{"session":[]},{"cookie":[]}]"#,
            Access::Claim => r#"[{"claim":[]}]"#,
            Access::Handoff => r#"[{"handoff":[]}]"#,
            Access::Reply => r#"[{"reply":[]}]"#,
            _ => "null",
        };
        assert_eq!(security, expected, "{method} {}", route.path);
    }
}

/// The web client's types are generated from the file: stale = red.
#[test]
fn the_description_is_checked_in() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let document = router::description();
    if std::env::var_os("DEPESCHE_UPDATE").is_some() {
        std::fs::write(&file, &document).expect("written");
    }
    let checked_in = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        checked_in == document,
        "docs/openapi.json is stale: run `DEPESCHE_UPDATE=1 cargo test --release -p depesche-http description`"
    );
}
