//! The manifest: the sealed list of a parcel's contents.
//!
//! The types here hold only what is true: sizes, roots and part counts that follow from something
//! else are computed when written and compared when read (`manifest_json.rs`).

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::file::{self, FileError};
use crate::flags::Level;
use crate::format::FormatError;
use crate::key::{AccountId, FileId, FileKey, Fingerprint, Hash, ParcelId};
use crate::name::{self, Name, NameError};
use crate::stream;

/// The type of an entry that is an empty folder.
pub const FOLDER_TYPE: &str = "inode/directory";

/// Integers beyond this are not the same in every JSON reader (RFC 8259 section 6).
const MAX_INTEGER: u64 = (1 << 53) - 1;
const MAX_TYPE: usize = 127;
const MAX_ADDRESS: usize = 320;

/// A list of contents that no client makes or takes. Carries nothing of the list itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not JSON, or a member is missing, doubled or of another kind.
    #[error("the list of contents cannot be read")]
    Json,
    /// Made by a newer program.
    #[error("the list of contents was made by a newer program; update this one")]
    Version,
    /// An id, key or hash is not the text of one.
    #[error("the list of contents is damaged: an id, key or hash in it is none")]
    Text(#[from] FormatError),
    /// A file name is refused.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Two entries have one name, or one lies below another that is no folder.
    #[error(
        "the list of contents is damaged: two entries have the same name, or a file is used as a folder"
    )]
    NameTaken,
    /// An entry has the members of several kinds of entry, or not all of one.
    #[error("the list of contents is damaged: an entry is neither a file nor a folder")]
    Entry,
    /// The type of an entry is not 1 to 127 visible ASCII characters.
    #[error("the type of a file is not one")]
    Type,
    /// The sender's address is empty, too long or has control characters.
    #[error("the address of the sender is not one")]
    Address,
    /// A number does not fit into 53 bits.
    #[error("a number in the list of contents is too large")]
    Number,
    /// Size, sealed size and number of parts do not belong together.
    #[error("the list of contents is damaged: the size of a file does not fit its parts")]
    Size,
    /// The root is not that of the part hashes.
    #[error("the list of contents is damaged: the hash over the parts of a file is wrong")]
    Root,
    /// One file object is listed twice.
    #[error("the list of contents is damaged: one file object is listed twice")]
    ObjectTwice,
    /// The files of a pack do not lie in it one after the other, from its beginning to its end.
    #[error("the list of contents is damaged: the files in a pack do not fit it")]
    Pack,
    /// The level answered is none.
    #[error("the list of contents is damaged: the level it answers is none")]
    Level,
}

impl ManifestError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Json => "manifest_json",
            Self::Version => "manifest_version",
            Self::Text(_) => "manifest_text",
            Self::Name(error) => error.code(),
            Self::NameTaken => "manifest_name_taken",
            Self::Entry => "manifest_entry",
            Self::Type => "manifest_type",
            Self::Address => "manifest_address",
            Self::Number => "manifest_number",
            Self::Size => "manifest_size",
            Self::Root => "root",
            Self::ObjectTwice => "manifest_object_twice",
            Self::Pack => "manifest_pack",
            Self::Level => "manifest_level",
        }
    }
}

impl From<FileError> for ManifestError {
    fn from(_: FileError) -> Self {
        Self::Size
    }
}

/// What a parcel holds.
#[derive(Clone, PartialEq, Eq)]
pub struct Manifest {
    /// When it was made, by the sender's clock: milliseconds since 1970, UTC.
    pub created: i64,
    /// Who made it; at levels 1 and 2 and from outside this is stated, not proven.
    pub sender: Sender,
    /// What it answers.
    pub in_reply_to: Option<InReplyTo>,
    /// Level 4 only; below, the server has it for the mail.
    pub subject: Option<String>,
    /// Level 4 only; below, the server has it for the mail.
    pub body: Option<String>,
    /// In the order they are shown; names are unique.
    pub files: Vec<Entry>,
    /// File objects that hold several small files each; [`Contents::Packed`] counts into this.
    pub packs: Vec<Object>,
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Manifest({} entries)", self.files.len())
    }
}

/// Who made a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// None from outside.
    pub account: Option<AccountId>,
    /// The mail address, as the sender has it: 1 to 320 bytes without control characters.
    pub address: String,
    /// Of the key that signed; levels 3 and 4.
    pub fingerprint: Option<Fingerprint>,
}

/// The parcel that is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InReplyTo {
    /// Its id.
    pub parcel: ParcelId,
    /// Its level, below which an answer must not fall.
    pub level: Level,
}

/// One entry.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// With its folders.
    pub name: Name,
    /// Media type as the sender's machine has it; the one shown comes from the content.
    pub media_type: String,
    /// Last change: milliseconds since 1970, UTC.
    pub mtime: Option<i64>,
    /// Where the bytes are.
    pub contents: Contents,
}

impl Entry {
    /// Bytes of the file; 0 for a folder.
    #[must_use]
    pub const fn size(&self) -> u64 {
        match &self.contents {
            Contents::Own(object) => object.size,
            Contents::Packed { size, .. } => *size,
            Contents::Folder => 0,
        }
    }
}

