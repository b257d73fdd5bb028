//! A server that lies, against the command line: nothing readable comes out, nothing is accepted in silence, and the exit
//! code says what kind of thing it was.

use data_encoding::BASE64URL_NOPAD;
use depesche_client::seal::key::{
    AccountId, ClaimSeed, Hash, KemSeed, ParcelId, ParcelKey, SignatureSeed,
};
use depesche_client::seal::keyring::{Fresh, Keyring};
use depesche_client::seal::manifest::{Manifest, Sender};
use depesche_client::seal::parcel::{Flags, Level, SealedManifest};
use depesche_client::seal::record::{SignedRecord, WordList};
use depesche_client::seal::signed::{self, Signer};
use depesche_client::seal::stanza::{Binding, Stanza};
use depesche_client::seal::stream::StreamHeader;
use depesche_tests::client::{Client, Outcome};
use depesche_tests::evil::{Answer, Asked, Evil};
use depesche_tests::people::{SEALPASS, guest};
use depesche_tests::server::{DEMO, Server, Setup};
use depesche_tests::tree;
use serde_json::{Value, json};

const YOU: &str = "you@example.test";

struct Scene {
    evil: Evil,
    server: Server,
    anna: Client,
}

impl Scene {
    fn set() -> Self {
        let evil = Evil::start();
        let server = Server::start(Setup::demo().set("DEPESCHE_PUBLIC_URL", evil.url()));
        evil.stand_before(server.listen);
        let anna = Client::logged_in(&evil.url(), DEMO.0, DEMO.1);
        let _ = anna.set_up_sealpass();
        Self { evil, server, anna }
    }

    fn guest(&self) -> Client {
        let you = guest(&self.server, &self.evil.url(), YOU);
        let _ = you.set_up_sealpass();
        you
    }

    fn was_asked(&self, method: &str, route: &str) -> bool {
        self.evil
            .asked()
            .iter()
            .any(|asked| asked.is(method, route))
    }

    /// A parcel that waits, its sender, its recipient.
    fn waiting(&self, level: &str, more: &[&str]) -> (Value, Client) {
        let sent = self.anna.send_at(level, YOU, more);
        let you = self.guest();
        (sent, you)
    }

    fn release(&self, sent: &Value, more: &[&str]) -> Outcome {
        let id = sent["id"].as_str().expect("an id");
        self.anna.with_sealpass(&[&["release", id], more].concat())
    }
}

/// Keys that the server made for somebody else's account.
struct Forged {
    keyring: Keyring,
    record: SignedRecord,
}

impl Forged {
    fn of(account: AccountId) -> Self {
        let fresh = Fresh {
            signature_seed: SignatureSeed::from_bytes(&[1; 32]),
            kem_seed: KemSeed::from_bytes(&[2; 32]),
            claim_seed: ClaimSeed::from_bytes(&[3; 32]),
        };
        let made = Keyring::make(&fresh, account, 1_000, WordList::En);
        let (keyring, record) = made.expect("keys");
        Self { keyring, record }
    }

    fn text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.record.to_bytes())
    }
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64URL_NOPAD
        .decode(value.as_str().expect("text").as_bytes())
        .expect("base64url")
}

fn account_of(record: &Value) -> AccountId {
    SignedRecord::parse(&bytes(record))
        .expect("a record")
        .record()
        .account()
}

/// Puts forged keys in the place of that person's.
fn swap_keys(people: &mut Value, email: &str) {
    for person in people.as_array_mut().expect("people") {
        if person["email"] == email && person["records"][0].is_string() {
            let forged = Forged::of(account_of(&person["records"][0]));
            person["records"] = json!([forged.text()]);
        }
    }
}

fn swaps_waiting_keys(asked: &Asked, answer: &mut Answer) {
    if asked.is("GET", "/waiting") {
        let mut given = answer.json();
        swap_keys(&mut given["people"], YOU);
        answer.put(&given);
    }
}

