//! The one who writes the queue: as many mails and fates as have come in one transaction. While one transaction
//! is made durable the next fills, so under load a sync of the disk serves many.

use std::sync::Arc;
use std::time::Duration;

use depesche_domain::mail::{Envelope, Kind, NewRow, SEEN_LIFE};
use depesche_domain::{MailId, effect::Effect};
use depesche_store::sql::Tx;
use depesche_store::sql::mails::{self, Stored, Wait};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::text::{SealedText, insert, to_json};
use crate::context::Context;
use crate::error::Error;
use crate::outbox;

/// Jobs that one transaction takes.
const BATCH: usize = 256;
/// So long fates wait for each other while mails come in: who hands in goes first, and one sync serves more.
const PATIENCE: Duration = Duration::from_millis(10);
/// Jobs that may wait for the next one; who comes later waits to hand in.
const WAITING: usize = 1024;

/// A mail to be stored, with its recipients.
pub struct NewMail {
    /// Whence it comes.
    pub kind: Kind,
    /// Sender and wishes.
    pub envelope: Envelope,
    /// At least one, but for a mail that takes over rows by [`Change::Replace`].
    pub rows: Vec<NewRow>,
    /// SHA-256 of its Message-ID.
    pub thread: Option<[u8; 32]>,
    /// Answers to it are protected.
    pub is_secured: bool,
    /// SHA-256 of envelope and text, by which the same mail is known when it is handed in again.
    pub seen: Option<[u8; 32]>,
    /// The text.
    pub text: SealedText,
}

/// What becomes of one recipient.
pub enum Change {
    /// Delivered, or never will be: the row goes.
    End,
    /// It waits.
    Wait(Wait),
    /// It gets the text of this one of [`Settled::new`], at once.
    Replace(usize),
}

/// What became of some recipients of a mail, and what follows: all in one transaction.
pub struct Settled {
    /// Which mail.
    pub mail: MailId,
    /// Which recipients. One that is gone (dropped meanwhile) stays gone.
    pub rows: Vec<(u32, Change)>,
    /// Mails of ours that follow.
    pub new: Vec<NewMail>,
    /// Notices and facts that follow.
    pub effects: Vec<Effect>,
}

enum Job {
    Accept(Box<NewMail>),
    Settle(Arc<Settled>),
}

impl Job {
    const fn is_fate(&self) -> bool {
        matches!(self, Self::Settle(_))
    }
}

type Answer = oneshot::Sender<Result<(), Error>>;

/// Hands in. Cheap to clone.
#[derive(Clone)]
pub struct Spool {
    jobs: mpsc::Sender<(Job, Answer)>,
}

/// Writes.
pub struct Writer {
    ctx: Arc<Context>,
    jobs: mpsc::Receiver<(Job, Answer)>,
    /// Fates that wait for others, and how long.
    fates: Vec<(Job, Answer)>,
    until: Instant,
}

impl Spool {
    /// One that hands in, one that writes.
    pub fn new(ctx: Arc<Context>) -> (Self, Writer) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (
            Self { jobs: sender },
            Writer {
                ctx,
                jobs: receiver,
                fates: Vec::new(),
                until: Instant::now(),
            },
        )
    }

    async fn hand_in(&self, job: Job) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        let gone = || Error::Unavailable("the server is shutting down".into());
        self.jobs.send((job, answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Takes a mail. It is on disk when this comes back; then, and not before, it may be acknowledged.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Unavailable`]: it is not taken.
    pub async fn accept(&self, mail: NewMail) -> Result<(), Error> {
        self.hand_in(Job::Accept(Box::new(mail))).await
    }

    /// Notes what became of recipients.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Unavailable`]: nothing of it is noted; the same can be handed in again.
    pub async fn settle(&self, settled: &Arc<Settled>) -> Result<(), Error> {
        self.hand_in(Job::Settle(Arc::clone(settled))).await
    }
}

impl Writer {
    /// Writes until nobody can hand in any more.
    pub async fn run(mut self) {
        loop {
            let batch = self.next().await;
            if batch.is_empty() {
                return;
            }
            let (jobs, answers): (Vec<Job>, Vec<Answer>) = batch.into_iter().unzip();
            let outcome = self.write(&jobs).await;
            match outcome {
                Err(_) if jobs.len() > 1 => {
                    // One bad apple must not spoil the others: each alone.
                    for (job, answer) in jobs.into_iter().zip(answers) {
                        let outcome = self.write(std::slice::from_ref(&job)).await;
                        self.finish(vec![job], vec![answer], outcome);
                    }
                }
                outcome => self.finish(jobs, answers, outcome),
            }
        }
    }

    /// What is written next; nothing once nobody can hand in any more.
    async fn next(&mut self) -> Vec<(Job, Answer)> {
        let mut batch = Vec::new();
        let come = self.jobs.recv_many(&mut batch, BATCH);
        if self.fates.is_empty() {
            let _ = come.await;
            self.until = Instant::now() + PATIENCE;
        } else {
            // Should none come, the fates are what is written.
            let _ = timeout_at(self.until, come).await;
        }
        let is_all_fates = batch.iter().all(|(job, _)| job.is_fate());
        if is_all_fates || self.fates.len() >= BATCH || Instant::now() >= self.until {
            batch.append(&mut self.fates);
            return batch;
        }
        let (fates, mails) = batch.into_iter().partition(|(job, _)| job.is_fate());
        self.fates.extend::<Vec<_>>(fates);
        mails
    }

