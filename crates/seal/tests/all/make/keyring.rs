//! Kinds `keyring` and `going_on`.

use depesche_seal::going_on;
use depesche_seal::key::{AccountId, ClaimSeed, KeyringKey, ParcelId};
use depesche_seal::keyring::{Body, Fresh, Keyring};
use depesche_seal::primitives::sha256;
use depesche_seal::record::WordList;
use depesche_seal::stream::StreamHeader;
use depesche_seal::trust::{Pin, Verified};
use serde_json::{Value, json};

use super::keys::{opener, sender};
use super::{Vector, bytes, gcm, hex, kdf, push};

pub(super) fn account() -> AccountId {
    sender().account
}

pub(super) fn umk() -> KeyringKey {
    KeyringKey::from_bytes(&bytes("umk"))
}

pub(super) fn add(all: &mut Vec<Vector>) {
    keyrings(all);
    going_on_records(all);
}

pub(super) fn keyring() -> Keyring {
    let person = sender();
    let fresh = Fresh {
        signature_seed: person.signature_seed.clone(),
        kem_seed: person.kem.clone(),
        claim_seed: ClaimSeed::from_bytes(&bytes("claim seed")),
    };
    let time = person.record.record().time();
    let made = Keyring::make(&fresh, person.account, time, WordList::De).expect("a good time");
    assert_eq!(made.1, person.record);
    made.0
}

fn keyrings(all: &mut Vec<Vector>) {
    let mut full = keyring();
    let friend = opener();
    for (label, verified) in [
        ("opener", Verified::Words),
        ("code", Verified::Code),
        ("unverified", Verified::No),
    ] {
        full.set_pin(Pin {
            account: if label == "opener" {
                friend.account
            } else {
                AccountId::from_bytes(bytes(label))
            },
            address: format!("{label}@example.test"),
            fingerprint: friend.fingerprint(),
            verified,
            at: 1_790_000_000_001,
        });
    }
    let body = |keyring: &Keyring, generation: u64| {
        let nonce = bytes("body nonce");
        Body::seal(keyring, &umk(), account(), generation, nonce)
            .expect("a small keyring")
            .to_bytes()
    };
    let second = body(&full, 2);
    let members = |body: &[u8]| json!({ "account": hex(account().as_bytes()), "umk": hex(umk().expose()), "body": hex(body) });
    let person = sender();
    let json = |keyring: &Keyring| {
        let pins: Vec<_> = keyring.pins().iter().map(|pin| json!({
            "account": pin.account.to_string(),
            "address": pin.address,
            "fingerprint": pin.fingerprint.to_string(),
            "verified": match pin.verified { Verified::Code => "code", Verified::Words => "words", Verified::No => "no" },
            "at": pin.at,
        })).collect();
        json!({
            "v": 1,
            "signature_seed": person.signature_seed.to_text().as_str(),
            "kem_seeds": [{ "fingerprint": person.fingerprint().to_string(), "seed": person.kem.to_text().as_str() }],
            "claim_seed": keyring.claim_seed().to_text().as_str(),
            "pins": pins,
        })
    };
    let mut good = |name: &str,
                    about: &str,
                    keyring: &Keyring,
                    generation: u64,
                    seen: Option<(u64, [u8; 32])>| {
        let body = body(keyring, generation);
        let mut members = members(&body);
        members["generation"] = json!(generation);
        members["json"] = json!(json(keyring).to_string());
        if let Some((generation, hash)) = seen {
            members["seen"] = json!({ "generation": generation, "sha256": hex(&hash) });
        }
        push(all, name, "keyring", about, "ok", members);
    };
    good(
        "keyring_first",
        "the first version, without pins",
        &keyring(),
        1,
        None,
    );
    good(
        "keyring_pins",
        "a later one, with pins",
        &full,
        2,
        Some((1, [7; 32])),
    );
    good(
        "keyring_seen",
        "the same as the one that was seen",
        &full,
        2,
        Some((2, sha256(&second))),
    );
    let mut flaw =
        |name: &str, about: &str, expect: &str, body: &[u8], more: &dyn Fn(&mut Value)| {
            let mut members = members(body);
            more(&mut members);
            push(all, name, "keyring", about, expect, members);
        };
    let changed = |at: usize, bit: u8| {
        let mut body = second.clone();
        body[at] ^= bit;
        body
    };
    let nothing = |_: &mut Value| {};
    flaw(
        "keyring_older",
        "older than the one that was seen",
        "keyring_older",
        &second,
        &|m| {
            m["seen"] = json!({ "generation": 3, "sha256": hex(&[7; 32]) });
        },
    );
    flaw(
        "keyring_forked",
        "another one of the same version",
        "keyring_forked",
        &second,
        &|m| {
            m["seen"] = json!({ "generation": 2, "sha256": hex(&[7; 32]) });
        },
    );
    flaw(
        "keyring_truncated",
        "not even a tag",
        "truncated",
        &second[..50],
        &nothing,
    );
    flaw(
        "keyring_cut",
        "a byte is missing",
        "authentication",
        &second[..second.len() - 1],
        &nothing,
    );
    flaw(
        "keyring_trailing",
        "a byte too many",
        "authentication",
        &[&second[..], &[0]].concat(),
        &nothing,
    );
    flaw(
        "keyring_unknown_magic",
        "DPK3",
        "magic",
        &changed(3, 2),
        &nothing,
    );
    flaw(
        "keyring_unknown_suite",
        "suite 03",
        "suite",
        &changed(4, 2),
        &nothing,
    );
    flaw(
        "keyring_generation_altered",
        "another version",
        "authentication",
        &changed(28, 1),
        &nothing,
    );
    flaw(
        "keyring_generation_zero",
        "version 0",
        "keyring_generation",
        &changed(28, 2),
        &nothing,
    );
    flaw(
        "keyring_generation_too_large",
        "version 2^53 + 2",
        "keyring_generation",
        &changed(22, 0x20),
        &nothing,
    );
    flaw(
        "keyring_nonce_altered",
        "a bit of the nonce",
        "authentication",
        &changed(29, 1),
        &nothing,
    );
    flaw(
        "keyring_altered",
        "a bit of the sealed text",
        "authentication",
        &changed(60, 1),
        &nothing,
    );
    flaw(
        "keyring_wrong_account",
        "another account's",
        "keyring_account",
        &changed(5, 1),
        &nothing,
    );
    flaw(
        "keyring_wrong_key",
        "another UMK",
        "authentication",
        &second,
        &|m| {
            m["umk"] = json!(hex(&bytes::<32>("another umk")));
        },
    );
    let mut text = |name: &str, about: &str, expect: &str, change: &dyn Fn(&mut Value)| {
        let mut json = json(&full);
        change(&mut json);
        flaw(
            name,
            about,
            expect,
            &any_body(json.to_string().as_bytes()),
            &nothing,
        );
    };
    text(
        "keyring_unknown_member",
        "a member of tomorrow is ignored",
        "ok",
        &|_| {},
    );
    text("keyring_newer", "v is 2", "keyring_version", &|json| {
        json["v"] = json!(2)
    });
    text(
        "keyring_no_seed",
        "no signature seed",
        "keyring_json",
        &|json| {
            drop(json.as_object_mut().map(|map| map.remove("signature_seed")));
        },
    );
    text(
        "keyring_short_seed",
        "a seed of 31 bytes",
        "keyring_json",
        &|json| json["claim_seed"] = json!("AAAA"),
    );
    text(
        "keyring_no_kem",
        "no KEM seed",
        "keyring_contents",
        &|json| json["kem_seeds"] = json!([]),
    );
    text(
        "keyring_kem_twice",
        "one fingerprint twice",
        "keyring_contents",
        &|json| {
            let one = json["kem_seeds"][0].clone();
            json["kem_seeds"] = json!([one, one]);
        },
    );
    text(
        "keyring_pin_twice",
        "one account pinned twice",
        "keyring_contents",
        &|json| {
            let one = json["pins"][0].clone();
            json["pins"] = json!([one, one]);
        },
    );
    text(
        "keyring_pin_verified",
        "verified by something unknown",
        "keyring_json",
        &|json| {
            json["pins"][0]["verified"] = json!("guess");
        },
    );
    all.iter_mut()
        .filter(|(name, _)| name == "keyring_unknown_member")
        .for_each(|(_, vector)| {
            let mut json = json(&full);
            json["rooms"] = json!([]);
            vector["body"] = json!(hex(&any_body(json.to_string().as_bytes())));
            vector["json"] = json!(json.to_string());
            vector["generation"] = json!(2);
        });
}

