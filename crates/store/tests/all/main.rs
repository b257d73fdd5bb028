//! The store held to its contract: on SQLite and on a real PostgreSQL, on a real disk.

#![expect(
    clippy::too_many_lines,
    reason = "a test tells one story, from its beginning to its end"
)]

mod blobs;
mod contract;
mod full;
mod plans;
mod postgres;
