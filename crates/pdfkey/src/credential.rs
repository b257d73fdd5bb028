//! What is derived from a password once, and makes every PDF for its owner.
//!
//! | part | bytes | who may see it |
//! |-|-|-|
//! | [`User`] (U) | 48 | everybody: it stands in each PDF. Whoever has it can guess at the password |
//! | [`UserKey`] | 32 | opens every PDF with this U, as the password does; kept sealed |

use std::fmt;

use zeroize::Zeroizing;

use crate::password::Password;
use crate::primitives::{Secret, hash_2b, is_equal};

/// Two random values of 8 bytes, fresh for each credential.
#[derive(Debug, Clone, Copy)]
pub struct Salts {
    /// For checking a password.
    pub validation: [u8; 8],
    /// For the key.
    pub key: [u8; 8],
}

/// U of ISO 32000-2 section 7.6.4.4.7: hash, validation salt, key salt. Public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User([u8; 48]);

impl User {
    /// Bytes as they are stored.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 48]) -> Self {
        Self(bytes)
    }

    /// As it stands in a PDF.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 48] {
        &self.0
    }

    /// This is the password. In constant time; the caller limits how often one may try.
    #[must_use]
    pub fn is_opened_by(&self, password: &Password) -> bool {
        let Some((hash, salts)) = self.0.split_first_chunk::<32>() else {
            return false;
        };
        let Some(validation) = salts.first_chunk::<8>() else {
            return false;
        };
        is_equal(
            hash,
            hash_2b(password.as_bytes(), validation, &[]).as_slice(),
        )
    }
}

/// The key that wraps each PDF's own key. Wiped on drop, never shown.
pub struct UserKey(Secret);

impl UserKey {
    /// Bytes that were unsealed.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Box::new(Zeroizing::new(*bytes)))
    }

    /// For sealing, and for nothing else.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserKey(..)")
    }
}

/// Both parts.
#[derive(Debug)]
pub struct Credential {
    user: User,
    key: UserKey,
}

impl Credential {
    /// From the password; about one millisecond.
    #[must_use]
    pub fn derive(password: &Password, salts: Salts) -> Self {
        let hash = hash_2b(password.as_bytes(), &salts.validation, &[]);
        let mut user = [0; 48];
        let (left, right) = user.split_at_mut(32);
        left.copy_from_slice(hash.as_slice());
        right[..8].copy_from_slice(&salts.validation);
        right[8..].copy_from_slice(&salts.key);
        Self {
            user: User(user),
            key: UserKey(hash_2b(password.as_bytes(), &salts.key, &[])),
        }
    }

    /// From what was stored. Whether both belong together only a reader with the password can tell.
    #[must_use]
    pub fn from_parts(user: User, key: UserKey) -> Self {
        Self { user, key }
    }

    /// The public part.
    #[must_use]
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The secret part.
    #[must_use]
    pub fn key(&self) -> &UserKey {
        &self.key
    }
}
