//! The mail door: mails come in, are sent on or protected, and leave; notices in de, en and cs leave as well.
//!
//! | module | has |
//! |-|-|
//! | [`inbound`] | the listener: what is taken, and sealed until it has left |
//! | [`rules`], [`tag`], [`trace`] | what becomes of a mail; the tag in its subject; the mark against loops |
//! | [`queue`] | works off what waits; [`port`] is how protected forms are made; `report` tells senders |
//! | [`convert`] | makes the protected form: attachments, reply link, PDF, the mail around it |
//! | [`outbound`] | the way to the next mail server |
//! | [`workers`] | processes in which mails become pages |
//! | [`courier`] | the portal's own mails; [`verp`] the address that a notice comes back to |
//! | [`fuzzing`] | the laws that any bytes must keep |

mod arrival;
pub mod convert;
pub mod courier;
pub mod fuzzing;
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
mod told;
pub mod trace;
pub mod verp;
mod words;
pub mod workers;

pub use courier::{Courier, House};
pub use depesche_smtp as smtp;
