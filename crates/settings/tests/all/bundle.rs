//! The bundle: what this version does not know comes through, what it must not read is refused.

use depesche_settings::bundle::weight::{PARTS, Part};
use depesche_settings::bundle::whole::{Bundle, Error};
use depesche_settings::extra::Word;
use serde_json::{Value, json};

use crate::harness::{sample, sample_bundle, spoken};

fn value(json: &[u8]) -> Value {
    serde_json::from_slice(json).expect("JSON")
}

#[test]
fn a_bundle_comes_back_as_it_was() {
    for name in ["bundle.json", "bundle-future-1.7.json"] {
        let opened = Bundle::parse(&sample(name)).expect(name);
        assert_eq!(
            value(&opened.bundle.to_json()),
            value(&sample(name)),
            "{name}"
        );
    }
}

#[test]
fn a_later_version_is_read_as_far_as_possible() {
    let opened = Bundle::parse(&sample("bundle-future-1.7.json")).expect("a bundle");
    assert_eq!(
        spoken(&opened.notes),
        ["bundle/1.7: newer-version", "stickers: unknown-category"]
    );
    let account = opened.bundle.accounts.iter().next().expect("an account");
    assert_eq!(account.incoming.protocol, Word::Other("jmap3".to_owned()));
    assert_eq!(account.incoming.known_protocol(), None);
}

#[test]
fn what_has_another_shape_is_kept_and_told() {
    let mut document = value(&sample("bundle.json"));
    document["accounts"][1]["incoming"]["port"] = json!("imaps");
    document["tags"] = json!({ "one": 1 });
    document["losses"] = json!(null);
    document["blobs"]["sha256-00"] = json!({ "type": "text/plain", "data": "AA==" });
    document["blobs"]["no"] = json!(7);
    let opened = Bundle::parse(document.to_string().as_bytes()).expect("a bundle");
    assert_eq!(
        spoken(&opened.notes),
        [
            "accounts/1: not-understood",
            "tags/1: not-understood",
            "blobs/no: damaged",
            "blobs/sha256-00: damaged",
        ]
    );
    assert_eq!(opened.bundle.accounts.iter().count(), 4);
    assert_eq!(value(&opened.bundle.to_json()), document);
}

#[test]
fn what_is_no_bundle_is_refused_with_a_reason() {
    let with = |member: &str, value: Value| {
        let mut document = self::value(&sample("bundle.json"));
        document[member] = value;
        Bundle::parse(document.to_string().as_bytes())
            .expect_err("refused")
            .to_string()
    };
    let damaged =
        Bundle::parse(b"{\"format\": \"depesche.settings\",\n\"accounts\": [").unwrap_err();
    assert!(matches!(damaged, Error::NotJson { line: 2 }), "{damaged}");
    assert!(matches!(Bundle::parse(b""), Err(Error::NotJson { .. })));
    assert!(matches!(Bundle::parse(b"[]"), Err(Error::OtherFormat)));
    assert_eq!(
        with("version", json!("2.0")),
        "this bundle has version 2.0, this program reads 1.x; update the program"
    );
    for version in ["1", "1.", "1.x", "01.0", "1.0 ", ""] {
        assert!(
            with("version", json!(version)).contains("reads 1.x"),
            "{version:?}"
        );
    }
    assert!(with("created", json!(3)).contains("this bundle is damaged"));
}

#[test]
fn references_that_lead_nowhere_are_losses() {
    let mut document = value(&sample("bundle.json"));
    document["accounts"][0]["identities"] = json!(["id1", "nobody"]);
    document["identities"][1]["outgoing"] = json!("gone");
    document["identities"][2]["signature"] = json!("gone");
    document["blobs"] = json!({});
    let bundle = Bundle::parse(document.to_string().as_bytes())
        .expect("a bundle")
        .bundle;
    let losses = spoken(&bundle.broken_references());
    for expected in [
        "accounts/account1",
        "identities/id2",
        "identities/id3",
        "templates/tpl-1",
    ] {
        let expected = format!("{expected}: broken-reference");
        assert!(losses.contains(&expected), "{expected} in {losses:?}");
    }
    assert_eq!(sample_bundle().broken_references(), []);
}

const CARDS: &str = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Jana\r\nPHOTO:data:image/jpeg;base64,AAAA\r\n BBBB\r\n\tCCCC\r\nTEL:1\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:4.0\r\nUID:2\r\nFN:Petr\r\nitem1.logo;VALUE=uri:data:,x\r\n y\r\nNOTE:PHOTO:stays\r\nEND:VCARD\r\n";
const BARE: &str = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Jana\r\nTEL:1\r\nEND:VCARD\r\n\
    BEGIN:VCARD\r\nVERSION:4.0\r\nUID:2\r\nFN:Petr\r\nNOTE:PHOTO:stays\r\nEND:VCARD\r\n";

fn with_photos() -> Bundle {
    let mut bundle = Bundle::parse(&sample("bundle.json"))
        .expect("a bundle")
        .bundle;
    let contacts = bundle.blobs.insert("text/vcard", CARDS.as_bytes().to_vec());
    let book = bundle.address_books.iter_mut().next().expect("a book");
    book.contacts = Some(contacts);
    bundle
}

#[test]
fn photos_are_left_out_and_the_contacts_stay() {
    let mut bundle = with_photos();
    let (before, id) = (bundle.to_json().len(), {
        let book = bundle.address_books.iter().next().expect("a book");
        book.id.clone()
    });
    let photos = |bundle: &Bundle| {
        let weights = bundle.weights();
        weights
            .iter()
            .find(|(part, _)| *part == Part::Photos)
            .map(|(_, size)| *size)
    };
    assert_eq!(
        photos(&bundle),
        Some((CARDS.len() - BARE.len()).div_ceil(3) as u64 * 4)
    );
    bundle.leave_out(Part::Photos);
    assert_eq!(photos(&bundle), None);
    let book = bundle.address_books.iter().next().expect("a book");
    let cards = bundle.bytes_of(book.contacts.as_ref().expect("contacts"));
    assert_eq!(cards, Some(BARE.as_bytes()));
    assert!(
        bundle.to_json().len() < before,
        "what nothing names is gone"
    );
    let losses = spoken(&bundle.losses.iter().cloned().collect::<Vec<_>>());
    assert!(
        losses.contains(&format!("addressBooks/{id}: photos-omitted")),
        "{losses:?}"
    );
    // A second time there is nothing to do.
    let again = bundle.clone();
    bundle.leave_out(Part::Photos);
    assert_eq!(bundle, again);
}

#[test]
fn every_part_can_be_left_out_and_nothing_leads_to_it() {
    let whole = with_photos();
    let weights = whole.weights();
    assert!(weights.is_sorted_by(|a, b| a.1 >= b.1), "the largest first");
    for (name, part) in PARTS {
        assert_eq!((Part::parse(name), part.name()), (Some(part), name));
        let mut bundle = whole.clone();
        bundle.leave_out(part);
        let left = bundle.weights();
        assert!(
            left.iter().all(|(other, _)| *other != part),
            "{name}: {left:?}"
        );
        assert!(bundle.broken_references().is_empty(), "{name}");
        let known = weights.iter().find(|(known, _)| *known == part);
        let (before, after) = (whole.to_json().len(), bundle.to_json().len());
        assert!(
            known.is_none() || after < before,
            "{name}: {before} {after}"
        );
        let json = bundle.to_json();
        let again = Bundle::parse(&json).expect(name).bundle;
        assert_eq!(again, bundle, "{name}");
    }
}
