//! Kind `stanza`.

use depesche_seal::key::KemSeed;
use depesche_seal::parcel::{Flags, Level, SealedManifest};
use depesche_seal::record::WordList;
use depesche_seal::signed::Signer;
use depesche_seal::stanza::{Binding, ReleasedStanza, Stanza};
use serde_json::{Value, json};

use super::keys::{Person, opener, sender};
use super::signed::{json_text, key, parcel, pin, records, unsigned};
use super::{Vector, bytes, hex, push};

pub(super) fn add(all: &mut Vec<Vector>) {
    good_stanzas(all);
    wrong_people(all);
    wrong_parcels(all);
    flawed_stanzas(all);
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
