//! `settings convert`, and what importing needs of it.

use std::collections::BTreeMap;
use std::path::Path;

use depesche_client::fault::Fault;
use depesche_client::settings::bundle::whole::Bundle;
use depesche_client::settings::convert::{self, Format, Input, Wishes, Written};
use depesche_client::settings::k9s::writer::Signatures;
use depesche_client::settings::loss::Loss;
use depesche_client::settings::mobileconfig::writer::Texts;
use depesche_client::settings::vcard::writer::Version;
use serde_json::{Value, json};

use super::desk::Desk;
use super::files::{self, Saved};
use super::thunderbird;
use crate::cli_handoff::{SecretArgs, TargetArgs};
use crate::exit::Failure;
use crate::text;

/// What the endings of files say.
const ENDINGS: [(&str, Format); 6] = [
    (".depesche-settings.json", Format::Bundle),
    (".k9s", Format::K9s),
    (".mobileconfig", Format::MobileConfig),
    (".vcf", Format::VCard),
    (".sieve", Format::Sieve),
    (".json", Format::Bundle),
];

/// The format of `--to`.
pub(crate) fn format(name: &str) -> Result<Format, Failure> {
    Format::parse(name).ok_or_else(|| {
        let names: Vec<&str> = convert::FORMATS.iter().map(|(name, _)| *name).collect();
        let known = names.join(", ");
        Failure::usage(
            "format_unknown",
            format!("{name} is no format that is known here; known are: {known}"),
        )
    })
}

/// As the arguments wish.
pub(crate) fn wishes(args: &TargetArgs) -> Wishes {
    Wishes {
        signatures: match args.html_signatures {
            true => Signatures::Html,
            false => Signatures::Text,
        },
        vcard: Version::Three,
        texts: Texts {
            name: "Mail settings (Depesche)".to_owned(),
            description:
                "Accounts from another device. Can be removed in the settings at any time."
                    .to_owned(),
            organization: "Depesche".to_owned(),
        },
        signer: args.sign_profile.clone(),
    }
}

pub(crate) fn failure(error: &convert::Error) -> Failure {
    let (fault, code) = match error {
        convert::Error::Unknown => (Fault::Unopenable, "settings_unknown"),
        convert::Error::EmClient => (Fault::Usage, "format_reserved"),
        convert::Error::WrittenOnly(_) => (Fault::Usage, "written_only"),
        convert::Error::NoSigner(_) => (Fault::Usage, "signer_unknown"),
        convert::Error::NoRules => (Fault::Usage, "no_rules"),
        _ => (Fault::Unopenable, "settings_damaged"),
    };
    Failure::new(fault, code, error)
}

/// How many of each there are; nothing of what there is none of.
pub(crate) fn categories(bundle: &Bundle) -> BTreeMap<&'static str, usize> {
    let all = [
        ("accounts", bundle.accounts.iter().count()),
        ("outgoingServers", bundle.outgoing_servers.iter().count()),
        ("identities", bundle.identities.iter().count()),
        ("signatures", bundle.signatures.iter().count()),
        ("templates", bundle.templates.iter().count()),
        ("quickTexts", bundle.quick_texts.iter().count()),
        ("certificates", bundle.certificates.iter().count()),
        ("openpgpKeys", bundle.openpgp_keys.iter().count()),
        ("tags", bundle.tags.iter().count()),
        ("rules", bundle.rules.iter().count()),
        ("addressBooks", bundle.address_books.iter().count()),
        ("calendars", bundle.calendars.iter().count()),
    ];
    all.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// Losses as JSON.
pub(crate) fn losses(all: &[Loss]) -> Value {
    let losses = all
        .iter()
        .map(|loss| serde_json::to_value(loss).unwrap_or_default());
    losses.collect()
}

/// Losses as lines.
pub(crate) fn loss_lines(all: &[Loss]) -> String {
    let mut lines = String::new();
    for loss in all {
        let item = loss.item.as_deref().unwrap_or_default();
        let line = format!("  {} {item}: {}", loss.category, loss.reason);
        lines.push_str(&text::shown(&line));
        lines.push('\n');
    }
    if !lines.is_empty() {
        lines.insert_str(0, "Not taken along:\n");
    }
    lines
}

