//! Kinds `signed` and `stanza`.

use depesche_seal::format::to_text;
use depesche_seal::key::{ForParcel, KemSeed, Key, ParcelId, ParcelKey};
use depesche_seal::manifest::Manifest;
use depesche_seal::parcel::{self, Flags, Level, SealedManifest};
use depesche_seal::primitives::sha256;
use depesche_seal::record::WordList;
use depesche_seal::signed::{self, Signer};
use depesche_seal::stanza::{Binding, ReleasedStanza, Stanza};
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
fn unsigned(person: &Person, flags: Flags) -> SealedManifest {
    let contents = parsed(&contents(person));
    parcel::seal(&key(), id(), flags, stream_header(), &contents).expect("a small manifest")
}

pub(super) fn add(all: &mut Vec<Vector>) {
    good_parcels(all);
    flawed_parcels(all);
    good_stanzas(all);
    wrong_people(all);
    wrong_parcels(all);
    flawed_stanzas(all);
}

fn records(people: &[&Person]) -> Value {
    people
        .iter()
        .map(|one| hex(&one.record.to_bytes()))
        .collect()
}

fn pin(person: &Person, verified: &str) -> Value {
    json!({ "account": hex(person.account.as_bytes()), "fingerprint": hex(person.fingerprint().as_bytes()), "verified": verified })
}

