//! The gateway's queue: mails, and one row for each of their recipients.

use depesche_domain::mail::{Kind, NewRow, Row, State, Treatment};
use depesche_domain::{MailId, Time};
use sqlx::FromRow;

use super::database::{Sql, Tx};
use super::rows::{ROWS, for_rows};
use super::value::{bad, parse, signed, unsigned};
use crate::error::Error;

mod known;

pub use known::{is_thread, note_seen, note_thread, sweep_seen, sweep_threads};

/// A mail, sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Stored {
    /// Which.
    pub id: MailId,
    /// The hour whose key wraps its key.
    pub hour: i64,
    /// Its own key, wrapped.
    pub wrapped: Vec<u8>,
    /// The text, sealed; none = a file of that id.
    pub payload: Option<Vec<u8>>,
    /// Bytes of the text.
    pub size: u64,
    /// Whence it comes.
    pub kind: Kind,
    /// Whereto failures go; empty = nobody.
    pub sender: String,
    /// Sender and wishes as JSON.
    pub envelope: String,
    /// SHA-256 of its Message-ID.
    pub thread: Option<Vec<u8>>,
    /// When it was taken in.
    pub received: Time,
}

/// What changes for one recipient that waits on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Where it stands.
    pub state: State,
    /// When it is looked at next.
    pub due: Time,
    /// How often it was tried.
    pub attempts: u32,
    /// The sender knows that it is late.
    pub told_late: bool,
    /// What was said last.
    pub reply: Option<String>,
}

/// One line of the list for administrators.
#[derive(Clone, PartialEq, Eq)]
pub struct Listed {
    /// The recipient's part.
    pub row: Row,
    /// Whence the mail comes.
    pub kind: Kind,
    /// Whereto failures go; empty = nobody.
    pub sender: String,
    /// Bytes of the text.
    pub size: u64,
}

#[derive(FromRow)]
struct MailRow {
    id: String,
    hour: i64,
    wrapped: Vec<u8>,
    payload: Option<Vec<u8>>,
    size: i64,
    kind: String,
    sender: String,
    envelope: String,
    thread: Option<Vec<u8>>,
    received: i64,
}

fn kind(word: &str) -> Result<Kind, Error> {
    Kind::parse(word).ok_or_else(|| bad("mails.kind"))
}

impl TryFrom<MailRow> for Stored {
    type Error = Error;
    fn try_from(row: MailRow) -> Result<Self, Error> {
        Ok(Self {
            id: parse("mails.id", &row.id)?,
            hour: row.hour,
            wrapped: row.wrapped,
            payload: row.payload,
            size: unsigned("mails.size", row.size)?,
            kind: kind(&row.kind)?,
            sender: row.sender,
            envelope: row.envelope,
            thread: row.thread,
            received: Time::from_ms(row.received),
        })
    }
}

#[derive(FromRow)]
struct RecipientRow {
    mail: String,
    position: i64,
    address: String,
    folded: String,
    bcc: i64,
    notify: Option<String>,
    orcpt: Option<String>,
    treatment: String,
    state: String,
    due: i64,
    attempts: i64,
    since: i64,
    told_late: i64,
    reply: Option<String>,
}

impl TryFrom<RecipientRow> for Row {
    type Error = Error;
    fn try_from(row: RecipientRow) -> Result<Self, Error> {
        Ok(Self {
            mail: parse("mail_rows.mail", &row.mail)?,
            position: unsigned("mail_rows.position", row.position)?,
            address: row.address,
            folded: row.folded,
            bcc: row.bcc != 0,
            notify: row.notify,
            orcpt: row.orcpt,
            treatment: Treatment::parse(&row.treatment)
                .ok_or_else(|| bad("mail_rows.treatment"))?,
            state: State::parse(&row.state).ok_or_else(|| bad("mail_rows.state"))?,
            due: Time::from_ms(row.due),
            attempts: unsigned("mail_rows.attempts", row.attempts)?,
            since: Time::from_ms(row.since),
            told_late: row.told_late != 0,
            reply: row.reply,
        })
    }
}

#[derive(FromRow)]
struct ListRow {
    #[sqlx(flatten)]
    row: RecipientRow,
    kind: String,
    sender: String,
    size: i64,
}

