//! The kinds of vectors of levels 3 and 4; `vectors.rs` walks the folder.

use depesche_seal::going_on::{self, GoingOnError};
use depesche_seal::key::{
    AccountId, ClaimId, ClaimSeed, Fingerprint, Hash, KemSeed, KeyringKey, ParcelId, ParcelKey,
    SignatureSeed,
};
use depesche_seal::keyring::{Body, Keyring, KeyringError, Seen};
use depesche_seal::kit::{KitId, KitSecret};
use depesche_seal::lock::{Kind, Lock, LockError};
use depesche_seal::manifest::{Manifest, Sender};
use depesche_seal::parcel::{Flags, Header, ParcelError, SealedManifest};
use depesche_seal::record::{Chain, NewKeys, RecordError, SignedRecord, WordList};
use depesche_seal::release::{self, Claim, InstantRecord, Mode, Parties, ReleaseError, Tag};
use depesche_seal::signature::SigningKey;
use depesche_seal::signed::{self, Signer};
use depesche_seal::stanza::{Binding, By, Opener, ReleasedStanza, Stanza, StanzaError};
use depesche_seal::stream::{HEADER, StreamHeader};
use depesche_seal::trust::{self, Origin, Pin, SenderKey, Standing, TrustError, Verified};
use depesche_seal::words::{self, Phrase, WordsError};

use crate::vectors::{Input, Outcome};

fn list(vector: &Input) -> WordList {
    match vector.text("list") {
        "en" => WordList::En,
        "de" => WordList::De,
        "cs" => WordList::Cs,
        other => panic!("no list is called {other}"),
    }
}

fn words_code(error: WordsError) -> String {
    error.code().into()
}

fn record_code(error: RecordError) -> String {
    error.code().into()
}

pub(crate) fn run_words(vector: &Input) -> Outcome {
    let (list, count) = (list(vector), vector.number("count") as usize);
    if vector.get("bytes").is_some() {
        let words = words::of(&vector.array("bytes"), count, list).join("-");
        assert_eq!(words, vector.text("words"));
    }
    let typed = Phrase::parse(vector.text("typed"), list, count).map_err(words_code)?;
    assert_eq!(typed.expose(), vector.text("words"));
    Ok(())
}

pub(crate) fn run_record(vector: &Input) -> Outcome {
    let bytes = vector.bytes("record");
    let signed = SignedRecord::parse(&bytes).map_err(record_code)?;
    assert_eq!(signed.to_bytes(), bytes);
    let record = signed.record();
    assert_eq!(record.account().as_bytes(), &vector.array("account"));
    assert_eq!(
        (u64::from(record.epoch()), record.time()),
        (vector.number("epoch"), vector.number("time"))
    );
    assert_eq!(Some(record.reset()), vector.0["reset"].as_bool());
    assert_eq!(record.word_list(), list(vector));
    let fingerprint = record.fingerprint();
    assert_eq!(fingerprint.as_bytes(), &vector.array("fingerprint"));
    let words = words::of_key(&fingerprint, record.word_list()).map_err(words_code)?;
    assert_eq!(words.join("-"), vector.text("words"));
    let kem = KemSeed::from_bytes(&vector.array("kem_seed"));
    assert!(record.is_of(&kem));
    let signing = SigningKey::new(&SignatureSeed::from_bytes(&vector.array("signature_seed")));
    assert_eq!(signing.verifying(), record.verifying_key());
    if record.epoch() == 1 {
        let keys = NewKeys {
            signing: &signing,
            kem: &kem,
            time: record.time(),
            list: record.word_list(),
        };
        let again = SignedRecord::first(record.account(), keys).map_err(record_code)?;
        assert_eq!(again, signed);
    }
    Ok(())
}

fn chain(records: Option<&serde_json::Value>, account: Option<AccountId>) -> Result<Chain, String> {
    let texts = records
        .and_then(serde_json::Value::as_array)
        .expect("a list");
    let records: Vec<SignedRecord> = texts
        .iter()
        .map(|text| SignedRecord::parse(&crate::vectors::unhex(text.as_str().expect("hex"))))
        .collect::<Result<_, _>>()
        .map_err(record_code)?;
    let account = account.unwrap_or_else(|| records[0].record().account());
    Chain::verify(records, &account).map_err(record_code)
}

