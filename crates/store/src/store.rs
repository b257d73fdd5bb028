//! Both stores in one hand.

use crate::blobs::Blobs;
use crate::sql::database::Sql;

/// Rows and sealed bytes. Cheap to clone: clones share everything.
#[derive(Clone, Debug)]
pub struct Store {
    /// Rows.
    pub sql: Sql,
    /// Sealed bytes.
    pub blobs: Blobs,
}
