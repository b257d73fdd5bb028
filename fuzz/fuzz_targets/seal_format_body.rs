//! The laws that any bytes must keep. Shared with a plain test of crates/seal, which runs the corpus.
//!
//! The first byte says which reader gets the rest. What is sealed is sealed here first, so that the
//! readers behind the tags are reached too.

use depesche_seal::file::{self, Opener, Sealer};
use depesche_seal::going_on;
use depesche_seal::key::{
    AccountId, FileId, FileKey, ForParcel, Hash, Key, KeyringKey, ParcelId, ParcelKey,
};
use depesche_seal::keyring::{Body, Keyring};
use depesche_seal::kit::KitSecret;
use depesche_seal::link::{Head, LinkSecret, Record};
use depesche_seal::link_text::{self, Link};
use depesche_seal::lock::Lock;
use depesche_seal::manifest::Manifest;
use depesche_seal::name::Name;
use depesche_seal::parcel::{Flags, Header, Level, SealedManifest};
use depesche_seal::primitives::hmac_sha256;
use depesche_seal::record::{Chain, SignedRecord, WordList};
use depesche_seal::release::InstantRecord;
use depesche_seal::stanza::ReleasedStanza;
use depesche_seal::stream::{self, StreamHeader};
use depesche_seal::words::Phrase;

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
        b'K' => key_record(rest),
        b'O' => lock(rest),
        b'B' => keyring_body(rest),
        b'D' => keyring_json(rest),
        b'G' => draft(rest),
        b'E' => stanza(rest),
        b'I' => instant(rest),
        b'L' | b'C' | b'N' | b'W' | b'U' => {
            if let Ok(text) = std::str::from_utf8(rest) {
                match reader {
                    b'L' => link(text),
                    b'C' => code(text),
                    b'W' => typed_words(text),
                    b'U' => kit(text),
                    _ => name(text),
                }
            }
        }
        _ => {}
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

fn key_record(bytes: &[u8]) {
    if let Ok(signed) = SignedRecord::parse(bytes) {
        assert_eq!(signed.to_bytes(), bytes, "one form only");
        let (account, first) = (signed.record().account(), signed.record().epoch() == 1);
        assert_eq!(Chain::verify(vec![signed], &account).is_ok(), first);
    }
}

fn lock(bytes: &[u8]) {
    if let Ok(lock) = Lock::parse(bytes) {
        assert_eq!(lock.to_bytes(), bytes, "one form only");
        let (account, kit) = (
            AccountId::from_bytes([0; 16]),
            KitSecret::from_bytes(&[0; 20]),
        );
        assert!(
            lock.open_kit(&account, &kit).is_err(),
            "nobody guesses a kit"
        );
    }
}

fn keyring_body(bytes: &[u8]) {
    if let Ok(body) = Body::parse(bytes) {
        assert_eq!(body.to_bytes(), bytes, "one form only");
        let umk = KeyringKey::from_bytes(&[0; 32]);
        assert!(
            body.open(&umk, &body.account()).is_err(),
            "nobody guesses a key"
        );
    }
}

fn keyring_json(json: &[u8]) {
    if let Ok(keyring) = Keyring::from_json(json) {
        let (umk, account) = (
            KeyringKey::from_bytes(&[1; 32]),
            AccountId::from_bytes([2; 16]),
        );
        let body =
            Body::seal(&keyring, &umk, account, 1, [3; 12]).expect("what was taken can be sealed");
        assert!(
            body.open(&umk, &account)
                .is_ok_and(|again| again == keyring)
        );
    }
}

fn draft(bytes: &[u8]) {
    let (umk, id) = (
        KeyringKey::from_bytes(&[0; 32]),
        ParcelId::from_bytes([0; 16]),
    );
    assert!(
        going_on::open(&umk, &id, bytes).is_err(),
        "nobody guesses a key"
    );
}

fn stanza(bytes: &[u8]) {
    if let Ok(released) = ReleasedStanza::parse(bytes) {
        assert_eq!(released.to_bytes(), bytes, "one form only");
        assert_eq!(
            *released.stanza().hash().as_bytes(),
            *Hash::of(&bytes[..1221]).as_bytes()
        );
    }
}

fn instant(bytes: &[u8]) {
    if let Ok(record) = InstantRecord::parse(bytes) {
        assert_eq!(record.to_bytes(), bytes, "one form only");
    }
}

fn typed_words(text: &str) {
    for (list, count) in [(WordList::En, 4), (WordList::De, 5), (WordList::Cs, 6)] {
        if let Ok(phrase) = Phrase::parse(text, list, count) {
            let again = Phrase::parse(phrase.expose(), list, count);
            assert!(again.is_ok_and(|again| again == phrase));
        }
    }
}

fn kit(text: &str) {
    if let Ok(secret) = KitSecret::parse_text(text) {
        assert!(KitSecret::parse_text(&secret.to_text()).is_ok_and(|again| again == secret));
    }
}
