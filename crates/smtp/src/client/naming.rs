//! Sender and recipients of one mail on their way to the server: commands out, replies in, one fate each.

use std::collections::VecDeque;

use super::fate::{Failure, Fate, Outcome, impossible};
use super::offer::Offer;
use crate::address::Mailbox;
use crate::envelope::{Body, Envelope, Recipient, Sender};
use crate::reply::{Code, Reply, Severity};

/// Commands in one go. They and their replies fit into any socket's buffers, so nobody waits for ever.
const GROUP: usize = 100;

/// A command whose reply has not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Mail,
    Rcpt(usize),
    Data,
}

/// Where one recipient stands.
#[derive(Debug)]
enum Place {
    Unsent,
    Accepted,
    Settled(Fate),
}

/// One mail being announced.
#[derive(Debug)]
pub(super) struct Naming {
    envelope: Envelope,
    offer: Offer,
    places: Vec<Place>,
    waiting: VecDeque<Waiting>,
    mail_sent: bool,
    mail_accepted: bool,
    next: usize,
    data_sent: bool,
}

/// How far the replies lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// More commands were written, or more replies are awaited.
    Waiting,
    /// 354: the text may go, to those who were accepted.
    Text,
    /// 354, though nobody was accepted: a dot alone must follow (RFC 2920 section 3.1).
    EmptyText,
    /// Nobody takes it; what was begun must be cleared.
    Clear,
    /// Nobody takes it, and nothing was begun.
    Nothing,
}

impl Naming {
    pub(super) fn new(envelope: Envelope, offer: Offer) -> Self {
        let places = envelope
            .recipients
            .iter()
            .map(|recipient| first_place(&envelope.sender, recipient, offer));
        let places = places.collect();
        Self {
            envelope,
            offer,
            places,
            waiting: VecDeque::new(),
            mail_sent: false,
            mail_accepted: false,
            next: 0,
            data_sent: false,
        }
    }

    /// Writes what can go now.
    pub(super) fn advance(&mut self, out: &mut Vec<u8>) -> Progress {
        if !self.waiting.is_empty() {
            return Progress::Waiting;
        }
        if !self.mail_sent
            && !self
                .places
                .iter()
                .any(|place| matches!(place, Place::Unsent))
        {
            return Progress::Nothing;
        }
        let group = if self.offer.pipelining { GROUP } else { 1 };
        while self.waiting.len() < group && self.write_next(out) {}
        match self.waiting.is_empty() {
            false => Progress::Waiting,
            true if self.mail_accepted => Progress::Clear,
            true => Progress::Nothing,
        }
    }

    /// The next command, if there is one.
    fn write_next(&mut self, out: &mut Vec<u8>) -> bool {
        if !self.mail_sent {
            self.mail_sent = true;
            self.waiting.push_back(Waiting::Mail);
            write_mail(&self.envelope, self.offer, out);
            return true;
        }
        let is_refused = !self.mail_accepted && !self.waiting.contains(&Waiting::Mail);
        if is_refused || self.data_sent {
            return false;
        }
        while let Some((recipient, place)) = self
            .envelope
            .recipients
            .get(self.next)
            .zip(self.places.get(self.next))
        {
            let at = self.next;
            self.next += 1;
            if matches!(place, Place::Unsent) {
                self.waiting.push_back(Waiting::Rcpt(at));
                write_rcpt(recipient, self.offer, out);
                return true;
            }
        }
        let someone = self
            .waiting
            .iter()
            .any(|waiting| matches!(waiting, Waiting::Rcpt(_)));
        if someone || self.has_accepted() {
            self.data_sent = true;
            self.waiting.push_back(Waiting::Data);
            out.extend_from_slice(b"DATA\r\n");
            return true;
        }
        false
    }

    fn has_accepted(&self) -> bool {
        self.places
            .iter()
            .any(|place| matches!(place, Place::Accepted))
    }

