//! A parcel: one delivery to its recipients.
//!
//! | state | becomes | by |
//! |-|-|-|
//! | draft | sealed | all parts and the manifest are there |
//! | sealed | posted | the sender's order, within the policy |
//! | posted | posted | extend, recipients added and dropped, mails sent again, visits |
//! | posted | closed (withdrawn, expired, spent) | the sender; time; every limit used up |
//!
//! Closed is final: keys and bytes are destroyed, the facts stay.

use crate::account::{Account, Role};
use crate::address::Address;
use crate::effect::{Arrival, Effect, Mail, Notice};
use crate::id::{AccountId, FileId, ParcelId};
use crate::journal::Fact;
use crate::keyed::{self, Keyed, Person, Verified, Waits};
use crate::level::Level;
pub use crate::order::{Answered, KeyedWay, LinkRecord, NewRecipient, Order, Way};
use crate::policy::{LONGEST_MESSAGE, LONGEST_SUBJECT, MOST_FILES, MOST_RECIPIENTS, Policy};
pub use crate::recipient::{Reason, Recipient, RecipientState};
use crate::time::Time;

/// Why a move is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Below the lowest or above the highest level of the policy, or not built yet.
    #[error("this level is not offered here; see the levels offered and choose one of them")]
    LevelNotOffered,
    /// Larger than the policy allows.
    #[error(
        "this delivery is larger than {largest} bytes, the most this server takes; send it in several deliveries"
    )]
    TooLarge {
        /// The most, in sealed bytes.
        largest: u64,
    },
    /// More file objects than a parcel may have.
    #[error("a delivery has at most 100,000 files; pack them into an archive first")]
    TooManyFiles,
    /// Parts or the manifest are missing.
    #[error("not everything has arrived yet; ask what is missing and send it again")]
    Incomplete,
    /// Nobody to deliver to.
    #[error("a delivery needs at least one recipient")]
    NoRecipient,
    /// More than a parcel may have.
    #[error("a delivery has at most 1,000 recipients; send it in several deliveries")]
    TooManyRecipients,
    /// The address stands there twice, or is a recipient already.
    #[error("a recipient stands there twice; name everybody once")]
    RecipientTwice,
    /// The address is not a recipient, or was dropped.
    #[error("this address is not a recipient of the delivery")]
    NotARecipient,
    /// Subject or message are too long.
    #[error(
        "the subject has at most 998 characters and the message 1 MiB; put the rest into a file"
    )]
    TooLong,
    /// The deadline is in the past.
    #[error("the date has passed already; choose a later one")]
    DeadlinePassed,
    /// Posted already: a draft's move does not fit.
    #[error("this delivery has been posted already")]
    AlreadyPosted,
    /// Still a draft: a posted parcel's move does not fit.
    #[error("this delivery has not been posted yet")]
    NotPosted,
    /// An answer below the level of what it answers.
    #[error("an answer has at least the level of what it answers; choose a higher one")]
    LevelTooLow,
    /// A guest who does not answer, or not the one who wrote.
    #[error("as a guest you can answer what you were sent, and only the person who wrote it")]
    GuestsAnswer,
    /// A link at level 3 or 4, or a key at level 1 or 2, or a recipient without either.
    #[error("levels 1 and 2 are opened by a link, levels 3 and 4 by the person's own key")]
    WrongWay,
    /// What a recipient of level 3 or 4 waits for, or a key that does not fit.
    #[error(transparent)]
    Keyed(#[from] keyed::Refusal),
    /// Withdrawn, expired or spent.
    #[error("this delivery is no longer here: it was {0}")]
    Closed(Reason),
}

/// One sealed file or pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileObject {
    /// Which.
    pub id: FileId,
    /// Sealed bytes.
    pub size: u64,
}

/// Something being uploaded; only its sender knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Which.
    pub id: ParcelId,
    /// Whose.
    pub sender: AccountId,
    /// How it will be protected.
    pub level: Level,
    /// When it was begun.
    pub created: Time,
    /// What will be in it.
    pub files: Vec<FileObject>,
    /// What it answers.
    pub in_reply_to: Option<ParcelId>,
}

