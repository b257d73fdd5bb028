//! Deliveries as their sender makes, sees and changes them.

use depesche_domain::claim::ClaimState;
use depesche_domain::effect::Arrival;
use depesche_domain::effect::Notice;
use depesche_domain::parcel::{LinkRecord, Posted, Reason, Recipient, Refusal};
use depesche_domain::token::SecretHash;
use depesche_domain::{Account, Address, ClaimId, FileId, Level, LinkId, ParcelId, Time};
use depesche_seal::link::Record;
use depesche_store::blobs::Reader;
use depesche_store::sql::parcels::{self, Stored, Summary};
use depesche_store::sql::{Tx, keyed, people};

use crate::context::Context;
use crate::drafts;
use crate::error::Error;
use crate::filter::{Filter, MOST_READ, Page, Row};
use crate::login::Caller;
use crate::orders::{self, Wanted, WantedOrder};
use crate::outbox;
use crate::people::lock_keys;
use crate::protected::gateway;

/// A delivery as its sender sees it.
pub struct Details {
    /// Which.
    pub id: ParcelId,
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
    /// Sealed bytes.
    pub size: u64,
    /// File objects with sealed sizes; empty when closed.
    pub files: Vec<(FileId, u64)>,
    /// Whether the sender is mailed at first downloads.
    pub notify: bool,
    /// What it answers.
    pub in_reply_to: Option<ParcelId>,
    /// Each recipient.
    pub recipients: Vec<RecipientDetails>,
}

/// A recipient and what happened.
pub struct RecipientDetails {
    /// The recipient.
    pub recipient: Recipient,
    /// The name of the account at the address; empty if there is none.
    pub name: String,
    /// The link, if it opens anything.
    pub link: Option<LinkId>,
    /// Downloads allowed.
    pub limit: Option<u32>,
    /// Downloads running or finished.
    pub taken: u32,
    /// Each device's visit, newest first.
    pub visits: Vec<Visit>,
}

/// One device's visit.
pub struct Visit {
    /// Which.
    pub claim: ClaimId,
    /// The address stated.
    pub stated: String,
    /// Whether a code mailed there was given.
    pub proven: bool,
    /// Where it stands.
    pub state: ClaimState,
    /// When the letter was opened.
    pub opened: Time,
    /// When the first file was verified.
    pub committed: Option<Time>,
    /// Files verified.
    pub receipts: Vec<(FileId, Time)>,
}

/// Takes a link record in: it must be one, for this id, and its flags say what it asks for.
///
/// # Errors
/// [`Error::Invalid`].
pub fn link_record(
    id: LinkId,
    record: Vec<u8>,
    auth: &[u8],
    auth2: Option<&[u8]>,
    limit: Option<u32>,
) -> Result<LinkRecord, Error> {
    let parsed =
        Record::parse(&record).map_err(|_| Error::Invalid("this is not the record of a link"))?;
    let head = parsed.head();
    let hash = |bytes: &[u8]| {
        let bytes: Result<[u8; 32], _> = bytes.try_into();
        bytes
            .map(SecretHash::from_bytes)
            .map_err(|_| Error::Invalid("the hash of a link's proof has 32 bytes"))
    };
    if head.id.as_bytes() != id.as_bytes()
        || head.password.is_some() != auth2.is_some()
        || limit == Some(0)
    {
        return Err(Error::Invalid(
            "the record of the link does not fit what is said of it",
        ));
    }
    let mailed_code = head.mailed_code;
    Ok(LinkRecord {
        id,
        record,
        auth: hash(auth)?,
        auth2: auth2.map(hash).transpose()?,
        mailed_code,
        limit,
    })
}

