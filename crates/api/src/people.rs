//! People: invitations, keyrings, keys of others, contacts.

use crate::b64::B64;
use crate::parcels::ReplyTo;
use crate::visits::{LinkProof, Sender};
use depesche_domain::effect::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The token of an invitation, as it stands in `/register/TOKEN`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvitationToken {
    /// 16 bytes.
    pub token: String,
}

/// What an invitation is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// The address it was mailed to, and the only one it makes an account for.
    pub email: String,
    /// Who wrote, if a delivery waits; none for an invitation by an administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// The delivery that waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parcel: Option<String>,
    /// Until when it is good, ms.
    pub expires: i64,
}

/// OPAQUE registration request (RFC 9807 section 5.1) of an invited person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvitationStart {
    /// Of the invitation.
    pub token: String,
    /// RegistrationRequest.
    #[schema(value_type = String)]
    pub request: B64,
}

/// The registration's answer; the same identifiers again for the same token.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvitationStarted {
    /// Client identifier of OPAQUE: the account id as text.
    pub account: String,
    /// Server identifier of OPAQUE: the host name.
    pub host: String,
    /// RegistrationResponse.
    #[schema(value_type = String)]
    pub response: B64,
}

/// The registration's record. Whatever somebody put on the address before it was proven ends with it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InvitationFinish {
    /// Of the invitation.
    pub token: String,
    /// The name shown to others; may be empty.
    #[serde(default)]
    pub name: String,
    /// RegistrationRecord.
    #[schema(value_type = String)]
    pub upload: B64,
}

/// Asks for an invitation from the page of a level-2 link.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AskInvitation {
    /// Proof of link and password.
    #[serde(flatten)]
    pub proof: LinkProof,
    /// The stated address. An invitation goes out only if it is the recipient's and has no account.
    pub email: String,
    /// `de`, `en` or `cs`.
    #[serde(default)]
    #[schema(value_type = String)]
    pub language: Language,
}

/// One wrap of the keyring's master key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Lock {
    /// First 16 bytes of the SHA-256 of `bytes`: the same lock again is the same id.
    pub id: String,
    /// First byte of `bytes`: 1 SealPass, 2 recovery kit, 3 passkey, 4 organisation.
    pub kind: u8,
    /// The lock.
    #[schema(value_type = String)]
    pub bytes: B64,
}

/// A keyring, wrapped.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Keyring {
    /// Whose.
    pub account: String,
    /// The signed key records R (docs/format.md, Keyring), every epoch, the oldest first.
    #[schema(value_type = Vec<String>)]
    pub records: Vec<B64>,
    /// What unlocks it, the oldest first.
    pub locks: Vec<Lock>,
    /// The newest generation.
    pub generation: u64,
    /// The newest body, `DPK1`.
    #[schema(value_type = String)]
    pub body: B64,
    /// An administrator has asked for a reset: when everything here will be destroyed, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset_due: Option<i64>,
}

/// The first keyring of an account, or the first after a reset (then the record is flagged so).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewKeyring {
    /// The signed key record of epoch 1, or after a reset of the next one.
    #[schema(value_type = String)]
    pub record: B64,
    /// Locks; at least one of kind 1.
    #[schema(value_type = Vec<String>)]
    pub locks: Vec<B64>,
    /// The body's generation: 1, or after a reset any higher one.
    pub generation: u64,
    /// The body.
    #[schema(value_type = String)]
    pub body: B64,
}

/// A further lock.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewLock {
    /// The lock.
    #[schema(value_type = String)]
    pub lock: B64,
}

/// Which lock it became.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LockId {
    /// Its id.
    pub id: String,
}

/// The next body.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewBody {
    /// One more than the newest.
    pub generation: u64,
    /// The body.
    #[schema(value_type = String)]
    pub body: B64,
    /// A new master key: these locks take the place of all others, in the same step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub locks: Option<Vec<B64>>,
}

/// The next epoch, with the body that holds its keys.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewEpoch {
    /// The signed key record, signed by the epoch before too.
    #[schema(value_type = String)]
    pub record: B64,
    /// One more than the newest.
    pub generation: u64,
    /// The body.
    #[schema(value_type = String)]
    pub body: B64,
}

/// Whose keys are asked for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AskKeys {
    /// At most 1,000 addresses.
    pub emails: Vec<String>,
}

/// The keys of people, in the order asked for.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Keys {
    /// They.
    pub people: Vec<Person>,
}

/// A person and the public keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Person {
    /// The address.
    pub email: String,
    /// The name; empty if none is known.
    #[serde(default)]
    pub name: String,
    /// The account; none = waits for registration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// There is a keyring now: the last of `records` is its key. Without one: waits for SealPass.
    pub sealpass: bool,
    /// The signed key records, every epoch, the oldest first.
    #[schema(value_type = Vec<String>)]
    pub records: Vec<B64>,
}

/// People with whom the caller shares a delivery, the latest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Contacts {
    /// They, at most 500.
    pub people: Vec<Person>,
}

/// What waits for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// Deliveries received and not yet read.
    pub unread: u64,
    /// Recipients who wait for the caller's release.
    pub waiting: u64,
}

/// An account, as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Listed {
    /// Who.
    #[serde(flatten)]
    pub account: crate::accounts::Account,
    /// When it was made, ms.
    pub created: i64,
    /// When it was disabled, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<i64>,
}

/// All accounts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct People {
    /// They, in the order they were made.
    pub people: Vec<Listed>,
}

/// A draft in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DraftSummary {
    /// Which.
    pub id: String,
    /// 1 to 4.
    pub level: u8,
    /// When it was begun, ms.
    pub created: i64,
    /// Sealed bytes announced.
    pub size: u64,
    /// What it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<ReplyTo>,
    /// A sealed record for going on is kept.
    pub going_on: bool,
}

/// Everything being uploaded by the caller, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Drafts {
    /// They.
    pub drafts: Vec<DraftSummary>,
}
