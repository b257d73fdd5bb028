//! What is due is begun, so much at a time; what became of it is noted.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use depesche_domain::MailId;
use depesche_domain::effect::Language;
use depesche_domain::mail::{Envelope, Kind, NewRow, Row, State};
use depesche_service::spool::{self, Change, NewMail, Open, Settled, Spool, TextWriter};
use depesche_service::{Context, Error};
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::courier::House;
use crate::outbound::sender::Sender;
use crate::port::Convert;
use crate::report::{Report, Why, is_wanted};
use crate::trace::Tracer;

/// Mails on their way at once.
const DELIVERIES: usize = 20;
/// Protected forms made at once.
const CONVERSIONS: usize = 2;
/// Rows looked at in one go.
const BATCH: u32 = 100;
/// The longest wait between two looks.
const IDLE: Duration = Duration::from_secs(15);
/// While mails are on their way.
const BUSY: Duration = Duration::from_secs(1);
/// After a look that failed.
const TROUBLE: Duration = Duration::from_secs(1);

/// What the queue works with.
pub struct Queue<C> {
    /// The service.
    pub ctx: Arc<Context>,
    /// Where fates are noted.
    pub spool: Spool,
    /// How mails leave.
    pub sender: Arc<Sender>,
    /// Makes protected mails.
    pub convert: Arc<C>,
    /// The mark against loops.
    pub tracer: Arc<Tracer>,
    /// Who reports to senders.
    pub house: House,
    /// Ends it.
    pub stop: CancellationToken,
}

/// What may be done at once of two kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lane {
    Deliver,
    Convert,
}

impl Lane {
    const ALL: [Self; 2] = [Self::Deliver, Self::Convert];

    const fn states(self) -> &'static [State] {
        match self {
            Self::Deliver => &[State::Queued],
            Self::Convert => &[
                State::Dropped,
                State::Convert,
                State::HoldPassword,
                State::HoldError,
            ],
        }
    }

    const fn most(self) -> usize {
        match self {
            Self::Deliver => DELIVERIES,
            Self::Convert => CONVERSIONS,
        }
    }
}

/// Work of one kind.
#[derive(Default)]
struct Work {
    /// Being done.
    running: usize,
    /// Due and not begun: a mail, and its rows if these are all.
    backlog: VecDeque<(MailId, Option<Vec<Row>>)>,
}

/// What one task works on.
struct Part {
    mail: MailId,
    lane: Lane,
    /// Of its recipients so many.
    rows: usize,
    /// It is put off, since work on it broke off.
    is_put_off: bool,
}

/// Mails being worked on.
struct Running {
    tasks: JoinSet<()>,
    parts: HashMap<Id, Part>,
    mails: HashSet<MailId>,
    /// Rows of these.
    rows: usize,
    deliver: Work,
    convert: Work,
    /// There may be more in the store than was read.
    look: bool,
}

impl Default for Running {
    fn default() -> Self {
        Self {
            tasks: JoinSet::new(),
            parts: HashMap::new(),
            mails: HashSet::new(),
            rows: 0,
            deliver: Work::default(),
            convert: Work::default(),
            look: true,
        }
    }
}

impl Running {
    const fn of(&mut self, lane: Lane) -> &mut Work {
        match lane {
            Lane::Deliver => &mut self.deliver,
            Lane::Convert => &mut self.convert,
        }
    }

    fn is_idle(&self) -> bool {
        let is_idle = |work: &Work| work.running == 0 && work.backlog.is_empty();
        is_idle(&self.deliver) && is_idle(&self.convert)
    }

    fn start(&mut self, part: Part, task: impl Future<Output = ()> + Send + 'static) {
        self.of(part.lane).running += 1;
        let id = self.tasks.spawn(task).id();
        self.parts.insert(id, part);
    }

