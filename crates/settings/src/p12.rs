//! PKCS#12 (RFC 7292) as Apple and older Android read it: SHA-1 and Triple DES, with a password drawn for
//! one passage. What protects the key on its way is the encryption around the bundle.

use zeroize::Zeroizing;

use crate::der::{self, Reader};
use crate::oid;
use crate::pbes2;
use crate::primitives::{self, Cipher, Hash, MOST_ROUNDS};
use crate::secret::{Entropy, Secret};
use crate::x509::Certificate;

/// What OpenSSL writes; a drawn password of 128 bits needs no stretching.
const ROUNDS: u32 = 2048;

/// Why a PKCS#12 file could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not PKCS#12, or with an encryption that this crate does not know.
    #[error("this .p12 file is damaged, or encrypted in an unknown way; export it again")]
    Damaged,
    /// The MAC does not fit.
    #[error("the password of the .p12 file is wrong; type it again")]
    WrongPassword,
}

/// A key and the certificates that belong to it, the key's own first.
pub(crate) struct Opened {
    /// PKCS#8.
    pub(crate) key: Zeroizing<Vec<u8>>,
    pub(crate) chain: Vec<Vec<u8>>,
}

/// What a derived value is for, RFC 7292 appendix B.3.
#[derive(Clone, Copy)]
enum Purpose {
    Key = 1,
    Iv = 2,
    Mac = 3,
}

/// The password as RFC 7292 appendix B.1 wants it: UTF-16, highest byte first, with two zeros behind.
fn spell(password: &str) -> Zeroizing<Vec<u8>> {
    let units = password.encode_utf16().chain([0]);
    Zeroizing::new(units.flat_map(u16::to_be_bytes).collect())
}

/// RFC 7292 appendix B.2 with SHA-1: `u` is 20 bytes, `v` 64.
fn derive(
    password: &[u8],
    salt: &[u8],
    rounds: u32,
    purpose: Purpose,
    length: usize,
) -> Option<Zeroizing<Vec<u8>>> {
    const V: usize = 64;
    if rounds == 0 || rounds > MOST_ROUNDS {
        return None;
    }
    let fill = |bytes: &[u8]| -> Vec<u8> {
        let length = bytes.len().div_ceil(V) * V;
        bytes.iter().copied().cycle().take(length).collect()
    };
    let diversifier = [purpose as u8; V];
    let mut block = Zeroizing::new(fill(salt));
    block.extend_from_slice(&Zeroizing::new(fill(password)));
    let mut derived = Zeroizing::new(Vec::with_capacity(length + 20));
    while derived.len() < length {
        let mut a = primitives::hash(Hash::Sha1, &[&diversifier, &block]);
        for _ in 1..rounds {
            a = primitives::hash(Hash::Sha1, &[&a]);
        }
        derived.extend_from_slice(&a);
        let b: Zeroizing<Vec<u8>> = Zeroizing::new(a.iter().copied().cycle().take(V).collect());
        for part in block.chunks_exact_mut(V) {
            add_one_more(part, &b);
        }
    }
    derived.truncate(length);
    Some(derived)
}

/// `part = part + b + 1`, as numbers with the highest byte first, what overflows is dropped.
fn add_one_more(part: &mut [u8], b: &[u8]) {
    let mut carry = 1_u16;
    for (to, from) in part.iter_mut().zip(b).rev() {
        let sum = u16::from(*to) + u16::from(*from) + carry;
        let [high, low] = sum.to_be_bytes();
        *to = low;
        carry = u16::from(high);
    }
}

fn encrypt(password: &[u8], salt: &[u8], plain: &[u8]) -> Option<(Zeroizing<Vec<u8>>, Vec<u8>)> {
    let key = derive(password, salt, ROUNDS, Purpose::Key, 24)?;
    let iv = derive(password, salt, ROUNDS, Purpose::Iv, 8)?;
    let algorithm = der::sequence(&[
        &der::tlv(der::OID, oid::PBE_SHA1_TRIPLE_DES),
        &der::sequence(&[
            &der::tlv(der::OCTET_STRING, salt),
            &der::integer(&ROUNDS.to_be_bytes()),
        ]),
    ]);
    Some((algorithm, primitives::encrypt_triple_des(&key, &iv, plain)?))
}

fn attributes(name: &str, key_id: &[u8]) -> Zeroizing<Vec<u8>> {
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let attribute = |id: &[u8], value: &[u8]| {
        der::sequence(&[&der::tlv(der::OID, id), &der::tlv(der::SET, value)])
    };
    der::group(
        der::SET,
        &[
            &attribute(oid::FRIENDLY_NAME, &der::tlv(der::BMP_STRING, &name)),
            &attribute(oid::LOCAL_KEY_ID, &der::tlv(der::OCTET_STRING, key_id)),
        ],
    )
}

