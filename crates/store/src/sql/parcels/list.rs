//! What a sender is shown: the page of parcels, one parcel's details, its visits.

use std::collections::HashMap;

use depesche_domain::claim::ClaimState;
use depesche_domain::parcel::{Reason, Recipient};
use depesche_domain::{AccountId, Address, ClaimId, FileId, Level, LinkId, ParcelId, Time};
use sqlx::FromRow;

use super::load::{RecipientRow, read_recipients, reason};
use crate::error::Error;
use crate::sql::database::Sql;
use crate::sql::value::{level, parse, unsigned};
use crate::sql::visits::StateColumns;

/// A line of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Which.
    pub id: ParcelId,
    /// How it is protected.
    pub level: Level,
    /// When it was posted.
    pub posted: Time,
    /// Until when it is ready.
    pub expires: Time,
    /// Sealed bytes.
    pub size: u64,
    /// Empty at level 4 and when closed.
    pub subject: String,
    /// When and why it was closed.
    pub closed: Option<(Time, Reason)>,
    /// To whom, in the order they were named.
    pub recipients: Vec<Listed>,
}

/// A recipient in a line of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What happened.
    pub recipient: Recipient,
    /// The name of the account at this address; empty if there is none.
    pub name: String,
}

#[derive(FromRow)]
struct SummaryRow {
    id: String,
    level: i64,
    posted: i64,
    expires: i64,
    size: i64,
    subject: String,
    closed: Option<i64>,
    reason: Option<String>,
}

impl TryFrom<SummaryRow> for Summary {
    type Error = Error;
    fn try_from(row: SummaryRow) -> Result<Self, Error> {
        Ok(Self {
            id: parse("parcels.id", &row.id)?,
            level: level(row.level)?,
            posted: Time::from_ms(row.posted),
            expires: Time::from_ms(row.expires),
            size: unsigned("parcels.size", row.size)?,
            subject: row.subject,
            closed: closed(row.closed, row.reason.as_deref())?,
            recipients: Vec::new(),
        })
    }
}

pub(in crate::sql) fn closed(
    at: Option<i64>,
    name: Option<&str>,
) -> Result<Option<(Time, Reason)>, Error> {
    at.zip(name)
        .map(|(at, name)| Ok((Time::from_ms(at), reason(name)?)))
        .transpose()
}

#[derive(FromRow)]
struct OfParcel {
    parcel: String,
    name: String,
    #[sqlx(flatten)]
    recipient: RecipientRow,
}

