//! Growing delays after failed tries, in RAM, per (what is tried, from where).
//!
//! Because the place of the one who tries is part of the key, nobody can lock somebody else out.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use depesche_domain::account::Tries;
use depesche_domain::{Span, Time};
use depesche_seal::primitives::sha256;
use lru::LruCache;

use crate::error::Error;

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What<'a> {
    /// A login to the account with this folded address.
    Login(&'a str),
    /// The password of a link.
    LinkPassword(&'a [u8; 16]),
    /// A mailed code of a link, asked for.
    CodeRequest(&'a [u8; 16]),
    /// The code of the first account.
    FirstCode,
    /// An invitation from the page of a link, asked for.
    Invitation(&'a [u8; 16]),
    /// A link to set the password for protected mail, asked for: by folded address.
    PdfLink(&'a str),
}

/// Failed tries. At most [`TriesTable::MOST`] are remembered; then those go that failed the longest ago.
pub struct TriesTable(Mutex<LruCache<[u8; 32], Tries>>);

impl Default for TriesTable {
    fn default() -> Self {
        // Without a bound of its own it takes no memory ahead.
        Self(Mutex::new(LruCache::unbounded()))
    }
}

/// The network an address stands for: all of it (IPv4) or its first 64 bits (IPv6), as one customer gets.
pub(crate) fn place(from: IpAddr) -> [u8; 16] {
    match from {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().octets(),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_ipv6_mapped().octets(),
            None => (u128::from(v6) & !u128::from(u64::MAX)).to_be_bytes(),
        },
    }
}

fn key(what: What<'_>, from: IpAddr) -> [u8; 32] {
    let (kind, name): (u8, &[u8]) = match what {
        What::Login(address) => (1, address.as_bytes()),
        What::LinkPassword(link) => (2, link),
        What::FirstCode => (4, &[]),
        What::CodeRequest(link) => (3, link),
        What::Invitation(link) => (5, link),
        What::PdfLink(address) => (6, address.as_bytes()),
    };
    let mut text = vec![kind];
    text.extend_from_slice(&place(from));
    text.extend_from_slice(name);
    sha256(&text)
}

impl TriesTable {
    /// How many pairs are remembered.
    pub const MOST: usize = 50_000;

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<[u8; 32], Tries>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// May this be tried now?
    ///
    /// # Errors
    /// [`Error::TooManyTries`] with the time to wait.
    pub fn check(&self, what: What<'_>, from: IpAddr, now: Time) -> Result<(), Error> {
        let wait = self
            .lock()
            .peek(&key(what, from))
            .map_or(Span::default(), |tries| tries.wait(now));
        if wait == Span::default() {
            Ok(())
        } else {
            Err(Error::TooManyTries { wait })
        }
    }

    /// One failed. Gives how many are left before the next pause, and how long that will be.
    pub fn fail(&self, what: What<'_>, from: IpAddr, now: Time) -> (u32, Span) {
        let key = key(what, from);
        let mut table = self.lock();
        let before = table.pop(&key).filter(|tries| !tries.is_stale(now));
        if table.len() >= Self::MOST {
            table.pop_lru();
        }
        let before = before.unwrap_or(Tries {
            failed: 0,
            last: now,
        });
        let tries = before.fail(now);
        table.put(key, tries);
        let left = Tries::FREE.saturating_sub(tries.failed);
        let pause = if left == 0 {
            tries.wait(now)
        } else {
            Tries {
                failed: Tries::FREE - 1,
                ..tries
            }
            .next_pause()
        };
        (left, pause)
    }

    /// One was right: begin anew.
    pub fn clear(&self, what: What<'_>, from: IpAddr) {
        self.lock().pop(&key(what, from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_locks_somebody_else_out() {
        let table = TriesTable::default();
        let now = Time::from_ms(0);
        let (thief, owner): (IpAddr, IpAddr) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        for _ in 0..100 {
            table.fail(What::Login("a@b.example"), thief, now);
        }
        assert!(table.check(What::Login("a@b.example"), thief, now).is_err());
        assert!(table.check(What::Login("a@b.example"), owner, now).is_ok());
        table.clear(What::Login("a@b.example"), owner);
        assert!(table.check(What::Login("a@b.example"), thief, now).is_err());
    }

    #[test]
    fn one_customer_is_one_place() {
        let table = TriesTable::default();
        let now = Time::from_ms(0);
        for n in 0..10u128 {
            let from = IpAddr::V6(((0x2001_0db8_0000_0001u128 << 64) | n).into());
            table.fail(What::FirstCode, from, now);
        }
        let other_host = IpAddr::V6(((0x2001_0db8_0000_0001u128 << 64) | 99).into());
        assert!(table.check(What::FirstCode, other_host, now).is_err());
        let other_net = IpAddr::V6(((0x2001_0db8_0000_0002u128 << 64) | 1).into());
        assert!(table.check(What::FirstCode, other_net, now).is_ok());
    }

    #[test]
    fn the_table_is_bounded() {
        let table = TriesTable::default();
        for n in 0..(TriesTable::MOST as u32 + 100) {
            table.fail(
                What::FirstCode,
                std::net::Ipv4Addr::from(n).into(),
                Time::from_ms(i64::from(n)),
            );
        }
        assert_eq!(table.lock().len(), TriesTable::MOST);
        let first = std::net::Ipv4Addr::from(0).into();
        assert!(table.lock().peek(&key(What::FirstCode, first)).is_none());
    }
}
