//! Slots in this process's memory.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use depesche_domain::HandoffId;
use depesche_domain::handoff::{LIFE, Slot};
use depesche_domain::time::Time;
use rustc_hash::FxBuildHasher;
use tokio::sync::Notify;

use super::arena::{Arena, Block, Full};
use super::place::{NoRoom, Place};
use super::proof::{self, Kernel};

/// How many that are over are remembered, so that a latecomer is told what happened; no more than stay in a near cache.
const MOST_OVER: usize = 1_024;
/// Below this a table keeps its room.
const SMALL_TABLE: usize = 1_024;

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

type Places = Arc<Mutex<HashMap<Place, u32>>>;

/// One of the slots that a client may have; free again when dropped.
#[derive(Debug)]
pub struct Seat {
    place: Place,
    places: Places,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut places = lock(&self.places);
        if let Some(count) = places.get_mut(&self.place) {
            *count -= 1;
            if *count == 0 {
                places.remove(&self.place);
            }
        }
    }
}

/// Typed words: where they lead, and HS wrapped under them.
#[derive(Debug, Clone, Copy)]
pub struct Typed {
    /// find.
    pub find: [u8; 32],
    /// nonce and wrapped HS.
    pub wrap: [u8; 60],
}

#[derive(Debug)]
struct Entry {
    slot: Slot,
    /// None when the slot is over.
    seat: Option<Seat>,
    block: Option<Arc<Block>>,
    typed: Option<Box<Typed>>,
    changes: Option<Arc<Notify>>,
}

impl Entry {
    /// After a change: who waits is woken, and what is over gives everything back. True = it is over.
    fn changed(&mut self, finds: &mut Finds) -> bool {
        if let Some(changes) = self.changes.take() {
            changes.notify_waiters();
        }
        let is_over = self.slot.state().is_over();
        if is_over {
            self.seat = None;
            if let Some(block) = self.block.take() {
                block.give_back();
            }
            if let Some(typed) = self.typed.take() {
                finds.remove(&typed.find);
            }
        }
        is_over
    }
}

/// Ids are drawn here, so that nobody can choose them to collide.
type Slots = HashMap<HandoffId, Box<Entry>, FxBuildHasher>;
type Finds = HashMap<[u8; 32], HandoffId>;

#[derive(Debug, Default)]
struct Table {
    /// Boxed: the table stays small enough for the nearest cache, however many are remembered.
    slots: Slots,
    finds: Finds,
    /// What is over, in this order, and when it is forgotten.
    over: VecDeque<(HandoffId, Time)>,
}

impl Table {
    /// Forgets those that are over, when their time has come or they are too many.
    fn forget(&mut self, now: Time) {
        while let Some((id, until)) = self.over.front() {
            if *until > now && self.over.len() <= MOST_OVER {
                return;
            }
            self.slots.remove(id);
            self.over.pop_front();
        }
    }

    fn shrink(&mut self) {
        let wanted = (self.slots.len() * 2).max(SMALL_TABLE);
        if self.slots.capacity() > wanted * 2 {
            self.slots.shrink_to(wanted);
        }
        if self.finds.capacity() > wanted * 2 {
            self.finds.shrink_to(wanted);
        }
    }
}

/// Slots in this process's memory.
#[derive(Debug)]
pub struct Memory {
    arena: Arc<Arena>,
    places: Places,
    table: Mutex<Table>,
}

impl Memory {
    pub(super) fn new(budget: u64) -> Self {
        Self {
            arena: Arc::new(Arena::new(budget)),
            places: Places::default(),
            table: Mutex::default(),
        }
    }

    pub(super) fn seat(&self, place: Place, most: u32) -> Result<Seat, NoRoom> {
        let mut places = lock(&self.places);
        let count = places.entry(place).or_default();
        if *count >= most {
            return Err(NoRoom::TooMany);
        }
        *count += 1;
        Ok(Seat {
            place,
            places: Arc::clone(&self.places),
        })
    }

    pub(super) fn block(&self, size: u64) -> Result<Arc<Block>, NoRoom> {
        let size = usize::try_from(size).map_err(|_| Full)?;
        Ok(Arc::new(self.arena.reserve(size)?))
    }

    pub(super) fn insert(
        &self,
        id: HandoffId,
        slot: Slot,
        seat: Seat,
        block: Option<Arc<Block>>,
        typed: Option<Typed>,
    ) {
        let mut table = lock(&self.table);
        if let Some(typed) = &typed {
            table.finds.insert(typed.find, id);
        }
        let entry = Entry {
            slot,
            seat: Some(seat),
            block,
            typed: typed.map(Box::new),
            changes: None,
        };
        table.slots.insert(id, Box::new(entry));
    }

    pub(super) fn step<T>(
        &self,
        id: HandoffId,
        now: Time,
        step: impl FnOnce(&mut Slot, &mut Option<Arc<Block>>) -> T,
    ) -> Option<T> {
        let mut table = lock(&self.table);
        let Table { slots, finds, over } = &mut *table;
        let entry = slots.get_mut(&id)?;
        let before = entry.slot.revision();
        entry.slot.settle(now);
        let given = step(&mut entry.slot, &mut entry.block);
        if entry.slot.revision() != before && entry.changed(finds) {
            over.push_back((id, now + LIFE));
            table.forget(now);
        }
        Some(given)
    }

    pub(super) fn find(&self, find: &[u8; 32]) -> Option<(HandoffId, [u8; 60])> {
        let table = lock(&self.table);
        let id = table.finds.get(find)?;
        let typed = table.slots.get(id)?.typed.as_ref()?;
        Some((*id, typed.wrap))
    }

    pub(super) fn changes(&self, id: HandoffId) -> Option<Arc<Notify>> {
        let mut table = lock(&self.table);
        let entry = table.slots.get_mut(&id)?;
        Some(Arc::clone(entry.changes.get_or_insert_default()))
    }

    pub(super) fn sweep(&self, now: Time) -> usize {
        let mut table = lock(&self.table);
        let Table { slots, finds, over } = &mut *table;
        for (id, entry) in slots {
            let before = entry.slot.revision();
            entry.slot.settle(now);
            if entry.slot.revision() != before && entry.changed(finds) {
                over.push_back((*id, now + LIFE));
            }
        }
        table.forget(now);
        table.shrink();
        let left = table.slots.len();
        drop(table);
        if self.arena.in_use().0 == 0 {
            self.arena.trim();
        }
        left
    }

    pub(super) fn in_use(&self) -> (u64, u64, u64) {
        let (slots, bytes) = self.arena.in_use();
        (slots, bytes, self.arena.budget())
    }

    pub(super) fn prove(&self) -> std::io::Result<(Kernel, String)> {
        let kernel = proof::ask(&self.arena.places())?;
        Ok((kernel, self.arena.refused()))
    }
}
