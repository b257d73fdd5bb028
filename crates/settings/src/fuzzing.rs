//! The laws that any bytes must keep: what `fuzz/fuzz_targets/settings.rs` and a plain test call.
//!
//! Each function takes any bytes, and panics where a law is broken: a reader that cannot read says so, and
//! what it read can be written, read again, and is the same.

use std::path::Path;

use crate::bundle::stamp::Stamp;
use crate::bundle::whole::Bundle;
use crate::convert::{self, Format, Wishes};
use crate::extra::List;
use crate::k9s::writer::Signatures;
use crate::mobileconfig::writer::Texts;
use crate::secret::Secret;
use crate::thunderbird::nss::{self, Keys};
use crate::thunderbird::prefs::Prefs;
use crate::thunderbird::{books, database, filters, logins, mbox};
use crate::vcard::card;
use crate::vcard::writer::Version;
use crate::{der, html, openpgp, p12, x509};

/// Takes any bytes, and must not panic.
pub type Reader = fn(&[u8]);

/// Each reader with its name.
pub const READERS: &[(&str, Reader)] = &[
    ("prefs", prefs),
    ("logins", logins_json),
    ("key4", key_database),
    ("abook", address_book),
    ("filters", filter_rules),
    ("mbox", mails),
    ("vcard", vcards),
    ("bundle", bundle),
    ("file", any_file),
    ("p12", pkcs12),
    ("openpgp", openpgp_ring),
    ("html", signature),
];

fn stamp() -> Stamp {
    Stamp {
        id: "b0f5c1de-0000-4000-8000-000000000001".to_owned(),
        created: "2026-03-02T09:00:00Z".to_owned(),
    }
}

/// The first byte chooses the reader, the rest is for it.
pub fn run(data: &[u8]) {
    if let Some((&choice, rest)) = data.split_first() {
        let at = usize::from(choice) % READERS.len();
        READERS
            .get(at)
            .into_iter()
            .for_each(|(_, reader)| reader(rest));
    }
}

fn prefs(data: &[u8]) {
    let (prefs, _) = Prefs::parse(&String::from_utf8_lossy(data));
    let (again, odd) = Prefs::parse(&prefs.write());
    assert!(odd == 0, "what is written can be read");
    assert!(prefs.write() == again.write(), "preferences stay the same");
}

fn filter_rules(data: &[u8]) {
    let (rules, _) = filters::parse(&String::from_utf8_lossy(data), "account1", 0);
    let (text, left_out) = filters::write(&rules);
    let written: Vec<_> = rules
        .iter()
        .filter(|rule| !left_out.contains(&rule.id.as_str()))
        .collect();
    let (again, odd) = filters::parse(&text, "account1", 0);
    assert!(odd == 0, "what is written can be read");
    assert!(again.len() == written.len(), "no rule is lost or made");
    for (rule, again) in written.into_iter().zip(&again) {
        let kinds = |list: &List<crate::bundle::content::Action>| -> Vec<String> {
            list.iter().map(|action| action.kind.clone()).collect()
        };
        assert!(
            kinds(&rule.actions) == kinds(&again.actions),
            "a rule does what it did"
        );
    }
}

fn logins_json(data: &[u8]) {
    let _ = logins::open(data, &Keys::empty());
}

/// As the key database and as the one of certificates.
fn key_database(data: &[u8]) {
    let Ok(connection) = database::from_bytes(data) else {
        return;
    };
    let _ = database::is_sound(&connection);
    for password in [None, Some(Secret::new("x".to_owned()))] {
        if let Ok(keys) = Keys::unlock(&connection, password.as_ref()) {
            for id in nss::private_key_ids(&connection).unwrap_or_default() {
                let _ = keys.private_key(&id);
            }
        }
    }
    for certificate in nss::certificates(&connection).unwrap_or_default() {
        let _ = x509::Certificate::parse(&certificate.der).map(|parsed| parsed.emails());
    }
}

fn address_book(data: &[u8]) {
    if let Ok(connection) = database::from_bytes(data) {
        let _ = books::read(&connection, |_| None);
    }
}

fn mails(data: &[u8]) {
    let mails = mbox::split(data);
    let again = mbox::split(&mbox::join(mails.iter().map(Vec::as_slice)));
    assert!(again.len() == mails.len(), "no mail is lost or made");
    mails.iter().for_each(|mail| drop(mbox::subject(mail)));
}

fn vcards(data: &[u8]) {
    let (cards, _) = card::split(&String::from_utf8_lossy(data));
    let text: String = cards.iter().map(card::Card::write).collect();
    let (again, odd) = card::split(&text);
    assert!(odd == 0, "what is written can be read");
    let rewritten: String = again.iter().map(card::Card::write).collect();
    assert!(text == rewritten, "cards stay the same");
    assert!(
        text.split("\r\n").all(|line| line.len() <= 75),
        "lines are folded"
    );
}

fn bundle(data: &[u8]) {
    let Ok(opened) = Bundle::parse(data) else {
        return;
    };
    let json = opened.bundle.to_json();
    let again = Bundle::parse(&json).map(|opened| opened.bundle.to_json());
    assert!(
        again.is_ok_and(|again| again == json),
        "a bundle stays the same"
    );
    write_all(&opened.bundle);
    let mut open = opened.bundle;
    open.remove_secrets();
    let _ = open.to_json();
}

/// Every writer takes every bundle, and what it wrote is read again.
fn write_all(bundle: &Bundle) {
    let wishes = Wishes {
        signatures: Signatures::Html,
        vcard: Version::Three,
        texts: Texts {
            name: "Mail".to_owned(),
            description: String::new(),
            organization: String::new(),
        },
        signer: None,
    };
    for (_, format) in convert::FORMATS {
        let Ok(written) = convert::write(bundle, *format, &wishes) else {
            continue;
        };
        for file in written.files {
            let stays = Path::new(&file.name)
                .components()
                .all(|part| matches!(part, std::path::Component::Normal(_)));
            assert!(stays, "no file leads upwards");
            let reads_back = matches!(format, Format::K9s | Format::MobileConfig);
            let input = convert::Input::File {
                name: &file.name,
                bytes: &file.bytes,
            };
            let again = convert::read(input, &stamp(), None);
            assert!(!reads_back || again.is_ok(), "what is written can be read");
        }
    }
}

fn any_file(data: &[u8]) {
    for name in ["a", "a.k9s", "a.mobileconfig", "a.vcf", "a.sieve"] {
        let input = convert::Input::File { name, bytes: data };
        if let Ok(bundle) = convert::read(input, &stamp(), None) {
            write_all(&bundle);
        }
    }
}

fn pkcs12(data: &[u8]) {
    let _ = p12::open(data, &Secret::new("sample-p12".to_owned()));
    let mut reader = der::Reader::new(data);
    while let Some(node) = reader.next() {
        let _ = node.octets();
    }
}

fn openpgp_ring(data: &[u8]) {
    let (keys, is_whole) = openpgp::split(data);
    let bytes: Vec<u8> = keys.into_iter().flat_map(|key| key.bytes).collect();
    assert!(data.starts_with(&bytes), "keys are pieces of their ring");
    assert!(!is_whole || data == bytes, "nothing is lost between keys");
}

fn signature(data: &[u8]) {
    let _ = html::to_text(&String::from_utf8_lossy(data));
}