#[test]
fn a_key_swapped_at_release_gets_nothing() {
    let scene = Scene::set();
    let (sent, you) = scene.waiting("4", &[]);
    let words = you.run(["whoami"]).done()["words"].clone();
    scene.evil.lie(swaps_waiting_keys);
    let said = words.as_str().expect("words");
    let outcome = scene.release(&sent, &["--words", said]);
    assert_eq!(outcome.refusal(), (4, "words_differ"), "{outcome:?}");
    assert!(!scene.was_asked("POST", "/releases"));
    // With a code: the tag was made for the true key.
    let coded = scene.anna.send_at("4", YOU, &["--claim-code"]);
    let code = coded["claim_codes"][YOU].as_str().expect("words");
    scene.evil.stop();
    let claimed = you.fetch_id(&coded["id"], &[("DEPESCHE_CLAIM_CODE", code)]);
    assert_eq!(claimed.refusal(), (3, "waits_release"));
    scene.evil.lie(swaps_waiting_keys);
    assert_eq!(scene.release(&coded, &[]).refusal(), (4, "code_wrong"));
    assert!(!scene.was_asked("POST", "/releases"));
    // A key that was seen before is not replaced at level 3 either.
    scene.evil.stop();
    let _ = scene.release(&sent, &["--words", said]).done();
    scene.evil.lie(|asked, answer| {
        if asked.is("POST", "/keys") {
            let mut given = answer.json();
            swap_keys(&mut given["people"], YOU);
            answer.put(&given);
        }
    });
    let third = scene
        .anna
        .with_sealpass(&["send", "note.txt", "--to", YOU, "--level", "3"]);
    assert!(third.err.contains("another key than you know"), "{third:?}");
    let posted = scene
        .evil
        .asked()
        .into_iter()
        .find(|asked| asked.is("POST", "/parcels/*/post"));
    let posted: Value = serde_json::from_slice(&posted.expect("it is posted").body).expect("JSON");
    assert_eq!(posted["recipients"][0]["stanza"], Value::Null);
    scene.evil.lie(swaps_waiting_keys);
    assert_eq!(
        scene.release(&third.line, &[]).refusal(),
        (4, "key_changed")
    );
    assert!(!scene.was_asked("POST", "/releases"));
}

/// The level is inside the header that the own stanza binds.
#[test]
fn a_level_said_to_be_lower_releases_nothing() {
    let scene = Scene::set();
    let (sent, _you) = scene.waiting("4", &[]);
    scene.evil.lie(|asked, answer| {
        if asked.is("GET", "/waiting") {
            let mut given = answer.json();
            given["parcels"][0]["level"] = json!(3);
            answer.put(&given);
        }
    });
    assert_eq!(scene.release(&sent, &[]).refusal(), (4, "not_verified"));
    assert!(!scene.was_asked("POST", "/releases"));
}

/// Argon2id with less than 64 MiB or three passes: nothing is derived, and nothing leaves.
#[test]
fn weak_key_parameters_are_refused_before_anything_leaves() {
    let scene = Scene::set();
    for (memory, passes) in [(1024_u32, 3_u32), (128 << 10, 1), (u32::MAX, 3)] {
        scene.evil.lie(move |asked, answer| {
            if asked.is("GET", "/keyring") {
                let mut given = answer.json();
                let mut lock = bytes(&given["locks"][0]["bytes"]);
                lock[3..7].copy_from_slice(&memory.to_be_bytes());
                lock[7..11].copy_from_slice(&passes.to_be_bytes());
                given["locks"][0]["bytes"] = json!(BASE64URL_NOPAD.encode(&lock));
                answer.put(&given);
            }
        });
        let outcome = scene.anna.with_sealpass(&["release", "--all"]);
        let code = if memory == u32::MAX {
            "password_heavy"
        } else {
            "password_weak"
        };
        assert_eq!(outcome.refusal(), (5, code), "{outcome:?}");
        let asked = scene.evil.asked();
        assert!(asked.iter().all(|asked| asked.method == "GET"), "{asked:?}");
    }
}

