//! Mails that wait, sealed under the key of an hour (formats: Server secrets).

use depesche_domain::{Address, ParcelId, Time};
use sqlx::FromRow;

use super::database::{Sql, Tx};
use super::value::{parse, unsigned};
use crate::error::Error;

/// A mail that waits.
#[derive(Clone, PartialEq, Eq)]
pub struct Item {
    /// 16 random bytes in base64url; becomes the Message-ID.
    pub id: String,
    /// The hour whose key wraps it.
    pub hour: i64,
    /// Its own key, wrapped.
    pub wrapped: Vec<u8>,
    /// The mail, sealed under its own key.
    pub payload: Vec<u8>,
    /// Parcel and recipient whose state follows its fate.
    pub about: Option<(ParcelId, Address)>,
    /// A word for logs and lists.
    pub kind: String,
    /// How often it was tried.
    pub attempts: u32,
    /// Since when it waits.
    pub created: Time,
    /// When it is to be tried next.
    pub due: Time,
}

#[derive(FromRow)]
struct ItemRow {
    id: String,
    hour: i64,
    wrapped: Vec<u8>,
    payload: Vec<u8>,
    parcel: Option<String>,
    address: Option<String>,
    kind: String,
    attempts: i64,
    created: i64,
    due: i64,
}

impl TryFrom<ItemRow> for Item {
    type Error = Error;
    fn try_from(row: ItemRow) -> Result<Self, Error> {
        let about = match (row.parcel, row.address) {
            (Some(parcel), Some(address)) => Some((
                parse("outbox.parcel", &parcel)?,
                parse("outbox.address", &address)?,
            )),
            _ => None,
        };
        Ok(Self {
            id: row.id,
            hour: row.hour,
            wrapped: row.wrapped,
            payload: row.payload,
            about,
            kind: row.kind,
            attempts: unsigned("outbox.attempts", row.attempts)?,
            created: Time::from_ms(row.created),
            due: Time::from_ms(row.due),
        })
    }
}

/// Adds a mail.
///
/// # Errors
/// [`Error::Conflict`] if the id is taken.
pub async fn insert(tx: &mut Tx, item: &Item) -> Result<(), Error> {
    let text = "INSERT INTO outbox (id, hour, wrapped, payload, parcel, address, folded, kind, \
                attempts, created, due) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
                ON CONFLICT (id) DO NOTHING";
    let done = sqlx::query(text)
        .bind(&item.id)
        .bind(item.hour)
        .bind(&item.wrapped)
        .bind(&item.payload)
        .bind(item.about.as_ref().map(|(parcel, _)| parcel.to_string()))
        .bind(
            item.about
                .as_ref()
                .map(|(_, address)| address.as_str().to_owned()),
        )
        .bind(
            item.about
                .as_ref()
                .map(|(_, address)| address.folded().to_owned()),
        )
        .bind(&item.kind)
        .bind(i64::from(item.attempts))
        .bind(item.created.ms())
        .bind(item.due.ms())
        .execute(tx.conn())
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::Conflict);
    }
    Ok(())
}

/// Mails that are due, the longest due first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn due(sql: &Sql, now: Time, limit: u32) -> Result<Vec<Item>, Error> {
    let text = "SELECT id, hour, wrapped, payload, parcel, address, kind, attempts, created, due \
                FROM outbox WHERE due <= $1 ORDER BY due LIMIT $2";
    let query = sqlx::query_as(text).bind(now.ms()).bind(i64::from(limit));
    let rows: Vec<ItemRow> = query.fetch_all(sql.reader()).await?;
    rows.into_iter().map(Item::try_from).collect()
}

/// Takes mails that are due, so that nobody else takes them before `until`: each goes to one
/// worker, also with several processes. `attempts` has counted this one.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn take(tx: &mut Tx, now: Time, until: Time, limit: u32) -> Result<Vec<Item>, Error> {
    // The outer `due <= $1` is seen anew after waiting for another worker (rule 7).
    let text = "UPDATE outbox SET due = $2, attempts = attempts + 1 WHERE due <= $1 \
                AND id IN (SELECT id FROM outbox WHERE due <= $1 ORDER BY due LIMIT $3) \
                RETURNING id, hour, wrapped, payload, parcel, address, kind, attempts, created, due";
    let query = sqlx::query_as(text)
        .bind(now.ms())
        .bind(until.ms())
        .bind(i64::from(limit));
    let rows: Vec<ItemRow> = query.fetch_all(tx.conn()).await?;
    rows.into_iter().map(Item::try_from).collect()
}

/// When the next mail is due.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn next_due(sql: &Sql) -> Result<Option<Time>, Error> {
    let text = "SELECT due FROM outbox ORDER BY due LIMIT 1";
    let due: Option<i64> = sqlx::query_scalar(text)
        .fetch_optional(sql.reader())
        .await?;
    Ok(due.map(Time::from_ms))
}

/// Puts a mail off.
///
/// # Errors
/// [`Error::NotFound`] if it waits no more.
pub async fn retry(tx: &mut Tx, id: &str, due: Time, attempts: u32) -> Result<(), Error> {
    let text = "UPDATE outbox SET due = $2, attempts = $3 WHERE id = $1";
    let query = sqlx::query(text)
        .bind(id)
        .bind(due.ms())
        .bind(i64::from(attempts));
    if query.execute(tx.conn()).await?.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    Ok(())
}

/// Destroys a mail. False if it was gone.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn delete(tx: &mut Tx, id: &str) -> Result<bool, Error> {
    let query = sqlx::query("DELETE FROM outbox WHERE id = $1").bind(id);
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Destroys the mails about a parcel. Gives how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn of_parcel_delete(tx: &mut Tx, parcel: ParcelId) -> Result<u64, Error> {
    let query = sqlx::query("DELETE FROM outbox WHERE parcel = $1").bind(parcel.to_string());
    Ok(query.execute(tx.conn()).await?.rows_affected())
}

/// Destroys the mails about one recipient of a parcel. Gives how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn of_recipient_delete(
    tx: &mut Tx,
    parcel: ParcelId,
    address: &Address,
) -> Result<u64, Error> {
    let text = "DELETE FROM outbox WHERE parcel = $1 AND folded = $2";
    let query = sqlx::query(text)
        .bind(parcel.to_string())
        .bind(address.folded());
    Ok(query.execute(tx.conn()).await?.rows_affected())
}

/// The hours whose keys are still needed, ascending.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn hours(sql: &Sql) -> Result<Vec<i64>, Error> {
    let text = "SELECT DISTINCT hour FROM outbox ORDER BY hour";
    Ok(sqlx::query_scalar(text).fetch_all(sql.reader()).await?)
}

/// How many mails wait.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn count(sql: &Sql) -> Result<u64, Error> {
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM outbox")
        .fetch_one(sql.reader())
        .await?;
    unsigned("count", count)
}
