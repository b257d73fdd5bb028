//! The file of a mail in the queue, written once from its beginning to its end.

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use depesche_domain::MailId;

use super::upload::Root;
use crate::error::Error;
use crate::private::{self, durable, sync_folder};

/// One being written. Dropped without [`MailFile::finish`], it is removed.
pub struct MailFile {
    root: Arc<Root>,
    path: PathBuf,
    file: File,
    whole: bool,
}

impl MailFile {
    pub(super) fn begin(root: &Arc<Root>, id: MailId) -> Result<Self, Error> {
        let path = root.path("mails", &id.to_string());
        root.note(root.make_folder_of(&path))?;
        let file = private::open(&path)?;
        Ok(Self {
            root: Arc::clone(root),
            path,
            file,
            whole: false,
        })
    }

    /// Appends sealed bytes.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Unavailable`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        Ok(self.file.write_all(bytes)?)
    }

    /// That was all: makes bytes and name durable. The row may be written from now on.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Fatal`].
    pub fn finish(mut self) -> Result<(), Error> {
        self.root.note(durable(self.file.sync_data()))?;
        if let Some(folder) = self.path.parent() {
            self.root.note(sync_folder(folder))?;
        }
        self.whole = true;
        Ok(())
    }
}

impl Drop for MailFile {
    fn drop(&mut self) {
        if !self.whole {
            // What cannot be removed now is swept at the next start.
            let _ = private::remove(&self.path);
        }
    }
}
