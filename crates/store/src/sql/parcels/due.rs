//! What the worker has to do. Each list is read from an index that holds nothing but what is due.

use depesche_domain::{FileId, ParcelId, Time};

use crate::error::Error;
use crate::sql::database::Sql;
use crate::sql::value::parse;

fn ids(rows: Vec<String>) -> Result<Vec<ParcelId>, Error> {
    rows.iter().map(|id| parse("parcels.id", id)).collect()
}

/// Posted parcels whose deadline has come, the oldest deadline first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn expired(sql: &Sql, now: Time, limit: u32) -> Result<Vec<ParcelId>, Error> {
    let text = "SELECT id FROM parcels WHERE state = 'posted' AND expires <= $1 \
                ORDER BY expires LIMIT $2";
    let query = sqlx::query_scalar(text)
        .bind(now.ms())
        .bind(i64::from(limit));
    ids(query.fetch_all(sql.reader()).await?)
}

/// Drafts whose last part came before that time.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn stale_drafts(sql: &Sql, before: Time, limit: u32) -> Result<Vec<ParcelId>, Error> {
    let text = "SELECT id FROM parcels WHERE state = 'draft' AND touched < $1 \
                ORDER BY touched LIMIT $2";
    let query = sqlx::query_scalar(text)
        .bind(before.ms())
        .bind(i64::from(limit));
    ids(query.fetch_all(sql.reader()).await?)
}

/// Posted parcels of which nothing can be downloaded any more: each link that is not dropped has a
/// limit and as many committed claims, the newest of them before that time.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn spent(sql: &Sql, before: Time, limit: u32) -> Result<Vec<ParcelId>, Error> {
    let text = "SELECT id FROM parcels WHERE state = 'posted' AND used_up IS NOT NULL \
                AND used_up < $1 ORDER BY used_up LIMIT $2";
    let query = sqlx::query_scalar(text)
        .bind(before.ms())
        .bind(i64::from(limit));
    ids(query.fetch_all(sql.reader()).await?)
}

/// Closed parcels whose bytes are still to be removed.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn closed_with_files(sql: &Sql, limit: u32) -> Result<Vec<ParcelId>, Error> {
    let text = "SELECT id FROM parcels WHERE shred = 1 ORDER BY closed LIMIT $1";
    let query = sqlx::query_scalar(text).bind(i64::from(limit));
    ids(query.fetch_all(sql.reader()).await?)
}

/// Whether a file object belongs to a parcel: if not, its bytes are an orphan.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn owns_file(sql: &Sql, id: FileId) -> Result<bool, Error> {
    let query = sqlx::query_scalar("SELECT parcel FROM files WHERE id = $1").bind(id.to_string());
    let parcel: Option<String> = query.fetch_optional(sql.reader()).await?;
    Ok(parcel.is_some())
}

/// Whether the bytes of a manifest belong to a parcel: if not, they are an orphan.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn owns_manifest(sql: &Sql, id: ParcelId) -> Result<bool, Error> {
    let text = "SELECT id FROM parcels WHERE id = $1 AND (state <> 'closed' OR shred = 1)";
    let found: Option<String> = sqlx::query_scalar(text)
        .bind(id.to_string())
        .fetch_optional(sql.reader())
        .await?;
    Ok(found.is_some())
}
