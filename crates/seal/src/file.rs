//! The file object: one stream, cut into parts that travel on their own.
//!
//! ```text
//! C    = Stream(FK, aad = T(file) || file_id)
//! part j = C[j·P, (j+1)·P), P = 32·S = 8 MiB        h_j = SHA-256(part j)
//! root = SHA-256(T(parts) || u64 |C| || h_0 || h_1 || …)
//! ```
//! A part is sealed and opened inside one buffer, segment by segment, and hashed while the segment
//! is still in the cache. [`Sealer`] and [`Opener`] are shared by threads; each part is independent.
//!
//! | state | becomes | by |
//! |-|-|-|
//! | [`PartSealer`]: takes text | itself, until the part is full | [`PartSealer::space`], [`PartSealer::advance`] |
//! | full | sealed, with its [`Hash`] | [`PartSealer::finish`] |
//! | [`PartOpener`]: takes ciphertext | itself, until the part is full | [`PartOpener::space`], [`PartOpener::advance`] |
//! | full | [`OpenedPart`] if hash and tags are right, else the buffer is wiped | [`PartOpener::finish`] |

use std::ops::Range;
use std::sync::OnceLock;

use zeroize::Zeroize;

use crate::key::{FileId, FileKey, Hash};
use crate::namespace::Namespace;
use crate::primitives::{Sha256, TAG_LEN};
use crate::stream::{self, HEADER, SEGMENT, Span, Stream, StreamError, StreamHeader};

/// P: bytes of a part, but for the last one.
pub const PART: usize = 32 * SEGMENT;
/// Files of fewer bytes go into the parcel's pack.
pub const PACK_BELOW: u64 = 1 << 20;

/// A file object cannot be made or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The stream inside is at fault.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// There is no part of that number.
    #[error("the file has no such part")]
    PartIndex,
    /// A part has another length than its place demands.
    #[error("a part has the wrong length")]
    PartLength,
    /// A part is not the one that the sender made.
    #[error("a part is damaged or was exchanged; fetch it again")]
    PartHash,
    /// The list of part hashes is not the one that the sender made.
    #[error("the list of parts is damaged")]
    Root,
    /// A later part was to be opened before the stream's header is known.
    #[error("part 0 must be opened first: it carries the header of the stream")]
    HeaderUnknown,
    /// More text was announced than there is room for, or a part was finished before it was full.
    #[error("a part was filled wrongly")]
    Fill,
}

impl FileError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Stream(error) => error.code(),
            Self::PartIndex => "part_index",
            Self::PartLength => "part_length",
            Self::PartHash => "part_hash",
            Self::Root => "root",
            Self::HeaderUnknown => "header_unknown",
            Self::Fill => "fill",
        }
    }
}

/// Number of parts of a file object of `sealed` bytes; at least 1.
///
/// # Errors
/// [`StreamError::Size`] where no stream has that size.
pub fn part_count(sealed: u64) -> Result<u32, FileError> {
    stream::plain_size(sealed)?;
    u32::try_from(sealed.div_ceil(PART as u64)).map_err(|_| StreamError::Size.into())
}

/// Bytes of part `index` of a file object of `sealed` bytes.
///
/// # Errors
/// [`StreamError::Size`], [`FileError::PartIndex`].
pub fn part_len(sealed: u64, index: u32) -> Result<usize, FileError> {
    if index >= part_count(sealed)? {
        return Err(FileError::PartIndex);
    }
    let start = u64::from(index) * PART as u64;
    Ok((sealed - start).min(PART as u64) as usize)
}

/// Which bytes of the plaintext part `index` carries.
///
/// # Errors
/// [`StreamError::Size`], [`FileError::PartIndex`].
pub fn part_text(sealed: u64, index: u32) -> Result<Range<u64>, FileError> {
    let len = part_len(sealed, index)? as u64;
    let first = u64::from(index) * (PART / SEGMENT) as u64;
    let end = u64::from(index) * PART as u64 + len;
    let end = if end == sealed {
        stream::plain_size(sealed)?
    } else {
        stream::text_offset(end / SEGMENT as u64)
    };
    Ok(stream::text_offset(first)..end)
}

/// Which parts carry the plaintext `text`, as a range of part numbers; empty for an empty range.
///
/// # Errors
/// [`StreamError::Size`] if `text` reaches beyond the end.
pub fn parts_of_text(sealed: u64, text: &Range<u64>) -> Result<Range<u32>, FileError> {
    let plain = stream::plain_size(sealed)?;
    if text.end > plain || text.start > text.end {
        return Err(StreamError::Size.into());
    }
    if text.is_empty() {
        return Ok(0..0);
    }
    let part = |offset: u64| {
        let segment = (offset + HEADER as u64) / stream::SEGMENT_TEXT as u64;
        (segment / (PART / SEGMENT) as u64) as u32
    };
    Ok(part(text.start)..part(text.end - 1) + 1)
}

