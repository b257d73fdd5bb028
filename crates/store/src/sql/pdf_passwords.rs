//! Passwords for protected mail, the links that set them, and who was asked to.

use depesche_domain::effect::Language;
use depesche_domain::note::Correspondent;
use depesche_domain::protected::{PasswordLink, Purpose, Used};
use depesche_domain::token::SecretHash;
use depesche_domain::{Address, Time};
use sqlx::FromRow;

use super::database::{Sql, Tx};
use super::value::{bad, parse, signed, time, unsigned};
use crate::error::Error;

/// What a password is kept as; not the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Names it, and is bound to what is sealed.
    pub id: String,
    /// U, in every PDF: 48 bytes.
    pub public: Vec<u8>,
    /// Its key, sealed.
    pub sealed: Vec<u8>,
}

/// Whose password, since when, in which language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// As it was written to first.
    pub address: Address,
    /// Of the page where it was set.
    pub language: Language,
    /// When it was set.
    pub since: Time,
}

pub(super) fn language(column: &'static str, code: &str) -> Result<Language, Error> {
    Language::from_code(code).ok_or_else(|| bad(column))
}

/// Puts the sets of a new password in the place of the old one's. True if there was one.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn replace(tx: &mut Tx, owner: &Owner, sets: &[Set]) -> Result<bool, Error> {
    let changed = delete(tx, &owner.address).await?;
    let text =
        "INSERT INTO pdf_passwords (folded, address, language, since) VALUES ($1, $2, $3, $4)";
    sqlx::query(text)
        .bind(owner.address.folded())
        .bind(owner.address.as_str())
        .bind(owner.language.code())
        .bind(owner.since.ms())
        .execute(tx.conn())
        .await?;
    for set in sets {
        let text = "INSERT INTO pdf_sets (id, folded, public, sealed) VALUES ($1, $2, $3, $4)";
        sqlx::query(text)
            .bind(&set.id)
            .bind(owner.address.folded())
            .bind(set.public.as_slice())
            .bind(set.sealed.as_slice())
            .execute(tx.conn())
            .await?;
    }
    Ok(changed)
}

/// Takes a password away. True if there was one.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn delete(tx: &mut Tx, address: &Address) -> Result<bool, Error> {
    let text = "DELETE FROM pdf_sets WHERE folded = $1";
    sqlx::query(text)
        .bind(address.folded())
        .execute(tx.conn())
        .await?;
    let text = "DELETE FROM pdf_passwords WHERE folded = $1";
    let query = sqlx::query(text).bind(address.folded());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Whose password it is, if there is one.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn owner(sql: &Sql, address: &Address) -> Result<Option<Owner>, Error> {
    let text = "SELECT address, language, since FROM pdf_passwords WHERE folded = $1";
    let query = sqlx::query_as(text).bind(address.folded());
    let row: Option<(String, String, i64)> = query.fetch_optional(sql.reader()).await?;
    row.map(|(address, code, since)| {
        Ok(Owner {
            address: parse("pdf_passwords.address", &address)?,
            language: language("pdf_passwords.language", &code)?,
            since: Time::from_ms(since),
        })
    })
    .transpose()
}

/// The sets of a password.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sets(sql: &Sql, address: &Address) -> Result<Vec<Set>, Error> {
    let text = "SELECT id, public, sealed FROM pdf_sets WHERE folded = $1 ORDER BY id";
    let query = sqlx::query_as(text).bind(address.folded());
    let rows: Vec<(String, Vec<u8>, Vec<u8>)> = query.fetch_all(sql.reader()).await?;
    let set = |(id, public, sealed)| Set { id, public, sealed };
    Ok(rows.into_iter().map(set).collect())
}

#[derive(FromRow)]
struct LinkRow {
    address: String,
    purpose: String,
    language: String,
    sender: Option<String>,
    sender_name: String,
    expires: i64,
    used: Option<Vec<u8>>,
    released: i64,
    changed: i64,
}

impl TryFrom<LinkRow> for PasswordLink {
    type Error = Error;
    fn try_from(row: LinkRow) -> Result<Self, Error> {
        let sender = match row.sender {
            Some(address) => Some(Correspondent {
                name: row.sender_name,
                address: parse("pdf_links.sender", &address)?,
            }),
            None => None,
        };
        let used = match row.used {
            Some(hash) => Some(Used {
                hash: hash.try_into().map_err(|_| bad("pdf_links.used"))?,
                released: unsigned("pdf_links.released", row.released)?,
                changed: row.changed == 1,
            }),
            None => None,
        };
        Ok(Self {
            address: parse("pdf_links.address", &row.address)?,
            purpose: Purpose::from_name(&row.purpose).ok_or_else(|| bad("pdf_links.purpose"))?,
            language: language("pdf_links.language", &row.language)?,
            sender,
            expires: Time::from_ms(row.expires),
            used,
        })
    }
}

/// Adds a link.
///
/// # Errors
/// [`Error::Conflict`] if the token is known.
pub async fn insert_link(tx: &mut Tx, token: &SecretHash, new: &PasswordLink) -> Result<(), Error> {
    let text = "INSERT INTO pdf_links (token, folded, address, purpose, language, sender, sender_name, expires) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (token) DO NOTHING";
    let sender = new.sender.as_ref();
    let done = sqlx::query(text)
        .bind(token.as_bytes().as_slice())
        .bind(new.address.folded())
        .bind(new.address.as_str())
        .bind(new.purpose.name())
        .bind(new.language.code())
        .bind(sender.map(|sender| sender.address.to_string()))
        .bind(sender.map_or("", |sender| sender.name.as_str()))
        .bind(new.expires.ms())
        .execute(tx.conn())
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::Conflict);
    }
    Ok(())
}

