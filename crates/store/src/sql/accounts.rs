//! People known.

use depesche_domain::effect::Language;
use depesche_domain::protected::GATEWAY;
use depesche_domain::{Account, AccountId, Address, Role, Time};
use sqlx::FromRow;

use super::database::{Sql, Tx};
use super::value::{bad, parse, time};
use crate::error::Error;

#[derive(FromRow)]
pub(super) struct AccountRow {
    id: String,
    address: String,
    name: String,
    role: String,
    guest: i64,
    created: i64,
    disabled: Option<i64>,
    proven: Option<i64>,
}

impl TryFrom<AccountRow> for Account {
    type Error = Error;
    fn try_from(row: AccountRow) -> Result<Self, Error> {
        let role = match (&*row.role, row.guest) {
            ("member", 1) => Some(Role::Guest),
            (_, 1) | ("guest", _) => None,
            (name, _) => Role::from_name(name),
        };
        Ok(Self {
            id: parse("accounts.id", &row.id)?,
            address: parse("accounts.address", &row.address)?,
            name: row.name,
            role: role.ok_or_else(|| bad("accounts.role"))?,
            created: Time::from_ms(row.created),
            disabled: time(row.disabled),
            proven: time(row.proven),
        })
    }
}

#[derive(FromRow)]
struct WithPassword {
    #[sqlx(flatten)]
    account: AccountRow,
    password: Vec<u8>,
}

/// A guest is a member with a mark (the first migration's CHECK knows two roles).
const fn columns(role: Role) -> (&'static str, i64) {
    match role {
        Role::Guest => (Role::Member.name(), 1),
        other => (other.name(), 0),
    }
}

/// The address was proven: name, role and password are those of the person who did.
///
/// # Errors
/// [`Error::NotFound`] if there is no such account.
pub async fn prove(tx: &mut Tx, account: &Account, password: &[u8]) -> Result<(), Error> {
    let text = "UPDATE accounts SET name = $2, role = $3, guest = $4, password = $5, proven = $6 \
                WHERE id = $1";
    let (role, guest) = columns(account.role);
    let done = sqlx::query(text)
        .bind(account.id.to_string())
        .bind(&account.name)
        .bind(role)
        .bind(guest)
        .bind(password)
        .bind(account.proven.map(Time::ms))
        .execute(tx.conn())
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    Ok(())
}

/// Adds an account with its password file.
///
/// # Errors
/// [`Error::Conflict`] if the address (or the id) has one.
pub async fn insert(tx: &mut Tx, account: &Account, password: &[u8]) -> Result<(), Error> {
    let text = "INSERT INTO accounts (id, address, folded, name, role, guest, password, created, disabled, proven) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
    let (role, guest) = columns(account.role);
    let done = sqlx::query(text)
        .bind(account.id.to_string())
        .bind(account.address.as_str())
        .bind(account.address.folded())
        .bind(&account.name)
        .bind(role)
        .bind(guest)
        .bind(password)
        .bind(account.created.ms())
        .bind(account.disabled.map(Time::ms))
        .bind(account.proven.map(Time::ms))
        .execute(tx.conn())
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::Conflict);
    }
    Ok(())
}

/// The account of an address, in any case, with its password file.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn by_address(sql: &Sql, address: &Address) -> Result<Option<(Account, Vec<u8>)>, Error> {
    let text = "SELECT id, address, name, role, guest, created, disabled, proven, password \
                FROM accounts WHERE folded = $1";
    let row: Option<WithPassword> = sqlx::query_as(text)
        .bind(address.folded())
        .fetch_optional(sql.reader())
        .await?;
    row.map(|row| Ok((row.account.try_into()?, row.password)))
        .transpose()
}

/// The account with this id.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn by_id(sql: &Sql, id: AccountId) -> Result<Option<Account>, Error> {
    let text = "SELECT id, address, name, role, guest, created, disabled, proven FROM accounts WHERE id = $1";
    let row: Option<AccountRow> = sqlx::query_as(text)
        .bind(id.to_string())
        .fetch_optional(sql.reader())
        .await?;
    row.map(Account::try_from).transpose()
}

/// Every account but the gateway's, in the order they were made.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(sql: &Sql) -> Result<Vec<Account>, Error> {
    let text = "SELECT id, address, name, role, guest, created, disabled, proven FROM accounts \
                WHERE id <> $1 ORDER BY created, id";
    let query = sqlx::query_as(text).bind(GATEWAY.to_string());
    let rows: Vec<AccountRow> = query.fetch_all(sql.reader()).await?;
    rows.into_iter().map(Account::try_from).collect()
}

/// Disables since then, or enables (none). False if there is no such account.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn set_disabled(tx: &mut Tx, id: AccountId, since: Option<Time>) -> Result<bool, Error> {
    let text = "UPDATE accounts SET disabled = $2 WHERE id = $1";
    let query = sqlx::query(text)
        .bind(id.to_string())
        .bind(since.map(Time::ms));
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Remembers the language of a person.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn set_language(tx: &mut Tx, id: AccountId, language: Language) -> Result<(), Error> {
    let text = "UPDATE accounts SET language = $2 WHERE id = $1";
    let query = sqlx::query(text).bind(id.to_string()).bind(language.code());
    query.execute(tx.conn()).await?;
    Ok(())
}

/// The language of the person with that address; none without an account, or before the first login that said it.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn language(tx: &mut Tx, address: &Address) -> Result<Option<Language>, Error> {
    let text = "SELECT language FROM accounts WHERE folded = $1 AND language IS NOT NULL";
    let query = sqlx::query_scalar(text).bind(address.folded());
    let code: Option<String> = query.fetch_optional(tx.conn()).await?;
    code.map(|code| Language::from_code(&code).ok_or_else(|| bad("accounts.language")))
        .transpose()
}

/// Whether the account of an address is disabled, seen within a transaction.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn is_disabled(tx: &mut Tx, address: &Address) -> Result<bool, Error> {
    let text = "SELECT id FROM accounts WHERE folded = $1 AND disabled IS NOT NULL";
    let query = sqlx::query_scalar(text).bind(address.folded());
    let id: Option<String> = query.fetch_optional(tx.conn()).await?;
    Ok(id.is_some())
}

/// Replaces the password file. False if there is no such account.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn set_password(tx: &mut Tx, id: AccountId, password: &[u8]) -> Result<bool, Error> {
    let text = "UPDATE accounts SET password = $2 WHERE id = $1";
    let query = sqlx::query(text).bind(id.to_string()).bind(password);
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Whether there is any account but the gateway's.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn any(sql: &Sql) -> Result<bool, Error> {
    let query = sqlx::query_scalar("SELECT id FROM accounts WHERE id <> $1 LIMIT 1");
    let query = query.bind(GATEWAY.to_string());
    let found: Option<String> = query.fetch_optional(sql.reader()).await?;
    Ok(found.is_some())
}
