//! Kinds `link` and `password`.

use depesche_seal::key::{Hash, LinkId, ParcelId, ParcelKey, StretchedPassword};
use depesche_seal::link::{Head, LinkSecret, Record};
use depesche_seal::parcel::{Flags, Header, Level};
use depesche_seal::password::Params;
use serde_json::{Value, json};

use super::{Vector, bytes, hex, push};

const PASSWORD: &str = "Schlüssel für Prag";

fn secret() -> LinkSecret {
    LinkSecret::from_bytes(&bytes("link secret"))
}

fn parcel_key() -> ParcelKey {
    ParcelKey::from_bytes(&bytes("parcel key"))
}

fn header() -> Header {
    let id = ParcelId::from_bytes(bytes("parcel id"));
    Header::new(&parcel_key(), id, Flags::of(Level::Link))
}

fn params() -> Params {
    Params::recommended(bytes("link salt"))
}

fn head(mailed_code: bool, password: bool) -> Head {
    Head {
        id: LinkId::from_bytes(bytes("link id")),
        mailed_code,
        password: password.then(params),
    }
}

fn record(head: Head, pw: Option<&StretchedPassword>) -> Record {
    let manifest = Hash::of(b"the sealed manifest");
    Record::seal(
        head,
        &secret(),
        pw,
        bytes("link nonce"),
        &header(),
        &manifest,
        &parcel_key(),
    )
    .expect("password and head agree")
}

fn members(record: &[u8]) -> Value {
    json!({
        "secret": hex(secret().expose()),
        "record": hex(record),
        "parcel_header": hex(&header().to_bytes()),
        "manifest_sha256": hex(Hash::of(b"the sealed manifest").as_bytes()),
    })
}

pub(super) fn add(all: &mut Vec<Vector>) {
    let pw = params().stretch(PASSWORD).expect("a good password");
    good(all, &pw);
    flawed_records(all, &pw);
    wrong_inputs(all, &pw);
    passwords(all);
}

fn good(all: &mut Vec<Vector>, pw: &StretchedPassword) {
    let cases = [
        (
            "link_plain",
            "neither password nor mailed code",
            false,
            false,
        ),
        (
            "link_mailed_code",
            "a mailed code, which is no part of the key",
            true,
            false,
        ),
        ("link_password", "a link password", false, true),
        ("link_password_and_mailed_code", "both", true, true),
    ];
    for (name, about, mailed_code, password) in cases {
        let head = head(mailed_code, password);
        let pw = password.then_some(pw);
        let mut members = members(&record(head, pw).to_bytes());
        members["id"] = json!(hex(head.id.as_bytes()));
        members["mailed_code"] = json!(mailed_code);
        members["head"] = json!(hex(&head.to_bytes()));
        members["nonce"] = json!(hex(&bytes::<12>("link nonce")));
        members["parcel_key"] = json!(hex(parcel_key().expose()));
        let auth = secret().auth(&head.id);
        members["auth"] = json!(hex(auth.expose()));
        members["auth_sha256"] = json!(hex(auth.hash().as_bytes()));
        if let Some(pw) = pw {
            let auth2 = secret().auth2(&head.id, pw);
            members["password"] = json!(PASSWORD);
            members["auth2"] = json!(hex(auth2.expose()));
            members["auth2_sha256"] = json!(hex(auth2.hash().as_bytes()));
        }
        push(all, name, "link", about, "ok", members);
    }
}