    /// A task has ended and its place is free. Gives what it worked on if it broke off; that stays marked.
    fn ended(&mut self, done: Result<(Id, ()), JoinError>) -> Option<Part> {
        let (id, error) = match done {
            Ok((id, ())) => (id, None),
            Err(error) => (error.id(), Some(error)),
        };
        let part = self.parts.remove(&id)?;
        self.of(part.lane).running -= 1;
        if let Some(error) = error {
            tracing::error!(mail.id = %part.mail, %error, "working on a mail broke off");
            return Some(part);
        }
        self.mails.remove(&part.mail);
        self.rows = self.rows.saturating_sub(part.rows);
        None
    }
}

impl<C: Convert> Queue<C> {
    /// Works until it is stopped, then lets what is under way end.
    pub async fn run(self) {
        let queue = Arc::new(self);
        let mut running = Running::default();
        loop {
            let pause = match queue.begin_due(&mut running).await {
                Ok(()) => queue.pause(&running).await,
                Err(error) => {
                    tracing::warn!(error.code = error.code(), %error, "the queue cannot be read; trying again");
                    TROUBLE
                }
            };
            tokio::select! {
                () = queue.stop.cancelled() => break,
                Some(done) = running.tasks.join_next_with_id() => {
                    queue.ended_one(&mut running, done);
                    // Several may have ended meanwhile: one look serves all.
                    while let Some(done) = running.tasks.try_join_next_with_id() {
                        queue.ended_one(&mut running, done);
                    }
                }
                () = queue.ctx.queue_woken() => running.look = true,
                () = tokio::time::sleep(pause) => {
                    running.look = true;
                    if running.is_idle() {
                        queue.sender.rest().await;
                    }
                }
            }
        }
        while let Some(done) = running.tasks.join_next_with_id().await {
            queue.ended_one(&mut running, done);
        }
        queue.sender.rest().await;
    }

    /// Works until nothing is due any more: for tests, where the clock stands.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the queue cannot be read.
    pub async fn run_due(self: Arc<Self>) -> Result<(), Error> {
        let mut running = Running::default();
        loop {
            self.begin_due(&mut running).await?;
            match running.tasks.join_next_with_id().await {
                Some(done) => {
                    self.ended_one(&mut running, done);
                    running.look = true;
                }
                None => return Ok(()),
            }
        }
    }

    /// How long nothing has to be looked at.
    async fn pause(&self, running: &Running) -> Duration {
        if !running.is_idle() {
            return BUSY;
        }
        let next = spool::next_due(&self.ctx).await.unwrap_or_default();
        let now = self.ctx.now();
        let wait = next.map_or(IDLE, |next| {
            Duration::from_millis(u64::try_from(next.ms() - now.ms()).unwrap_or(0))
        });
        wait.clamp(Duration::from_millis(10), IDLE)
    }

    /// Begins what is due and has room. The store is read when what was read is used up.
    async fn begin_due(self: &Arc<Self>, running: &mut Running) -> Result<(), Error> {
        let look = std::mem::take(&mut running.look);
        for lane in Lane::ALL {
            if look || running.of(lane).backlog.is_empty() {
                self.read(running, lane, look).await?;
            }
            let room = lane.most() - running.of(lane).running;
            let backlog = &mut running.of(lane).backlog;
            let next: Vec<_> = backlog.drain(..room.min(backlog.len())).collect();
            if !next.is_empty() {
                self.begin(running, lane, next).await?;
            }
        }
        Ok(())
    }

