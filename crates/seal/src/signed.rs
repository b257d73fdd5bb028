//! Signed parcels (levels 3 and 4), and what an opened parcel proves of its sender.
//!
//! ```text
//! signature = Ed25519 of the sender over T(parcel-sig) || H || SHA-256(json)       bytes as sent
//! ```
//! Opening has two steps, because the list of contents names the sender whose key is then looked for:
//! [`open`] gives a [`Stated`], which shows the sender it states and nothing else; [`Stated::check`] gives
//! the contents, once the signature is that sender's.

use crate::flags::Flags;
use crate::key::{Fingerprint, ParcelId, ParcelKey};
use crate::manifest::{Manifest, Sender};
use crate::namespace::Namespace;
use crate::parcel::{self, Header, ParcelError, SealedManifest};
use crate::primitives;
use crate::record::KeyRecord;
use crate::signature::{Signature, SigningKey};
use crate::stream::StreamHeader;
use crate::trust::{Origin, SenderKey, TrustError};

/// The key that signs, and the record it is known by.
#[derive(Clone, Copy, Debug)]
pub struct Signer<'a> {
    key: &'a SigningKey,
    record: &'a KeyRecord,
    fingerprint: Fingerprint,
}

impl<'a> Signer<'a> {
    /// Takes a key and its record.
    ///
    /// # Errors
    /// [`TrustError::UnknownKey`] unless the record is that key's.
    pub fn new(key: &'a SigningKey, record: &'a KeyRecord) -> Result<Self, TrustError> {
        if key.verifying() != record.verifying_key() {
            return Err(TrustError::UnknownKey);
        }
        Ok(Self {
            key,
            record,
            fingerprint: record.fingerprint(),
        })
    }

    pub(crate) const fn key(&self) -> &SigningKey {
        self.key
    }

    /// The name of the record.
    #[must_use]
    pub const fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn names(&self, sender: &Sender) -> Result<(), TrustError> {
        match (sender.account, sender.fingerprint) {
            (None, _) | (_, None) => Err(TrustError::Nameless),
            (Some(account), Some(fingerprint)) => {
                let own = account == self.record.account() && fingerprint == self.fingerprint;
                if own {
                    Ok(())
                } else {
                    Err(TrustError::UnknownKey)
                }
            }
        }
    }
}

/// Seals and signs the list of contents of a parcel of level 3 or 4. The manifest names the signer;
/// `key`, `id` and `stream_header` are fresh and used for this parcel alone.
///
/// # Errors
/// As [`parcel::seal`]; [`ParcelError::Trust`] where the manifest names another sender;
/// [`ParcelError::Signature`] for flags that are not signed.
pub fn seal(
    key: &ParcelKey,
    (id, flags): (ParcelId, Flags),
    stream_header: StreamHeader,
    manifest: &Manifest,
    signer: &Signer<'_>,
) -> Result<SealedManifest, ParcelError> {
    if !flags.signed() {
        return Err(ParcelError::Signature);
    }
    signer.names(&manifest.sender)?;
    let (header, json) = (Header::new(key, id, flags), manifest.to_json()?);
    let hash = primitives::sha256(&json);
    let parts = [&header.to_bytes()[..], &hash];
    let signature = signer.key.sign(Namespace::ParcelSig, &parts);
    parcel::seal_text(key, header, stream_header, &json, Some(&signature))
}

/// Opens any parcel as far as that goes without knowing its sender.
///
/// # Errors
/// [`ParcelError::Commitment`] for another parcel's key; else what the text inside is refused for.
pub fn open(sealed: &SealedManifest, key: &ParcelKey) -> Result<Stated, ParcelError> {
    let header = *sealed.header();
    header.verify(key)?;
    let text = sealed.open_text(key)?;
    let (json, signature) = parcel::read_text(&text, header.flags().signed())?;
    Ok(Stated {
        header,
        json: primitives::sha256(json),
        manifest: Manifest::from_json(json)?,
        signature,
    })
}

/// An opened parcel whose signature was not checked yet.
pub struct Stated {
    header: Header,
    json: [u8; 32],
    manifest: Manifest,
    signature: Option<Signature>,
}

impl std::fmt::Debug for Stated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stated({})", self.header.id())
    }
}

impl Stated {
    /// Whom it states as its sender: for looking up that person's key, and nothing else.
    #[must_use]
    pub const fn sender(&self) -> &Sender {
        &self.manifest.sender
    }

    pub(crate) const fn header(&self) -> &Header {
        &self.header
    }

    /// The contents, once the signature is right. `sender` is needed for signed parcels alone.
    ///
    /// # Errors
    /// [`ParcelError::Signed`] without the sender's key, [`ParcelError::Trust`] for another's key,
    /// [`ParcelError::SignatureWrong`].
    pub fn check(self, sender: Option<&SenderKey>) -> Result<Opened, ParcelError> {
        let origin = match &self.signature {
            Some(signature) => self.check_signature(signature, sender)?,
            None if self.header.flags().from_outside => Origin::Outside,
            None => Origin::Unsigned,
        };
        Ok(Opened {
            manifest: self.manifest,
            origin,
        })
    }

    fn check_signature(
        &self,
        signature: &Signature,
        sender: Option<&SenderKey>,
    ) -> Result<Origin, ParcelError> {
        let key = sender.ok_or(ParcelError::Signed)?;
        let (account, fingerprint) = (self.sender().account, self.sender().fingerprint);
        if account.is_none() || fingerprint.is_none() {
            return Err(TrustError::Nameless.into());
        }
        if account != Some(key.account) || fingerprint != Some(key.fingerprint) {
            return Err(TrustError::UnknownKey.into());
        }
        let parts = [&self.header.to_bytes()[..], &self.json];
        key.verifying
            .verify(Namespace::ParcelSig, &parts, signature)?;
        Ok(key.origin)
    }
}

/// An opened parcel, and what is proven of where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// What it holds.
    pub manifest: Manifest,
    /// Whose it is.
    pub origin: Origin,
}
