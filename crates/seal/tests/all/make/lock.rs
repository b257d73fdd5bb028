//! Kinds `lock` and `kit`.

use depesche_seal::kit::{KitId, KitSecret};
use depesche_seal::lock::Lock;
use depesche_seal::password::Params;
use serde_json::{Value, json};

use super::keyring::{account, umk};
use super::{Vector, bytes, gcm, hex, kdf, push};

const SEALPASS: &str = "Vier Wörter reichen nicht";

fn kit() -> KitSecret {
    KitSecret::from_bytes(&bytes("kit secret"))
}

pub(super) fn add(all: &mut Vec<Vector>) {
    locks(all);
    kits(all);
}

fn lock_members(lock: &[u8]) -> Value {
    json!({ "account": hex(account().as_bytes()), "lock": hex(lock) })
}

fn sealpass_lock(params: Params) -> Vec<u8> {
    let lock = Lock::seal_sealpass(&umk(), &account(), SEALPASS, params, bytes("lock nonce"));
    lock.expect("a good SealPass").to_bytes()
}

fn kit_lock() -> Vec<u8> {
    let name = (1, KitId::from_bytes(bytes("kit id")));
    Lock::seal_kit(&umk(), &account(), name, &kit(), bytes("lock nonce")).to_bytes()
}

/// A lock of any type around `umk`, as the specification has it.
fn any_lock(kind: u8, params: &[u8], master: &[u8], commitment_of: &[u8]) -> Vec<u8> {
    let (account, context) = (account(), [&[kind], params].concat());
    let derive = |master: &[u8], label: &[u8]| kdf(master, account.as_bytes(), &[label, &context]);
    let commitment = derive(commitment_of, b"depesche/v1/lock-commit\0");
    let kek = derive(master, b"depesche/v1/lock-kek\0");
    let aad = [
        b"depesche/v1/lock\0",
        &account.as_bytes()[..],
        &context,
        &commitment,
    ]
    .concat();
    let nonce: [u8; 12] = bytes("lock nonce");
    let sealed = gcm(&kek, &nonce, &aad, umk().expose());
    let length = (params.len() as u16).to_be_bytes();
    [&[kind], &length[..], params, &nonce, &commitment, &sealed].concat()
}

