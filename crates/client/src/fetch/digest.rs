//! SHA-256 of a file whose parts arrive in any order: each part waits for its turn.

use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::{Mutex, PoisonError};

use depesche_seal::primitives::Sha256;
use tokio::sync::watch;

/// The digest of one file on its way.
#[derive(Debug)]
pub(super) struct Digest {
    next: watch::Sender<u32>,
    hash: Mutex<Sha256>,
}

impl Digest {
    pub(super) fn new() -> Self {
        Self {
            next: watch::Sender::new(0),
            hash: Mutex::new(Sha256::new()),
        }
    }

    /// Waits until every part before this one is in.
    pub(super) async fn turn(&self, part: u32) {
        // The sender lives as long as we do: this cannot fail.
        let _ = self.next.subscribe().wait_for(|next| *next == part).await;
    }

    /// Takes the part whose turn it is.
    pub(super) fn take<'a>(&self, part: u32, pieces: impl Iterator<Item = &'a [u8]>) {
        let mut hash = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        pieces.for_each(|piece| hash.update(piece));
        self.next.send_replace(part + 1);
    }

    pub(super) fn finish(&self) -> [u8; 32] {
        let hash = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        hash.clone().finish()
    }
}

/// The digest of a whole file that is there.
pub(super) fn hash_file(file: &std::fs::File, size: u64) -> io::Result<[u8; 32]> {
    let mut hash = Sha256::new();
    let mut room = vec![0; 256 << 10];
    let mut at = 0;
    while at < size {
        let want = (room.len() as u64).min(size - at) as usize;
        file.read_exact_at(&mut room[..want], at)?;
        hash.update(&room[..want]);
        at += want as u64;
    }
    Ok(hash.finish())
}
