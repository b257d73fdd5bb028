//! What must hold for any input: there is one size for a text, any order of parts gives the same
//! bytes, what is written is read back, and what is changed is refused.

use depesche_seal::file::{self, FileError, Opener, PART, Sealer};
use depesche_seal::key::{FileId, FileKey, Hash, ParcelId, ParcelKey};
use depesche_seal::link::LinkSecret;
use depesche_seal::link_text::{self, LinkTextError};
use depesche_seal::manifest::{Contents, Entry, Manifest, ManifestError, Object, Sender};
use depesche_seal::name::Name;
use depesche_seal::parcel::{self, Flags, Level, SealedManifest};
use depesche_seal::stream::{self, MAX_PLAIN, MAX_SEALED, SEGMENT, StreamError, StreamHeader};
use proptest::prelude::*;

use crate::make::pattern;

fn header() -> StreamHeader {
    StreamHeader::from_random(&[9; StreamHeader::RANDOM])
}

/// Sizes near a boundary, and anywhere.
fn sizes() -> impl Strategy<Value = u64> {
    let step = prop_oneof![
        Just(SEGMENT as u64),
        Just(SEGMENT as u64 - 16),
        Just(PART as u64)
    ];
    prop_oneof![
        (step, 0..5000_u64, -50..50_i64)
            .prop_map(|(step, n, off)| (n * step).saturating_add_signed(off)),
        0..=MAX_PLAIN,
    ]
}

proptest! {
    #[test]
    fn a_text_has_one_sealed_size(plain in sizes()) {
        let sealed = stream::sealed_size(plain)?;
        prop_assert_eq!(stream::plain_size(sealed)?, plain);
        prop_assert!(stream::sealed_size(plain + 1).is_ok_and(|next| next > sealed) || plain == MAX_PLAIN);
    }

    #[test]
    fn a_sealed_size_has_one_text(sealed in prop_oneof![sizes(), any::<u64>()]) {
        match stream::plain_size(sealed) {
            Ok(plain) => prop_assert_eq!(stream::sealed_size(plain)?, sealed),
            Err(error) => prop_assert_eq!(error, StreamError::Size),
        }
    }

    #[test]
    fn parts_cover_text_and_ciphertext_without_gap(plain in 0..40 * PART as u64) {
        let sealed = stream::sealed_size(plain)?;
        let (mut text, mut bytes) = (0, 0);
        for index in 0..file::part_count(sealed)? {
            let range = file::part_text(sealed, index)?;
            prop_assert_eq!(range.start, text);
            if !range.is_empty() {
                prop_assert_eq!(file::parts_of_text(sealed, &range)?, index..index + 1);
            }
            text = range.end;
            bytes += file::part_len(sealed, index)? as u64;
        }
        prop_assert_eq!((text, bytes), (plain, sealed));
        prop_assert!(file::part_len(sealed, file::part_count(sealed)?).is_err());
    }

    #[test]
    fn a_range_of_text_lies_in_its_parts(plain in 1..40 * PART as u64, from in any::<u64>(), len in any::<u64>()) {
        let sealed = stream::sealed_size(plain)?;
        let from = from % plain;
        let text = from..from + 1 + len % (plain - from);
        let parts = file::parts_of_text(sealed, &text)?;
        prop_assert!(file::part_text(sealed, parts.start)?.contains(&text.start));
        prop_assert!(file::part_text(sealed, parts.end - 1)?.contains(&(text.end - 1)));
        prop_assert!(file::parts_of_text(sealed, &(text.start..plain + 1)).is_err());
    }

    #[test]
    fn a_pack_has_no_gap(sizes in prop::collection::vec(0..3 * file::PACK_BELOW, 0..50)) {
        let layout = file::pack_layout(&sizes)?;
        let mut end = 0;
        for (size, offset) in sizes.iter().zip(&layout.offsets) {
            prop_assert_eq!(offset.is_some(), *size < file::PACK_BELOW);
            if let Some(offset) = offset {
                prop_assert_eq!(*offset, end);
                end += size;
            }
        }
        prop_assert_eq!(layout.size, layout.offsets.iter().any(Option::is_some).then_some(end));
    }

    #[test]
    fn a_code_tells_wrong_and_swapped_characters(secret in any::<[u8; 20]>(), at in 0..33_usize, other in 0..32_usize) {
        let secret = LinkSecret::from_bytes(&secret);
        let code = link_text::code(&secret).replace('-', "");
        prop_assert_eq!(link_text::parse_code(&code)?, secret);

        let symbol = b"abcdefghijklmnopqrstuvwxyz234567"[other];
        let mut wrong = code.clone().into_bytes();
        if wrong[at] != symbol {
            wrong[at] = symbol;
            let wrong = String::from_utf8(wrong)?;
            prop_assert_eq!(link_text::parse_code(&wrong), Err(LinkTextError::CodeCheck));
        }
        let mut swapped = code.into_bytes();
        if at < 32 && swapped[at] != swapped[at + 1] {
            swapped.swap(at, at + 1);
            let swapped = String::from_utf8(swapped)?;
            prop_assert_eq!(link_text::parse_code(&swapped), Err(LinkTextError::CodeCheck));
        }
    }

    #[test]
    fn a_name_that_is_taken_can_be_written_by_windows(text in "([.a-z COMLPTNUX1²:*?ü\u{202e}\n/]{1,40}|[^/]{1,300})") {
        let Ok(name) = Name::parse(&text) else { return Ok(()) };
        prop_assert_eq!(name.as_str(), &text);
        let mapped = name.for_windows();
        for component in mapped.split('/') {
            // Mapped once is mapped for good, and keeps the rules.
            prop_assert_eq!(&Name::parse(component)?.for_windows(), component);
            prop_assert!(!component.ends_with(['.', ' ']) && !component.contains(['<', '>', ':', '"', '|', '?', '*']));
        }
    }
}

