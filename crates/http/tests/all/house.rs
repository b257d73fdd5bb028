//! A listener on a port of its own, and bytes sent to it.

use axum::Router;
use axum::body::Body;
use depesche_http::metrics::Metrics;
use depesche_http::net::limits::Limits;
use depesche_http::net::peer::Peer;
use depesche_http::net::server::{App, Paced, Server};
use http::request::Parts;
use http::{Request, Response};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Longer than any limit that is tested: a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct House {
    pub(crate) at: SocketAddr,
    pub(crate) stop: CancellationToken,
    pub(crate) metrics: Metrics,
    pub(crate) server: JoinHandle<()>,
}

/// Routes of a test's own.
#[derive(Clone)]
pub(crate) struct Own(pub(crate) Router);

impl App for Own {
    type Body = Body;

    fn answer(
        &self,
        _: Peer,
        head: Parts,
        body: Paced,
    ) -> impl Future<Output = Response<Body>> + Send + use<> {
        let request = Request::from_parts(head, Body::new(body));
        let answer = self.0.clone().oneshot(request);
        async move {
            match answer.await {
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
    }
}

impl House {
    pub(crate) async fn new(app: impl App, limits: Limits) -> Self {
        Self::with_tls(app, limits, None).await
    }

    pub(crate) async fn with_tls(
        app: impl App,
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

    pub(crate) async fn connect(&self) -> Wire<TcpStream> {
        let stream = TcpStream::connect(self.at).await;
        Wire::new(stream.expect("the listener takes connections"))
    }

    /// The answer to one request on a connection of its own.
    pub(crate) async fn ask(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut wire = self.connect().await;
        wire.send(request).await;
        wire.answer().await
    }
}

/// What a server said.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// 0 if there was no answer at all.
    pub(crate) fn status(&self) -> u16 {
        let status = self.head.split(' ').nth(1);
        status.map_or(0, |status| status.parse().expect("a status"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The `code` of a problem; checks that it is one.
    #[track_caller]
    pub(crate) fn problem(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        let problem = self.json();
        assert_eq!(problem["status"], self.status(), "{problem}");
        for member in ["title", "detail"] {
            assert!(
                problem[member]
                    .as_str()
                    .is_some_and(|text| !text.is_empty())
            );
        }
        problem["code"].as_str().expect("a code").to_owned()
    }
}

/// One connection, byte by byte.
pub(crate) struct Wire<S> {
    pub(crate) stream: S,
    ahead: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self {
            stream,
            ahead: Vec::new(),
        }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // A server that has closed already is seen by what it sent before.
        let _ = self.stream.write_all(bytes.as_ref()).await;
        let _ = self.stream.flush().await;
    }

    async fn more(&mut self) -> bool {
        let mut some = vec![0; 65536];
        let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut some)).await;
        match read.expect("an answer or the end in time") {
            Ok(0) | Err(_) => false,
            Ok(n) => {
                self.ahead.extend_from_slice(&some[..n]);
                true
            }
        }
    }

    /// The next answer; an empty one if the connection ended instead.
    pub(crate) async fn answer(&mut self) -> Answer {
        self.answer_to("GET").await
    }

    pub(crate) async fn answer_to(&mut self, method: &str) -> Answer {
        let end = loop {
            if let Some(at) = self.ahead.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.more().await {
                return Answer::default();
            }
        };
        let head: Vec<u8> = self.ahead.drain(..end).collect();
        let mut answer = Answer {
            head: String::from_utf8(head).expect("a head is text"),
            body: Vec::new(),
        };
        let length = answer.header("content-length").filter(|_| method != "HEAD");
        let length = length.map_or(0, |text| text.parse().expect("a length"));
        while self.ahead.len() < length && self.more().await {}
        let length = length.min(self.ahead.len());
        answer.body = self.ahead.drain(..length).collect();
        answer
    }

    /// Everything until the server closes.
    pub(crate) async fn rest(&mut self) -> String {
        while self.more().await {}
        String::from_utf8_lossy(&std::mem::take(&mut self.ahead)).into_owned()
    }
}
