//! Mailboxes and hosts as the protocol writes them (RFC 5321 section 4.1.2, RFC 6531 section 3.3).
//!
//! Kept byte for byte as they came: what was judged is what is passed on, quotes included.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::fmt;

/// Bytes of a local part at most (RFC 5321 section 4.5.3.1.1).
pub const MAX_LOCAL: usize = 64;
/// Bytes of a domain at most (section 4.5.3.1.2).
pub const MAX_DOMAIN: usize = 255;

/// `local@domain`, or `Postmaster` alone where a recipient is named.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mailbox {
    text: String,
    /// Where the `@` stands; `None` for `Postmaster` alone.
    at: Option<usize>,
}

/// Not a mailbox, not a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The grammar does not allow it.
    #[error("not a mail address; it looks like name@example.org")]
    Syntax,
    /// Longer than the protocol allows.
    #[error("the mail address is too long")]
    TooLong,
}

impl Mailbox {
    /// Reads `local@domain`, without angle brackets.
    ///
    /// # Errors
    /// What is not a mailbox. Source routes (`@a,@b:c@d`), which nobody needs, are not taken.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        // The last @: a quoted local part may hold others.
        let at = text.rfind('@').ok_or(AddressError::Syntax)?;
        let (local, domain) = (&text[..at], &text[at + 1..]);
        if local.len() > MAX_LOCAL || domain.len() > MAX_DOMAIN {
            return Err(AddressError::TooLong);
        }
        if !is_local(local) || !is_domain_or_literal(domain) {
            return Err(AddressError::Syntax);
        }
        Ok(Self {
            text: text.to_owned(),
            at: Some(at),
        })
    }

    /// As a recipient: also `Postmaster` without a domain, in any case (section 4.1.1.3).
    ///
    /// # Errors
    /// What is neither.
    pub fn parse_recipient(text: &str) -> Result<Self, AddressError> {
        if text.eq_ignore_ascii_case("postmaster") {
            return Ok(Self {
                text: text.to_owned(),
                at: None,
            });
        }
        Self::parse(text)
    }

    /// As it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The part before the `@`, as it came: quotes are part of it.
    #[must_use]
    pub fn local(&self) -> &str {
        self.at.map_or(&self.text, |at| &self.text[..at])
    }

    /// The part behind the `@`; `None` for `Postmaster` alone.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.at.map(|at| &self.text[at + 1..])
    }

    /// Only a server with SMTPUTF8 takes it.
    #[must_use]
    pub fn needs_utf8(&self) -> bool {
        !self.text.is_ascii()
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Mailbox {
    /// Addresses never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mailbox(..)")
    }
}

/// Whence a mail comes, and whereto its failures go.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ReversePath {
    /// `<>`: a notice; nothing is ever sent back.
    Null,
    /// The sender.
    Mailbox(Mailbox),
}

impl ReversePath {
    /// The mailbox, if there is one.
    #[must_use]
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            Self::Null => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }

    /// Between the angle brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.mailbox().map_or("", Mailbox::as_str)
    }
}

/// The name a peer gives itself: a domain or an address literal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Host(String);

impl Host {
    /// Reads a domain or `[1.2.3.4]`, `[IPv6:…]`.
    ///
    /// # Errors
    /// What is neither.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        if text.len() > MAX_DOMAIN {
            return Err(AddressError::TooLong);
        }
        if !is_domain_or_literal(text) {
            return Err(AddressError::Syntax);
        }
        Ok(Self(text.to_owned()))
    }

    /// As it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A character that no terminal, header or parser takes for something else: not ASCII, no control, blank,
/// or invisible character, no mark of direction.
pub(crate) fn is_plain_beyond_ascii(c: char) -> bool {
    let hidden = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}');
    !c.is_ascii() && !c.is_control() && !c.is_whitespace() && !hidden
}

/// Dot-string or quoted string.
fn is_local(local: &str) -> bool {
    match local.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').is_some_and(is_quoted_inside),
        None => local.split('.').all(is_atom),
    }
}

/// `atext` of RFC 5322 section 3.2.3, one or more.
pub(crate) fn is_atom(text: &str) -> bool {
    let special = "!#$%&'*+-/=?^_`{|}~";
    let fits =
        |c: char| c.is_ascii_alphanumeric() || special.contains(c) || is_plain_beyond_ascii(c);
    !text.is_empty() && text.chars().all(fits)
}

