//! The sealed going-on record: what a sending client keeps of a parcel until it is posted.
//!
//! ```text
//! "DPG1" || suite || parcel_id 16 || Stream(KDF(UMK, parcel_id, T(draft)), aad = all before, text)
//! ```
//! The text is the client's own. At levels 3 and 4 no other form exists, and it is deleted once posted.

use zeroize::Zeroizing;

use crate::format::{FormatError, Reader, SUITE};
use crate::key::{KeyringKey, ParcelId};
use crate::namespace::Namespace;
use crate::primitives::{self, Secret};
use crate::stream::{self, Stream, StreamError, StreamHeader};

const MAGIC: [u8; 4] = *b"DPG1";
const HEAD_LEN: usize = 4 + 1 + 16;

/// The record does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GoingOnError {
    /// Not the shape of one.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The stream inside.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// Another parcel's.
    #[error("this belongs to another delivery")]
    Parcel,
}

impl GoingOnError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Format(error) => error.code(),
            Self::Stream(error) => error.code(),
            Self::Parcel => "draft_parcel",
        }
    }
}

fn key(umk: &KeyringKey, parcel: &ParcelId) -> Secret {
    let label = Namespace::Draft.label();
    primitives::kdf(umk.expose(), parcel.as_bytes(), &[label])
}

/// Seals `text`. `header` is fresh each time.
///
/// # Errors
/// [`StreamError::Size`].
pub fn seal(
    umk: &KeyringKey,
    parcel: &ParcelId,
    header: StreamHeader,
    text: &[u8],
) -> Result<Vec<u8>, StreamError> {
    let head = [&MAGIC[..], &[SUITE], parcel.as_bytes()].concat();
    let stream = Stream::derive(key(umk, parcel).as_slice(), header, &head);
    Ok([head, stream::seal_with(&stream, text)?].concat())
}

/// The parcel that a record names.
///
/// # Errors
/// [`FormatError`].
pub fn parcel(bytes: &[u8]) -> Result<ParcelId, FormatError> {
    let mut reader = Reader::new(bytes);
    reader.magic(MAGIC)?;
    Ok(ParcelId::from_bytes(reader.array()?))
}

/// Opens what [`seal`] made for this parcel.
///
/// # Errors
/// Each of [`GoingOnError`].
pub fn open(
    umk: &KeyringKey,
    id: &ParcelId,
    bytes: &[u8],
) -> Result<Zeroizing<Vec<u8>>, GoingOnError> {
    if parcel(bytes)? != *id {
        return Err(GoingOnError::Parcel);
    }
    let (head, sealed) = bytes.split_at(HEAD_LEN);
    Ok(stream::open_with(key(umk, id).as_slice(), head, sealed)?)
}