/// Version 2 around any text, as the specification has it.
fn any_body(json: &[u8]) -> Vec<u8> {
    let account = account();
    let head = [
        b"DPK1".as_slice(),
        &[1],
        account.as_bytes(),
        &2_u64.to_be_bytes(),
    ]
    .concat();
    let key = kdf(
        umk().expose(),
        account.as_bytes(),
        &[b"depesche/v1/keyring\0"],
    );
    let nonce: [u8; 12] = bytes("body nonce");
    [&head[..], &nonce, &gcm(&key, &nonce, &head, json)].concat()
}

fn going_on_records(all: &mut Vec<Vector>) {
    let id = ParcelId::from_bytes(bytes("parcel id"));
    let header = StreamHeader::from_random(&bytes("draft header"));
    let text = br#"{"what":"the client keeps"}"#;
    let good = going_on::seal(&umk(), &id, header, text).expect("a small text");
    let members = |record: &[u8]| json!({ "umk": hex(umk().expose()), "parcel_id": hex(id.as_bytes()), "record": hex(record) });
    let mut full = members(&good);
    full["text"] = json!(hex(text));
    full["stream_header"] = json!(hex(&header.to_bytes()));
    push(all, "going_on", "going_on", "a small record", "ok", full);
    let mut flaw = |name: &str, about: &str, expect: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut record = good.clone();
        change(&mut record);
        push(all, name, "going_on", about, expect, members(&record));
    };
    flaw("going_on_truncated", "cut in the id", "truncated", &|r| {
        r.truncate(20)
    });
    flaw("going_on_cut", "not even a segment", "size", &|r| {
        r.truncate(60)
    });
    flaw(
        "going_on_trailing",
        "a byte too many",
        "authentication",
        &|r| r.push(0),
    );
    flaw("going_on_unknown_magic", "DPG3", "magic", &|r| r[3] ^= 2);
    flaw("going_on_unknown_suite", "suite 03", "suite", &|r| {
        r[4] ^= 2
    });
    flaw(
        "going_on_wrong_parcel",
        "another parcel's",
        "draft_parcel",
        &|r| r[5] ^= 1,
    );
    flaw(
        "going_on_header",
        "the stream begins with another byte",
        "header",
        &|r| r[21] ^= 1,
    );
    flaw(
        "going_on_altered",
        "a bit of the text",
        "authentication",
        &|r| r[70] ^= 1,
    );
    let mut other = members(&good);
    other["umk"] = json!(hex(&bytes::<32>("another umk")));
    push(
        all,
        "going_on_wrong_key",
        "going_on",
        "another UMK",
        "authentication",
        other,
    );
}
