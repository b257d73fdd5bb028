//! PBES2 with PBKDF2 (RFC 8018), in PKCS#12 files and, with one twist, in NSS's databases.

use zeroize::Zeroizing;

use crate::der::{self, Reader};
use crate::oid;
use crate::primitives::{self, Cipher, Hash};

/// Decrypts `text` under `algorithm`, an AlgorithmIdentifier. `None` if something does not fit: the key is
/// wrong, the file is damaged, or the algorithm is another.
pub(crate) fn decrypt(
    algorithm: &[u8],
    password: &[u8],
    text: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let mut identifier = Reader::new(algorithm).enter(der::SEQUENCE)?;
    if identifier.expect(der::OID)?.content != oid::PBES2 {
        return None;
    }
    let mut parameters = identifier.enter(der::SEQUENCE)?;
    let mut derivation = parameters.enter(der::SEQUENCE)?;
    if derivation.expect(der::OID)?.content != oid::PBKDF2 {
        return None;
    }
    let mut scheme = parameters.enter(der::SEQUENCE)?;
    let cipher = match scheme.expect(der::OID)?.content {
        oid::AES256_CBC => Cipher::Aes256,
        oid::AES128_CBC => Cipher::Aes128,
        oid::TRIPLE_DES_CBC => Cipher::TripleDes,
        _ => return None,
    };
    let key = stretched(derivation.enter(der::SEQUENCE)?, password, cipher.key_len())?;
    let iv = scheme.expect(der::OCTET_STRING)?;
    // NSS counts 16 bytes of IV with the two of tag and length among them.
    let iv = if iv.content.len() == 14 {
        iv.whole
    } else {
        iv.content
    };
    primitives::decrypt(cipher, &key, iv, text)
}

fn stretched(
    mut parameters: Reader<'_>,
    password: &[u8],
    length: usize,
) -> Option<Zeroizing<Vec<u8>>> {
    let salt = parameters.expect(der::OCTET_STRING)?.content;
    let rounds = parameters.expect(der::INTEGER)?.number()?;
    parameters.expect(der::INTEGER);
    // RFC 8018 appendix A.2: HMAC-SHA1 unless another is named.
    let hash = match parameters.enter(der::SEQUENCE) {
        None => Hash::Sha1,
        Some(mut prf) => match prf.expect(der::OID)?.content {
            oid::HMAC_SHA1 => Hash::Sha1,
            oid::HMAC_SHA256 => Hash::Sha256,
            _ => return None,
        },
    };
    primitives::stretch(hash, password, salt, rounds, length)
}