/// Adds mails; their rows follow in the same transaction.
///
/// # Errors
/// [`Error::Conflict`] if an id is taken.
pub async fn insert(tx: &mut Tx, mails: &[&Stored]) -> Result<(), Error> {
    for mails in mails.chunks(ROWS) {
        let text = "INSERT INTO mails (id, hour, wrapped, payload, size, kind, sender, envelope, thread, received) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING";
        let mut query = sqlx::query(for_rows(text, mails.len()));
        for mail in mails {
            query = query
                .bind(mail.id.to_string())
                .bind(mail.hour)
                .bind(&mail.wrapped)
                .bind(&mail.payload)
                .bind(signed(mail.size)?)
                .bind(mail.kind.name())
                .bind(&mail.sender)
                .bind(&mail.envelope)
                .bind(&mail.thread)
                .bind(mail.received.ms());
        }
        all_new(query.execute(tx.conn()).await?.rows_affected(), mails.len())?;
    }
    Ok(())
}

/// A recipient of a mail, due at once.
pub struct Recipient<'a> {
    /// Of which mail.
    pub mail: MailId,
    /// Its place among the mail's recipients, from 0.
    pub position: u32,
    /// Who.
    pub row: &'a NewRow,
    /// Since when.
    pub now: Time,
}

/// Adds recipients.
///
/// # Errors
/// [`Error::Conflict`] if a position is taken.
pub async fn insert_rows(tx: &mut Tx, rows: &[Recipient<'_>]) -> Result<(), Error> {
    for rows in rows.chunks(ROWS) {
        let text = "INSERT INTO mail_rows (mail, position, address, folded, bcc, notify, orcpt, treatment, state, \
             due, since) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING";
        let mut query = sqlx::query(for_rows(text, rows.len()));
        for Recipient {
            mail,
            position,
            row,
            now,
        } in rows
        {
            query = query
                .bind(mail.to_string())
                .bind(i64::from(*position))
                .bind(&row.address)
                .bind(&row.folded)
                .bind(i64::from(row.bcc))
                .bind(&row.notify)
                .bind(&row.orcpt)
                .bind(row.treatment.name())
                .bind(row.state().name())
                .bind(now.ms())
                .bind(now.ms());
        }
        all_new(query.execute(tx.conn()).await?.rows_affected(), rows.len())?;
    }
    Ok(())
}

fn all_new(inserted: u64, of: usize) -> Result<(), Error> {
    if inserted == of as u64 {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

/// Those of these mails that are there.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn load(sql: &Sql, ids: &[MailId]) -> Result<Vec<Stored>, Error> {
    let mut found = Vec::new();
    for ids in ids.chunks(ROWS) {
        let text = "SELECT id, hour, wrapped, payload, size, kind, sender, envelope, thread, received \
             FROM mails WHERE id IN (VALUES ($1))";
        let mut query = sqlx::query_as(for_rows(text, ids.len()));
        for id in ids {
            query = query.bind(id.to_string());
        }
        let rows: Vec<MailRow> = query.fetch_all(sql.reader()).await?;
        for row in rows {
            found.push(row.try_into()?);
        }
    }
    Ok(found)
}

/// Recipients that stand in one of these states, at most four, and are due; of each state at most so many, the longest due
/// first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn due(sql: &Sql, states: &[State], now: Time, limit: u32) -> Result<Vec<Row>, Error> {
    let text = "SELECT * FROM (SELECT mail, position, address, folded, bcc, notify, orcpt, treatment, state, due, attempts, \
                since, told_late, reply FROM mail_rows WHERE state = $3 AND due <= $1 ORDER BY due LIMIT $2) AS due_1 UNION ALL \
                SELECT * FROM (SELECT mail, position, address, folded, bcc, notify, orcpt, treatment, state, due, attempts, \
                since, told_late, reply FROM mail_rows WHERE state = $4 AND due <= $1 ORDER BY due LIMIT $2) AS due_2 UNION ALL \
                SELECT * FROM (SELECT mail, position, address, folded, bcc, notify, orcpt, treatment, state, due, attempts, \
                since, told_late, reply FROM mail_rows WHERE state = $5 AND due <= $1 ORDER BY due LIMIT $2) AS due_3 UNION ALL \
                SELECT * FROM (SELECT mail, position, address, folded, bcc, notify, orcpt, treatment, state, due, attempts, \
                since, told_late, reply FROM mail_rows WHERE state = $6 AND due <= $1 ORDER BY due LIMIT $2) AS due_4";
    let mut query = sqlx::query_as(text).bind(now.ms()).bind(i64::from(limit));
    for place in 0..4 {
        query = query.bind(states.get(place).map(|state| state.name()));
    }
    let rows: Vec<RecipientRow> = query.fetch_all(sql.reader()).await?;
    rows.into_iter().map(Row::try_from).collect()
}

/// The recipients of a mail that are due, in their order.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn due_of(sql: &Sql, mail: MailId, now: Time) -> Result<Vec<Row>, Error> {
    let text = "SELECT mail, position, address, folded, bcc, notify, orcpt, treatment, state, due, attempts, \
                since, told_late, reply FROM mail_rows WHERE mail = $1 AND due <= $2 ORDER BY position";
    let query = sqlx::query_as(text).bind(mail.to_string()).bind(now.ms());
    let rows: Vec<RecipientRow> = query.fetch_all(sql.reader()).await?;
    rows.into_iter().map(Row::try_from).collect()
}

