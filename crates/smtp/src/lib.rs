//! The Simple Mail Transfer Protocol (RFC 5321), without input or output: bytes in, replies and a finished
//! mail out. Nothing here opens a connection, reads a clock or can panic on what a peer sends.
//!
//! Both sides are chains of states that a move consumes. [`session::state::Session::step`] and
//! [`client::Client::step`] say what the caller has to do next, and what he cannot do is not there:
//!
//! | server: [`session::step::Step`] | the caller |
//! |-|-|
//! | `Input` | writes the output, reads, feeds |
//! | `Sender`, `Recipient`, `Content` | decides: `accept` or `refuse` with a reply of his |
//! | `Text` | keeps the piece (or [`session::step::Step::Dropped`]: throws the pieces away) |
//! | `Finished` | makes the mail durable, then `accept`; never before |
//! | `StartTls`, `Closed` | writes the output, does as told |
//!
//! | client: [`client::Step`] | the caller |
//! |-|-|
//! | `Input` | writes the output, reads, feeds |
//! | `StartTls` | writes the output, shakes hands, `secured` |
//! | `Ready` | sends a mail, or quits |
//! | `Content` | hands in the text in pieces, `finish` |
//! | `Done` | has one fate for each recipient |
//! | `Failed`, `Closed` | closes |
//!
//! Bytes are judged as they came. Lines end with CR LF and with nothing else; a mail ends with
//! CR LF . CR LF and with nothing else, so no two servers can see two mails where one was sent (SMTP smuggling).
//!
//! Extensions: SIZE (RFC 1870), PIPELINING (RFC 2920), ENHANCEDSTATUSCODES (RFC 2034), STARTTLS (RFC 3207),
//! DSN (RFC 3461), 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531), and Postfix's XFORWARD for listed peers.

pub mod address;
pub mod client;
pub mod command;
pub mod data;
pub mod envelope;
pub mod fuzzing;
pub mod line;
pub mod reply;
pub mod session;
pub mod xtext;
