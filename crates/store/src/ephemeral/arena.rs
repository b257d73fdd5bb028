//! Memory for sealed bytes that must never be on a disk: locked, left out of core dumps and of child
//! processes, wiped when it is given back.
//!
//! Blocks of one size lie together in shelves of 64 KiB or more, each a mapping of its own; a shelf
//! without a block goes back to the kernel, but for a few that are kept for the next while there are blocks at all.
//! Where the kernel refuses to lock, the arena works on and says so.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use memmap2::{Advice, MmapMut};

/// Bytes of a shelf of small blocks.
const SHELF: usize = 64 << 10;
/// Empty shelves of each size of small blocks that are kept for the next: mapping and locking one takes longer than
/// a handoff.
const SPARE: usize = 4;

/// All memory that slots may take is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the memory for handoffs is used up")]
pub struct Full;

/// A mapping with room for blocks of one size.
#[derive(Debug)]
struct Shelf {
    map: Mutex<MmapMut>,
    block: usize,
}

#[derive(Debug)]
struct Shelved {
    shelf: Arc<Shelf>,
    free: Vec<usize>,
}

#[derive(Debug, Default)]
struct Inside {
    taken: u64,
    blocks: u64,
    refused: String,
    /// By size of a block.
    shelves: BTreeMap<usize, Vec<Shelved>>,
}

/// The memory of all slots.
#[derive(Debug)]
pub(super) struct Arena {
    budget: u64,
    inside: Mutex<Inside>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shelf {
    /// Maps, locks and hides a shelf. The second is what the kernel said to locking.
    fn map(block: usize) -> io::Result<(Self, Option<io::Error>)> {
        let map = MmapMut::map_anon(block.max(SHELF))?;
        map.advise(Advice::DontDump)?;
        map.advise(Advice::DontFork)?;
        let refused = map.lock().err();
        let map = Mutex::new(map);
        Ok((Self { map, block }, refused))
    }

    fn blocks(&self) -> usize {
        SHELF.max(self.block) / self.block
    }
}

impl Arena {
    pub(super) fn new(budget: u64) -> Self {
        Self {
            budget,
            inside: Mutex::default(),
        }
    }

    pub(super) fn budget(&self) -> u64 {
        self.budget
    }

    /// Blocks in use, and their bytes.
    pub(super) fn in_use(&self) -> (u64, u64) {
        let inside = lock(&self.inside);
        (inside.blocks, inside.taken)
    }

    /// What the kernel said when it last refused to lock; empty if it never did.
    pub(super) fn refused(&self) -> String {
        lock(&self.inside).refused.clone()
    }

    /// Where the shelves lie: first address and length of each.
    pub(super) fn places(&self) -> Vec<(usize, usize)> {
        let inside = lock(&self.inside);
        let shelves = inside.shelves.values().flatten();
        shelves
            .map(|shelved| {
                let map = lock(&shelved.shelf.map);
                (map.as_ptr() as usize, map.len())
            })
            .collect()
    }

    /// A block of `size` bytes, all zero.
    pub(super) fn reserve(self: &Arc<Self>, size: usize) -> Result<Block, Full> {
        let mut inside = lock(&self.inside);
        let taken = inside.taken + size as u64;
        if taken > self.budget {
            return Err(Full);
        }
        let (shelf, at) = inside.place(size)?;
        inside.taken = taken;
        inside.blocks += 1;
        Ok(Block {
            arena: Arc::clone(self),
            shelf,
            at,
            is_gone: AtomicBool::new(false),
        })
    }
}

impl Inside {
    fn place(&mut self, size: usize) -> Result<(Arc<Shelf>, usize), Full> {
        let all = self.shelves.entry(size).or_default();
        if let Some(shelved) = all.iter_mut().find(|shelved| !shelved.free.is_empty())
            && let Some(at) = shelved.free.pop()
        {
            return Ok((Arc::clone(&shelved.shelf), at));
        }
        let (shelf, refused) = Shelf::map(size).map_err(|_| Full)?;
        if let Some(error) = refused {
            if self.refused.is_empty() {
                tracing::warn!(
                    %error,
                    "the memory of handoffs cannot be locked and may be swapped: raise the limit of locked memory"
                );
            }
            self.refused = error.to_string();
        }
        let shelf = Arc::new(shelf);
        let free = (1..shelf.blocks()).rev().map(|n| n * size).collect();
        all.push(Shelved {
            shelf: Arc::clone(&shelf),
            free,
        });
        Ok((shelf, 0))
    }

    fn give_back(&mut self, shelf: &Arc<Shelf>, at: usize) {
        self.taken -= shelf.block as u64;
        self.blocks -= 1;
        let Some(all) = self.shelves.get_mut(&shelf.block) else {
            return;
        };
        let Some(index) = all.iter().position(|one| Arc::ptr_eq(&one.shelf, shelf)) else {
            return;
        };
        all[index].free.push(at);
        let is_empty = |one: &Shelved| one.free.len() == one.shelf.blocks();
        if !is_empty(&all[index]) {
            return;
        }
        let spare = if shelf.block <= SHELF { SPARE } else { 0 };
        if all.iter().filter(|one| is_empty(one)).count() > spare {
            all.swap_remove(index);
        }
    }

