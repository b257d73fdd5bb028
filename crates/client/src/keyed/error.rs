//! Why something could not be sealed to a person's key, or opened with the own one.

use depesche_seal::parcel::ParcelError;
use depesche_seal::release::ReleaseError;
use depesche_seal::stanza::StanzaError;
use depesche_seal::trust::TrustError;
use depesche_seal::words::WordsError;

use crate::fault::Fault;
use crate::http::CallError;
use crate::keyring::RingError;
use crate::people::PeopleError;

/// Nothing was sealed or opened, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyedError {
    /// Server or network.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The own keyring.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// The keys of others.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// Levels 3 and 4 without an open keyring.
    #[error("levels 3 and 4 need your SealPass; set it up: depesche sealpass setup")]
    NoRing,
    /// A stanza.
    #[error(transparent)]
    Stanza(#[from] StanzaError),
    /// A manifest.
    #[error(transparent)]
    Parcel(#[from] ParcelError),
    /// Whose key it is.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// Typed words.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// A claim code.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// The sender's own stanza is gone.
    #[error(
        "you cannot open this delivery yourself any more, so it cannot be released; send it again"
    )]
    Lost,
    /// No number is left for a further code.
    #[error("256 claim codes were made for this recipient; compare the words, or send it again")]
    CodesUsedUp,
    /// Not what was asked for.
    #[error(
        "the server gave another delivery than was asked for; do not go on, tell your administrator"
    )]
    Exchanged,
}

impl KeyedError {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Ring(error) => error.code(),
            Self::People(error) => error.code(),
            Self::NoRing => "no_sealpass",
            Self::Stanza(error) => error.code(),
            Self::Parcel(error) => error.code(),
            Self::Trust(error) => error.code(),
            Self::Words(error) => error.code(),
            Self::Release(error) => error.code(),
            Self::Lost => "stanza_lost",
            Self::CodesUsedUp => "code_dead",
            Self::Exchanged => "exchanged",
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Call(error) => error.fault(),
            Self::Ring(error) => error.fault(),
            Self::People(error) => error.fault(),
            Self::NoRing | Self::Lost => Fault::Gone,
            Self::CodesUsedUp => Fault::Refused,
            Self::Words(_) => Fault::Usage,
            Self::Stanza(_)
            | Self::Parcel(_)
            | Self::Trust(_)
            | Self::Release(_)
            | Self::Exchanged => Fault::Unopenable,
        }
    }
}
