//! What the door has found out about a request; handlers take of it what they need.

use crate::error::Error;
use crate::front::Client;
use crate::state::Web;
use axum::extract::{FromRef, FromRequestParts};
use depesche_service::Caller;
use http::request::Parts;
use percent_encoding::percent_decode_str;
use std::str::FromStr;
use std::sync::Arc;

/// The most variable places of a path.
const MOST: usize = 4;

/// Goes with every request to its handler, as what axum calls its state.
pub(crate) struct Asked {
    pub(crate) web: Arc<Web>,
    pub(crate) client: Client,
    pub(crate) found: Found,
    pub(crate) shown: Shown,
}

impl FromRef<Asked> for Arc<Web> {
    fn from_ref(asked: &Asked) -> Self {
        Self::clone(&asked.web)
    }
}

/// What was shown at the door, by what the route asks for; none of it but a session is checked yet.
pub(crate) enum Shown {
    Nothing,
    Session(Box<Member>),
    Claim(String),
    Handoff([u8; 32]),
    Reply([u8; 32]),
}

/// Where in the path its variable places lie: from byte to byte.
#[derive(Default)]
pub(crate) struct Found([(u32, u32); MOST]);

impl Found {
    /// `params` as they were matched in `path`.
    pub(crate) fn new(path: &str, params: &matchit::Params<'_, '_>) -> Self {
        let mut found = Self::default();
        let byte = |at| u32::try_from(at).unwrap_or(u32::MAX);
        for (place, (_, value)) in found.0.iter_mut().zip(params.iter()) {
            let from = value.as_ptr().addr() - path.as_ptr().addr();
            *place = (byte(from), byte(from + value.len()));
        }
        found
    }

    /// What stands in one of them. A text that is nothing of the kind leads nowhere.
    fn read<T: FromStr>(&self, path: &str, place: usize) -> Result<T, Error> {
        let text = || {
            let (from, to) = *self.0.get(place)?;
            let text = path.get(from as usize..to as usize)?;
            if text.contains('%') {
                percent_decode_str(text).decode_utf8().ok()?.parse().ok()
            } else {
                text.parse().ok()
            }
        };
        text().ok_or_else(|| depesche_service::Error::NotFound.into())
    }
}

/// What stands in the one variable place of the path.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: FromStr> FromRequestParts<Asked> for Path<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, asked: &Asked) -> Result<Self, Error> {
        asked.found.read(parts.uri.path(), 0).map(Self)
    }
}

/// What stands in the variable places of the path, in its order.
pub(crate) struct Paths<T>(pub(crate) T);

macro_rules! paths {
    ($($name:ident $place:literal),+) => {
        impl<$($name: FromStr),+> FromRequestParts<Asked> for Paths<($($name,)+)> {
            type Rejection = Error;

            async fn from_request_parts(parts: &mut Parts, asked: &Asked) -> Result<Self, Error> {
                let path = parts.uri.path();
                Ok(Self(($(asked.found.read::<$name>(path, $place)?,)+)))
            }
        }
    };
}

paths!(A 0, B 1);
paths!(A 0, B 1, C 2);
paths!(A 0, B 1, C 2, D 3);

impl FromRequestParts<Asked> for Client {
    type Rejection = Error;

    async fn from_request_parts(_: &mut Parts, asked: &Asked) -> Result<Self, Error> {
        Ok(asked.client)
    }
}

/// A request's owner; there only where the route asks for a session.
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) caller: Caller,
    /// The session came as a cookie.
    pub(crate) by_cookie: bool,
}

/// A visit's token, not checked yet; there only where the route asks for one.
pub(crate) struct ClaimToken(pub(crate) String);

/// What one end of a handoff shows, not checked yet; there only where the route asks for it.
pub(crate) struct HandoffSecret(pub(crate) [u8; 32]);

/// What the holder of a reply link shows, not checked yet; there only where the route asks for it.
pub(crate) struct ReplyAuth(pub(crate) [u8; 32]);

macro_rules! shown {
    ($name:ident, $variant:ident($value:ident) => $taken:expr, $missing:expr) => {
        impl FromRequestParts<Asked> for $name {
            type Rejection = Error;

            async fn from_request_parts(_: &mut Parts, asked: &Asked) -> Result<Self, Error> {
                match &asked.shown {
                    Shown::$variant($value) => Ok($taken),
                    _ => Err($missing),
                }
            }
        }
    };
}

shown!(Member, Session(member) => Self::clone(member), depesche_service::Error::NotLoggedIn.into());
shown!(ClaimToken, Claim(token) => Self(token.clone()), Error::NoClaim);
shown!(HandoffSecret, Handoff(secret) => Self(*secret), Error::NoHandoff);
shown!(ReplyAuth, Reply(auth) => Self(*auth), Error::NoReply);
