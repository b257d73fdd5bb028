//! Keys that carry their purpose, and identifiers that carry what they name.
//!
//! A [`Key`] is wiped on drop, cannot be printed, and compares in constant time. One key serves one
//! purpose; the type parameter lets the compiler refuse a key in a wrong place.

use std::fmt;
use std::marker::PhantomData;

use zeroize::{Zeroize, Zeroizing};

use crate::format::{self, FormatError};
use crate::namespace::Namespace;
use crate::primitives::{self, KEY_LEN, Secret};

mod sealed {
    pub trait Sealed {}
}

/// What a [`Key`] is for. Closed: purposes are part of the format.
pub trait Purpose: sealed::Sealed + 'static {}

/// A purpose whose keys wrap things by themselves ([`crate::wrap`]).
pub trait WrapPurpose: Purpose {
    /// Goes first into the associated data of every wrap under such a key.
    const NAMESPACE: Namespace;
}

/// Purpose: opens one parcel (PK).
#[derive(Debug)]
pub enum ForParcel {}
/// Purpose: opens one file object (FK).
#[derive(Debug)]
pub enum ForFile {}
/// Purpose: a link password after Argon2id (pw).
#[derive(Debug)]
pub enum ForLinkPassword {}
/// Purpose: opens one handoff (HS).
#[derive(Debug)]
pub enum ForHandoff {}
/// Purpose: makes the Ed25519 key that signs for an account.
#[derive(Debug)]
pub enum ForSignature {}
/// Purpose: makes the KEM key that opens stanzas; the 32-byte seed is the private key.
#[derive(Debug)]
pub enum ForKem {}
/// Purpose: makes the claim codes of an account.
#[derive(Debug)]
pub enum ForClaimCodes {}
/// Purpose: opens a keyring (UMK).
#[derive(Debug)]
pub enum ForKeyring {}
/// Purpose: a claim code after Argon2id (ck).
#[derive(Debug)]
pub enum ForClaim {}
/// Purpose: what a reply link derives from (RS).
#[derive(Debug)]
pub enum ForReply {}
/// Purpose: one server's key-encryption key; wraps item keys.
#[derive(Debug)]
pub enum ForServerKek {}
/// Purpose: the key of one thing that waits readable on the server.
#[derive(Debug)]
pub enum ForServerItem {}

impl sealed::Sealed for ForParcel {}
impl sealed::Sealed for ForFile {}
impl sealed::Sealed for ForLinkPassword {}
impl sealed::Sealed for ForHandoff {}
impl sealed::Sealed for ForSignature {}
impl sealed::Sealed for ForKem {}
impl sealed::Sealed for ForClaimCodes {}
impl sealed::Sealed for ForKeyring {}
impl sealed::Sealed for ForClaim {}
impl sealed::Sealed for ForReply {}
impl sealed::Sealed for ForServerKek {}
impl sealed::Sealed for ForServerItem {}
impl Purpose for ForParcel {}
impl Purpose for ForFile {}
impl Purpose for ForLinkPassword {}
impl Purpose for ForHandoff {}
impl Purpose for ForSignature {}
impl Purpose for ForKem {}
impl Purpose for ForClaimCodes {}
impl Purpose for ForKeyring {}
impl Purpose for ForClaim {}
impl Purpose for ForReply {}
impl Purpose for ForServerKek {}
impl Purpose for ForServerItem {}
impl WrapPurpose for ForServerKek {
    const NAMESPACE: Namespace = Namespace::ServerKek;
}
impl WrapPurpose for ForServerItem {
    const NAMESPACE: Namespace = Namespace::ServerItem;
}

/// Opens one parcel.
pub type ParcelKey = Key<ForParcel>;
/// Opens one file object.
pub type FileKey = Key<ForFile>;
/// A link password after Argon2id.
pub type StretchedPassword = Key<ForLinkPassword>;
/// Makes the key that signs.
pub type SignatureSeed = Key<ForSignature>;
/// Is the private key that opens stanzas.
pub type KemSeed = Key<ForKem>;
/// Makes claim codes.
pub type ClaimSeed = Key<ForClaimCodes>;
/// Opens a keyring (UMK).
pub type KeyringKey = Key<ForKeyring>;
/// A claim code after Argon2id (ck).
pub type ClaimKey = Key<ForClaim>;
/// Wraps item keys on the server.
pub type ServerKek = Key<ForServerKek>;
/// Seals one waiting item on the server.
pub type ServerItemKey = Key<ForServerItem>;

