//! Small wraps for what a server must read for a while: key-encryption keys over item keys, item
//! keys over waiting things.
//!
//! ```text
//! nonce 12 || AES-256-GCM(key, nonce, aad = T(purpose) || context, text)
//! ```
//! A key-encryption key of one hour wraps few items, so random nonces do not collide; an item key is
//! used once.

use zeroize::Zeroizing;

use crate::key::{Key, WrapPurpose};
use crate::primitives::{Aead, NONCE_LEN, TAG_LEN};

/// Bytes a wrap has more than its text.
pub const OVERHEAD: usize = NONCE_LEN + TAG_LEN;

/// The wrap does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WrapError {
    /// Fewer bytes than a nonce and a tag.
    #[error("the wrapped data ends too early")]
    Truncated,
    /// Wrong key, wrong context or changed bytes; nobody can tell which.
    #[error("the wrapped data is damaged, or belongs to another key or place")]
    Authentication,
}

impl WrapError {
    /// A stable word for logs and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Truncated => "truncated",
            Self::Authentication => "authentication",
        }
    }
}

fn aad<P: WrapPurpose>(context: &[u8]) -> Vec<u8> {
    [P::NAMESPACE.label(), context].concat()
}

/// Wraps `text`. `nonce` is 12 fresh random bytes; `context` says what is wrapped, for whom, where it
/// belongs, and must be given again to open it.
#[must_use]
pub fn seal<P: WrapPurpose>(
    key: &Key<P>,
    nonce: [u8; NONCE_LEN],
    context: &[u8],
    text: &[u8],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + OVERHEAD);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(text);
    out.resize(text.len() + OVERHEAD, 0);
    Aead::new(key.expose()).seal_in_place(nonce, &aad::<P>(context), &mut out[NONCE_LEN..]);
    out
}

/// Opens what [`seal`] made.
///
/// # Errors
/// [`WrapError::Truncated`], [`WrapError::Authentication`].
pub fn open<P: WrapPurpose>(
    key: &Key<P>,
    context: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, WrapError> {
    let (nonce, body) = sealed.split_first_chunk().ok_or(WrapError::Truncated)?;
    if body.len() < TAG_LEN {
        return Err(WrapError::Truncated);
    }
    let mut text = Zeroizing::new(body.to_vec());
    let len = Aead::new(key.expose())
        .open_in_place(*nonce, &aad::<P>(context), &mut text)
        .map_err(|_| WrapError::Authentication)?
        .len();
    text.truncate(len);
    Ok(text)
}
