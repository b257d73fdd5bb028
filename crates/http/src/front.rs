//! What holds for every request, whatever it asks for.

use crate::error::Error;
use crate::metrics::Metrics;
use crate::net::peer::Peer;
use crate::origin::Origin;
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::borrow::Cow;
use std::hash::RandomState;
use std::net::IpAddr;

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

/// Where the request comes from, seen through the proxy.
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
    pub(crate) fn check(&self, request: &Parts) -> Result<(), Error> {
        if !ANY_HOST.contains(&request.uri.path()) {
            let asked = self.asked(request)?;
            self.check_site(request, &asked)?;
        }
        let headers = &request.headers;
        // Two ways to say where a body ends are one too many (RFC 9112 section 11.2). All clients know
        // the length of what they send.
        if headers.contains_key(header::TRANSFER_ENCODING) {
            return Err(Error::LengthRequired);
        }
        let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
        if encodings.any(|value| value != "identity") {
            return Err(Error::Encoded);
        }
        Ok(())
    }

    /// Another site's page changes nothing here: browsers say where a request was made.
    fn check_site(&self, request: &Parts, asked: &Authority) -> Result<(), Error> {
        if request.method.is_safe() {
            return Ok(());
        }
        let site = request.headers.get(SEC_FETCH_SITE);
        let origin = request.headers.get(header::ORIGIN);
        let is_ours = |value: &HeaderValue| {
            let text = value.to_str();
            text.is_ok_and(|text| self.origin.is_same_site(text, asked))
        };
        if site.is_some_and(|site| site != "same-origin") || origin.is_some_and(|o| !is_ours(o)) {
            return Err(Error::CrossSite);
        }
        Ok(())
    }

    /// Who asks.
    pub(crate) fn client(&self, peer: Peer, headers: &HeaderMap) -> Client {
        if !self.behind_proxy {
            return Client {
                ip: peer.ip,
                local: peer.ip.is_loopback(),
            };
        }
        let forwarded = headers.get_all(FORWARDED_FOR).iter().next_back();
        let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next());
        let ip = last.and_then(|text| text.trim().parse().ok());
        Client {
            ip: ip.map_or(peer.ip, |ip| Peer::new(ip).ip),
            local: false,
        }
    }

    /// The name that the request was sent to: that of the request line, which comes first, and of `Host`; an
    /// error if there is none, they do not agree, or it is another's.
    fn asked(&self, request: &Parts) -> Result<Cow<'_, Authority>, Error> {
        let mut hosts = request.headers.get_all(header::HOST).iter();
        let host = hosts.next();
        if hosts.next().is_some() {
            return Err(Error::NoHost);
        }
        let ours = self.origin.authority();
        if request.uri.authority().is_none() && host.is_some_and(|host| host == ours.as_str()) {
            // Nearly always: nothing to be taken apart.
            return Ok(Cow::Borrowed(ours));
        }
        let host = match host {
            Some(host) => Some(Authority::try_from(host.as_bytes()).map_err(|_| Error::NoHost)?),
            None => None,
        };
        let asked = match (request.uri.authority(), host) {
            (Some(line), Some(host)) if *line != host => return Err(Error::NoHost),
            (Some(line), _) => line.clone(),
            (None, host) => host.ok_or(Error::NoHost)?,
        };
        if asked.as_str().contains('@') {
            return Err(Error::NoHost);
        }
        if self.origin.answers_for(&asked) {
            Ok(Cow::Owned(asked))
        } else {
            Err(Error::ForeignHost)
        }
    }
}
