//! Profiles: with and without primary password, in use, damaged, newer, somebody else's.

use std::fs;
use std::path::Path;

use depesche_settings::bundle::whole::Bundle;
use depesche_settings::convert::{self, Error, Input};
use depesche_settings::thunderbird::error::Error as Profile;
use depesche_settings::thunderbird::{profiles, snapshot};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{PLAIN, PROTECTED, copied, opening, profile, sample, spoken, stamp, unpacked};

fn read(copy: &Path, password: Option<&str>) -> Result<Bundle, Error> {
    convert::read(Input::Profile(copy), &stamp(), Some(&opening(password)))
}

fn error(copy: &Path, password: Option<&str>) -> Profile {
    match read(copy, password) {
        Err(Error::Thunderbird(error)) => error,
        other => panic!("{:?}", other.map(|_| "read")),
    }
}

fn value(bundle: &Bundle) -> Value {
    serde_json::from_slice(&bundle.to_json()).expect("JSON")
}

/// The sample bundle was made by hand from the same profile.
#[test]
fn a_profile_becomes_its_bundle() {
    let read = value(&profile(PLAIN, Some(&opening(None))));
    let hand: Value = serde_json::from_slice(&sample("bundle.json")).expect("JSON");
    for category in [
        "accounts",
        "outgoingServers",
        "identities",
        "signatures",
        "quickTexts",
        "tags",
        "rules",
        "calendars",
    ] {
        assert_eq!(read[category], hand[category], "{category}");
    }
    let key = &read["openpgpKeys"][0];
    for member in ["keyId", "userIds", "data", "passphrase", "secret"] {
        assert_eq!(key[member], hand["openpgpKeys"][0][member], "{member}");
    }
    for (id, blob) in hand["blobs"].as_object().expect("blobs") {
        // Keys are sealed anew; the templates of the sample kept a piece of one of Thunderbird's headers.
        let is_same = [
            "image/png",
            "text/vcard;version=4.0",
            "application/pgp-keys",
        ];
        if is_same.iter().any(|kind| blob["type"] == **kind) {
            assert_eq!(read["blobs"][id], *blob, "{id}");
        }
    }
    let names: Vec<&Value> = read["templates"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|t| &t["name"])
        .collect();
    assert_eq!(names, ["Angebot Nr.", "Terminbestätigung ✔", "Rechnung"]);
}

#[test]
fn a_primary_password_changes_nothing_but_the_lock() {
    // The contact that lies in a write-ahead log alone is in the plain sample alone.
    let without_contacts = |mut bundle: Value| {
        let _ = bundle
            .as_object_mut()
            .expect("a bundle")
            .remove("addressBooks");
        let blobs = bundle["blobs"].as_object_mut().expect("blobs");
        blobs.retain(|_, blob| blob["type"] != "text/vcard;version=4.0");
        bundle
    };
    let plain = value(&profile(PLAIN, Some(&opening(None))));
    let protected = value(&profile(
        PROTECTED,
        Some(&opening(Some("Haupt-Passwort-7"))),
    ));
    assert_eq!(without_contacts(plain), without_contacts(protected));
}

#[test]
fn a_wrong_primary_password_is_one_clear_error() {
    let copy = copied(PROTECTED);
    assert!(matches!(
        error(copy.path(), None),
        Profile::PrimaryPasswordNeeded
    ));
    assert!(matches!(
        error(copy.path(), Some("falsch")),
        Profile::WrongPrimaryPassword
    ));
    assert!(matches!(
        error(copy.path(), Some("haupt-passwort-7")),
        Profile::WrongPrimaryPassword
    ));
    // Without secrets no password is needed.
    assert!(convert::read(Input::Profile(copy.path()), &stamp(), None).is_ok());
}

#[test]
fn the_copy_has_what_is_only_in_the_write_ahead_log() {
    let (_folder, source) = unpacked(PLAIN);
    let contacts = |copy: &Path| {
        let bundle = read(copy, None).expect("a profile");
        let book = bundle.address_books.iter().next().expect("a book");
        let id = book.contacts.clone().expect("contacts");
        String::from_utf8(bundle.bytes_of(&id).expect("a blob").to_vec()).expect("UTF-8")
    };
    let copy = TempDir::new().expect("a folder");
    snapshot::take(&source, copy.path(), None).expect("a copy");
    assert!(contacts(copy.path()).contains("FN:Wal Nurimwal"));
    // The proof that the sample tests this at all.
    fs::remove_file(source.join("abook.sqlite-wal")).expect("the log");
    let copy = TempDir::new().expect("a folder");
    snapshot::take(&source, copy.path(), None).expect("a copy");
    assert!(!contacts(copy.path()).contains("FN:Wal Nurimwal"));
}

