//! Deliveries as their recipient sees them with a login.

use depesche_domain::effect::Effect;
use depesche_domain::journal::Fact;
use depesche_domain::keyed::{Keyed, Waits};
use depesche_domain::keyring::KeyRecord;
use depesche_domain::parcel::{Posted, Refusal};
use depesche_domain::{Level, ParcelId, Time, keyed as states};
use depesche_store::sql::inbox::{self, Received};
use depesche_store::sql::keyed::{self, Sealed};
use depesche_store::sql::parcels::{self, Stored};
use depesche_store::sql::{Tx, keyrings, people, visits as ways};

use crate::context::Context;
use crate::error::Error;
use crate::filter::{Filter, MOST_READ, Page, Row};
use crate::login::Caller;
use crate::outbox;
use crate::people::lock_keys;
use crate::sealed::{Maker, Released as By, stanza};
use crate::visits::{self, Standing};

/// Rows read at once.
const BATCH: u32 = 200;

fn sift(filter: &Filter, row: &Received) -> bool {
    let closed = row.closed.map(|(_, reason)| reason);
    filter.takes(&Row {
        subject: &row.subject,
        people: vec![row.sender.address.as_str(), &row.sender.name],
        at: row.since,
        size: row.size,
        states: vec![row.recipient.state(closed).name()],
        unread: row.is_unread(),
    })
}

/// A page of what the caller has received, newest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    after: Option<(Time, ParcelId)>,
    limit: u32,
    filter: &Filter,
) -> Result<Page<Received>, Error> {
    let (limit, mut next, mut read) = (limit as usize, after, 0);
    let mut rows = Vec::new();
    while rows.len() < limit && read < MOST_READ {
        let batch = inbox::page(&ctx.store.sql, &caller.account.address, next, BATCH).await?;
        let whole = batch.len() == BATCH as usize;
        for row in batch {
            read += 1;
            next = Some((row.since, row.parcel));
            if sift(filter, &row) {
                rows.push(row);
                if rows.len() == limit {
                    return Ok(Page { rows, next });
                }
            }
        }
        if !whole {
            return Ok(Page { rows, next: None });
        }
    }
    Ok(Page { rows, next })
}

/// Unread deliveries, and recipients who wait for the caller's release.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn counts(ctx: &Context, caller: &Caller) -> Result<(u64, u64), Error> {
    let sql = &ctx.store.sql;
    let unread = inbox::count_unread(sql, &caller.account.address).await?;
    Ok((unread, keyed::count_waiting(sql, caller.account.id).await?))
}

/// A delivery received, with all that its client needs to check and open it.
pub struct Delivery {
    /// As in the list, with message and stanza.
    pub received: Received,
    /// H and SHA-256 of M; none when closed.
    pub sealed: Option<Sealed>,
    /// The sender's records, the oldest epoch first.
    pub sender_records: Vec<KeyRecord>,
    /// Downloads left.
    pub left: Option<u32>,
}

async fn received(ctx: &Context, caller: &Caller, id: ParcelId) -> Result<Received, Error> {
    let found = inbox::item(&ctx.store.sql, &caller.account.address, id).await?;
    found.ok_or(Error::NotFound)
}

/// A delivery received.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn details(ctx: &Context, caller: &Caller, id: ParcelId) -> Result<Delivery, Error> {
    let sql = &ctx.store.sql;
    let received = received(ctx, caller, id).await?;
    let way = ways::of_recipient(sql, id, &caller.account.address).await?;
    let limit = way.and_then(|way| way.limit.map(|limit| limit.saturating_sub(way.taken)));
    Ok(Delivery {
        sealed: keyed::sealed(sql, id).await?,
        sender_records: keyrings::records(sql, received.sender.id).await?,
        left: limit,
        received,
    })
}

/// Marks a delivery as read, or as unread again.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn mark_read(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    read: bool,
) -> Result<(), Error> {
    let seen = read.then(|| ctx.now());
    let mut tx = ctx.store.sql.begin().await?;
    if !inbox::mark_seen(&mut tx, &caller.account.address, id, seen).await? {
        return Err(Error::NotFound);
    }
    Ok(tx.commit().await?)
}

/// The opened delivery.
pub struct Opened {
    /// The visit.
    pub claim: Standing,
    /// Bytes of M.
    pub manifest_size: u64,
    /// M, if it is small.
    pub manifest: Option<Vec<u8>>,
}

/// Opens a delivery with the login: a person's click. The same token again gives the same visit, which then goes on as
/// one by a link.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Closed`], [`Error::Dropped`], [`Error::OpenByLink`]; [`Error::Refused`] with what the
/// caller waits for.
pub async fn open(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    token: &[u8],
) -> Result<Opened, Error> {
    let received = received(ctx, caller, id).await?;
    let way = ways::of_recipient(&ctx.store.sql, id, &caller.account.address).await?;
    let way = way.ok_or(Error::NotFound)?;
    let posted = visits::parcel(ctx, &way).await?;
    if received.stanza.is_none() {
        return Err(match received.recipient.keyed.as_deref() {
            Some((keyed, person)) => waits_for(keyed.opens(person).err()),
            None => Error::OpenByLink,
        });
    }
    let claim = visits::claim_by_login(ctx, &way, token, &caller.account.address).await?;
    Ok(Opened {
        claim,
        manifest_size: received.manifest_size,
        manifest: visits::small_manifest(ctx, posted.id)?,
    })
}

