//! Mails in the gateway's queue: how each recipient's part of a mail stands, and what happens next.
//!
//! | state | waits for | goes to |
//! |-|-|-|
//! | Convert | the protected form | Queued, [`State::HoldPassword`], [`State::HoldError`], the end |
//! | [`State::HoldPassword`] | a password of the recipient | Convert |
//! | [`State::HoldError`] | another try to make the protected form | as Convert |
//! | Queued | the next mail server | the end |
//!
//! A row that is delivered, failed, expired or dropped is gone. A row that must be protected is never queued
//! as it came: [`Treatment`] is fixed when the mail is taken.

use serde::{Deserialize, Serialize};

use crate::id::MailId;
use crate::time::{Span, Time};

/// How long a mail is tried before its sender gets it back (RFC 5321 section 4.5.4.1: 4 to 5 days).
pub const GIVE_UP: Span = Span::days(5);
/// After this a sender is told once that his mail is late.
pub const LATE: Span = Span::hours(4);
/// How long the Message-ID of a protected mail makes its answers protected too.
pub const THREAD_LIFE: Span = Span::days(400);
/// So long the same mail, handed in again, is taken for one whose acknowledgement was not heard.
pub const SEEN_LIFE: Span = Span::hours(24);

/// Sender and wishes of a mail, as SMTP wrote them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Whereto failures go; empty = nobody (the null sender).
    pub sender: String,
    /// Bytes beyond ASCII are in it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub eight_bit: bool,
    /// Addresses or headers hold UTF-8.
    #[serde(default, skip_serializing_if = "is_false")]
    pub smtputf8: bool,
    /// `RET=`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ret: Option<String>,
    /// `ENVID=`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envid: Option<String>,
}

const fn is_false(value: &bool) -> bool {
    !*value
}

impl Envelope {
    /// Of nobody: notices are never answered by a notice.
    pub const fn null() -> Self {
        Self::from(String::new())
    }

    /// Of this sender, without wishes.
    pub const fn from(sender: String) -> Self {
        Self {
            sender,
            eight_bit: false,
            smtputf8: false,
            ret: None,
            envid: None,
        }
    }
}

/// Whence a mail in the queue comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Taken in, and sent on as it came.
    Relayed,
    /// The protected form of one.
    Carrier,
    /// Tells a sender what became of his mail (RFC 3464).
    Report,
    /// Another mail of ours.
    Notice,
}

impl Kind {
    /// The word in the store and in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Relayed => "relayed",
            Self::Carrier => "carrier",
            Self::Report => "report",
            Self::Notice => "notice",
        }
    }

    /// The one of that word.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Relayed, Self::Carrier, Self::Report, Self::Notice];
        all.into_iter().find(|kind| kind.name() == word)
    }
}

/// What is to be done for one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Sent on as it came.
    Pass,
    /// Leaves only in its protected form.
    Protect,
}

impl Treatment {
    /// The word in the store and in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Protect => "protect",
        }
    }

    /// The one of that word.
    pub fn parse(word: &str) -> Option<Self> {
        let all = [Self::Pass, Self::Protect];
        all.into_iter().find(|treatment| treatment.name() == word)
    }
}

/// Where one recipient's part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its protected form is made next.
    Convert,
    /// The recipient has no password yet.
    HoldPassword,
    /// The protected form could not be made; it is tried again.
    HoldError,
    /// On its way to the next mail server.
    Queued,
    /// An administrator ended it, and its sender is yet to be told.
    Dropped,
}

impl State {
    /// The word in the store and in lists.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Convert => "convert",
            Self::HoldPassword => "hold_password",
            Self::HoldError => "hold_error",
            Self::Queued => "queued",
            Self::Dropped => "dropped",
        }
    }

    /// The one of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == word)
    }
}

/// One recipient of a mail to be stored.
#[derive(Clone, PartialEq, Eq)]
pub struct NewRow {
    /// Whereto, as SMTP wrote it.
    pub address: String,
    /// By which it is found.
    pub folded: String,
    /// Not named in the mail itself: nobody else may learn of him.
    pub bcc: bool,
    /// `NOTIFY=`
    pub notify: Option<String>,
    /// `ORCPT=`
    pub orcpt: Option<String>,
    /// What is to be done.
    pub treatment: Treatment,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Convert,
        Self::HoldPassword,
        Self::HoldError,
        Self::Queued,
        Self::Dropped,
    ];
}

