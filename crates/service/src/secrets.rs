//! The folder of server secrets (docs/format.md, Server secrets): never in the database nor its backup.
//!
//! | file | holds | lives |
//! |-|-|-|
//! | `opaque` | the OPAQUE set-up | for good; goes into the backup of secrets |
//! | `mail-trace` | the key of the mark against loops | for good; a new one costs nothing |
//! | `mail` | the key over keys of PDF passwords, and of facts for later notices | for good; goes into the backup of secrets |
//! | `reply` | the private key to which replies are sealed, and its record | for good; goes into the backup of secrets |
//! | `hour-N` | the key-encryption key of hour N since the epoch | until its last item is gone; never backed up |
//!
//! Whatever waits readable is sealed under a key of its own, which the key of the hour wraps. A key
//! file and its folder are synced before the first item under it is acknowledged.

use std::collections::HashMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use depesche_seal::key::{ForServerItem, ForServerKek, Key};
use depesche_seal::wrap;
use zeroize::Zeroizing;

use crate::random::Random;

/// The folder cannot be used, or a thing does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretsError {
    /// Reading or writing a file failed.
    #[error(
        "the folder of secrets cannot be used: {0}; check that it exists, belongs to the server and has room"
    )]
    Io(#[from] std::io::Error),
    /// A file has a length that no key has.
    #[error("the secret {0} is damaged; restore it from the backup of secrets")]
    Damaged(String),
    /// The key of this hour is gone: the item was shredded, or restored from a backup without it.
    #[error("the key of this waiting item is gone; what waited under it cannot be read any more")]
    Gone,
}

struct Kek {
    key: Arc<Key<ForServerKek>>,
    /// Items being stored under it at this moment: while there are any it is not shredded.
    leases: usize,
    /// Items ever sealed under it by this process: tells whether one came in between.
    uses: u64,
}

/// An hour whose key may be destroyed if nothing is stored under it; from [`Secrets::idle_hours`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdleHour {
    hour: i64,
    uses: u64,
}

/// The folder.
pub struct Secrets {
    folder: PathBuf,
    hours: Mutex<HashMap<i64, Kek>>,
}

/// A thing sealed to wait.
pub struct Waiting {
    /// The hour whose key wraps its key.
    pub hour: i64,
    /// Its key, wrapped.
    pub wrapped: Vec<u8>,
    /// The thing, sealed.
    pub payload: Vec<u8>,
}

/// Keeps the key of an hour until the item under it is stored.
pub struct HourLease<'a> {
    secrets: &'a Secrets,
    hour: i64,
}

impl Drop for HourLease<'_> {
    fn drop(&mut self) {
        self.secrets.release(self.hour);
    }
}

/// What both wraps of an item are bound to.
pub(crate) fn item_context(hour: i64, id: &str) -> Vec<u8> {
    [hour.to_be_bytes().as_slice(), id.as_bytes()].concat()
}

impl Secrets {
    /// Opens the folder; makes it (0700) if it is not there.
    ///
    /// # Errors
    /// [`SecretsError::Io`].
    pub fn open(folder: &Path) -> Result<Self, SecretsError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let secrets = Self {
            folder: folder.to_owned(),
            hours: Mutex::default(),
        };
        secrets.sync_folder()?;
        Ok(secrets)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Kek>> {
        self.hours.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sync_folder(&self) -> std::io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    fn hour_file(&self, hour: i64) -> PathBuf {
        self.folder.join(format!("hour-{hour}"))
    }

    fn read(&self, path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, SecretsError> {
        let mut file = match File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(512));
        file.read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Writes a new secret file: whole and synced, or not at all.
    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), SecretsError> {
        let temporary = path.with_extension("new");
        let mut options = OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        self.sync_folder()?;
        Ok(())
    }

    /// The long-lived secret of that name; `make` draws it at first use.
    ///
    /// # Errors
    /// [`SecretsError::Io`].
    pub fn load_or_make(
        &self,
        name: &'static str,
        make: impl FnOnce() -> Zeroizing<Vec<u8>>,
    ) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
        // Under the lock: two first logins at once must not make two.
        let _guard = self.lock();
        let path = self.folder.join(name);
        if let Some(bytes) = self.read(&path)? {
            return Ok(bytes);
        }
        let bytes = make();
        self.write(&path, &bytes)?;
        Ok(bytes)
    }

