//! Profiles of Thunderbird for desktop, read without Thunderbird and without NSS; new ones written.
//!
//! The only module of this crate that opens files: [`snapshot::take`] copies, [`read::read`] reads a copy.

pub(crate) mod books;
pub(crate) mod database;
pub mod error;
pub mod filters;
pub(crate) mod folder;
pub(crate) mod keys;
pub(crate) mod logins;
pub(crate) mod mbox;
pub(crate) mod nss;
pub(crate) mod others;
pub mod prefs;
pub mod profiles;
pub mod read;
pub(crate) mod servers;
pub mod snapshot;
pub(crate) mod texts;
pub mod write;
