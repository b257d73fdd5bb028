//! The protected form of one mail, for all of its recipients that are due.

use depesche_domain::MailId;
use depesche_domain::mail::{Kind, Next, Row, State, next_try};
use depesche_service::Error;
use depesche_service::rows::Wait;
use depesche_service::spool::{Change, NewMail, Open, Settled, TextWriter};
use zeroize::Zeroizing;

use super::run::{Queue, Seen, jitter};
use crate::port::{Conversion, Convert, Decision, Job};
use crate::report::Why;
use crate::rules::Facts;

/// After so many tries, about three hours, it counts since when a mail waits: before, it may just have been held.
const FEW: u32 = 8;

impl<C: Convert> Queue<C> {
    pub(super) async fn convert(
        &self,
        mail: MailId,
        open: Open,
        rows: Vec<Row>,
    ) -> Result<(), Error> {
        let mut seen = Seen {
            envelope: open.envelope.clone(),
            since: open.received,
            begun: open.received,
            beginning: Zeroizing::default(),
        };
        let Some(text) = open.text else {
            return self.ended(mail, &seen, &rows, Why::Lost).await;
        };
        let text = text.whole().await?;
        seen.beginning = Zeroizing::new(text[..text.len().min(1 << 20)].to_vec());
        let (dropped, rows): (Vec<Row>, Vec<Row>) = rows
            .into_iter()
            .partition(|row| row.state == State::Dropped);
        if !dropped.is_empty() {
            self.ended(mail, &seen, &dropped, Why::Dropped).await?;
        }
        if rows.is_empty() {
            return Ok(());
        }
        let job = Job {
            mail,
            envelope: open.envelope,
            received: open.received,
            now: self.ctx.now(),
            rows,
            text,
        };
        let conversion = match self.convert.convert(&job).await {
            Ok(conversion) => conversion,
            Err(error) => {
                tracing::warn!(mail.id = %mail, error.code = error.code(), %error, "a protected mail cannot be made now");
                Conversion {
                    decisions: vec![Decision::Retry(error.code()); job.rows.len()],
                    effects: Vec::new(),
                }
            }
        };
        self.settle_conversion(&job, &seen, conversion).await
    }

    async fn settle_conversion(
        &self,
        job: &Job,
        seen: &Seen,
        conversion: Conversion,
    ) -> Result<(), Error> {
        let mut settled = Settled {
            mail: job.mail,
            rows: Vec::new(),
            new: Vec::new(),
            effects: conversion.effects,
        };
        let mut told = Vec::new();
        // Should there be too few decisions, the rows without one wait.
        let missing = std::iter::repeat(Decision::Retry("undecided"));
        for (row, decision) in job
            .rows
            .iter()
            .zip(conversion.decisions.into_iter().chain(missing))
        {
            let change = match decision {
                Decision::Send(carrier) => {
                    settled.new.push(self.carrier(seen, &carrier).await?);
                    Change::Replace(settled.new.len() - 1)
                }
                Decision::Pass => {
                    Change::Wait(self.wait(row, State::Queued, self.ctx.now(), 0, None))
                }
                Decision::Hold { again } => {
                    let attempts = row.attempts.saturating_add(1);
                    Change::Wait(self.wait(row, State::HoldPassword, again, attempts, None))
                }
                Decision::Retry(why) => self.again(row, why, &mut told),
                Decision::Expired => {
                    told.push((row, Why::Expired));
                    Change::End
                }
                Decision::Failed(why) => {
                    tracing::warn!(mail.id = %job.mail, error = why, "no protected mail can be made of it");
                    told.push((row, Why::Unprotectable));
                    Change::End
                }
            };
            settled.rows.push((row.position, change));
        }
        self.note(job.mail, seen, &told, settled).await
    }

    /// Making it broke off: another try after a pause.
    pub(super) async fn put_off_conversion(
        &self,
        mail: MailId,
        mut open: Open,
        rows: Vec<Row>,
    ) -> Result<(), Error> {
        let seen = Seen::of(&mut open, None).await?;
        let mut told = Vec::new();
        let changes = rows
            .iter()
            .map(|row| (row.position, self.again(row, "broke off", &mut told)));
        let settled = Settled {
            mail,
            rows: changes.collect(),
            new: Vec::new(),
            effects: Vec::new(),
        };
        self.note(mail, &seen, &told, settled).await
    }

    fn wait(
        &self,
        row: &Row,
        state: State,
        due: depesche_domain::Time,
        attempts: u32,
        reply: Option<&str>,
    ) -> Wait {
        Wait {
            state,
            due,
            attempts,
            told_late: row.told_late,
            reply: reply.map(str::to_owned),
        }
    }

    /// Another try after a pause; after long enough the sender is told.
    fn again<'a>(&self, row: &'a Row, why: &'static str, told: &mut Vec<(&'a Row, Why)>) -> Change {
        let attempts = row.attempts.saturating_add(1);
        let now = self.ctx.now();
        let state = match row.state {
            State::Dropped => State::Dropped,
            _ => State::HoldError,
        };
        let begun = if attempts > FEW { row.since } else { now };
        match next_try(begun, now, attempts, jitter(&self.ctx)) {
            Next::GiveUp => {
                told.push((row, Why::Unprotectable));
                Change::End
            }
            Next::Again(due) => {
                let mut wait = self.wait(row, state, due, attempts, Some(why));
                if row.is_late(begun, now) {
                    wait.told_late = true;
                    told.push((row, Why::Late(None)));
                }
                Change::Wait(wait)
            }
        }
    }

    /// The mail that takes the place of the original for one recipient.
    async fn carrier(&self, seen: &Seen, bytes: &[u8]) -> Result<NewMail, Error> {
        let mut text = TextWriter::begin(&self.ctx)?;
        text.push(bytes).await?;
        let mut envelope = seen.envelope.clone();
        envelope.eight_bit = bytes.iter().any(|byte| !byte.is_ascii());
        let thread = Facts::read(bytes).thread;
        Ok(NewMail {
            kind: Kind::Carrier,
            envelope,
            rows: Vec::new(),
            thread,
            // An answer to it quotes the original as well.
            is_secured: true,
            seen: None,
            text: text.finish().await?,
        })
    }
}
