//! Why nothing was posted.

use depesche_seal::file::FileError;
use depesche_seal::link::LinkError;
use depesche_seal::manifest::ManifestError;
use depesche_seal::parcel::ParcelError;
use depesche_seal::password::PasswordError;

use super::upload::UploadError;
use crate::fault::Fault;
use crate::http::CallError;
use crate::keyed::KeyedError;
use crate::profile::ProfileError;

/// Nothing was posted, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// Server or network.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Reading, sealing or sending the files.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// The client's own folder.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// More than the server takes.
    #[error(
        "this is larger than the {most} bytes that the server takes at once; send it in several deliveries"
    )]
    TooLarge {
        /// The most, sealed bytes.
        most: u64,
    },
    /// A level the server has not.
    #[error("level {level} is not offered by this server; it has levels {lowest} to {highest}")]
    Level {
        /// Wanted.
        level: u8,
        /// Offered.
        lowest: u8,
        /// Offered.
        highest: u8,
    },
    /// A file object cannot be made.
    #[error(transparent)]
    File(#[from] FileError),
    /// The list of contents cannot be made.
    #[error(transparent)]
    Parcel(#[from] ParcelError),
    /// The link cannot be made.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The link password cannot be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Keys: the own ones or those of others.
    #[error(transparent)]
    Keyed(#[from] KeyedError),
    /// No other device began this order.
    #[error(
        "no other device of yours has begun this delivery: the same names, sizes and options are needed; `depesche list --drafts` shows what there is"
    )]
    NothingToTakeOver,
    /// The server forgets what it was sent.
    #[error("the server asks for the same parts again and again; tell its administrator")]
    Forgetful,
}

impl From<ManifestError> for SendError {
    fn from(error: ManifestError) -> Self {
        Self::Parcel(error.into())
    }
}

impl SendError {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Upload(error) => error.code(),
            Self::Profile(error) => error.code(),
            Self::TooLarge { .. } => "too_large",
            Self::Level { .. } => "level_not_offered",
            Self::File(error) => error.code(),
            Self::Parcel(error) => error.code(),
            Self::Link(error) => error.code(),
            Self::Password(error) => error.code(),
            Self::Keyed(error) => error.code(),
            Self::NothingToTakeOver => "nothing_to_take_over",
            Self::Forgetful => "parts_lost",
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Call(error) => error.fault(),
            Self::Upload(error) => error.fault(),
            Self::Profile(error) => error.fault(),
            Self::TooLarge { .. } | Self::Level { .. } => Fault::Refused,
            Self::Password(_) => Fault::Usage,
            Self::File(_) | Self::Parcel(_) | Self::Link(_) => Fault::Other,
            Self::Keyed(error) => error.fault(),
            Self::NothingToTakeOver => Fault::Gone,
            Self::Forgetful => Fault::Unavailable,
        }
    }
}
