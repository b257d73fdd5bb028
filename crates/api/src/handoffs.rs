//! Handoffs: from one device to another through the server's memory.
//!
//! Sealed bytes travel as they are (`application/octet-stream`); what belongs to them stands in headers, each
//! base64url without padding. Secrets are drawn by the clients, the server keeps their SHA-256:
//!
//! - `auth` = KDF(HS, handoff-auth) of [the format](../../../docs/format.md): whoever has the code may look and take;
//! - the **source's secret**, 32 random bytes: `Authorization: Handoff SECRET` watches and cancels;
//! - the **token**, 32 random bytes of the device that takes: `Authorization: Handoff TOKEN` goes on and commits.

use crate::b64::B64;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Header of an offer: SHA-256(auth), 32 bytes.
pub const AUTH: &str = "handoff-auth";
/// Header of an offer and of a filling: SHA-256 of the source's secret, 32 bytes.
pub const SOURCE: &str = "handoff-source";
/// Header of an offer, on wish: how many seconds it waits, 1 to 1800; without it 1800.
pub const SECONDS: &str = "handoff-seconds";
/// Header of an offer, on wish and with [`WRAP`]: find, 32 bytes, for words to be typed.
pub const FIND: &str = "handoff-find";
/// Header of an offer, with [`FIND`]: nonce and wrapped HS, 60 bytes.
pub const WRAP: &str = "handoff-wrap";
/// Header of a filling: fill = KDF(HS, handoff-fill), 32 bytes.
pub const FILL: &str = "handoff-fill";

/// What is allowed of handoffs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HandoffRules {
    /// Who may offer: `anyone`, `accounts`.
    pub create: String,
    /// The most sealed bytes.
    pub largest: u64,
    /// The longest a slot waits, in seconds.
    pub seconds: u32,
}

/// What is offered, or asked for, now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Handoff {
    /// 16 bytes; goes into the URL.
    pub id: String,
    /// Until when it waits, ms.
    pub expires: i64,
    /// Sealed bytes; 0 while nothing is in it.
    pub size: u64,
}

/// Asks for something: an empty slot that another device fills.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AskHandoff {
    /// SHA-256(auth), 32 bytes.
    #[schema(value_type = String)]
    pub auth: B64,
    /// SHA-256(fill), 32 bytes.
    #[schema(value_type = String)]
    pub fill: B64,
    /// SHA-256 of the secret of the device that asks, 32 bytes.
    #[schema(value_type = String)]
    pub source: B64,
    /// How long it waits, 1 to 1800; without it 1800.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
}

/// Proof of the code.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct HandoffProof {
    /// auth, 32 bytes.
    #[schema(value_type = String)]
    pub auth: B64,
}

/// Takes what waits: a person's tap. The same token again is the same taking.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TakeHandoff {
    /// auth, 32 bytes.
    #[schema(value_type = String)]
    pub auth: B64,
    /// 32 random bytes drawn by the device and kept by it until it has everything.
    #[schema(value_type = String)]
    pub token: B64,
}

/// Looks for a handoff by its typed words. Takes nothing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FindHandoff {
    /// find, 32 bytes.
    #[schema(value_type = String)]
    pub find: B64,
}

/// What the words lead to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FoundHandoff {
    /// What waits.
    #[serde(flatten)]
    pub handoff: Handoff,
    /// nonce and wrapped HS, 60 bytes.
    #[schema(value_type = String)]
    pub wrap: B64,
}

/// Where a handoff stands, for the device that made or filled it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HandoffState {
    /// `empty`, `filling`, `waiting`, `leased`, and at the end `committed`, `lapsed`, `expired`, `cancelled`.
    pub state: String,
    /// Counts up with every change: give it back as `after` to wait for the next.
    pub revision: u32,
    /// Until when it waits, ms.
    pub expires: i64,
    /// Sealed bytes; 0 while nothing is in it, and at the end.
    pub size: u64,
    /// SHA-256(token) of the device that takes or took: both screens make their three words of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub device: Option<B64>,
}

/// How the slots lie in memory: what `depesche check handoff` asks the running server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HandoffMemory {
    /// Slots with bytes in them.
    pub slots: u64,
    /// Bytes they take.
    pub bytes: u64,
    /// Bytes that all of them may take.
    pub budget: u64,
    /// Bytes of memory that are mapped for slots now.
    pub mapped: u64,
    /// Of these, locked into memory, so that they are never swapped.
    pub locked: u64,
    /// Of these, left out of core dumps.
    pub undumped: u64,
    /// Of these, swapped out now.
    pub swapped: u64,
    /// Of these, backed by a file.
    pub in_files: u64,
    /// What the kernel said when it refused to lock; empty if it did not.
    pub refused: String,
    /// Whether the kernel would write a core dump of this process.
    pub dumpable: bool,
    /// Bytes a core file may have.
    pub core_limit: u64,
}