/// When the next recipient that stands there is due after `now`.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn next_due(sql: &Sql, state: State, now: Time) -> Result<Option<Time>, Error> {
    let text = "SELECT due FROM mail_rows WHERE state = $1 AND due > $2 ORDER BY due LIMIT 1";
    let due: Option<i64> = sqlx::query_scalar(text)
        .bind(state.name())
        .bind(now.ms())
        .fetch_optional(sql.reader())
        .await?;
    Ok(due.map(Time::from_ms))
}

/// A recipient waits on. False if it is gone.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn wait(tx: &mut Tx, mail: MailId, position: u32, wait: &Wait) -> Result<bool, Error> {
    let text = "UPDATE mail_rows SET state = $3, due = $4, attempts = $5, told_late = $6, reply = $7 \
                WHERE mail = $1 AND position = $2";
    let query = sqlx::query(text)
        .bind(mail.to_string())
        .bind(i64::from(position))
        .bind(wait.state.name())
        .bind(wait.due.ms())
        .bind(i64::from(wait.attempts))
        .bind(i64::from(wait.told_late))
        .bind(&wait.reply);
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// A recipient gets the text of another mail from now on, due at once. False if it is gone.
///
/// # Errors
/// [`Error::Conflict`] if that mail has a recipient at this position, [`Error::NotFound`] if there is no such mail.
pub async fn replace(
    tx: &mut Tx,
    mail: MailId,
    position: u32,
    by: MailId,
    now: Time,
) -> Result<bool, Error> {
    let text = "UPDATE mail_rows SET mail = $3, state = 'queued', due = $4, attempts = 0, reply = NULL \
                WHERE mail = $1 AND position = $2";
    let query = sqlx::query(text)
        .bind(mail.to_string())
        .bind(i64::from(position))
        .bind(by.to_string())
        .bind(now.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// These recipients have ended; those that are gone stay so.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn end(tx: &mut Tx, rows: &[(MailId, u32)]) -> Result<(), Error> {
    for rows in rows.chunks(ROWS) {
        let text = "DELETE FROM mail_rows WHERE (mail, position) IN \
             (SELECT column1, CAST(column2 AS BIGINT) FROM (VALUES ($1, $2)) AS ended)";
        let mut query = sqlx::query(for_rows(text, rows.len()));
        for (mail, position) in rows {
            query = query.bind(mail.to_string()).bind(i64::from(*position));
        }
        query.execute(tx.conn()).await?;
    }
    Ok(())
}

/// Destroys those of these mails that have no recipient left. Gives the ones of which a file is to be removed as well.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn delete_ended(tx: &mut Tx, mails: &[MailId]) -> Result<Vec<MailId>, Error> {
    let mut files = Vec::new();
    for mails in mails.chunks(ROWS) {
        let text = "DELETE FROM mails WHERE id IN (VALUES ($1)) \
             AND NOT EXISTS (SELECT 1 FROM mail_rows WHERE mail_rows.mail = mails.id) \
             RETURNING id, CASE WHEN payload IS NULL THEN 1 ELSE 0 END";
        let mut query = sqlx::query_as(for_rows(text, mails.len()));
        for mail in mails {
            query = query.bind(mail.to_string());
        }
        let ended: Vec<(String, i64)> = query.fetch_all(tx.conn()).await?;
        for (id, _) in ended.iter().filter(|(_, is_file)| *is_file != 0) {
            files.push(parse("mails.id", id)?);
        }
    }
    Ok(files)
}

/// One recipient of a mail.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn row(tx: &mut Tx, mail: MailId, position: u32) -> Result<Option<Row>, Error> {
    let text = "SELECT mail, position, address, folded, bcc, notify, orcpt, treatment, state, due, attempts, \
                since, told_late, reply FROM mail_rows WHERE mail = $1 AND position = $2";
    let query = sqlx::query_as(text)
        .bind(mail.to_string())
        .bind(i64::from(position));
    let row: Option<RecipientRow> = query.fetch_optional(tx.conn()).await?;
    row.map(Row::try_from).transpose()
}

