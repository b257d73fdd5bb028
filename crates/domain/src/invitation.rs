//! An invitation: proves one address, once, within a week.

use crate::account::Role;
use crate::address::Address;
use crate::id::{AccountId, ParcelId};
use crate::time::{Span, Time};

/// How long an invitation is good.
pub const LIFE: Span = Span::days(7);

/// An invitation. The store keeps the hash of its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The address it was mailed to, and the only one that it proves.
    pub address: Address,
    /// What the account may do; a guest, unless an administrator invited.
    pub role: Role,
    /// Who wrote.
    pub sender: Option<AccountId>,
    /// The delivery that waits.
    pub parcel: Option<ParcelId>,
    /// When it was made.
    pub made: Time,
}

impl Invitation {
    /// Until when it is good.
    pub fn expires(&self) -> Time {
        self.made + LIFE
    }

    /// Whether it is good at `now`.
    pub fn is_live(&self, now: Time) -> bool {
        now < self.expires()
    }
}