pub(crate) fn run_chain(vector: &Input) -> Outcome {
    let account = AccountId::from_bytes(vector.array("account"));
    let chain = chain(vector.get("records"), Some(account))?;
    let current = chain.current().record().fingerprint();
    assert_eq!(current.as_bytes(), &vector.array("current"));
    let pin = vector.get("pin").map(|_| Pin {
        account,
        address: "a@example.test".into(),
        fingerprint: Fingerprint::from_bytes(vector.array("pin")),
        verified: Verified::Words,
        at: 0,
    });
    let standing = trust::standing(&chain, pin.as_ref());
    let linked = matches!(vector.text("standing"), "pinned" | "succeeded");
    assert_eq!(
        standing.is_verified(),
        linked,
        "the pin was verified by words"
    );
    let unverified = pin.map(|pin| Pin {
        verified: Verified::No,
        ..pin
    });
    assert!(!trust::standing(&chain, unverified.as_ref()).is_verified());
    let standing = match standing {
        Standing::Unknown => "unknown",
        Standing::Pinned(_) => "pinned",
        Standing::Succeeded(_) => "succeeded",
        Standing::Reset => "reset",
        Standing::Foreign => "foreign",
    };
    assert_eq!(standing, vector.text("standing"));
    Ok(())
}

pub(crate) fn run_lock(vector: &Input) -> Outcome {
    let code = |error: LockError| error.code().to_owned();
    let bytes = vector.bytes("lock");
    let lock = Lock::parse(&bytes).map_err(code)?;
    assert_eq!(lock.to_bytes(), bytes);
    let account = AccountId::from_bytes(vector.array("account"));
    let kit = vector
        .get("kit")
        .map(|_| KitSecret::from_bytes(&vector.array("kit")));
    let umk = match &kit {
        Some(kit) => lock.open_kit(&account, kit),
        None => lock.open_sealpass(&account, vector.text("sealpass")),
    };
    let umk = umk.map_err(code)?;
    assert_eq!(umk.expose(), &vector.array("umk"));
    let nonce = vector.array("nonce");
    let again = match (lock.kind(), &kit) {
        (Kind::SealPass(params), None) => {
            let sealpass = vector.text("sealpass");
            Lock::seal_sealpass(&umk, &account, sealpass, *params, nonce).map_err(code)?
        }
        (Kind::Kit { number, id }, Some(kit)) => {
            assert_eq!(u64::from(*number), vector.number("number"));
            assert_eq!(*id, KitId::from_bytes(vector.array("id")));
            Lock::seal_kit(&umk, &account, (*number, *id), kit, nonce)
        }
        other => panic!("opened by another means than {other:?}"),
    };
    assert_eq!(again, lock);
    Ok(())
}

pub(crate) fn run_kit(vector: &Input) -> Outcome {
    let secret =
        KitSecret::parse_text(vector.text("text")).map_err(|error| error.code().to_owned())?;
    assert_eq!(secret.expose(), &vector.array("secret"));
    assert_eq!(secret.to_text().as_str(), vector.text("canonical"));
    Ok(())
}

pub(crate) fn run_keyring(vector: &Input) -> Outcome {
    let code = |error: KeyringError| error.code().to_owned();
    let bytes = vector.bytes("body");
    let body = Body::parse(&bytes).map_err(code)?;
    assert_eq!(body.to_bytes(), bytes);
    let seen = vector.get("seen").map(|_| Seen {
        generation: vector.number("seen/generation"),
        body: Hash::from_bytes(vector.array("seen/sha256")),
    });
    let now = Seen::check(seen.as_ref(), &body).map_err(code)?;
    let umk = KeyringKey::from_bytes(&vector.array("umk"));
    let account = AccountId::from_bytes(vector.array("account"));
    let keyring = body.open(&umk, &account).map_err(code)?;
    assert_eq!(body.generation(), vector.number("generation"));
    assert_eq!(now.generation, body.generation());
    check_keyring(&keyring, vector.text("json"));
    let nonce = bytes[29..41].try_into().expect("a nonce");
    let again = Body::seal(&keyring, &umk, account, body.generation(), nonce).map_err(code)?;
    assert_eq!(again.open(&umk, &account).map_err(code)?, keyring);
    Ok(())
}

fn check_keyring(keyring: &Keyring, json: &str) {
    let json: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let own = &json["kem_seeds"][0];
    assert_eq!(
        keyring.fingerprint().to_string(),
        own["fingerprint"].as_str().expect("text")
    );
    let seed = keyring.kem_seed(&keyring.fingerprint()).expect("its own");
    assert_eq!(seed.to_text().as_str(), own["seed"].as_str().expect("text"));
    assert_eq!(
        keyring.claim_seed().to_text().as_str(),
        json["claim_seed"].as_str().expect("text")
    );
    let seed = SignatureSeed::parse_text(json["signature_seed"].as_str().expect("text"));
    let signing = SigningKey::new(&seed.expect("a seed"));
    assert_eq!(keyring.signing_key().verifying(), signing.verifying());
    let pins = json["pins"].as_array().expect("a list");
    assert_eq!(keyring.pins().len(), pins.len());
    for pin in pins {
        let account = AccountId::parse(pin["account"].as_str().expect("text")).expect("an id");
        let found = keyring.pin(&account).expect("it is pinned");
        assert_eq!(found.address, pin["address"]);
        assert_eq!(found.fingerprint.to_string(), pin["fingerprint"]);
        assert_eq!(found.at, pin["at"]);
        assert_eq!(
            verified(pin["verified"].as_str().expect("text")),
            found.verified
        );
    }
}

