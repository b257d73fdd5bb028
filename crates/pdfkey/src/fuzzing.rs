//! The laws that any bytes must keep: what `fuzz/fuzz_targets/pdf_parse_back.rs` and a plain test over its corpus
//! call. Panics where a law is broken.

use lopdf::{Dictionary, Document, LoadOptions, Object};

use crate::credential::{Credential, Salts};
use crate::encrypt::{encrypt, load};
use crate::password::Password;

/// A PDF of one empty page, for examples.
#[must_use]
pub fn smallest() -> Vec<u8> {
    small("", b"")
}

/// A PDF with a page that shows `text` (letters and digits) and links to it, metadata, and an attachment.
#[must_use]
pub fn small(text: &str, attachment: &[u8]) -> Vec<u8> {
    let stream = |dictionary: &str, content: &[u8]| {
        let head = format!("<<{dictionary}/Length {}>>\nstream\n", content.len());
        [head.as_bytes(), content, b"\nendstream"].concat()
    };
    let plain = |text: String| text.into_bytes();
    let page = format!(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 <</Type/Font/Subtype/Type1\
         /BaseFont/Helvetica>>>>>>/Annots[<</Type/Annot/Subtype/Link/Rect[50 600 150 620]/A<</S/URI/URI(https://x.test/{text})>>>>]>>"
    );
    let objects = [
        plain("<</Type/Catalog/Pages 2 0 R/Metadata 7 0 R/Names<</EmbeddedFiles<</Names[(attached.bin) 6 0 R]>>>>>>".to_owned()),
        plain("<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned()),
        plain(page),
        stream("", format!("BT /F1 12 Tf 50 700 Td ({text}) Tj ET").as_bytes()),
        stream("/Type/EmbeddedFile", attachment),
        plain("<</Type/Filespec/F(attached.bin)/UF(attached.bin)/EF<</F 5 0 R>>>>".to_owned()),
        stream("/Type/Metadata/Subtype/XML", format!("<x>{text}</x>").as_bytes()),
        plain(format!("<</Title({text})>>")),
    ];
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (at, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", out.len());
        out.extend_from_slice(format!("{} 0 obj\n", at + 1).as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let start = out.len();
    let size = objects.len() + 1;
    let end = format!(
        "{table}trailer\n<</Root 1 0 R/Info 8 0 R/Size {size}>>\nstartxref\n{start}\n%%EOF\n"
    );
    out.extend_from_slice(end.as_bytes());
    out
}

/// Any bytes as a PDF: they are refused, or what comes out opens with the password and holds the same.
///
/// # Panics
/// Where a law is broken.
pub fn run(data: &[u8]) {
    let password = Password::parse("secret").expect("a password");
    let salts = Salts {
        validation: *b"validate",
        key: *b"key salt",
    };
    let credential = Credential::derive(&password, salts);
    let mut count = 0_u8;
    let mut random = |bytes: &mut [u8]| {
        for byte in bytes {
            count = count.wrapping_mul(5).wrapping_add(3);
            *byte = count;
        }
    };
    let Ok(protected) = encrypt(data, &credential, &mut random) else {
        return;
    };
    let before = load(data).expect("it was read");
    let open = |password| {
        Document::load_mem_with_options(&protected, LoadOptions::with_password(password))
    };
    let after = open("secret").expect("what was encrypted opens");
    assert!(open("wrong").is_err(), "no other password opens it");
    for (id, object) in &before.objects {
        let is_dropped = object
            .type_name()
            .is_ok_and(|name| [&b"ObjStm"[..], b"XRef", b"Linearized"].contains(&name));
        let is_root = before
            .trailer
            .get(b"Root")
            .and_then(Object::as_reference)
            .is_ok_and(|root| root == *id);
        // Number 0 is no object's (section 7.3.10).
        if is_dropped || is_root || id.0 == 0 {
            continue;
        }
        let again = after.objects.get(id).expect("every object is there");
        assert!(
            is_same(object, again),
            "and is the same: {object:?}, {again:?}"
        );
    }
}

/// The same but for how a string is written, and a stream's length.
fn is_same(a: &Object, b: &Object) -> bool {
    match (a, b) {
        (Object::String(a, _), Object::String(b, _)) => a == b,
        (Object::Array(a), Object::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Object::Dictionary(a), Object::Dictionary(b)) => is_same_dictionary(a, b),
        (Object::Stream(a), Object::Stream(b)) => {
            a.content == b.content && is_same_dictionary(&a.dict, &b.dict)
        }
        (Object::Real(a), Object::Real(b)) => (a - b).abs() <= a.abs() * 1e-3 + 1e-3 || a.is_nan(),
        (Object::Real(a), Object::Integer(_)) => a.fract() == 0.0,
        _ => a == b,
    }
}

fn is_same_dictionary(a: &Dictionary, b: &Dictionary) -> bool {
    // Readers differ on which damaged signatures have a value in clear; lopdf takes more for one than the standard does.
    let is_almost_a_signature = a.has(b"ByteRange") && a.has(b"Contents");
    if a.has_type(b"Sig") || a.has_type(b"DocTimeStamp") || is_almost_a_signature {
        return true;
    }
    let without_length = |dictionary: &Dictionary| {
        dictionary
            .iter()
            .filter(|(key, _)| *key != b"Length")
            .count()
    };
    without_length(a) == without_length(b)
        && a.iter()
            .filter(|(key, _)| *key != b"Length")
            .all(|(key, value)| b.get(key).is_ok_and(|other| is_same(value, other)))
}
