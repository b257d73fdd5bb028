//! A draft grows, or is given up.

use depesche_domain::parcel::{Draft, FileObject};
use depesche_domain::{AccountId, FileId, Level, ParcelId, Time};
use sqlx::FromRow;

use crate::error::Error;
use crate::sql::database::{Sql, Tx};
use crate::sql::value::{level, parse, signed, unsigned};

/// Adds a draft with its file objects.
///
/// # Errors
/// [`Error::Conflict`] if the id of the parcel or of a file is taken, [`Error::NotFound`] if there
/// is no such sender.
pub async fn insert_draft(tx: &mut Tx, draft: &Draft) -> Result<(), Error> {
    let text = "INSERT INTO parcels (id, sender, level, state, created, touched, in_reply_to) \
                VALUES ($1, $2, $3, 'draft', $4, $4, $5) ON CONFLICT (id) DO NOTHING";
    let done = sqlx::query(text)
        .bind(draft.id.to_string())
        .bind(draft.sender.to_string())
        .bind(i64::from(draft.level.number()))
        .bind(draft.created.ms())
        .bind(draft.in_reply_to.map(|id| id.to_string()))
        .execute(tx.conn())
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::Conflict);
    }
    add_files(tx, draft.id, &draft.files).await
}

/// Adds file objects; one that is there with the same size is left as it is.
///
/// # Errors
/// [`Error::Conflict`] if an id is taken by another parcel or has another size,
/// [`Error::NotFound`] if there is no such parcel.
pub async fn add_files(tx: &mut Tx, parcel: ParcelId, files: &[FileObject]) -> Result<(), Error> {
    let parcel = parcel.to_string();
    for file in files {
        let (id, size) = (file.id.to_string(), signed(file.size)?);
        let text = "INSERT INTO files (id, parcel, size) VALUES ($1, $2, $3) \
                    ON CONFLICT (id) DO NOTHING";
        let done = sqlx::query(text)
            .bind(&id)
            .bind(&parcel)
            .bind(size)
            .execute(tx.conn())
            .await?;
        if done.rows_affected() == 1 {
            continue;
        }
        let query = sqlx::query_as("SELECT parcel, size FROM files WHERE id = $1").bind(&id);
        let known: Option<(String, i64)> = query.fetch_optional(tx.conn()).await?;
        if known != Some((parcel.clone(), size)) {
            return Err(Error::Conflict);
        }
    }
    Ok(())
}

/// Takes a file object out. False if the parcel has no such file.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn remove_file(tx: &mut Tx, parcel: ParcelId, file: FileId) -> Result<bool, Error> {
    let text = "DELETE FROM files WHERE id = $1 AND parcel = $2";
    let query = sqlx::query(text)
        .bind(file.to_string())
        .bind(parcel.to_string());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Notes that a part of a draft came: it is not stale.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn touch_draft(tx: &mut Tx, parcel: ParcelId, at: Time) -> Result<(), Error> {
    let text = "UPDATE parcels SET touched = $2 WHERE id = $1 AND state = 'draft' AND touched < $2";
    sqlx::query(text)
        .bind(parcel.to_string())
        .bind(at.ms())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Deletes a draft. False if there is no draft of that id (any more): a posted parcel stays.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn delete_draft(tx: &mut Tx, parcel: ParcelId) -> Result<bool, Error> {
    let id = parcel.to_string();
    // The lock, so that nobody posts it in between.
    let text = "UPDATE parcels SET version = version + 1 WHERE id = $1 AND state = 'draft'";
    if sqlx::query(text)
        .bind(&id)
        .execute(tx.conn())
        .await?
        .rows_affected()
        == 0
    {
        return Ok(false);
    }
    forget_going_on(tx, &id).await?;
    sqlx::query("DELETE FROM files WHERE parcel = $1")
        .bind(&id)
        .execute(tx.conn())
        .await?;
    sqlx::query("DELETE FROM parcels WHERE id = $1")
        .bind(&id)
        .execute(tx.conn())
        .await?;
    Ok(true)
}

/// A draft in the list of its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRow {
    /// Which.
    pub id: ParcelId,
    /// How it will be protected.
    pub level: Level,
    /// When it was begun.
    pub created: Time,
    /// Sealed bytes announced.
    pub size: u64,
    /// What it answers.
    pub in_reply_to: Option<ParcelId>,
    /// Whether a record for going on is kept.
    pub going_on: bool,
}

#[derive(FromRow)]
struct DraftColumns {
    id: String,
    level: i64,
    created: i64,
    size: i64,
    in_reply_to: Option<String>,
    going_on: i64,
}

/// What an account is uploading, newest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn drafts(sql: &Sql, sender: AccountId, limit: u32) -> Result<Vec<DraftRow>, Error> {
    let text = "SELECT p.id, p.level, p.created, p.in_reply_to, \
                COALESCE((SELECT CAST(SUM(f.size) AS BIGINT) FROM files f WHERE f.parcel = p.id), 0) AS size, \
                CASE WHEN EXISTS (SELECT 1 FROM goings_on g WHERE g.parcel = p.id) THEN 1 ELSE 0 END AS going_on \
                FROM parcels p WHERE p.sender = $1 AND p.state = 'draft' ORDER BY p.created DESC LIMIT $2";
    let query = sqlx::query_as(text).bind(sender.to_string());
    let query = query.bind(i64::from(limit));
    let rows: Vec<DraftColumns> = query.fetch_all(sql.reader()).await?;
    let row = |row: DraftColumns| {
        Ok(DraftRow {
            id: parse("parcels.id", &row.id)?,
            level: level(row.level)?,
            created: Time::from_ms(row.created),
            size: unsigned("files.size", row.size)?,
            in_reply_to: row
                .in_reply_to
                .map(|id| parse("parcels.in_reply_to", &id))
                .transpose()?,
            going_on: row.going_on != 0,
        })
    };
    rows.into_iter().map(row).collect()
}

/// Keeps the sealed record for going on, in place of the one before. The draft is locked.
///
/// # Errors
/// [`Error::NotFound`] if there is no such parcel.
pub async fn put_going_on(tx: &mut Tx, parcel: ParcelId, bytes: &[u8]) -> Result<(), Error> {
    let text = "INSERT INTO goings_on (parcel, bytes) VALUES ($1, $2) \
                ON CONFLICT (parcel) DO UPDATE SET bytes = excluded.bytes";
    let query = sqlx::query(text).bind(parcel.to_string()).bind(bytes);
    query.execute(tx.conn()).await?;
    Ok(())
}

/// The sealed record for going on.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn going_on(sql: &Sql, parcel: ParcelId) -> Result<Option<Vec<u8>>, Error> {
    let query = sqlx::query_scalar("SELECT bytes FROM goings_on WHERE parcel = $1");
    let query = query.bind(parcel.to_string());
    Ok(query.fetch_optional(sql.reader()).await?)
}

pub(super) async fn forget_going_on(tx: &mut Tx, parcel: &str) -> Result<(), Error> {
    let query = sqlx::query("DELETE FROM goings_on WHERE parcel = $1");
    query.bind(parcel).execute(tx.conn()).await?;
    Ok(())
}
