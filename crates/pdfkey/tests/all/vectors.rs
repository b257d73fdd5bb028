//! `vectors/pdf_*.json`: the browser derives the same, so both are held by the same files.

use std::collections::BTreeMap;
use std::fs;

use data_encoding::HEXLOWER;
use depesche_pdfkey::credential::{Credential, Salts, User};
use depesche_pdfkey::password::Password;
use serde_json::Value;

use crate::{make, peer};

fn committed() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(peer::root().join("vectors")).expect("the vectors") {
        let path = entry.expect("a readable folder").path();
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if name.starts_with("pdf_") {
            all.insert(name, fs::read_to_string(&path).expect("a readable file"));
        }
    }
    all
}

fn bytes<const N: usize>(vector: &Value, member: &str) -> [u8; N] {
    let hex = vector[member].as_str().expect("hex");
    HEXLOWER
        .decode(hex.as_bytes())
        .expect("hex")
        .try_into()
        .expect("so many bytes")
}

#[test]
fn every_vector_comes_out_as_it_says() {
    let all = committed();
    assert!(all.len() >= 20);
    for (name, text) in all {
        let vector: Value = serde_json::from_str(&text).expect("JSON");
        if vector["kind"] == "pdf_characters" {
            continue;
        }
        let typed = vector["password"].as_str().expect("a password");
        let password = match Password::parse(typed) {
            Err(error) => {
                assert_eq!(Some(error.code()), vector["expect"].as_str(), "{name}");
                continue;
            }
            Ok(password) => password,
        };
        assert_eq!(vector["expect"], "ok", "{name}");
        let salts = Salts {
            validation: bytes(&vector, "validation_salt"),
            key: bytes(&vector, "key_salt"),
        };
        let credential = Credential::derive(&password, salts);
        assert_eq!(
            credential.user(),
            &User::from_bytes(bytes(&vector, "user")),
            "{name}"
        );
        assert_eq!(
            credential.key().expose(),
            &bytes(&vector, "user_key"),
            "{name}"
        );
        assert!(credential.user().is_opened_by(&password), "{name}");
        let other = Password::parse("another").expect("a password");
        assert!(!credential.user().is_opened_by(&other), "{name}");
    }
}

#[test]
fn the_committed_vectors_are_those_that_are_made() {
    assert!(
        make::all() == committed(),
        "run the example `vectors` of this crate; was the derivation meant to change?"
    );
}

#[test]
fn a_second_reading_comes_to_the_same() {
    let output = peer::run(peer::python("run_vectors.py").arg(peer::root().join("vectors")));
    assert!(output.status.success(), "{}", peer::text(&output));
}
