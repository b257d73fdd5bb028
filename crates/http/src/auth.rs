//! Who may use a route, and how that is proven.

use crate::asked::{Asked, Member, Shown};
use crate::error::Error;
use crate::front::SEC_FETCH_SITE;
use crate::state::Web;
use axum::extract::FromRequestParts;
use depesche_service::domain::Role;
use depesche_service::{Caller, login};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, header};

/// What a route asks for. Every route says so; the door lets nobody in who has not shown it.
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

/// What the route asks for, as far as it can be seen without a look into the store; none = it asks for a session.
pub(crate) fn see(access: Access, headers: &HeaderMap) -> Result<Option<Shown>, Error> {
    match access {
        Access::Public | Access::FirstCode | Access::Link | Access::Operator | Access::Demo => {
            Ok(Some(Shown::Nothing))
        }
        Access::Person | Access::Member | Access::Admin => Ok(None),
        Access::Claim => {
            let token = authorization(headers, "Claim").ok_or(Error::NoClaim)?;
            Ok(Some(Shown::Claim(token.to_owned())))
        }
        Access::Handoff => {
            let secret = authorization(headers, "Handoff").and_then(decode);
            Ok(Some(Shown::Handoff(secret.ok_or(Error::NoHandoff)?)))
        }
        Access::Reply => {
            let auth = authorization(headers, "Reply").and_then(decode);
            Ok(Some(Shown::Reply(auth.ok_or(Error::NoReply)?)))
        }
    }
}

/// The session of somebody whom the route lets in.
pub(crate) async fn session(
    web: &Web,
    access: Access,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Shown, Error> {
    let least = match access {
        Access::Admin => Role::Admin,
        Access::Member => Role::Member,
        _ => Role::Guest,
    };
    let member = identify(web, method, headers).await?;
    if member.caller.account.role < least {
        return Err(depesche_service::Error::NotAllowed.into());
    }
    Ok(Shown::Session(Box::new(member)))
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

impl FromRequestParts<Asked> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, asked: &Asked) -> Result<Self, Error> {
        match identify(&asked.web, &parts.method, &parts.headers).await {
            Ok(member) => Ok(Self(Some(member))),
            Err(Error::Service(depesche_service::Error::NotLoggedIn)) => Ok(Self(None)),
            Err(error) => Err(error),
        }
    }
}

/// `N` bytes from base64url.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (code, mut bytes) = (data_encoding::BASE64URL_NOPAD, [0; N]);
    if code.decode_len(text.len()) != Ok(N) {
        return None;
    }
    code.decode_mut(text.as_bytes(), &mut bytes).ok()?;
    Some(bytes)
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
