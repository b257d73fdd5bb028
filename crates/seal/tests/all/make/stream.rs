//! Kinds `stream` and `size`.

use depesche_seal::key::{ForFile, Key};
use depesche_seal::primitives::sha256;
use depesche_seal::stream::{self, SEGMENT, SEGMENT_TEXT, Stream, StreamHeader};
use serde_json::{Value, json};

use super::{Vector, bytes, hex, pattern, push};

const AAD: &[u8] = b"the context of a stream";

fn key() -> Key<ForFile> {
    Key::from_bytes(&bytes("stream key"))
}

fn header() -> StreamHeader {
    StreamHeader::from_random(&bytes("stream header"))
}

fn members(seed: &str, size: usize) -> Value {
    let text = pattern(seed, size);
    let sealed = stream::seal(&key(), header(), AAD, &text).expect("a small text");
    let mut members = json!({
        "key": hex(key().expose()),
        "header": hex(&header().to_bytes()),
        "aad": hex(AAD),
        "text": { "pattern": seed, "size": size },
        "sealed": { "size": sealed.len(), "sha256": hex(&sha256(&sealed)) },
    });
    if sealed.len() <= 256 {
        members["sealed"]["hex"] = json!(hex(&sealed));
    }
    members
}

fn with(mut members: Value, name: &str, value: Value) -> Value {
    members[name] = value;
    members
}

pub(super) fn add(all: &mut Vec<Vector>) {
    good(all);
    flaws(all);
    handmade(all);
    sizes(all);
}

fn good(all: &mut Vec<Vector>) {
    let first = SEGMENT_TEXT - stream::HEADER;
    let cases = [
        ("stream_empty", "an empty text: a header and a tag", 0),
        ("stream_one_byte", "one byte", 1),
        (
            "stream_one_segment_less_one",
            "one byte below a full segment",
            first - 1,
        ),
        (
            "stream_one_segment",
            "exactly one full segment: it is the last",
            first,
        ),
        (
            "stream_one_segment_and_one",
            "a second segment of one byte",
            first + 1,
        ),
        (
            "stream_two_segments",
            "exactly two full segments",
            first + SEGMENT_TEXT,
        ),
        (
            "stream_two_segments_and_one",
            "a third segment of one byte",
            first + SEGMENT_TEXT + 1,
        ),
    ];
    for (name, about, size) in cases {
        push(all, name, "stream", about, "ok", members(name, size));
    }
    let no_context = stream::seal(&key(), header(), b"", b"abc").expect("a small text");
    let members = json!({
        "key": hex(key().expose()),
        "header": hex(&header().to_bytes()),
        "aad": "",
        "text": { "hex": hex(b"abc") },
        "sealed": { "size": no_context.len(), "sha256": hex(&sha256(&no_context)), "hex": hex(&no_context) },
    });
    push(
        all,
        "stream_no_context",
        "stream",
        "an empty context",
        "ok",
        members,
    );
}

