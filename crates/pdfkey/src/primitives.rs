//! The algorithms, and the only file that names the crates they come from.
//!
//! AES in CBC and ECB mode without padding (NIST SP 800-38A), SHA-256, SHA-384, SHA-512 (FIPS 180-4) from
//! `aws-lc-rs`; SASLprep (RFC 4013) from `stringprep`.

use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{constant_time, digest};
use zeroize::{Zeroize, Zeroizing};

/// Bytes of an AES block.
pub(crate) const BLOCK: usize = 16;

/// 32 secret bytes on the heap: moving the owner leaves no copy behind, dropping it wipes them.
pub(crate) type Secret = Box<Zeroizing<[u8; 32]>>;

/// AES-256-CBC under one key.
pub(crate) struct Cbc(EncryptingKey);

impl Cbc {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let key = UnboundCipherKey::new(&AES_256, key).expect("AES-256 takes 32 bytes");
        Self(EncryptingKey::cbc(key).expect("a block cipher has CBC"))
    }

    /// Encrypts whole blocks where they lie.
    pub(crate) fn encrypt(&self, iv: &[u8; BLOCK], blocks: &mut [u8]) {
        encrypt(&self.0, iv, blocks);
    }
}

fn encrypt(key: &EncryptingKey, iv: &[u8; BLOCK], blocks: &mut [u8]) {
    let iv = EncryptionContext::Iv128(FixedLength::from(iv));
    key.less_safe_encrypt(blocks, iv)
        .expect("whole blocks, and an IV of a block");
}

/// One block of AES-256-ECB.
pub(crate) fn encrypt_block(key: &[u8; 32], block: &mut [u8; BLOCK]) {
    let key = UnboundCipherKey::new(&AES_256, key).expect("AES-256 takes 32 bytes");
    let key = EncryptingKey::ecb(key).expect("a block cipher has ECB");
    key.less_safe_encrypt(block, EncryptionContext::None)
        .expect("a whole block");
}

/// Algorithm 2.B of ISO 32000-2: SHA-256, then at least 64 rounds of AES-128-CBC and of the SHA-2 that the
/// outcome chooses. `more` is empty for the user's password.
pub(crate) fn hash_2b(password: &[u8], salt: &[u8; 8], more: &[u8]) -> Secret {
    let mut k = Zeroizing::new([0; 64]);
    let mut k_len = digest_into(&digest::SHA256, &[password, salt, more], &mut k);
    let mut blocks = Zeroizing::new(Vec::with_capacity(64 * (password.len() + 64 + more.len())));
    let mut round = 0_u32;
    loop {
        blocks.clear();
        for _ in 0..64 {
            blocks.extend_from_slice(password);
            blocks.extend_from_slice(&k[..k_len]);
            blocks.extend_from_slice(more);
        }
        let key = UnboundCipherKey::new(&AES_128, &k[..BLOCK]).expect("AES-128 takes 16 bytes");
        let key = EncryptingKey::cbc(key).expect("a block cipher has CBC");
        let mut iv = [0; BLOCK];
        iv.copy_from_slice(&k[BLOCK..2 * BLOCK]);
        encrypt(&key, &iv, &mut blocks);
        iv.zeroize();
        // The first 16 bytes as a number modulo 3: 256 leaves 1, so it is the sum of the bytes.
        let choice = blocks[..BLOCK]
            .iter()
            .map(|byte| u32::from(*byte))
            .sum::<u32>()
            % 3;
        let algorithm = match choice {
            0 => &digest::SHA256,
            1 => &digest::SHA384,
            _ => &digest::SHA512,
        };
        k_len = digest_into(algorithm, &[&blocks], &mut k);
        round += 1;
        let last = blocks.last().copied().unwrap_or_default();
        if round >= 64 && u32::from(last) <= round - 32 {
            break;
        }
    }
    let mut out: Secret = Box::new(Zeroizing::new([0; 32]));
    out.copy_from_slice(&k[..32]);
    out
}

fn digest_into(
    algorithm: &'static digest::Algorithm,
    parts: &[&[u8]],
    out: &mut [u8; 64],
) -> usize {
    let mut context = digest::Context::new(algorithm);
    parts.iter().for_each(|part| context.update(part));
    let digest = context.finish();
    let digest = digest.as_ref();
    out[..digest.len()].copy_from_slice(digest);
    digest.len()
}

/// Compares in constant time; only the lengths show.
pub(crate) fn is_equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// The text is its own SASLprep form: readers that apply it and readers that do not come to the same bytes.
pub(crate) fn is_saslprep(text: &str) -> bool {
    stringprep::saslprep(text).is_ok_and(|prepared| prepared == text)
}
