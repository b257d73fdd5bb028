//! What people are told about protected mail.

use crate::address::Address;
use serde::{Deserialize, Serialize};

/// Name (may be empty) and address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correspondent {
    /// As the mail gave it.
    pub name: String,
    /// The address.
    pub address: Address,
}

/// How a protected mail went to one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// As a PDF, at once.
    Pdf,
    /// It waits for a password.
    Held,
}

/// What is told about protected mail. No `Debug`: tokens, names, subjects.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// To a recipient: set a password once.
    Invitation {
        /// Who wrote.
        sender: Correspondent,
        /// Of the password link.
        token: String,
        /// Until when it is good, ms.
        expires: i64,
        /// It was asked for before.
        reminder: bool,
    },
    /// To a recipient: the link that was asked for, or that an administrator sends.
    Link {
        /// Of the password link.
        token: String,
        /// Until when it is good, ms.
        expires: i64,
        /// An administrator took the old password away.
        reset: bool,
    },
    /// To a recipient: there is a new password.
    Changed,
    /// To a sender: what became of a mail.
    Went {
        /// To whom, and how; until when it is held, ms.
        to: Vec<(Address, How, i64)>,
        /// Its subject.
        subject: String,
        /// Names of the attachments that wait in the portal.
        files: Vec<String>,
    },
    /// To a sender: held mail has gone out.
    PasswordSet {
        /// Who set it.
        recipient: Address,
    },
    /// To a sender: the attachments were fetched.
    Fetched {
        /// By whom.
        recipient: Address,
        /// Of the mail.
        subject: String,
        /// When, ms.
        at: i64,
    },
    /// To a sender: nobody fetched the attachments.
    NotFetched {
        /// To whom they were sent.
        recipient: Address,
        /// Of the mail.
        subject: String,
    },
    /// To a sender: the mail was held to the end.
    HeldExpired {
        /// To whom.
        recipient: Address,
        /// Of the mail.
        subject: String,
    },
    /// To a sender: the invitation came back.
    InvitationBounced {
        /// To whom.
        recipient: Address,
        /// Of the mail; may be empty.
        subject: String,
    },
}

impl Note {
    /// A word for logs and lists.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Invitation { .. } => "pdf_invitation",
            Self::Link { .. } => "pdf_link",
            Self::Changed => "pdf_changed",
            Self::Went { .. } => "mail_went",
            Self::PasswordSet { .. } => "pdf_password_set",
            Self::Fetched { .. } => "attachments_fetched",
            Self::NotFetched { .. } => "attachments_expired",
            Self::HeldExpired { .. } => "held_expired",
            Self::InvitationBounced { .. } => "invitation_bounced",
        }
    }
}
