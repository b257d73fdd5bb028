//! Commands: the grammar of RFC 5321 section 4.1 and of the extensions that are offered. One line in, one
//! typed command or the reply that refuses it out.

use crate::address::{AddressError, Host, Mailbox, ReversePath};
use crate::envelope::{Body, Notify, Orcpt, Recipient, Ret, Sender, WishError};
use crate::reply::{Code, Reply};
use crate::xtext::{self, Xtext};

/// Bytes of `ENVID` (RFC 3461 section 4.4).
const MAX_ENVID: usize = 100;
/// Bytes of a value of XFORWARD.
const MAX_XFORWARD: usize = 255;

/// A command, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `EHLO`
    Ehlo(Host),
    /// `HELO`
    Helo(Host),
    /// `MAIL FROM:`
    Mail(Sender),
    /// `RCPT TO:`
    Rcpt(Recipient),
    /// `DATA`
    Data,
    /// `RSET`
    Rset,
    /// `NOOP`
    Noop,
    /// `QUIT`
    Quit,
    /// `VRFY`, `EXPN`: nobody is told who lives here.
    Verify,
    /// `HELP`
    Help,
    /// `STARTTLS` (RFC 3207)
    StartTls,
    /// `XFORWARD`
    Xforward(Forwarded),
}

/// What a listed peer says about the client before it (Postfix's XFORWARD). `None` is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Forwarded {
    /// Host name.
    pub name: Option<String>,
    /// Network address.
    pub addr: Option<String>,
    /// Port.
    pub port: Option<String>,
    /// `SMTP`, `ESMTP`.
    pub proto: Option<String>,
    /// The name it gave itself.
    pub helo: Option<String>,
    /// Its id of the mail.
    pub ident: Option<String>,
    /// `LOCAL` or `REMOTE`.
    pub source: Option<String>,
}

impl Forwarded {
    /// Takes over what `newer` says.
    pub(crate) fn merge(&mut self, newer: Self) {
        let pairs = [
            (&mut self.name, newer.name),
            (&mut self.addr, newer.addr),
            (&mut self.port, newer.port),
            (&mut self.proto, newer.proto),
            (&mut self.helo, newer.helo),
            (&mut self.ident, newer.ident),
            (&mut self.source, newer.source),
        ];
        for (old, new) in pairs {
            if new.is_some() {
                *old = new;
            }
        }
    }
}

/// Why a line is not a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// No such command.
    #[error("this command is not known here")]
    Unknown,
    /// Control characters, or bytes that are not UTF-8.
    #[error("only printable characters can stand in a command")]
    Characters,
    /// The command's grammar.
    #[error("the command is not written as RFC 5321 says")]
    Syntax,
    /// The reverse path.
    #[error("this is not a sender's address")]
    Sender,
    /// The forward path.
    #[error("this is not a recipient's address")]
    Recipient,
    /// An address beyond ASCII without SMTPUTF8.
    #[error("an address with such letters needs SMTPUTF8")]
    NeedsUtf8,
    /// A parameter that is not offered.
    #[error("this parameter is not known here")]
    UnknownParameter,
    /// A parameter's value, or the parameter twice.
    #[error("a parameter is not written as its RFC says")]
    Parameter,
}

impl From<WishError> for CommandError {
    fn from(_: WishError) -> Self {
        Self::Parameter
    }
}

impl CommandError {
    /// The reply.
    #[must_use]
    pub fn reply(self) -> Reply {
        let (code, subject, detail) = match self {
            Self::Unknown => (Code::UNKNOWN, 5, 1),
            Self::Characters => (Code::UNKNOWN, 5, 2),
            Self::Syntax => (Code::BAD_PARAMETER, 5, 2),
            Self::Sender => (Code::BAD_PARAMETER, 1, 7),
            Self::Recipient => (Code::BAD_PARAMETER, 1, 3),
            Self::NeedsUtf8 => (Code::MAILBOX_NAME, 6, 7),
            Self::UnknownParameter => (Code::UNKNOWN_PARAMETER, 5, 4),
            Self::Parameter => (Code::BAD_PARAMETER, 5, 4),
        };
        Reply::new(code, subject, detail, &self.to_string())
    }
}

impl Command {
    /// Reads a line without its end.
    ///
    /// # Errors
    /// Why it is none; `reply()` says so to the peer.
    pub fn parse(line: &[u8]) -> Result<Self, CommandError> {
        let text = std::str::from_utf8(line).map_err(|_| CommandError::Characters)?;
        if text.chars().any(char::is_control) {
            return Err(CommandError::Characters);
        }
        let (verb, rest) = match text.split_once(' ') {
            Some((verb, rest)) => (verb, Some(rest)),
            None => (text, None),
        };
        let alone = |command: Self| match rest.map(str::trim) {
            None | Some("") => Ok(command),
            Some(_) => Err(CommandError::Syntax),
        };
        let rest_text = rest.unwrap_or_default();
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => host(rest_text).map(Self::Ehlo),
            "HELO" => host(rest_text).map(Self::Helo),
            "MAIL" => mail(rest_text).map(Self::Mail),
            "RCPT" => rcpt(rest_text).map(Self::Rcpt),
            "DATA" => alone(Self::Data),
            "RSET" => alone(Self::Rset),
            "QUIT" => alone(Self::Quit),
            "STARTTLS" => alone(Self::StartTls),
            "NOOP" => Ok(Self::Noop),
            "HELP" => Ok(Self::Help),
            "VRFY" | "EXPN" if rest_text.trim().is_empty() => Err(CommandError::Syntax),
            "VRFY" | "EXPN" => Ok(Self::Verify),
            "XFORWARD" => xforward(rest_text).map(Self::Xforward),
            _ => Err(CommandError::Unknown),
        }
    }
}

