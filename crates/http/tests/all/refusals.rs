//! What is not answered with what it asked for: every refusal is a problem that a program can read.

use crate::house::Answer;
use crate::portal::{Portal, Setup};

async fn portal() -> Portal {
    Portal::demo().await
}

const LOOK: &str = "POST /api/v1/links/AAAAAAAAAAAAAAAAAAAAAA/look";
const JSON: (&str, &str) = ("Content-Type", "application/json");

fn is(answer: &Answer, status: u16, code: &str) {
    let told = (answer.status(), answer.problem());
    assert_eq!(told, (status, code.to_owned()), "{answer:?}");
}

#[tokio::test]
async fn bodies_that_do_not_fit() {
    let portal = portal().await;
    let big = format!("{{\"auth\": \"{}\"}}", "A".repeat(1 << 20));
    let gzip = ("Content-Encoding", "gzip");
    let plain = ("Content-Type", "text/plain");
    let charset = ("Content-Type", "Application/JSON; charset=utf-8");
    for (headers, body, status, code) in [
        (&[JSON][..], "{\"auth\": \"AA\"}", 404, "link_unknown"),
        (&[charset], "{\"auth\": \"AA\"}", 404, "link_unknown"),
        (&[], "{\"auth\": \"AA\"}", 415, "media_type"),
        (&[plain], "{\"auth\": \"AA\"}", 415, "media_type"),
        (&[JSON, gzip], "{\"auth\": \"AA\"}", 415, "encoded"),
        (&[JSON], "", 400, "bad_json"),
        (&[JSON], "{", 400, "bad_json"),
        (&[JSON], "{\"auth\": \"A\"}", 400, "bad_json"),
        (&[JSON], "{\"auth\": 1}", 400, "bad_json"),
        (&[JSON], "[]", 400, "bad_json"),
        (&[JSON], &big, 413, "body_too_large"),
    ] {
        is(
            &portal.ask(LOOK, headers, body.as_bytes()).await,
            status,
            code,
        );
    }
    let message = portal.ask(LOOK, &[JSON], b"{\"auth\": 1}").await.json();
    let message = message["detail"].as_str().expect("a detail").to_owned();
    assert!(message.contains("line 1 column"), "{message}");
}

#[tokio::test]
async fn addresses_that_lead_nowhere() {
    let portal = portal().await;
    for line in [
        "GET /api/v1/nothing",
        "GET /api",
        "GET /wp-login.php",
        "GET /.env",
        "GET /../../etc/passwd",
        "GET /%2e%2e/%2e%2e/etc/passwd",
        "GET //evil.test/",
        "GET /sent/",
    ] {
        is(&portal.ask(line, &[], b"").await, 404, "not_found");
    }
    let short = "POST /api/v1/links/short/look";
    let answer = portal.send(short, &[], &serde_json::json!({})).await;
    is(&answer, 404, "not_found");
}

#[tokio::test]
async fn lists_are_asked_for_in_their_words() {
    let portal = portal().await;
    let token = portal.member().await;
    let auth = ("Authorization", token.as_str());
    for query in ["limit=x", "limit=-1", "after=yesterday", "after=1.x"] {
        let line = format!("GET /api/v1/parcels?{query}");
        is(&portal.ask(&line, &[auth], b"").await, 400, "bad_query");
    }
    let page = portal
        .ask("GET /api/v1/parcels?limit=999", &[auth], b"")
        .await;
    assert_eq!(page.json(), serde_json::json!({"parcels": []}));
}

#[tokio::test]
async fn a_server_that_cannot_serve_says_so() {
    let portal = Portal::new(Setup {
        ready: false,
        ..Setup::default()
    })
    .await;
    let answer = portal.ask("GET /readyz", &[], b"").await;
    is(&answer, 503, "not_ready");
    assert!(answer.text().contains("store"), "{answer:?}");
    assert_eq!(portal.ask("GET /healthz", &[], b"").await.status(), 200);
}

