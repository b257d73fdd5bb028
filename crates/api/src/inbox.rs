//! Deliveries as their recipient sees them with a login, and releases.

use crate::b64::B64;
use crate::parcels::{ClaimCodeStanding, ReplyTo};
use crate::people::Person;
use crate::visits::{Claim, Sender};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of what was received, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InboxPage {
    /// They.
    pub deliveries: Vec<InboxSummary>,
    /// For `after`, if there may be more. A page may be shorter than asked for, even empty, and have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A delivery in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InboxSummary {
    /// Which parcel.
    pub id: String,
    /// 1 to 4.
    pub level: u8,
    /// Who wrote.
    pub sender: Sender,
    /// Empty at level 4 and when closed.
    pub subject: String,
    /// When it reached the caller, ms.
    pub posted: i64,
    /// Until when it is ready, ms.
    pub expires: i64,
    /// Sealed bytes.
    pub size: u64,
    /// `posted`, `waits_sealpass`, `waits_release`, `released`, `opened`, `downloaded`, `expired`, `withdrawn`, `dropped`.
    pub state: String,
    /// Neither opened nor marked as read, and still there.
    pub unread: bool,
    /// It opens here, with the SealPass. Else only by its link (levels 1 and 2), or not yet.
    pub openable: bool,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<ReplyTo>,
    /// When an administrator's reset destroyed what opened it, ms, and it was not provided again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<i64>,
}

/// A delivery received.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InboxDelivery {
    /// As in the list.
    #[serde(flatten)]
    pub summary: InboxSummary,
    /// Empty at level 4 and when closed.
    pub message: String,
    /// H, 54 bytes; none when closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub header: Option<B64>,
    /// SHA-256 of M; none when closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub manifest_hash: Option<B64>,
    /// Bytes of M.
    pub manifest_size: u64,
    /// The stanza `DPE1` with its release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub stanza: Option<B64>,
    /// The sender's proof of the claim code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tag_a: Option<B64>,
    /// The sender's signed key records, every epoch, the oldest first.
    #[schema(value_type = Vec<String>)]
    pub sender_records: Vec<B64>,
    /// The sender told a code by another channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_code: Option<ClaimCodeStanding>,
    /// Downloads left; none = no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
}

/// Marks a delivery.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub struct MarkRead {
    /// Read, or to be shown as unread again.
    pub read: bool,
}

/// Open a delivery with the login: a person's click.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InboxOpen {
    /// 32 random bytes drawn by the client and kept by it: authorises what follows at `/claims`. The same token again is the same claim.
    #[schema(value_type = String)]
    pub token: B64,
}

/// The opened delivery.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InboxOpened {
    /// The claim.
    pub claim: Claim,
    /// Bytes of M, to be fetched at `/claims/manifest`.
    pub manifest_size: u64,
    /// M, if it is at most 256 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub manifest: Option<B64>,
}

/// The recipient's proof of the claim code (protocol R, step 2).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RegisterTag {
    /// tag_B, 32 bytes.
    #[schema(value_type = String)]
    pub tag_b: B64,
}

/// The proof that hands out the record of an instant claim code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstantAuth {
    /// auth, 32 bytes.
    #[schema(value_type = String)]
    pub auth: B64,
}

/// The record of an instant claim code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstantRecord {
    /// `DPC1`.
    #[schema(value_type = String)]
    pub record: B64,
}

/// The opener's own stanza (by 02): from a link at level 2, or from an instant claim code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OwnStanza {
    /// `DPE1` with its release.
    #[schema(value_type = String)]
    pub stanza: B64,
    /// The acknowledgement of an instant claim, 32 bytes; none at level 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub ack: Option<B64>,
}

/// Everything that waits for the caller's release.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Waiting {
    /// Who waits, the longest first, at most 1,000.
    pub waiting: Vec<WaitingRecipient>,
    /// The deliveries named there.
    pub parcels: Vec<WaitingParcel>,
    /// The people named there.
    pub people: Vec<Person>,
}

/// One who waits for one delivery.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WaitingRecipient {
    /// Which delivery.
    pub parcel: String,
    /// Who.
    pub email: String,
    /// Since when, ms.
    pub since: i64,
    /// The claim code, if one was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim_code: Option<ClaimCodeStanding>,
    /// tag_B, to be checked with the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tag_b: Option<B64>,
    /// After an instant claim: the recipient's own stanza (by 02) that the release is to replace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub stanza: Option<B64>,
    /// After an instant claim: the acknowledgement over it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub ack: Option<B64>,
    /// When a reset destroyed an earlier stanza, ms: it is to be provided again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<i64>,
}

/// A delivery that somebody waits for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WaitingParcel {
    /// Which.
    pub id: String,
    /// 3 or 4.
    pub level: u8,
    /// Empty at level 4.
    pub subject: String,
    /// When it was posted, ms.
    pub posted: i64,
    /// Until when it is ready, ms.
    pub expires: i64,
    /// What opens it for the sender; none after a reset of the sender.
    #[serde(flatten)]
    pub sealed: SenderStanza,
}

/// What a sender needs to make one more stanza.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SenderStanza {
    /// The sender's own stanza with its release; none if it was not made or is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub stanza: Option<B64>,
    /// H, 54 bytes.
    #[schema(value_type = String)]
    pub header: B64,
    /// SHA-256 of M.
    #[schema(value_type = String)]
    pub manifest_hash: B64,
}

/// Releases, at most 1,000.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Releases {
    /// They.
    pub releases: Vec<Release>,
}

/// One release.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Release {
    /// Which delivery.
    pub parcel: String,
    /// To whom.
    pub email: String,
    /// The stanza with its release (by 01).
    #[schema(value_type = String)]
    pub stanza: B64,
    /// tag_A, with a claim code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tag_a: Option<B64>,
    /// How the key was verified: `code`, `words`, `pinned`, or `no` (level 3 alone).
    pub verified: String,
}

/// What became of a batch of releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Released {
    /// Done.
    pub released: Vec<ReleasedOne>,
    /// Not done, each with its reason.
    pub refused: Vec<RefusedOne>,
}

/// One that was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReleasedOne {
    /// Which delivery.
    pub parcel: String,
    /// To whom.
    pub email: String,
    /// The key's fingerprint.
    #[schema(value_type = String)]
    pub fingerprint: B64,
}

/// One that was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefusedOne {
    /// Which delivery.
    pub parcel: String,
    /// To whom.
    pub email: String,
    /// Stable, as in a problem: `key_changed`, `not_verified`, `waits_sealpass`, `account_disabled`, `withdrawn`, `not_a_recipient`, `not_found`, …
    pub code: String,
    /// With the way on.
    pub detail: String,
}

/// A claim code for a recipient who waits, in place of the one before.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SetClaimCode {
    /// For whom.
    pub email: String,
    /// The code.
    pub claim_code: crate::parcels::NewClaimCode,
}

/// The sender's client found tag_B wrong.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WrongTag {
    /// Whose.
    pub email: String,
    /// The tag that was checked.
    #[schema(value_type = String)]
    pub tag_b: B64,
}
