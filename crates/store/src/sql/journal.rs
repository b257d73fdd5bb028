//! The journal. Facts are appended in the transaction that made them true, without waiting for one
//! another; a worker links them into the hash chain later, so that the chain has one writer.

use depesche_domain::Time;
use depesche_domain::journal::Entry;
use sqlx::FromRow;

use super::database::{Sql, Tx};
use super::value::{bad, signed, unsigned};
use crate::error::Error;

#[derive(FromRow)]
struct FactRow {
    nth: i64,
    at: i64,
    fact: String,
}

#[derive(FromRow)]
struct EntryRow {
    number: i64,
    at: i64,
    fact: String,
    hash: Vec<u8>,
}

impl TryFrom<EntryRow> for Entry {
    type Error = Error;
    fn try_from(row: EntryRow) -> Result<Self, Error> {
        Ok(Self {
            number: unsigned("journal.number", row.number)?,
            at: Time::from_ms(row.at),
            fact: row.fact,
            hash: row.hash.try_into().map_err(|_| bad("journal.hash"))?,
        })
    }
}

/// Appends a fact: JSON of at most 2 KiB (it is part of a key).
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn append(tx: &mut Tx, at: Time, fact: &str) -> Result<(), Error> {
    // Nothing is added only if another transaction appended the same fact in the same ms; it was
    // waited for, and the next round sees it.
    let text = "INSERT INTO facts (at, fact, nth) \
                SELECT $1, $2, COALESCE(MAX(nth) + 1, 0) FROM facts WHERE at = $1 AND fact = $2 \
                ON CONFLICT (at, fact, nth) DO NOTHING";
    loop {
        let query = sqlx::query(text).bind(at.ms()).bind(fact);
        if query.execute(tx.conn()).await?.rows_affected() == 1 {
            return Ok(());
        }
    }
}

/// Facts not in the chain yet, oldest first, as (which of several equal ones, when, JSON).
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn unlinked(tx: &mut Tx, limit: u32) -> Result<Vec<(i64, Time, String)>, Error> {
    let text = "SELECT nth, at, fact FROM facts ORDER BY at, fact, nth LIMIT $1";
    let query = sqlx::query_as(text).bind(i64::from(limit));
    let rows: Vec<FactRow> = query.fetch_all(tx.conn()).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.nth, Time::from_ms(row.at), row.fact))
        .collect())
}

/// The last entry of the chain.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn last(tx: &mut Tx) -> Result<Option<Entry>, Error> {
    let text = "SELECT number, at, fact, hash FROM journal ORDER BY number DESC LIMIT 1";
    let row: Option<EntryRow> = sqlx::query_as(text).fetch_optional(tx.conn()).await?;
    row.map(Entry::try_from).transpose()
}

/// Moves a fact into the chain: `nth` as [`unlinked`] gave it, `entry` with its time and JSON.
///
/// # Errors
/// [`Error::Conflict`] if the number is taken: somebody else links; [`Error::NotFound`] if there is
/// no such fact.
pub async fn set_link(tx: &mut Tx, nth: i64, entry: &Entry) -> Result<(), Error> {
    let text = "INSERT INTO journal (number, at, fact, hash) VALUES ($1, $2, $3, $4) \
                ON CONFLICT (number) DO NOTHING";
    let query = sqlx::query(text)
        .bind(signed(entry.number)?)
        .bind(entry.at.ms())
        .bind(&entry.fact)
        .bind(entry.hash.as_slice());
    if query.execute(tx.conn()).await?.rows_affected() == 0 {
        return Err(Error::Conflict);
    }
    let text = "DELETE FROM facts WHERE at = $1 AND fact = $2 AND nth = $3";
    let query = sqlx::query(text)
        .bind(entry.at.ms())
        .bind(&entry.fact)
        .bind(nth);
    if query.execute(tx.conn()).await?.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    Ok(())
}

/// Entries after number `after`, in their order, at most `limit`.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn export(sql: &Sql, after: u64, limit: u32) -> Result<Vec<Entry>, Error> {
    let text = "SELECT number, at, fact, hash FROM journal WHERE number > $1 \
                ORDER BY number LIMIT $2";
    let query = sqlx::query_as(text)
        .bind(signed(after)?)
        .bind(i64::from(limit));
    let rows: Vec<EntryRow> = query.fetch_all(sql.reader()).await?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// How many entries the chain has.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn count(sql: &Sql) -> Result<u64, Error> {
    // Numbers have no gap.
    let text = "SELECT number FROM journal ORDER BY number DESC LIMIT 1";
    let last: Option<i64> = sqlx::query_scalar(text)
        .fetch_optional(sql.reader())
        .await?;
    unsigned("journal.number", last.unwrap_or_default())
}
