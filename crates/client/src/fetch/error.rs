//! Why a delivery could not be fetched.

use std::io;
use std::path::PathBuf;

use depesche_seal::link::LinkError;
use depesche_seal::parcel::ParcelError;
use depesche_seal::password::PasswordError;

use crate::fault::Fault;
use crate::http::CallError;
use crate::keyed::KeyedError;
use crate::profile::ProfileError;

/// Nothing, or not everything, was fetched. What is verified stays for the next try.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Server or network.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The client's own folder.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The link does not open what the server gave.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The password cannot be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The list of contents cannot be opened.
    #[error(transparent)]
    Parcel(#[from] ParcelError),
    /// Keys: the own ones or the sender's.
    #[error(transparent)]
    Keyed(#[from] KeyedError),
    /// There is no claim code, or it is used up.
    #[error(
        "no claim code is set for this delivery, or it is used up; ask the sender to release it"
    )]
    NoCode,
    /// Another code than the one that was told.
    #[error(
        "this is not the claim code; {left} tries are left. Ask the sender by another way than mail"
    )]
    WrongCode {
        /// Tries left.
        left: u32,
    },
    /// Nobody has released it.
    #[error("the sender has to release this delivery first; you get a mail then")]
    NotReleased,
    /// The server gave the list of another delivery.
    #[error("the server gave another delivery than the link belongs to; tell the sender")]
    Exchanged,
    /// A part is not the sender's, however often it is fetched.
    #[error(
        "{name} is damaged on the server or on the way; nothing damaged was kept, tell the sender"
    )]
    Damaged {
        /// Which file, or the first in a pack.
        name: String,
    },
    /// The disk has no room.
    #[error("the disk of {} is full: {missing} more bytes are needed; make room and run the same command again, it goes on", path.display())]
    DiskFull {
        /// Where.
        path: PathBuf,
        /// How many.
        missing: u64,
    },
    /// Writing failed.
    #[error("cannot write below {}: {source}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process fetches the same into the same folder.
    #[error("this delivery is just being fetched into {} by another process", path.display())]
    Busy {
        /// Where.
        path: PathBuf,
    },
    /// This program.
    #[error("fetching was interrupted; run the same command again to go on")]
    Interrupted,
}

impl FetchError {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Profile(error) => error.code(),
            Self::Link(error) => error.code(),
            Self::Password(error) => error.code(),
            Self::Parcel(error) => error.code(),
            Self::Keyed(error) => error.code(),
            Self::NoCode => "no_claim_code",
            Self::WrongCode { .. } => "wrong_claim_code",
            Self::NotReleased => "waits_release",
            Self::Exchanged => "exchanged",
            Self::Damaged { .. } => "damaged",
            Self::DiskFull { .. } => "disk_full",
            Self::Io { .. } => "write_failed",
            Self::Busy { .. } => "busy",
            Self::Interrupted => "interrupted",
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Call(error) => error.fault(),
            Self::Profile(error) => error.fault(),
            Self::Keyed(error) => error.fault(),
            Self::NoCode | Self::NotReleased => Fault::Gone,
            Self::WrongCode { .. }
            | Self::Link(_)
            | Self::Password(_)
            | Self::Parcel(_)
            | Self::Exchanged
            | Self::Damaged { .. } => Fault::Unopenable,
            Self::DiskFull { .. } | Self::Io { .. } | Self::Busy { .. } | Self::Interrupted => {
                Fault::Other
            }
        }
    }
}
