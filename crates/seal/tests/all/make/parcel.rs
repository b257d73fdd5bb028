//! Kinds `header` and `parcel`.

use depesche_seal::key::{ForParcel, Hash, Key, ParcelId, ParcelKey};
use depesche_seal::manifest::Manifest;
use depesche_seal::parcel::{self, Flags, Header, Level};
use depesche_seal::stream::{self, StreamHeader};
use serde_json::json;

use super::{Vector, bytes, hex, kdf, manifest, push};

fn key() -> ParcelKey {
    ParcelKey::from_bytes(&bytes("parcel key"))
}

fn id() -> ParcelId {
    ParcelId::from_bytes(bytes("parcel id"))
}

fn stream_header() -> StreamHeader {
    StreamHeader::from_random(&bytes("manifest header"))
}

/// H as the specification has it, with any suite and flags.
fn header(suite: u8, flags: u8) -> Vec<u8> {
    let id = id();
    let info = [b"depesche/v1/commit\0".as_slice(), &[suite, flags]];
    let commitment = kdf(key().expose(), id.as_bytes(), &info);
    [
        b"DPM1".as_slice(),
        &[suite, flags],
        id.as_bytes(),
        &commitment,
    ]
    .concat()
}

/// M as the specification has it, around any text.
fn sealed(header: &[u8], text: &[u8]) -> Vec<u8> {
    let id = id();
    let own = kdf(
        key().expose(),
        id.as_bytes(),
        &[b"depesche/v1/manifest-key\0"],
    );
    let aad = [b"depesche/v1/manifest\0", header].concat();
    let ikm = Key::<ForParcel>::from_bytes(&own);
    let body = stream::seal(&ikm, stream_header(), &aad, text).expect("a small text");
    [header, &body].concat()
}

/// The padded text around `json`, with its length, signature and padding replaceable.
struct Text {
    length: u32,
    json: Vec<u8>,
    algorithm: u8,
    signature: [u8; 64],
    pad_to: usize,
    pad_with: u8,
}

impl Text {
    fn of(json: &str) -> Self {
        Self {
            length: json.len() as u32,
            json: json.as_bytes().to_vec(),
            algorithm: 0,
            signature: [0; 64],
            pad_to: (4 + json.len() + 65).next_multiple_of(1024),
            pad_with: 0,
        }
    }

    fn write(&self) -> Vec<u8> {
        let mut out = self.length.to_be_bytes().to_vec();
        out.extend_from_slice(&self.json);
        out.push(self.algorithm);
        out.extend_from_slice(&self.signature);
        out.resize(self.pad_to, self.pad_with);
        out
    }
}

fn push_parcel(
    all: &mut Vec<Vector>,
    name: &str,
    about: &str,
    expect: &str,
    sealed: &[u8],
    json: Option<&str>,
) {
    let mut members = json!({ "key": hex(key().expose()), "manifest": hex(sealed) });
    if let Some(text) = json {
        members["id"] = json!(hex(id().as_bytes()));
        members["flags"] = json!(sealed[5]);
        members["stream_header"] = json!(hex(&stream_header().to_bytes()));
        members["json"] = json!(text);
        members["sha256"] = json!(hex(Hash::of(sealed).as_bytes()));
    }
    push(all, name, "parcel", about, expect, members);
}

pub(super) fn add(all: &mut Vec<Vector>) {
    headers(all);
    good(all);
    flawed_bytes(all);
    flawed_text(all);
}

