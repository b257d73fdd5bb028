//! The log of everything that this program of tests does, down to the finest level, libraries included.

use crate::house::PATIENCE;
use crate::portal::{EMAIL, Portal};
use serde_json::Value;
use std::sync::{Arc, LazyLock, Mutex};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut lines = self.0.lock().expect("not poisoned");
        lines.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

static LOG: LazyLock<Lines> = LazyLock::new(|| {
    let lines = Lines::default();
    let of_writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || of_writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("the first one");
    lines
});

/// From now on all is logged.
pub(crate) fn listen() {
    LazyLock::force(&LOG);
}

fn logged() -> String {
    let lines = LOG.0.lock().expect("not poisoned");
    String::from_utf8_lossy(&lines).into_owned()
}

fn requests(text: &str) -> Vec<Value> {
    let lines = text.lines().map(|line| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        line["fields"].clone()
    });
    lines
        .filter(|fields| fields["message"] == "request")
        .collect()
}

#[tokio::test]
async fn the_log_tells_what_happened_and_not_to_whom() {
    let portal = Portal::demo().await;
    let token = portal.member().await;
    let auth = ("Authorization", token.as_str());
    let agent = ("User-Agent", "canary-agent");
    let canary = ("Cookie", "depesche=canary-cookie");
    let json = ("Content-Type", "application/json");
    portal
        .ask("GET /api/v1/me?canary-query", &[auth, agent], b"")
        .await;
    portal
        .ask("GET /d/canary-path%231.canary-key", &[], b"")
        .await;
    portal.ask("GET /canary-nowhere", &[canary], b"").await;
    portal
        .ask(
            "POST /api/v1/logout",
            &[json, canary],
            b"{\"email\": \"canary-body\"}",
        )
        .await;
    // A line is written a moment after the last byte was sent.
    let lines = async {
        loop {
            let text = logged();
            let all = requests(&text);
            let find = |route: &str, status: u16| {
                let mut lines = all.iter();
                lines
                    .find(|l| l["http.route"] == route && l["http.status"] == status)
                    .cloned()
            };
            let me = find("/api/v1/me", 200);
            let last = find("/api/v1/logout", 401).or(find("/api/v1/logout", 403));
            if let (Some(me), Some(_)) = (me, last) {
                return (text, me);
            }
            tokio::task::yield_now().await;
        }
    };
    let (text, me) = tokio::time::timeout(PATIENCE, lines).await.expect("lines");
    assert_eq!(
        (&me["http.method"], &me["cut"]),
        (&"GET".into(), &false.into())
    );
    assert!(me["sent_bytes"].as_u64().is_some_and(|n| n > 0) && me["duration_ms"].is_u64());
    assert_eq!(me["client"].as_str().map(str::len), Some(16));
    let secret = token.trim_start_matches("Bearer ");
    for word in ["canary", secret, EMAIL, "anna", "127.0.0.1"] {
        let line = text.lines().find(|line| line.contains(word));
        assert_eq!(line, None, "{word}");
    }
}
