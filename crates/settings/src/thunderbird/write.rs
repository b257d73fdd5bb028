//! Bundle to a new profile, as files. A profile in use is never changed: Thunderbird starts with the new
//! folder, or imports it (Tools, Import).
//!
//! Passwords are not written: Thunderbird asks for each once. Keys lie beside the profile as files to
//! import, with a password that the caller shows.

pub(crate) mod books;
pub(crate) mod servers;
pub mod whole;
