//! Deliveries as their sender makes and sees them.

use crate::b64::B64;
use depesche_domain::effect::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Begins a draft or adds file objects to it; the same again changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DraftRequest {
    /// 1 to 4; of the first request.
    pub level: u8,
    /// File objects that will come.
    pub files: Vec<NewFile>,
    /// What it answers; of the first request. A guest cannot do without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<ReplyTo>,
}

/// The delivery that another one answers. An answer has at least its level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplyTo {
    /// Which parcel.
    pub parcel: String,
}

/// A file object to come.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewFile {
    /// Chosen by the client.
    pub id: String,
    /// Sealed bytes.
    pub size: u64,
}

/// What has arrived of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Draft {
    /// Which.
    pub id: String,
    /// 1 to 4.
    pub level: u8,
    /// Its file objects.
    pub files: Vec<DraftFile>,
    /// Whether the manifest has arrived.
    pub manifest: bool,
    /// The draft has been posted already: nothing is left to send.
    pub posted: bool,
}

/// What has arrived of a file object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DraftFile {
    /// Which.
    pub id: String,
    /// Sealed bytes.
    pub size: u64,
    /// Indices of the parts (8 MiB each) that are missing, as ranges.
    pub missing: Vec<PartRange>,
}

/// From the first to before the last: `[from, to)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PartRange {
    /// First.
    pub from: u64,
    /// One after the last.
    pub to: u64,
}

/// The order to post a draft. Answered only when everything is on disk; the same again gives the parcel as it is.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PostRequest {
    /// To whom.
    pub recipients: Vec<NewRecipient>,
    /// Until when, ms; none = as long as the server keeps it.
    #[serde(default)]
    pub expires: Option<i64>,
    /// For lists and landing page, levels 1 to 3.
    #[serde(default)]
    pub subject: String,
    /// As the subject.
    #[serde(default)]
    pub message: String,
    /// Mail the sender at each recipient's first download.
    #[serde(default)]
    pub notify: bool,
    /// The sender's own stanza `DPE1` with its release: needed at levels 3 and 4, with a keyring wanted at 1 and 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub own_stanza: Option<B64>,
}

/// A recipient.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewRecipient {
    /// To whom.
    pub email: String,
    /// The link: at levels 1 and 2, and only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<NewLink>,
    /// At levels 3 and 4, for a key known already: the stanza `DPE1` with its release (by 01). None = waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub stanza: Option<B64>,
    /// With a stanza: how the key was verified: `code`, `words`, `pinned`, `reply` (it signed what this answers), or
    /// `no` (level 3 alone).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<String>,
    /// At levels 3 and 4, without a stanza: a code told by another channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_code: Option<NewClaimCode>,
    /// At levels 3 and 4: how many downloads; none = no limit. At 1 and 2 it stands in the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// What the mail shall say; none = no mail is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
}

/// A claim code (docs/format.md, Release). The server never sees the code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewClaimCode {
    /// `confirm` = the sender releases after the tag was checked; `instant` = opens at once.
    pub mode: String,
    /// Which code it is, as its derivation counts them (`u8 try`).
    pub number: u8,
    /// `instant`: the record `DPC1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub record: Option<B64>,
    /// `instant`: SHA-256 of auth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub auth: Option<B64>,
}

/// What opens the parcel for this recipient at levels 1 and 2 (docs/format.md, Link).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewLink {
    /// Chosen by the client.
    pub id: String,
    /// The record `DPL1`.
    #[schema(value_type = String)]
    pub record: B64,
    /// SHA-256 of auth.
    #[schema(value_type = String)]
    pub auth: B64,
    /// SHA-256 of auth2, with a link password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub auth2: Option<B64>,
    /// How many downloads; none = no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// What a notification mail says; kept sealed until the mail has left, then gone.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// The key part of the link, `1.…`; empty at levels 3 and 4.
    #[serde(default)]
    pub key: String,
    /// Names and sizes of the files, in manifest order; the first 100 are enough. Empty at level 4.
    #[serde(default)]
    pub files: Vec<NoticeFile>,
    /// How many files there are in all; 0 at level 4.
    #[serde(default)]
    pub file_count: u64,
    /// `de`, `en` or `cs`.
    #[serde(default)]
    #[schema(value_type = String)]
    pub language: Language,
}

impl std::fmt::Debug for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notice(..)")
    }
}

/// A file named in a notice.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct NoticeFile {
    /// As the sender named it.
    pub name: String,
    /// Plain bytes.
    pub size: u64,
}

/// Where a claim code stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClaimCodeStanding {
    /// `confirm` or `instant`.
    pub mode: String,
    /// Which code it is, as its derivation counts them.
    pub number: u8,
    /// `instant`: the id of the claim, from which the proof is derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Tries left; 0 = dead, the sender makes a new one.
    pub tries_left: u32,
    /// `confirm`: a tag of the recipient waits to be checked by the sender.
    pub registered: bool,
    /// `confirm`: the sender's client found the last tag wrong.
    pub wrong: bool,
}

