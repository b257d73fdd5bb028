//! What a mail's transaction carries beside its text: sender, recipients, and what they wish.

use crate::address::{Mailbox, ReversePath, is_atom};
use crate::xtext::{self, Xtext};

/// Bytes of `ORCPT` (RFC 3461 section 4.2).
const MAX_ORCPT: usize = 500;

/// A sender's wish is not written as its RFC says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not written as RFC 3461 says")]
pub struct WishError;

/// `BODY=` (RFC 6152).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Body {
    /// ASCII, as the sender says.
    #[default]
    SevenBit,
    /// Bytes beyond ASCII.
    EightBitMime,
}

/// `RET=`: what a failure notice gives back (RFC 3461 section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ret {
    /// The whole mail.
    Full,
    /// Its header.
    Headers,
}

impl Ret {
    /// Reads the parameter's value.
    ///
    /// # Errors
    /// Another word.
    pub fn parse(value: &str) -> Result<Self, WishError> {
        match value.to_ascii_uppercase().as_str() {
            "FULL" => Ok(Self::Full),
            "HDRS" => Ok(Self::Headers),
            _ => Err(WishError),
        }
    }

    /// The parameter's value.
    #[must_use]
    pub fn to_text(self) -> &'static str {
        match self {
            Self::Full => "FULL",
            Self::Headers => "HDRS",
        }
    }
}

/// `NOTIFY=`: when the sender wants a notice (RFC 3461 section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notify {
    /// Not at all.
    Never,
    /// In these cases; at least one is set.
    On {
        /// Delivered.
        success: bool,
        /// Failed.
        failure: bool,
        /// Late.
        delay: bool,
    },
}

impl Notify {
    /// Reads the parameter's value.
    ///
    /// # Errors
    /// Another word, one twice, or `NEVER` with others.
    pub fn parse(value: &str) -> Result<Self, WishError> {
        if value.eq_ignore_ascii_case("NEVER") {
            return Ok(Self::Never);
        }
        let (mut success, mut failure, mut delay) = (false, false, false);
        for word in value.split(',') {
            let flag = match word.to_ascii_uppercase().as_str() {
                "SUCCESS" => &mut success,
                "FAILURE" => &mut failure,
                "DELAY" => &mut delay,
                _ => return Err(WishError),
            };
            if std::mem::replace(flag, true) {
                return Err(WishError);
            }
        }
        Ok(Self::On {
            success,
            failure,
            delay,
        })
    }

    /// The parameter's value.
    #[must_use]
    pub fn to_text(self) -> String {
        let Self::On {
            success,
            failure,
            delay,
        } = self
        else {
            return "NEVER".to_owned();
        };
        let words = [(success, "SUCCESS"), (failure, "FAILURE"), (delay, "DELAY")];
        let words: Vec<&str> = words
            .iter()
            .filter(|(on, _)| *on)
            .map(|(_, word)| *word)
            .collect();
        if words.is_empty() {
            "NEVER".to_owned()
        } else {
            words.join(",")
        }
    }
}

/// `ORCPT=`: the recipient as first named (RFC 3461 section 4.2, RFC 6533 section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orcpt {
    kind: String,
    raw: OrcptText,
}

/// The address behind the type's `;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrcptText {
    /// ASCII.
    Xtext(Xtext),
    /// Of type `utf-8`, with characters beyond ASCII as they came; needs SMTPUTF8.
    Utf8(Mailbox),
}

impl Orcpt {
    /// The address of an ordinary recipient.
    #[must_use]
    pub fn rfc822(address: Xtext) -> Self {
        Self {
            kind: "rfc822".to_owned(),
            raw: OrcptText::Xtext(address),
        }
    }

    /// Reads the parameter's value, `type;address`. Postfix writes an address beyond ASCII byte by byte, as of type
    /// `rfc822`: it becomes one of type `utf-8`.
    ///
    /// # Errors
    /// No type, an address that is no xtext, or one beyond ASCII that is no mailbox of type `utf-8`.
    pub fn parse(value: &str) -> Result<Self, WishError> {
        let (kind, address) = value.split_once(';').ok_or(WishError)?;
        if value.len() > MAX_ORCPT || !kind.is_ascii() || !is_atom(kind) {
            return Err(WishError);
        }
        if address.is_ascii()
            && let Ok(text) = Xtext::parse(address, MAX_ORCPT)
        {
            return Ok(Self {
                kind: kind.to_owned(),
                raw: OrcptText::Xtext(text),
            });
        }
        let (kind, meant) = match kind.to_ascii_lowercase().as_str() {
            "utf-8" => (kind, address.to_owned()),
            "rfc822" => {
                let octets = xtext::octets(address).map_err(|_| WishError)?;
                ("utf-8", String::from_utf8(octets).map_err(|_| WishError)?)
            }
            _ => return Err(WishError),
        };
        if meant.is_ascii() || meant.contains(' ') {
            return Err(WishError);
        }
        Ok(Self {
            kind: kind.to_owned(),
            raw: OrcptText::Utf8(Mailbox::parse(&meant).map_err(|_| WishError)?),
        })
    }

