//! Reply links: whoever holds the PDF answers its sender, and nobody else. What is written is sealed in the browser to
//! the gateway's key.

use depesche_domain::mail::{Envelope, Kind, NewRow, Treatment};
use depesche_domain::parcel::{FileObject, Reason, Refusal};
use depesche_domain::protected::{GATEWAY, REPLY_LIFE, ReplyFacts};
use depesche_domain::token::SecretHash;
use depesche_domain::{FileId, Level, ParcelId, Policy, Time};
use depesche_seal::stanza::{By, ReleasedStanza};
use depesche_store::blobs::ManifestUpload;
use depesche_store::sql::mail_parcels::{self as rows, Reply};
use depesche_store::sql::parcels::{self, Stored};

use super::attachments::{posted, record};
use super::gateway::{account, caller, reply_keys};
use super::lasting;
use crate::context::Context;
use crate::drafts::{self, Arrived, PartWriter};
use crate::error::Error;
use crate::login::Caller;
use crate::spool;
use crate::visits::hash_of;

/// What is sealed with a reply link.
const FACTS: &str = "reply-facts";
/// With what came by it.
const CAME: &str = "reply-came";
/// The text in the queue of what came by a reply link: the words themselves stay sealed until they are passed on.
const STUB: &str = "X-Depesche-Reply: ";

/// A reply link to be kept.
pub struct New {
    /// In its path.
    pub token: String,
    /// The spooled mail and its row: the same again takes its place.
    pub mail: String,
    /// SHA-256 of auth.
    pub auth: [u8; 32],
    /// Who is answered, by whom.
    pub facts: ReplyFacts,
    /// Sealed under the key in the PDF.
    pub quote: Vec<u8>,
}

/// Keeps a reply link.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn keep(ctx: &Context, new: New) -> Result<(), Error> {
    let facts = lasting::seal_value(ctx, FACTS, &new.token, &new.facts)?;
    let reply = Reply {
        token: new.token,
        mail: new.mail,
        auth: SecretHash::from_bytes(new.auth),
        facts,
        quote: new.quote,
        expires: ctx.now() + REPLY_LIFE,
    };
    let mut tx = ctx.store.sql.begin().await?;
    rows::put_reply(&mut tx, &reply).await?;
    Ok(tx.commit().await?)
}

/// What a reply link shows.
pub struct Look {
    /// Who is answered, by whom.
    pub facts: ReplyFacts,
    /// Sealed under the key in the PDF.
    pub quote: Vec<u8>,
    /// The gateway's signed key records, the oldest first.
    pub records: Vec<Vec<u8>>,
    /// Until when it is good.
    pub expires: Time,
    /// Sealed bytes that a reply may have.
    pub largest: u64,
}

async fn find(ctx: &Context, token: &str, auth: &[u8]) -> Result<(Reply, ReplyFacts), Error> {
    let reply = rows::reply(&ctx.store.sql, token).await?;
    let reply = reply.ok_or(Error::LinkUnknown)?;
    if hash_of(auth) != reply.auth {
        return Err(Error::LinkWrongKey);
    }
    let facts: Option<ReplyFacts> = lasting::open_value(ctx, FACTS, token, &reply.facts)?;
    let facts = facts.ok_or(Error::LinkUnknown)?;
    if ctx.now() >= reply.expires {
        let mut sender = account(ctx).await?;
        sender.address = facts.to.address;
        sender.name = facts.to.name;
        return Err(Error::Closed {
            reason: Reason::Expired,
            at: reply.expires,
            sender: Some(Box::new(sender)),
        });
    }
    Ok((reply, facts))
}

/// What a reply link shows. Changes nothing.
///
/// # Errors
/// [`Error::LinkUnknown`], [`Error::LinkWrongKey`], [`Error::Closed`] when its time is over.
pub async fn look(ctx: &Context, token: &str, auth: &[u8]) -> Result<Look, Error> {
    let (reply, facts) = find(ctx, token, auth).await?;
    Ok(Look {
        facts,
        quote: reply.quote,
        records: vec![reply_keys(ctx)?.record.to_bytes()],
        expires: reply.expires,
        largest: ctx.settings.policy.largest,
    })
}

/// A reply link that was proven, with the one who owns what comes by it.
pub struct Door {
    reply: Reply,
    facts: ReplyFacts,
    caller: Caller,
}

