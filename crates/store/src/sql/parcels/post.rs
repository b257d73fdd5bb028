//! Posted, changed, closed; what happens to recipients.

use depesche_domain::parcel::{Closed, Posted, Recipient, Way};
use depesche_domain::{Address, ParcelId, Time};

use super::draft::forget_going_on;
use crate::error::Error;
use crate::sql::database::Tx;
use crate::sql::keyed;
use crate::sql::value::signed;
use crate::sql::visits::note_used_up;

/// Makes a draft a posted parcel. Its recipients follow by [`insert_recipient`].
///
/// # Errors
/// [`Error::NotFound`] if there is no draft of that id.
pub async fn post(
    tx: &mut Tx,
    posted: &Posted,
    size: u64,
    manifest_size: u64,
) -> Result<(), Error> {
    let text = "UPDATE parcels SET state = 'posted', level = $2, posted = $3, expires = $4, size = $5, \
                manifest_size = $6, subject = $7, message = $8, notify = $9 \
                WHERE id = $1 AND state = 'draft'";
    let done = sqlx::query(text)
        .bind(posted.id.to_string())
        .bind(i64::from(posted.level.number()))
        .bind(posted.posted.ms())
        .bind(posted.expires.ms())
        .bind(signed(size)?)
        .bind(signed(manifest_size)?)
        .bind(&posted.subject)
        .bind(&posted.message)
        .bind(i64::from(posted.notify))
        .execute(tx.conn())
        .await?;
    found(done.rows_affected())?;
    forget_going_on(tx, &posted.id.to_string()).await
}

fn found(rows: u64) -> Result<(), Error> {
    if rows == 0 {
        Err(Error::NotFound)
    } else {
        Ok(())
    }
}

/// Adds a recipient with the way in, in place of a dropped one of the same address, whose visits go. What opens it by
/// a key is that of the recipient's state. The parcel is locked.
///
/// # Errors
/// [`Error::Conflict`] if the address is a recipient already, or the link's id is taken;
/// [`Error::NotFound`] if there is no such parcel.
pub async fn insert_recipient(
    tx: &mut Tx,
    parcel: ParcelId,
    recipient: &Recipient,
    way: &Way,
    at: Time,
) -> Result<(), Error> {
    let (id, folded) = (parcel.to_string(), recipient.address.folded());
    let text = "DELETE FROM links WHERE parcel = $1 AND folded = $2 AND EXISTS (SELECT 1 FROM recipients \
                WHERE parcel = $1 AND folded = $2 AND dropped IS NOT NULL)";
    sqlx::query(text)
        .bind(&id)
        .bind(folded)
        .execute(tx.conn())
        .await?;
    let text = "DELETE FROM recipients WHERE parcel = $1 AND folded = $2 AND dropped IS NOT NULL";
    sqlx::query(text)
        .bind(&id)
        .bind(folded)
        .execute(tx.conn())
        .await?;
    let text = "INSERT INTO recipients (parcel, folded, address, place, notified, bounced, opened, \
                downloaded, dropped, since) SELECT $1, $2, $3, COALESCE(MAX(place) + 1, 0), $4, $5, $6, $7, $8, $9 \
                FROM recipients WHERE parcel = $1 ON CONFLICT (parcel, folded) DO NOTHING";
    let done = sqlx::query(text)
        .bind(&id)
        .bind(folded)
        .bind(recipient.address.as_str())
        .bind(recipient.notified.map(Time::ms))
        .bind(recipient.bounced.map(Time::ms))
        .bind(recipient.opened.map(Time::ms))
        .bind(recipient.downloaded.map(Time::ms))
        .bind(recipient.dropped.map(Time::ms))
        .bind(at.ms())
        .execute(tx.conn())
        .await?;
    if done.rows_affected() == 0 {
        return Err(Error::Conflict);
    }
    insert_way(tx, &id, folded, way).await?;
    if let Some(keyed) = &recipient.keyed {
        keyed::save(tx, parcel, &recipient.address, &keyed.0).await?;
    }
    // There is something left to download now.
    let text = "UPDATE parcels SET used_up = NULL WHERE id = $1";
    sqlx::query(text).bind(&id).execute(tx.conn()).await?;
    Ok(())
}

async fn insert_way(tx: &mut Tx, parcel: &str, folded: &str, way: &Way) -> Result<(), Error> {
    let text = "INSERT INTO links (id, parcel, folded, record, auth, auth2, mailed_code, max_taken) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING";
    let query = sqlx::query(text)
        .bind(way.id().to_string())
        .bind(parcel)
        .bind(folded);
    let query = match way {
        Way::Link(link) => query
            .bind(Some(link.record.clone()))
            .bind(link.auth.as_bytes().to_vec())
            .bind(link.auth2.as_ref().map(|hash| hash.as_bytes().to_vec()))
            .bind(i64::from(link.mailed_code))
            .bind(link.limit.map(i64::from)),
        // No link: nothing proves an empty hash.
        Way::Keyed(keyed) => query
            .bind(None::<Vec<u8>>)
            .bind(Vec::new())
            .bind(None::<Vec<u8>>)
            .bind(0_i64)
            .bind(keyed.limit.map(i64::from)),
    };
    if query.execute(tx.conn()).await?.rows_affected() == 0 {
        return Err(Error::Conflict);
    }
    Ok(())
}

