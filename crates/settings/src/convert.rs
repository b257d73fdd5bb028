//! One door for all formats: what is it, read it, write it as something else.

use std::path::Path;

use crate::bundle::stamp::Stamp;
use crate::bundle::whole::{self, Bundle};
use crate::cms;
use crate::file::{File, safe_name};
use crate::k9s;
use crate::loss::Loss;
use crate::mobile_qr;
use crate::mobileconfig;
use crate::p12;
use crate::parts::{self, Parts};
use crate::quicktext;
use crate::secret::Secret;
use crate::sieve;
use crate::thunderbird;
use crate::thunderbird::read::Opening;
use crate::vcard;

/// A format, as `depesche settings convert` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The open settings bundle.
    Bundle,
    /// A profile of Thunderbird for desktop.
    Thunderbird,
    /// Settings of Thunderbird for Android and K-9 Mail.
    K9s,
    /// The texts of Thunderbird's QR codes for mobile.
    MobileQr,
    /// Apple's configuration profile.
    MobileConfig,
    /// Contacts.
    VCard,
    /// Rules on a server.
    Sieve,
    /// Templates of the add-on Quicktext.
    Quicktext,
    /// Templates as mails; written only.
    Eml,
    /// Certificates and keys as files; written only.
    Keys,
    /// eM Client's XML: a reserved name.
    EmClientXml,
}

/// Every format with its name.
pub const FORMATS: &[(&str, Format)] = &[
    ("bundle", Format::Bundle),
    ("thunderbird", Format::Thunderbird),
    ("k9s", Format::K9s),
    ("thunderbird-qr", Format::MobileQr),
    ("mobileconfig", Format::MobileConfig),
    ("vcard", Format::VCard),
    ("sieve", Format::Sieve),
    ("quicktext", Format::Quicktext),
    ("eml", Format::Eml),
    ("keys", Format::Keys),
    ("emclient-xml", Format::EmClientXml),
];

impl Format {
    /// The format of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        FORMATS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, format)| *format)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        FORMATS
            .iter()
            .find(|(_, format)| *format == self)
            .map_or("", |(name, _)| name)
    }
}

