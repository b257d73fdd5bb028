//! Links, and the visits to them: claims, receipts, mailed codes.
//!
//! A limit counts leased and committed claims in `links.taken`; [`lease`] checks and counts in one
//! statement. Whatever changes a claim's state locks its link first.

use depesche_domain::claim::ClaimState;
use depesche_domain::token::SecretHash;
use depesche_domain::{Address, ClaimId, FileId, LinkId, ParcelId, Time};
use sqlx::FromRow;

use super::database::{Sql, Tx};
use super::value::{bad, hash, parse, unsigned};
use crate::error::Error;

/// A link, as the doors need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// Which.
    pub id: LinkId,
    /// To which parcel.
    pub parcel: ParcelId,
    /// For whom.
    pub address: Address,
    /// The sealed record; none once it is destroyed.
    pub record: Option<Vec<u8>>,
    /// SHA-256 of auth. Kept for good, so that a visitor is told what happened. None = no link: the person's login and
    /// key let in.
    pub auth: Option<SecretHash>,
    /// SHA-256 of auth2, with a link password; destroyed with the record.
    pub auth2: Option<SecretHash>,
    /// Whether a code mailed to the stated address is asked for.
    pub mailed_code: bool,
    /// How many downloads; none = no limit.
    pub limit: Option<u32>,
    /// Claims leased and committed.
    pub taken: u32,
    /// The sender has dropped this recipient.
    pub dropped: bool,
    /// There is something that opens: a record or a stanza.
    pub opens: bool,
}

#[derive(FromRow)]
struct LinkColumns {
    id: String,
    parcel: String,
    address: String,
    record: Option<Vec<u8>>,
    auth: Vec<u8>,
    auth2: Option<Vec<u8>>,
    mailed_code: i64,
    max_taken: Option<i64>,
    taken: i64,
    dropped: Option<i64>,
    opens: i64,
}

impl TryFrom<LinkColumns> for LinkRow {
    type Error = Error;
    fn try_from(row: LinkColumns) -> Result<Self, Error> {
        let limit = row.max_taken.map(|most| unsigned("links.max_taken", most));
        Ok(Self {
            id: parse("links.id", &row.id)?,
            parcel: parse("links.parcel", &row.parcel)?,
            address: parse("recipients.address", &row.address)?,
            record: row.record,
            auth: (!row.auth.is_empty())
                .then(|| hash("links.auth", &row.auth))
                .transpose()?,
            auth2: row
                .auth2
                .map(|bytes| hash("links.auth2", &bytes))
                .transpose()?,
            mailed_code: row.mailed_code != 0,
            limit: limit.transpose()?,
            taken: unsigned("links.taken", row.taken)?,
            dropped: row.dropped.is_some(),
            opens: row.opens != 0,
        })
    }
}

/// The link of that id.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn link(sql: &Sql, id: LinkId) -> Result<Option<LinkRow>, Error> {
    let text = "SELECT l.id, l.parcel, r.address, l.record, l.auth, l.auth2, l.mailed_code, \
                l.max_taken, l.taken, l.opens, r.dropped FROM links l \
                JOIN recipients r ON r.parcel = l.parcel AND r.folded = l.folded WHERE l.id = $1";
    let query = sqlx::query_as(text).bind(id.to_string());
    let row: Option<LinkColumns> = query.fetch_optional(sql.reader()).await?;
    row.map(LinkRow::try_from).transpose()
}

/// The way in of one recipient.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn of_recipient(
    sql: &Sql,
    parcel: ParcelId,
    address: &Address,
) -> Result<Option<LinkRow>, Error> {
    let text = "SELECT l.id, l.parcel, r.address, l.record, l.auth, l.auth2, l.mailed_code, \
                l.max_taken, l.taken, l.opens, r.dropped FROM links l \
                JOIN recipients r ON r.parcel = l.parcel AND r.folded = l.folded \
                WHERE l.parcel = $1 AND l.folded = $2";
    let query = sqlx::query_as(text).bind(parcel.to_string());
    let query = query.bind(address.folded());
    let row: Option<LinkColumns> = query.fetch_optional(sql.reader()).await?;
    row.map(LinkRow::try_from).transpose()
}

/// Every link of a parcel, those of dropped recipients too.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn links(sql: &Sql, parcel: ParcelId) -> Result<Vec<LinkRow>, Error> {
    let text = "SELECT l.id, l.parcel, r.address, l.record, l.auth, l.auth2, l.mailed_code, \
                l.max_taken, l.taken, l.opens, r.dropped FROM links l \
                JOIN recipients r ON r.parcel = l.parcel AND r.folded = l.folded \
                WHERE l.parcel = $1 ORDER BY r.place";
    let query = sqlx::query_as(text).bind(parcel.to_string());
    let rows: Vec<LinkColumns> = query.fetch_all(sql.reader()).await?;
    rows.into_iter().map(LinkRow::try_from).collect()
}