    /// The type, as it came: `rfc822`, `utf-8`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The address, as it came.
    #[must_use]
    pub fn text(&self) -> &OrcptText {
        &self.raw
    }

    /// Only a server with SMTPUTF8 takes it.
    #[must_use]
    pub fn needs_utf8(&self) -> bool {
        matches!(self.raw, OrcptText::Utf8(_))
    }

    /// `type;address`, as it came.
    #[must_use]
    pub fn to_text(&self) -> String {
        let address = match &self.raw {
            OrcptText::Xtext(text) => text.as_str(),
            OrcptText::Utf8(mailbox) => mailbox.as_str(),
        };
        format!("{};{address}", self.kind)
    }
}

/// A sender and what he says about his mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Whereto failures go.
    pub from: ReversePath,
    /// Bytes, as announced.
    pub size: Option<u64>,
    /// `BODY=`.
    pub body: Body,
    /// Addresses or headers may hold UTF-8.
    pub smtputf8: bool,
    /// `RET=`.
    pub ret: Option<Ret>,
    /// `ENVID=`: the sender's own name for this transaction.
    pub envid: Option<Xtext>,
}

impl Sender {
    /// A sender with no wishes.
    #[must_use]
    pub fn new(from: ReversePath) -> Self {
        Self {
            from,
            size: None,
            body: Body::SevenBit,
            smtputf8: false,
            ret: None,
            envid: None,
        }
    }
}

/// One recipient and the sender's wishes for him.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Whereto.
    pub to: Mailbox,
    /// `NOTIFY=`.
    pub notify: Option<Notify>,
    /// `ORCPT=`.
    pub orcpt: Option<Orcpt>,
}

impl Recipient {
    /// A recipient with no wishes.
    #[must_use]
    pub fn new(to: Mailbox) -> Self {
        Self {
            to,
            notify: None,
            orcpt: None,
        }
    }
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// From whom.
    pub sender: Sender,
    /// To whom; at least one.
    pub recipients: Vec<Recipient>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept between taking a mail and sending it on comes back the same.
    #[test]
    fn wishes_are_written_as_they_are_read() {
        for text in ["NEVER", "SUCCESS", "FAILURE,DELAY", "SUCCESS,FAILURE,DELAY"] {
            assert_eq!(
                Notify::parse(text).map(Notify::to_text),
                Ok(text.to_owned())
            );
        }
        for text in ["FULL", "HDRS"] {
            assert_eq!(Ret::parse(text).map(Ret::to_text), Ok(text));
        }
        for text in [
            "rfc822;a+2Bb@x.test",
            "utf-8;a+5Cx{fc}@x.test",
            "utf-8;žofie@x.test",
        ] {
            assert_eq!(
                Orcpt::parse(text).map(|orcpt| orcpt.to_text()),
                Ok(text.to_owned())
            );
        }
        // As Postfix writes it.
        let written = Orcpt::parse("rfc822;j+C3+B6rg@x.test").map(|orcpt| orcpt.to_text());
        assert_eq!(written, Ok("utf-8;jörg@x.test".to_owned()));
        for text in [
            "",
            "rfc822",
            ";a",
            "rfc822;j+C3rg@x.test",
            "rfc822;j+0D+0A@x.test",
            "rfc822;+C3+B6+0D+0A@x.test",
            "rfc822;+C3+B6+20b@x.test",
            "x400;j+C3+B6rg@x.test",
            "utf-8;j+C3+B6rg@x.test",
            "rfc822;",
            "rfc822;ü@x.test",
            "utf-8;ü",
            "utf-8;\"ü b\"@x.test",
            "r c;a",
            "ü;a",
        ] {
            assert_eq!(Orcpt::parse(text), Err(WishError), "{text}");
        }
    }
}
