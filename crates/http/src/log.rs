//! One line, and one count, for each request: method, route template, status, time, sizes, and the client as a
//! salted hash. Never the path itself (links and tokens stand in it), the query, a header or an address.

use crate::metrics::{Counts, Finished, method_name};
use bytes::Bytes;
use http::{Method, StatusCode};
use http_body::{Body, Frame, SizeHint};
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Instant;

/// The client went before it was answered; nginx's number for it.
const GONE: u16 = 499;

/// A request that is under way; written down when dropped, however it ended.
pub(crate) struct Line {
    counts: Arc<Counts>,
    salt: RandomState,
    method: &'static str,
    client: IpAddr,
    begun: Instant,
    status: Option<StatusCode>,
    /// None = there is nothing to be read.
    received: Option<Arc<AtomicU64>>,
    sent: u64,
    whole: bool,
}

impl Line {
    pub(crate) fn begin(
        counts: Arc<Counts>,
        salt: &RandomState,
        method: &Method,
        client: IpAddr,
    ) -> Self {
        Self {
            counts,
            salt: salt.clone(),
            method: method_name(method),
            client,
            begun: Instant::now(),
            status: None,
            received: None,
            sent: 0,
            whole: false,
        }
    }

    /// Counts what is read of the request's body.
    pub(crate) fn count<B>(&mut self, body: B) -> Received<B> {
        let bytes = self.received.get_or_insert_default();
        Received {
            inner: body,
            bytes: Arc::clone(bytes),
        }
    }

    /// Goes along with the answer's body to its end.
    pub(crate) fn follow<B: Body>(mut self, status: StatusCode, body: B) -> Sent<B> {
        self.status = Some(status);
        self.whole = body.is_end_stream();
        Sent {
            inner: body,
            line: self,
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let gone = StatusCode::from_u16(GONE).unwrap_or(StatusCode::REQUEST_TIMEOUT);
        let status = self.status.unwrap_or(gone);
        let took = self.begun.elapsed();
        let received = self.received.as_ref();
        let received = received.map_or(0, |bytes| bytes.load(Ordering::Relaxed));
        self.counts.finished(Finished {
            method: self.method,
            status,
            took,
            received,
            sent: self.sent,
        });
        tracing::info!(
            http.method = self.method,
            http.route = self.counts.route,
            http.status = status.as_u16(),
            duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            received_bytes = received,
            sent_bytes = self.sent,
            cut = !self.whole,
            client = format_args!("{:016x}", pseudonym(&self.salt, self.client)),
            "request"
        );
    }
}

/// Stands for an address in the log: the same one has the same number until the process ends, and the
/// number tells nothing without the salt.
fn pseudonym(salt: &RandomState, ip: IpAddr) -> u64 {
    salt.hash_one(ip)
}

/// A request's body, counted.
pub(crate) struct Received<B> {
    inner: B,
    bytes: Arc<AtomicU64>,
}

impl<B: Body<Data = Bytes> + Unpin> Body for Received<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        if let Some(data) = frame.as_ref().and_then(|f| f.as_ref().ok()?.data_ref()) {
            self.bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// An answer's body, counted; its end is the end of the request.
pub struct Sent<B> {
    inner: B,
    line: Line,
}

impl<B: Body<Data = Bytes> + Unpin> Body for Sent<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        match frame.as_ref().map(|f| f.as_ref().map(Frame::data_ref)) {
            Some(Ok(data)) => {
                self.line.sent += data.map_or(0, |data| data.len() as u64);
                self.line.whole = self.inner.is_end_stream();
            }
            Some(Err(_)) => {}
            None => self.line.whole = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
