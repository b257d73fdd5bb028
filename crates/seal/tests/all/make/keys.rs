//! Kinds `words`, `record` and `chain`; and the people that the other makers use.

use depesche_seal::key::{AccountId, Fingerprint, KemSeed, SignatureSeed};
use depesche_seal::record::{NewKeys, SignedRecord, WordList};
use depesche_seal::signature::SigningKey;
use depesche_seal::words;
use serde_json::{Value, json};

use super::{Vector, bytes, hex, push, sign};

/// Somebody with a key: the sender, the opener, a stranger.
pub(super) struct Person {
    pub(super) account: AccountId,
    pub(super) signing: SigningKey,
    pub(super) signature_seed: SignatureSeed,
    pub(super) kem: KemSeed,
    pub(super) record: SignedRecord,
}

fn seeds(label: &str) -> (SignatureSeed, KemSeed) {
    (
        SignatureSeed::from_bytes(&bytes(&format!("{label} signature seed"))),
        KemSeed::from_bytes(&bytes(&format!("{label} kem seed"))),
    )
}

const TIME: u64 = 1_790_000_000_000;

impl Person {
    pub(super) fn new(label: &str, list: WordList) -> Self {
        let (signature_seed, kem) = seeds(label);
        let account = AccountId::from_bytes(bytes(&format!("{label} account")));
        let signing = SigningKey::new(&signature_seed);
        let keys = NewKeys {
            signing: &signing,
            kem: &kem,
            time: TIME,
            list,
        };
        let record = SignedRecord::first(account, keys).expect("a good time");
        Self {
            account,
            signing,
            signature_seed,
            kem,
            record,
        }
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        self.record.record().fingerprint()
    }

    /// The next one: signed by this one's key, or flagged reset.
    pub(super) fn next(&self, label: &str, reset: bool) -> Self {
        let (signature_seed, kem) = seeds(label);
        let signing = SigningKey::new(&signature_seed);
        let keys = NewKeys {
            signing: &signing,
            kem: &kem,
            time: TIME + 86_400_000,
            list: WordList::De,
        };
        let record = if reset {
            SignedRecord::reset(&self.record, keys)
        } else {
            SignedRecord::next(&self.record, &self.signing, keys)
        };
        Self {
            account: self.account,
            signature_seed,
            kem,
            record: record.expect("a good time"),
            signing,
        }
    }
}

pub(super) fn sender() -> Person {
    Person::new("sender", WordList::De)
}

pub(super) fn opener() -> Person {
    Person::new("opener", WordList::En)
}

pub(super) fn add(all: &mut Vec<Vector>) {
    word_cases(all);
    good_records(all);
    flawed_records(all);
    chains(all);
}

fn list_name(list: WordList) -> &'static str {
    match list {
        WordList::En => "en",
        WordList::De => "de",
        WordList::Cs => "cs",
    }
}

fn word_cases(all: &mut Vec<Vector>) {
    let low = {
        let mut low = [0; 32];
        low[31] = 7;
        low
    };
    for (name, about, number, count, list) in [
        (
            "words_zero",
            "zero: the first word again and again",
            [0; 32],
            4,
            WordList::En,
        ),
        ("words_small", "seven: then zeros", low, 4, WordList::De),
        ("words_largest", "2^256 - 1", [0xff; 32], 6, WordList::En),
        (
            "words_german",
            "any number, in German",
            bytes("words"),
            6,
            WordList::De,
        ),
        (
            "words_czech",
            "any number; Czech uses the English list",
            bytes("words"),
            6,
            WordList::Cs,
        ),
    ] {
        let words = words::of(&number, count, list).join("-");
        let members = json!({
            "bytes": hex(&number), "count": count, "list": list_name(list), "words": words, "typed": words,
        });
        push(all, name, "words", about, "ok", members);
    }
    let own = "drop-down-t-shirt-yo-yo-zoom";
    for (name, about, expect, list, typed) in [
        (
            "words_typed_sloppily",
            "capitals, blanks, commas, full-width letters",
            "ok",
            "en",
            " Drop-Down,  T-SHIRT\tｙｏ-yo — zoom".replace('—', "-"),
        ),
        (
            "words_typed_with_blanks",
            "blanks where a word has a hyphen",
            "ok",
            "en",
            "drop down t shirt yo yo zoom".into(),
        ),
        (
            "words_typed_three",
            "a word is missing",
            "words_count",
            "en",
            "drop-down t-shirt zoom".into(),
        ),
        (
            "words_typed_five",
            "a word too many",
            "words_count",
            "en",
            "drop-down t-shirt yo-yo zoom zoom".into(),
        ),
        (
            "words_typed_wrong",
            "a word of no list",
            "words_unknown",
            "en",
            "drop-down t-shirt jojo zoom".into(),
        ),
        (
            "words_typed_half",
            "half of a word with a hyphen",
            "words_unknown",
            "en",
            "drop t-shirt yo-yo zoom".into(),
        ),
        (
            "words_typed_other_list",
            "words of another list",
            "words_unknown",
            "de",
            "drop-down t-shirt yo-yo zoom".into(),
        ),
        (
            "words_typed_nothing",
            "nothing",
            "words_count",
            "de",
            "  ".into(),
        ),
    ] {
        let members = json!({ "count": 4, "list": list, "words": own, "typed": typed });
        push(all, name, "words", about, expect, members);
    }
}

