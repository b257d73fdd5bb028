//! Whose slots are counted together, and why one more is refused.

use super::arena::Full;

/// Whose slots are counted together: one client's address.
pub type Place = [u8; 16];

/// Why nothing can be put in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// All memory for slots is taken.
    #[error(transparent)]
    Full(#[from] Full),
    /// This client has as many as it may.
    #[error("this client has as many slots as it may have")]
    TooMany,
}
