//! The laws that any bytes must keep. Shared with a plain test of crates/seal, which runs the corpus.
//!
//! The first byte says which reader gets the rest. What is sealed is sealed here first, so that the
//! readers behind the tags are reached too.

use depesche_seal::file::{self, Opener, Sealer};
use depesche_seal::handoff::{HandoffSecret, SIZES, Typed};
use depesche_seal::handoff_content::Content;
use depesche_seal::handoff_text::HandoffUrl;
use depesche_seal::key::{FileId, FileKey, ForParcel, Hash, Key, ParcelId, ParcelKey};
use depesche_seal::link::{Head, LinkSecret, Record};
use depesche_seal::link_text::{self, Link};
use depesche_seal::manifest::Manifest;
use depesche_seal::name::Name;
use depesche_seal::parcel::{Flags, Header, Level, SealedManifest};
use depesche_seal::primitives::hmac_sha256;
use depesche_seal::stream::{self, StreamHeader};

/// Panics where a law is broken.
pub(crate) fn run(data: &[u8]) {
    let Some((&reader, rest)) = data.split_first() else {
        return;
    };
    match reader {
        b'H' => header(rest),
        b'M' => parcel(rest),
        b'T' => parcel_text(rest),
        b'J' => manifest(rest),
        b'R' => record(rest),
        b'S' => stream_bytes(rest),
        b'F' => file_object(rest),
        b'Z' => sizes(rest),
        b'O' => handoff(rest),
        b'P' => content(rest),
        b'L' | b'C' | b'N' | b'U' | b'W' => {
            if let Ok(text) = std::str::from_utf8(rest) {
                match reader {
                    b'U' => handoff_url(text),
                    b'W' => drop(Typed::parse(text)),
                    b'L' => link(text),
                    b'C' => code(text),
                    _ => name(text),
                }
            }
        }
        _ => {}
    }
}

fn handoff(packed: &[u8]) {
    let secret = HandoffSecret::from_bytes(&[5; 32]);
    let header = StreamHeader::from_random(&[6; StreamHeader::RANDOM]);
    if let Ok(sealed) = secret.seal(header, packed) {
        assert!(SIZES.contains(&(sealed.len() as u64)));
        assert!(
            secret
                .open(&sealed)
                .is_ok_and(|opened| opened.as_slice() == packed)
        );
    }
    assert!(secret.open(packed).is_err(), "nobody guesses a key");
}

fn content(bytes: &[u8]) {
    if let Ok(content) = Content::parse(bytes) {
        let again = content.to_bytes().expect("what was read is written");
        assert_eq!(Content::parse(&again), Ok(content));
    }
}

fn handoff_url(text: &str) {
    if let Ok(url) = HandoffUrl::parse(text) {
        assert_eq!(HandoffUrl::parse(&url.to_text()), Ok(url));
    }
}

fn header(bytes: &[u8]) {
    if let Ok(header) = Header::parse(bytes) {
        assert_eq!(header.to_bytes().as_slice(), bytes, "one form only");
        assert_eq!(Flags::parse(header.flags().to_byte()), Ok(header.flags()));
    }
}

fn parcel(bytes: &[u8]) {
    if let Ok(sealed) = SealedManifest::parse(bytes.to_vec()) {
        assert_eq!(sealed.as_bytes(), bytes);
        assert!(
            sealed.open(&ParcelKey::from_bytes(&[0; 32])).is_err(),
            "nobody guesses a key"
        );
    }
}

fn kdf(ikm: &[u8], salt: &[u8], info: &[u8]) -> [u8; 32] {
    hmac_sha256(&hmac_sha256(salt, &[ikm]), &[info, &[1]])
}

/// `text` as the padded text of a manifest, under a key that is known.
fn parcel_text(text: &[u8]) {
    let key = ParcelKey::from_bytes(&[1; 32]);
    let id = ParcelId::from_bytes([2; 16]);
    let header = Header::new(&key, id, Flags::of(Level::Link)).to_bytes();
    let own = kdf(key.expose(), id.as_bytes(), b"depesche/v1/manifest-key\0");
    let ikm = Key::<ForParcel>::from_bytes(&own);
    let aad = [b"depesche/v1/manifest\0".as_slice(), &header].concat();
    let fresh = StreamHeader::from_random(&[3; StreamHeader::RANDOM]);
    let body = stream::seal(&ikm, fresh, &aad, text).expect("a small text");
    if let Ok(sealed) = SealedManifest::parse([&header[..], &body].concat())
        && let Ok(manifest) = sealed.open(&key)
    {
        let json = manifest.to_json().expect("what was taken can be written");
        assert!(Manifest::from_json(&json).is_ok_and(|again| again == manifest));
    }
}

