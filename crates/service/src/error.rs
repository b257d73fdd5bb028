//! What may go wrong in a use case, with a stable code and the way on.

use depesche_domain::parcel::{Reason, Refusal};
use depesche_domain::{Account, Span, Time, keyed, keyring};

/// Why a use case did not happen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing like that, or not the caller's.
    #[error("there is nothing here under this address; check that it was copied whole")]
    NotFound,
    /// A link id that was never given out.
    #[error(
        "this link is not known here; check that it was copied whole and belongs to this server"
    )]
    LinkUnknown,
    /// The link exists, the key part is another one.
    #[error(
        "the last part of the link does not fit; open it again from the mail, or type the code that stands there"
    )]
    LinkWrongKey,
    /// The link password is wrong.
    #[error("that password does not fit yet; check capitals")]
    WrongPassword {
        /// Tries before the next pause.
        left: u32,
        /// How long that pause is.
        pause: Span,
    },
    /// The link has a password and none was proven.
    #[error("this delivery asks for a password; the sender has it")]
    PasswordRequired,
    /// A mailed code is asked for and none was given.
    #[error("this delivery asks for a code that is mailed to you; ask for it and type it in")]
    CodeRequired,
    /// The code is wrong or too old.
    #[error("that code does not fit; ask for a new one if it is older than 15 minutes")]
    WrongCode {
        /// Tries before the code is dead.
        left: u32,
    },
    /// Address or password of a login are wrong; nobody learns which.
    #[error("address or password do not fit; check both and try again")]
    LoginFailed,
    /// Too many tries failed.
    #[error("too many tries; wait a little and try again")]
    TooManyTries {
        /// How long.
        wait: Span,
    },
    /// No session, or it has ended.
    #[error("please log in first")]
    NotLoggedIn,
    /// Logged in, but not for this.
    #[error("your account may not do this; ask an administrator")]
    NotAllowed,
    /// The claim's token is unknown or its visit is over.
    #[error("this visit is over; open the delivery again from its link")]
    ClaimOver,
    /// The limit of downloads has no room.
    #[error(
        "this delivery has been downloaded as often as was intended; ask the sender to send it again"
    )]
    LimitReached,
    /// Closed: withdrawn, expired, spent.
    #[error("this delivery is no longer here: it was {reason}")]
    Closed {
        /// Why.
        reason: Reason,
        /// Since when.
        at: Time,
        /// Who wrote, for visitors who proved the link.
        sender: Option<Box<Account>>,
    },
    /// The sender dropped this recipient.
    #[error("the sender has withdrawn this delivery; ask there if you expect it")]
    Dropped {
        /// Who wrote.
        sender: Option<Box<Account>>,
    },
    /// The token of an invitation is unknown, used or a week old; nobody learns which.
    #[error(
        "this invitation is not good any more; ask the person who wrote to you to send it again"
    )]
    InvitationOver,
    /// The token of a password link is unknown, or its time is over; nobody learns which.
    #[error("this link is not good any more; ask for a new one")]
    PasswordLinkOver,
    /// The password was set by it.
    #[error("the password was set with this link already; to set another, ask for a new one")]
    PasswordLinkUsed,
    /// Level 2, and nobody is logged in.
    #[error(
        "this delivery opens with a login too; log in with the address that the link was sent to"
    )]
    LoginRequired,
    /// Level 2, and somebody else is logged in; nobody learns who it would be.
    #[error("this address does not open the delivery; use the one that the link was sent to")]
    WrongAccount,
    /// Levels 1 and 2: it opens by its link.
    #[error("this delivery opens by its link; open it once from the mail")]
    OpenByLink,
    /// A change of a keyring, or there is none.
    #[error(transparent)]
    Keyring(#[from] keyring::Refusal),
    /// The first account has been made; the page for it is closed for good.
    #[error("this server has been set up already; log in, or ask its administrator for an account")]
    SetUp,
    /// The domain's refusal.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Something handed in cannot be right.
    #[error("{0}")]
    Invalid(&'static str),
    /// The same id was used for something else.
    #[error("this id is taken already; draw a new one")]
    Conflict,
    /// No room on the server's disk.
    #[error(
        "the server's disk is full; nothing is lost, go on when its administrator has made room"
    )]
    Full,
    /// A handoff's.
    #[error(transparent)]
    Handoff(#[from] crate::slots::Error),
    /// The stores do not answer.
    #[error("the server cannot reach its store; try again in a moment")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A sync failed: what is on disk is not known any more. The process must end and start anew.
    #[error("the server's disk failed; the server stops so that nothing is lost")]
    Fatal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Stable and meant for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::LinkUnknown => "link_unknown",
            Self::LinkWrongKey => "link_wrong_key",
            Self::WrongPassword { .. } => "wrong_password",
            Self::PasswordRequired => "password_required",
            Self::CodeRequired => "code_required",
            Self::WrongCode { .. } => "wrong_code",
            Self::LoginFailed => "login_failed",
            Self::TooManyTries { .. } => "too_many_tries",
            Self::NotLoggedIn => "not_logged_in",
            Self::NotAllowed => "not_allowed",
            Self::ClaimOver => "claim_over",
            Self::LimitReached => "limit_reached",
            Self::Closed { reason, .. } => reason.name(),
            Self::Dropped { .. } => "withdrawn",
            Self::InvitationOver => "invitation_over",
            Self::PasswordLinkOver => "password_link_over",
            Self::PasswordLinkUsed => "password_link_used",
            Self::LoginRequired => "login_required",
            Self::WrongAccount => "wrong_account",
            Self::OpenByLink => "open_by_link",
            Self::Keyring(refusal) => keyring_code(*refusal),
            Self::SetUp => "set_up",
            Self::Refused(refusal) => refusal_code(refusal),
            Self::Invalid(_) => "invalid",
            Self::Conflict => "conflict",
            Self::Full => "disk_full",
            Self::Handoff(error) => error.code(),
            Self::Unavailable(_) => "unavailable",
            Self::Fatal(_) => "disk_failed",
        }
    }
}

