//! What each format must keep beyond its golden files.

use depesche_settings::bundle::account::Account;
use depesche_settings::bundle::whole::Bundle;
use depesche_settings::convert::{self, Error, Format, Input};
use depesche_settings::k9s::writer::Signatures;
use depesche_settings::vcard::writer::Version;
use depesche_settings::{k9s, mobile_qr, mobileconfig, vcard};

use crate::harness::{sample, sample_bundle, sample_text, spoken, stamp, wishes};

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn the_writers_give_what_the_other_programs_gave() {
    let bundle = sample_bundle();
    let written = k9s::writer::write(&bundle, Signatures::Text);
    assert_eq!(text(written.bytes), sample_text("thunderbird-android.k9s"));
    let written = mobileconfig::writer::write(&bundle, &wishes().texts);
    assert_eq!(text(written.bytes), sample_text("apple.mobileconfig"));
    let written = mobile_qr::writer::write(&bundle);
    let parts = [
        "thunderbird-mobile-qr-part1.json",
        "thunderbird-mobile-qr-part2.json",
    ];
    assert_eq!(written.codes, parts.map(sample_text));
    let written = vcard::writer::write(&bundle, Version::Four);
    let personal = text(written.bytes);
    assert!(
        personal.starts_with(&sample_text("contacts.vcf")),
        "the first book is the sample"
    );
    let mut without = bundle;
    without.remove_passwords();
    let written = mobileconfig::writer::write(&without, &wishes().texts);
    assert_eq!(text(written.bytes), sample_text("apple-nopw.mobileconfig"));
}

#[test]
fn what_cannot_go_along_is_told() {
    let k9s = spoken(&k9s::writer::write(&sample_bundle(), Signatures::Text).losses);
    let qr = spoken(&mobile_qr::writer::write(&sample_bundle()).losses);
    for losses in [&k9s, &qr] {
        for expected in [
            "accounts/account4: authentication-not-supported",
            "accounts/account5: protocol-not-supported",
            "identities/id3: address-not-supported",
            "secrets/account2: oauth2-sign-in-again",
        ] {
            assert!(
                losses.iter().any(|loss| loss == expected),
                "{expected} in {losses:?}"
            );
        }
    }
}

#[test]
fn html_signatures_go_along_if_wished() {
    let written = text(k9s::writer::write(&sample_bundle(), Signatures::Html).bytes);
    assert!(written.contains("<k9settings version=\"111\" format=\"1\">"));
    assert!(written.contains("<value key=\"signatureIsHtml\">true</value>"));
    assert!(written.contains("src=&quot;data:image/png;base64,iVBOR"));
    let again = k9s::reader::read(&written, &stamp())
        .expect("readable")
        .bundle;
    let html = |bundle: &Bundle| bundle.signatures.iter().next().and_then(|s| s.html.clone());
    assert_eq!(html(&again), html(&sample_bundle()));
}

#[test]
fn the_app_gets_its_own_export_back() {
    for name in ["thunderbird-android.k9s", "minimal.k9s"] {
        let first = k9s::reader::read(&sample_text(name), &stamp())
            .expect(name)
            .bundle;
        let written = text(k9s::writer::write(&first, Signatures::Text).bytes);
        let again = k9s::reader::read(&written, &stamp()).expect(name).bundle;
        let names = |bundle: &Bundle| -> Vec<_> {
            bundle
                .accounts
                .iter()
                .map(|a: &Account| (a.id.clone(), a.name.clone()))
                .collect()
        };
        assert_eq!(
            names(&first),
            names(&again),
            "{name}: no second account appears"
        );
        assert_eq!(first.identities, again.identities, "{name}");
        assert_eq!(first.outgoing_servers, again.outgoing_servers, "{name}");
        if name == "thunderbird-android.k9s" {
            assert_eq!(written, sample_text(name));
        }
    }
}

#[test]
fn odd_files_of_the_app_are_refused_with_a_reason() {
    let error = |text: &str| {
        k9s::reader::read(text, &stamp())
            .expect_err("refused")
            .to_string()
    };
    assert!(error("").contains("no XML element"));
    assert!(error("<k9settings format=\"1\">").contains("not well-formed"));
    assert!(error("<html></html>").contains("<k9settings>"));
    assert!(error("<k9settings format=\"2\"/>").contains("format 2"));
    let newer = "<k9settings format=\"1\" version=\"999\"/>";
    let notes = k9s::reader::read(newer, &stamp()).expect("readable").notes;
    assert_eq!(spoken(&notes), ["bundle/999: newer-version"]);
    let deep = "<a>".repeat(100_000);
    assert!(error(&deep).contains("nested deeper"));
}

