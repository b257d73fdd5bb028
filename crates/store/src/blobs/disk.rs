//! Sealed bytes in a folder.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Weak};

use depesche_domain::{FileId, MailId, ParcelId};
use rustix::fs::{Advice, fadvise, statvfs};

use super::mail::MailFile;
use super::manifest::ManifestUpload;
use super::upload::{Root, Upload, locked};
use crate::error::Error;
use crate::private;

/// A folder of sealed bytes. Cheap to clone.
#[derive(Clone)]
pub struct Disk(Arc<Root>);

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Disk").field(&self.0.folder).finish()
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

    pub(super) fn put_mail(&self, id: MailId) -> Result<MailFile, Error> {
        self.0.check()?;
        MailFile::begin(&self.0, id)
    }

    pub(super) fn mail(&self, id: MailId) -> Result<Reader, Error> {
        Reader::open(&self.0.path("mails", &id.to_string()))
    }

    pub(super) fn remove_mail(&self, id: MailId) -> Result<(), Error> {
        private::remove(&self.0.path("mails", &id.to_string()))
    }

    pub(super) fn sweep_mails(
        &self,
        mut known: impl FnMut(MailId) -> Result<bool, Error>,
    ) -> Result<u64, Error> {
        let mut swept = 0;
        each_id(&self.0.folder.join("mails"), |id: MailId| {
            if !known(id)? {
                self.remove_mail(id)?;
                swept += 1;
            }
            Ok(())
        })?;
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
