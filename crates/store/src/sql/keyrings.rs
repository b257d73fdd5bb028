//! Keyrings: public key records, and wrapped secrets that nobody here can read.

use depesche_domain::keyed::Fingerprint;
use depesche_domain::keyring::{KeyRecord, Lock, Reset};
use depesche_domain::{AccountId, Time};
use sqlx::{AnyConnection, FromRow};

use super::database::{Sql, Tx};
use super::value::{bad, parse, signed, unsigned};
use crate::error::Error;

#[derive(FromRow)]
struct RecordRow {
    epoch: i64,
    bytes: Vec<u8>,
    fingerprint: Vec<u8>,
    reset: i64,
}

pub(super) fn fingerprint(column: &'static str, bytes: &[u8]) -> Result<Fingerprint, Error> {
    let bytes = bytes.try_into().map_err(|_| bad(column))?;
    Ok(Fingerprint::from_bytes(bytes))
}

/// The records of an account, the oldest epoch first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn records(sql: &Sql, account: AccountId) -> Result<Vec<KeyRecord>, Error> {
    read_records(&mut *sql.reader().acquire().await?, account).await
}

/// As [`records`], within a transaction.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn records_locked(tx: &mut Tx, account: AccountId) -> Result<Vec<KeyRecord>, Error> {
    read_records(tx.conn(), account).await
}

async fn read_records(
    conn: &mut AnyConnection,
    account: AccountId,
) -> Result<Vec<KeyRecord>, Error> {
    let text = "SELECT epoch, bytes, fingerprint, reset FROM key_records \
                WHERE account = $1 ORDER BY epoch";
    let query = sqlx::query_as(text).bind(account.to_string());
    let rows: Vec<RecordRow> = query.fetch_all(conn).await?;
    let record = |row: RecordRow| {
        Ok(KeyRecord {
            account,
            epoch: unsigned("key_records.epoch", row.epoch)?,
            reset: row.reset != 0,
            fingerprint: fingerprint("key_records.fingerprint", &row.fingerprint)?,
            bytes: row.bytes,
        })
    };
    rows.into_iter().map(record).collect()
}

/// Adds a record.
///
/// # Errors
/// [`Error::Conflict`] if there is one of this epoch.
pub async fn insert_record(tx: &mut Tx, new: &KeyRecord, at: Time) -> Result<(), Error> {
    let text = "INSERT INTO key_records (account, epoch, bytes, fingerprint, reset, at) \
                VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account, epoch) DO NOTHING";
    let done = sqlx::query(text)
        .bind(new.account.to_string())
        .bind(i64::from(new.epoch))
        .bind(&new.bytes)
        .bind(new.fingerprint.as_bytes().as_slice())
        .bind(i64::from(new.reset))
        .bind(at.ms())
        .execute(tx.conn())
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::Conflict);
    }
    Ok(())
}

/// Deletes the records of an account: of somebody who never proved the address.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn delete_records(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    let query = sqlx::query("DELETE FROM key_records WHERE account = $1");
    query.bind(account.to_string()).execute(tx.conn()).await?;
    Ok(())
}

/// A keyring, wrapped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The newest generation.
    pub generation: u64,
    /// Its body.
    pub body: Vec<u8>,
    /// What unlocks it, the oldest first.
    pub locks: Vec<Lock>,
}

#[derive(FromRow)]
struct LockRow {
    id: String,
    bytes: Vec<u8>,
}

async fn read_locks(conn: &mut AnyConnection, account: AccountId) -> Result<Vec<Lock>, Error> {
    let text = "SELECT id, bytes FROM key_locks WHERE account = $1 ORDER BY at, id";
    let query = sqlx::query_as(text).bind(account.to_string());
    let rows: Vec<LockRow> = query.fetch_all(conn).await?;
    let lock = |row: LockRow| Lock {
        id: row.id,
        bytes: row.bytes,
    };
    Ok(rows.into_iter().map(lock).collect())
}

/// The keyring of an account.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn load(sql: &Sql, account: AccountId) -> Result<Option<Stored>, Error> {
    let mut conn = sql.reader().acquire().await?;
    let text = "SELECT k.generation, b.bytes FROM keyrings k \
                JOIN key_bodies b ON b.account = k.account AND b.generation = k.generation \
                WHERE k.account = $1";
    let query = sqlx::query_as(text).bind(account.to_string());
    let row: Option<(i64, Vec<u8>)> = query.fetch_optional(&mut *conn).await?;
    let Some((generation, body)) = row else {
        return Ok(None);
    };
    Ok(Some(Stored {
        generation: unsigned("keyrings.generation", generation)?,
        body,
        locks: read_locks(&mut conn, account).await?,
    }))
}

/// The newest key of an account that has a keyring.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn key(sql: &Sql, account: AccountId) -> Result<Option<Fingerprint>, Error> {
    let query = sqlx::query_scalar("SELECT fingerprint FROM keyrings WHERE account = $1");
    let query = query.bind(account.to_string());
    let bytes: Option<Vec<u8>> = query.fetch_optional(sql.reader()).await?;
    bytes
        .map(|bytes| fingerprint("keyrings.fingerprint", &bytes))
        .transpose()
}

/// Locks the account until the transaction ends: its keyring changes one step at a time. Gives the newest
/// generation, if there is a keyring.
///
/// # Errors
/// [`Error::NotFound`] if there is no such account.
pub async fn lock(tx: &mut Tx, account: AccountId) -> Result<Option<u64>, Error> {
    let query = sqlx::query("UPDATE accounts SET created = created WHERE id = $1");
    let query = query.bind(account.to_string());
    if query.execute(tx.conn()).await?.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    let query = sqlx::query_scalar("SELECT generation FROM keyrings WHERE account = $1");
    let generation: Option<i64> = query
        .bind(account.to_string())
        .fetch_optional(tx.conn())
        .await?;
    generation
        .map(|generation| unsigned("keyrings.generation", generation))
        .transpose()
}

