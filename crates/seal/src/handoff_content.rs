//! What a handoff carries, before it is packed: one file, or a bundle of settings, which is one.
//!
//! ```text
//! u16 length || head || bytes                     head = {"v":1,"name":…,"type":…}, JSON in UTF-8
//! ```

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::name::{Name, NameError};

/// The type of a bundle of settings (`docs/settings.md`).
pub const BUNDLE_TYPE: &str = "application/vnd.depesche.settings+json";
/// What a reader unpacks at most: more is a trap.
pub const MOST: u64 = 128 << 20;

const VERSION: u64 = 1;
const TYPE_MOST: usize = 255;

/// Content that cannot be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// Shorter than it says.
    #[error("the handoff is damaged: it ends too early")]
    Truncated,
    /// The head is not the JSON that it must be.
    #[error("the handoff is damaged: it does not say what it is")]
    Head,
    /// Made by a newer program.
    #[error("this handoff was made by a newer program; update this one")]
    Version,
    /// The name leads somewhere, or cannot be shown.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The type is empty, too long or not of visible ASCII characters.
    #[error("the handoff is damaged: its type is none")]
    Type,
}

impl ContentError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Head => "handoff_head",
            Self::Version => "handoff_newer",
            Self::Name(error) => error.code(),
            Self::Type => "handoff_type",
        }
    }
}

/// Read first, so that newer content is called newer and not damaged.
#[derive(Deserialize)]
struct HeadVersion {
    v: u64,
}

/// Members that this version does not know are ignored; what a reader must understand raises `v`.
#[derive(Serialize, Deserialize)]
struct Head {
    v: u64,
    name: String,
    #[serde(rename = "type")]
    media_type: String,
}

/// One file with its name and type.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// One component: a file, not a path.
    pub name: Name,
    /// As its maker said; what is shown comes from the bytes.
    pub media_type: String,
    /// The file.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({} bytes)", self.bytes.len())
    }
}

fn check(name: &Name, media_type: &str) -> Result<(), ContentError> {
    if name.components().count() != 1 {
        return Err(NameError::Separator.into());
    }
    let visible = media_type.bytes().all(|byte| byte.is_ascii_graphic());
    if media_type.is_empty() || media_type.len() > TYPE_MOST || !visible {
        return Err(ContentError::Type);
    }
    Ok(())
}

impl Content {
    /// The bytes to be packed.
    ///
    /// # Errors
    /// [`ContentError::Name`], [`ContentError::Type`], [`ContentError::Head`].
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, ContentError> {
        check(&self.name, &self.media_type)?;
        let head = Head {
            v: VERSION,
            name: self.name.as_str().to_owned(),
            media_type: self.media_type.clone(),
        };
        let head = serde_json::to_vec(&head).map_err(|_| ContentError::Head)?;
        let len = u16::try_from(head.len()).map_err(|_| ContentError::Head)?;
        let mut out = Zeroizing::new(Vec::with_capacity(2 + head.len() + self.bytes.len()));
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(&head);
        out.extend_from_slice(&self.bytes);
        Ok(out)
    }

    /// Reads what was unpacked.
    ///
    /// # Errors
    /// Each of [`ContentError`].
    pub fn parse(unpacked: &[u8]) -> Result<Self, ContentError> {
        let (len, rest) = unpacked
            .split_first_chunk()
            .ok_or(ContentError::Truncated)?;
        let (head, bytes) = rest
            .split_at_checked(usize::from(u16::from_be_bytes(*len)))
            .ok_or(ContentError::Truncated)?;
        let version: HeadVersion = serde_json::from_slice(head).map_err(|_| ContentError::Head)?;
        if version.v != VERSION {
            return Err(ContentError::Version);
        }
        let head: Head = serde_json::from_slice(head).map_err(|_| ContentError::Head)?;
        let name = Name::parse(&head.name)?;
        check(&name, &head.media_type)?;
        Ok(Self {
            name,
            media_type: head.media_type,
            bytes: Zeroizing::new(bytes.to_vec()),
        })
    }
}
