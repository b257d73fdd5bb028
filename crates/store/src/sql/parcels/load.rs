//! A parcel in its state.

use depesche_domain::parcel::{Closed, Draft, FileObject, Posted, Reason, Recipient};
use depesche_domain::{AccountId, FileId, Level, ParcelId, Time};
use sqlx::{AnyConnection, FromRow};

use crate::error::Error;
use crate::sql::database::{Sql, Tx};
use crate::sql::keyed::KeyedColumns;
use crate::sql::value::{bad, level, parse, time, unsigned};

/// A parcel as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// Being uploaded.
    Draft(Draft),
    /// Posted.
    Posted(Posted),
    /// Closed for good.
    Closed(ClosedRow),
}

/// What is left of a closed parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedRow {
    /// When and why.
    pub closed: Closed,
    /// Whose it was.
    pub sender: AccountId,
    /// How it was protected.
    pub level: Level,
    /// When it was posted.
    pub posted: Time,
    /// Until when it would have been ready.
    pub expires: Time,
    /// Its sealed bytes.
    pub size: u64,
}

#[derive(FromRow)]
struct ParcelRow {
    sender: String,
    level: i64,
    created: i64,
    posted: Option<i64>,
    expires: Option<i64>,
    size: Option<i64>,
    subject: String,
    message: String,
    notify: i64,
    closed: Option<i64>,
    reason: Option<String>,
    in_reply_to: Option<String>,
}

#[derive(FromRow)]
pub(super) struct RecipientRow {
    address: String,
    notified: Option<i64>,
    bounced: Option<i64>,
    opened: Option<i64>,
    downloaded: Option<i64>,
    left_out: Option<i64>,
    #[sqlx(flatten)]
    keyed: KeyedColumns,
}

impl TryFrom<RecipientRow> for Recipient {
    type Error = Error;
    fn try_from(row: RecipientRow) -> Result<Self, Error> {
        Ok(Self {
            address: parse("recipients.address", &row.address)?,
            notified: time(row.notified),
            bounced: time(row.bounced),
            opened: time(row.opened),
            downloaded: time(row.downloaded),
            dropped: time(row.left_out),
            keyed: row.keyed.keyed()?,
        })
    }
}

#[derive(FromRow)]
struct FileRow {
    id: String,
    size: i64,
}

impl TryFrom<FileRow> for FileObject {
    type Error = Error;
    fn try_from(row: FileRow) -> Result<Self, Error> {
        Ok(Self {
            id: parse("files.id", &row.id)?,
            size: unsigned("files.size", row.size)?,
        })
    }
}

pub(super) fn reason(name: &str) -> Result<Reason, Error> {
    Reason::from_name(name).ok_or_else(|| bad("parcels.reason"))
}

/// The parcel of that id.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn load(sql: &Sql, id: ParcelId) -> Result<Option<Stored>, Error> {
    read(&mut *sql.reader().acquire().await?, id).await
}

/// The parcel of that id, locked until the transaction ends: nobody else changes it meanwhile.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn lock(tx: &mut Tx, id: ParcelId) -> Result<Option<Stored>, Error> {
    let text = "UPDATE parcels SET version = version + 1 WHERE id = $1";
    let done = sqlx::query(text)
        .bind(id.to_string())
        .execute(tx.conn())
        .await?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    read(tx.conn(), id).await
}

async fn read(conn: &mut AnyConnection, id: ParcelId) -> Result<Option<Stored>, Error> {
    let text = "SELECT sender, level, created, posted, expires, size, subject, message, notify, \
                closed, reason, in_reply_to FROM parcels WHERE id = $1";
    let query = sqlx::query_as(text).bind(id.to_string());
    let Some(row): Option<ParcelRow> = query.fetch_optional(&mut *conn).await? else {
        return Ok(None);
    };
    let (sender, level) = (parse("parcels.sender", &row.sender)?, level(row.level)?);
    let in_reply_to = row
        .in_reply_to
        .map(|id| parse("parcels.in_reply_to", &id))
        .transpose()?;
    let (Some(posted), Some(expires), Some(size)) = (time(row.posted), time(row.expires), row.size)
    else {
        let created = Time::from_ms(row.created);
        let files = read_files(conn, id).await?;
        return Ok(Some(Stored::Draft(Draft {
            id,
            sender,
            level,
            created,
            files,
            in_reply_to,
        })));
    };
    if let (Some(at), Some(name)) = (time(row.closed), row.reason) {
        let closed = Closed {
            id,
            at,
            reason: reason(&name)?,
        };
        let size = unsigned("parcels.size", size)?;
        return Ok(Some(Stored::Closed(ClosedRow {
            closed,
            sender,
            level,
            posted,
            expires,
            size,
        })));
    }
    Ok(Some(Stored::Posted(Posted {
        id,
        sender,
        level,
        posted,
        expires,
        subject: row.subject,
        message: row.message,
        notify: row.notify != 0,
        in_reply_to,
        recipients: read_recipients(conn, id).await?,
    })))
}

