//! The upload engine: some lanes, each of which reads and seals a part, notes its hash, sends it.
//!
//! While one lane waits for the network another seals, so all cores are busy; the buffers, and with
//! them the memory, are as many as the lanes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use depesche_seal::file::{FileError, Sealer};
use tokio::task::JoinSet;

use super::share::Share;
use super::source::{SourceError, seal_part};
use crate::buffers::{Buffer, Pool};
use crate::draft::{Draft, Object, Seen};
use crate::fault::Fault;
use crate::http::{CallError, Server};
use crate::layout::Layout;
use crate::meter::Meter;
use crate::profile::ProfileError;
use crate::walk::Entry;

/// Parts under way at once.
pub(crate) const LANES: usize = 3;

/// An upload stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// Server or network.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The files.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The client's own folder.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// This program.
    #[error("sealing was interrupted; run the same command again to go on")]
    Interrupted,
}

impl UploadError {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Profile(error) => error.code(),
            Self::Interrupted => "interrupted",
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Call(error) => error.fault(),
            Self::Source(error) => error.fault(),
            Self::Profile(error) => error.fault(),
            Self::Interrupted => Fault::Other,
        }
    }
}

/// A part to be dealt with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    pub(super) object: usize,
    pub(super) part: u32,
    /// The server has it not; else it is only compared with what was noted.
    pub(super) send: bool,
}

/// What the lanes share.
pub(super) struct Upload {
    pub(super) server: Server,
    pub(super) parcel: String,
    pub(super) draft: Arc<Draft>,
    /// With a keyring.
    pub(super) share: Option<Arc<Share>>,
    pub(super) objects: Vec<Object>,
    pub(super) sealers: Vec<Sealer>,
    pub(super) layouts: Arc<Vec<Layout>>,
    pub(super) entries: Arc<Vec<Entry>>,
    pub(super) meter: Arc<Meter>,
    pub(super) tasks: Vec<Task>,
    pub(super) next: AtomicUsize,
    pub(super) stop: AtomicBool,
    pub(super) pool: Pool,
}

/// How an upload ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Every task is done.
    Done,
    /// The source of this object is another than when it was sealed before.
    Changed(usize),
}

pub(super) fn make_sealers(objects: &[Object]) -> Result<Vec<Sealer>, FileError> {
    objects
        .iter()
        .map(|o| Sealer::new(&o.key, &o.id, o.header, o.size))
        .collect()
}

impl Upload {
    /// Works through all tasks. On a failure the lanes finish what they have in hand and stop.
    pub(super) async fn run(self) -> Result<Outcome, UploadError> {
        let shared = Arc::new(self);
        // Ends when it is dropped.
        let mut sharing = JoinSet::new();
        if let Some(share) = &shared.share {
            sharing.spawn(Arc::clone(share).follow());
        }
        let mut lanes = JoinSet::new();
        for _ in 0..LANES.min(shared.tasks.len()) {
            lanes.spawn(Arc::clone(&shared).lane());
        }
        let mut result = Ok(Outcome::Done);
        while let Some(ended) = lanes.join_next().await {
            let ended = ended.unwrap_or(Err(UploadError::Interrupted));
            if ended.as_ref().is_ok_and(|o| *o == Outcome::Done) {
                continue;
            }
            shared.stop.store(true, Ordering::Relaxed);
            if matches!(result, Ok(Outcome::Done)) {
                result = ended;
            }
        }
        result
    }

    async fn lane(self: Arc<Self>) -> Result<Outcome, UploadError> {
        while !self.stop.load(Ordering::Relaxed) {
            let next = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(&task) = self.tasks.get(next) else {
                break;
            };
            let buffer = self.pool.lend().await;
            let shared = Arc::clone(&self);
            let sealed = tokio::task::spawn_blocking(move || shared.seal(task, buffer)).await;
            let Some(buffer) = sealed.map_err(|_| UploadError::Interrupted)?? else {
                self.stop.store(true, Ordering::Relaxed);
                return Ok(Outcome::Changed(task.object));
            };
            if task.send {
                let id = self.objects[task.object].id.to_string();
                let meter = Some(Arc::clone(&self.meter));
                self.server
                    .put_part(&self.parcel, &id, task.part, buffer.into_bytes(), meter)
                    .await?;
            }
        }
        Ok(Outcome::Done)
    }

    /// The sealed part, its hash on the disk; none if the source has changed.
    fn seal(&self, task: Task, mut buffer: Buffer) -> Result<Option<Buffer>, UploadError> {
        let sealer = &self.sealers[task.object];
        let length = sealer.part_len(task.part).map_err(SourceError::from)?;
        let hash = seal_part(
            sealer,
            task.part,
            &self.layouts[task.object],
            &self.entries,
            buffer.cut(length),
        )?;
        let seen = self.draft.note(task.object, task.part, hash)?;
        if let (Seen::New, Some(share)) = (seen, &self.share)
            && self.draft.hashes(task.object).is_some()
        {
            share.finished(self.objects[task.object].size);
        }
        Ok((seen != Seen::Different).then_some(buffer))
    }
}
