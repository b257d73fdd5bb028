//! What each encrypted file must keep.

use data_encoding::HEXLOWER;
use depesche_pdfkey::credential::{Credential, Salts};
use depesche_pdfkey::encrypt::{EncryptError, encrypt};
use depesche_pdfkey::fuzzing::small;
use depesche_pdfkey::password::Password;
use lopdf::{Document, Object};

pub(crate) const PASSWORD: &str = "kiefer tasse mond";

pub(crate) fn random(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the system has random bytes");
}

pub(crate) fn credential(password: &str) -> Credential {
    let (mut validation, mut key) = ([0; 8], [0; 8]);
    random(&mut validation);
    random(&mut key);
    Credential::derive(
        &Password::parse(password).expect("a password"),
        Salts { validation, key },
    )
}

pub(crate) fn protect(pdf: &[u8]) -> Vec<u8> {
    encrypt(pdf, &credential(PASSWORD), &mut random).expect("it is a PDF")
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

/// Byte for character, so that bytes keep their places.
fn as_text(pdf: &[u8]) -> String {
    pdf.iter().map(|byte| char::from(*byte)).collect()
}

fn as_bytes(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(c).expect("a byte"))
        .collect()
}

#[test]
fn nothing_readable_is_left() {
    let canary = "CANARY0123456789";
    let attachment = canary.repeat(1000);
    let plain = small(canary, attachment.as_bytes());
    assert!(contains(&plain, canary.as_bytes()));
    let hex = HEXLOWER.encode(canary.as_bytes());
    for _ in 0..20 {
        let protected = protect(&plain);
        assert!(!contains(&protected, canary.as_bytes()));
        assert!(!contains(&protected, b"attached.bin"), "nor a file's name");
        assert!(!contains(&protected.to_ascii_lowercase(), hex.as_bytes()));
    }
}

/// What the trailer holds is never encrypted, so nothing stays there but what must.
#[test]
fn the_trailer_is_bare() {
    let plain = as_text(&small("a", b"b"));
    let plain = plain.replace(
        "/Info 8 0 R",
        "/Info 8 0 R/Note(CANARY)/ID[<43414E415259><43414E415259>]",
    );
    let protected = protect(&as_bytes(&plain));
    assert!(!contains(&protected, b"CANARY") && !contains(&protected, b"43414E415259"));
    let document = Document::load_mem(&protected).expect("the structure is readable");
    let mut names: Vec<&[u8]> = document
        .trailer
        .iter()
        .map(|(name, _)| name.as_slice())
        .collect();
    names.sort_unstable();
    assert_eq!(names, [&b"Encrypt"[..], b"ID", b"Info", b"Root", b"Size"]);
}

#[test]
fn the_encryption_dictionary_is_that_of_revision_6() {
    let credential = credential(PASSWORD);
    let protected = encrypt(&small("a", b"b"), &credential, &mut random).expect("it is a PDF");
    let document = Document::load_mem(&protected).expect("the structure is readable");
    let dictionary = document.get_encrypted().expect("it is encrypted");
    let number = |name: &[u8]| {
        dictionary
            .get(name)
            .and_then(Object::as_i64)
            .expect("a number")
    };
    let bytes = |name: &[u8]| {
        dictionary
            .get(name)
            .and_then(Object::as_str)
            .expect("a string")
            .to_vec()
    };
    assert_eq!(
        (number(b"V"), number(b"R"), number(b"Length"), number(b"P")),
        (5, 6, 256, -4)
    );
    assert_eq!(bytes(b"U"), credential.user().as_bytes());
    assert_eq!(
        [&b"UE"[..], b"O", b"OE", b"Perms"].map(|name| bytes(name).len()),
        [32, 48, 32, 16]
    );
    for name in [&b"StmF"[..], b"StrF"] {
        assert_eq!(
            dictionary
                .get(name)
                .and_then(Object::as_name)
                .expect("a name"),
            b"StdCF"
        );
    }
    assert!(!dictionary.has(b"EFF"), "attachments as all else");
    assert_eq!(
        dictionary
            .get(b"EncryptMetadata")
            .and_then(Object::as_bool)
            .ok(),
        Some(true)
    );
    assert!(!contains(&protected, b"Identity"));
}

