//! What the tests share: samples, a profile unpacked and copied, fixed ids and bytes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use depesche_settings::bundle::stamp::Stamp;
use depesche_settings::bundle::whole::Bundle;
use depesche_settings::convert::{self, Input, Wishes};
use depesche_settings::k9s::writer::Signatures;
use depesche_settings::mobileconfig::writer::Texts;
use depesche_settings::secret::{Entropy, Secret};
use depesche_settings::thunderbird::read::Opening;
use depesche_settings::thunderbird::snapshot;
use depesche_settings::vcard::writer::Version;
use tempfile::TempDir;

pub(crate) const PLAIN: &str = "thunderbird-profile";
pub(crate) const PROTECTED: &str = "thunderbird-profile-primary-password";

pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

pub(crate) fn sample(name: &str) -> Vec<u8> {
    fs::read(folder("samples").join(name)).expect(name)
}

pub(crate) fn sample_text(name: &str) -> String {
    String::from_utf8(sample(name)).expect(name)
}

pub(crate) fn stamp() -> Stamp {
    Stamp {
        id: "b0f5c1de-0000-4000-8000-000000000001".to_owned(),
        created: "2026-03-02T09:00:00Z".to_owned(),
    }
}

pub(crate) fn opening(primary_password: Option<&str>) -> Opening {
    Opening {
        primary_password: primary_password.map(|text| Secret::new(text.to_owned())),
        entropy: Entropy::from_random([7; 32]),
    }
}

pub(crate) fn wishes() -> Wishes {
    Wishes {
        signatures: Signatures::Text,
        vcard: Version::Three,
        texts: Texts {
            name: "Mail-Einstellungen (Depesche)".to_owned(),
            description: "Konten vom Desktop. Jederzeit in den Einstellungen löschbar.".to_owned(),
            organization: "Depesche".to_owned(),
        },
        signer: None,
    }
}

/// A sample profile as Thunderbird left it, its write-ahead logs beside the databases.
pub(crate) fn unpacked(name: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a temporary folder");
    let archive = self::folder("samples").join(format!("{name}.tar.gz"));
    let tar = Command::new("tar")
        .arg("-xzf")
        .arg(archive)
        .arg("-C")
        .arg(folder.path())
        .status();
    assert!(tar.expect("tar").success());
    let path = folder.path().join(name);
    (folder, path)
}

/// A private copy of a sample profile.
pub(crate) fn copied(name: &str) -> TempDir {
    let (_folder, profile) = unpacked(name);
    let copy = TempDir::new().expect("a temporary folder");
    snapshot::take(&profile, copy.path(), None).expect("a copy");
    copy
}

/// A sample profile, read; notes are among the losses.
pub(crate) fn profile(name: &str, opening: Option<&Opening>) -> Bundle {
    let copy = copied(name);
    convert::read(Input::Profile(copy.path()), &stamp(), opening).expect("a profile")
}

pub(crate) fn sample_bundle() -> Bundle {
    Bundle::parse(&sample("bundle.json"))
        .expect("the sample")
        .bundle
}

/// Loss as `category/item: reason`.
pub(crate) fn spoken<'a>(
    losses: impl IntoIterator<Item = &'a depesche_settings::loss::Loss>,
) -> Vec<String> {
    let spoken = losses.into_iter().map(|loss| {
        let item = loss
            .item
            .as_deref()
            .map_or(String::new(), |item| format!("/{item}"));
        format!("{}{item}: {}", loss.category, loss.reason)
    });
    spoken.collect()
}