/// What a few files and folders of a parcel may be.
fn manifests() -> impl Strategy<Value = Manifest> {
    let sizes = prop::collection::vec(prop_oneof![0..2000_u64, 0..30 * PART as u64], 0..20);
    let texts = (
        prop::option::of(".*"),
        prop::option::of(".*"),
        prop::option::of(-1_000_000_000_000..4_000_000_000_000_i64),
    );
    (sizes, texts).prop_map(|(sizes, (subject, body, mtime))| {
        let layout = file::pack_layout(&sizes).expect("a small pack");
        let entry = |(index, (size, offset)): (usize, (&u64, &Option<u64>))| Entry {
            name: Name::parse(&format!("folder {}/{index}", index % 3)).expect("a good name"),
            media_type: "application/octet-stream".into(),
            mtime,
            contents: match offset {
                Some(offset) => Contents::Packed {
                    pack: 0,
                    offset: *offset,
                    size: *size,
                },
                None => Contents::Own(object(index, *size)),
            },
        };
        let mut files: Vec<Entry> = sizes
            .iter()
            .zip(&layout.offsets)
            .enumerate()
            .map(entry)
            .collect();
        files.push(Entry {
            name: Name::parse("nothing in here").expect("a good name"),
            media_type: depesche_seal::manifest::FOLDER_TYPE.into(),
            mtime,
            contents: Contents::Folder,
        });
        Manifest {
            created: 1,
            sender: Sender {
                account: None,
                address: "a@b".into(),
                fingerprint: None,
            },
            in_reply_to: None,
            subject,
            body,
            files,
            packs: layout
                .size
                .map(|size| object(1000, size))
                .into_iter()
                .collect(),
        }
    })
}

