//! A person's keyring: public records, and wrapped secrets that the server cannot open.

use depesche_domain::effect::{Effect, Mail};
use depesche_domain::journal::Fact;
use depesche_domain::keyring::{
    LARGEST_BODY, Lock, MOST_LOCKS, OLD_BODIES, Refusal, SEALPASS, check_locks, follows,
};
use depesche_domain::{Account, Time};
use depesche_store::sql::{Tx, accounts, keyed, keyrings};

use crate::context::Context;
use crate::error::Error;
use crate::login::Caller;
use crate::{outbox, sealed};

/// A keyring, wrapped, with its public records.
pub struct Keyring {
    /// What is stored.
    pub stored: keyrings::Stored,
    /// Every epoch, the oldest first.
    pub records: Vec<depesche_domain::keyring::KeyRecord>,
    /// When a reset that was asked for will happen.
    pub reset_due: Option<Time>,
}

/// A body and its generation.
pub type Body = (u64, Vec<u8>);

/// The caller's keyring.
///
/// # Errors
/// [`Error::Keyring`] with [`Refusal::None`].
pub async fn load(ctx: &Context, caller: &Caller) -> Result<Keyring, Error> {
    let (sql, account) = (&ctx.store.sql, caller.account.id);
    let stored = keyrings::load(sql, account).await?.ok_or(Refusal::None)?;
    let reset = keyrings::reset(sql, account).await?;
    Ok(Keyring {
        stored,
        records: keyrings::records(sql, account).await?,
        reset_due: reset.map(|reset| reset.due()),
    })
}

/// The first keyring, or the first after a reset. Whoever waits to release to this person is told.
///
/// # Errors
/// [`Error::Keyring`]: [`Refusal::Exists`], [`Refusal::NotTheNext`], [`Refusal::Malformed`].
pub async fn create(
    ctx: &Context,
    caller: &Caller,
    record: Vec<u8>,
    locks: Vec<Lock>,
    (generation, body): Body,
) -> Result<(), Error> {
    check_locks(&locks)?;
    if generation == 0 || body.len() > LARGEST_BODY {
        return Err(Refusal::Malformed.into());
    }
    let (account, now) = (caller.account.id, ctx.now());
    let mut tx = ctx.store.sql.begin().await?;
    if keyrings::lock(&mut tx, account).await?.is_some() {
        return Err(Refusal::Exists.into());
    }
    let key = add_to_chain(&mut tx, &caller.account, record, true, now).await?;
    keyrings::put(&mut tx, account, key, generation, &body).await?;
    for lock in &locks {
        keyrings::insert_lock(&mut tx, account, lock, now).await?;
    }
    let effects = tell_senders(ctx, &mut tx, &caller.account).await?;
    let leases = outbox::store(ctx, &mut tx, effects).await?;
    tx.commit().await?;
    drop(leases);
    ctx.wake_worker();
    Ok(())
}

/// Appends a record to the account's chain; gives its fingerprint. The account is locked.
async fn add_to_chain(
    tx: &mut Tx,
    account: &Account,
    record: Vec<u8>,
    reset: bool,
    now: Time,
) -> Result<depesche_domain::keyed::Fingerprint, Error> {
    let before = keyrings::records_locked(tx, account.id).await?;
    let record = sealed::key_record(account.id, &before, record)?;
    follows(&record, account.id, before.last(), reset)?;
    keyrings::insert_record(tx, &record, now).await?;
    let fact = Fact::Key {
        account: account.id,
        epoch: record.epoch,
        fingerprint: record.fingerprint.to_hex(),
        reset: record.reset,
    };
    crate::journal::record(tx, now, &fact).await?;
    Ok(record.fingerprint)
}

/// Mails to those for whose release this person now waits.
async fn tell_senders(ctx: &Context, tx: &mut Tx, person: &Account) -> Result<Vec<Effect>, Error> {
    let mut effects = Vec::new();
    for (sender, count) in keyed::senders_waited_for(tx, &person.address).await? {
        let Some(sender) = accounts::by_id(&ctx.store.sql, sender).await? else {
            continue;
        };
        if sender.disabled.is_some() {
            continue;
        }
        let mail = Mail::WaitsRelease {
            to: sender.address,
            recipient: person.address.clone(),
            name: person.name.clone(),
            count,
            language: ctx.settings.language,
        };
        effects.push(Effect::Send {
            mail: Box::new(mail),
            about: None,
        });
    }
    Ok(effects)
}