#[test]
fn many_accounts_make_many_codes_that_each_scan() {
    let mut bundle = sample_bundle();
    let first = bundle.accounts.iter().next().expect("an account").clone();
    bundle.accounts = (1..=55)
        .map(|number| Account {
            id: format!("a{number}"),
            ..first.clone()
        })
        .collect();
    let written = mobile_qr::writer::write(&bundle);
    assert!(
        written.codes.iter().all(|code| code.len() <= 400),
        "each is short"
    );
    let again = mobile_qr::reader::read(written.codes.iter().rev().map(String::as_str), &stamp());
    assert_eq!(again.expect("whole").bundle.accounts.iter().count(), 55);
    let some = written.codes.iter().skip(1).map(String::as_str);
    let error = mobile_qr::reader::read(some, &stamp())
        .expect_err("not whole")
        .to_string();
    assert_eq!(
        error,
        format!("part 1 of {} is missing; scan it too", written.codes.len())
    );
    let k9s = text(k9s::writer::write(&bundle, Signatures::Text).bytes);
    assert_eq!(k9s.matches("<account uuid=").count(), 55);
}

#[test]
fn codes_of_different_exports_are_not_mixed() {
    let (one, two) = (
        "thunderbird-mobile-qr-part1.json",
        "thunderbird-mobile-qr-nopw.json",
    );
    let (one, two) = (sample_text(one), sample_text(two));
    let error = |texts: &[&str]| {
        mobile_qr::reader::read(texts.iter().copied(), &stamp())
            .expect_err("refused")
            .to_string()
    };
    assert!(error(&[&one, &two]).contains("different exports"));
    assert!(error(&["https://example.com/h/x#1.y"]).contains("no account code"));
    assert!(error(&["[2,[1,1],[],[]]"]).contains("version 2"));
    assert!(error(&[]).contains("no account code"));
}

#[test]
fn a_signed_configuration_profile_is_read_and_told_apart() {
    let plain = mobileconfig::reader::read(&sample("apple.mobileconfig"), &stamp());
    let signed = mobileconfig::reader::read(&sample("apple-signed.mobileconfig"), &stamp());
    let (plain, signed) = (plain.expect("plain"), signed.expect("signed"));
    assert_eq!(plain.bundle, signed.bundle);
    assert_eq!(spoken(&signed.notes), ["bundle: signature-not-verified"]);
    assert_eq!(plain.notes, []);
    assert_eq!(plain.bundle.certificates.iter().count(), 2);
    let google = plain.bundle.accounts.iter().nth(1).expect("an account");
    assert_eq!(
        google.incoming.oauth2.as_ref().map(|o| o.issuer.as_str()),
        Some("accounts.google.com")
    );
}

#[test]
fn a_configuration_profile_that_only_its_device_opens_is_refused() {
    let profile =
        sample_text("apple.mobileconfig").replace("PayloadContent", "EncryptedPayloadContent");
    let error = mobileconfig::reader::read(profile.as_bytes(), &stamp()).expect_err("refused");
    assert!(error.to_string().contains("encrypted for one device"));
    let error = mobileconfig::reader::read(b"bplist00\0", &stamp()).expect_err("refused");
    assert!(error.to_string().contains("plutil"));
}

#[test]
fn the_name_of_em_client_is_reserved_and_says_so() {
    let bytes = b"<?xml version=\"1.0\"?><eMClientSettings><Account/></eMClientSettings>";
    let input = Input::File {
        name: "settings.xml",
        bytes,
    };
    assert!(matches!(
        convert::read(input, &stamp(), None),
        Err(Error::EmClient)
    ));
    let written = convert::write(&sample_bundle(), Format::EmClientXml, &wishes());
    assert!(
        written
            .expect_err("refused")
            .to_string()
            .contains("its structure is not published")
    );
    assert_eq!(Format::parse("emclient-xml"), Some(Format::EmClientXml));
    // The word in another program's file is no reason.
    let mut k9s = sample_text("minimal.k9s");
    k9s = k9s.replace("imap.example.com", "imap.emclient.example");
    assert_eq!(convert::detect("x", k9s.as_bytes()), Some(Format::K9s));
}

#[test]
fn formats_are_told_apart_by_contents() {
    let cases = [
        ("bundle.json", Format::Bundle),
        ("quicktext-v6.json", Format::Quicktext),
        ("minimal.k9s", Format::K9s),
        ("apple.mobileconfig", Format::MobileConfig),
        ("apple-signed.mobileconfig", Format::MobileConfig),
        ("contacts.vcf", Format::VCard),
        ("thunderbird-mobile-qr.json", Format::MobileQr),
    ];
    for (name, format) in cases {
        assert_eq!(
            convert::detect("download.bin", &sample(name)),
            Some(format),
            "{name}"
        );
    }
    assert_eq!(
        convert::detect("rules.sieve", &sample("rules.sieve")),
        Some(Format::Sieve)
    );
    assert_eq!(
        convert::detect("x.png", &sample("thunderbird-mobile-qr.png")),
        None
    );
    for (name, format) in convert::FORMATS {
        assert_eq!(Format::parse(name), Some(*format));
        assert_eq!(format.name(), *name);
    }
}

