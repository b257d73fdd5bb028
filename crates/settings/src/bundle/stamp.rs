//! What a reader cannot know by itself.

/// Handed in by whoever reads: this crate has no clock and draws nothing.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// A UUID. The same source should get the same one each time, so that a target replaces what it
    /// took before.
    pub id: String,
    /// RFC 3339, in UTC.
    pub created: String,
}