fn headers(all: &mut Vec<Vector>) {
    for level in [
        Level::Link,
        Level::Login,
        Level::KeyedFiles,
        Level::KeyedAll,
    ] {
        for from_outside in [false, true] {
            let header = Header::new(
                &key(),
                id(),
                Flags {
                    level,
                    from_outside,
                },
            );
            let members = json!({
                "key": hex(key().expose()),
                "header": hex(&header.to_bytes()),
                "level": level.number(),
                "from_outside": from_outside,
                "id": hex(id().as_bytes()),
            });
            let whence = if from_outside { ", from outside" } else { "" };
            let name = format!(
                "header_level_{}{}",
                level.number(),
                if from_outside { "_outside" } else { "" }
            );
            push(
                all,
                &name,
                "header",
                &format!("level {}{whence}", level.number()),
                "ok",
                members,
            );
        }
    }
    let good = header(1, 1);
    let mut flaw = |name: &str, about: &str, expect: &str, header: &[u8]| {
        let members = json!({ "key": hex(key().expose()), "header": hex(header) });
        push(all, name, "header", about, expect, members);
    };
    flaw(
        "header_unknown_magic",
        "DPM2 instead of DPM1",
        "magic",
        &[b"DPM2", &good[4..]].concat(),
    );
    flaw("header_suite_zero", "suite 00", "suite", &header(0, 1));
    flaw(
        "header_suite_reserved",
        "suite 02, which is reserved",
        "suite",
        &header(2, 1),
    );
    flaw("header_level_zero", "level 0", "flags", &header(1, 0));
    flaw("header_level_five", "level 5", "flags", &header(1, 5));
    flaw(
        "header_unknown_flag",
        "bit 4",
        "flags",
        &header(1, 0b1_0001),
    );
    flaw(
        "header_highest_flag",
        "bit 7",
        "flags",
        &header(1, 0b1000_0001),
    );
    flaw(
        "header_truncated",
        "a byte is missing",
        "truncated",
        &good[..53],
    );
    flaw(
        "header_trailing",
        "a byte too many",
        "trailing",
        &[&good[..], &[0]].concat(),
    );
    let mut other = good.clone();
    other[53] ^= 1;
    flaw(
        "header_wrong_commitment",
        "a bit of the commitment is another",
        "commitment",
        &other,
    );
    let mut other = good.clone();
    other[5] = 2;
    flaw(
        "header_level_altered",
        "the level was changed and the commitment kept",
        "commitment",
        &other,
    );
    let mut other = good;
    other[6] ^= 1;
    flaw(
        "header_wrong_id",
        "a bit of the id is another",
        "commitment",
        &other,
    );
}

fn good(all: &mut Vec<Vector>) {
    let json = manifest::full().to_string();
    let contents = Manifest::from_json(json.as_bytes()).expect("a good manifest");
    for (name, about, flags) in [
        ("parcel_level_1", "level 1", Flags::of(Level::Link)),
        ("parcel_level_2", "level 2", Flags::of(Level::Login)),
        (
            "parcel_outside_level_3",
            "level 3 from outside: not signed",
            Flags {
                level: Level::KeyedFiles,
                from_outside: true,
            },
        ),
    ] {
        let sealed = parcel::seal(&key(), id(), flags, stream_header(), &contents)
            .expect("a small manifest");
        let json = contents.to_json().expect("a good manifest");
        let json = std::str::from_utf8(&json).expect("JSON is UTF-8");
        push_parcel(all, name, about, "ok", sealed.as_bytes(), Some(json));
    }
    // 4 + json + 65 is 1024 exactly: no padding at all.
    let short = r#"{"v":1,"created":0,"sender":{"address":"a@b"},"files":[],"packs":[],"body":""}"#;
    let body = "x".repeat(1024 - 69 - short.len());
    let json = short.replace(r#""body":"""#, &format!(r#""body":"{body}""#));
    let sealed = sealed(&header(1, 1), &Text::of(&json).write());
    push_parcel(
        all,
        "parcel_no_padding",
        "the text fills 1024 bytes exactly",
        "ok",
        &sealed,
        Some(&json),
    );
}

fn flawed_bytes(all: &mut Vec<Vector>) {
    let json = manifest::full().to_string();
    let good = sealed(&header(1, 1), &Text::of(&json).write());
    let mut flaw = |name: &str, about: &str, expect: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut sealed = good.clone();
        change(&mut sealed);
        push_parcel(all, name, about, expect, &sealed, None);
    };
    flaw(
        "parcel_altered_manifest",
        "a bit of the sealed text is another",
        "authentication",
        &|m| m[200] ^= 1,
    );
    flaw("parcel_truncated", "a byte is missing", "size", &|m| {
        m.truncate(m.len() - 1)
    });
    flaw("parcel_trailing", "a byte too many", "size", &|m| m.push(0));
    flaw("parcel_header_alone", "nothing behind H", "size", &|m| {
        m.truncate(54)
    });
    flaw("parcel_cut_in_header", "H is cut", "truncated", &|m| {
        m.truncate(30)
    });
    flaw(
        "parcel_unknown_magic",
        "DPL1 instead of DPM1",
        "magic",
        &|m| m[2] = b'L',
    );
    flaw("parcel_unknown_suite", "suite 02", "suite", &|m| m[4] = 2);
    flaw("parcel_unknown_flag", "bit 5", "flags", &|m| {
        m[5] |= 0b10_0000
    });
    flaw(
        "parcel_level_altered",
        "level 2 instead of 1",
        "commitment",
        &|m| m[5] = 2,
    );
    flaw(
        "parcel_wrong_commitment",
        "the commitment of another key",
        "commitment",
        &|m| m[22] ^= 1,
    );
    flaw(
        "parcel_stream_header",
        "the stream inside begins with another byte",
        "header",
        &|m| m[54] = 0,
    );
    let mut signed = header(1, 3);
    signed.extend_from_slice(&good[54..]);
    push_parcel(
        all,
        "parcel_signed",
        "level 3: signed, so it does not open with its key alone",
        "signed",
        &signed,
        None,
    );
    let stranger = sealed(&header(1, 2), &Text::of(&json).write());
    let mixed = [&header(1, 1), &stranger[54..]].concat();
    push_parcel(
        all,
        "parcel_wrong_aad",
        "the stream of one H behind another",
        "authentication",
        &mixed,
        None,
    );
}

