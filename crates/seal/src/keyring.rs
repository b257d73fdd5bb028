//! The keyring: an account's secret keys and pins, sealed under its key (UMK) in numbered versions.
//!
//! ```text
//! body = "DPK1" || suite || account 16 || u64 generation || nonce 12
//!        || AES-256-GCM(KDF(UMK, account, T(keyring)), nonce, aad = all before the nonce, json)
//! ```
//! The server keeps all versions and could serve an old one: a client remembers what it saw last and asks
//! [`Seen::check`] each time.

use std::fmt;

use zeroize::Zeroizing;

use crate::format::{FormatError, Reader, SUITE};
use crate::key::{AccountId, ClaimSeed, Fingerprint, Hash, KemSeed, KeyringKey, SignatureSeed};
use crate::namespace::Namespace;
use crate::primitives::{self, Aead, NONCE_LEN, TAG_LEN};
use crate::record::{KeyRecord, NewKeys, RecordError, SignedRecord};
use crate::signature::SigningKey;
use crate::trust::Pin;
use crate::words::WordList;

/// Most bytes of a body: room for a hundred thousand pins.
pub const MAX_BODY: usize = 32 << 20;

const MAGIC: [u8; 4] = *b"DPK1";
const HEAD_LEN: usize = 4 + 1 + 16 + 8;
/// Integers beyond this are not the same in every language.
const MAX_GENERATION: u64 = (1 << 53) - 1;

/// A keyring that no client makes or takes. Carries nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// Not the shape of a body.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// More than [`MAX_BODY`].
    #[error("the keyring is too large")]
    TooLarge,
    /// A generation that is none: zero, or beyond 53 bits.
    #[error("the keyring is damaged: its version is none")]
    Generation,
    /// Another account's.
    #[error("this keyring belongs to somebody else")]
    Account,
    /// Wrong key, or changed bytes; nobody can tell which.
    #[error("the keyring does not open; it is damaged, or its key has changed since")]
    Authentication,
    /// Not JSON, or a member is missing, doubled or of another kind.
    #[error("the keyring cannot be read")]
    Json,
    /// Made by a newer program.
    #[error("the keyring was made by a newer program; update this one")]
    Version,
    /// It holds no KEM key, two of one name, or two pins of one account.
    #[error("the keyring is damaged: what it holds does not go together")]
    Contents,
    /// Older than one that was seen.
    #[error(
        "the server offers an older keyring than before; do not go on, and tell whoever runs it"
    )]
    Older,
    /// Another one of the same version as one that was seen.
    #[error(
        "the server offers another keyring under the same version; do not go on, and tell whoever runs it"
    )]
    Forked,
}

impl KeyringError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Format(error) => error.code(),
            Self::TooLarge => "too_large",
            Self::Generation => "keyring_generation",
            Self::Account => "keyring_account",
            Self::Authentication => "authentication",
            Self::Json => "keyring_json",
            Self::Version => "keyring_version",
            Self::Contents => "keyring_contents",
            Self::Older => "keyring_older",
            Self::Forked => "keyring_forked",
        }
    }
}

/// A KEM key of one's own, and the key record it belongs to.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnKem {
    /// Of the record.
    pub fingerprint: Fingerprint,
    /// The private key.
    pub seed: KemSeed,
}

/// Random bytes for a new keyring, each for this one use.
#[derive(Clone, PartialEq, Eq)]
pub struct Fresh {
    /// 32 random bytes.
    pub signature_seed: SignatureSeed,
    /// 32 random bytes.
    pub kem_seed: KemSeed,
    /// 32 random bytes.
    pub claim_seed: ClaimSeed,
}

/// What only its owner has.
#[derive(Clone, PartialEq, Eq)]
pub struct Keyring {
    pub(crate) signature_seed: SignatureSeed,
    pub(crate) kem: Vec<OwnKem>,
    pub(crate) claim_seed: ClaimSeed,
    pub(crate) pins: Vec<Pin>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring(..)")
    }
}

impl Keyring {
    /// A new keyring, and the first key record of `account`.
    ///
    /// # Errors
    /// [`RecordError::Time`].
    pub fn make(
        fresh: &Fresh,
        account: AccountId,
        time: u64,
        list: WordList,
    ) -> Result<(Self, SignedRecord), RecordError> {
        let signing = SigningKey::new(&fresh.signature_seed);
        let record = SignedRecord::first(account, fresh.keys(&signing, time, list))?;
        Ok((Self::around(fresh, record.record()), record))
    }

