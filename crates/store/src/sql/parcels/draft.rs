//! A draft grows, or is given up.

use depesche_domain::parcel::{Draft, FileObject};
use depesche_domain::{FileId, ParcelId, Time};

use crate::error::Error;
use crate::sql::database::Tx;
use crate::sql::value::signed;

/// Adds a draft with its file objects.
///
/// # Errors
/// [`Error::Conflict`] if the id of the parcel or of a file is taken, [`Error::NotFound`] if there
/// is no such sender.
pub async fn insert_draft(tx: &mut Tx, draft: &Draft) -> Result<(), Error> {
    let text = "INSERT INTO parcels (id, sender, level, state, created, touched) \
                VALUES ($1, $2, $3, 'draft', $4, $4) ON CONFLICT (id) DO NOTHING";
    let done = sqlx::query(text)
        .bind(draft.id.to_string())
        .bind(draft.sender.to_string())
        .bind(i64::from(draft.level.number()))
        .bind(draft.created.ms())
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
