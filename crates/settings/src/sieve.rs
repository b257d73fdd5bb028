//! Sieve (RFC 5228): rules as a mail server runs them, with `fileinto`, `imap4flags` (RFC 5232) and `copy`
//! (RFC 3894). The best way to move a rule is to the server: every device then has it.

pub mod reader;
pub mod writer;