#[test]
fn losses_are_listed_before_and_after() {
    let bytes = sample("bundle.json");
    let input = Input::File {
        name: "bundle.json",
        bytes: &bytes,
    };
    let written = convert::convert(input, Format::K9s, (&stamp(), None), &wishes());
    let losses = spoken(&written.expect("written").losses);
    assert_eq!(
        losses.first().map(String::as_str),
        Some("secrets/account2: oauth2-sign-in-again")
    );
    assert!(losses.iter().any(|loss| loss == "templates: not-in-format"));
}

#[test]
fn old_contacts_are_read() {
    let old = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;\r\n\
               TEL;CELL;PREF:+49 30 1\r\nNOTE;ENCODING=QUOTED-PRINTABLE:eins=\r\n zwei; drei=0Avier\r\nEND:VCARD\r\n\
               BEGIN:VCARD\nVERSION:3.0\nFN:Ümlaut \n  gefaltet\nEMAIL;TYPE=INTERNET,PREF:a@example.org\n\
               PHOTO;ENCODING=b;TYPE=PNG:iVBO\nitem1.URL:https://example.org/;x\nEND:VCARD\n\
               BEGIN:VCARD\nVERSION:3.0\nX-ADDRESSBOOKSERVER-KIND:group\nFN:Team\n\
               X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1\nEND:VCARD\nEND:VCARD\n";
    let opened = vcard::reader::read(old, "alt", &stamp()).expect("contacts");
    assert_eq!(
        spoken(&opened.notes),
        ["addressBooks/1: lines-not-understood"]
    );
    let book = opened
        .bundle
        .address_books
        .iter()
        .next()
        .expect("a book")
        .clone();
    assert_eq!((book.count, book.lists.iter().count()), (Some(2), 1));
    let text = opened
        .bundle
        .bytes_of(book.contacts.as_ref().expect("contacts"))
        .expect("a blob");
    let text = String::from_utf8(text.to_vec()).expect("UTF-8");
    for line in [
        "FN:Jörg Müller\r\n",
        "N:Müller;Jörg;;;\r\n",
        "TEL;PREF=1;TYPE=cell:+49 30 1\r\n",
        "NOTE:eins zwei; drei\\nvier\r\n",
        "FN:Ümlaut  gefaltet\r\n",
        "EMAIL;PREF=1:a@example.org\r\n",
        "PHOTO:data:image/png;base64,iVBO\r\n",
        "item1.URL:https://example.org/;x\r\n",
    ] {
        assert!(text.contains(line), "{line:?} in {text}");
    }
    assert_eq!(text.matches("UID:urn:uuid:").count(), 2);
    assert!(vcard::reader::read("", "leer", &stamp()).is_err());
}

#[test]
fn phones_get_contacts_in_the_version_they_import() {
    let written = text(vcard::writer::write(&sample_bundle(), Version::Three).bytes);
    assert!(!written.contains("VERSION:4.0"));
    for line in [
        "BDAY;VALUE=date:1980-02-29\r\n",
        "EMAIL;TYPE=pref:kontakt1@example.org\r\n",
        "TEL;TYPE=cell:+49 30 5550101\r\n",
        "NOTE:Zeile 1\\nZeile 2\\, mit Komma\r\n",
        "X-ADDRESSBOOKSERVER-KIND:group\r\nFN:Projektgruppe\r\n",
    ] {
        assert!(written.contains(line), "{line:?}");
    }
}

#[test]
fn nothing_in_a_rule_breaks_out_of_its_script() {
    let mut bundle = sample_bundle();
    for rule in bundle.rules.iter_mut() {
        rule.name = "x\r\ndiscard;\n#".to_owned();
        for condition in rule.conditions.iter_mut() {
            condition.value = Some("\"; discard; \\".to_owned());
        }
    }
    let account = bundle.accounts.iter().next().expect("an account");
    let written = depesche_settings::sieve::writer::write(&bundle, Some(account));
    let script = text(written.bytes);
    let is_safe = |line: &str| !line.trim_start().starts_with("discard");
    assert!(script.lines().all(is_safe), "{script}");
    assert!(
        script.contains(r#"header :contains "subject" "\"; discard; \\""#),
        "{script}"
    );
}

#[test]
fn a_rule_that_deletes_never_deletes_for_ever() {
    let mut bundle = sample_bundle();
    for rule in bundle.rules.iter_mut() {
        rule.conditions
            .retain(|condition| condition.field != "age in days");
    }
    let account = bundle.accounts.iter_mut().next().expect("an account");
    let folders = account.folders.get_or_insert_default();
    folders.insert("trash".to_owned(), "Papierkorb".to_owned());
    let account = account.clone();
    let written = depesche_settings::sieve::writer::write(&bundle, Some(&account));
    let script = text(written.bytes);
    assert!(
        script.contains("if size :over 5000K {\n    fileinto \"Papierkorb\";\n}"),
        "{script}"
    );
    assert!(!script.contains("discard"));
}