fn host(text: &str) -> Result<Host, CommandError> {
    Host::parse(text.trim_matches(' ')).map_err(|_| CommandError::Syntax)
}

/// What stands between the angle brackets behind `FROM:` or `TO:`, and the parameters behind them. Old
/// clients write a blank behind the colon; it is taken, missing brackets are not.
fn path<'a>(text: &'a str, word: &str) -> Result<(&'a str, &'a str), CommandError> {
    let head = text
        .get(..word.len())
        .filter(|head| head.eq_ignore_ascii_case(word));
    head.ok_or(CommandError::Syntax)?;
    let rest = text[word.len()..].trim_start_matches(' ');
    let inside = rest.strip_prefix('<').ok_or(CommandError::Syntax)?;
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => {
                let behind = &inside[at + 1..];
                let parts = behind.is_empty() || behind.starts_with(' ');
                return if parts {
                    Ok((&inside[..at], behind))
                } else {
                    Err(CommandError::Syntax)
                };
            }
            _ => {}
        }
    }
    Err(CommandError::Syntax)
}

/// `KEY` or `KEY=value`, in upper case; no key comes twice.
fn parameters(text: &str) -> Result<Vec<(String, Option<&str>)>, CommandError> {
    let mut all: Vec<(String, Option<&str>)> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let (key, value) = match word.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (word, None),
        };
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if key.is_empty() || !key.bytes().all(fits) || value == Some("") {
            return Err(CommandError::Parameter);
        }
        let key = key.to_ascii_uppercase();
        if all.iter().any(|(known, _)| *known == key) {
            return Err(CommandError::Parameter);
        }
        all.push((key, value));
    }
    Ok(all)
}

fn mail(text: &str) -> Result<Sender, CommandError> {
    let (inside, rest) = path(text, "FROM:")?;
    let from = match inside {
        "" => ReversePath::Null,
        _ => Mailbox::parse(inside)
            .map(ReversePath::Mailbox)
            .map_err(|error| match error {
                AddressError::Syntax | AddressError::TooLong => CommandError::Sender,
            })?,
    };
    let mut sender = Sender::new(from);
    for (key, value) in parameters(rest)? {
        match (key.as_str(), value) {
            ("SIZE", Some(digits)) => sender.size = Some(size(digits)?),
            ("BODY", Some(body)) => sender.body = body_of(body)?,
            ("SMTPUTF8", None) => sender.smtputf8 = true,
            ("RET", Some(ret)) => sender.ret = Some(Ret::parse(ret)?),
            ("ENVID", Some(text)) => {
                let id = Xtext::parse(text, MAX_ENVID).map_err(|_| CommandError::Parameter)?;
                sender.envid = Some(id);
            }
            ("SIZE" | "BODY" | "SMTPUTF8" | "RET" | "ENVID", _) => {
                return Err(CommandError::Parameter);
            }
            _ => return Err(CommandError::UnknownParameter),
        }
    }
    if sender.from.mailbox().is_some_and(Mailbox::needs_utf8) && !sender.smtputf8 {
        return Err(CommandError::NeedsUtf8);
    }
    Ok(sender)
}

/// Up to 20 digits (RFC 1870 section 4); what does not fit into 64 bits is larger than anything.
fn size(digits: &str) -> Result<u64, CommandError> {
    if digits.len() > 20 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(CommandError::Parameter);
    }
    Ok(digits.parse().unwrap_or(u64::MAX))
}

fn body_of(value: &str) -> Result<Body, CommandError> {
    match value.to_ascii_uppercase().as_str() {
        "7BIT" => Ok(Body::SevenBit),
        "8BITMIME" => Ok(Body::EightBitMime),
        _ => Err(CommandError::Parameter),
    }
}

fn rcpt(text: &str) -> Result<Recipient, CommandError> {
    let (inside, rest) = path(text, "TO:")?;
    let to = Mailbox::parse_recipient(inside).map_err(|_| CommandError::Recipient)?;
    let mut recipient = Recipient::new(to);
    for (key, value) in parameters(rest)? {
        match (key.as_str(), value) {
            ("NOTIFY", Some(value)) => recipient.notify = Some(Notify::parse(value)?),
            ("ORCPT", Some(value)) => recipient.orcpt = Some(Orcpt::parse(value)?),
            ("NOTIFY" | "ORCPT", None) => return Err(CommandError::Parameter),
            _ => return Err(CommandError::UnknownParameter),
        }
    }
    Ok(recipient)
}

/// `NAME=value …`, values in xtext; `[UNAVAILABLE]` and `[TEMPUNAVAIL]` mean unknown.
fn xforward(text: &str) -> Result<Forwarded, CommandError> {
    let mut forwarded = Forwarded::default();
    let pairs = parameters(text)?;
    if pairs.is_empty() {
        return Err(CommandError::Syntax);
    }
    for (key, value) in pairs {
        let raw = value.ok_or(CommandError::Parameter)?;
        let value = xtext::decode(raw).map_err(|_| CommandError::Parameter)?;
        if value.len() > MAX_XFORWARD {
            return Err(CommandError::Parameter);
        }
        let unknown = ["[UNAVAILABLE]", "[TEMPUNAVAIL]"]
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word));
        let field = match key.as_str() {
            "NAME" => &mut forwarded.name,
            "ADDR" => &mut forwarded.addr,
            "PORT" => &mut forwarded.port,
            "PROTO" => &mut forwarded.proto,
            "HELO" => &mut forwarded.helo,
            "IDENT" => &mut forwarded.ident,
            "SOURCE" => &mut forwarded.source,
            _ => return Err(CommandError::UnknownParameter),
        };
        *field = (!unknown).then_some(value);
    }
    Ok(forwarded)
}
