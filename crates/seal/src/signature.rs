//! Signatures: Ed25519 (RFC 8032) over a label and what is signed.
//!
//! ```text
//! signature = sigalg || bytes 64       sigalg 01 = Ed25519 over T(purpose) || message; 00 = none, all zero
//! ```

use std::fmt;

use crate::format::{FormatError, Reader};
use crate::key::SignatureSeed;
use crate::namespace::Namespace;
pub use crate::primitives::SIGNATURE_LEN;
use crate::primitives::{self, KEY_LEN};

/// Bytes of the written form: the algorithm and the signature.
pub const WRITTEN_LEN: usize = 1 + SIGNATURE_LEN;

const NONE: u8 = 0;
const ED25519: u8 = 1;

/// A signature is missing, unexpected or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// An algorithm that is none of this suite, or bytes where there is no signature.
    #[error("this carries a signature that this program does not know; a newer one may")]
    Algorithm,
    /// There is none, and one belongs here.
    #[error("a signature is missing; whoever sent this is not proven")]
    Missing,
    /// There is one, and none belongs here.
    #[error("there is a signature where none belongs")]
    Unexpected,
    /// Made by another key, over something else, or changed.
    #[error("a signature is wrong: this was changed, or somebody else made it")]
    Wrong,
}

impl SignatureError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Algorithm => "signature_algorithm",
            Self::Missing => "signature_missing",
            Self::Unexpected => "signature_unexpected",
            Self::Wrong => "signature_wrong",
        }
    }
}

/// The key that signs for an account.
#[derive(Clone)]
pub struct SigningKey {
    seed: SignatureSeed,
    public: VerifyingKey,
}

impl SigningKey {
    /// The key of a seed.
    #[must_use]
    pub fn new(seed: &SignatureSeed) -> Self {
        Self {
            seed: seed.clone(),
            public: VerifyingKey(primitives::ed25519_public(seed.expose())),
        }
    }

    /// What checks its signatures.
    #[must_use]
    pub const fn verifying(&self) -> &VerifyingKey {
        &self.public
    }

    pub(crate) fn sign(&self, purpose: Namespace, parts: &[&[u8]]) -> Signature {
        let message = message(purpose, parts);
        Signature(primitives::ed25519_sign(self.seed.expose(), &message))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// The public half of a [`SigningKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VerifyingKey([u8; KEY_LEN]);

impl VerifyingKey {
    /// Takes 32 bytes; whether they are a key shows when something is checked.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }

    pub(crate) fn verify(
        &self,
        purpose: Namespace,
        parts: &[&[u8]],
        signature: &Signature,
    ) -> Result<(), SignatureError> {
        primitives::ed25519_verify(&self.0, &message(purpose, parts), &signature.0)
            .map_err(|_| SignatureError::Wrong)
    }
}

fn message(purpose: Namespace, parts: &[&[u8]]) -> Vec<u8> {
    let mut message = purpose.label().to_vec();
    for part in parts {
        message.extend_from_slice(part);
    }
    message
}

/// 64 bytes of Ed25519.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; SIGNATURE_LEN]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(..)")
    }
}

/// The written form, with none where there is none.
pub(crate) fn write(signature: Option<&Signature>, out: &mut Vec<u8>) {
    match signature {
        Some(signature) => {
            out.push(ED25519);
            out.extend_from_slice(&signature.0);
        }
        None => {
            out.push(NONE);
            out.extend_from_slice(&[0; SIGNATURE_LEN]);
        }
    }
}

pub(crate) fn read(
    reader: &mut Reader<'_>,
) -> Result<Result<Option<Signature>, SignatureError>, FormatError> {
    let algorithm = reader.u8()?;
    let bytes: [u8; SIGNATURE_LEN] = reader.array()?;
    Ok(match algorithm {
        ED25519 => Ok(Some(Signature(bytes))),
        NONE if bytes == [0; SIGNATURE_LEN] => Ok(None),
        _ => Err(SignatureError::Algorithm),
    })
}
