//! The accept loop and the life of a connection.
//!
//! hyper parses the protocols; what it leaves open is settled here: how many connections there may be,
//! how long each step may take (`net/watch.rs`), and how they end when the server stops. Without TLS HTTP/1.1 is
//! spoken alone, with TLS what ALPN agrees on.

use super::limits::Limits;
use super::peer::Peer;
use super::places::Places;
use super::seldom::Seldom;
use super::watch::Watch;
use super::watched::{Answer, Io, Running};
use crate::metrics::Metrics;
use axum::BoxError;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use prometheus_client::metrics::gauge::Gauge;
use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use super::watched::Paced;

/// The most bytes that are buffered for reading or writing one HTTP/1 connection; each read of a body takes up
/// to as much in one call. Twice as much is no quicker and costs twice the memory, half as much costs a third more
/// time (1 GiB in parts over loopback, received and written: 0.45 s of CPU, +16 MiB).
const BUFFER: usize = 256 << 10;
/// What the kernel may hold that has not been sent yet: so much lies between "written" and "on its way",
/// and makes a client that takes nothing visible soon.
const UNSENT: u32 = 256 << 10;
/// HTTP/2: what one request, and all of one connection, may send before it has been read.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 2 << 20;
const FRAME: u32 = 64 << 10;

/// What answers the requests that a listener takes in.
pub trait App: Clone + Send + Sync + 'static {
    /// The body of an answer.
    type Body: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static;

    /// Answers one request.
    fn answer(
        &self,
        peer: Peer,
        head: Parts,
        body: Paced,
    ) -> impl Future<Output = Response<Self::Body>> + Send + use<Self>;
}

/// A listener with everything that decides how it behaves.
#[derive(Debug)]
pub struct Server {
    /// Bound already.
    pub listener: TcpListener,
    /// See [`super::tls::config`]; none = plain HTTP.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// What clients may take.
    pub limits: Limits,
    /// Where connections are counted.
    pub metrics: Metrics,
}

/// What each connection gets of the server.
struct Shared<A> {
    app: A,
    tls: Option<TlsAcceptor>,
    limits: Limits,
    metrics: Metrics,
    /// No new request.
    stop: CancellationToken,
    /// Not a moment longer.
    kill: CancellationToken,
}

impl Server {
    /// Serves `app` until `stop`; then takes no new connection and no new request, and returns when those
    /// that run are finished, at the latest after [`Limits::stop`].
    pub async fn run(self, app: impl App, stop: CancellationToken) {
        let room = Arc::new(Semaphore::new(self.limits.connections));
        let places = Places::new(self.limits.connections_per_client);
        let tasks = TaskTracker::new();
        let shared = Arc::new(Shared {
            app,
            tls: self.tls.map(TlsAcceptor::from),
            limits: self.limits,
            metrics: self.metrics,
            stop,
            kill: CancellationToken::new(),
        });
        let accepting = async {
            loop {
                let Ok(room) = Arc::clone(&room).acquire_owned().await else {
                    return;
                };
                let (socket, peer) = accept(&self.listener).await;
                let Some(place) = places.take(peer.client()) else {
                    shared.metrics.connections_refused.inc();
                    continue;
                };
                let shared = Arc::clone(&shared);
                tasks.spawn(async move {
                    let _held = (room, place, Open::new(shared.metrics.connections.clone()));
                    shared.connection(socket, peer).await;
                });
            }
        };
        tokio::select! {
            () = shared.stop.cancelled() => {}
            () = accepting => {}
        }
        drop(self.listener);
        tasks.close();
        if tokio::time::timeout(self.limits.stop, tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                connections = tasks.len(),
                "stopping: connections are cut off"
            );
            shared.kill.cancel();
            tasks.wait().await;
        }
    }
}

/// Counts a connection as open until dropped.
struct Open(Gauge);

