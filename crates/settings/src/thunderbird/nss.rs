//! NSS's databases: `key4.db` with secret and private keys, `cert9.db` with certificates, and the small
//! sealed texts (SDR) of `logins.json`.
//!
//! Everything in `key4.db` is encrypted under one seed: SHA-x(global salt ‖ primary password), the digest
//! being as long as the salt. Without a primary password the password is empty.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use zeroize::Zeroizing;

use super::error::Error;
use crate::der::{self, Reader};
use crate::oid;
use crate::pbes2;
use crate::primitives::{self, Cipher, Hash};
use crate::secret::Secret;

/// PKCS#11 attribute types, as the databases name their columns.
const KEY_FILE: &str = "key4.db";

/// An open key database.
pub(crate) struct Keys {
    sealed: Vec<SealedKey>,
    /// Key id, cipher, key.
    secret: Vec<(Vec<u8>, Cipher, Zeroizing<Vec<u8>>)>,
    seed: Zeroizing<Vec<u8>>,
}

/// A row of `nssPrivate` with a private key.
struct SealedKey {
    kind: u32,
    id: Vec<u8>,
    /// CKA_VALUE: the private number of an elliptic curve.
    value: Vec<u8>,
    modulus: Vec<u8>,
    public_exponent: Vec<u8>,
    /// Private exponent, two primes, two exponents, coefficient.
    private: [Vec<u8>; 6],
    curve: Vec<u8>,
}

/// CKO_PRIVATE_KEY and CKO_SECRET_KEY.
const CLASS_PRIVATE: u32 = 3;
const CLASS_SECRET: u32 = 4;
/// CKK_RSA, CKK_EC, CKK_DES3, CKK_AES.
const KEY_RSA: u32 = 0;
const KEY_EC: u32 = 3;
const KEY_TRIPLE_DES: u32 = 0x15;
const KEY_AES: u32 = 0x1f;

/// NSS's way of writing "empty".
const EMPTY: &[u8] = &[0xa5, 0x00, 0x5a];

fn bytes(row: &Row<'_>, at: usize) -> Vec<u8> {
    match row.get_ref(at) {
        Ok(ValueRef::Blob(bytes) | ValueRef::Text(bytes)) if bytes != EMPTY => bytes.to_vec(),
        _ => Vec::new(),
    }
}

