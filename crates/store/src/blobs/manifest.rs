//! A manifest being received: beside its place, then durable, then in its place.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use depesche_domain::ParcelId;

use super::upload::{Root, locked};
use crate::error::Error;
use crate::private::{durable, open, remove, sync_folder};

/// A manifest being received. Dropped unfinished, it leaves nothing behind.
pub struct ManifestUpload {
    root: Arc<Root>,
    name: String,
    from: PathBuf,
    to: PathBuf,
    file: File,
    left: u64,
}

impl std::fmt::Debug for ManifestUpload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ManifestUpload")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

impl ManifestUpload {
    pub(super) fn begin(root: &Arc<Root>, id: ParcelId, length: u64) -> Result<Self, Error> {
        let to = root.path("manifests", &id.to_string());
        root.note(root.make_folder_of(&to))?;
        let mut receiving = locked(&root.receiving);
        // The first free name: what an earlier run left there is removed.
        let mut names = (0_u64..).map(|number| format!("{id}-{number}"));
        let name = names
            .find(|name| !receiving.contains(name))
            .unwrap_or_default();
        let from = root.new_path(&name);
        remove(&from)?;
        let file = open(&from)?;
        receiving.insert(name.clone());
        drop(receiving);
        Ok(Self {
            root: Arc::clone(root),
            name,
            from,
            to,
            file,
            left: length,
        })
    }

    /// Writes what came next.
    ///
    /// # Errors
    /// [`Error::Full`]; [`Error::Incomplete`] if more comes than was announced.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or(Error::Incomplete)?;
        Ok(self.file.write_all(bytes)?)
    }

    /// It is whole: makes it durable and puts it in its place.
    ///
    /// # Errors
    /// [`Error::Incomplete`] if less came than was announced, [`Error::Full`], [`Error::Fatal`].
    pub fn finish(self) -> Result<(), Error> {
        if self.left != 0 {
            return Err(Error::Incomplete);
        }
        self.root.note(durable(self.file.sync_data()))?;
        fs::rename(&self.from, &self.to)?;
        self.to
            .parent()
            .map_or(Ok(()), |folder| self.root.note(sync_folder(folder)))
    }
}

impl Drop for ManifestUpload {
    fn drop(&mut self) {
        // Before the name is free: the next one that takes it finds no file. A failure leaves an
        // orphan, which is swept.
        let _ = fs::remove_file(&self.from);
        locked(&self.root.receiving).remove(&self.name);
    }
}
