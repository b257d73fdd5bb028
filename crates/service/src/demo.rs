//! Mail caught in RAM instead of sent, for `--demo` and tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// One caught mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caught {
    /// The Message-ID without brackets.
    pub id: String,
    /// Sender of the mail.
    pub from: String,
    /// To whom.
    pub to: String,
    /// Decoded.
    pub subject: String,
    /// The text part, decoded.
    pub text: String,
    /// The HTML part, decoded.
    pub html: String,
    /// The mail as it would leave.
    pub raw: String,
}

/// Caught mails, oldest first, at most [`CaughtMail::MOST`].
#[derive(Debug, Clone, Default)]
pub struct CaughtMail(Arc<Mutex<VecDeque<Caught>>>);

impl CaughtMail {
    /// The oldest go when there are more.
    pub const MOST: usize = 1_000;

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Caught>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one.
    pub fn catch(&self, mail: Caught) {
        let mut mails = self.lock();
        if mails.len() >= Self::MOST {
            mails.pop_front();
        }
        mails.push_back(mail);
    }

    /// All, oldest first.
    pub fn list(&self) -> Vec<Caught> {
        self.lock().iter().cloned().collect()
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.lock().clear();
    }
}
