//! The states, and the caller's moves.

use super::fate::{Failure, Fate, Outcome};
use super::naming::Naming;
use super::offer::Offer;
use crate::address::Host;
use crate::data::Stuffer;
use crate::envelope::Envelope;
use crate::reply::{Replies, Severity};

/// When a connection goes under TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsWish {
    /// Not.
    Never,
    /// If it is offered.
    IfOffered,
    /// Or there is no mail.
    Required,
}

/// Name and password, for AUTH PLAIN (RFC 4954, RFC 4616).
#[derive(Clone)]
pub struct Login {
    plain: String,
}

impl Login {
    /// Neither may hold a NUL.
    #[must_use]
    pub fn new(name: &str, password: &str) -> Self {
        let text = format!("\0{name}\0{password}");
        Self {
            plain: data_encoding::BASE64.encode(text.as_bytes()),
        }
    }

    pub(super) fn plain(&self) -> &str {
        &self.plain
    }
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login(..)")
    }
}

/// What all states have.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) host: Host,
    pub(super) tls: TlsWish,
    pub(super) login: Option<Login>,
    pub(super) secured: bool,
    pub(super) input: Replies,
    pub(super) output: Vec<u8>,
}

#[derive(Debug)]
pub(super) enum State {
    Greeting,
    Ehlo,
    Helo,
    StartTls(Offer),
    Login(Offer),
    Naming(Naming, Offer),
    /// The text is out.
    Ending(Naming, Offer),
    Clearing(Naming, Offer),
    Quitting,
    /// Nothing can come any more but this.
    Broken(Failure),
}

/// One connection.
#[derive(Debug)]
#[must_use]
pub struct Client {
    pub(super) wire: Box<Wire>,
    pub(super) state: State,
}

impl Client {
    /// A new connection from `host`. `secured`: it is under TLS from the first byte.
    pub fn new(host: Host, tls: TlsWish, secured: bool) -> Self {
        let wire = Wire {
            host,
            tls,
            login: None,
            secured,
            input: Replies::new(),
            output: Vec::new(),
        };
        Self {
            wire: Box::new(wire),
            state: State::Greeting,
        }
    }

    /// Logs in before the first mail, under TLS only.
    pub fn with_login(mut self, login: Login) -> Self {
        self.wire.login = Some(login);
        self
    }

    /// Bytes to write, once.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.wire.output)
    }

    /// Bytes that were read.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.wire.input.feed(bytes);
    }

    /// The connection ended, or took too long.
    #[must_use]
    pub fn lost(self) -> Failed {
        fail(self.state, Failure::Lost)
    }
}

/// The end of a connection, and of the mail that was under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Why.
    pub why: Failure,
    /// What became of the mail, if there was one.
    pub outcome: Option<Outcome>,
}

pub(super) fn fail(state: State, why: Failure) -> Failed {
    let outcome = match state {
        State::Naming(mut naming, _)
        | State::Ending(mut naming, _)
        | State::Clearing(mut naming, _) => {
            if let Failure::Refused(reply) = &why {
                naming.settle(&Fate::Refused(reply.clone()));
            }
            Some(naming.outcome())
        }
        State::Greeting
        | State::Ehlo
        | State::Helo
        | State::StartTls(_)
        | State::Login(_)
        | State::Quitting
        | State::Broken(_) => None,
    };
    Failed { why, outcome }
}

/// TLS begins.
#[derive(Debug)]
#[must_use]
pub struct Handshake {
    pub(super) wire: Box<Wire>,
}

impl Handshake {
    /// The hands are shaken. What was offered before is forgotten (RFC 3207 section 4.2).
    pub fn secured(mut self) -> Client {
        self.wire.secured = true;
        self.wire.input = Replies::new();
        self.wire.output = format!("EHLO {}\r\n", self.wire.host).into_bytes();
        Client {
            wire: self.wire,
            state: State::Ehlo,
        }
    }
}

/// A mail can go.
#[derive(Debug)]
#[must_use]
pub struct Ready {
    pub(super) wire: Box<Wire>,
    pub(super) offer: Offer,
}

impl Ready {
    /// What the server offers.
    #[must_use]
    pub fn offer(&self) -> Offer {
        self.offer
    }

    /// The connection is under TLS.
    #[must_use]
    pub fn is_secured(&self) -> bool {
        self.wire.secured
    }

    /// Announces a mail.
    pub fn send(self, envelope: Envelope) -> Client {
        // A reply to nothing would be taken for the reply to MAIL, and all that follow for their neighbours'.
        let state = if self.wire.input.is_empty() {
            State::Naming(Naming::new(envelope, self.offer), self.offer)
        } else {
            State::Broken(Failure::OutOfStep)
        };
        Client {
            wire: self.wire,
            state,
        }
    }

    /// Says goodbye.
    pub fn quit(mut self) -> Client {
        self.wire.output.extend_from_slice(b"QUIT\r\n");
        Client {
            wire: self.wire,
            state: State::Quitting,
        }
    }
}

/// The text is awaited.
#[derive(Debug)]
#[must_use]
pub struct Content {
    pub(super) wire: Box<Wire>,
    pub(super) naming: Naming,
    pub(super) offer: Offer,
    pub(super) stuffer: Stuffer,
}

impl Content {
    /// The next piece of the text, cut anywhere.
    pub fn push(&mut self, text: &[u8]) {
        self.stuffer.push(text, &mut self.wire.output);
    }

    /// Bytes to write, once.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.wire.output)
    }

    /// Bytes that were read meanwhile: a server may refuse a text before its end.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.wire.input.feed(bytes);
    }

    /// That was all.
    pub fn finish(mut self) -> Client {
        self.stuffer.finish(&mut self.wire.output);
        Client {
            wire: self.wire,
            state: State::Ending(self.naming, self.offer),
        }
    }

    /// The connection ended, or the text cannot be read: close it. Without its end the mail does not exist
    /// there. If the server said why before it closed, that is the mail's fate.
    #[must_use]
    pub fn lost(mut self) -> Failed {
        if let Ok(Some(reply)) = self.wire.input.next_reply()
            && matches!(reply.severity(), Severity::Transient | Severity::Permanent)
        {
            self.naming.settle(&Fate::Refused(reply));
        }
        fail(State::Naming(self.naming, self.offer), Failure::Lost)
    }
}
