//! The algorithms, and the only file that names the crates they come from.
//!
//! AES-256-GCM (NIST SP 800-38D), HKDF-SHA256 (RFC 5869), HMAC-SHA256 (RFC 2104), SHA-256
//! (FIPS 180-4) from `aws-lc-rs`; Argon2id v1.3 (RFC 9106) from `argon2`.

use aws_lc_rs::{aead, constant_time, digest, hkdf, hmac};
use zeroize::{Zeroize, Zeroizing};

/// Bytes of a key, of a SHA-256 value and of everything `KDF` gives.
pub const KEY_LEN: usize = 32;
/// Bytes of an AES-GCM nonce.
pub const NONCE_LEN: usize = 12;
/// Bytes of an AES-GCM tag.
pub const TAG_LEN: usize = 16;

/// 32 secret bytes on the heap: moving the owner leaves no copy behind, dropping it wipes them.
pub(crate) type Secret = Box<Zeroizing<[u8; KEY_LEN]>>;

/// The tag does not fit: wrong key, wrong nonce, wrong context or changed bytes; nobody can tell which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unauthentic;

/// `KDF(ikm, salt, info)`: HKDF-SHA256, extract then expand to 32 bytes; `info` is concatenated.
pub(crate) fn kdf(ikm: &[u8], salt: &[u8], info: &[&[u8]]) -> Secret {
    let mut out: Secret = Box::new(Zeroizing::new([0; KEY_LEN]));
    let info = Zeroizing::new(info.concat());
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(ikm)
        .expand(&[&info], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(out.as_mut_slice()))
        .expect("HKDF-SHA256 gives 32 bytes for any input");
    out
}

/// An AES-256-GCM key with its schedule computed once; shared between threads.
pub(crate) struct Aead(aead::LessSafeKey);

impl Aead {
    pub(crate) fn new(key: &[u8; KEY_LEN]) -> Self {
        let key = aead::UnboundKey::new(&aead::AES_256_GCM, key).expect("AES-256 takes 32 bytes");
        Self(aead::LessSafeKey::new(key))
    }

    /// Seals `text_and_tag[..len - 16]` where it lies and puts the tag behind it.
    ///
    /// The caller keeps `nonce` unique under this key, and the buffer at 16 bytes or more.
    pub(crate) fn seal_in_place(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        text_and_tag: &mut [u8],
    ) {
        let (text, room) = text_and_tag.split_at_mut(text_and_tag.len() - TAG_LEN);
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        let tag = self
            .0
            .seal_in_place_separate_tag(nonce, aead::Aad::from(aad), text)
            .expect("AES-GCM seals any text below 64 GiB");
        room.copy_from_slice(tag.as_ref());
    }

    /// Opens `text_and_tag` (16 bytes or more) where it lies; on failure the text is wiped.
    pub(crate) fn open_in_place<'a>(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        text_and_tag: &'a mut [u8],
    ) -> Result<&'a mut [u8], Unauthentic> {
        let nonce = aead::Nonce::assume_unique_for_key(nonce);
        let (text, tag) = text_and_tag.split_at_mut(text_and_tag.len() - TAG_LEN);
        // The tag apart: `open_in_place` would move the text onto itself once more.
        let opened = self
            .0
            .open_in_place_separate_tag(nonce, aead::Aad::from(aad), tag, text);
        if opened.is_err() {
            text.zeroize();
            return Err(Unauthentic);
        }
        Ok(text)
    }
}

/// SHA-256 of one piece.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; KEY_LEN] {
    let mut hash = Sha256::new();
    hash.update(data);
    hash.finish()
}

/// SHA-256 over pieces as they come.
#[derive(Clone)]
pub struct Sha256(digest::Context);

impl Sha256 {
    /// Nothing hashed yet.
    #[must_use]
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Appends `data`.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The value over all that was appended.
    #[must_use]
    pub fn finish(self) -> [u8; KEY_LEN] {
        let mut out = [0; KEY_LEN];
        out.copy_from_slice(self.0.finish().as_ref());
        out
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sha256(..)")
    }
}

/// HMAC-SHA256 over the concatenation of `parts`; the key may have any length.
#[must_use]
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> [u8; KEY_LEN] {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    let mut out = [0; KEY_LEN];
    out.copy_from_slice(context.sign().as_ref());
    out
}

/// Compares in a time that depends on the lengths alone.
#[must_use]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// Argon2id v1.3, 32 bytes out; `None` where the memory cannot be had or a parameter is outside RFC 9106.
pub(crate) fn argon2id(
    text: &[u8],
    salt: &[u8],
    memory_kib: u32,
    passes: u32,
    lanes: u32,
) -> Option<Secret> {
    let params = argon2::Params::new(memory_kib, passes, lanes, Some(KEY_LEN)).ok()?;
    let mut out: Secret = Box::new(Zeroizing::new([0; KEY_LEN]));
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_into(text, salt, out.as_mut_slice())
        .ok()?;
    Some(out)
}
