//! Somebody is to set a password: invited once, reminded three times, given up when the invitation comes back.

use depesche_domain::effect::Language;
use depesche_domain::note::{Correspondent, Note};
use depesche_domain::protected::{HELD, PasswordLink, Purpose, next_reminder, tell};
use depesche_domain::{Address, Time};
use depesche_store::sql::Tx;
use depesche_store::sql::pdf_passwords::{self as rows, Wait};

use super::passwords::insert;
use crate::context::Context;
use crate::error::Error;
use crate::{outbox, spool};

/// A mail that waits for a password.
pub struct Waiting<'a> {
    /// For whose.
    pub to: &'a Address,
    /// Who wrote it.
    pub sender: &'a Correspondent,
    /// Of the invitation.
    pub language: Language,
    /// When it was taken in.
    pub since: Time,
}

/// What is to become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It waits; ask again then.
    Hold {
        /// When something is to be done, if nothing happens before.
        again: Time,
    },
    /// Its time is over.
    Expired,
    /// The invitation came back.
    Bounced,
}

/// Invites whoever is waited for the first time, reminds when it is time, and says what becomes of the mail. The same
/// again does nothing twice.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn wait(ctx: &Context, mail: &Waiting<'_>) -> Result<Verdict, Error> {
    let now = ctx.now();
    let end = mail.since + HELD;
    if now >= end {
        return Ok(Verdict::Expired);
    }
    let known = rows::wait(&ctx.store.sql, mail.to).await?;
    if known.is_some_and(|wait| wait.bounced.is_some_and(|at| at >= mail.since)) {
        return Ok(Verdict::Bounced);
    }
    let is_over = |wait: &Wait| wait.bounced.is_some() || now >= wait.since + HELD;
    let wait = match known.filter(|wait| !is_over(wait)) {
        None => invite(ctx, mail, known.is_some()).await?,
        Some(wait) => remind(ctx, mail, wait).await?,
    };
    let next = next_reminder(wait.since, wait.reminded).unwrap_or(wait.since + HELD);
    Ok(Verdict::Hold {
        again: next.min(end),
    })
}

async fn invite(ctx: &Context, mail: &Waiting<'_>, anew: bool) -> Result<Wait, Error> {
    let now = ctx.now();
    let mut tx = ctx.store.sql.begin().await?;
    if anew {
        rows::end_wait(&mut tx, mail.to).await?;
    }
    if rows::begin_wait(&mut tx, mail.to, now).await? {
        send(ctx, tx, mail, false).await?;
    }
    Ok(Wait {
        since: now,
        reminded: 0,
        bounced: None,
    })
}

async fn remind(ctx: &Context, mail: &Waiting<'_>, mut wait: Wait) -> Result<Wait, Error> {
    let due = next_reminder(wait.since, wait.reminded);
    if due.is_none_or(|due| ctx.now() < due) {
        return Ok(wait);
    }
    let mut tx = ctx.store.sql.begin().await?;
    if rows::remind(&mut tx, mail.to, wait.reminded).await? {
        send(ctx, tx, mail, true).await?;
    }
    wait.reminded += 1;
    Ok(wait)
}

async fn send(ctx: &Context, mut tx: Tx, mail: &Waiting<'_>, reminder: bool) -> Result<(), Error> {
    let expires = ctx.now() + Purpose::Invite.life();
    let link = PasswordLink {
        address: mail.to.clone(),
        purpose: Purpose::Invite,
        language: mail.language,
        sender: Some(mail.sender.clone()),
        expires,
        used: None,
    };
    let token = insert(ctx, &mut tx, &link).await?;
    let note = Note::Invitation {
        sender: mail.sender.clone(),
        token,
        expires: expires.ms(),
        reminder,
    };
    let effects = vec![tell(mail.to.clone(), mail.language, note)];
    let leases = outbox::store(ctx, &mut tx, effects).await?;
    tx.commit().await?;
    drop(leases);
    ctx.wake_worker();
    Ok(())
}

/// An invitation came back: what waited for it is looked at again, and fails. `id` is that of the mail.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn came_back(ctx: &Context, id: &[u8; 16]) -> Result<(), Error> {
    let Some(address) = rows::mailed_to(&ctx.store.sql, id).await? else {
        return Ok(());
    };
    let now = ctx.now();
    let mut tx = ctx.store.sql.begin().await?;
    if rows::note_bounce(&mut tx, &address, now).await? {
        spool::wake_held_in(&mut tx, &address, now).await?;
    }
    tx.commit().await?;
    ctx.wake_queue();
    Ok(())
}
