//! Who may use a route, and how that is proven.

use crate::body::drain;
use crate::error::Error;
use crate::front::SEC_FETCH_SITE;
use crate::state::Web;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use depesche_service::domain::Role;
use depesche_service::{Caller, login};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, header};
use std::sync::Arc;

/// What a route asks for. Every route says so; the router lets nobody in who has not shown it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing.
    Public,
    /// The one-time code from the console, in the body; the service checks it.
    FirstCode,
    /// The session of any account, a guest's too: `Authorization: Bearer` or the cookie.
    Person,
    /// The session of a member of the organisation.
    Member,
    /// The session of an administrator.
    Admin,
    /// The proof of a link, in the body; the service checks it. At level 2 a session besides.
    Link,
    /// The token of a visit: `Authorization: Claim`; the service checks it.
    Claim,
    /// The secret of one end of a handoff: `Authorization: Handoff`; the service checks it.
    Handoff,
    /// The proof of a reply link: `Authorization: Reply`; the service checks it.
    Reply,
    /// This machine, or the token of the configuration; the handler checks it.
    Operator,
    /// A server that catches its mail: without it the route is not there.
    Demo,
}

/// A request's owner; there only behind [`Access::Person`], [`Access::Member`] and [`Access::Admin`].
#[derive(Clone)]
pub(crate) struct Member {
    pub(crate) caller: Caller,
    /// The session came as a cookie.
    pub(crate) by_cookie: bool,
}

/// A visit's token, not checked yet; there only behind [`Access::Claim`].
#[derive(Clone)]
pub(crate) struct ClaimToken(pub(crate) String);

/// What one end of a handoff shows, not checked yet; there only behind [`Access::Handoff`].
#[derive(Clone)]
pub(crate) struct HandoffSecret(pub(crate) [u8; 32]);

/// What the holder of a reply link shows, not checked yet; there only behind [`Access::Reply`].
#[derive(Clone)]
pub(crate) struct ReplyAuth(pub(crate) [u8; 32]);

/// On https the name binds the cookie to this host, this path and TLS (RFC 6265bis section 4.1.3.2); plain http, on
/// loopback only, cannot have that.
fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-depesche" } else { "depesche" }
}

/// Sessions live no longer than this (`SESSION_LIFE` of the domain).
const COOKIE_SECONDS: i64 = depesche_service::domain::account::SESSION_LIFE.ms() / 1000;

/// The header that gives a browser its session, or with an empty token takes it away.
pub(crate) fn set_cookie(https: bool, token: &str) -> Option<HeaderValue> {
    let seconds = if token.is_empty() { 0 } else { COOKIE_SECONDS };
    let secure = if https { "; Secure" } else { "" };
    let name = cookie_name(https);
    let text =
        format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// A browser says where a request that changes something was made; with a cookie one of the two must be
/// there (what they say has been checked for all by then). Nothing else sends a cookie of ours.
pub(crate) fn check_browser(method: &Method, headers: &HeaderMap) -> Result<(), Error> {
    let said = headers.contains_key(header::ORIGIN) || headers.contains_key(SEC_FETCH_SITE);
    if method.is_safe() || said {
        Ok(())
    } else {
        Err(Error::CrossSite)
    }
}

/// `Scheme TOKEN` of the one `Authorization` header.
fn authorization<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    let (given, token) = value.to_str().ok()?.split_once(' ')?;
    (given.eq_ignore_ascii_case(scheme) && !token.is_empty()).then_some(token)
}

fn cookie(headers: &HeaderMap, https: bool) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines.filter_map(|line| line.to_str().ok());
    pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == cookie_name(https))
        .map(|(_, token)| token)
}

pub(crate) async fn identify(
    web: &Web,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Member, Error> {
    // A header that was sent on purpose goes before a cookie that the browser adds.
    let bearer = headers.contains_key(header::AUTHORIZATION);
    let token = if bearer {
        authorization(headers, "Bearer")
    } else {
        let found = cookie(headers, web.front.origin.is_https());
        if found.is_some() {
            check_browser(method, headers)?;
        }
        found
    };
    let token = token.ok_or(depesche_service::Error::NotLoggedIn)?;
    let caller = login::caller(&web.service, token).await?;
    Ok(Member {
        caller,
        by_cookie: !bearer,
    })
}

/// What a role opens at the door.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) web: Arc<Web>,
    /// The least role.
    pub(crate) least: Role,
}

