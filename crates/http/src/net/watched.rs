//! The bytes and bodies of a connection, each telling the connection's watch what passes.

use super::limits::Limits;
use super::pace::Pace;
use super::watch::Watch;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// So many bytes of several pieces are written as one.
const SHORT: usize = 1 << 10;

/// A transport whose bytes are seen by the watch.
pub(crate) struct Io<T> {
    inner: T,
    watch: Arc<Watch>,
}

impl<T> Io<T> {
    pub(crate) const fn new(inner: T, watch: Arc<Watch>) -> Self {
        Self { inner, watch }
    }

    fn taken(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = result {
            self.watch.taken(bytes, Instant::now());
        }
        result
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Io<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.inner).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.watch.came(Instant::now());
        }
        result
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Io<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.taken(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // Most answers are short, and the kernel has a shorter way for one piece than for several.
        if let [bytes] = bytes {
            return self.poll_write(cx, bytes);
        }
        if bytes.iter().map(|piece| piece.len()).sum::<usize>() <= SHORT {
            let (mut all, mut length) = ([0; SHORT], 0);
            for piece in bytes {
                all[length..length + piece.len()].copy_from_slice(piece);
                length += piece.len();
            }
            return self.poll_write(cx, &all[..length]);
        }
        let result = Pin::new(&mut self.inner).poll_write_vectored(cx, bytes);
        self.taken(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// The body of a request stalled: the client sent less than [`Limits::pace_bytes`] in
/// [`Limits::pace_within`].
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the request came too slowly")]
pub(crate) struct TooSlow;

/// The body of a request, at the pace that is asked for.
pub struct Paced {
    inner: Incoming,
    pace: Pace,
    alarm: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    pub(crate) const fn new(inner: Incoming, limits: &Limits) -> Self {
        Self {
            inner,
            pace: Pace::new(limits.pace_bytes, limits.pace_within),
            alarm: None,
        }
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(due) = self.pace.due() else {
            return Poll::Pending;
        };
        let alarm = self
            .alarm
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due.into())));
        if alarm.deadline() != due.into() {
            alarm.as_mut().reset(due.into());
        }
        alarm.as_mut().poll(cx)
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Pending => {
                self.pace.wait(Instant::now());
                self.poll_alarm(cx).map(|()| Some(Err(TooSlow.into())))
            }
            Poll::Ready(frame) => {
                self.pace.rest(Instant::now);
                if let Some(Ok(data)) = frame.as_ref().map(|f| f.as_ref().map(Frame::data_ref)) {
                    self.pace.gain(data.map_or(0, Bytes::len), Instant::now);
                }
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A running request; ends when dropped.
pub(crate) struct Running {
    watch: Arc<Watch>,
    /// A frame of its answer was handed to the connection, which has not come back for more.
    owed: bool,
}

impl Running {
    pub(crate) fn new(watch: Arc<Watch>, http2: bool) -> Self {
        watch.request_begins(http2);
        Self { watch, owed: false }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.watch.request_ends(self.owed, Instant::now());
    }
}

/// The body of an answer: notes from when to when the connection owes it to the client.
pub(crate) struct Answer<B> {
    inner: B,
    running: Running,
}

impl<B> Answer<B> {
    pub(crate) const fn new(inner: B, running: Running) -> Self {
        Self { inner, running }
    }
}

impl<B: Body + Unpin> Body for Answer<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        if std::mem::take(&mut self.running.owed) {
            self.running.watch.frame_taken(Instant::now());
        }
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        // After the last one the body is dropped at once, and that says more.
        if matches!(polled, Poll::Ready(Some(Ok(_)))) && !self.inner.is_end_stream() {
            self.running.owed = true;
            self.running.watch.frame_given(Instant::now());
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