/// Why something could not be converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No reader knows it.
    #[error(
        "this is no settings file that is known here; known are: bundle, .k9s, .mobileconfig, .vcf, .sieve, Quicktext, Thunderbird's codes and profiles"
    )]
    Unknown,
    /// The name is reserved.
    #[error(
        "eM Client's XML cannot be read yet: its structure is not published. An export with the passwords blacked out, sent to the project, would change that; until then export contacts as .vcf and certificates as .p12"
    )]
    EmClient,
    /// Out of this format nothing is read.
    #[error("{} is written only, not read", .0.name())]
    WrittenOnly(Format),
    /// A bundle.
    #[error(transparent)]
    Bundle(#[from] whole::Error),
    /// A profile.
    #[error(transparent)]
    Thunderbird(#[from] thunderbird::error::Error),
    /// `.k9s`.
    #[error(transparent)]
    K9s(#[from] k9s::reader::Error),
    /// Codes.
    #[error(transparent)]
    MobileQr(#[from] mobile_qr::reader::Error),
    /// A configuration profile.
    #[error(transparent)]
    MobileConfig(#[from] mobileconfig::reader::Error),
    /// Contacts.
    #[error(transparent)]
    VCard(#[from] vcard::reader::Error),
    /// A script.
    #[error(transparent)]
    Sieve(#[from] sieve::reader::Error),
    /// Quicktext.
    #[error(transparent)]
    Quicktext(#[from] quicktext::Error),
    /// The signer's `.p12`.
    #[error("the profile cannot be signed: {0}")]
    SignerFile(#[from] p12::Error),
    /// The signer's key.
    #[error("the profile cannot be signed: {0}")]
    Signer(#[from] cms::Error),
    /// The bundle has no such certificate with a key and its password.
    #[error("the profile cannot be signed: the bundle has no certificate {0} with its key")]
    NoSigner(String),
    /// Sieve scripts belong to accounts, and there is none.
    #[error("there are no rules here that could be written")]
    NoRules,
}

/// What is read.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A file, with its name.
    File {
        /// Without its folder.
        name: &'a str,
        /// Its contents.
        bytes: &'a [u8],
    },
    /// A private copy of a Thunderbird profile.
    Profile(&'a Path),
}

/// How things are written.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// In `.k9s`.
    pub signatures: k9s::writer::Signatures,
    /// Of contacts.
    pub vcard: vcard::writer::Version,
    /// On a configuration profile.
    pub texts: mobileconfig::writer::Texts,
    /// Id of the certificate that signs a configuration profile.
    pub signer: Option<String>,
}

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// The files.
    pub files: Vec<File>,
    /// File name and what opens it: to be shown once.
    pub passwords: Vec<(String, Secret)>,
    /// What the target does not carry.
    pub losses: Vec<Loss>,
}

/// Beginnings longer than this say nothing more.
const HEAD: usize = 4096;

/// Tells the format by the contents, and where they say nothing, by the name.
#[must_use]
pub fn detect(name: &str, bytes: &[u8]) -> Option<Format> {
    let head = String::from_utf8_lossy(bytes.get(..HEAD).unwrap_or(bytes)).into_owned();
    let head = head.trim_start_matches('\u{feff}').trim_start();
    let name = name.to_lowercase();
    let is_xml = head.starts_with('<');
    if head.starts_with('{') {
        let is_bundle = head.contains("\"depesche.settings\"") || name.ends_with(whole::SUFFIX);
        return Some(if is_bundle {
            Format::Bundle
        } else {
            by_json(bytes)?
        });
    }
    let begins = |text: &str| head.to_ascii_uppercase().starts_with(text);
    match () {
        () if is_xml && head.contains("<k9settings") => Some(Format::K9s),
        () if is_xml && head.contains("<plist") => Some(Format::MobileConfig),
        () if is_xml && head.contains("<quicktext") => Some(Format::Quicktext),
        () if is_xml && head.to_lowercase().contains("emclient") => Some(Format::EmClientXml),
        () if begins("BEGIN:VCARD") => Some(Format::VCard),
        () if head.starts_with("[1,[") || head.starts_with("[ 1") => Some(Format::MobileQr),
        () if cms::unwrap(bytes).is_some() => Some(Format::MobileConfig),
        () => {
            let endings = [
                (".k9s", Format::K9s),
                (".mobileconfig", Format::MobileConfig),
                (".vcf", Format::VCard),
                (".sieve", Format::Sieve),
                (".siv", Format::Sieve),
            ];
            endings
                .into_iter()
                .find(|(end, _)| name.ends_with(end))
                .map(|(_, format)| format)
        }
    }
}

/// A bundle whose format stands late, or Quicktext's export.
fn by_json(bytes: &[u8]) -> Option<Format> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    if value.get("format").and_then(serde_json::Value::as_str) == Some(whole::FORMAT) {
        return Some(Format::Bundle);
    }
    value
        .get("templates")
        .and_then(|t| t.get("groups"))
        .map(|_| Format::Quicktext)
}

/// Reads anything. What could not be read is among the bundle's losses. Codes of several parts are
/// given as lines of one file.
///
/// # Errors
/// What the reader of the format says.
pub fn read(input: Input<'_>, stamp: &Stamp, opening: Option<&Opening>) -> Result<Bundle, Error> {
    let (name, bytes) = match input {
        Input::Profile(copy) => {
            return Ok(merged(thunderbird::read::read(copy, stamp, opening)?));
        }
        Input::File { name, bytes } => (name, bytes),
    };
    let format = detect(name, bytes).ok_or(Error::Unknown)?;
    let text = String::from_utf8_lossy(bytes);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    Ok(merged(match format {
        Format::Bundle => return Ok(Bundle::parse(bytes)?.bundle),
        Format::K9s => k9s::reader::read(&text, stamp)?,
        Format::MobileQr => {
            let codes = text.lines().filter(|line| !line.trim().is_empty());
            mobile_qr::reader::read(codes, stamp)?
        }
        Format::MobileConfig => mobileconfig::reader::read(bytes, stamp)?,
        Format::VCard => vcard::reader::read(&text, stem, stamp)?,
        Format::Sieve => sieve::reader::read(&text, stem, stamp)?,
        Format::Quicktext => quicktext::read(&text, stamp)?,
        Format::EmClientXml => return Err(Error::EmClient),
        Format::Thunderbird | Format::Eml | Format::Keys => return Err(Error::WrittenOnly(format)),
    }))
}

/// The reader's notes become losses of the bundle that it made.
fn merged(opened: whole::Opened) -> Bundle {
    let mut bundle = opened.bundle;
    opened
        .notes
        .into_iter()
        .for_each(|note| bundle.losses.push(note));
    bundle
}

/// Writes a bundle in another format.
///
/// # Errors
/// A format that is only read, and a profile that cannot be signed.
pub fn write(bundle: &Bundle, format: Format, wishes: &Wishes) -> Result<Written, Error> {
    Ok(match format {
        Format::Bundle => Written {
            losses: bundle.broken_references(),
            ..one(
                &format!("settings{}", whole::SUFFIX),
                whole::MEDIA_TYPE,
                bundle.to_json(),
            )
        },
        Format::Thunderbird => parts(thunderbird::write::whole::write(bundle)),
        Format::K9s => {
            let written = k9s::writer::write(bundle, wishes.signatures);
            let file = one("mail.k9s", k9s::writer::MEDIA_TYPE, written.bytes);
            Written {
                losses: written.losses,
                ..file
            }
        }
        Format::MobileQr => {
            let written = mobile_qr::writer::write(bundle);
            let codes = written
                .codes
                .into_iter()
                .enumerate()
                .map(|(at, code)| File {
                    name: format!("thunderbird-qr-{}.json", at + 1),
                    media_type: "application/json",
                    bytes: code.into_bytes(),
                });
            let files = codes.collect();
            Written {
                files,
                passwords: Vec::new(),
                losses: written.losses,
            }
        }
        Format::MobileConfig => mobile_config(bundle, wishes)?,
        Format::VCard => {
            let written = vcard::writer::write(bundle, wishes.vcard);
            let file = one("contacts.vcf", "text/vcard", written.bytes);
            Written {
                losses: written.losses,
                ..file
            }
        }
        Format::Sieve => scripts(bundle)?,
        Format::Quicktext => {
            let written = quicktext::write(bundle);
            let file = one("quicktext.json", "application/json", written.bytes);
            Written {
                losses: written.losses,
                ..file
            }
        }
        Format::Eml => parts(parts::templates(bundle)),
        Format::Keys => parts(parts::keys(bundle)),
        Format::EmClientXml => return Err(Error::EmClient),
    })
}

fn one(name: &str, media_type: &'static str, bytes: Vec<u8>) -> Written {
    let files = vec![File {
        name: name.to_owned(),
        media_type,
        bytes,
    }];
    Written {
        files,
        passwords: Vec::new(),
        losses: Vec::new(),
    }
}

fn parts(parts: Parts) -> Written {
    Written {
        files: parts.files,
        passwords: parts.passwords,
        losses: parts.losses,
    }
}

fn mobile_config(bundle: &Bundle, wishes: &Wishes) -> Result<Written, Error> {
    let written = mobileconfig::writer::write(bundle, &wishes.texts);
    let bytes = match &wishes.signer {
        Some(id) => signed(bundle, id, &written.bytes)?,
        None => written.bytes,
    };
    let file = one("mail.mobileconfig", mobileconfig::writer::MEDIA_TYPE, bytes);
    Ok(Written {
        losses: written.losses,
        ..file
    })
}

fn signed(bundle: &Bundle, id: &str, profile: &[u8]) -> Result<Vec<u8>, Error> {
    let certificate = bundle
        .certificates
        .iter()
        .find(|certificate| certificate.id == id);
    let p12 = certificate.and_then(|certificate| certificate.p12.as_ref());
    let parts = p12.and_then(|p12| Some((bundle.bytes_of(&p12.data)?, p12.password.as_ref()?)));
    let (bytes, password) = parts.ok_or_else(|| Error::NoSigner(id.to_owned()))?;
    let opened = p12::open(bytes, password)?;
    let chain: Vec<&[u8]> = opened.chain.iter().map(Vec::as_slice).collect();
    Ok(cms::sign(profile, &opened.key, &chain)?)
}

/// One script for each account that has rules.
fn scripts(bundle: &Bundle) -> Result<Written, Error> {
    let mut all = Written {
        files: Vec::new(),
        passwords: Vec::new(),
        losses: Vec::new(),
    };
    let mut take = |name: &str, written: sieve::writer::Written| {
        all.files.push(File {
            name: format!("{}.sieve", safe_name(name)),
            media_type: sieve::writer::MEDIA_TYPE,
            bytes: written.bytes,
        });
        all.losses.extend(written.losses);
    };
    let has_rules = |id: &str| {
        bundle
            .rules
            .iter()
            .any(|rule| rule.account.as_deref() == Some(id))
    };
    for account in bundle
        .accounts
        .iter()
        .filter(|account| has_rules(&account.id))
    {
        take(&account.id, sieve::writer::write(bundle, Some(account)));
    }
    if bundle.rules.iter().any(|rule| rule.account.is_none()) {
        take("rules", sieve::writer::write(bundle, None));
    }
    if all.files.is_empty() {
        Err(Error::NoRules)
    } else {
        Ok(all)
    }
}

/// Reads one format and writes another.
///
/// # Errors
/// What reading and writing say.
pub fn convert(
    input: Input<'_>,
    to: Format,
    (stamp, opening): (&Stamp, Option<&Opening>),
    wishes: &Wishes,
) -> Result<Written, Error> {
    let bundle = read(input, stamp, opening)?;
    let mut written = write(&bundle, to, wishes)?;
    let before = bundle.losses.iter().cloned();
    written.losses.splice(0..0, before);
    Ok(written)
}
