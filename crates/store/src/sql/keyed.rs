//! What opens a parcel by a key: stanzas, claim codes, and the sender's own.

use depesche_domain::keyed::{
    ClaimCode, Claimed, Keyed, Mode, Person, Released, Stanza, Verified, Waits,
};
use depesche_domain::{AccountId, Address, Level, ParcelId, Time};
use sqlx::FromRow;

use super::database::{Sql, Tx};
use super::keyrings::fingerprint;
use super::people::behind;
use super::value::{bad, hash, level, parse, time, unsigned};
use crate::error::Error;

/// The columns of [`Keyed`] and [`Person`], as every statement that reads recipients names them.
#[derive(FromRow)]
pub(super) struct KeyedColumns {
    level: i64,
    dropped: Option<i64>,
    lost: Option<i64>,
    account: Option<String>,
    current_key: Option<Vec<u8>>,
    stanza_account: Option<String>,
    stanza_key: Option<Vec<u8>>,
    stanza: Option<Vec<u8>>,
    verified: Option<String>,
    tag_a: Option<Vec<u8>>,
    ack: Option<Vec<u8>>,
    stanza_at: Option<i64>,
    code_number: Option<i64>,
    code_wrong: Option<i64>,
    code_tag: Option<Vec<u8>>,
    code_record: Option<Vec<u8>>,
    code_auth: Option<Vec<u8>>,
    code_handed: Option<i64>,
}

fn tag(column: &'static str, bytes: Option<Vec<u8>>) -> Result<Option<[u8; 32]>, Error> {
    let tag = bytes.map(|bytes| bytes.try_into().map_err(|_| bad(column)));
    tag.transpose()
}

impl KeyedColumns {
    fn code(&mut self) -> Result<Option<ClaimCode>, Error> {
        let (Some(number), Some(wrong)) = (self.code_number, self.code_wrong) else {
            return Ok(None);
        };
        let mode = match (self.code_record.take(), self.code_auth.take()) {
            (Some(record), Some(auth)) => Mode::Instant {
                record,
                auth: hash("claim_codes.auth", &auth)?,
                handed: self.code_handed == Some(1),
            },
            _ => Mode::Confirm {
                tag: tag("claim_codes.tag", self.code_tag.take())?,
            },
        };
        Ok(Some(ClaimCode {
            number: unsigned("claim_codes.number", number)?,
            wrong: unsigned("claim_codes.wrong", wrong)?,
            mode,
        }))
    }

    /// Any stanza that is there.
    fn stanza(&mut self) -> Result<Option<Stanza>, Error> {
        let (Some(account), Some(key)) = (self.stanza_account.take(), self.stanza_key.take())
        else {
            return Ok(None);
        };
        Ok(Some(Stanza {
            account: parse("stanzas.account", &account)?,
            fingerprint: fingerprint("stanzas.fingerprint", &key)?,
            bytes: self.stanza.take().unwrap_or_default(),
        }))
    }

    /// At levels 3 and 4 the state; at 1 and 2 none.
    pub(super) fn keyed(mut self) -> Result<Option<Box<(Keyed, Person)>>, Error> {
        let level = level(self.level)?;
        if level < Level::KeyedFiles {
            return Ok(None);
        }
        let person = behind(self.account.as_deref(), self.current_key.as_deref())?;
        if self.dropped.is_some() {
            return Ok(Some(Box::new((Keyed::Ended, person))));
        }
        let at = Time::from_ms(self.stanza_at.unwrap_or_default());
        let keyed = match (self.stanza()?, self.verified.take()) {
            (None, _) => Keyed::Waits(Waits {
                level,
                code: self.code()?,
                lost: time(self.lost),
            }),
            (Some(stanza), Some(verified)) => Keyed::Released(Released {
                level,
                stanza,
                verified: Verified::from_name(&verified).ok_or_else(|| bad("stanzas.verified"))?,
                tag_a: tag("stanzas.tag_a", self.tag_a.take())?,
                at,
            }),
            (Some(stanza), None) => Keyed::Claimed(Claimed {
                level,
                stanza,
                ack: tag("stanzas.ack", self.ack.take())?.ok_or_else(|| bad("stanzas.ack"))?,
                at,
            }),
        };
        Ok(Some(Box::new((keyed, person))))
    }

    /// At level 2 the opener's own stanza, at 3 and 4 whichever is there.
    pub(super) fn any_stanza(&mut self) -> Result<Option<Stanza>, Error> {
        self.stanza()
    }