/// Drops a recipient and destroys what the link opens with; its auth stays, so that the visitor is
/// told. The parcel is locked.
///
/// # Errors
/// [`Error::NotFound`] if the address is no recipient, or dropped already.
pub async fn drop_recipient(
    tx: &mut Tx,
    parcel: ParcelId,
    address: &Address,
    at: Time,
) -> Result<(), Error> {
    let id = parcel.to_string();
    let text =
        "UPDATE links SET record = NULL, auth2 = NULL, opens = 0 WHERE parcel = $1 AND folded = $2";
    sqlx::query(text)
        .bind(&id)
        .bind(address.folded())
        .execute(tx.conn())
        .await?;
    let text = "DELETE FROM codes WHERE link IN \
                (SELECT id FROM links WHERE parcel = $1 AND folded = $2)";
    sqlx::query(text)
        .bind(&id)
        .bind(address.folded())
        .execute(tx.conn())
        .await?;
    let text = "UPDATE recipients SET dropped = $3 \
                WHERE parcel = $1 AND folded = $2 AND dropped IS NULL";
    let query = sqlx::query(text)
        .bind(&id)
        .bind(address.folded())
        .bind(at.ms());
    found(query.execute(tx.conn()).await?.rows_affected())?;
    keyed::forget(tx, parcel, address).await?;
    note_used_up(tx, &id).await
}

/// Moves the deadline.
///
/// # Errors
/// [`Error::NotFound`] if there is no posted parcel of that id.
pub async fn extend(tx: &mut Tx, parcel: ParcelId, expires: Time) -> Result<(), Error> {
    let text = "UPDATE parcels SET expires = $2 WHERE id = $1 AND state = 'posted'";
    let query = sqlx::query(text)
        .bind(parcel.to_string())
        .bind(expires.ms());
    found(query.execute(tx.conn()).await?.rows_affected())
}

/// Closes a posted parcel. Subject, message, link records and codes are destroyed; the hashes of
/// the links' auth stay, so that visitors are told; the rows of files stay until their bytes are gone.
///
/// # Errors
/// [`Error::NotFound`] if there is no posted parcel of that id.
pub async fn close(tx: &mut Tx, closed: &Closed) -> Result<(), Error> {
    let id = closed.id.to_string();
    let text = "UPDATE parcels SET state = 'closed', closed = $2, reason = $3, subject = '', \
                message = '', shred = 1 WHERE id = $1 AND state = 'posted'";
    let query = sqlx::query(text)
        .bind(&id)
        .bind(closed.at.ms())
        .bind(closed.reason.name());
    found(query.execute(tx.conn()).await?.rows_affected())?;
    let text = "UPDATE links SET record = NULL, auth2 = NULL, opens = 0 WHERE parcel = $1";
    sqlx::query(text).bind(&id).execute(tx.conn()).await?;
    let text = "DELETE FROM codes WHERE link IN (SELECT id FROM links WHERE parcel = $1)";
    sqlx::query(text).bind(&id).execute(tx.conn()).await?;
    keyed::forget_all(tx, &id).await
}

/// The bytes of a closed parcel are gone: so are the rows of its files.
///
/// # Errors
/// [`Error::NotFound`] if there is no closed parcel of that id.
pub async fn forget_files(tx: &mut Tx, parcel: ParcelId) -> Result<(), Error> {
    let id = parcel.to_string();
    let text = "UPDATE parcels SET shred = 0 WHERE id = $1 AND state = 'closed'";
    found(
        sqlx::query(text)
            .bind(&id)
            .execute(tx.conn())
            .await?
            .rows_affected(),
    )?;
    sqlx::query("DELETE FROM files WHERE parcel = $1")
        .bind(&id)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// What happened to a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The next mail server took the mail; an earlier bounce is forgotten.
    Notified,
    /// The mail came back.
    Bounced,
    /// The letter was opened.
    Opened,
    /// A download was verified.
    Downloaded,
}

/// Notes what happened to a recipient. True the first time, whose time is kept.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn mark(
    tx: &mut Tx,
    parcel: ParcelId,
    address: &Address,
    what: Mark,
    at: Time,
) -> Result<bool, Error> {
    let id = parcel.to_string();
    if what == Mark::Notified {
        let text = "UPDATE recipients SET bounced = NULL \
                    WHERE parcel = $1 AND folded = $2 AND bounced IS NOT NULL";
        sqlx::query(text)
            .bind(&id)
            .bind(address.folded())
            .execute(tx.conn())
            .await?;
    }
    let text = match what {
        Mark::Notified => {
            "UPDATE recipients SET notified = $3 \
             WHERE parcel = $1 AND folded = $2 AND notified IS NULL"
        }
        Mark::Bounced => {
            "UPDATE recipients SET bounced = $3 \
             WHERE parcel = $1 AND folded = $2 AND bounced IS NULL"
        }
        Mark::Opened => {
            "UPDATE recipients SET opened = $3 \
             WHERE parcel = $1 AND folded = $2 AND opened IS NULL"
        }
        Mark::Downloaded => {
            "UPDATE recipients SET downloaded = $3 \
             WHERE parcel = $1 AND folded = $2 AND downloaded IS NULL"
        }
    };
    let query = sqlx::query(text)
        .bind(&id)
        .bind(address.folded())
        .bind(at.ms());
    Ok(query.execute(tx.conn()).await?.rows_affected() == 1)
}