/// A further lock; the same again changes nothing. Gives its id.
///
/// # Errors
/// [`Error::Keyring`].
pub async fn add_lock(ctx: &Context, caller: &Caller, lock: Lock) -> Result<String, Error> {
    let account = caller.account.id;
    let mut tx = ctx.store.sql.begin().await?;
    keyrings::lock(&mut tx, account)
        .await?
        .ok_or(Refusal::None)?;
    let mut locks = keyrings::locks(&mut tx, account).await?;
    if locks.iter().all(|known| known.id != lock.id) {
        locks.push(lock.clone());
    }
    check_locks(&locks)?;
    keyrings::insert_lock(&mut tx, account, &lock, ctx.now()).await?;
    tx.commit().await?;
    Ok(lock.id)
}

/// Takes a lock away; never the last one that the SealPass opens. Two devices that change the SealPass at once each
/// have added theirs before: both still open.
///
/// # Errors
/// [`Error::Keyring`], [`Error::NotFound`].
pub async fn delete_lock(ctx: &Context, caller: &Caller, id: &str) -> Result<(), Error> {
    let account = caller.account.id;
    let mut tx = ctx.store.sql.begin().await?;
    keyrings::lock(&mut tx, account)
        .await?
        .ok_or(Refusal::None)?;
    let locks = keyrings::locks(&mut tx, account).await?;
    if locks.iter().all(|lock| lock.id != id) {
        return Err(Error::NotFound);
    }
    let left = |lock: &&Lock| lock.id != id && lock.kind() == SEALPASS;
    if !locks.iter().any(|lock| left(&lock)) {
        return Err(Refusal::LastLock.into());
    }
    keyrings::delete_lock(&mut tx, account, id).await?;
    Ok(tx.commit().await?)
}

/// Locks the account; its keyring has to be there and the new generation to be the next one.
async fn lock_for(tx: &mut Tx, caller: &Caller, body: &Body) -> Result<(), Error> {
    if body.1.len() > LARGEST_BODY {
        return Err(Refusal::Malformed.into());
    }
    let newest = keyrings::lock(tx, caller.account.id).await?;
    let newest = newest.ok_or(Refusal::None)?;
    if newest.checked_add(1) == Some(body.0) {
        Ok(())
    } else {
        Err(Refusal::Stale.into())
    }
}

/// The next body. With a new master key its locks take the place of all others, in the same transaction.
///
/// # Errors
/// [`Error::Keyring`]: [`Refusal::Stale`] if another device was faster.
pub async fn add_body(
    ctx: &Context,
    caller: &Caller,
    body: Body,
    locks: Option<Vec<Lock>>,
) -> Result<(), Error> {
    let (account, now) = (caller.account.id, ctx.now());
    if let Some(locks) = &locks {
        check_locks(locks)?;
    }
    let mut tx = ctx.store.sql.begin().await?;
    lock_for(&mut tx, caller, &body).await?;
    let key = keyrings::records_locked(&mut tx, account).await?;
    let key = key.last().ok_or(Refusal::None)?.fingerprint;
    keyrings::put(&mut tx, account, key, body.0, &body.1).await?;
    keyrings::prune(&mut tx, account, body.0.saturating_sub(OLD_BODIES)).await?;
    if let Some(locks) = locks {
        keyrings::delete_locks(&mut tx, account).await?;
        for lock in locks.iter().take(MOST_LOCKS) {
            keyrings::insert_lock(&mut tx, account, lock, now).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// The next epoch, with the body that holds its keys.
///
/// # Errors
/// [`Error::Keyring`].
pub async fn add_record(
    ctx: &Context,
    caller: &Caller,
    record: Vec<u8>,
    body: Body,
) -> Result<(), Error> {
    let (account, now) = (caller.account.id, ctx.now());
    let mut tx = ctx.store.sql.begin().await?;
    lock_for(&mut tx, caller, &body).await?;
    let key = add_to_chain(&mut tx, &caller.account, record, false, now).await?;
    keyrings::put(&mut tx, account, key, body.0, &body.1).await?;
    keyrings::prune(&mut tx, account, body.0.saturating_sub(OLD_BODIES)).await?;
    Ok(tx.commit().await?)
}