    fn load_hour(
        &self,
        hours: &mut HashMap<i64, Kek>,
        hour: i64,
    ) -> Result<Option<Arc<Key<ForServerKek>>>, SecretsError> {
        if let Some(kek) = hours.get(&hour) {
            return Ok(Some(kek.key.clone()));
        }
        let Some(bytes) = self.read(&self.hour_file(hour))? else {
            return Ok(None);
        };
        let bytes: &[u8; 32] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| SecretsError::Damaged(format!("hour-{hour}")))?;
        let key = Arc::new(Key::from_bytes(bytes));
        hours.insert(
            hour,
            Kek {
                key: key.clone(),
                leases: 0,
                uses: 0,
            },
        );
        Ok(Some(key))
    }

    /// A fresh key for one item, and itself wrapped under the key of `hour`, whose key file is kept until
    /// [`Secrets::release`]. The key seals one text.
    ///
    /// # Errors
    /// [`SecretsError::Io`].
    pub(crate) fn make_item(
        &self,
        hour: i64,
        id: &str,
        random: &Random,
    ) -> Result<(Key<ForServerItem>, Vec<u8>), SecretsError> {
        let kek = {
            let mut hours = self.lock();
            if self.load_hour(&mut hours, hour)?.is_none() {
                let fresh = Zeroizing::new(random.bytes::<32>());
                self.write(&self.hour_file(hour), fresh.as_slice())?;
                hours.insert(
                    hour,
                    Kek {
                        key: Arc::new(Key::from_bytes(&fresh)),
                        leases: 0,
                        uses: 0,
                    },
                );
            }
            let kek = hours.get_mut(&hour).ok_or(SecretsError::Gone)?;
            kek.leases += 1;
            kek.uses += 1;
            kek.key.clone()
        };
        let item: Key<ForServerItem> = Key::from_bytes(&Zeroizing::new(random.bytes::<32>()));
        let wrapped = wrap::seal(&kek, random.bytes(), &item_context(hour, id), item.expose());
        Ok((item, wrapped))
    }

    /// The item is stored, or never will be.
    pub(crate) fn release(&self, hour: i64) {
        if let Some(kek) = self.lock().get_mut(&hour) {
            kek.leases = kek.leases.saturating_sub(1);
        }
    }

    /// The key that [`Secrets::make_item`] made.
    ///
    /// # Errors
    /// [`SecretsError::Gone`] if the key of the hour was shredded or the wrap is damaged.
    pub(crate) fn open_key(
        &self,
        hour: i64,
        id: &str,
        wrapped: &[u8],
    ) -> Result<Key<ForServerItem>, SecretsError> {
        let kek = self
            .load_hour(&mut self.lock(), hour)?
            .ok_or(SecretsError::Gone)?;
        let key =
            wrap::open(&kek, &item_context(hour, id), wrapped).map_err(|_| SecretsError::Gone)?;
        let key: &[u8; 32] = key.as_slice().try_into().map_err(|_| SecretsError::Gone)?;
        Ok(Key::from_bytes(key))
    }

    /// Seals `text` to wait, under a key of its own and the key of `hour`. `id` names the item and
    /// must be given again to open it. The lease is held until the item is stored.
    ///
    /// # Errors
    /// [`SecretsError::Io`].
    pub fn seal(
        &self,
        hour: i64,
        id: &str,
        text: &[u8],
        random: &Random,
    ) -> Result<(Waiting, HourLease<'_>), SecretsError> {
        let (item, wrapped) = self.make_item(hour, id, random)?;
        let lease = HourLease {
            secrets: self,
            hour,
        };
        let payload = wrap::seal(&item, random.bytes(), &item_context(hour, id), text);
        Ok((
            Waiting {
                hour,
                wrapped,
                payload,
            },
            lease,
        ))
    }

    /// Opens what [`Secrets::seal`] made.
    ///
    /// # Errors
    /// [`SecretsError::Gone`] if the key of the hour was shredded or the item is damaged.
    pub fn open_item(&self, id: &str, item: &Waiting) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
        let key = self.open_key(item.hour, id, &item.wrapped)?;
        wrap::open(&key, &item_context(item.hour, id), &item.payload)
            .map_err(|_| SecretsError::Gone)
    }

    /// Destroys the keys of all `candidates` that are not in `used` and under which nothing was sealed
    /// since they were named. Gives how many.
    ///
    /// `used` must have been read from the store *after* [`Secrets::idle_hours`] named the candidates.
    ///
    /// # Errors
    /// [`SecretsError::Io`].
    pub fn shred_hours(&self, candidates: &[IdleHour], used: &[i64]) -> Result<u64, SecretsError> {
        let mut hours = self.lock();
        let mut shredded = 0;
        for IdleHour { hour, uses } in candidates.iter().filter(|idle| !used.contains(&idle.hour)) {
            if hours
                .get(hour)
                .is_some_and(|kek| kek.leases > 0 || kek.uses != *uses)
            {
                continue;
            }
            hours.remove(hour);
            std::fs::remove_file(self.hour_file(*hour))?;
            shredded += 1;
        }
        if shredded > 0 {
            self.sync_folder()?;
        }
        Ok(shredded)
    }

    /// Hours with a key file under which nothing is being stored at this moment.
    ///
    /// # Errors
    /// [`SecretsError::Io`].
    pub fn idle_hours(&self) -> Result<Vec<IdleHour>, SecretsError> {
        let hours = self.lock();
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let hour = name
                .to_str()
                .and_then(|name| name.strip_prefix("hour-"))
                .and_then(|n| n.parse().ok());
            let Some(hour) = hour else { continue };
            match hours.get(&hour) {
                None => found.push(IdleHour { hour, uses: 0 }),
                Some(kek) if kek.leases == 0 => found.push(IdleHour {
                    hour,
                    uses: kek.uses,
                }),
                Some(_) => {}
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Secrets) {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::open(&folder.path().join("secrets")).unwrap();
        (folder, secrets)
    }

    #[test]
    fn what_waits_opens_again_also_after_a_restart() {
        let (folder, secrets) = folder();
        let (item, lease) = secrets
            .seal(7, "a", b"the letter", &Random::seeded(1))
            .unwrap();
        drop(lease);
        assert_eq!(
            secrets.open_item("a", &item).unwrap().as_slice(),
            b"the letter"
        );
        assert!(
            secrets.open_item("b", &item).is_err(),
            "another item's name opens nothing"
        );
        let again = Secrets::open(&folder.path().join("secrets")).unwrap();
        assert_eq!(
            again.open_item("a", &item).unwrap().as_slice(),
            b"the letter"
        );
    }

    #[test]
    fn a_shredded_hour_opens_nothing() {
        let (folder, secrets) = folder();
        let (item, lease) = secrets
            .seal(7, "a", b"the letter", &Random::seeded(1))
            .unwrap();
        assert_eq!(secrets.idle_hours().unwrap(), [], "it is being stored");
        drop(lease);
        let idle = secrets.idle_hours().unwrap();
        assert_eq!(idle.len(), 1);
        assert_eq!(
            secrets.shred_hours(&idle, &[7]).unwrap(),
            0,
            "the store still has an item"
        );
        drop(
            secrets
                .seal(7, "b", b"another", &Random::seeded(3))
                .unwrap(),
        );
        assert_eq!(
            secrets.shred_hours(&idle, &[]).unwrap(),
            0,
            "one was sealed in between"
        );
        let idle = secrets.idle_hours().unwrap();
        assert_eq!(secrets.shred_hours(&idle, &[]).unwrap(), 1);
        assert!(matches!(
            secrets.open_item("a", &item),
            Err(SecretsError::Gone)
        ));
        assert!(!folder.path().join("secrets/hour-7").exists());
        let (item, _lease) = secrets.seal(7, "c", b"next", &Random::seeded(2)).unwrap();
        assert_eq!(secrets.open_item("c", &item).unwrap().as_slice(), b"next");
    }

    #[test]
    fn secrets_are_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, secrets) = folder();
        let made = secrets
            .load_or_make("opaque", || Zeroizing::new(vec![1; 8]))
            .unwrap();
        assert_eq!(
            secrets
                .load_or_make("opaque", || Zeroizing::new(vec![2; 8]))
                .unwrap(),
            made
        );
        let mode = |path: &str| {
            folder
                .path()
                .join(path)
                .metadata()
                .unwrap()
                .permissions()
                .mode()
                & 0o777
        };
        assert_eq!((mode("secrets"), mode("secrets/opaque")), (0o700, 0o600));
    }
}
