//! What every request passes on its way to a route, and every answer on its way back.

use crate::error::Error;
use crate::headers;
use crate::log::{Line, pseudonym};
use crate::metrics::Metrics;
use crate::net::peer::Peer;
use crate::origin::Origin;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use std::hash::RandomState;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Who is served, and how it is counted.
#[derive(Debug, Clone)]
pub struct Front {
    /// From `public_url`.
    pub origin: Origin,
    /// A proxy stands before this server: the last address of `X-Forwarded-For` is the client's.
    pub behind_proxy: bool,
    /// Where requests are counted.
    pub metrics: Metrics,
    /// Makes addresses unrecognisable in the log.
    pub salt: RandomState,
}

/// Where the request comes from, seen through the proxy; an extension of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) ip: IpAddr,
    /// It comes from this machine itself, through no proxy.
    pub(crate) local: bool,
}

pub(crate) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Asked by probes, which call a machine by whatever name: they tell nothing that depends on it.
const ANY_HOST: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

impl Front {
    /// Checks what holds for every route, in this order: is it meant for us, does a page of ours
    /// ask, is it clear where it ends.
    fn check(&self, request: &Request) -> Result<(), Error> {
        let asked = authority(request.uri(), request.headers());
        if !ANY_HOST.contains(&request.uri().path()) {
            let asked = asked.ok_or(Error::NoHost)?;
            if !self.origin.answers_for(&asked) {
                return Err(Error::ForeignHost);
            }
            self.check_site(request.method(), request.headers(), &asked)?;
        }
        let headers = request.headers();
        // Two ways to say where a body ends are one too many (RFC 9112 section 11.2). All clients know
        // the length of what they send.
        if headers.contains_key(header::TRANSFER_ENCODING) {
            return Err(Error::LengthRequired);
        }
        if headers
            .get_all(header::CONTENT_ENCODING)
            .iter()
            .any(|value| value != "identity")
        {
            return Err(Error::Encoded);
        }
        Ok(())
    }

    /// Another site's page changes nothing here: browsers say where a request was made.
    fn check_site(
        &self,
        method: &Method,
        headers: &HeaderMap,
        asked: &Authority,
    ) -> Result<(), Error> {
        if method.is_safe() {
            return Ok(());
        }
        let site = headers.get(SEC_FETCH_SITE);
        let origin = headers.get(header::ORIGIN);
        let is_ours = |value: &HeaderValue| {
            let text = value.to_str();
            text.is_ok_and(|text| self.origin.is_same_site(text, asked))
        };
        if site.is_some_and(|site| site != "same-origin") || origin.is_some_and(|o| !is_ours(o)) {
            return Err(Error::CrossSite);
        }
        Ok(())
    }

    fn client(&self, request: &Request) -> Client {
        let nowhere = Peer::new(Ipv4Addr::UNSPECIFIED.into());
        let peer = request.extensions().get::<Peer>().unwrap_or(&nowhere);
        if !self.behind_proxy {
            return Client {
                ip: peer.ip,
                local: peer.ip.is_loopback(),
            };
        }
        let forwarded = request.headers().get_all(FORWARDED_FOR).iter().next_back();
        let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next());
        let ip = last.and_then(|text| text.trim().parse().ok());
        Client {
            ip: ip.map_or(peer.ip, |ip| Peer::new(ip).ip),
            local: false,
        }
    }
}

/// The name that the request was sent to: that of the request line, which comes first, and of `Host`; none if there
/// is none, or they do not agree.
fn authority(uri: &Uri, headers: &HeaderMap) -> Option<Authority> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return None;
    }
    let host: Option<Authority> = match host {
        Some(host) => Some(Authority::try_from(host.as_bytes()).ok()?),
        None => None,
    };
    let found = match (uri.authority(), host) {
        (Some(line), Some(host)) if *line != host => return None,
        (Some(line), _) => line.clone(),
        (None, host) => host?,
    };
    (!found.as_str().contains('@')).then_some(found)
}

/// The way in and out; a layer around all routes.
pub(crate) async fn pass(
    State(front): State<Arc<Front>>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = front.client(&request);
    request.extensions_mut().insert(client);
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("none", MatchedPath::as_str).to_owned();
    let line = Line::begin(
        front.metrics.clone(),
        request.method().clone(),
        route,
        pseudonym(&front.salt, client.ip),
    );
    let checked = front.check(&request);
    let request = request.map(|body| Body::new(line.count(body)));
    let mut response = match checked {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    headers::dress(response.headers_mut(), front.origin.is_https());
    let status = response.status();
    response.map(|body| Body::new(line.follow(status, body)))
}
