//! Server facts, login, sessions.

use crate::b64::B64;
use depesche_domain::effect::Language;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a client has to know of the server before anything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Info {
    /// Version of the program.
    pub version: String,
    /// Where links begin.
    pub public_url: String,
    /// Name of the organisation; empty if not set.
    pub name: String,
    /// How the portal looks.
    pub brand: Brand,
    /// Nobody has an account yet: `/first` makes the first one.
    pub first_run: bool,
    /// Levels offered.
    pub levels: Levels,
    /// Limits in force.
    pub limits: Limits,
    /// What is allowed of handoffs.
    pub handoff: crate::handoffs::HandoffRules,
    /// Mail is caught and shown at `/dev/mail`.
    pub demo: bool,
    /// The server's clock, ms.
    pub time: i64,
}

/// How the portal looks, and whom it names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Brand {
    /// Where the logo is served: SVG or PNG, shown at most 200 x 40.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// Address of the imprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imprint: Option<String>,
    /// Address of the privacy notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy: Option<String>,
}

/// The first account: OPAQUE registration request (RFC 9807 section 5.1), with the one-time code from the console.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FirstStart {
    /// From the console of the server.
    pub code: String,
    /// The address of the account.
    pub email: String,
    /// The name shown to recipients; may be empty.
    #[serde(default)]
    pub name: String,
    /// RegistrationRequest.
    #[schema(value_type = String)]
    pub request: B64,
}

/// The registration's answer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FirstStarted {
    /// Client identifier of OPAQUE: the account id as text.
    pub account: String,
    /// Server identifier of OPAQUE: the host name.
    pub host: String,
    /// RegistrationResponse.
    #[schema(value_type = String)]
    pub response: B64,
}

/// The registration's record.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FirstFinish {
    /// From the console of the server.
    pub code: String,
    /// RegistrationRecord.
    #[schema(value_type = String)]
    pub upload: B64,
}

/// Levels offered, 1 to 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Levels {
    /// The lowest.
    pub lowest: u8,
    /// The one taken if none is chosen.
    pub default: u8,
    /// The highest.
    pub highest: u8,
}

/// Limits in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Limits {
    /// The largest delivery, sealed bytes.
    pub delivery: u64,
    /// How long a delivery is kept at most, ms.
    pub retention: i64,
}

/// First message of a login: OPAQUE KE1 (RFC 9807 section 6.1).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LoginStart {
    /// The address of the account.
    pub email: String,
    /// KE1.
    #[schema(value_type = String)]
    pub request: B64,
}

/// Second message: OPAQUE KE2. The same shape for an unknown address.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LoginStarted {
    /// To be named in `finish`, within 60 s.
    pub login: String,
    /// Client identifier of OPAQUE: the account id as text.
    pub account: String,
    /// Server identifier of OPAQUE: the host name.
    pub host: String,
    /// KE2.
    #[schema(value_type = String)]
    pub response: B64,
}

/// Third message: OPAQUE KE3.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LoginFinish {
    /// From [`LoginStarted`].
    pub login: String,
    /// KE3.
    #[schema(value_type = String)]
    pub finalization: B64,
    /// What the person sees in the list of sessions: `command line`, `browser`; at most 80 characters.
    #[serde(default)]
    pub label: String,
    /// Also set the session as a cookie (browsers).
    #[serde(default)]
    pub cookie: bool,
    /// The language of the page, `de`, `en` or `cs`: that of the mails to this person from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub language: Option<Language>,
}

/// A session. The cookie is set as well if it was asked for; then `token` is empty.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LoggedIn {
    /// For `Authorization: Bearer`.
    pub token: String,
    /// Who.
    pub account: Account,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Which.
    pub id: String,
    /// The address.
    pub email: String,
    /// The name shown to others; empty if none.
    pub name: String,
    /// `guest`, `member` or `admin`.
    pub role: String,
    /// Whether a SealPass is set up.
    pub sealpass: bool,
}

/// One login of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionInfo {
    /// Which.
    pub id: String,
    /// `command line`, `browser`.
    pub label: String,
    /// When it was made, ms.
    pub created: i64,
    /// When it was last used, ms, to the minute.
    pub used: i64,
    /// The one that asks.
    pub current: bool,
}

/// The account's logins, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Sessions {
    /// They.
    pub sessions: Vec<SessionInfo>,
}

/// How many sessions were ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub struct Ended {
    /// The number.
    pub ended: u64,
}
