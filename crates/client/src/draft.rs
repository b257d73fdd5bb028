//! The sender's record of one parcel: what is needed to go on after a stop, and later to add a recipient.
//!
//! ```text
//! "DPCD" || u32 version || u32 text length || 20 zeros || SHA-256(text) 32      (64 bytes)
//! text || zeros to the next multiple of 4096
//! one slot of 32 bytes for each part of each file object: h_j, or zeros while unknown
//! ```
//! **Invariant.** h_j is in its slot, and the slot on the disk, before the first byte of part j leaves. Whoever
//! goes on seals the part again and compares; a difference means that the source changed, and then the file
//! object gets a new id, key and header. So one nonce never seals two texts. It holds after a power cut too:
//! keys and slots are in one file, and the sync that makes a slot last makes the keys last as well; a record
//! that is lost as a whole takes its keys along.
//!
//! The text is JSON, in version 2 sealed to the sender's keyring: at levels 3 and 4 nothing else lies on the disk, and
//! it is deleted once posted.
//!
//! A slot lies inside one sector, so it is there or not. The file is locked by whoever writes it. Until it is
//! posted a record is called `PARCEL.draft`, then `PARCEL.EXPIRES.parcel` with the time in ms: posting and
//! extending are a rename, and what has expired is seen without reading.

mod cover;
mod file;
mod record;
mod shared;

pub(crate) use cover::Cover;
pub(crate) use file::{Draft, Seen, prune};
pub(crate) use record::{Link, Object, Record};
pub(crate) use shared::{Shared, open as open_shared, seal as seal_shared};
