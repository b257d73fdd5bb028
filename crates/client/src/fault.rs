//! What kind of failure it is: scripts need that before they need the text.

/// Kinds of failure, by what one does about them. The command line makes its exit code of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The order makes no sense as it was given.
    Usage,
    /// Not there any more, or not yet.
    Gone,
    /// Refused: login, policy, quota, too many tries.
    Refused,
    /// What is there cannot be opened: wrong or cut link, wrong password, damaged bytes.
    Unopenable,
    /// Server or network do not answer, or have no room: the same again later goes on.
    Unavailable,
    /// Anything else.
    Other,
}

impl Fault {
    /// The kind of a server's refusal, by its stable code, else by its HTTP status.
    #[must_use]
    pub fn of_answer(code: &str, status: u16) -> Self {
        match code {
            "not_found" | "link_unknown" | "expired" | "withdrawn" | "spent" | "limit_reached"
            | "claim_over" | "not_posted" | "not_a_recipient" | "no_sealpass"
            | "waits_registration" | "waits_sealpass" | "waits_release" | "open_by_link"
            | "invitation_over" | "password_link_over" | "password_link_used" => Self::Gone,
            "link_wrong_key" | "wrong_password" | "password_required" => Self::Unopenable,
            "invalid" | "no_recipient" | "recipient_twice" | "too_long" | "deadline_passed" => {
                Self::Usage
            }
            "handoff_empty" | "handoff_busy" => Self::Gone,
            "handoff_wrong_key" => Self::Unopenable,
            "handoff_full" => Self::Unavailable,
            "disk_full" | "disk_failed" | "unavailable" => Self::Unavailable,
            _ => match status {
                404 | 410 => Self::Gone,
                400..=499 => Self::Refused,
                500..=599 => Self::Unavailable,
                _ => Self::Other,
            },
        }
    }
}
