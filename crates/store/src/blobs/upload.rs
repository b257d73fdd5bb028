//! A file object being uploaded: parts in any order, several at once, again and again.
//!
//! A part that is finished is received in RAM at once. The flusher then makes the data durable and
//! only after that notes the part in `ID.have`. So after a crash of the process or of the machine a
//! part that stands there is on disk, and every other is asked for again.
//!
//! `ID.have` is a sequence of records of 8 bytes: the index of a part, u32 big-endian, and its
//! complement. What a crash may leave at the end (zeros, half a record) is no record; reading ends
//! there and writing goes on there. It need not be durable itself.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak};

use depesche_domain::FileId;

use crate::error::Error;
use crate::private::{self, durable, open, remove, sync_folder};

/// Bytes of a part; the last one of a file may be shorter (formats: File object).
pub const PART: u64 = 8 << 20;

/// Uploads that may wait for the flusher; who finishes a part beyond that waits.
const QUEUE: usize = 64;

/// What all clones, uploads and readers share.
pub(super) struct Root {
    pub(super) folder: PathBuf,
    /// Folders whose names this process has made durable.
    folders: Mutex<HashSet<PathBuf>>,
    /// One upload per id, so that requests share what is received. Weak: an upload that nobody
    /// works on holds no file open, and is read from the disk again.
    pub(super) uploads: Mutex<HashMap<FileId, Weak<Upload>>>,
    /// Manifests being received: the names in `new/`.
    pub(super) receiving: Mutex<HashSet<String>>,
    pub(super) flusher: SyncSender<Arc<Upload>>,
    /// Why an fsync failed. Once it is set, nothing is acknowledged any more.
    failed: OnceLock<Error>,
}

/// A panic elsewhere leaves these maps as they are; each change is one step.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Root {
    /// Without a flusher: uploads to be flushed come out of the receiver.
    pub(super) fn open(folder: &Path) -> Result<(Arc<Self>, Receiver<Arc<Upload>>), Error> {
        for part in ["", "files", "manifests", "mails", "new"] {
            private::folder(&folder.join(part))?;
        }
        let (flusher, uploads) = sync_channel(QUEUE);
        let root = Self {
            folder: folder.to_owned(),
            folders: Mutex::default(),
            uploads: Mutex::default(),
            receiving: Mutex::default(),
            flusher,
            failed: OnceLock::new(),
        };
        Ok((Arc::new(root), uploads))
    }

    /// Where a file lies. Ids are base64url: their characters are one byte each.
    pub(super) fn path(&self, kind: &str, id: &str) -> PathBuf {
        let (a, rest) = id.split_at(1);
        let mut path = self.folder.join(kind);
        path.extend([a, &rest[..1], id]);
        path
    }

    pub(super) fn new_path(&self, name: &str) -> PathBuf {
        self.folder.join("new").join(name)
    }

    /// Makes the folder of a path, durably. A folder that another process left is made durable too.
    pub(super) fn make_folder_of(&self, path: &Path) -> Result<(), Error> {
        let Some(inner) = path.parent() else {
            return Ok(());
        };
        let mut folders = locked(&self.folders);
        if !folders.contains(inner) {
            if let Some(outer) = inner.parent() {
                private::folder(outer)?;
            }
            private::folder(inner)?;
            folders.insert(inner.to_owned());
        }
        Ok(())
    }

    /// Ends everything that follows if an fsync has failed.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.failed.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// Notes a failed fsync, whoever saw it.
    pub(super) fn note<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        if let Err(error @ Error::Fatal(_)) = &result {
            // The first one is kept.
            let _ = self.failed.set(error.clone());
        }
        result
    }

    pub(super) fn forget(&self, id: FileId) {
        let mut uploads = locked(&self.uploads);
        if uploads
            .get(&id)
            .is_some_and(|upload| upload.strong_count() == 0)
        {
            uploads.remove(&id);
        }
    }
}

/// A file object being uploaded; of a sealed one, everything is received and nothing changes.
pub struct Upload {
    root: Arc<Root>,
    id: FileId,
    size: u64,
    path: PathBuf,
    file: OnceLock<File>,
    /// Something was written since the last sync began.
    dirty: AtomicBool,
    /// Writers share it; who seals or gives up waits for them and keeps them out.
    phase: RwLock<Phase>,
    received: Mutex<Received>,
    /// One sync at a time; holds where `ID.have` goes on.
    have: Mutex<Have>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Sealed,
    Gone,
}

struct Received {
    parts: Vec<bool>,
    /// Received and not yet durable.
    pending: Vec<u32>,
    /// With the flusher.
    queued: bool,
}

