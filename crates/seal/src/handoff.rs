//! A handoff: one secret HS in a code on a screen, and sealed bytes in a server's memory.
//!
//! ```text
//! sealed = Stream(KDF(HS, empty, T(handoff-key)), aad = T(handoff), u32 length || packed || zeros)
//! ```
//! The sealed bytes have one of [`SIZES`], so that their number tells little. `packed` is gzip (RFC 1952) of a
//! [`Content`]; packing is the caller's. Everything the server is shown is derived from HS under its own
//! label, and it keeps hashes only.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::key::{ForHandoff, HandoffId, Hash, Key};
use crate::link::Auth;
use crate::namespace::Namespace;
use crate::primitives::{self, Aead, KEY_LEN, NONCE_LEN, Secret, TAG_LEN};
use crate::stream::{self, Stream, StreamError, StreamHeader};
use crate::words::{self, Phrase, WordList, WordsError};

/// What sealed bytes may number: 4 KiB and its doubles up to 8 MiB.
pub const SIZES: [u64; 12] = [
    4 << 10,
    8 << 10,
    16 << 10,
    32 << 10,
    64 << 10,
    128 << 10,
    256 << 10,
    512 << 10,
    1 << 20,
    2 << 20,
    4 << 20,
    8 << 20,
];
/// Words that both screens show.
pub const CHECK_WORDS: usize = 3;
/// Words to be typed.
pub const TYPED_WORDS: usize = 6;
/// Bytes of a wrapped HS: nonce, HS, tag.
pub const WRAP_LEN: usize = NONCE_LEN + KEY_LEN + TAG_LEN;

const LENGTH: usize = 4;

/// A handoff that cannot be made or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandoffError {
    /// More than fits into the largest size.
    #[error("this is too large for a handoff, which takes 8 MiB; send it as a delivery")]
    TooLarge,
    /// The sealed bytes have none of the sizes, or are damaged, or the key is another.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// The length in front says more than there is.
    #[error("the handoff is damaged: its length cannot be right")]
    Length,
    /// What follows is not zero, or half the size would have had room to spare.
    #[error("the handoff is damaged: its padding is not as it must be")]
    Padding,
    /// The typed words are not six of the list.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// The wrapped secret is not that of these words.
    #[error("the words do not fit; check them on the other device")]
    Authentication,
    /// As many bytes as no wrap has.
    #[error("the wrapped secret is cut")]
    Truncated,
}

impl HandoffError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Stream(error) => error.code(),
            Self::Length => "length",
            Self::Padding => "padding",
            Self::Words(error) => error.code(),
            Self::Authentication => "authentication",
            Self::Truncated => "truncated",
        }
    }
}

/// HS: 32 random bytes, fresh for every handoff. Only the code on the screen carries it.
pub type HandoffSecret = Key<ForHandoff>;

/// The smallest of [`SIZES`] that takes `packed` bytes.
///
/// # Errors
/// [`HandoffError::TooLarge`].
pub fn size_for(packed: u64) -> Result<u64, HandoffError> {
    let fits = |size: &&u64| room(**size).is_ok_and(|room| packed <= room);
    SIZES
        .iter()
        .find(fits)
        .copied()
        .ok_or(HandoffError::TooLarge)
}

/// Packed bytes that a sealed size takes.
const fn room(size: u64) -> Result<u64, StreamError> {
    match stream::plain_size(size) {
        Ok(plain) => Ok(plain - LENGTH as u64),
        Err(error) => Err(error),
    }
}

impl Key<ForHandoff> {
    fn derive(&self, salt: &[u8], label: Namespace) -> Secret {
        primitives::kdf(self.expose(), salt, &[label.label()])
    }

    /// What a device shows that has the code; the server keeps its hash.
    #[must_use]
    pub fn auth(&self) -> Auth {
        Auth::from_bytes(&self.derive(&[], Namespace::HandoffAuth))
    }

    /// What a device shows that fills an empty slot; the server keeps its hash.
    #[must_use]
    pub fn fill(&self) -> Auth {
        Auth::from_bytes(&self.derive(&[], Namespace::HandoffFill))
    }

