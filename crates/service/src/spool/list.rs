//! What waits in the queue: for the one who works it off, and for administrators.

use std::collections::HashSet;

use depesche_domain::mail::{Row, State};
use depesche_domain::{Address, MailId, Time};
use depesche_store::sql::Tx;
use depesche_store::sql::mails::{self, Listed, Wait};

use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::Error;

/// Bytes of the disk that mails leave free, for what was taken already and for everything else.
const FLOOR: u64 = 50 << 20;

/// Recipients that stand there and are due, the longest due first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn due(ctx: &Context, states: &[State], limit: u32) -> Result<Vec<Row>, Error> {
    Ok(mails::due(&ctx.store.sql, states, ctx.now(), limit).await?)
}

/// The recipients of one mail that are due.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn due_of(ctx: &Context, mail: MailId) -> Result<Vec<Row>, Error> {
    Ok(mails::due_of(&ctx.store.sql, mail, ctx.now()).await?)
}

/// When the next one is due that is not due yet.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn next_due(ctx: &Context) -> Result<Option<Time>, Error> {
    let mut next: Option<Time> = None;
    for state in State::ALL {
        let due = mails::next_due(&ctx.store.sql, state, ctx.now()).await?;
        next = [next, due].into_iter().flatten().min();
    }
    Ok(next)
}

/// One of these Message-IDs (their SHA-256) is that of a protected mail.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn is_thread(ctx: &Context, hashes: &[[u8; 32]]) -> Result<bool, Error> {
    for hash in hashes {
        if mails::is_thread(&ctx.store.sql, hash).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The recipient has a password now: all that waited for it is made at once. Gives how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn wake_held(ctx: &Context, address: &Address) -> Result<u64, Error> {
    let mut tx = ctx.store.sql.begin().await?;
    let count = wake_held_in(&mut tx, address, ctx.now()).await?;
    tx.commit().await?;
    ctx.wake_queue();
    Ok(count)
}

/// As [`wake_held`], in a transaction of yours; [`Context::wake_queue`] after its commit.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn wake_held_in(tx: &mut Tx, address: &Address, now: Time) -> Result<u64, Error> {
    Ok(mails::wake_held(tx, address.folded(), now).await?)
}

/// How many mails wait for a password of this recipient.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn held(ctx: &Context, address: &Address) -> Result<u64, Error> {
    Ok(mails::held(&ctx.store.sql, address.folded()).await?)
}

/// Whose mails wait for a password of this recipient; nobody twice.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn held_senders(ctx: &Context, address: &Address) -> Result<Vec<String>, Error> {
    Ok(mails::held_senders(&ctx.store.sql, address.folded()).await?)
}

/// A page of the queue, the oldest first, behind that recipient.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(
    ctx: &Context,
    after: Option<(Time, MailId, u32)>,
    limit: u32,
) -> Result<Vec<Listed>, Error> {
    let rows = match after {
        None => mails::list(&ctx.store.sql, (Time::from_ms(0), "", 0), limit).await,
        Some((since, mail, position)) => {
            let mail = mail.to_string();
            mails::list(&ctx.store.sql, (since, &mail, position), limit).await
        }
    };
    Ok(rows?)
}

/// How many recipients stand where.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn counts(ctx: &Context) -> Result<Vec<(State, u64)>, Error> {
    let all = mails::counts(&ctx.store.sql).await?.into_iter();
    Ok(all.map(|(state, count, _)| (state, count)).collect())
}

/// The queue in three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Recipients to whom a mail is on its way.
    pub waiting: u64,
    /// Recipients whose password a mail waits for.
    pub held: u64,
    /// For how many seconds the longest has been on its way; what is held counts from when it is made.
    pub oldest: u64,
}

/// How the queue stands, for those who watch.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn standing(ctx: &Context) -> Result<Standing, Error> {
    let mut found = Standing::default();
    for (state, count, oldest) in mails::counts(&ctx.store.sql).await? {
        if state == State::HoldPassword {
            found.held += count;
            continue;
        }
        let age = (ctx.now().ms() - oldest.ms()) / 1000;
        found.waiting += count;
        found.oldest = found.oldest.max(u64::try_from(age).unwrap_or_default());
    }
    Ok(found)
}

/// One recipient is tried now.
///
/// # Errors
/// [`Error::NotFound`] if it waits no more.
pub async fn retry(ctx: &Context, mail: MailId, position: u32) -> Result<(), Error> {
    let mut tx = ctx.store.sql.begin().await?;
    let is_there = mails::hurry(&mut tx, mail, position, ctx.now()).await?;
    tx.commit().await?;
    ctx.wake_queue();
    is_there.then_some(()).ok_or(Error::NotFound)
}

/// Everything that waits for another try is tried now. Gives how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn retry_all(ctx: &Context) -> Result<u64, Error> {
    let mut tx = ctx.store.sql.begin().await?;
    let count = mails::hurry_all(&mut tx, ctx.now()).await?;
    tx.commit().await?;
    ctx.wake_queue();
    Ok(count)
}

/// Ends one recipient's part. With `tell_sender` the queue makes a report to the sender first.
///
/// # Errors
/// [`Error::NotFound`] if it waits no more.
pub async fn drop_row(
    ctx: &Context,
    mail: MailId,
    position: u32,
    tell_sender: bool,
) -> Result<(), Error> {
    let mut tx = ctx.store.sql.begin().await?;
    let row = mails::row(&mut tx, mail, position).await?;
    let row = row.ok_or(Error::NotFound)?;
    let files = if tell_sender {
        let wait = Wait {
            state: State::Dropped,
            due: ctx.now(),
            attempts: row.attempts,
            told_late: row.told_late,
            reply: row.reply,
        };
        mails::wait(&mut tx, mail, position, &wait).await?;
        Vec::new()
    } else {
        mails::end(&mut tx, &[(mail, position)]).await?;
        mails::delete_ended(&mut tx, &[mail]).await?
    };
    tx.commit().await?;
    for file in files {
        ctx.store.blobs.remove_mail(file)?;
    }
    ctx.wake_queue();
    tracing::info!(mail.id = %mail, tell_sender, "dropped from the queue by an administrator");
    Ok(())
}

/// The key of the gateway's mark against loops; made at first use.
///
/// # Errors
/// [`Error::Unavailable`].
pub fn trace_key(ctx: &Context) -> Result<Zeroizing<Vec<u8>>, Error> {
    let make = || Zeroizing::new(ctx.random.bytes::<32>().to_vec());
    let key = ctx.secrets.load_or_make("mail-trace", make);
    key.map_err(|error| Error::Unavailable(Box::new(error)))
}

/// There is room on the disk for a mail of that size.
pub fn has_room(ctx: &Context, size: u64) -> bool {
    let free = ctx.store.blobs.free_bytes().unwrap_or_default();
    free >= FLOOR.saturating_add(size)
}

/// Removes the files of mails whose row was never written: the process ended in between. To be called once,
/// before mails are taken.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn tidy(ctx: &Context) -> Result<u64, Error> {
    let known: HashSet<MailId> = mails::in_files(&ctx.store.sql).await?.into_iter().collect();
    Ok(ctx.store.blobs.sweep_mails(|id| Ok(known.contains(&id)))?)
}