/// Proves a reply link.
///
/// # Errors
/// As [`look`].
pub async fn enter(ctx: &Context, token: &str, auth: &[u8]) -> Result<Door, Error> {
    let (reply, facts) = find(ctx, token, auth).await?;
    Ok(Door {
        reply,
        facts,
        caller: caller(ctx).await?,
    })
}

impl Door {
    /// A parcel that came by this link, and by no other.
    async fn owns(&self, ctx: &Context, id: ParcelId) -> Result<(), Error> {
        match rows::reply_parcel(&ctx.store.sql, id).await? {
            Some(came) if came.reply == self.reply.token => Ok(()),
            _ => Err(Error::NotFound),
        }
    }

    /// Begins a draft, or adds file objects to one. The same again changes nothing.
    ///
    /// # Errors
    /// As [`drafts::begin`]; [`Error::Conflict`] if the id is another's.
    pub async fn begin(
        &self,
        ctx: &Context,
        id: ParcelId,
        level: Level,
        files: Vec<FileObject>,
    ) -> Result<Arrived, Error> {
        if level != Level::Link {
            return Err(Refusal::LevelNotOffered.into());
        }
        let known = parcels::load(&ctx.store.sql, id).await?.is_some();
        if known && self.owns(ctx, id).await.is_err() {
            return Err(Error::Conflict);
        }
        if !known {
            drafts::check_sizes(&files)?;
            let draft = self.draft(ctx, id, &files)?;
            let mut tx = ctx.store.sql.begin().await?;
            parcels::insert_draft(&mut tx, &draft).await?;
            rows::insert_reply_parcel(&mut tx, id, &self.reply.token).await?;
            tx.commit().await?;
            if let Err(error) = drafts::make_room(ctx, &draft) {
                drafts::abandon(ctx, &self.caller, id).await?;
                return Err(error);
            }
            return drafts::arrived(ctx, &self.caller, id).await;
        }
        drafts::begin(ctx, &self.caller, id, level, files, None).await
    }

    /// Whatever levels members may use: what a PDF's holder sends is opened by the gateway.
    fn draft(
        &self,
        ctx: &Context,
        id: ParcelId,
        files: &[FileObject],
    ) -> Result<depesche_domain::parcel::Draft, Error> {
        let policy = Policy {
            lowest: Level::Link,
            ..ctx.settings.policy
        };
        let limits = (ctx.now(), &policy);
        let (account, files) = (&self.caller.account, files.to_vec());
        let draft =
            depesche_domain::parcel::Draft::begin(id, account, Level::Link, files, None, limits);
        Ok(draft?)
    }

    /// What has arrived.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn arrived(&self, ctx: &Context, id: ParcelId) -> Result<Arrived, Error> {
        self.owns(ctx, id).await?;
        drafts::arrived(ctx, &self.caller, id).await
    }

    /// Begins to receive a part.
    ///
    /// # Errors
    /// As [`drafts::part`].
    pub async fn part(
        &self,
        ctx: &Context,
        id: ParcelId,
        file: FileId,
        (index, length): (u64, u64),
    ) -> Result<PartWriter, Error> {
        self.owns(ctx, id).await?;
        drafts::part(ctx, &self.caller, id, file, index, length).await
    }

    /// Takes a file object out.
    ///
    /// # Errors
    /// As [`drafts::remove_file`].
    pub async fn remove_file(
        &self,
        ctx: &Context,
        id: ParcelId,
        file: FileId,
    ) -> Result<(), Error> {
        self.owns(ctx, id).await?;
        drafts::remove_file(ctx, &self.caller, id, file).await
    }

    /// Begins to receive the manifest.
    ///
    /// # Errors
    /// As [`drafts::manifest`].
    pub async fn manifest(
        &self,
        ctx: &Context,
        id: ParcelId,
        length: u64,
    ) -> Result<ManifestUpload, Error> {
        self.owns(ctx, id).await?;
        drafts::manifest(ctx, &self.caller, id, length).await
    }

    /// Gives a draft up.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn abandon(&self, ctx: &Context, id: ParcelId) -> Result<(), Error> {
        self.owns(ctx, id).await?;
        drafts::abandon(ctx, &self.caller, id).await
    }

    /// Posts: the reply is on its way, by the gateway's queue. The same again gets the same answer. Gives when.
    ///
    /// # Errors
    /// [`Error::Refused`] if something is missing; [`Error::Invalid`] for a stanza to another key.
    pub async fn post(&self, ctx: &Context, id: ParcelId, stanza: &[u8]) -> Result<Time, Error> {
        self.owns(ctx, id).await?;
        check_stanza(ctx, stanza)?;
        let draft = match drafts::load(ctx, &self.caller, id).await {
            Err(Error::Refused(Refusal::AlreadyPosted)) => return sent(ctx, id).await,
            other => other?,
        };
        let manifest = drafts::complete(ctx, &draft)?;
        let facts = lasting::seal_value(ctx, CAME, &id.to_string(), &self.facts)?;
        let mut tx = ctx.store.sql.begin().await?;
        let Some(Stored::Draft(draft)) = parcels::lock(&mut tx, id).await? else {
            drop(tx);
            return sent(ctx, id).await;
        };
        let posted = posted(ctx, id);
        parcels::post(&mut tx, &posted, draft.size(), manifest).await?;
        rows::post_reply(&mut tx, id, stanza, &facts).await?;
        record(ctx, &mut tx, &posted, draft.size(), 1).await?;
        let to = [NewRow {
            treatment: Treatment::Protect,
            ..NewRow::to(self.facts.to.address.as_str())
        }];
        let envelope = Envelope::from(self.facts.from.to_string());
        let text = format!("{STUB}{id}\r\n\r\n");
        let queued = spool::enqueue(ctx, &mut tx, Kind::Notice, &envelope, &to, text.as_bytes());
        let (_, lease) = queued.await?;
        tx.commit().await?;
        drop(lease);
        ctx.wake_queue();
        Ok(posted.posted)
    }
}

