//! Protocol R: releasing to somebody who made his key after the parcel was sent, with a claim code.
//!
//! ```text
//! code  = words(KDF(claim seed, parcel_id || address || u8 try, T(claim-code)), 4 or 5)
//! ck    = Argon2id(words joined by "-", salt parcel_id, 64 MiB, t = 3, p = 1)
//! tag_B = HMAC(KDF(ck, parcel_id, T(claim-reg)), fpr_A || fpr_B)
//! tag_A = HMAC(KDF(ck, parcel_id, T(claim-rel)), fpr_A || fpr_B || H || SHA-256(M) || SHA-256(stanza))
//! ack   = HMAC(KDF(ck || PK, parcel_id, T(claim-ack)), the same)
//! auth  = KDF(ck, claim_id, T(claim-auth))
//! record = "DPC1" || suite || parcel_id 16 || claim_id 16 || u32 m || u32 t || u8 p || nonce 12
//!          || AES-256-GCM(KDF(ck, claim_id, T(claim-key)), nonce, aad = all before || H || SHA-256(M) || fpr_A, PK)
//! ```
//! A is the sender, B the recipient. tag_B proves B's key to A, and tag_A proves A's key to B; with one of
//! them alone the server could forge in the other direction. In suite 01 m, t and p are always those of ck.

use std::fmt;

use zeroize::Zeroizing;

use crate::format::{self, FormatError, Reader, SUITE};
use crate::key::{ClaimId, ClaimKey, ClaimSeed, Fingerprint, ParcelId, ParcelKey};
use crate::link::Auth;
use crate::namespace::Namespace;
use crate::primitives::{self, Aead, KEY_LEN, NONCE_LEN, TAG_LEN};
use crate::stanza::{Binding, Stanza};
use crate::words::{self, Phrase, WordList, WordsError};

/// Wrong codes that a sender's client takes before it makes a new one.
pub const MAX_TRIES: u8 = 3;
/// Bytes of an instant record.
pub const RECORD_LEN: usize = 4 + 1 + 16 + 16 + 9 + NONCE_LEN + SEALED_KEY;

const MAGIC: [u8; 4] = *b"DPC1";
const MEMORY: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u8 = 1;
const SEALED_KEY: usize = KEY_LEN + TAG_LEN;

/// A claim that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// Not the shape of a record or a tag.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The words.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// Parameters below those of a claim code.
    #[error("this claim is protected too weakly to be used; ask the sender to release by hand")]
    Weak,
    /// Parameters above those of a claim code.
    #[error("this claim asks for more work than a client does; ask the sender to release by hand")]
    Heavy,
    /// Another parcel's.
    #[error("this claim belongs to another delivery")]
    Parcel,
    /// The tag is another: a wrong code, another key, or changed bytes; nobody can tell which.
    #[error("the claim code does not fit; check it with the sender, by another way than mail")]
    Tag,
    /// The record does not open: a wrong code, another sender's key, or changed bytes.
    #[error("the claim code does not open this delivery; check it with the sender")]
    Authentication,
}

impl ReleaseError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Format(error) => error.code(),
            Self::Words(error) => error.code(),
            Self::Weak => "password_weak",
            Self::Heavy => "password_heavy",
            Self::Parcel => "claim_parcel",
            Self::Tag => "claim_tag",
            Self::Authentication => "authentication",
        }
    }
}

/// What a claim code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The sender releases once the recipient's key is there; four words.
    Confirm,
    /// The recipient opens at once; five words, because the record can be guessed at without asking.
    Instant,
}

impl Mode {
    /// How many words its codes have.
    #[must_use]
    pub const fn words(self) -> usize {
        match self {
            Self::Confirm => 4,
            Self::Instant => 5,
        }
    }
}

/// The claim code for one recipient of one parcel: any device of the sender makes the same one.
/// `address` is the recipient's as the server folds it; `attempt` counts from 0, one more for each new code.
#[must_use]
pub fn derive_code(
    seed: &ClaimSeed,
    parcel: &ParcelId,
    address: &str,
    attempt: u8,
    (mode, list): (Mode, WordList),
) -> Phrase {
    let salt = [&parcel.as_bytes()[..], address.as_bytes(), &[attempt]].concat();
    let bytes = primitives::kdf(seed.expose(), &salt, &[Namespace::ClaimCode.label()]);
    Phrase::of(&words::of(&bytes, mode.words(), list))
}

/// ck of a code: takes memory and a tenth of a second.
///
/// # Errors
/// [`WordsError::Memory`].
pub fn stretch(code: &Phrase, parcel: &ParcelId) -> Result<Claim, WordsError> {
    Ok(Claim {
        parcel: *parcel,
        key: ClaimKey::from_secret(code.stretch(parcel.as_bytes())?),
    })
}

/// The two keys of a claim: sender's and recipient's, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parties {
    /// fpr_A.
    pub sender: Fingerprint,
    /// fpr_B.
    pub recipient: Fingerprint,
}

