//! Slots in this process's memory.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use depesche_domain::HandoffId;
use depesche_domain::handoff::{LIFE, Slot};
use depesche_domain::time::Time;
use tokio::sync::Notify;

use super::arena::{Arena, Block, Full};
use super::place::{NoRoom, Place};
use super::proof::{self, Kernel};

/// How many that are over are remembered, so that a latecomer is told what happened.
const MOST_OVER: usize = 4_096;
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

/// The sealed bytes of one slot. They are gone when the slot is over, whoever still holds this.
#[derive(Debug, Clone)]
pub struct Room(Arc<Mutex<Option<Block>>>);

impl Room {
    /// Copies `bytes` to `offset`; what does not fit is left out.
    pub fn write_at(&self, offset: usize, bytes: &[u8]) {
        if let Some(block) = &*lock(&self.0) {
            block.write_at(offset, bytes);
        }
    }

    /// Copies from `offset`; false if the bytes are gone, or not so many.
    pub fn read_at(&self, offset: usize, into: &mut [u8]) -> bool {
        lock(&self.0)
            .as_ref()
            .is_some_and(|block| block.read_at(offset, into))
    }

    /// How many bytes there are; 0 when they are gone.
    pub fn size(&self) -> u64 {
        lock(&self.0).as_ref().map_or(0, |block| block.len() as u64)
    }

    fn wipe(&self) {
        drop(lock(&self.0).take());
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
    room: Option<Room>,
    typed: Option<Box<Typed>>,
    changes: Option<Arc<Notify>>,
}

#[derive(Debug, Default)]
struct Table {
    /// Boxed: the table stays small enough for the nearest cache, however many are remembered.
    slots: HashMap<HandoffId, Box<Entry>>,
    finds: HashMap<[u8; 32], HandoffId>,
    /// What is over, in this order, and when it is forgotten.
    over: VecDeque<(HandoffId, Time)>,
}

impl Table {
    /// After a change: what is over gives everything back, and who waits is woken.
    fn settle(&mut self, id: HandoffId, before: u32, now: Time) {
        let Some(entry) = self.slots.get_mut(&id) else {
            return;
        };
        if entry.slot.revision() == before {
            return;
        }
        if let Some(changes) = entry.changes.take() {
            changes.notify_waiters();
        }
        if entry.slot.state().is_over() {
            entry.seat = None;
            if let Some(room) = entry.room.take() {
                room.wipe();
            }
            if let Some(typed) = entry.typed.take() {
                self.finds.remove(&typed.find);
            }
            self.over.push_back((id, now + LIFE));
            if self.over.len() > MOST_OVER {
                self.forget_first();
            }
        }
    }

    fn forget_first(&mut self) {
        if let Some((id, _)) = self.over.pop_front() {
            self.slots.remove(&id);
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

    pub(super) fn room(&self, size: u64) -> Result<Room, NoRoom> {
        let size = usize::try_from(size).map_err(|_| Full)?;
        let block = self.arena.reserve(size)?;
        Ok(Room(Arc::new(Mutex::new(Some(block)))))
    }

    pub(super) fn insert(
        &self,
        id: HandoffId,
        slot: Slot,
        seat: Seat,
        room: Option<Room>,
        typed: Option<Typed>,
    ) {
        let mut table = lock(&self.table);
        if let Some(typed) = &typed {
            table.finds.insert(typed.find, id);
        }
        let entry = Entry {
            slot,
            seat: Some(seat),
            room,
            typed: typed.map(Box::new),
            changes: None,
        };
        table.slots.insert(id, Box::new(entry));
    }

    pub(super) fn step<T>(
        &self,
        id: HandoffId,
        now: Time,
        step: impl FnOnce(&mut Slot) -> T,
    ) -> Option<(T, Option<Room>)> {
        let mut table = lock(&self.table);
        let entry = table.slots.get_mut(&id)?;
        let before = entry.slot.revision();
        entry.slot.settle(now);
        let given = step(&mut entry.slot);
        let room = entry.room.clone();
        table.settle(id, before, now);
        Some((given, room))
    }

    pub(super) fn fill(&self, id: HandoffId, room: Room) {
        if let Some(entry) = lock(&self.table).slots.get_mut(&id) {
            entry.room = Some(room);
        }
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
        let mut changed = Vec::new();
        for (id, entry) in &mut table.slots {
            let before = entry.slot.revision();
            entry.slot.settle(now);
            if entry.slot.revision() != before {
                changed.push((*id, before));
            }
        }
        for (id, before) in changed {
            table.settle(id, before, now);
        }
        while table.over.front().is_some_and(|(_, until)| *until <= now) {
            table.forget_first();
        }
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
