//! The QR codes by which Thunderbird for desktop and for Android pass accounts on.
//!
//! Payload: JSON arrays `[1,[part,parts],IN,[GROUP,…],IN,[GROUP,…],…]`, one account never in two codes.
//! Whoever sees a code with passwords has them: nothing in it is encrypted.

pub mod reader;
pub mod writer;
