//! Kind `manifest`: the JSON inside, without its seal.

use depesche_seal::file;
use depesche_seal::format::to_text;
use depesche_seal::key::Hash;
use depesche_seal::stream;
use serde_json::{Value, json};

use super::{Vector, bytes, push};

pub(super) fn object(label: &str, size: u64) -> Value {
    let sealed = stream::sealed_size(size).expect("a small file");
    let parts: Vec<Hash> = (0..file::part_count(sealed).expect("a small file"))
        .map(|index| Hash::of(format!("{label} {index}").as_bytes()))
        .collect();
    json!({
        "id": to_text(&bytes::<16>(&format!("{label} id"))),
        "key": to_text(&bytes::<32>(&format!("{label} key"))),
        "size": size,
        "sealed_size": sealed,
        "root": file::root(sealed, &parts).to_string(),
        "parts": parts.iter().map(Hash::to_string).collect::<Vec<_>>(),
    })
}

fn own(name: &str, size: u64) -> Value {
    let mut file = object(name, size);
    file["name"] = json!(name);
    file["type"] = json!("application/pdf");
    file["mtime"] = json!(1_790_000_000_123_i64);
    file
}

fn packed(name: &str, offset: u64, size: u64) -> Value {
    json!({ "name": name, "type": "text/plain", "pack": 0, "offset": offset, "size": size })
}

pub(super) fn folder(name: &str) -> Value {
    json!({ "name": name, "type": "inode/directory", "size": 0 })
}

/// One of each kind of entry.
pub(super) fn full() -> Value {
    json!({
        "v": 1,
        "created": 1_790_000_000_000_i64,
        "sender": {
            "account": to_text(&bytes::<16>("account")),
            "address": "anna@example.test",
        },
        "files": [
            own("Vertrag.pdf", 20_000_000),
            packed("notes/a.txt", 0, 10),
            packed("notes/empty.txt", 10, 0),
            packed("notes/b.txt", 10, 90),
            folder("notes/drafts"),
        ],
        "packs": [object("pack", 100)],
    })
}

fn minimal() -> Value {
    json!({
        "v": 1,
        "created": 0,
        "sender": { "address": "a@b" },
        "files": [],
        "packs": [],
    })
}

fn change(base: Value, pointer: &str, value: Value) -> Value {
    let mut base = base;
    match base.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => {
            let (above, member) = pointer.rsplit_once('/').expect("a pointer");
            base.pointer_mut(above).expect("the object above")[member] = value;
        }
    }
    base
}

fn without(mut base: Value, pointer: &str, member: &str) -> Value {
    let object = base.pointer_mut(pointer).and_then(Value::as_object_mut);
    object
        .expect("an object")
        .remove(member)
        .expect("the member");
    base
}

pub(super) fn add(all: &mut Vec<Vector>) {
    good(all);
    shape(all);
    texts(all);
    entries(all);
    objects(all);
}

fn value(all: &mut Vec<Vector>, name: &str, about: &str, expect: &str, json: Value) {
    raw(all, name, about, expect, &json.to_string());
}

fn raw(all: &mut Vec<Vector>, name: &str, about: &str, expect: &str, text: &str) {
    push(
        all,
        name,
        "manifest",
        about,
        expect,
        json!({ "json": text }),
    );
}

fn good(all: &mut Vec<Vector>) {
    value(
        all,
        "manifest_minimal",
        "nothing inside, nobody proven",
        "ok",
        minimal(),
    );
    value(
        all,
        "manifest_full",
        "a file object, a pack with three files, an empty folder",
        "ok",
        full(),
    );
    let reply = json!({ "parcel_id": to_text(&bytes::<16>("answered")), "level": 2 });
    value(
        all,
        "manifest_reply",
        "answers another parcel",
        "ok",
        change(minimal(), "/in_reply_to", reply),
    );
    let message = change(minimal(), "/subject", json!("Grüße"));
    let message = change(message, "/body", json!("Line one\nלינה ✓\n"));
    value(all, "manifest_message", "subject and body", "ok", message);
    let newer = change(
        full(),
        "/files/0/preview",
        json!({ "some": ["thing", null, 1.5] }),
    );
    value(
        all,
        "manifest_unknown_member",
        "a member that this version does not know is ignored",
        "ok",
        newer,
    );
    let old = change(full(), "/files/0/mtime", json!(-1000));
    value(
        all,
        "manifest_mtime_before_1970",
        "a time before 1970",
        "ok",
        old,
    );
}

