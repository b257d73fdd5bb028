//! Mails known from before: in which threads something was protected, and what was taken in of late.

use std::collections::BTreeSet;

use depesche_domain::Time;

use crate::error::Error;
use crate::sql::database::{Sql, Tx};
use crate::sql::rows::{ROWS, for_rows};
use crate::sql::value::bad;

/// Answers to the mail with this Message-ID are protected from now on.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn note_thread(tx: &mut Tx, hash: &[u8], now: Time) -> Result<(), Error> {
    let text = "INSERT INTO mail_threads (hash, at) VALUES ($1, $2) \
                ON CONFLICT (hash) DO UPDATE SET at = excluded.at";
    let query = sqlx::query(text).bind(hash).bind(now.ms());
    query.execute(tx.conn()).await?;
    Ok(())
}

/// The mail with this Message-ID was protected.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn is_thread(sql: &Sql, hash: &[u8]) -> Result<bool, Error> {
    let text = "SELECT at FROM mail_threads WHERE hash = $1";
    let at: Option<i64> = sqlx::query_scalar(text)
        .bind(hash)
        .fetch_optional(sql.reader())
        .await?;
    Ok(at.is_some())
}

/// Forgets threads in which nothing was protected since `before`.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sweep_threads(tx: &mut Tx, before: Time) -> Result<u64, Error> {
    let query = sqlx::query("DELETE FROM mail_threads WHERE at < $1").bind(before.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected())
}

/// Notes mails that are taken in. Gives those of which the same one was not taken in since `since`.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn note_seen(
    tx: &mut Tx,
    hashes: &BTreeSet<[u8; 32]>,
    now: Time,
    since: Time,
) -> Result<BTreeSet<[u8; 32]>, Error> {
    let mut new = BTreeSet::new();
    let hashes: Vec<&[u8; 32]> = hashes.iter().collect();
    for hashes in hashes.chunks(ROWS) {
        let text = "INSERT INTO mail_seen (hash, at) VALUES ($1, $2) \
             ON CONFLICT (hash) DO UPDATE SET at = excluded.at WHERE mail_seen.at < $3 RETURNING hash";
        let mut query = sqlx::query_scalar(for_rows(text, hashes.len()));
        for hash in hashes {
            query = query.bind(hash.as_slice()).bind(now.ms());
        }
        let noted: Vec<Vec<u8>> = query.bind(since.ms()).fetch_all(tx.conn()).await?;
        for hash in noted {
            let _ = new.insert(hash.try_into().map_err(|_| bad("mail_seen.hash"))?);
        }
    }
    Ok(new)
}

/// Forgets mails taken in before `before`.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sweep_seen(tx: &mut Tx, before: Time) -> Result<u64, Error> {
    let query = sqlx::query("DELETE FROM mail_seen WHERE at < $1").bind(before.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected())
}
