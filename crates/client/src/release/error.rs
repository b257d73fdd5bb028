//! Why something was not released.

use crate::fault::Fault;
use crate::http::CallError;
use crate::keyed::KeyedError;
use crate::keyring::RingError;
use crate::people::PeopleError;

/// Why one was not released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Stable, for programs.
    pub code: String,
    /// With the way on.
    pub detail: String,
}

impl Why {
    pub(super) fn new(code: &str, detail: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            detail: detail.into(),
        }
    }
}

/// Nothing was released, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseRefused {
    /// Server or network.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The own keyring.
    #[error(transparent)]
    Ring(#[from] RingError),
    /// Keys of others.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// Sealing.
    #[error(transparent)]
    Keyed(#[from] KeyedError),
    /// Nobody waits.
    #[error("nobody waits for your release here; `depesche list --waiting` shows who does")]
    Nobody,
    /// Words of one key were given for several people.
    #[error("the words are those of one person; name that person by --to")]
    WordsOfWhom,
    /// A key is not verified, or is wrong.
    #[error("{email}: {}", .why.detail)]
    Person {
        /// Who.
        email: String,
        /// Why.
        why: Why,
    },
}

impl ReleaseRefused {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Ring(error) => error.code(),
            Self::People(error) => error.code(),
            Self::Keyed(error) => error.code(),
            Self::Nobody => "nobody_waits",
            Self::WordsOfWhom => "words_of_whom",
            Self::Person { why, .. } => &why.code,
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Call(error) => error.fault(),
            Self::Ring(error) => error.fault(),
            Self::People(error) => error.fault(),
            Self::Keyed(error) => error.fault(),
            Self::Nobody => Fault::Gone,
            Self::WordsOfWhom => Fault::Usage,
            Self::Person { why, .. } => match Fault::of_answer(&why.code, 403) {
                Fault::Gone => Fault::Gone,
                _ => Fault::Refused,
            },
        }
    }
}
