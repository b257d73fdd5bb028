//! Kind `signed`.

use depesche_seal::format::to_text;
use depesche_seal::key::{ForParcel, Key, ParcelId, ParcelKey};
use depesche_seal::manifest::Manifest;
use depesche_seal::parcel::{self, Flags, Level, SealedManifest};
use depesche_seal::primitives::sha256;
use depesche_seal::signed::{self, Signer};
use depesche_seal::stream::{self, StreamHeader};
use serde_json::{Value, json};

use super::keys::{Person, opener, sender};
use super::{Vector, bytes, hex, kdf, manifest, push, sign};

pub(super) fn key() -> ParcelKey {
    ParcelKey::from_bytes(&bytes("parcel key"))
}

fn id() -> ParcelId {
    ParcelId::from_bytes(bytes("parcel id"))
}

fn stream_header() -> StreamHeader {
    StreamHeader::from_random(&bytes("manifest header"))
}

/// The list of contents of a parcel of this person.
fn contents(person: &Person) -> Value {
    let mut json = manifest::full();
    json["sender"]["account"] = json!(person.account.to_string());
    json["sender"]["fingerprint"] = json!(person.fingerprint().to_string());
    json["subject"] = json!("Befund");
    json
}

fn parsed(json: &Value) -> Manifest {
    Manifest::from_json(json.to_string().as_bytes()).expect("a good manifest")
}

pub(super) fn parcel(person: &Person, level: Level) -> SealedManifest {
    let signer = Signer::new(&person.signing, person.record.record()).expect("its own record");
    let contents = parsed(&contents(person));
    let flags = Flags::of(level);
    let sealed = signed::seal(&key(), (id(), flags), stream_header(), &contents, &signer);
    sealed.expect("a small manifest")
}

/// Level 1 or 2, or from outside.
pub(super) fn unsigned(person: &Person, flags: Flags) -> SealedManifest {
    let contents = parsed(&contents(person));
    parcel::seal(&key(), id(), flags, stream_header(), &contents).expect("a small manifest")
}

pub(super) fn add(all: &mut Vec<Vector>) {
    good_parcels(all);
    flawed_parcels(all);
}

pub(super) fn records(people: &[&Person]) -> Value {
    people
        .iter()
        .map(|one| hex(&one.record.to_bytes()))
        .collect()
}

pub(super) fn pin(person: &Person, verified: &str) -> Value {
    json!({ "account": hex(person.account.as_bytes()), "fingerprint": hex(person.fingerprint().as_bytes()), "verified": verified })
}

pub(super) fn json_text() -> String {
    let contents = parsed(&contents(&sender()));
    let json = contents.to_json().expect("a good manifest");
    String::from_utf8(json.to_vec()).expect("JSON is UTF-8")
}

fn good_parcels(all: &mut Vec<Vector>) {
    let person = sender();
    let next = person.next("sender two", false);
    let reset = person.next("sender two", true);
    let mut good = |name: &str, about: &str, level: Level, origin: &str, more: Value| {
        let sealed = parcel(&person, level);
        let mut members = json!({
            "key": hex(key().expose()),
            "manifest": hex(sealed.as_bytes()),
            "json": json_text(),
            "id": hex(id().as_bytes()),
            "flags": level.number(),
            "stream_header": hex(&stream_header().to_bytes()),
            "signature_seed": hex(person.signature_seed.expose()),
            "origin": origin,
            "sender_records": records(&[&person]),
        });
        for (member, value) in more.as_object().expect("members") {
            members[member] = value.clone();
        }
        push(all, name, "signed", about, "ok", members);
    };
    good(
        "signed_level_3",
        "level 3, the sender not pinned",
        Level::KeyedFiles,
        "not_verified",
        json!({}),
    );
    good(
        "signed_level_4",
        "level 4, the sender pinned by words",
        Level::KeyedAll,
        "pinned_words",
        json!({ "pin": pin(&person, "words") }),
    );
    good(
        "signed_pinned_unverified",
        "pinned and never verified",
        Level::KeyedFiles,
        "pinned_no",
        json!({ "pin": pin(&person, "no") }),
    );
    good(
        "signed_earlier_key",
        "signed by the key before the pinned one, which it signed",
        Level::KeyedAll,
        "pinned_code",
        json!({ "pin": pin(&next, "code"), "sender_records": records(&[&person, &next]) }),
    );
    good(
        "signed_succeeding_key",
        "the pin is of the record itself, and a newer one is there",
        Level::KeyedAll,
        "pinned_code",
        json!({ "pin": pin(&person, "code"), "sender_records": records(&[&person, &next]) }),
    );
    good(
        "signed_before_reset",
        "signed by a key that was lost before the pinned one was made",
        Level::KeyedAll,
        "not_verified",
        json!({ "pin": pin(&reset, "words"), "sender_records": records(&[&person, &reset]) }),
    );
    good(
        "signed_own",
        "one's own",
        Level::KeyedAll,
        "own",
        json!({ "own": hex(person.fingerprint().as_bytes()) }),
    );
}

/// A signature over H and SHA-256(json).
type Sign<'a> = dyn Fn(&[u8], &[u8; 32]) -> [u8; 64] + 'a;