fn record_members(person: &Person) -> Value {
    let record = person.record.record();
    let fingerprint = record.fingerprint();
    let list = record.word_list();
    json!({
        "record": hex(&person.record.to_bytes()),
        "account": hex(record.account().as_bytes()),
        "epoch": record.epoch(),
        "time": record.time(),
        "reset": record.reset(),
        "list": list_name(list),
        "signature_seed": hex(person.signature_seed.expose()),
        "kem_seed": hex(person.kem.expose()),
        "fingerprint": hex(fingerprint.as_bytes()),
        "words": words::of_key(&fingerprint, list).expect("memory").join("-"),
    })
}

fn good_records(all: &mut Vec<Vector>) {
    let sender = sender();
    push(
        all,
        "record_first",
        "record",
        "the first of an account",
        "ok",
        record_members(&sender),
    );
    let czech = Person::new("czech", WordList::Cs);
    push(
        all,
        "record_czech",
        "record",
        "another list of words",
        "ok",
        record_members(&czech),
    );
    let mut members = record_members(&sender.next("sender two", false));
    members["previous_signature_seed"] = json!(hex(sender.signature_seed.expose()));
    push(
        all,
        "record_next",
        "record",
        "the second, signed by the first",
        "ok",
        members,
    );
    let members = record_members(&sender.next("sender two", true));
    push(
        all,
        "record_reset",
        "record",
        "the second after a reset",
        "ok",
        members,
    );
}

/// Places in R.
const SUITE_MIN: usize = 5;
const EPOCH: usize = 22;
const PREVIOUS: usize = 26;
const TIME_AT: usize = 58;
const KEM: usize = 98;
const FLAGS: usize = 1314;
const OWN: usize = 1315;
const BEFORE: usize = 1380;

/// Signs R again after it was changed, as its owner could.
fn signed_again(person: &Person, change: &dyn Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut record = person.record.record().to_bytes();
    change(&mut record);
    let own = sign(&person.signature_seed, b"depesche/v1/key-record\0", &record);
    [&record[..], &[1], &own, &[0; 65]].concat()
}

fn flawed_records(all: &mut Vec<Vector>) {
    let person = sender();
    let mut flaw = |name: &str, about: &str, expect: &str, record: &[u8]| {
        push(
            all,
            name,
            "record",
            about,
            expect,
            json!({ "record": hex(record) }),
        );
    };
    let good = person.record.to_bytes();
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        bytes
    };
    flaw(
        "record_truncated",
        "a byte is missing",
        "truncated",
        &good[..good.len() - 1],
    );
    flaw(
        "record_trailing",
        "a byte too many",
        "trailing",
        &changed(&|r| r.push(0)),
    );
    flaw(
        "record_unknown_magic",
        "DPKX",
        "magic",
        &changed(&|r| r[3] = b'X'),
    );
    flaw(
        "record_unknown_suite",
        "suite 02",
        "suite",
        &changed(&|r| r[4] = 2),
    );
    flaw(
        "record_altered",
        "a bit of the account is another",
        "signature_wrong",
        &changed(&|r| r[6] ^= 1),
    );
    flaw(
        "record_signature_altered",
        "a bit of the signature",
        "signature_wrong",
        &changed(&|r| r[OWN + 1] ^= 1),
    );
    flaw(
        "record_signature_algorithm",
        "algorithm 02",
        "signature_algorithm",
        &changed(&|r| r[OWN] = 2),
    );
    flaw(
        "record_unsigned",
        "no signature of its own",
        "signature_missing",
        &changed(&|r| r[OWN..BEFORE].fill(0)),
    );
    flaw(
        "record_signature_bytes",
        "algorithm 00 with bytes",
        "signature_algorithm",
        &changed(&|r| r[OWN] = 0),
    );
    flaw(
        "record_first_signed_before",
        "a first one with a previous signature",
        "signature_unexpected",
        &changed(&|r| {
            r.copy_within(OWN..BEFORE, BEFORE);
        }),
    );
    let second = person.next("sender two", false);
    let mut bytes = second.record.to_bytes();
    bytes[BEFORE..].fill(0);
    flaw(
        "record_next_unsigned_before",
        "a second one without the first one's signature",
        "signature_missing",
        &bytes,
    );
    let mut again = |name: &str, about: &str, expect: &str, change: &dyn Fn(&mut Vec<u8>)| {
        flaw(name, about, expect, &signed_again(&person, change));
    };
    again(
        "record_newer_suite_wanted",
        "its owner accepts suite 02 only",
        "suite",
        &|r| r[SUITE_MIN] = 2,
    );
    again(
        "record_no_suite_wanted",
        "its owner accepts suite 00",
        "suite",
        &|r| r[SUITE_MIN] = 0,
    );
    again("record_epoch_zero", "epoch 0", "record_shape", &|r| {
        r[EPOCH + 3] = 0
    });
    again(
        "record_first_after_another",
        "epoch 1 with a previous one",
        "record_shape",
        &|r| r[PREVIOUS] = 1,
    );
    again(
        "record_second_after_none",
        "epoch 2 without a previous one",
        "record_shape",
        &|r| r[EPOCH + 3] = 2,
    );
    again(
        "record_first_reset",
        "epoch 1, flagged reset",
        "record_shape",
        &|r| r[FLAGS] |= 1,
    );
    again(
        "record_time_too_large",
        "a time of 2^53",
        "record_time",
        &|r| r[TIME_AT + 1] = 0x20,
    );
    again("record_unknown_list", "list 3", "flags", &|r| {
        r[FLAGS] |= 0b110
    });
    again("record_unknown_flag", "bit 3", "flags", &|r| {
        r[FLAGS] |= 0b1000
    });
    again(
        "record_kem_modulus",
        "a coefficient of the ML-KEM key is the modulus",
        "record_kem_key",
        &|r| {
            r[KEM] = 0x01;
            r[KEM + 1] = (r[KEM + 1] & 0xf0) | 0x0d;
        },
    );
    again(
        "record_other_key",
        "signed by another key than the one in it",
        "signature_wrong",
        &|r| r[66] ^= 1,
    );
}

