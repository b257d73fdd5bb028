//! What is kept of a fetch under way, so that the same command goes on: the visit's token and the work folder.
//!
//! The link's key is not kept: whoever goes on has the link. One process at a time works on one. Nothing here
//! is synced: what a power cut takes away is fetched again.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use depesche_seal::key::{Hash, LinkId};
use depesche_seal::primitives::Sha256;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::error::FetchError;
use crate::profile::{Profile, ProfileError, Secret, put_file, remove_file};
use crate::world::World;

#[derive(Serialize, Deserialize)]
struct Wire {
    /// base64url, 32 bytes: the claim is this device's.
    token: Secret,
    /// Name of the work folder inside the chosen one.
    work: String,
    /// Top entry and the name it gets; known once everything is verified and on the disk.
    moves: Option<Vec<(String, String)>>,
}

/// A fetch of one link into one folder.
pub struct Incoming {
    file: File,
    path: PathBuf,
    out: PathBuf,
    wire: Wire,
    went_on: bool,
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Incoming({})", self.wire.work)
    }
}

impl Incoming {
    /// Goes on with the fetch of this link or delivery into this folder, else begins one.
    ///
    /// # Errors
    /// [`FetchError::Profile`], [`FetchError::Io`], [`FetchError::Busy`].
    pub fn begin(
        profile: &Profile,
        what: &[u8; 16],
        out: &Path,
        world: World,
    ) -> Result<Self, FetchError> {
        fs::create_dir_all(out).map_err(|source| FetchError::Io {
            path: out.to_owned(),
            source,
        })?;
        let out = fs::canonicalize(out).map_err(|source| FetchError::Io {
            path: out.to_owned(),
            source,
        })?;
        let path = profile.incoming().join(name(what, &out));
        let at = |source| FetchError::Profile(ProfileError::at(&path)(source));
        match fs::OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => {
                if file.try_lock().is_err() {
                    return Err(FetchError::Busy { path: out });
                }
                if let Some(wire) = read(&file).map_err(at)? {
                    return Ok(Self {
                        file,
                        path,
                        out,
                        wire,
                        went_on: true,
                    });
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(at(error)),
        }
        let wire = Wire {
            token: Secret::new(data_encoding::BASE64URL_NOPAD.encode(&world.draw::<32>())),
            work: format!(".depesche-{}.part", LinkId::from_bytes(world.draw())),
            moves: None,
        };
        let file = put_file(&path, &write(&wire)).map_err(at)?;
        Ok(Self {
            file,
            path,
            out,
            wire,
            went_on: false,
        })
    }

    /// Whether an earlier run began it.
    #[must_use]
    pub const fn went_on(&self) -> bool {
        self.went_on
    }

    /// The chosen folder, resolved.
    #[must_use]
    pub fn out(&self) -> &Path {
        &self.out
    }

    pub(crate) fn work(&self) -> &str {
        &self.wire.work
    }

    pub(crate) fn token(&self) -> &Secret {
        &self.wire.token
    }

    /// Names settled: everything is verified, on the disk and confirmed.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.wire.moves.is_some()
    }

    pub(crate) fn moves(&self) -> Option<&[(String, String)]> {
        self.wire.moves.as_deref()
    }

    pub(crate) fn set_moves(&mut self, moves: Vec<(String, String)>) -> Result<(), ProfileError> {
        self.wire.moves = Some(moves);
        self.file =
            put_file(&self.path, &write(&self.wire)).map_err(ProfileError::at(&self.path))?;
        Ok(())
    }

    /// Forgets it: everything is in its place, or never will be.
    ///
    /// # Errors
    /// [`ProfileError::Io`].
    pub fn forget(self) -> Result<(), ProfileError> {
        remove_file(&self.path).map_err(ProfileError::at(&self.path))
    }

    /// Forgets it and deletes what was fetched so far: the delivery is no longer there.
    ///
    /// # Errors
    /// [`ProfileError::Io`].
    pub fn discard(self) -> Result<(), ProfileError> {
        let work = self.out.join(&self.wire.work);
        match fs::remove_dir_all(&work) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(ProfileError::at(&work)(error));
            }
            _ => {}
        }
        self.forget()
    }
}

fn name(what: &[u8; 16], out: &Path) -> String {
    let mut hash = Sha256::new();
    hash.update(what);
    hash.update(out.as_os_str().as_encoded_bytes());
    format!("{}.json", Hash::from_bytes(hash.finish()))
}

fn read(mut file: &File) -> io::Result<Option<Wire>> {
    let mut bytes = Zeroizing::new(Vec::new());
    file.read_to_end(&mut bytes)?;
    let wire: Option<Wire> = serde_json::from_slice(&bytes).ok();
    Ok(wire.filter(|wire| !wire.work.contains('/') && wire.work.starts_with(".depesche-")))
}

fn write(wire: &Wire) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(serde_json::to_vec(wire).expect("a fetch under way is JSON"))
}
