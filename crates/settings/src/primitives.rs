//! The algorithms, each with what it serves. The only file of this crate that names their crates.
//!
//! SHA-1 and Triple DES are here because others wrote with them: NSS before 2020, and PKCS#12 as
//! Apple and older Android read it. Nothing of Depesche's own rests on them.

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{
    AES_128, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, RSA_PKCS1_SHA256,
};
use aws_lc_rs::{digest, hmac, pbkdf2, rand};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use des::TdesEde3;
use zeroize::Zeroizing;

use crate::secret::Entropy;

/// More rounds than any program writes; an odd file must not keep the reader busy for hours.
pub(crate) const MOST_ROUNDS: u32 = 1_000_000;

/// A digest algorithm, named as in FIPS 180-4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha384 => pbkdf2::PBKDF2_HMAC_SHA384,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}

/// FIPS 180-4 over the parts, one behind the other.
pub(crate) fn hash(algorithm: Hash, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut context = digest::Context::new(algorithm.digest());
    for part in parts {
        context.update(part);
    }
    Zeroizing::new(context.finish().as_ref().to_vec())
}

/// HMAC, RFC 2104.
pub(crate) fn mac(algorithm: Hash, key: &[u8], parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm.hmac(), key));
    for part in parts {
        context.update(part);
    }
    Zeroizing::new(context.sign().as_ref().to_vec())
}

/// PBKDF2, RFC 8018 section 5.2. `None` if the rounds are none or beyond [`MOST_ROUNDS`].
pub(crate) fn stretch(
    algorithm: Hash,
    password: &[u8],
    salt: &[u8],
    rounds: u32,
    length: usize,
) -> Option<Zeroizing<Vec<u8>>> {
    let rounds = NonZeroU32::new(rounds).filter(|rounds| rounds.get() <= MOST_ROUNDS)?;
    let mut key = Zeroizing::new(vec![0; length]);
    pbkdf2::derive(algorithm.pbkdf2(), rounds, salt, password, &mut key);
    Some(key)
}

/// Fresh bytes for one use, named by `label`; the same label gives the same bytes again.
pub(crate) fn derive_bytes(entropy: &Entropy, label: &str) -> Zeroizing<Vec<u8>> {
    mac(Hash::Sha256, entropy.seed(), &[label.as_bytes()])
}

/// A block cipher in CBC mode with the padding of RFC 5652 section 6.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cipher {
    Aes128,
    Aes256,
    TripleDes,
}

impl Cipher {
    pub(crate) fn key_len(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::TripleDes => 24,
            Self::Aes256 => 32,
        }
    }
}

/// `None` says that key, IV or text do not fit together.
pub(crate) fn decrypt(
    cipher: Cipher,
    key: &[u8],
    iv: &[u8],
    text: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let aes = match cipher {
        Cipher::Aes128 => &AES_128,
        Cipher::Aes256 => &AES_256,
        Cipher::TripleDes => {
            let decryptor = cbc::Decryptor::<TdesEde3>::new_from_slices(key, iv).ok()?;
            return Some(Zeroizing::new(
                decryptor.decrypt_padded_vec::<Pkcs7>(text).ok()?,
            ));
        }
    };
    decrypt_aes(aes, key, iv, text)
}

fn decrypt_aes(
    algorithm: &'static Algorithm,
    key: &[u8],
    iv: &[u8],
    text: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    if text.is_empty() || !text.len().is_multiple_of(16) {
        return None;
    }
    let key = UnboundCipherKey::new(algorithm, key).ok()?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
    let iv: [u8; 16] = iv.try_into().ok()?;
    let mut buffer = Zeroizing::new(text.to_vec());
    let plain = key
        .decrypt(&mut buffer, DecryptionContext::Iv128(FixedLength::from(iv)))
        .ok()?;
    Some(Zeroizing::new(plain.to_vec()))
}

/// Triple DES in CBC mode, padded: PKCS#12 as Apple reads it. `None` if key or IV have another length.
pub(crate) fn encrypt_triple_des(key: &[u8], iv: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
    let encryptor = cbc::Encryptor::<TdesEde3>::new_from_slices(key, iv).ok()?;
    Some(encryptor.encrypt_padded_vec::<Pkcs7>(plain))
}

/// A signature over a message, and how CMS names it.
pub(crate) struct Signature {
    /// DER for ECDSA, plain for RSA.
    pub(crate) bytes: Vec<u8>,
    pub(crate) kind: SignatureKind,
}

/// What the key decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureKind {
    RsaSha256,
    EcdsaSha256,
    EcdsaSha384,
    EcdsaSha512,
}

impl SignatureKind {
    pub(crate) fn hash(self) -> Hash {
        match self {
            Self::RsaSha256 | Self::EcdsaSha256 => Hash::Sha256,
            Self::EcdsaSha384 => Hash::Sha384,
            Self::EcdsaSha512 => Hash::Sha512,
        }
    }
}

/// A private key that can sign.
pub(crate) enum SigningKey {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair, SignatureKind),
}

impl SigningKey {
    /// Reads PKCS#8. `None` for keys other than RSA (2048 to 8192 bits) and P-256, P-384, P-521.
    pub(crate) fn from_pkcs8(der: &[u8]) -> Option<Self> {
        if let Ok(pair) = RsaKeyPair::from_pkcs8(der) {
            return Some(Self::Rsa(pair));
        }
        let curves: [(&'static EcdsaSigningAlgorithm, SignatureKind); 3] = [
            (&ECDSA_P256_SHA256_ASN1_SIGNING, SignatureKind::EcdsaSha256),
            (&ECDSA_P384_SHA384_ASN1_SIGNING, SignatureKind::EcdsaSha384),
            (&ECDSA_P521_SHA512_ASN1_SIGNING, SignatureKind::EcdsaSha512),
        ];
        curves.into_iter().find_map(|(algorithm, kind)| {
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, der).ok()?;
            Some(Self::Ecdsa(pair, kind))
        })
    }

    pub(crate) fn kind(&self) -> SignatureKind {
        match self {
            Self::Rsa(_) => SignatureKind::RsaSha256,
            Self::Ecdsa(_, kind) => *kind,
        }
    }

    /// RSASSA-PKCS1-v1_5 (RFC 8017, the same bytes each time) or ECDSA (FIPS 186-5; the library draws
    /// the number that must never repeat, and lets nobody hand it in).
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Signature> {
        let unused = rand::SystemRandom::new();
        let bytes = match self {
            Self::Rsa(pair) => {
                let mut bytes = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &unused, message, &mut bytes)
                    .ok()?;
                bytes
            }
            Self::Ecdsa(pair, _) => pair.sign(&unused, message).ok()?.as_ref().to_vec(),
        };
        Some(Signature {
            bytes,
            kind: self.kind(),
        })
    }
}