fn object(number: usize, size: u64) -> Object {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    let count =
        file::part_count(stream::sealed_size(size).expect("a small file")).expect("a small file");
    let parts = (0..count)
        .map(|part| Hash::of(&part.to_be_bytes()))
        .collect();
    Object::new(
        FileId::from_bytes(id),
        FileKey::from_bytes(&[5; 32]),
        size,
        parts,
    )
    .expect("as many hashes as parts")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_manifest_is_read_as_it_was_written(manifest in manifests()) {
        let json = manifest.to_json()?;
        prop_assert!(Manifest::from_json(&json)? == manifest);
        prop_assert_eq!(Manifest::from_json(&json[..json.len() - 1]).err(), Some(ManifestError::Json));

        let key = ParcelKey::from_bytes(&[1; 32]);
        let sealed = parcel::seal(&key, ParcelId::from_bytes([2; 16]), Flags::of(Level::Link), header(), &manifest)?;
        let sealed = SealedManifest::parse(sealed.into_bytes())?;
        prop_assert!(sealed.open(&key)? == manifest);
        prop_assert_eq!(sealed.open(&ParcelKey::from_bytes(&[2; 32])).err().map(|error| error.code()), Some("commitment"));
    }

    #[test]
    fn a_changed_byte_of_a_parcel_is_refused(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let key = ParcelKey::from_bytes(&[1; 32]);
        let manifest = Manifest {
            created: 1,
            sender: Sender { account: None, address: "a@b".into(), fingerprint: None },
            in_reply_to: None,
            subject: None,
            body: None,
            files: vec![],
            packs: vec![],
        };
        let sealed = parcel::seal(&key, ParcelId::from_bytes([2; 16]), Flags::of(Level::Link), header(), &manifest)?;
        let mut bytes = sealed.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let opened = SealedManifest::parse(bytes).and_then(|sealed| sealed.open(&key));
        prop_assert!(opened.is_err());
    }
}

fn seal_part(
    sealer: &Sealer,
    index: u32,
    text: &[u8],
    pieces: usize,
) -> Result<(Vec<u8>, Hash), FileError> {
    let mut buffer = vec![0; sealer.part_len(index)?];
    let range = sealer.part_text(index)?;
    let mut rest = &text[range.start as usize..range.end as usize];
    let mut part = sealer.part(index, &mut buffer)?;
    while !part.space().is_empty() {
        let len = part.space().len().min(pieces);
        part.space()[..len].copy_from_slice(&rest[..len]);
        part.advance(len)?;
        rest = &rest[len..];
    }
    assert!(rest.is_empty());
    let hash = part.finish()?;
    Ok((buffer, hash))
}

fn open_part(
    opener: &Opener,
    index: u32,
    sealed: &[u8],
    hash: &Hash,
    pieces: usize,
) -> Result<Vec<u8>, FileError> {
    let mut buffer = vec![0; opener.part_len(index)?];
    let mut part = opener.part(index, &mut buffer)?;
    for piece in sealed.chunks(pieces) {
        part.space()[..piece.len()].copy_from_slice(piece);
        part.advance(piece.len())?;
    }
    let opened = part.finish(hash)?;
    assert_eq!(opened.text_range(), opener.part_text(index)?);
    Ok(opened.pieces().collect::<Vec<_>>().concat())
}

/// Parts in any order, filled in pieces of any size, are the stream that is sealed in one go.
#[test]
fn parts_are_the_stream() -> Result<(), FileError> {
    let (key, id) = (FileKey::from_bytes(&[1; 32]), FileId::from_bytes([2; 16]));
    let aad = [b"depesche/v1/file\0".as_slice(), id.as_bytes()].concat();
    for plain in [
        0,
        1,
        SEGMENT,
        PART - 40 - 512,
        PART - 40 - 511,
        PART,
        2 * PART + 12_345,
    ] {
        let text = pattern("parts", plain);
        let sealer = Sealer::new(&key, &id, header(), plain as u64)?;
        let whole = stream::seal(&key, header(), &aad, &text)?;
        assert_eq!(whole.len() as u64, sealer.sealed_size());
        let opener = Opener::new(&key, &id, sealer.sealed_size())?;
        assert_eq!(opener.plain_size(), plain as u64);
        if sealer.part_count() > 1 {
            let mut room = vec![0; opener.part_len(1)?];
            assert_eq!(
                opener.part(1, &mut room).err(),
                Some(FileError::HeaderUnknown)
            );
            opener.set_header(header());
        }
        for index in (0..sealer.part_count()).rev() {
            let (part, hash) = seal_part(&sealer, index, &text, 100_000 + index as usize)?;
            let start = index as usize * PART;
            assert!(
                part == whole[start..start + part.len()],
                "part {index} of {plain} bytes"
            );
            assert_eq!(hash, Hash::of(&part));
            let opened = open_part(&opener, index, &part, &hash, 70_000)?;
            let range = sealer.part_text(index)?;
            assert!(opened == text[range.start as usize..range.end as usize]);
        }
        assert_eq!(opener.header(), Some(header()));
    }
    Ok(())
}

