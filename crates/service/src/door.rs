//! The door to the first account.

use std::sync::{Mutex, PoisonError};

use depesche_domain::Account;
use depesche_domain::token::SecretHash;

/// The open door, in RAM.
#[derive(Default)]
pub(crate) struct First(Mutex<Option<Door>>);

pub(crate) struct Door {
    /// Hash of the code on the console.
    pub(crate) code: SecretHash,
    /// Who has begun.
    pub(crate) begun: Option<Account>,
}

impl First {
    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, Option<Door>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
