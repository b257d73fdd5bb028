//! One mail to the next mail server, for all of its recipients that are due.

use depesche_domain::mail::{Kind, Next, Row, State, next_try};
use depesche_domain::{MailId, Time};
use depesche_service::Error;
use depesche_service::rows::Wait;
use depesche_service::spool::{Change, Open, Settled};
use depesche_smtp::address::Mailbox;
use depesche_smtp::client::fate::Fate;
use depesche_smtp::reply::{Code, Reply};

use super::run::{Queue, Seen, jitter};
use crate::outbound::sender::{Body, Text, to_wire};
use crate::port::Convert;
use crate::report::Why;

impl<C: Convert> Queue<C> {
    pub(super) async fn deliver(
        &self,
        mail: MailId,
        mut open: Open,
        rows: Vec<Row>,
    ) -> Result<(), Error> {
        let seen = Seen::of(&mut open, rows.first()).await?;
        let Some(rest) = open.text else {
            return self.ended(mail, &seen, &rows, Why::Lost).await;
        };
        // An address that the protocol cannot write goes nowhere.
        let can_be_named = |row: &&Row| Mailbox::parse_recipient(&row.address).is_ok();
        let (named, unnamed): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(can_be_named);
        let addresses: Vec<&str> = named.iter().map(|row| row.address.as_str()).collect();
        let mut head = Vec::new();
        if matches!(open.kind, Kind::Relayed | Kind::Carrier) {
            let sender = &seen.envelope.sender;
            let mark = self.tracer.line(open.thread.as_ref(), sender, &addresses);
            head.extend_from_slice(mark.as_bytes());
        }
        let size = open.size + head.len() as u64;
        head.extend_from_slice(&seen.beginning);
        let mut text = Text {
            head,
            body: Body::Spooled(rest),
        };
        let mut fates = Vec::new();
        let mut passed_on = true;
        if !named.is_empty() {
            let envelope = to_wire(&seen.envelope, size, &named);
            let sent = self.sender.send(envelope, &mut text).await;
            if let Some(trouble) = sent.trouble {
                tracing::warn!(mail.id = %mail, error = trouble, "the next mail server cannot be reached");
            }
            fates = sent.outcome.fates;
            passed_on = sent.outcome.dsn_passed_on;
        }
        let nobody = Reply::new(Code::MAILBOX_NAME, 1, 3, "this is no address");
        let fates = fates
            .into_iter()
            .chain(std::iter::repeat(Fate::Refused(nobody)));
        let rows = named.into_iter().chain(unnamed).zip(fates);
        self.settle_fates(mail, &seen, rows, passed_on).await
    }

    /// Sending it broke off: another try after a pause, although it may be there.
    pub(super) async fn put_off_delivery(
        &self,
        mail: MailId,
        mut open: Open,
        rows: Vec<Row>,
    ) -> Result<(), Error> {
        let seen = Seen::of(&mut open, rows.first()).await?;
        let rows = rows.iter().map(|row| (row, Fate::Unanswered));
        self.settle_fates(mail, &seen, rows, true).await
    }

    async fn settle_fates<'a>(
        &self,
        mail: MailId,
        seen: &Seen,
        rows: impl Iterator<Item = (&'a Row, Fate)>,
        passed_on: bool,
    ) -> Result<(), Error> {
        let (mut changes, mut told) = (Vec::new(), Vec::new());
        for (row, fate) in rows {
            let (change, why) = self.after(row, fate, seen.begun, passed_on);
            changes.push((row.position, change));
            told.extend(why.map(|why| (row, why)));
        }
        let settled = Settled {
            mail,
            rows: changes,
            new: Vec::new(),
            effects: Vec::new(),
        };
        self.note(mail, seen, &told, settled).await
    }

    /// What a fate makes of a row, and what the sender may want to know.
    fn after(&self, row: &Row, fate: Fate, begun: Time, passed_on: bool) -> (Change, Option<Why>) {
        let now = self.ctx.now();
        let said = fate.reply().map(Reply::to_line);
        let is_transient = fate.is_transient();
        match fate {
            Fate::Taken(_) => {
                let untold = !passed_on && row.notify.is_some();
                (Change::End, untold.then_some(Why::Relayed))
            }
            Fate::Refused(reply) | Fate::Impossible(reply) if !is_transient => {
                (Change::End, Some(Why::Refused(reply)))
            }
            _ => {
                let attempts = row.attempts.saturating_add(1);
                match next_try(begun, now, attempts, jitter(&self.ctx)) {
                    Next::GiveUp => (Change::End, Some(Why::GaveUp(said))),
                    Next::Again(due) => {
                        let late = row.is_late(begun, now);
                        let wait = Wait {
                            state: State::Queued,
                            due,
                            attempts,
                            told_late: row.told_late || late,
                            reply: said.clone(),
                        };
                        (Change::Wait(wait), late.then_some(Why::Late(said)))
                    }
                }
            }
        }
    }

    /// It never will leave: the sender is told why.
    pub(super) async fn ended(
        &self,
        mail: MailId,
        seen: &Seen,
        rows: &[Row],
        why: Why,
    ) -> Result<(), Error> {
        let told: Vec<(&Row, Why)> = rows.iter().map(|row| (row, why.clone())).collect();
        let settled = Settled {
            mail,
            rows: rows.iter().map(|row| (row.position, Change::End)).collect(),
            new: Vec::new(),
            effects: Vec::new(),
        };
        self.note(mail, seen, &told, settled).await
    }
}
