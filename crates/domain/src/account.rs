//! People known, and their logins.

use crate::address::Address;
use crate::id::{AccountId, SessionId};
use crate::time::{Span, Time};

/// What an account may do in the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Somebody outside who was written to: receives, and answers who wrote.
    Guest,
    /// Sends and receives.
    Member,
    /// A member who also administers.
    Admin,
}

impl Role {
    /// As it stands in the store and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Guest => "guest",
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "guest" => Some(Self::Guest),
            "member" => Some(Self::Member),
            "admin" => Some(Self::Admin),
            _ => None,
        }
    }
}

/// A person known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Which.
    pub id: AccountId,
    /// The address the account was made for.
    pub address: Address,
    /// The name shown to others; empty if none was given.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created: Time,
    /// When it was disabled, if it was: no login, no session is taken any more.
    pub disabled: Option<Time>,
    /// When somebody first showed, by a mail that arrived there, that the address is theirs.
    pub proven: Option<Time>,
}

/// A login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub account: AccountId,
    /// What the person sees in the list: `command line`, `browser`.
    pub label: String,
    /// When it was made.
    pub created: Time,
    /// When it was last used, to the minute.
    pub used: Time,
}

/// How long an unused session lives.
pub const SESSION_IDLE: Span = Span::days(30);
/// How long any session lives.
pub const SESSION_LIFE: Span = Span::days(180);

impl Session {
    /// Whether it is still taken at `now`.
    pub fn is_live(&self, now: Time) -> bool {
        now < self.used + SESSION_IDLE && now < self.created + SESSION_LIFE
    }
}

/// Growing delay after failed tries: some are free, then it doubles from one minute to a limit.
///
/// Kept per (what is tried, who tries), so that nobody can lock somebody else out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// Tries that failed so far.
    pub failed: u32,
    /// When the last one failed.
    pub last: Time,
}

/// The pause after the free tries and `over` more have failed.
fn pause(over: u32) -> Span {
    Span::minutes(1 << over.min(8)).min(Tries::LONGEST)
}

impl Tries {
    /// How many fail before the first delay.
    pub const FREE: u32 = 5;
    /// The longest delay.
    pub const LONGEST: Span = Span::minutes(15);

    /// How long to wait at `now` before the next try; 0 = now.
    pub fn wait(&self, now: Time) -> Span {
        let Some(over) = self.failed.checked_sub(Self::FREE) else {
            return Span::default();
        };
        (self.last + pause(over)) - now
    }

    /// How long the pause after the next failed try will be that is no longer free.
    pub fn next_pause(&self) -> Span {
        pause((self.failed + 1).saturating_sub(Self::FREE))
    }

    /// One more failed.
    pub fn fail(self, now: Time) -> Self {
        Self {
            failed: self.failed.saturating_add(1),
            last: now,
        }
    }

    /// After a quiet day the count begins anew.
    pub fn is_stale(&self, now: Time) -> bool {
        now >= self.last + Span::days(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_grows_and_ends() {
        let at = Time::from_ms(0);
        let mut tries = Tries {
            failed: 0,
            last: at,
        };
        let mut seen = Vec::new();
        for _ in 0..11 {
            seen.push(tries.wait(at).ms() / 1000);
            tries = tries.fail(at);
        }
        assert_eq!(seen, [0, 0, 0, 0, 0, 60, 120, 240, 480, 900, 900]);
        assert_eq!(tries.wait(at + Span::minutes(15)), Span::default());
    }
}
