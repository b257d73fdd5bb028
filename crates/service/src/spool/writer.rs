//! The one who writes the queue: as many mails and fates as have come in one transaction. While one transaction
//! is made durable the next fills, so under load a sync of the disk serves many.

use std::sync::Arc;

use depesche_domain::mail::{Envelope, Kind, NewRow, SEEN_LIFE};
use depesche_domain::{MailId, effect::Effect};
use depesche_store::sql::Tx;
use depesche_store::sql::mails::{self, Stored, Wait};
use tokio::sync::{mpsc, oneshot};

use super::text::{SealedText, insert, to_json};
use crate::context::Context;
use crate::error::Error;
use crate::outbox::{self, Leases};

/// Jobs that one transaction takes.
const BATCH: usize = 256;
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
        let mut batch = Vec::new();
        while self.jobs.recv_many(&mut batch, BATCH).await > 0 {
            let (jobs, answers): (Vec<Job>, Vec<Answer>) = batch.drain(..).unzip();
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
        let (mut files, mut leases, mut wakes) = (Vec::new(), Vec::new(), false);
        let mut notices = false;
        for job in jobs {
            match job {
                Job::Accept(mail) if self.is_known(&mut tx, mail).await? => {
                    tracing::info!(mail.id = %mail.text.id, "the same mail was taken before");
                    files.extend(mail.text.payload.is_none().then_some(mail.text.id));
                }
                Job::Accept(mail) => {
                    self.store(&mut tx, mail).await?;
                    wakes = true;
                }
                Job::Settle(settled) => {
                    let (file, lease) = self.apply(&mut tx, settled).await?;
                    files.extend(file);
                    leases.push(lease);
                    wakes |= !settled.new.is_empty();
                    notices |= !settled.effects.is_empty();
                }
            }
        }
        tx.commit().await?;
        drop(leases);
        if wakes {
            self.ctx.wake_queue();
        }
        if notices {
            self.ctx.wake_worker();
        }
        for file in files {
            // The row is gone; a file that stays is swept at the next start.
            if let Err(error) = self.ctx.store.blobs.remove_mail(file) {
                tracing::warn!(%error, "the file of a mail cannot be removed now");
            }
        }
        Ok(())
    }

    /// Its peer did not hear our answer: it is here, or was sent on.
    async fn is_known(&self, tx: &mut Tx, mail: &NewMail) -> Result<bool, Error> {
        let Some(hash) = &mail.seen else {
            return Ok(false);
        };
        let now = self.ctx.now();
        Ok(!mails::note_seen(tx, hash, now, now - SEEN_LIFE).await?)
    }

    async fn store(&self, tx: &mut Tx, mail: &NewMail) -> Result<(), Error> {
        let now = self.ctx.now();
        let stored = Stored {
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
        insert(tx, &stored, &mail.rows).await?;
        if let (true, Some(hash)) = (mail.is_secured, &mail.thread) {
            mails::note_thread(tx, hash, now).await?;
        }
        Ok(())
    }

    /// Gives the mail whose file is to be removed.
    async fn apply<'a>(
        &'a self,
        tx: &mut Tx,
        settled: &Settled,
    ) -> Result<(Option<MailId>, Leases<'a>), Error> {
        for mail in &settled.new {
            self.store(tx, mail).await?;
        }
        let now = self.ctx.now();
        for (position, change) in &settled.rows {
            match change {
                Change::End => mails::end(tx, settled.mail, *position).await?,
                Change::Wait(wait) => mails::wait(tx, settled.mail, *position, wait).await?,
                Change::Replace(new) => match settled.new.get(*new) {
                    Some(new) => {
                        mails::replace(tx, settled.mail, *position, new.text.id, now).await?
                    }
                    None => return Err(Error::Invalid("no such carrier mail")),
                },
            };
        }
        let file = mails::delete_ended(tx, settled.mail).await?;
        // A carrier whose recipient was dropped meanwhile goes at once.
        let mut file = file.then_some(settled.mail);
        for mail in settled.new.iter().filter(|mail| mail.rows.is_empty()) {
            if mails::delete_ended(tx, mail.text.id).await? {
                file = file.or(Some(mail.text.id));
            }
        }
        let leases = outbox::store(&self.ctx, tx, settled.effects.clone()).await?;
        Ok((file, leases))
    }
}
