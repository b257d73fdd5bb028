//! Going on as far as the replies lead.

use super::fate::{Failure, Fate};
use super::naming::{Naming, Progress};
use super::offer::Offer;
use super::state::{Client, Content, Handshake, Ready, State, TlsWish, Wire, fail};
use super::step::Step;
use crate::data::Stuffer;
use crate::reply::{Code, Reply, Severity};

/// Another round, or the caller's turn.
type Turn = Result<Client, Box<Step>>;

fn turn(step: Step) -> Turn {
    Err(Box::new(step))
}

fn again(wire: Box<Wire>, state: State) -> Turn {
    Ok(Client { wire, state })
}

fn failed(state: State, why: Failure) -> Turn {
    turn(Step::Failed(fail(state, why)))
}

impl Client {
    /// Goes on as far as the replies lead.
    pub fn step(mut self) -> Step {
        loop {
            if let State::Broken(why) = self.state {
                return Step::Failed(fail(State::Quitting, why));
            }
            // A group of commands goes out before its replies are read.
            if let State::Naming(naming, offer) = self.state {
                match announce(self.wire, naming, offer) {
                    Ok(client) => self = client,
                    Err(step) => return *step,
                }
            }
            let reply = match self.wire.input.next_reply() {
                Ok(None) => return Step::Input(self),
                Ok(Some(reply)) => reply,
                Err(error) => return Step::Failed(fail(self.state, error.into())),
            };
            match hear(self.wire, self.state, reply) {
                Ok(client) => self = client,
                Err(step) => return *step,
            }
        }
    }
}

/// Writes the next commands of a mail; a mail that nobody can take is done.
fn announce(mut wire: Box<Wire>, mut naming: Naming, offer: Offer) -> Turn {
    let state = match naming.advance(&mut wire.output) {
        Progress::Waiting | Progress::Text | Progress::EmptyText => State::Naming(naming, offer),
        Progress::Nothing => {
            return Err(Box::new(Step::Done(
                Ready { wire, offer },
                naming.outcome(),
            )));
        }
        Progress::Clear => {
            wire.output.extend_from_slice(b"RSET\r\n");
            State::Clearing(naming, offer)
        }
    };
    Ok(Client { wire, state })
}

/// One reply.
fn hear(wire: Box<Wire>, state: State, reply: Reply) -> Turn {
    if matches!(state, State::Quitting) {
        return turn(Step::Closed);
    }
    // 421 may answer anything, and nothing follows it (RFC 5321 section 3.8).
    if reply.code() == Code::UNAVAILABLE {
        return failed(state, Failure::Refused(reply));
    }
    match state {
        State::Greeting => greeted(wire, reply),
        State::Ehlo => offered(wire, &reply),
        State::Helo => match reply.severity() {
            Severity::Done => ready(wire, Offer::default()),
            _ => failed(State::Helo, Failure::Refused(reply)),
        },
        State::StartTls(offer) => start_tls(wire, offer, reply),
        State::Login(offer) => match reply.severity() {
            Severity::Done => turn(Step::Ready(Ready { wire, offer })),
            Severity::Continue => failed(State::Login(offer), Failure::OutOfStep),
            _ => failed(State::Login(offer), Failure::Refused(reply)),
        },
        State::Naming(naming, offer) => named(wire, naming, offer, &reply),
        State::Ending(naming, offer) => ended(wire, naming, offer, reply),
        State::Clearing(naming, offer) => match reply.severity() {
            Severity::Done => turn(Step::Done(Ready { wire, offer }, naming.outcome())),
            _ => failed(State::Clearing(naming, offer), Failure::OutOfStep),
        },
        State::Quitting | State::Broken(_) => failed(State::Quitting, Failure::OutOfStep),
    }
}

fn greeted(mut wire: Box<Wire>, reply: Reply) -> Turn {
    if reply.severity() != Severity::Done {
        return failed(State::Greeting, Failure::Refused(reply));
    }
    // Replies before the first command are no server's.
    if !wire.input.is_empty() {
        return failed(State::Greeting, Failure::OutOfStep);
    }
    wire.output
        .extend_from_slice(format!("EHLO {}\r\n", wire.host).as_bytes());
    again(wire, State::Ehlo)
}

fn offered(mut wire: Box<Wire>, reply: &Reply) -> Turn {
    match reply.severity() {
        Severity::Done => {
            let offer = Offer::read(reply);
            if wire.secured || wire.tls == TlsWish::Never {
                return ready(wire, offer);
            }
            if offer.starttls {
                wire.output.extend_from_slice(b"STARTTLS\r\n");
                return again(wire, State::StartTls(offer));
            }
            ready(wire, offer)
        }
        Severity::Permanent => {
            wire.output
                .extend_from_slice(format!("HELO {}\r\n", wire.host).as_bytes());
            again(wire, State::Helo)
        }
        Severity::Transient => failed(State::Ehlo, Failure::Refused(reply.clone())),
        Severity::Continue => failed(State::Ehlo, Failure::OutOfStep),
    }
}

fn ready(mut wire: Box<Wire>, offer: Offer) -> Turn {
    // A password goes over a wire that nobody reads, or not at all.
    let needs_tls = wire.tls == TlsWish::Required || wire.login.is_some();
    if needs_tls && !wire.secured {
        return failed(State::Ehlo, Failure::NoTls);
    }
    let Some(login) = wire.login.take() else {
        return turn(Step::Ready(Ready { wire, offer }));
    };
    if !offer.auth_plain {
        return failed(State::Ehlo, Failure::NoLogin);
    }
    let line = format!("AUTH PLAIN {}\r\n", login.plain());
    wire.output.extend_from_slice(line.as_bytes());
    again(wire, State::Login(offer))
}

fn start_tls(wire: Box<Wire>, offer: Offer, reply: Reply) -> Turn {
    let step = match reply.severity() {
        // Replies from outside the TLS connection would be read inside it (CVE-2011-0411's other side).
        Severity::Done if !wire.input.is_empty() => {
            return failed(State::StartTls(offer), Failure::OutOfStep);
        }
        Severity::Done => Step::StartTls(Handshake { wire }),
        Severity::Continue => return failed(State::StartTls(offer), Failure::OutOfStep),
        _ => return ready(wire, offer),
    };
    turn(step)
}

fn named(mut wire: Box<Wire>, mut naming: Naming, offer: Offer, reply: &Reply) -> Turn {
    match naming.reply(reply) {
        Err(why) => failed(State::Naming(naming, offer), why),
        Ok(Some(Progress::Text)) => {
            let stuffer = Stuffer::new();
            let content = Content {
                wire,
                naming,
                offer,
                stuffer,
            };
            turn(Step::Content(content))
        }
        Ok(Some(Progress::EmptyText)) => {
            Stuffer::new().finish(&mut wire.output);
            again(wire, State::Ending(naming, offer))
        }
        Ok(_) => again(wire, State::Naming(naming, offer)),
    }
}

fn ended(wire: Box<Wire>, mut naming: Naming, offer: Offer, reply: Reply) -> Turn {
    match reply.severity() {
        Severity::Continue => return failed(State::Ending(naming, offer), Failure::OutOfStep),
        Severity::Done => naming.settle(&Fate::Taken(reply)),
        Severity::Transient | Severity::Permanent => naming.settle(&Fate::Refused(reply)),
    }
    turn(Step::Done(Ready { wire, offer }, naming.outcome()))
}
