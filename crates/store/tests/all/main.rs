//! The store held to its contract: on SQLite and on a real PostgreSQL, on a real disk.

mod blobs;
mod contract;
mod full;
mod plans;
mod postgres;
