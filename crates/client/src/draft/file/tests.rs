//! Of the record: compared, replaced, locked, whole or none.

use depesche_seal::key::{KeyringKey, ParcelKey};

use super::*;
use crate::draft::{open_shared, seal_shared};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::atomic::{AtomicU8, Ordering};

/// Other bytes at each draw.
fn world() -> World {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    World {
        clock: || 1_000,
        random: |bytes| bytes.fill(NEXT.fetch_add(1, Ordering::Relaxed)),
    }
}

fn record() -> Record {
    let world = world();
    Record {
        parcel: ParcelId::from_bytes(world.draw()),
        key: ParcelKey::take(&mut world.draw()),
        level: 1,
        server: "https://depesche.example".into(),
        fingerprint: Hash::of(b"the order"),
        created: world.now(),
        objects: vec![Object::make(20 << 20, world), Object::make(0, world)],
        links: vec![Link::make("you@example.test", world)],
    }
}

fn profile() -> (tempfile::TempDir, Profile) {
    let home = tempfile::tempdir().expect("folder");
    let profile = Profile::open(home.path(), "default").expect("profile");
    (home, profile)
}

fn find(profile: &Profile) -> Option<Draft> {
    Draft::find(profile, &Hash::of(b"the order"), &Cover::Plain).expect("looked")
}

fn only_file(profile: &Profile) -> PathBuf {
    let mut files = fs::read_dir(profile.outgoing()).expect("folder");
    files.next().expect("a record").expect("entry").path()
}

#[test]
fn what_was_noted_is_compared_in_a_later_run() {
    let (_home, profile) = profile();
    let draft = Draft::begin(&profile, record(), Cover::Plain).expect("begun");
    let (one, other) = (Hash::of(b"1"), Hash::of(b"2"));
    assert_eq!(draft.note(0, 2, one).expect("noted"), Seen::New);
    assert_eq!(draft.note(1, 0, other).expect("noted"), Seen::New);
    let before = draft.record();
    drop(draft);
    let draft = find(&profile).expect("the draft");
    let after = draft.record();
    assert_eq!(after.parcel, before.parcel);
    assert_eq!(after.key, before.key);
    assert_eq!(after.objects[0].key, before.objects[0].key);
    assert_eq!(after.objects[0].header, before.objects[0].header);
    assert_eq!(after.links[0].secret, before.links[0].secret);
    assert_eq!(draft.note(0, 2, one).expect("noted"), Seen::Same);
    assert_eq!(draft.note(0, 2, other).expect("noted"), Seen::Different);
    assert!(draft.is_known(1, 0) && !draft.is_known(0, 0));
    assert_eq!(draft.hashes(1), Some(vec![other]));
    assert_eq!(draft.hashes(0), None);
}

#[test]
fn a_changed_source_gets_new_keys_and_no_hashes() {
    let (_home, profile) = profile();
    let draft = Draft::begin(&profile, record(), Cover::Plain).expect("begun");
    let (before, other) = (draft.record(), Hash::of(b"2"));
    draft.note(0, 0, Hash::of(b"1")).expect("noted");
    draft.note(1, 0, other).expect("noted");
    draft.replace(0, world()).expect("replaced");
    drop(draft);
    let draft = find(&profile).expect("the draft");
    let after = draft.record();
    assert_ne!(after.objects[0].id, before.objects[0].id);
    assert_ne!(after.objects[0].key, before.objects[0].key);
    assert_ne!(after.objects[0].header, before.objects[0].header);
    assert!(!draft.is_known(0, 0));
    // The other one is as it was.
    assert_eq!(after.objects[1].id, before.objects[1].id);
    assert_eq!(draft.note(1, 0, other).expect("noted"), Seen::Same);
}

#[test]
fn one_writer_at_a_time() {
    let (_home, profile) = profile();
    let draft = Draft::begin(&profile, record(), Cover::Plain).expect("begun");
    assert!(find(&profile).is_none());
    // A rewritten record is still locked.
    draft.replace(0, world()).expect("replaced");
    assert!(find(&profile).is_none());
    drop(draft);
    assert!(find(&profile).is_some());
}

#[test]
fn a_record_that_is_not_whole_is_none() {
    let (_home, profile) = profile();
    drop(Draft::begin(&profile, record(), Cover::Plain).expect("begun"));
    let path = only_file(&profile);
    let good = fs::read(&path).expect("record");
    for damage in [0, 8, HEAD + 3] {
        let mut bytes = good.clone();
        bytes[damage] ^= 1;
        fs::write(&path, bytes).expect("damaged");
        assert!(find(&profile).is_none(), "byte {damage}");
    }
    for length in [0, 20, HEAD, good.len() - 1] {
        fs::write(&path, &good[..length]).expect("cut");
        assert!(find(&profile).is_none(), "{length} bytes");
    }
    fs::write(&path, good).expect("whole again");
    assert!(find(&profile).is_some());
}

