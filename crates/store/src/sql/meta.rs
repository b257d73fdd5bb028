//! What is fixed at the first start.

use super::database::{Sql, Tx};
use crate::error::Error;

/// The value under a key.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn get(sql: &Sql, key: &str) -> Result<Option<String>, Error> {
    let text = "SELECT value FROM meta WHERE key = $1";
    Ok(sqlx::query_scalar(text)
        .bind(key)
        .fetch_optional(sql.reader())
        .await?)
}

/// Keeps the value unless there is one; gives the one that is kept.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn set_once(tx: &mut Tx, key: &str, value: &str) -> Result<String, Error> {
    let text = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING";
    sqlx::query(text)
        .bind(key)
        .bind(value)
        .execute(tx.conn())
        .await?;
    let text = "SELECT value FROM meta WHERE key = $1";
    Ok(sqlx::query_scalar(text)
        .bind(key)
        .fetch_one(tx.conn())
        .await?)
}
