//! What each command does in each state.

use super::ask::{AskContent, AskRecipient, AskSender, AskTls};
use super::state::{Greeted, Hello, Naming, Session, State};
use super::step::{Step, close};
use super::wire::Tls;
use crate::address::Host;
use crate::command::{Command, CommandError, Forwarded};
use crate::envelope::{Recipient, Sender};
use crate::reply::{Code, Reply};

/// The session goes on, or the caller is asked.
type Next = Result<Session, Box<Step>>;

fn ask(step: Step) -> Next {
    Err(Box::new(step))
}

fn sequence(text: &str) -> Reply {
    Reply::new(Code::BAD_SEQUENCE, 5, 1, text)
}

impl Session {
    pub(super) fn run(mut self, command: Command) -> Next {
        match command {
            Command::Ehlo(host) => Ok(self.greet(host, true)),
            Command::Helo(host) => Ok(self.greet(host, false)),
            Command::Mail(sender) => self.mail(sender),
            Command::Rcpt(recipient) => self.rcpt(recipient),
            Command::Data => self.data(),
            Command::StartTls => self.start_tls(),
            Command::Xforward(forwarded) => Ok(self.xforward(forwarded)),
            Command::Rset => {
                self.wire.chore();
                self.wire.end_of_transaction();
                self.wire.say(&Reply::new(Code::OK, 0, 0, "Ok"));
                self.state = self.state.reset();
                Ok(self)
            }
            Command::Noop => Ok(self.chore(&Reply::new(Code::OK, 0, 0, "Ok"))),
            Command::Verify => {
                let text = "send the mail, then it will show";
                Ok(self.chore(&Reply::new(Code::CANNOT_VERIFY, 0, 0, text)))
            }
            Command::Help => Ok(self.chore(&Reply::new(Code::HELP, 0, 0, "see RFC 5321"))),
            Command::Quit => ask(close(self.wire, &Reply::new(Code::CLOSING, 0, 0, "Bye"))),
        }
    }

    fn chore(mut self, reply: &Reply) -> Self {
        self.wire.chore();
        self.wire.say(reply);
        self
    }

    fn say(mut self, reply: &Reply) -> Self {
        self.wire.say(reply);
        self
    }

    /// EHLO also drops what was begun (RFC 5321 section 4.1.4).
    fn greet(mut self, host: Host, extended: bool) -> Self {
        self.wire.chore();
        self.wire.end_of_transaction();
        if extended {
            self.wire.offer();
        } else {
            let reply = Reply::plain(Code::OK, self.wire.settings.host.as_str());
            self.wire.say(&reply);
        }
        let hello = Hello { host, extended };
        self.state = State::Greeted(Greeted { hello });
        self
    }

    fn mail(self, sender: Sender) -> Next {
        let Self { wire, state } = self;
        let greeted = match state {
            State::Greeted(greeted) => greeted,
            State::Connected => return Ok(Self { wire, state }.say(&sequence("say EHLO first"))),
            State::Mail(_) | State::Rcpt(_) | State::Data(_) => {
                return Ok(Self { wire, state }.say(&sequence("one mail after the other")));
            }
        };
        let refusal = if wire.tls == Tls::Required {
            Some(Reply::new(Code::TLS_FIRST, 7, 0, "say STARTTLS first"))
        } else if sender
            .size
            .is_some_and(|size| size > wire.settings.max_size)
        {
            let text = format!(
                "the mail is too large; at most {} bytes are taken",
                wire.settings.max_size
            );
            Some(Reply::new(Code::TOO_MUCH, 3, 4, &text))
        } else {
            None
        };
        match refusal {
            None => ask(Step::Sender(AskSender::new(wire, greeted, sender))),
            Some(reply) => {
                let state = State::Greeted(greeted);
                Ok(Self { wire, state }.say(&reply))
            }
        }
    }

    fn rcpt(self, recipient: Recipient) -> Next {
        let Self { wire, state } = self;
        let naming = match state {
            State::Mail(mail) => Naming::First(mail),
            State::Rcpt(rcpt) if rcpt.has_room(&wire.settings) => Naming::More(rcpt),
            // Not an error: the client sends to those who were taken, and again to the others.
            State::Rcpt(_) => {
                let reply = Reply::new(Code::NO_STORAGE, 5, 3, "too many recipients in one mail");
                return Ok(Self { wire, state }.say(&reply));
            }
            State::Connected | State::Greeted(_) | State::Data(_) => {
                return Ok(Self { wire, state }.say(&sequence("say MAIL first")));
            }
        };
        let in_utf8 = recipient.to.needs_utf8()
            || recipient
                .orcpt
                .as_ref()
                .is_some_and(|orcpt| orcpt.needs_utf8());
        if in_utf8 && !naming.sender().smtputf8 {
            let state = naming.without();
            return Ok(Self { wire, state }.say(&CommandError::NeedsUtf8.reply()));
        }
        ask(Step::Recipient(AskRecipient::new(wire, naming, recipient)))
    }

    fn data(self) -> Next {
        let Self { wire, state } = self;
        match state {
            // Text that comes before its 354 was meant for somebody else's parser (RFC 2920 section 3.1).
            State::Rcpt(_) if !wire.input.is_empty() => {
                let text = "the text came before it was asked for";
                ask(close(wire, &Reply::new(Code::FAILED, 5, 0, text)))
            }
            State::Rcpt(rcpt) => ask(Step::Content(AskContent::new(wire, rcpt))),
            State::Mail(_) => {
                let reply = Reply::new(Code::FAILED, 5, 1, "no recipient was taken");
                Ok(Self { wire, state }.say(&reply))
            }
            state => Ok(Self { wire, state }.say(&sequence("say MAIL and RCPT first"))),
        }
    }

    fn start_tls(self) -> Next {
        let mut wire = self.wire;
        match wire.tls {
            Tls::Unavailable | Tls::Active => {
                let reply = match wire.tls {
                    Tls::Active => sequence("TLS is in use already"),
                    _ => Reply::new(Code::NOT_IMPLEMENTED, 5, 1, "there is no TLS here"),
                };
                let state = self.state;
                Ok(Self { wire, state }.say(&reply))
            }
            // Commands from outside the TLS connection would be read inside it (CVE-2011-0411).
            Tls::Offered | Tls::Required if !wire.input.is_empty() => {
                let text = "nothing may follow STARTTLS before its reply";
                ask(close(wire, &Reply::new(Code::FAILED, 5, 0, text)))
            }
            Tls::Offered | Tls::Required => {
                wire.end_of_transaction();
                wire.say(&Reply::new(Code::READY, 0, 0, "go ahead"));
                ask(Step::StartTls(AskTls::new(wire)))
            }
        }
    }

    fn xforward(mut self, forwarded: Forwarded) -> Self {
        if !self.wire.listed {
            return self.say(&CommandError::Unknown.reply());
        }
        if !matches!(self.state, State::Greeted(_)) {
            return self.say(&sequence("XFORWARD stands between EHLO and MAIL"));
        }
        self.wire.forwarded.get_or_insert_default().merge(forwarded);
        self.chore(&Reply::new(Code::OK, 0, 0, "Ok"))
    }
}