    /// Fills an empty backlog.
    async fn read(&self, running: &mut Running, lane: Lane, look: bool) -> Result<(), Error> {
        if !running.of(lane).backlog.is_empty() {
            // What is new is read when this is used up.
            running.look = true;
            return Ok(());
        }
        if !look {
            return Ok(());
        }
        let looked = BATCH + u32::try_from(running.rows).unwrap_or(u32::MAX - BATCH);
        let mut found: HashMap<MailId, Vec<Row>> = HashMap::new();
        let mut order = Vec::new();
        let due = spool::due(&self.ctx, lane.states(), looked).await?;
        let count = |state| due.iter().filter(|row| row.state == state).count();
        let is_all = lane
            .states()
            .iter()
            .all(|state| count(*state) < looked as usize);
        let is_free = |row: &Row| !running.mails.contains(&row.mail);
        for row in due.into_iter().filter(is_free) {
            let rows = found.entry(row.mail).or_default();
            if rows.is_empty() {
                order.push(row.mail);
            }
            rows.push(row);
        }
        running.look |= !is_all;
        for mail in order {
            let rows = found.remove(&mail).filter(|_| is_all);
            running.of(lane).backlog.push_back((mail, rows));
        }
        Ok(())
    }

    /// Loads these mails in one go, and works on each.
    async fn begin(
        self: &Arc<Self>,
        running: &mut Running,
        lane: Lane,
        next: Vec<(MailId, Option<Vec<Row>>)>,
    ) -> Result<(), Error> {
        let mut parts = Vec::new();
        for (mail, rows) in next {
            if running.mails.contains(&mail) {
                // Of the other kind, and being worked on: it is seen again.
                running.look = true;
                continue;
            }
            // All its due rows at once, also those that were not read.
            let rows = match rows {
                Some(rows) => rows,
                None => self.due_of(mail, lane).await?,
            };
            if !rows.is_empty() {
                parts.push((mail, rows));
            }
        }
        let mails: Vec<MailId> = parts.iter().map(|(mail, _)| *mail).collect();
        let mut opened = spool::load(&self.ctx, &mails).await?;
        for (mail, rows) in parts {
            let Some(open) = opened.remove(&mail) else {
                continue;
            };
            let part = Part {
                mail,
                lane,
                rows: rows.len(),
                is_put_off: false,
            };
            running.mails.insert(mail);
            running.rows += part.rows;
            let queue = Arc::clone(self);
            running.start(part, async move {
                let worked = match lane {
                    Lane::Deliver => queue.deliver(mail, open, rows).await,
                    Lane::Convert => queue.convert(mail, open, rows).await,
                };
                queue.breathe(mail, worked).await;
            });
        }
        Ok(())
    }

    /// After trouble a while passes before the same is tried again.
    async fn breathe(&self, mail: MailId, worked: Result<(), Error>) {
        if let Err(error) = worked {
            tracing::warn!(mail.id = %mail, error.code = error.code(), %error, "a mail cannot be worked on; trying again");
            tokio::time::sleep(TROUBLE).await;
        }
    }

    /// A task has ended. What breaks the program is put off, as if the other side had, and not tried in a circle.
    fn ended_one(self: &Arc<Self>, running: &mut Running, done: Result<(Id, ()), JoinError>) {
        let Some(part) = running.ended(done) else {
            return;
        };
        if part.is_put_off {
            tracing::error!(mail.id = %part.mail, "this mail is left alone until the next start");
            return;
        }
        let (queue, mail, lane) = (Arc::clone(self), part.mail, part.lane);
        let part = Part {
            is_put_off: true,
            ..part
        };
        running.start(part, async move {
            let put_off = queue.put_off(mail, lane).await;
            queue.breathe(mail, put_off).await;
        });
    }

    async fn put_off(&self, mail: MailId, lane: Lane) -> Result<(), Error> {
        let rows = self.due_of(mail, lane).await?;
        let Some(open) = spool::load(&self.ctx, &[mail]).await?.remove(&mail) else {
            return Ok(());
        };
        match lane {
            Lane::Deliver => self.put_off_delivery(mail, open, rows).await,
            Lane::Convert => self.put_off_conversion(mail, open, rows).await,
        }
    }

    /// All due rows of a mail, of one kind.
    async fn due_of(&self, mail: MailId, lane: Lane) -> Result<Vec<Row>, Error> {
        let mut rows = spool::due_of(&self.ctx, mail).await?;
        rows.retain(|row| lane.states().contains(&row.state));
        Ok(rows)
    }

