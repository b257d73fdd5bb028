//! Locks: each wraps the keyring's key (UMK) for one secret that its owner has.
//!
//! ```text
//! lock   = type || u16 length || params || nonce 12 || commit 32 || AES-256-GCM(KEK, nonce, aad, UMK)
//! KEK    = KDF(MK, account, T(lock-kek) || type || params)     commit likewise with T(lock-commit)
//! aad    = T(lock) || account || type || params || commit
//! type 1 SealPass: params = u32 m || u32 t || u8 p || salt 16, MK = Argon2id(NFKC(SealPass), salt, m, t, p)
//! type 2 kit: params = u32 number || id 8, MK = the 20 bytes of the kit
//! type 3 passkey, type 4 organisation: reserved; kept, and never opened by this program
//! ```
//! `commit` is compared before anything is decrypted: AES-GCM alone would let whoever serves a lock try
//! many passphrases at once. Parameters below the floor are refused before anything is derived.

use crate::format::{FormatError, Reader};
use crate::key::{AccountId, KeyringKey};
use crate::kit::{KitId, KitSecret};
use crate::namespace::Namespace;
use crate::password::{Params, PasswordError};
use crate::primitives::{self, Aead, NONCE_LEN, Secret, TAG_LEN};

/// Memory of a new SealPass, in KiB: 128 MiB.
pub const SEALPASS_MEMORY: u32 = 128 * 1024;
/// Passes of a new SealPass.
pub const SEALPASS_PASSES: u32 = 3;

const SEALPASS: u8 = 1;
const KIT: u8 = 2;
const PASSKEY: u8 = 3;
const ORGANISATION: u8 = 4;
const KIT_PARAMS: usize = 4 + KitId::LEN;
const MAX_RESERVED_PARAMS: usize = 4096;
const SEALED_KEY: usize = 32 + TAG_LEN;

/// A lock cannot be read or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Not the shape of a lock.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A type that is none.
    #[error("this lock is of a kind that this program does not know; a newer one may")]
    Kind,
    /// The parameters have another length than their type has.
    #[error("this lock is damaged: its parameters are none")]
    Params,
    /// Parameters below the floor; deriving would help whoever sent them to guess.
    #[error(
        "the server offers a lock that is too weak to be used; do not type your SealPass again, and tell whoever runs it"
    )]
    Weak,
    /// Parameters above the ceiling, or more lanes than one.
    #[error("this lock asks for more work than a client does; tell whoever runs the server")]
    Heavy,
    /// Nothing is left of the SealPass after normalisation.
    #[error("the SealPass is empty")]
    Empty,
    /// The machine has not the memory that the parameters ask for.
    #[error("there is not enough memory to use the SealPass; close other programs and try again")]
    Memory,
    /// This kind is opened by something else.
    #[error("this lock is opened by another means")]
    OtherKind,
    /// Wrong SealPass or kit, or another account's lock.
    #[error("this does not open the keyring; nothing was changed")]
    Wrong,
    /// The commitment fits, and the tag does not: changed bytes.
    #[error("this lock is damaged; use another one")]
    Authentication,
}

impl LockError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Format(error) => error.code(),
            Self::Kind => "lock_kind",
            Self::Params => "lock_params",
            Self::Weak => "password_weak",
            Self::Heavy => "password_heavy",
            Self::Empty => "password_empty",
            Self::Memory => "password_memory",
            Self::OtherKind => "lock_other_kind",
            Self::Wrong => "commitment",
            Self::Authentication => "authentication",
        }
    }
}

impl From<PasswordError> for LockError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Weak => Self::Weak,
            PasswordError::Heavy => Self::Heavy,
            PasswordError::Empty => Self::Empty,
            PasswordError::Memory => Self::Memory,
        }
    }
}

/// What opens a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The SealPass, with these parameters.
    SealPass(Params),
    /// A printed kit.
    Kit {
        /// Counted from one, for people.
        number: u32,
        /// Printed on it.
        id: KitId,
    },
    /// Reserved; the parameters as they came.
    Passkey(Vec<u8>),
    /// Reserved; the parameters as they came.
    Organisation(Vec<u8>),
}

impl Kind {
    /// `type || params`.
    fn context(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1 + Params::LEN);
        match self {
            Self::SealPass(params) => {
                out.push(SEALPASS);
                params.write(&mut out);
            }
            Self::Kit { number, id } => {
                out.push(KIT);
                out.extend_from_slice(&number.to_be_bytes());
                out.extend_from_slice(id.as_bytes());
            }
            Self::Passkey(params) => {
                out.push(PASSKEY);
                out.extend_from_slice(params);
            }
            Self::Organisation(params) => {
                out.push(ORGANISATION);
                out.extend_from_slice(params);
            }
        }
        out
    }

    fn read(kind: u8, params: &[u8]) -> Result<Self, LockError> {
        let mut reader = Reader::new(params);
        match kind {
            SEALPASS if params.len() == Params::LEN => {
                Ok(Self::SealPass(Params::read(&mut reader)??))
            }
            KIT if params.len() == KIT_PARAMS => Ok(Self::Kit {
                number: reader.u32()?,
                id: KitId::from_bytes(reader.array()?),
            }),
            SEALPASS | KIT => Err(LockError::Params),
            PASSKEY | ORGANISATION if params.len() > MAX_RESERVED_PARAMS => Err(LockError::Params),
            PASSKEY => Ok(Self::Passkey(params.to_vec())),
            ORGANISATION => Ok(Self::Organisation(params.to_vec())),
            _ => Err(LockError::Kind),
        }
    }
}