    /// A new keyring after the old one was lost: the record is flagged *reset*, and nothing is kept.
    ///
    /// # Errors
    /// [`RecordError::Time`].
    pub fn make_after_reset(
        fresh: &Fresh,
        before: &SignedRecord,
        time: u64,
        list: WordList,
    ) -> Result<(Self, SignedRecord), RecordError> {
        let signing = SigningKey::new(&fresh.signature_seed);
        let record = SignedRecord::reset(before, fresh.keys(&signing, time, list))?;
        Ok((Self::around(fresh, record.record()), record))
    }

    /// New keys in the same keyring, signed by the old one; old stanzas still open.
    ///
    /// # Errors
    /// [`RecordError::Time`]; [`RecordError::Shape`] unless `before` is this keyring's record.
    pub fn rotate(
        &mut self,
        fresh: &Fresh,
        before: &SignedRecord,
        time: u64,
        list: WordList,
    ) -> Result<SignedRecord, RecordError> {
        let signing = SigningKey::new(&fresh.signature_seed);
        let keys = fresh.keys(&signing, time, list);
        let record = SignedRecord::next(before, &self.signing_key(), keys)?;
        self.signature_seed = fresh.signature_seed.clone();
        self.kem.push(OwnKem {
            fingerprint: record.record().fingerprint(),
            seed: fresh.kem_seed.clone(),
        });
        Ok(record)
    }

    fn around(fresh: &Fresh, record: &KeyRecord) -> Self {
        Self {
            signature_seed: fresh.signature_seed.clone(),
            kem: vec![OwnKem {
                fingerprint: record.fingerprint(),
                seed: fresh.kem_seed.clone(),
            }],
            claim_seed: fresh.claim_seed.clone(),
            pins: Vec::new(),
        }
    }

    /// The key that signs now.
    #[must_use]
    pub fn signing_key(&self) -> SigningKey {
        SigningKey::new(&self.signature_seed)
    }

    /// What makes claim codes.
    #[must_use]
    pub const fn claim_seed(&self) -> &ClaimSeed {
        &self.claim_seed
    }

    /// The name of one's current record.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let current = self.kem.last().expect("a keyring has a KEM key");
        current.fingerprint
    }

    /// The private key of one of one's own records, current or earlier.
    #[must_use]
    pub fn kem_seed(&self, fingerprint: &Fingerprint) -> Option<&KemSeed> {
        let own = self.kem.iter().find(|own| own.fingerprint == *fingerprint);
        own.map(|own| &own.seed)
    }

    /// Whether `record` is the current public half: a server may hand out another.
    #[must_use]
    pub fn is_of(&self, record: &KeyRecord) -> bool {
        let seed = self.kem_seed(&record.fingerprint());
        record.fingerprint() == self.fingerprint()
            && record.verifying_key() == self.signing_key().verifying()
            && seed.is_some_and(|seed| record.is_of(seed))
    }

    /// The pin of a contact.
    #[must_use]
    pub fn pin(&self, account: &AccountId) -> Option<&Pin> {
        self.pins.iter().find(|pin| pin.account == *account)
    }

    /// All pins.
    #[must_use]
    pub fn pins(&self) -> &[Pin] {
        &self.pins
    }

    /// Keeps a pin, in the place of an earlier one of that account.
    pub fn set_pin(&mut self, pin: Pin) {
        match self.pins.iter_mut().find(|old| old.account == pin.account) {
            Some(old) => *old = pin,
            None => self.pins.push(pin),
        }
    }

    /// Forgets a contact.
    pub fn remove_pin(&mut self, account: &AccountId) {
        self.pins.retain(|pin| pin.account != *account);
    }

    /// Checks what a reader would refuse.
    pub(crate) fn check(&self) -> Result<(), KeyringError> {
        let mut names: Vec<_> = self
            .kem
            .iter()
            .map(|own| *own.fingerprint.as_bytes())
            .collect();
        let mut pinned: Vec<_> = self
            .pins
            .iter()
            .map(|pin| *pin.account.as_bytes())
            .collect();
        let (kems, pins) = (names.len(), pinned.len());
        names.sort_unstable();
        names.dedup();
        pinned.sort_unstable();
        pinned.dedup();
        let times = self
            .pins
            .iter()
            .all(|pin| pin.at.unsigned_abs() <= MAX_GENERATION);
        if kems > 0 && names.len() == kems && pinned.len() == pins && times {
            Ok(())
        } else {
            Err(KeyringError::Contents)
        }
    }
}

