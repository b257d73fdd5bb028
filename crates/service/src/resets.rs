//! Reset of a keyring by administrators: the last way when SealPass and recovery kit are lost. A second administrator
//! makes it happen at once, else it happens a day later, and the person can stop it until then.

use depesche_domain::effect::{Effect, Mail};
use depesche_domain::journal::Fact;
use depesche_domain::keyring::{RESET_DELAY, Reset};
use depesche_domain::{Account, AccountId, Address, Role, Time};
use depesche_store::sql::{Tx, keyed, keyrings, people};

use crate::context::Context;
use crate::error::Error;
use crate::{accounts, journal, outbox};

/// Partners who are mailed at most.
const MOST_PARTNERS: u32 = 1_000;
/// Resets done in one step of the worker.
const BATCH: u32 = 20;

/// What a reset will destroy for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Deliveries received.
    pub received: u64,
    /// Deliveries sent that can be released no further.
    pub sent: u64,
}

/// What became of the wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It happens then, or when a second administrator confirms it.
    Waits(Time),
    /// It has happened.
    Done,
}

/// What would be lost, and whether a reset is under way.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Keyring`] if there is no keyring.
pub async fn count(ctx: &Context, address: &Address) -> Result<(Count, Option<Reset>), Error> {
    let account = accounts::by_address(ctx, address).await?;
    let sql = &ctx.store.sql;
    if keyrings::key(sql, account.id).await?.is_none() {
        return Err(depesche_domain::keyring::Refusal::None.into());
    }
    let (received, sent) = keyed::count_opened_by(sql, account.id).await?;
    let reset = keyrings::reset(sql, account.id).await?;
    Ok((Count { received, sent }, reset))
}

/// An administrator asks for a reset, or the second one confirms it.
///
/// # Errors
/// [`Error::NotFound`], [`Error::NotAllowed`] if `by` is no administrator or the person; [`Error::Keyring`].
pub async fn ask(ctx: &Context, address: &Address, by: &Address) -> Result<Outcome, Error> {
    let (_, pending) = count(ctx, address).await?;
    let account = accounts::by_address(ctx, address).await?;
    let admin = accounts::by_address(ctx, by).await?;
    if admin.role != Role::Admin || admin.disabled.is_some() || admin.id == account.id {
        return Err(Error::NotAllowed);
    }
    if let Some(pending) = pending {
        if !pending.confirms(admin.id) {
            return Ok(Outcome::Waits(pending.due()));
        }
        complete(ctx, &account, Some(admin.id)).await?;
        return Ok(Outcome::Done);
    }
    let reset = Reset {
        account: account.id,
        by: admin.id,
        asked: ctx.now(),
    };
    let mut tx = ctx.store.sql.begin().await?;
    if keyrings::ask_reset(&mut tx, &reset).await? {
        let fact = Fact::ResetAsked {
            account: account.id,
            by: admin.id,
        };
        journal::record(&mut tx, reset.asked, &fact).await?;
        let mail = mail(ctx, &account, account.address.clone(), Some(reset.due()));
        let leases = outbox::store(ctx, &mut tx, vec![mail]).await?;
        tx.commit().await?;
        drop(leases);
        ctx.wake_worker();
    }
    Ok(Outcome::Waits(reset.due()))
}

fn mail(ctx: &Context, person: &Account, to: Address, due: Option<Time>) -> Effect {
    let mail = Mail::Reset {
        to,
        person: person.address.clone(),
        name: person.name.clone(),
        due: due.map(Time::ms),
        language: ctx.settings.language,
    };
    Effect::Send {
        mail: Box::new(mail),
        about: None,
    }
}

/// Stops a reset that has not happened yet. One that was not asked for is stopped already.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn stop(ctx: &Context, account: AccountId) -> Result<(), Error> {
    let mut tx = ctx.store.sql.begin().await?;
    if keyrings::take_reset(&mut tx, account).await? {
        journal::record(&mut tx, ctx.now(), &Fact::ResetStopped { account }).await?;
    }
    Ok(tx.commit().await?)
}

/// Does it: locks and bodies are destroyed, with every stanza for the keys in them. Everybody concerned is told.
async fn complete(ctx: &Context, account: &Account, by: Option<AccountId>) -> Result<(), Error> {
    let (sql, now) = (&ctx.store.sql, ctx.now());
    let (received, sent) = keyed::count_opened_by(sql, account.id).await?;
    let partners = people::contacts(sql, account.id, &account.address, MOST_PARTNERS).await?;
    let mut tx = sql.begin().await?;
    keyrings::lock(&mut tx, account.id).await?;
    if !keyrings::take_reset(&mut tx, account.id).await? {
        // Stopped meanwhile.
        return Ok(());
    }
    destroy(&mut tx, account, now).await?;
    let fact = Fact::Reset {
        account: account.id,
        by,
        deliveries: received + sent,
    };
    journal::record(&mut tx, now, &fact).await?;
    let all = partners.into_iter().chain([account.address.clone()]);
    let mails = all.map(|to| mail(ctx, account, to, None)).collect();
    let leases = outbox::store(ctx, &mut tx, mails).await?;
    tx.commit().await?;
    drop(leases);
    // Nothing of what was deleted is left in the log of the database.
    sql.checkpoint().await?;
    ctx.wake_worker();
    Ok(())
}

async fn destroy(tx: &mut Tx, account: &Account, now: Time) -> Result<(), Error> {
    keyed::lose(tx, account.id, &account.address, now).await?;
    keyrings::destroy(tx, account.id).await?;
    Ok(())
}

/// Does the resets whose delay is over.
pub(crate) async fn complete_due(ctx: &Context) -> Result<(), Error> {
    let sql = &ctx.store.sql;
    let due = keyrings::resets_before(sql, ctx.now() - RESET_DELAY, BATCH).await?;
    for reset in due {
        let account = depesche_store::sql::accounts::by_id(sql, reset.account).await?;
        if let Some(account) = account {
            complete(ctx, &account, None).await?;
        }
    }
    Ok(())
}