    /// The reply to the oldest command.
    pub(super) fn reply(&mut self, reply: &Reply) -> Result<Option<Progress>, Failure> {
        let waiting = self.waiting.pop_front().ok_or(Failure::OutOfStep)?;
        match (waiting, reply.severity()) {
            (Waiting::Data, Severity::Continue) => {
                let text = if self.has_accepted() {
                    Progress::Text
                } else {
                    Progress::EmptyText
                };
                return Ok(Some(text));
            }
            (Waiting::Data, Severity::Done) | (_, Severity::Continue) => {
                return Err(Failure::OutOfStep);
            }
            (Waiting::Mail, Severity::Done) => self.mail_accepted = true,
            (Waiting::Mail | Waiting::Data, _) => self.settle(&Fate::Refused(reply.clone())),
            (Waiting::Rcpt(at), severity) => {
                if let Some(place @ Place::Unsent) = self.places.get_mut(at) {
                    *place = match severity {
                        Severity::Done if self.mail_accepted => Place::Accepted,
                        Severity::Done => return Err(Failure::OutOfStep),
                        _ => Place::Settled(Fate::Refused(reply.clone())),
                    };
                }
            }
        }
        Ok(None)
    }

    /// Gives everybody who has none this fate.
    pub(super) fn settle(&mut self, fate: &Fate) {
        for place in &mut self.places {
            if !matches!(place, Place::Settled(_)) {
                *place = Place::Settled(fate.clone());
            }
        }
    }

    /// The end. Whoever has no fate yet was not answered.
    pub(super) fn outcome(self) -> Outcome {
        let fate = |place| match place {
            Place::Settled(fate) => fate,
            Place::Unsent | Place::Accepted => Fate::Unanswered,
        };
        Outcome {
            fates: self.places.into_iter().map(fate).collect(),
            dsn_passed_on: self.offer.dsn,
        }
    }
}

/// What the server lacks is known before anything is sent.
fn first_place(sender: &Sender, recipient: &Recipient, offer: Offer) -> Place {
    let in_utf8 = sender.smtputf8
        || sender.from.mailbox().is_some_and(Mailbox::needs_utf8)
        || recipient.to.needs_utf8();
    let fate = if in_utf8 && !offer.smtputf8 {
        // RFC 6531 section 3.5
        impossible(
            Code::MAILBOX_NAME,
            6,
            7,
            "the other server knows no addresses with such letters",
        )
    } else if sender.body == Body::EightBitMime && !offer.eight_bit {
        // RFC 6152 section 3: the text stays as it is, so it cannot go.
        impossible(Code::FAILED, 6, 3, "the other server takes no 8-bit text")
    } else if sender.size.is_some_and(|size| offer.is_too_large(size)) {
        impossible(
            Code::TOO_MUCH,
            3,
            4,
            "the mail is too large for the other server",
        )
    } else {
        return Place::Unsent;
    };
    Place::Settled(fate)
}

fn needs_utf8(envelope: &Envelope) -> bool {
    let recipients = || envelope.recipients.iter().any(|r| r.to.needs_utf8());
    envelope.sender.smtputf8
        || envelope
            .sender
            .from
            .mailbox()
            .is_some_and(Mailbox::needs_utf8)
        || recipients()
}

fn write_mail(envelope: &Envelope, offer: Offer, out: &mut Vec<u8>) {
    let sender = &envelope.sender;
    let mut line = format!("MAIL FROM:<{}>", sender.from.as_str());
    if let (Some(size), Some(_)) = (sender.size, offer.size) {
        line += &format!(" SIZE={size}");
    }
    if sender.body == Body::EightBitMime {
        line += " BODY=8BITMIME";
    }
    if offer.smtputf8 && needs_utf8(envelope) {
        line += " SMTPUTF8";
    }
    if offer.dsn {
        if let Some(ret) = sender.ret {
            line += &format!(" RET={}", ret.to_text());
        }
        if let Some(id) = &sender.envid {
            line += &format!(" ENVID={}", id.as_str());
        }
    }
    out.extend_from_slice(line.as_bytes());
    out.extend_from_slice(b"\r\n");
}

fn write_rcpt(recipient: &Recipient, offer: Offer, out: &mut Vec<u8>) {
    let mut line = format!("RCPT TO:<{}>", recipient.to);
    if offer.dsn {
        if let Some(notify) = recipient.notify {
            line += &format!(" NOTIFY={}", notify.to_text());
        }
        if let Some(orcpt) = recipient
            .orcpt
            .as_ref()
            .filter(|orcpt| offer.smtputf8 || !orcpt.needs_utf8())
        {
            line += &format!(" ORCPT={}", orcpt.to_text());
        }
    }
    out.extend_from_slice(line.as_bytes());
    out.extend_from_slice(b"\r\n");
}