/// One device's visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRow {
    /// Which.
    pub id: ClaimId,
    /// By which link.
    pub link: LinkId,
    /// To which parcel.
    pub parcel: ParcelId,
    /// The recipient whose link it is.
    pub address: Address,
    /// The address that the visitor stated.
    pub stated: String,
    /// Whether a code mailed there was given.
    pub proven: bool,
    /// Where it stands, as written down.
    pub state: ClaimState,
    /// When the letter was opened.
    pub opened: Time,
}

#[derive(FromRow)]
struct ClaimColumns {
    id: String,
    link: String,
    parcel: String,
    address: String,
    stated: String,
    proven: i64,
    opened: i64,
    #[sqlx(flatten)]
    state: StateColumns,
}

/// The columns that hold a [`ClaimState`].
#[derive(FromRow)]
pub(super) struct StateColumns {
    state: String,
    lease_until: Option<i64>,
    committed: Option<i64>,
}

impl TryFrom<StateColumns> for ClaimState {
    type Error = Error;
    fn try_from(row: StateColumns) -> Result<Self, Error> {
        match (&*row.state, row.lease_until, row.committed) {
            ("opened", None, None) => Ok(Self::Opened),
            ("lapsed", None, None) => Ok(Self::Lapsed),
            ("leased", Some(until), None) => Ok(Self::Leased {
                until: Time::from_ms(until),
            }),
            ("committed", None, Some(at)) => Ok(Self::Committed {
                at: Time::from_ms(at),
            }),
            _ => Err(bad("claims.state")),
        }
    }
}

impl TryFrom<ClaimColumns> for ClaimRow {
    type Error = Error;
    fn try_from(row: ClaimColumns) -> Result<Self, Error> {
        Ok(Self {
            id: parse("claims.id", &row.id)?,
            link: parse("claims.link", &row.link)?,
            parcel: parse("links.parcel", &row.parcel)?,
            address: parse("recipients.address", &row.address)?,
            stated: row.stated,
            proven: row.proven != 0,
            state: row.state.try_into()?,
            opened: Time::from_ms(row.opened),
        })
    }
}

/// Adds a visit in the state [`ClaimState::Opened`].
///
/// # Errors
/// [`Error::Conflict`] if id or token is known, [`Error::NotFound`] if there is no such link.
pub async fn insert_claim(tx: &mut Tx, claim: &ClaimRow, token: &SecretHash) -> Result<(), Error> {
    let text = "INSERT INTO claims (id, link, token, stated, proven, state, opened) \
                VALUES ($1, $2, $3, $4, $5, 'opened', $6) ON CONFLICT DO NOTHING";
    let done = sqlx::query(text)
        .bind(claim.id.to_string())
        .bind(claim.link.to_string())
        .bind(token.as_bytes().as_slice())
        .bind(&claim.stated)
        .bind(i64::from(claim.proven))
        .bind(claim.opened.ms())
        .execute(tx.conn())
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::Conflict);
    }
    Ok(())
}

/// The visit of a token.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn claim_by_token(sql: &Sql, token: &SecretHash) -> Result<Option<ClaimRow>, Error> {
    let text = "SELECT c.id, c.link, l.parcel, r.address, c.stated, c.proven, c.opened, c.state, \
                c.lease_until, c.committed FROM claims c JOIN links l ON l.id = c.link \
                JOIN recipients r ON r.parcel = l.parcel AND r.folded = l.folded WHERE c.token = $1";
    let query = sqlx::query_as(text).bind(token.as_bytes().as_slice());
    let row: Option<ClaimColumns> = query.fetch_optional(sql.reader()).await?;
    row.map(ClaimRow::try_from).transpose()
}

/// Writes down which leases of a link are over at `now`, and frees their room. Gives how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn lapse(tx: &mut Tx, link: LinkId, now: Time) -> Result<u64, Error> {
    lapse_link(tx, &link.to_string(), now).await
}

