//! The finished, encrypted page in other people's readers: the right password opens it, a wrong one does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use depesche_pdfkey::credential::{Credential, Salts};
use depesche_pdfkey::encrypt::encrypt;
use depesche_pdfkey::password::Password;

use crate::draw::{draw, mail, run};

const PASSWORD: &str = "kiefer tasse mond regal uhr";

fn encrypted(name: &str) -> tempfile::NamedTempFile {
    let random = |bytes: &mut [u8]| getrandom::fill(bytes).expect("randomness");
    let password = Password::parse(PASSWORD).expect("a password");
    let (mut validation, mut key) = ([0; 8], [0; 8]);
    random(&mut validation);
    random(&mut key);
    let credential = Credential::derive(&password, Salts { validation, key });
    let (_, pdf) = draw(&mail(name));
    let protected = encrypt(&pdf, &credential, &mut { random }).expect("encrypted");
    let canary = b"keller-novak";
    assert!(
        !protected.windows(canary.len()).any(|part| part == canary),
        "nothing is readable from outside"
    );
    let file = tempfile::Builder::new()
        .suffix(".pdf")
        .tempfile()
        .expect("a file");
    fs::write(file.path(), protected).expect("written");
    file
}

fn opens(command: &mut Command) -> bool {
    run(command).status.success()
}

fn pikepdf(path: &Path, password: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let venv = std::env::var_os("DEPESCHE_VENV").map_or(root.join(".venv-tools"), PathBuf::from);
    let script = "import sys, pikepdf\nwith pikepdf.open(sys.argv[1], password=sys.argv[2]) as pdf:\n    assert len(pdf.pages) >= 1";
    opens(
        Command::new(venv.join("bin/python"))
            .args(["-B", "-c", script])
            .arg(path)
            .arg(password),
    )
}

/// The text as pdf.js shows it; none if the password is wrong.
fn pdfjs(path: &Path, password: &str) -> Option<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/scripts/pdf-text.js");
    let output = run(Command::new("node").arg(script).arg(path).arg(password));
    let said = String::from_utf8_lossy(&output.stderr);
    let refused = output.status.code() == Some(3);
    assert!(output.status.success() || refused, "{said}");
    (!refused).then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_right_password_opens_and_a_wrong_one_does_not() {
    for name in [
        "01-text-umlaut",
        "02-newsletter",
        "03-thread",
        "04-intl",
        "05-word",
        "06-special",
    ] {
        let file = encrypted(name);
        let path = file.path();
        for (password, right) in [
            (PASSWORD, true),
            ("kiefer tasse mond regal ohr", false),
            ("", false),
        ] {
            let qpdf = Command::new("qpdf")
                .arg("--check")
                .arg(format!("--password={password}"))
                .arg(path)
                .output();
            let qpdf = qpdf.expect("qpdf: run scripts/install.sh test");
            assert_eq!(
                qpdf.status.success(),
                right,
                "qpdf {name}: {}",
                String::from_utf8_lossy(&qpdf.stdout)
            );
            let poppler = Command::new("pdftotext")
                .args(["-upw", password])
                .arg(path)
                .arg("-")
                .output();
            let poppler = poppler.expect("pdftotext: run scripts/install.sh test");
            assert_eq!(poppler.status.success(), right, "poppler {name}");
            let said = String::from_utf8_lossy(&poppler.stdout).into_owned();
            assert_eq!(said.contains("Sicher antworten"), right, "poppler {name}");
            let mupdf = run(Command::new("mutool")
                .args(["draw", "-q", "-F", "text", "-p", password])
                .arg(path));
            let said = String::from_utf8_lossy(&mupdf.stdout).into_owned();
            assert_eq!(said.contains("Sicher antworten"), right, "MuPDF {name}");
            assert_eq!(pikepdf(path, password), right, "pikepdf {name}");
            let shown = pdfjs(path, password);
            let shown = shown.map(|text| text.contains("Sicher antworten"));
            assert_eq!(shown, right.then_some(true), "pdf.js {name}");
        }
    }
}