/// Where the bytes of an entry are.
#[derive(Clone, PartialEq, Eq)]
pub enum Contents {
    /// A file object of its own.
    Own(Object),
    /// `size` bytes from `offset` on in the plaintext of pack number `pack`.
    Packed {
        /// Index into [`Manifest::packs`].
        pack: usize,
        /// In bytes.
        offset: u64,
        /// In bytes.
        size: u64,
    },
    /// None: the entry is a folder. Only an empty one needs an entry.
    Folder,
}

/// What opens a file object, and what its bytes must be.
#[derive(Clone, PartialEq, Eq)]
pub struct Object {
    id: FileId,
    key: FileKey,
    size: u64,
    parts: Vec<Hash>,
}

impl Object {
    /// Takes what sealing gave: the plaintext's size and the hash of every part in order.
    ///
    /// # Errors
    /// [`ManifestError::Size`] unless there are as many hashes as parts.
    pub fn new(
        id: FileId,
        key: FileKey,
        size: u64,
        parts: Vec<Hash>,
    ) -> Result<Self, ManifestError> {
        let sealed = stream::sealed_size(size).map_err(FileError::from)?;
        if file::part_count(sealed)? as usize != parts.len() {
            return Err(ManifestError::Size);
        }
        Ok(Self {
            id,
            key,
            size,
            parts,
        })
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> FileId {
        self.id
    }

    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &FileKey {
        &self.key
    }

    /// Bytes of plaintext.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Bytes of the sealed whole.
    #[must_use]
    pub fn sealed_size(&self) -> u64 {
        stream::sealed_size(self.size).unwrap_or(u64::MAX)
    }

    /// The hash of every part, in order.
    #[must_use]
    pub fn parts(&self) -> &[Hash] {
        &self.parts
    }

    /// The root over them.
    #[must_use]
    pub fn root(&self) -> Hash {
        file::root(self.sealed_size(), &self.parts)
    }
}

impl Manifest {
    /// Checks what a receiver would refuse.
    ///
    /// # Errors
    /// Each of [`ManifestError`] but `Json`, `Version`, `Text` and `Root`.
    pub(crate) fn check(&self) -> Result<(), ManifestError> {
        check_address(&self.sender.address)?;
        check_time(self.created)?;
        for file in &self.files {
            file.mtime.map_or(Ok(()), check_time)?;
            check_type(file)?;
        }
        self.check_names()?;
        self.check_objects()?;
        self.check_packs()
    }

    /// No name twice, none below a file.
    fn check_names(&self) -> Result<(), ManifestError> {
        let mut is_folder = HashMap::with_capacity(self.files.len());
        for file in &self.files {
            let folder = matches!(file.contents, Contents::Folder);
            if is_folder.insert(file.name.as_str(), folder).is_some() {
                return Err(ManifestError::NameTaken);
            }
        }
        for file in &self.files {
            let name = file.name.as_str();
            let mut above = name.match_indices('/').map(|(at, _)| &name[..at]);
            if above.any(|folder| is_folder.get(folder) == Some(&false)) {
                return Err(ManifestError::NameTaken);
            }
        }
        Ok(())
    }

    fn check_objects(&self) -> Result<(), ManifestError> {
        let mut seen = HashSet::new();
        let own = self.files.iter().filter_map(|file| match &file.contents {
            Contents::Own(object) => Some(object),
            _ => None,
        });
        for object in own.chain(&self.packs) {
            if !seen.insert(object.id) {
                return Err(ManifestError::ObjectTwice);
            }
        }
        Ok(())
    }

    /// In manifest order the files of a pack follow one another from its first byte to its last.
    fn check_packs(&self) -> Result<(), ManifestError> {
        let mut ends = vec![0_u64; self.packs.len()];
        let mut used = vec![false; self.packs.len()];
        for file in &self.files {
            let Contents::Packed { pack, offset, size } = &file.contents else {
                continue;
            };
            let end = ends.get_mut(*pack).ok_or(ManifestError::Pack)?;
            if *offset != *end {
                return Err(ManifestError::Pack);
            }
            *end = end.checked_add(*size).ok_or(ManifestError::Pack)?;
            used[*pack] = true;
        }
        let full = self
            .packs
            .iter()
            .zip(&ends)
            .all(|(pack, end)| pack.size == *end);
        if full && used.iter().all(|&used| used) {
            Ok(())
        } else {
            Err(ManifestError::Pack)
        }
    }
}

fn check_address(address: &str) -> Result<(), ManifestError> {
    let fits = !address.is_empty() && address.len() <= MAX_ADDRESS;
    if fits && !address.contains(name::is_unprintable) {
        Ok(())
    } else {
        Err(ManifestError::Address)
    }
}

fn check_time(time: i64) -> Result<(), ManifestError> {
    if time.unsigned_abs() <= MAX_INTEGER {
        Ok(())
    } else {
        Err(ManifestError::Number)
    }
}

fn check_type(file: &Entry) -> Result<(), ManifestError> {
    let text = file.media_type.as_bytes();
    let fits = !text.is_empty() && text.len() <= MAX_TYPE;
    if !fits || !text.iter().all(u8::is_ascii_graphic) {
        return Err(ManifestError::Type);
    }
    let folder = matches!(file.contents, Contents::Folder);
    if folder == (file.media_type == FOLDER_TYPE) {
        Ok(())
    } else {
        Err(ManifestError::Entry)
    }
}
