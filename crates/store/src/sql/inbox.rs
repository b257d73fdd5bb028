//! What an address has received.

use depesche_domain::keyed::{Person, Stanza};
use depesche_domain::parcel::{Reason, Recipient};
use depesche_domain::protected::GATEWAY;
use depesche_domain::{Account, Address, Level, ParcelId, Time};
use sqlx::FromRow;

use super::accounts::AccountRow;
use super::database::{Sql, Tx};
use super::keyed::KeyedColumns;
use super::value::{level, parse, time, unsigned};
use crate::error::Error;

/// A delivery received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Which.
    pub parcel: ParcelId,
    /// How it is protected.
    pub level: Level,
    /// Who wrote.
    pub sender: Account,
    /// Empty at level 4 and when closed.
    pub subject: String,
    /// As the subject.
    pub message: String,
    /// When it reached the recipient.
    pub since: Time,
    /// Until when it is ready.
    pub expires: Time,
    /// When and why it was closed.
    pub closed: Option<(Time, Reason)>,
    /// Sealed bytes.
    pub size: u64,
    /// Bytes of M.
    pub manifest_size: u64,
    /// What it answers.
    pub in_reply_to: Option<ParcelId>,
    /// What happened.
    pub recipient: Recipient,
    /// When it was marked as read.
    pub seen: Option<Time>,
    /// What opens it for this person: at level 2 the own stanza.
    pub stanza: Option<Stanza>,
    /// Who stands behind the address.
    pub person: Person,
}

impl Received {
    /// Neither opened nor marked as read, and still there.
    pub const fn is_unread(&self) -> bool {
        self.seen.is_none()
            && self.recipient.opened.is_none()
            && self.recipient.dropped.is_none()
            && self.closed.is_none()
    }
}

#[derive(FromRow)]
struct Columns {
    parcel: String,
    subject: String,
    message: String,
    since: i64,
    expires: i64,
    closed: Option<i64>,
    reason: Option<String>,
    size: i64,
    manifest_size: i64,
    in_reply_to: Option<String>,
    recipient: String,
    notified: Option<i64>,
    bounced: Option<i64>,
    opened: Option<i64>,
    downloaded: Option<i64>,
    left_out: Option<i64>,
    seen: Option<i64>,
    #[sqlx(flatten)]
    sender: AccountRow,
    #[sqlx(flatten)]
    keyed: KeyedColumns,
}

impl TryFrom<Columns> for Received {
    type Error = Error;
    fn try_from(mut row: Columns) -> Result<Self, Error> {
        let in_reply_to = row.in_reply_to.map(|id| parse("parcels.in_reply_to", &id));
        let level = level(row.keyed.level())?;
        let person = row.keyed.person()?;
        let own = match level {
            Level::Link | Level::Login => row.keyed.any_stanza()?,
            Level::KeyedFiles | Level::KeyedAll => None,
        };
        let keyed = row.keyed.keyed()?;
        let of_key = keyed
            .as_ref()
            .and_then(|keyed| keyed.0.opens(&keyed.1).ok().cloned());
        Ok(Self {
            parcel: parse("recipients.parcel", &row.parcel)?,
            level,
            sender: row.sender.try_into()?,
            subject: row.subject,
            message: row.message,
            since: Time::from_ms(row.since),
            expires: Time::from_ms(row.expires),
            closed: super::parcels::closed(row.closed, row.reason.as_deref())?,
            size: unsigned("parcels.size", row.size)?,
            manifest_size: unsigned("parcels.manifest_size", row.manifest_size)?,
            in_reply_to: in_reply_to.transpose()?,
            recipient: Recipient {
                address: parse("recipients.address", &row.recipient)?,
                notified: time(row.notified),
                bounced: time(row.bounced),
                opened: time(row.opened),
                downloaded: time(row.downloaded),
                dropped: time(row.left_out),
                keyed,
            },
            seen: time(row.seen),
            stanza: own.or(of_key),
            person,
        })
    }
}