/// A draft with everything on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(Draft);

/// A posted parcel, as its moves need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Which.
    pub id: ParcelId,
    /// Whose.
    pub sender: AccountId,
    /// How it is protected.
    pub level: Level,
    /// When it was posted.
    pub posted: Time,
    /// Until when it is ready.
    pub expires: Time,
    /// For lists and landing page; empty at level 4.
    pub subject: String,
    /// As the subject.
    pub message: String,
    /// Whether the sender wants a mail at first downloads.
    pub notify: bool,
    /// What it answers.
    pub in_reply_to: Option<ParcelId>,
    /// To whom.
    pub recipients: Vec<Recipient>,
}

/// Closed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// Which.
    pub id: ParcelId,
    /// When.
    pub at: Time,
    /// Why.
    pub reason: Reason,
}

impl Draft {
    /// Begins a draft.
    ///
    /// # Errors
    /// [`Refusal`] if the policy does not allow level, size or number of files, or the answer does not fit.
    pub fn begin(
        id: ParcelId,
        sender: &Account,
        level: Level,
        files: Vec<FileObject>,
        answered: Option<&Answered>,
        (now, policy): (Time, &Policy),
    ) -> Result<Self, Refusal> {
        if !policy.offers(level) {
            return Err(Refusal::LevelNotOffered);
        }
        if answered.is_some_and(|answered| level < answered.level) {
            return Err(Refusal::LevelTooLow);
        }
        if answered.is_none() && sender.role == Role::Guest {
            return Err(Refusal::GuestsAnswer);
        }
        let draft = Self {
            id,
            sender: sender.id,
            level,
            created: now,
            files: Vec::new(),
            in_reply_to: answered.map(|answered| answered.parcel),
        };
        draft.add(files, policy)
    }

    /// Adds file objects; one that is there with the same size is left as it is.
    ///
    /// # Errors
    /// [`Refusal::TooLarge`], [`Refusal::TooManyFiles`].
    pub fn add(mut self, files: Vec<FileObject>, policy: &Policy) -> Result<Self, Refusal> {
        let known: std::collections::HashSet<FileId> = self.files.iter().map(|f| f.id).collect();
        self.files
            .extend(files.into_iter().filter(|f| !known.contains(&f.id)));
        if self.files.len() > MOST_FILES {
            return Err(Refusal::TooManyFiles);
        }
        let too_large = Refusal::TooLarge {
            largest: policy.largest,
        };
        let size = self
            .files
            .iter()
            .try_fold(0u64, |sum, f| sum.checked_add(f.size))
            .ok_or(too_large)?;
        if size > policy.largest {
            return Err(too_large);
        }
        Ok(self)
    }

    /// Sealed bytes of all file objects.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|f| f.size).sum()
    }

    /// Everything is there: `complete` = every part of every file and the manifest.
    ///
    /// # Errors
    /// [`Refusal::Incomplete`].
    pub fn seal(self, complete: bool) -> Result<Sealed, Refusal> {
        if complete {
            Ok(Sealed(self))
        } else {
            Err(Refusal::Incomplete)
        }
    }
}

impl Sealed {
    /// Posts: the recipients get their links, the mails go out.
    ///
    /// # Errors
    /// [`Refusal`] if recipients, deadline or texts do not fit.
    pub fn post(
        self,
        order: Order,
        sender: &Account,
        now: Time,
        policy: &Policy,
    ) -> Result<(Posted, Vec<Effect>), Refusal> {
        let draft = self.0;
        if order.recipients.is_empty() {
            return Err(Refusal::NoRecipient);
        }
        if order.subject.chars().count() > LONGEST_SUBJECT || order.message.len() > LONGEST_MESSAGE
        {
            return Err(Refusal::TooLong);
        }
        let expires = policy.expiry(order.expires, now);
        if expires <= now {
            return Err(Refusal::DeadlinePassed);
        }
        check_guest(&order, sender)?;
        let readable = draft.level < Level::KeyedAll;
        let posted = Posted {
            id: draft.id,
            sender: draft.sender,
            level: draft.level,
            posted: now,
            expires,
            subject: if readable {
                order.subject
            } else {
                String::new()
            },
            message: if readable {
                order.message
            } else {
                String::new()
            },
            notify: order.notify,
            in_reply_to: draft.in_reply_to,
            recipients: Vec::new(),
        };
        let count = order.recipients.len() as u64;
        let size = draft.files.iter().map(|f| f.size).sum();
        let (posted, mut effects) =
            posted.admit(order.recipients, sender, order.answered.as_ref(), now)?;
        effects.push(Effect::Record(Fact::Posted {
            parcel: posted.id,
            sender: posted.sender,
            level: posted.level.number(),
            size,
            recipients: count,
            expires: expires.ms(),
        }));
        Ok((posted, effects))
    }
}

