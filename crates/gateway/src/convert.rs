//! Makes the protected form of a mail, for each recipient: attachments leave it and wait sealed in the portal, the
//! rest becomes a PDF under the recipient's own password, and an ordinary mail carries that.
//!
//! | module | has |
//! |-|-|
//! | `source` | what is to be converted: a mail that came in, or a reply by the page |
//! | `parcel` | attachments as a parcel whose link is in the PDF alone |
//! | `answer` | the reply link with its quote |
//! | `carrier` | the mail around the PDF |
//!
//! A mail that must be protected leaves by [`Decision::Send`] and by nothing else.

mod answer;
mod carrier;
mod parcel;
mod source;

use std::sync::Arc;

use depesche_domain::effect::{Effect, Language};
use depesche_domain::mail::{Row, State};
use depesche_domain::note::{How, Note};
use depesche_domain::protected::{HELD, guess_language, tell};
use depesche_domain::{Address, Time};
use depesche_page::sheet::Sheet;
use depesche_pdfkey::credential::{Credential, User, UserKey};
use depesche_service::protected::passwords;
use depesche_service::protected::waits::{self, Verdict, Waiting};
use depesche_service::{Context, Error};

use crate::courier::House;
use crate::port::{Conversion, Convert, Decision, Job};
use crate::workers::Pool;
use source::Source;

/// After so many tries a mail is no more drawn as it is.
const TRIES: u32 = 4;

/// Draws a sheet: in a process of its own, or in tests.
pub trait Draw: Send + Sync + 'static {
    /// The PDF; none if it cannot be drawn now.
    fn draw(&self, sheet: &Sheet) -> impl Future<Output = Option<Vec<u8>>> + Send;
}

impl Draw for Pool {
    async fn draw(&self, sheet: &Sheet) -> Option<Vec<u8>> {
        match self.render(sheet).await {
            Ok(rendered) => Some(rendered.pdf),
            Err(error) => {
                tracing::warn!(%error, "a page was not drawn");
                None
            }
        }
    }
}

/// Makes protected mails.
pub struct Converter<D> {
    ctx: Arc<Context>,
    house: House,
    draw: D,
}

/// What became of one recipient.
struct Fate {
    decision: Decision,
    /// For the note to the sender.
    how: Option<(Address, How, i64)>,
    effects: Vec<Effect>,
}

impl Fate {
    const fn only(decision: Decision) -> Self {
        Self {
            decision,
            how: None,
            effects: Vec::new(),
        }
    }
}

impl<D: Draw> Converter<D> {
    /// For this house.
    pub const fn new(ctx: Arc<Context>, house: House, draw: D) -> Self {
        Self { ctx, house, draw }
    }

    async fn row(&self, job: &Job, source: &Source, row: &Row) -> Result<Fate, Error> {
        let Ok(to) = row.address.parse::<Address>() else {
            return Ok(Fate::only(Decision::Failed("address")));
        };
        match passwords::credential(&self.ctx, &to).await? {
            Some((credential, language)) => {
                let credential = Credential::from_parts(
                    User::from_bytes(credential.public),
                    UserKey::from_bytes(&credential.key),
                );
                self.send(job, source, row, (&to, language), &credential)
                    .await
            }
            None => self.hold(source, row, &to).await,
        }
    }

    /// Nobody can open a PDF there yet.
    async fn hold(&self, source: &Source, row: &Row, to: &Address) -> Result<Fate, Error> {
        // Nobody is to be told, so nobody is invited: it waits for a password that is set for another mail.
        let Some(sender) = source.told.as_ref() else {
            let end = row.since + HELD;
            let is_over = self.ctx.now() >= end;
            let decision = if is_over {
                Decision::Expired
            } else {
                Decision::Hold { again: end }
            };
            return Ok(Fate::only(decision));
        };
        let waiting = Waiting {
            to,
            sender: &source.sender,
            language: guess_language(to, self.ctx.settings.language),
            since: row.since,
        };
        let over = |note: Note| vec![tell(sender.clone(), self.ctx.settings.language, note)];
        let (recipient, subject) = (to.clone(), source.told_subject());
        Ok(match waits::wait(&self.ctx, &waiting).await? {
            Verdict::Hold { again } => Fate {
                decision: Decision::Hold { again },
                how: Some((recipient, How::Held, (row.since + HELD).ms()))
                    .filter(|_| row.state != State::HoldPassword && row.attempts == 0),
                effects: Vec::new(),
            },
            Verdict::Expired => Fate {
                decision: Decision::Expired,
                how: None,
                effects: over(Note::HeldExpired { recipient, subject }),
            },
            Verdict::Bounced => Fate {
                decision: Decision::Failed("invitation came back"),
                how: None,
                effects: over(Note::InvitationBounced { recipient, subject }),
            },
        })
    }

