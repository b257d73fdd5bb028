//! One mail on its way in.

use depesche_domain::mail::{Envelope, Kind, NewRow, Treatment, fold};
use depesche_seal::primitives::Sha256;
use depesche_service::spool::{NewMail, TextWriter, is_thread};
use depesche_service::{Context, Error};
use depesche_smtp::envelope::{Body, Envelope as Wire, Recipient};
use depesche_smtp::reply::{Code, Reply};

use super::door::Door;
use crate::header;
use crate::port::Convert;
use crate::rules::{Arrival, Facts, Refused, Verdict};
use crate::verp;

/// Bytes of a header.
const MAX_HEADER: usize = 1 << 20;
/// Of a notice that came back, so much is looked at.
const REPORT: usize = 64 * 1024;

/// What is known before the text.
pub(super) struct Origin {
    /// What stands in our Received: who sent it, and how.
    pub(super) from: String,
    /// How it was sent: `ESMTPS`.
    pub(super) with: &'static str,
    /// It may send for our people.
    pub(super) is_trusted: bool,
}

/// Where the text stands.
enum Stage {
    /// The end of the header has not come.
    Header(Vec<u8>),
    /// The rest follows.
    Body(Box<Sealing>),
    /// It will be refused; the rest is thrown away.
    Refused(Reply),
}

struct Sealing {
    text: TextWriter,
    thread: Option<[u8; 32]>,
    verdict: Verdict,
}

/// A mail being received.
pub(super) struct Receiving<'a, C> {
    door: &'a Door<C>,
    origin: Origin,
    envelope: Wire,
    /// Recipients that are notices come back.
    notices: Vec<[u8; 16]>,
    /// The beginning of the text, if there are any.
    report: Vec<u8>,
    stage: Stage,
    /// Over envelope and text, as they come.
    seen: Sha256,
}

fn local(text: &str) -> Reply {
    Reply::new(Code::LOCAL_ERROR, 3, 0, text)
}

/// What cannot be stored stays with the peer.
fn unstored(error: &Error) -> Reply {
    match error {
        Error::Full => Reply::new(Code::NO_STORAGE, 3, 1, "the disk is full, try again later"),
        error => {
            tracing::warn!(error.code = error.code(), %error, "a mail cannot be stored now");
            local("it cannot be stored now, try again later")
        }
    }
}

fn refusal(refused: Refused) -> Reply {
    let text = match refused {
        Refused::Loop => "this mail was here already: it is going round in a loop",
        Refused::TooManyHops => "this mail was handed on too often: it is going round in a loop",
    };
    Reply::new(Code::FAILED, 4, 6, text)
}

impl<'a, C: Convert> Receiving<'a, C> {
    pub(super) fn new(door: &'a Door<C>, origin: Origin, mut envelope: Wire) -> Self {
        let mut notices = Vec::new();
        envelope.recipients.retain(|recipient| {
            match verp::read(recipient.to.as_str(), &door.notices) {
                Some(id) => {
                    notices.push(id);
                    false
                }
                None => true,
            }
        });
        let mut seen = Sha256::new();
        seen.update(envelope.sender.from.as_str().as_bytes());
        for recipient in &envelope.recipients {
            let wish = recipient.notify.map(|notify| notify.to_text());
            for text in [recipient.to.as_str(), wish.as_deref().unwrap_or_default()] {
                seen.update(b"\0");
                seen.update(text.as_bytes());
            }
        }
        seen.update(b"\0\0");
        Self {
            door,
            origin,
            envelope,
            notices,
            report: Vec::new(),
            stage: Stage::Header(Vec::new()),
            seen,
        }
    }

    /// The next piece of the text.
    pub(super) async fn push(&mut self, piece: &[u8]) {
        self.seen.update(piece);
        if !self.notices.is_empty() {
            let room = REPORT.saturating_sub(self.report.len());
            self.report
                .extend_from_slice(&piece[..piece.len().min(room)]);
        }
        match &mut self.stage {
            Stage::Refused(_) => {}
            Stage::Body(sealing) => {
                if let Err(error) = sealing.text.push(piece).await {
                    self.stage = Stage::Refused(unstored(&error));
                }
            }
            Stage::Header(begun) => {
                let searched = begun.len();
                begun.extend_from_slice(piece);
                let end = header::end(begun, searched);
                let begun = std::mem::take(begun);
                self.stage = match end {
                    Some(end) => self.begin(&begun, end).await,
                    None if begun.len() > MAX_HEADER => Stage::Refused(Reply::new(
                        Code::TOO_MUCH,
                        3,
                        4,
                        "the header of the mail is too large",
                    )),
                    None => Stage::Header(begun),
                };
            }
        }
    }

    /// The header is whole: decides, and begins to seal.
    async fn begin(&self, begun: &[u8], end: usize) -> Stage {
        let (header, rest) = begun.split_at(end);
        match self.try_begin(header, rest).await {
            Ok(sealing) => Stage::Body(Box::new(sealing)),
            Err(reply) => Stage::Refused(reply),
        }
    }