/// A guest answers the one who wrote, and nobody else.
fn check_guest(order: &Order, sender: &Account) -> Result<(), Refusal> {
    if sender.role != Role::Guest {
        return Ok(());
    }
    match (order.answered.as_ref(), order.recipients.as_slice()) {
        (Some(answered), [only]) if only.address == answered.sender => Ok(()),
        _ => Err(Refusal::GuestsAnswer),
    }
}

impl Posted {
    /// The mail that tells a recipient; at level 4 it says who wrote and nothing else.
    fn mail(&self, sender: &Account, to: &Address, arrival: Arrival, notice: Notice) -> Effect {
        let notice = if self.level == Level::KeyedAll {
            Notice::silent(notice.language)
        } else {
            notice
        };
        let mail = Mail::Delivery {
            to: to.clone(),
            sender_name: sender.name.clone(),
            sender: sender.address.clone(),
            level: self.level.number(),
            arrival,
            expires: self.expires.ms(),
            notice,
        };
        Effect::Send {
            mail: Box::new(mail),
            about: Some((self.id, to.clone())),
        }
    }

    /// What opens it for a recipient of level 3 or 4, at first.
    fn admit_keyed(
        &self,
        way: KeyedWay,
        person: &Person,
        answers: bool,
        now: Time,
    ) -> Result<(Keyed, Option<Effect>), Refusal> {
        let waits = Keyed::Waits(Waits::new(self.level, way.code));
        let Some(release) = way.release else {
            return Ok((waits, None));
        };
        if release.verified == Verified::Reply && !answers {
            return Err(keyed::Refusal::NotVerified.into());
        }
        let released = waits.release(person, release, now)?;
        let fact = Effect::Record(self.released_fact(&released));
        Ok((Keyed::Released(released), Some(fact)))
    }

    /// For the journal: to which key, and how it was verified.
    pub fn released_fact(&self, released: &keyed::Released) -> Fact {
        Fact::Released {
            parcel: self.id,
            account: released.stanza.account,
            fingerprint: released.stanza.fingerprint.to_hex(),
            verified: released.verified.name().into(),
        }
    }

    fn admit(
        mut self,
        new: Vec<NewRecipient>,
        sender: &Account,
        answered: Option<&Answered>,
        now: Time,
    ) -> Result<(Self, Vec<Effect>), Refusal> {
        let mut effects = Vec::new();
        for one in new {
            if self
                .recipients
                .iter()
                .any(|r| r.address == one.address && r.dropped.is_none())
            {
                return Err(Refusal::RecipientTwice);
            }
            self.recipients.retain(|r| r.address != one.address);
            let mut recipient = Recipient::new(one.address.clone());
            let arrival = match one.way {
                Way::Link(link) if self.level < Level::KeyedFiles => Arrival::Link {
                    link: link.id.to_string(),
                    login: self.level == Level::Login,
                },
                Way::Keyed(way) if self.level >= Level::KeyedFiles => {
                    let answers = answered.is_some_and(|to| to.sender == one.address);
                    let (keyed, fact) = self.admit_keyed(*way, &one.person, answers, now)?;
                    effects.extend(fact);
                    let ready = keyed.opens(&one.person).is_ok();
                    recipient.keyed = Some(Box::new((keyed, one.person)));
                    Arrival::keyed(self.id, one.token, ready)
                }
                _ => return Err(Refusal::WrongWay),
            };
            if let Some(notice) = one.notice {
                effects.push(self.mail(sender, &one.address, arrival, notice));
            }
            self.recipients.push(recipient);
        }
        if self.recipients.len() > MOST_RECIPIENTS {
            return Err(Refusal::TooManyRecipients);
        }
        Ok((self, effects))
    }