/// Two parsers that do not agree where a request ends can be made to see different requests (RFC 9112 section
/// 11.2). Each of these bytes is refused, and nothing behind them is taken as a second request.
#[tokio::test]
async fn a_request_has_one_end() {
    let portal = portal().await;
    let smuggled = "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n";
    for (headers, body, statuses) in [
        (
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "0\r\n\r\n",
            &[411][..],
        ),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "0\r\n\r\n",
            &[411],
        ),
        ("Transfer-Encoding: chunked", "0\r\n\r\n", &[411]),
        ("Transfer-Encoding: gzip, chunked", "0\r\n\r\n", &[411]),
        ("Transfer-Encoding: chunked, identity", "0\r\n\r\n", &[400]),
        ("Transfer-Encoding: xchunked", "0\r\n\r\n", &[400]),
        ("Transfer-Encoding : chunked", "0\r\n\r\n", &[400]),
        ("Transfer-Encoding:\u{b}chunked", "0\r\n\r\n", &[400, 411]),
        (" Transfer-Encoding: chunked", "0\r\n\r\n", &[400]),
        ("X: y\r\n Transfer-Encoding: chunked", "0\r\n\r\n", &[400]),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            "0\r\n\r\n",
            &[400],
        ),
        ("Content-Length: 5\r\nContent-Length: 6", "hello!", &[400]),
        ("Content-Length: 5, 5", "hello", &[400]),
        ("Content-Length: +5", "hello", &[400]),
        ("Content-Length: 0x5", "hello", &[400]),
        ("Content-Length: -5", "hello", &[400]),
        ("Content-Length: 5 5", "hello", &[400]),
        ("Content-Length : 5", "hello", &[400]),
        ("Content-Length: 99999999999999999999", "hello", &[400]),
        ("Content-Length:", "hello", &[400]),
    ] {
        let mut wire = portal.house.connect().await;
        let host = portal.host;
        let head = format!("POST /no/where HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n\r\n");
        wire.send(format!("{head}{body}{smuggled}")).await;
        let said = wire.rest().await;
        let first: u16 = said
            .split(' ')
            .nth(1)
            .map_or(0, |s| s.parse().expect("a status"));
        assert!(statuses.contains(&first), "{headers:?}: {said}");
        // `Transfer-Encoding` alone is clear, and refused all the same; then a second request may follow.
        let answers = said.matches("HTTP/1.1 ").count();
        let clear = headers.starts_with("Transfer-Encoding: chunked")
            && headers.lines().count() == 1
            || headers.starts_with("Transfer-Encoding: gzip, chunked");
        assert!(
            answers == 1 || clear && !headers.contains("identity"),
            "{headers:?}: {said}"
        );
    }
}

#[tokio::test]
async fn the_same_length_twice_is_one_length() {
    // RFC 9110 section 8.6 allows it; there is one end whichever line is read.
    let portal = portal().await;
    let mut wire = portal.house.connect().await;
    let twice = [("Content-Length", "13"), JSON, ("Content-Length", "13")];
    let body = "{\"auth\":\"AA\"}";
    let lines = twice
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .concat();
    let head = format!("{LOOK} HTTP/1.1\r\nHost: {}\r\n{lines}\r\n", portal.host);
    wire.send(format!("{head}{body}")).await;
    is(&wire.answer().await, 404, "link_unknown");
    wire.send(portal.request("GET /healthz", &[], b"")).await;
    assert_eq!(wire.answer().await.text(), "ok\n");
}

#[tokio::test]
async fn requests_name_one_host() {
    let portal = portal().await;
    for (head, status) in [
        ("GET /healthz HTTP/1.1\r\n", 200),
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1:8025\r\n", 200),
        ("GET / HTTP/1.1\r\nHost: LOCALHOST\r\n", 200),
        ("GET / HTTP/1.1\r\nHost: [::1]:9\r\n", 200),
        ("GET / HTTP/1.1\r\n", 400),
        ("GET / HTTP/1.0\r\n", 400),
        ("GET / HTTP/1.1\r\nHost:\r\n", 400),
        (
            "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n",
            400,
        ),
        ("GET / HTTP/1.1\r\nHost: localhost, evil.test\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: evil.test@localhost\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: localhost/x\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: evil.test\r\n", 421),
        ("GET / HTTP/1.1\r\nHost: 0.0.0.0\r\n", 421),
        ("GET / HTTP/1.1\r\nHost: localhost.evil.test\r\n", 421),
        ("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n", 200),
        ("GET http://evil.test/ HTTP/1.1\r\nHost: localhost\r\n", 400),
        ("GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n", 421),
        (
            "GET / HTTP/1.1\r\nHost: evil.test\r\nX-Forwarded-Host: localhost\r\n",
            421,
        ),
    ] {
        let answer = portal.house.ask(format!("{head}\r\n")).await;
        assert_eq!(answer.status(), status, "{head}");
    }
}