    async fn try_begin(&self, header: &[u8], rest: &[u8]) -> Result<Sealing, Reply> {
        let (thread, mut verdict) = self.judge(header).await?;
        let ctx = &self.door.ctx;
        let mut text = TextWriter::begin(ctx).map_err(|error| unstored(&error))?;
        let received = self.received(&text.id().to_string(), ctx);
        let header = std::mem::take(&mut verdict.header);
        for piece in [received.as_bytes(), &header, rest] {
            let pushed = text.push(piece).await;
            pushed.map_err(|error| unstored(&error))?;
        }
        Ok(Sealing {
            text,
            thread,
            verdict,
        })
    }

    async fn judge(&self, header: &[u8]) -> Result<(Option<[u8; 32]>, Verdict), Reply> {
        let facts = Facts::read(header);
        let recipients: Vec<&str> = self
            .envelope
            .recipients
            .iter()
            .map(|r| r.to.as_str())
            .collect();
        let arrival = Arrival {
            sender: self.envelope.sender.from.as_str(),
            recipients: &recipients,
            is_trusted: self.origin.is_trusted,
        };
        let rules = &self.door.rules;
        let answers = facts.answers();
        let asks = !answers.is_empty() && rules.asks_for_thread(&arrival, &facts);
        let in_thread = asks
            && is_thread(&self.door.ctx, &answers)
                .await
                .map_err(|error| unstored(&error))?;
        let verdict = rules.decide(&arrival, &facts, in_thread, &self.door.tracer);
        Ok((facts.thread, verdict.map_err(refusal)?))
    }

    /// RFC 5321 section 4.4. Without "for": it would name a hidden recipient.
    fn received(&self, id: &str, ctx: &Context) -> String {
        let now = jiff::Timestamp::from_millisecond(ctx.now().ms()).unwrap_or_default();
        let date = jiff::fmt::rfc2822::to_string(&now.to_zoned(self.door.zone.clone()));
        format!(
            "Received: from {}\r\n\tby {} (Depesche) with {} id {id};\r\n\t{}\r\n",
            self.origin.from,
            self.door.host,
            self.origin.with,
            date.unwrap_or_default()
        )
    }

    /// The text is whole: makes it durable. Gives the id that both sides call it by.
    pub(super) async fn finish(mut self) -> Result<String, Reply> {
        if let Stage::Header(begun) = &mut self.stage {
            // A mail that is a header alone.
            let begun = std::mem::take(begun);
            self.stage = self.begin(&begun, begun.len()).await;
        }
        let sealing = match std::mem::replace(&mut self.stage, Stage::Header(Vec::new())) {
            Stage::Body(sealing) => *sealing,
            Stage::Refused(reply) => return Err(reply),
            Stage::Header(_) => return Err(local("it was not received whole")),
        };
        for id in &self.notices {
            let told = self.door.convert.came_back(*id, &self.report).await;
            told.map_err(|error| unstored(&error))?;
        }
        let id = sealing.text.id();
        if self.envelope.recipients.is_empty() {
            return Ok(id.to_string());
        }
        let text = sealing
            .text
            .finish()
            .await
            .map_err(|error| unstored(&error))?;
        let size = text.size();
        let verdict = sealing.verdict;
        let treatments = verdict.of_size(&self.door.rules, size);
        let protected = treatments.iter().filter(|t| **t == Treatment::Protect);
        let protected = protected.count();
        let recipients = self.envelope.recipients.iter();
        let rows = recipients.zip(treatments).zip(&verdict.bcc);
        let seen = self.seen.finish();
        let mail = NewMail {
            kind: Kind::Relayed,
            envelope: stored(&self.envelope),
            rows: rows
                .map(|((to, treatment), bcc)| row(to, *treatment, *bcc))
                .collect(),
            // Without an id of its own two mails may be alike and both be meant.
            seen: sealing.thread.map(|_| seen),
            thread: sealing.thread,
            is_secured: protected > 0,
            text,
        };
        let taken = self.door.spool.accept(mail).await;
        taken.map_err(|error| unstored(&error))?;
        tracing::info!(mail.id = %id, size_bytes = size, recipients = self.envelope.recipients.len(), protected, "mail taken");
        Ok(id.to_string())
    }
}

fn stored(envelope: &Wire) -> Envelope {
    let sender = &envelope.sender;
    Envelope {
        sender: sender.from.as_str().to_owned(),
        eight_bit: sender.body == Body::EightBitMime,
        smtputf8: sender.smtputf8,
        ret: sender.ret.map(|ret| ret.to_text().to_owned()),
        envid: sender.envid.as_ref().map(|id| id.as_str().to_owned()),
    }
}

fn row(recipient: &Recipient, treatment: Treatment, bcc: bool) -> NewRow {
    let address = recipient.to.as_str();
    NewRow {
        address: address.to_owned(),
        folded: fold(address),
        bcc,
        notify: recipient.notify.map(|notify| notify.to_text()),
        orcpt: recipient.orcpt.as_ref().map(|orcpt| orcpt.to_text()),
        treatment,
    }
}
