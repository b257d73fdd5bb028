//! Sealed bytes in a folder.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use depesche_domain::{FileId, ParcelId};
use rustix::fs::{Advice, fadvise, statvfs};

use super::manifest::ManifestUpload;
use super::upload::Upload;
use crate::error::Error;
use crate::private;

/// Uploads that may wait for the flusher; who finishes a part beyond that waits.
const QUEUE: usize = 64;

/// A folder of sealed bytes. Cheap to clone.
#[derive(Clone)]
pub struct Disk(Arc<Root>);

/// What all clones, uploads and readers share.
pub(super) struct Root {
    folder: PathBuf,
    /// Folders whose names this process has made durable.
    folders: Mutex<HashSet<PathBuf>>,
    /// One upload per id, so that requests share what is received. Weak: an upload that nobody
    /// works on holds no file open, and is read from the disk again.
    uploads: Mutex<HashMap<FileId, Weak<Upload>>>,
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

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Disk").field(&self.0.folder).finish()
    }
}

impl Root {
    /// Without a flusher: uploads to be flushed come out of the receiver.
    pub(super) fn open(folder: &Path) -> Result<(Arc<Self>, Receiver<Arc<Upload>>), Error> {
        for part in ["", "files", "manifests", "new"] {
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

impl Disk {
    /// Opens a folder; its parent is there.
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let (root, uploads) = Root::open(folder)?;
        // Ends when the last clone and the last upload are gone. A failure is noted in the root.
        let flush = move || {
            uploads
                .iter()
                .for_each(|upload: Arc<Upload>| drop(upload.flush()))
        };
        std::thread::Builder::new()
            .name("flusher".into())
            .spawn(flush)?;
        Ok(Self(root))
    }

    /// Without a flusher.
    #[cfg(test)]
    pub(super) const fn over(root: Arc<Root>) -> Self {
        Self(root)
    }

    pub(super) fn upload(&self, id: FileId, size: u64) -> Result<Arc<Upload>, Error> {
        self.0.check()?;
        let upload = {
            // Held while it is read from the disk: there is never a second one.
            let mut uploads = locked(&self.0.uploads);
            match uploads.get(&id).and_then(Weak::upgrade) {
                Some(upload) => upload,
                None => {
                    let upload = Arc::new(Upload::load(&self.0, id, size)?);
                    uploads.insert(id, Arc::downgrade(&upload));
                    upload
                }
            }
        };
        if upload.size() != size {
            return Err(Error::Conflict);
        }
        Ok(upload)
    }

    pub(super) fn reader(&self, id: FileId) -> Result<Reader, Error> {
        Reader::open(&self.0.path("files", &id.to_string()))
    }

    pub(super) fn put_manifest(&self, id: ParcelId, length: u64) -> Result<ManifestUpload, Error> {
        self.0.check()?;
        ManifestUpload::begin(&self.0, id, length)
    }

    pub(super) fn manifest_size(&self, id: ParcelId) -> Result<Option<u64>, Error> {
        match fs::metadata(self.0.path("manifests", &id.to_string())).map_err(Error::from) {
            Ok(found) => Ok(Some(found.len())),
            Err(Error::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn manifest(&self, id: ParcelId) -> Result<Reader, Error> {
        Reader::open(&self.0.path("manifests", &id.to_string()))
    }

    pub(super) fn remove(&self, id: FileId) -> Result<(), Error> {
        let upload = locked(&self.0.uploads)
            .remove(&id)
            .and_then(|upload| upload.upgrade());
        if let Some(upload) = upload {
            upload.give_up();
        }
        let path = self.0.path("files", &id.to_string());
        // What is known of the parts first: it must not outlive them.
        private::remove(&path.with_extension("have"))?;
        private::remove(&path.with_extension("part"))?;
        private::remove(&path)
    }

    pub(super) fn remove_manifest(&self, id: ParcelId) -> Result<(), Error> {
        private::remove(&self.0.path("manifests", &id.to_string()))
    }

    pub(super) fn sweep(
        &self,
        mut known: impl FnMut(FileId) -> Result<bool, Error>,
    ) -> Result<u64, Error> {
        let mut swept = 0;
        each_id(&self.0.folder.join("files"), |id: FileId| {
            if !known(id)? {
                self.remove(id)?;
                swept += 1;
            }
            Ok(())
        })?;
        Ok(swept)
    }

    pub(super) fn sweep_manifests(
        &self,
        mut known: impl FnMut(ParcelId) -> Result<bool, Error>,
    ) -> Result<u64, Error> {
        let mut swept = 0;
        each_id(&self.0.folder.join("manifests"), |id: ParcelId| {
            if !known(id)? {
                self.remove_manifest(id)?;
                swept += 1;
            }
            Ok(())
        })?;
        // While it is locked nobody begins one.
        let receiving = locked(&self.0.receiving);
        for entry in fs::read_dir(self.0.folder.join("new"))? {
            let entry = entry?;
            let name = entry.file_name();
            if !name.to_str().is_some_and(|name| receiving.contains(name)) {
                private::remove(&entry.path())?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    pub(super) fn free_bytes(&self) -> Result<u64, Error> {
        self.0.check()?;
        let found = statvfs(&self.0.folder)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }
}

/// Calls for each id that has a file two folders below, once. One folder's names at a time are in
/// memory.
fn each_id<T: FromStr + Ord>(
    top: &Path,
    mut each: impl FnMut(T) -> Result<(), Error>,
) -> Result<(), Error> {
    for outer in fs::read_dir(top)? {
        for inner in fs::read_dir(outer?.path())? {
            let mut ids = Vec::new();
            for entry in fs::read_dir(inner?.path())? {
                let name = entry?.file_name();
                let stem = name.to_str().and_then(|name| name.split('.').next());
                ids.extend(stem.and_then(|stem| stem.parse().ok()));
            }
            ids.sort_unstable();
            ids.dedup();
            ids.into_iter().try_for_each(&mut each)?;
        }
    }
    Ok(())
}

/// A sealed file, open for reading at any place, by several at once.
#[derive(Debug)]
pub struct Reader {
    file: File,
    size: u64,
}

impl Reader {
    fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        // Downloads read forward: the kernel may read far ahead. Only advice, so it may fail.
        let _ = fadvise(&file, 0, None, Advice::Sequential);
        Ok(Self { file, size })
    }

    /// Bytes of the file.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Reads from `offset` until `buffer` is full or the file ends; gives how many bytes.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, Error> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self
                .file
                .read_at(&mut buffer[filled..], offset + filled as u64)
            {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(filled)
    }
}
