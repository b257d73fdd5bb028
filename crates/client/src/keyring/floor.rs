//! What this profile has seen of an account's keyring, and behind which the server must not go.
//!
//! `HOME/profiles/NAME/keyrings/HASH.json`: no secret, but the memory that tells an older keyring from the newest one.

use std::io;
use std::path::PathBuf;

use depesche_seal::key::{Fingerprint, Hash};
use depesche_seal::keyring::Seen;
use depesche_seal::primitives::Sha256;
use serde::{Deserialize, Serialize};

use crate::own::Own;
use crate::profile::{ProfileError, replace_file};

/// The newest that was seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Floor {
    pub(super) seen: Seen,
    /// Of the newest key record.
    pub(super) head: Fingerprint,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    generation: u64,
    body: String,
    head: String,
}

impl Floor {
    fn path(own: Own<'_>) -> PathBuf {
        let mut hash = Sha256::new();
        hash.update(own.server.base().as_bytes());
        hash.update(&[0]);
        hash.update(own.account.id.as_bytes());
        let name = Hash::from_bytes(hash.finish());
        own.profile.keyrings().join(format!("{name}.json"))
    }

    /// None if this profile has never opened the keyring. What cannot be read is an error: forgetting must not be easy.
    pub(super) fn load(own: Own<'_>) -> Result<Option<Self>, ProfileError> {
        let path = Self::path(own);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ProfileError::at(&path)(error)),
        };
        let floor = serde_json::from_slice::<Wire>(&bytes)
            .ok()
            .and_then(|wire| {
                Some(Self {
                    seen: Seen {
                        generation: wire.generation,
                        body: Hash::parse(&wire.body).ok()?,
                    },
                    head: Fingerprint::parse(&wire.head).ok()?,
                })
            });
        let damaged = || io::Error::new(io::ErrorKind::InvalidData, "it is damaged; delete it");
        floor
            .ok_or_else(damaged)
            .map(Some)
            .map_err(ProfileError::at(&path))
    }

    pub(super) fn save(&self, own: Own<'_>) -> Result<(), ProfileError> {
        let path = Self::path(own);
        let wire = Wire {
            generation: self.seen.generation,
            body: self.seen.body.to_string(),
            head: self.head.to_string(),
        };
        let bytes = serde_json::to_vec(&wire).expect("a floor is JSON");
        replace_file(&path, &bytes)
            .map(drop)
            .map_err(ProfileError::at(&path))
    }
}
