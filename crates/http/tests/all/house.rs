//! A listener on a port of its own, and bytes sent to it.

use axum::Router;
use depesche_http::metrics::Metrics;
use depesche_http::net::limits::Limits;
use depesche_http::net::server::Server;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longer than any limit that is tested: a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct House {
    pub(crate) at: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) metrics: Metrics,
    pub(crate) server: JoinHandle<()>,
}

impl House {
    pub(crate) async fn new(app: Router, limits: Limits) -> Self {
        Self::with_tls(app, limits, None).await
    }

    pub(crate) async fn with_tls(
        app: Router,
        limits: Limits,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let at = listener.local_addr().expect("an address");
        let (stop, metrics) = (CancellationToken::new(), Metrics::default());
        let server = Server {
            listener,
            tls,
            limits,
            metrics: metrics.clone(),
        };
        let server = tokio::spawn(server.run(app, stop.clone()));
        Self {
            at,
            stop,
            metrics,
            server,
        }
    }

    pub(crate) async fn connect(&self) -> Wire {
        let stream = TcpStream::connect(self.at).await;
        Wire(stream.expect("the listener takes connections"))
    }

    pub(crate) fn metrics_text(&self) -> String {
        self.metrics.text()
    }

    /// The answer to one request on a connection of its own.
    pub(crate) async fn ask(&self, request: &str) -> String {
        let mut wire = self.connect().await;
        wire.send(request.as_bytes()).await;
        wire.answer().await
    }
}

/// One connection, byte by byte.
pub(crate) struct Wire(pub(crate) TcpStream);

impl Wire {
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        // A server that has closed already is seen by what it sent before.
        let _ = self.0.write_all(bytes).await;
    }

    /// One answer with a `Content-Length`, or what came until the end.
    pub(crate) async fn answer(&mut self) -> String {
        let mut bytes = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&bytes);
            if text
                .split_once("\r\n\r\n")
                .is_some_and(|(head, body)| body.len() >= length(head))
            {
                return text.into_owned();
            }
            let mut some = [0; 4096];
            let read = tokio::time::timeout(PATIENCE, self.0.read(&mut some)).await;
            match read.expect("an answer or the end in time") {
                Ok(0) | Err(_) => return String::from_utf8_lossy(&bytes).into_owned(),
                Ok(n) => bytes.extend_from_slice(&some[..n]),
            }
        }
    }

    /// Everything until the server closes.
    pub(crate) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let mut some = [0; 65536];
        loop {
            let read = tokio::time::timeout(PATIENCE, self.0.read(&mut some)).await;
            match read.expect("the end in time") {
                Ok(0) | Err(_) => return String::from_utf8_lossy(&bytes).into_owned(),
                Ok(n) => bytes.extend_from_slice(&some[..n]),
            }
        }
    }
}

fn length(head: &str) -> usize {
    let value = header(head, "content-length");
    value.map_or(0, |value| value.parse().expect("a length"))
}

/// The value of a header in the head of an answer.
pub(crate) fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next().unwrap_or_default();
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    lines
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

pub(crate) fn status(answer: &str) -> Option<u16> {
    answer.split(' ').nth(1)?.parse().ok()
}
