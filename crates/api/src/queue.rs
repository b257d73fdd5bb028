//! The mail gateway's queue, for administrators.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One recipient's part of a mail that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueueRow {
    /// The mail's id.
    pub mail: String,
    /// Which of its recipients.
    pub position: u32,
    /// `relayed`, `carrier`, `report`, `notice`.
    pub kind: String,
    /// Who is told if it fails; empty for nobody.
    pub sender: String,
    /// To whom.
    pub recipient: String,
    /// Bytes.
    pub size: u64,
    /// When it was taken in, ms.
    pub received: i64,
    /// `convert`, `hold_password`, `hold_error`, `queued`, `dropped`.
    pub state: String,
    /// When it is tried next, ms.
    pub due: i64,
    /// How often it was tried.
    pub attempts: u32,
    /// What was said last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<String>,
    /// `pass`, `protect`.
    pub treatment: String,
}

/// How many recipients stand where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QueueCounts {
    /// On their way to the next mail server.
    pub queued: u64,
    /// Their protected form is made next.
    pub convert: u64,
    /// They wait for a password of the recipient.
    pub hold_password: u64,
    /// Their protected form could not be made; it is tried again.
    pub hold_error: u64,
}

/// A page of the queue, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Queue {
    /// `after` of the next page; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Of the whole queue.
    pub counts: QueueCounts,
    /// The page.
    pub rows: Vec<QueueRow>,
}

/// Takes one recipient's part out of the queue for good.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DropQueued {
    /// The sender gets a report.
    pub tell_sender: bool,
}