#[derive(Default)]
struct Have {
    file: Option<File>,
    end: u64,
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload")
            .field("id", &self.id)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

const fn record(index: u32) -> [u8; 8] {
    let [a, b, c, d] = index.to_be_bytes();
    [a, b, c, d, !a, !b, !c, !d]
}

impl Upload {
    /// Reads what is known of it.
    pub(super) fn load(root: &Arc<Root>, id: FileId, size: u64) -> Result<Self, Error> {
        let path = root.path("files", &id.to_string());
        let count = usize::try_from(size.div_ceil(PART))
            .ok()
            .filter(|n| u32::try_from(*n).is_ok());
        let count = count.ok_or_else(|| Error::Unavailable("the file is too large".into()))?;
        let mut parts = vec![false; count];
        let mut end = 0;
        let mut phase = Phase::Open;
        let length = |path| match fs::metadata(path).map_err(Error::from) {
            Ok(found) => Ok(Some(found.len())),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        };
        if let Some(sealed) = length(path.clone())? {
            if sealed != size {
                return Err(Error::Conflict);
            }
            phase = Phase::Sealed;
            parts.fill(true);
        } else if length(path.with_extension("part"))? == Some(size) {
            end = read_have(&path.with_extension("have"), &mut parts)?;
        } else {
            // Another size: an earlier try of another draft. Nothing of it counts.
            remove(&path.with_extension("have"))?;
            remove(&path.with_extension("part"))?;
        }
        Ok(Self {
            root: Arc::clone(root),
            id,
            size,
            path,
            file: OnceLock::new(),
            dirty: AtomicBool::new(false),
            phase: RwLock::new(phase),
            received: Mutex::new(Received {
                parts,
                pending: Vec::new(),
                queued: false,
            }),
            have: Mutex::new(Have { file: None, end }),
        })
    }

    /// Bytes of the whole file object.
    pub const fn size(&self) -> u64 {
        self.size
    }

    fn phase(&self) -> Phase {
        *self.phase.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the file, at its full length, unless it is there.
    pub(super) fn begin(&self) -> Result<(), Error> {
        if self.phase() == Phase::Open {
            self.file()?;
        }
        Ok(())
    }

    /// Opened by the first who needs it.
    fn file(&self) -> Result<&File, Error> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let path = self.path.with_extension("part");
        self.root.note(self.root.make_folder_of(&path))?;
        let file = open(&path)?;
        // A hole: room on the disk is taken as parts come, the length never changes again.
        if file.metadata()?.len() != self.size {
            file.set_len(self.size)?;
        }
        Ok(self.file.get_or_init(|| file))
    }

    /// Writes bytes to their place. Nothing counts before [`Upload::finish_part`]. Once sealed,
    /// bytes that come again are left aside.
    ///
    /// # Errors
    /// [`Error::Full`]; [`Error::NotFound`] if the file object was removed meanwhile.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), Error> {
        let phase = self.phase.read().unwrap_or_else(PoisonError::into_inner);
        match *phase {
            Phase::Open => {}
            Phase::Sealed => return Ok(()),
            Phase::Gone => return Err(Error::NotFound),
        }
        let end = offset.checked_add(bytes.len() as u64);
        if end.is_none_or(|end| end > self.size) {
            return Err(Error::Unavailable(
                "bytes beyond the end of the file object".into(),
            ));
        }
        let file = self.file()?;
        self.dirty.store(true, Ordering::SeqCst);
        Ok(file.write_all_at(bytes, offset)?)
    }

    /// All bytes of part `index` are written: it is received, and will be durable soon. Waits if
    /// the disk is far behind.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such part or the file object was removed meanwhile;
    /// [`Error::Fatal`] once an fsync has failed.
    pub fn finish_part(self: &Arc<Self>, index: u64) -> Result<(), Error> {
        self.root.check()?;
        match self.phase() {
            Phase::Open => {}
            Phase::Sealed => return Ok(()),
            Phase::Gone => return Err(Error::NotFound),
        }
        let at = usize::try_from(index).map_err(|_| Error::NotFound)?;
        let number = u32::try_from(index).map_err(|_| Error::NotFound)?;
        let mut received = locked(&self.received);
        let part = received.parts.get_mut(at).ok_or(Error::NotFound)?;
        if std::mem::replace(part, true) {
            return Ok(());
        }
        received.pending.push(number);
        let queued = std::mem::replace(&mut received.queued, true);
        drop(received);
        if !queued && self.root.flusher.send(Arc::clone(self)).is_err() {
            return Err(Error::Fatal("the thread that syncs files is gone".into()));
        }
        Ok(())
    }