/// A stretched claim code, for one parcel.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    parcel: ParcelId,
    key: ClaimKey,
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Claim({})", self.parcel)
    }
}

impl Claim {
    /// tag_B: made by the recipient when his key is there.
    #[must_use]
    pub fn register(&self, parties: &Parties) -> Tag<Registration> {
        Tag::of(self.mac(Namespace::ClaimRegister, &[], parties, &[]))
    }

    /// tag_A: made by the sender with the stanza.
    ///
    /// # Errors
    /// [`ReleaseError::Parcel`] for another parcel's binding.
    pub fn release(
        &self,
        parties: &Parties,
        parcel: &Binding,
        stanza: &Stanza,
    ) -> Result<Tag<Released>, ReleaseError> {
        let text = self.bound(parcel, stanza)?;
        Ok(Tag::of(self.mac(
            Namespace::ClaimRelease,
            &[],
            parties,
            &text,
        )))
    }

    /// ack: made by a recipient who opened by an instant record, with his own stanza. `key` is what the
    /// record held: the code alone may have been guessed, the key alone is every co-recipient's.
    ///
    /// # Errors
    /// [`ReleaseError::Parcel`] for another parcel's binding.
    pub fn acknowledge(
        &self,
        key: &ParcelKey,
        parties: &Parties,
        parcel: &Binding,
        stanza: &Stanza,
    ) -> Result<Tag<Acknowledged>, ReleaseError> {
        let text = self.bound(parcel, stanza)?;
        Ok(Tag::of(self.mac(
            Namespace::ClaimAck,
            key.expose(),
            parties,
            &text,
        )))
    }

    /// Checks tag_B, before anything is released.
    ///
    /// # Errors
    /// [`ReleaseError::Tag`].
    pub fn check_registration(
        &self,
        parties: &Parties,
        tag: &Tag<Registration>,
    ) -> Result<(), ReleaseError> {
        self.register(parties).check(tag)
    }

    /// Checks tag_A, before the sender is pinned.
    ///
    /// # Errors
    /// [`ReleaseError::Parcel`], [`ReleaseError::Tag`].
    pub fn check_release(
        &self,
        parties: &Parties,
        parcel: &Binding,
        stanza: &Stanza,
        tag: &Tag<Released>,
    ) -> Result<(), ReleaseError> {
        self.release(parties, parcel, stanza)?.check(tag)
    }

    /// Checks ack, before the recipient is pinned and his stanza released.
    ///
    /// # Errors
    /// [`ReleaseError::Parcel`], [`ReleaseError::Tag`].
    pub fn check_acknowledgement(
        &self,
        key: &ParcelKey,
        parties: &Parties,
        parcel: &Binding,
        (stanza, tag): (&Stanza, &Tag<Acknowledged>),
    ) -> Result<(), ReleaseError> {
        self.acknowledge(key, parties, parcel, stanza)?.check(tag)
    }

    /// auth of an instant record: the server keeps its hash and hands the record out against it.
    #[must_use]
    pub fn auth(&self, id: &ClaimId) -> Auth {
        let label = Namespace::ClaimAuth.label();
        Auth::from_bytes(&primitives::kdf(self.key.expose(), id.as_bytes(), &[label]))
    }

    fn bound(&self, parcel: &Binding, stanza: &Stanza) -> Result<Vec<u8>, ReleaseError> {
        if parcel.header.id() != self.parcel {
            return Err(ReleaseError::Parcel);
        }
        let mut out = parcel.to_bytes();
        out.extend_from_slice(stanza.hash().as_bytes());
        Ok(out)
    }

    fn mac(&self, label: Namespace, more: &[u8], parties: &Parties, text: &[u8]) -> [u8; KEY_LEN] {
        let ikm = Zeroizing::new([&self.key.expose()[..], more].concat());
        let key = primitives::kdf(&ikm, self.parcel.as_bytes(), &[label.label()]);
        let (a, b) = (parties.sender.as_bytes(), parties.recipient.as_bytes());
        primitives::hmac_sha256(key.as_slice(), &[a, b, text])
    }
}

/// What a [`Tag`] says: the recipient's key belongs to whoever has the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {}
/// What a [`Tag`] says: the sender's key and stanza do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Released {}
/// What a [`Tag`] says: the recipient opened, and this stanza is his own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledged {}

/// 32 bytes that only somebody with the code can make; no secret.
#[derive(Clone, Copy)]
pub struct Tag<K> {
    bytes: [u8; KEY_LEN],
    kind: std::marker::PhantomData<fn() -> K>,
}

impl<K> Tag<K> {
    const fn of(bytes: [u8; KEY_LEN]) -> Self {
        Self {
            bytes,
            kind: std::marker::PhantomData,
        }
    }

