//! Kinds `handoff`, `handoff_content`, `handoff_url` and `handoff_typed`.

use depesche_seal::handoff::{HandoffSecret, SIZES, Typed};
use depesche_seal::handoff_content::{BUNDLE_TYPE, Content};
use depesche_seal::handoff_text::{Direction, HandoffUrl};
use depesche_seal::key::{HandoffId, Hash, Key};
use depesche_seal::name::Name;
use depesche_seal::primitives::sha256;
use depesche_seal::stream::{self, StreamHeader};
use serde_json::{Value, json};

use super::{Vector, bytes, hex, kdf, pattern, push};

fn secret() -> HandoffSecret {
    HandoffSecret::from_bytes(&bytes("handoff secret"))
}

fn id() -> HandoffId {
    HandoffId::from_bytes(bytes("handoff id"))
}

fn header() -> StreamHeader {
    StreamHeader::from_random(&bytes("handoff stream"))
}

fn sealed_member(sealed: &[u8], whole: bool) -> Value {
    let mut member = json!({"size": sealed.len(), "sha256": hex(&sha256(sealed))});
    if whole {
        member["hex"] = json!(hex(sealed));
    }
    member
}

pub(super) fn add(all: &mut Vec<Vector>) {
    good(all);
    next_size(all);
    flawed(all);
    contents(all);
    urls(all);
    typed(all);
}

fn good(all: &mut Vec<Vector>) {
    let room = |size: u64| stream::plain_size(size).expect("a size") - 4;
    let cases = [
        ("handoff_small", "a few bytes in the smallest size", 300),
        ("handoff_nothing", "nothing packed", 0),
        (
            "handoff_full",
            "the smallest size, filled up",
            room(SIZES[0]),
        ),
        (
            "handoff_next_size",
            "a byte more takes the next size",
            room(SIZES[0]) + 1,
        ),
        (
            "handoff_two_segments",
            "a size of two segments and more",
            room(256 << 10) + 1,
        ),
    ];
    for (name, about, size) in cases {
        let text = pattern(name, size as usize);
        let sealed = secret().seal(header(), &text).expect("not too large");
        let mut members = derived();
        members["text"] = json!({"pattern": name, "size": size});
        members["sealed"] = sealed_member(&sealed, sealed.len() == 4096 && size < 1000);
        push(all, name, "handoff", about, "ok", members);
    }
}

/// By a writer that takes every other size only.
fn next_size(all: &mut Vec<Vector>) {
    let name = "handoff_size_next";
    let text = pattern(name, 5000);
    let sealed = inner(5000, &text, 16384, 0);
    let mut members = derived();
    members.as_object_mut().expect("members").remove("header");
    members["text"] = json!({"pattern": name, "size": text.len()});
    members["sealed"] = sealed_member(&sealed, true);
    let about = "the size after the least one";
    push(all, name, "handoff", about, "ok", members);
}

fn derived() -> Value {
    let (auth, fill) = (secret().auth(), secret().fill());
    let token: [u8; 32] = bytes("handoff token");
    json!({
        "secret": hex(secret().expose()),
        "header": hex(&header().to_bytes()),
        "id": hex(id().as_bytes()),
        "token": hex(&token),
        "auth": hex(auth.expose()),
        "auth_sha256": hex(auth.hash().as_bytes()),
        "fill": hex(fill.expose()),
        "fill_sha256": hex(fill.hash().as_bytes()),
        "check_words": secret().check_words(&id(), &Hash::of(&token)),
    })
}

/// A plaintext as no sealer of ours makes it, sealed.
fn inner(len: u32, packed: &[u8], size: u64, last: u8) -> Vec<u8> {
    let mut text = vec![0; stream::plain_size(size).expect("a size") as usize];
    text[..4].copy_from_slice(&len.to_be_bytes());
    text[4..4 + packed.len()].copy_from_slice(packed);
    *text.last_mut().expect("some bytes") |= last;
    let key = kdf(secret().expose(), &[], &[b"depesche/v1/handoff-key\0"]);
    let key: Key<depesche_seal::key::ForHandoff> = Key::from_bytes(&key);
    stream::seal(&key, header(), b"depesche/v1/handoff\0", &text).expect("small")
}