fn manifest(json: &[u8]) {
    if let Ok(manifest) = Manifest::from_json(json) {
        let written = manifest.to_json().expect("what was taken can be written");
        assert!(Manifest::from_json(&written).is_ok_and(|again| again == manifest));
    }
}

fn record(bytes: &[u8]) {
    if let Ok(record) = Record::parse(bytes) {
        assert_eq!(record.to_bytes(), bytes, "one form only");
        let head = record.head().to_bytes();
        assert_eq!(Head::parse(&head).as_ref(), Ok(record.head()));
        if record.head().password.is_none() {
            let key = ParcelKey::from_bytes(&[1; 32]);
            let header = Header::new(&key, ParcelId::from_bytes([2; 16]), Flags::of(Level::Link));
            let secret = LinkSecret::from_bytes(&[3; 20]);
            assert!(record.open(&secret, None, &header, &Hash::of(b"")).is_err());
        }
    }
}

fn stream_bytes(bytes: &[u8]) {
    let key = Key::<ForParcel>::from_bytes(&[1; 32]);
    assert!(
        stream::open(&key, b"", bytes).is_err(),
        "nobody guesses a key"
    );
    let fresh = StreamHeader::from_random(&[3; StreamHeader::RANDOM]);
    let sealed = stream::seal(&key, fresh, bytes, bytes).expect("a small text");
    let opened = stream::open(&key, bytes, &sealed).expect("what was sealed opens");
    assert_eq!(opened.as_slice(), bytes);
}

/// Fills a part in pieces that the bytes themselves choose.
fn file_object(bytes: &[u8]) {
    let (key, id) = (FileKey::from_bytes(&[1; 32]), FileId::from_bytes([2; 16]));
    let fresh = StreamHeader::from_random(&[3; StreamHeader::RANDOM]);
    let sealer = Sealer::new(&key, &id, fresh, bytes.len() as u64).expect("a small file");
    let mut buffer = vec![0; sealer.part_len(0).expect("there is a part 0")];
    let mut part = sealer.part(0, &mut buffer).expect("it has that length");
    let (mut rest, mut piece) = (bytes, 1);
    while !part.space().is_empty() {
        let len = piece.min(part.space().len()).max(1);
        part.space()[..len].copy_from_slice(&rest[..len]);
        part.advance(len).expect("as much as there is space");
        piece = usize::from(rest[len - 1]) * 7;
        rest = &rest[len..];
    }
    let hash = part.finish().expect("a full part");
    assert_eq!(hash, Hash::of(&buffer));

    let opener = Opener::new(&key, &id, sealer.sealed_size()).expect("a good size");
    let mut room = vec![0; buffer.len()];
    let mut part = opener.part(0, &mut room).expect("it has that length");
    part.space().copy_from_slice(&buffer);
    part.advance(buffer.len())
        .expect("as much as there is space");
    let opened = part.finish(&hash).expect("what was sealed opens");
    assert_eq!(opened.pieces().collect::<Vec<_>>().concat(), bytes);
}

fn sizes(bytes: &[u8]) {
    let Some(&number) = bytes.first_chunk() else {
        return;
    };
    let number = u64::from_be_bytes(number);
    if let Ok(plain) = stream::plain_size(number) {
        assert_eq!(stream::sealed_size(plain), Ok(number));
        let last = file::part_count(number).expect("a good size") - 1;
        assert_eq!(
            file::part_text(number, last).map(|text| text.end),
            Ok(plain)
        );
    }
    if let Ok(sealed) = stream::sealed_size(number) {
        assert_eq!(stream::plain_size(sealed), Ok(number));
    }
}

fn link(text: &str) {
    if let Ok(link) = Link::parse(text) {
        assert!(Link::parse(&link.to_text()).is_ok_and(|again| again == link));
    }
}

fn code(text: &str) {
    if let Ok(secret) = link_text::parse_code(text) {
        assert!(
            link_text::parse_code(&link_text::code(&secret)).is_ok_and(|again| again == secret)
        );
    }
}

fn name(text: &str) {
    if let Ok(name) = Name::parse(text) {
        assert_eq!(name.as_str(), text);
        let mapped = name.for_windows();
        // One by one: all together may have grown beyond what a name may have.
        for component in mapped.split('/') {
            let again = Name::parse(component).expect("what is mapped keeps the rules");
            assert_eq!(
                again.for_windows(),
                component,
                "mapped once is mapped for good"
            );
            assert!(!component.ends_with(['.', ' ']));
        }
    }
}
