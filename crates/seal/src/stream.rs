//! The stream: Google Tink's AES-GCM-HKDF streaming AEAD with 256 KiB segments.
//!
//! ```text
//! 28 | salt 32 | prefix 7 | segment 0 | segment 1 | …      (28 is the header's length, 40)
//! K = KDF(ikm, salt, aad)
//! segment i = AES-256-GCM(K, nonce = prefix || u32 i || last, empty aad)
//! ```
//! Ciphertext segment i is the bytes `[i·S, (i+1)·S)` of the stream, S = 262144; segment 0 includes
//! the header and so carries 40 bytes of plaintext less. Only the last segment may be shorter, and it
//! is empty only when the whole plaintext is: one plaintext size, one sealed size. The segment
//! number and the last flag are in the nonce, so segments can be opened alone and in any order, and
//! none can be dropped, moved or appended.
//!
//! **Who keeps the nonces unique:** the header is drawn at random for every stream, and nobody seals
//! two different texts under one header. Going on after a stop must compare part hashes first.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::key::{Key, Purpose};
use crate::primitives::{self, Aead, NONCE_LEN, TAG_LEN};

/// S: bytes of a ciphertext segment.
pub const SEGMENT: usize = 262_144;
/// Bytes of plaintext in a full segment, but for segment 0 which has [`HEADER`] less.
pub const SEGMENT_TEXT: usize = SEGMENT - TAG_LEN;
/// Bytes of the header.
pub const HEADER: usize = 40;
/// Bytes of the smallest stream: a header and the tag of an empty text.
pub const MIN_SEALED: u64 = (HEADER + TAG_LEN) as u64;
/// Bytes of the largest stream: 2^32 segments, one pebibyte.
pub const MAX_SEALED: u64 = (SEGMENT as u64) << 32;
/// Bytes of the largest plaintext.
pub const MAX_PLAIN: u64 = MAX_SEALED - HEADER as u64 - ((TAG_LEN as u64) << 32);

const HEADER_BYTE: u8 = HEADER as u8;
const SALT_LEN: usize = 32;
const PREFIX_LEN: usize = 7;

/// The stream cannot be made or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StreamError {
    /// No stream has that many bytes.
    #[error("the data is cut, or too large")]
    Size,
    /// The header is not that of a stream.
    #[error("the data is damaged: it does not begin like a sealed stream")]
    Header,
    /// Wrong key, wrong place or changed bytes; nobody can tell which.
    #[error("the data is damaged, or belongs to another key or place")]
    Authentication,
}

impl StreamError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Header => "header",
            Self::Authentication => "authentication",
        }
    }
}

/// Bytes of the stream over `plain` bytes of text.
///
/// # Errors
/// [`StreamError::Size`] beyond [`MAX_PLAIN`].
pub const fn sealed_size(plain: u64) -> Result<u64, StreamError> {
    if plain > MAX_PLAIN {
        return Err(StreamError::Size);
    }
    let body = plain + HEADER as u64;
    let segments = body.div_ceil(SEGMENT_TEXT as u64);
    Ok(body + segments * TAG_LEN as u64)
}

/// Bytes of text in a stream of `sealed` bytes.
///
/// # Errors
/// [`StreamError::Size`] where no text gives that size.
pub const fn plain_size(sealed: u64) -> Result<u64, StreamError> {
    if sealed < MIN_SEALED || sealed > MAX_SEALED {
        return Err(StreamError::Size);
    }
    let segments = sealed.div_ceil(SEGMENT as u64);
    let last = sealed - (segments - 1) * SEGMENT as u64;
    // A last segment that holds a tag alone would be a second form of the same text.
    if segments > 1 && last <= TAG_LEN as u64 {
        return Err(StreamError::Size);
    }
    Ok(sealed - HEADER as u64 - segments * TAG_LEN as u64)
}

/// Number of segments of a stream of `sealed` bytes; 1 to 2^32.
pub(crate) const fn segment_count(sealed: u64) -> u64 {
    sealed.div_ceil(SEGMENT as u64)
}

/// Where the text of segment `index` begins in the plaintext.
pub(crate) const fn text_offset(index: u64) -> u64 {
    if index == 0 {
        0
    } else {
        index * SEGMENT_TEXT as u64 - HEADER as u64
    }
}

/// The first 40 bytes of a stream. No secret, but to be used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamHeader {
    salt: [u8; SALT_LEN],
    prefix: [u8; PREFIX_LEN],
}

impl StreamHeader {
    /// Random bytes the header takes.
    pub const RANDOM: usize = SALT_LEN + PREFIX_LEN;

    /// Takes 39 fresh random bytes: salt, then nonce prefix. A header seals one text only, ever.
    #[must_use]
    pub fn from_random(random: &[u8; Self::RANDOM]) -> Self {
        let mut header = Self {
            salt: [0; SALT_LEN],
            prefix: [0; PREFIX_LEN],
        };
        let (salt, prefix) = random.split_at(SALT_LEN);
        header.salt.copy_from_slice(salt);
        header.prefix.copy_from_slice(prefix);
        header
    }

    /// Reads the first 40 bytes of a stream.
    ///
    /// # Errors
    /// [`StreamError::Header`] where the first byte is not 28 (hexadecimal).
    pub fn parse(bytes: &[u8; HEADER]) -> Result<Self, StreamError> {
        let mut random = [0; Self::RANDOM];
        random.copy_from_slice(&bytes[1..]);
        if bytes[0] != HEADER_BYTE {
            return Err(StreamError::Header);
        }
        Ok(Self::from_random(&random))
    }

