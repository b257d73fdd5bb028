//! What this house allows: levels, sizes, deadlines.

use crate::level::Level;
use crate::time::{Span, Time};

/// The limits in force; from the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// The lowest level offered.
    pub lowest: Level,
    /// The level chosen when the sender does not choose.
    pub default: Level,
    /// The highest level offered.
    pub highest: Level,
    /// The largest parcel, in sealed bytes.
    pub largest: u64,
    /// How long a parcel may be kept, and is if the sender does not say.
    pub retention: Span,
}

/// The most recipients of one parcel.
pub const MOST_RECIPIENTS: usize = 1_000;
/// The most file objects of one parcel (packs count once).
pub const MOST_FILES: usize = 100_000;
/// The largest sealed manifest, in bytes.
pub const LARGEST_MANIFEST: u64 = 64 << 20;
/// How long an upload that is not posted is kept after its last part.
pub const DRAFT_LIFE: Span = Span::days(7);
/// The longest subject, in characters.
pub const LONGEST_SUBJECT: usize = 998;
/// The longest message, in bytes.
pub const LONGEST_MESSAGE: usize = 1 << 20;

impl Policy {
    /// When a parcel posted at `now` expires: as `wanted`, at most the retention from now.
    pub fn expiry(&self, wanted: Option<Time>, now: Time) -> Time {
        let last = now + self.retention;
        wanted.map_or(last, |wanted| wanted.min(last))
    }

    /// Whether this level is offered.
    pub fn offers(&self, level: Level) -> bool {
        self.lowest <= level && level <= self.highest
    }
}