impl NewRow {
    /// Somebody without wishes, to whom it goes as it is.
    pub fn to(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            folded: fold(address),
            bcc: false,
            notify: None,
            orcpt: None,
            treatment: Treatment::Pass,
        }
    }

    /// Where it begins.
    pub const fn state(&self) -> State {
        match self.treatment {
            Treatment::Pass => State::Queued,
            Treatment::Protect => State::Convert,
        }
    }
}

/// By which an address as SMTP writes it is found: as [`crate::address::Address::folded`] where it is one.
pub fn fold(address: &str) -> String {
    match address.parse::<crate::address::Address>() {
        Ok(address) => address.folded().to_owned(),
        Err(_) => address.to_lowercase(),
    }
}

/// One recipient of a mail in the queue.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// The mail whose text goes there.
    pub mail: MailId,
    /// Which of its recipients.
    pub position: u32,
    /// Whereto, as SMTP wrote it.
    pub address: String,
    /// By which it is found.
    pub folded: String,
    /// Not named in the mail itself.
    pub bcc: bool,
    /// `NOTIFY=`
    pub notify: Option<String>,
    /// `ORCPT=`
    pub orcpt: Option<String>,
    /// What is to be done.
    pub treatment: Treatment,
    /// Where it stands.
    pub state: State,
    /// When it is looked at next.
    pub due: Time,
    /// How often it was tried in this state.
    pub attempts: u32,
    /// When the mail was taken in.
    pub since: Time,
    /// The sender knows that it is late.
    pub told_late: bool,
    /// What the next mail server, or the conversion, said last.
    pub reply: Option<String>,
}

/// What follows a try that failed for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Again at that time.
    Again(Time),
    /// It was tried long enough.
    GiveUp,
}

/// When it is tried again after the n-th try that failed: 1, 2, 5, 10, 20, 30, 60 minutes, then every hour.
/// `jitter` (0 to 255) moves it by up to a fifth, so that what failed together does not come back together.
pub fn next_try(since: Time, now: Time, attempts: u32, jitter: u8) -> Next {
    if now >= since + GIVE_UP {
        return Next::GiveUp;
    }
    let minutes = match attempts {
        0..=1 => 1,
        2 => 2,
        3 => 5,
        4 => 10,
        5 => 20,
        6 => 30,
        _ => 60,
    };
    let whole = Span::minutes(minutes).ms();
    let moved = whole * 4 / 5 + whole * 2 / 5 * i64::from(jitter) / 255;
    // The last try stands at the end, however long the pause would be.
    Next::Again((now + Span::from_ms(moved)).min(since + GIVE_UP))
}

impl Row {
    /// The sender is to be told now that it is late; false for a null sender is the caller's to know. `begun`: when
    /// it was tried first.
    pub fn is_late(&self, begun: Time, now: Time) -> bool {
        !self.told_late && now >= begun + LATE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour_and_differ_by_a_fifth() {
        let since = Time::from_ms(0);
        let mut seen = Vec::new();
        for attempts in 1..=9 {
            let Next::Again(least) = next_try(since, since, attempts, 0) else {
                panic!("given up")
            };
            let Next::Again(most) = next_try(since, since, attempts, 255) else {
                panic!("given up")
            };
            seen.push((least.ms() / 1000, most.ms() / 1000));
        }
        assert_eq!(seen[0], (48, 72));
        assert_eq!(seen[1], (96, 144));
        assert_eq!(seen[6], (2880, 4320));
        assert_eq!(seen[8], (2880, 4320));
    }

    #[test]
    fn five_days_and_it_is_over_and_not_a_minute_before() {
        let since = Time::from_ms(1_000);
        let end = since + GIVE_UP;
        assert_eq!(next_try(since, end, 90, 0), Next::GiveUp);
        let before = end - Span::minutes(1);
        assert_eq!(next_try(since, before, 90, 255), Next::Again(end));
    }

    #[test]
    fn an_address_is_found_however_it_is_written() {
        assert_eq!(fold("K.Huber@Partner.TEST"), "k.huber@partner.test");
        assert_eq!(fold("\"a B\"@x.test"), "\"a b\"@x.test");
    }
}
