//! Why a profile cannot be read.

use std::io;

/// Each says what to do next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No `prefs.js`.
    #[error(
        "this folder is no Thunderbird profile: it has no prefs.js; Help, Troubleshooting Information shows the folder"
    )]
    NotAProfile,
    /// The files belong to somebody else.
    #[error("this profile belongs to another user of this computer; run this as that user")]
    OtherUser,
    /// A database changes while it is copied.
    #[error("{file} changes while it is read; close Thunderbird and try again")]
    Busy {
        /// Its name.
        file: String,
    },
    /// A file that cannot be what it should be.
    #[error("{file} is damaged; start Thunderbird once, so that it mends the file, and try again")]
    Damaged {
        /// Its name.
        file: String,
    },
    /// None was given, and there is one.
    #[error("this profile has a primary password, which is needed to read its passwords and keys")]
    PrimaryPasswordNeeded,
    /// One was given, and it is another.
    #[error("the primary password is wrong; type it again")]
    WrongPrimaryPassword,
    /// The system says no.
    #[error("{file}: {source}")]
    Io {
        /// Its name.
        file: String,
        /// What the system says.
        source: io::Error,
    },
}
