//! OpenPGP keys (RFC 9580) as packets: which keys a ring has, and whose. Nothing is decrypted here.

use data_encoding::{BASE64, HEXUPPER};

use crate::primitives::{self, Hash};

/// A transferable key, RFC 9580 section 10.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// All its packets.
    pub(crate) bytes: Vec<u8>,
    pub(crate) fingerprint: String,
    /// The last, or for version 6 the first, 8 bytes of the fingerprint.
    pub(crate) key_id: String,
    pub(crate) user_ids: Vec<String>,
    pub(crate) is_secret: bool,
}

const SECRET_KEY: u8 = 5;
const PUBLIC_KEY: u8 = 6;
const USER_ID: u8 = 13;

struct Packet<'a> {
    tag: u8,
    body: &'a [u8],
    whole: &'a [u8],
}

/// RFC 9580 section 4.2. Partial lengths do not occur in keys.
fn packet(bytes: &[u8]) -> Option<(Packet<'_>, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first & 0x80 == 0 {
        return None;
    }
    let is_new = first & 0x40 != 0;
    let number = |digits: &[u8]| digits.iter().fold(0_usize, |n, b| n << 8 | usize::from(*b));
    let (tag, length, head) = if is_new {
        let (length, head) = match *rest.first()? {
            one @ 0..192 => (usize::from(one), 2),
            one @ 192..224 => {
                let two = usize::from(*rest.get(1)?);
                ((usize::from(one) - 192) * 256 + two + 192, 3)
            }
            255 => (number(rest.get(1..5)?), 6),
            _ => return None,
        };
        (first & 0x3f, length, head)
    } else {
        let digits = match first & 3 {
            0 => 1,
            1 => 2,
            2 => 4,
            _ => return None,
        };
        (first >> 2 & 0x0f, number(rest.get(..digits)?), 1 + digits)
    };
    let (whole, rest) = bytes.split_at_checked(head.checked_add(length)?)?;
    Some((
        Packet {
            tag,
            body: whole.get(head..)?,
            whole,
        },
        rest,
    ))
}

/// The keys of a ring, and whether all of it could be read.
pub(crate) fn split(ring: &[u8]) -> (Vec<Key>, bool) {
    let mut keys: Vec<Key> = Vec::new();
    let mut rest = ring;
    while !rest.is_empty() {
        let Some((packet, behind)) = packet(rest) else {
            return (keys, false);
        };
        rest = behind;
        if matches!(packet.tag, SECRET_KEY | PUBLIC_KEY) {
            let Some((fingerprint, key_id)) = fingerprint(packet.body) else {
                return (keys, false);
            };
            keys.push(Key {
                bytes: Vec::new(),
                fingerprint,
                key_id,
                user_ids: Vec::new(),
                is_secret: packet.tag == SECRET_KEY,
            });
        }
        let Some(key) = keys.last_mut() else {
            return (keys, false);
        };
        key.bytes.extend_from_slice(packet.whole);
        if packet.tag == USER_ID {
            key.user_ids
                .push(String::from_utf8_lossy(packet.body).into_owned());
        }
    }
    (keys, true)
}

/// RFC 9580 section 5.5.4, over the public part of a key packet.
fn fingerprint(body: &[u8]) -> Option<(String, String)> {
    let version = *body.first()?;
    let public = body.get(..public_length(body)?)?;
    let length = u32::try_from(public.len()).ok()?.to_be_bytes();
    match version {
        4 => {
            let head = [0x99, length[2], length[3]];
            let digest = primitives::hash(Hash::Sha1, &[&head, public]);
            Some((HEXUPPER.encode(&digest), HEXUPPER.encode(digest.get(12..)?)))
        }
        6 => {
            let [a, b, c, d] = length;
            let digest = primitives::hash(Hash::Sha256, &[&[0x9b, a, b, c, d], public]);
            Some((HEXUPPER.encode(&digest), HEXUPPER.encode(digest.get(..8)?)))
        }
        _ => None,
    }
}

/// How many bytes of a key packet are public: version, time, algorithm, and the algorithm's numbers.
fn public_length(body: &[u8]) -> Option<usize> {
    let (&version, &algorithm) = (body.first()?, body.get(5)?);
    // Version 6 says how long its public part is.
    if version == 6 {
        let digits = body.get(6..10)?.iter();
        return Some(10 + digits.fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte)));
    }
    let mut at = 6;
    match algorithm {
        1..=3 => skip_numbers(body, &mut at, 2)?,
        16 => skip_numbers(body, &mut at, 3)?,
        17 => skip_numbers(body, &mut at, 4)?,
        18 | 19 | 22 => {
            at += 1 + usize::from(*body.get(at)?);
            skip_numbers(body, &mut at, 1)?;
            // ECDH: how the shared secret is used.
            if algorithm == 18 {
                at += 1 + usize::from(*body.get(at)?);
            }
        }
        25 | 27 => at += 32,
        26 => at += 56,
        28 => at += 57,
        _ => return None,
    }
    Some(at)
}

/// RFC 9580 section 3.2: a length in bits, then the number.
fn skip_numbers(body: &[u8], at: &mut usize, count: usize) -> Option<()> {
    for _ in 0..count {
        let length = body.get(*at..*at + 2)?;
        let bits = usize::from(length[0]) << 8 | usize::from(length[1]);
        *at += 2 + bits.div_ceil(8);
    }
    Some(())
}

/// ASCII armor, RFC 9580 section 6.2, as every program imports it. The optional checksum is left out.
pub(crate) fn armor(key: &[u8], is_secret: bool) -> String {
    let kind = if is_secret { "PRIVATE" } else { "PUBLIC" };
    let mut text = format!("-----BEGIN PGP {kind} KEY BLOCK-----\n\n");
    for line in key.chunks(48) {
        text.push_str(&BASE64.encode(line));
        text.push('\n');
    }
    text.push_str(&format!("-----END PGP {kind} KEY BLOCK-----\n"));
    text
}