    pub(super) const fn level(&self) -> i64 {
        self.level
    }

    pub(super) fn person(&self) -> Result<Person, Error> {
        behind(self.account.as_deref(), self.current_key.as_deref())
    }
}

/// Writes what opens a parcel for one recipient. The parcel is locked.
///
/// # Errors
/// [`Error::NotFound`] if there is no such recipient.
pub async fn save(
    tx: &mut Tx,
    parcel: ParcelId,
    address: &Address,
    keyed: &Keyed,
) -> Result<(), Error> {
    forget(tx, parcel, address).await?;
    let (opens, lost) = match keyed {
        Keyed::Waits(waits) => {
            if let Some(code) = &waits.code {
                insert_code(tx, parcel, address, code).await?;
            }
            (false, waits.lost)
        }
        Keyed::Claimed(claimed) => {
            let ack = Some(claimed.ack.as_slice());
            insert_stanza(
                tx,
                (parcel, address),
                &claimed.stanza,
                None,
                (None, ack),
                claimed.at,
            )
            .await?;
            (true, None)
        }
        Keyed::Released(released) => {
            let tags = (released.tag_a.as_ref().map(<[u8; 32]>::as_slice), None);
            let verified = Some(released.verified);
            let to = (parcel, address);
            insert_stanza(tx, to, &released.stanza, verified, tags, released.at).await?;
            (true, None)
        }
        Keyed::Ended => (false, None),
    };
    let text = "UPDATE links SET opens = $3 WHERE parcel = $1 AND folded = $2";
    sqlx::query(text)
        .bind(parcel.to_string())
        .bind(address.folded())
        .bind(i64::from(opens))
        .execute(tx.conn())
        .await?;
    let text = "UPDATE recipients SET lost = $3 WHERE parcel = $1 AND folded = $2";
    sqlx::query(text)
        .bind(parcel.to_string())
        .bind(address.folded())
        .bind(lost.map(Time::ms))
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Destroys stanza and claim code of one recipient.
pub(super) async fn forget(tx: &mut Tx, parcel: ParcelId, address: &Address) -> Result<(), Error> {
    let query = sqlx::query("DELETE FROM stanzas WHERE parcel = $1 AND folded = $2");
    let query = query.bind(parcel.to_string()).bind(address.folded());
    query.execute(tx.conn()).await?;
    let query = sqlx::query("DELETE FROM claim_codes WHERE parcel = $1 AND folded = $2");
    let query = query.bind(parcel.to_string()).bind(address.folded());
    query.execute(tx.conn()).await?;
    Ok(())
}

/// Destroys stanzas and claim codes of a parcel, the sender's own too.
pub(super) async fn forget_all(tx: &mut Tx, parcel: &str) -> Result<(), Error> {
    let query = sqlx::query("DELETE FROM stanzas WHERE parcel = $1");
    query.bind(parcel).execute(tx.conn()).await?;
    let query = sqlx::query("DELETE FROM claim_codes WHERE parcel = $1");
    query.bind(parcel).execute(tx.conn()).await?;
    let text =
        "UPDATE parcels SET own_stanza = NULL, header = NULL, manifest_hash = NULL WHERE id = $1";
    sqlx::query(text).bind(parcel).execute(tx.conn()).await?;
    Ok(())
}

async fn insert_stanza(
    tx: &mut Tx,
    (parcel, address): (ParcelId, &Address),
    stanza: &Stanza,
    verified: Option<Verified>,
    (tag_a, ack): (Option<&[u8]>, Option<&[u8]>),
    at: Time,
) -> Result<(), Error> {
    let text = "INSERT INTO stanzas (parcel, folded, account, fingerprint, bytes, verified, tag_a, ack, at) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    sqlx::query(text)
        .bind(parcel.to_string())
        .bind(address.folded())
        .bind(stanza.account.to_string())
        .bind(stanza.fingerprint.as_bytes().as_slice())
        .bind(&stanza.bytes)
        .bind(verified.map(Verified::name))
        .bind(tag_a.map(<[u8]>::to_vec))
        .bind(ack.map(<[u8]>::to_vec))
        .bind(at.ms())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// At level 2: the opener's own stanza beside the link, in place of an earlier one. The parcel is locked.
///
/// # Errors
/// [`Error::NotFound`] if there is no such recipient.
pub async fn put_own(
    tx: &mut Tx,
    parcel: ParcelId,
    address: &Address,
    stanza: &Stanza,
    at: Time,
) -> Result<(), Error> {
    forget(tx, parcel, address).await?;
    insert_stanza(tx, (parcel, address), stanza, None, (None, None), at).await
}

async fn insert_code(
    tx: &mut Tx,
    parcel: ParcelId,
    address: &Address,
    code: &ClaimCode,
) -> Result<(), Error> {
    let (tag, record, auth, handed) = match &code.mode {
        Mode::Confirm { tag } => (tag.map(|tag| tag.to_vec()), None, None, false),
        Mode::Instant {
            record,
            auth,
            handed,
        } => (
            None,
            Some(record.clone()),
            Some(auth.as_bytes().to_vec()),
            *handed,
        ),
    };
    let text = "INSERT INTO claim_codes (parcel, folded, number, wrong, tag, record, auth, handed) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    sqlx::query(text)
        .bind(parcel.to_string())
        .bind(address.folded())
        .bind(i64::from(code.number))
        .bind(i64::from(code.wrong))
        .bind(tag)
        .bind(record)
        .bind(auth)
        .bind(i64::from(handed))
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// What a sender needs to make one more stanza.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The sender's own stanza.
    pub stanza: Option<Vec<u8>>,
    /// H.
    pub header: Vec<u8>,
    /// SHA-256 of M.
    pub manifest_hash: Vec<u8>,
}

/// Keeps it. The parcel is locked.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn set_sealed(tx: &mut Tx, parcel: ParcelId, sealed: &Sealed) -> Result<(), Error> {
    let text = "UPDATE parcels SET own_stanza = $2, header = $3, manifest_hash = $4 WHERE id = $1";
    sqlx::query(text)
        .bind(parcel.to_string())
        .bind(sealed.stanza.clone())
        .bind(&sealed.header)
        .bind(&sealed.manifest_hash)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// What was kept of a posted parcel; none of one that was posted before there were keys.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sealed(sql: &Sql, parcel: ParcelId) -> Result<Option<Sealed>, Error> {
    let text = "SELECT own_stanza, header, manifest_hash FROM parcels WHERE id = $1";
    let query = sqlx::query_as(text).bind(parcel.to_string());
    type Row = (Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>);
    let row: Option<Row> = query.fetch_optional(sql.reader()).await?;
    Ok(row.and_then(|(stanza, header, manifest_hash)| {
        Some(Sealed {
            stanza,
            header: header?,
            manifest_hash: manifest_hash?,
        })
    }))
}

/// Somebody who waits for a sender's release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRow {
    /// For which parcel.
    pub parcel: ParcelId,
    /// Who.
    pub address: Address,
    /// When it reached the recipient.
    pub since: Time,
    /// What opens it, and who stands behind the address.
    pub keyed: (Keyed, Person),
}