/// `QcontentSMTP`: printable, with `"` and `\` behind a `\` only. No tab, no line end.
fn is_quoted_inside(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let fits = match c {
            '"' => false,
            '\\' => chars.next().is_some_and(|next| (' '..='~').contains(&next)),
            _ => (' '..='~').contains(&c) || is_plain_beyond_ascii(c),
        };
        if !fits {
            return false;
        }
    }
    true
}

fn is_domain_or_literal(text: &str) -> bool {
    match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(is_literal_inside),
        None => text.split('.').all(is_label),
    }
}

/// Addresses of both families, and no other literal (section 4.1.3).
fn is_literal_inside(text: &str) -> bool {
    let v6 = text
        .get(..5)
        .filter(|tag| tag.eq_ignore_ascii_case("ipv6:"));
    match v6 {
        Some(_) => text[5..].parse::<Ipv6Addr>().is_ok(),
        None => text.parse::<Ipv4Addr>().is_ok(),
    }
}

/// A label; with `_`, which real hosts have.
fn is_label(label: &str) -> bool {
    let fits =
        |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || is_plain_beyond_ascii(c);
    !label.is_empty()
        && label.len() <= 63
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_are_taken_as_they_came() {
        for text in [
            "a@b",
            "anna.keller+x@Example.org",
            "\"a b\"@x.test",
            "\"a@b\"@x.test",
            "\"a\\\"b\\\\\"@x.test",
            "a@[127.0.0.1]",
            "a@[IPv6:::1]",
            "jürgen@bücher.example",
            "!#$%&'*+-/=?^_`{|}~@x.test",
            "a@under_score.test",
        ] {
            assert_eq!(
                Mailbox::parse(text).map(|m| m.to_string()),
                Ok(text.to_owned())
            );
        }
    }

    #[test]
    fn what_is_no_mailbox_is_refused() {
        for text in [
            "",
            "@",
            "a@",
            "@b",
            "a",
            "a b@x",
            "a@b c",
            ".a@b",
            "a.@b",
            "a..b@x",
            "a@b..c",
            "a@b.",
            "a@.b",
            "a@-b",
            "a@b-",
            "\"a@b",
            "\"a\"b\"@x",
            "\"a\t\"@x",
            "\"a\r\"@x",
            "\"\\\t\"@x",
            "a@[1.2.3]",
            "a@[::1]",
            "a@[IPv6:1.2.3.4]",
            "a@[x:y]",
            "a@[127.0.0.1",
            "a@b>",
            "<a@b",
            "a@b\0",
            "a@b\u{7f}",
            "a\u{200b}@b",
            "a@b\u{202e}",
            "a\u{a0}@b",
            "a\u{85}@b",
            "@r.test:a@b",
            "a,b@c",
            "a;b@c",
            "a:b@c",
        ] {
            assert!(Mailbox::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn lengths_are_those_of_the_protocol() {
        let local = "a".repeat(65);
        assert_eq!(
            Mailbox::parse(&format!("{local}@b")),
            Err(AddressError::TooLong)
        );
        let domain = ["b"; 129].join(".");
        assert_eq!(
            Mailbox::parse(&format!("a@{domain}")),
            Err(AddressError::TooLong)
        );
    }

    #[test]
    fn postmaster_alone_is_a_recipient_and_no_sender() {
        let postmaster = Mailbox::parse_recipient("PostMaster").expect("RFC 5321 section 4.1.1.3");
        assert_eq!(
            (postmaster.as_str(), postmaster.local(), postmaster.domain()),
            ("PostMaster", "PostMaster", None)
        );
        assert!(Mailbox::parse("postmaster").is_err());
        assert!(Mailbox::parse_recipient("hostmaster").is_err());
    }

    #[test]
    fn a_host_is_a_domain_or_a_literal() {
        for text in [
            "localhost",
            "mx.example.org",
            "[192.0.2.1]",
            "[IPv6:2001:db8::1]",
            "WIN_PC",
        ] {
            assert!(Host::parse(text).is_ok(), "{text}");
        }
        for text in ["", "a b", "a\tb", "[]", "a..b", "(x)", "a\r", "\u{202e}"] {
            assert!(Host::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_address() {
        let mailbox = Mailbox::parse("canary@x.test").expect("a mailbox");
        assert!(
            !format!("{:?} {:?}", mailbox, ReversePath::Mailbox(mailbox.clone()))
                .contains("canary")
        );
    }
}