/// The root over all part hashes of a file object of `sealed` bytes.
#[must_use]
pub fn root(sealed: u64, parts: &[Hash]) -> Hash {
    let mut hash = Sha256::new();
    hash.update(Namespace::Parts.label());
    hash.update(&sealed.to_be_bytes());
    for part in parts {
        hash.update(part.as_bytes());
    }
    Hash::from_bytes(hash.finish())
}

fn aad(id: &FileId) -> Vec<u8> {
    [Namespace::File.label(), id.as_bytes()].concat()
}

/// The segments of one part, with their places inside the part's buffer.
#[derive(Debug)]
struct Segments {
    sealed: u64,
    part: u32,
    next: u64,
    end: u64,
}

impl Segments {
    fn new(sealed: u64, part: u32) -> Self {
        let first = u64::from(part) * (PART / SEGMENT) as u64;
        Self {
            sealed,
            part,
            next: first,
            end: stream::segment_count(sealed).min(first + (PART / SEGMENT) as u64),
        }
    }

    /// The segment in turn, and where it lies in the part, tag included.
    fn current(&self) -> Option<(Span, Range<usize>)> {
        if self.next == self.end {
            return None;
        }
        let span = stream::span(self.sealed, self.next);
        let base = u64::from(self.part) * PART as u64;
        let place = (span.sealed.start - base) as usize..(span.sealed.end - base) as usize;
        Some((span, place))
    }
}

/// Seals one file object, its parts in any order and in parallel.
#[derive(Debug)]
pub struct Sealer {
    stream: Stream,
    sealed: u64,
}

impl Sealer {
    /// `plain` is the size of the whole file in bytes. `header` is fresh: going on after a stop with
    /// the same header is right only if every part that has a hash comes out with the same one.
    ///
    /// # Errors
    /// [`StreamError::Size`] beyond [`stream::MAX_PLAIN`].
    pub fn new(
        key: &FileKey,
        id: &FileId,
        header: StreamHeader,
        plain: u64,
    ) -> Result<Self, FileError> {
        Ok(Self {
            stream: Stream::new(key, header, &aad(id)),
            sealed: stream::sealed_size(plain)?,
        })
    }

    /// Bytes of the sealed whole.
    #[must_use]
    pub const fn sealed_size(&self) -> u64 {
        self.sealed
    }

    /// Number of parts; at least 1.
    #[must_use]
    pub const fn part_count(&self) -> u32 {
        self.sealed.div_ceil(PART as u64) as u32
    }

    /// Bytes of part `index`.
    ///
    /// # Errors
    /// [`FileError::PartIndex`].
    pub fn part_len(&self, index: u32) -> Result<usize, FileError> {
        part_len(self.sealed, index)
    }

    /// Which bytes of the file part `index` takes.
    ///
    /// # Errors
    /// [`FileError::PartIndex`].
    pub fn part_text(&self, index: u32) -> Result<Range<u64>, FileError> {
        part_text(self.sealed, index)
    }

    /// Begins part `index` inside `buffer`, which has exactly [`Sealer::part_len`] bytes.
    ///
    /// # Errors
    /// [`FileError::PartIndex`], [`FileError::PartLength`].
    pub fn part<'a>(
        &'a self,
        index: u32,
        buffer: &'a mut [u8],
    ) -> Result<PartSealer<'a>, FileError> {
        if buffer.len() != self.part_len(index)? {
            return Err(FileError::PartLength);
        }
        let mut hash = Sha256::new();
        if index == 0 {
            buffer[..HEADER].copy_from_slice(&self.stream.header().to_bytes());
            hash.update(&buffer[..HEADER]);
        }
        let mut part = PartSealer {
            stream: &self.stream,
            buffer,
            segments: Segments::new(self.sealed, index),
            filled: 0,
            hash,
        };
        part.seal_full()?;
        Ok(part)
    }
}

/// One part on its way from text to ciphertext, in the caller's buffer.
#[derive(Debug)]
pub struct PartSealer<'a> {
    stream: &'a Stream,
    buffer: &'a mut [u8],
    segments: Segments,
    /// Bytes of text in the segment in turn.
    filled: usize,
    hash: Sha256,
}

