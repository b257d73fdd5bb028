//! ASN.1 as far as NSS, PKCS#12 and CMS need it: DER (X.690) is written, BER is read, as older programs
//! wrote indefinite lengths.

use zeroize::Zeroizing;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const BMP_STRING: u8 = 0x1e;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
const CONSTRUCTED: u8 = 0x20;

/// `[number]`, constructed.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// Deeper than any file of the formats read here.
const DEEPEST: usize = 32;

/// One value: its tag, what is inside, and all of it.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

impl<'a> Node<'a> {
    pub(crate) fn inside(self) -> Reader<'a> {
        Reader { rest: self.content }
    }

    /// The bytes of an OCTET STRING, joined if it came in pieces.
    pub(crate) fn octets(self) -> Option<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(Vec::new());
        self.collect_octets(&mut bytes, 0)?;
        Some(bytes)
    }

    fn collect_octets(self, into: &mut Vec<u8>, depth: usize) -> Option<()> {
        if self.tag & CONSTRUCTED == 0 {
            into.extend_from_slice(self.content);
            return Some(());
        }
        let mut pieces = self.inside();
        while !pieces.is_empty() {
            let piece = pieces.next()?;
            if depth == DEEPEST || piece.tag & !CONSTRUCTED != OCTET_STRING {
                return None;
            }
            piece.collect_octets(into, depth + 1)?;
        }
        Some(())
    }

    /// A number that is not negative and fits.
    pub(crate) fn number(self) -> Option<u32> {
        let significant = self.content.strip_prefix(&[0]).unwrap_or(self.content);
        let is_small = self.tag == INTEGER && !self.content.is_empty() && significant.len() <= 4;
        let is_negative = self.content.first().is_some_and(|first| first & 0x80 != 0);
        let fold = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
        (is_small && !is_negative).then(|| significant.iter().fold(0, fold))
    }
}

/// Reads one value behind the other.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn next(&mut self) -> Option<Node<'a>> {
        let (node, rest) = split(self.rest, 0)?;
        self.rest = rest;
        Some(node)
    }

    /// The next value, if it has this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<Node<'a>> {
        if self.peek() == Some(tag) {
            self.next()
        } else {
            None
        }
    }

    /// What is inside the next value, if it has this tag.
    pub(crate) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.expect(tag).map(Node::inside)
    }
}

fn split(bytes: &[u8], depth: usize) -> Option<(Node<'_>, &[u8])> {
    let (&[tag, length], behind) = bytes.split_first_chunk::<2>()?;
    // Tags beyond 30 take several bytes; none of the formats has one.
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (length, head) = match length {
        0x80 => return split_indefinite(bytes, behind, depth),
        0..0x80 => (usize::from(length), 2),
        _ => {
            let count = usize::from(length & 0x7f);
            let digits = behind.get(..count).filter(|_| count <= 4)?;
            let length = digits
                .iter()
                .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
            (length, 2 + count)
        }
    };
    let (whole, rest) = bytes.split_at_checked(head.checked_add(length)?)?;
    Some((
        Node {
            tag,
            content: whole.get(head..)?,
            whole,
        },
        rest,
    ))
}

/// X.690 section 8.1.3.6: ends with two zeros.
fn split_indefinite<'a>(
    bytes: &'a [u8],
    content: &'a [u8],
    depth: usize,
) -> Option<(Node<'a>, &'a [u8])> {
    let tag = *bytes.first()?;
    if tag & CONSTRUCTED == 0 || depth == DEEPEST {
        return None;
    }
    let mut rest = content;
    while !rest.starts_with(&[0, 0]) {
        rest = split(rest, depth + 1)?.1;
    }
    let content = content.get(..content.len() - rest.len())?;
    let rest = rest.get(2..)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    Some((
        Node {
            tag,
            content,
            whole,
        },
        rest,
    ))
}

/// Tag, length, content.
pub(crate) fn tlv(tag: u8, content: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(content.len() + 6));
    bytes.push(tag);
    match content.len() {
        length @ 0..0x80 => bytes.extend(u8::try_from(length)),
        length => {
            let digits: Vec<u8> = length
                .to_be_bytes()
                .into_iter()
                .skip_while(|byte| *byte == 0)
                .collect();
            bytes.extend(u8::try_from(digits.len()).map(|count| 0x80 | count));
            bytes.extend_from_slice(&digits);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// A constructed value of these parts.
pub(crate) fn group(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    tlv(tag, &Zeroizing::new(parts.concat()))
}

/// A SEQUENCE of these parts.
pub(crate) fn sequence(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    group(SEQUENCE, parts)
}

/// A number that is not negative, from its bytes, the highest first.
pub(crate) fn integer(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let from = bytes
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(bytes.len());
    let significant = bytes.get(from..).unwrap_or_default();
    let needs_zero = significant.first().is_none_or(|first| first & 0x80 != 0);
    let zero: &[u8] = if needs_zero { &[0] } else { &[] };
    group(INTEGER, &[zero, significant])
}
