//! The port through which a mail gets its protected form.

use depesche_domain::effect::Effect;
use depesche_domain::mail::{Envelope, Row};
use depesche_domain::{MailId, Time};
use depesche_service::Error;
use zeroize::Zeroizing;

/// A mail to be converted, for one or more of its recipients.
pub struct Job {
    /// Which.
    pub mail: MailId,
    /// Sender and wishes.
    pub envelope: Envelope,
    /// When it was taken in.
    pub received: Time,
    /// Now.
    pub now: Time,
    /// For whom; each stands in `convert`, `hold_password` or `hold_error`.
    pub rows: Vec<Row>,
    /// As it was spooled: with our Received, without tag and control headers, else byte for byte as it came.
    pub text: Zeroizing<Vec<u8>>,
}

/// What becomes of the mail for one recipient.
#[derive(Clone, PartialEq, Eq)]
pub enum Decision {
    /// This mail goes to him instead; sender and wishes stay.
    Send(Vec<u8>),
    /// He has no password yet. Asked again at that time, or as soon as he has one.
    Hold {
        /// When it is asked again.
        again: Time,
    },
    /// It cannot be made now; a word for lists and logs. Asked again after a while.
    Retry(&'static str),
    /// It goes as it is: it turned out to be encrypted already.
    Pass,
    /// It waited too long. The sender is told.
    Expired,
    /// It never can be made; a word for lists and logs. The sender is told.
    Failed(&'static str),
}

/// The decisions, in the order of the job's rows, and what follows from all of them.
pub struct Conversion {
    /// One for each row.
    pub decisions: Vec<Decision>,
    /// Stored in the same transaction.
    pub effects: Vec<Effect>,
}

/// Makes protected mails.
pub trait Convert: Send + Sync + 'static {
    /// Decides for all rows of a job. After a crash it is asked again for the same rows, never twice at a time
    /// for one mail.
    ///
    /// # Errors
    /// [`Error`] counts as [`Decision::Retry`] for every row.
    fn convert(&self, job: &Job) -> impl Future<Output = Result<Conversion, Error>> + Send;

    /// The notice with this id (its row in the outbox) came back; `report` is the beginning of what came.
    /// It may be told several times.
    ///
    /// # Errors
    /// [`Error`]: it is told again later.
    fn came_back(
        &self,
        id: [u8; 16],
        report: &[u8],
    ) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Nobody makes protected mails: what must be protected waits, and never leaves as it is.
pub struct Waits;

impl Convert for Waits {
    async fn convert(&self, job: &Job) -> Result<Conversion, Error> {
        Ok(Conversion {
            decisions: vec![Decision::Retry("no_converter"); job.rows.len()],
            effects: Vec::new(),
        })
    }

    async fn came_back(&self, _: [u8; 16], _: &[u8]) -> Result<(), Error> {
        Ok(())
    }
}
