//! What machines and operators see: metrics, the log, caught mail, pages.

use crate::portal::{Portal, Setup};
use depesche_service::demo::Caught;

const AUTH: &str = "Bearer geheim";

#[tokio::test]
async fn metrics_are_for_operators() {
    for (behind_proxy, token, header, status) in [
        (false, None, None, 200),
        (true, None, None, 401),
        (true, None, Some("Bearer "), 401),
        (true, Some("geheim"), None, 401),
        (true, Some("geheim"), Some("Bearer geheimnis"), 401),
        (true, Some("geheim"), Some("Bearer geheiM"), 401),
        (true, Some("geheim"), Some(AUTH), 200),
    ] {
        let portal = Portal::new(Setup {
            behind_proxy,
            metrics_token: token,
            ..Setup::default()
        })
        .await;
        let headers: Vec<_> = header
            .map(|value| ("Authorization", value))
            .into_iter()
            .collect();
        let answer = portal.ask("GET /metrics", &headers, b"").await;
        assert_eq!(
            answer.status(),
            status,
            "{behind_proxy} {token:?} {header:?}"
        );
    }
}

#[tokio::test]
async fn requests_are_counted_by_route() {
    let portal = Portal::demo().await;
    for line in [
        "GET /d/secret-id%23secret-key",
        "GET /no/secret",
        "BREW /healthz",
        "GET /api/v1/info",
    ] {
        portal.ask(line, &[], b"").await;
    }
    let body = b"{\"auth\": \"AA\"}";
    let json = [("Content-Type", "application/json")];
    portal
        .ask(
            "POST /api/v1/links/AAAAAAAAAAAAAAAAAAAAAA/look",
            &json,
            body,
        )
        .await;
    let counted = |text: &str| text.contains("_received_bytes_total 14\n");
    let metrics = async {
        // A request is counted a moment after its last byte was sent.
        loop {
            let text = portal.ask("GET /metrics", &[], b"").await.text();
            if counted(&text) {
                return text;
            }
        }
    };
    let text = tokio::time::timeout(crate::house::PATIENCE, metrics)
        .await
        .expect("counted");
    for line in [
        "depesche_requests_total{method=\"GET\",route=\"/d/{*link}\",status=\"200\"} 1\n",
        "depesche_requests_total{method=\"GET\",route=\"/{*file}\",status=\"404\"} 1\n",
        "depesche_requests_total{method=\"other\",route=\"/healthz\",status=\"405\"} 1\n",
        "depesche_requests_total{method=\"POST\",route=\"/api/v1/links/{id}/look\",status=\"404\"} 1\n",
        "depesche_request_duration_seconds_count{route=\"/api/v1/info\"} 1\n",
        "depesche_outbox_waiting 3\n",
        "depesche_mail_queue_waiting 0\n",
        "depesche_mail_queue_held 0\n",
        "depesche_mail_queue_oldest_seconds 0\n",
        "depesche_handoff_slots 0\n",
        "depesche_handoff_held_bytes 0\n",
        "depesche_handoff_budget_bytes 268435456\n",
        "# EOF\n",
    ] {
        assert!(text.contains(line), "{line}{text}");
    }
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn caught_mail_is_shown_as_text() {
    let portal = Portal::demo().await;
    let empty = portal.ask("GET /dev/mail", &[], b"").await.text();
    // The client's page reads the list itself.
    assert!(cfg!(feature = "web") || empty.contains("No mail yet"));
    portal.mail.catch(Caught {
        id: "1@example".into(),
        from: "a@example.org".into(),
        to: "b@example.org".into(),
        subject: "<script>alert(1)</script>".into(),
        text: "Look:\nhttp://127.0.0.1:8025/d/x#1.y".into(),
        html: "<p>Look</p>".into(),
        raw: "raw".into(),
    });
    let page = portal.ask("GET /dev/mail", &[], b"").await;
    let link = "<a href=\"http://127.0.0.1:8025/d/x#1.y\">";
    assert!(
        cfg!(feature = "web") || page.text().contains(link),
        "{page:?}"
    );
    assert!(!page.text().contains("<script>"), "{page:?}");
    let list = portal.ask("GET /dev/mail.json", &[], b"").await.json();
    assert_eq!(list[0]["subject"], "<script>alert(1)</script>");
    let members = list[0]
        .as_object()
        .expect("a mail")
        .keys()
        .cloned()
        .collect::<Vec<_>>();
    assert_eq!(
        members,
        ["from", "html", "id", "raw", "subject", "text", "to"]
    );
    assert_eq!(
        portal.ask("DELETE /dev/mail.json", &[], b"").await.status(),
        204
    );
    assert_eq!(
        portal.ask("GET /dev/mail.json", &[], b"").await.json(),
        serde_json::json!([])
    );
}

#[tokio::test]
async fn a_page_is_the_same_whatever_stands_in_its_address() {
    let portal = Portal::demo().await;
    let page = portal.ask("GET /d/AAAAAAAAAAAAAAAAAAAAAA", &[], b"").await;
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let plain = cfg!(not(feature = "web"));
    assert!(!plain || page.text().contains("depesche fetch"), "{page:?}");
    for path in [
        "/help",
        "/d/x%231.abc",
        "/d/x%231.abc/",
        "/d/a/b",
        "/d/%00",
        "/d/%ff",
    ] {
        let other = portal.ask(&format!("GET {path}"), &[], b"").await;
        assert_eq!((other.status(), other.text()), (200, page.text()), "{path}");
        let head = portal.ask(&format!("HEAD {path}"), &[], b"").await;
        assert_eq!((head.status(), head.body.len()), (200, 0), "{path}");
    }
    let style = portal.ask("GET /plain.css", &[], b"").await;
    let kind = style.header("content-type");
    assert!(!plain || kind == Some("text/css; charset=utf-8"));
}

#[tokio::test]
async fn the_description_is_served() {
    let portal = Portal::demo().await;
    let answer = portal.ask("GET /api/openapi.json", &[], b"").await;
    assert_eq!(answer.json()["info"]["title"], "Depesche");
    assert_eq!(answer.text(), depesche_http::router::description());
    let info = portal.ask("GET /api/v1/info", &[], b"").await.json();
    assert_eq!(info["public_url"], "http://127.0.0.1:8025");
    assert_eq!(
        info["levels"],
        serde_json::json!({"lowest": 1, "default": 1, "highest": 1})
    );
}
