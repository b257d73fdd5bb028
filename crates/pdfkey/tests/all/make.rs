//! The list of `vectors/pdf_*.json`.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use depesche_pdfkey::credential::{Credential, Salts};
use depesche_pdfkey::password::Password;
use serde_json::json;

/// Name, what it shows, what is typed.
const CASES: &[(&str, &str, &str)] = &[
    ("ascii", "letters alone", "secret"),
    ("one_letter", "the shortest; how weak it is others say", "x"),
    (
        "words",
        "five words with blanks",
        "kiefer tasse mond regal uhr",
    ),
    (
        "signs",
        "all signs of ASCII",
        "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    ),
    ("composed", "letters with accents, composed", "Brücke ěščřž"),
    (
        "decomposed",
        "the same, decomposed: composed first",
        "Bru\u{308}cke e\u{30c}s\u{30c}c\u{30c}r\u{30c}z\u{30c}",
    ),
    ("chinese", "letters of three bytes", "密码测试"),
    ("greek", "final sigma stays", "λόγος"),
    ("hebrew", "right to left throughout", "שלום"),
    (
        "longest",
        "64 bytes",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ),
    (
        "longest_two_bytes",
        "64 bytes in 32 letters",
        "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü",
    ),
    ("empty", "nothing", ""),
    (
        "too_long",
        "65 bytes",
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    ),
    (
        "too_long_two_bytes",
        "66 bytes in 33 letters",
        "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü",
    ),
    ("blank_before", "a blank at the beginning", " secret"),
    ("blank_behind", "a blank at the end", "secret "),
    (
        "blank_other_behind",
        "another blank at the end",
        "secret\u{a0}",
    ),
    (
        "blank_other",
        "a blank that readers take for another",
        "sec\u{a0}ret",
    ),
    ("ordinal", "SASLprep makes an a of it", "secªret"),
    ("ligature", "SASLprep makes two letters of it", "ﬁn"),
    ("full_width", "SASLprep makes ASCII of it", "Ｓecret"),
    ("soft_hyphen", "SASLprep drops it", "sec\u{ad}ret"),
    ("invisible", "SASLprep drops it", "sec\u{200b}ret"),
    ("tab", "a control character", "sec\tret"),
    ("emoji", "Unicode of today", "secret🔑"),
    ("two_directions", "right to left and left to right", "שלוםa"),
];

/// File names without ending, and texts.
pub(crate) fn all() -> BTreeMap<String, String> {
    let mut all: BTreeMap<_, _> = CASES
        .iter()
        .map(|(name, about, password)| {
            (
                format!("pdf_credential_{name}"),
                vector(name, about, password),
            )
        })
        .collect();
    all.insert("pdf_characters".to_owned(), characters());
    all
}

/// Which characters are a password alone, as ranges.
fn characters() -> String {
    let mut alone: Vec<(u32, u32)> = Vec::new();
    for one in '\0'..=char::MAX {
        if Password::parse(one.encode_utf8(&mut [0; 4])).is_err() {
            continue;
        }
        let code = u32::from(one);
        match alone.last_mut() {
            Some((_, last)) if *last + 1 == code => *last = code,
            _ => alone.push((code, code)),
        }
    }
    let alone: Vec<String> = alone
        .iter()
        .map(|(first, last)| format!("    [\"{first:x}\", \"{last:x}\"]"))
        .collect();
    format!(
        "{{\n  \"about\": \"characters that are a password alone, first and last of each range\",\n  \"alone\": [\n{}\n  ],\n  \"kind\": \"pdf_characters\"\n}}\n",
        alone.join(",\n")
    )
}

fn salt(name: &str, turn: u8) -> [u8; 8] {
    let mut salt = [turn; 8];
    for (at, byte) in name.bytes().enumerate() {
        let place = &mut salt[at % 8];
        *place = place.wrapping_mul(31).wrapping_add(byte);
    }
    salt
}

fn vector(name: &str, about: &str, typed: &str) -> String {
    let salts = Salts {
        validation: salt(name, 1),
        key: salt(name, 2),
    };
    let mut vector = json!({"kind": "pdf_credential", "about": about, "password": typed});
    match Password::parse(typed) {
        Err(error) => vector["expect"] = json!(error.code()),
        Ok(password) => {
            let credential = Credential::derive(&password, salts);
            vector["expect"] = json!("ok");
            vector["validation_salt"] = json!(HEXLOWER.encode(&salts.validation));
            vector["key_salt"] = json!(HEXLOWER.encode(&salts.key));
            vector["user"] = json!(HEXLOWER.encode(credential.user().as_bytes()));
            vector["user_key"] = json!(HEXLOWER.encode(credential.key().expose()));
        }
    }
    let mut text = serde_json::to_string_pretty(&vector).expect("JSON");
    text.push('\n');
    text
}
