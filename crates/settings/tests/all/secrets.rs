//! What must stay secret stays so: in outputs, in debug texts, in errors.

use data_encoding::BASE64;
use depesche_settings::bundle::whole::Bundle;
use depesche_settings::convert::{self, FORMATS, Input};

use crate::harness::{PLAIN, PROTECTED, copied, opening, profile, sample, stamp, wishes};

const PASSWORDS: &[&str] = &[
    "Geheim",
    "Haupt-Passwort",
    "800b0b30c86f43ce14933c703df9bbc6",
    "PRIVATE KEY",
];
const REFRESH_TOKEN: &str = "synthetic-refresh-token";

/// Everything that a bundle becomes, blobs unpacked.
fn outputs(bundle: &Bundle) -> Vec<(String, Vec<u8>)> {
    let mut outputs = Vec::new();
    for (name, format) in FORMATS {
        if let Ok(written) = convert::write(bundle, *format, &wishes()) {
            let files = written.files.into_iter();
            outputs.extend(files.map(|file| (format!("{name}/{}", file.name), file.bytes)));
        }
    }
    let blobs = bundle
        .blobs
        .iter()
        .map(|(id, blob)| (id.as_str().to_owned(), blob.data.clone()));
    outputs.extend(blobs);
    assert!(outputs.len() > 15, "every writer wrote");
    outputs
}

fn has(bytes: &[u8], needle: &str) -> bool {
    let plain = bytes
        .windows(needle.len())
        .any(|window| window == needle.as_bytes());
    let encoded = BASE64.encode(needle.as_bytes());
    let encoded = encoded.trim_end_matches('=').as_bytes();
    plain || bytes.windows(encoded.len()).any(|window| window == encoded)
}

#[test]
fn without_leave_no_secret_is_read() {
    let bundle = profile(PLAIN, None);
    for (name, bytes) in outputs(&bundle) {
        for secret in PASSWORDS.iter().chain(&[REFRESH_TOKEN]) {
            assert!(!has(&bytes, secret), "{secret} in {name}");
        }
        assert!(!name.ends_with(".p12"), "{name}");
    }
    assert!(
        bundle
            .blobs
            .iter()
            .all(|(_, blob)| blob.media_type != "application/x-pkcs12")
    );
    assert_eq!(
        bundle.secrets,
        depesche_settings::bundle::whole::Secrets::Omitted.into()
    );
}

#[test]
fn secrets_can_be_taken_out_later() {
    let mut bundle = profile(PLAIN, Some(&opening(None)));
    let holds =
        |bundle: &Bundle, secret: &str| outputs(bundle).iter().any(|(_, bytes)| has(bytes, secret));
    assert!(
        PASSWORDS
            .iter()
            .filter(|p| **p != "Haupt-Passwort")
            .all(|p| holds(&bundle, p))
    );
    bundle.remove_secrets();
    for (name, bytes) in outputs(&bundle) {
        for secret in PASSWORDS {
            assert!(!has(&bytes, secret), "{secret} in {name}");
        }
    }
}

#[test]
fn unknown_members_go_with_the_secrets() {
    let mut document: serde_json::Value =
        serde_json::from_slice(&sample("bundle-future-1.7.json")).expect("JSON");
    document["accounts"][0]["incoming"]["otp"] = "Geheim-otp".into();
    document["identities"][0] = serde_json::json!({ "id": 7, "pin": "Geheim-pin" });
    document["vault"] = "Geheim-vault".into();
    let opened = Bundle::parse(document.to_string().as_bytes()).expect("a bundle");
    let mut bundle = opened.bundle;
    assert!(has(&bundle.to_json(), "Geheim-otp") && has(&bundle.to_json(), "Geheim-pin"));
    bundle.remove_secrets();
    assert!(!has(&bundle.to_json(), "Geheim"));
}

#[test]
fn the_refresh_token_never_leaves_the_profile() {
    for (name, password) in [(PLAIN, None), (PROTECTED, Some("Haupt-Passwort-7"))] {
        let bundle = profile(name, Some(&opening(password)));
        for (output, bytes) in outputs(&bundle) {
            assert!(!has(&bytes, REFRESH_TOKEN), "{output}");
        }
    }
}

#[test]
fn debug_texts_and_errors_show_no_secret() {
    let bundle = profile(PLAIN, Some(&opening(None)));
    let mut texts = vec![
        format!("{bundle:?}"),
        format!("{:?}", opening(Some("Geheim"))),
    ];
    let odd = sample("bundle.json");
    let odd = String::from_utf8(odd)
        .expect("UTF-8")
        .replace("\"port\": 993", "\"port\": \"Geheim-Port\"");
    let opened = Bundle::parse(odd.as_bytes()).expect("a bundle");
    texts.push(format!("{opened:?}"));
    for (_, format) in FORMATS {
        texts.push(format!("{:?}", convert::write(&bundle, *format, &wishes())));
    }
    let copy = copied(PROTECTED);
    for password in [None, Some("Geheim-falsch")] {
        let read = convert::read(
            Input::Profile(copy.path()),
            &stamp(),
            Some(&opening(password)),
        );
        let error = read.expect_err("locked");
        texts.push(format!("{error} {error:?}"));
    }
    for text in texts {
        for secret in PASSWORDS {
            assert!(!text.contains(secret), "{secret} in {text:.200}");
        }
    }
}
