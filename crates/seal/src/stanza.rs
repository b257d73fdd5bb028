//! The stanza: a parcel's key wrapped for one opener with a public key, and its release.
//!
//! ```text
//! stanza  = "DPE1" || suite || account 16 || fingerprint 32 || enc 1120 || ct 48                  (1221 bytes)
//!           HPKE SealBase, info = T(stanza) || suite, aad = H || SHA-256(M) || account || fingerprint, text PK
//! release = by || signature 65, over T(release) || by || H || SHA-256(M) || account || fingerprint || SHA-256(stanza)
//! by 00 = from outside, without signature; 01 = the sender; 02 = the opener himself, under his own key
//! ```
//! A release says who decided that this opener may open. HPKE alone proves nothing of that: everybody
//! who knows the parcel key can make a stanza.

use std::fmt;

use crate::format::{FormatError, Reader, SUITE};
use crate::key::{AccountId, Fingerprint, Hash, KemSeed, ParcelKey};
use crate::manifest::{Manifest, Sender};
use crate::namespace::Namespace;
use crate::parcel::{Header, ParcelError, SealedManifest};
pub use crate::primitives::KEM_RANDOM_LEN;
use crate::primitives::{self, KEM_ENC_LEN, KEY_LEN, TAG_LEN};
use crate::record::KeyRecord;
use crate::signature::{self, Signature, SignatureError, SigningKey, VerifyingKey};
use crate::signed::{self, Signer, Stated};
use crate::trust::{Origin, SenderKey, TrustError};

/// Bytes of a stanza.
pub const STANZA_LEN: usize = 4 + 1 + 16 + 32 + KEM_ENC_LEN + SEALED_KEY;
/// Bytes of a stanza with its release.
pub const RELEASED_LEN: usize = STANZA_LEN + 1 + signature::WRITTEN_LEN;

const MAGIC: [u8; 4] = *b"DPE1";
const SEALED_KEY: usize = KEY_LEN + TAG_LEN;

/// A stanza cannot be made or does not open its parcel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StanzaError {
    /// Not the shape of a stanza.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A release by nobody that is known.
    #[error("this delivery is released in a way that this program does not know; a newer one may")]
    By,
    /// For another account or another key.
    #[error(
        "this delivery was released to another key than yours; ask its sender to provide it again"
    )]
    NotMine,
    /// Wrong key, another parcel, or changed bytes; nobody can tell which.
    #[error("what was released does not open this delivery; ask its sender to provide it again")]
    Authentication,
    /// The signature of the release.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// Released by a way that this parcel does not have, or by a sender of whom nothing is known.
    #[error("this delivery was not released by its sender; do not trust it")]
    Release,
    /// The sender is not the one that is known.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The parcel itself.
    #[error(transparent)]
    Parcel(#[from] ParcelError),
}

impl StanzaError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Format(error) => error.code(),
            Self::By => "release_by",
            Self::NotMine => "stanza_not_mine",
            Self::Authentication => "authentication",
            Self::Signature(error) => error.code(),
            Self::Release => "release_sender",
            Self::Trust(error) => error.code(),
            Self::Parcel(error) => error.code(),
        }
    }
}

/// A parcel as stanzas bind it: H and SHA-256(M).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// H.
    pub header: Header,
    /// SHA-256(M).
    pub manifest: Hash,
}

impl Binding {
    /// Of a parcel at hand.
    #[must_use]
    pub const fn of(sealed: &SealedManifest) -> Self {
        Self {
            header: *sealed.header(),
            manifest: *sealed.hash(),
        }
    }

    /// `H || SHA-256(M)`.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut out = self.header.to_bytes().to_vec();
        out.extend_from_slice(self.manifest.as_bytes());
        out
    }
}

/// A parcel's key for one opener.
#[derive(Clone, PartialEq, Eq)]
pub struct Stanza {
    account: AccountId,
    fingerprint: Fingerprint,
    enc: Box<[u8; KEM_ENC_LEN]>,
    sealed: [u8; SEALED_KEY],
}

impl fmt::Debug for Stanza {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stanza({}, {})", self.account, self.fingerprint)
    }
}

fn info() -> Vec<u8> {
    [Namespace::Stanza.label(), &[SUITE]].concat()
}