/// Posts a draft. Answered only when all bytes, the folder and the row are on disk. A parcel that is
/// posted already is given as it is: the answer to the first try may have been lost.
///
/// # Errors
/// [`Error::Refused`] with [`Refusal::Incomplete`] if something is missing, or by policy.
pub async fn post(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    mut wanted: WantedOrder,
) -> Result<Details, Error> {
    let draft = match drafts::load(ctx, caller, id).await {
        Err(Error::Refused(Refusal::AlreadyPosted)) => return details(ctx, caller, id).await,
        other => other?,
    };
    let manifest_size = drafts::complete(ctx, &draft)?;
    let (size, level) = (draft.size(), draft.level);
    let now = ctx.now();
    let mut recipients = orders::read(ctx, std::mem::take(&mut wanted.recipients))?;
    let own = wanted.own_stanza.take();
    let sealed_with = orders::sealed(ctx, caller, id, (level, own, &recipients)).await?;
    let answered = match draft.in_reply_to {
        Some(parcel) => Some(orders::answered(ctx, caller, parcel).await?),
        None => None,
    };
    let mut tx = ctx.store.sql.begin().await?;
    lock_keys(&mut tx, orders::keys(&recipients)).await?;
    let draft = match parcels::lock(&mut tx, id).await? {
        Some(Stored::Draft(draft)) => draft,
        Some(Stored::Posted(_)) => {
            drop(tx);
            return details(ctx, caller, id).await;
        }
        _ => return Err(Error::NotFound),
    };
    orders::stand(ctx, &mut tx, &mut recipients).await?;
    let ways: Vec<_> = recipients.iter().map(|r| r.way.clone()).collect();
    let invited = orders::invited(&recipients);
    let mut order = orders::order(wanted, recipients);
    order.answered = answered;
    let sealed = draft.seal(true)?;
    let (posted, effects) = sealed.post(order, &caller.account, now, &ctx.settings.policy)?;
    parcels::post(&mut tx, &posted, size, manifest_size).await?;
    keyed::set_sealed(&mut tx, id, &sealed_with).await?;
    for (recipient, way) in posted.recipients.iter().zip(&ways) {
        parcels::insert_recipient(&mut tx, id, recipient, way, now).await?;
    }
    orders::invite(&mut tx, invited, &posted, now).await?;
    let leases = outbox::store(ctx, &mut tx, effects).await?;
    tx.commit().await?;
    drop(leases);
    ctx.wake_worker();
    details(ctx, caller, id).await
}

/// Locks a posted parcel of the caller's.
pub(crate) async fn lock(tx: &mut Tx, caller: &Caller, id: ParcelId) -> Result<Posted, Error> {
    match parcels::lock(tx, id).await? {
        Some(Stored::Posted(posted)) if posted.sender == caller.account.id => Ok(posted),
        Some(Stored::Draft(draft)) if draft.sender == caller.account.id => {
            Err(Refusal::NotPosted.into())
        }
        Some(Stored::Closed(row)) if row.sender == caller.account.id => Err(Error::Closed {
            reason: row.closed.reason,
            at: row.closed.at,
            sender: None,
        }),
        _ => Err(Error::NotFound),
    }
}

/// Withdraws: from now on nothing opens; keys and bytes are destroyed.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Closed`].
pub async fn withdraw(ctx: &Context, caller: &Caller, id: ParcelId) -> Result<Details, Error> {
    let mut tx = ctx.store.sql.begin().await?;
    let posted = lock(&mut tx, caller, id).await?;
    close(ctx, tx, posted, Reason::Withdrawn).await?;
    details(ctx, caller, id).await
}

/// Closes a locked parcel in its transaction.
pub(crate) async fn close(
    ctx: &Context,
    mut tx: Tx,
    posted: Posted,
    reason: Reason,
) -> Result<(), Error> {
    let told = gateway::close(ctx, &mut tx, &posted, reason).await?;
    let (closed, mut effects) = posted.close(reason, ctx.now());
    effects.extend(told);
    parcels::close(&mut tx, &closed).await?;
    let leases = outbox::store(ctx, &mut tx, effects).await?;
    tx.commit().await?;
    drop(leases);
    ctx.wake_worker();
    Ok(())
}

/// Moves the deadline.
///
/// # Errors
/// [`Error::Refused`], [`Error::NotFound`], [`Error::Closed`].
pub async fn extend(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    until: Time,
) -> Result<Details, Error> {
    let mut tx = ctx.store.sql.begin().await?;
    let posted = lock(&mut tx, caller, id).await?;
    let (posted, effects) = posted.extend(until, ctx.now(), &ctx.settings.policy)?;
    parcels::extend(&mut tx, id, posted.expires).await?;
    let leases = outbox::store(ctx, &mut tx, effects).await?;
    tx.commit().await?;
    drop(leases);
    details(ctx, caller, id).await
}

