//! Where this server is to be found: the scheme, host and port of `public_url`.

use http::uri::{Authority, Scheme, Uri};

/// Scheme, host and port, as browsers compare them (RFC 6454).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    https: bool,
    /// Small letters, no port where it goes without saying.
    authority: Authority,
}

/// Not an address at which a server can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("public_url is http:// or https://, a host, perhaps a port, and nothing else")]
pub struct NotAnOrigin;

/// Names under which a machine calls itself.
pub(crate) const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

impl Origin {
    /// Reads `https://portal.example.org`, with or without a slash at its end.
    ///
    /// # Errors
    /// [`NotAnOrigin`].
    pub fn parse(text: &str) -> Result<Self, NotAnOrigin> {
        let uri: Uri = text.parse().map_err(|_| NotAnOrigin)?;
        let https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(NotAnOrigin),
        };
        let authority = uri.authority().ok_or(NotAnOrigin)?;
        let bare = matches!(uri.path_and_query().map_or("", |p| p.as_str()), "" | "/");
        if !bare || authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(NotAnOrigin);
        }
        let default = if https { 443 } else { 80 };
        let host = authority.host().to_ascii_lowercase();
        let authority = match authority.port_u16().filter(|port| *port != default) {
            Some(port) => format!("{host}:{port}"),
            None => host,
        };
        let authority = Authority::try_from(authority).map_err(|_| NotAnOrigin)?;
        Ok(Self { https, authority })
    }

    /// Whether visitors come over TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Host, and port where it does not go without saying.
    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Whether a request for this authority is meant for us. Ports are not compared: a forwarded port
    /// changes them, and a name is what an attacker would need.
    pub(crate) fn answers_for(&self, authority: &Authority) -> bool {
        let host = authority.host();
        host.eq_ignore_ascii_case(self.authority.host())
            || LOOPBACK.iter().any(|name| host.eq_ignore_ascii_case(name))
    }

    /// Whether a page of this origin is one of ours: the public one, or the one that the request itself was
    /// sent to under a name of this machine.
    pub(crate) fn is_same_site(&self, origin: &str, asked: &Authority) -> bool {
        let Ok(from) = Self::parse(origin) else {
            return false;
        };
        let local = LOOPBACK.contains(&from.authority.host())
            && Self::parse(&format!("http://{asked}")).is_ok_and(|asked| from == asked);
        from == *self || local
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (one, other) in [
            (
                "https://Portal.Example.org/",
                "https://portal.example.org:443",
            ),
            ("http://127.0.0.1:80", "http://127.0.0.1"),
            ("http://[::1]:8025/", "http://[::1]:8025"),
        ] {
            assert_eq!(Origin::parse(one), Origin::parse(other), "{one}");
            assert!(Origin::parse(one).is_ok(), "{one}");
        }
        for text in [
            "",
            "portal.example.org",
            "ftp://portal.example.org",
            "https://portal.example.org/under",
            "https://portal.example.org/?x",
            "https://user@portal.example.org",
            "https://",
            "null",
        ] {
            assert_eq!(Origin::parse(text), Err(NotAnOrigin), "{text}");
        }
    }

    #[test]
    fn hosts_are_ours_or_foreign() {
        let ours = Origin::parse("https://portal.example.org").expect("an origin");
        for (host, expected) in [
            ("portal.example.org", true),
            ("PORTAL.example.org:8443", true),
            ("localhost:8025", true),
            ("127.0.0.1", true),
            ("[::1]:1", true),
            ("portal.example.org.evil.test", false),
            ("evil.test", false),
            ("127.0.0.1.evil.test", false),
            ("127.0.0.2", false),
            ("portal.example.org@evil.test", false),
        ] {
            let authority: Authority = host.parse().expect("an authority");
            assert_eq!(ours.answers_for(&authority), expected, "{host}");
        }
    }

    #[test]
    fn pages_are_ours_or_foreign() {
        let ours = Origin::parse("https://portal.example.org").expect("an origin");
        for (origin, host, expected) in [
            ("https://portal.example.org", "portal.example.org", true),
            ("http://portal.example.org", "portal.example.org", false),
            (
                "https://portal.example.org:8443",
                "portal.example.org:8443",
                false,
            ),
            ("http://localhost:8025", "localhost:8025", true),
            ("http://localhost:9999", "localhost:8025", false),
            ("http://127.0.0.1:8025", "localhost:8025", false),
            ("https://evil.test", "portal.example.org", false),
            ("http://evil.test", "evil.test", false),
            ("null", "portal.example.org", false),
        ] {
            let asked: Authority = host.parse().expect("an authority");
            assert_eq!(
                ours.is_same_site(origin, &asked),
                expected,
                "{origin} {host}"
            );
        }
    }
}