/// Nothing of a part that is not the sender's can be had, and it teaches no header.
#[test]
fn a_damaged_part_leaves_nothing() -> Result<(), FileError> {
    let (key, id) = (FileKey::from_bytes(&[1; 32]), FileId::from_bytes([2; 16]));
    let text = pattern("damaged", 3 * SEGMENT);
    let sealer = Sealer::new(&key, &id, header(), text.len() as u64)?;
    let (good, hash) = seal_part(&sealer, 0, &text, SEGMENT)?;
    for at in [0, 1, 39, 40, SEGMENT - 1, SEGMENT, good.len() - 1] {
        let mut damaged = good.clone();
        damaged[at] ^= 1;
        let opener = Opener::new(&key, &id, sealer.sealed_size())?;
        let mut buffer = damaged.clone();
        let mut part = opener.part(0, &mut buffer)?;
        part.advance(damaged.len())?;
        assert_eq!(
            part.finish(&hash).err(),
            Some(FileError::PartHash),
            "byte {at}"
        );
        assert!(buffer.iter().all(|&byte| byte == 0), "byte {at}");
        assert_eq!(opener.header(), None);
        // With its own hash the damage is still found, by the tags.
        let own = Hash::of(&damaged);
        assert!(matches!(
            open_part(&opener, 0, &damaged, &own, SEGMENT),
            Err(FileError::Stream(_))
        ));
    }
    Ok(())
}

#[test]
fn a_part_that_is_not_full_is_refused() -> Result<(), FileError> {
    let (key, id) = (FileKey::from_bytes(&[1; 32]), FileId::from_bytes([2; 16]));
    let sealer = Sealer::new(&key, &id, header(), 10)?;
    let opener = Opener::new(&key, &id, sealer.sealed_size())?;
    let mut buffer = vec![0; 66];
    let mut part = sealer.part(0, &mut buffer)?;
    assert_eq!(part.advance(11), Err(FileError::Fill));
    part.advance(9)?;
    assert_eq!(part.finish().err(), Some(FileError::Fill));
    let mut part = opener.part(0, &mut buffer)?;
    assert_eq!(part.advance(67), Err(FileError::Fill));
    part.advance(65)?;
    assert_eq!(part.finish(&Hash::of(b"")).err(), Some(FileError::Fill));
    let mut long = vec![0; 67];
    assert_eq!(sealer.part(0, &mut long).err(), Some(FileError::PartLength));
    assert_eq!(opener.part(1, &mut long).err(), Some(FileError::PartIndex));
    Ok(())
}

#[test]
fn keys_are_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Sealer>();
    shared::<Opener>();
    shared::<ParcelKey>();
    shared::<LinkSecret>();
}

#[test]
fn sizes_end_where_the_format_ends() {
    assert_eq!(stream::sealed_size(MAX_PLAIN), Ok(MAX_SEALED));
    assert_eq!(stream::sealed_size(MAX_PLAIN + 1), Err(StreamError::Size));
    assert_eq!(stream::sealed_size(u64::MAX), Err(StreamError::Size));
    assert_eq!(stream::plain_size(MAX_SEALED + 1), Err(StreamError::Size));
    assert_eq!(file::part_count(MAX_SEALED), Ok(1 << 27));
}
