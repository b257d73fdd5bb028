//! `.k9s`: the settings file of Thunderbird for Android and K-9 Mail, format 1.
//!
//! The app refuses a whole account for one identity whose address it finds invalid, and a whole file
//! for one bad element; so only what it takes is written, and the rest is a loss.

pub mod reader;
pub mod writer;