pub(crate) fn run_going_on(vector: &Input) -> Outcome {
    let code = |error: GoingOnError| error.code().to_owned();
    let umk = KeyringKey::from_bytes(&vector.array("umk"));
    let id = ParcelId::from_bytes(vector.array("parcel_id"));
    let bytes = vector.bytes("record");
    let text = going_on::open(&umk, &id, &bytes).map_err(code)?;
    assert_eq!(*text, vector.bytes("text"));
    let header = StreamHeader::parse(&vector.array::<HEADER>("stream_header")).expect("a header");
    assert_eq!(going_on::seal(&umk, &id, header, &text), Ok(bytes));
    Ok(())
}

fn verified(text: &str) -> Verified {
    match text {
        "code" => Verified::Code,
        "words" => Verified::Words,
        "no" => Verified::No,
        other => panic!("nothing is verified by {other}"),
    }
}

fn sender_key(vector: &Input, sender: &Sender) -> Result<Option<SenderKey>, String> {
    let code = |error: TrustError| error.code().to_owned();
    let records = vector.get("sender_records");
    if records
        .and_then(serde_json::Value::as_array)
        .is_none_or(Vec::is_empty)
    {
        return Ok(None);
    }
    let chain = chain(records, None)?;
    if vector.get("own").is_some() {
        let own = Fingerprint::from_bytes(vector.array("own"));
        return SenderKey::own(&chain, sender, &own).map(Some).map_err(code);
    }
    let pin = vector.get("pin").map(|_| Pin {
        account: AccountId::from_bytes(vector.array("pin/account")),
        address: sender.address.clone(),
        fingerprint: Fingerprint::from_bytes(vector.array("pin/fingerprint")),
        verified: verified(vector.text("pin/verified")),
        at: 0,
    });
    SenderKey::find(&chain, sender, pin.as_ref())
        .map(Some)
        .map_err(code)
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Own => "own",
        Origin::Pinned(Verified::Code) => "pinned_code",
        Origin::Pinned(Verified::Words) => "pinned_words",
        Origin::Pinned(Verified::No) => "pinned_no",
        Origin::NotVerified => "not_verified",
        Origin::Outside => "outside",
        Origin::Unsigned => "unsigned",
    }
}

pub(crate) fn run_signed(vector: &Input) -> Outcome {
    let code = |error: ParcelError| error.code().to_owned();
    let key = ParcelKey::from_bytes(&vector.array("key"));
    let sealed = SealedManifest::parse(vector.bytes("manifest")).map_err(code)?;
    let stated = signed::open(&sealed, &key).map_err(code)?;
    let sender = sender_key(vector, stated.sender())?;
    let opened = stated.check(sender.as_ref()).map_err(code)?;
    assert_eq!(origin(opened.origin), vector.text("origin"));
    let json = vector.text("json").as_bytes();
    assert!(Manifest::from_json(json).is_ok_and(|same| same == opened.manifest));
    let signing = SigningKey::new(&SignatureSeed::from_bytes(&vector.array("signature_seed")));
    let chain = chain(vector.get("sender_records"), None)?;
    let signer = Signer::new(&signing, chain.records()[0].record()).expect("the sender's key");
    let flags = Flags::parse(vector.number("flags") as u8).expect("good flags");
    let header = StreamHeader::parse(&vector.array::<HEADER>("stream_header")).expect("a header");
    let id = ParcelId::from_bytes(vector.array("id"));
    let again = signed::seal(&key, (id, flags), header, &opened.manifest, &signer);
    assert_eq!(again.map_err(code)?, sealed);
    Ok(())
}