/// Made from good streams by edits and other inputs.
fn flaws(all: &mut Vec<Vector>) {
    let three = 2 * SEGMENT_TEXT + 100;
    let auth = "authentication";
    let edits: &[(&str, &str, &str, usize, Value)] = &[
        (
            "stream_truncated",
            "the last byte is missing",
            auth,
            100,
            json!([{ "cut": 155 }]),
        ),
        (
            "stream_truncated_to_header",
            "nothing is left but the header",
            "size",
            100,
            json!([{ "cut": 40 }]),
        ),
        (
            "stream_truncated_tag",
            "a byte less than the smallest stream",
            "size",
            0,
            json!([{ "cut": 55 }]),
        ),
        (
            "stream_no_bytes",
            "nothing at all",
            "size",
            0,
            json!([{ "cut": 0 }]),
        ),
        (
            "stream_last_segment_dropped",
            "cut between two segments: the final flag is missing",
            auth,
            three,
            json!([{ "cut": 2 * SEGMENT }]),
        ),
        (
            "stream_segment_dropped",
            "a middle segment is missing",
            auth,
            three,
            json!([{ "remove": { "at": SEGMENT, "size": SEGMENT } }]),
        ),
        (
            "stream_segments_swapped",
            "segments 1 and 2 changed places",
            auth,
            3 * SEGMENT_TEXT,
            json!([{ "swap": { "size": SEGMENT, "a": 1, "b": 2 } }]),
        ),
        (
            "stream_appended",
            "a byte behind the end",
            auth,
            100,
            json!([{ "append": "00" }]),
        ),
        (
            "stream_appended_segment",
            "a whole segment behind the end",
            auth,
            SEGMENT_TEXT - 40,
            json!([{ "append": hex(&[0; 17]) }]),
        ),
        (
            "stream_empty_last_segment",
            "a full segment, then a tag alone: a second form of one size",
            "size",
            SEGMENT_TEXT - 40,
            json!([{ "append": hex(&[0; 16]) }]),
        ),
        (
            "stream_text_changed",
            "a bit of the text is another",
            auth,
            100,
            json!([{ "flip": 50 }]),
        ),
        (
            "stream_tag_changed",
            "a bit of the tag is another",
            auth,
            100,
            json!([{ "flip": 155 }]),
        ),
        (
            "stream_salt_changed",
            "a bit of the salt is another",
            auth,
            100,
            json!([{ "flip": 1 }]),
        ),
        (
            "stream_prefix_changed",
            "a bit of the nonce prefix is another",
            auth,
            100,
            json!([{ "flip": 39 }]),
        ),
        (
            "stream_header_byte",
            "the first byte is not 28",
            "header",
            100,
            json!([{ "flip": 0 }]),
        ),
    ];
    for (name, about, expect, size, edits) in edits {
        let members = with(members(name, *size), "edits", edits.clone());
        push(all, name, "stream", about, expect, members);
    }
    let name = "stream_wrong_key";
    let open = json!({ "key": hex(&bytes::<32>("another key")) });
    push(
        all,
        name,
        "stream",
        "another key",
        auth,
        with(members(name, 100), "open", open),
    );
    let name = "stream_wrong_aad";
    let open = json!({ "aad": hex(b"the context of a strean") });
    push(
        all,
        name,
        "stream",
        "another context",
        auth,
        with(members(name, 100), "open", open),
    );
}

/// Sealed by hand: no edit of a good stream gives these.
fn handmade(all: &mut Vec<Vector>) {
    let stream = Stream::new(&key(), header(), AAD);
    let mut make = |name: &str, about: &str, index: u32, last: bool| {
        let mut segment = [b"hello".as_slice(), &[0; 16]].concat();
        stream
            .seal_segment(index, last, &mut segment)
            .expect("a short segment");
        let sealed = [&header().to_bytes()[..], &segment].concat();
        let members = json!({
            "key": hex(key().expose()),
            "aad": hex(AAD),
            "sealed": { "size": sealed.len(), "sha256": hex(&sha256(&sealed)), "hex": hex(&sealed) },
        });
        push(all, name, "stream", about, "authentication", members);
    };
    make(
        "stream_no_final_flag",
        "the only segment was sealed without the final flag",
        0,
        false,
    );
    make(
        "stream_wrong_index",
        "the only segment was sealed as number 1",
        1,
        true,
    );
}

fn sizes(all: &mut Vec<Vector>) {
    let part = depesche_seal::file::PART as u64;
    let text = SEGMENT_TEXT as u64;
    let per_part = 32 * text;
    let good = [
        ("size_empty", "an empty text", 0),
        ("size_one_segment", "one full segment", text - 40),
        ("size_second_segment", "one byte more", text - 39),
        ("size_one_part", "one full part", per_part - 40),
        (
            "size_second_part",
            "a second part that holds one byte",
            per_part - 39,
        ),
        ("size_four_gib", "4 GiB: beyond 32 bits", 4 << 30),
        (
            "size_largest",
            "the largest text there is",
            stream::MAX_PLAIN,
        ),
    ];
    for (name, about, plain) in good {
        let sealed = stream::sealed_size(plain).expect("a size in range");
        let parts = sealed.div_ceil(part);
        let members = json!({ "plain": plain, "sealed": sealed, "parts": parts });
        push(all, name, "size", about, "ok", members);
    }
    let bad = [
        (
            "size_no_tag",
            "a byte less than header and tag",
            json!({ "sealed": 55 }),
        ),
        (
            "size_tag_alone_in_last_segment",
            "the last segment would be empty",
            json!({ "sealed": SEGMENT + 16 }),
        ),
        (
            "size_half_a_tag_in_last_segment",
            "the last segment would have no whole tag",
            json!({ "sealed": SEGMENT + 1 }),
        ),
        (
            "size_sealed_too_large",
            "more than 2^32 segments",
            json!({ "sealed": stream::MAX_SEALED + 17 }),
        ),
        (
            "size_plain_too_large",
            "a byte more than the largest text",
            json!({ "plain": stream::MAX_PLAIN + 1 }),
        ),
    ];
    for (name, about, members) in bad {
        push(all, name, "size", about, "size", members);
    }
}
