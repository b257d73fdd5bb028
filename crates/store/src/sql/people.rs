//! Who stands behind an address, and who knows whom by deliveries.

use depesche_domain::keyed::{Fingerprint, Person};
use depesche_domain::protected::GATEWAY;
use depesche_domain::{Account, AccountId, Address, ParcelId};
use sqlx::FromRow;

use super::accounts::AccountRow;
use super::database::{Sql, Tx};
use super::keyrings::fingerprint;
use super::value::parse;
use crate::error::Error;

#[derive(FromRow)]
struct PersonRow {
    #[sqlx(flatten)]
    account: AccountRow,
    fingerprint: Option<Vec<u8>>,
}

/// The account of an address and its newest key, if it has a keyring.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn person(
    sql: &Sql,
    address: &Address,
) -> Result<Option<(Account, Option<Fingerprint>)>, Error> {
    let text = "SELECT a.id, a.address, a.name, a.role, a.guest, a.created, a.disabled, a.proven, \
                k.fingerprint FROM accounts a LEFT JOIN keyrings k ON k.account = a.id \
                WHERE a.folded = $1";
    let query = sqlx::query_as(text).bind(address.folded());
    let row: Option<PersonRow> = query.fetch_optional(sql.reader()).await?;
    let Some(row) = row else { return Ok(None) };
    let key = row
        .fingerprint
        .map(|bytes| fingerprint("keyrings.fingerprint", &bytes));
    Ok(Some((row.account.try_into()?, key.transpose()?)))
}

/// Who stands behind an address, seen within a transaction.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn standing(tx: &mut Tx, address: &Address) -> Result<Person, Error> {
    let text = "SELECT a.id, k.fingerprint FROM accounts a LEFT JOIN keyrings k ON k.account = a.id \
                WHERE a.folded = $1";
    let query = sqlx::query_as(text).bind(address.folded());
    let row: Option<(String, Option<Vec<u8>>)> = query.fetch_optional(tx.conn()).await?;
    match row {
        None => Ok(Person::Unknown),
        Some((id, key)) => behind(Some(&id), key.as_deref()),
    }
}

pub(super) fn behind(account: Option<&str>, key: Option<&[u8]>) -> Result<Person, Error> {
    let Some(account) = account else {
        return Ok(Person::Unknown);
    };
    let account = parse("accounts.id", account)?;
    Ok(match key {
        None => Person::Known(account),
        Some(key) => Person::Keyed(account, fingerprint("keyrings.fingerprint", key)?),
    })
}

/// The names of a parcel's recipients who have an account, by folded address.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn names(sql: &Sql, parcel: ParcelId) -> Result<Vec<(String, String)>, Error> {
    let text = "SELECT r.folded, a.name FROM recipients r JOIN accounts a ON a.folded = r.folded \
                WHERE r.parcel = $1";
    let query = sqlx::query_as(text).bind(parcel.to_string());
    Ok(query.fetch_all(sql.reader()).await?)
}

/// The addresses with which an account shares a delivery that it was sent or that it sent, each once, the latest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn contacts(
    sql: &Sql,
    account: AccountId,
    own: &Address,
    limit: u32,
) -> Result<Vec<Address>, Error> {
    let text = "SELECT MIN(address) AS address, MAX(at) AS at FROM ( \
                SELECT a.folded AS folded, a.address AS address, r.since AS at FROM recipients r \
                JOIN parcels p ON p.id = r.parcel JOIN accounts a ON a.id = p.sender \
                WHERE r.folded = $1 AND r.dropped IS NULL AND a.id <> $4 \
                UNION ALL \
                SELECT r.folded AS folded, r.address AS address, r.since AS at FROM parcels p \
                JOIN recipients r ON r.parcel = p.id \
                WHERE p.sender = $2 AND p.posted IS NOT NULL) AS known \
                WHERE folded <> $1 GROUP BY folded ORDER BY at DESC LIMIT $3";
    let query = sqlx::query_as(text)
        .bind(own.folded())
        .bind(account.to_string())
        .bind(i64::from(limit))
        .bind(GATEWAY.to_string());
    let rows: Vec<(String, i64)> = query.fetch_all(sql.reader()).await?;
    rows.iter()
        .map(|(address, _)| parse("recipients.address", address))
        .collect()
}

/// Whether an account shares a delivery with an address.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn share(
    sql: &Sql,
    account: AccountId,
    own: &Address,
    other: &Address,
) -> Result<bool, Error> {
    let text = "SELECT p.id FROM recipients r JOIN parcels p ON p.id = r.parcel \
                JOIN accounts a ON a.id = p.sender \
                WHERE r.folded = $1 AND r.dropped IS NULL AND a.folded = $2 LIMIT 1";
    let query = sqlx::query_scalar(text)
        .bind(own.folded())
        .bind(other.folded());
    let received: Option<String> = query.fetch_optional(sql.reader()).await?;
    if received.is_some() {
        return Ok(true);
    }
    let text = "SELECT p.id FROM recipients r JOIN parcels p ON p.id = r.parcel \
                WHERE r.folded = $1 AND p.sender = $2 AND p.posted IS NOT NULL LIMIT 1";
    let query = sqlx::query_scalar(text);
    let query = query.bind(other.folded()).bind(account.to_string());
    let sent: Option<String> = query.fetch_optional(sql.reader()).await?;
    Ok(sent.is_some())
}