fn locks(all: &mut Vec<Vector>) {
    let good = sealpass_lock(Lock::recommended(bytes("sealpass salt")));
    let paper = kit_lock();
    let mut add = |name: &str, about: &str, expect: &str, lock: &[u8], more: Value| {
        let mut members = lock_members(lock);
        for (member, value) in more.as_object().expect("members") {
            members[member] = value.clone();
        }
        push(all, name, "lock", about, expect, members);
    };
    let umk = hex(umk().expose());
    let nonce = hex(&bytes::<12>("lock nonce"));
    add(
        "lock_sealpass",
        "a SealPass",
        "ok",
        &good,
        json!({ "sealpass": SEALPASS, "umk": umk, "nonce": nonce, "type": 1 }),
    );
    let least = sealpass_lock(Params::recommended(bytes("sealpass salt")));
    let decomposed = "Vier Wo\u{308}rter reichen nicht";
    add(
        "lock_sealpass_least",
        "the least parameters; the SealPass decomposed",
        "ok",
        &least,
        json!({ "sealpass": decomposed, "umk": umk, "nonce": nonce, "type": 1 }),
    );
    add(
        "lock_kit",
        "a printed kit",
        "ok",
        &paper,
        json!({
            "kit": hex(kit().expose()), "umk": umk, "nonce": nonce, "type": 2, "number": 1, "id": hex(&bytes::<8>("kit id")),
        }),
    );
    add(
        "lock_wrong_sealpass",
        "another SealPass",
        "commitment",
        &least,
        json!({ "sealpass": "Vier Wörter reichen" }),
    );
    add(
        "lock_wrong_kit",
        "another kit",
        "commitment",
        &paper,
        json!({ "kit": hex(&bytes::<20>("an older kit")) }),
    );
    add(
        "lock_empty_sealpass",
        "no SealPass",
        "password_empty",
        &least,
        json!({ "sealpass": "" }),
    );
    add(
        "lock_kit_for_sealpass",
        "a kit for a lock of a SealPass",
        "lock_other_kind",
        &least,
        json!({ "kit": hex(kit().expose()) }),
    );
    add(
        "lock_sealpass_for_kit",
        "a SealPass for a kit's lock",
        "lock_other_kind",
        &paper,
        json!({ "sealpass": SEALPASS }),
    );
    let mut other = json!({ "kit": hex(kit().expose()) });
    other["account"] = json!(hex(&bytes::<16>("another account")));
    add(
        "lock_wrong_account",
        "another account",
        "commitment",
        &paper,
        other,
    );
    let weak = |at: usize, value: &[u8]| {
        let mut lock = good.clone();
        lock[at..at + value.len()].copy_from_slice(value);
        lock
    };
    let mut floor = |name: &str, about: &str, expect: &str, lock: Vec<u8>| {
        add(name, about, expect, &lock, json!({ "sealpass": SEALPASS }));
    };
    floor(
        "lock_weak_memory",
        "a KiB less than 64 MiB",
        "password_weak",
        weak(3, &65_535_u32.to_be_bytes()),
    );
    floor(
        "lock_weak_passes",
        "two passes",
        "password_weak",
        weak(7, &2_u32.to_be_bytes()),
    );
    floor("lock_no_lanes", "no lanes", "password_weak", weak(11, &[0]));
    floor(
        "lock_heavy_memory",
        "a KiB more than 1 GiB",
        "password_heavy",
        weak(3, &1_048_577_u32.to_be_bytes()),
    );
    floor(
        "lock_heavy_passes",
        "seventeen passes",
        "password_heavy",
        weak(7, &17_u32.to_be_bytes()),
    );
    floor(
        "lock_heavy_lanes",
        "two lanes",
        "password_heavy",
        weak(11, &[2]),
    );
    let mut flaw = |name: &str, about: &str, expect: &str, lock: &[u8]| {
        add(
            name,
            about,
            expect,
            lock,
            json!({ "kit": hex(kit().expose()) }),
        );
    };
    let changed = |at: usize, bit: u8| {
        let mut lock = paper.clone();
        lock[at] ^= bit;
        lock
    };
    flaw(
        "lock_truncated",
        "a byte is missing",
        "truncated",
        &paper[..paper.len() - 1],
    );
    flaw(
        "lock_trailing",
        "a byte too many",
        "trailing",
        &[&paper[..], &[0]].concat(),
    );
    flaw("lock_no_bytes", "nothing at all", "truncated", &[]);
    flaw("lock_type_zero", "type 0", "lock_kind", &changed(0, 2));
    flaw("lock_type_five", "type 5", "lock_kind", &changed(0, 7));
    flaw(
        "lock_type_changed",
        "the length of another type",
        "lock_params",
        &changed(0, 3),
    );
    flaw(
        "lock_number_altered",
        "another number of the kit",
        "commitment",
        &changed(6, 1),
    );
    flaw(
        "lock_id_altered",
        "another id of the kit",
        "commitment",
        &changed(7, 1),
    );
    flaw(
        "lock_nonce_altered",
        "a bit of the nonce",
        "authentication",
        &changed(15, 1),
    );
    flaw(
        "lock_commitment_altered",
        "a bit of the commitment",
        "commitment",
        &changed(27, 1),
    );
    flaw(
        "lock_altered",
        "a bit of the wrapped key",
        "authentication",
        &changed(59, 1),
    );
    let params = [&1_u32.to_be_bytes()[..], &bytes::<8>("kit id")].concat();
    let secret = kit();
    assert_eq!(
        any_lock(2, &params, secret.expose(), secret.expose()),
        paper,
        "the specification says the same"
    );
    let other = bytes::<20>("an older kit");
    flaw(
        "lock_two_keys",
        "sealed under another kit than it commits to",
        "authentication",
        &any_lock(2, &params, &other, secret.expose()),
    );
    flaw(
        "lock_passkey",
        "a passkey's, which is reserved",
        "lock_other_kind",
        &any_lock(3, b"params of tomorrow", &other, &other),
    );
    flaw(
        "lock_organisation",
        "an organisation's, which is reserved",
        "lock_other_kind",
        &any_lock(4, &[], &other, &other),
    );
}

fn kits(all: &mut Vec<Vector>) {
    let text = kit().to_text();
    let mut add = |name: &str, about: &str, expect: &str, typed: &str| {
        let members =
            json!({ "text": typed, "secret": hex(kit().expose()), "canonical": text.as_str() });
        push(all, name, "kit", about, expect, members);
    };
    add("kit", "as it is printed", "ok", &text);
    add(
        "kit_sloppy",
        "small letters, blanks",
        "ok",
        &text.to_lowercase().replace('-', "  "),
    );
    let mut wrong = text.to_string().into_bytes();
    wrong[0] = if wrong[0] == b'A' { b'B' } else { b'A' };
    add(
        "kit_one_wrong",
        "one wrong character",
        "code_check",
        std::str::from_utf8(&wrong).expect("ASCII"),
    );
    add(
        "kit_group_missing",
        "a group is missing",
        "code_length",
        &text[5..],
    );
    add(
        "kit_umlaut",
        "a character of no kit",
        "code_character",
        &text.replacen(&text[..1], "Ä", 1),
    );
}
