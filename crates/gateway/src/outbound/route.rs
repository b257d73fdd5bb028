//! Where mail goes: `smtp.url`.

use depesche_smtp::address::Host;
use depesche_smtp::client::state::{Login, TlsWish};

/// When a connection is under TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Never: on this machine.
    None,
    /// If it is offered; whoever answers is not asked for his name, as the other way is clear text.
    IfOffered,
    /// By STARTTLS, with a certificate that fits.
    Required,
    /// From the first byte, with a certificate that fits.
    Immediate,
}

/// The next mail server.
#[derive(Debug, Clone)]
pub struct Route {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Under TLS.
    pub tls: Tls,
    /// Name and password.
    pub login: Option<Login>,
    /// The name we give ourselves.
    pub hello: Host,
}

/// `smtp.url` cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("smtp.url: {0}; it looks like smtp://host:25 or smtps://user:password@host")]
pub struct RouteError(&'static str);

impl Route {
    /// Reads `smtp://[user:password@]host[:port][?tls=none|opportunistic|required]` or `smtps://…`.
    /// With a password TLS is required, on another machine it is taken if it is offered.
    ///
    /// # Errors
    /// [`RouteError`].
    pub fn parse(url: &str, hello: Host) -> Result<Self, RouteError> {
        let (scheme, rest) = url.split_once("://").ok_or(RouteError("it has no ://"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, place) = match rest.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, rest),
        };
        let login = login.map(parse_login).transpose()?;
        let (host, port) = parse_place(place)?;
        let is_here = host == "localhost"
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback());
        let tls = match (scheme, query) {
            ("smtps", "") => Tls::Immediate,
            ("smtp", "tls=required") => Tls::Required,
            ("smtp", "tls=none") if login.is_none() => Tls::None,
            ("smtp", "tls=opportunistic") if login.is_none() => Tls::IfOffered,
            ("smtp", "") if login.is_some() => Tls::Required,
            ("smtp", "") if is_here => Tls::None,
            ("smtp", "") => Tls::IfOffered,
            ("smtp", _) => {
                return Err(RouteError(
                    "behind ? stands tls=none, tls=opportunistic or tls=required, and a password needs TLS",
                ));
            }
            _ => return Err(RouteError("it begins with smtp:// or smtps://")),
        };
        let usual = if tls == Tls::Immediate { 465 } else { 25 };
        Ok(Self {
            host,
            port: port.unwrap_or(usual),
            tls,
            login,
            hello,
        })
    }

    /// What the protocol is asked for.
    pub(crate) const fn wish(&self) -> TlsWish {
        match self.tls {
            Tls::None | Tls::Immediate => TlsWish::Never,
            Tls::IfOffered => TlsWish::IfOffered,
            Tls::Required => TlsWish::Required,
        }
    }
}

fn parse_place(place: &str) -> Result<(String, Option<u16>), RouteError> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => {
            let (host, behind) = rest.split_once(']').ok_or(RouteError("a ] is missing"))?;
            (host, behind.strip_prefix(':'))
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    if host.is_empty() || host.contains(['/', '#', ' ']) {
        return Err(RouteError("there is no host in it"));
    }
    let port = port.map(str::parse).transpose();
    Ok((
        host.to_owned(),
        port.map_err(|_| RouteError("the port is no number"))?,
    ))
}

fn parse_login(text: &str) -> Result<Login, RouteError> {
    let (name, password) = text
        .split_once(':')
        .ok_or(RouteError("a login is user:password"))?;
    let decode = |text: &str| percent(text).ok_or(RouteError("a % in it is not written as %25"));
    Ok(Login::new(&decode(name)?, &decode(password)?))
}

/// `%41` is `A` (RFC 3986 section 2.1).
fn percent(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let (digits, behind) = rest.split_at_checked(2)?;
        rest = behind;
        bytes.extend(data_encoding::HEXLOWER_PERMISSIVE.decode(digits).ok()?);
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<(String, u16, Tls, bool), RouteError> {
        let hello = Host::parse("gw.test").expect("a name");
        let route = Route::parse(url, hello)?;
        Ok((route.host, route.port, route.tls, route.login.is_some()))
    }

    #[test]
    fn where_mail_goes() {
        for (url, host, port, tls, login) in [
            ("smtp://localhost:25", "localhost", 25, Tls::None, false),
            (
                "smtp://127.0.0.1:10026",
                "127.0.0.1",
                10026,
                Tls::None,
                false,
            ),
            ("smtp://[::1]:26/", "::1", 26, Tls::None, false),
            (
                "smtp://mx.corp.test",
                "mx.corp.test",
                25,
                Tls::IfOffered,
                false,
            ),
            (
                "smtp://mx.corp.test?tls=required",
                "mx.corp.test",
                25,
                Tls::Required,
                false,
            ),
            (
                "smtp://a:b@mx.corp.test:587",
                "mx.corp.test",
                587,
                Tls::Required,
                true,
            ),
            (
                "smtps://a%40b:c%3ad@mx.corp.test",
                "mx.corp.test",
                465,
                Tls::Immediate,
                true,
            ),
        ] {
            let found = parse(url).unwrap_or_else(|error| panic!("{url}: {error}"));
            assert_eq!(found, (host.to_owned(), port, tls, login), "{url}");
        }
        for url in [
            "",
            "mx",
            "http://mx",
            "smtp://",
            "smtp://mx:x",
            "smtp://mx?tls=maybe",
            "smtp://a@mx",
            "smtp://a:b@mx?tls=none",
            "smtp://a:b%@mx",
            "smtp://a:b%00@mx",
            "smtp://[::1",
        ] {
            assert!(parse(url).is_err(), "{url}");
        }
    }
}
