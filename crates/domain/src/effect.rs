//! Deeds decided, to be done outside after the state is stored.

use crate::address::Address;
use crate::id::ParcelId;
use crate::journal::Fact;
use crate::note::Note;
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

impl Language {
    /// As it stands in the store and the API.
    pub const fn code(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
            Self::Cs => "cs",
        }
    }

    /// The language of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::De, Self::En, Self::Cs]
            .into_iter()
            .find(|language| language.code() == code)
    }
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

impl Notice {
    /// Says nothing but in which language: all that level 4 tells a mail.
    pub const fn silent(language: Language) -> Self {
        Self {
            key: String::new(),
            subject: String::new(),
            message: String::new(),
            files: Vec::new(),
            file_count: 0,
            language,
        }
    }
}

/// How the recipient of a mail gets in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Arrival {
    /// By a link with the key of the notice, levels 1 and 2.
    Link {
        /// The id in its path.
        link: String,
        /// Level 2: a login too.
        login: bool,
    },
    /// A person with an account, at `/d/PARCEL`.
    Known {
        /// Which.
        parcel: String,
        /// It opens already; else it waits for the SealPass or the release.
        ready: bool,
    },
    /// A person without an account, at `/register/TOKEN`.
    New {
        /// Of the invitation.
        token: String,
    },
}

impl Arrival {
    /// At levels 3 and 4: with the token of an invitation there is no account yet.
    pub fn keyed(parcel: ParcelId, token: Option<String>, ready: bool) -> Self {
        match token {
            Some(token) => Self::New { token },
            None => Self::Known {
                parcel: parcel.to_string(),
                ready,
            },
        }
    }
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
        /// 1 to 4.
        level: u8,
        /// How to get in.
        arrival: Arrival,
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
    /// To somebody without an account: how to make one.
    Invitation {
        /// To whom.
        to: Address,
        /// Who wrote; empty with an address of nobody if an administrator invites.
        sender: Option<(String, Address)>,
        /// Of the invitation.
        token: String,
        /// Until when it is good, in ms.
        expires: i64,
        /// The language to write in.
        language: Language,
    },
    /// To the sender: somebody has set up the SealPass and waits for the release.
    WaitsRelease {
        /// To whom: the sender.
        to: Address,
        /// Who waits.
        recipient: Address,
        /// The name of the one who waits; may be empty.
        name: String,
        /// For how many deliveries.
        count: u64,
        /// The language to write in.
        language: Language,
    },
    /// To the recipient: it opens now.
    Released {
        /// To whom.
        to: Address,
        /// Who wrote: name (may be empty) and address.
        sender_name: String,
        /// The sender's address.
        sender: Address,
        /// Which parcel.
        parcel: String,
        /// Subject of the delivery; empty at level 4.
        subject: String,
        /// Provided again after a reset.
        again: bool,
        /// Until when it is ready, in ms.
        expires: i64,
        /// The language to write in.
        language: Language,
    },
    /// To a partner of somebody whose keyring is being reset, or to that person.
    Reset {
        /// To whom.
        to: Address,
        /// Whose keyring.
        person: Address,
        /// The name; may be empty.
        name: String,
        /// Until when it can be stopped, in ms; none = it has happened.
        due: Option<i64>,
        /// The language to write in.
        language: Language,
    },
    /// About protected mail.
    Protected {
        /// To whom.
        to: Address,
        /// The language to write in.
        language: Language,
        /// What.
        note: Note,
    },
}

impl Mail {
    /// The language it is written in, where a person's own goes before it; none where somebody chose it for this mail.
    pub const fn language_mut(&mut self) -> Option<&mut Language> {
        match self {
            Self::Downloaded { language, .. }
            | Self::Bounced { language, .. }
            | Self::WaitsRelease { language, .. }
            | Self::Released { language, .. }
            | Self::Reset { language, .. } => Some(language),
            Self::Delivery { .. }
            | Self::Code { .. }
            | Self::Invitation { .. }
            | Self::Protected { .. } => None,
        }
    }

    /// To whom it goes.
    pub fn to(&self) -> &Address {
        match self {
            Self::Delivery { to, .. }
            | Self::Code { to, .. }
            | Self::Downloaded { to, .. }
            | Self::Bounced { to, .. }
            | Self::Invitation { to, .. }
            | Self::WaitsRelease { to, .. }
            | Self::Released { to, .. }
            | Self::Reset { to, .. }
            | Self::Protected { to, .. } => to,
        }
    }

    /// A word for logs and lists; says nothing of the people.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Delivery { .. } => "delivery",
            Self::Code { .. } => "code",
            Self::Downloaded { .. } => "downloaded",
            Self::Bounced { .. } => "bounced",
            Self::Invitation { .. } => "invitation",
            Self::WaitsRelease { .. } => "waits_release",
            Self::Released { .. } => "released",
            Self::Reset { .. } => "reset",
            Self::Protected { note, .. } => note.kind(),
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
