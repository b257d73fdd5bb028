//! Sealed bytes in and out, at whatever size, in bounded memory.
//!
//! The use cases read and write the disk in blocking calls; these run under `block_in_place`, where they hold up
//! nobody else.

use crate::body::{content_length, drain, media_type, next};
use crate::error::Error;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use depesche_service::Error as ServiceError;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::task::block_in_place;

const BYTES: &str = "application/octet-stream";
/// What is read from the disk at once.
const CHUNK: usize = 256 << 10;
/// An answer, or an end of one, up to here needs no buffers that go round.
const ONE_PIECE: u64 = 64 << 10;
/// How often the bytes of a long answer are reported as handed out.
const REPORT: u64 = 16 << 20;

/// In the description: bytes as they are.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "stands for a body that is never held whole")]
pub(crate) struct SealedBytes(Vec<u8>);

/// The announced length of an upload.
pub(crate) fn announced(headers: &HeaderMap) -> Result<u64, Error> {
    media_type(headers, BYTES)?;
    content_length(headers).ok_or(Error::LengthRequired)
}

/// Takes a body in, frame by frame. If it fails, the rest is read away so that the client hears why.
pub(crate) async fn receive(
    mut body: Body,
    mut write: impl FnMut(&[u8]) -> Result<(), ServiceError>,
) -> Result<(), Error> {
    while let Some(data) = next(&mut body).await? {
        if let Err(error) = block_in_place(|| write(&data)) {
            drop(data);
            drain(&mut body).await;
            return Err(error.into());
        }
    }
    Ok(())
}

/// Takes a body in behind what begins it: nothing is written before it may be, and a refusal is heard.
pub(crate) async fn take_in<W>(
    body: Body,
    begun: impl Future<Output = Result<W, ServiceError>>,
    mut write: impl FnMut(&mut W, &[u8]) -> Result<(), ServiceError>,
    finish: impl FnOnce(W) -> Result<(), ServiceError>,
) -> Result<StatusCode, Error> {
    let mut writer = match begun.await {
        Ok(writer) => writer,
        Err(error) => return Err(refuse(body, error.into()).await),
    };
    receive(body, |bytes| write(&mut writer, bytes)).await?;
    block_in_place(|| finish(writer))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a body in whose bytes go to memory alone; `write` gets each piece with its offset.
pub(crate) async fn receive_at(
    mut body: Body,
    length: u64,
    write: impl Fn(usize, &[u8]),
) -> Result<(), Error> {
    let mut at = 0;
    while let Some(data) = next(&mut body).await? {
        write(at, &data);
        at += data.len();
    }
    if at as u64 == length {
        Ok(())
    } else {
        Err(Error::Cut)
    }
}

/// Reads an upload away that is refused before its first byte.
pub(crate) async fn refuse(mut body: Body, error: Error) -> Error {
    drain(&mut body).await;
    error
}

/// Where sealed bytes come from.
pub(crate) trait Source: Send + Sync + 'static {
    /// Reading waits for a disk.
    const BLOCKS: bool = true;
    /// How many there are.
    fn size(&self) -> u64;
    /// Reads exactly `into.len()` bytes at `offset`; blocks.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ServiceError>;
    /// `[from, to)` was handed to the connection.
    fn handed_out(self: Arc<Self>, from: u64, to: u64);
}

/// What of a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    All,
    /// `[from, to)`.
    Part(u64, u64),
}

/// Reads `Range: bytes=…` with one range (RFC 9110 section 14). What cannot be understood, and several
/// ranges, are answered with everything, as the RFC allows; none that lies in the file is an error.
fn wanted(headers: &HeaderMap, size: u64) -> Result<Wanted, Error> {
    let Some(value) = headers.get(header::RANGE) else {
        return Ok(Wanted::All);
    };
    let spec = value.to_str().ok().and_then(|v| v.strip_prefix("bytes="));
    let Some((first, last)) = spec.and_then(|spec| spec.trim().split_once('-')) else {
        return Ok(Wanted::All);
    };
    let number = |text: &str| match text.bytes().all(|b| b.is_ascii_digit()) {
        true if !text.is_empty() => Some(text.parse().unwrap_or(u64::MAX)),
        _ => None,
    };
    let (from, to) = match (first, number(first), last, number(last)) {
        ("", _, _, Some(suffix)) => (size.saturating_sub(suffix), size),
        (_, Some(from), "", _) => (from, size),
        (_, Some(from), _, Some(last)) if from <= last => (from, last.saturating_add(1).min(size)),
        _ => return Ok(Wanted::All),
    };
    if from >= to {
        return Err(Error::Range(size));
    }
    Ok(Wanted::Part(from, to))
}

/// Answers with all bytes of `source`.
pub(crate) fn send_all<S: Source>(source: S) -> Response {
    let size = source.size();
    let mut response = Response::new(Body::new(outgoing(source, 0, size)));
    let bytes = HeaderValue::from_static(BYTES);
    response.headers_mut().insert(header::CONTENT_TYPE, bytes);
    response
}

fn outgoing<S: Source>(source: S, from: u64, to: u64) -> Outgoing<S> {
    Outgoing {
        source: Arc::new(source),
        at: from,
        to,
        told: from,
        last: 0,
        buffers: None,
    }
}

