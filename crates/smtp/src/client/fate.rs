//! What became of a mail, recipient by recipient.

use crate::reply::{Code, Reply, ReplyError, Severity};

/// What became of the mail to one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// The other server has it and answers for it.
    Taken(Reply),
    /// The other server said no.
    Refused(Reply),
    /// The other server lacks an extension without which the mail cannot go there; said in a reply's words.
    Impossible(Reply),
    /// The connection ended before the answer. The mail may be there all the same.
    Unanswered,
}

impl Fate {
    /// A later try may bring it there.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Taken(_) | Self::Impossible(_) => false,
            Self::Refused(reply) => reply.severity() != Severity::Permanent,
            Self::Unanswered => true,
        }
    }

    /// Done.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        matches!(self, Self::Taken(_))
    }

    /// What was said.
    #[must_use]
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Taken(reply) | Self::Refused(reply) | Self::Impossible(reply) => Some(reply),
            Self::Unanswered => None,
        }
    }
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// In the order of the envelope's recipients.
    pub fates: Vec<Fate>,
    /// The wishes for notices went along (RFC 3461 section 5.2.2 wants a "relayed" notice if not).
    pub dsn_passed_on: bool,
}

/// Why a connection is of no further use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The other server takes no mail now, or none from us.
    #[error("the other server takes no mail: {}", .0.to_line())]
    Refused(Reply),
    /// It speaks something else.
    #[error(transparent)]
    NoReply(#[from] ReplyError),
    /// A reply that no command asked for, or of a kind that makes no sense here.
    #[error("the other server's replies do not fit what it was asked")]
    OutOfStep,
    /// TLS is required.
    #[error("the other server offers no TLS, and it is required")]
    NoTls,
    /// A login is set.
    #[error("the other server takes no login with a password")]
    NoLogin,
    /// It ended.
    #[error("the connection ended")]
    Lost,
}

impl Failure {
    /// A later try may do.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused(reply) => reply.severity() != Severity::Permanent,
            Self::NoReply(_) | Self::OutOfStep | Self::NoTls | Self::NoLogin | Self::Lost => true,
        }
    }
}

/// A reply's words for what the other server cannot do.
pub(super) fn impossible(code: Code, subject: u16, detail: u16, text: &str) -> Fate {
    Fate::Impossible(Reply::new(code, subject, detail, text))
}
