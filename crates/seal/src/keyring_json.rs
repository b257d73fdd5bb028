//! The keyring as JSON (RFC 8259).
//!
//! Members that this version does not know are ignored; what a reader must understand raises `v`.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::format::FormatError;
use crate::key::{AccountId, Fingerprint, Key, Purpose};
use crate::keyring::{Keyring, KeyringError, OwnKem};
use crate::trust::{Pin, Verified};

const VERSION: u64 = 1;

impl Keyring {
    /// Writes the JSON, after the same checks as [`Keyring::from_json`]. Only ever sealed, never logged.
    ///
    /// # Errors
    /// [`KeyringError::Contents`].
    pub fn to_json(&self) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
        self.check()?;
        let wire = WireKeyring {
            v: VERSION,
            signature_seed: self.signature_seed.to_text(),
            kem_seeds: self.kem.iter().map(WireKem::from).collect(),
            claim_seed: self.claim_seed.to_text(),
            pins: self.pins.iter().map(WirePin::from).collect(),
        };
        serde_json::to_vec(&wire)
            .map(Zeroizing::new)
            .map_err(|_| KeyringError::Json)
    }

    /// Reads the JSON and checks all of it.
    ///
    /// # Errors
    /// [`KeyringError::Json`], [`KeyringError::Version`], [`KeyringError::Contents`].
    pub fn from_json(json: &[u8]) -> Result<Self, KeyringError> {
        let version: WireVersion = serde_json::from_slice(json).map_err(|_| KeyringError::Json)?;
        if version.v != VERSION {
            return Err(KeyringError::Version);
        }
        let wire: WireKeyring = serde_json::from_slice(json).map_err(|_| KeyringError::Json)?;
        let keyring = Self {
            signature_seed: key(&wire.signature_seed)?,
            kem: wire
                .kem_seeds
                .iter()
                .map(WireKem::own)
                .collect::<Result<_, _>>()?,
            claim_seed: key(&wire.claim_seed)?,
            pins: wire
                .pins
                .into_iter()
                .map(WirePin::pin)
                .collect::<Result<_, _>>()?,
        };
        keyring.check()?;
        Ok(keyring)
    }
}

fn key<P: Purpose>(text: &str) -> Result<Key<P>, KeyringError> {
    Key::parse_text(text).map_err(text_error)
}

fn text_error(_: FormatError) -> KeyringError {
    KeyringError::Json
}

/// Read first, so that a newer keyring is called newer and not damaged.
#[derive(Deserialize)]
struct WireVersion {
    v: u64,
}

#[derive(Serialize, Deserialize)]
struct WireKeyring {
    v: u64,
    signature_seed: Zeroizing<String>,
    kem_seeds: Vec<WireKem>,
    claim_seed: Zeroizing<String>,
    pins: Vec<WirePin>,
}

#[derive(Serialize, Deserialize)]
struct WireKem {
    fingerprint: String,
    seed: Zeroizing<String>,
}

impl From<&OwnKem> for WireKem {
    fn from(own: &OwnKem) -> Self {
        Self {
            fingerprint: own.fingerprint.to_string(),
            seed: own.seed.to_text(),
        }
    }
}

impl WireKem {
    fn own(&self) -> Result<OwnKem, KeyringError> {
        Ok(OwnKem {
            fingerprint: Fingerprint::parse(&self.fingerprint).map_err(text_error)?,
            seed: key(&self.seed)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct WirePin {
    account: String,
    address: String,
    fingerprint: String,
    verified: WireVerified,
    at: i64,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WireVerified {
    Code,
    Words,
    No,
}

impl From<&Pin> for WirePin {
    fn from(pin: &Pin) -> Self {
        Self {
            account: pin.account.to_string(),
            address: pin.address.clone(),
            fingerprint: pin.fingerprint.to_string(),
            verified: match pin.verified {
                Verified::Code => WireVerified::Code,
                Verified::Words => WireVerified::Words,
                Verified::No => WireVerified::No,
            },
            at: pin.at,
        }
    }
}

impl WirePin {
    fn pin(self) -> Result<Pin, KeyringError> {
        Ok(Pin {
            account: AccountId::parse(&self.account).map_err(text_error)?,
            fingerprint: Fingerprint::parse(&self.fingerprint).map_err(text_error)?,
            address: self.address,
            verified: match self.verified {
                WireVerified::Code => Verified::Code,
                WireVerified::Words => Verified::Words,
                WireVerified::No => Verified::No,
            },
            at: self.at,
        })
    }
}
