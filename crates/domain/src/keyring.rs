//! A keyring, wrapped: opaque but for the public key record (formats.md, Keyring).
//!
//! | state | becomes | by |
//! |-|-|-|
//! | none | kept, epoch 1 | the person sets up the SealPass |
//! | kept | kept | locks, the next body, the next epoch |
//! | kept | none | a reset, a day after it was asked for or by a second administrator |
//! | none after a reset | kept, the next epoch, flagged | the person sets up the SealPass again |

use crate::id::AccountId;
use crate::keyed::Fingerprint;
use crate::time::{Span, Time};

/// The most locks of a keyring.
pub const MOST_LOCKS: usize = 16;
/// The largest lock, in bytes.
pub const LARGEST_LOCK: usize = 2 << 10;
/// The largest body, in bytes.
pub const LARGEST_BODY: usize = 2 << 20;
/// Old bodies that are kept besides the newest.
pub const OLD_BODIES: u64 = 2;
/// How long after it was asked for a reset happens, unless a second administrator confirms it.
pub const RESET_DELAY: Span = Span::hours(24);

/// A signed public key record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Whose.
    pub account: AccountId,
    /// 1, 2, 3, …
    pub epoch: u32,
    /// The first after a reset.
    pub reset: bool,
    /// Its hash.
    pub fingerprint: Fingerprint,
    /// R with its signatures.
    pub bytes: Vec<u8>,
}

/// One wrap of the master key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// First half of the hash of its bytes.
    pub id: String,
    /// As it travels; the first byte is its kind.
    pub bytes: Vec<u8>,
}

/// The kind of lock that the SealPass opens.
pub const SEALPASS: u8 = 1;

impl Lock {
    /// 1 SealPass, 2 recovery kit, 3 passkey, 4 organisation.
    pub fn kind(&self) -> u8 {
        self.bytes.first().copied().unwrap_or_default()
    }
}

/// Why a change of a keyring is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is none.
    #[error("there is no SealPass yet; set it up first")]
    None,
    /// There is one already.
    #[error("a SealPass has been set up already; unlock with it, or change it")]
    Exists,
    /// Another device was faster.
    #[error("another device has changed this meanwhile; load it again and repeat the change")]
    Stale,
    /// The last lock that the SealPass opens stays.
    #[error("the last SealPass cannot be taken away; add the new one first")]
    LastLock,
    /// A key record that is not the account's next one.
    #[error("this key record does not follow the ones that are known")]
    NotTheNext,
    /// Locks or body are too many, too large, or not what they say.
    #[error("locks and body of the keyring do not have the form that is expected")]
    Malformed,
}

/// Whether `record` may be the next one of `account`. `before` = the newest so far; `reset` = that one's keyring is
/// gone. That each is signed as it must be is not checked here.
///
/// # Errors
/// [`Refusal::NotTheNext`].
pub fn follows(
    record: &KeyRecord,
    account: AccountId,
    before: Option<&KeyRecord>,
    reset: bool,
) -> Result<(), Refusal> {
    let next = before.map_or(Some(1), |before| before.epoch.checked_add(1));
    let flagged = record.reset == (before.is_some() && reset);
    if record.account == account && Some(record.epoch) == next && flagged {
        Ok(())
    } else {
        Err(Refusal::NotTheNext)
    }
}

/// Whether these locks may stand on their own: some, not too many, one that the SealPass opens.
///
/// # Errors
/// [`Refusal::Malformed`].
pub fn check_locks(locks: &[Lock]) -> Result<(), Refusal> {
    let sized = locks.iter().all(|lock| {
        (63..=LARGEST_LOCK).contains(&lock.bytes.len()) && (1..=4).contains(&lock.kind())
    });
    let opens = locks.iter().any(|lock| lock.kind() == SEALPASS);
    if sized && opens && locks.len() <= MOST_LOCKS {
        Ok(())
    } else {
        Err(Refusal::Malformed)
    }
}

/// A reset that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reset {
    /// Whose keyring.
    pub account: AccountId,
    /// The administrator who asked.
    pub by: AccountId,
    /// When.
    pub asked: Time,
}

impl Reset {
    /// When it happens by itself.
    pub fn due(&self) -> Time {
        self.asked + RESET_DELAY
    }

    /// Whether this administrator's word makes it happen at once.
    pub fn confirms(&self, second: AccountId) -> bool {
        second != self.by && second != self.account
    }
}
