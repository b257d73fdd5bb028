//! The link: what a visitor holds at levels 1 and 2, and the record that turns it into the parcel key.
//!
//! ```text
//! https://HOST/d/<link_id>#1.<LS>               LS = 20 random bytes, base32 (RFC 4648), lower case
//! auth  = KDF(LS, link_id, T(link-auth))        to see anything at all
//! auth2 = KDF(LS || pw, link_id, T(link-pass))  for everything else, where there is a password
//! head   = "DPL1" || suite || flags || link_id [|| u32 m || u32 t || u8 p || salt 16]
//! record = head || nonce 12 || AES-256-GCM(KDF(LS || pw, link_id, T(link-key)), nonce,
//!                                          aad = head || nonce || H || SHA-256(M), PK)
//! ```
//! pw = Argon2id of the link password ([`crate::password`]), empty without one. The server keeps
//! SHA-256(auth) and SHA-256(auth2) and knows neither LS nor PK.

use std::fmt;

use data_encoding::BASE32_NOPAD;
use zeroize::{Zeroize, Zeroizing};

use crate::format::{FormatError, Reader, SUITE};
use crate::key::{Hash, LinkId, ParcelKey, StretchedPassword};
use crate::namespace::Namespace;
use crate::parcel::Header;
use crate::password::{Params, PasswordError};
use crate::primitives::{self, Aead, NONCE_LEN, Secret, TAG_LEN};

/// Bytes of LS.
pub const SECRET_LEN: usize = 20;
/// Characters of LS in base32.
pub const SECRET_TEXT: usize = 32;

const MAGIC: [u8; 4] = *b"DPL1";
const PASSWORD_BIT: u8 = 0b01;
const MAILED_CODE_BIT: u8 = 0b10;
const SEALED_KEY: usize = 32 + TAG_LEN;

/// A link record cannot be read or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The record has not the shape of one.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// The password, or the parameters for it.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The record has a password and none was given.
    #[error("this link has a password; ask the sender for it")]
    PasswordMissing,
    /// A password was given and the record has none.
    #[error("this link has no password")]
    PasswordUnexpected,
    /// Wrong link, wrong password, another parcel, or changed bytes; nobody can tell which.
    #[error(
        "this link does not open the delivery; check that link and password are complete and unchanged"
    )]
    Authentication,
}

impl LinkError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Format(error) => error.code(),
            Self::Password(error) => error.code(),
            Self::PasswordMissing => "password_missing",
            Self::PasswordUnexpected => "password_unexpected",
            Self::Authentication => "authentication",
        }
    }
}

/// LS: the secret of a link, in its fragment and never sent.
#[derive(Clone)]
pub struct LinkSecret(Box<Zeroizing<[u8; SECRET_LEN]>>);

impl LinkSecret {
    /// Takes 20 fresh random bytes. The caller wipes its own copy; see [`LinkSecret::take`].
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

    /// The bytes, for a client's own draft. Never log them.
    #[must_use]
    pub fn expose(&self) -> &[u8; SECRET_LEN] {
        &self.0
    }

    /// 32 characters of lower-case base32.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = BASE32_NOPAD.encode(self.expose());
        text.make_ascii_lowercase();
        Zeroizing::new(text)
    }

    /// Reads [`LinkSecret::to_text`], in upper case too.
    ///
    /// # Errors
    /// [`FormatError::Text`] for anything but 32 characters of base32.
    pub fn parse_text(text: &str) -> Result<Self, FormatError> {
        if text.len() != SECRET_TEXT {
            return Err(FormatError::Text);
        }
        let upper = Zeroizing::new(text.to_ascii_uppercase());
        let mut bytes = [0; SECRET_LEN];
        match BASE32_NOPAD.decode_mut(upper.as_bytes(), &mut bytes) {
            Ok(SECRET_LEN) => Ok(Self::take(&mut bytes)),
            _ => {
                bytes.zeroize();
                Err(FormatError::Text)
            }
        }
    }

    fn derive(&self, pw: Option<&StretchedPassword>, id: &LinkId, namespace: Namespace) -> Secret {
        let mut ikm = Zeroizing::new(Vec::with_capacity(SECRET_LEN + 32));
        ikm.extend_from_slice(self.expose());
        if let Some(pw) = pw {
            ikm.extend_from_slice(pw.expose());
        }
        primitives::kdf(&ikm, id.as_bytes(), &[namespace.label()])
    }

    /// auth: sent with every request about the link.
    #[must_use]
    pub fn auth(&self, id: &LinkId) -> Auth {
        Auth(self.derive(None, id, Namespace::LinkAuth))
    }

    /// auth2: sent as well where the link has a password.
    #[must_use]
    pub fn auth2(&self, id: &LinkId, pw: &StretchedPassword) -> Auth {
        Auth(self.derive(Some(pw), id, Namespace::LinkPass))
    }
}

impl PartialEq for LinkSecret {
    fn eq(&self, other: &Self) -> bool {
        primitives::equal(self.expose(), other.expose())
    }
}

impl Eq for LinkSecret {}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret(..)")
    }
}

/// What a visitor shows to the server, which keeps its hash only.
#[derive(Clone)]
pub struct Auth(Secret);

impl Auth {
    /// Takes what a visitor sent.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Box::new(Zeroizing::new(*bytes)))
    }

    /// The bytes, to be sent. Never log them.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// base64url, to be sent.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(crate::format::to_text(self.expose()))
    }

    /// Reads [`Auth::to_text`].
    ///
    /// # Errors
    /// [`FormatError::Text`] for anything but the 43 characters of 32 bytes.
    pub fn parse_text(text: &str) -> Result<Self, FormatError> {
        let mut bytes = crate::format::from_text(text)?;
        let auth = Self::from_bytes(&bytes);
        bytes.zeroize();
        Ok(auth)
    }

    /// What the server keeps.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of(self.expose())
    }

    /// Whether this is what was kept, in constant time.
    #[must_use]
    pub fn matches(&self, kept: &Hash) -> bool {
        primitives::equal(self.hash().as_bytes(), kept.as_bytes())
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth(..)")
    }
}

