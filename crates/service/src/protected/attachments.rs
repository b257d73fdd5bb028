//! Attachments of protected mails: parcels of level 1 that the gateway seals and posts. The key of the link that opens
//! one is in the PDF alone.

use depesche_domain::journal::Fact;
use depesche_domain::order::{LinkRecord, Way};
use depesche_domain::parcel::{Draft, FileObject, Posted, Reason, Recipient};
use depesche_domain::protected::{GATEWAY, HELD, MailFacts};
use depesche_domain::{FileId, Level, ParcelId};
use depesche_store::blobs::Reader;
use depesche_store::sql::parcels::{self, Stored};
use depesche_store::sql::{Tx, mail_parcels};

use super::gateway::{FACTS, account, caller};
use super::lasting;
use crate::context::Context;
use crate::drafts::{self, PartWriter};
use crate::error::Error;
use crate::journal;

/// How attachments are posted.
pub struct New {
    /// The spooled mail and its row: the same again takes the place of what was posted before.
    pub mail: String,
    /// What opens it.
    pub link: LinkRecord,
    /// What is to be said later.
    pub facts: MailFacts,
}

/// Begins a parcel of the gateway's.
///
/// # Errors
/// [`Error::Full`]; [`Error::Conflict`] if the id is taken.
pub async fn begin(ctx: &Context, id: ParcelId, files: Vec<FileObject>) -> Result<(), Error> {
    let draft = Draft {
        id,
        sender: account(ctx).await?.id,
        level: Level::Link,
        created: ctx.now(),
        files,
        in_reply_to: None,
    };
    let mut tx = ctx.store.sql.begin().await?;
    parcels::insert_draft(&mut tx, &draft).await?;
    tx.commit().await?;
    drafts::make_room(ctx, &draft)
}

/// Begins to receive a part of a file object.
///
/// # Errors
/// As [`drafts::part`].
pub async fn part(
    ctx: &Context,
    parcel: ParcelId,
    file: FileId,
    index: u64,
    length: u64,
) -> Result<PartWriter, Error> {
    let caller = caller(ctx).await?;
    drafts::part(ctx, &caller, parcel, file, index, length).await
}

/// Keeps the sealed manifest. Blocks on the disk.
///
/// # Errors
/// As [`drafts::manifest`].
pub async fn manifest(ctx: &Context, parcel: ParcelId, bytes: &[u8]) -> Result<(), Error> {
    let caller = caller(ctx).await?;
    let mut upload = drafts::manifest(ctx, &caller, parcel, bytes.len() as u64).await?;
    upload.write(bytes)?;
    Ok(upload.finish()?)
}

/// Posts a draft of the gateway's: all bytes, the folder and the row are on disk.
///
/// # Errors
/// [`Error::Refused`] if something is missing; [`Error::NotFound`].
pub async fn post(ctx: &Context, id: ParcelId, new: New) -> Result<(), Error> {
    withdraw(ctx, &new.mail).await?;
    let caller = caller(ctx).await?;
    let draft = drafts::load(ctx, &caller, id).await?;
    let manifest = drafts::complete(ctx, &draft)?;
    let size = draft.size();
    let mut tx = ctx.store.sql.begin().await?;
    let Some(Stored::Draft(_)) = parcels::lock(&mut tx, id).await? else {
        return Err(Error::NotFound);
    };
    let posted = posted(ctx, id);
    parcels::post(&mut tx, &posted, size, manifest).await?;
    address(ctx, &mut tx, &posted, new).await?;
    record(ctx, &mut tx, &posted, size, 1).await?;
    Ok(tx.commit().await?)
}

/// A parcel of the gateway's that is posted now.
pub(super) fn posted(ctx: &Context, id: ParcelId) -> Posted {
    let now = ctx.now();
    Posted {
        id,
        sender: GATEWAY,
        level: Level::Link,
        posted: now,
        expires: now + HELD,
        subject: String::new(),
        message: String::new(),
        notify: true,
        in_reply_to: None,
        recipients: Vec::new(),
    }
}

pub(super) async fn record(
    ctx: &Context,
    tx: &mut Tx,
    posted: &Posted,
    size: u64,
    recipients: u64,
) -> Result<(), Error> {
    let fact = Fact::Posted {
        parcel: posted.id,
        sender: posted.sender,
        level: posted.level.number(),
        size,
        recipients,
        expires: posted.expires.ms(),
    };
    journal::record(tx, ctx.now(), &fact).await
}

/// Gives a posted parcel its recipient and link.
async fn address(ctx: &Context, tx: &mut Tx, posted: &Posted, new: New) -> Result<(), Error> {
    let id = posted.id.to_string();
    let recipient = Recipient::new(new.facts.recipient.clone());
    let way = Way::Link(new.link);
    parcels::insert_recipient(tx, posted.id, &recipient, &way, ctx.now()).await?;
    let facts = lasting::seal_value(ctx, FACTS, &id, &new.facts)?;
    Ok(mail_parcels::put(tx, posted.id, &new.mail, &facts).await?)
}

/// Passes on what came by a reply link: the same sealed bytes get a link for whom the reply is for.
///
/// # Errors
/// [`Error::NotFound`] if it is not there any more.
pub async fn pass_on(ctx: &Context, id: ParcelId, new: New) -> Result<(), Error> {
    let now = ctx.now();
    let mut tx = ctx.store.sql.begin().await?;
    let Some(Stored::Posted(mut posted)) = parcels::lock(&mut tx, id).await? else {
        return Err(Error::NotFound);
    };
    if posted.sender != GATEWAY {
        return Err(Error::NotFound);
    }
    // Of a try that did not come to its end.
    for before in posted.recipients.iter().filter(|r| r.dropped.is_none()) {
        parcels::drop_recipient(&mut tx, id, &before.address, now).await?;
    }
    posted.expires = now + HELD;
    parcels::extend(&mut tx, id, posted.expires).await?;
    address(ctx, &mut tx, &posted, new).await?;
    Ok(tx.commit().await?)
}

/// Withdraws what was posted for a mail by a try that did not come to its end.
async fn withdraw(ctx: &Context, mail: &str) -> Result<(), Error> {
    for id in mail_parcels::of_mail(&ctx.store.sql, mail).await? {
        let mut tx = ctx.store.sql.begin().await?;
        if let Some(Stored::Posted(posted)) = parcels::lock(&mut tx, id).await? {
            crate::parcels::close(ctx, tx, posted, Reason::Withdrawn).await?;
        }
    }
    Ok(())
}

/// The sealed manifest of a parcel of the gateway's.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn sealed_manifest(ctx: &Context, id: ParcelId) -> Result<Reader, Error> {
    match parcels::load(&ctx.store.sql, id).await? {
        Some(Stored::Posted(posted)) if posted.sender == GATEWAY => {
            Ok(ctx.store.blobs.manifest(id)?)
        }
        _ => Err(Error::NotFound),
    }
}