impl Stanza {
    /// Wraps `key` for the owner of a record. `random` is fresh.
    ///
    /// # Errors
    /// [`StanzaError::Authentication`] where the KEM key is none, which a parsed record's is not.
    pub fn seal(
        key: &ParcelKey,
        to: &KeyRecord,
        parcel: &Binding,
        random: &[u8; KEM_RANDOM_LEN],
    ) -> Result<Self, StanzaError> {
        let (account, fingerprint) = (to.account(), to.fingerprint());
        let aad = aad(parcel, &account, &fingerprint);
        let (enc, sealed) = primitives::hpke_seal(to.kem(), &info(), &aad, key.expose(), random)
            .map_err(|_| StanzaError::Authentication)?;
        Ok(Self {
            account,
            fingerprint,
            enc,
            sealed: sealed.try_into().map_err(|_| StanzaError::Authentication)?,
        })
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, FormatError> {
        reader.magic(MAGIC)?;
        Ok(Self {
            account: AccountId::from_bytes(reader.array()?),
            fingerprint: Fingerprint::from_bytes(reader.array()?),
            enc: Box::new(reader.array()?),
            sealed: reader.array()?,
        })
    }

    /// The 1221 bytes, without a release.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(RELEASED_LEN);
        out.extend_from_slice(&MAGIC);
        out.push(SUITE);
        out.extend_from_slice(self.account.as_bytes());
        out.extend_from_slice(self.fingerprint.as_bytes());
        out.extend_from_slice(self.enc.as_slice());
        out.extend_from_slice(&self.sealed);
        out
    }

    /// SHA-256(stanza), which releases and tags bind.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(&self.to_bytes())
    }

    /// For whom.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// For which key of his.
    #[must_use]
    pub const fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// Releases it as the sender of the parcel.
    #[must_use]
    pub fn release_as_sender(self, signer: &Signer<'_>, parcel: &Binding) -> ReleasedStanza {
        self.release(By::Sender, signer.key(), parcel)
    }

    /// Releases it as its own opener: made from a link, or an instant claim.
    ///
    /// # Errors
    /// [`StanzaError::NotMine`] where the stanza is for another key than the signer's.
    pub fn release_as_opener(
        self,
        signer: &Signer<'_>,
        parcel: &Binding,
    ) -> Result<ReleasedStanza, StanzaError> {
        if self.fingerprint != *signer.fingerprint() {
            return Err(StanzaError::NotMine);
        }
        Ok(self.release(By::Opener, signer.key(), parcel))
    }

    fn release(self, by: By, key: &SigningKey, parcel: &Binding) -> ReleasedStanza {
        let message = self.release_message(by, parcel);
        let signature = key.sign(Namespace::Release, &[&message]);
        ReleasedStanza {
            stanza: self,
            by,
            signature: Some(signature),
        }
    }

    /// As whoever writes from outside: without a signature.
    #[must_use]
    pub const fn release_from_outside(self) -> ReleasedStanza {
        ReleasedStanza {
            stanza: self,
            by: By::Outside,
            signature: None,
        }
    }

    fn release_message(&self, by: By, parcel: &Binding) -> Vec<u8> {
        let mut out = vec![by.number()];
        out.extend_from_slice(&aad(parcel, &self.account, &self.fingerprint));
        out.extend_from_slice(self.hash().as_bytes());
        out
    }
}

/// `H || SHA-256(M) || account || fingerprint`.
fn aad(parcel: &Binding, account: &AccountId, fingerprint: &Fingerprint) -> Vec<u8> {
    let mut out = parcel.to_bytes();
    out.extend_from_slice(account.as_bytes());
    out.extend_from_slice(fingerprint.as_bytes());
    out
}

/// Who released a stanza.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum By {
    /// Nobody that is known: from outside.
    Outside = 0,
    /// The sender.
    Sender = 1,
    /// The opener himself: raises no level, sets no mark.
    Opener = 2,
}

impl By {
    const fn number(self) -> u8 {
        self as u8
    }

    const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Outside),
            1 => Some(Self::Sender),
            2 => Some(Self::Opener),
            _ => None,
        }
    }
}

/// A stanza with its release: as it is stored and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleasedStanza {
    stanza: Stanza,
    by: By,
    signature: Option<Signature>,
}

impl ReleasedStanza {
    /// Reads exactly one stanza with its release.
    ///
    /// # Errors
    /// [`StanzaError::Format`], [`StanzaError::By`], and [`StanzaError::Signature`] where a signature is
    /// missing or does not belong.
    pub fn parse(bytes: &[u8]) -> Result<Self, StanzaError> {
        let mut reader = Reader::new(bytes);
        let stanza = Stanza::read(&mut reader)?;
        let by = reader.u8()?;
        let signature = signature::read(&mut reader)?;
        reader.end()?;
        let by = By::from_number(by).ok_or(StanzaError::By)?;
        let signature = signature?;
        match (by, signature.is_some()) {
            (By::Outside, true) => Err(SignatureError::Unexpected.into()),
            (By::Sender | By::Opener, false) => Err(SignatureError::Missing.into()),
            _ => Ok(Self {
                stanza,
                by,
                signature,
            }),
        }
    }

