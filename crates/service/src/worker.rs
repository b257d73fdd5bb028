//! Does later what was decided: sends mails, expires, gives lapsed leases back, destroys bytes and keys,
//! links the journal.

use std::sync::Arc;

use depesche_domain::claim::{CODE_LIFE, SERVES};
use depesche_domain::effect::{Effect, Mail};
use depesche_domain::mail::{SEEN_LIFE, THREAD_LIFE};
use depesche_domain::parcel::Reason;
use depesche_domain::policy::DRAFT_LIFE;
use depesche_domain::{ParcelId, Span, Time};
use depesche_store::sql::outbox::Item;
use depesche_store::sql::parcels::{self, Mark, Stored};
use depesche_store::sql::{mails, outbox as rows, visits};

use crate::context::Context;
use crate::courier::{Courier, Failure};
use crate::error::Error;
use crate::protected::{passwords, replies, waits};
use crate::{drafts, invitations, journal, login, outbox, resets};

/// How long a mail is tried before it counts as come back (RFC 5321 section 4.5.4.1: 4 to 5 days).
const GIVE_UP: Span = Span::days(4);
/// Items of each kind that one step takes.
const BATCH: u32 = 50;
/// The longest wait between two steps.
const IDLE: std::time::Duration = std::time::Duration::from_secs(15);

/// How long to wait after the n-th try that failed.
fn pause(attempts: u32) -> Span {
    match attempts {
        0..=1 => Span::minutes(1),
        2 => Span::minutes(5),
        3 => Span::minutes(15),
        4 => Span::hours(1),
        _ => Span::hours(4),
    }
}

/// Empties the outbox and keeps the house.
pub struct Worker<C> {
    ctx: Arc<Context>,
    courier: C,
}

impl<C: Courier> Worker<C> {
    /// A worker over a courier.
    pub const fn new(ctx: Arc<Context>, courier: C) -> Self {
        Self { ctx, courier }
    }

