//! What a mail's transaction carries beside its text: sender, recipients, and what they wish.

use crate::address::{Mailbox, ReversePath};
use crate::xtext::Xtext;

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

/// `ORCPT=`: the recipient as first named (RFC 3461 section 4.2, RFC 6533 section 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orcpt {
    pub(crate) kind: String,
    pub(crate) raw: OrcptText,
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
