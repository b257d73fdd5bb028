//! The algorithms, and the only file that names the crates they come from.
//!
//! AES-256-GCM (NIST SP 800-38D), HKDF-SHA256 (RFC 5869), HMAC-SHA256 (RFC 2104), SHA-256
//! (FIPS 180-4), Ed25519 (RFC 8032) from `aws-lc-rs`; Argon2id v1.3 (RFC 9106) from `argon2`; HPKE
//! (RFC 9180) with MLKEM768-X25519 (draft-ietf-hpke-pq) from `hpke`.

use std::convert::Infallible;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use aws_lc_rs::{aead, constant_time, digest, hkdf, hmac};
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Kem as _, Serializable as _};
use zeroize::{Zeroize, Zeroizing};

/// Bytes of a key, of a SHA-256 value and of everything `KDF` gives.
pub const KEY_LEN: usize = 32;
/// Bytes of an AES-GCM nonce.
pub const NONCE_LEN: usize = 12;
/// Bytes of an AES-GCM tag.
pub const TAG_LEN: usize = 16;
/// Bytes of an Ed25519 signature.
pub const SIGNATURE_LEN: usize = 64;
/// Bytes of a public key of MLKEM768-X25519: ML-KEM-768, then X25519.
pub const KEM_PUBLIC_LEN: usize = 1216;
/// Bytes of what MLKEM768-X25519 encapsulates to.
pub const KEM_ENC_LEN: usize = 1120;
/// Random bytes that one encapsulation takes.
pub const KEM_RANDOM_LEN: usize = 64;

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

/// Opens 32 wrapped bytes.
pub(crate) fn open_key(
    key: &[u8; KEY_LEN],
    nonce: [u8; NONCE_LEN],
    aad: &[u8],
    sealed: &[u8; KEY_LEN + TAG_LEN],
) -> Result<Secret, Unauthentic> {
    let mut sealed = Zeroizing::new(*sealed);
    let text = Aead::new(key).open_in_place(nonce, aad, sealed.as_mut_slice())?;
    let mut out: Secret = Box::new(Zeroizing::new([0; KEY_LEN]));
    out.copy_from_slice(text);
    Ok(out)
}

/// SHA-256 of one piece.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; KEY_LEN] {
    let mut hash = [0; KEY_LEN];
    hash.copy_from_slice(digest::digest(&digest::SHA256, data).as_ref());
    hash
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

/// The public key of an Ed25519 seed.
pub(crate) fn ed25519_public(seed: &[u8; KEY_LEN]) -> [u8; KEY_LEN] {
    let mut out = [0; KEY_LEN];
    out.copy_from_slice(ed25519_pair(seed).public_key().as_ref());
    out
}

/// Signs `message` (RFC 8032 section 5.1.6; the same signature every time).
pub(crate) fn ed25519_sign(seed: &[u8; KEY_LEN], message: &[u8]) -> [u8; SIGNATURE_LEN] {
    let mut out = [0; SIGNATURE_LEN];
    out.copy_from_slice(ed25519_pair(seed).sign(message).as_ref());
    out
}

/// Whether `signature` is that of `message` (RFC 8032 section 5.1.7).
pub(crate) fn ed25519_verify(
    public: &[u8; KEY_LEN],
    message: &[u8],
    signature: &[u8; SIGNATURE_LEN],
) -> Result<(), Unauthentic> {
    UnparsedPublicKey::new(&ED25519, public)
        .verify(message, signature)
        .map_err(|_| Unauthentic)
}

fn ed25519_pair(seed: &[u8; KEY_LEN]) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(seed).expect("any 32 bytes are an Ed25519 seed")
}

/// KEM 0x647a, KDF 0x0001, AEAD 0x0002.
type SuiteKem = hpke::kem::XWing;
type SuiteKdf = hpke::kdf::HkdfSha256;
type SuiteAead = hpke::aead::AesGcm256;

/// The public key of a KEM seed; never through DeriveKeyPair, which libraries do differently.
pub(crate) fn kem_public(seed: &[u8; KEY_LEN]) -> Box<[u8; KEM_PUBLIC_LEN]> {
    let mut out = Box::new([0; KEM_PUBLIC_LEN]);
    SuiteKem::sk_to_pk(&kem_private(seed)).write_exact(out.as_mut_slice());
    out
}

fn kem_private(seed: &[u8; KEY_LEN]) -> <SuiteKem as hpke::Kem>::PrivateKey {
    hpke::Deserializable::from_bytes(seed).expect("any 32 bytes are a seed")
}

/// Whether these bytes are a public key: every coefficient below the modulus (FIPS 203 section 7.2).
pub(crate) fn is_kem_public(public: &[u8; KEM_PUBLIC_LEN]) -> bool {
    let key: Result<<SuiteKem as hpke::Kem>::PublicKey, _> =
        hpke::Deserializable::from_bytes(public);
    key.is_ok()
}

/// What HPKE's SealBase gives: enc, and the ciphertext with its tag.
pub(crate) type HpkeSealed = (Box<[u8; KEM_ENC_LEN]>, Vec<u8>);

/// HPKE SealBase, once. `random` is fresh; [`Unauthentic`] where `public` is no key.
pub(crate) fn hpke_seal(
    public: &[u8; KEM_PUBLIC_LEN],
    info: &[u8],
    aad: &[u8],
    text: &[u8],
    random: &[u8; KEM_RANDOM_LEN],
) -> Result<HpkeSealed, Unauthentic> {
    let public = hpke::Deserializable::from_bytes(public).map_err(|_| Unauthentic)?;
    let (enc, sealed) = hpke::single_shot_seal_with_rng::<SuiteAead, SuiteKdf, SuiteKem>(
        &hpke::OpModeS::Base,
        &public,
        info,
        text,
        aad,
        &mut Given(random),
    )
    .map_err(|_| Unauthentic)?;
    let mut out = Box::new([0; KEM_ENC_LEN]);
    enc.write_exact(out.as_mut_slice());
    Ok((out, sealed))
}

/// HPKE OpenBase, once.
pub(crate) fn hpke_open(
    seed: &[u8; KEY_LEN],
    enc: &[u8; KEM_ENC_LEN],
    info: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Unauthentic> {
    let enc = hpke::Deserializable::from_bytes(enc).map_err(|_| Unauthentic)?;
    hpke::single_shot_open::<SuiteAead, SuiteKdf, SuiteKem>(
        &hpke::OpModeR::Base,
        &kem_private(seed),
        &enc,
        info,
        sealed,
        aad,
    )
    .map(Zeroizing::new)
    .map_err(|_| Unauthentic)
}

/// Random bytes that were handed in, given out once.
struct Given<'a>(&'a [u8]);

impl TryRng for Given<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        // A library that asks for more than its format takes is another library.
        let (now, later) = self.0.split_at(out.len());
        out.copy_from_slice(now);
        self.0 = later;
        Ok(())
    }
}

impl TryCryptoRng for Given<'_> {}
