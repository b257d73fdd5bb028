//! Mails to pages, and what other people's programs make of them.

mod draw;
mod hostile;
mod look;
mod mails;
mod readers;
