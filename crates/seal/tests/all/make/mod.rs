//! Makes the vectors in `vectors/`: the same bytes from every run.
//!
//! Shared by `examples/vectors.rs`, which writes them, and by the test that holds the committed ones
//! against it. Names are those of the flaw; what a kind's members mean says `vectors/README.md`.

#![expect(clippy::too_many_lines, reason = "tables of cases, not steps")]

mod claim;
mod file;
mod handoff;
mod keyring;
mod keys;
mod link;
mod lock;
mod manifest;
mod parcel;
mod reply;
mod signed;
mod stanza;
mod stream;
mod text;

use depesche_seal::key::SignatureSeed;
use depesche_seal::primitives::{hmac_sha256, sha256};
use serde_json::{Map, Value, json};

/// A file name without `.json`, and what is in it.
pub(crate) type Vector = (String, Value);

/// All of them.
pub(crate) fn all() -> Vec<Vector> {
    let mut all = Vec::new();
    stream::add(&mut all);
    file::add(&mut all);
    manifest::add(&mut all);
    parcel::add(&mut all);
    link::add(&mut all);
    text::add(&mut all);
    handoff::add(&mut all);
    keys::add(&mut all);
    lock::add(&mut all);
    keyring::add(&mut all);
    signed::add(&mut all);
    stanza::add(&mut all);
    claim::add(&mut all);
    reply::add(&mut all);
    all
}

/// As it stands in the file.
pub(crate) fn to_text(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("a value is always written");
    text.push('\n');
    text
}

fn push(all: &mut Vec<Vector>, name: &str, kind: &str, about: &str, expect: &str, members: Value) {
    let mut map: Map<String, Value> = match members {
        Value::Object(map) => map,
        _ => unreachable!("members are an object"),
    };
    map.insert("kind".into(), json!(kind));
    map.insert("about".into(), json!(about));
    map.insert("expect".into(), json!(expect));
    all.push((name.into(), Value::Object(map)));
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// `N` bytes that stand for random ones, from a label.
pub(crate) fn bytes<const N: usize>(label: &str) -> [u8; N] {
    let mut out = [0; N];
    for (counter, chunk) in (0_u8..).zip(out.chunks_mut(32)) {
        let block = hmac_sha256(b"depesche vectors", &[label.as_bytes(), &[counter]]);
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
    out
}

/// The pattern of `vectors/README.md`: xorshift32 from the first four bytes of SHA-256(seed).
pub(crate) fn pattern(seed: &str, size: usize) -> Vec<u8> {
    let hash = sha256(seed.as_bytes());
    let mut x = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]).max(1);
    let mut out = Vec::with_capacity(size + 4);
    while out.len() < size {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        out.extend_from_slice(&x.to_be_bytes());
    }
    out.truncate(size);
    out
}

/// RFC 5869 by hand, so that the vectors do not lean on the code they test.
pub(crate) fn kdf(ikm: &[u8], salt: &[u8], info: &[&[u8]]) -> [u8; 32] {
    let prk = hmac_sha256(salt, &[ikm]);
    let info = info.concat();
    hmac_sha256(&prk, &[&info, &[1]])
}

/// Ed25519 by another library than the code under test uses.
pub(crate) fn sign(seed: &SignatureSeed, label: &[u8], message: &[u8]) -> [u8; 64] {
    use ed25519_dalek::Signer as _;
    let key = ed25519_dalek::SigningKey::from_bytes(seed.expose());
    key.sign(&[label, message].concat()).to_bytes()
}

/// AES-256-GCM, likewise.
pub(crate) fn gcm(key: &[u8; 32], nonce: &[u8; 12], aad: &[u8], text: &[u8]) -> Vec<u8> {
    use aes_gcm::aead::{Aead as _, Payload};
    let aead = <aes_gcm::Aes256Gcm as aes_gcm::KeyInit>::new(key.into());
    let payload = Payload { msg: text, aad };
    aead.encrypt(nonce.into(), payload).expect("a small text")
}
