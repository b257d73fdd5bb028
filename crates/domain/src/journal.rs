//! The journal: an append-only hash chain of facts. Facts say who, when, how large; never contents.

use crate::id::{AccountId, ParcelId};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// An account was made.
    AccountAdded {
        /// Which.
        account: AccountId,
        /// `member` or `admin`.
        role: String,
    },
    /// A parcel was posted.
    Posted {
        /// Which.
        parcel: ParcelId,
        /// By whom.
        sender: AccountId,
        /// 1 to 4.
        level: u8,
        /// Sealed bytes.
        size: u64,
        /// How many recipients.
        recipients: u64,
        /// Until when, ms.
        expires: i64,
    },
    /// The deadline was changed.
    Extended {
        /// Which.
        parcel: ParcelId,
        /// Until when, ms.
        expires: i64,
    },
    /// A recipient was added.
    RecipientAdded {
        /// Which parcel.
        parcel: ParcelId,
    },
    /// A recipient was dropped.
    RecipientDropped {
        /// Which parcel.
        parcel: ParcelId,
    },
    /// A visit began to download.
    Leased {
        /// Which parcel.
        parcel: ParcelId,
        /// The claim's id.
        claim: String,
    },
    /// A download was finished and verified.
    Committed {
        /// Which parcel.
        parcel: ParcelId,
        /// The claim's id.
        claim: String,
    },
    /// Somebody was invited to make an account.
    Invited {
        /// By whom; none = an administrator on the server's machine.
        by: Option<AccountId>,
        /// As what.
        role: String,
    },
    /// An address was proven; whatever stood on it before ended.
    Proven {
        /// Which account.
        account: AccountId,
    },
    /// A public key was published.
    Key {
        /// Whose.
        account: AccountId,
        /// 1, 2, 3, …
        epoch: u32,
        /// Its fingerprint, hexadecimal.
        fingerprint: String,
        /// The first after a reset.
        reset: bool,
    },
    /// A parcel was released to a key.
    Released {
        /// Which.
        parcel: ParcelId,
        /// To whom.
        account: AccountId,
        /// To which key, hexadecimal.
        fingerprint: String,
        /// `code`, `words`, `pinned`, `reply` or `no`.
        verified: String,
    },
    /// A recipient opened by a link or an instant claim code and made an own stanza.
    Claimed {
        /// Which parcel.
        parcel: ParcelId,
        /// Who.
        account: AccountId,
        /// For which key, hexadecimal.
        fingerprint: String,
    },
    /// An administrator asked for a reset of a keyring.
    ResetAsked {
        /// Whose.
        account: AccountId,
        /// Who asked.
        by: AccountId,
    },
    /// A reset was stopped.
    ResetStopped {
        /// Whose.
        account: AccountId,
    },
    /// A keyring was destroyed, and what it opened.
    Reset {
        /// Whose.
        account: AccountId,
        /// The second administrator; none = the delay was over.
        by: Option<AccountId>,
        /// How many deliveries were lost to the person.
        deliveries: u64,
    },
    /// A password for protected mail was set by a mailed link.
    PdfPasswordSet {
        /// There was another before.
        changed: bool,
        /// Messages that went out by it.
        released: u64,
    },
    /// An administrator took a password for protected mail away.
    PdfPasswordReset {
        /// Who; none = on the server's machine.
        by: Option<AccountId>,
    },
    /// A parcel was closed and its keys and bytes destroyed.
    Closed {
        /// Which.
        parcel: ParcelId,
        /// `expired`, `withdrawn` or `spent`.
        reason: String,
    },
}

/// A fact in its place of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// 1, 2, 3, … without a gap.
    pub number: u64,
    /// When it happened.
    pub at: Time,
    /// The fact, as the JSON text that was hashed.
    pub fact: String,
    /// SHA-256 over the one before and this one; see [`link_input`].
    pub hash: [u8; 32],
}

/// The bytes whose SHA-256 is the hash of an entry:
/// `"depesche/v1/journal" 00 || previous hash (32 zeros for the first) || u64 number || u64 ms || fact`.
pub fn link_input(previous: &[u8; 32], number: u64, at: Time, fact: &str) -> Vec<u8> {
    let mut input = Vec::with_capacity(20 + 32 + 16 + fact.len());
    input.extend_from_slice(b"depesche/v1/journal\0");
    input.extend_from_slice(previous);
    input.extend_from_slice(&number.to_be_bytes());
    input.extend_from_slice(&at.ms().to_be_bytes());
    input.extend_from_slice(fact.as_bytes());
    input
}