async fn sent(ctx: &Context, id: ParcelId) -> Result<Time, Error> {
    match parcels::load(&ctx.store.sql, id).await? {
        Some(Stored::Posted(posted)) => Ok(posted.posted),
        Some(Stored::Closed(row)) => Ok(row.posted),
        _ => Err(Error::NotFound),
    }
}

/// It must be sealed to the gateway, by nobody known; whether it opens shows later.
fn check_stanza(ctx: &Context, stanza: &[u8]) -> Result<(), Error> {
    let parsed = ReleasedStanza::parse(stanza);
    let parsed = parsed.map_err(|_| Error::Invalid("this is not a stanza"))?;
    let own = reply_keys(ctx)?.record.record().fingerprint();
    let fits = parsed.by() == By::Outside
        && parsed.stanza().account().as_bytes() == GATEWAY.as_bytes()
        && *parsed.stanza().fingerprint() == own;
    if fits {
        Ok(())
    } else {
        Err(Error::Invalid("a reply is sealed to the gateway's key"))
    }
}

/// What came by a reply link and waits to be passed on.
pub struct Came {
    /// Which parcel.
    pub parcel: ParcelId,
    /// Who is answered, by whom.
    pub facts: ReplyFacts,
    /// To the gateway's key.
    pub stanza: Vec<u8>,
    /// When it was posted.
    pub at: Time,
}

/// What a text in the queue stands for, if it is what came by a reply link. Mails that are taken in have lines of
/// ours on top, so none of them is taken for one.
///
/// # Errors
/// [`Error::NotFound`] if it is not there any more.
pub async fn came(ctx: &Context, text: &[u8]) -> Result<Option<Came>, Error> {
    let id = text
        .strip_prefix(STUB.as_bytes())
        .and_then(|rest| rest.strip_suffix(b"\r\n\r\n"))
        .and_then(|id| std::str::from_utf8(id).ok());
    let Some(id) = id else { return Ok(None) };
    let parcel: ParcelId = id.parse().map_err(|_| Error::NotFound)?;
    let row = rows::reply_parcel(&ctx.store.sql, parcel).await?;
    let stanza = row.and_then(|row| row.stanza.zip(row.facts));
    let (stanza, sealed) = stanza.ok_or(Error::NotFound)?;
    let facts = lasting::open_value(ctx, CAME, id, &sealed)?;
    Ok(Some(Came {
        parcel,
        facts: facts.ok_or(Error::NotFound)?,
        stanza,
        at: sent(ctx, parcel).await?,
    }))
}

/// Forgets reply links whose time is over for a month: until then their page says so.
pub(crate) async fn sweep(ctx: &Context) -> Result<(), Error> {
    let mut tx = ctx.store.sql.begin().await?;
    let month = depesche_domain::Span::days(30);
    rows::sweep_replies(&mut tx, ctx.now() - month).await?;
    Ok(tx.commit().await?)
}
