//! Errors: RFC 9457 problem details with a stable `code`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable and meant for programs, such as `link_unknown`.
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// A short name of the kind of problem.
    pub title: String,
    /// A sentence for the person, with the way on.
    pub detail: String,
    /// Seconds to wait before the next try makes sense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Tries left before the next pause, with `wrong_password` and `wrong_code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tries_left: Option<u32>,
    /// Seconds of the coming pause, with `wrong_password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause: Option<u64>,
    /// Who wrote, with `expired`, `withdrawn` and `spent`, for a visitor who proved the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<crate::visits::Sender>,
    /// When it happened, ms, with `expired`, `withdrawn` and `spent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
}
