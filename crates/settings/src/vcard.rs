//! vCard: 4.0 (RFC 6350) inside a bundle, 3.0 (RFC 2426) for phones, 2.1 where an old file comes in.

pub mod card;
pub mod reader;
pub mod writer;