/// A number, highest byte first.
fn number(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

fn damaged(_: rusqlite::Error) -> Error {
    Error::Damaged {
        file: KEY_FILE.to_owned(),
    }
}

impl Keys {
    /// Opens a key database; no primary password is the empty one.
    pub(crate) fn unlock(
        connection: &Connection,
        primary_password: Option<&Secret>,
    ) -> Result<Self, Error> {
        let (salt, check) = connection
            .query_row(
                "SELECT item1, item2 FROM metaData WHERE id = 'password'",
                [],
                |row| Ok((bytes(row, 0), bytes(row, 1))),
            )
            .map_err(damaged)?;
        let password = primary_password.map_or("", Secret::expose);
        let hash = match salt.len() {
            20 => Hash::Sha1,
            32 => Hash::Sha256,
            // Since Gecko 146, once a primary password was set.
            48 => Hash::Sha384,
            64 => Hash::Sha512,
            _ => {
                return Err(Error::Damaged {
                    file: KEY_FILE.to_owned(),
                });
            }
        };
        let seed = primitives::hash(hash, &[&salt, password.as_bytes()]);
        let opened = open_sealed(&check, &seed);
        if !opened.is_some_and(|text| text.starts_with(b"password-check")) {
            return Err(match primary_password {
                None => Error::PrimaryPasswordNeeded,
                Some(_) => Error::WrongPrimaryPassword,
            });
        }
        let mut keys = Self {
            sealed: Vec::new(),
            secret: Vec::new(),
            seed,
        };
        keys.load(connection).map_err(damaged)?;
        Ok(keys)
    }

    /// Opens nothing.
    pub(crate) fn empty() -> Self {
        Self {
            sealed: Vec::new(),
            secret: Vec::new(),
            seed: Zeroizing::new(Vec::new()),
        }
    }

    fn load(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare(
            "SELECT a0, a100, a102, a11, a120, a122, a123, a124, a125, a126, a127, a128, a180
             FROM nssPrivate",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (class, kind) = (number(&bytes(row, 0)), number(&bytes(row, 1)));
            let key = SealedKey {
                kind: kind.unwrap_or(u32::MAX),
                id: bytes(row, 2),
                value: bytes(row, 3),
                modulus: bytes(row, 4),
                public_exponent: bytes(row, 5),
                private: [6, 7, 8, 9, 10, 11].map(|at| bytes(row, at)),
                curve: bytes(row, 12),
            };
            match class {
                Some(CLASS_PRIVATE) => self.sealed.push(key),
                Some(CLASS_SECRET) => self.add_secret(key),
                _ => {}
            }
        }
        Ok(())
    }

    fn add_secret(&mut self, key: SealedKey) {
        // Opening one takes time on purpose; a profile has two.
        const MOST: usize = 16;
        let cipher = match key.kind {
            KEY_AES => Cipher::Aes256,
            KEY_TRIPLE_DES => Cipher::TripleDes,
            _ => return,
        };
        if self.secret.len() == MOST {
            return;
        }
        if let Some(value) = open_sealed(&key.value, &self.seed) {
            self.secret.push((key.id, cipher, value));
        }
    }

    /// Opens a small sealed text: `SEQ{key id, SEQ{cipher, IV}, text}`.
    pub(crate) fn open_text(&self, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut parts = Reader::new(sealed).enter(der::SEQUENCE)?;
        let id = parts.expect(der::OCTET_STRING)?.content;
        let mut algorithm = parts.enter(der::SEQUENCE)?;
        let cipher = match algorithm.expect(der::OID)?.content {
            oid::AES256_CBC => Cipher::Aes256,
            oid::TRIPLE_DES_CBC => Cipher::TripleDes,
            _ => return None,
        };
        let iv = algorithm.expect(der::OCTET_STRING)?.content;
        let text = parts.expect(der::OCTET_STRING)?.content;
        // Both kinds of key may have the same id.
        let mut fitting = self
            .secret
            .iter()
            .filter(|(own, kind, _)| own == id && *kind == cipher);
        fitting.find_map(|(_, _, key)| {
            primitives::decrypt(cipher, key.get(..cipher.key_len())?, iv, text)
        })
    }

    /// The private key with this CKA_ID, as PKCS#8 (RFC 5208).
    pub(crate) fn private_key(&self, id: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let key = self
            .sealed
            .iter()
            .find(|key| key.id == id && !id.is_empty())?;
        match key.kind {
            KEY_RSA => self.rsa(key),
            KEY_EC => self.elliptic(key),
            _ => None,
        }
    }

    /// RFC 8017 appendix A.1.2.
    fn rsa(&self, key: &SealedKey) -> Option<Zeroizing<Vec<u8>>> {
        let opened = key
            .private
            .each_ref()
            .map(|sealed| open_sealed(sealed, &self.seed));
        let mut numbers = vec![
            der::integer(&[]),
            der::integer(&key.modulus),
            der::integer(&key.public_exponent),
        ];
        for number in opened {
            numbers.push(der::integer(&number?));
        }
        let numbers: Vec<&[u8]> = numbers.iter().map(|number| number.as_slice()).collect();
        let algorithm = der::sequence(&[&der::tlv(der::OID, oid::RSA), &der::tlv(der::NULL, &[])]);
        Some(pkcs8(&algorithm, &der::sequence(&numbers)))
    }

    /// RFC 5915, RFC 5480.
    fn elliptic(&self, key: &SealedKey) -> Option<Zeroizing<Vec<u8>>> {
        let value = open_sealed(&key.value, &self.seed)?;
        let value = padded(&value, curve_length(&key.curve)?);
        let private = der::sequence(&[&der::integer(&[1]), &der::tlv(der::OCTET_STRING, &value)]);
        let algorithm = der::sequence(&[&der::tlv(der::OID, oid::EC_PUBLIC_KEY), &key.curve]);
        Some(pkcs8(&algorithm, &private))
    }
}

/// The bytes of a private number on P-256, P-384 or P-521.
fn curve_length(curve: &[u8]) -> Option<usize> {
    match Reader::new(curve).expect(der::OID)?.content {
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07] => Some(32),
        [0x2b, 0x81, 0x04, 0x00, 0x22] => Some(48),
        [0x2b, 0x81, 0x04, 0x00, 0x23] => Some(66),
        _ => None,
    }
}