/// The keyring's key wrapped for one secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    kind: Kind,
    nonce: [u8; NONCE_LEN],
    commitment: [u8; 32],
    sealed: [u8; SEALED_KEY],
}

impl Lock {
    /// What a new SealPass uses, with 16 fresh random bytes: 128 MiB, three passes, one lane.
    #[must_use]
    pub const fn recommended(salt: [u8; crate::password::SALT_LEN]) -> Params {
        match Params::new(SEALPASS_MEMORY, SEALPASS_PASSES, salt) {
            Ok(params) => params,
            Err(_) => unreachable!(),
        }
    }

    /// Wraps `umk` for a SealPass; takes memory and a quarter of a second. Salt and nonce are fresh.
    ///
    /// # Errors
    /// [`LockError::Empty`], [`LockError::Memory`].
    pub fn seal_sealpass(
        umk: &KeyringKey,
        account: &AccountId,
        sealpass: &str,
        params: Params,
        nonce: [u8; NONCE_LEN],
    ) -> Result<Self, LockError> {
        let master = params.stretch(sealpass)?;
        let kind = Kind::SealPass(params);
        Ok(Self::seal(umk, account, kind, master.expose(), nonce))
    }

    /// Wraps `umk` for a kit, whose secret and id are fresh, as `nonce` is.
    #[must_use]
    pub fn seal_kit(
        umk: &KeyringKey,
        account: &AccountId,
        (number, id): (u32, KitId),
        secret: &KitSecret,
        nonce: [u8; NONCE_LEN],
    ) -> Self {
        let kind = Kind::Kit { number, id };
        Self::seal(umk, account, kind, secret.expose(), nonce)
    }

    fn seal(
        umk: &KeyringKey,
        account: &AccountId,
        kind: Kind,
        master: &[u8],
        nonce: [u8; NONCE_LEN],
    ) -> Self {
        let context = kind.context();
        let commitment = **derive(master, account, Namespace::LockCommit, &context);
        let mut sealed = [0; SEALED_KEY];
        sealed[..32].copy_from_slice(umk.expose());
        Aead::new(&derive(master, account, Namespace::LockKek, &context)).seal_in_place(
            nonce,
            &aad(account, &context, &commitment),
            &mut sealed,
        );
        Self {
            kind,
            nonce,
            commitment,
            sealed,
        }
    }

    /// Reads exactly one lock.
    ///
    /// # Errors
    /// [`LockError::Format`], [`LockError::Kind`], [`LockError::Params`], [`LockError::Weak`],
    /// [`LockError::Heavy`].
    pub fn parse(bytes: &[u8]) -> Result<Self, LockError> {
        let mut reader = Reader::new(bytes);
        let kind = reader.u8()?;
        let length = u16::from_be_bytes(reader.array()?);
        let params = reader.bytes(usize::from(length))?;
        let lock = Self {
            kind: Kind::read(kind, params)?,
            nonce: reader.array()?,
            commitment: reader.array()?,
            sealed: reader.array()?,
        };
        reader.end()?;
        Ok(lock)
    }

    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let context = self.kind.context();
        let (kind, params) = context.split_first().expect("there is a type");
        let length = u16::try_from(params.len()).expect("parameters are short");
        let mut out = vec![*kind];
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(params);
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.commitment);
        out.extend_from_slice(&self.sealed);
        out
    }

    /// What opens it.
    #[must_use]
    pub const fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Opens it with the SealPass.
    ///
    /// # Errors
    /// [`LockError::OtherKind`], [`LockError::Empty`], [`LockError::Memory`], [`LockError::Wrong`],
    /// [`LockError::Authentication`].
    pub fn open_sealpass(
        &self,
        account: &AccountId,
        sealpass: &str,
    ) -> Result<KeyringKey, LockError> {
        match &self.kind {
            Kind::SealPass(params) => self.open(account, params.stretch(sealpass)?.expose()),
            _ => Err(LockError::OtherKind),
        }
    }

    /// Opens it with a kit.
    ///
    /// # Errors
    /// [`LockError::OtherKind`], [`LockError::Wrong`], [`LockError::Authentication`].
    pub fn open_kit(
        &self,
        account: &AccountId,
        secret: &KitSecret,
    ) -> Result<KeyringKey, LockError> {
        match &self.kind {
            Kind::Kit { .. } => self.open(account, secret.expose()),
            _ => Err(LockError::OtherKind),
        }
    }

    fn open(&self, account: &AccountId, master: &[u8]) -> Result<KeyringKey, LockError> {
        let context = self.kind.context();
        let commitment = derive(master, account, Namespace::LockCommit, &context);
        if !primitives::equal(commitment.as_slice(), &self.commitment) {
            return Err(LockError::Wrong);
        }
        let kek = derive(master, account, Namespace::LockKek, &context);
        let aad = aad(account, &context, &self.commitment);
        primitives::open_key(&kek, self.nonce, &aad, &self.sealed)
            .map(KeyringKey::from_secret)
            .map_err(|_| LockError::Authentication)
    }
}

fn derive(master: &[u8], account: &AccountId, label: Namespace, context: &[u8]) -> Secret {
    primitives::kdf(master, account.as_bytes(), &[label.label(), context])
}

fn aad(account: &AccountId, context: &[u8], commitment: &[u8; 32]) -> Vec<u8> {
    let label = Namespace::Lock.label();
    [label, account.as_bytes(), context, commitment].concat()
}