fn waits_for(refusal: Option<states::Refusal>) -> Error {
    match refusal {
        // Told in the words of the person's own keyring.
        Some(states::Refusal::WaitsSealpass | states::Refusal::WaitsRegistration) => {
            depesche_domain::keyring::Refusal::None.into()
        }
        other => Refusal::from(other.unwrap_or(states::Refusal::WaitsRelease)).into(),
    }
}

/// A posted parcel that the caller has received, locked, with the caller's keys.
async fn lock(tx: &mut Tx, caller: &Caller, id: ParcelId) -> Result<(Posted, Keyed), Error> {
    lock_keys(tx, std::iter::once(caller.account.id)).await?;
    let posted = match parcels::lock(tx, id).await? {
        Some(Stored::Posted(posted)) => posted,
        _ => return Err(Error::NotFound),
    };
    let own = posted
        .recipients
        .iter()
        .find(|r| r.address == caller.account.address && r.dropped.is_none())
        .ok_or(Error::NotFound)?;
    let keyed = own.keyed.as_deref().map(|(keyed, _)| keyed.clone());
    let keyed = keyed.unwrap_or(Keyed::Ended);
    Ok((posted, keyed))
}

fn waits(keyed: Keyed) -> Result<Waits, Error> {
    keyed.waits().map_err(|_| Error::NotFound)
}

/// Hands in tag_B for a claim code that the sender confirms.
///
/// # Errors
/// [`Error::NotFound`] without such a code; [`Error::Refused`].
pub async fn register(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    tag_b: [u8; 32],
) -> Result<(), Error> {
    let address = &caller.account.address;
    let mut tx = ctx.store.sql.begin().await?;
    let (_, keyed) = lock(&mut tx, caller, id).await?;
    let person = people::standing(&mut tx, address).await?;
    let waits = match waits(keyed)?.register(&person, tag_b) {
        Err(refusal @ states::Refusal::WaitsSealpass) => return Err(waits_for(Some(refusal))),
        other => other.map_err(Refusal::from)?,
    };
    keyed::save(&mut tx, id, address, &Keyed::Waits(waits)).await?;
    Ok(tx.commit().await?)
}

/// Hands out the record of an instant claim code against its proof. A wrong one is counted.
///
/// # Errors
/// [`Error::NotFound`] without such a code; [`Error::WrongCode`]; [`Error::Refused`] when it is dead.
pub async fn instant(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    auth: &[u8],
) -> Result<Vec<u8>, Error> {
    let address = &caller.account.address;
    let mut tx = ctx.store.sql.begin().await?;
    let (_, keyed) = lock(&mut tx, caller, id).await?;
    let proven = waits(keyed)?.prove(&visits::hash_of(auth));
    let (waits, record) = proven.map_err(Refusal::from)?;
    let left = waits.code.as_ref().map_or(0, |code| code.tries_left());
    keyed::save(&mut tx, id, address, &Keyed::Waits(waits)).await?;
    tx.commit().await?;
    record.ok_or(Error::WrongCode { left })
}

/// The opener's own stanza: at level 2 after the first opening, at 3 and 4 with the acknowledgement of an instant claim
/// code, whose record dies.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Invalid`], [`Error::Refused`].
pub async fn own_stanza(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    bytes: Vec<u8>,
    ack: Option<[u8; 32]>,
) -> Result<(), Error> {
    let (address, now) = (&caller.account.address, ctx.now());
    let own = stanza(bytes.clone(), By::ByOpener)?;
    let sealed = keyed::sealed(&ctx.store.sql, id).await?;
    let sealed = sealed.ok_or(Error::NotFound)?;
    let mut tx = ctx.store.sql.begin().await?;
    let (posted, keyed) = lock(&mut tx, caller, id).await?;
    let person = people::standing(&mut tx, address).await?;
    let fact = Fact::Claimed {
        parcel: id,
        account: caller.account.id,
        fingerprint: own.fingerprint.to_hex(),
    };
    match (posted.level, ack) {
        (Level::Login, None) => {
            let opened = posted.recipients.iter().find(|r| r.address == *address);
            if opened.is_none_or(|r| r.opened.is_none()) {
                return Err(Error::OpenByLink);
            }
            states::fits(&person, &own).map_err(|refusal| match refusal {
                states::Refusal::KeyChanged => Refusal::from(refusal).into(),
                other => waits_for(Some(other)),
            })?;
            keyed::put_own(&mut tx, id, address, &own, now).await?;
        }
        (Level::KeyedFiles | Level::KeyedAll, Some(ack)) => {
            let claimed = keyed.waits().and_then(|w| w.claim(&person, own, ack, now));
            let claimed = claimed.map_err(Refusal::from)?;
            keyed::save(&mut tx, id, address, &Keyed::Claimed(claimed)).await?;
        }
        _ => {
            return Err(Error::Invalid(
                "an instant claim is acknowledged, a link is not",
            ));
        }
    }
    Maker::load(ctx, caller, &sealed).await?.check(&bytes)?;
    let leases = outbox::store(ctx, &mut tx, vec![Effect::Record(fact)]).await?;
    tx.commit().await?;
    drop(leases);
    Ok(())
}