    /// The 40 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [HEADER_BYTE; HEADER];
        bytes[1..=SALT_LEN].copy_from_slice(&self.salt);
        bytes[1 + SALT_LEN..].copy_from_slice(&self.prefix);
        bytes
    }
}

/// One stream's key, ready for any segment, from any thread.
pub struct Stream {
    aead: Aead,
    header: StreamHeader,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stream(..)")
    }
}

impl Stream {
    /// Derives the stream's key; `aad` binds what the stream is and belongs to.
    #[must_use]
    pub fn new<P: Purpose>(ikm: &Key<P>, header: StreamHeader, aad: &[u8]) -> Self {
        Self::derive(ikm.expose(), header, aad)
    }

    pub(crate) fn derive(ikm: &[u8], header: StreamHeader, aad: &[u8]) -> Self {
        Self {
            aead: Aead::new(&primitives::kdf(ikm, &header.salt, &[aad])),
            header,
        }
    }

    /// The header this stream was made with.
    #[must_use]
    pub const fn header(&self) -> StreamHeader {
        self.header
    }

    fn nonce(&self, index: u32, last: bool) -> [u8; NONCE_LEN] {
        let mut nonce = [0; NONCE_LEN];
        nonce[..PREFIX_LEN].copy_from_slice(&self.header.prefix);
        nonce[PREFIX_LEN..NONCE_LEN - 1].copy_from_slice(&index.to_be_bytes());
        nonce[NONCE_LEN - 1] = u8::from(last);
        nonce
    }

    /// Seals a segment where it lies: `segment` is the text and 16 bytes of room for the tag.
    /// The header in front of segment 0 is not part of it.
    ///
    /// # Errors
    /// [`StreamError::Size`] below 16 bytes or above [`SEGMENT`].
    pub fn seal_segment(
        &self,
        index: u32,
        last: bool,
        segment: &mut [u8],
    ) -> Result<(), StreamError> {
        if segment.len() < TAG_LEN || segment.len() > SEGMENT {
            return Err(StreamError::Size);
        }
        self.aead
            .seal_in_place(self.nonce(index, last), &[], segment);
        Ok(())
    }

    /// Opens a segment where it lies and gives its text. On failure the text is wiped.
    ///
    /// # Errors
    /// [`StreamError::Size`] as above, [`StreamError::Authentication`] if it is not segment `index`
    /// of this stream, or if `last` is not so.
    pub fn open_segment<'a>(
        &self,
        index: u32,
        last: bool,
        segment: &'a mut [u8],
    ) -> Result<&'a mut [u8], StreamError> {
        if segment.len() < TAG_LEN || segment.len() > SEGMENT {
            return Err(StreamError::Size);
        }
        self.aead
            .open_in_place(self.nonce(index, last), &[], segment)
            .map_err(|_| StreamError::Authentication)
    }
}

/// Where one segment lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) index: u32,
    pub(crate) last: bool,
    /// In the ciphertext, tag included, header excluded.
    pub(crate) sealed: Range<u64>,
}

/// Segment `index` of a stream of `sealed` bytes. `index` is below the segment count.
pub(crate) fn span(sealed: u64, index: u64) -> Span {
    let start = index * SEGMENT as u64;
    Span {
        index: u32::try_from(index).unwrap_or(u32::MAX),
        last: index + 1 == segment_count(sealed),
        sealed: if index == 0 { HEADER as u64 } else { start }..sealed.min(start + SEGMENT as u64),
    }
}

/// Seals a whole text that fits into memory.
///
/// # Errors
/// [`StreamError::Size`] beyond [`MAX_PLAIN`].
pub fn seal<P: Purpose>(
    ikm: &Key<P>,
    header: StreamHeader,
    aad: &[u8],
    text: &[u8],
) -> Result<Vec<u8>, StreamError> {
    seal_with(&Stream::new(ikm, header, aad), text)
}

pub(crate) fn seal_with(stream: &Stream, text: &[u8]) -> Result<Vec<u8>, StreamError> {
    let total = sealed_size(text.len() as u64)?;
    let mut out = vec![0; usize::try_from(total).map_err(|_| StreamError::Size)?];
    out[..HEADER].copy_from_slice(&stream.header.to_bytes());
    let mut rest = text;
    for index in 0..segment_count(total) {
        let span = span(total, index);
        let segment = &mut out[span.sealed.start as usize..span.sealed.end as usize];
        let (head, tail) = rest.split_at(segment.len() - TAG_LEN);
        segment[..head.len()].copy_from_slice(head);
        stream.seal_segment(span.index, span.last, segment)?;
        rest = tail;
    }
    Ok(out)
}

/// Opens a whole stream that fits into memory.
///
/// # Errors
/// Each of [`StreamError`].
pub fn open<P: Purpose>(
    ikm: &Key<P>,
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, StreamError> {
    open_with(ikm.expose(), aad, sealed)
}

pub(crate) fn open_with(
    ikm: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, StreamError> {
    let total = sealed.len() as u64;
    let plain = plain_size(total)?;
    let header = sealed.first_chunk().ok_or(StreamError::Size)?;
    let stream = Stream::derive(ikm, StreamHeader::parse(header)?, aad);
    let mut text = Zeroizing::new(Vec::with_capacity(plain as usize));
    let mut segment = Zeroizing::new(Vec::with_capacity(SEGMENT.min(sealed.len())));
    for index in 0..segment_count(total) {
        let span = span(total, index);
        segment.clear();
        segment.extend_from_slice(&sealed[span.sealed.start as usize..span.sealed.end as usize]);
        text.extend_from_slice(stream.open_segment(span.index, span.last, &mut segment)?);
    }
    Ok(text)
}
