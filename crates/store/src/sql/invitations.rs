//! Invitations. The store keeps the hash of a token and never the token.

use depesche_domain::invitation::Invitation;
use depesche_domain::token::SecretHash;
use depesche_domain::{Address, Role, Time};
use sqlx::FromRow;

use super::database::{Sql, Tx};
use super::value::{bad, parse};
use crate::error::Error;

#[derive(FromRow)]
struct Row {
    address: String,
    role: String,
    sender: Option<String>,
    parcel: Option<String>,
    made: i64,
}

impl TryFrom<Row> for Invitation {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let sender = row.sender.map(|id| parse("invitations.sender", &id));
        let parcel = row.parcel.map(|id| parse("invitations.parcel", &id));
        Ok(Self {
            address: parse("invitations.address", &row.address)?,
            role: Role::from_name(&row.role).ok_or_else(|| bad("invitations.role"))?,
            sender: sender.transpose()?,
            parcel: parcel.transpose()?,
            made: Time::from_ms(row.made),
        })
    }
}

/// Adds an invitation.
///
/// # Errors
/// [`Error::Conflict`] if the token is known.
pub async fn insert(tx: &mut Tx, token: &SecretHash, new: &Invitation) -> Result<(), Error> {
    let text = "INSERT INTO invitations (token, folded, address, role, sender, parcel, made) \
                VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (token) DO NOTHING";
    let done = sqlx::query(text)
        .bind(token.as_bytes().as_slice())
        .bind(new.address.folded())
        .bind(new.address.as_str())
        .bind(new.role.name())
        .bind(new.sender.map(|id| id.to_string()))
        .bind(new.parcel.map(|id| id.to_string()))
        .bind(new.made.ms())
        .execute(tx.conn())
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::Conflict);
    }
    Ok(())
}

/// The invitation of a token.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn find(sql: &Sql, token: &SecretHash) -> Result<Option<Invitation>, Error> {
    let text = "SELECT address, role, sender, parcel, made FROM invitations WHERE token = $1";
    let query = sqlx::query_as(text).bind(token.as_bytes().as_slice());
    let row: Option<Row> = query.fetch_optional(sql.reader()).await?;
    row.map(Invitation::try_from).transpose()
}

/// Uses a token up: true for one caller alone.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn take(tx: &mut Tx, token: &SecretHash) -> Result<bool, Error> {
    let query = sqlx::query("DELETE FROM invitations WHERE token = $1");
    let query = query.bind(token.as_bytes().as_slice());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Takes every other invitation of an address away.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn take_all(tx: &mut Tx, address: &Address) -> Result<Vec<Invitation>, Error> {
    let text = "DELETE FROM invitations WHERE folded = $1 \
                RETURNING address, role, sender, parcel, made";
    let query = sqlx::query_as(text).bind(address.folded());
    let rows: Vec<Row> = query.fetch_all(tx.conn()).await?;
    rows.into_iter().map(Invitation::try_from).collect()
}

/// Forgets invitations made before that time. Gives how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sweep(tx: &mut Tx, before: Time) -> Result<u64, Error> {
    let query = sqlx::query("DELETE FROM invitations WHERE made <= $1").bind(before.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected())
}