#[test]
fn an_older_keyring_is_noticed() {
    let scene = Scene::set();
    let (sent, you) = scene.waiting("4", &[]);
    let old = std::sync::Arc::new(std::sync::Mutex::new(None));
    let kept = std::sync::Arc::clone(&old);
    scene.evil.lie(move |asked, answer| {
        if asked.is("GET", "/keyring") {
            *kept.lock().expect("no test failed") = Some(answer.clone());
        }
    });
    let _ = scene.anna.with_sealpass(&["release", "--all"]);
    let words = you.run(["whoami"]).done()["words"].clone();
    // The pin makes a new generation.
    let _ = scene
        .release(&sent, &["--words", words.as_str().expect("words")])
        .done();
    let old = old
        .lock()
        .expect("no test failed")
        .take()
        .expect("a keyring");
    let replayed = old.clone();
    scene.evil.lie(move |asked, answer| {
        if asked.is("GET", "/keyring") {
            *answer = replayed.clone();
        }
    });
    let send = || {
        scene
            .anna
            .with_sealpass(&["send", "note.txt", "--to", YOU, "--level", "4"])
    };
    assert_eq!(send().refusal(), (5, "keyring_older"));
    assert!(!scene.was_asked("POST", "/parcels/*/post"));
    // Another key under the own name, and no keyring at all where there was one.
    scene.evil.lie(|asked, answer| {
        if asked.is("GET", "/keyring") {
            let mut given = answer.json();
            let forged = Forged::of(account_of(&given["records"][0]));
            given["records"] = json!([forged.text()]);
            answer.put(&given);
        }
    });
    assert_eq!(send().refusal(), (5, "keyring_replaced"));
    scene.evil.lie(|asked, answer| {
        if asked.is("GET", "/keyring") {
            answer.status = 404;
            answer.put(&json!({"code": "no_sealpass", "status": 404, "title": "", "detail": ""}));
        }
        if asked.is("POST", "/keys") {
            let mut given = answer.json();
            given["people"][0]["records"] = json!([]);
            given["people"][0]["sealpass"] = json!(false);
            answer.put(&given);
        }
    });
    let outcome = scene.anna.with_sealpass(&["sealpass", "setup"]);
    assert_eq!(outcome.refusal(), (5, "keyring_replaced"));
    assert!(!scene.was_asked("PUT", "/keyring"));
}

/// A delivery that the server made itself, in the name of a sender whose key is pinned.
#[test]
fn an_added_stanza_in_a_known_name_opens_nothing() {
    let scene = Scene::set();
    let (sent, you) = scene.waiting("4", &[]);
    let words = you.run(["whoami"]).done()["words"].clone();
    let _ = scene
        .release(&sent, &["--words", words.as_str().expect("words")])
        .done();
    let _ = you.fetch_id(&sent["id"], &[]).done();
    let second = scene.anna.send_at("4", YOU, &[]);
    let (mut own, mut made) = (None, None);
    scene.evil.lie(move |asked, answer| {
        if asked.is("GET", "/keyring") {
            own = Some(answer.json()["records"][0].clone());
        } else if asked.is("GET", "/inbox/*") {
            let mut given = answer.json();
            if let Some(own) = &own {
                let (stanza, sealed) = forge(&given, own);
                given["stanza"] = json!(BASE64URL_NOPAD.encode(&stanza));
                given["header"] = json!(BASE64URL_NOPAD.encode(&sealed.header().to_bytes()));
                given["manifest_hash"] = json!(sealed.hash().to_string());
                answer.put(&given);
                made = Some(sealed);
            }
        } else if asked.is("POST", "/inbox/*/open") {
            let mut given = answer.json();
            if let Some(sealed) = &made {
                given["manifest"] = json!(BASE64URL_NOPAD.encode(sealed.as_bytes()));
                answer.put(&given);
            }
        }
    });
    // The first asking shows the own record, the second brings the forgery.
    let _ = you.run(["whoami"]).done();
    fs_gone(&you);
    let outcome = you.fetch_id(&second["id"], &[]);
    assert_eq!(outcome.exit, 5, "{outcome:?}");
    assert!(!you.out().join("note.txt").exists() && !outcome.out.contains("forged"));
}

fn fs_gone(client: &Client) {
    std::fs::remove_dir_all(client.out()).expect("it was there");
}

const FORGED_KEY: [u8; 32] = [9; 32];

/// A delivery in the name of its sender, whose account and address the server knows, and whose key it has not.
fn forge(delivery: &Value, own: &Value) -> (Vec<u8>, SealedManifest) {
    let sender = SignedRecord::parse(&bytes(&delivery["sender_records"][0])).expect("a record");
    let forged = Forged::of(sender.record().account());
    let id = delivery["id"].as_str().expect("an id");
    let key = ParcelKey::from_bytes(&FORGED_KEY);
    let signing = forged.keyring.signing_key();
    let signer = Signer::new(&signing, forged.record.record()).expect("its own key");
    let manifest = Manifest {
        created: 1_000,
        sender: Sender {
            account: Some(sender.record().account()),
            address: DEMO.0.to_owned(),
            fingerprint: Some(*signer.fingerprint()),
        },
        in_reply_to: None,
        subject: Some("forged".to_owned()),
        body: Some("forged".to_owned()),
        files: vec![],
        packs: vec![],
    };
    let place = (
        ParcelId::parse(id).expect("an id"),
        Flags::of(Level::KeyedAll),
    );
    let header = StreamHeader::from_random(&[4; 39]);
    let sealed = signed::seal(&key, place, header, &manifest, &signer).expect("sealed");
    let to = SignedRecord::parse(&bytes(own)).expect("a record");
    let binding = Binding::of(&sealed);
    let stanza = Stanza::seal(&key, to.record(), &binding, &[5; 64]).expect("a stanza");
    let released = stanza.release_as_sender(&signer, &binding);
    (released.to_bytes(), sealed)
}