/// M at level 4 around any json, signature and algorithm, as the specification has it.
fn any_parcel(json: &str, algorithm: u8, signature: &Sign<'_>) -> Vec<u8> {
    let commitment = kdf(
        key().expose(),
        id().as_bytes(),
        &[b"depesche/v1/commit\0", &[1, 4]],
    );
    let header = [b"DPM1".as_slice(), &[1, 4], id().as_bytes(), &commitment].concat();
    let own = kdf(
        key().expose(),
        id().as_bytes(),
        &[b"depesche/v1/manifest-key\0"],
    );
    let aad = [b"depesche/v1/manifest\0", &header[..]].concat();
    let signature = signature(&header, &sha256(json.as_bytes()));
    let length = (json.len() as u32).to_be_bytes();
    let mut text = [&length[..], json.as_bytes(), &[algorithm], &signature].concat();
    text.resize(text.len().next_multiple_of(1024), 0);
    let ikm = Key::<ForParcel>::from_bytes(&own);
    let body = stream::seal(&ikm, stream_header(), &aad, &text).expect("a small text");
    [&header[..], &body].concat()
}

fn flawed_parcels(all: &mut Vec<Vector>) {
    let (person, stranger) = (sender(), opener());
    let next = person.next("sender two", false);
    let reset = person.next("sender two", true);
    let good = parcel(&person, Level::KeyedAll).into_bytes();
    let mut flaw = |name: &str, about: &str, expect: &str, sealed: &[u8], more: Value| {
        let mut members = json!({
            "key": hex(key().expose()), "manifest": hex(sealed), "sender_records": records(&[&person]),
        });
        for (member, value) in more.as_object().expect("members") {
            members[member] = value.clone();
        }
        push(all, name, "signed", about, expect, members);
    };
    flaw(
        "signed_other_pinned",
        "another key is pinned for that account",
        "sender_key_changed",
        &good,
        json!({
            "pin": { "account": hex(person.account.as_bytes()), "fingerprint": hex(stranger.fingerprint().as_bytes()), "verified": "words" },
        }),
    );
    let after = reset_parcel(&reset);
    flaw(
        "signed_after_reset",
        "signed by a key that was made after the pinned one was lost",
        "sender_key_changed",
        &after,
        json!({
            "pin": pin(&person, "words"), "sender_records": records(&[&person, &reset]),
        }),
    );
    flaw(
        "signed_unknown_key",
        "the key it names is not in the sender's records",
        "sender_unknown_key",
        parcel(&next, Level::KeyedAll).as_bytes(),
        json!({}),
    );
    flaw(
        "signed_other_records",
        "the records of somebody else",
        "sender_unknown_key",
        &good,
        json!({
            "sender_records": records(&[&stranger]),
        }),
    );
    flaw(
        "signed_own_newer",
        "one's own, and newer than the own key",
        "sender_key_changed",
        &after,
        json!({
            "own": hex(person.fingerprint().as_bytes()), "sender_records": records(&[&person, &reset]),
        }),
    );
    let text = contents(&person).to_string();
    let by = |seed: &Person| {
        let seed = seed.signature_seed.clone();
        move |header: &[u8], hash: &[u8; 32]| {
            sign(&seed, b"depesche/v1/parcel-sig\0", &[header, hash].concat())
        }
    };
    let by_person = by(&person);
    flaw(
        "signed_by_another",
        "signed by another key than it names",
        "signature_wrong",
        &any_parcel(&text, 1, &by(&stranger)),
        json!({}),
    );
    flaw(
        "signed_other_label",
        "the signature has another purpose",
        "signature_wrong",
        &any_parcel(&text, 1, &|header, hash| {
            sign(
                &person.signature_seed,
                b"depesche/v1/release\0",
                &[header, &hash[..]].concat(),
            )
        }),
        json!({}),
    );
    flaw(
        "signed_other_json",
        "the signature is over another list",
        "signature_wrong",
        &any_parcel(&text, 1, &|header, _| by_person(header, &[7; 32])),
        json!({}),
    );
    flaw(
        "signed_other_header",
        "the signature is over another H",
        "signature_wrong",
        &any_parcel(&text, 1, &|_, hash| by_person(&[7; 54], hash)),
        json!({}),
    );
    flaw(
        "signed_not_at_all",
        "level 4 without a signature",
        "signature",
        &any_parcel(&text, 0, &|_, _| [0; 64]),
        json!({}),
    );
    flaw(
        "signed_unknown_algorithm",
        "algorithm 02",
        "signature",
        &any_parcel(&text, 2, &|header, hash| by_person(header, hash)),
        json!({}),
    );
    let mut nameless = contents(&person);
    drop(
        nameless["sender"]
            .as_object_mut()
            .map(|sender| sender.remove("fingerprint")),
    );
    flaw(
        "signed_nameless",
        "signed, and names no key",
        "sender_nameless",
        &any_parcel(&nameless.to_string(), 1, &|header, hash| {
            by_person(header, hash)
        }),
        json!({}),
    );
    let mut other = contents(&person);
    other["sender"]["account"] = json!(to_text(&bytes::<16>("another account")));
    flaw(
        "signed_other_account",
        "names the key of another account",
        "sender_unknown_key",
        &any_parcel(&other.to_string(), 1, &|header, hash| {
            by_person(header, hash)
        }),
        json!({}),
    );
}

fn reset_parcel(reset: &Person) -> Vec<u8> {
    parcel(reset, Level::KeyedAll).into_bytes()
}