fn flawed_text(all: &mut Vec<Vector>) {
    let json = manifest::full().to_string();
    let mut flaw = |name: &str, about: &str, expect: &str, change: &dyn Fn(&mut Text)| {
        let mut text = Text::of(&json);
        change(&mut text);
        push_parcel(
            all,
            name,
            about,
            expect,
            &sealed(&header(1, 1), &text.write()),
            None,
        );
    };
    flaw(
        "parcel_overlong_json_length",
        "the stated length reaches beyond the text",
        "length",
        &|text| text.length = 1 << 20,
    );
    flaw(
        "parcel_largest_json_length",
        "a stated length of 2^32 - 1",
        "length",
        &|text| text.length = u32::MAX,
    );
    flaw(
        "parcel_no_room_for_signature",
        "the stated length leaves too little for the signature",
        "length",
        &|text| text.length = text.pad_to as u32 - 4 - 64,
    );
    flaw(
        "parcel_short_json_length",
        "the stated length is one too small",
        "signature",
        &|text| text.length -= 1,
    );
    flaw(
        "parcel_signature_algorithm",
        "an algorithm where no signature belongs",
        "signature",
        &|text| text.algorithm = 1,
    );
    flaw(
        "parcel_signature_bytes",
        "signature bytes without an algorithm",
        "signature",
        &|text| text.signature[63] = 1,
    );
    flaw(
        "parcel_nonzero_padding",
        "padding that is not zero",
        "padding",
        &|text| text.pad_with = 1,
    );
    flaw(
        "parcel_too_much_padding",
        "1024 bytes of padding too many",
        "padding",
        &|text| text.pad_to += 1024,
    );
    flaw(
        "parcel_odd_padding",
        "padding to no multiple of 1024",
        "size",
        &|text| text.pad_to += 1,
    );
    flaw(
        "parcel_not_json",
        "the text is no JSON",
        "manifest_json",
        &|text| text.json[0] = b'[',
    );
    flaw(
        "parcel_not_utf8",
        "the text is not UTF-8",
        "manifest_json",
        &|text| {
            let at = text
                .json
                .iter()
                .position(|&byte| byte == b'V')
                .expect("the name of a file");
            text.json[at] = 0xff;
        },
    );
    let empty = sealed(&header(1, 1), &[]);
    push_parcel(
        all,
        "parcel_empty_text",
        "the text has no bytes",
        "size",
        &empty,
        None,
    );
}
