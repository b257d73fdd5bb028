//! Kind `file`: file objects in parts.

use depesche_seal::file::{self, PART, Sealer};
use depesche_seal::key::{FileId, FileKey, Hash};
use depesche_seal::stream::{SEGMENT, StreamHeader};
use serde_json::{Value, json};

use super::{Vector, bytes, hex, pattern, push};

/// Bytes of text in one full first part.
const FIRST: usize = PART - 40 - 32 * 16;

fn seal(text: &[u8]) -> (u64, Vec<Hash>) {
    let key = FileKey::from_bytes(&bytes("file key"));
    let id = FileId::from_bytes(bytes("file id"));
    let header = StreamHeader::from_random(&bytes("file header"));
    let sealer = Sealer::new(&key, &id, header, text.len() as u64).expect("a small file");
    let mut hashes = Vec::new();
    for index in 0..sealer.part_count() {
        let mut buffer = vec![0; sealer.part_len(index).expect("a part of the file")];
        let mut part = sealer.part(index, &mut buffer).expect("a buffer that fits");
        let range = sealer.part_text(index).expect("a part of the file");
        let mut rest = &text[range.start as usize..range.end as usize];
        while !part.space().is_empty() {
            let (now, later) = rest.split_at(part.space().len());
            part.space().copy_from_slice(now);
            part.advance(now.len()).expect("as much as there is space");
            rest = later;
        }
        hashes.push(part.finish().expect("a full part"));
    }
    (sealer.sealed_size(), hashes)
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| hex(hash.as_bytes())).collect()
}

fn members(seed: &str, size: usize) -> Value {
    let (sealed_size, parts) = seal(&pattern(seed, size));
    json!({
        "key": hex(&bytes::<32>("file key")),
        "id": hex(&bytes::<16>("file id")),
        "header": hex(&StreamHeader::from_random(&bytes("file header")).to_bytes()),
        "text": { "pattern": seed, "size": size },
        "sealed_size": sealed_size,
        "parts": texts(&parts),
        "root": hex(file::root(sealed_size, &parts).as_bytes()),
    })
}

pub(super) fn add(all: &mut Vec<Vector>) {
    let good = [
        ("file_empty", "a file of no bytes is one part", 0),
        ("file_small", "a file within one segment", 1000),
        ("file_one_part", "a file that fills one part exactly", FIRST),
        (
            "file_two_parts",
            "one byte more: a second part of 17 bytes",
            FIRST + 1,
        ),
    ];
    for (name, about, size) in good {
        push(all, name, "file", about, "ok", members(name, size));
    }
    edited(all);
    opened_otherwise(all);
}

fn edited(all: &mut Vec<Vector>) {
    let hash = "part_hash";
    let two = 2 * PART;
    let cases = [
        (
            "file_part_changed",
            "a bit of a part is another",
            hash,
            1000,
            json!([{ "flip": 500 }]),
        ),
        (
            "file_second_part_changed",
            "a bit of the second part is another",
            hash,
            FIRST + 1,
            json!([{ "flip": PART }]),
        ),
        (
            "file_parts_swapped",
            "two full parts changed places",
            hash,
            two,
            json!([{ "swap": { "size": PART, "a": 0, "b": 1 } }]),
        ),
        (
            "file_segments_swapped",
            "two segments of a part changed places",
            hash,
            3 * SEGMENT,
            json!([{ "swap": { "size": SEGMENT, "a": 1, "b": 2 } }]),
        ),
        (
            "file_part_cut",
            "the last part is a byte too short",
            "part_length",
            1000,
            json!([{ "cut": 1055 }]),
        ),
        (
            "file_part_long",
            "the last part is a byte too long",
            "part_length",
            1000,
            json!([{ "append": "00" }]),
        ),
        (
            "file_last_part_missing",
            "the second part is missing",
            "part_length",
            FIRST + 1,
            json!([{ "cut": PART }]),
        ),
    ];
    for (name, about, expect, size, edits) in cases {
        let mut members = members(name, size);
        members["edits"] = edits;
        push(all, name, "file", about, expect, members);
    }
}

/// The right bytes, and a manifest that says something else of them.
fn opened_otherwise(all: &mut Vec<Vector>) {
    let auth = "authentication";
    let mut add = |name: &str, about: &str, expect: &str, open: fn(&Value) -> Value| {
        let mut members = members(name, 1000);
        members["open"] = open(&members);
        push(all, name, "file", about, expect, members);
    };
    add(
        "file_wrong_id",
        "opened as another file object",
        auth,
        |_| json!({ "id": hex(&bytes::<16>("another file id")) }),
    );
    add(
        "file_wrong_key",
        "opened with another file's key",
        auth,
        |_| json!({ "key": hex(&bytes::<32>("another file key")) }),
    );
    add(
        "file_root_mismatch",
        "the root is not that of the part hashes",
        "root",
        |_| json!({ "root": hex(&bytes::<32>("another root")) }),
    );
    add(
        "file_part_hash_mismatch",
        "hash and root agree, and are those of another part",
        "part_hash",
        |members| {
            let other = Hash::of(b"another part");
            let size = members["sealed_size"].as_u64().expect("a size");
            json!({ "parts": texts(&[other]), "root": hex(file::root(size, &[other]).as_bytes()) })
        },
    );
    add(
        "file_too_many_parts",
        "more part hashes than parts",
        "manifest_size",
        |members| {
            let size = members["sealed_size"].as_u64().expect("a size");
            let parts = [Hash::of(b"one"), Hash::of(b"two")];
            json!({ "parts": texts(&parts), "root": hex(file::root(size, &parts).as_bytes()) })
        },
    );
}