/// What an account has posted, newest first; `after` = the last line of the page before.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn page(
    sql: &Sql,
    sender: AccountId,
    after: Option<(Time, ParcelId)>,
    limit: u32,
) -> Result<Vec<Summary>, Error> {
    let sender = sender.to_string();
    let mut conn = sql.reader().acquire().await?;
    let (before, id) = match after {
        Some((posted, id)) => (posted.ms(), id.to_string()),
        None => (i64::MAX, String::new()),
    };
    let text = "SELECT id, level, posted, expires, size, subject, closed, reason FROM parcels \
                WHERE sender = $1 AND posted IS NOT NULL AND (posted, id) < ($2, $3) \
                ORDER BY posted DESC, id DESC LIMIT $4";
    let query = sqlx::query_as(text)
        .bind(&sender)
        .bind(before)
        .bind(id)
        .bind(i64::from(limit));
    let rows: Vec<SummaryRow> = query.fetch_all(&mut *conn).await?;
    let (Some(newest), Some(oldest)) = (rows.first(), rows.last()) else {
        return Ok(Vec::new());
    };
    // By the borders of this page: whatever is posted meanwhile is not in it.
    let text = "SELECT r.parcel, COALESCE(a.name, '') AS name, r.address, r.notified, r.bounced, r.opened, \
                r.downloaded, r.dropped AS left_out, p.level, r.dropped, r.lost, a.id AS account, \
                k.fingerprint AS current_key, s.account AS stanza_account, s.fingerprint AS stanza_key, \
                SUBSTR(s.bytes, 1, 0) AS stanza, s.verified, s.tag_a, s.ack, s.at AS stanza_at, \
                c.number AS code_number, c.wrong AS code_wrong, c.tag AS code_tag, \
                SUBSTR(c.record, 1, 0) AS code_record, c.auth AS code_auth, c.handed AS code_handed \
                FROM parcels p JOIN recipients r ON r.parcel = p.id \
                LEFT JOIN accounts a ON a.folded = r.folded LEFT JOIN keyrings k ON k.account = a.id \
                LEFT JOIN stanzas s ON s.parcel = r.parcel AND s.folded = r.folded \
                LEFT JOIN claim_codes c ON c.parcel = r.parcel AND c.folded = r.folded \
                WHERE p.sender = $1 AND p.posted IS NOT NULL \
                AND (p.posted, p.id) <= ($2, $3) AND (p.posted, p.id) >= ($4, $5) ORDER BY r.place";
    let query = sqlx::query_as(text)
        .bind(&sender)
        .bind(newest.posted)
        .bind(&newest.id);
    let query = query.bind(oldest.posted).bind(&oldest.id);
    let recipients: Vec<OfParcel> = query.fetch_all(&mut *conn).await?;
    let mut of: HashMap<String, Vec<Listed>> = HashMap::with_capacity(rows.len());
    for row in recipients {
        of.entry(row.parcel).or_default().push(Listed {
            recipient: row.recipient.try_into()?,
            name: row.name,
        });
    }
    let filled = rows.into_iter().map(|row| {
        let recipients = of.remove(&row.id).unwrap_or_default();
        Ok(Summary {
            recipients,
            ..row.try_into()?
        })
    });
    filled.collect()
}

/// A posted or closed parcel, as its sender sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    /// Whose.
    pub sender: AccountId,
    /// How it is protected.
    pub level: Level,
    /// Empty at level 4 and when closed.
    pub subject: String,
    /// As the subject.
    pub message: String,
    /// When it was posted.
    pub posted: Time,
    /// Until when it is ready.
    pub expires: Time,
    /// When and why it was closed.
    pub closed: Option<(Time, Reason)>,
    /// Sealed bytes of the file objects.
    pub size: u64,
    /// Sealed bytes of the manifest.
    pub manifest_size: u64,
    /// Whether the sender wants a mail at first downloads.
    pub notify: bool,
    /// What it answers.
    pub in_reply_to: Option<ParcelId>,
    /// To whom, in the order they were named.
    pub recipients: Vec<Recipient>,
}

#[derive(FromRow)]
struct DetailsRow {
    sender: String,
    level: i64,
    subject: String,
    message: String,
    posted: i64,
    expires: i64,
    closed: Option<i64>,
    reason: Option<String>,
    size: i64,
    manifest_size: i64,
    notify: i64,
    in_reply_to: Option<String>,
}

/// A posted or closed parcel; none if it is a draft.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn details(sql: &Sql, id: ParcelId) -> Result<Option<Details>, Error> {
    let mut conn = sql.reader().acquire().await?;
    let text = "SELECT sender, level, subject, message, posted, expires, closed, reason, size, \
                manifest_size, notify, in_reply_to FROM parcels WHERE id = $1 AND posted IS NOT NULL";
    let query = sqlx::query_as(text).bind(id.to_string());
    let row: Option<DetailsRow> = query.fetch_optional(&mut *conn).await?;
    let Some(row) = row else {
        return Ok(None);
    };
    Ok(Some(Details {
        sender: parse("parcels.sender", &row.sender)?,
        level: level(row.level)?,
        subject: row.subject,
        message: row.message,
        posted: Time::from_ms(row.posted),
        expires: Time::from_ms(row.expires),
        closed: closed(row.closed, row.reason.as_deref())?,
        size: unsigned("parcels.size", row.size)?,
        manifest_size: unsigned("parcels.manifest_size", row.manifest_size)?,
        notify: row.notify != 0,
        in_reply_to: row
            .in_reply_to
            .map(|id| parse("parcels.in_reply_to", &id))
            .transpose()?,
        recipients: read_recipients(&mut conn, id).await?,
    }))
}