/// Lets people in who have a session and at least that role.
pub(crate) async fn members(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match identify(&gate.web, &parts.method, &parts.headers).await {
        Ok(member) if member.caller.account.role < gate.least => {
            refuse(body, depesche_service::Error::NotAllowed.into()).await
        }
        Ok(member) => {
            parts.extensions.insert(member);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(error) => refuse(body, error).await,
    }
}

/// Who follows a link: with a session, if one is shown that is live. One that is not counts as none.
#[derive(Clone)]
pub(crate) struct Visitor(Option<Member>);

impl Visitor {
    /// Whose session it is.
    pub(crate) fn caller(&self) -> Option<&Caller> {
        self.0.as_ref().map(|member| &member.caller)
    }
}

impl FromRequestParts<Arc<Web>> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Error> {
        match identify(web, &parts.method, &parts.headers).await {
            Ok(member) => Ok(Self(Some(member))),
            Err(Error::Service(depesche_service::Error::NotLoggedIn)) => Ok(Self(None)),
            Err(error) => Err(error),
        }
    }
}

/// Lets visitors with a token in.
pub(crate) async fn visitors(mut request: Request, next: Next) -> Response {
    let token = authorization(request.headers(), "Claim").map(str::to_owned);
    match token {
        Some(token) => {
            request.extensions_mut().insert(ClaimToken(token));
            next.run(request).await
        }
        None => refuse(request.into_body(), Error::NoClaim).await,
    }
}

/// Lets the ends of a handoff in that show a secret.
pub(crate) async fn devices(mut request: Request, next: Next) -> Response {
    let secret = authorization(request.headers(), "Handoff").and_then(decode);
    match secret {
        Some(secret) => {
            request.extensions_mut().insert(HandoffSecret(secret));
            next.run(request).await
        }
        None => refuse(request.into_body(), Error::NoHandoff).await,
    }
}

/// Lets those in who hold a reply link.
pub(crate) async fn repliers(mut request: Request, next: Next) -> Response {
    let auth = authorization(request.headers(), "Reply").and_then(decode);
    match auth {
        Some(auth) => {
            request.extensions_mut().insert(ReplyAuth(auth));
            next.run(request).await
        }
        None => refuse(request.into_body(), Error::NoReply).await,
    }
}

/// `N` bytes from base64url.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes());
    bytes.ok()?.try_into().ok()
}

/// Says no after the body was read, so that a client that is still sending hears it.
async fn refuse(mut body: Body, error: Error) -> Response {
    drain(&mut body).await;
    error.into_response()
}

impl<S: Sync> FromRequestParts<S> for Member {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let member = parts.extensions.get::<Self>().cloned();
        member.ok_or_else(|| depesche_service::Error::NotLoggedIn.into())
    }
}

impl<S: Sync> FromRequestParts<S> for HandoffSecret {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let secret = parts.extensions.get::<Self>().cloned();
        secret.ok_or(Error::NoHandoff)
    }
}

impl<S: Sync> FromRequestParts<S> for ReplyAuth {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let auth = parts.extensions.get::<Self>().cloned();
        auth.ok_or(Error::NoReply)
    }
}

impl<S: Sync> FromRequestParts<S> for ClaimToken {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        let token = parts.extensions.get::<Self>().cloned();
        token.ok_or(Error::NoClaim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_bound_to_this_host() {
        let set = |https, token| set_cookie(https, token).expect("a header");
        assert_eq!(
            set(true, "t"),
            "__Host-depesche=t; Path=/; Max-Age=15552000; HttpOnly; SameSite=Strict; Secure"
        );
        assert_eq!(
            set(false, ""),
            "depesche=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
        );
    }

    #[test]
    fn tokens_are_found_where_they_belong() {
        let mut headers = HeaderMap::new();
        let text = HeaderValue::from_static;
        headers.append(header::COOKIE, text("a=1; depesche=plain"));
        headers.append(header::COOKIE, text("__Host-depesche=bound"));
        assert_eq!(cookie(&headers, false), Some("plain"));
        assert_eq!(cookie(&headers, true), Some("bound"));
        headers.append(header::AUTHORIZATION, text("bearer abc"));
        assert_eq!(authorization(&headers, "Bearer"), Some("abc"));
        assert_eq!(authorization(&headers, "Claim"), None);
        headers.append(header::AUTHORIZATION, text("Bearer def"));
        assert_eq!(
            authorization(&headers, "Bearer"),
            None,
            "one of two is none"
        );
    }
}
