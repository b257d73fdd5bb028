//! The sample mails and special cases of MIME.

use mail_builder::MessageBuilder;
use proptest::prelude::*;

use super::*;
use crate::letter::Method;

fn sample(name: &str) -> Letter {
    let path = format!(
        "{}/../../tests/mails/{name}.eml",
        env!("CARGO_MANIFEST_DIR")
    );
    letter(&std::fs::read(path).expect("a sample mail"))
}

fn letter(mail: &[u8]) -> Letter {
    read(mail, &Limits::default()).expect("a letter")
}

fn names(letter: &Letter) -> Vec<&str> {
    letter.attachments.iter().map(|a| a.name.as_str()).collect()
}

#[test]
fn text_with_attachments() {
    let letter = sample("01-text-umlaut");
    assert_eq!(
        letter.headers.subject,
        "Unterlagen für die Prüfung – Fristablauf 31. März (Größe: 2 Anhänge)"
    );
    assert_eq!(letter.headers.from[0].name, "Jörg Öztürk");
    let Body::Text { text, flowed } = &letter.body else {
        panic!("{:?}", letter.body)
    };
    assert!(flowed & text.contains("über 1.234,56 €"));
    assert_eq!(letter.attachments.len(), 2);
    assert_eq!(letter.attachments[0].name, "Ausgleichsübersicht 2025.pdf");
    assert!(
        letter.attachments[0]
            .content
            .starts_with(b"%PDF-1.4 dummy xxx")
    );
    assert!(letter.notes.is_empty() && !letter.wants_original());
}

#[test]
fn pictures_of_the_body_are_no_attachments() {
    let letter = sample("02-newsletter");
    assert_eq!(letter.pictures.len(), 4);
    assert!(letter.attachments.is_empty());
    let Body::Html { html, plain } = &letter.body else {
        panic!("{:?}", letter.body)
    };
    assert!(html.contains("Jetzt sparen") && plain.contains("die Hütten öffnen wieder"));
    let word = sample("05-word");
    assert_eq!((word.pictures.len(), word.attachments.len()), (1, 0));
    assert_eq!(word.headers.subject, "AW: Gewährleistung – Aufstellung");
    assert!(
        matches!(&word.body, Body::Html { html, .. } if html.contains("„Gewährleistung“ – alle Beträge in €"))
    );
}

#[test]
fn special_cases_of_mime() {
    let letter = sample("06-special");
    assert_eq!(letter.headers.subject, "Grüße aus Köln €");
    assert_eq!(letter.headers.to.len(), 2);
    let Body::Text { text, .. } = &letter.body else {
        panic!("{:?}", letter.body)
    };
    assert!(text.contains("„Preis 100 €“ – geht trotzdem."), "{text}");
    let event = &letter.events[0];
    assert_eq!(
        (event.method, event.summary.as_str()),
        (Method::Request, "Übergabe, Lindenhof 4")
    );
    let nested = &letter.nested[0];
    assert_eq!(nested.headers.subject, "Договор");
    assert_eq!(nested.headers.from[0].name, "Иван Петров");
    assert!(matches!(&nested.body, Body::Text { text, .. } if text.starts_with("Добрый день")));
    assert_eq!(
        names(&letter),
        [
            "einladung.ics",
            "Договор.eml",
            "Übersicht 2026.txt",
            "Über lange Namen.bin",
            "passwdfdp.exe",
            "Rückruf.pdf",
            "Übersicht.pdf",
        ]
    );
    assert_eq!(letter.attachments[2].content, b"aus winmail.dat\r\n");
    assert!(
        letter.attachments[1]
            .content
            .starts_with(b"From: =?koi8-r?B?")
    );
}

#[test]
fn a_picture_in_the_text_itself_is_one_of_the_mail() {
    let picture = "iVBORw0K".repeat(500_000);
    let mail = format!(
        "Content-Type: text/html\n\n<p>a<img src='data:image/png;base64,{picture}' alt='Foto'>b"
    );
    let letter = letter(mail.as_bytes());
    assert_eq!((letter.pictures.len(), letter.attachments.len()), (1, 0));
    assert!(letter.notes.is_empty(), "the text is short");
    assert!(matches!(&letter.body, Body::Html { html, .. } if html.ends_with("alt='Foto'>b")));
}

#[test]
fn attached_text_keeps_its_bytes() {
    let mail = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHallo\r\n--b\r\n\
        Content-Type: text/csv; charset=iso-8859-1; name=a.csv\r\nContent-Disposition: attachment\r\n\r\n\
        f\xfcr;1\r\n--b--\r\n";
    let letter = letter(mail);
    assert_eq!(letter.attachments[0].content, b"f\xfcr;1");
    assert_eq!(letter.attachments[0].name, "a.csv");
}