    /// The three words that both screens show, once a device has drawn its token: `device` = SHA-256(token).
    #[must_use]
    pub fn check_words(&self, id: &HandoffId, device: &Hash) -> Vec<&'static str> {
        let salt = [id.as_bytes().as_slice(), device.as_bytes()].concat();
        let bytes = self.derive(&salt, Namespace::HandoffWords);
        words::of(&bytes, CHECK_WORDS, WordList::En)
    }

    /// Seals what was packed; `header` is made of fresh random bytes.
    ///
    /// # Errors
    /// [`HandoffError::TooLarge`].
    pub fn seal(&self, header: StreamHeader, packed: &[u8]) -> Result<Vec<u8>, HandoffError> {
        let room = room(size_for(packed.len() as u64)?)?;
        let len = u32::try_from(packed.len()).map_err(|_| HandoffError::TooLarge)?;
        let mut text = Zeroizing::new(vec![0; LENGTH + room as usize]);
        text[..LENGTH].copy_from_slice(&len.to_be_bytes());
        text[LENGTH..LENGTH + packed.len()].copy_from_slice(packed);
        let key = self.derive(&[], Namespace::HandoffKey);
        let stream = Stream::derive(key.as_slice(), header, Namespace::Handoff.label());
        Ok(stream::seal_with(&stream, &text)?)
    }

    /// Opens sealed bytes and gives what was packed.
    ///
    /// # Errors
    /// [`HandoffError::Stream`], [`HandoffError::Length`], [`HandoffError::Padding`].
    pub fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, HandoffError> {
        if !SIZES.contains(&(sealed.len() as u64)) {
            return Err(StreamError::Size.into());
        }
        let key = self.derive(&[], Namespace::HandoffKey);
        let mut text = stream::open_with(key.as_slice(), Namespace::Handoff.label(), sealed)?;
        let (length, rest) = text.split_first_chunk().ok_or(HandoffError::Length)?;
        let len = u32::from_be_bytes(*length) as usize;
        let padding = rest.get(len..).ok_or(HandoffError::Length)?;
        // The least size, or the next: a writer may take every other size only.
        let most = 2 * size_for(len as u64)?;
        if padding.iter().any(|byte| *byte != 0) || sealed.len() as u64 > most {
            return Err(HandoffError::Padding);
        }
        text.truncate(LENGTH + len);
        text.drain(..LENGTH);
        Ok(text)
    }
}

/// Six words that stand for a code where there is no camera.
pub struct Typed(Phrase);

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(..)")
    }
}

impl Typed {
    /// Makes six words of 32 fresh random bytes: 77 bits.
    ///
    /// # Errors
    /// None that can happen: the words are of the list.
    pub fn from_random(random: &[u8; 32]) -> Result<Self, HandoffError> {
        let words = words::of(random, TYPED_WORDS, WordList::En).join("-");
        Self::parse(&words)
    }

    /// Reads them as typed.
    ///
    /// # Errors
    /// [`HandoffError::Words`].
    pub fn parse(text: &str) -> Result<Self, HandoffError> {
        Ok(Self(Phrase::parse(text, WordList::En, TYPED_WORDS)?))
    }

    /// The words, joined by `-`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.expose()
    }

    /// wk: takes 64 MiB and a tenth of a second.
    ///
    /// # Errors
    /// [`HandoffError::Words`]: there is not so much memory.
    pub fn stretch(&self) -> Result<TypedKey, HandoffError> {
        let salt = Namespace::HandoffType.label();
        Ok(TypedKey(self.0.stretch(salt)?))
    }
}

/// wk: what the words give.
pub struct TypedKey(Secret);

impl fmt::Debug for TypedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedKey(..)")
    }
}

impl TypedKey {
    /// The name under which the server finds the slot. Tells nothing of the words.
    #[must_use]
    pub fn find(&self) -> Hash {
        let label = Namespace::HandoffFind.label();
        Hash::from_bytes(**primitives::kdf(self.0.as_slice(), &[], &[label]))
    }

    fn wrapper(&self) -> Aead {
        let label = Namespace::HandoffWrap.label();
        Aead::new(&primitives::kdf(self.0.as_slice(), &[], &[label]))
    }

    /// Wraps HS for whoever types the words; `nonce` is 12 fresh random bytes.
    #[must_use]
    pub fn wrap(&self, nonce: [u8; NONCE_LEN], secret: &HandoffSecret) -> [u8; WRAP_LEN] {
        let mut out = [0; WRAP_LEN];
        out[..NONCE_LEN].copy_from_slice(&nonce);
        out[NONCE_LEN..NONCE_LEN + KEY_LEN].copy_from_slice(secret.expose());
        let find = self.find();
        self.wrapper()
            .seal_in_place(nonce, find.as_bytes(), &mut out[NONCE_LEN..]);
        out
    }

    /// Opens [`TypedKey::wrap`].
    ///
    /// # Errors
    /// [`HandoffError::Truncated`], [`HandoffError::Authentication`].
    pub fn unwrap(&self, wrap: &[u8]) -> Result<HandoffSecret, HandoffError> {
        let mut wrap: Zeroizing<[u8; WRAP_LEN]> =
            Zeroizing::new(wrap.try_into().map_err(|_| HandoffError::Truncated)?);
        let (nonce, body) = wrap
            .split_first_chunk_mut()
            .ok_or(HandoffError::Truncated)?;
        let find = self.find();
        let opened = self.wrapper().open_in_place(*nonce, find.as_bytes(), body);
        let text = opened.map_err(|_| HandoffError::Authentication)?;
        let mut bytes: [u8; KEY_LEN] = (&*text).try_into().map_err(|_| HandoffError::Truncated)?;
        text.zeroize();
        Ok(HandoffSecret::take(&mut bytes))
    }
}
