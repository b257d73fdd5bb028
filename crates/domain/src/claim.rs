//! A claim: one device's visit to one parcel.
//!
//! | state | becomes | by |
//! |-|-|-|
//! | opened | leased | the person starts a download and the limit has room |
//! | leased | committed | a file reported as verified, or all bytes of one handed out |
//! | leased | lapsed | two minutes without a range or a ping |
//! | lapsed | leased | the same token asks again and the limit has room |
//! | committed | - | serves its own token for 24 h |
//!
//! A limit counts leased and committed claims. With limit 1 never two are committed.

use crate::time::{Span, Time};

/// Without a range or a ping for this long a lease lapses.
pub const LEASE: Span = Span::minutes(2);
/// How long a committed claim goes on serving.
pub const SERVES: Span = Span::hours(24);
/// How long a mailed code is good.
pub const CODE_LIFE: Span = Span::minutes(15);
/// Wrong tries after which a mailed code is dead and a new one has to be asked for.
pub const CODE_TRIES: u32 = 5;

/// Where a claim stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimState {
    /// The letter was opened; nothing counted yet.
    Opened,
    /// Files are handed out until then, unless the device goes on.
    Leased {
        /// When it lapses.
        until: Time,
    },
    /// A file was verified; serves its token for [`SERVES`] from then.
    Committed {
        /// Since when.
        at: Time,
    },
    /// The device went silent.
    Lapsed,
}

impl ClaimState {
    /// What it is at `now`: a lease whose time is over has lapsed, whether or not somebody wrote it down.
    pub fn at(self, now: Time) -> Self {
        match self {
            Self::Leased { until } if until <= now => Self::Lapsed,
            other => other,
        }
    }

    /// Whether files are handed out at `now`.
    pub fn serves(self, now: Time) -> bool {
        match self.at(now) {
            Self::Leased { .. } => true,
            Self::Committed { at } => now < at + SERVES,
            Self::Opened | Self::Lapsed => false,
        }
    }

    /// As it stands in the store and the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Leased { .. } => "leased",
            Self::Committed { .. } => "committed",
            Self::Lapsed => "lapsed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_lapses_and_a_commit_serves_a_day() {
        let now = Time::from_ms(1_000_000);
        let leased = ClaimState::Leased { until: now + LEASE };
        assert!(leased.serves(now));
        assert!(!leased.serves(now + LEASE));
        let committed = ClaimState::Committed { at: now };
        assert!(committed.serves(now + Span::hours(23)));
        assert!(!committed.serves(now + SERVES));
        assert!(!ClaimState::Opened.serves(now));
    }
}
