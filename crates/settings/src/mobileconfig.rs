//! `.mobileconfig`: configuration profiles of Apple's systems.
//!
//! iOS Mail takes accounts, passwords, S/MIME identities, CardDAV, CalDAV and Exchange from one; it has
//! no place for signatures, templates, rules or tags.

pub mod reader;
pub mod writer;
