//! Bodies and queries taken in, bounded; everything that does not fit becomes an [`Error`].

use crate::error::Error;
use crate::net::watched::TooSlow;
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
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

/// What stands in the variable places of the route. A text that is no id leads nowhere.
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        read.map(|axum::extract::Path(path)| Self(path))
            .map_err(|_| depesche_service::Error::NotFound.into())
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

async fn whole(body: Body, most: usize) -> Result<Bytes, Error> {
    let collected = Limited::new(body, most).collect().await;
    collected
        .map(http_body_util::Collected::to_bytes)
        .map_err(|e| broken(e.as_ref(), most as u64))
}

/// Why a body could not be read to its end.
pub(crate) fn broken(error: &(dyn std::error::Error + 'static), most: u64) -> Error {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<LengthLimitError>() {
            return Error::BodyTooLarge(most);
        }
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