#[test]
fn the_profile_itself_stays_as_it_was() {
    let (_folder, source) = unpacked(PLAIN);
    let state = || -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let entries = fs::read_dir(&source).expect("the profile");
        let mut files: Vec<_> = entries
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.is_file())
            .map(|path| (path.clone(), fs::read(path).expect("a file")))
            .collect();
        files.sort();
        files
    };
    let before = state();
    let copy = TempDir::new().expect("a folder");
    snapshot::take(&source, copy.path(), None).expect("a copy");
    read(copy.path(), None).expect("a profile");
    assert_eq!(before, state(), "no file came, went or changed");
}

#[test]
fn a_profile_in_use_is_read_all_the_same() {
    let (_folder, source) = unpacked(PLAIN);
    std::os::unix::fs::symlink("127.0.1.1:+4711", source.join("lock")).expect("a lock");
    fs::write(source.join(".parentlock"), "").expect("a lock");
    let copy = TempDir::new().expect("a folder");
    snapshot::take(&source, copy.path(), None).expect("a copy");
    assert_eq!(
        read(copy.path(), None)
            .expect("a profile")
            .accounts
            .iter()
            .count(),
        5
    );
}

#[test]
fn what_is_no_profile_or_another_users_is_refused() {
    let folder = TempDir::new().expect("a folder");
    let copy = TempDir::new().expect("a folder");
    let taken = snapshot::take(folder.path(), copy.path(), None);
    assert!(matches!(taken, Err(Profile::NotAProfile)));
    assert!(matches!(error(folder.path(), None), Profile::NotAProfile));
    let (_folder, source) = unpacked(PLAIN);
    use std::os::unix::fs::MetadataExt;
    let owner = fs::metadata(source.join("prefs.js"))
        .expect("prefs.js")
        .uid();
    assert!(snapshot::take(&source, copy.path(), Some(owner)).is_ok());
    let taken = snapshot::take(&source, copy.path(), Some(owner + 1));
    assert!(matches!(taken, Err(Profile::OtherUser)));
}

#[test]
fn a_newer_profile_is_read_and_told() {
    let copy = copied(PLAIN);
    let ini = "[Compatibility]\nLastVersion=199.1_2030/2030\nLastOSABI=Darwin_aarch64-gcc3\n";
    fs::write(copy.path().join("compatibility.ini"), ini).expect("a file");
    let bundle = read(copy.path(), None).expect("a profile");
    assert!(spoken(bundle.losses.iter()).contains(&"bundle/199.1: newer-thunderbird".to_owned()));
    assert_eq!(bundle.source.os.as_deref(), Some("macos"));
}

#[test]
fn damage_is_an_error_for_secrets_and_a_loss_elsewhere() {
    let damage = |file: &str, bytes: &[u8]| {
        let copy = copied(PLAIN);
        fs::write(copy.path().join(file), bytes).expect("a file");
        copy
    };
    let copy = damage("key4.db", b"SQLite format 3\0 and then nothing");
    assert!(matches!(error(copy.path(), None), Profile::Damaged { file } if file == "key4.db"));
    let copy = damage("logins.json", b"{\"logins\": [");
    assert!(matches!(error(copy.path(), None), Profile::Damaged { file } if file == "logins.json"));
    let copy = damage("prefs.js", b"\0\xff\xfe");
    assert!(matches!(error(copy.path(), None), Profile::Damaged { file } if file == "prefs.js"));
    let cases = [
        ("abook.sqlite", "addressBooks/ab-personal: damaged"),
        ("cert9.db", "certificates: damaged"),
        ("secring.gpg", "openpgpKeys: damaged"),
        ("quicktext/templates.xml", "quickTexts: damaged"),
        (
            "ImapMail/imap.example.com/msgFilterRules.dat",
            "rules/account1: lines-not-understood",
        ),
    ];
    for (file, loss) in cases {
        let copy = damage(file, b"\x01 nonsense <<\n\xff\n");
        let bundle = read(copy.path(), None).expect(file);
        let losses = spoken(bundle.losses.iter());
        assert!(
            losses.iter().any(|told| told == loss),
            "{loss} in {losses:?}"
        );
        assert_eq!(
            bundle.accounts.iter().count(),
            5,
            "{file}: the rest is read"
        );
    }
}

