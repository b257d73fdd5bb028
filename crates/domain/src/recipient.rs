//! What happened to a recipient, and what the sender is shown of it.

use crate::address::Address;
use crate::keyed::{Keyed, Person};
use crate::time::Time;

/// Why a parcel was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// By time.
    Expired,
    /// By the sender.
    Withdrawn,
    /// Every link was used up, and served.
    Spent,
}

impl Reason {
    /// As it stands in the store, the API and the journal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Spent => "spent",
        }
    }

    /// The reason of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Expired, Self::Withdrawn, Self::Spent]
            .into_iter()
            .find(|r| r.name() == name)
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Spent => "downloaded as often as was intended",
        })
    }
}

/// What happened to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub address: Address,
    /// When the notification was accepted by the recipient's mail server.
    pub notified: Option<Time>,
    /// When it came back.
    pub bounced: Option<Time>,
    /// When the letter was first opened.
    pub opened: Option<Time>,
    /// When a first download was verified.
    pub downloaded: Option<Time>,
    /// When the sender dropped this recipient.
    pub dropped: Option<Time>,
    /// What opens it, and for whom, at levels 3 and 4; boxed, since it is large and most have none.
    pub keyed: Option<Box<(Keyed, Person)>>,
}

/// What the sender is shown of a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecipientState {
    /// Posted; the mail is on its way or the sender passes the link on.
    Posted,
    /// The mail was accepted by the next mail server.
    Notified,
    /// The mail came back.
    Bounced,
    /// Levels 3 and 4: there is no account yet.
    WaitsRegistration,
    /// There is no keyring yet.
    WaitsSealpass,
    /// The sender has to release.
    WaitsRelease,
    /// Released and not opened yet.
    Released,
    /// The letter was opened.
    Opened,
    /// A file was downloaded and verified.
    Downloaded,
    /// Dropped by the sender.
    Dropped,
    /// The parcel expired.
    Expired,
    /// The parcel was withdrawn.
    Withdrawn,
}

impl RecipientState {
    /// As interface.md names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Notified => "notified",
            Self::Bounced => "bounced",
            Self::WaitsRegistration => "waits_registration",
            Self::WaitsSealpass => "waits_sealpass",
            Self::WaitsRelease => "waits_release",
            Self::Released => "released",
            Self::Opened => "opened",
            Self::Downloaded => "downloaded",
            Self::Dropped => "dropped",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl Recipient {
    /// A recipient to whom nothing has happened yet.
    pub const fn new(address: Address) -> Self {
        Self {
            address,
            notified: None,
            bounced: None,
            opened: None,
            downloaded: None,
            dropped: None,
            keyed: None,
        }
    }

    fn keyed_state(&self, keyed: &Keyed, person: &Person) -> RecipientState {
        use crate::keyed::Refusal;
        match keyed.opens(person) {
            Ok(_) if self.opened.is_some() => RecipientState::Opened,
            Ok(_) => RecipientState::Released,
            Err(_) if self.bounced.is_some() => RecipientState::Bounced,
            Err(Refusal::WaitsRegistration) => RecipientState::WaitsRegistration,
            Err(Refusal::WaitsSealpass) => RecipientState::WaitsSealpass,
            Err(_) => RecipientState::WaitsRelease,
        }
    }

    /// When a reset destroyed what opened it, for somebody who waits anew.
    pub fn lost(&self) -> Option<Time> {
        match self.keyed.as_deref() {
            Some((Keyed::Waits(waits), _)) => waits.lost,
            _ => None,
        }
    }

    fn released(&self) -> Option<Time> {
        match self.keyed.as_deref() {
            Some((Keyed::Released(released), _)) => Some(released.at),
            Some((Keyed::Claimed(claimed), _)) => Some(claimed.at),
            _ => None,
        }
    }

    /// Since when [`Recipient::state`] holds; `posted` and `closed` are the parcel's.
    pub fn since(&self, posted: Time, closed: Option<(Time, Reason)>) -> Time {
        let at = match self.state(closed.map(|(_, reason)| reason)) {
            RecipientState::Posted
            | RecipientState::WaitsRegistration
            | RecipientState::WaitsSealpass => None,
            RecipientState::WaitsRelease => self.lost(),
            RecipientState::Released => self.released(),
            RecipientState::Notified => self.notified,
            RecipientState::Bounced => self.bounced,
            RecipientState::Opened => self.opened,
            RecipientState::Downloaded => self.downloaded,
            RecipientState::Dropped => self.dropped,
            RecipientState::Expired | RecipientState::Withdrawn => closed.map(|(at, _)| at),
        };
        at.unwrap_or(posted)
    }

    /// What the sender is shown. `closed` = why the parcel is closed, if it is. A download that
    /// happened is a fact that closing does not undo.
    pub fn state(&self, closed: Option<Reason>) -> RecipientState {
        if self.downloaded.is_some() {
            return RecipientState::Downloaded;
        }
        if self.dropped.is_some() {
            return RecipientState::Dropped;
        }
        match closed {
            Some(Reason::Withdrawn) => return RecipientState::Withdrawn,
            Some(Reason::Expired | Reason::Spent) => return RecipientState::Expired,
            None => {}
        }
        if let Some(keyed) = &self.keyed {
            return self.keyed_state(&keyed.0, &keyed.1);
        }
        if self.opened.is_some() {
            RecipientState::Opened
        } else if self.bounced.is_some() {
            RecipientState::Bounced
        } else if self.notified.is_some() {
            RecipientState::Notified
        } else {
            RecipientState::Posted
        }
    }
}
