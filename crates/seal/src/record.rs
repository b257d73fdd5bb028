//! The key record: the public half of a keyring, as everybody gets it.
//!
//! ```text
//! R = "DPKR" || 01 || suite_min || account 16 || u32 epoch || prev 32 || u64 time || sig_pk 32 || kem_pk 1216 || flags
//! fingerprint = SHA-256(T(key-fpr) || R)
//! signed record = R || own signature 65 || previous signature 65      over T(key-record) || R   (1445 bytes)
//! ```
//! The first record has epoch 1 and prev zero. Each later one names the fingerprint of the one before and
//! is signed by its key too, so that whoever trusts one trusts the next; unless it is flagged *reset*:
//! then it stands alone, and whoever trusted the one before is told.

use crate::format::{FormatError, Reader, SUITE};
use crate::key::{AccountId, Fingerprint, KemSeed};
use crate::namespace::Namespace;
use crate::primitives::{self, KEM_PUBLIC_LEN};
use crate::signature::{self, Signature, SignatureError, SigningKey, VerifyingKey};
pub use crate::words::WordList;

/// Bytes of R.
pub const RECORD_LEN: usize = 4 + 1 + 1 + 16 + 4 + 32 + 8 + 32 + KEM_PUBLIC_LEN + 1;
/// Bytes of a signed record.
pub const SIGNED_LEN: usize = RECORD_LEN + 2 * signature::WRITTEN_LEN;

const MAGIC: [u8; 4] = *b"DPKR";
const RESET_BIT: u8 = 0b001;
const LIST_SHIFT: u8 = 1;
const LIST_MASK: u8 = 0b110;
const FIRST: u32 = 1;
/// Integers beyond this are not the same in every language.
const MAX_TIME: u64 = (1 << 53) - 1;

/// A key record that nobody may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Not the shape of a record.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A signature.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Epoch, previous fingerprint, reset flag and signatures do not go together.
    #[error("this key record is damaged: it says of itself what cannot be")]
    Shape,
    /// The time does not fit into 53 bits.
    #[error("this key record is damaged: its time is none")]
    Time,
    /// The KEM key is none.
    #[error("this key record is damaged: the key in it is none")]
    KemKey,
    /// It belongs to another account.
    #[error("this key record belongs to somebody else")]
    Account,
    /// No record at all, a gap, or one that does not follow the one before.
    #[error("these key records do not follow one another")]
    Chain,
}

impl RecordError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Format(error) => error.code(),
            Self::Signature(error) => error.code(),
            Self::Shape => "record_shape",
            Self::Time => "record_time",
            Self::KemKey => "record_kem_key",
            Self::Account => "record_account",
            Self::Chain => "record_chain",
        }
    }
}

/// R.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    account: AccountId,
    epoch: u32,
    previous: [u8; 32],
    time: u64,
    verifying: VerifyingKey,
    kem: Box<[u8; KEM_PUBLIC_LEN]>,
    reset: bool,
    list: WordList,
}

impl KeyRecord {
    /// Whose it is.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// Counted from one.
    #[must_use]
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// When it was made, by its owner's clock: milliseconds since 1970, UTC.
    #[must_use]
    pub const fn time(&self) -> u64 {
        self.time
    }

    /// What checks its owner's signatures.
    #[must_use]
    pub const fn verifying_key(&self) -> &VerifyingKey {
        &self.verifying
    }

    pub(crate) const fn kem(&self) -> &[u8; KEM_PUBLIC_LEN] {
        &self.kem
    }

    /// Whether `seed` is the private half of its KEM key.
    #[must_use]
    pub fn is_of(&self, seed: &KemSeed) -> bool {
        primitives::kem_public(seed.expose()) == self.kem
    }

    /// Whether the one before was lost: nothing links this one to it.
    #[must_use]
    pub const fn reset(&self) -> bool {
        self.reset
    }

    /// The words its owner uses.
    #[must_use]
    pub const fn word_list(&self) -> WordList {
        self.list
    }

