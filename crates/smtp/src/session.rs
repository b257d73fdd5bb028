//! The server's side of a connection.
//!
//! | state | takes | goes to |
//! |-|-|-|
//! | Connected | EHLO, HELO | Greeted |
//! | Greeted | MAIL | Mail |
//! | Mail | RCPT | Rcpt |
//! | Rcpt | RCPT, DATA | Rcpt, Data |
//! | Data | text | Greeted, or the end of the session |
//!
//! [`state::Session::step`] consumes the session and says what to do; the answer gives the session back. So nobody
//! can acknowledge a mail that is not finished, or read on behind a STARTTLS.

pub mod ask;
mod commands;
mod run;
pub mod state;
pub mod step;
pub mod wire;