impl Fresh {
    const fn keys<'a>(&'a self, signing: &'a SigningKey, time: u64, list: WordList) -> NewKeys<'a> {
        NewKeys {
            signing,
            kem: &self.kem_seed,
            time,
            list,
        }
    }
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fresh(..)")
    }
}

/// A sealed keyring: one numbered version.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    account: AccountId,
    generation: u64,
    nonce: [u8; NONCE_LEN],
    sealed: Vec<u8>,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({}, {})", self.account, self.generation)
    }
}

impl Body {
    /// Seals a keyring as version `generation`: 1, then one more than the last; after a reset its epoch
    /// times 2^32. `nonce` is fresh.
    ///
    /// # Errors
    /// [`KeyringError::Generation`], [`KeyringError::TooLarge`], [`KeyringError::Contents`].
    pub fn seal(
        keyring: &Keyring,
        umk: &KeyringKey,
        account: AccountId,
        generation: u64,
        nonce: [u8; NONCE_LEN],
    ) -> Result<Self, KeyringError> {
        check_generation(generation)?;
        let mut sealed = keyring.to_json()?.to_vec();
        sealed.resize(sealed.len() + TAG_LEN, 0);
        if HEAD_LEN + NONCE_LEN + sealed.len() > MAX_BODY {
            return Err(KeyringError::TooLarge);
        }
        let mut body = Self {
            account,
            generation,
            nonce,
            sealed,
        };
        let aad = body.head();
        body.aead(umk).seal_in_place(nonce, &aad, &mut body.sealed);
        Ok(body)
    }

    /// Reads exactly one body.
    ///
    /// # Errors
    /// [`KeyringError::Format`], [`KeyringError::TooLarge`], [`KeyringError::Generation`].
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyringError> {
        if bytes.len() > MAX_BODY {
            return Err(KeyringError::TooLarge);
        }
        let mut reader = Reader::new(bytes);
        reader.magic(MAGIC)?;
        let body = Self {
            account: AccountId::from_bytes(reader.array()?),
            generation: u64::from_be_bytes(reader.array()?),
            nonce: reader.array()?,
            sealed: reader.rest().to_vec(),
        };
        check_generation(body.generation)?;
        if body.sealed.len() < TAG_LEN {
            return Err(FormatError::Truncated.into());
        }
        Ok(body)
    }

    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.head();
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.sealed);
        out
    }

    /// Whose it is, as it says.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Its number.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`KeyringError::Account`], [`KeyringError::Authentication`], and what the JSON is refused for.
    pub fn open(&self, umk: &KeyringKey, account: &AccountId) -> Result<Keyring, KeyringError> {
        if self.account != *account {
            return Err(KeyringError::Account);
        }
        let mut text = Zeroizing::new(self.sealed.clone());
        let json = self
            .aead(umk)
            .open_in_place(self.nonce, &self.head(), &mut text)
            .map_err(|_| KeyringError::Authentication)?;
        Keyring::from_json(json)
    }

    fn head(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD_LEN);
        out.extend_from_slice(&MAGIC);
        out.push(SUITE);
        out.extend_from_slice(self.account.as_bytes());
        out.extend_from_slice(&self.generation.to_be_bytes());
        out
    }

    fn aead(&self, umk: &KeyringKey) -> Aead {
        let label = Namespace::Keyring.label();
        Aead::new(&primitives::kdf(
            umk.expose(),
            self.account.as_bytes(),
            &[label],
        ))
    }
}

const fn check_generation(generation: u64) -> Result<(), KeyringError> {
    if generation == 0 || generation > MAX_GENERATION {
        Err(KeyringError::Generation)
    } else {
        Ok(())
    }
}

/// What a client keeps of the newest body it saw, outside the server's reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number.
    pub generation: u64,
    /// SHA-256 of its bytes.
    pub body: Hash,
}

impl Seen {
    /// Whether `body` may be used by a client that saw `seen`; gives what to keep once it has opened.
    ///
    /// # Errors
    /// [`KeyringError::Older`], [`KeyringError::Forked`].
    pub fn check(seen: Option<&Self>, body: &Body) -> Result<Self, KeyringError> {
        let now = Self {
            generation: body.generation,
            body: Hash::of(&body.to_bytes()),
        };
        match seen {
            Some(seen) if now.generation < seen.generation => Err(KeyringError::Older),
            Some(seen) if now.generation == seen.generation && now.body != seen.body => {
                Err(KeyringError::Forked)
            }
            _ => Ok(now),
        }
    }
}
