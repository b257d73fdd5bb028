//! Kinds `claim_code`, `claim` and `instant`.

use depesche_seal::key::{ClaimId, ClaimSeed, ParcelId};
use depesche_seal::parcel::Level;
use depesche_seal::record::WordList;
use depesche_seal::release::{self, Claim, InstantRecord, Mode, Parties};
use depesche_seal::stanza::Binding;
use depesche_seal::words::Phrase;
use serde_json::{Value, json};

use super::keys::{opener, sender};
use super::{Vector, bytes, hex, push, signed, stanza};

const ADDRESS: &str = "jan.novák@example.test";

fn id() -> ParcelId {
    ParcelId::from_bytes(bytes("parcel id"))
}

fn code(mode: Mode, attempt: u8) -> Phrase {
    let seed = ClaimSeed::from_bytes(&bytes("claim seed"));
    release::derive_code(&seed, &id(), ADDRESS, attempt, (mode, WordList::De))
}

fn claim(mode: Mode) -> Claim {
    release::stretch(&code(mode, 0), &id()).expect("memory")
}

fn binding() -> Binding {
    Binding::of(&signed::parcel(&sender(), Level::KeyedAll))
}

fn parties() -> Parties {
    Parties {
        sender: sender().fingerprint(),
        recipient: opener().fingerprint(),
    }
}

pub(super) fn add(all: &mut Vec<Vector>) {
    codes(all);
    tags(all);
    instant(all);
}

fn codes(all: &mut Vec<Vector>) {
    let mut add =
        |name: &str, about: &str, (mode, attempt): (Mode, u8), expect: &str, typed: &str| {
            let members = json!({
                "claim_seed": hex(&bytes::<32>("claim seed")),
                "parcel_id": hex(id().as_bytes()),
                "address": ADDRESS,
                "try": attempt,
                "count": mode.words(),
                "list": "de",
                "words": code(mode, attempt).expose(),
                "typed": typed,
            });
            push(all, name, "claim_code", about, expect, members);
        };
    let own = code(Mode::Confirm, 0);
    add(
        "claim_code",
        "four words",
        (Mode::Confirm, 0),
        "ok",
        own.expose(),
    );
    add(
        "claim_code_second",
        "the second try",
        (Mode::Confirm, 1),
        "ok",
        code(Mode::Confirm, 1).expose(),
    );
    add(
        "claim_code_instant",
        "five words",
        (Mode::Instant, 0),
        "ok",
        &code(Mode::Instant, 0).expose().to_uppercase(),
    );
    add(
        "claim_code_too_short",
        "four words where five belong",
        (Mode::Instant, 0),
        "words_count",
        own.expose(),
    );
    add(
        "claim_code_mistyped",
        "a word of no list",
        (Mode::Confirm, 0),
        "words_unknown",
        &own.expose().replacen('-', "x-", 1),
    );
}

/// What `claim` and `instant` have in common.
fn members(mode: Mode) -> Value {
    let binding = binding();
    json!({
        "words": code(mode, 0).expose(),
        "parcel_id": hex(id().as_bytes()),
        "parcel_header": hex(&binding.header.to_bytes()),
        "manifest_sha256": hex(binding.manifest.as_bytes()),
        "sender": hex(parties().sender.as_bytes()),
        "recipient": hex(parties().recipient.as_bytes()),
    })
}

fn tags(all: &mut Vec<Vector>) {
    let (claim, parties, binding) = (claim(Mode::Confirm), parties(), binding());
    let sealed = signed::parcel(&sender(), Level::KeyedAll);
    let released = stanza::by_sender(&sender(), &opener(), &sealed);
    let own = released.stanza();
    let register = claim.register(&parties);
    let release = claim.release(&parties, &binding, own).expect("this parcel");
    let ack = claim
        .acknowledge(&signed::key(), &parties, &binding, own)
        .expect("this parcel");
    let full = || {
        let mut members = members(Mode::Confirm);
        members["stanza"] = json!(hex(&own.to_bytes()));
        members["parcel_key"] = json!(hex(signed::key().expose()));
        members["tag_b"] = json!(hex(register.as_bytes()));
        members["tag_a"] = json!(hex(release.as_bytes()));
        members["ack"] = json!(hex(ack.as_bytes()));
        members
    };
    push(all, "claim_tags", "claim", "all three tags", "ok", full());
    let mut flaw = |name: &str, about: &str, expect: &str, change: &dyn Fn(&mut Value)| {
        let mut members = full();
        change(&mut members);
        push(all, name, "claim", about, expect, members);
    };
    let alone = |kept: &'static str| {
        move |m: &mut Value| {
            let map = m.as_object_mut().expect("members");
            map.retain(|member, _| {
                !["tag_a", "tag_b", "ack"].contains(&member.as_str()) || member == kept
            });
        }
    };
    let other = hex(&bytes::<32>("another fingerprint"));
    let cases: [(&str, &str, &'static str, &str, Value); 9] = [
        (
            "claim_wrong_code",
            "another code",
            "tag_b",
            "words",
            json!(code(Mode::Confirm, 1).expose()),
        ),
        (
            "claim_recipient_swapped",
            "another key of the recipient",
            "tag_b",
            "recipient",
            json!(other),
        ),
        (
            "claim_sender_swapped",
            "another key of the sender",
            "tag_b",
            "sender",
            json!(other),
        ),
        (
            "claim_release_sender_swapped",
            "another key of the sender",
            "tag_a",
            "sender",
            json!(other),
        ),
        (
            "claim_release_manifest",
            "another manifest",
            "tag_a",
            "manifest_sha256",
            json!(other),
        ),
        (
            "claim_release_tag",
            "tag_B instead of tag_A",
            "tag_a",
            "tag_a",
            json!(hex(register.as_bytes())),
        ),
        (
            "claim_registration_tag",
            "tag_A instead of tag_B",
            "tag_b",
            "tag_b",
            json!(hex(release.as_bytes())),
        ),
        (
            "claim_ack_other_key",
            "another parcel key",
            "ack",
            "parcel_key",
            json!(other),
        ),
        (
            "claim_ack_manifest",
            "another manifest",
            "ack",
            "manifest_sha256",
            json!(other),
        ),
    ];
    for (name, about, kept, member, value) in cases {
        flaw(name, about, "claim_tag", &|m| {
            alone(kept)(m);
            m[member] = value.clone();
        });
    }
    let mut other = own.to_bytes();
    other[1220] ^= 1;
    flaw(
        "claim_release_stanza",
        "another stanza",
        "claim_tag",
        &|m| {
            alone("tag_a")(m);
            m["stanza"] = json!(hex(&other));
        },
    );
    flaw("claim_ack_stanza", "another stanza", "claim_tag", &|m| {
        alone("ack")(m);
        m["stanza"] = json!(hex(&other));
    });
    flaw(
        "claim_other_parcel",
        "the claim of another parcel",
        "claim_parcel",
        &|m| {
            alone("tag_a")(m);
            m["parcel_id"] = json!(hex(&bytes::<16>("another parcel")));
        },
    );
}