/// Adds recipients with their links, made by the sender's client over the same sealed contents.
///
/// # Errors
/// [`Error::Refused`], [`Error::NotFound`], [`Error::Closed`], [`Error::Conflict`] if a link id is taken.
pub async fn add_recipients(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    new: Vec<Wanted>,
) -> Result<Details, Error> {
    let now = ctx.now();
    let mut new = orders::read(ctx, new)?;
    let mut tx = ctx.store.sql.begin().await?;
    lock_keys(&mut tx, orders::keys(&new)).await?;
    let posted = lock(&mut tx, caller, id).await?;
    if let Some(sealed) = keyed::sealed(&ctx.store.sql, id).await? {
        orders::check_releases(ctx, caller, &new, &sealed).await?;
    }
    orders::stand(ctx, &mut tx, &mut new).await?;
    let ways: Vec<_> = new
        .iter()
        .map(|r| (r.address.clone(), r.way.clone()))
        .collect();
    let invited = orders::invited(&new);
    let (posted, effects) = posted.add(new, &caller.account, now)?;
    for (address, way) in &ways {
        let recipient = posted.recipients.iter().find(|r| r.address == *address);
        let recipient = recipient.ok_or(Error::NotFound)?;
        parcels::insert_recipient(&mut tx, id, recipient, way, now).await?;
    }
    orders::invite(&mut tx, invited, &posted, now).await?;
    let leases = outbox::store(ctx, &mut tx, effects).await?;
    tx.commit().await?;
    drop(leases);
    ctx.wake_worker();
    details(ctx, caller, id).await
}

/// Drops a recipient: the link opens nothing any more, a waiting mail is shredded.
///
/// # Errors
/// [`Error::Refused`], [`Error::NotFound`], [`Error::Closed`].
pub async fn drop_recipient(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    address: &Address,
) -> Result<Details, Error> {
    let now = ctx.now();
    let mut tx = ctx.store.sql.begin().await?;
    let posted = lock(&mut tx, caller, id).await?;
    let (_, effects) = posted.drop_recipient(address, now)?;
    parcels::drop_recipient(&mut tx, id, address, now).await?;
    depesche_store::sql::outbox::of_recipient_delete(&mut tx, id, address).await?;
    let leases = outbox::store(ctx, &mut tx, effects).await?;
    tx.commit().await?;
    drop(leases);
    ctx.wake_worker();
    details(ctx, caller, id).await
}

/// Sends notifications again; subject and message are those that are kept.
///
/// # Errors
/// [`Error::Refused`], [`Error::NotFound`], [`Error::Closed`].
pub async fn resend(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    notices: Vec<(Address, Notice)>,
) -> Result<Details, Error> {
    let links = parcels::links(&ctx.store.sql, id).await?;
    let mut tx = ctx.store.sql.begin().await?;
    let posted = lock(&mut tx, caller, id).await?;
    let mut effects = Vec::new();
    for (address, mut notice) in notices {
        let link = links
            .iter()
            .find(|link| link.address == address && !link.dropped);
        let link = link.ok_or(Refusal::NotARecipient)?;
        notice.subject.clone_from(&posted.subject);
        notice.message.clone_from(&posted.message);
        let (arrival, invited) = if posted.level >= Level::KeyedFiles {
            orders::arrival(ctx, &mut tx, &posted, &address).await?
        } else {
            let (link, login) = (link.id.to_string(), posted.level == Level::Login);
            (Arrival::Link { link, login }, None)
        };
        let invited = invited.into_iter().collect();
        orders::invite(&mut tx, invited, &posted, ctx.now()).await?;
        effects.extend(posted.resend(&address, arrival, notice, &caller.account)?);
    }
    let leases = outbox::store(ctx, &mut tx, effects).await?;
    tx.commit().await?;
    drop(leases);
    ctx.wake_worker();
    details(ctx, caller, id).await
}