fn json_text() -> String {
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

/// M at level 4 around any json, signature and algorithm, as the specification has it.
fn any_parcel(
    json: &str,
    algorithm: u8,
    signature: &dyn Fn(&[u8], &[u8; 32]) -> [u8; 64],
) -> Vec<u8> {
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

fn stanza(to: &Person, sealed: &SealedManifest) -> Stanza {
    let random = bytes("stanza random");
    Stanza::seal(&key(), to.record.record(), &Binding::of(sealed), &random).expect("a good key")
}

pub(super) fn by_sender(person: &Person, to: &Person, sealed: &SealedManifest) -> ReleasedStanza {
    let signer = Signer::new(&person.signing, person.record.record()).expect("its own record");
    stanza(to, sealed).release_as_sender(&signer, &Binding::of(sealed))
}

pub(super) fn by_opener(person: &Person, sealed: &SealedManifest) -> ReleasedStanza {
    let signer = Signer::new(&person.signing, person.record.record()).expect("its own record");
    let released = stanza(person, sealed).release_as_opener(&signer, &Binding::of(sealed));
    released.expect("its own stanza")
}

fn members(to: &Person, released: &[u8], sealed: &SealedManifest) -> Value {
    json!({
        "opener_record": hex(&to.record.to_bytes()),
        "kem_seed": hex(to.kem.expose()),
        "stanza": hex(released),
        "manifest": hex(sealed.as_bytes()),
    })
}

fn good_stanzas(all: &mut Vec<Vector>) {
    let (person, to) = (sender(), opener());
    let keyed = parcel(&person, Level::KeyedAll);
    let outside = Flags {
        level: Level::KeyedFiles,
        from_outside: true,
    };
    let (outside, link) = (
        unsigned(&person, outside),
        unsigned(&person, Flags::of(Level::Login)),
    );
    let mut good = |name: &str,
                    about: &str,
                    (to, released, sealed): (&Person, ReleasedStanza, &SealedManifest),
                    by: u8,
                    origin: &str,
                    more: Value| {
        let mut members = members(to, &released.to_bytes(), sealed);
        members["parcel_key"] = json!(hex(key().expose()));
        members["json"] = json!(json_text());
        members["by"] = json!(by);
        members["origin"] = json!(origin);
        members["random"] = json!(hex(&bytes::<64>("stanza random")));
        for (member, value) in more.as_object().expect("members") {
            members[member] = value.clone();
        }
        push(all, name, "stanza", about, "ok", members);
    };
    let by_person = json!(hex(person.signature_seed.expose()));
    let by_to = json!(hex(to.signature_seed.expose()));
    let from = records(&[&person]);
    good(
        "stanza_not_verified",
        "level 4, released by the sender, who is not pinned",
        (&to, by_sender(&person, &to, &keyed), &keyed),
        1,
        "not_verified",
        json!({ "sender_records": from, "release_seed": by_person }),
    );
    good(
        "stanza_pinned",
        "level 4, released by the pinned sender",
        (&to, by_sender(&person, &to, &keyed), &keyed),
        1,
        "pinned_code",
        json!({ "sender_records": from, "pin": pin(&person, "code"), "release_seed": by_person }),
    );
    good(
        "stanza_own",
        "level 4, the sender's own",
        (&person, by_sender(&person, &person, &keyed), &keyed),
        1,
        "own",
        json!({ "sender_records": from, "own": hex(person.fingerprint().as_bytes()), "release_seed": by_person }),
    );
    good(
        "stanza_by_opener",
        "level 4, an instant claim's: released by the opener",
        (&to, by_opener(&to, &keyed), &keyed),
        2,
        "pinned_code",
        json!({ "sender_records": from, "pin": pin(&person, "code"), "release_seed": by_to }),
    );
    good(
        "stanza_from_link",
        "level 2, made from the link by the opener",
        (&to, by_opener(&to, &link), &link),
        2,
        "unsigned",
        json!({ "release_seed": by_to }),
    );
    good(
        "stanza_level_2_pinned",
        "level 2, released by the pinned sender",
        (&to, by_sender(&person, &to, &link), &link),
        1,
        "unsigned",
        json!({ "sender_records": from, "pin": pin(&person, "words"), "release_seed": by_person }),
    );
    good(
        "stanza_outside",
        "level 3 from outside",
        (&to, stanza(&to, &outside).release_from_outside(), &outside),
        0,
        "outside",
        json!({}),
    );
    good(
        "stanza_outside_by_opener",
        "level 3 from outside, released by the opener",
        (&to, by_opener(&to, &outside), &outside),
        2,
        "outside",
        json!({ "release_seed": by_to }),
    );
}

fn wrong_people(all: &mut Vec<Vector>) {
    let (person, to) = (sender(), opener());
    let stranger = Person::new("stranger", WordList::En);
    let keyed = parcel(&person, Level::KeyedAll);
    let mut flaw =
        |name: &str, about: &str, expect: &str, released: &ReleasedStanza, more: Value| {
            let mut members = members(&to, &released.to_bytes(), &keyed);
            members["sender_records"] = records(&[&person]);
            for (member, value) in more.as_object().expect("members") {
                members[member] = value.clone();
            }
            push(all, name, "stanza", about, expect, members);
        };
    let good = by_sender(&person, &to, &keyed);
    flaw(
        "stanza_to_another",
        "for another person",
        "stanza_not_mine",
        &by_sender(&person, &stranger, &keyed),
        json!({}),
    );
    let next = to.next("opener two", false);
    flaw(
        "stanza_to_another_key",
        "for another key of the opener",
        "stanza_not_mine",
        &by_sender(&person, &next, &keyed),
        json!({}),
    );
    flaw(
        "stanza_other_seed",
        "opened with another private key",
        "authentication",
        &good,
        json!({
            "kem_seed": hex(KemSeed::from_bytes(&bytes("another seed")).expose()),
        }),
    );
    flaw(
        "stanza_released_by_stranger",
        "released by somebody else in the sender's name",
        "signature_wrong",
        &by_sender(&stranger, &to, &keyed),
        json!({}),
    );
    flaw(
        "stanza_no_sender",
        "released by the sender, of whom no record is there",
        "release_sender",
        &good,
        json!({
            "sender_records": [],
        }),
    );
    flaw(
        "stanza_other_pinned",
        "another key of the sender is pinned",
        "sender_key_changed",
        &good,
        json!({
            "pin": { "account": hex(person.account.as_bytes()), "fingerprint": hex(stranger.fingerprint().as_bytes()), "verified": "words" },
        }),
    );
    let mut bytes = good.to_bytes();
    bytes[1221] = 2;
    let as_opener = ReleasedStanza::parse(&bytes).expect("the same form");
    flaw(
        "stanza_by_exchanged",
        "the sender's release called the opener's",
        "signature_wrong",
        &as_opener,
        json!({}),
    );
    let own = by_opener(&to, &keyed);
    let mut bytes = own.to_bytes();
    bytes[1221] = 1;
    let as_sender = ReleasedStanza::parse(&bytes).expect("the same form");
    flaw(
        "stanza_by_claimed",
        "the opener's release called the sender's",
        "signature_wrong",
        &as_sender,
        json!({}),
    );
    flaw(
        "stanza_by_opener_no_sender",
        "released by the opener, and the parcel's signer unknown",
        "signed",
        &own,
        json!({
            "sender_records": [],
        }),
    );
}

fn wrong_parcels(all: &mut Vec<Vector>) {
    let (person, to) = (sender(), opener());
    let (keyed, three) = (
        parcel(&person, Level::KeyedAll),
        parcel(&person, Level::KeyedFiles),
    );
    let outside = Flags {
        level: Level::KeyedAll,
        from_outside: true,
    };
    let (outside, link) = (
        unsigned(&person, outside),
        unsigned(&person, Flags::of(Level::Link)),
    );
    let mut flaw = |name: &str,
                    about: &str,
                    expect: &str,
                    released: &ReleasedStanza,
                    sealed: &SealedManifest| {
        let mut members = members(&to, &released.to_bytes(), sealed);
        members["sender_records"] = records(&[&person]);
        push(all, name, "stanza", about, expect, members);
    };
    flaw(
        "stanza_wrong_parcel",
        "the stanza of another parcel",
        "authentication",
        &by_sender(&person, &to, &three),
        &keyed,
    );
    let signer = Signer::new(&person.signing, person.record.record()).expect("its own record");
    let moved = stanza(&to, &keyed).release_as_sender(&signer, &Binding::of(&three));
    flaw(
        "stanza_release_of_another",
        "the release of another parcel",
        "signature_wrong",
        &moved,
        &keyed,
    );
    let unreleased = stanza(&to, &keyed).release_from_outside();
    flaw(
        "stanza_not_released",
        "nobody's release on a signed parcel",
        "release_sender",
        &unreleased,
        &keyed,
    );
    flaw(
        "stanza_outside_released",
        "a sender's release on a parcel from outside",
        "release_sender",
        &by_sender(&person, &to, &outside),
        &outside,
    );
    flaw(
        "stanza_level_1_not_pinned",
        "level 1, released by a sender who is not pinned",
        "release_sender",
        &by_sender(&person, &to, &link),
        &link,
    );
    flaw(
        "stanza_level_1_not_released",
        "level 1, nobody's release",
        "release_sender",
        &stanza(&to, &link).release_from_outside(),
        &link,
    );
}

fn flawed_stanzas(all: &mut Vec<Vector>) {
    let (person, to) = (sender(), opener());
    let keyed = parcel(&person, Level::KeyedAll);
    let good = by_sender(&person, &to, &keyed).to_bytes();
    let mut flaw = |name: &str, about: &str, expect: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut released = good.clone();
        change(&mut released);
        let mut members = members(&to, &released, &keyed);
        members["sender_records"] = records(&[&person]);
        push(all, name, "stanza", about, expect, members);
    };
    flaw("stanza_truncated", "a byte is missing", "truncated", &|s| {
        s.truncate(1286)
    });
    flaw(
        "stanza_without_release",
        "the stanza alone",
        "truncated",
        &|s| s.truncate(1221),
    );
    flaw("stanza_trailing", "a byte too many", "trailing", &|s| {
        s.push(0)
    });
    flaw("stanza_unknown_magic", "DPE3", "magic", &|s| s[3] ^= 2);
    flaw("stanza_unknown_suite", "suite 03", "suite", &|s| s[4] ^= 2);
    flaw(
        "stanza_account_altered",
        "a bit of the account",
        "stanza_not_mine",
        &|s| s[5] ^= 1,
    );
    flaw(
        "stanza_fingerprint_altered",
        "a bit of the fingerprint",
        "stanza_not_mine",
        &|s| s[21] ^= 1,
    );
    flaw(
        "stanza_enc_altered",
        "a bit of the ML-KEM ciphertext",
        "authentication",
        &|s| s[53] ^= 1,
    );
    flaw(
        "stanza_x25519_altered",
        "a bit of the X25519 share",
        "authentication",
        &|s| s[53 + 1088] ^= 1,
    );
    flaw(
        "stanza_altered",
        "a bit of the wrapped key",
        "authentication",
        &|s| s[1173] ^= 1,
    );
    flaw("stanza_by_unknown", "released by 03", "release_by", &|s| {
        s[1221] = 3
    });
    flaw(
        "stanza_algorithm",
        "algorithm 02",
        "signature_algorithm",
        &|s| s[1222] = 2,
    );
    flaw(
        "stanza_signature_altered",
        "a bit of the signature",
        "signature_wrong",
        &|s| s[1223] ^= 1,
    );
    flaw(
        "stanza_unsigned",
        "the sender's release without a signature",
        "signature_missing",
        &|s| s[1222..].fill(0),
    );
    flaw(
        "stanza_outside_signed",
        "a release from outside with a signature",
        "signature_unexpected",
        &|s| s[1221] = 0,
    );
}
