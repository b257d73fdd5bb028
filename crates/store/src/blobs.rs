//! Sealed bytes: file objects and manifests, as they came. Names are typed ids, never text from
//! outside.
//!
//! ```text
//! files/a/b/ID         a sealed file object: whole and on disk
//! files/a/b/ID.part    one being uploaded, at its full length
//! files/a/b/ID.have    its parts that are durable
//! manifests/a/b/ID     a manifest, whole and on disk
//! new/ID-N             a manifest being received
//! mails/a/b/ID         a sealed mail of the queue; whole once its row is there
//! ```
//! `a` and `b` are the first two characters of the id. Folders have mode 0700, files 0600. All
//! calls block on the disk.

mod disk;
mod mail;
mod manifest;
mod upload;

use std::path::Path;
use std::sync::Arc;

use depesche_domain::{FileId, MailId, ParcelId};

use crate::error::Error;
pub use disk::{Disk, Reader};
pub use mail::MailFile;
pub use manifest::ManifestUpload;
pub use upload::{PART, Upload};

/// Where sealed bytes are kept. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Blobs {
    /// In a folder.
    Disk(Disk),
}

impl Blobs {
    /// Opens a folder, given as a path, `file:path` or `file:///path`; made if it is not there, its parent is.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::NotFound`] if its parent is not there.
    pub fn open(place: &str) -> Result<Self, Error> {
        let path = place.strip_prefix("file:").unwrap_or(place);
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.contains("://") || path.is_empty() {
            let text = "sealed files are kept in a folder: give its path";
            return Err(Error::Unavailable(text.into()));
        }
        Disk::open(Path::new(path)).map(Self::Disk)
    }

    const fn disk(&self) -> &Disk {
        let Self::Disk(disk) = self;
        disk
    }

    /// Makes the place of a file object of `size` bytes. Again changes nothing.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it is there with another size, [`Error::Full`], [`Error::Fatal`].
    pub fn begin(&self, id: FileId, size: u64) -> Result<(), Error> {
        self.disk().upload(id, size)?.begin()
    }

    /// The upload of a file object, with what is received of it; of a sealed one, all is.
    /// Several requests share one.
    ///
    /// # Errors
    /// As [`Blobs::begin`].
    pub fn upload(&self, id: FileId, size: u64) -> Result<Arc<Upload>, Error> {
        self.disk().upload(id, size)
    }

    /// A sealed file object.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it is not there or not sealed.
    pub fn reader(&self, id: FileId) -> Result<Reader, Error> {
        self.disk().reader(id)
    }

    /// Begins to receive the manifest of a parcel, `length` bytes. Finished, it takes the place of
    /// the one before.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Fatal`].
    pub fn put_manifest(&self, id: ParcelId, length: u64) -> Result<ManifestUpload, Error> {
        self.disk().put_manifest(id, length)
    }

    /// Bytes of the manifest of a parcel, if it is there.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn manifest_size(&self, id: ParcelId) -> Result<Option<u64>, Error> {
        self.disk().manifest_size(id)
    }

    /// The manifest of a parcel.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn manifest(&self, id: ParcelId) -> Result<Reader, Error> {
        self.disk().manifest(id)
    }

    /// Begins the file of a mail.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Fatal`].
    pub fn put_mail(&self, id: MailId) -> Result<MailFile, Error> {
        self.disk().put_mail(id)
    }

    /// The file of a mail.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn mail(&self, id: MailId) -> Result<Reader, Error> {
        self.disk().mail(id)
    }

    /// Removes the file of a mail.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn remove_mail(&self, id: MailId) -> Result<(), Error> {
        self.disk().remove_mail(id)
    }

    /// Removes the files of mails that nobody knows: of an earlier run that was cut off before their row was
    /// there. To be called before mails are taken. Gives how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`], or what `known` gave.
    pub fn sweep_mails(
        &self,
        known: impl FnMut(MailId) -> Result<bool, Error>,
    ) -> Result<u64, Error> {
        self.disk().sweep_mails(known)
    }

    /// Removes a file object, sealed or not. Who reads it already reads to its end.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn remove(&self, id: FileId) -> Result<(), Error> {
        self.disk().remove(id)
    }

    /// Removes a manifest.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn remove_manifest(&self, id: ParcelId) -> Result<(), Error> {
        self.disk().remove_manifest(id)
    }

    /// Removes the file objects that nobody knows. A row is written before its bytes, so what has
    /// no row is an orphan. Gives how many.
    ///
    /// # Errors
    /// [`Error::Unavailable`], or what `known` gave.
    pub fn sweep(&self, known: impl FnMut(FileId) -> Result<bool, Error>) -> Result<u64, Error> {
        self.disk().sweep(known)
    }

    /// As [`Blobs::sweep`], for manifests, also half-received ones of an earlier run.
    ///
    /// # Errors
    /// [`Error::Unavailable`], or what `known` gave.
    pub fn sweep_manifests(
        &self,
        known: impl FnMut(ParcelId) -> Result<bool, Error>,
    ) -> Result<u64, Error> {
        self.disk().sweep_manifests(known)
    }

    /// Bytes that are free for us.
    ///
    /// # Errors
    /// [`Error::Fatal`] once an fsync has failed, so that a health check sees it.
    pub fn free_bytes(&self) -> Result<u64, Error> {
        self.disk().free_bytes()
    }
}