fn bag(kind: &[u8], value: &[u8], attributes: &[u8]) -> Zeroizing<Vec<u8>> {
    der::sequence(&[
        &der::tlv(der::OID, kind),
        &der::tlv(der::context(0), value),
        attributes,
    ])
}

fn cert_bag(certificate: &[u8], attributes: &[u8]) -> Zeroizing<Vec<u8>> {
    let value = der::sequence(&[
        &der::tlv(der::OID, oid::X509_CERTIFICATE),
        &der::tlv(der::context(0), &der::tlv(der::OCTET_STRING, certificate)),
    ]);
    bag(oid::CERT_BAG, &value, attributes)
}

/// Writes a PKCS#8 key with its certificates, the key's own first. `label` must differ for each file of
/// one run: the salts come from it. `None` if the chain is empty.
pub(crate) fn write(
    key: &[u8],
    chain: &[&[u8]],
    name: &str,
    password: &Secret,
    (entropy, label): (&Entropy, &str),
) -> Option<Vec<u8>> {
    let password = spell(password.expose());
    let salts = primitives::derive_bytes(entropy, &format!("p12 salts {label}"));
    let (own, others) = chain.split_first()?;
    let key_id = primitives::hash(Hash::Sha1, &[own]);
    let attributes = attributes(name, &key_id);
    let mut bags = cert_bag(own, &attributes);
    others
        .iter()
        .for_each(|other| bags.extend_from_slice(&cert_bag(other, &[])));
    let (algorithm, sealed) = encrypt(&password, salts.get(..8)?, &der::tlv(der::SEQUENCE, &bags))?;
    let certificates = der::sequence(&[
        &der::integer(&[0]),
        &der::sequence(&[
            &der::tlv(der::OID, oid::DATA),
            &algorithm,
            &der::tlv(0x80, &sealed),
        ]),
    ]);
    let certificates = der::sequence(&[
        &der::tlv(der::OID, oid::ENCRYPTED_DATA),
        &der::tlv(der::context(0), &certificates),
    ]);
    let (algorithm, sealed) = encrypt(&password, salts.get(8..16)?, key)?;
    let shrouded = der::sequence(&[&algorithm, &der::tlv(der::OCTET_STRING, &sealed)]);
    let key_bag = der::sequence(&[&bag(oid::SHROUDED_KEY_BAG, &shrouded, &attributes)]);
    let safe = der::sequence(&[&certificates, &data(&key_bag)]);
    let mac_salt = salts.get(16..24)?;
    let mac_key = derive(&password, mac_salt, ROUNDS, Purpose::Mac, 20)?;
    let mac = der::sequence(&[
        &der::sequence(&[
            &der::sequence(&[&der::tlv(der::OID, oid::SHA1), &der::tlv(der::NULL, &[])]),
            &der::tlv(
                der::OCTET_STRING,
                &primitives::mac(Hash::Sha1, &mac_key, &[&safe]),
            ),
        ]),
        &der::tlv(der::OCTET_STRING, mac_salt),
        &der::integer(&ROUNDS.to_be_bytes()),
    ]);
    Some(der::sequence(&[&der::integer(&[3]), &data(&safe), &mac]).to_vec())
}

fn data(content: &[u8]) -> Zeroizing<Vec<u8>> {
    der::sequence(&[
        &der::tlv(der::OID, oid::DATA),
        &der::tlv(der::context(0), &der::tlv(der::OCTET_STRING, content)),
    ])
}

/// Opens a file with one key.
///
/// # Errors
/// A wrong password; a file that is damaged or has no key.
pub(crate) fn open(bytes: &[u8], password: &Secret) -> Result<Opened, Error> {
    let spelled = spell(password.expose());
    let mut pfx = Reader::new(bytes)
        .enter(der::SEQUENCE)
        .ok_or(Error::Damaged)?;
    pfx.expect(der::INTEGER).ok_or(Error::Damaged)?;
    let safe = pfx
        .enter(der::SEQUENCE)
        .and_then(plain_data)
        .ok_or(Error::Damaged)?;
    check_mac(pfx, &safe, &spelled)?;
    let mut found = Found {
        password,
        spelled,
        key: None,
        chain: Vec::new(),
    };
    found.safe(&safe).ok_or(Error::Damaged)?;
    let key = found.key.ok_or(Error::Damaged)?;
    Ok(Opened {
        key,
        chain: in_order(found.chain),
    })
}

/// Whether this password opens a file, and there is a key in it.
#[must_use]
pub fn opens(bytes: &[u8], password: &Secret) -> bool {
    open(bytes, password).is_ok()
}

fn plain_data(mut info: Reader<'_>) -> Option<Zeroizing<Vec<u8>>> {
    let is_data = info.expect(der::OID)?.content == oid::DATA;
    info.enter(der::context(0))
        .filter(|_| is_data)?
        .next()?
        .octets()
}

