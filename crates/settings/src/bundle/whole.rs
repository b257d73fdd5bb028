//! The settings bundle 1.x: one JSON document, read as far as it can be understood.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::account::{Account, Identity, Outgoing};
use super::blob::Blobs;
use super::content::{
    AddressBook, Calendar, Certificate, OpenPgpKey, QuickText, Rule, Signature, Tag, Template,
};
use crate::extra::{Extra, List, Word};
use crate::loss::Loss;

/// The document's own name for what it is.
pub const FORMAT: &str = "depesche.settings";
/// The version that this crate writes.
pub const VERSION: &str = "1.0";
/// RFC 6838 media type.
pub const MEDIA_TYPE: &str = "application/vnd.depesche.settings+json";
/// How the file's name ends.
pub const SUFFIX: &str = ".depesche-settings.json";

/// Why a document is no bundle that this crate can read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not JSON, or cut off.
    #[error("this is no settings bundle: it is not whole JSON (line {line}); export it again")]
    NotJson {
        /// Counted from 1.
        line: usize,
    },
    /// JSON, but something else.
    #[error("this is no settings bundle: its member \"format\" is not \"{FORMAT}\"")]
    OtherFormat,
    /// Another major version.
    #[error("this bundle has version {version}, this program reads 1.x; update the program")]
    OtherVersion {
        /// As the bundle says.
        version: String,
    },
    /// A member that every version has is missing or of another type.
    #[error("this bundle is damaged: {what}")]
    Damaged {
        /// Which member.
        what: String,
    },
}

/// Which program the settings are from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// `thunderbird`, `k9`, `apple`, `vcard`, …
    pub app: String,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub app_version: Option<String>,
    /// The system it ran on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub os: Option<String>,
    /// What made the bundle.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub collector: Option<String>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Whether passwords and private keys are inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Secrets {
    /// They may be.
    Included,
    /// None is.
    Omitted,
}

/// Everything that moves from one mail program to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bundle {
    /// Always [`FORMAT`].
    pub format: String,
    /// `1.x`.
    pub version: String,
    /// A UUID, the same each time for the same source: targets replace instead of doubling.
    pub id: String,
    /// RFC 3339.
    pub created: String,
    /// Where from.
    pub source: Source,
    /// What it may hold.
    pub secrets: Word<Secrets>,
    /// Where mail comes in.
    #[serde(skip_serializing_if = "List::is_empty", default)]
    pub accounts: List<Account>,
    /// Where mail leaves by.
    #[serde(skip_serializing_if = "List::is_empty", default)]
    pub outgoing_servers: List<Outgoing>,
    /// Who writes.
    #[serde(skip_serializing_if = "List::is_empty", default)]
    pub identities: List<Identity>,
    /// What stands below.
    #[serde(skip_serializing_if = "List::is_empty", default)]
    pub signatures: List<Signature>,
    /// Whole mails to start from.
    #[serde(skip_serializing_if = "List::is_empty", default)]
    pub templates: List<Template>,
    /// Pieces of text.
    #[serde(skip_serializing_if = "List::is_empty", default)]
    pub quick_texts: List<QuickText>,
    /// X.509.
    #[serde(skip_serializing_if = "List::is_empty", default)]
    pub certificates: List<Certificate>,
    /// RFC 9580.
    #[serde(skip_serializing_if = "List::is_empty", default)]
    pub openpgp_keys: List<OpenPgpKey>,
    /// Labels.
    #[serde(skip_serializing_if = "List::is_empty", default)]
    pub tags: List<Tag>,
    /// Filters.
    #[serde(skip_serializing_if = "List::is_empty", default)]
    pub rules: List<Rule>,
    /// Contacts.
    #[serde(skip_serializing_if = "List::is_empty", default)]
    pub address_books: List<AddressBook>,
    /// Calendars.
    #[serde(skip_serializing_if = "List::is_empty", default)]
    pub calendars: List<Calendar>,
    /// Program to its own settings, verbatim.
    #[serde(skip_serializing_if = "Extra::is_empty", default)]
    pub preferences: Extra,
    /// What did not come along when the bundle was made.
    #[serde(skip_serializing_if = "List::is_empty", default)]
    pub losses: List<Loss>,
    /// Bytes that the rest names.
    #[serde(skip_serializing_if = "Blobs::is_empty", default)]
    pub blobs: Blobs,
    /// Unknown categories, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A bundle, and what this version could not make out.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// The bundle.
    pub bundle: Bundle,
    /// What stays unused here, though it is kept.
    pub notes: Vec<Loss>,
}

