//! The use cases over a real SQLite store and real files, with a clock that stands still.

mod deliveries;
mod first;
mod house;
mod logins;
mod mails;
mod visits;