fn flawed(all: &mut Vec<Vector>) {
    let text = pattern("handoff_small", 300);
    let good = secret().seal(header(), &text).expect("not too large");
    let mut flaw = |name: &str, about: &str, expect: &str, members: Value| {
        let mut whole = json!({
            "secret": hex(secret().expose()),
            "header": hex(&header().to_bytes()),
            "text": {"pattern": "handoff_small", "size": 300},
            "sealed": sealed_member(&good, false),
        });
        for (member, value) in members.as_object().expect("members") {
            whole[member] = value.clone();
        }
        push(all, name, "handoff", about, expect, whole);
    };
    flaw(
        "handoff_cut",
        "a byte is missing",
        "size",
        json!({"edits": [{"cut": 4095}]}),
    );
    flaw(
        "handoff_trailing",
        "a byte too many",
        "size",
        json!({"edits": [{"append": "00"}]}),
    );
    flaw(
        "handoff_no_bytes",
        "nothing at all",
        "size",
        json!({"edits": [{"cut": 0}]}),
    );
    flaw(
        "handoff_changed",
        "a byte was changed",
        "authentication",
        json!({"edits": [{"flip": 2000}]}),
    );
    flaw(
        "handoff_header_changed",
        "not the header of a stream",
        "header",
        json!({"edits": [{"flip": 0}]}),
    );
    let other = hex(&bytes::<32>("another handoff secret"));
    flaw(
        "handoff_wrong_secret",
        "another HS",
        "authentication",
        json!({"open": {"secret": other}}),
    );
    let mut made = |name: &str, about: &str, expect: &str, sealed: &[u8]| {
        let members =
            json!({"secret": hex(secret().expose()), "sealed": sealed_member(sealed, true)});
        push(all, name, "handoff", about, expect, members);
    };
    made(
        "handoff_length_beyond",
        "the length says more than there is",
        "length",
        &inner(4037, &text, 4096, 0),
    );
    made(
        "handoff_nonzero_padding",
        "the last byte of the padding is 01",
        "padding",
        &inner(300, &text, 4096, 1),
    );
    made(
        "handoff_size_too_large",
        "half the size would have had room to spare",
        "padding",
        &inner(300, &text, 16384, 0),
    );
    made(
        "handoff_other_place",
        "sealed for another place",
        "authentication",
        &{
            let key: Key<depesche_seal::key::ForHandoff> = Key::from_bytes(&kdf(
                secret().expose(),
                &[],
                &[b"depesche/v1/handoff-key\0"],
            ));
            stream::seal(&key, header(), b"depesche/v1/file\0", &[0; 4040]).expect("small")
        },
    );
}

