//! Why there is no open keyring.

use depesche_seal::key::Fingerprint;
use depesche_seal::keyring::KeyringError;
use depesche_seal::lock::LockError;
use depesche_seal::record::RecordError;

use crate::fault::Fault;
use crate::http::CallError;
use crate::login::LoginError;
use crate::profile::ProfileError;

/// The keyring was not opened or changed, and why. What was there is still there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RingError {
    /// Server or network.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The client's own folder.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// Trying the login password failed otherwise than by being wrong.
    #[error(transparent)]
    Login(#[from] LoginError),
    /// There is none.
    #[error("no SealPass is set up yet; run: depesche sealpass setup")]
    None,
    /// There is one already, and it is another.
    #[error(
        "a SealPass is set up already; change it by `depesche sealpass change`, or use the recovery kit by `depesche sealpass recover`"
    )]
    Exists,
    /// It opens no lock.
    #[error(
        "this is not the SealPass; check capitals and blanks. Nothing was changed. Forgotten? Use the recovery kit: depesche sealpass recover --kit FILE"
    )]
    WrongSealPass,
    /// The kit opens no lock.
    #[error(
        "this recovery kit does not open the keyring; check that it is complete, and that it belongs to {0}"
    )]
    WrongKit(String),
    /// A newer kit has taken its place.
    #[error("this recovery kit is no. {have}; no. {newest} has taken its place, use that one")]
    OldKit {
        /// The kit at hand.
        have: u32,
        /// The one in force.
        newest: u32,
    },
    /// There is no kit.
    #[error("there is no recovery kit for {0}")]
    NoKit(String),
    /// What is in the file is no kit.
    #[error(
        "there is no recovery kit in this file; its code is 8 groups of 4 letters and a check letter"
    )]
    NotAKit,
    /// Too easily guessed.
    #[error(
        "this SealPass is too easily guessed; take at least 12 characters, best four words or more"
    )]
    Weak,
    /// The same as the login password, which the server has to do with.
    #[error("this is your login password; choose another for the SealPass")]
    IsPassword,
    /// The server's lock.
    #[error("the server gave a lock that this program does not use: {0}")]
    Lock(LockError),
    /// The server's body, or its generation.
    #[error("the server gave a keyring that cannot be right: {0}")]
    Body(KeyringError),
    /// The server's key records.
    #[error("the server gave key records that cannot be right: {0}")]
    Record(#[from] RecordError),
    /// The records do not hold the key that was there before.
    #[error(
        "the server hides or replaces the key {0} that this device has seen; do not go on, ask your administrator by another way"
    )]
    Replaced(Fingerprint),
    /// The body does not belong to the newest record.
    #[error("the server gave a keyring and key records that do not belong together")]
    Mixed,
    /// Others change it at the same time, again and again.
    #[error("another device changes the keyring at the same time; try again")]
    Busy,
}

impl RingError {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Profile(error) => error.code(),
            Self::Login(error) => error.code(),
            Self::None => "no_sealpass",
            Self::Exists => "sealpass_exists",
            Self::WrongSealPass => "wrong_sealpass",
            Self::WrongKit(_) => "wrong_kit",
            Self::OldKit { .. } => "old_kit",
            Self::NoKit(_) => "no_kit",
            Self::NotAKit => "not_a_kit",
            Self::Weak => "sealpass_weak",
            Self::IsPassword => "sealpass_is_password",
            Self::Lock(error) => error.code(),
            Self::Body(error) => error.code(),
            Self::Record(error) => error.code(),
            Self::Replaced(_) => "keyring_replaced",
            Self::Mixed => "keyring_mixed",
            Self::Busy => "keyring_busy",
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Call(error) => error.fault(),
            Self::Profile(error) => error.fault(),
            Self::Login(error) => error.fault(),
            Self::None | Self::NoKit(_) => Fault::Gone,
            Self::Exists => Fault::Refused,
            Self::Weak | Self::IsPassword | Self::NotAKit => Fault::Usage,
            Self::WrongSealPass
            | Self::WrongKit(_)
            | Self::OldKit { .. }
            | Self::Lock(_)
            | Self::Body(_)
            | Self::Record(_)
            | Self::Replaced(_)
            | Self::Mixed => Fault::Unopenable,
            Self::Busy => Fault::Unavailable,
        }
    }
}
