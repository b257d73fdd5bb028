//! Passwords that enter a key: NFKC (Unicode UAX #15), then Argon2id v1.3 (RFC 9106).
//!
//! The parameters travel with the record, so whoever serves the record could weaken them. Hence a
//! client derives nothing below the floor, and nothing that would exhaust it: see [`Params::new`].

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::format::{FormatError, Reader};
use crate::key::StretchedPassword;
use crate::primitives;

/// Least memory, in KiB: 64 MiB. Also what a new link password uses.
pub const MIN_MEMORY: u32 = 64 * 1024;
/// Most memory, in KiB: 1 GiB.
pub const MAX_MEMORY: u32 = 1024 * 1024;
/// Fewest passes. Also what a new link password uses.
pub const MIN_PASSES: u32 = 3;
/// Most passes.
pub const MAX_PASSES: u32 = 16;
/// Bytes of the salt.
pub const SALT_LEN: usize = 16;

const LANES: u8 = 1;

/// No key can be had from this password and these parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Parameters below the floor; deriving would help whoever sent them to guess.
    #[error(
        "the password of this link is protected too weakly to be used; ask the sender for a new link"
    )]
    Weak,
    /// Parameters above the ceiling, or more lanes than one.
    #[error(
        "this link asks for more work than a client does for a password; ask the sender for a new link"
    )]
    Heavy,
    /// Nothing is left of the password after normalisation.
    #[error("the password is empty")]
    Empty,
    /// The machine has not the memory that the parameters ask for.
    #[error("there is not enough memory to use the password; close other programs and try again")]
    Memory,
}

impl PasswordError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Weak => "password_weak",
            Self::Heavy => "password_heavy",
            Self::Empty => "password_empty",
            Self::Memory => "password_memory",
        }
    }
}

/// Argon2id parameters within the bounds that every client keeps: `u32 m (KiB) || u32 t || u8 p || salt 16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    memory: u32,
    passes: u32,
    salt: [u8; SALT_LEN],
}

impl Params {
    /// Bytes of the written form.
    pub const LEN: usize = 4 + 4 + 1 + SALT_LEN;

    /// What a new password uses, with 16 fresh random bytes: 64 MiB, three passes, one lane.
    #[must_use]
    pub const fn recommended(salt: [u8; SALT_LEN]) -> Self {
        Self {
            memory: MIN_MEMORY,
            passes: MIN_PASSES,
            salt,
        }
    }

    /// Takes parameters from elsewhere; `memory` in KiB. The lanes are always one in suite 01.
    ///
    /// # Errors
    /// [`PasswordError::Weak`] below 64 MiB or three passes, [`PasswordError::Heavy`] above 1 GiB or
    /// sixteen passes.
    pub const fn new(
        memory: u32,
        passes: u32,
        salt: [u8; SALT_LEN],
    ) -> Result<Self, PasswordError> {
        if memory < MIN_MEMORY || passes < MIN_PASSES {
            return Err(PasswordError::Weak);
        }
        if memory > MAX_MEMORY || passes > MAX_PASSES {
            return Err(PasswordError::Heavy);
        }
        Ok(Self {
            memory,
            passes,
            salt,
        })
    }

    /// Memory in KiB.
    #[must_use]
    pub const fn memory(&self) -> u32 {
        self.memory
    }

    /// Passes over the memory.
    #[must_use]
    pub const fn passes(&self) -> u32 {
        self.passes
    }

    /// Lanes: always one in suite 01.
    #[must_use]
    pub const fn lanes(&self) -> u8 {
        LANES
    }

    /// The salt.
    #[must_use]
    pub const fn salt(&self) -> &[u8; SALT_LEN] {
        &self.salt
    }

    pub(crate) fn read(
        reader: &mut Reader<'_>,
    ) -> Result<Result<Self, PasswordError>, FormatError> {
        let (memory, passes, lanes) = (reader.u32()?, reader.u32()?, reader.u8()?);
        let salt = reader.array()?;
        Ok(match lanes {
            0 => Err(PasswordError::Weak),
            LANES => Self::new(memory, passes, salt),
            _ => Err(PasswordError::Heavy),
        })
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.memory.to_be_bytes());
        out.extend_from_slice(&self.passes.to_be_bytes());
        out.push(LANES);
        out.extend_from_slice(&self.salt);
    }

    /// `pw = Argon2id(NFKC(password), salt, m, t, 1)`. Takes memory and a tenth of a second or more.
    ///
    /// # Errors
    /// [`PasswordError::Empty`], [`PasswordError::Memory`].
    pub fn stretch(&self, password: &str) -> Result<StretchedPassword, PasswordError> {
        let text: Zeroizing<String> = Zeroizing::new(password.nfkc().collect());
        if text.is_empty() {
            return Err(PasswordError::Empty);
        }
        primitives::argon2id(
            text.as_bytes(),
            &self.salt,
            self.memory,
            self.passes,
            u32::from(LANES),
        )
        .map(StretchedPassword::from_secret)
        .ok_or(PasswordError::Memory)
    }
}
