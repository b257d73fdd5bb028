//! Every sample in every format, held against `tests/golden`. The converters in the browser are held
//! against the same files.
//!
//! `UPDATE_GOLDEN=1 cargo test --release -p depesche-settings golden` writes them anew; look at the
//! difference before it is committed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use depesche_settings::bundle::whole::Bundle;
use depesche_settings::convert::{self, FORMATS, Format, Input, Written};
use tempfile::TempDir;

use crate::harness::{PLAIN, copied, folder, opening, sample, spoken, stamp, wishes};

/// Samples that are converted into everything; the others become bundles only.
const INTO_ALL: &[&str] = &["bundle.json", "thunderbird-profile"];

struct Golden {
    updates: bool,
    seen: BTreeSet<PathBuf>,
    findings: Vec<String>,
}

impl Golden {
    fn hold(&mut self, path: &str, bytes: &[u8]) {
        let path = folder("golden").join(path);
        self.seen.insert(path.clone());
        if self.updates {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(&path, bytes).expect("a golden file");
        }
        match fs::read(&path) {
            Ok(golden) if golden == bytes => {}
            Ok(_) => self.findings.push(format!("differs: {}", path.display())),
            Err(_) => self.findings.push(format!("missing: {}", path.display())),
        }
    }

    fn written(&mut self, case: &str, format: Format, written: &Written) {
        let name = format.name();
        for file in &written.files {
            // Its bytes are SQLite's business: the profile is read back instead.
            if !file.name.ends_with(".sqlite") {
                self.hold(&format!("{case}/{name}/{}", file.name), &file.bytes);
            }
        }
        let mut losses = spoken(&written.losses).join("\n");
        losses.push('\n');
        self.hold(&format!("{case}/{name}.losses"), losses.as_bytes());
    }

    fn case(&mut self, case: &str, bundle: &Bundle) {
        let all = INTO_ALL.contains(&case);
        for (_, format) in FORMATS.iter().filter(|(name, _)| all || *name == "bundle") {
            match convert::write(bundle, *format, &wishes()) {
                Ok(mut written) => {
                    // As `convert` tells them: those of reading first.
                    let before = bundle.losses.iter().cloned();
                    written.losses.splice(0..0, before);
                    self.written(case, *format, &written);
                }
                Err(error) => {
                    let path = format!("{case}/{}.error", format.name());
                    self.hold(&path, format!("{error}\n").as_bytes());
                }
            }
        }
    }
}

fn walk(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, files);
        } else {
            files.insert(path);
        }
    }
}

#[test]
fn samples_become_the_golden_files() {
    let updates = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut golden = Golden {
        updates,
        seen: BTreeSet::new(),
        findings: Vec::new(),
    };
    let mut samples: Vec<String> = fs::read_dir(folder("samples"))
        .expect("the samples")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect();
    samples.sort();
    assert!(samples.len() > 20, "the samples are there");
    for name in &samples {
        let input = Input::File {
            name,
            bytes: &sample(name),
        };
        match convert::read(input, &stamp(), None) {
            Ok(bundle) => golden.case(name, &bundle),
            Err(error) => {
                golden.hold(&format!("{name}.error"), format!("{error}\n").as_bytes());
            }
        }
    }
    let copy = copied(PLAIN);
    let secrets = opening(None);
    let bundle = convert::read(Input::Profile(copy.path()), &stamp(), Some(&secrets));
    golden.case(PLAIN, &bundle.expect("the profile"));
    let bundle = convert::read(Input::Profile(copied(PLAIN).path()), &stamp(), None);
    golden.case(
        "thunderbird-profile-without-secrets",
        &bundle.expect("the profile"),
    );
    let mut present = BTreeSet::new();
    walk(&folder("golden"), &mut present);
    for stale in present.difference(&golden.seen) {
        golden
            .findings
            .push(format!("nothing makes this any more: {}", stale.display()));
    }
    assert!(
        golden.findings.is_empty(),
        "\n  {}\n",
        golden.findings.join("\n  ")
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn a_written_profile_is_read_as_it_was() {
    let secrets = opening(None);
    let bundle = convert::read(
        Input::Profile(copied(PLAIN).path()),
        &stamp(),
        Some(&secrets),
    );
    let bundle = bundle.expect("the profile");
    let written = convert::write(&bundle, Format::Thunderbird, &wishes()).expect("a profile");
    let folder = TempDir::new().expect("a folder");
    for file in &written.files {
        let path = folder.path().join(&file.name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, &file.bytes).expect("a file");
    }
    let again = Input::Profile(&folder.path().join("profile"));
    let again = convert::read(again, &stamp(), Some(&secrets)).expect("the written profile");
    let mut first = bundle;
    // What Thunderbird asks for or has imported by hand.
    first.remove_passwords();
    for identity in first.identities.iter_mut() {
        identity.smime = None;
        identity.openpgp = None;
    }
    let rule = |bundle: &Bundle| {
        bundle
            .rules
            .iter()
            .map(|r| r.native.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(first.accounts, again.accounts);
    let without_ids = |bundle: &Bundle| -> Vec<_> {
        bundle
            .outgoing_servers
            .iter()
            .map(|o| (o.name.clone(), o.server.clone()))
            .collect()
    };
    assert_eq!(without_ids(&first), without_ids(&again));
    let people = |bundle: &Bundle| -> Vec<_> {
        let people = bundle.identities.iter().cloned();
        people
            .map(|mut i| {
                i.outgoing = None;
                i
            })
            .collect()
    };
    assert_eq!(people(&first), people(&again));
    assert_eq!(first.signatures, again.signatures);
    assert_eq!(first.tags, again.tags);
    assert_eq!(rule(&first), rule(&again));
    assert_eq!(first.preferences, again.preferences);
    let mails = |bundle: &Bundle| -> Vec<_> {
        bundle
            .templates
            .iter()
            .map(|t| (t.name.clone(), t.message.clone()))
            .collect()
    };
    assert_eq!(mails(&first), mails(&again));
    let books = |bundle: &Bundle| -> Vec<_> {
        let books = bundle.address_books.iter();
        books
            .map(|b| {
                (
                    b.kind.clone(),
                    b.url.clone(),
                    b.contacts.clone(),
                    b.lists.clone(),
                )
            })
            .collect()
    };
    let (mut first_books, mut books_again) = (books(&first), books(&again));
    first_books.sort_by_key(|book| format!("{book:?}"));
    books_again.sort_by_key(|book| format!("{book:?}"));
    assert_eq!(first_books, books_again);
}
