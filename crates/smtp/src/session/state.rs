//! The states.

use super::wire::{Settings, Tls, Wire};
use crate::address::Host;
use crate::data::{Fed, Receiver};
use crate::envelope::{Envelope, Recipient, Sender};
use crate::line::Lines;
use crate::reply::{Code, Reply};

/// The name a client gave itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The name.
    pub host: Host,
    /// By EHLO.
    pub extended: bool,
}

#[derive(Debug)]
pub(super) struct Greeted {
    pub(super) hello: Hello,
}

#[derive(Debug)]
pub(super) struct Mail {
    pub(super) hello: Hello,
    pub(super) sender: Sender,
}

#[derive(Debug)]
pub(super) struct Rcpt {
    pub(super) hello: Hello,
    pub(super) envelope: Envelope,
}

#[derive(Debug)]
pub(super) struct Data {
    pub(super) hello: Hello,
    pub(super) envelope: Envelope,
    pub(super) receiver: Receiver,
    /// It has come; the text before it was handed out first.
    pub(super) end: Option<Fed>,
}

#[derive(Debug)]
pub(super) enum State {
    Connected,
    Greeted(Greeted),
    Mail(Mail),
    Rcpt(Rcpt),
    Data(Data),
}

/// One connection.
#[derive(Debug)]
#[must_use]
pub struct Session {
    pub(super) wire: Box<Wire>,
    pub(super) state: State,
}

impl Session {
    /// A new connection; the greeting is in the output. `listed` peers may say XFORWARD.
    pub fn new(settings: Settings, tls: Tls, listed: bool) -> Self {
        let greeting = Reply::plain(Code::READY, &format!("{} ESMTP", settings.host));
        let mut output = Vec::new();
        greeting.write(&mut output);
        let wire = Wire {
            settings,
            input: Lines::new(),
            output,
            tls,
            listed,
            forwarded: None,
            errors: 0,
            chores: 0,
            refused: 0,
        };
        Self {
            wire: Box::new(wire),
            state: State::Connected,
        }
    }

    /// Bytes to write, once.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.wire.output)
    }

    /// Bytes that were read.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.wire.input.feed(bytes);
    }

    /// A text is on its way.
    #[must_use]
    pub fn is_receiving(&self) -> bool {
        matches!(self.state, State::Data(_))
    }

    /// The server shuts down: says so, between two commands. Inside a text it is simply closed.
    #[must_use]
    pub fn shut_down(mut self) -> Vec<u8> {
        if !self.is_receiving() {
            Reply::new(Code::UNAVAILABLE, 3, 2, "the server is shutting down")
                .write(&mut self.wire.output);
        }
        self.wire.output
    }
}

impl Rcpt {
    pub(super) fn has_room(&self, settings: &Settings) -> bool {
        self.envelope.recipients.len() < settings.max_recipients
    }
}

/// Where recipients are named: with none or some before.
#[derive(Debug)]
pub(super) enum Naming {
    First(Mail),
    More(Rcpt),
}

impl Naming {
    pub(super) fn sender(&self) -> &Sender {
        match self {
            Self::First(mail) => &mail.sender,
            Self::More(rcpt) => &rcpt.envelope.sender,
        }
    }

    pub(super) fn with(self, recipient: Recipient) -> State {
        State::Rcpt(match self {
            Self::First(Mail { hello, sender }) => Rcpt {
                hello,
                envelope: Envelope {
                    sender,
                    recipients: vec![recipient],
                },
            },
            Self::More(mut rcpt) => {
                rcpt.envelope.recipients.push(recipient);
                rcpt
            }
        })
    }

    pub(super) fn without(self) -> State {
        match self {
            Self::First(mail) => State::Mail(mail),
            Self::More(rcpt) => State::Rcpt(rcpt),
        }
    }
}

impl State {
    pub(super) fn reset(self) -> Self {
        match self {
            Self::Connected => Self::Connected,
            Self::Greeted(Greeted { hello }) => Self::Greeted(Greeted { hello }),
            Self::Mail(mail) => Self::Greeted(Greeted { hello: mail.hello }),
            Self::Rcpt(rcpt) => Self::Greeted(Greeted { hello: rcpt.hello }),
            Self::Data(data) => Self::Greeted(Greeted { hello: data.hello }),
        }
    }
}
