//! What the sender's other devices go on with: the draft's record, sealed to the keyring, kept by the server until it is
//! posted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use depesche_seal::key::{Hash, KeyringKey};
use tokio::sync::Notify;

use super::desk::Desk;
use crate::draft::{Draft, seal_shared};
use crate::http::Server;
use crate::keyring::Ring;
use crate::world::World;

/// Between two uploads of the record at least so many bytes of file objects are finished,
const STEP: u64 = 8 << 20;
/// and so many times the record's own size.
const WORTH: u64 = 256;

/// Hands the record over, at first and whenever enough is finished.
pub(super) struct Share {
    pub(super) server: Server,
    pub(super) draft: Arc<Draft>,
    pub(super) likeness: Hash,
    pub(super) key: KeyringKey,
    pub(super) world: World,
    /// Bytes since the last one.
    finished: AtomicU64,
    step: AtomicU64,
    due: Notify,
}

impl Share {
    pub(super) fn new(desk: Desk<'_>, ring: &Ring, draft: &Arc<Draft>, likeness: Hash) -> Self {
        Self {
            server: desk.server.clone(),
            draft: Arc::clone(draft),
            likeness,
            key: ring.key().clone(),
            world: desk.world,
            finished: AtomicU64::new(0),
            step: AtomicU64::new(STEP),
            due: Notify::new(),
        }
    }

    /// A file object of so many bytes is sealed whole.
    pub(super) fn finished(&self, size: u64) {
        let before = self.finished.fetch_add(size, Ordering::Relaxed);
        if before + size >= self.step.load(Ordering::Relaxed) {
            self.finished.store(0, Ordering::Relaxed);
            self.due.notify_one();
        }
    }

    /// Works until it is let go of. What fails is made good by the next one.
    pub(super) async fn follow(self: Arc<Self>) {
        loop {
            let sealed = seal_shared(&self.draft, &self.likeness, &self.key, self.world);
            let worth = (sealed.len() as u64).saturating_mul(WORTH);
            self.step.store(worth.max(STEP), Ordering::Relaxed);
            let parcel = self.draft.record().parcel.to_string();
            let _ = self.server.put_going_on(&parcel, sealed).await;
            self.due.notified().await;
        }
    }
}
