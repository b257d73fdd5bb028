//! Who is trusted to be whom: pins of contacts, and what they say about a key.
//!
//! A pin is what the own client saw and kept, sealed by the own keyring. The server hands out key
//! records, and can hand out wrong ones; only a pin makes a key somebody's.

use crate::key::{AccountId, Fingerprint};
use crate::manifest::Sender;
use crate::record::{Chain, KeyRecord};
use crate::signature::VerifyingKey;

/// How a contact's key was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verified {
    /// By a claim code.
    Code,
    /// By words, compared by voice.
    Words,
    /// Not at all: seen first, and kept.
    No,
}

impl Verified {
    /// Whether a person or a code has said whose key it is. Level 4 goes to no other key.
    #[must_use]
    pub const fn is_verified(self) -> bool {
        matches!(self, Self::Code | Self::Words)
    }
}

/// A contact's key, as it was first seen or verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Whose.
    pub account: AccountId,
    /// The mail address at that time.
    pub address: String,
    /// Of the key record.
    pub fingerprint: Fingerprint,
    /// How that was verified.
    pub verified: Verified,
    /// When: milliseconds since 1970, UTC.
    pub at: i64,
}

/// A contact's current key, seen from a pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is no pin yet.
    Unknown,
    /// It is the pinned one.
    Pinned(Verified),
    /// It is a newer one that the pinned one signed: as good, and the pin may move on.
    Succeeded(Verified),
    /// The contact lost the pinned key and made a new one: not verified, to be told loudly.
    Reset,
    /// The pinned key is not in the chain: somebody hands out other keys. Never to be used.
    Foreign,
}

impl Standing {
    /// Whether level 4 may be sealed to this key: it is, or follows from, one that was verified.
    #[must_use]
    pub const fn is_verified(self) -> bool {
        match self {
            Self::Pinned(verified) | Self::Succeeded(verified) => verified.is_verified(),
            Self::Unknown | Self::Reset | Self::Foreign => false,
        }
    }
}

/// What a pin says about the current key of a chain.
#[must_use]
pub fn standing(chain: &Chain, pin: Option<&Pin>) -> Standing {
    let Some(pin) = pin else {
        return Standing::Unknown;
    };
    let current = chain.current().record();
    if current.account() != pin.account {
        return Standing::Foreign;
    }
    let last = chain.records().len() - 1;
    match chain.position(&pin.fingerprint) {
        None => Standing::Foreign,
        Some(at) if at == last => Standing::Pinned(pin.verified),
        Some(at) if chain.linked(at, last) => Standing::Succeeded(pin.verified),
        Some(_) => Standing::Reset,
    }
}

/// The sender a parcel names is not the one that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// A parcel that must be signed names no account or key.
    #[error("this delivery does not say whose it is")]
    Nameless,
    /// The key it names is not among the sender's.
    #[error("this delivery is signed by a key that its sender does not have")]
    UnknownKey,
    /// The key it names is another than the pinned one, and not linked to it.
    #[error(
        "the key of this sender has changed; ask under a number you already know before you trust it"
    )]
    KeyChanged,
}

impl TrustError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nameless => "sender_nameless",
            Self::UnknownKey => "sender_unknown_key",
            Self::KeyChanged => "sender_key_changed",
        }
    }
}

/// Where a parcel comes from, as far as that is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Oneself.
    Own,
    /// Signed by a pinned key; it may be pinned and yet not verified.
    Pinned(Verified),
    /// Signed by the key it names, of which nothing is known yet.
    NotVerified,
    /// From outside: the sender is stated, and nothing is proven.
    Outside,
    /// Levels 1 and 2: not signed.
    Unsigned,
}

/// The key that a sender's signatures are checked under, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderKey {
    pub(crate) account: AccountId,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) verifying: VerifyingKey,
    pub(crate) origin: Origin,
}

impl SenderKey {
    /// The key of the sender that an opened parcel names, among the records of that account.
    ///
    /// # Errors
    /// Each of [`TrustError`].
    pub fn find(chain: &Chain, sender: &Sender, pin: Option<&Pin>) -> Result<Self, TrustError> {
        let (record, at) = named(chain, sender)?;
        let origin = match pin {
            None => Origin::NotVerified,
            Some(pin) => {
                let pinned = chain.position(&pin.fingerprint);
                let pinned = pinned.filter(|_| pin.account == record.account());
                let pinned = pinned.ok_or(TrustError::KeyChanged)?;
                match chain.linked(pinned, at) {
                    true => Origin::Pinned(pin.verified),
                    // Lost before the pinned one was made: still what it was, and proven by nothing.
                    false if at < pinned => Origin::NotVerified,
                    false => return Err(TrustError::KeyChanged),
                }
            }
        };
        Ok(Self::of(record, origin))
    }

    /// Oneself: `chain` is the own one, and `own` the fingerprint in the own keyring.
    ///
    /// # Errors
    /// Each of [`TrustError`].
    pub fn own(chain: &Chain, sender: &Sender, own: &Fingerprint) -> Result<Self, TrustError> {
        let (record, at) = named(chain, sender)?;
        // What lies before one's own record is authentic through the fingerprints, resets included.
        match chain.position(own) {
            Some(current) if at <= current => Ok(Self::of(record, Origin::Own)),
            _ => Err(TrustError::KeyChanged),
        }
    }

    fn of(record: &KeyRecord, origin: Origin) -> Self {
        Self {
            account: record.account(),
            fingerprint: record.fingerprint(),
            verifying: *record.verifying_key(),
            origin,
        }
    }
}

fn named<'a>(chain: &'a Chain, sender: &Sender) -> Result<(&'a KeyRecord, usize), TrustError> {
    let (Some(account), Some(fingerprint)) = (sender.account, sender.fingerprint) else {
        return Err(TrustError::Nameless);
    };
    let at = chain.position(&fingerprint).ok_or(TrustError::UnknownKey)?;
    let record = chain.records()[at].record();
    if record.account() == account {
        Ok((record, at))
    } else {
        Err(TrustError::UnknownKey)
    }
}