/// Exactly so long, with zeros in front if it is shorter.
fn padded(value: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let skip = value.len().saturating_sub(length);
    let significant = value.get(skip..).unwrap_or_default();
    let mut bytes = Zeroizing::new(vec![0; length - significant.len()]);
    bytes.extend_from_slice(significant);
    bytes
}

fn pkcs8(algorithm: &[u8], key: &[u8]) -> Zeroizing<Vec<u8>> {
    der::sequence(&[
        &der::integer(&[0]),
        algorithm,
        &der::tlv(der::OCTET_STRING, key),
    ])
}

/// `SEQ{algorithm, text}` under the seed.
fn open_sealed(sealed: &[u8], seed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut parts = Reader::new(sealed).enter(der::SEQUENCE)?;
    let algorithm = parts.expect(der::SEQUENCE)?;
    let text = parts.expect(der::OCTET_STRING)?.content;
    pbes2::decrypt(algorithm.whole, seed, text)
        .or_else(|| open_before_2020(algorithm.whole, seed, text))
}

/// NSS before 3.49: SHA-1 and Triple DES, stretched once, in NSS's own way.
fn open_before_2020(algorithm: &[u8], seed: &[u8], text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut parts = Reader::new(algorithm).enter(der::SEQUENCE)?;
    if parts.expect(der::OID)?.content != oid::NSS_PBE_SHA1_TRIPLE_DES {
        return None;
    }
    let salt = parts
        .enter(der::SEQUENCE)?
        .expect(der::OCTET_STRING)?
        .content;
    let mut padded = salt.to_vec();
    padded.resize(salt.len().max(20), 0);
    let key = primitives::hash(Hash::Sha1, &[seed, salt]);
    let first = primitives::mac(Hash::Sha1, &key, &[&padded, salt]);
    let between = primitives::mac(Hash::Sha1, &key, &[&padded]);
    let second = primitives::mac(Hash::Sha1, &key, &[&between, salt]);
    let derived = Zeroizing::new([first.as_slice(), second.as_slice()].concat());
    primitives::decrypt(
        Cipher::TripleDes,
        derived.get(..24)?,
        derived.get(32..40)?,
        text,
    )
}

/// A row of `nssPublic` with a certificate.
pub(crate) struct StoredCertificate {
    /// The nickname, which identities name.
    pub(crate) label: String,
    pub(crate) der: Vec<u8>,
    /// CKA_ID, shared with the private key.
    pub(crate) id: Vec<u8>,
}

/// The certificates of `cert9.db`.
pub(crate) fn certificates(connection: &Connection) -> rusqlite::Result<Vec<StoredCertificate>> {
    /// CKO_CERTIFICATE.
    const CLASS: u32 = 1;
    let mut statement =
        connection.prepare("SELECT a0, a3, a11, a102 FROM nssPublic ORDER BY rowid")?;
    let mut rows = statement.query([])?;
    let mut certificates = Vec::new();
    while let Some(row) = rows.next()? {
        if number(&bytes(row, 0)) == Some(CLASS) {
            certificates.push(StoredCertificate {
                label: String::from_utf8_lossy(&bytes(row, 1)).into_owned(),
                der: bytes(row, 2),
                id: bytes(row, 3),
            });
        }
    }
    Ok(certificates)
}

/// The CKA_ID of each private key; nothing is opened for that.
pub(crate) fn private_key_ids(connection: &Connection) -> rusqlite::Result<Vec<Vec<u8>>> {
    let mut statement = connection.prepare("SELECT a0, a102 FROM nssPrivate")?;
    let mut rows = statement.query([])?;
    let mut ids = Vec::new();
    while let Some(row) = rows.next()? {
        if number(&bytes(row, 0)) == Some(CLASS_PRIVATE) {
            ids.push(bytes(row, 1));
        }
    }
    Ok(ids)
}
