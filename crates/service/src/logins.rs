//! Logins under way: in RAM, bounded in number and time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use depesche_domain::{Account, AccountId, Span, Time};
use opaque_ke::ServerLogin;

use crate::opaque::Suite;

/// A login must be finished within this span.
pub(crate) const LOGIN_LIFE: Span = Span::seconds(60);
/// At most this many logins are under way; then the oldest is forgotten.
pub(crate) const MOST_LOGINS: usize = 10_000;

pub(crate) struct Pending {
    pub(crate) state: ServerLogin<Suite>,
    pub(crate) account: Option<Account>,
    pub(crate) identifier: String,
    pub(crate) folded: String,
    pub(crate) begun: Time,
    /// SHA-256 of the password file that it began with.
    pub(crate) password: [u8; 32],
}

/// Logins under way, in RAM.
#[derive(Default)]
pub(crate) struct Logins(Mutex<Table>);

/// By id, and the ids from the oldest.
#[derive(Default)]
struct Table {
    map: HashMap<[u8; 16], Pending>,
    order: VecDeque<[u8; 16]>,
}

impl Logins {
    pub(crate) fn put(&self, id: [u8; 16], pending: Pending) {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Table { map, order } = &mut *guard;
        let now = pending.begun;
        while let Some(oldest) = order.front().copied() {
            let over = map.get(&oldest).is_none_or(|p| p.begun + LOGIN_LIFE <= now);
            if !over && map.len() < MOST_LOGINS {
                break;
            }
            order.pop_front();
            map.remove(&oldest);
        }
        map.insert(id, pending);
        order.push_back(id);
    }

    /// Forgets every login of an account that is under way.
    pub(crate) fn forget(&self, account: AccountId) {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |pending: &Pending| pending.account.as_ref().map(|account| account.id);
        guard.map.retain(|_, pending| of(pending) != Some(account));
    }

    pub(crate) fn take(&self, id: &[u8; 16], now: Time) -> Option<Pending> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        guard
            .map
            .remove(id)
            .filter(|pending| now < pending.begun + LOGIN_LIFE)
    }
}