/// 32 secret bytes for one purpose.
pub struct Key<P: Purpose> {
    bytes: Secret,
    purpose: PhantomData<fn() -> P>,
}

impl<P: Purpose> Key<P> {
    /// Takes 32 random (or stored) bytes. The caller wipes its own copy; see [`Key::take`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8; KEY_LEN]) -> Self {
        Self::from_secret(Box::new(Zeroizing::new(*bytes)))
    }

    /// Takes 32 bytes and wipes where they lay.
    #[must_use]
    pub fn take(bytes: &mut [u8; KEY_LEN]) -> Self {
        let key = Self::from_bytes(bytes);
        bytes.zeroize();
        key
    }

    pub(crate) fn from_secret(bytes: Secret) -> Self {
        Self {
            bytes,
            purpose: PhantomData,
        }
    }

    /// The bytes, for what must store or wrap them. Never log them.
    #[must_use]
    pub fn expose(&self) -> &[u8; KEY_LEN] {
        &self.bytes
    }

    /// base64url without padding, for the manifest and a client's own draft.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(format::to_text(self.expose()))
    }

    /// Reads [`Key::to_text`].
    ///
    /// # Errors
    /// [`FormatError::Text`] for anything but the 43 characters of 32 bytes.
    pub fn parse_text(text: &str) -> Result<Self, FormatError> {
        let mut bytes = format::from_text(text)?;
        Ok(Self::take(&mut bytes))
    }
}

impl<P: Purpose> Clone for Key<P> {
    fn clone(&self) -> Self {
        Self::from_bytes(self.expose())
    }
}

impl<P: Purpose> PartialEq for Key<P> {
    fn eq(&self, other: &Self) -> bool {
        primitives::equal(self.expose(), other.expose())
    }
}

impl<P: Purpose> Eq for Key<P> {}

impl<P: Purpose> fmt::Debug for Key<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// What an [`Id`] names: a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfParcel {}
/// What an [`Id`] names: a file object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfFile {}
/// What an [`Id`] names: a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfLink {}
/// What an [`Id`] names: a handoff's slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfHandoff {}
/// What an [`Id`] names: an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfAccount {}

/// What an [`Id`] names: an instant claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfClaim {}
/// What an [`Id`] names: a reply link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OfReply {}

/// Names a parcel; chosen by the sender.
pub type ParcelId = Id<OfParcel>;
/// Names a file object.
pub type FileId = Id<OfFile>;
/// Names a link.
pub type LinkId = Id<OfLink>;
/// Names a handoff's slot; chosen by the server.
pub type HandoffId = Id<OfHandoff>;
/// Names an account.
pub type AccountId = Id<OfAccount>;
/// Names an instant claim.
pub type ClaimId = Id<OfClaim>;
/// Names a reply link.
pub type ReplyToken = Id<OfReply>;

/// 128 random bits that name something; shown as 22 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<K> {
    bytes: [u8; 16],
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    /// Bytes of an identifier.
    pub const LEN: usize = 16;

    /// Takes 16 random (or stored) bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self {
            bytes,
            kind: PhantomData,
        }
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.bytes
    }

    /// Reads the 22 characters that `Display` writes.
    ///
    /// # Errors
    /// [`FormatError::Text`] for anything else, unused bits that are set included.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        format::from_text(text).map(Self::from_bytes)
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format::to_text(&self.bytes))
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

/// A SHA-256 value that is no secret: of a part, of the parts, of a manifest.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; KEY_LEN]);

impl Hash {
    /// The value of `data`.
    #[must_use]
    pub fn of(data: &[u8]) -> Self {
        Self(primitives::sha256(data))
    }

    /// Takes a stored value.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }

    /// Reads the 43 characters that `Display` writes.
    ///
    /// # Errors
    /// [`FormatError::Text`] for anything else.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        format::from_text(text).map(Self)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format::to_text(&self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

/// Names a key record, and so the keys in it: SHA-256(T(key-fpr) || R).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; KEY_LEN]);

impl Fingerprint {
    /// Takes a stored value.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_LEN]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }

    /// Reads the 43 characters that `Display` writes.
    ///
    /// # Errors
    /// [`FormatError::Text`] for anything else.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        format::from_text(text).map(Self)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format::to_text(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}