fn contents(all: &mut Vec<Vector>) {
    for (name, about, file, media_type, text) in [
        (
            "handoff_content_file",
            "a file",
            "Übergabe.txt",
            "text/plain",
            "Guten Tag",
        ),
        (
            "handoff_content_bundle",
            "a bundle of settings",
            "settings.depesche-settings.json",
            BUNDLE_TYPE,
            "{}",
        ),
        (
            "handoff_content_empty",
            "a file without bytes",
            "empty",
            "application/octet-stream",
            "",
        ),
    ] {
        let content = Content {
            name: Name::parse(file).expect("a name"),
            media_type: media_type.to_owned(),
            bytes: text.as_bytes().to_vec().into(),
        };
        let members = json!({
            "bytes": hex(&content.to_bytes().expect("good content")),
            "name": file, "type": media_type, "content": hex(text.as_bytes()),
        });
        push(all, name, "handoff_content", about, "ok", members);
    }
    let with = |head: &str| [&(head.len() as u16).to_be_bytes(), head.as_bytes(), b"x"].concat();
    let named = |name: &str| with(&json!({"v": 1, "name": name, "type": "text/plain"}).to_string());
    let typed =
        |media_type: &str| with(&json!({"v": 1, "name": "a", "type": media_type}).to_string());
    for (name, about, expect, bytes) in [
        (
            "handoff_content_no_bytes",
            "nothing at all",
            "truncated",
            vec![],
        ),
        (
            "handoff_content_one_byte",
            "half a length",
            "truncated",
            vec![0],
        ),
        (
            "handoff_content_cut",
            "the head is cut",
            "truncated",
            named("a")[..20].to_vec(),
        ),
        (
            "handoff_content_not_json",
            "the head is no JSON",
            "handoff_head",
            with("{\"v\":1,"),
        ),
        (
            "handoff_content_no_name",
            "the head has no name",
            "handoff_head",
            with("{\"v\":1,\"type\":\"text/plain\"}"),
        ),
        (
            "handoff_content_newer",
            "version 2",
            "handoff_newer",
            with("{\"v\":2,\"what\":\"else\"}"),
        ),
        (
            "handoff_content_path",
            "the name leads into a folder",
            "name_separator",
            named("a/b"),
        ),
        (
            "handoff_content_leads_out",
            "the name leads out",
            "name_dots",
            named(".."),
        ),
        (
            "handoff_content_no_type",
            "the type is empty",
            "handoff_type",
            typed(""),
        ),
        (
            "handoff_content_odd_type",
            "a blank in the type",
            "handoff_type",
            typed("text plain"),
        ),
    ] {
        push(
            all,
            name,
            "handoff_content",
            about,
            expect,
            json!({"bytes": hex(&bytes)}),
        );
    }
    let head = "{\"v\":1,\"name\":\"a\",\"type\":\"text/plain\",\"preview\":[1]}";
    let members =
        json!({"bytes": hex(&with(head)), "name": "a", "type": "text/plain", "content": hex(b"x")});
    push(
        all,
        "handoff_content_unknown_member",
        "handoff_content",
        "a member that this version does not know",
        "ok",
        members,
    );
}

fn urls(all: &mut Vec<Vector>) {
    let url = |direction| HandoffUrl {
        base: "https://send.example.test".into(),
        id: id(),
        direction,
        secret: secret(),
    };
    let (take, fill) = (
        url(Direction::Take).to_text(),
        url(Direction::Fill).to_text(),
    );
    for (name, about, text, direction) in [
        ("handoff_url", "an offer", take.to_string(), "take"),
        (
            "handoff_url_reverse",
            "the reverse: the new device asks",
            fill.to_string(),
            "fill",
        ),
        (
            "handoff_url_percent",
            "# as %23",
            take.replace('#', "%23"),
            "take",
        ),
        (
            "handoff_url_brackets",
            "brackets and blanks around it",
            format!(" <{}>\n", *take),
            "take",
        ),
    ] {
        let members = json!({
            "text": text, "base": "https://send.example.test", "id": hex(id().as_bytes()),
            "direction": direction, "secret": hex(secret().expose()),
        });
        push(all, name, "handoff_url", about, "ok", members);
    }
    let bare = take.split_once('#').expect("a fragment").0;
    for (name, about, expect, text) in [
        (
            "handoff_url_no_fragment",
            "nothing behind the path",
            "handoff_cut",
            bare.to_owned(),
        ),
        (
            "handoff_url_nothing_behind",
            "nothing behind the #",
            "handoff_cut",
            format!("{bare}#"),
        ),
        (
            "handoff_url_version_alone",
            "the version alone",
            "handoff_cut",
            format!("{bare}#2."),
        ),
        (
            "handoff_url_cut",
            "a character is missing",
            "handoff_cut",
            take[..take.len() - 1].to_owned(),
        ),
        (
            "handoff_url_too_long",
            "a character too many",
            "handoff_mistyped",
            format!("{}A", *take),
        ),
        (
            "handoff_url_wrong_character",
            "a character of no key",
            "handoff_mistyped",
            format!("{}+", &take[..take.len() - 1]),
        ),
        (
            "handoff_url_newer",
            "version 3",
            "handoff_version",
            take.replace("#1.", "#3."),
        ),
        (
            "handoff_url_delivery",
            "a link to a delivery",
            "handoff_form",
            take.replace("/h/", "/d/"),
        ),
        (
            "handoff_url_short_id",
            "an id that is too short",
            "handoff_form",
            format!("https://send.example.test/h/AAAA#1.{}", *secret().to_text()),
        ),
        (
            "handoff_url_no_host",
            "no host",
            "handoff_form",
            take.replace("https://send.example.test", "https://"),
        ),
        (
            "handoff_url_empty",
            "nothing",
            "handoff_form",
            String::new(),
        ),
    ] {
        push(
            all,
            name,
            "handoff_url",
            about,
            expect,
            json!({"text": text}),
        );
    }
}