fn flawed_records(all: &mut Vec<Vector>, pw: &StretchedPassword) {
    let plain = record(head(false, false), None).to_bytes();
    let mut flaw = |name: &str, about: &str, expect: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = plain.clone();
        change(&mut bytes);
        push(all, name, "link", about, expect, members(&bytes));
    };
    flaw("link_truncated", "a byte is missing", "truncated", &|r| {
        r.truncate(r.len() - 1)
    });
    flaw("link_no_bytes", "nothing at all", "truncated", &|r| {
        r.clear()
    });
    flaw("link_trailing", "a byte too many", "trailing", &|r| {
        r.push(0)
    });
    flaw(
        "link_unknown_magic",
        "DPM1 instead of DPL1",
        "magic",
        &|r| r[2] = b'M',
    );
    flaw("link_unknown_suite", "suite 02", "suite", &|r| r[4] = 2);
    flaw("link_unknown_flag", "bit 2", "flags", &|r| r[5] |= 0b100);
    flaw(
        "link_mailed_code_added",
        "the flag for a mailed code was set",
        "authentication",
        &|r| r[5] |= 0b10,
    );
    flaw(
        "link_wrong_id",
        "a bit of the id is another",
        "authentication",
        &|r| r[6] ^= 1,
    );
    flaw(
        "link_nonce_altered",
        "a bit of the nonce is another",
        "authentication",
        &|r| r[22] ^= 1,
    );
    flaw(
        "link_altered",
        "a bit of the wrapped key is another",
        "authentication",
        &|r| r[40] ^= 1,
    );
    let locked = record(head(false, true), Some(pw)).to_bytes();
    let mut flaw = |name: &str, about: &str, expect: &str, at: usize, bytes: &[u8]| {
        let mut record = locked.clone();
        record[at..at + bytes.len()].copy_from_slice(bytes);
        let mut members = members(&record);
        members["password"] = json!(PASSWORD);
        push(all, name, "link", about, expect, members);
    };
    let weak = "password_weak";
    let heavy = "password_heavy";
    flaw(
        "link_weak_memory",
        "a KiB less than 64 MiB",
        weak,
        22,
        &65_535_u32.to_be_bytes(),
    );
    flaw(
        "link_weak_passes",
        "two passes",
        weak,
        26,
        &2_u32.to_be_bytes(),
    );
    flaw("link_no_lanes", "no lanes", weak, 30, &[0]);
    flaw(
        "link_heavy_memory",
        "a KiB more than 1 GiB",
        heavy,
        22,
        &1_048_577_u32.to_be_bytes(),
    );
    flaw(
        "link_heavy_passes",
        "seventeen passes",
        heavy,
        26,
        &17_u32.to_be_bytes(),
    );
    flaw("link_heavy_lanes", "two lanes", heavy, 30, &[2]);
    flaw(
        "link_other_passes",
        "four passes instead of three",
        "authentication",
        26,
        &4_u32.to_be_bytes(),
    );
}

fn wrong_inputs(all: &mut Vec<Vector>, pw: &StretchedPassword) {
    let plain = record(head(false, false), None).to_bytes();
    let locked = record(head(false, true), Some(pw)).to_bytes();
    let mut flaw =
        |name: &str, about: &str, expect: &str, record: &[u8], member: &str, value: String| {
            let mut members = members(record);
            members[member] = json!(value);
            push(all, name, "link", about, expect, members);
        };
    let auth = "authentication";
    flaw(
        "link_wrong_secret",
        "another link's secret",
        auth,
        &plain,
        "secret",
        hex(&bytes::<20>("another secret")),
    );
    flaw(
        "link_wrong_password",
        "another password",
        auth,
        &locked,
        "password",
        "Schlüssel fur Prag".into(),
    );
    flaw(
        "link_wrong_manifest",
        "another manifest",
        auth,
        &plain,
        "manifest_sha256",
        hex(&bytes::<32>("another manifest")),
    );
    let id = ParcelId::from_bytes(bytes("another parcel"));
    let other = Header::new(&parcel_key(), id, Flags::of(Level::Link));
    flaw(
        "link_wrong_parcel",
        "another parcel's H",
        auth,
        &plain,
        "parcel_header",
        hex(&other.to_bytes()),
    );
    flaw(
        "link_password_unexpected",
        "a password where there is none",
        "password_unexpected",
        &plain,
        "password",
        PASSWORD.into(),
    );
    push(
        all,
        "link_password_missing",
        "link",
        "no password where there is one",
        "password_missing",
        members(&locked),
    );
}

fn passwords(all: &mut Vec<Vector>) {
    let salt = bytes("password salt");
    let cases = [
        (
            "password_ascii",
            "ASCII",
            "correct horse battery staple",
            Params::recommended(salt),
        ),
        (
            "password_composed",
            "composed characters",
            "Brücke ﬁn",
            Params::recommended(salt),
        ),
        (
            "password_decomposed",
            "the same, decomposed: NFKC makes them one",
            "Bru\u{308}cke fin",
            Params::recommended(salt),
        ),
        (
            "password_more_passes",
            "more memory and passes than the least",
            "zlatý déšť",
            Params::new(80 * 1024, 4, salt).expect("within the bounds"),
        ),
    ];
    for (name, about, password, params) in cases {
        let pw = params.stretch(password).expect("a good password");
        let members = json!({
            "password": password,
            "memory_kib": params.memory(),
            "passes": params.passes(),
            "salt": hex(&salt),
            "stretched": hex(pw.expose()),
        });
        push(all, name, "password", about, "ok", members);
    }
    let members = json!({ "password": "", "memory_kib": 65_536, "passes": 3, "salt": hex(&salt) });
    push(
        all,
        "password_empty",
        "password",
        "no characters",
        "password_empty",
        members,
    );
}
