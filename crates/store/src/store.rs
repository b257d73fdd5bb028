//! Both stores in one hand.

use crate::blobs::Blobs;
use crate::ephemeral::Ephemeral;
use crate::sql::database::Sql;

/// Rows and sealed bytes. Cheap to clone: clones share everything.
#[derive(Clone, Debug)]
pub struct Store {
    /// Rows.
    pub sql: Sql,
    /// Sealed bytes.
    pub blobs: Blobs,
    /// What is in memory alone.
    pub ephemeral: Ephemeral,
}