    /// The parts that are not received, as ranges `[from, to)` of indices.
    pub fn missing(&self) -> Vec<(u64, u64)> {
        let received = locked(&self.received);
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for (index, _) in (0u64..).zip(&received.parts).filter(|(_, there)| !**there) {
            match ranges.last_mut() {
                Some((_, to)) if *to == index => *to += 1,
                _ => ranges.push((index, index + 1)),
            }
        }
        ranges
    }

    /// Makes what is finished durable and notes it; seals what is complete. The flusher calls it.
    ///
    /// # Errors
    /// [`Error::Full`]: those parts count as not received again; [`Error::Fatal`].
    pub fn flush(&self) -> Result<(), Error> {
        let mut have = locked(&self.have);
        if self.phase() != Phase::Open {
            return Ok(());
        }
        if self.missing().is_empty() {
            return self.finish(&mut have);
        }
        let batch = self.sync()?;
        // To note them is no promise: if it fails, they are asked for again after a crash.
        let _ = self.note(&mut have, &batch);
        Ok(())
    }

    /// Syncs the data; gives the parts that are durable since. Called with `have` locked.
    fn sync(&self) -> Result<Vec<u32>, Error> {
        let batch = {
            let mut received = locked(&self.received);
            received.queued = false;
            std::mem::take(&mut received.pending)
        };
        // Cleared first: what is written meanwhile is for the next time.
        if !self.dirty.swap(false, Ordering::SeqCst) {
            return Ok(batch);
        }
        let synced = self.root.note(durable(self.file()?.sync_data()));
        if synced.is_err() {
            let mut received = locked(&self.received);
            for index in &batch {
                received.parts[*index as usize] = false;
            }
        }
        synced.map(|()| batch)
    }

    fn note(&self, have: &mut Have, batch: &[u32]) -> Result<(), Error> {
        if batch.is_empty() {
            return Ok(());
        }
        if have.file.is_none() {
            // Both names, before the first record says that there is data.
            have.file = Some(open(&self.path.with_extension("have"))?);
            let folder = self.path.parent().map_or(Ok(()), sync_folder);
            self.root.note(folder)?;
        }
        let records: Vec<u8> = batch.iter().flat_map(|index| record(*index)).collect();
        if let Some(file) = &have.file {
            file.write_all_at(&records, have.end)?;
            have.end += records.len() as u64;
        }
        Ok(())
    }

    /// Everything is there: makes it durable under its final name. Again changes nothing.
    ///
    /// # Errors
    /// [`Error::Incomplete`] if parts are missing; [`Error::NotFound`] if the file object was
    /// removed meanwhile; [`Error::Full`], [`Error::Fatal`].
    pub fn seal(&self) -> Result<(), Error> {
        self.root.check()?;
        self.finish(&mut locked(&self.have))
    }

    /// The order of locks everywhere: have, phase, received.
    fn finish(&self, have: &mut Have) -> Result<(), Error> {
        let mut phase = self.phase.write().unwrap_or_else(PoisonError::into_inner);
        match *phase {
            Phase::Open => {}
            Phase::Sealed => return Ok(()),
            Phase::Gone => return Err(Error::NotFound),
        }
        if !self.missing().is_empty() {
            return Err(Error::Incomplete);
        }
        self.file()?;
        self.sync()?;
        fs::rename(self.path.with_extension("part"), &self.path)?;
        self.root
            .note(self.path.parent().map_or(Ok(()), sync_folder))?;
        *phase = Phase::Sealed;
        have.file = None;
        remove(&self.path.with_extension("have"))
    }

    /// Its files are about to be removed.
    pub(super) fn give_up(&self) {
        let _have = locked(&self.have);
        *self.phase.write().unwrap_or_else(PoisonError::into_inner) = Phase::Gone;
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.root.forget(self.id);
    }
}

/// Marks the parts that are noted; gives where the records end.
fn read_have(path: &std::path::Path, parts: &mut [bool]) -> Result<u64, Error> {
    let bytes = match fs::read(path).map_err(Error::from) {
        Err(Error::NotFound) => return Ok(0),
        other => other?,
    };
    let mut end = 0;
    for bytes in bytes.chunks_exact(8) {
        let index = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        match parts.get_mut(index as usize) {
            Some(part) if bytes == record(index) => *part = true,
            _ => break,
        }
        end += 8;
    }
    Ok(end)
}

#[cfg(test)]
mod tests;
