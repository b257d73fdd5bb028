//! The client's own folder: the session, what is being sent and what is being fetched.
//!
//! ```text
//! HOME/profiles/NAME/session.json      who is logged in where
//! HOME/profiles/NAME/outgoing/         drafts and posted parcels (draft.rs)
//! HOME/profiles/NAME/incoming/         visits under way (fetch/incoming.rs)
//! HOME/profiles/NAME/keyrings/         how far a keyring had come (keyring/floor.rs)
//! ```
//! Folders have mode 0700, files 0600: all of it opens deliveries.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use depesche_api::Account;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::fault::Fault;

const SESSION: &str = "session.json";

/// The client's folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// Reading or writing failed.
    #[error("the folder of this program cannot be used: {path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A name that could lead elsewhere.
    #[error("`{0}` is not the name of a profile; use letters, digits, `-`, `_` and dots")]
    Name(String),
}

impl ProfileError {
    /// A stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "profile_folder",
            Self::Name(_) => "profile_name",
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        match self {
            Self::Io { .. } => Fault::Other,
            Self::Name(_) => Fault::Usage,
        }
    }

    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

/// Who is logged in, and where.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// The server's address.
    pub server: String,
    /// For `Authorization: Bearer`.
    pub token: Secret,
    /// Whose it is.
    pub account: Account,
}

/// Text that opens something: wiped on drop, never shown.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(transparent)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for the one who needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// One profile's folder.
#[derive(Debug, Clone)]
pub struct Profile {
    dir: PathBuf,
}

impl Profile {
    /// Opens, and where needed makes, the profile `name` below the program's folder `home`.
    ///
    /// # Errors
    /// [`ProfileError`].
    pub fn open(home: &Path, name: &str) -> Result<Self, ProfileError> {
        let plain = !name.is_empty()
            && name.len() <= 64
            && !name.starts_with('.')
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.@+".contains(&b));
        if !plain {
            return Err(ProfileError::Name(name.to_owned()));
        }
        let dir = home.join("profiles").join(name);
        for dir in [
            &dir,
            &dir.join("outgoing"),
            &dir.join("incoming"),
            &dir.join("keyrings"),
        ] {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(dir)
                .map_err(ProfileError::at(dir))?;
        }
        Ok(Self { dir })
    }

    pub(crate) fn outgoing(&self) -> PathBuf {
        self.dir.join("outgoing")
    }

    pub(crate) fn incoming(&self) -> PathBuf {
        self.dir.join("incoming")
    }

    pub(crate) fn keyrings(&self) -> PathBuf {
        self.dir.join("keyrings")
    }

    /// Who is logged in; nobody if there is no session or it cannot be read.
    ///
    /// # Errors
    /// [`ProfileError::Io`].
    pub fn session(&self) -> Result<Option<Session>, ProfileError> {
        let path = self.dir.join(SESSION);
        match fs::read(&path) {
            Ok(bytes) => Ok(serde_json::from_slice(&Zeroizing::new(bytes)).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(ProfileError::at(&path)(error)),
        }
    }

    /// Keeps a session in place of the one before.
    ///
    /// # Errors
    /// [`ProfileError::Io`].
    pub fn save_session(&self, session: &Session) -> Result<(), ProfileError> {
        let bytes = Zeroizing::new(serde_json::to_vec(session).expect("a session is JSON"));
        let path = self.dir.join(SESSION);
        replace_file(&path, &bytes)
            .map(drop)
            .map_err(ProfileError::at(&path))
    }

    /// Forgets the session.
    ///
    /// # Errors
    /// [`ProfileError::Io`].
    pub fn forget_session(&self) -> Result<(), ProfileError> {
        let path = self.dir.join(SESSION);
        remove_file(&path).map_err(ProfileError::at(&path))
    }
}

/// Writes a file so that there is always either the old or the new one, and gives the new one. It is
/// locked before it takes the old one's place.
pub(crate) fn put_file(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let file = write_beside(path, bytes)?;
    fs::rename(beside(path), path)?;
    Ok(file)
}

/// As [`put_file`], and so even after a power cut.
pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let file = write_beside(path, bytes)?;
    file.sync_all()?;
    fs::rename(beside(path), path)?;
    sync_parent(path)?;
    Ok(file)
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("new")
}

fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<File> {
    remove_file(&beside(path))?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(beside(path))?;
    file.try_lock()
        .map_err(|_| io::Error::from(io::ErrorKind::ResourceBusy))?;
    file.write_all(bytes)?;
    Ok(file)
}

/// Deletes a file that may be gone already.
pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the name of a file in its folder outlast a power cut.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}