#[test]
fn no_two_files_share_a_key_an_id_or_an_iv() {
    let credential = credential(PASSWORD);
    let plain = small("same", b"same");
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..10 {
        let protected = encrypt(&plain, &credential, &mut random).expect("it is a PDF");
        let document = Document::load_mem(&protected).expect("the structure is readable");
        let dictionary = document.get_encrypted().expect("it is encrypted");
        for name in [&b"UE"[..], b"O", b"OE", b"Perms"] {
            assert!(
                seen.insert(
                    dictionary
                        .get(name)
                        .and_then(Object::as_str)
                        .expect("a string")
                        .to_vec()
                )
            );
        }
        for object in document.objects.values() {
            if let Object::Stream(stream) = object {
                assert!(
                    seen.insert(stream.content[..16].to_vec()),
                    "each stream has its own IV"
                );
            }
        }
    }
}

#[test]
fn the_version_says_revision_6_to_old_readers() {
    let plain = small("a", b"b");
    assert!(protect(&plain).starts_with(b"%PDF-1.7\n"));
    assert!(contains(
        &protect(&plain),
        b"/ADBE<</BaseVersion/1.7/ExtensionLevel 8>>"
    ));
    let two = [b"%PDF-2.0", &plain[8..]].concat();
    assert!(protect(&two).starts_with(b"%PDF-2.0\n"));
    assert!(!contains(&protect(&two), b"/ADBE"));
    let old = [b"%PDF-1.4", &plain[8..]].concat();
    assert!(protect(&old).starts_with(b"%PDF-1.7\n"));
}

#[test]
fn what_cannot_be_kept_whole_is_refused() {
    let plain = small("a", b"attachment");
    let protect = |pdf: &[u8]| encrypt(pdf, &credential(PASSWORD), &mut random);
    assert!(matches!(
        protect(&super::encrypting::protect(&plain)),
        Err(EncryptError::Encrypted)
    ));
    assert!(matches!(protect(b""), Err(EncryptError::Unreadable(_))));
    assert!(matches!(
        protect(b"no PDF"),
        Err(EncryptError::Unreadable(_))
    ));
    assert!(matches!(
        protect(&plain[..plain.len() / 2]),
        Err(EncryptError::Unreadable(_))
    ));
    let text = as_text(&plain);
    let own = text.replace(
        "/Type/EmbeddedFile/Length 10>>",
        "/Filter/Crypt/Length      10>>",
    );
    assert!(matches!(
        protect(&as_bytes(&own)),
        Err(EncryptError::OwnFilter)
    ));
}

#[test]
fn a_signature_keeps_its_value_and_nothing_else_does() {
    let text = as_text(&small("a", b"b"));
    let signed = text.replace(
        "<</Title(a)>>",
        "<</Type/Sig/ByteRange[0 1 2 3]/Contents(VALUE1)/Reason(REASON)>>",
    );
    let protected = protect(&as_bytes(&with_new_table(&signed)));
    assert!(contains(&protected, b"(VALUE1)") && !contains(&protected, b"REASON"));
    let other = text.replace(
        "<</Title(a)>>",
        "<</Type/Annot/ByteRange[0 1 2 3]/Contents(VALUE1)>>",
    );
    assert!(!contains(
        &protect(&as_bytes(&with_new_table(&other))),
        b"VALUE1"
    ));
}

/// The last object grew: only where the table begins changes.
fn with_new_table(pdf: &str) -> String {
    let offset = pdf
        .split("xref\n0")
        .next()
        .expect("the table")
        .chars()
        .count();
    let number = pdf.find("startxref\n").expect("its place") + "startxref\n".len();
    format!("{}{offset}\n%%EOF\n", &pdf[..number])
}
