//! Protected mail: the password that opens its PDFs, and the links that set it; its attachments and replies.

use crate::account::{Account, Role};
use crate::address::Address;
use crate::effect::{Effect, Language, Mail};
use crate::id::AccountId;
use crate::note::{Correspondent, Note};
use crate::time::{Span, Time};
use serde::{Deserialize, Serialize};

/// Whom the parcels belong to that the gateway makes: nobody logs in as it, and no list shows it.
pub const GATEWAY: AccountId = AccountId::from_bytes([0; 16]);
/// Its address, at which nobody can be (RFC 6761 section 6.4).
const GATEWAY_ADDRESS: &str = "gateway@depesche.invalid";

/// How long an invitation is good, and a mail is held.
pub const HELD: Span = Span::days(30);
/// How long a link is good that somebody asked for.
pub const CHANGE_LIFE: Span = Span::hours(24);
/// How long a link is good that an administrator sent.
pub const RESET_LIFE: Span = Span::days(7);
/// How long a reply link is good.
pub const REPLY_LIFE: Span = Span::days(365);
/// When somebody who was invited is reminded, since the invitation.
pub const REMINDERS: [Span; 3] = [Span::days(3), Span::days(10), Span::days(25)];
/// The most sets of one password.
pub const MOST_SETS: usize = 32;

/// The gateway's account, made at its first parcel. Its address is one, so there is always some.
pub fn gateway_account(now: Time) -> Option<Account> {
    Some(Account {
        id: GATEWAY,
        address: GATEWAY_ADDRESS.parse().ok()?,
        name: String::new(),
        role: Role::Member,
        created: now,
        disabled: Some(now),
        proven: None,
    })
}

/// What a password link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// There is no password yet, and mail is held.
    Invite,
    /// The person asked for it; the password that is there works until another is set.
    Change,
    /// An administrator took the password away.
    Reset,
}

impl Purpose {
    /// As it stands in the store and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Change => "change",
            Self::Reset => "reset",
        }
    }

    /// The purpose of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Invite, Self::Change, Self::Reset]
            .into_iter()
            .find(|purpose| purpose.name() == name)
    }

    /// How long such a link is good.
    pub const fn life(self) -> Span {
        match self {
            Self::Invite => HELD,
            Self::Change => CHANGE_LIFE,
            Self::Reset => RESET_LIFE,
        }
    }
}

/// A link that sets the password. The store keeps the hash of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordLink {
    /// To whom it was mailed, and whose password it sets.
    pub address: Address,
    /// What for.
    pub purpose: Purpose,
    /// Of the person.
    pub language: Language,
    /// Who wrote first.
    pub sender: Option<Correspondent>,
    /// Until when it is good.
    pub expires: Time,
    /// What it was used for.
    pub used: Option<Used>,
}

impl PasswordLink {
    /// Whether it is good at `now`.
    pub fn is_live(&self, now: Time) -> bool {
        now < self.expires
    }
}

/// A password was set by a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Used {
    /// SHA-256 over the public halves that were set.
    pub hash: [u8; 32],
    /// Messages that went out then.
    pub released: u64,
    /// There was another password before.
    pub changed: bool,
}

/// When somebody who waits since then is reminded the next time; none when the time is over.
pub fn next_reminder(since: Time, reminded: usize) -> Option<Time> {
    REMINDERS.get(reminded).map(|after| since + *after)
}

/// The language of somebody of whom nothing is known but the address: that of the country, else the house's.
pub fn guess_language(address: &Address, house: Language) -> Language {
    match address.folded().rsplit('.').next() {
        Some("cz" | "sk") => Language::Cs,
        Some("de" | "at" | "ch" | "li") => Language::De,
        Some("uk" | "us" | "ie" | "au" | "nz") => Language::En,
        _ => house,
    }
}

/// The attachments of a protected mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailFacts {
    /// Who wrote.
    pub sender: Correspondent,
    /// To whom it went.
    pub recipient: Address,
    /// Its subject; empty once the parcel is closed.
    pub subject: String,
    /// Of the sender's notices.
    pub language: Language,
    /// The sender is somebody outside: notices to him leave in clear and name no subject.
    pub outside: bool,
}

impl MailFacts {
    /// The subject as far as notices to the sender may name it.
    pub fn told_subject(&self) -> String {
        if self.outside {
            String::new()
        } else {
            self.subject.clone()
        }
    }
}

/// What a reply link knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyFacts {
    /// Who is answered.
    pub to: Correspondent,
    /// Who answers: whose PDF it stands in.
    pub from: Address,
    /// The Message-ID of the mail that is answered, without brackets; may be empty.
    pub message_id: String,
    /// Message-IDs before it, the oldest first.
    pub references: Vec<String>,
    /// Of who answers.
    pub language: Language,
}

/// The mail that tells somebody.
pub fn tell(to: Address, language: Language, note: Note) -> Effect {
    let mail = Mail::Protected { to, language, note };
    Effect::Send {
        mail: Box::new(mail),
        about: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reminders_come_three_times() {
        let since = Time::from_ms(0);
        let days: Vec<_> = (0..4)
            .map(|n| next_reminder(since, n).map(|at| at.ms() / Span::days(1).ms()))
            .collect();
        assert_eq!(days, [Some(3), Some(10), Some(25), None]);
    }

    #[test]
    fn a_country_says_a_language() {
        for (address, language) in [
            ("eva@firma.cz", Language::Cs),
            ("max@praxis.DE", Language::De),
            ("kim@example.org", Language::En),
        ] {
            let address = address.parse().expect("an address");
            assert_eq!(guess_language(&address, Language::En), language);
        }
    }

    #[test]
    fn the_gateway_has_an_account() {
        let account = gateway_account(Time::from_ms(1)).expect("a constant address");
        assert!(account.disabled.is_some());
    }
}
