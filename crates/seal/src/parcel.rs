//! The door: a parcel's header and sealed manifest.
//!
//! ```text
//! H = "DPM1" || suite || flags || parcel_id 16 || com 32                                (54 bytes)
//! com = KDF(PK, parcel_id, T(commit) || suite || flags)
//! M = H || Stream(KDF(PK, parcel_id, T(manifest-key)), aad = T(manifest) || H, text)
//! text = u32 length || json || sigalg || signature 64 || zeros to the next multiple of 1024
//! ```
//! Levels 3 and 4 are signed (`signed.rs`): sigalg 01, Ed25519 over T(parcel-sig) || H || SHA-256(json).
//! AES-GCM does not commit to its key; `com` does, and is compared in constant time before anything
//! is decrypted. M names no recipients and never changes.

use std::fmt;

use zeroize::Zeroizing;

pub use crate::flags::{Flags, Level};
use crate::format::{FormatError, Reader, SUITE};
use crate::key::{Hash, ParcelId, ParcelKey};
use crate::manifest::{Manifest, ManifestError};
use crate::namespace::Namespace;
use crate::primitives::{self, Secret};
use crate::signature::{self, Signature, SignatureError};
use crate::stream::{self, Stream, StreamError, StreamHeader};
use crate::trust::TrustError;

/// Bytes of H.
pub const HEADER_LEN: usize = 54;
/// Most bytes of M. Room for a hundred thousand names, and nothing that would exhaust a reader.
pub const MAX_MANIFEST: usize = 64 << 20;

const MAGIC: [u8; 4] = *b"DPM1";
const PAD: usize = 1024;

/// A parcel cannot be made or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParcelError {
    /// The bytes have not the shape of a parcel.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The key is of another parcel, or the header was changed.
    #[error(
        "the key does not belong to this delivery; check that the link is complete and unchanged"
    )]
    Commitment,
    /// The stream inside is at fault.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The stated length of the list does not fit into the text.
    #[error("the list of contents is damaged: its length is wrong")]
    Length,
    /// The padding is not zeros to the next multiple of 1024.
    #[error("the list of contents is damaged: its padding is wrong")]
    Padding,
    /// There is a signature at a level that has none, or none of this suite where one belongs.
    #[error("the list of contents carries a signature where none belongs, or none where one does")]
    Signature,
    /// Levels 3 and 4 are signed, and open with the key of whoever made them at hand.
    #[error(
        "this delivery is signed; it opens with your SealPass, and with its sender's key at hand"
    )]
    Signed,
    /// The signature is wrong.
    #[error(transparent)]
    SignatureWrong(#[from] SignatureError),
    /// Its sender is not the one that is known.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The list inside is at fault.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// More than [`MAX_MANIFEST`].
    #[error(
        "the list of contents is too large; send fewer files at once, or put them into an archive"
    )]
    TooLarge,
}

impl ParcelError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Format(error) => error.code(),
            Self::Commitment => "commitment",
            Self::Stream(error) => error.code(),
            Self::Length => "length",
            Self::Padding => "padding",
            Self::Signature => "signature",
            Self::Signed => "signed",
            Self::SignatureWrong(error) => error.code(),
            Self::Trust(error) => error.code(),
            Self::Manifest(error) => error.code(),
            Self::TooLarge => "too_large",
        }
    }
}

/// H. Public, and bound to the parcel key by its commitment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    id: ParcelId,
    flags: Flags,
    commitment: [u8; 32],
}

impl Header {
    /// Makes H for a fresh key and a fresh id.
    #[must_use]
    pub fn new(key: &ParcelKey, id: ParcelId, flags: Flags) -> Self {
        Self {
            id,
            flags,
            commitment: **commitment(key, &id, flags),
        }
    }

    /// Reads exactly 54 bytes.
    ///
    /// # Errors
    /// Each of [`FormatError`] but `Text`.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let mut reader = Reader::new(bytes);
        let header = Self::read(&mut reader)?;
        reader.end()?;
        Ok(header)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, FormatError> {
        reader.magic(MAGIC)?;
        Ok(Self {
            flags: Flags::parse(reader.u8()?)?,
            id: ParcelId::from_bytes(reader.array()?),
            commitment: reader.array()?,
        })
    }

    /// The 54 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4] = SUITE;
        bytes[5] = self.flags.to_byte();
        bytes[6..22].copy_from_slice(self.id.as_bytes());
        bytes[22..].copy_from_slice(&self.commitment);
        bytes
    }

    /// The parcel's id.
    #[must_use]
    pub const fn id(&self) -> ParcelId {
        self.id
    }

    /// Level and origin.
    #[must_use]
    pub const fn flags(&self) -> Flags {
        self.flags
    }

    /// Whether this header was made with `key`, in constant time.
    ///
    /// # Errors
    /// [`ParcelError::Commitment`] if not.
    pub fn verify(&self, key: &ParcelKey) -> Result<(), ParcelError> {
        let own = commitment(key, &self.id, self.flags);
        if primitives::equal(own.as_slice(), &self.commitment) {
            Ok(())
        } else {
            Err(ParcelError::Commitment)
        }
    }
}

fn commitment(key: &ParcelKey, id: &ParcelId, flags: Flags) -> Secret {
    let context = [SUITE, flags.to_byte()];
    primitives::kdf(
        key.expose(),
        id.as_bytes(),
        &[Namespace::Commit.label(), &context],
    )
}

fn manifest_key(key: &ParcelKey, id: &ParcelId) -> Secret {
    let label = Namespace::ManifestKey.label();
    primitives::kdf(key.expose(), id.as_bytes(), &[label])
}