/// A delivery as its sender sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Parcel {
    /// Which.
    pub id: String,
    /// 1 to 4.
    pub level: u8,
    /// `posted` or `closed`.
    pub state: String,
    /// `expired`, `withdrawn` or `spent`, if closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Empty at level 4 and when closed.
    pub subject: String,
    /// As the subject.
    pub message: String,
    /// When it was posted, ms.
    pub posted: i64,
    /// Until when it is ready, ms.
    pub expires: i64,
    /// When it was closed, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<i64>,
    /// Sealed bytes.
    pub size: u64,
    /// File objects: id and sealed size. Empty when closed.
    pub files: Vec<FileInfo>,
    /// Whether the sender is mailed at first downloads.
    pub notify: bool,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<ReplyTo>,
    /// Each recipient and what happened.
    pub recipients: Vec<Recipient>,
}

/// A file object of a posted delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileInfo {
    /// Which.
    pub id: String,
    /// Sealed bytes.
    pub size: u64,
}

/// A recipient and what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Recipient {
    /// Who.
    pub email: String,
    /// `posted`, `notified`, `bounced`, `waits_registration`, `waits_sealpass`, `waits_release`, `released`, `opened`,
    /// `downloaded`, `dropped`, `expired`, `withdrawn`.
    pub state: String,
    /// The name of the account at this address; empty if there is none.
    #[serde(default)]
    pub name: String,
    /// Levels 3 and 4: to which key it was released, and how that was verified: `code`, `words`, `pinned`, `reply`,
    /// `no`, or `claimed` (by an instant claim code, not released by the sender yet).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseInfo>,
    /// The claim code, if one was set and not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_code: Option<ClaimCodeStanding>,
    /// When a reset destroyed the stanza, ms, and it was not provided again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<i64>,
    /// The link's id; none when it opens nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// When the mail was accepted, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notified: Option<i64>,
    /// When the mail came back, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounced: Option<i64>,
    /// When the letter was first opened, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened: Option<i64>,
    /// When a first download was verified, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downloaded: Option<i64>,
    /// Downloads allowed; none = no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Downloads that count against it: running or finished.
    pub taken: u32,
    /// Each device's visit, newest first, at most 50.
    pub visits: Vec<Visit>,
}

/// To which key a delivery was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleaseInfo {
    /// When, ms.
    pub at: i64,
    /// The key's fingerprint.
    #[schema(value_type = String)]
    pub fingerprint: B64,
    /// How the key was verified.
    pub verified: String,
}

/// One device's visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Visit {
    /// The address the visitor stated, unproven unless a code was mailed to it.
    pub stated: String,
    /// Whether a code mailed to that address was given.
    pub proven: bool,
    /// `opened`, `leased`, `committed`, `lapsed`.
    pub state: String,
    /// When the letter was opened, ms.
    pub opened: i64,
    /// When the first file was verified, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<i64>,
    /// Files reported as verified.
    pub receipts: Vec<Receipt>,
}

/// A file reported as verified by the recipient's client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// The file object.
    pub file: String,
    /// When, ms.
    pub at: i64,
}

/// A page of sent deliveries, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ParcelPage {
    /// They.
    pub parcels: Vec<ParcelSummary>,
    /// For `after`, if there are more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A delivery in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ParcelSummary {
    /// Which.
    pub id: String,
    /// 1 to 4.
    pub level: u8,
    /// `posted` or `closed`.
    pub state: String,
    /// `expired`, `withdrawn` or `spent`, if closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Empty at level 4 and when closed.
    pub subject: String,
    /// When it was posted, ms.
    pub posted: i64,
    /// Until when it is ready, ms.
    pub expires: i64,
    /// Sealed bytes.
    pub size: u64,
    /// Recipients with their states.
    pub recipients: Vec<RecipientSummary>,
}

/// A recipient in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecipientSummary {
    /// Who.
    pub email: String,
    /// The name of the account at this address; empty if there is none.
    #[serde(default)]
    pub name: String,
    /// As in [`Recipient`].
    pub state: String,
    /// Since when, ms.
    pub at: i64,
}

/// A new deadline.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub struct Extend {
    /// Until when, ms; at most the retention from now.
    pub expires: i64,
}

/// More recipients.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AddRecipients {
    /// They.
    pub recipients: Vec<NewRecipient>,
}

/// One recipient less.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DropRecipient {
    /// Who.
    pub email: String,
}

/// Notifications to send again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Resend {
    /// One for each recipient.
    pub notices: Vec<ResendNotice>,
}

/// The notice, handed over again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ResendNotice {
    /// To whom.
    pub email: String,
    /// What the mail shall say.
    pub notice: Notice,
}
