//! What is allowed of handoffs, and why one did not happen.

use depesche_domain::Span;
use depesche_domain::handoff::{Offerers, Refusal};
use depesche_store::ephemeral::NoRoom;

/// Why a handoff did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The slot's state does not allow it, or the proof is another one's.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No slot has this id.
    #[error(
        "this handoff is not known here; it may have ended, or the server was restarted: start again on the other device"
    )]
    Unknown,
    /// No slot waits under these words.
    #[error("nothing waits under these words; check them on the other device")]
    WordsUnknown,
    /// Not one of the sizes.
    #[error("the sealed bytes have none of the sizes that a handoff has")]
    Size,
    /// Larger than allowed here.
    #[error("this is too large for a handoff: {most} bytes sealed at most; send it as a delivery")]
    TooLarge {
        /// The most.
        most: u64,
    },
    /// The memory for all handoffs is used up.
    #[error("the server's memory for handoffs is used up; nothing is lost, try again in a minute")]
    Full,
    /// This address has as many as it may.
    #[error("too many handoffs wait from this address; cancel one, or wait until one is taken")]
    TooMany,
    /// Only accounts may offer.
    #[error("here only people with an account hand something over; log in first")]
    AccountRequired,
    /// The bytes ended with the slot.
    #[error("the handoff has ended meanwhile")]
    Gone,
}

impl Error {
    /// Stable and meant for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Unknown => "handoff_unknown",
            Self::WordsUnknown => "handoff_words_unknown",
            Self::Size => "handoff_size",
            Self::TooLarge { .. } => "handoff_too_large",
            Self::Full => "handoff_full",
            Self::TooMany => "handoff_too_many",
            Self::AccountRequired => "handoff_account_required",
            Self::Gone => "handoff_gone",
        }
    }

    /// When the next try makes sense.
    pub const fn wait(self) -> Option<Span> {
        match self {
            Self::Refused(Refusal::Busy { wait }) => Some(wait),
            Self::Full | Self::TooMany => Some(Span::minutes(1)),
            _ => None,
        }
    }
}

impl From<NoRoom> for Error {
    fn from(error: NoRoom) -> Self {
        match error {
            NoRoom::Full(_) => Self::Full,
            NoRoom::TooMany => Self::TooMany,
        }
    }
}

/// What is allowed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Who may offer.
    pub create: Offerers,
    /// The most sealed bytes of one.
    pub largest: u64,
    /// The most sealed bytes of all.
    pub total: u64,
    /// Live ones of one address.
    pub per_address: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            create: Offerers::Anyone,
            largest: 8 << 20,
            total: 256 << 20,
            per_address: 20,
        }
    }
}
