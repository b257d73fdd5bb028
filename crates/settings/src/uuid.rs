//! UUIDs that repeat: RFC 9562 version 5, so that a second import finds the first one's account.

use data_encoding::HEXLOWER;

use crate::primitives::{self, Hash};

/// The RFC's namespace for URLs; serves bundles whose id is no UUID.
const URLS: [u8; 16] = [
    0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
];

/// The UUID of `name` inside a bundle: version 5 with the bundle's id as the namespace.
#[must_use]
pub fn derive_uuid(bundle_id: &str, name: &str) -> String {
    let namespace = parse(bundle_id).unwrap_or_else(|| version_5(&URLS, bundle_id));
    spell(&version_5(&namespace, name))
}

/// Whether this is a UUID in its usual spelling.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    parse(text).is_some()
}

fn version_5(namespace: &[u8; 16], name: &str) -> [u8; 16] {
    let digest = primitives::hash(Hash::Sha1, &[namespace, name.as_bytes()]);
    let mut uuid = [0; 16];
    for (to, from) in uuid.iter_mut().zip(digest.iter()) {
        *to = *from;
    }
    uuid[6] = uuid[6] & 0x0f | 0x50;
    uuid[8] = uuid[8] & 0x3f | 0x80;
    uuid
}

fn parse(text: &str) -> Option<[u8; 16]> {
    let at_dashes = [8, 13, 18, 23]
        .iter()
        .all(|at| text.as_bytes().get(*at) == Some(&b'-'));
    let digits: String = text
        .chars()
        .filter(|c| *c != '-')
        .collect::<String>()
        .to_lowercase();
    if text.len() != 36 || digits.len() != 32 || !at_dashes {
        return None;
    }
    HEXLOWER.decode(digits.as_bytes()).ok()?.try_into().ok()
}

fn spell(uuid: &[u8; 16]) -> String {
    let hex = HEXLOWER.encode(uuid);
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}