impl PartSealer<'_> {
    /// Where the next text goes: at most a segment's worth, empty once the part is full.
    #[must_use]
    pub fn space(&mut self) -> &mut [u8] {
        match self.segments.current() {
            Some((_, place)) => &mut self.buffer[place.start + self.filled..place.end - TAG_LEN],
            None => &mut [],
        }
    }

    /// Says that the first `len` bytes of [`PartSealer::space`] are text now. A full segment is sealed and hashed.
    ///
    /// # Errors
    /// [`FileError::Fill`] if there was not that much space.
    pub fn advance(&mut self, len: usize) -> Result<(), FileError> {
        if len > self.space().len() {
            return Err(FileError::Fill);
        }
        self.filled += len;
        self.seal_full()
    }

    fn seal_full(&mut self) -> Result<(), FileError> {
        if let Some((span, place)) = self.segments.current()
            && self.filled + TAG_LEN == place.len()
        {
            let segment = &mut self.buffer[place];
            self.stream.seal_segment(span.index, span.last, segment)?;
            self.hash.update(segment);
            self.segments.next += 1;
            self.filled = 0;
        }
        Ok(())
    }

    /// The hash of the part, whose ciphertext the buffer now holds.
    ///
    /// # Errors
    /// [`FileError::Fill`] if text is missing.
    pub fn finish(self) -> Result<Hash, FileError> {
        match self.segments.current() {
            Some(_) => Err(FileError::Fill),
            None => Ok(Hash::from_bytes(self.hash.finish())),
        }
    }
}

/// Opens one file object, its parts in parallel once the header is known.
#[derive(Debug)]
pub struct Opener {
    key: FileKey,
    aad: Vec<u8>,
    sealed: u64,
    stream: OnceLock<Stream>,
}

impl Opener {
    /// `sealed` is the size of the whole file object in bytes, as the manifest states it.
    ///
    /// # Errors
    /// [`StreamError::Size`] where no stream has that size.
    pub fn new(key: &FileKey, id: &FileId, sealed: u64) -> Result<Self, FileError> {
        part_count(sealed)?;
        Ok(Self {
            key: key.clone(),
            aad: aad(id),
            sealed,
            stream: OnceLock::new(),
        })
    }

    /// Bytes of the plaintext.
    #[must_use]
    pub fn plain_size(&self) -> u64 {
        stream::plain_size(self.sealed).unwrap_or(0)
    }

    /// Number of parts; at least 1.
    #[must_use]
    pub const fn part_count(&self) -> u32 {
        self.sealed.div_ceil(PART as u64) as u32
    }

    /// Bytes of part `index`.
    ///
    /// # Errors
    /// [`FileError::PartIndex`].
    pub fn part_len(&self, index: u32) -> Result<usize, FileError> {
        part_len(self.sealed, index)
    }

    /// Which bytes of the file part `index` gives.
    ///
    /// # Errors
    /// [`FileError::PartIndex`].
    pub fn part_text(&self, index: u32) -> Result<Range<u64>, FileError> {
        part_text(self.sealed, index)
    }

    /// The header, once known: to be kept by who wants to go on later without part 0.
    #[must_use]
    pub fn header(&self) -> Option<StreamHeader> {
        self.stream.get().map(Stream::header)
    }

    /// Gives the header, from the first 40 bytes of the file object or from an earlier run. A wrong
    /// one opens nothing. Without this call it is learned from part 0.
    pub fn set_header(&self, header: StreamHeader) {
        self.stream.get_or_init(|| self.derive(header));
    }

    fn derive(&self, header: StreamHeader) -> Stream {
        Stream::new(&self.key, header, &self.aad)
    }

    /// Begins part `index` inside `buffer`, which has exactly [`Opener::part_len`] bytes.
    ///
    /// # Errors
    /// [`FileError::PartIndex`], [`FileError::PartLength`], [`FileError::HeaderUnknown`] for a later
    /// part while neither part 0 was opened nor the header given.
    pub fn part<'a>(
        &'a self,
        index: u32,
        buffer: &'a mut [u8],
    ) -> Result<PartOpener<'a>, FileError> {
        if buffer.len() != self.part_len(index)? {
            return Err(FileError::PartLength);
        }
        if index > 0 && self.stream.get().is_none() {
            return Err(FileError::HeaderUnknown);
        }
        Ok(PartOpener {
            opener: self,
            buffer,
            own: None,
            index,
            segments: Segments::new(self.sealed, index),
            filled: 0,
            hash: Sha256::new(),
            failure: None,
        })
    }
}

/// One part on its way from ciphertext to text, in the caller's buffer.
///
/// Segments are hashed and opened as they become complete, so that little is left to do when the
/// last byte arrives; nothing of it can be had before the hash of the whole part is right.
#[derive(Debug)]
pub struct PartOpener<'a> {
    opener: &'a Opener,
    buffer: &'a mut [u8],
    /// The stream by the header of this very part 0, until that is known to be good.
    own: Option<Stream>,
    index: u32,
    segments: Segments,
    /// Bytes of ciphertext in the buffer.
    filled: usize,
    hash: Sha256,
    failure: Option<FileError>,
}