fn instant(all: &mut Vec<Vector>) {
    let claim = claim(Mode::Instant);
    let claim_id = ClaimId::from_bytes(bytes("claim id"));
    let fresh = (claim_id, bytes("claim nonce"));
    let record = InstantRecord::seal(&signed::key(), &claim, fresh, &binding(), &parties().sender);
    let good = record.expect("this parcel").to_bytes();
    let full = |record: &[u8]| {
        let mut members = members(Mode::Instant);
        members["record"] = json!(hex(record));
        members
    };
    let mut members = full(&good);
    let auth = claim.auth(&claim_id);
    members["parcel_key"] = json!(hex(signed::key().expose()));
    members["claim_id"] = json!(hex(claim_id.as_bytes()));
    members["nonce"] = json!(hex(&bytes::<12>("claim nonce")));
    members["auth"] = json!(hex(auth.expose()));
    members["auth_sha256"] = json!(hex(auth.hash().as_bytes()));
    push(all, "instant", "instant", "an instant claim", "ok", members);
    let mut flaw = |name: &str, about: &str, expect: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut record = good.clone();
        change(&mut record);
        push(all, name, "instant", about, expect, full(&record));
    };
    flaw(
        "instant_truncated",
        "a byte is missing",
        "truncated",
        &|r| r.truncate(105),
    );
    flaw("instant_trailing", "a byte too many", "trailing", &|r| {
        r.push(0)
    });
    flaw("instant_unknown_magic", "DPC3", "magic", &|r| r[3] ^= 2);
    flaw("instant_unknown_suite", "suite 03", "suite", &|r| r[4] ^= 2);
    flaw(
        "instant_other_parcel",
        "another parcel's",
        "claim_parcel",
        &|r| r[5] ^= 1,
    );
    flaw(
        "instant_id_altered",
        "a bit of the id",
        "authentication",
        &|r| r[21] ^= 1,
    );
    flaw(
        "instant_weak_memory",
        "a KiB less than 64 MiB",
        "password_weak",
        &|r| r[37..41].copy_from_slice(&65_535_u32.to_be_bytes()),
    );
    flaw("instant_weak_passes", "two passes", "password_weak", &|r| {
        r[44] = 2
    });
    flaw("instant_no_lanes", "no lanes", "password_weak", &|r| {
        r[45] = 0
    });
    flaw(
        "instant_heavy_memory",
        "a KiB more than 64 MiB",
        "password_heavy",
        &|r| r[37..41].copy_from_slice(&65_537_u32.to_be_bytes()),
    );
    flaw(
        "instant_heavy_passes",
        "four passes",
        "password_heavy",
        &|r| r[44] = 4,
    );
    flaw("instant_heavy_lanes", "two lanes", "password_heavy", &|r| {
        r[45] = 2
    });
    flaw(
        "instant_nonce_altered",
        "a bit of the nonce",
        "authentication",
        &|r| r[46] ^= 1,
    );
    flaw(
        "instant_altered",
        "a bit of the wrapped key",
        "authentication",
        &|r| r[58] ^= 1,
    );
    for (name, about, member, value) in [
        (
            "instant_wrong_code",
            "another code",
            "words",
            code(Mode::Instant, 1).expose().to_owned(),
        ),
        (
            "instant_wrong_manifest",
            "another manifest",
            "manifest_sha256",
            hex(&bytes::<32>("another manifest")),
        ),
        (
            "instant_wrong_sender",
            "another key of the sender",
            "sender",
            hex(&bytes::<32>("another fingerprint")),
        ),
    ] {
        let mut members = full(&good);
        members[member] = json!(value);
        push(all, name, "instant", about, "authentication", members);
    }
}