/// Writes the newest key and generation, with the body. The account is locked.
///
/// # Errors
/// [`Error::Conflict`] if there is a body of this generation.
pub async fn put(
    tx: &mut Tx,
    account: AccountId,
    key: Fingerprint,
    generation: u64,
    body: &[u8],
) -> Result<(), Error> {
    let text = "INSERT INTO keyrings (account, fingerprint, generation) VALUES ($1, $2, $3) \
                ON CONFLICT (account) DO UPDATE \
                SET fingerprint = excluded.fingerprint, generation = excluded.generation";
    sqlx::query(text)
        .bind(account.to_string())
        .bind(key.as_bytes().as_slice())
        .bind(signed(generation)?)
        .execute(tx.conn())
        .await?;
    let text = "INSERT INTO key_bodies (account, generation, bytes) VALUES ($1, $2, $3) \
                ON CONFLICT (account, generation) DO NOTHING";
    let query = sqlx::query(text).bind(account.to_string());
    let query = query.bind(signed(generation)?).bind(body);
    if query.execute(tx.conn()).await?.rows_affected() == 0 {
        return Err(Error::Conflict);
    }
    Ok(())
}

/// Deletes the bodies of generations before that one.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn prune(tx: &mut Tx, account: AccountId, before: u64) -> Result<(), Error> {
    let text = "DELETE FROM key_bodies WHERE account = $1 AND generation < $2";
    let query = sqlx::query(text).bind(account.to_string());
    query.bind(signed(before)?).execute(tx.conn()).await?;
    Ok(())
}

/// The locks of an account that is locked.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn locks(tx: &mut Tx, account: AccountId) -> Result<Vec<Lock>, Error> {
    read_locks(tx.conn(), account).await
}

/// Adds a lock; the same again changes nothing.
///
/// # Errors
/// [`Error::NotFound`] if there is no keyring.
pub async fn insert_lock(
    tx: &mut Tx,
    account: AccountId,
    lock: &Lock,
    at: Time,
) -> Result<(), Error> {
    let text = "INSERT INTO key_locks (account, id, bytes, kind, at) VALUES ($1, $2, $3, $4, $5) \
                ON CONFLICT (account, id) DO NOTHING";
    sqlx::query(text)
        .bind(account.to_string())
        .bind(&lock.id)
        .bind(&lock.bytes)
        .bind(i64::from(lock.kind()))
        .bind(at.ms())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Deletes one lock. False if there was none.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn delete_lock(tx: &mut Tx, account: AccountId, id: &str) -> Result<bool, Error> {
    let query = sqlx::query("DELETE FROM key_locks WHERE account = $1 AND id = $2");
    let query = query.bind(account.to_string()).bind(id);
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Deletes all locks.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn delete_locks(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    let query = sqlx::query("DELETE FROM key_locks WHERE account = $1");
    query.bind(account.to_string()).execute(tx.conn()).await?;
    Ok(())
}

/// Destroys locks, bodies and the keyring; the public records stay. False if there was none.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn destroy(tx: &mut Tx, account: AccountId) -> Result<bool, Error> {
    delete_locks(tx, account).await?;
    let query = sqlx::query("DELETE FROM key_bodies WHERE account = $1");
    query.bind(account.to_string()).execute(tx.conn()).await?;
    let query = sqlx::query("DELETE FROM keyrings WHERE account = $1");
    let query = query.bind(account.to_string());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

#[derive(FromRow)]
struct ResetRow {
    account: String,
    asked_by: String,
    asked: i64,
}

impl TryFrom<ResetRow> for Reset {
    type Error = Error;
    fn try_from(row: ResetRow) -> Result<Self, Error> {
        Ok(Self {
            account: parse("resets.account", &row.account)?,
            by: parse("resets.asked_by", &row.asked_by)?,
            asked: Time::from_ms(row.asked),
        })
    }
}

/// Notes that a reset was asked for. False if one was already.
///
/// # Errors
/// [`Error::NotFound`] if there is no such account.
pub async fn ask_reset(tx: &mut Tx, reset: &Reset) -> Result<bool, Error> {
    let text = "INSERT INTO resets (account, asked_by, asked) VALUES ($1, $2, $3) \
                ON CONFLICT (account) DO NOTHING";
    let query = sqlx::query(text)
        .bind(reset.account.to_string())
        .bind(reset.by.to_string())
        .bind(reset.asked.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// The reset of an account that was asked for.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn reset(sql: &Sql, account: AccountId) -> Result<Option<Reset>, Error> {
    let text = "SELECT account, asked_by, asked FROM resets WHERE account = $1";
    let query = sqlx::query_as(text).bind(account.to_string());
    let row: Option<ResetRow> = query.fetch_optional(sql.reader()).await?;
    row.map(Reset::try_from).transpose()
}

/// Takes a reset away: stopped, or to be done now. False if there was none.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn take_reset(tx: &mut Tx, account: AccountId) -> Result<bool, Error> {
    let query = sqlx::query("DELETE FROM resets WHERE account = $1");
    let query = query.bind(account.to_string());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Resets asked for before that time, the oldest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn resets_before(sql: &Sql, before: Time, limit: u32) -> Result<Vec<Reset>, Error> {
    let text =
        "SELECT account, asked_by, asked FROM resets WHERE asked <= $1 ORDER BY asked LIMIT $2";
    let query = sqlx::query_as(text)
        .bind(before.ms())
        .bind(i64::from(limit));
    let rows: Vec<ResetRow> = query.fetch_all(sql.reader()).await?;
    rows.into_iter().map(Reset::try_from).collect()
}