impl<'a> PartOpener<'a> {
    /// Where the next ciphertext goes: all that is still missing.
    #[must_use]
    pub fn space(&mut self) -> &mut [u8] {
        &mut self.buffer[self.filled..]
    }

    /// Says that the first `len` bytes of [`PartOpener::space`] are ciphertext now.
    ///
    /// # Errors
    /// [`FileError::Fill`] if there was not that much space. Damage is told by [`PartOpener::finish`].
    pub fn advance(&mut self, len: usize) -> Result<(), FileError> {
        if len > self.space().len() {
            return Err(FileError::Fill);
        }
        self.filled += len;
        while let Some((span, place)) = self.segments.current() {
            if place.end > self.filled {
                break;
            }
            self.open_one(&span, place);
            self.segments.next += 1;
        }
        Ok(())
    }

    fn open_one(&mut self, span: &Span, place: Range<usize>) {
        if span.index == 0 {
            self.hash.update(&self.buffer[..HEADER]);
            self.own = self.read_header();
        }
        let segment = &mut self.buffer[place];
        self.hash.update(segment);
        if self.failure.is_some() {
            return;
        }
        let Some(stream) = self.own.as_ref().or_else(|| self.opener.stream.get()) else {
            self.failure = Some(FileError::HeaderUnknown);
            return;
        };
        if let Err(error) = stream.open_segment(span.index, span.last, segment) {
            self.failure = Some(error.into());
        }
    }

    fn read_header(&mut self) -> Option<Stream> {
        let header = self.buffer.first_chunk().ok_or(StreamError::Header);
        match header.and_then(StreamHeader::parse) {
            Ok(header) => Some(self.opener.derive(header)),
            Err(error) => {
                self.failure = Some(error.into());
                None
            }
        }
    }

    /// Compares with the hash that the manifest gives and hands out the text.
    ///
    /// # Errors
    /// [`FileError::Fill`] if bytes are missing, [`FileError::PartHash`] if it is another part than
    /// the sender's, [`StreamError::Authentication`] or [`StreamError::Header`] if it is the sender's
    /// and still does not open. The buffer is wiped on each.
    pub fn finish(mut self, expected: &Hash) -> Result<OpenedPart<'a>, FileError> {
        let result = self.verdict(expected);
        if let Err(error) = result {
            self.buffer.zeroize();
            return Err(error);
        }
        if let Some(stream) = self.own.take() {
            self.opener.stream.get_or_init(|| stream);
        }
        Ok(OpenedPart {
            buffer: self.buffer,
            sealed: self.opener.sealed,
            index: self.index,
        })
    }

    fn verdict(&self, expected: &Hash) -> Result<(), FileError> {
        if self.filled != self.buffer.len() {
            return Err(FileError::Fill);
        }
        if Hash::from_bytes(self.hash.clone().finish()) != *expected {
            return Err(FileError::PartHash);
        }
        self.failure.map_or(Ok(()), Err)
    }
}

/// A part that is the sender's and is open.
pub struct OpenedPart<'a> {
    buffer: &'a mut [u8],
    sealed: u64,
    index: u32,
}

impl std::fmt::Debug for OpenedPart<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenedPart({})", self.index)
    }
}

impl OpenedPart<'_> {
    /// Which bytes of the file these are.
    #[must_use]
    pub fn text_range(&self) -> Range<u64> {
        part_text(self.sealed, self.index).unwrap_or(0..0)
    }

    /// The text, in pieces that follow one another without a gap (a tag lies between them in the buffer).
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        let mut segments = Segments::new(self.sealed, self.index);
        std::iter::from_fn(move || {
            let (_, place) = segments.current()?;
            segments.next += 1;
            Some(&self.buffer[place.start..place.end - TAG_LEN])
        })
    }
}

/// Where the files of a parcel go: those below [`PACK_BELOW`] follow one another in one pack, in manifest order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackLayout {
    /// Per file, in the order given: its offset in the pack, or none if it is a file object of its own.
    pub offsets: Vec<Option<u64>>,
    /// Bytes of the pack; none if no file goes into one.
    pub size: Option<u64>,
}

/// Lays out a parcel's files, given their sizes in manifest order.
///
/// # Errors
/// [`StreamError::Size`] if the pack would be larger than a stream can be.
pub fn pack_layout(sizes: &[u64]) -> Result<PackLayout, FileError> {
    let mut end: Option<u64> = None;
    let offsets = sizes
        .iter()
        .map(|&size| {
            (size < PACK_BELOW).then(|| {
                let offset = end.unwrap_or(0);
                end = Some(offset + size);
                offset
            })
        })
        .collect();
    if let Some(size) = end {
        stream::sealed_size(size)?;
    }
    Ok(PackLayout { offsets, size: end })
}