    async fn send(
        &self,
        job: &Job,
        source: &Source,
        row: &Row,
        (to, language): (&Address, Language),
        credential: &Credential,
    ) -> Result<Fate, Error> {
        let mail = format!("{}/{}", job.mail, row.position);
        let files = parcel::post(self, source, to, &mail).await?;
        let (token, reply) = answer::keep(self, source, (to, language), &mail).await?;
        let frame = carrier::frame(self, language, files, reply, &token);
        let sheet = Sheet::of(&source.letter, frame);
        let Some(pdf) = self.draw.draw(&sheet).await else {
            return Ok(Fate::only(Decision::Retry("not drawn")));
        };
        let mut random = |bytes: &mut [u8]| {
            for chunk in bytes.chunks_mut(32) {
                chunk.copy_from_slice(&self.ctx.random.bytes::<32>()[..chunk.len()]);
            }
        };
        let encrypted = depesche_pdfkey::encrypt::encrypt(&pdf, credential, &mut random);
        let Ok(pdf) = encrypted else {
            return Ok(Fate::only(Decision::Retry("not encrypted")));
        };
        let carrier = carrier::write(self, source, (to, language), &token, &pdf);
        Ok(Fate {
            decision: Decision::Send(carrier),
            how: Some((to.clone(), How::Pdf, 0)),
            effects: Vec::new(),
        })
    }

    /// One note to the sender for all recipients of whom there is something new.
    fn note(&self, source: &Source, went: Vec<(Address, How, i64)>) -> Option<Effect> {
        let sender = source
            .told
            .clone()
            .filter(|_| !source.outside && !went.is_empty())?;
        let note = Note::Went {
            to: went,
            subject: source.letter.headers.subject.clone(),
            files: source.file_names(),
        };
        Some(tell(sender, self.ctx.settings.language, note))
    }
}

impl<D: Draw> Convert for Converter<D> {
    async fn convert(&self, job: &Job) -> Result<Conversion, Error> {
        let mut source = match source::open(self, job).await? {
            source::Opened::Is(source) => source,
            source::Opened::Not(decision) => {
                return Ok(Conversion {
                    decisions: vec![decision; job.rows.len()],
                    effects: Vec::new(),
                });
            }
        };
        let is_hopeless = |row: &Row| row.state == State::HoldError && row.attempts >= TRIES;
        if job.rows.iter().any(is_hopeless) {
            source.reduce(&job.text, self.ctx.settings.language);
        }
        let (mut decisions, mut effects, mut went) = (Vec::new(), Vec::new(), Vec::new());
        for row in &job.rows {
            let fate = match self.row(job, &source, row).await {
                Ok(fate) => fate,
                Err(error) => {
                    tracing::warn!(mail.id = %job.mail, error.code = error.code(), %error, "a protected mail cannot be made now");
                    Fate::only(Decision::Retry(error.code()))
                }
            };
            decisions.push(fate.decision);
            effects.extend(fate.effects);
            // Who was written to in secret is named to the sender alone, and this note goes to him.
            went.extend(fate.how);
        }
        effects.extend(self.note(&source, went));
        Ok(Conversion { decisions, effects })
    }

    async fn came_back(&self, id: [u8; 16], report: &[u8]) -> Result<(), Error> {
        if says_failed(report) {
            waits::came_back(&self.ctx, &id).await?;
        }
        Ok(())
    }
}

/// A report of a mail that never arrives (RFC 3464 section 2.3.3), and no answer of a machine or a delay.
fn says_failed(report: &[u8]) -> bool {
    let text = String::from_utf8_lossy(report).to_ascii_lowercase();
    let failed = |line: &str| {
        line.strip_prefix("action:")
            .is_some_and(|action| action.trim() == "failed")
    };
    text.contains("delivery-status") && text.lines().any(|line| failed(line.trim_end()))
}

/// The day of a moment, in UTC.
fn day(at: Time) -> depesche_page::letter::Day {
    made(at).day
}

fn made(at: Time) -> depesche_page::sheet::Made {
    let at = jiff::Timestamp::from_millisecond(at.ms()).unwrap_or(jiff::Timestamp::MAX);
    let at = at.to_zoned(jiff::tz::TimeZone::UTC);
    depesche_page::sheet::Made {
        day: depesche_page::letter::Day {
            year: at.year().unsigned_abs(),
            month: at.month().unsigned_abs(),
            day: at.day().unsigned_abs(),
        },
        hour: at.hour().unsigned_abs(),
        minute: at.minute().unsigned_abs(),
    }
}

#[cfg(test)]
mod tests {
    use super::says_failed;

    #[test]
    fn only_a_failure_comes_back() {
        let report = |action: &str| {
            format!(
                "Content-Type: multipart/report; report-type=delivery-status\r\n\r\nFinal-Recipient: rfc822;a@b\r\nAction: {action}\r\n"
            )
        };
        assert!(says_failed(report("failed").as_bytes()));
        assert!(!says_failed(report("delayed").as_bytes()));
        let vacation = b"Auto-Submitted: auto-replied\r\nSubject: away\r\n\r\nAction: failed\r\n";
        assert!(!says_failed(vacation));
    }
}
