//! Strict reading and writing: every byte is accounted for, nothing may follow.
//!
//! Integers are big-endian. Text forms are base64url without padding (RFC 4648 section 5) with the
//! unused bits zero, so that one value has one text.

use data_encoding::BASE64URL_NOPAD;

/// The one suite that is built. 02 is reserved.
pub const SUITE: u8 = 0x01;

/// The bytes do not have the shape they must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// Fewer bytes than the format needs.
    #[error("the data ends too early")]
    Truncated,
    /// Bytes are left over.
    #[error("there are bytes behind the end")]
    Trailing,
    /// The first four bytes name something else.
    #[error("this is not the kind of data that was expected")]
    Magic,
    /// Made by a newer program, or damaged.
    #[error(
        "this was made with a suite of algorithms that this program does not know; a newer one may"
    )]
    Suite,
    /// A flag is set that has no meaning, or the level is none of 1 to 4.
    #[error("this carries a flag that this program does not know; a newer one may")]
    Flags,
    /// Not the base64url text of that many bytes.
    #[error("this is not the text of an identifier, key or hash")]
    Text,
}

impl FormatError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Trailing => "trailing",
            Self::Magic => "magic",
            Self::Suite => "suite",
            Self::Flags => "flags",
            Self::Text => "text",
        }
    }
}

/// Takes bytes off the front.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Result<&'a [u8], FormatError> {
        let (head, rest) = self.0.split_at_checked(len).ok_or(FormatError::Truncated)?;
        self.0 = rest;
        Ok(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(FormatError::Truncated)?;
        self.0 = rest;
        Ok(*head)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, FormatError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, FormatError> {
        self.array().map(u32::from_be_bytes)
    }

    /// Magic and suite, in this order, as every record begins.
    pub(crate) fn magic(&mut self, magic: [u8; 4]) -> Result<(), FormatError> {
        if self.array()? != magic {
            return Err(FormatError::Magic);
        }
        if self.u8()? != SUITE {
            return Err(FormatError::Suite);
        }
        Ok(())
    }

    pub(crate) const fn rest(self) -> &'a [u8] {
        self.0
    }

    pub(crate) const fn end(self) -> Result<(), FormatError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(FormatError::Trailing)
        }
    }
}

/// base64url without padding.
#[must_use]
pub fn to_text(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// Reads [`to_text`] of exactly `N` bytes.
///
/// # Errors
/// [`FormatError::Text`] for other lengths, padding, foreign characters, unused bits that are set.
pub fn from_text<const N: usize>(text: &str) -> Result<[u8; N], FormatError> {
    let mut out = [0; N];
    if text.len() != BASE64URL_NOPAD.encode_len(N) {
        return Err(FormatError::Text);
    }
    match BASE64URL_NOPAD.decode_mut(text.as_bytes(), &mut out) {
        Ok(len) if len == N => Ok(out),
        _ => Err(FormatError::Text),
    }
}
