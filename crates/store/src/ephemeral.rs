//! What lives in memory alone: the slots of handoffs. A restart forgets them.
//!
//! Decides nothing: what may happen is [`depesche_domain::handoff`]'s, and a step of it is done here while
//! nobody else touches the slot.

mod arena;
mod memory;
mod place;
mod proof;

use std::sync::Arc;

use depesche_domain::HandoffId;
use depesche_domain::handoff::Slot;
use depesche_domain::time::Time;
use tokio::sync::Notify;

pub use arena::{Block, Full};
pub use memory::{Memory, Seat, Typed};
pub use place::{NoRoom, Place};
pub use proof::{Kernel, guard_process, since_boot};

/// What the slots are kept in. One engine now; one that several nodes share is another arm.
#[derive(Debug, Clone)]
pub enum Ephemeral {
    /// This process's memory.
    Memory(Arc<Memory>),
}

impl Ephemeral {
    /// In this process's memory, at most `budget` bytes.
    pub fn memory(budget: u64) -> Self {
        Self::Memory(Arc::new(Memory::new(budget)))
    }

    /// A seat for one more slot of `place`, which may have `most`.
    ///
    /// # Errors
    /// [`NoRoom::TooMany`].
    pub fn seat(&self, place: Place, most: u32) -> Result<Seat, NoRoom> {
        match self {
            Self::Memory(memory) => memory.seat(place, most),
        }
    }

    /// Memory for `size` sealed bytes.
    ///
    /// # Errors
    /// [`NoRoom::Full`].
    pub fn block(&self, size: u64) -> Result<Arc<Block>, NoRoom> {
        match self {
            Self::Memory(memory) => memory.block(size),
        }
    }

    /// Puts a slot in, with what is in it and the words that lead to it.
    pub fn insert(
        &self,
        id: HandoffId,
        slot: Slot,
        seat: Seat,
        block: Option<Arc<Block>>,
        typed: Option<Typed>,
    ) {
        match self {
            Self::Memory(memory) => memory.insert(id, slot, seat, block, typed),
        }
    }

    /// One step on a slot and what is in it, undisturbed, after time has passed for it. None = there is no such slot.
    pub fn step<T>(
        &self,
        id: HandoffId,
        now: Time,
        step: impl FnOnce(&mut Slot, &mut Option<Arc<Block>>) -> T,
    ) -> Option<T> {
        match self {
            Self::Memory(memory) => memory.step(id, now, step),
        }
    }

    /// The slot that these words lead to, and HS wrapped under them.
    pub fn find(&self, find: &[u8; 32]) -> Option<(HandoffId, [u8; 60])> {
        match self {
            Self::Memory(memory) => memory.find(find),
        }
    }

    /// Wakes whoever waits for a change of this slot.
    pub fn changes(&self, id: HandoffId) -> Option<Arc<Notify>> {
        match self {
            Self::Memory(memory) => memory.changes(id),
        }
    }

    /// Lets time pass for all slots; forgets what has been over for long. Gives how many it knows.
    pub fn sweep(&self, now: Time) -> usize {
        match self {
            Self::Memory(memory) => memory.sweep(now),
        }
    }

    /// Slots with bytes in them, their bytes, and all they may take.
    pub fn in_use(&self) -> (u64, u64, u64) {
        match self {
            Self::Memory(memory) => memory.in_use(),
        }
    }

    /// What the kernel says about this memory, and what it said when it refused to lock it.
    ///
    /// # Errors
    /// That of reading `/proc`.
    pub fn prove(&self) -> std::io::Result<(Kernel, String)> {
        match self {
            Self::Memory(memory) => memory.prove(),
        }
    }
}
