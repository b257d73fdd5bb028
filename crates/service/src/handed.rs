//! What was handed out of each file to each visit.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use depesche_domain::{ClaimId, FileId, Time};

/// What was handed out of each file to each claim, in RAM: after a restart a client's receipt does it.
#[derive(Default)]
pub(crate) struct Handed(Mutex<HashMap<(ClaimId, FileId), Covered>>);

struct Covered {
    /// Ranges from -> to, apart from each other.
    ranges: BTreeMap<u64, u64>,
    touched: Time,
}

impl Handed {
    /// Entries kept; then the longest untouched go.
    const MOST: usize = 20_000;

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(ClaimId, FileId), Covered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds `[from, to)`; true when `[0, size)` is covered for the first time.
    pub(crate) fn add(
        &self,
        key: (ClaimId, FileId),
        from: u64,
        to: u64,
        size: u64,
        now: Time,
    ) -> bool {
        let mut all = self.lock();
        if all.len() >= Self::MOST && !all.contains_key(&key) {
            let oldest = all
                .iter()
                .min_by_key(|(_, covered)| covered.touched)
                .map(|(key, _)| *key);
            oldest.map(|oldest| all.remove(&oldest));
        }
        let covered = all.entry(key).or_insert_with(|| Covered {
            ranges: BTreeMap::new(),
            touched: now,
        });
        covered.touched = now;
        if from >= to {
            return false;
        }
        let (mut from, mut to) = (from, to);
        while let Some((&start, &end)) = covered
            .ranges
            .range(..=to)
            .next_back()
            .filter(|(_, end)| **end >= from)
        {
            covered.ranges.remove(&start);
            from = from.min(start);
            to = to.max(end);
        }
        covered.ranges.insert(from, to);
        from == 0 && to >= size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_handed_out_when_every_byte_was() {
        let handed = Handed::default();
        let key = (ClaimId::from_bytes([1; 16]), FileId::from_bytes([2; 16]));
        let now = Time::from_ms(0);
        assert!(!handed.add(key, 0, 10, 30, now));
        assert!(!handed.add(key, 20, 30, 30, now));
        assert!(
            !handed.add(key, 0, 10, 30, now),
            "the same range twice covers nothing more"
        );
        assert!(handed.add(key, 5, 25, 30, now));
        let other = (ClaimId::from_bytes([3; 16]), key.1);
        assert!(!handed.add(other, 1, 30, 30, now));
        assert!(handed.add(other, 0, 1, 30, now));
    }
}