    /// The 1287 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.stanza.to_bytes();
        out.push(self.by.number());
        signature::write(self.signature.as_ref(), &mut out);
        out
    }

    /// Without the release.
    #[must_use]
    pub const fn stanza(&self) -> &Stanza {
        &self.stanza
    }

    /// Who released it, as it says; what is true shows when it is opened.
    #[must_use]
    pub const fn by(&self) -> By {
        self.by
    }

    /// Whether it was released by the owner of this key over this parcel: what a server can check.
    ///
    /// # Errors
    /// [`SignatureError::Missing`] from outside, [`SignatureError::Wrong`].
    pub fn verify(&self, key: &VerifyingKey, parcel: &Binding) -> Result<(), SignatureError> {
        let signature = self.signature.as_ref().ok_or(SignatureError::Missing)?;
        let message = self.stanza.release_message(self.by, parcel);
        key.verify(Namespace::Release, &[&message], signature)
    }

    /// Opens the parcel as far as that goes without knowing its sender.
    ///
    /// # Errors
    /// [`StanzaError::NotMine`], [`StanzaError::Authentication`], [`StanzaError::Parcel`].
    pub fn open(
        self,
        opener: &Opener<'_>,
        sealed: &SealedManifest,
    ) -> Result<HalfOpened, StanzaError> {
        let (record, parcel) = (opener.record, Binding::of(sealed));
        let fingerprint = record.fingerprint();
        if self.stanza.account != record.account() || self.stanza.fingerprint != fingerprint {
            return Err(StanzaError::NotMine);
        }
        let text = primitives::hpke_open(
            opener.kem.expose(),
            &self.stanza.enc,
            &info(),
            &aad(&parcel, &self.stanza.account, &fingerprint),
            &self.stanza.sealed,
        )
        .map_err(|_| StanzaError::Authentication)?;
        let key = text.first_chunk().ok_or(StanzaError::Authentication)?;
        let key = ParcelKey::from_bytes(key);
        Ok(HalfOpened {
            stated: signed::open(sealed, &key)?,
            own: *record.verifying_key(),
            released: self,
            parcel,
            key,
        })
    }
}

/// Oneself: one's record of the name that the stanza has, and its private key.
#[derive(Clone, Copy)]
pub struct Opener<'a> {
    /// Of the own chain: [`crate::keyring::Keyring::is_of`] says whether it is one's own.
    pub record: &'a KeyRecord,
    /// [`crate::keyring::Keyring::kem_seed`] of that record.
    pub kem: &'a KemSeed,
}

impl fmt::Debug for Opener<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener(..)")
    }
}

/// An opened parcel of which no signature was checked yet.
pub struct HalfOpened {
    released: ReleasedStanza,
    parcel: Binding,
    own: VerifyingKey,
    key: ParcelKey,
    stated: Stated,
}

impl fmt::Debug for HalfOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HalfOpened({})", self.parcel.header.id())
    }
}

impl HalfOpened {
    /// Whom the parcel states as its sender: for looking up that person's key, and nothing else.
    #[must_use]
    pub const fn sender(&self) -> &Sender {
        self.stated.sender()
    }

    /// Key and contents, once all signatures are right. `sender` is not needed where neither the parcel
    /// nor the release is the sender's.
    ///
    /// # Errors
    /// [`StanzaError::Release`], [`StanzaError::Signature`], [`StanzaError::Trust`],
    /// [`StanzaError::Parcel`].
    pub fn check(self, sender: Option<&SenderKey>) -> Result<OpenedParcel, StanzaError> {
        self.check_release(sender)?;
        let opened = self.stated.check(sender)?;
        Ok(OpenedParcel {
            key: self.key,
            manifest: opened.manifest,
            origin: opened.origin,
            by: self.released.by,
        })
    }

    fn check_release(&self, sender: Option<&SenderKey>) -> Result<(), StanzaError> {
        let flags = self.stated.header().flags();
        match (self.released.by, flags.from_outside) {
            (By::Outside, true) => Ok(()),
            (By::Opener, _) => Ok(self.released.verify(&self.own, &self.parcel)?),
            (By::Sender, false) => {
                let key = sender.ok_or(StanzaError::Release)?;
                let stated = self.sender();
                if stated.account != Some(key.account) {
                    return Err(TrustError::UnknownKey.into());
                }
                // Without a signature inside, only what is known already says whose key this is.
                if key.origin == Origin::NotVerified && !flags.signed() {
                    return Err(StanzaError::Release);
                }
                Ok(self.released.verify(&key.verifying, &self.parcel)?)
            }
            (By::Outside, false) | (By::Sender, true) => Err(StanzaError::Release),
        }
    }
}

/// A parcel that its stanza opened, and what is proven of where it comes from.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedParcel {
    /// Its key.
    pub key: ParcelKey,
    /// What it holds.
    pub manifest: Manifest,
    /// Whose it is.
    pub origin: Origin,
    /// Who released it.
    pub by: By,
}

impl fmt::Debug for OpenedParcel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenedParcel({:?}, {:?})", self.origin, self.by)
    }
}
