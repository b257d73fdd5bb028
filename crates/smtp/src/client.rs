//! The sending side of a connection.
//!
//! | state | waits for | goes to |
//! |-|-|-|
//! | Greeting | 220 | Hello |
//! | Hello | what EHLO offers; HELO for an old server | TLS, or ready |
//! | `StartTls` | 220, then the caller's handshake | Hello |
//! | Login | 235, if a login is set | ready |
//! | Naming | the replies to MAIL, RCPT and DATA, together if there is PIPELINING | text, or done |
//! | Ending | the reply to the text | done |
//! | Clearing | the reply to RSET, after a mail that nobody took | done |
//! | Quitting | 221 | closed |
//!
//! Each recipient has a fate of his own; one refused keeps no other from the mail. When the reply to a whole
//! text does not come, the mail is sent again: one too many, never one too few.

pub mod fate;
mod naming;
pub mod offer;
mod run;
pub mod state;
pub mod step;