/// Parts and names of another delivery, or of none.
#[test]
fn exchanged_parts_and_lists_are_not_written() {
    let scene = Scene::set();
    let (sent, you) = scene.waiting("4", &[]);
    let words = you.run(["whoami"]).done()["words"].clone();
    let _ = scene
        .release(&sent, &["--words", words.as_str().expect("words")])
        .done();
    scene.evil.lie(|asked, answer| {
        if asked.is("GET", "/claims/files/*") && answer.body.len() > 60 {
            answer.body[59] ^= 1;
        }
    });
    assert_eq!(you.fetch_id(&sent["id"], &[]).refusal(), (5, "damaged"));
    assert!(!you.out().join("note.txt").exists());
    let other = scene.anna.send_at("4", YOU, &[]);
    let other = other["id"].as_str().expect("an id").to_owned();
    let mut kept = None;
    scene.evil.lie(move |asked, answer| {
        if asked.is("POST", "/inbox/*/open") {
            if asked.path.contains(&other) {
                kept = Some(answer.json()["manifest"].clone());
            } else if let Some(kept) = &kept {
                let mut given = answer.json();
                given["manifest"] = kept.clone();
                answer.put(&given);
            }
        }
    });
    let second = scene.anna.run(["list"]).done()["parcels"][0]["id"].clone();
    let _ = you.fetch_id(&second, &[]).done();
    fs_gone(&you);
    assert_eq!(you.fetch_id(&sent["id"], &[]).refusal(), (5, "exchanged"));
    assert!(!you.out().join("note.txt").exists());
}

/// First contact with a claim code: a sender's key that the server made does not pass the tag.
#[test]
fn a_forged_sender_does_not_pass_the_claim_code() {
    let scene = Scene::set();
    let (sent, you) = scene.waiting("4", &["--claim-code"]);
    let code = sent["claim_codes"][YOU].as_str().expect("words").to_owned();
    let claimed = you.fetch_id(&sent["id"], &[("DEPESCHE_CLAIM_CODE", &code)]);
    assert_eq!(claimed.refusal(), (3, "waits_release"));
    let _ = scene.release(&sent, &[]).done();
    scene.evil.lie(|asked, answer| {
        if asked.is("GET", "/inbox/*") {
            let mut given = answer.json();
            let mut tag = bytes(&given["tag_a"]);
            tag[0] ^= 1;
            given["tag_a"] = json!(BASE64URL_NOPAD.encode(&tag));
            answer.put(&given);
        }
    });
    let outcome = you.fetch_id(&sent["id"], &[]);
    assert_eq!(outcome.refusal(), (5, "claim_tag"), "{outcome:?}");
    assert!(!you.out().join("note.txt").exists());
    scene.evil.stop();
    assert_eq!(
        you.fetch_id(&sent["id"], &[]).done()["sender_proof"],
        "verified"
    );
}

/// What the server stored of all this opens nothing.
#[test]
fn the_real_server_never_gets_the_sealpass() {
    let scene = Scene::set();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let kept = std::sync::Arc::clone(&seen);
    scene.evil.lie(move |asked, _| {
        kept.lock()
            .expect("no test failed")
            .extend_from_slice(&asked.body);
    });
    tree::write(scene.anna.folder().join("note.txt"), "canary-content");
    let _ = scene.anna.send_at(
        "4",
        YOU,
        &["--subject", "canary-subject", "--message", "canary-message"],
    );
    let seen = seen.lock().expect("no test failed");
    assert!(!seen.is_empty());
    for secret in [
        SEALPASS,
        "canary-content",
        "canary-subject",
        "canary-message",
        "note.txt",
    ] {
        let found = seen
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "{secret}");
    }
    let hash = Hash::of(SEALPASS.as_bytes());
    assert!(!seen.windows(32).any(|window| window == hash.as_bytes()));
}