    /// Lets the shelves go that are kept for the next.
    fn trim(&mut self) {
        for all in self.shelves.values_mut() {
            all.retain(|one| one.free.len() < one.shelf.blocks());
        }
    }
}

/// Bytes of one slot. They are gone when it is over, whoever still holds this, and at the latest when this is dropped.
#[derive(Debug)]
pub struct Block {
    arena: Arc<Arena>,
    shelf: Arc<Shelf>,
    at: usize,
    /// Read and written by who holds the lock of the shelf.
    is_gone: AtomicBool,
}

impl Block {
    /// How many bytes there are, or were.
    pub fn size(&self) -> u64 {
        self.shelf.block as u64
    }

    /// What `act` does with the bytes; none if they are gone.
    fn with<T>(&self, act: impl FnOnce(&mut [u8]) -> Option<T>) -> Option<T> {
        let mut map = lock(&self.shelf.map);
        if self.is_gone.load(Ordering::Relaxed) {
            return None;
        }
        act(&mut map[self.at..self.at + self.shelf.block])
    }

    /// Copies `bytes` to `offset`; what does not fit is left out.
    pub fn write_at(&self, offset: usize, bytes: &[u8]) {
        self.with(|block| {
            let room = block.get_mut(offset..offset + bytes.len())?;
            room.copy_from_slice(bytes);
            Some(())
        });
    }

    /// Copies from `offset`; false if the bytes are gone, or not so many.
    pub fn read_at(&self, offset: usize, into: &mut [u8]) -> bool {
        let copied = self.with(|block| {
            let found = block.get(offset..offset + into.len())?;
            into.copy_from_slice(found);
            Some(())
        });
        copied.is_some()
    }

    /// Wipes the bytes and gives their place back.
    ///
    /// One write for the whole block, where `zeroize` makes one for each byte; as there, the compiler is told that
    /// somebody may look.
    pub(super) fn give_back(&self) {
        let wiped = self.with(|block| {
            block.fill(0);
            std::hint::black_box(block);
            self.is_gone.store(true, Ordering::Relaxed);
            Some(())
        });
        if wiped.is_some() {
            lock(&self.arena.inside).give_back(&self.shelf, self.at);
        }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        self.give_back();
    }
}

impl Arena {
    /// Gives back what nothing lies in.
    pub(super) fn trim(&self) {
        lock(&self.inside).trim();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_kept_and_given_back() {
        let arena = Arc::new(Arena::new(3 * 4096));
        let blocks: Vec<_> = (0..3).map(|_| arena.reserve(4096)).collect();
        assert!(blocks.iter().all(Result::is_ok));
        assert_eq!(arena.reserve(4096).err(), Some(Full));
        assert_eq!(arena.in_use(), (3, 3 * 4096));
        drop(blocks);
        assert_eq!(arena.in_use(), (0, 0));
        assert!(arena.reserve(4096).is_ok());
        arena.trim();
        assert!(arena.places().is_empty());
    }

    #[test]
    fn a_block_comes_back_wiped() {
        let arena = Arc::new(Arena::new(1 << 20));
        let first = arena.reserve(4096).expect("room");
        let keeps_the_shelf = arena.reserve(4096).expect("room");
        first.write_at(0, &[7; 4096]);
        let at = first.at;
        drop(first);
        let again = arena.reserve(4096).expect("room");
        assert_eq!(again.at, at);
        let mut bytes = [1; 4096];
        assert!(again.read_at(0, &mut bytes));
        assert_eq!(bytes, [0; 4096]);
        assert_eq!(keeps_the_shelf.size(), 4096);
        assert!(!again.read_at(1, &mut bytes), "not beyond the block");
    }

    #[test]
    fn what_was_given_back_is_out_of_reach() {
        let arena = Arc::new(Arena::new(1 << 20));
        let first = arena.reserve(4096).expect("room");
        first.give_back();
        let second = arena.reserve(4096).expect("room");
        assert_eq!(second.at, first.at, "the same place");
        second.write_at(0, &[7; 4096]);
        let mut bytes = [0; 4096];
        assert!(!first.read_at(0, &mut bytes));
        first.write_at(0, &[9; 4096]);
        drop(first);
        assert!(second.read_at(0, &mut bytes));
        assert_eq!(bytes, [7; 4096]);
        assert_eq!(arena.in_use(), (1, 4096), "given back once");
    }

    #[test]
    fn empty_shelves_go_back_to_the_kernel() {
        let arena = Arc::new(Arena::new(64 << 20));
        let many: Vec<_> = (0..1000)
            .map(|_| arena.reserve(4096).expect("room"))
            .collect();
        assert_eq!(arena.places().len(), 1000_usize.div_ceil(16));
        drop(many);
        assert_eq!(arena.places().len(), SPARE, "some are kept for the next");
        let large = arena.reserve(8 << 20).expect("room");
        assert_eq!(arena.places().len(), SPARE + 1);
        drop(large);
        assert_eq!(arena.places().len(), SPARE, "large ones are not kept");
        arena.trim();
        assert!(arena.places().is_empty());
    }
}
