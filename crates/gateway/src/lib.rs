//! The mail door: mails come in, are sent on or protected, and leave; notices in de, en and cs leave as well.
//!
//! | module | has |
//! |-|-|
//! | [`inbound`] | the listener: what is taken, and sealed until it has left |
//! | [`rules`], [`tag`], [`trace`] | what becomes of a mail; the tag in its subject; the mark against loops |
//! | [`queue`] | works off what waits; [`port`] is how protected forms are made; `report` tells senders |
//! | [`outbound`] | the way to the next mail server |
//! | [`courier`] | the portal's own mails; [`verp`] the address that a notice comes back to |

mod arrival;
pub mod courier;
mod header;
pub mod inbound;
mod letter;
mod notice;
pub mod outbound;
mod people;
pub mod port;
pub mod queue;
mod report;
pub mod rules;
pub mod tag;
pub mod trace;
pub mod verp;
mod words;

pub use courier::{Courier, House};