#[derive(FromRow)]
struct WaitingColumns {
    parcel: String,
    address: String,
    since: i64,
    #[sqlx(flatten)]
    keyed: KeyedColumns,
}

/// Who has a key and waits for this sender's release, the longest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn waiting(sql: &Sql, sender: AccountId) -> Result<Vec<WaitingRow>, Error> {
    let text = "SELECT r.parcel, r.address, r.since, p.level, r.dropped, r.lost, a.id AS account, \
                k.fingerprint AS current_key, s.account AS stanza_account, s.fingerprint AS stanza_key, \
                s.bytes AS stanza, s.verified, s.tag_a, s.ack, s.at AS stanza_at, \
                c.number AS code_number, c.wrong AS code_wrong, c.tag AS code_tag, \
                c.record AS code_record, c.auth AS code_auth, c.handed AS code_handed \
                FROM parcels p JOIN recipients r ON r.parcel = p.id \
                JOIN accounts a ON a.folded = r.folded JOIN keyrings k ON k.account = a.id \
                LEFT JOIN stanzas s ON s.parcel = r.parcel AND s.folded = r.folded \
                LEFT JOIN claim_codes c ON c.parcel = r.parcel AND c.folded = r.folded \
                WHERE p.sender = $1 AND p.state = 'posted' AND p.level >= 3 AND r.dropped IS NULL \
                AND (s.account IS NULL OR s.verified IS NULL OR s.account <> a.id) \
                ORDER BY p.posted, r.parcel, r.place";
    let query = sqlx::query_as(text).bind(sender.to_string());
    let rows: Vec<WaitingColumns> = query.fetch_all(sql.reader()).await?;
    let row = |row: WaitingColumns| {
        Ok(WaitingRow {
            parcel: parse("recipients.parcel", &row.parcel)?,
            address: parse("recipients.address", &row.address)?,
            since: Time::from_ms(row.since),
            keyed: *row.keyed.keyed()?.ok_or_else(|| bad("parcels.level"))?,
        })
    };
    rows.into_iter().map(row).collect()
}