#[test]
fn a_database_that_is_damaged_at_the_source_is_named() {
    let (_folder, source) = unpacked(PLAIN);
    let mut bytes = fs::read(source.join("cert9.db")).expect("a database");
    bytes.truncate(70_000);
    fs::write(source.join("cert9.db"), bytes).expect("a file");
    let copy = TempDir::new().expect("a folder");
    let taken = snapshot::take(&source, copy.path(), None);
    assert!(matches!(taken, Err(Profile::Damaged { file }) if file == "cert9.db"));
}

#[test]
fn files_outside_the_profile_stay_there() {
    let (_folder, source) = unpacked(PLAIN);
    let outside = source.parent().expect("a folder").join("geheim.txt");
    fs::write(&outside, "Geheim-draussen").expect("a file");
    let prefs = fs::read_to_string(source.join("prefs.js")).expect("prefs.js");
    let prefs = prefs.replace("[ProfD]signatur-info.txt", "[ProfD]../geheim.txt");
    let prefs = prefs.replace("[ProfD]ImapMail/imap.example.com", "[ProfD]/etc");
    fs::write(source.join("prefs.js"), prefs).expect("prefs.js");
    fs::remove_file(source.join("secring.gpg")).expect("a ring");
    std::os::unix::fs::symlink(&outside, source.join("secring.gpg")).expect("a link");
    let copy = TempDir::new().expect("a folder");
    snapshot::take(&source, copy.path(), None).expect("a copy");
    let bundle = read(copy.path(), None).expect("a profile");
    let losses = spoken(bundle.losses.iter());
    assert!(
        losses.contains(&"signatures/id2: file-outside-the-profile".to_owned()),
        "{losses:?}"
    );
    let json = String::from_utf8(bundle.to_json()).expect("UTF-8");
    assert!(!json.contains("Geheim-draussen"));
    assert!(!copy.path().join("secring.gpg").exists());
}

#[test]
fn an_endless_table_is_given_up() {
    let copy = copied(PLAIN);
    let path = copy.path().join("abook.sqlite");
    fs::remove_file(&path).expect("the book");
    let database = rusqlite::Connection::open(&path).expect("a database");
    let endless =
        "CREATE VIEW properties AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
                   SELECT 1 AS rowid, 'a' AS card, 'b' AS name, '' || i AS value FROM n;";
    database.execute_batch(endless).expect("a view");
    drop(database);
    let bundle = read(copy.path(), None).expect("a profile");
    let losses = spoken(bundle.losses.iter());
    assert!(
        losses.contains(&"addressBooks/ab-personal: damaged".to_owned()),
        "{losses:?}"
    );
}

#[test]
fn the_installed_programs_profile_is_the_default() {
    let ini = "[Profile1]\nName=alt\nIsRelative=1\nPath=a.default\nDefault=1\n\n\
               [Install12AB]\nDefault=b.default-release\nLocked=1\n\n\
               [Profile0]\nName=default-release\nIsRelative=1\nPath=b.default-release\n\n\
               [Profile2]\nName=weit\nIsRelative=0\nPath=/srv/mail\n[General]\nVersion=2\n";
    let found = profiles::parse(ini);
    let paths: Vec<_> = found
        .iter()
        .map(|p| (p.path.as_str(), p.is_absolute, p.is_default))
        .collect();
    assert_eq!(
        paths,
        [
            ("a.default", false, false),
            ("b.default-release", false, true),
            ("/srv/mail", true, false)
        ]
    );
    assert_eq!(
        profiles::parse("\u{feff}[Profile0]\nPath=x\nDefault=1\n")[0].path,
        "x"
    );
    assert!(profiles::parse("garbage\n=\n[").is_empty());
}
