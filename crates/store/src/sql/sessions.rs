//! Logins. The store keeps the hash of a token and never the token.

use depesche_domain::account::Session;
use depesche_domain::token::SecretHash;
use depesche_domain::{Account, AccountId, SessionId, Time};
use sqlx::FromRow;

use super::accounts::AccountRow;
use super::database::{Sql, Tx};
use super::value::parse;
use crate::error::Error;

#[derive(FromRow)]
struct SessionRow {
    session: String,
    account: String,
    label: String,
    begun: i64,
    used: i64,
}

impl TryFrom<SessionRow> for Session {
    type Error = Error;
    fn try_from(row: SessionRow) -> Result<Self, Error> {
        Ok(Self {
            id: parse("sessions.id", &row.session)?,
            account: parse("sessions.account", &row.account)?,
            label: row.label,
            created: Time::from_ms(row.begun),
            used: Time::from_ms(row.used),
        })
    }
}

#[derive(FromRow)]
struct WithAccount {
    #[sqlx(flatten)]
    session: SessionRow,
    #[sqlx(flatten)]
    account: AccountRow,
}

/// Adds a session.
///
/// # Errors
/// [`Error::Conflict`] if id or token is known, [`Error::NotFound`] if there is no such account.
pub async fn insert(tx: &mut Tx, session: &Session, token: &SecretHash) -> Result<(), Error> {
    let text = "INSERT INTO sessions (id, account, token, label, created, used) \
                VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let done = sqlx::query(text)
        .bind(session.id.to_string())
        .bind(session.account.to_string())
        .bind(token.as_bytes().as_slice())
        .bind(&session.label)
        .bind(session.created.ms())
        .bind(session.used.ms())
        .execute(tx.conn())
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::Conflict);
    }
    Ok(())
}

/// The session of a token and its account, live or not.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn by_token(sql: &Sql, token: &SecretHash) -> Result<Option<(Session, Account)>, Error> {
    let text = "SELECT s.id AS session, s.account, s.label, s.created AS begun, s.used, \
                a.id, a.address, a.name, a.role, a.guest, a.created, a.disabled, a.proven \
                FROM sessions s JOIN accounts a ON a.id = s.account WHERE s.token = $1";
    let query = sqlx::query_as(text).bind(token.as_bytes().as_slice());
    let row: Option<WithAccount> = query.fetch_optional(sql.reader()).await?;
    row.map(|row| Ok((row.session.try_into()?, row.account.try_into()?)))
        .transpose()
}

/// Notes that a session was used.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn touch(tx: &mut Tx, id: SessionId, used: Time) -> Result<(), Error> {
    let text = "UPDATE sessions SET used = $2 WHERE id = $1";
    sqlx::query(text)
        .bind(id.to_string())
        .bind(used.ms())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The sessions of an account, the last used one first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(sql: &Sql, account: AccountId) -> Result<Vec<Session>, Error> {
    let text = "SELECT id AS session, account, label, created AS begun, used FROM sessions \
                WHERE account = $1 ORDER BY used DESC, created DESC, id";
    let query = sqlx::query_as(text).bind(account.to_string());
    let rows: Vec<SessionRow> = query.fetch_all(sql.reader()).await?;
    rows.into_iter().map(Session::try_from).collect()
}

/// Ends a session of an account. False if it has no such session.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn delete(tx: &mut Tx, account: AccountId, id: SessionId) -> Result<bool, Error> {
    let text = "DELETE FROM sessions WHERE id = $1 AND account = $2";
    let query = sqlx::query(text)
        .bind(id.to_string())
        .bind(account.to_string());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Ends every session of an account. Gives how many there were.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn delete_all(tx: &mut Tx, account: AccountId) -> Result<u64, Error> {
    let text = "DELETE FROM sessions WHERE account = $1";
    let query = sqlx::query(text).bind(account.to_string());
    Ok(query.execute(tx.conn()).await?.rows_affected())
}

/// Removes sessions last used or made before these times. Gives how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sweep(tx: &mut Tx, idle_before: Time, created_before: Time) -> Result<u64, Error> {
    let text = "DELETE FROM sessions WHERE used < $1 OR created < $2";
    let query = sqlx::query(text)
        .bind(idle_before.ms())
        .bind(created_before.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected())
}