fn shape(all: &mut Vec<Vector>) {
    let json = "manifest_json";
    let version = "manifest_version";
    raw(all, "manifest_no_bytes", "nothing", json, "");
    raw(
        all,
        "manifest_not_json",
        "cut in the middle",
        json,
        "{\"v\":1,\"created\":0",
    );
    raw(
        all,
        "manifest_trailing",
        "something behind the end",
        json,
        &format!("{} 0", minimal()),
    );
    raw(all, "manifest_array", "an array", json, "[]");
    let twice = minimal().to_string().replacen("{", "{\"created\":1,", 1);
    raw(
        all,
        "manifest_member_twice",
        "a member stands twice",
        json,
        &twice,
    );
    let surrogate = minimal().to_string().replace("a@b", "a\\ud800@b");
    raw(
        all,
        "manifest_lone_surrogate",
        "half a character in a string",
        json,
        &surrogate,
    );
    value(
        all,
        "manifest_no_files",
        "the list of files is missing",
        json,
        without(minimal(), "", "files"),
    );
    value(
        all,
        "manifest_size_as_text",
        "a number written as text",
        json,
        change(full(), "/files/0/size", json!("20000000")),
    );
    value(
        all,
        "manifest_size_negative",
        "a size below zero",
        json,
        change(full(), "/files/0/size", json!(-1)),
    );
    value(
        all,
        "manifest_size_fraction",
        "a size with a fraction",
        json,
        change(full(), "/files/0/size", json!(0.5)),
    );
    value(
        all,
        "manifest_newer",
        "version 2",
        version,
        json!({ "v": 2, "contents": "another shape" }),
    );
    value(
        all,
        "manifest_version_zero",
        "version 0",
        version,
        change(minimal(), "/v", json!(0)),
    );
}

fn texts(all: &mut Vec<Vector>) {
    let text = "manifest_text";
    let id = to_text(&bytes::<16>("some id"));
    let file = "/files/0";
    value(
        all,
        "manifest_id_short",
        "an id of 15 bytes",
        text,
        change(full(), &format!("{file}/id"), json!(&id[..20])),
    );
    value(
        all,
        "manifest_id_padded",
        "an id with padding",
        text,
        change(full(), &format!("{file}/id"), json!(format!("{id}=="))),
    );
    value(
        all,
        "manifest_id_unused_bits",
        "an id whose unused bits are set",
        text,
        change(
            full(),
            &format!("{file}/id"),
            json!("AAAAAAAAAAAAAAAAAAAAAB"),
        ),
    );
    value(
        all,
        "manifest_key_alphabet",
        "a key in the alphabet of base64, not base64url",
        text,
        change(full(), &format!("{file}/key"), json!("+".repeat(43))),
    );
    value(
        all,
        "manifest_account_invalid",
        "an account that is no id",
        text,
        change(full(), "/sender/account", json!("anna")),
    );
    let address = "manifest_address";
    value(
        all,
        "manifest_address_empty",
        "no address",
        address,
        change(minimal(), "/sender/address", json!("")),
    );
    value(
        all,
        "manifest_address_control",
        "a line break in the address",
        address,
        change(minimal(), "/sender/address", json!("a@b\nBcc: c@d")),
    );
    value(
        all,
        "manifest_address_long",
        "an address of 321 bytes",
        address,
        change(minimal(), "/sender/address", json!("a".repeat(321))),
    );
    let number = "manifest_number";
    value(
        all,
        "manifest_time_too_large",
        "a time beyond 2^53 - 1",
        number,
        change(minimal(), "/created", json!(1_i64 << 53)),
    );
    value(
        all,
        "manifest_mtime_too_small",
        "a time below -(2^53 - 1)",
        number,
        change(full(), "/files/0/mtime", json!(-(1_i64 << 53))),
    );
    let reply = json!({ "parcel_id": id, "level": 5 });
    value(
        all,
        "manifest_reply_level",
        "answers a level that is none",
        "manifest_level",
        change(minimal(), "/in_reply_to", reply),
    );
}

