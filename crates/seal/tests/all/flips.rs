//! Whatever byte of a record is changed, nothing opens: every byte of every record of levels 3 and 4.

use depesche_seal::going_on;
use depesche_seal::key::{
    AccountId, ClaimId, ClaimSeed, Hash, KemSeed, KeyringKey, ParcelId, ParcelKey, SignatureSeed,
};
use depesche_seal::keyring::{Body, Fresh, Keyring};
use depesche_seal::kit::{KitId, KitSecret};
use depesche_seal::lock::Lock;
use depesche_seal::manifest::{Manifest, Sender};
use depesche_seal::parcel::{Flags, Level, SealedManifest};
use depesche_seal::record::{Chain, SignedRecord, WordList};
use depesche_seal::release::{self, InstantRecord, Mode, Parties};
use depesche_seal::signature::SigningKey;
use depesche_seal::signed::{self, Signer};
use depesche_seal::stanza::{Binding, Opener, ReleasedStanza, Stanza};
use depesche_seal::stream::StreamHeader;
use depesche_seal::trust::{Pin, SenderKey, Verified};
use proptest::prelude::*;

const UMK: [u8; 32] = [0x55; 32];

/// Each byte in turn, under a mask that is never zero.
fn refuses_every_flip(
    good: &[u8],
    mask: u8,
    opens: impl Fn(&[u8]) -> bool,
) -> Result<(), TestCaseError> {
    prop_assert!(opens(good), "unchanged it opens");
    for at in 0..good.len() {
        let mut changed = good.to_vec();
        changed[at] ^= mask;
        prop_assert!(!opens(&changed), "byte {at} under {mask:#04x}");
    }
    for len in [0, 1, good.len() / 2, good.len() - 1] {
        prop_assert!(!opens(&good[..len]), "{len} bytes");
    }
    prop_assert!(!opens(&[good, &[mask]].concat()), "a byte too many");
    Ok(())
}

fn person(label: u8) -> (Keyring, SignedRecord, Fresh) {
    let fresh = Fresh {
        signature_seed: SignatureSeed::from_bytes(&[label; 32]),
        kem_seed: KemSeed::from_bytes(&[label + 1; 32]),
        claim_seed: ClaimSeed::from_bytes(&[label + 2; 32]),
    };
    let account = AccountId::from_bytes([label; 16]);
    let made = Keyring::make(&fresh, account, 1_790_000_000_000, WordList::De);
    let (keyring, record) = made.expect("a good time");
    (keyring, record, fresh)
}

/// A parcel of level 4 by the first person, and its stanza for the second.
struct Scene {
    sender: SignedRecord,
    opener: SignedRecord,
    kem: KemSeed,
    parcel: SealedManifest,
    released: ReleasedStanza,
}

fn scene() -> Scene {
    let (ring, sender, fresh) = person(10);
    let (_, opener, own) = person(20);
    let signing = SigningKey::new(&fresh.signature_seed);
    let signer = Signer::new(&signing, sender.record()).expect("its own record");
    let manifest = Manifest {
        created: 1,
        sender: Sender {
            account: Some(sender.record().account()),
            address: "a@example.test".into(),
            fingerprint: Some(ring.fingerprint()),
        },
        in_reply_to: None,
        subject: Some("Befund".into()),
        body: None,
        files: vec![],
        packs: vec![],
    };
    let key = ParcelKey::from_bytes(&[7; 32]);
    let fresh = StreamHeader::from_random(&[8; StreamHeader::RANDOM]);
    let name = (ParcelId::from_bytes([9; 16]), Flags::of(Level::KeyedAll));
    let parcel = signed::seal(&key, name, fresh, &manifest, &signer).expect("a small parcel");
    let binding = Binding::of(&parcel);
    let stanza = Stanza::seal(&key, opener.record(), &binding, &[6; 64]).expect("a good key");
    Scene {
        released: stanza.release_as_sender(&signer, &binding),
        sender,
        opener,
        kem: own.kem_seed,
        parcel,
    }
}