/// What an address has received, newest first, without the attachments of protected mails; `after` = the last one of the page before. Stanzas and records of
/// claim codes are left out.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn page(
    sql: &Sql,
    address: &Address,
    after: Option<(Time, ParcelId)>,
    limit: u32,
) -> Result<Vec<Received>, Error> {
    let (before, id) = match after {
        Some((since, id)) => (since.ms(), id.to_string()),
        None => (i64::MAX, String::new()),
    };
    let text = "SELECT r.parcel, p.subject, '' AS message, r.since, p.expires, p.closed, p.reason, p.size, \
                p.manifest_size, p.in_reply_to, r.address AS recipient, r.notified, r.bounced, r.opened, \
                r.downloaded, r.dropped AS left_out, r.seen, \
                w.id, w.address, w.name, w.role, w.guest, w.created, w.disabled, w.proven, \
                p.level, r.dropped, r.lost, a.id AS account, \
                k.fingerprint AS current_key, s.account AS stanza_account, s.fingerprint AS stanza_key, \
                SUBSTR(s.bytes, 1, 0) AS stanza, s.verified, s.tag_a, s.ack, s.at AS stanza_at, \
                c.number AS code_number, c.wrong AS code_wrong, c.tag AS code_tag, \
                SUBSTR(c.record, 1, 0) AS code_record, c.auth AS code_auth, c.handed AS code_handed \
                FROM recipients r JOIN parcels p ON p.id = r.parcel JOIN accounts w ON w.id = p.sender \
                LEFT JOIN accounts a ON a.folded = r.folded LEFT JOIN keyrings k ON k.account = a.id \
                LEFT JOIN stanzas s ON s.parcel = r.parcel AND s.folded = r.folded \
                LEFT JOIN claim_codes c ON c.parcel = r.parcel AND c.folded = r.folded \
                WHERE r.folded = $1 AND (r.since, r.parcel) < ($2, $3) AND p.sender <> $5 \
                ORDER BY r.since DESC, r.parcel DESC LIMIT $4";
    let query = sqlx::query_as(text).bind(address.folded()).bind(before);
    let query = query.bind(id).bind(i64::from(limit));
    let query = query.bind(GATEWAY.to_string());
    let rows: Vec<Columns> = query.fetch_all(sql.reader()).await?;
    rows.into_iter().map(Received::try_from).collect()
}

/// One delivery that an address has received.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn item(
    sql: &Sql,
    address: &Address,
    parcel: ParcelId,
) -> Result<Option<Received>, Error> {
    let text = "SELECT r.parcel, p.subject, p.message, r.since, p.expires, p.closed, p.reason, p.size, \
                p.manifest_size, p.in_reply_to, r.address AS recipient, r.notified, r.bounced, r.opened, \
                r.downloaded, r.dropped AS left_out, r.seen, \
                w.id, w.address, w.name, w.role, w.guest, w.created, w.disabled, w.proven, \
                p.level, r.dropped, r.lost, a.id AS account, \
                k.fingerprint AS current_key, s.account AS stanza_account, s.fingerprint AS stanza_key, \
                s.bytes AS stanza, s.verified, s.tag_a, s.ack, s.at AS stanza_at, \
                c.number AS code_number, c.wrong AS code_wrong, c.tag AS code_tag, \
                c.record AS code_record, c.auth AS code_auth, c.handed AS code_handed \
                FROM recipients r JOIN parcels p ON p.id = r.parcel JOIN accounts w ON w.id = p.sender \
                LEFT JOIN accounts a ON a.folded = r.folded LEFT JOIN keyrings k ON k.account = a.id \
                LEFT JOIN stanzas s ON s.parcel = r.parcel AND s.folded = r.folded \
                LEFT JOIN claim_codes c ON c.parcel = r.parcel AND c.folded = r.folded \
                WHERE r.folded = $1 AND r.parcel = $2";
    let query = sqlx::query_as(text).bind(address.folded());
    let query = query.bind(parcel.to_string());
    let row: Option<Columns> = query.fetch_optional(sql.reader()).await?;
    row.map(Received::try_from).transpose()
}

/// Marks a delivery as read since then, or as not read. False if the address has no such delivery.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn mark_seen(
    tx: &mut Tx,
    address: &Address,
    parcel: ParcelId,
    seen: Option<Time>,
) -> Result<bool, Error> {
    let text = "UPDATE recipients SET seen = $3 WHERE parcel = $1 AND folded = $2";
    let query = sqlx::query(text).bind(parcel.to_string());
    let query = query.bind(address.folded()).bind(seen.map(Time::ms));
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// How many deliveries of an address are unread ([`Received::is_unread`]).
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn count_unread(sql: &Sql, address: &Address) -> Result<u64, Error> {
    let text = "SELECT COUNT(*) FROM recipients r JOIN parcels p ON p.id = r.parcel \
                WHERE r.folded = $1 AND r.seen IS NULL AND r.opened IS NULL AND r.dropped IS NULL \
                AND p.state = 'posted' AND p.sender <> $2";
    let query = sqlx::query_scalar(text).bind(address.folded());
    let query = query.bind(GATEWAY.to_string());
    unsigned("count", query.fetch_one(sql.reader()).await?)
}
