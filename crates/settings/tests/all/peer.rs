//! What other programs say: OpenSSL about keys and signatures, a JSON Schema validator about bundles.

use std::fs;
use std::path::Path;
use std::process::Command;

use depesche_settings::convert::{self, Format};
use depesche_settings::p12;
use depesche_settings::secret::Secret;
use tempfile::TempDir;

use crate::harness::{PLAIN, folder, opening, profile, sample, sample_bundle, wishes};

fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output();
    let output = output.expect("openssl");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "openssl {arguments:?}: {told}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn openssl_opens_the_keys_and_they_fit_their_certificates() {
    let bundle = profile(PLAIN, Some(&opening(None)));
    let written = convert::write(&bundle, Format::Keys, &wishes()).expect("keys");
    let folder = TempDir::new().expect("a folder");
    let mut count = 0;
    for file in written
        .files
        .iter()
        .filter(|file| file.name.ends_with(".p12"))
    {
        fs::write(folder.path().join(&file.name), &file.bytes).expect("a file");
        let password = written
            .passwords
            .iter()
            .find(|(name, _)| *name == file.name);
        let password = format!("pass:{}", password.expect("its password").1.expose());
        let part = |kind: &str| {
            let open = [
                "pkcs12", "-legacy", "-in", &file.name, "-passin", &password, "-nodes", kind,
            ];
            openssl(folder.path(), &open)
        };
        fs::write(folder.path().join("key.pem"), part("-nocerts")).expect("a key");
        fs::write(folder.path().join("own.pem"), part("-clcerts")).expect("a certificate");
        fs::write(folder.path().join("ca.pem"), part("-cacerts")).expect("a certificate");
        let of_key = openssl(folder.path(), &["pkey", "-in", "key.pem", "-pubout"]);
        let of_own = openssl(
            folder.path(),
            &["x509", "-in", "own.pem", "-noout", "-pubkey"],
        );
        assert_eq!(of_key, of_own, "{}", file.name);
        openssl(folder.path(), &["verify", "-CAfile", "ca.pem", "own.pem"]);
        count += 1;
    }
    assert_eq!(count, 2, "one RSA key and one on a curve");
}

#[test]
fn keys_that_openssl_sealed_are_opened() {
    let folder = TempDir::new().expect("a folder");
    let at = folder.path();
    let subject = "/CN=Peer";
    let make = [
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", "k", "-out",
        "c",
    ];
    openssl(at, &make);
    let password = Secret::new("Päss wörd".to_owned());
    let sealed = |name: &str, more: &[&str]| {
        let mut arguments = vec!["pkcs12", "-export", "-inkey", "k", "-in", "c", "-out", name];
        arguments.extend(["-passout", "pass:Päss wörd"]);
        arguments.extend(more);
        openssl(at, &arguments);
        fs::read(at.join(name)).expect("a file")
    };
    let files = [
        sealed("modern", &["-macalg", "sha1"]),
        sealed("default", &[]),
        sealed(
            "legacy",
            &[
                "-legacy",
                "-keypbe",
                "PBE-SHA1-3DES",
                "-certpbe",
                "PBE-SHA1-3DES",
            ],
        ),
        sealed(
            "aes128",
            &["-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC"],
        ),
        sealed("open", &["-keypbe", "NONE", "-certpbe", "NONE"]),
    ];
    for file in &files {
        assert!(p12::opens(file, &password));
        assert!(!p12::opens(&file[..file.len() / 2], &password));
    }
    for file in &files[..4] {
        assert!(!p12::opens(file, &Secret::new("falsch".to_owned())));
    }
    for name in ["anna-legacy.p12", "team-legacy.p12"] {
        assert!(
            p12::opens(&sample(name), &Secret::new("sample-p12".to_owned())),
            "{name}"
        );
    }
}

#[test]
fn openssl_verifies_signed_configuration_profiles() {
    let bundle = profile(PLAIN, Some(&opening(None)));
    let plain = convert::write(&bundle, Format::MobileConfig, &wishes()).expect("a profile");
    for signer in ["cert-anna.muster@example.com", "cert-team@example.org"] {
        let mut wishes = wishes();
        wishes.signer = Some(signer.to_owned());
        let signed = convert::write(&bundle, Format::MobileConfig, &wishes).expect("a profile");
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("signed"), &signed.files[0].bytes).expect("a file");
        let written = convert::write(&bundle, Format::Keys, &wishes).expect("keys");
        let file = written
            .files
            .iter()
            .find(|file| file.name.contains(signer))
            .expect("a key");
        let password = written
            .passwords
            .iter()
            .find(|(name, _)| *name == file.name);
        let password = format!("pass:{}", password.expect("a password").1.expose());
        fs::write(folder.path().join("p12"), &file.bytes).expect("a file");
        let open = [
            "pkcs12", "-legacy", "-in", "p12", "-passin", &password, "-nokeys", "-cacerts", "-out",
            "ca",
        ];
        openssl(folder.path(), &open);
        let verify = [
            "cms", "-verify", "-inform", "DER", "-in", "signed", "-CAfile", "ca", "-out", "content",
        ];
        openssl(folder.path(), &verify);
        let content = fs::read(folder.path().join("content")).expect("the content");
        assert_eq!(content, plain.files[0].bytes, "{signer}");
    }
    let mut wishes = wishes();
    wishes.signer = Some("nobody".to_owned());
    let refused = convert::write(&bundle, Format::MobileConfig, &wishes).expect_err("refused");
    assert!(refused.to_string().contains("no certificate nobody"));
}

/// What the schema allows is what this crate writes.
#[test]
fn bundles_keep_their_schema() {
    const VALIDATE: &str = "import json, sys, jsonschema\n\
        schema = json.load(open(sys.argv[1]))\n\
        jsonschema.Draft202012Validator.check_schema(schema)\n\
        jsonschema.Draft202012Validator(schema).validate(json.load(open(sys.argv[2])))";
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/settings-bundle.schema.json");
    let validate = |document: &Path| {
        let run = Command::new("python3")
            .args(["-c", VALIDATE])
            .arg(&schema)
            .arg(document)
            .output();
        run.expect("python3 with jsonschema")
    };
    let golden = fs::read_dir(folder("golden")).expect("the golden files");
    let mut documents: Vec<_> = golden
        .map(|entry| {
            entry
                .expect("an entry")
                .path()
                .join("bundle/settings.depesche-settings.json")
        })
        .filter(|path| path.exists())
        .collect();
    documents
        .extend(["bundle.json", "bundle-future-1.7.json"].map(|name| folder("samples").join(name)));
    assert!(documents.len() > 10);
    for document in documents {
        let run = validate(&document);
        let told = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(run.status.success(), "{}: {told:.2000}", document.display());
    }
    // The proof that the schema refuses anything.
    let folder = TempDir::new().expect("a folder");
    let mut bundle = sample_bundle();
    bundle.version = "2.0".to_owned();
    let path = folder.path().join("refused.json");
    fs::write(&path, bundle.to_json()).expect("a file");
    assert!(!validate(&path).status.success());
}
