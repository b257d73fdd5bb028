//! Deeds decided, to be done outside after the state is stored.

use crate::address::Address;
use crate::id::ParcelId;
use crate::journal::Fact;
use serde::{Deserialize, Serialize};

/// The language of a mail or page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// German.
    De,
    /// English.
    #[default]
    En,
    /// Czech.
    Cs,
}

/// What the notification mail about a parcel says: given by the sender's client with the order to
/// mail it, and nowhere but inside that waiting mail (formats.md, Notice). No `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The key part of the link, `1.…`, if the link is to be mailed.
    pub key: String,
    /// Subject of the delivery; empty if none.
    pub subject: String,
    /// Message of the delivery; empty if none.
    pub message: String,
    /// Names and sizes in plain bytes of the files, in manifest order; may be cut short.
    pub files: Vec<NoticeFile>,
    /// How many files the parcel has.
    pub file_count: u64,
    /// The language to write in.
    pub language: Language,
}

/// One file named in a notice.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeFile {
    /// As the sender named it.
    pub name: String,
    /// Plain size in bytes.
    pub size: u64,
}

/// A mail to be sent. It waits sealed (formats.md, Server secrets) and is shredded when it has left.
/// No `Debug`: it holds a link key, names, addresses.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Mail {
    /// To a recipient: a delivery waits.
    Delivery {
        /// To whom.
        to: Address,
        /// Who wrote: name (may be empty) and address.
        sender_name: String,
        /// The sender's address.
        sender: Address,
        /// The id in the path of the link.
        link: String,
        /// Until when it is ready, in ms.
        expires: i64,
        /// What it says.
        notice: Notice,
    },
    /// To a visitor: the one-time code that proves the stated address.
    Code {
        /// To whom.
        to: Address,
        /// Eight digits.
        code: String,
        /// Who wrote the delivery.
        sender_name: String,
        /// The sender's address.
        sender: Address,
        /// The language to write in.
        language: Language,
    },
    /// To the sender: the first verified download of a recipient.
    Downloaded {
        /// To whom: the sender.
        to: Address,
        /// The recipient.
        recipient: Address,
        /// The address the visitor stated.
        stated: String,
        /// Subject of the delivery.
        subject: String,
        /// When, in ms.
        at: i64,
        /// The language to write in.
        language: Language,
    },
    /// To the sender: the notification could not be delivered.
    Bounced {
        /// To whom: the sender.
        to: Address,
        /// The recipient whose mail came back.
        recipient: Address,
        /// Subject of the delivery.
        subject: String,
        /// The language to write in.
        language: Language,
    },
}

impl Mail {
    /// To whom it goes.
    pub fn to(&self) -> &Address {
        match self {
            Self::Delivery { to, .. }
            | Self::Code { to, .. }
            | Self::Downloaded { to, .. }
            | Self::Bounced { to, .. } => to,
        }
    }

    /// A word for logs and lists; says nothing of the people.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Delivery { .. } => "delivery",
            Self::Code { .. } => "code",
            Self::Downloaded { .. } => "downloaded",
            Self::Bounced { .. } => "bounced",
        }
    }
}

/// A deed decided. The service stores it with the state it came from, in one transaction.
#[derive(Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send a mail. `about` = the recipient of a parcel whose state follows its fate.
    Send {
        /// The mail.
        mail: Box<Mail>,
        /// Parcel and recipient it is about, if its fate is shown there.
        about: Option<(ParcelId, Address)>,
    },
    /// Write a fact into the journal.
    Record(Fact),
    /// Destroy sealed bytes, manifest and link records of a parcel.
    Shred(ParcelId),
}