fn check_mac(mut pfx: Reader<'_>, safe: &[u8], password: &[u8]) -> Result<(), Error> {
    // A MAC with another digest is not checked: a wrong password fails at the first bag.
    let Some(mut mac) = pfx.enter(der::SEQUENCE) else {
        return Ok(());
    };
    let mut parts = || {
        let mut info = mac.enter(der::SEQUENCE)?;
        let digest = info.enter(der::SEQUENCE)?.expect(der::OID)?.content;
        let tag = info.expect(der::OCTET_STRING)?.content;
        let salt = mac.expect(der::OCTET_STRING)?.content;
        let rounds = mac
            .expect(der::INTEGER)
            .map_or(Some(1), |node| node.number())?;
        Some((digest, tag, salt, rounds))
    };
    let (digest, tag, salt, rounds) = parts().ok_or(Error::Damaged)?;
    if digest != oid::SHA1 {
        return Ok(());
    }
    let key = derive(password, salt, rounds, Purpose::Mac, 20).ok_or(Error::Damaged)?;
    let fits = primitives::mac(Hash::Sha1, &key, &[safe]).as_slice() == tag;
    if fits {
        Ok(())
    } else {
        Err(Error::WrongPassword)
    }
}

/// The key's own certificate first, then who issued it, and so on.
fn in_order(mut certificates: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let leaf = certificates.iter().position(|der| {
        Certificate::parse(der).is_some_and(|certificate| !certificate.is_authority())
    });
    if let Some(at) = leaf {
        certificates.swap(0, at);
    }
    certificates
}

struct Found<'a> {
    password: &'a Secret,
    spelled: Zeroizing<Vec<u8>>,
    key: Option<Zeroizing<Vec<u8>>>,
    chain: Vec<Vec<u8>>,
}

impl Found<'_> {
    fn safe(&mut self, safe: &[u8]) -> Option<()> {
        let mut infos = Reader::new(safe).enter(der::SEQUENCE)?;
        while let Some(info) = infos.expect(der::SEQUENCE) {
            let mut parts = info.inside();
            let bags = match parts.expect(der::OID)?.content {
                oid::DATA => plain_data(info.inside())?,
                oid::ENCRYPTED_DATA => {
                    let mut sealed = parts.enter(der::context(0))?.enter(der::SEQUENCE)?;
                    sealed.expect(der::INTEGER)?;
                    let mut content = sealed.enter(der::SEQUENCE)?;
                    content.expect(der::OID)?;
                    let algorithm = content.expect(der::SEQUENCE)?;
                    let text = content.next()?.octets()?;
                    self.decrypt(algorithm.whole, &text)?
                }
                _ => continue,
            };
            self.bags(&bags)?;
        }
        Some(())
    }

    fn bags(&mut self, bags: &[u8]) -> Option<()> {
        let mut bags = Reader::new(bags).enter(der::SEQUENCE)?;
        while let Some(mut bag) = bags.enter(der::SEQUENCE) {
            let kind = bag.expect(der::OID)?.content;
            let mut value = bag.enter(der::context(0))?;
            match kind {
                oid::KEY_BAG => self.key = Some(Zeroizing::new(value.next()?.whole.to_vec())),
                oid::SHROUDED_KEY_BAG => {
                    let mut shrouded = value.enter(der::SEQUENCE)?;
                    let algorithm = shrouded.expect(der::SEQUENCE)?;
                    let text = shrouded.next()?.octets()?;
                    self.key = Some(self.decrypt(algorithm.whole, &text)?);
                }
                oid::CERT_BAG => {
                    let mut certificate = value.enter(der::SEQUENCE)?;
                    let is_x509 = certificate.expect(der::OID)?.content == oid::X509_CERTIFICATE;
                    let inside = certificate.enter(der::context(0))?.next()?.octets()?;
                    self.chain.extend(is_x509.then(|| inside.to_vec()));
                }
                _ => {}
            }
        }
        Some(())
    }

    fn decrypt(&self, algorithm: &[u8], text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut parts = Reader::new(algorithm).enter(der::SEQUENCE)?;
        match parts.expect(der::OID)?.content {
            oid::PBE_SHA1_TRIPLE_DES => {
                let mut parameters = parts.enter(der::SEQUENCE)?;
                let salt = parameters.expect(der::OCTET_STRING)?.content;
                let rounds = parameters.expect(der::INTEGER)?.number()?;
                let key = derive(&self.spelled, salt, rounds, Purpose::Key, 24)?;
                let iv = derive(&self.spelled, salt, rounds, Purpose::Iv, 8)?;
                primitives::decrypt(Cipher::TripleDes, &key, &iv, text)
            }
            oid::PBES2 => pbes2::decrypt(algorithm, self.password.expose().as_bytes(), text),
            _ => None,
        }
    }
}