fn typed(all: &mut Vec<Vector>) {
    let random: [u8; 32] = bytes("handoff typed");
    let words = Typed::from_random(&random).expect("words of the list");
    let key = words.stretch().expect("memory");
    let nonce: [u8; 12] = bytes("handoff nonce");
    let wrap = key.wrap(nonce, &secret());
    let members = |text: &str, wrap: &[u8]| {
        json!({
            "random": hex(&random), "words": words.as_str(), "text": text, "nonce": hex(&nonce),
            "secret": hex(secret().expose()), "find": hex(key.find().as_bytes()), "wrap": hex(wrap),
        })
    };
    let plain = words.as_str().replace('-', " ");
    for (name, about, text) in [
        ("handoff_typed", "as they are shown", plain.clone()),
        (
            "handoff_typed_sloppy",
            "capitals, hyphens and blanks",
            format!("  {}\n", plain.to_uppercase().replacen(' ', " - ", 2)),
        ),
    ] {
        push(
            all,
            name,
            "handoff_typed",
            about,
            "ok",
            members(&text, &wrap),
        );
    }
    let mut changed = wrap;
    changed[20] ^= 1;
    push(
        all,
        "handoff_typed_wrap_changed",
        "handoff_typed",
        "the wrap was changed",
        "authentication",
        members(&plain, &changed),
    );
    push(
        all,
        "handoff_typed_wrap_cut",
        "handoff_typed",
        "the wrap is cut",
        "truncated",
        members(&plain, &wrap[..59]),
    );
    for (name, about, expect, text) in [
        (
            "handoff_typed_five",
            "a word is missing",
            "words_count",
            plain.rsplit_once(' ').expect("words").0.to_owned(),
        ),
        (
            "handoff_typed_seven",
            "a word too many",
            "words_count",
            format!("{plain} abacus"),
        ),
        (
            "handoff_typed_unknown",
            "a word that is in no list",
            "words_unknown",
            plain.replacen(' ', " xyzzy ", 1),
        ),
        (
            "handoff_typed_nothing",
            "nothing",
            "words_count",
            String::new(),
        ),
    ] {
        push(
            all,
            name,
            "handoff_typed",
            about,
            expect,
            json!({"text": text}),
        );
    }
    let hyphens = "t-shirt yo-yo drop-down felt-tip abacus zoom";
    let own = Typed::parse(hyphens).expect("words of the list");
    let key = own.stretch().expect("memory");
    let members = json!({
        "words": own.as_str(), "text": hyphens, "nonce": hex(&nonce), "secret": hex(secret().expose()),
        "find": hex(key.find().as_bytes()), "wrap": hex(&key.wrap(nonce, &secret())),
    });
    push(
        all,
        "handoff_typed_hyphens",
        "handoff_typed",
        "words with a hyphen of their own",
        "ok",
        members,
    );
}