fn manifest_aad(header: &Header) -> Vec<u8> {
    [Namespace::Manifest.label(), &header.to_bytes()].concat()
}

/// M: as it is stored and sent, the same for all recipients.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedManifest {
    header: Header,
    hash: Hash,
    bytes: Vec<u8>,
}

impl fmt::Debug for SealedManifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "SealedManifest({}, {} bytes)",
            self.header.id,
            self.bytes.len()
        )
    }
}

impl SealedManifest {
    /// Reads M as far as that goes without the key: H, and the size.
    ///
    /// # Errors
    /// [`ParcelError::Format`], [`ParcelError::TooLarge`], and [`StreamError::Size`] where the rest
    /// cannot be the stream of a padded text.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, ParcelError> {
        if bytes.len() > MAX_MANIFEST {
            return Err(ParcelError::TooLarge);
        }
        let mut reader = Reader::new(&bytes);
        let header = Header::read(&mut reader)?;
        let text = stream::plain_size(reader.rest().len() as u64)?;
        if text == 0 || !text.is_multiple_of(PAD as u64) {
            return Err(StreamError::Size.into());
        }
        Ok(Self {
            header,
            hash: Hash::of(&bytes),
            bytes,
        })
    }

    /// H.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// SHA-256(M), which link records and stanzas bind.
    #[must_use]
    pub const fn hash(&self) -> &Hash {
        &self.hash
    }

    /// M.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// M.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Opens and checks the list of contents of a parcel that is not signed.
    ///
    /// # Errors
    /// [`ParcelError::Commitment`] for another parcel's key; [`ParcelError::Signed`] for a signed parcel,
    /// which [`crate::signed::open`] opens; else what the text inside is refused for.
    pub fn open(&self, key: &ParcelKey) -> Result<Manifest, ParcelError> {
        self.header.verify(key)?;
        if self.header.flags.signed() {
            return Err(ParcelError::Signed);
        }
        let text = self.open_text(key)?;
        let (json, _none) = read_text(&text, false)?;
        Ok(Manifest::from_json(json)?)
    }

    /// The padded text. The caller has verified the header.
    pub(crate) fn open_text(&self, key: &ParcelKey) -> Result<Zeroizing<Vec<u8>>, ParcelError> {
        Ok(stream::open_with(
            manifest_key(key, &self.header.id).as_slice(),
            &manifest_aad(&self.header),
            &self.bytes[HEADER_LEN..],
        )?)
    }
}

/// The json inside the padded text, and the signature, which is there exactly where one belongs.
pub(crate) fn read_text(
    text: &[u8],
    signed: bool,
) -> Result<(&[u8], Option<Signature>), ParcelError> {
    let mut reader = Reader::new(text);
    let length = reader.u32().map_err(|_| ParcelError::Length)? as usize;
    let json = reader.bytes(length).map_err(|_| ParcelError::Length)?;
    let signature = signature::read(&mut reader).map_err(|_| ParcelError::Length)?;
    let signature = signature.map_err(|_| ParcelError::Signature)?;
    if signature.is_some() != signed {
        return Err(ParcelError::Signature);
    }
    let padding = reader.rest();
    if padding.len() >= PAD || padding.iter().any(|&byte| byte != 0) {
        return Err(ParcelError::Padding);
    }
    Ok((json, signature))
}

fn write_text(
    json: &[u8],
    signature: Option<&Signature>,
) -> Result<Zeroizing<Vec<u8>>, ParcelError> {
    let length = u32::try_from(json.len()).map_err(|_| ParcelError::TooLarge)?;
    let used = 4 + json.len() + signature::WRITTEN_LEN;
    let mut text = Zeroizing::new(Vec::with_capacity(used.next_multiple_of(PAD)));
    text.extend_from_slice(&length.to_be_bytes());
    text.extend_from_slice(json);
    signature::write(signature, &mut text);
    text.resize(used.next_multiple_of(PAD), 0);
    Ok(text)
}

/// Seals the list of contents. `key`, `id` and `stream_header` are fresh and used for this parcel alone.
///
/// # Errors
/// [`ParcelError::Manifest`] for a list that a receiver would refuse, [`ParcelError::TooLarge`], and
/// [`ParcelError::Signed`] for levels 3 and 4 that are not from outside: see [`crate::signed::seal`].
pub fn seal(
    key: &ParcelKey,
    id: ParcelId,
    flags: Flags,
    stream_header: StreamHeader,
    manifest: &Manifest,
) -> Result<SealedManifest, ParcelError> {
    if flags.signed() {
        return Err(ParcelError::Signed);
    }
    let header = Header::new(key, id, flags);
    seal_text(key, header, stream_header, &manifest.to_json()?, None)
}

/// M around a json that was checked.
pub(crate) fn seal_text(
    key: &ParcelKey,
    header: Header,
    stream_header: StreamHeader,
    json: &[u8],
    signature: Option<&Signature>,
) -> Result<SealedManifest, ParcelError> {
    let text = write_text(json, signature)?;
    let stream = Stream::derive(
        manifest_key(key, &header.id).as_slice(),
        stream_header,
        &manifest_aad(&header),
    );
    let bytes = [&header.to_bytes()[..], &stream::seal_with(&stream, &text)?].concat();
    if bytes.len() > MAX_MANIFEST {
        return Err(ParcelError::TooLarge);
    }
    Ok(SealedManifest {
        header,
        hash: Hash::of(&bytes),
        bytes,
    })
}