async fn lapse_link(tx: &mut Tx, link: &str, now: Time) -> Result<u64, Error> {
    let text =
        "SELECT COUNT(*) FROM claims WHERE link = $1 AND state = 'leased' AND lease_until <= $2";
    let query = sqlx::query_scalar(text).bind(link).bind(now.ms());
    let over: i64 = query.fetch_one(tx.conn()).await?;
    if over == 0 {
        return Ok(0);
    }
    // The lock, so that each lease is counted back once.
    let text = "UPDATE links SET taken = taken WHERE id = $1";
    sqlx::query(text).bind(link).execute(tx.conn()).await?;
    let text = "UPDATE claims SET state = 'lapsed', lease_until = NULL \
                WHERE link = $1 AND state = 'leased' AND lease_until <= $2";
    let done = sqlx::query(text)
        .bind(link)
        .bind(now.ms())
        .execute(tx.conn())
        .await?;
    let lapsed = done.rows_affected();
    let text = "UPDATE links SET taken = taken - $2 WHERE id = $1";
    sqlx::query(text)
        .bind(link)
        .bind(lapsed.cast_signed())
        .execute(tx.conn())
        .await?;
    Ok(lapsed)
}

/// As [`lapse`], for every link, at most `limit` links at once. Gives how many leases lapsed.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn lapse_all(tx: &mut Tx, now: Time, limit: u32) -> Result<u64, Error> {
    let text = "SELECT DISTINCT link FROM (SELECT link FROM claims WHERE state = 'leased' \
                AND lease_until <= $1 ORDER BY lease_until LIMIT $2) AS late ORDER BY link";
    let query = sqlx::query_scalar(text)
        .bind(now.ms())
        .bind(i64::from(limit));
    let links: Vec<String> = query.fetch_all(tx.conn()).await?;
    let mut lapsed = 0;
    // In one order, so that two workers never wait for each other.
    for link in links {
        lapsed += lapse_link(tx, &link, now).await?;
    }
    Ok(lapsed)
}

/// Leases until then, if the limit has room. A claim that holds its place already keeps it (and a
/// lease is prolonged). False = no room, or the link opens nothing any more.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn lease(tx: &mut Tx, claim: &ClaimRow, until: Time) -> Result<bool, Error> {
    let (id, link) = (claim.id.to_string(), claim.link.to_string());
    let text = "UPDATE links SET taken = taken + 1 WHERE id = $1 AND opens = 1 \
                AND (max_taken IS NULL OR taken < max_taken)";
    let room = sqlx::query(text)
        .bind(&link)
        .execute(tx.conn())
        .await?
        .rows_affected()
        == 1;
    if room {
        let text = "UPDATE claims SET state = 'leased', lease_until = $2 \
                    WHERE id = $1 AND state IN ('opened', 'lapsed')";
        let query = sqlx::query(text).bind(&id).bind(until.ms());
        if query.execute(tx.conn()).await?.rows_affected() == 1 {
            return Ok(true);
        }
        // It has its place: this one is given back.
        let text = "UPDATE links SET taken = taken - 1 WHERE id = $1";
        sqlx::query(text).bind(&link).execute(tx.conn()).await?;
    }
    let text = "SELECT state FROM claims WHERE id = $1";
    let state: Option<String> = sqlx::query_scalar(text)
        .bind(&id)
        .fetch_optional(tx.conn())
        .await?;
    match state.as_deref() {
        Some("leased") => extend_lease(tx, claim.id, until).await,
        other => Ok(other == Some("committed")),
    }
}