pub(crate) fn run_stanza(vector: &Input) -> Outcome {
    let code = |error: StanzaError| error.code().to_owned();
    let bytes = vector.bytes("stanza");
    let released = ReleasedStanza::parse(&bytes).map_err(code)?;
    assert_eq!(released.to_bytes(), bytes);
    let own = SignedRecord::parse(&vector.bytes("opener_record")).map_err(record_code)?;
    let kem = KemSeed::from_bytes(&vector.array("kem_seed"));
    let sealed = SealedManifest::parse(vector.bytes("manifest")).expect("a good manifest");
    let opener = Opener {
        record: own.record(),
        kem: &kem,
    };
    let half = released.clone().open(&opener, &sealed).map_err(code)?;
    let needed = released.by() == By::Sender || sealed.header().flags().signed();
    let sender = match needed {
        true => sender_key(vector, half.sender())?,
        false => None,
    };
    let opened = half.check(sender.as_ref()).map_err(code)?;
    assert_eq!(opened.key.expose(), &vector.array("parcel_key"));
    assert_eq!(origin(opened.origin), vector.text("origin"));
    assert_eq!(opened.by as u64, vector.number("by"));
    let json = vector.text("json").as_bytes();
    assert!(Manifest::from_json(json).is_ok_and(|same| same == opened.manifest));
    let parcel = Binding::of(&sealed);
    let random = vector.array("random");
    let again = Stanza::seal(&opened.key, own.record(), &parcel, &random).map_err(code)?;
    assert_eq!(&again, released.stanza());
    if opened.by == By::Opener {
        let seed = SignatureSeed::from_bytes(&vector.array("release_seed"));
        let signing = SigningKey::new(&seed);
        let signer = Signer::new(&signing, own.record()).expect("the opener's key");
        assert_eq!(
            again.release_as_opener(&signer, &parcel).map_err(code)?,
            released
        );
    }
    Ok(())
}

fn release_code(error: ReleaseError) -> String {
    error.code().into()
}

pub(crate) fn run_claim_code(vector: &Input) -> Outcome {
    let mode = match vector.number("count") {
        4 => Mode::Confirm,
        _ => Mode::Instant,
    };
    let code = release::derive_code(
        &ClaimSeed::from_bytes(&vector.array("claim_seed")),
        &ParcelId::from_bytes(vector.array("parcel_id")),
        vector.text("address"),
        vector.number("try") as u8,
        (mode, list(vector)),
    );
    assert_eq!(code.expose(), vector.text("words"));
    let typed =
        Phrase::parse(vector.text("typed"), list(vector), mode.words()).map_err(words_code)?;
    assert!(typed == code);
    Ok(())
}

fn claim(vector: &Input) -> (Claim, Binding, Parties) {
    let words = vector.text("words");
    let count = words.split('-').count();
    let phrase = Phrase::parse(words, WordList::De, count).expect("German words");
    let parcel = ParcelId::from_bytes(vector.array("parcel_id"));
    let claim = release::stretch(&phrase, &parcel).expect("memory");
    let binding = Binding {
        header: Header::parse(&vector.bytes("parcel_header")).expect("a good H"),
        manifest: Hash::from_bytes(vector.array("manifest_sha256")),
    };
    let fingerprint = |member: &str| {
        vector
            .get(member)
            .map(|_| Fingerprint::from_bytes(vector.array(member)))
    };
    let parties = Parties {
        sender: fingerprint("sender").expect("a fingerprint"),
        recipient: fingerprint("recipient").expect("a fingerprint"),
    };
    (claim, binding, parties)
}

pub(crate) fn run_claim(vector: &Input) -> Outcome {
    let (claim, binding, parties) = claim(vector);
    // With any release behind it, to read the stanza; the tags do not bind releases.
    let released = [&vector.bytes("stanza")[..], &[0; 66]].concat();
    let stanza = ReleasedStanza::parse(&released).expect("the form of a stanza");
    let stanza = stanza.stanza();
    let key = ParcelKey::from_bytes(&vector.array("parcel_key"));
    if vector.get("tag_b").is_some() {
        let tag = Tag::from_bytes(vector.array("tag_b"));
        claim
            .check_registration(&parties, &tag)
            .map_err(release_code)?;
    }
    if vector.get("tag_a").is_some() {
        let tag = Tag::from_bytes(vector.array("tag_a"));
        claim
            .check_release(&parties, &binding, stanza, &tag)
            .map_err(release_code)?;
    }
    if vector.get("ack").is_some() {
        let tag = Tag::from_bytes(vector.array("ack"));
        claim
            .check_acknowledgement(&key, &parties, &binding, (stanza, &tag))
            .map_err(release_code)?;
    }
    Ok(())
}

pub(crate) fn run_instant(vector: &Input) -> Outcome {
    let bytes = vector.bytes("record");
    let record = InstantRecord::parse(&bytes).map_err(release_code)?;
    assert_eq!(record.to_bytes(), bytes);
    let (claim, binding, parties) = claim(vector);
    let key = record
        .open(&claim, &binding, &parties.sender)
        .map_err(release_code)?;
    assert_eq!(key.expose(), &vector.array("parcel_key"));
    let id = ClaimId::from_bytes(vector.array("claim_id"));
    assert_eq!(record.id(), id);
    let auth = claim.auth(&id);
    assert_eq!(auth.expose(), &vector.array("auth"));
    assert_eq!(auth.hash().as_bytes(), &vector.array("auth_sha256"));
    let fresh = (id, vector.array("nonce"));
    let again = InstantRecord::seal(&key, &claim, fresh, &binding, &parties.sender);
    assert_eq!(again.map_err(release_code)?, record);
    Ok(())
}
