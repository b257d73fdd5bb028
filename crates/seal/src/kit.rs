//! The recovery kit: 160 random bits on paper, that open a lock of their own.
//!
//! The printed code has the form of a link's ([`crate::link_text`]), in upper case: 8 groups of 4 and a
//! check letter. The id tells kits apart; it is printed, and stands in the lock.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::link::LinkSecret;
use crate::link_text::{self, LinkTextError};

/// Bytes of a kit's secret.
pub const SECRET_LEN: usize = 20;

/// The secret of a kit.
#[derive(Clone)]
pub struct KitSecret(Box<Zeroizing<[u8; SECRET_LEN]>>);

impl KitSecret {
    /// Takes 20 fresh random bytes. The caller wipes its own copy; see [`KitSecret::take`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8; SECRET_LEN]) -> Self {
        Self(Box::new(Zeroizing::new(*bytes)))
    }

    /// Takes 20 bytes and wipes where they lay.
    #[must_use]
    pub fn take(bytes: &mut [u8; SECRET_LEN]) -> Self {
        let secret = Self::from_bytes(bytes);
        bytes.zeroize();
        secret
    }

    /// The bytes. Never log them.
    #[must_use]
    pub fn expose(&self) -> &[u8; SECRET_LEN] {
        &self.0
    }

    /// What is printed.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let code = link_text::code(&LinkSecret::from_bytes(self.expose()));
        Zeroizing::new(code.to_ascii_uppercase())
    }

    /// Reads what somebody typed, as tolerant as a link's code is.
    ///
    /// # Errors
    /// [`LinkTextError::CodeLength`], [`LinkTextError::CodeCharacter`], [`LinkTextError::CodeCheck`].
    pub fn parse_text(text: &str) -> Result<Self, LinkTextError> {
        link_text::parse_code(text).map(|code| Self::from_bytes(code.expose()))
    }
}

impl PartialEq for KitSecret {
    fn eq(&self, other: &Self) -> bool {
        crate::primitives::equal(self.expose(), other.expose())
    }
}

impl Eq for KitSecret {}

impl fmt::Debug for KitSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KitSecret(..)")
    }
}

/// Names a kit: 8 random bytes, no secret.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KitId([u8; Self::LEN]);

impl KitId {
    /// Bytes.
    pub const LEN: usize = 8;

    /// Takes 8 random (or stored) bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl fmt::Display for KitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, pair) in self.0.chunks(2).enumerate() {
            let blank = if at == 0 { "" } else { " " };
            write!(f, "{blank}{:02x}{:02x}", pair[0], pair[1])?;
        }
        Ok(())
    }
}

impl fmt::Debug for KitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KitId({self})")
    }
}
