//! Real readers: the right password opens, a wrong one does not, and what is inside is the same.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::encrypting::{PASSWORD, credential, protect, random};
use crate::peer;
use depesche_pdfkey::encrypt::encrypt;
use depesche_pdfkey::fuzzing::small;

fn attachment() -> Vec<u8> {
    (0..100_000_u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes())
        .collect()
}

fn sha256(bytes: &[u8]) -> String {
    let output = tempfile::NamedTempFile::new().expect("a file");
    fs::write(output.path(), bytes).expect("written");
    let output = peer::run(Command::new("sha256sum").arg(output.path()));
    peer::text(&output)
        .split(' ')
        .next()
        .expect("a hash")
        .to_owned()
}

fn qpdf(path: &Path, password: &str) -> (bool, String) {
    let output = peer::run(
        Command::new("qpdf")
            .arg("--check")
            .arg(format!("--password={password}"))
            .arg(path),
    );
    (output.status.success(), peer::text(&output))
}

fn poppler(path: &Path, password: &str) -> Option<String> {
    let output = peer::run(
        Command::new("pdftotext")
            .arg("-upw")
            .arg(password)
            .arg(path)
            .arg("-"),
    );
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn mupdf(path: &Path, password: &str) -> Option<String> {
    let output = peer::run(
        Command::new("mutool")
            .args(["draw", "-q", "-F", "text", "-p", password])
            .arg(path),
    );
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn in_python(path: &Path, password: &str) -> Value {
    let output = peer::run(peer::python("readers.py").arg(path).arg(password));
    assert!(output.status.success(), "{}", peer::text(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn every_reader_opens_with_the_password_and_sees_the_same() {
    let attachment = attachment();
    let protected = protect(&small("HelloReaders", &attachment));
    let file = tempfile::Builder::new()
        .suffix(".pdf")
        .tempfile()
        .expect("a file");
    fs::write(file.path(), protected).expect("written");
    let path = file.path();

    let (is_good, said) = qpdf(path, PASSWORD);
    assert!(is_good && !said.contains("WARNING"), "{said}");
    for word in [
        "R = 6",
        "P = -4",
        "stream encryption method: AESv3",
        "string encryption method: AESv3",
        "file encryption method: AESv3",
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert_eq!(poppler(path, PASSWORD).as_deref(), Some("HelloReaders"));
    assert_eq!(mupdf(path, PASSWORD).as_deref(), Some("HelloReaders"));
    let python = in_python(path, PASSWORD);
    let hash = sha256(&attachment);
    assert_eq!(
        python["pikepdf"]["attachments"]["attached.bin"],
        hash.as_str(),
        "{python}"
    );
    assert_eq!(
        python["pikepdf"]["methods"],
        serde_json::json!(["aesv3", "aesv3", "aesv3"])
    );
    assert_eq!(
        python["pikepdf"]["revision"],
        serde_json::json!([5, 6, 256])
    );
    assert_eq!(
        python["pypdf"]["attachments"]["attached.bin"],
        hash.as_str()
    );
    assert_eq!(python["pypdf"]["text"], "HelloReaders");
    assert_eq!(
        (&python["pypdf"]["title"], &python["pikepdf"]["title"]),
        (&"HelloReaders".into(), &"HelloReaders".into())
    );

    let detached = peer::run(
        Command::new("qpdf")
            .arg(format!("--password={PASSWORD}"))
            .arg("--show-attachment=attached.bin")
            .arg(path),
    );
    assert!(
        detached.stdout == attachment,
        "qpdf takes the attachment out as it went in"
    );
}

#[test]
fn no_reader_opens_with_another_password_or_none() {
    let protected = protect(&small("HelloReaders", b"attached"));
    let file = tempfile::Builder::new()
        .suffix(".pdf")
        .tempfile()
        .expect("a file");
    fs::write(file.path(), protected).expect("written");
    let path = file.path();
    for wrong in [
        "",
        "kiefer tasse mon",
        "Kiefer tasse mond",
        "kiefer tasse mond ",
    ] {
        assert!(!qpdf(path, wrong).0, "{wrong:?}");
        assert_eq!(poppler(path, wrong), None, "{wrong:?}");
        assert_eq!(mupdf(path, wrong), None, "{wrong:?}");
        let python = in_python(path, wrong);
        assert!(
            python["pikepdf"].is_null() && python["pypdf"].is_null(),
            "{wrong:?}: {python}"
        );
    }
}

#[test]
fn passwords_of_all_scripts_open_in_every_reader() {
    for password in [
        "Brücke ěščř",
        "密码测试",
        "λόγος",
        "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    ] {
        let protected = encrypt(&small("Scripts", b"a"), &credential(password), &mut random)
            .expect("it is a PDF");
        let file = tempfile::Builder::new()
            .suffix(".pdf")
            .tempfile()
            .expect("a file");
        fs::write(file.path(), protected).expect("written");
        let path = file.path();
        assert!(qpdf(path, password).0, "qpdf: {password}");
        // Its command line cuts at 32 bytes.
        if password.len() <= 32 {
            assert_eq!(
                poppler(path, password).as_deref(),
                Some("Scripts"),
                "poppler: {password}"
            );
        }
        assert_eq!(
            mupdf(path, password).as_deref(),
            Some("Scripts"),
            "MuPDF: {password}"
        );
        assert_eq!(
            in_python(path, password)["pypdf"]["text"],
            "Scripts",
            "pypdf: {password}"
        );
    }
}

/// Files of another program, with compressed lists of objects and a cross-reference stream.
#[test]
fn files_with_object_streams_come_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let (plain, packed) = (
        folder.path().join("plain.pdf"),
        folder.path().join("packed.pdf"),
    );
    fs::write(&plain, small("Packed", &attachment())).expect("written");
    let output = peer::run(
        Command::new("qpdf")
            .args(["--object-streams=generate", "--compress-streams=y"])
            .arg(&plain)
            .arg(&packed),
    );
    assert!(output.status.success(), "{}", peer::text(&output));
    let packed = fs::read(&packed).expect("qpdf wrote it");
    assert!(packed.windows(7).any(|window| window == b"/ObjStm"));
    let path = folder.path().join("protected.pdf");
    fs::write(&path, protect(&packed)).expect("written");
    let (is_good, said) = qpdf(&path, PASSWORD);
    assert!(is_good && !said.contains("WARNING"), "{said}");
    assert_eq!(poppler(&path, PASSWORD).as_deref(), Some("Packed"));
    assert_eq!(mupdf(&path, PASSWORD).as_deref(), Some("Packed"));
    assert_eq!(
        in_python(&path, PASSWORD)["pypdf"]["attachments"]["attached.bin"],
        sha256(&attachment()).as_str()
    );
}

/// However another program wrote it: what it shows, and its attachment, stay.
#[test]
fn files_of_other_writers_come_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let plain = at("plain.pdf");
    fs::write(&plain, small("Writers", &attachment())).expect("written");
    let qpdf = |options: &[&str], out: &str| {
        let mut command = Command::new("qpdf");
        command.args(options).arg(&plain).arg(at(out));
        command
    };
    let mut mutool = Command::new("mutool");
    mutool
        .args(["clean", "-ggg", "-z"])
        .arg(&plain)
        .arg(at("mutool.pdf"));
    let mut pikepdf = peer::python("rewrite.py");
    pikepdf.args([
        "pikepdf".as_ref(),
        plain.as_os_str(),
        at("pikepdf.pdf").as_os_str(),
    ]);
    let mut pypdf = peer::python("rewrite.py");
    pypdf.args([
        "pypdf".as_ref(),
        plain.as_os_str(),
        at("pypdf.pdf").as_os_str(),
    ]);
    let writers = [
        ("linearized.pdf", qpdf(&["--linearize"], "linearized.pdf")),
        (
            "two.pdf",
            qpdf(
                &["--force-version=2.0", "--object-streams=generate"],
                "two.pdf",
            ),
        ),
        ("qdf.pdf", qpdf(&["--qdf"], "qdf.pdf")),
        ("mutool.pdf", mutool),
        ("pikepdf.pdf", pikepdf),
        ("pypdf.pdf", pypdf),
    ];
    for (name, mut command) in writers {
        let output = peer::run(&mut command);
        assert!(output.status.success(), "{name}: {}", peer::text(&output));
        let path = at(&format!("protected-{name}"));
        fs::write(&path, protect(&fs::read(at(name)).expect("it was written"))).expect("written");
        let (is_good, said) = self::qpdf(&path, PASSWORD);
        assert!(is_good && !said.contains("WARNING"), "{name}: {said}");
        assert_eq!(
            poppler(&path, PASSWORD).as_deref(),
            Some("Writers"),
            "{name}"
        );
        let mut detach = Command::new("qpdf");
        detach
            .arg(format!("--password={PASSWORD}"))
            .arg("--show-attachment=attached.bin")
            .arg(&path);
        assert!(peer::run(&mut detach).stdout == attachment(), "{name}");
    }
}