/// Answers GET or HEAD with the bytes of `source`, all or the range asked for.
pub(crate) fn send<S: Source>(request: &Request, source: S) -> Result<Response, Error> {
    let size = source.size();
    let wanted = wanted(request.headers(), size)?;
    let (from, to, status) = match wanted {
        Wanted::All => (0, size, StatusCode::OK),
        Wanted::Part(from, to) => (from, to, StatusCode::PARTIAL_CONTENT),
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(BYTES));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    // Should a browser ever show this: it is to be saved, not opened.
    let attachment = HeaderValue::from_static("attachment");
    headers.insert(header::CONTENT_DISPOSITION, attachment);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(to - from));
    if let Wanted::Part(from, to) = wanted {
        let range = HeaderValue::try_from(format!("bytes {from}-{}/{size}", to - 1));
        headers.extend(range.ok().map(|range| (header::CONTENT_RANGE, range)));
    }
    if *request.method() == Method::HEAD {
        return Ok((status, headers).into_response());
    }
    let body = Body::new(outgoing(source, from, to));
    Ok((status, headers, body).into_response())
}

/// A few buffers that go round: to the connection and back when it has sent them.
#[derive(Debug, Clone, Default)]
struct Buffers(Arc<Mutex<Vec<Vec<u8>>>>);

/// A buffer on its way; goes home when dropped.
struct Lent {
    buffer: Vec<u8>,
    length: usize,
    home: Buffers,
}

impl Buffers {
    fn lend(&self, length: usize) -> Lent {
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut buffer = idle.unwrap_or_default();
        if buffer.len() < length {
            buffer.resize(length, 0);
        }
        Lent {
            buffer,
            length,
            home: self.clone(),
        }
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut idle = self.home.0.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(std::mem::take(&mut self.buffer));
    }
}

/// The body of a download: reads the next chunk when the connection asks for it.
struct Outgoing<S: Source> {
    source: Arc<S>,
    at: u64,
    to: u64,
    told: u64,
    /// Bytes of the chunk that was given last: the connection may not have sent it yet.
    last: u64,
    /// From the first piece that needs them.
    buffers: Option<Buffers>,
}

impl<S: Source> Outgoing<S> {
    fn tell(&mut self, until: u64) {
        if until > self.told {
            Arc::clone(&self.source).handed_out(self.told, until);
            self.told = until;
        }
    }
}

impl<S: Source> Outgoing<S> {
    /// Reads the next one.
    fn piece(&mut self) -> Result<Bytes, ServiceError> {
        let left = self.to - self.at;
        let length = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        if left <= ONE_PIECE {
            let mut bytes = vec![0; length];
            self.read(&mut bytes)?;
            return Ok(bytes.into());
        }
        let mut lent = self.buffers.get_or_insert_default().lend(length);
        self.read(&mut lent.buffer[..length])?;
        Ok(Bytes::from_owner(lent))
    }

    fn read(&self, into: &mut [u8]) -> Result<(), ServiceError> {
        let mut read = || self.source.read_at(self.at, into);
        if S::BLOCKS {
            block_in_place(read)
        } else {
            read()
        }
    }
}

impl<S: Source> http_body::Body for Outgoing<S> {
    type Data = Bytes;
    type Error = ServiceError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ServiceError>>> {
        let this = &mut *self;
        // The connection asks for more: it has taken what it got.
        if this.at - this.told >= REPORT {
            this.tell(this.at);
        }
        if this.at == this.to {
            return Poll::Ready(None);
        }
        match this.piece() {
            Ok(bytes) => {
                this.last = bytes.len() as u64;
                this.at += this.last;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Err(error) => {
                tracing::error!(error.code = error.code(), %error, "download cut off");
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.at == self.to
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.to - self.at)
    }
}

impl<S: Source> Drop for Outgoing<S> {
    fn drop(&mut self) {
        // Cut off, the last chunk counts as not handed out.
        let until = if self.at == self.to {
            self.at
        } else {
            self.at - self.last
        };
        self.tell(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        let all = Ok(Wanted::All);
        for (text, expected) in [
            ("bytes=0-0", Ok(Wanted::Part(0, 1))),
            ("bytes=0-99", Ok(Wanted::Part(0, 100))),
            ("bytes=10-", Ok(Wanted::Part(10, 100))),
            ("bytes=-10", Ok(Wanted::Part(90, 100))),
            ("bytes=-1000", Ok(Wanted::Part(0, 100))),
            ("bytes=99-1000", Ok(Wanted::Part(99, 100))),
            (
                "bytes=99-99999999999999999999999",
                Ok(Wanted::Part(99, 100)),
            ),
            ("bytes=100-", Err(())),
            ("bytes=100-200", Err(())),
            ("bytes=-0", Err(())),
            ("bytes=99999999999999999999999-", Err(())),
            ("bytes=5-4", all),
            ("bytes=-", all),
            ("bytes=a-b", all),
            ("bytes=+1-2", all),
            ("bytes=0-1,3-4", all),
            ("items=0-1", all),
            ("", all),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(text));
            assert_eq!(wanted(&headers, 100).map_err(drop), expected, "{text}");
        }
        let mut headers = HeaderMap::new();
        assert_eq!(wanted(&headers, 0).map_err(drop), all);
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-"));
        assert_eq!(wanted(&headers, 0).map_err(drop), Err(()));
    }
}
