//! What is kept: rows in SQLite or PostgreSQL, sealed bytes as files, handoffs in memory. Decides nothing.
//!
//! [`sql`] holds every SQL text, each beside its row; [`blobs`] holds sealed file objects and
//! manifests. Both promise that what they acknowledge is on disk.

pub mod blobs;
pub mod ephemeral;
pub mod error;
mod private;
pub mod sql;
pub mod store;

pub use error::Error;
pub use store::Store;
