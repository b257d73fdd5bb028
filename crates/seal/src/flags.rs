//! The level of a parcel and the flags byte of its header.

use crate::format::FormatError;

const LEVEL_BITS: u8 = 0b0000_0111;
const OUTSIDE_BIT: u8 = 0b0000_1000;

/// What opens a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// 1: the link.
    Link = 1,
    /// 2: the link, and a login.
    Login = 2,
    /// 3: the person's key, for the files.
    KeyedFiles = 3,
    /// 4: the person's key, for files and message.
    KeyedAll = 4,
}

impl Level {
    /// The number 1 to 4.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Reads the number 1 to 4.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Link),
            2 => Some(Self::Login),
            3 => Some(Self::KeyedFiles),
            4 => Some(Self::KeyedAll),
            _ => None,
        }
    }
}

/// The flags byte of H: bits 0–2 the level, bit 3 from outside, the others zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flags {
    /// What opens the parcel.
    pub level: Level,
    /// Made by somebody without an account: never signed, always shown as "sender stated".
    pub from_outside: bool,
}

impl Flags {
    /// A member's parcel of this level.
    #[must_use]
    pub const fn of(level: Level) -> Self {
        Self {
            level,
            from_outside: false,
        }
    }

    /// The byte.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        self.level.number() | if self.from_outside { OUTSIDE_BIT } else { 0 }
    }

    /// Reads the byte.
    ///
    /// # Errors
    /// [`FormatError::Flags`] for a level that is none and for unknown bits.
    pub fn parse(byte: u8) -> Result<Self, FormatError> {
        if byte & !(LEVEL_BITS | OUTSIDE_BIT) != 0 {
            return Err(FormatError::Flags);
        }
        Ok(Self {
            level: Level::from_number(byte & LEVEL_BITS).ok_or(FormatError::Flags)?,
            from_outside: byte & OUTSIDE_BIT != 0,
        })
    }

    /// Whether the manifest is signed: levels 3 and 4, unless it comes from outside.
    #[must_use]
    pub const fn signed(self) -> bool {
        matches!(self.level, Level::KeyedFiles | Level::KeyedAll) && !self.from_outside
    }
}