/// What waits for a password of this recipient is looked at now. Gives how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn wake_held(tx: &mut Tx, folded: &str, now: Time) -> Result<u64, Error> {
    let text = "UPDATE mail_rows SET state = 'convert', due = $2 WHERE folded = $1 AND state = 'hold_password'";
    let query = sqlx::query(text).bind(folded).bind(now.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected())
}

/// How many mails wait for a password of this recipient.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn held(sql: &Sql, folded: &str) -> Result<u64, Error> {
    let text = "SELECT COUNT(*) FROM mail_rows WHERE folded = $1 AND state = 'hold_password'";
    let count = sqlx::query_scalar(text)
        .bind(folded)
        .fetch_one(sql.reader())
        .await?;
    unsigned("count", count)
}

/// Whose mails wait for a password of this recipient; nobody twice.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn held_senders(sql: &Sql, folded: &str) -> Result<Vec<String>, Error> {
    let text = "SELECT DISTINCT m.sender FROM mail_rows r JOIN mails m ON m.id = r.mail \
                WHERE r.folded = $1 AND r.state = 'hold_password'";
    Ok(sqlx::query_scalar(text)
        .bind(folded)
        .fetch_all(sql.reader())
        .await?)
}

/// A page of all recipients, the oldest first, behind that one.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(sql: &Sql, after: (Time, &str, u32), limit: u32) -> Result<Vec<Listed>, Error> {
    let text = "SELECT r.mail, r.position, r.address, r.folded, r.bcc, r.notify, r.orcpt, r.treatment, r.state, \
                r.due, r.attempts, r.since, r.told_late, r.reply, m.kind, m.sender, m.size \
                FROM mail_rows r JOIN mails m ON m.id = r.mail \
                WHERE r.since >= $1 AND (r.since > $1 OR r.mail > $2 OR (r.mail = $2 AND r.position > $3)) \
                ORDER BY r.since, r.mail, r.position LIMIT $4";
    let query = sqlx::query_as(text)
        .bind(after.0.ms())
        .bind(after.1)
        .bind(i64::from(after.2))
        .bind(i64::from(limit));
    let rows: Vec<ListRow> = query.fetch_all(sql.reader()).await?;
    let listed = |row: ListRow| {
        Ok(Listed {
            row: row.row.try_into()?,
            kind: kind(&row.kind)?,
            sender: row.sender,
            size: unsigned("mails.size", row.size)?,
        })
    };
    rows.into_iter().map(listed).collect()
}

/// How many recipients stand where, and when the oldest of their mails was taken in.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn counts(sql: &Sql) -> Result<Vec<(State, u64, Time)>, Error> {
    let text = "SELECT r.state, COUNT(*), MIN(m.received) FROM mail_rows r JOIN mails m ON m.id = r.mail \
                GROUP BY r.state";
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(text).fetch_all(sql.reader()).await?;
    let count = |(state, count, oldest): (String, i64, i64)| {
        let state = State::parse(&state).ok_or_else(|| bad("mail_rows.state"))?;
        Ok((state, unsigned("count", count)?, Time::from_ms(oldest)))
    };
    rows.into_iter().map(count).collect()
}

/// One recipient is due now. False if it is gone.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn hurry(tx: &mut Tx, mail: MailId, position: u32, now: Time) -> Result<bool, Error> {
    let text = "UPDATE mail_rows SET due = $3 WHERE mail = $1 AND position = $2";
    let query = sqlx::query(text)
        .bind(mail.to_string())
        .bind(i64::from(position))
        .bind(now.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}

/// Everything that is tried again later is due now. Gives how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn hurry_all(tx: &mut Tx, now: Time) -> Result<u64, Error> {
    let text = "UPDATE mail_rows SET due = $1 WHERE state IN ('queued', 'hold_error') AND due > $1";
    let query = sqlx::query(text).bind(now.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected())
}

/// The hours whose keys are still needed, ascending.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn hours(sql: &Sql) -> Result<Vec<i64>, Error> {
    let text = "SELECT DISTINCT hour FROM mails ORDER BY hour";
    Ok(sqlx::query_scalar(text).fetch_all(sql.reader()).await?)
}

/// The mails whose text is a file.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn in_files(sql: &Sql) -> Result<Vec<MailId>, Error> {
    let text = "SELECT id FROM mails WHERE payload IS NULL";
    let ids: Vec<String> = sqlx::query_scalar(text).fetch_all(sql.reader()).await?;
    ids.iter().map(|id| parse("mails.id", id)).collect()
}
