//! The outermost layers of CMS (RFC 5652): what an opaque S/MIME part is, and what a signed one holds.
//!
//! Nothing is verified: a page says that the original is signed, and the original goes along. Read leniently,
//! since many mailers write BER with indefinite lengths.

/// What a `application/pkcs7-mime` part turns out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opaque {
    /// Signed data, and the MIME part inside.
    Signed(Vec<u8>),
    /// Encrypted.
    Enveloped,
    /// Something else, or damaged.
    Unknown,
}

const SIGNED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const ENVELOPED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03];
const AUTH_ENVELOPED: &[u8] = &[
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x17,
];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OID: u8 = 0x06;
const OCTETS: u8 = 0x04;
const OCTETS_IN_PIECES: u8 = 0x24;
const EXPLICIT_0: u8 = 0xa0;
/// An octet string in pieces of pieces is nobody's.
const DEEPEST: usize = 8;

/// Opens the outermost layer.
#[must_use]
pub fn open(der: &[u8]) -> Opaque {
    layers(der).unwrap_or(Opaque::Unknown)
}

fn layers(der: &[u8]) -> Option<Opaque> {
    let (info, _) = expect(der, SEQUENCE)?;
    let (kind, rest) = expect(info, OID)?;
    match kind {
        ENVELOPED | AUTH_ENVELOPED => return Some(Opaque::Enveloped),
        SIGNED => {}
        _ => return None,
    }
    let (content, _) = expect(rest, EXPLICIT_0)?;
    let (signed, _) = expect(content, SEQUENCE)?;
    let (_version, rest) = expect(signed, INTEGER)?;
    let (_digests, rest) = expect(rest, SET)?;
    let (encapsulated, _) = expect(rest, SEQUENCE)?;
    let (_kind, rest) = expect(encapsulated, OID)?;
    let (explicit, _) = expect(rest, EXPLICIT_0)?;
    let mut out = Vec::new();
    octets(explicit, &mut out, DEEPEST)?;
    Some(Opaque::Signed(out))
}

/// The octet string at the start, also one in pieces.
fn octets(bytes: &[u8], out: &mut Vec<u8>, depth: usize) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let element = element(bytes)?;
    match element.tag {
        OCTETS => out.extend_from_slice(element.content),
        OCTETS_IN_PIECES => {
            let mut rest = element.content;
            while !rest.is_empty() && !rest.starts_with(&[0, 0]) {
                octets(rest, out, depth)?;
                rest = self::element(rest)?.rest;
            }
        }
        _ => return None,
    }
    Some(())
}

struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    rest: &'a [u8],
}

fn expect(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let element = element(bytes)?;
    (element.tag == tag).then_some((element.content, element.rest))
}

/// One element. One of indefinite length reaches to the end of what is there: whoever needs what follows it
/// walks its children, and all that is read here stands inside.
fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0x80 => {
            let end = indefinite(rest, DEEPEST)?;
            let (content, after) = rest.split_at(end);
            return Some(Element {
                tag,
                content,
                rest: after.get(2..).unwrap_or_default(),
            });
        }
        0..0x80 => (usize::from(first), rest),
        _ => {
            let count = usize::from(first & 0x7f);
            let digits = rest.get(..count).filter(|_| count <= 4)?;
            let length = digits.iter().fold(0, |n, b| (n << 8) | usize::from(*b));
            (length, &rest[count..])
        }
    };
    Some(Element {
        tag,
        content: rest.get(..length)?,
        rest: &rest[length..],
    })
}

/// Where the end marker of an element of indefinite length stands.
fn indefinite(bytes: &[u8], depth: usize) -> Option<usize> {
    let depth = depth.checked_sub(1)?;
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        if rest.starts_with(&[0, 0]) {
            return Some(at);
        }
        if rest.get(1) == Some(&0x80) {
            at += 2 + indefinite(rest.get(2..)?, depth)? + 2;
        } else {
            at = bytes.len() - element(rest)?.rest.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `openssl cms -sign -nodetach`, without signers: indefinite lengths, the text in two pieces.
    fn in_pieces() -> Vec<u8> {
        let mut der = vec![0x30, 0x80, 0x06, 0x09];
        der.extend(SIGNED);
        der.extend([
            0xa0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x80, 0x06, 0x01, 0x2a,
        ]);
        der.extend([
            0xa0, 0x80, 0x24, 0x80, 0x04, 0x02, b'H', b'i', 0x04, 0x01, b'!', 0, 0, 0, 0, 0, 0,
        ]);
        der.extend([0x31, 0x00, 0, 0, 0, 0, 0, 0]);
        der
    }

    #[test]
    fn what_is_signed_is_read_also_in_pieces() {
        assert_eq!(open(&in_pieces()), Opaque::Signed(b"Hi!".to_vec()));
    }

    #[test]
    fn what_is_encrypted_is_told() {
        let mut der = vec![0x30, 0x0d, 0x06, 0x09];
        der.extend(ENVELOPED);
        der.extend([0xa0, 0x00]);
        assert_eq!(open(&der), Opaque::Enveloped);
    }

    #[test]
    fn damage_never_panics() {
        let der = in_pieces();
        for end in 0..der.len() {
            let _ = open(&der[..end]);
            let mut other = der.clone();
            other[end] ^= 0xff;
            let _ = open(&other);
        }
        assert_eq!(open(&[0x24, 0x80].repeat(10_000)), Opaque::Unknown);
    }
}