pub(super) async fn read_recipients(
    conn: &mut AnyConnection,
    id: ParcelId,
) -> Result<Vec<Recipient>, Error> {
    let text = "SELECT r.address, r.notified, r.bounced, r.opened, r.downloaded, r.dropped AS left_out, \
                p.level, r.dropped, r.lost, a.id AS account, \
                k.fingerprint AS current_key, s.account AS stanza_account, s.fingerprint AS stanza_key, \
                s.bytes AS stanza, s.verified, s.tag_a, s.ack, s.at AS stanza_at, \
                c.number AS code_number, c.wrong AS code_wrong, c.tag AS code_tag, \
                c.record AS code_record, c.auth AS code_auth, c.handed AS code_handed \
                FROM recipients r JOIN parcels p ON p.id = r.parcel \
                LEFT JOIN accounts a ON a.folded = r.folded LEFT JOIN keyrings k ON k.account = a.id \
                LEFT JOIN stanzas s ON s.parcel = r.parcel AND s.folded = r.folded \
                LEFT JOIN claim_codes c ON c.parcel = r.parcel AND c.folded = r.folded \
                WHERE r.parcel = $1 ORDER BY r.place";
    let query = sqlx::query_as(text).bind(id.to_string());
    let rows: Vec<RecipientRow> = query.fetch_all(conn).await?;
    rows.into_iter().map(Recipient::try_from).collect()
}

async fn read_files(conn: &mut AnyConnection, id: ParcelId) -> Result<Vec<FileObject>, Error> {
    let query = sqlx::query_as("SELECT id, size FROM files WHERE parcel = $1").bind(id.to_string());
    let rows: Vec<FileRow> = query.fetch_all(conn).await?;
    let mut files: Vec<_> = rows
        .into_iter()
        .map(FileObject::try_from)
        .collect::<Result<_, _>>()?;
    files.sort_unstable_by_key(|file| file.id);
    Ok(files)
}

/// The file objects of a parcel, in the order of their ids; none once they are forgotten.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn files(sql: &Sql, id: ParcelId) -> Result<Vec<FileObject>, Error> {
    read_files(&mut *sql.reader().acquire().await?, id).await
}

/// One file object of a parcel.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn file(sql: &Sql, parcel: ParcelId, id: FileId) -> Result<Option<FileObject>, Error> {
    let query = sqlx::query_as("SELECT id, size FROM files WHERE id = $1 AND parcel = $2");
    let query = query.bind(id.to_string()).bind(parcel.to_string());
    let row: Option<FileRow> = query.fetch_optional(sql.reader()).await?;
    row.map(FileObject::try_from).transpose()
}

/// One file object of a draft of that sender's. Asked for with each part that comes, so it is one
/// row, however many files the draft has.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn file_of_draft(
    sql: &Sql,
    sender: AccountId,
    parcel: ParcelId,
    id: FileId,
) -> Result<Option<FileObject>, Error> {
    let text = "SELECT f.id, f.size FROM files f JOIN parcels p ON p.id = f.parcel \
                WHERE f.id = $1 AND p.id = $2 AND p.sender = $3 AND p.state = 'draft'";
    let query = sqlx::query_as(text).bind(id.to_string());
    let query = query.bind(parcel.to_string()).bind(sender.to_string());
    let row: Option<FileRow> = query.fetch_optional(sql.reader()).await?;
    row.map(FileObject::try_from).transpose()
}