    fn finish(&self, jobs: Vec<Job>, answers: Vec<Answer>, outcome: Result<(), Error>) {
        if let Err(Error::Fatal(error)) = &outcome {
            tracing::error!(%error, "the disk failed; stopping");
            // What is on disk is not known any more: no orderly end, a new start reads it anew.
            std::process::abort();
        }
        if outcome.is_err() {
            for job in jobs {
                // What was not stored leaves no file; fates are handed in again.
                if let Job::Accept(mail) = job {
                    mail.text.discard(&self.ctx);
                }
            }
        }
        let failed = outcome.err().map(Arc::new);
        for answer in answers {
            // Who handed in may be gone.
            let _ = answer.send(match &failed {
                None => Ok(()),
                Some(error) if matches!(**error, Error::Full) => Err(Error::Full),
                Some(error) => Err(Error::Unavailable(error.to_string().into())),
            });
        }
    }

    async fn write(&self, jobs: &[Job]) -> Result<(), Error> {
        let mut tx = self.ctx.store.sql.begin().await?;
        let mut files = self.accept(&mut tx, jobs).await?;
        let settled: Vec<&Settled> = jobs
            .iter()
            .filter_map(|job| match job {
                Job::Settle(settled) => Some(&**settled),
                Job::Accept(_) => None,
            })
            .collect();
        files.extend(self.settle(&mut tx, &settled).await?);
        let mut leases = Vec::new();
        for settled in settled.iter().filter(|one| !one.effects.is_empty()) {
            leases.push(outbox::store(&self.ctx, &mut tx, settled.effects.clone()).await?);
        }
        tx.commit().await?;
        if !leases.is_empty() {
            self.ctx.wake_worker();
        }
        drop(leases);
        if settled.len() < jobs.len() || settled.iter().any(|one| !one.new.is_empty()) {
            self.ctx.wake_queue();
        }
        for file in files {
            // The row is gone; a file that stays is swept at the next start.
            if let Err(error) = self.ctx.store.blobs.remove_mail(file) {
                tracing::warn!(%error, "the file of a mail cannot be removed now");
            }
        }
        Ok(())
    }

    /// Stores what was handed in. Gives the mails of which a file is to be removed: their peers did not hear our answer, the
    /// same ones are here or were sent on.
    async fn accept(&self, tx: &mut Tx, jobs: &[Job]) -> Result<Vec<MailId>, Error> {
        let mails = jobs.iter().filter_map(|job| match job {
            Job::Accept(mail) => Some(&**mail),
            Job::Settle(_) => None,
        });
        let mails: Vec<&NewMail> = mails.collect();
        let now = self.ctx.now();
        let seen = mails.iter().filter_map(|mail| mail.seen).collect();
        let mut unseen = mails::note_seen(tx, &seen, now, now - SEEN_LIFE).await?;
        // Of two alike the second is known too.
        let is_new = |mail: &&NewMail| mail.seen.is_none_or(|hash| unseen.remove(&hash));
        let (new, known): (Vec<&NewMail>, Vec<&NewMail>) = mails.into_iter().partition(is_new);
        self.store(tx, &new).await?;
        let files = known.into_iter().filter_map(|mail| {
            tracing::info!(mail.id = %mail.text.id, "the same mail was taken before");
            mail.text.payload.is_none().then_some(mail.text.id)
        });
        Ok(files.collect())
    }

    async fn store(&self, tx: &mut Tx, new: &[&NewMail]) -> Result<(), Error> {
        let now = self.ctx.now();
        let mut stored = Vec::new();
        for mail in new {
            let mail = Stored {
                id: mail.text.id,
                hour: mail.text.hour,
                wrapped: mail.text.wrapped.clone(),
                payload: mail.text.payload.clone(),
                size: mail.text.size,
                kind: mail.kind,
                sender: mail.envelope.sender.clone(),
                envelope: to_json(&mail.envelope)?,
                thread: mail.thread.map(|hash| hash.to_vec()),
                received: now,
            };
            stored.push(mail);
        }
        let with_rows = stored.iter().zip(new).map(|(one, mail)| (one, &*mail.rows));
        insert(tx, &with_rows.collect::<Vec<_>>()).await?;
        for mail in new {
            if let (true, Some(hash)) = (mail.is_secured, &mail.thread) {
                mails::note_thread(tx, hash, now).await?;
            }
        }
        Ok(())
    }

    /// Notes fates. Gives the mails of which a file is to be removed.
    async fn settle(&self, tx: &mut Tx, settled: &[&Settled]) -> Result<Vec<MailId>, Error> {
        let new: Vec<&NewMail> = settled.iter().flat_map(|one| &one.new).collect();
        self.store(tx, &new).await?;
        let now = self.ctx.now();
        let mut ended = Vec::new();
        for one in settled {
            for (position, change) in &one.rows {
                match change {
                    Change::End => ended.push((one.mail, *position)),
                    Change::Wait(wait) => {
                        let _ = mails::wait(tx, one.mail, *position, wait).await?;
                    }
                    Change::Replace(new) => {
                        let by = one.new.get(*new);
                        let by = by.ok_or(Error::Invalid("no such carrier mail"))?.text.id;
                        let _ = mails::replace(tx, one.mail, *position, by, now).await?;
                    }
                }
            }
        }
        mails::end(tx, &ended).await?;
        // A carrier whose recipient was dropped meanwhile goes at once.
        let carriers = new.iter().filter(|mail| mail.rows.is_empty());
        let carriers = carriers.map(|mail| mail.text.id);
        let mails: Vec<MailId> = settled.iter().map(|one| one.mail).chain(carriers).collect();
        Ok(mails::delete_ended(tx, &mails).await?)
    }
}