fn sift(filter: &Filter, row: &Summary) -> bool {
    let reason = row.closed.map(|(_, reason)| reason);
    let people = row.recipients.iter();
    let people = people.flat_map(|one| [one.recipient.address.as_str(), &one.name]);
    let to = row.recipients.iter().map(|one| &one.recipient);
    filter.takes(&Row {
        subject: &row.subject,
        people: people.collect(),
        at: row.posted,
        size: row.size,
        states: to.map(|r| r.state(reason).name()).collect(),
        unread: true,
    })
}

/// A page of what the caller has sent, newest first; `after` = the last one of the page before.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(
    ctx: &Context,
    caller: &Caller,
    after: Option<(Time, ParcelId)>,
    limit: u32,
    filter: &Filter,
) -> Result<Page<Summary>, Error> {
    let (limit, mut next, mut read) = (limit.clamp(1, 200), after, 0);
    let mut rows = Vec::new();
    while rows.len() < limit as usize && read < MOST_READ {
        let batch = parcels::page(&ctx.store.sql, caller.account.id, next, limit).await?;
        let whole = batch.len() == limit as usize;
        for row in batch {
            read += 1;
            next = Some((row.posted, row.id));
            if sift(filter, &row) {
                rows.push(row);
                if rows.len() == limit as usize {
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

/// A delivery of the caller's with all that happened to it.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn details(ctx: &Context, caller: &Caller, id: ParcelId) -> Result<Details, Error> {
    let sql = &ctx.store.sql;
    let stored = parcels::details(sql, id).await?.ok_or(Error::NotFound)?;
    if stored.sender != caller.account.id {
        return Err(Error::NotFound);
    }
    let links = parcels::links(sql, id).await?;
    let mut visits = parcels::visits(sql, id).await?;
    let names = people::names(sql, id).await?;
    let now = ctx.now();
    let mut recipients = Vec::with_capacity(stored.recipients.len());
    for recipient in stored.recipients {
        let link = links.iter().find(|link| link.address == recipient.address);
        let (own, others) = visits
            .into_iter()
            .partition(|visit| visit.address == recipient.address);
        visits = others;
        recipients.push(RecipientDetails {
            link: link
                .filter(|link| link.record.is_some())
                .map(|link| link.id),
            limit: link.and_then(|link| link.limit),
            taken: link.map_or(0, |link| link.taken),
            visits: own.into_iter().map(|row| visit(row, now)).collect(),
            name: names
                .iter()
                .find(|(folded, _)| folded == recipient.address.folded())
                .map_or_else(String::new, |(_, name)| name.clone()),
            recipient,
        });
    }
    let files = if stored.closed.is_some() {
        Vec::new()
    } else {
        parcels::files(sql, id).await?
    };
    Ok(Details {
        id,
        level: stored.level,
        subject: stored.subject,
        message: stored.message,
        posted: stored.posted,
        expires: stored.expires,
        closed: stored.closed,
        size: stored.size,
        files: files.into_iter().map(|file| (file.id, file.size)).collect(),
        notify: stored.notify,
        in_reply_to: stored.in_reply_to,
        recipients,
    })
}

fn visit(row: parcels::VisitRow, now: Time) -> Visit {
    Visit {
        claim: row.claim,
        stated: row.stated,
        proven: row.proven,
        state: row.state.at(now),
        opened: row.opened,
        committed: row.committed,
        receipts: row.receipts,
    }
}

/// The sealed manifest of a posted parcel of the caller's: with it and the parcel key that his client
/// keeps, recipients are added.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Closed`].
pub async fn manifest(ctx: &Context, caller: &Caller, id: ParcelId) -> Result<Reader, Error> {
    match parcels::load(&ctx.store.sql, id).await? {
        Some(Stored::Posted(posted)) if posted.sender == caller.account.id => {
            Ok(ctx.store.blobs.manifest(id)?)
        }
        Some(Stored::Closed(row)) if row.sender == caller.account.id => Err(Error::Closed {
            reason: row.closed.reason,
            at: row.closed.at,
            sender: None,
        }),
        _ => Err(Error::NotFound),
    }
}

/// Who wrote a parcel: the account that sent it, or of attachments of a protected mail the mail's sender.
pub(crate) async fn sender(ctx: &Context, posted: &Posted) -> Result<Account, Error> {
    let found = gateway::sender(ctx, posted.id, posted.sender).await?;
    found.ok_or(Error::NotFound)
}