    /// Adds recipients; one that was dropped may come back with a new link.
    ///
    /// # Errors
    /// [`Refusal::RecipientTwice`], [`Refusal::TooManyRecipients`], [`Refusal::NoRecipient`].
    pub fn add(
        self,
        new: Vec<NewRecipient>,
        sender: &Account,
        now: Time,
    ) -> Result<(Self, Vec<Effect>), Refusal> {
        if new.is_empty() {
            return Err(Refusal::NoRecipient);
        }
        let count = new.len();
        let (posted, mut effects) = self.admit(new, sender, None, now)?;
        let fact = Fact::RecipientAdded { parcel: posted.id };
        effects.extend(std::iter::repeat_n(Effect::Record(fact), count));
        Ok((posted, effects))
    }

    /// Drops a recipient: the link opens nothing any more.
    ///
    /// # Errors
    /// [`Refusal::NotARecipient`].
    pub fn drop_recipient(
        mut self,
        address: &Address,
        now: Time,
    ) -> Result<(Self, Vec<Effect>), Refusal> {
        let found = self
            .recipients
            .iter_mut()
            .find(|r| r.address == *address && r.dropped.is_none());
        found.ok_or(Refusal::NotARecipient)?.dropped = Some(now);
        let fact = Fact::RecipientDropped { parcel: self.id };
        Ok((self, vec![Effect::Record(fact)]))
    }

    /// Sends the notification again; the client hands the notice over again.
    ///
    /// # Errors
    /// [`Refusal::NotARecipient`].
    pub fn resend(
        &self,
        to: &Address,
        arrival: Arrival,
        notice: Notice,
        sender: &Account,
    ) -> Result<Vec<Effect>, Refusal> {
        let known = self
            .recipients
            .iter()
            .any(|r| r.address == *to && r.dropped.is_none());
        if !known {
            return Err(Refusal::NotARecipient);
        }
        Ok(vec![self.mail(sender, to, arrival, notice)])
    }

    /// Moves the deadline, at most the retention from now; later or sooner.
    ///
    /// # Errors
    /// [`Refusal::DeadlinePassed`].
    pub fn extend(
        mut self,
        until: Time,
        now: Time,
        policy: &Policy,
    ) -> Result<(Self, Vec<Effect>), Refusal> {
        let expires = policy.expiry(Some(until), now);
        if expires <= now {
            return Err(Refusal::DeadlinePassed);
        }
        self.expires = expires;
        let fact = Fact::Extended {
            parcel: self.id,
            expires: expires.ms(),
        };
        Ok((self, vec![Effect::Record(fact)]))
    }

    /// Closes for good.
    pub fn close(self, reason: Reason, now: Time) -> (Closed, Vec<Effect>) {
        let fact = Fact::Closed {
            parcel: self.id,
            reason: reason.name().into(),
        };
        let closed = Closed {
            id: self.id,
            at: now,
            reason,
        };
        (closed, vec![Effect::Shred(self.id), Effect::Record(fact)])
    }

    /// Whether it has expired at `now`, whether or not somebody wrote it down.
    pub fn has_expired(&self, now: Time) -> bool {
        self.expires <= now
    }

    /// A visit of `recipient` was verified; `first` = the first of this recipient. Tells the sender if wanted.
    pub fn downloaded(
        &self,
        recipient: &Address,
        stated: &str,
        sender: &Account,
        language: crate::effect::Language,
        now: Time,
    ) -> Vec<Effect> {
        let first = self
            .recipients
            .iter()
            .any(|r| r.address == *recipient && r.downloaded.is_none());
        if !(first && self.notify) {
            return Vec::new();
        }
        let mail = Mail::Downloaded {
            to: sender.address.clone(),
            recipient: recipient.clone(),
            stated: stated.to_owned(),
            subject: self.subject.clone(),
            at: now.ms(),
            language,
        };
        vec![Effect::Send {
            mail: Box::new(mail),
            about: None,
        }]
    }
}