fn entries(all: &mut Vec<Vector>) {
    let taken = "manifest_name_taken";
    let entry = "manifest_entry";
    value(
        all,
        "manifest_name_twice",
        "two entries of one name",
        taken,
        change(full(), "/files/3/name", json!("notes/a.txt")),
    );
    value(
        all,
        "manifest_file_below_file",
        "a file lies below a file",
        taken,
        change(full(), "/files/3/name", json!("Vertrag.pdf/b.txt")),
    );
    value(
        all,
        "manifest_name_leads_out",
        "a name with ..",
        "name_dots",
        change(full(), "/files/0/name", json!("../Vertrag.pdf")),
    );
    value(
        all,
        "manifest_folder_with_size",
        "a folder of one byte",
        entry,
        change(full(), "/files/4/size", json!(1)),
    );
    value(
        all,
        "manifest_file_nowhere",
        "a file without its bytes",
        entry,
        change(full(), "/files/4/type", json!("text/plain")),
    );
    value(
        all,
        "manifest_folder_with_bytes",
        "a folder that lies in a pack",
        entry,
        change(full(), "/files/2/type", json!("inode/directory")),
    );
    value(
        all,
        "manifest_own_and_packed",
        "a file object that lies in a pack too",
        entry,
        change(full(), "/files/0/pack", json!(0)),
    );
    value(
        all,
        "manifest_no_key",
        "a file object without its key",
        entry,
        without(full(), "/files/0", "key"),
    );
    value(
        all,
        "manifest_no_offset",
        "a packed file without its place",
        entry,
        without(full(), "/files/1", "offset"),
    );
    let kind = "manifest_type";
    value(
        all,
        "manifest_type_empty",
        "no type",
        kind,
        change(full(), "/files/0/type", json!("")),
    );
    value(
        all,
        "manifest_type_blank",
        "a type with a blank",
        kind,
        change(full(), "/files/0/type", json!("text/plain; charset=utf-8")),
    );
    value(
        all,
        "manifest_type_long",
        "a type of 128 characters",
        kind,
        change(full(), "/files/0/type", json!("a".repeat(128))),
    );
}

fn objects(all: &mut Vec<Vector>) {
    let size = "manifest_size";
    let pack = "manifest_pack";
    value(
        all,
        "manifest_sealed_size",
        "the sealed size is not that of the size",
        size,
        change(full(), "/files/0/sealed_size", json!(20_001_000)),
    );
    value(
        all,
        "manifest_part_missing",
        "a part hash is missing",
        size,
        change(full(), "/files/0/parts", json!([Hash::of(b"").to_string()])),
    );
    value(
        all,
        "manifest_size_too_large",
        "a file beyond the largest stream",
        size,
        change(full(), "/files/0/size", json!((1_u64 << 53) - 1)),
    );
    let other = change(full(), "/files/0/parts/0", json!(Hash::of(b"").to_string()));
    value(
        all,
        "manifest_root_mismatch",
        "a part hash is another than when the root was made",
        "root",
        other,
    );
    let other = change(full(), "/files/0/root", json!(Hash::of(b"").to_string()));
    value(
        all,
        "manifest_root_altered",
        "the root is another",
        "root",
        other,
    );
    let twice = change(full(), "/packs/0/id", full()["files"][0]["id"].clone());
    value(
        all,
        "manifest_object_twice",
        "a file and a pack are one file object",
        "manifest_object_twice",
        twice,
    );
    value(
        all,
        "manifest_pack_unknown",
        "a file in a pack that is not there",
        pack,
        change(full(), "/files/1/pack", json!(1)),
    );
    value(
        all,
        "manifest_pack_gap",
        "a gap between two packed files",
        pack,
        change(full(), "/files/3/offset", json!(11)),
    );
    value(
        all,
        "manifest_pack_overlap",
        "two packed files overlap",
        pack,
        change(full(), "/files/3/offset", json!(9)),
    );
    value(
        all,
        "manifest_pack_short",
        "the pack is longer than its files",
        pack,
        change(full(), "/files/3/size", json!(89)),
    );
    value(
        all,
        "manifest_pack_beyond",
        "a packed file reaches beyond the pack",
        pack,
        change(full(), "/files/3/size", json!(91)),
    );
    let mut unused = full();
    unused["packs"]
        .as_array_mut()
        .expect("packs")
        .push(object("unused", 0));
    value(
        all,
        "manifest_pack_unused",
        "a pack that no file lies in",
        pack,
        unused,
    );
}