impl Scene {
    fn opens(&self, released: &[u8], parcel: &[u8]) -> bool {
        let opener = Opener {
            record: self.opener.record(),
            kem: &self.kem,
        };
        let Ok(parcel) = SealedManifest::parse(parcel.to_vec()) else {
            return false;
        };
        let half = ReleasedStanza::parse(released).and_then(|one| one.open(&opener, &parcel));
        let Ok(half) = half else { return false };
        let account = self.sender.record().account();
        let chain = Chain::verify(vec![self.sender.clone()], &account).expect("one record");
        let pin = Pin {
            account,
            address: String::new(),
            fingerprint: self.sender.record().fingerprint(),
            verified: Verified::Code,
            at: 0,
        };
        let key = SenderKey::find(&chain, half.sender(), Some(&pin));
        key.is_ok_and(|key| half.check(Some(&key)).is_ok())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    #[test]
    fn of_a_stanza_with_its_release(mask in 1..=u8::MAX) {
        let scene = scene();
        let parcel = scene.parcel.as_bytes();
        refuses_every_flip(&scene.released.to_bytes(), mask, |changed| scene.opens(changed, parcel))?;
    }

    #[test]
    fn of_a_signed_parcel(mask in 1..=u8::MAX) {
        let scene = scene();
        let released = scene.released.to_bytes();
        refuses_every_flip(scene.parcel.as_bytes(), mask, |changed| scene.opens(&released, changed))?;
    }

    #[test]
    fn of_a_key_record(mask in 1..=u8::MAX) {
        let (_, first, fresh) = person(10);
        let (mut ring, _, _) = person(10);
        let (_, _, next) = person(30);
        let second = ring.rotate(&next, &first, 1_790_000_000_001, WordList::En).expect("its own record");
        let account = first.record().account();
        prop_assert!(!ring.is_of(first.record()) && ring.is_of(second.record()));
        prop_assert!(first.record().is_of(&fresh.kem_seed));
        refuses_every_flip(&second.to_bytes(), mask, |changed| {
            let second = SignedRecord::parse(changed);
            second.is_ok_and(|second| Chain::verify(vec![first.clone(), second], &account).is_ok())
        })?;
    }

    #[test]
    fn of_a_lock(mask in 1..=u8::MAX) {
        let (umk, account) = (KeyringKey::from_bytes(&UMK), AccountId::from_bytes([1; 16]));
        let kit = KitSecret::from_bytes(&[2; 20]);
        let lock = Lock::seal_kit(&umk, &account, (1, KitId::from_bytes([3; 8])), &kit, [4; 12]);
        refuses_every_flip(&lock.to_bytes(), mask, |changed| {
            Lock::parse(changed).and_then(|lock| lock.open_kit(&account, &kit)).is_ok()
        })?;
    }

    #[test]
    fn of_a_keyring(mask in 1..=u8::MAX) {
        let (mut ring, record, _) = person(10);
        let (umk, account) = (KeyringKey::from_bytes(&UMK), record.record().account());
        ring.set_pin(Pin {
            account: AccountId::from_bytes([3; 16]),
            address: "b@example.test".into(),
            fingerprint: record.record().fingerprint(),
            verified: Verified::Words,
            at: 5,
        });
        let body = Body::seal(&ring, &umk, account, 3, [4; 12]).expect("a small keyring");
        refuses_every_flip(&body.to_bytes(), mask, |changed| {
            Body::parse(changed).and_then(|body| body.open(&umk, &account)).is_ok()
        })?;
    }

    #[test]
    fn of_an_instant_claim(mask in 1..=u8::MAX) {
        let scene = scene();
        let binding = Binding::of(&scene.parcel);
        let sender = scene.sender.record().fingerprint();
        let seed = ClaimSeed::from_bytes(&[1; 32]);
        let parcel = binding.header.id();
        let code = release::derive_code(&seed, &parcel, "b@example.test", 0, (Mode::Instant, WordList::En));
        let claim = release::stretch(&code, &parcel).expect("memory");
        let fresh = (ClaimId::from_bytes([2; 16]), [3; 12]);
        let key = ParcelKey::from_bytes(&[7; 32]);
        let record = InstantRecord::seal(&key, &claim, fresh, &binding, &sender).expect("its parcel");
        refuses_every_flip(&record.to_bytes(), mask, |changed| {
            InstantRecord::parse(changed).and_then(|one| one.open(&claim, &binding, &sender)).is_ok()
        })?;
    }

    #[test]
    fn of_a_going_on_record(mask in 1..=u8::MAX) {
        let (umk, id) = (KeyringKey::from_bytes(&UMK), ParcelId::from_bytes([1; 16]));
        let fresh = StreamHeader::from_random(&[2; StreamHeader::RANDOM]);
        let record = going_on::seal(&umk, &id, fresh, b"what the client keeps").expect("a small text");
        refuses_every_flip(&record, mask, |changed| going_on::open(&umk, &id, changed).is_ok())?;
    }
}

/// A tag holds for one pair of keys, one parcel, one stanza and one purpose.
#[test]
fn a_tag_holds_for_one_thing() {
    let scene = scene();
    let (binding, stanza) = (Binding::of(&scene.parcel), scene.released.stanza());
    let parcel = binding.header.id();
    let seed = ClaimSeed::from_bytes(&[1; 32]);
    let claim = |attempt| {
        let list = (Mode::Confirm, WordList::En);
        let code = release::derive_code(&seed, &parcel, "b@example.test", attempt, list);
        release::stretch(&code, &parcel).expect("memory")
    };
    let (right, wrong) = (claim(0), claim(1));
    let parties = Parties {
        sender: scene.sender.record().fingerprint(),
        recipient: scene.opener.record().fingerprint(),
    };
    let swapped = Parties {
        sender: parties.recipient,
        recipient: parties.sender,
    };
    let tag = right.register(&parties);
    assert!(right.check_registration(&parties, &tag).is_ok());
    assert!(wrong.check_registration(&parties, &tag).is_err());
    assert!(right.check_registration(&swapped, &tag).is_err());
    let tag = right
        .release(&parties, &binding, stanza)
        .expect("its parcel");
    assert!(
        right
            .check_release(&parties, &binding, stanza, &tag)
            .is_ok()
    );
    assert!(
        wrong
            .check_release(&parties, &binding, stanza, &tag)
            .is_err()
    );
    let other = Binding {
        manifest: Hash::of(b"another"),
        ..binding
    };
    assert!(right.check_release(&parties, &other, stanza, &tag).is_err());
    let (key, another) = (
        ParcelKey::from_bytes(&[7; 32]),
        ParcelKey::from_bytes(&[8; 32]),
    );
    let ack = right
        .acknowledge(&key, &parties, &binding, stanza)
        .expect("its parcel");
    assert!(
        right
            .check_acknowledgement(&key, &parties, &binding, (stanza, &ack))
            .is_ok()
    );
    assert!(
        right
            .check_acknowledgement(&another, &parties, &binding, (stanza, &ack))
            .is_err()
    );
}
