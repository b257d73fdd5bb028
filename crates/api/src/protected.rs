//! Protected mail: the password page, the reply page.

use crate::b64::B64;
use crate::visits::Sender;
use depesche_domain::effect::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The token of a password link, as it stands in `/p/TOKEN`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PasswordToken {
    /// 16 bytes.
    pub token: String,
}

/// What a password link is for. Looking uses nothing up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasswordLink {
    /// Whose password it sets.
    pub email: String,
    /// `invite` = there is none yet; `change` = asked for by the person, the old one works until then; `reset` = an
    /// administrator took it away.
    pub purpose: String,
    /// `de`, `en` or `cs`.
    #[schema(value_type = String)]
    pub language: Language,
    /// Who wrote first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// Messages that wait for the password.
    pub held: u64,
    /// Until when it is good, ms.
    pub expires: i64,
}

/// One set derived from the password (docs/format.md, Protected mail). The password itself is never sent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PasswordSet {
    /// U: 48 bytes.
    #[schema(value_type = String)]
    pub user: B64,
    /// Its key: 32 bytes.
    #[schema(value_type = String)]
    pub key: B64,
}

/// Sets the password. The same sets again get the same answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SetPassword {
    /// Of the password link.
    pub token: String,
    /// 1 to 32 of one password, each with salts of its own; clients make 16.
    pub sets: Vec<PasswordSet>,
}

/// What setting the password did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PasswordIsSet {
    /// Whose it is.
    pub email: String,
    /// Messages that go out now.
    pub held: u64,
    /// There was another password before; PDFs made with it still open with it.
    pub changed: bool,
}

/// Asks for a new password link: by an old one, or by the address. The answer is always the same.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AskPassword {
    /// Of a link that is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `de`, `en` or `cs`.
    #[serde(default)]
    #[schema(value_type = String)]
    pub language: Language,
}

/// Takes somebody's password for protected mail away; a link to set another is mailed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ResetPassword {
    /// Whose.
    pub email: String,
}

/// Proof of a reply link.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReplyProof {
    /// auth, 32 bytes.
    #[schema(value_type = String)]
    pub auth: B64,
}

/// What a reply link shows. Looking changes nothing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReplyLook {
    /// Who is answered, and nobody else.
    pub to: Sender,
    /// Who answers: to whom the PDF went.
    pub email: String,
    /// `de`, `en` or `cs`.
    #[schema(value_type = String)]
    pub language: Language,
    /// What is answered, sealed under the key behind the `#`.
    #[schema(value_type = String)]
    pub quote: B64,
    /// The gateway's signed key records, every epoch, the oldest first. The quote says which one is to be taken.
    #[schema(value_type = Vec<String>)]
    pub records: Vec<B64>,
    /// Until when it is good, ms.
    pub expires: i64,
    /// Sealed bytes that a reply may have.
    pub largest: u64,
}

/// The order to send a reply.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PostReply {
    /// The stanza to the gateway's key with its release from outside.
    #[schema(value_type = String)]
    pub stanza: B64,
}

/// A reply on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplySent {
    /// Which parcel.
    pub id: String,
    /// When it was taken, ms.
    pub sent: i64,
}