/// Files as JSON.
pub(crate) fn saved(files: &[Saved]) -> Value {
    let one = |file: &Saved| json!({"name": file.name, "size": file.size, "path": file.path.to_string_lossy()});
    files.iter().map(one).collect()
}

/// Passwords of what was written, to be shown once.
pub(crate) fn passwords(written: &Written) -> Value {
    let one = |(file, secret): &(String, _)| {
        let secret: &depesche_client::settings::secret::Secret = secret;
        json!({"file": file, "password": secret.expose()})
    };
    written.passwords.iter().map(one).collect()
}

/// The format that a file's name asks for.
fn format_of(output: &Path, args: &TargetArgs) -> Result<Format, Failure> {
    if let Some(name) = &args.to {
        return format(name);
    }
    let name = output.to_string_lossy().to_ascii_lowercase();
    let found = ENDINGS.iter().find(|(ending, _)| name.ends_with(ending));
    found.map(|(_, format)| *format).ok_or_else(|| {
        Failure::usage(
            "format_missing",
            "which format? say it by the ending of the file, or --to FORMAT for a folder",
        )
    })
}

/// `settings convert`.
pub(crate) fn convert(
    desk: &Desk,
    (input, output): (&Path, &Path),
    target: &TargetArgs,
    secrets: &SecretArgs,
) -> Result<(), Failure> {
    let format = format_of(output, target)?;
    let bundle = if input.is_dir() {
        thunderbird::read(input, secrets, desk.world)?
    } else {
        let bytes = std::fs::read(input).map_err(|error| {
            Failure::usage("file_unreadable", format!("{}: {error}", input.display()))
        })?;
        let name = input.file_name().unwrap_or_default().to_string_lossy();
        let file = Input::File {
            name: &name,
            bytes: &bytes,
        };
        let stamp = thunderbird::stamp(input, desk.world);
        convert::read(file, &stamp, None).map_err(|error| failure(&error))?
    };
    let written = convert::write(&bundle, format, &wishes(target)).map_err(|e| failure(&e))?;
    let mut lost: Vec<Loss> = bundle.losses.iter().cloned().collect();
    lost.extend(
        written
            .losses
            .iter()
            .filter(|loss| !bundle.losses.iter().any(|l| l == *loss))
            .cloned(),
    );
    let saved_files = put(desk, output, target.to.is_some(), &written)?;
    let json = json!({
        "files": saved(&saved_files),
        "categories": categories(&bundle),
        "passwords": passwords(&written),
        "losses": losses(&lost),
    });
    let names: Vec<String> = saved_files
        .iter()
        .map(|file| text::shown(&file.path.to_string_lossy()))
        .collect();
    desk.say(
        &json,
        &format!("{}\n{}", names.join("\n"), loss_lines(&lost)),
    );
    Ok(())
}

/// One file to the path itself; several, or with `--to` and a folder, into it.
fn put(
    desk: &Desk,
    output: &Path,
    is_folder: bool,
    written: &Written,
) -> Result<Vec<Saved>, Failure> {
    let all = written
        .files
        .iter()
        .map(|f| (f.name.as_str(), f.bytes.as_slice()));
    match written.files.as_slice() {
        [one] if !(is_folder && output.extension().is_none()) => {
            if output.exists() {
                let there = format!("{} is there already; choose another name", output.display());
                return Err(Failure::usage("file_exists", there));
            }
            files::write_private(output, &one.bytes).map_err(|error| {
                Failure::new(
                    Fault::Other,
                    "write_failed",
                    format!("{}: {error}", output.display()),
                )
            })?;
            Ok(vec![Saved {
                name: one.name.clone(),
                size: one.bytes.len(),
                path: output.to_owned(),
            }])
        }
        _ => files::save(output, all, desk.world),
    }
}