/// The head of a record: what the server tells to whoever shows auth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whose record it is.
    pub id: LinkId,
    /// A code is mailed to the stated address and asked for; a gate of the server, not part of the key.
    pub mailed_code: bool,
    /// Present where a password enters the key.
    pub password: Option<Params>,
}

impl Head {
    /// Reads exactly one head.
    ///
    /// # Errors
    /// [`LinkError::Format`]; [`LinkError::Password`] for parameters no client uses.
    pub fn parse(bytes: &[u8]) -> Result<Self, LinkError> {
        let mut reader = Reader::new(bytes);
        let head = Self::read(&mut reader)?;
        reader.end()?;
        Ok(head)
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, LinkError> {
        reader.magic(MAGIC)?;
        let flags = reader.u8()?;
        if flags & !(PASSWORD_BIT | MAILED_CODE_BIT) != 0 {
            return Err(FormatError::Flags.into());
        }
        let id = LinkId::from_bytes(reader.array()?);
        let password = if flags & PASSWORD_BIT == 0 {
            None
        } else {
            Some(Params::read(reader)??)
        };
        Ok(Self {
            id,
            mailed_code: flags & MAILED_CODE_BIT != 0,
            password,
        })
    }

    /// 22 bytes, or 47 with a password.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut flags = 0;
        if self.password.is_some() {
            flags |= PASSWORD_BIT;
        }
        if self.mailed_code {
            flags |= MAILED_CODE_BIT;
        }
        let mut out = Vec::with_capacity(6 + LinkId::LEN + Params::LEN);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&[SUITE, flags]);
        out.extend_from_slice(self.id.as_bytes());
        if let Some(params) = &self.password {
            params.write(&mut out);
        }
        out
    }

    /// Whether a stretched password is there exactly where one belongs.
    fn check(&self, pw: Option<&StretchedPassword>) -> Result<(), LinkError> {
        match (self.password.is_some(), pw.is_some()) {
            (true, false) => Err(LinkError::PasswordMissing),
            (false, true) => Err(LinkError::PasswordUnexpected),
            _ => Ok(()),
        }
    }
}

/// The parcel key wrapped for whoever holds the link: 82 bytes, or 107 with a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    head: Head,
    nonce: [u8; NONCE_LEN],
    sealed: [u8; SEALED_KEY],
}

impl Record {
    /// Wraps `key` for one link. `secret`, the id in `head` and `nonce` are fresh; `pw` comes from
    /// `head.password`.
    ///
    /// # Errors
    /// [`LinkError::PasswordMissing`], [`LinkError::PasswordUnexpected`].
    pub fn seal(
        head: Head,
        secret: &LinkSecret,
        pw: Option<&StretchedPassword>,
        nonce: [u8; NONCE_LEN],
        header: &Header,
        manifest: &Hash,
        key: &ParcelKey,
    ) -> Result<Self, LinkError> {
        head.check(pw)?;
        let mut record = Self {
            head,
            nonce,
            sealed: [0; SEALED_KEY],
        };
        let mut sealed = [0; SEALED_KEY];
        sealed[..32].copy_from_slice(key.expose());
        record
            .aead(secret, pw)
            .seal_in_place(nonce, &record.aad(header, manifest), &mut sealed);
        record.sealed = sealed;
        Ok(record)
    }

    /// Reads exactly one record.
    ///
    /// # Errors
    /// As [`Head::parse`].
    pub fn parse(bytes: &[u8]) -> Result<Self, LinkError> {
        let mut reader = Reader::new(bytes);
        let record = Self {
            head: Head::read(&mut reader)?,
            nonce: reader.array()?,
            sealed: reader.array()?,
        };
        reader.end()?;
        Ok(record)
    }

    /// The bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.head.to_bytes();
        out.extend_from_slice(&self.nonce);
        out.extend_from_slice(&self.sealed);
        out
    }

    /// The head.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// The parcel key. `header` and `manifest` are those of the parcel at hand: no record opens another.
    ///
    /// # Errors
    /// [`LinkError::PasswordMissing`], [`LinkError::PasswordUnexpected`], [`LinkError::Authentication`].
    pub fn open(
        &self,
        secret: &LinkSecret,
        pw: Option<&StretchedPassword>,
        header: &Header,
        manifest: &Hash,
    ) -> Result<ParcelKey, LinkError> {
        self.head.check(pw)?;
        let mut sealed = Zeroizing::new(self.sealed);
        let text = self
            .aead(secret, pw)
            .open_in_place(
                self.nonce,
                &self.aad(header, manifest),
                sealed.as_mut_slice(),
            )
            .map_err(|_| LinkError::Authentication)?;
        let key = text.first_chunk().ok_or(LinkError::Authentication)?;
        Ok(ParcelKey::from_bytes(key))
    }

    fn aead(&self, secret: &LinkSecret, pw: Option<&StretchedPassword>) -> Aead {
        Aead::new(&secret.derive(pw, &self.head.id, Namespace::LinkKey))
    }

    fn aad(&self, header: &Header, manifest: &Hash) -> Vec<u8> {
        let mut aad = self.head.to_bytes();
        aad.extend_from_slice(&self.nonce);
        aad.extend_from_slice(&header.to_bytes());
        aad.extend_from_slice(manifest.as_bytes());
        aad
    }
}
