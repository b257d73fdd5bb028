//! How the client takes what a server, or the way to it, does.

use depesche_client::api::{DropRecipient, LinkProof};
use depesche_client::fault::Fault;
use depesche_client::http::{CallError, Server, parse_base};

use crate::canned::{answer, serve};

const ME: &str =
    r#"{"id":"x","email":"a@example.test","name":"","role":"member","sealpass":false}"#;

fn problem(status: u16, code: &str) -> String {
    format!(r#"{{"code":"{code}","status":{status},"title":"t","detail":"what to do"}}"#)
}

#[test]
fn addresses_have_one_spelling() {
    for (text, expected) in [
        (
            "https://depesche.example.org/",
            Some("https://depesche.example.org"),
        ),
        ("depesche.example.org", Some("https://depesche.example.org")),
        ("HTTP://LocalHost:8025", Some("http://localhost:8025")),
        ("http://[::1]:8025", Some("http://[::1]:8025")),
        (
            "https://example.org/portal/",
            Some("https://example.org/portal"),
        ),
        ("https://me:secret@example.org", None),
        ("https://example.org/?q", None),
        ("https://example.org/#x", None),
        ("ftp://example.org", None),
        ("file:///etc/passwd", None),
        ("", None),
        ("not an address", None),
    ] {
        assert_eq!(parse_base(text).ok().as_deref(), expected, "{text}");
    }
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let (elsewhere, asked_elsewhere) = serve(vec![answer("200 OK", "application/json", ME)]).await;
    let moved = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: {elsewhere}/api/v1/me\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    let (base, asked) = serve(vec![moved]).await;
    let server = Server::new(&base)
        .expect("server")
        .with_session("token-of-mine");
    let error = server.me().await.expect_err("redirected");
    assert!(matches!(&error, CallError::Redirect { to, .. } if to.starts_with(&elsewhere)));
    assert!(asked.lock().expect("log")[0].contains("Bearer token-of-mine"));
    assert_eq!(asked_elsewhere.lock().expect("log").len(), 0);
}

#[tokio::test]
async fn what_may_be_said_twice_is_said_again() {
    let busy = answer(
        "503 Service Unavailable",
        "application/problem+json",
        &problem(503, "unavailable"),
    );
    let good = answer("200 OK", "application/json", ME);
    let (base, asked) = serve(vec![busy, String::new(), good]).await;
    let server = Server::new(&base).expect("server");
    assert_eq!(server.me().await.expect("answered").email, "a@example.test");
    assert_eq!(asked.lock().expect("log").len(), 3);
}

#[tokio::test]
async fn what_counts_twice_is_said_once() {
    let (base, asked) = serve(vec![
        String::new(),
        answer("200 OK", "application/json", "{}"),
    ])
    .await;
    let server = Server::new(&base).expect("server");
    let drop = DropRecipient {
        email: "a@example.test".into(),
    };
    let error = server.drop_recipient("x", &drop).await.expect_err("lost");
    assert!(matches!(error, CallError::Unreachable { .. }));
    assert_eq!(asked.lock().expect("log").len(), 1);
}

#[tokio::test]
async fn a_refusal_keeps_its_code_and_its_kind() {
    for (status, code, fault) in [
        (404, "link_unknown", Fault::Gone),
        (410, "expired", Fault::Gone),
        (409, "limit_reached", Fault::Gone),
        (403, "link_wrong_key", Fault::Unopenable),
        (403, "wrong_password", Fault::Unopenable),
        (401, "not_logged_in", Fault::Refused),
        (429, "too_many_tries", Fault::Refused),
        (413, "too_large", Fault::Refused),
        (507, "disk_full", Fault::Unavailable),
    ] {
        let body = problem(status, code);
        let status = format!("{status} Some");
        let (base, _) = serve(vec![answer(&status, "application/problem+json", &body)]).await;
        let server = Server::new(&base).expect("server");
        let proof = LinkProof {
            auth: depesche_client::api::B64(vec![0; 32]),
            auth2: None,
        };
        let error = server.look("x", &proof).await.expect_err("refused");
        assert_eq!((error.code(), error.fault()), (code, fault));
        assert_eq!(error.to_string(), "what to do");
    }
}

#[tokio::test]
async fn strangers_are_recognised() {
    for (status, kind, body) in [
        ("200 OK", "text/html", "<html>welcome</html>"),
        ("404 Not Found", "text/html", "<html>nothing</html>"),
        ("200 OK", "application/json", "{\"other\":1}"),
    ] {
        let (base, _) = serve(vec![answer(status, kind, body)]).await;
        let server = Server::new(&base).expect("server");
        let error = server.me().await.expect_err("foreign");
        assert!(
            matches!(error, CallError::Foreign { .. }),
            "{body}: {error:?}"
        );
    }
}

#[tokio::test]
async fn nobody_there_is_told_soon() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let begun = std::time::Instant::now();
    let error = Server::new(&base)
        .expect("server")
        .me()
        .await
        .expect_err("nobody");
    assert_eq!(error.fault(), Fault::Unavailable);
    assert!(
        begun.elapsed() < std::time::Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}