    /// Its name.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let label = Namespace::KeyFingerprint.label();
        Fingerprint::from_bytes(primitives::sha256(&[label, &self.to_bytes()].concat()))
    }

    /// R.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(SIGNED_LEN);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[SUITE, SUITE]);
        out.extend_from_slice(self.account.as_bytes());
        out.extend_from_slice(&self.epoch.to_be_bytes());
        out.extend_from_slice(&self.previous);
        out.extend_from_slice(&self.time.to_be_bytes());
        out.extend_from_slice(self.verifying.as_bytes());
        out.extend_from_slice(self.kem.as_slice());
        out.push(self.list.number() << LIST_SHIFT | if self.reset { RESET_BIT } else { 0 });
        out
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, RecordError> {
        reader.magic(MAGIC)?;
        // The least suite its owner accepts: a newer one, and this program must not seal to it.
        if reader.u8()? != SUITE {
            return Err(FormatError::Suite.into());
        }
        let account = AccountId::from_bytes(reader.array()?);
        let (epoch, previous) = (reader.u32()?, reader.array()?);
        let (time, verifying) = (u64::from_be_bytes(reader.array()?), reader.array()?);
        let kem = Box::new(reader.array()?);
        let flags = reader.u8()?;
        if flags & !(RESET_BIT | LIST_MASK) != 0 {
            return Err(FormatError::Flags.into());
        }
        let list = WordList::from_number((flags & LIST_MASK) >> LIST_SHIFT);
        let record = Self {
            account,
            epoch,
            previous,
            time,
            verifying: VerifyingKey::from_bytes(verifying),
            kem,
            reset: flags & RESET_BIT != 0,
            list: list.ok_or(FormatError::Flags)?,
        };
        record.check()?;
        Ok(record)
    }

    fn check(&self) -> Result<(), RecordError> {
        let first = self.epoch == FIRST;
        let alone = self.previous == [0; 32];
        if self.epoch < FIRST || first != alone || (first && self.reset) {
            return Err(RecordError::Shape);
        }
        if self.time > MAX_TIME {
            return Err(RecordError::Time);
        }
        if primitives::is_kem_public(&self.kem) {
            Ok(())
        } else {
            Err(RecordError::KemKey)
        }
    }

    /// Whether the record before has to sign it.
    const fn follows(&self) -> bool {
        self.epoch > FIRST && !self.reset
    }
}

/// What of a new record is chosen.
#[derive(Clone, Copy, Debug)]
pub struct NewKeys<'a> {
    /// Fresh.
    pub signing: &'a SigningKey,
    /// Fresh.
    pub kem: &'a KemSeed,
    /// Now: milliseconds since 1970, UTC.
    pub time: u64,
    /// The words its owner uses.
    pub list: WordList,
}

/// R with its signatures; its own is always right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRecord {
    record: KeyRecord,
    own: Signature,
    previous: Option<Signature>,
}

impl SignedRecord {
    /// The first record of an account.
    ///
    /// # Errors
    /// [`RecordError::Time`].
    pub fn first(account: AccountId, keys: NewKeys<'_>) -> Result<Self, RecordError> {
        Self::make(account, None, false, None, keys)
    }

    /// The next one, signed by the key of the one before: whoever trusted that trusts this.
    ///
    /// # Errors
    /// [`RecordError::Time`], [`RecordError::Shape`] where `signing` is not the key of `before`.
    pub fn next(
        before: &Self,
        signing: &SigningKey,
        keys: NewKeys<'_>,
    ) -> Result<Self, RecordError> {
        if signing.verifying() != &before.record.verifying {
            return Err(RecordError::Shape);
        }
        let account = before.record.account;
        Self::make(account, Some(&before.record), false, Some(signing), keys)
    }

    /// The next one after the key of the one before was lost.
    ///
    /// # Errors
    /// [`RecordError::Time`].
    pub fn reset(before: &Self, keys: NewKeys<'_>) -> Result<Self, RecordError> {
        Self::make(
            before.record.account,
            Some(&before.record),
            true,
            None,
            keys,
        )
    }