impl Open {
    fn new(gauge: Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.dec();
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, Peer) {
    loop {
        match listener.accept().await {
            Ok((socket, from)) => return (socket, Peer::new(from.ip())),
            // The client was gone before it was its turn.
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
                ) => {}
            // Out of file descriptors or memory: those that end give some back.
            Err(e) => {
                tracing::error!(error = %e, "no connection can be accepted");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// What happens to a connection but its requests.
enum Other {
    /// Takes no new request.
    Finish,
    /// Is cut off.
    End,
}

impl<A: App> Shared<A> {
    async fn connection(&self, socket: TcpStream, peer: Peer) {
        // Both make things quicker or fairer; a socket that refuses them still works.
        let _ = socket.set_nodelay(true);
        let _ = socket2::SockRef::from(&socket).set_tcp_notsent_lowat(UNSENT);
        let Some(tls) = &self.tls else {
            return self.serve(socket, peer, false).await;
        };
        let handshake = tokio::time::timeout(self.limits.head, tls.accept(socket));
        let done = tokio::select! {
            () = self.stop.cancelled() => return,
            done = handshake => done,
        };
        match done {
            Ok(Ok(stream)) => {
                let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                self.serve(stream, peer, http2).await;
            }
            Ok(Err(e)) => tracing::debug!(error = %e, "no TLS handshake"),
            Err(_) => tracing::debug!("TLS handshake too slow"),
        }
    }

    async fn serve<T>(&self, stream: T, peer: Peer, http2: bool)
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let watch = Arc::new(Watch::new(self.limits, Instant::now()));
        let io = TokioIo::new(Io::new(stream, Arc::clone(&watch)));
        let (app, limits, of_requests) = (self.app.clone(), self.limits, Arc::clone(&watch));
        let service = service_fn(move |request| {
            let running = Running::new(Arc::clone(&of_requests), http2);
            let (head, body) = Request::into_parts(request);
            let response = app.answer(peer, head, Paced::new(body, &limits));
            async move {
                let response = response.await;
                Ok::<_, Infallible>(response.map(|body| Answer::new(body, running)))
            }
        });
        if http2 {
            let connection = http2_builder(&self.limits).serve_connection(io, service);
            self.supervise(connection, |c| c.graceful_shutdown(), &watch)
                .await;
        } else {
            let connection = http1_builder(&self.limits).serve_connection(io, service);
            self.supervise(connection, |c| c.graceful_shutdown(), &watch)
                .await;
        }
    }

    /// Drives a connection to its end, which its watch or the order to stop may bring early.
    async fn supervise<C>(&self, connection: C, finish: fn(Pin<&mut C>), watch: &Watch)
    where
        C: Future<Output = Result<(), hyper::Error>>,
    {
        let mut connection = pin!(connection);
        let mut stopping = false;
        loop {
            let mut other = Seldom::new(self.other(watch, stopping));
            tokio::select! {
                biased;
                done = connection.as_mut() => {
                    if let Err(e) = done {
                        tracing::debug!(error = %e, "connection ended");
                    }
                    return;
                }
                other = &mut other => match other {
                    Other::Finish => {
                        stopping = true;
                        finish(connection.as_mut());
                    }
                    Other::End => return,
                },
            }
        }
    }

    /// Waits for what else may happen to a connection.
    async fn other(&self, watch: &Watch, stopping: bool) -> Other {
        loop {
            // What begins after this moment ends no sooner than the shortest limit from it.
            let soon = Instant::now() + self.limits.shortest();
            let due = watch.due().map_or(soon, |due| due.min(soon));
            tokio::select! {
                () = self.kill.cancelled() => return Other::End,
                () = self.stop.cancelled(), if !stopping => return Other::Finish,
                () = tokio::time::sleep_until(due.into()) => {
                    if watch.is_over(Instant::now()) {
                        self.metrics.connections_too_slow.inc();
                        return Other::End;
                    }
                }
            }
        }
    }
}

fn http1_builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        // The watch keeps time: hyper's own alarm would not tell an idle client from a slow head.
        .header_read_timeout(None)
        .max_header_size(limits.head_bytes)
        .max_headers(limits.head_lines)
        .max_buf_size(BUFFER.max(limits.head_bytes))
        // A client that closes its half has asked and waits for its answer. One that is gone is noticed when that is sent:
        // none is waited for longer than the 25 s of `handoffs::state`.
        .half_close(true);
    builder
}

fn http2_builder(limits: &Limits) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        // A peer that is gone without a word.
        .keep_alive_interval(limits.pace_within)
        .keep_alive_timeout(limits.head)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(limits.streams)
        // Rapid reset (CVE-2023-44487) and its kin of 2025 (CVE-2025-8671).
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(64)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(FRAME)
        .max_send_buf_size(BUFFER);
    builder
}
