//! Questions to the caller. Each holds the session until it is answered.

use super::state::{Data, Greeted, Hello, Mail, Naming, Rcpt, Session, State};
use super::wire::{Tls, Wire};
use crate::command::Forwarded;
use crate::data::Receiver;
use crate::envelope::{Envelope, Recipient, Sender};
use crate::line::Lines;
use crate::reply::{Code, Reply};

/// May this sender begin?
#[derive(Debug)]
#[must_use]
pub struct AskSender {
    wire: Box<Wire>,
    greeted: Greeted,
    sender: Sender,
}

impl AskSender {
    pub(super) fn new(wire: Box<Wire>, greeted: Greeted, sender: Sender) -> Self {
        Self {
            wire,
            greeted,
            sender,
        }
    }

    /// Who.
    #[must_use]
    pub fn sender(&self) -> &Sender {
        &self.sender
    }

    /// The name the client gave itself.
    #[must_use]
    pub fn hello(&self) -> &Hello {
        &self.greeted.hello
    }

    /// Yes.
    pub fn accept(mut self) -> Session {
        self.wire.chores = 0;
        self.wire.say(&Reply::new(Code::OK, 1, 0, "Ok"));
        let hello = self.greeted.hello;
        Session {
            wire: self.wire,
            state: State::Mail(Mail {
                hello,
                sender: self.sender,
            }),
        }
    }

    /// No; `reply` says why.
    pub fn refuse(mut self, reply: &Reply) -> Session {
        self.wire.say(reply);
        Session {
            wire: self.wire,
            state: State::Greeted(self.greeted),
        }
    }
}

/// May the mail go to this recipient?
#[derive(Debug)]
#[must_use]
pub struct AskRecipient {
    wire: Box<Wire>,
    naming: Naming,
    recipient: Recipient,
}

impl AskRecipient {
    pub(super) fn new(wire: Box<Wire>, naming: Naming, recipient: Recipient) -> Self {
        Self {
            wire,
            naming,
            recipient,
        }
    }

    /// Whose mail.
    #[must_use]
    pub fn sender(&self) -> &Sender {
        self.naming.sender()
    }

    /// To whom.
    #[must_use]
    pub fn recipient(&self) -> &Recipient {
        &self.recipient
    }

    /// Yes.
    pub fn accept(mut self) -> Session {
        self.wire.say(&Reply::new(Code::OK, 1, 5, "Ok"));
        Session {
            wire: self.wire,
            state: self.naming.with(self.recipient),
        }
    }

    /// No; `reply` says why. The other recipients stay.
    pub fn refuse(mut self, reply: &Reply) -> Session {
        reply.write(&mut self.wire.output);
        self.wire.refused = self.wire.refused.saturating_add(1);
        Session {
            wire: self.wire,
            state: self.naming.without(),
        }
    }
}

/// May the text come now?
#[derive(Debug)]
#[must_use]
pub struct AskContent {
    wire: Box<Wire>,
    rcpt: Rcpt,
}

impl AskContent {
    pub(super) fn new(wire: Box<Wire>, rcpt: Rcpt) -> Self {
        Self { wire, rcpt }
    }

    /// Of whom, to whom.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.rcpt.envelope
    }

    /// Yes.
    pub fn accept(mut self) -> Session {
        let text = "end the text with a dot alone on a line";
        self.wire.say(&Reply::plain(Code::START_INPUT, text));
        let settings = &self.wire.settings;
        let receiver = Receiver::new(settings.max_size, settings.max_text_line);
        let Rcpt { hello, envelope } = self.rcpt;
        Session {
            wire: self.wire,
            state: State::Data(Data {
                hello,
                envelope,
                receiver,
                end: None,
            }),
        }
    }

    /// Not now or not at all; the transaction ends.
    pub fn refuse(mut self, reply: &Reply) -> Session {
        self.wire.end_of_mail();
        self.wire.say(reply);
        let hello = self.rcpt.hello;
        Session {
            wire: self.wire,
            state: State::Greeted(Greeted { hello }),
        }
    }
}

/// The text is whole.
#[derive(Debug)]
#[must_use]
pub struct AskFinished {
    wire: Box<Wire>,
    hello: Hello,
    envelope: Envelope,
    size: u64,
}

impl AskFinished {
    pub(super) fn new(wire: Box<Wire>, hello: Hello, envelope: Envelope, size: u64) -> Self {
        Self {
            wire,
            hello,
            envelope,
            size,
        }
    }

    /// Of whom, to whom.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The name the client gave itself.
    #[must_use]
    pub fn hello(&self) -> &Hello {
        &self.hello
    }

    /// What a listed peer said about the client before it.
    #[must_use]
    pub fn forwarded(&self) -> Option<&Forwarded> {
        self.wire.forwarded.as_ref()
    }

    /// The connection is under TLS.
    #[must_use]
    pub fn is_secured(&self) -> bool {
        self.wire.tls == Tls::Active
    }

    /// Bytes of the text.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// It is on the disk and ours from now on. `id` is what both sides call it.
    pub fn accept(mut self, id: &str) -> Session {
        let reply = Reply::new(Code::OK, 0, 0, &format!("Ok: queued as {id}"));
        self.wire.say(&reply);
        self.end()
    }

    /// It is not taken; `reply` says why, and the other side keeps it or tells its sender.
    pub fn refuse(mut self, reply: &Reply) -> Session {
        self.wire.say(reply);
        self.end()
    }

    fn end(mut self) -> Session {
        self.wire.end_of_mail();
        Session {
            wire: self.wire,
            state: State::Greeted(Greeted { hello: self.hello }),
        }
    }
}

/// TLS begins.
#[derive(Debug)]
#[must_use]
pub struct AskTls {
    wire: Box<Wire>,
}

impl AskTls {
    pub(super) fn new(wire: Box<Wire>) -> Self {
        Self { wire }
    }

    /// Bytes to write before the handshake, once.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.wire.output)
    }

    /// The hands are shaken. All that was said before is forgotten (RFC 3207 section 4.2).
    pub fn secured(mut self) -> Session {
        self.wire.tls = Tls::Active;
        self.wire.input = Lines::new();
        self.wire.forwarded = None;
        Session {
            wire: self.wire,
            state: State::Connected,
        }
    }
}