const fn refusal_code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::LevelNotOffered => "level_not_offered",
        Refusal::TooLarge { .. } => "too_large",
        Refusal::TooManyFiles => "too_many_files",
        Refusal::Incomplete => "incomplete",
        Refusal::NoRecipient => "no_recipient",
        Refusal::TooManyRecipients => "too_many_recipients",
        Refusal::RecipientTwice => "recipient_twice",
        Refusal::NotARecipient => "not_a_recipient",
        Refusal::TooLong => "too_long",
        Refusal::DeadlinePassed => "deadline_passed",
        Refusal::AlreadyPosted => "already_posted",
        Refusal::NotPosted => "not_posted",
        Refusal::LevelTooLow => "level_too_low",
        Refusal::GuestsAnswer => "not_allowed",
        Refusal::WrongWay => "invalid",
        Refusal::Keyed(refusal) => keyed_code(*refusal),
        Refusal::Closed(reason) => reason.name(),
        _ => "refused",
    }
}

const fn keyed_code(refusal: keyed::Refusal) -> &'static str {
    match refusal {
        keyed::Refusal::WaitsRegistration => "waits_registration",
        keyed::Refusal::WaitsSealpass => "waits_sealpass",
        keyed::Refusal::Disabled => "account_disabled",
        keyed::Refusal::KeyChanged => "key_changed",
        keyed::Refusal::WrongRelease => "wrong_release",
        keyed::Refusal::NotVerified => "not_verified",
        keyed::Refusal::NoCode => "no_code",
        keyed::Refusal::CodeDead => "code_dead",
        keyed::Refusal::WaitsRelease => "waits_release",
        keyed::Refusal::Ended => "withdrawn",
    }
}

const fn keyring_code(refusal: keyring::Refusal) -> &'static str {
    match refusal {
        keyring::Refusal::None => "no_sealpass",
        keyring::Refusal::Exists => "sealpass_exists",
        keyring::Refusal::Stale => "stale",
        keyring::Refusal::LastLock => "last_lock",
        keyring::Refusal::NotTheNext => "record_not_next",
        keyring::Refusal::Malformed => "keyring_malformed",
    }
}

impl From<depesche_store::Error> for Error {
    fn from(error: depesche_store::Error) -> Self {
        match error {
            depesche_store::Error::Conflict => Self::Conflict,
            depesche_store::Error::Full => Self::Full,
            depesche_store::Error::Incomplete => Refusal::Incomplete.into(),
            depesche_store::Error::Fatal(_) => Self::Fatal(Box::new(error)),
            other => Self::Unavailable(Box::new(other)),
        }
    }
}