    /// Notes what became of rows, with a report to the sender where he wants one.
    pub(super) async fn note(
        &self,
        mail: MailId,
        seen: &Seen,
        told: &[(&Row, Why)],
        mut settled: Settled,
    ) -> Result<(), Error> {
        let wanted = |(row, why): &&(&Row, Why)| is_wanted(&seen.envelope, row, why);
        let wanted: Vec<(&Row, Why)> = told.iter().filter(wanted).cloned().collect();
        // One report says one thing: failures apart from delays.
        for action in ["failed", "delayed", "relayed"] {
            let rows: Vec<(&Row, Why)> = wanted
                .iter()
                .filter(|(_, why)| why.action() == action)
                .cloned()
                .collect();
            if !rows.is_empty() {
                settled.new.push(self.report(seen, &rows).await?);
            }
        }
        if settled
            .rows
            .iter()
            .any(|(_, change)| matches!(change, Change::End))
        {
            let failed = told
                .iter()
                .filter(|(_, why)| why.action() == "failed")
                .count();
            tracing::info!(mail.id = %mail, recipients = settled.rows.len(), failed, "mail worked off");
        }
        self.keep(mail, &Arc::new(settled)).await
    }

    /// A full disk must not make a mail go twice: only the noting is tried again.
    async fn keep(&self, mail: MailId, settled: &Arc<Settled>) -> Result<(), Error> {
        loop {
            match self.spool.settle(settled).await {
                Err(error) if !self.stop.is_cancelled() => {
                    tracing::error!(mail.id = %mail, error.code = error.code(), %error, "the fate of a mail cannot be noted; trying again");
                    self.stop
                        .run_until_cancelled(tokio::time::sleep(TROUBLE))
                        .await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn report(&self, seen: &Seen, rows: &[(&Row, Why)]) -> Result<NewMail, Error> {
        let mut text = TextWriter::begin(&self.ctx)?;
        let report = Report {
            house: &self.house,
            language: self.language(),
            id: text.id(),
            envelope: &seen.envelope,
            received: seen.since,
            now: self.ctx.now(),
            rows,
            original: &seen.beginning,
        };
        text.push(&report.compose()).await?;
        let mut envelope = Envelope::null();
        envelope.eight_bit = seen.beginning.iter().any(|byte| !byte.is_ascii());
        envelope.smtputf8 = seen.envelope.smtputf8;
        Ok(NewMail {
            kind: Kind::Report,
            envelope,
            rows: vec![NewRow::to(&seen.envelope.sender)],
            thread: None,
            is_secured: false,
            seen: None,
            text: text.finish().await?,
        })
    }

    fn language(&self) -> Language {
        self.ctx.settings.language
    }
}

/// What a report needs of a mail.
pub(super) struct Seen {
    pub(super) envelope: Envelope,
    pub(super) since: depesche_domain::Time,
    /// When this text could leave first: what was held was not tried.
    pub(super) begun: depesche_domain::Time,
    pub(super) beginning: Zeroizing<Vec<u8>>,
}

impl Seen {
    /// Of a mail whose text was not read yet; the text goes on behind what is seen. It waits as long as this recipient
    /// does, without one since it was taken.
    pub(super) async fn of(open: &mut Open, row: Option<&Row>) -> Result<Self, Error> {
        let first = match &mut open.text {
            Some(text) => text.next().await?,
            None => None,
        };
        Ok(Self {
            envelope: open.envelope.clone(),
            since: row.map_or(open.received, |row| row.since),
            begun: open.received,
            beginning: first.unwrap_or_default(),
        })
    }
}

/// A random byte, by which pauses differ.
pub(super) fn jitter(ctx: &Context) -> u8 {
    let [byte] = ctx.random.bytes::<1>();
    byte
}
