//! Rows: one SQL text for both engines.
//!
//! Reads take [`Sql`], writes and reads within a transaction take [`Tx`]. On PostgreSQL rows are
//! locked in this order, so that no two transactions wait for each other: account, parcel, outbox, link, claim,
//! code, recipient. Each function keeps it within itself; who calls several in one transaction
//! calls them in this order ([`parcels::lock`] first). New rows wait for nobody.

pub mod accounts;
mod conn;
pub mod database;
pub mod inbox;
pub mod invitations;
pub mod journal;
pub mod keyed;
pub mod keyrings;
pub mod mail_parcels;
pub mod mails;
pub mod meta;
pub mod outbox;
pub mod parcels;
pub mod pdf_passwords;
pub mod people;
mod rows;
pub mod sessions;
mod value;
pub mod visits;

pub use database::{Sql, Tx};
