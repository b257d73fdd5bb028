//! How many connections each client has.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts connections by client; an entry lives as long as it has one.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    most: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One client's place; free again when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    client: IpAddr,
    places: Places,
}

impl Places {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            taken: Arc::default(),
        }
    }

    /// A place for `client`, if it has not all of its own yet.
    pub(crate) fn take(&self, client: IpAddr) -> Option<Place> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(client).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place {
            client,
            places: self.clone(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = (self.places.taken.lock()).unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_gets_its_places_and_leaves_none_behind() {
        let places = Places::new(2);
        let (one, other) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let first = places.take(one);
        let second = places.take(one);
        assert!(first.is_some() && second.is_some() && places.take(one).is_none());
        assert!(places.take(other).is_some(), "nobody pays for another");
        drop(first);
        assert!(places.take(one).is_some());
        drop(second);
        assert!(places.taken.lock().expect("not poisoned").is_empty());
    }
}
