//! Deliveries as a visitor with a link sees them.

use crate::b64::B64;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Proof of the link, and of the link password if there is one (docs/format.md, Link).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LinkProof {
    /// auth, 32 bytes.
    #[schema(value_type = String)]
    pub auth: B64,
    /// auth2, 32 bytes, with a link password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub auth2: Option<B64>,
}

/// What the link alone shows. Looking changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Look {
    /// Who wrote.
    pub sender: Sender,
    /// 1 or 2.
    pub level: u8,
    /// Until when it is ready, ms.
    pub expires: i64,
    /// How the password is stretched, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<PasswordParams>,
    /// A code mailed to the stated address is asked for.
    pub mailed_code: bool,
    /// Level 2: the link alone shows no more; log in with the address it was sent to.
    #[serde(default)]
    pub login: bool,
    /// Empty until the password is proven, and at level 2 until the right person is logged in.
    pub subject: String,
    /// The record `DPL1`: with auth alone if there is neither password nor mailed code, with a
    /// password when that is proven too, with a mailed code only by `open`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub record: Option<B64>,
    /// M, with the record, if it is at most 256 KiB; else it is fetched after `open`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub manifest: Option<B64>,
    /// These are the attachments of a protected mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protected: Option<ProtectedMail>,
}

/// Who wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sender {
    /// Empty if none is known.
    pub name: String,
    /// The address.
    pub email: String,
}

/// Argon2id v1.3 (RFC 9106) parameters of a link password.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PasswordParams {
    /// Memory in KiB.
    pub m: u32,
    /// Passes.
    pub t: u32,
    /// Lanes.
    pub p: u8,
    /// 16 bytes.
    #[schema(value_type = String)]
    pub salt: B64,
}

/// Ask for the one-time code. The answer is always the same.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AskCode {
    /// Proof of link and password.
    #[serde(flatten)]
    pub proof: LinkProof,
    /// The stated address. A code goes out only if it is the recipient's.
    pub email: String,
    /// `de`, `en` or `cs`.
    #[serde(default)]
    #[schema(value_type = String)]
    pub language: depesche_domain::effect::Language,
}

/// Open the letter: a person's click. Makes a claim; nothing is counted yet.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Open {
    /// Proof of link and password.
    #[serde(flatten)]
    pub proof: LinkProof,
    /// The visitor's address, self-declared.
    pub email: String,
    /// The mailed code, if one is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// 32 random bytes drawn by the client and kept by it: authorises what follows. The same token again is the same claim.
    #[schema(value_type = String)]
    pub token: B64,
}

/// The opened letter.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Letter {
    /// Which parcel.
    pub parcel: String,
    /// Who wrote.
    pub sender: Sender,
    /// 1 or 2.
    pub level: u8,
    /// When it was posted, ms.
    pub posted: i64,
    /// Until when it is ready, ms.
    pub expires: i64,
    /// May be empty.
    pub subject: String,
    /// May be empty.
    pub message: String,
    /// The record `DPL1`.
    #[schema(value_type = String)]
    pub record: B64,
    /// Bytes of M, to be fetched at `/claims/manifest`.
    pub manifest_size: u64,
    /// The claim.
    pub claim: Claim,
}

/// Where a visit stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Claim {
    /// `opened`, `leased`, `committed`, `lapsed`.
    pub state: String,
    /// Until when files are handed out without a further range or ping, ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// Downloads left on this link; none = no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<u32>,
}

/// File objects that the client has verified and opened to the end.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Receipts {
    /// Their ids.
    pub files: Vec<String>,
}

/// The attachments of a protected mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProtectedMail {
    /// To whom the mail went; the page states this address by itself.
    pub email: String,
}
