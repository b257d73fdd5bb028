//! Files and folders that nobody else may read, and their way to the disk.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::error::Error;

/// Opens for reading and writing, mode 0600; made if it is not there.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// Makes the file of a database, mode 0600, and its name durable; takes the rights of others from
/// one that is there. Gives its URL, and the lock that keeps others from opening it until it is
/// dropped: two that make a database a WAL one at once do not wait for each other (SQLite calls no
/// busy handler there). The lock is the folder's, so that nothing is left lying; its folder is there.
pub(crate) fn database(path: &Path) -> Result<(String, File), Error> {
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let folder = fs::canonicalize(folder.unwrap_or_else(|| Path::new(".")))?;
    let path = folder.join(path.file_name().ok_or(Error::NotFound)?);
    let url = format!("sqlite://{}?mode=rw", path.display());
    // They mean something in a URL, and the way back to a path is not ours.
    if url.contains(['%', '#']) || url.matches('?').count() != 1 {
        let text = "the path of a database has no %, # or ?";
        return Err(Error::Unavailable(text.into()));
    }
    let lock = File::open(&folder)?;
    lock.lock()?;
    // One that is there is not opened: closing it would drop the locks that this process has on it.
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
    {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => fs::set_permissions(&path, Permissions::from_mode(0o600))?,
    }
    durable(lock.sync_all())?;
    Ok((url, lock))
}

/// Makes a folder, mode 0700, and its name durable. Its parent is there.
pub(crate) fn folder(path: &Path) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
        _ => {}
    }
    match path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
    {
        Some(parent) => sync_folder(parent),
        None => Ok(()),
    }
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> Result<(), Error> {
    durable(File::open(path)?.sync_all())
}

/// The outcome of an fsync. Full is told apart: those bytes are known not to be there. After any
/// other failure nobody knows what is (the kernel marks the pages clean all the same).
pub(crate) fn durable(synced: io::Result<()>) -> Result<(), Error> {
    synced.map_err(|error| match Error::from(error) {
        Error::Full => Error::Full,
        other => Error::Fatal(other.to_string()),
    })
}

/// Removes a file if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