#[test]
fn signed_mails_show_what_they_say_and_want_the_original() {
    let mail = b"Content-Type: multipart/signed; boundary=b; protocol=\"application/pkcs7-signature\"\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nHallo\r\n--b\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nMIIB\r\n--b--\r\n";
    let letter = letter(mail);
    assert!(matches!(&letter.body, Body::Text { text, .. } if text == "Hallo"));
    assert!(letter.attachments.is_empty() && letter.wants_original());
    assert_eq!(letter.notes, [Note::Signed]);
}

const PGP: &str = "-----BEGIN PGP MESSAGE-----\r\nVersion: x\r\n\r\nhQEMA0a+/9==\r\n=abcd\r\n-----END PGP MESSAGE-----\r\n";

fn pgp_mime(first: &str, second: &str, more: &str) -> String {
    format!(
        "Content-Type: multipart/encrypted; boundary=b; protocol=\"application/pgp-encrypted\"\r\n\r\n\
        --b\r\nContent-Type: {first}\r\n\r\nVersion: 1\r\n--b\r\n\
        Content-Type: application/octet-stream\r\n\r\n{second}\r\n{more}--b--\r\n"
    )
}

#[test]
fn what_is_encrypted_already_says_so() {
    let pgp = pgp_mime("application/pgp-encrypted", PGP, "");
    assert_eq!(letter(pgp.as_bytes()).sealed, Some(Sealed::Pgp));
    let inline = format!("Subject: x\r\n\r\n{PGP}");
    assert_eq!(letter(inline.as_bytes()).sealed, Some(Sealed::Pgp));
    let smime = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n\
        Content-Transfer-Encoding: base64\r\n\r\nMA0GCSqGSIb3DQEHA6AA\r\n";
    assert_eq!(letter(smime.as_bytes()).sealed, Some(Sealed::SMime));
}

/// What says that it is encrypted passes as it is: so it has to be, all of it.
#[test]
fn what_only_claims_to_be_encrypted_is_not_let_through() {
    let attached = "--b\r\nContent-Type: text/plain\r\n\r\ngeheim\r\n";
    for mail in [
        pgp_mime("application/pgp-encrypted", "geheim", ""),
        pgp_mime("application/pgp-encrypted", PGP, attached),
        pgp_mime("text/plain", PGP, ""),
        format!("Subject: x\r\n\r\ngeheim\r\n{PGP}"),
        format!("Subject: x\r\n\r\n{PGP}geheim"),
        "Subject: x\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nganz geheim\r\n-----END PGP MESSAGE-----".to_owned(),
        format!("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{PGP}\r\n{attached}--b--\r\n"),
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\ngeheim".to_owned(),
    ] {
        assert_eq!(letter(mail.as_bytes()).sealed, None, "{mail}");
    }
}

#[test]
fn a_mail_of_nothing_is_a_letter() {
    for mail in [
        &b""[..],
        b"\r\n",
        b"\r\n\r\n",
        b":",
        b"\0\0\0",
        b"Subject:\r\n\r\n",
        b"Content-Type: multipart/mixed\r\n\r\n",
    ] {
        let _ = letter(mail);
    }
    assert_eq!(letter(b"").body, Body::None);
}

#[test]
fn apple_mail_sends_texts_around_its_pictures() {
    let mail = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nvorher\r\n--b\r\n\
        Content-Type: image/jpeg; name=IMG_1.jpeg\r\nContent-Disposition: inline; filename=IMG_1.jpeg\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n/9j/\r\n--b\r\nContent-Type: text/plain\r\n\r\nnachher\r\n--b--\r\n";
    let letter = letter(mail);
    assert!(matches!(&letter.body, Body::Text { text, .. } if text == "vorher\n\nnachher"));
    assert_eq!(names(&letter), ["IMG_1.jpeg"]);
}

proptest! {
    #[test]
    fn any_bytes_are_a_letter_or_a_bomb(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = read(&bytes, &Limits::default());
    }

    #[test]
    fn what_a_mailer_writes_is_read_as_meant(
        subject in "[ -~äöüß€čš]{0,60}", name in "[a-zA-ZäöüčŽ ]{1,30}", text in "[ -~äöüß€\n]{0,300}",
        file in "[a-zA-Z0-9äöü]{1,20}", content in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let mail = MessageBuilder::new()
            .from((name.as_str(), "a@x.example"))
            .to("b@x.example")
            .subject(subject.clone())
            .text_body(text.clone())
            .attachment("application/octet-stream", format!("{file}.dat"), content.clone())
            .write_to_vec()
            .expect("a mail");
        let letter = letter(&mail);
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(flat(&letter.headers.subject), flat(&subject));
        prop_assert_eq!(flat(&letter.headers.from[0].name), flat(&name));
        prop_assert_eq!(flat(&letter.text(10_000)), flat(&text));
        prop_assert_eq!(&letter.attachments[0].content, &content);
        prop_assert_eq!(&letter.attachments[0].name, &format!("{file}.dat"));
    }
}