/// Prolongs a lease (never shortens it). False if it is none any more.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn extend_lease(tx: &mut Tx, id: ClaimId, until: Time) -> Result<bool, Error> {
    let text = "UPDATE claims SET lease_until = CASE WHEN lease_until < $2 THEN $2 ELSE lease_until END \
                WHERE id = $1 AND state = 'leased'";
    let query = sqlx::query(text).bind(id.to_string()).bind(until.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Commits a lease: a file was verified, or all its bytes were handed out. True the first time.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn commit(tx: &mut Tx, id: ClaimId, at: Time) -> Result<bool, Error> {
    let text = "SELECT l.id, l.parcel, l.max_taken FROM claims c JOIN links l ON l.id = c.link \
                WHERE c.id = $1";
    let row = sqlx::query_as(text)
        .bind(id.to_string())
        .fetch_optional(tx.conn())
        .await?;
    let Some((link, parcel, limit)): Option<(String, String, Option<i64>)> = row else {
        return Ok(false);
    };
    if limit.is_some() {
        // May use the parcel up: its row comes first in the order of locks.
        let text = "UPDATE parcels SET version = version + 1 WHERE id = $1";
        sqlx::query(text).bind(&parcel).execute(tx.conn()).await?;
    }
    let text = "UPDATE links SET taken = taken WHERE id = $1";
    sqlx::query(text).bind(&link).execute(tx.conn()).await?;
    let text = "UPDATE claims SET state = 'committed', committed = $2, lease_until = NULL \
                WHERE id = $1 AND state = 'leased'";
    let query = sqlx::query(text).bind(id.to_string()).bind(at.ms());
    let first = query.execute(tx.conn()).await?.rows_affected() == 1;
    if first && let Some(limit) = limit {
        let text = "SELECT COUNT(*) FROM claims WHERE link = $1 AND state = 'committed'";
        let done: i64 = sqlx::query_scalar(text)
            .bind(&link)
            .fetch_one(tx.conn())
            .await?;
        if done >= limit {
            note_used_up(tx, &parcel).await?;
        }
    }
    Ok(first)
}

/// Writes down when the last download that the limits allow was committed, or that some are left.
/// A parcel is used up when it has recipients who are not dropped, and the link of each has a limit and as many
/// committed claims. The parcel's row is locked.
pub(super) async fn note_used_up(tx: &mut Tx, parcel: &str) -> Result<(), Error> {
    let text = "UPDATE parcels SET used_up = CASE WHEN EXISTS (SELECT 1 FROM links l \
                JOIN recipients r ON r.parcel = l.parcel AND r.folded = l.folded \
                WHERE l.parcel = $1 AND r.dropped IS NULL \
                AND (l.max_taken IS NULL OR l.max_taken > (SELECT COUNT(*) FROM claims c \
                WHERE c.link = l.id AND c.state = 'committed'))) THEN NULL \
                ELSE (SELECT MAX((SELECT MAX(c.committed) FROM claims c WHERE c.link = l.id \
                AND c.state = 'committed')) FROM links l \
                JOIN recipients r ON r.parcel = l.parcel AND r.folded = l.folded \
                WHERE l.parcel = $1 AND r.dropped IS NULL) \
                END WHERE id = $1";
    sqlx::query(text).bind(parcel).execute(tx.conn()).await?;
    Ok(())
}

/// Notes that a visit verified a file. True the first time.
///
/// # Errors
/// [`Error::NotFound`] if there is no such visit.
pub async fn insert_receipt(
    tx: &mut Tx,
    claim: ClaimId,
    file: FileId,
    at: Time,
) -> Result<bool, Error> {
    let text = "INSERT INTO receipts (claim, file, at) VALUES ($1, $2, $3) \
                ON CONFLICT (claim, file) DO NOTHING";
    let query = sqlx::query(text)
        .bind(claim.to_string())
        .bind(file.to_string())
        .bind(at.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// What a code that somebody typed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeTry {
    /// Right; it is used up now.
    Right,
    /// Wrong.
    Wrong {
        /// So many tries are left; with 0 the code is dead.
        left: u32,
    },
    /// There is no code that is good: none was mailed, it is too old, or dead.
    None,
}

/// Keeps the code of a link, in place of the one before.
///
/// # Errors
/// [`Error::NotFound`] if there is no such link.
pub async fn put_code(
    tx: &mut Tx,
    link: LinkId,
    code: &SecretHash,
    expires: Time,
) -> Result<(), Error> {
    let text = "INSERT INTO codes (link, code, expires, wrong) VALUES ($1, $2, $3, 0) \
                ON CONFLICT (link) DO UPDATE \
                SET code = excluded.code, expires = excluded.expires, wrong = 0";
    let query = sqlx::query(text).bind(link.to_string());
    let query = query.bind(code.as_bytes().as_slice()).bind(expires.ms());
    query.execute(tx.conn()).await?;
    Ok(())
}

/// Tries a code. A right one is used up, a wrong try is counted, after `tries` wrong ones the code
/// is dead.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn take_code(
    tx: &mut Tx,
    link: LinkId,
    code: &SecretHash,
    now: Time,
    tries: u32,
) -> Result<CodeTry, Error> {
    let text = "DELETE FROM codes WHERE link = $1 AND code = $2 AND expires > $3 AND wrong < $4";
    let query = sqlx::query(text)
        .bind(link.to_string())
        .bind(code.as_bytes().as_slice());
    let query = query.bind(now.ms()).bind(i64::from(tries));
    if query.execute(tx.conn()).await?.rows_affected() == 1 {
        return Ok(CodeTry::Right);
    }
    let text = "UPDATE codes SET wrong = wrong + 1 WHERE link = $1 AND expires > $2 AND wrong < $3 \
                RETURNING wrong";
    let query = sqlx::query_scalar(text).bind(link.to_string());
    let query = query.bind(now.ms()).bind(i64::from(tries));
    let wrong: Option<i64> = query.fetch_optional(tx.conn()).await?;
    match wrong {
        Some(wrong) => Ok(CodeTry::Wrong {
            left: tries.saturating_sub(unsigned("codes.wrong", wrong)?),
        }),
        None => Ok(CodeTry::None),
    }
}

/// Forgets codes that are too old. Gives how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sweep_codes(tx: &mut Tx, now: Time) -> Result<u64, Error> {
    let query = sqlx::query("DELETE FROM codes WHERE expires <= $1").bind(now.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected())
}