#[test]
fn posted_records_keep_links_and_go_with_their_time() {
    let (_home, profile) = profile();
    let draft = Draft::begin(&profile, record(), Cover::Plain).expect("begun");
    let parcel = draft.record().parcel;
    draft.set_posted(5_000).expect("posted");
    drop(draft);
    assert!(find(&profile).is_none());
    let kept = Draft::posted(&profile, &parcel)
        .expect("looked")
        .expect("kept");
    assert_eq!(kept.record().links.len(), 1);
    let mode = fs::metadata(only_file(&profile))
        .expect("record")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    drop(kept);
    prune(&profile, 5_000 + DAY).expect("pruned");
    assert!(Draft::posted(&profile, &parcel).expect("looked").is_some());
    prune(&profile, 5_001 + DAY).expect("pruned today already");
    assert!(Draft::posted(&profile, &parcel).expect("looked").is_some());
    prune(&profile, 5_000 + 3 * DAY).expect("pruned");
    assert!(Draft::posted(&profile, &parcel).expect("looked").is_none());
}

/// L3/L4: on the disk lies nothing that opens the parcel, nor what is in the order.
#[test]
fn a_sealed_record_shows_nothing_and_goes_on_by_the_keyring_alone() {
    use depesche_seal::key::KeyringKey;
    let (_home, profile) = profile();
    let key = KeyringKey::from_bytes(&[7; 32]);
    let cover = Cover::Sealed(key, world());
    let draft = Draft::begin(&profile, record(), cover.clone()).expect("begun");
    draft.note(0, 1, Hash::of(b"1")).expect("noted");
    let before = draft.record();
    drop(draft);
    let bytes = fs::read(only_file(&profile)).expect("the file");
    let secrets = [
        before.key.to_text().as_bytes().to_vec(),
        before.key.expose().to_vec(),
        before.objects[0].key.to_text().as_bytes().to_vec(),
        before.objects[0].key.expose().to_vec(),
        before.fingerprint.to_string().into_bytes(),
    ];
    for secret in secrets {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret));
    }
    let order = Hash::of(b"the order");
    let other = Cover::Sealed(KeyringKey::from_bytes(&[8; 32]), world());
    for wrong in [Cover::Plain, other] {
        assert!(
            Draft::find(&profile, &order, &wrong)
                .expect("looked")
                .is_none()
        );
    }
    let draft = Draft::find(&profile, &order, &cover)
        .expect("looked")
        .expect("it");
    assert_eq!(draft.record().key, before.key);
    assert!(draft.is_known(0, 1) && !draft.is_known(0, 0));
    draft.replace(0, world()).expect("replaced");
    drop(draft);
    assert!(
        Draft::find(&profile, &order, &cover)
            .expect("looked")
            .is_some()
    );
    prune(&profile, i64::MAX / 2).expect("pruned");
    assert!(
        Draft::find(&profile, &order, &cover)
            .expect("looked")
            .is_none()
    );
}

fn keyring(byte: u8) -> KeyringKey {
    KeyringKey::take(&mut [byte; 32])
}

#[test]
fn another_device_gets_what_was_sealed_whole_and_begins_the_rest_anew() {
    let (_home, one) = profile();
    let (_other, two) = profile();
    let (umk, world) = (keyring(1), world());
    let likeness = Hash::of(b"names and sizes");
    let draft = Draft::begin(&one, record(), Cover::Plain).expect("begun");
    let before = draft.record();
    // All parts of the second object, one of the first.
    draft.note(1, 0, Hash::of(b"whole")).expect("noted");
    draft.note(0, 0, Hash::of(b"part")).expect("noted");
    let sealed = seal_shared(&draft, &likeness, &umk, world);
    assert!(open_shared(&before.parcel, &sealed, &keyring(2)).is_none());
    let foreign = ParcelId::from_bytes([9; 16]);
    assert!(open_shared(&foreign, &sealed, &umk).is_none());
    let open = || open_shared(&before.parcel, &sealed, &umk).expect("it opens");
    let sizes = || [20_u64 << 20, 0].into_iter();
    assert!(open().is(&likeness, sizes()));
    assert!(!open().is(&Hash::of(b"another order"), sizes()));
    assert!(!open().is(&likeness, [1_u64, 0].into_iter()));
    let here = ("https://other.example", Hash::of(b"the order here"));
    let cover = Cover::Sealed(umk.clone(), world);
    let taken = open()
        .take(&two, here, cover.clone(), world)
        .expect("taken");
    let after = taken.record();
    assert_eq!((after.parcel, &after.key), (before.parcel, &before.key));
    assert_eq!(after.links[0].id, before.links[0].id);
    let (kept, fresh) = (&after.objects[1], &after.objects[0]);
    assert_eq!(
        (kept.id, &kept.key),
        (before.objects[1].id, &before.objects[1].key)
    );
    assert_ne!(
        (fresh.id, &fresh.key),
        (before.objects[0].id, &before.objects[0].key)
    );
    assert!(
        !taken.is_known(0, 0),
        "nobody here knows which parts have left"
    );
    assert_eq!(
        taken.note(1, 0, Hash::of(b"whole")).expect("noted"),
        Seen::Same
    );
    assert_eq!(
        taken.note(1, 0, Hash::of(b"changed")).expect("noted"),
        Seen::Different
    );
    drop(taken);
    let found = Draft::find(&two, &Hash::of(b"the order here"), &cover).expect("looked");
    assert!(
        found.is_some_and(|found| found.is_known(1, 0)),
        "it lies on the disk"
    );
}