/// The link of a token.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn link(sql: &Sql, token: &SecretHash) -> Result<Option<PasswordLink>, Error> {
    let text = "SELECT address, purpose, language, sender, sender_name, expires, used, released, changed \
                FROM pdf_links WHERE token = $1";
    let query = sqlx::query_as(text).bind(token.as_bytes().as_slice());
    let row: Option<LinkRow> = query.fetch_optional(sql.reader()).await?;
    row.map(PasswordLink::try_from).transpose()
}

/// Whether an address was ever mailed a link that is remembered.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn is_known(sql: &Sql, address: &Address) -> Result<bool, Error> {
    let text = "SELECT folded FROM pdf_passwords WHERE folded = $1 \
                UNION SELECT folded FROM pdf_links WHERE folded = $1";
    let query = sqlx::query_scalar(text).bind(address.folded());
    let found: Option<String> = query.fetch_optional(sql.reader()).await?;
    Ok(found.is_some())
}

/// Uses a link up: true for one caller alone.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn take_link(tx: &mut Tx, token: &SecretHash, hash: &[u8; 32]) -> Result<bool, Error> {
    let text = "UPDATE pdf_links SET used = $2 WHERE token = $1 AND used IS NULL";
    let query = sqlx::query(text)
        .bind(token.as_bytes().as_slice())
        .bind(hash.as_slice());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Notes what came of it, for an answer that was lost; and every other link of the address that is not used ends.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn finish_link(
    tx: &mut Tx,
    token: &SecretHash,
    address: &Address,
    used: &Used,
    now: Time,
) -> Result<(), Error> {
    let text = "UPDATE pdf_links SET released = $2, changed = $3 WHERE token = $1";
    sqlx::query(text)
        .bind(token.as_bytes().as_slice())
        .bind(signed(used.released)?)
        .bind(i64::from(used.changed))
        .execute(tx.conn())
        .await?;
    end_links(tx, address, now).await
}

/// Every link of an address that is not used opens nothing any more.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn end_links(tx: &mut Tx, address: &Address, now: Time) -> Result<(), Error> {
    let text =
        "UPDATE pdf_links SET expires = $2 WHERE folded = $1 AND used IS NULL AND expires > $2";
    sqlx::query(text)
        .bind(address.folded())
        .bind(now.ms())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Forgets links that ended before that time. Gives how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sweep_links(tx: &mut Tx, before: Time) -> Result<u64, Error> {
    let query = sqlx::query("DELETE FROM pdf_links WHERE expires <= $1").bind(before.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected())
}

/// Somebody is asked to set a password. True the first time.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn begin_wait(tx: &mut Tx, address: &Address, now: Time) -> Result<bool, Error> {
    let text =
        "INSERT INTO pdf_waits (folded, since) VALUES ($1, $2) ON CONFLICT (folded) DO NOTHING";
    let query = sqlx::query(text).bind(address.folded()).bind(now.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Somebody who was asked to set a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// Since when.
    pub since: Time,
    /// How often he was reminded.
    pub reminded: usize,
    /// When the invitation came back.
    pub bounced: Option<Time>,
}

/// Who is waited for at an address.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn wait(sql: &Sql, address: &Address) -> Result<Option<Wait>, Error> {
    let text = "SELECT since, reminded, bounced FROM pdf_waits WHERE folded = $1";
    let query = sqlx::query_as(text).bind(address.folded());
    let row: Option<(i64, i64, Option<i64>)> = query.fetch_optional(sql.reader()).await?;
    row.map(|(since, reminded, bounced)| {
        Ok(Wait {
            since: Time::from_ms(since),
            reminded: unsigned("pdf_waits.reminded", reminded)?,
            bounced: time(bounced),
        })
    })
    .transpose()
}

/// The invitation came back. True the first time.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn note_bounce(tx: &mut Tx, address: &Address, now: Time) -> Result<bool, Error> {
    let text = "UPDATE pdf_waits SET bounced = $2 WHERE folded = $1 AND bounced IS NULL";
    let query = sqlx::query(text).bind(address.folded()).bind(now.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// To whom the link was mailed whose token's hash begins so.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn mailed_to(sql: &Sql, beginning: &[u8; 16]) -> Result<Option<Address>, Error> {
    let (low, high) = (
        [*beginning, [0; 16]].concat(),
        [*beginning, [255; 16]].concat(),
    );
    let text =
        "SELECT address FROM pdf_links WHERE token >= $1 AND token <= $2 AND purpose = 'invite'";
    let query = sqlx::query_scalar(text).bind(low).bind(high);
    let found: Option<String> = query.fetch_optional(sql.reader()).await?;
    found
        .map(|address| parse("pdf_links.address", &address))
        .transpose()
}

/// One more reminder; true for one caller alone.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn remind(tx: &mut Tx, address: &Address, reminded: usize) -> Result<bool, Error> {
    let text = "UPDATE pdf_waits SET reminded = reminded + 1 WHERE folded = $1 AND reminded = $2";
    let query = sqlx::query(text)
        .bind(address.folded())
        .bind(signed(reminded as u64)?);
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Nobody is waited for any more.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn end_wait(tx: &mut Tx, address: &Address) -> Result<bool, Error> {
    let text = "DELETE FROM pdf_waits WHERE folded = $1";
    let query = sqlx::query(text).bind(address.folded());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}