impl Bundle {
    /// An empty bundle. `id` is a UUID that stays the same for the same source, `created` is RFC 3339.
    #[must_use]
    pub fn new(id: &str, created: &str, app: &str) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: VERSION.to_owned(),
            id: id.to_owned(),
            created: created.to_owned(),
            source: Source {
                app: app.to_owned(),
                collector: Some("depesche".to_owned()),
                ..Source::default()
            },
            secrets: Secrets::Included.into(),
            accounts: List::default(),
            outgoing_servers: List::default(),
            identities: List::default(),
            signatures: List::default(),
            templates: List::default(),
            quick_texts: List::default(),
            certificates: List::default(),
            openpgp_keys: List::default(),
            tags: List::default(),
            rules: List::default(),
            address_books: List::default(),
            calendars: List::default(),
            preferences: Extra::default(),
            losses: List::default(),
            blobs: Blobs::default(),
            extra: Extra::default(),
        }
    }

    /// Reads a bundle of any version 1.x.
    ///
    /// # Errors
    /// Another format, another major version, a document that is cut off.
    pub fn parse(bytes: &[u8]) -> Result<Opened, Error> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let value: Value =
            serde_json::from_slice(bytes).map_err(|e| Error::NotJson { line: e.line() })?;
        if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
            return Err(Error::OtherFormat);
        }
        let version = value
            .get("version")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let minor = minor(&version).ok_or(Error::OtherVersion { version })?;
        let bundle: Self = serde_json::from_value(value).map_err(|e| Error::Damaged {
            what: e.to_string(),
        })?;
        let notes = bundle.notes(minor);
        Ok(Opened { bundle, notes })
    }

    /// The document, indented, with a line feed at its end.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Strings, numbers, lists and maps with string keys: nothing here that JSON lacks.
        let mut json = serde_json::to_vec_pretty(self).unwrap_or_default();
        json.push(b'\n');
        json
    }

    fn notes(&self, minor: u64) -> Vec<Loss> {
        let mut notes = Vec::new();
        if minor > 0 {
            notes.push(Loss::of("bundle", self.version.as_str(), "newer-version"));
        }
        for category in self.extra.0.keys().filter(|name| !name.starts_with("x-")) {
            notes.push(Loss::whole(category, "unknown-category"));
        }
        let unread = [
            ("accounts", self.accounts.unread()),
            ("outgoingServers", self.outgoing_servers.unread()),
            ("identities", self.identities.unread()),
            ("signatures", self.signatures.unread()),
            ("templates", self.templates.unread()),
            ("quickTexts", self.quick_texts.unread()),
            ("certificates", self.certificates.unread()),
            ("openpgpKeys", self.openpgp_keys.unread()),
            ("tags", self.tags.unread()),
            ("rules", self.rules.unread()),
            ("addressBooks", self.address_books.unread()),
            ("calendars", self.calendars.unread()),
        ];
        for (category, count) in unread.into_iter().filter(|(_, count)| *count > 0) {
            notes.push(Loss::of(category, count.to_string(), "not-understood"));
        }
        for name in self.blobs.odd() {
            notes.push(Loss::of("blobs", name, "damaged"));
        }
        notes
    }
}

/// The minor part of `1.x`; `None` for another major version.
fn minor(version: &str) -> Option<u64> {
    let minor = version.strip_prefix("1.")?;
    let is_number = !minor.is_empty() && minor.bytes().all(|b| b.is_ascii_digit());
    // Beyond 64 bits is still a minor version.
    is_number.then(|| minor.parse().unwrap_or(u64::MAX))
}