    /// Works until `stop` is ready.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) {
        tokio::pin!(stop);
        loop {
            if let Err(error) = self.step().await {
                if matches!(error, Error::Fatal(_)) {
                    tracing::error!(error.code = error.code(), "the disk failed; stopping");
                    // What is on disk is not known any more: no orderly end, a new start reads it anew.
                    std::process::abort();
                }
                tracing::warn!(error.code = error.code(), %error, "the worker's step failed; trying again");
            }
            tokio::select! {
                () = &mut stop => return,
                () = self.ctx.wake.notified() => {}
                () = tokio::time::sleep(IDLE) => {}
            }
        }
    }

    /// Does everything that is due now.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; what was not done is done by the next step.
    pub async fn step(&self) -> Result<(), Error> {
        while self.send_due().await? {}
        self.close_due().await?;
        resets::complete_due(&self.ctx).await?;
        self.remove_bytes().await?;
        self.sweep().await?;
        while journal::link(&self.ctx).await? > 0 {}
        self.shred_keys().await
    }

    async fn send_due(&self) -> Result<bool, Error> {
        let due = rows::due(&self.ctx.store.sql, self.ctx.now(), BATCH).await?;
        let some = !due.is_empty();
        for item in due {
            self.send(item).await?;
        }
        Ok(some)
    }

    async fn send(&self, item: Item) -> Result<(), Error> {
        let (item, mail) = outbox::open(&self.ctx, item);
        let now = self.ctx.now();
        let outcome = match &mail {
            // Its key is gone (a restore): the sender is told that it never left.
            None => Err(Failure::Permanent),
            Some(Mail::Code { .. }) if now >= item.created + CODE_LIFE => Err(Failure::Permanent),
            Some(mail) => self.courier.carry(&item.id, mail).await,
        };
        match outcome {
            Err(Failure::Transient) if now < item.created + GIVE_UP => {
                let attempts = item.attempts.saturating_add(1);
                let mut tx = self.ctx.store.sql.begin().await?;
                rows::retry(&mut tx, &item.id, now + pause(attempts), attempts).await?;
                tx.commit().await?;
                tracing::info!(
                    mail.id = item.id,
                    mail.kind = item.kind,
                    attempts,
                    "mail waits for another try"
                );
                Ok(())
            }
            outcome => self.settle(&item, mail.as_ref(), outcome.is_ok()).await,
        }
    }

    /// The mail has left, or never will: shreds it and notes its fate.
    async fn settle(&self, item: &Item, mail: Option<&Mail>, left: bool) -> Result<(), Error> {
        let now = self.ctx.now();
        let mut tx = self.ctx.store.sql.begin().await?;
        if !rows::delete(&mut tx, &item.id).await? {
            // Withdrawn while it was being carried.
            return Ok(());
        }
        let mut effects = Vec::new();
        if let Some((parcel, address)) = &item.about {
            let mark = if left { Mark::Notified } else { Mark::Bounced };
            parcels::mark(&mut tx, *parcel, address, mark, now).await?;
            if !left {
                effects.extend(self.bounced(*parcel, address, mail).await?);
            }
        }
        let leases = outbox::store(&self.ctx, &mut tx, effects).await?;
        tx.commit().await?;
        drop(leases);
        if let (false, Some(id)) = (left, outbox::id_bytes(&item.id)) {
            waits::came_back(&self.ctx, &id).await?;
        }
        tracing::info!(
            mail.id = item.id,
            mail.kind = item.kind,
            left,
            "mail settled"
        );
        Ok(())
    }

    async fn bounced(
        &self,
        parcel: ParcelId,
        address: &depesche_domain::Address,
        mail: Option<&Mail>,
    ) -> Result<Option<Effect>, Error> {
        let Some(Stored::Posted(posted)) = parcels::load(&self.ctx.store.sql, parcel).await? else {
            return Ok(None);
        };
        let sender = crate::parcels::sender(&self.ctx, &posted).await?;
        let language = match mail {
            Some(Mail::Delivery { notice, .. }) => notice.language,
            _ => self.ctx.settings.language,
        };
        let mail = Mail::Bounced {
            to: sender.address,
            recipient: address.clone(),
            subject: posted.subject,
            language,
        };
        Ok(Some(Effect::Send {
            mail: Box::new(mail),
            about: None,
        }))
    }

    async fn close_due(&self) -> Result<(), Error> {
        let sql = &self.ctx.store.sql;
        let now = self.ctx.now();
        for id in parcels::expired(sql, now, BATCH).await? {
            self.close(id, Reason::Expired, now).await?;
        }
        for id in parcels::spent(sql, now - SERVES, BATCH).await? {
            self.close(id, Reason::Spent, now).await?;
        }
        for id in parcels::stale_drafts(sql, now - DRAFT_LIFE, BATCH).await? {
            if let Some(Stored::Draft(draft)) = parcels::load(sql, id).await? {
                drafts::delete(&self.ctx, draft).await?;
            }
        }
        Ok(())
    }

    async fn close(&self, id: ParcelId, reason: Reason, now: Time) -> Result<(), Error> {
        let mut tx = self.ctx.store.sql.begin().await?;
        match parcels::lock(&mut tx, id).await? {
            // Asked again under the lock: it may have been extended meanwhile.
            Some(Stored::Posted(posted))
                if reason != Reason::Expired || posted.has_expired(now) =>
            {
                crate::parcels::close(&self.ctx, tx, posted, reason).await
            }
            _ => Ok(()),
        }
    }

    async fn remove_bytes(&self) -> Result<(), Error> {
        let sql = &self.ctx.store.sql;
        let closed = parcels::closed_with_files(sql, BATCH).await?;
        let some = !closed.is_empty();
        for id in closed {
            for file in parcels::files(sql, id).await? {
                self.ctx.store.blobs.remove(file.id)?;
            }
            self.ctx.store.blobs.remove_manifest(id)?;
            let mut tx = sql.begin().await?;
            parcels::forget_files(&mut tx, id).await?;
            tx.commit().await?;
        }
        if some {
            sql.checkpoint().await?;
        }
        Ok(())
    }

    async fn sweep(&self) -> Result<(), Error> {
        let now = self.ctx.now();
        let mut tx = self.ctx.store.sql.begin().await?;
        visits::lapse_all(&mut tx, now, BATCH).await?;
        visits::sweep_codes(&mut tx, now).await?;
        mails::sweep_threads(&mut tx, now - THREAD_LIFE).await?;
        mails::sweep_seen(&mut tx, now - SEEN_LIFE).await?;
        tx.commit().await?;
        login::sweep(&self.ctx, now).await?;
        invitations::sweep(&self.ctx, now).await?;
        passwords::sweep(&self.ctx).await?;
        replies::sweep(&self.ctx).await?;
        Ok(())
    }

    /// Destroys the keys of hours under which nothing waits any more.
    async fn shred_keys(&self) -> Result<(), Error> {
        let failed = |e| Error::Unavailable(Box::new(e));
        let candidates = self.ctx.secrets.idle_hours().map_err(failed)?;
        if candidates.is_empty() {
            return Ok(());
        }
        let mut used = rows::hours(&self.ctx.store.sql).await?;
        used.extend(mails::hours(&self.ctx.store.sql).await?);
        if self
            .ctx
            .secrets
            .shred_hours(&candidates, &used)
            .map_err(failed)?
            > 0
        {
            self.ctx.store.sql.checkpoint().await?;
        }
        Ok(())
    }
}