    fn make(
        account: AccountId,
        before: Option<&KeyRecord>,
        reset: bool,
        previous: Option<&SigningKey>,
        keys: NewKeys<'_>,
    ) -> Result<Self, RecordError> {
        let epoch = before.map_or(Some(FIRST), |before| before.epoch.checked_add(1));
        let record = KeyRecord {
            account,
            epoch: epoch.ok_or(RecordError::Shape)?,
            previous: before.map_or([0; 32], |before| *before.fingerprint().as_bytes()),
            time: keys.time,
            verifying: *keys.signing.verifying(),
            kem: primitives::kem_public(keys.kem.expose()),
            reset,
            list: keys.list,
        };
        record.check()?;
        let bytes = record.to_bytes();
        let sign = |key: &SigningKey| key.sign(Namespace::KeyRecord, &[&bytes]);
        Ok(Self {
            own: sign(keys.signing),
            previous: previous.map(sign),
            record,
        })
    }

    /// Reads exactly one signed record, and checks what can be checked without the one before.
    ///
    /// # Errors
    /// Each of [`RecordError`] but `Account` and `Chain`.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut reader = Reader::new(bytes);
        let record = KeyRecord::read(&mut reader)?;
        let (own, previous) = (signature::read(&mut reader)?, signature::read(&mut reader)?);
        reader.end()?;
        let signed = Self {
            own: own?.ok_or(SignatureError::Missing)?,
            previous: previous?,
            record,
        };
        match (signed.record.follows(), signed.previous.is_some()) {
            (true, false) => return Err(SignatureError::Missing.into()),
            (false, true) => return Err(SignatureError::Unexpected.into()),
            _ => {}
        }
        signed.verify(&signed.record.verifying, &signed.own)?;
        Ok(signed)
    }

    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.record.to_bytes();
        signature::write(Some(&self.own), &mut out);
        signature::write(self.previous.as_ref(), &mut out);
        out
    }

    /// R.
    #[must_use]
    pub const fn record(&self) -> &KeyRecord {
        &self.record
    }

    fn verify(&self, key: &VerifyingKey, signature: &Signature) -> Result<(), SignatureError> {
        key.verify(Namespace::KeyRecord, &[&self.record.to_bytes()], signature)
    }

    /// Whether it may stand behind `before`.
    fn check_after(&self, before: &KeyRecord) -> Result<(), RecordError> {
        let next = before.epoch.checked_add(1) == Some(self.record.epoch);
        if !next || &self.record.previous != before.fingerprint().as_bytes() {
            return Err(RecordError::Chain);
        }
        match &self.previous {
            Some(signature) => Ok(self.verify(&before.verifying, signature)?),
            None => Ok(()),
        }
    }
}

/// All records of an account, from the first to the current one; each follows from the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain(Vec<SignedRecord>);

impl Chain {
    /// Takes all records of `account`, in order.
    ///
    /// # Errors
    /// [`RecordError::Account`], [`RecordError::Chain`], and the previous key's signature.
    pub fn verify(records: Vec<SignedRecord>, account: &AccountId) -> Result<Self, RecordError> {
        if records
            .iter()
            .any(|signed| signed.record.account != *account)
        {
            return Err(RecordError::Account);
        }
        if records.first().map(|first| first.record.epoch) != Some(FIRST) {
            return Err(RecordError::Chain);
        }
        for pair in records.windows(2) {
            pair[1].check_after(&pair[0].record)?;
        }
        Ok(Self(records))
    }

    /// The current record.
    #[must_use]
    pub fn current(&self) -> &SignedRecord {
        self.0.last().expect("a chain has a first record")
    }

    /// All of them.
    #[must_use]
    pub fn records(&self) -> &[SignedRecord] {
        &self.0
    }

    /// The record of that name.
    #[must_use]
    pub fn find(&self, fingerprint: &Fingerprint) -> Option<&KeyRecord> {
        self.position(fingerprint).map(|at| &self.0[at].record)
    }

    pub(crate) fn position(&self, fingerprint: &Fingerprint) -> Option<usize> {
        let is = |signed: &SignedRecord| signed.record.fingerprint() == *fingerprint;
        self.0.iter().position(is)
    }

    /// Whether two records are linked: whoever trusts the one may trust the other.
    pub(crate) fn linked(&self, a: usize, b: usize) -> bool {
        let (first, last) = (a.min(b), a.max(b));
        let between = self.0.get(first + 1..=last);
        between.is_some_and(|records| records.iter().all(|signed| !signed.record.reset))
    }
}
