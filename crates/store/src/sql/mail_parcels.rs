//! Attachments of protected mails, reply links, and what came by them. What is called sealed is the service's.

use depesche_domain::token::SecretHash;
use depesche_domain::{ParcelId, Time};
use sqlx::FromRow;

use super::database::{Sql, Tx};
use super::value::{hash, parse};
use crate::error::Error;

/// Marks a parcel as the attachments of a mail, in place of what it was marked with.
///
/// # Errors
/// [`Error::NotFound`] if there is no such parcel.
pub async fn put(tx: &mut Tx, parcel: ParcelId, mail: &str, facts: &[u8]) -> Result<(), Error> {
    let text = "INSERT INTO mail_parcels (parcel, mail, facts) VALUES ($1, $2, $3) \
                ON CONFLICT (parcel) DO UPDATE SET mail = excluded.mail, facts = excluded.facts";
    sqlx::query(text)
        .bind(parcel.to_string())
        .bind(mail)
        .bind(facts)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The sealed facts of a parcel that is the attachments of a mail.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn facts(sql: &Sql, parcel: ParcelId) -> Result<Option<Vec<u8>>, Error> {
    let text = "SELECT facts FROM mail_parcels WHERE parcel = $1";
    let query = sqlx::query_scalar(text).bind(parcel.to_string());
    Ok(query.fetch_optional(sql.reader()).await?)
}

/// The same in a transaction.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn facts_in(tx: &mut Tx, parcel: ParcelId) -> Result<Option<Vec<u8>>, Error> {
    let text = "SELECT facts FROM mail_parcels WHERE parcel = $1";
    let query = sqlx::query_scalar(text).bind(parcel.to_string());
    Ok(query.fetch_optional(tx.conn()).await?)
}

/// Parcels that belong to a spooled mail.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn of_mail(sql: &Sql, mail: &str) -> Result<Vec<ParcelId>, Error> {
    let text = "SELECT parcel FROM mail_parcels WHERE mail = $1 ORDER BY parcel";
    let query = sqlx::query_scalar(text).bind(mail);
    let rows: Vec<String> = query.fetch_all(sql.reader()).await?;
    rows.iter()
        .map(|id| parse("mail_parcels.parcel", id))
        .collect()
}

/// A reply link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// In its path.
    pub token: String,
    /// The spooled mail it was made for.
    pub mail: String,
    /// SHA-256 of auth.
    pub auth: SecretHash,
    /// Sealed.
    pub facts: Vec<u8>,
    /// Sealed under the key in the PDF.
    pub quote: Vec<u8>,
    /// Until when it is good.
    pub expires: Time,
}

#[derive(FromRow)]
struct ReplyRow {
    token: String,
    mail: String,
    auth: Vec<u8>,
    facts: Vec<u8>,
    quote: Vec<u8>,
    expires: i64,
}

impl TryFrom<ReplyRow> for Reply {
    type Error = Error;
    fn try_from(row: ReplyRow) -> Result<Self, Error> {
        Ok(Self {
            auth: hash("replies.auth", &row.auth)?,
            token: row.token,
            mail: row.mail,
            facts: row.facts,
            quote: row.quote,
            expires: Time::from_ms(row.expires),
        })
    }
}

/// Adds a reply link, in place of one made before for the same mail.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn put_reply(tx: &mut Tx, new: &Reply) -> Result<(), Error> {
    let text = "DELETE FROM replies WHERE mail = $1";
    sqlx::query(text).bind(&new.mail).execute(tx.conn()).await?;
    let text = "INSERT INTO replies (token, mail, auth, facts, quote, expires) VALUES ($1, $2, $3, $4, $5, $6)";
    sqlx::query(text)
        .bind(&new.token)
        .bind(&new.mail)
        .bind(new.auth.as_bytes().as_slice())
        .bind(new.facts.as_slice())
        .bind(new.quote.as_slice())
        .bind(new.expires.ms())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The reply link of a token.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn reply(sql: &Sql, token: &str) -> Result<Option<Reply>, Error> {
    let text = "SELECT token, mail, auth, facts, quote, expires FROM replies WHERE token = $1";
    let query = sqlx::query_as(text).bind(token);
    let row: Option<ReplyRow> = query.fetch_optional(sql.reader()).await?;
    row.map(Reply::try_from).transpose()
}

/// Forgets reply links that ended before that time. Gives how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sweep_replies(tx: &mut Tx, before: Time) -> Result<u64, Error> {
    let query = sqlx::query("DELETE FROM replies WHERE expires <= $1").bind(before.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected())
}

/// A draft that comes by a reply link. The same again changes nothing.
///
/// # Errors
/// [`Error::NotFound`] if there is no such parcel.
pub async fn insert_reply_parcel(tx: &mut Tx, parcel: ParcelId, reply: &str) -> Result<(), Error> {
    let text =
        "INSERT INTO reply_parcels (parcel, reply) VALUES ($1, $2) ON CONFLICT (parcel) DO NOTHING";
    sqlx::query(text)
        .bind(parcel.to_string())
        .bind(reply)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// What came by a reply link.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ReplyParcel {
    /// The token of the reply link.
    pub reply: String,
    /// To the gateway's key; there once it is posted.
    pub stanza: Option<Vec<u8>>,
    /// The sealed facts of the reply link; there once it is posted.
    pub facts: Option<Vec<u8>>,
}

/// By which reply link a parcel came, if by one.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn reply_parcel(sql: &Sql, parcel: ParcelId) -> Result<Option<ReplyParcel>, Error> {
    let text = "SELECT reply, stanza, facts FROM reply_parcels WHERE parcel = $1";
    let query = sqlx::query_as(text).bind(parcel.to_string());
    Ok(query.fetch_optional(sql.reader()).await?)
}

/// It is posted.
///
/// # Errors
/// [`Error::NotFound`] if it came by no reply link.
pub async fn post_reply(
    tx: &mut Tx,
    parcel: ParcelId,
    stanza: &[u8],
    facts: &[u8],
) -> Result<(), Error> {
    let text = "UPDATE reply_parcels SET stanza = $2, facts = $3 WHERE parcel = $1";
    let query = sqlx::query(text)
        .bind(parcel.to_string())
        .bind(stanza)
        .bind(facts);
    if query.execute(tx.conn()).await?.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    Ok(())
}

/// It was opened and passed on: the stanza is destroyed.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn forget_reply_parcel(tx: &mut Tx, parcel: ParcelId) -> Result<(), Error> {
    let text = "DELETE FROM reply_parcels WHERE parcel = $1";
    sqlx::query(text)
        .bind(parcel.to_string())
        .execute(tx.conn())
        .await?;
    Ok(())
}
