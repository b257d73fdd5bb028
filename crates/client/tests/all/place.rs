//! Whatever a delivery calls its files, nothing is written outside the chosen folder, nothing replaced.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use depesche_client::fetch::Place;
use depesche_client::seal::name::Name;

const EVIL: &[&str] = &[
    "..",
    ".",
    "...",
    "....",
    ". .",
    ".. ",
    " ..",
    "..\\",
    "\\..",
    "..\\..\\x",
    "..;",
    "..%2f",
    "%2e%2e",
    "..%00",
    "\u{ff0e}\u{ff0e}",
    "\u{2024}\u{2024}",
    "..\u{200b}",
    "\u{202e}..",
    "~",
    "~root",
    "$HOME",
    "`id`",
    "$(id)",
    "-rf",
    "--help",
    "CON",
    "con.txt",
    "NUL",
    "COM1",
    "LPT9.doc",
    "a:b",
    "C:",
    "C:\\x",
    "\\\\host\\share",
    "file:stream",
    "nul\0byte",
    "\0",
    "line\nbreak",
    "\r",
    "tab\tx",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "*",
    "?",
    "|",
    "<x>",
    "\"",
    "'",
    "a'b",
    " ",
    "trailing.",
    "trailing ",
    ".hidden",
    ".ssh",
    ".bashrc",
    ".depesche-x.part",
    "é",
    "e\u{301}",
    "日本語",
    "🦀",
    "\u{feff}bom",
    "..\u{2215}x",
    "..\u{ff0f}x",
    "..\u{2044}x",
    "a\u{338}b",
];

fn hostile() -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for evil in EVIL {
        names.push((*evil).to_owned());
        names.push(format!("{evil}/x"));
        names.push(format!("x/{evil}"));
        names.push(format!("x/{evil}/y"));
        names.push(format!("../{evil}"));
        names.push(format!("/{evil}"));
    }
    for deep in [
        "../../../../etc/passwd",
        "/etc/passwd",
        "a/../../b",
        "a//b",
        "",
        "/",
        "//",
        "a/",
        "./a",
        "a/./b",
    ] {
        names.push(deep.to_owned());
    }
    names.push("x".repeat(256));
    names.push("ü".repeat(128));
    names.push("y/".repeat(2100) + "y");
    names
}

/// Every path below `dir`, links not followed.
fn everything(dir: &Path, into: &mut Vec<String>) {
    for entry in fs::read_dir(dir).expect("folder") {
        let path = entry.expect("entry").path();
        into.push(path.to_string_lossy().into_owned());
        if path.is_dir() && !path.is_symlink() {
            everything(&path, into);
        }
    }
}

#[test]
fn three_hundred_hostile_names_never_leave_the_folder() {
    let names = hostile();
    assert!(names.len() >= 300, "{}", names.len());
    let world = tempfile::tempdir().expect("folder");
    fs::write(world.path().join("canary"), "unchanged").expect("canary");
    let (mut written, mut refused) = (0, 0);
    for (number, text) in names.iter().enumerate() {
        let Ok(name) = Name::parse(text) else {
            refused += 1;
            continue;
        };
        let out = world.path().join(format!("out{number}"));
        let place = Place::open(&out, ".depesche-w.part").expect("place");
        place
            .file(&name)
            .expect(text)
            .write_all(b"content")
            .expect(text);
        let top = name.components().next().expect("a component");
        let free = place.free_name(top).expect("a name");
        place.move_out(top, &free).expect(text);
        place.close().expect("closed");
        let mut inner = free.clone();
        inner.push_str(&text[top.len()..]);
        assert_eq!(fs::read(out.join(inner)).expect(text), b"content");
        fs::remove_dir_all(&out).expect("removed");
        written += 1;
    }
    let mut left = Vec::new();
    everything(world.path(), &mut left);
    assert_eq!(left, [world.path().join("canary").to_string_lossy()]);
    assert!(
        written > 100 && refused > 100,
        "{written} written, {refused} refused"
    );
}

#[test]
fn planted_links_are_not_followed() {
    let world = tempfile::tempdir().expect("folder");
    let outside = world.path().join("outside");
    fs::create_dir(&outside).expect("folder");
    fs::write(outside.join("file"), "untouched").expect("file");
    let out = world.path().join("out");
    let place = Place::open(&out, ".depesche-w.part").expect("place");
    let work = out.join(".depesche-w.part");
    symlink(&outside, work.join("folder")).expect("link");
    symlink(outside.join("file"), work.join("file")).expect("link");
    let name = |text| Name::parse(text).expect("a name");
    assert!(place.file(&name("folder/file")).is_err());
    assert!(place.file(&name("file")).is_err());
    assert!(place.existing(&name("file")).is_err());
    assert!(place.folder(&name("folder/new")).is_err());
    assert_eq!(fs::read(outside.join("file")).expect("file"), b"untouched");
    assert_eq!(fs::read_dir(&outside).expect("folder").count(), 1);
    // Nor is the work folder itself, were it planted.
    symlink(&outside, world.path().join("trap")).expect("link");
    assert!(Place::open(world.path(), "trap").is_err());
}

#[test]
fn the_work_folder_is_private() {
    let world = tempfile::tempdir().expect("folder");
    let _place = Place::open(world.path(), ".depesche-w.part").expect("place");
    let mode = fs::metadata(world.path().join(".depesche-w.part")).expect("folder");
    assert_eq!(mode.permissions().mode() & 0o777, 0o700);
}

#[test]
fn nothing_is_replaced() {
    let world = tempfile::tempdir().expect("folder");
    let out = world.path();
    fs::write(out.join("report.tar.gz"), "mine").expect("file");
    fs::create_dir(out.join("photos")).expect("folder");
    symlink("nowhere", out.join("note")).expect("link");
    let place = Place::open(out, ".depesche-w.part").expect("place");
    for (name, expected) in [
        ("report.tar.gz", "report.tar (1).gz"),
        ("photos/1.jpg", "photos (1)"),
        ("note", "note (1)"),
        ("new.txt", "new.txt"),
        (".profile", ".profile"),
    ] {
        let name = Name::parse(name).expect("a name");
        place.file(&name).expect("file");
        let top = name.components().next().expect("a component");
        assert_eq!(place.free_name(top).expect("a name"), expected);
        if top != expected {
            let taken = place.move_out(top, top).expect_err("taken");
            assert_eq!(taken.kind(), std::io::ErrorKind::AlreadyExists);
        }
        place.move_out(top, expected).expect("moved");
    }
    assert_eq!(fs::read(out.join("report.tar.gz")).expect("file"), b"mine");
    // A name that has no room for its number loses the end of its stem, not its extension.
    let long = "ü".repeat(124) + ".jpeg";
    fs::write(out.join(&long), "mine").expect("file");
    let numbered = place.free_name(&long).expect("a name");
    assert!(
        numbered.len() <= 255 && numbered.ends_with("ü (1).jpeg"),
        "{numbered}"
    );
}