    /// Takes a stored one.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_LEN]) -> Self {
        Self::of(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_LEN] {
        &self.bytes
    }

    /// base64url.
    #[must_use]
    pub fn to_text(&self) -> String {
        format::to_text(&self.bytes)
    }

    /// Reads [`Tag::to_text`].
    ///
    /// # Errors
    /// [`FormatError::Text`] for anything else.
    pub fn parse_text(text: &str) -> Result<Self, FormatError> {
        format::from_text(text).map(Self::of)
    }

    fn check(&self, other: &Self) -> Result<(), ReleaseError> {
        if primitives::equal(&self.bytes, &other.bytes) {
            Ok(())
        } else {
            Err(ReleaseError::Tag)
        }
    }
}

impl<K> fmt::Debug for Tag<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tag(..)")
    }
}

/// The parcel key wrapped for whoever has the claim code: 106 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstantRecord {
    parcel: ParcelId,
    id: ClaimId,
    nonce: [u8; NONCE_LEN],
    sealed: [u8; SEALED_KEY],
}

impl InstantRecord {
    /// Wraps `key`. `id` and `nonce` are fresh; `sender` is the fingerprint of the sender's key.
    ///
    /// # Errors
    /// [`ReleaseError::Parcel`] for another parcel's binding.
    pub fn seal(
        key: &ParcelKey,
        claim: &Claim,
        (id, nonce): (ClaimId, [u8; NONCE_LEN]),
        parcel: &Binding,
        sender: &Fingerprint,
    ) -> Result<Self, ReleaseError> {
        if parcel.header.id() != claim.parcel {
            return Err(ReleaseError::Parcel);
        }
        let mut record = Self {
            parcel: claim.parcel,
            id,
            nonce,
            sealed: [0; SEALED_KEY],
        };
        let mut sealed = [0; SEALED_KEY];
        sealed[..KEY_LEN].copy_from_slice(key.expose());
        let aad = record.aad(parcel, sender);
        Aead::new(&record.wrapping(claim)).seal_in_place(nonce, &aad, &mut sealed);
        record.sealed = sealed;
        Ok(record)
    }

    /// Reads exactly one record.
    ///
    /// # Errors
    /// [`ReleaseError::Format`], [`ReleaseError::Weak`], [`ReleaseError::Heavy`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ReleaseError> {
        let mut reader = Reader::new(bytes);
        reader.magic(MAGIC)?;
        let parcel = ParcelId::from_bytes(reader.array()?);
        let id = ClaimId::from_bytes(reader.array()?);
        let (memory, passes, lanes) = (reader.u32()?, reader.u32()?, reader.u8()?);
        let record = Self {
            parcel,
            id,
            nonce: reader.array()?,
            sealed: reader.array()?,
        };
        reader.end()?;
        if memory < MEMORY || passes < PASSES || lanes < LANES {
            return Err(ReleaseError::Weak);
        }
        if memory > MEMORY || passes > PASSES || lanes > LANES {
            return Err(ReleaseError::Heavy);
        }
        Ok(record)
    }

    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.head();
        out.extend_from_slice(&self.sealed);
        out
    }

    /// Names it to the server.
    #[must_use]
    pub const fn id(&self) -> ClaimId {
        self.id
    }

    /// The parcel key. `sender` is what the server says is the sender's key: it is, if this opens.
    ///
    /// # Errors
    /// [`ReleaseError::Parcel`], [`ReleaseError::Authentication`].
    pub fn open(
        &self,
        claim: &Claim,
        parcel: &Binding,
        sender: &Fingerprint,
    ) -> Result<ParcelKey, ReleaseError> {
        if self.parcel != claim.parcel || parcel.header.id() != claim.parcel {
            return Err(ReleaseError::Parcel);
        }
        let aad = self.aad(parcel, sender);
        primitives::open_key(&self.wrapping(claim), self.nonce, &aad, &self.sealed)
            .map(ParcelKey::from_secret)
            .map_err(|_| ReleaseError::Authentication)
    }

    fn head(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(RECORD_LEN);
        out.extend_from_slice(&MAGIC);
        out.push(SUITE);
        out.extend_from_slice(self.parcel.as_bytes());
        out.extend_from_slice(self.id.as_bytes());
        out.extend_from_slice(&MEMORY.to_be_bytes());
        out.extend_from_slice(&PASSES.to_be_bytes());
        out.push(LANES);
        out.extend_from_slice(&self.nonce);
        out
    }

    fn aad(&self, parcel: &Binding, sender: &Fingerprint) -> Vec<u8> {
        let mut aad = self.head();
        aad.extend_from_slice(&parcel.to_bytes());
        aad.extend_from_slice(sender.as_bytes());
        aad
    }

    fn wrapping(&self, claim: &Claim) -> primitives::Secret {
        let label = Namespace::ClaimKey.label();
        primitives::kdf(claim.key.expose(), self.id.as_bytes(), &[label])
    }
}
