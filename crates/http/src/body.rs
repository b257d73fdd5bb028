//! Bodies and queries taken in, bounded; everything that does not fit becomes an [`Error`].

use crate::error::Error;
use crate::net::watched::TooSlow;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

/// The most bytes of an ordinary request.
pub(crate) const SMALL: usize = 1 << 20;
/// The most bytes of one that names files or recipients in great number.
pub(crate) const LARGE: usize = 16 << 20;

/// A JSON body of at most `MOST` bytes.
pub(crate) struct Json<T, const MOST: usize = SMALL>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned, const MOST: usize> FromRequest<S> for Json<T, MOST> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        media_type(request.headers(), "application/json")?;
        let most = MOST as u64;
        if content_length(request.headers()).is_some_and(|length| length > most) {
            return Err(Error::BodyTooLarge(most));
        }
        let bytes = whole(request.into_body(), MOST).await?;
        let read = serde_json::from_slice(&bytes);
        read.map(Self).map_err(|e| Error::Json(e.to_string()))
    }
}

/// The query of the address.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let read = axum::extract::Query::try_from_uri(&parts.uri);
        read.map(|axum::extract::Query(query)| Self(query))
            .map_err(|e| Error::Query(e.body_text()))
    }
}

/// The length that was announced; several are none.
pub(crate) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// The type has to be this one; parameters such as a charset may follow.
pub(crate) fn media_type(headers: &HeaderMap, wanted: &'static str) -> Result<(), Error> {
    let given = headers.get(header::CONTENT_TYPE);
    let given = given.and_then(|given| given.to_str().ok()?.split(';').next());
    match given {
        Some(given) if given.trim().eq_ignore_ascii_case(wanted) => Ok(()),
        _ => Err(Error::MediaType(wanted)),
    }
}

/// The next bytes of a body; none = that was all.
pub(crate) async fn next(body: &mut Body) -> Result<Option<Bytes>, Error> {
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await else {
            break;
        };
        let frame = frame.map_err(|e| broken(&e))?;
        // Trailers are nobody's business here.
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

async fn whole(mut body: Body, most: usize) -> Result<Bytes, Error> {
    let mut all = Bytes::new();
    while let Some(data) = next(&mut body).await? {
        if all.len() + data.len() > most {
            return Err(Error::BodyTooLarge(most as u64));
        }
        // Nearly always there is one piece, which needs no copy.
        all = if all.is_empty() {
            data
        } else {
            let mut joined = BytesMut::from(all);
            joined.extend_from_slice(&data);
            joined.freeze()
        };
    }
    Ok(all)
}

/// Why a body could not be read to its end.
fn broken(error: &(dyn std::error::Error + 'static)) -> Error {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<TooSlow>() {
            return Error::TooSlow;
        }
        next = cause.source();
    }
    Error::Cut
}

/// Reads on after a refusal, as far as one part goes, so that a client that is still sending hears why
/// instead of a broken connection.
pub(crate) async fn drain(body: &mut Body) {
    let mut left = LARGE;
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(bytes) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