fn chains(all: &mut Vec<Vector>) {
    let first = sender();
    let (second, reset) = (
        first.next("sender two", false),
        first.next("sender two", true),
    );
    let third = second.next("sender three", false);
    let after = reset.next("sender three", false);
    let members = |people: &[&Person]| {
        let records: Vec<_> = people
            .iter()
            .map(|one| hex(&one.record.to_bytes()))
            .collect();
        json!({ "account": hex(first.account.as_bytes()), "records": records })
    };
    let mut good =
        |name: &str, about: &str, people: &[&Person], pin: Option<&Person>, standing: &str| {
            let mut members = members(people);
            let current = people.last().expect("somebody").fingerprint();
            members["current"] = json!(hex(current.as_bytes()));
            if let Some(pin) = pin {
                members["pin"] = json!(hex(pin.fingerprint().as_bytes()));
            }
            members["standing"] = json!(standing);
            push(all, name, "chain", about, "ok", members);
        };
    let stranger = opener();
    good(
        "chain_one",
        "one record, no pin",
        &[&first],
        None,
        "unknown",
    );
    good(
        "chain_pinned",
        "the current one is pinned",
        &[&first, &second],
        Some(&second),
        "pinned",
    );
    good(
        "chain_succeeded",
        "two newer ones, each signed by the one before",
        &[&first, &second, &third],
        Some(&first),
        "succeeded",
    );
    good(
        "chain_reset",
        "a reset behind the pinned one",
        &[&first, &reset],
        Some(&first),
        "reset",
    );
    good(
        "chain_after_reset",
        "pinned after the reset, and one newer",
        &[&first, &reset, &after],
        Some(&reset),
        "succeeded",
    );
    good(
        "chain_reset_between",
        "a reset, and one newer behind it",
        &[&first, &reset, &after],
        Some(&first),
        "reset",
    );
    good(
        "chain_foreign",
        "the pinned one is not in it",
        &[&first, &second],
        Some(&stranger),
        "foreign",
    );
    good(
        "chain_older_than_pin",
        "the pinned one was taken out",
        &[&first],
        Some(&second),
        "foreign",
    );
    let mut flaw = |name: &str, about: &str, expect: &str, members: Value| {
        push(all, name, "chain", about, expect, members);
    };
    flaw("chain_empty", "no record", "record_chain", members(&[]));
    flaw(
        "chain_no_first",
        "the first is missing",
        "record_chain",
        members(&[&second]),
    );
    flaw(
        "chain_gap",
        "the second is missing",
        "record_chain",
        members(&[&first, &third]),
    );
    flaw(
        "chain_swapped",
        "in another order",
        "record_chain",
        members(&[&second, &first]),
    );
    flaw(
        "chain_twice",
        "the first twice",
        "record_chain",
        members(&[&first, &first]),
    );
    flaw(
        "chain_other_branch",
        "the third of another second",
        "record_chain",
        members(&[&first, &reset, &third]),
    );
    flaw(
        "chain_other_account",
        "another's record",
        "record_account",
        members(&[&first, &stranger]),
    );
    let mut forged = members(&[&first, &second]);
    let mut bytes = second.record.to_bytes();
    let own = sign(
        &second.signature_seed,
        b"depesche/v1/key-record\0",
        &bytes[..OWN],
    );
    bytes[BEFORE + 1..].copy_from_slice(&own);
    forged["records"][1] = json!(hex(&bytes));
    flaw(
        "chain_forged",
        "the previous signature is of the new key",
        "signature_wrong",
        forged,
    );
}
