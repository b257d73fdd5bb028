//! The use cases over a real SQLite store and real files, with a clock that stands still.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

mod deliveries;
mod first;
mod handoffs;
mod house;
mod logins;
mod mails;
mod people;
mod protected;
mod protected_parcels;
mod releases;
mod visits;