/// One device's visit, as the sender sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRow {
    /// The recipient whose link it was.
    pub address: Address,
    /// By which link.
    pub link: LinkId,
    /// Which.
    pub claim: ClaimId,
    /// The address that the visitor stated.
    pub stated: String,
    /// Whether a code mailed there was given.
    pub proven: bool,
    /// Where it stands, as written down.
    pub state: ClaimState,
    /// When the letter was opened.
    pub opened: Time,
    /// When the first file was verified.
    pub committed: Option<Time>,
    /// Files verified, in their order.
    pub receipts: Vec<(FileId, Time)>,
}

#[derive(FromRow)]
struct VisitColumns {
    address: String,
    link: String,
    claim: String,
    stated: String,
    proven: i64,
    opened: i64,
    #[sqlx(flatten)]
    state: StateColumns,
}

impl TryFrom<VisitColumns> for VisitRow {
    type Error = Error;
    fn try_from(row: VisitColumns) -> Result<Self, Error> {
        let state = ClaimState::try_from(row.state)?;
        Ok(Self {
            address: parse("recipients.address", &row.address)?,
            link: parse("claims.link", &row.link)?,
            claim: parse("claims.id", &row.claim)?,
            stated: row.stated,
            proven: row.proven != 0,
            state,
            opened: Time::from_ms(row.opened),
            committed: match state {
                ClaimState::Committed { at } => Some(at),
                _ => None,
            },
            receipts: Vec::new(),
        })
    }
}

/// How many visits of each recipient are shown.
const SHOWN: usize = 50;

/// The visits to a parcel, newest first, of each recipient the newest 50.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn visits(sql: &Sql, parcel: ParcelId) -> Result<Vec<VisitRow>, Error> {
    let id = parcel.to_string();
    let mut conn = sql.reader().acquire().await?;
    // The time of the 50th newest is found in the index; nothing older is read.
    let text = "SELECT r.address, c.link, c.id AS claim, c.stated, c.proven, c.opened, c.state, \
                c.lease_until, c.committed FROM links l \
                JOIN recipients r ON r.parcel = l.parcel AND r.folded = l.folded \
                JOIN claims c ON c.link = l.id AND c.opened >= COALESCE((SELECT n.opened FROM claims n \
                WHERE n.link = l.id ORDER BY n.opened DESC LIMIT 1 OFFSET 49), 0) \
                WHERE l.parcel = $1 ORDER BY c.opened DESC, c.id DESC";
    let rows: Vec<VisitColumns> = sqlx::query_as(text).bind(&id).fetch_all(&mut *conn).await?;
    let text = "SELECT p.claim, p.file, p.at FROM links l \
                JOIN claims c ON c.link = l.id AND c.opened >= COALESCE((SELECT n.opened FROM claims n \
                WHERE n.link = l.id ORDER BY n.opened DESC LIMIT 1 OFFSET 49), 0) \
                JOIN receipts p ON p.claim = c.id WHERE l.parcel = $1 ORDER BY p.at, p.file";
    let receipts: Vec<(String, String, i64)> =
        sqlx::query_as(text).bind(&id).fetch_all(&mut *conn).await?;
    let mut of: HashMap<String, Vec<(FileId, Time)>> = HashMap::new();
    for (claim, file, at) in receipts {
        of.entry(claim)
            .or_default()
            .push((parse("receipts.file", &file)?, Time::from_ms(at)));
    }
    let mut shown: HashMap<String, usize> = HashMap::new();
    let mut visits = Vec::with_capacity(rows.len());
    for row in rows {
        // More of one link only where several have the time of the 50th.
        let count = shown.entry(row.link.clone()).or_default();
        *count += 1;
        if *count <= SHOWN {
            let receipts = of.remove(&row.claim).unwrap_or_default();
            visits.push(VisitRow {
                receipts,
                ..row.try_into()?
            });
        }
    }
    Ok(visits)
}