/// How many there are of [`waiting`].
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn count_waiting(sql: &Sql, sender: AccountId) -> Result<u64, Error> {
    let text = "SELECT COUNT(*) FROM parcels p JOIN recipients r ON r.parcel = p.id \
                JOIN accounts a ON a.folded = r.folded JOIN keyrings k ON k.account = a.id \
                LEFT JOIN stanzas s ON s.parcel = r.parcel AND s.folded = r.folded \
                WHERE p.sender = $1 AND p.state = 'posted' AND p.level >= 3 AND r.dropped IS NULL \
                AND (s.account IS NULL OR s.verified IS NULL OR s.account <> a.id)";
    let query = sqlx::query_scalar(text).bind(sender.to_string());
    unsigned("count", query.fetch_one(sql.reader()).await?)
}

/// The senders for whose release an address waits, each with the number of deliveries.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn senders_waited_for(
    tx: &mut Tx,
    address: &Address,
) -> Result<Vec<(AccountId, u64)>, Error> {
    let text = "SELECT p.sender, COUNT(*) FROM recipients r JOIN parcels p ON p.id = r.parcel \
                LEFT JOIN stanzas s ON s.parcel = r.parcel AND s.folded = r.folded \
                WHERE r.folded = $1 AND r.dropped IS NULL AND p.state = 'posted' AND p.level >= 3 \
                AND s.account IS NULL GROUP BY p.sender";
    let query = sqlx::query_as(text).bind(address.folded());
    let rows: Vec<(String, i64)> = query.fetch_all(tx.conn()).await?;
    let row = |(sender, count): (String, i64)| {
        Ok((parse("parcels.sender", &sender)?, unsigned("count", count)?))
    };
    rows.into_iter().map(row).collect()
}

/// How many live deliveries an account opens by its key: received, and sent.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn count_opened_by(sql: &Sql, account: AccountId) -> Result<(u64, u64), Error> {
    let text = "SELECT COUNT(*) FROM stanzas WHERE account = $1";
    let query = sqlx::query_scalar(text).bind(account.to_string());
    let received: i64 = query.fetch_one(sql.reader()).await?;
    let text = "SELECT COUNT(*) FROM parcels WHERE sender = $1 AND state = 'posted' AND posted IS NOT NULL \
                AND own_stanza IS NOT NULL";
    let query = sqlx::query_scalar(text).bind(account.to_string());
    let sent: i64 = query.fetch_one(sql.reader()).await?;
    Ok((unsigned("count", received)?, unsigned("count", sent)?))
}

/// The keyring of an account is gone: destroys every stanza for it, its own ones of what it sent, and the tags it
/// handed in. At levels 3 and 4 the recipients are marked as having lost it.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn lose(
    tx: &mut Tx,
    account: AccountId,
    address: &Address,
    at: Time,
) -> Result<(), Error> {
    let text = "UPDATE recipients SET lost = $3 WHERE folded = $2 AND parcel IN \
                (SELECT s.parcel FROM stanzas s JOIN parcels p ON p.id = s.parcel \
                WHERE s.account = $1 AND s.folded = $2 AND p.level >= 3)";
    sqlx::query(text)
        .bind(account.to_string())
        .bind(address.folded())
        .bind(at.ms())
        .execute(tx.conn())
        .await?;
    let text = "UPDATE links SET opens = 0 WHERE folded = $2 AND parcel IN \
                (SELECT s.parcel FROM stanzas s JOIN parcels p ON p.id = s.parcel \
                WHERE s.account = $1 AND s.folded = $2 AND p.level >= 3)";
    sqlx::query(text)
        .bind(account.to_string())
        .bind(address.folded())
        .execute(tx.conn())
        .await?;
    let query = sqlx::query("DELETE FROM stanzas WHERE account = $1");
    query.bind(account.to_string()).execute(tx.conn()).await?;
    let text = "UPDATE parcels SET own_stanza = NULL WHERE sender = $1 AND state = 'posted' \
                AND posted IS NOT NULL AND own_stanza IS NOT NULL";
    sqlx::query(text)
        .bind(account.to_string())
        .execute(tx.conn())
        .await?;
    let query = sqlx::query("UPDATE claim_codes SET tag = NULL WHERE folded = $1");
    query.bind(address.folded()).execute(tx.conn()).await?;
    Ok(())
}
