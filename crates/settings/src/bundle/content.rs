//! Signatures, templates, quick texts, certificates and keys, tags, rules, contacts, calendars.

use serde::{Deserialize, Serialize};

use super::blob::BlobId;
use crate::extra::{Extra, List};
use crate::secret::Secret;

/// What stands below a mail, as HTML, text or both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Signature {
    /// Unique among the signatures.
    pub id: String,
    /// As the person calls it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// HTML; images are `blob:sha256-…`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub html: Option<String>,
    /// Plain text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A whole mail to start from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Unique among the templates.
    pub id: String,
    /// Its subject, decoded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// Where it lay.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub folder: Option<String>,
    /// Id of an account.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<String>,
    /// A blob of type `message/rfc822`.
    pub message: BlobId,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A piece of text to drop into a mail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QuickText {
    /// Unique among the quick texts.
    pub id: String,
    /// The group it stands in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub group: Option<String>,
    /// As the person calls it.
    pub name: String,
    /// Typed to get it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub keyword: Option<String>,
    /// The digit behind the shortcut's modifier.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shortcut: Option<String>,
    /// Sets the subject.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub subject: Option<String>,
    /// Plain text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
    /// HTML.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub html: Option<String>,
    /// Whose placeholders the text carries: `quicktext`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub variables: Option<String>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A certificate with its key, as PKCS#12.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct P12 {
    /// A blob of type `application/x-pkcs12`.
    pub data: BlobId,
    /// Opens the blob; drawn for this bundle.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub password: Option<Secret>,
    /// `pbe-sha1-3des`: what Apple and older Android read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub encryption: Option<String>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An X.509 certificate, one's own with its key, or somebody else's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    /// Unique among the certificates.
    pub id: String,
    /// `identity`, `recipient`, `authority`.
    pub kind: String,
    /// The addresses it is for.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub emails: Vec<String>,
    /// Its subject's name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label: Option<String>,
    /// A blob of type `application/pkix-cert`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub der: Option<BlobId>,
    /// With the key.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub p12: Option<P12>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An OpenPGP key, RFC 9580 transferable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenPgpKey {
    /// 16 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key_id: Option<String>,
    /// 40 or 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fingerprint: Option<String>,
    /// Its user ids.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub user_ids: Vec<String>,
    /// Whether the secret part is inside.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub secret: Option<bool>,
    /// A blob of type `application/pgp-keys`.
    pub data: BlobId,
    /// Opens the secret part.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub passphrase: Option<Secret>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A label on mails. The mails carry the key by IMAP; name and colour travel here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    /// The IMAP keyword.
    pub key: String,
    /// As the person calls it.
    pub name: String,
    /// `#RRGGBB`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub color: Option<String>,
    /// Sorts it among the others.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order: Option<String>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One thing that a mail is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// `subject`, `from`, `size` (KiB), `age in days`, a header's name, …
    pub field: String,
    /// `contains`, `is`, `begins with`, `ends with`, `is greater than`, …
    pub op: String,
    /// What it is compared with.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One thing that is done with a mail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Action {
    /// `move`, `copy`, `add-tag`, `mark-read`, `forward`, `delete`, `stop`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// A folder's URI, a tag's key, an address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub value: Option<String>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A rule as its own program wrote it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Native {
    /// Which program's way of writing: `thunderbird-msgFilterRules-9`, `sieve`.
    pub format: String,
    /// The text, unchanged.
    pub text: String,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// What is done with mails that fit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Unique among the rules.
    pub id: String,
    /// As the person calls it.
    pub name: String,
    /// Id of the account it serves.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<String>,
    /// Absent: yes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub enabled: Option<bool>,
    /// `incoming`, `manual`, `after-junk`, `outgoing`, `archive`, `periodic`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub when: Vec<String>,
    /// `all`, `any`, `every-message`.
    #[serde(rename = "match", skip_serializing_if = "Option::is_none", default)]
    pub matching: Option<String>,
    /// What a mail is asked.
    #[serde(default)]
    pub conditions: List<Condition>,
    /// What is done.
    pub actions: List<Action>,
    /// As its own program wrote it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub native: Option<Native>,
    /// As Sieve, RFC 5228, if somebody already translated it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sieve: Option<String>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Several contacts under one name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactList {
    /// As the person calls it.
    pub name: String,
    /// UIDs of vCards.
    pub members: Vec<String>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Contacts, or where they are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AddressBook {
    /// Unique among the address books.
    pub id: String,
    /// As the person calls it.
    pub name: String,
    /// `local`, `carddav`, `ldap`.
    pub kind: String,
    /// For `carddav` and `ldap`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<String>,
    /// The login name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub username: Option<String>,
    /// Absent: the target asks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub password: Option<Secret>,
    /// A blob of type `text/vcard`, RFC 6350, one card behind the other.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contacts: Option<BlobId>,
    /// How many cards.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub count: Option<u64>,
    /// Groups of contacts.
    #[serde(skip_serializing_if = "List::is_empty", default)]
    pub lists: List<ContactList>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Where appointments are kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calendar {
    /// Unique among the calendars.
    pub id: String,
    /// As the person calls it.
    pub name: String,
    /// `caldav`.
    pub kind: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<String>,
    /// The login name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub username: Option<String>,
    /// Absent: the target asks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub password: Option<Secret>,
    /// `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub color: Option<String>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}
