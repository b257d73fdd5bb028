//! Going on as far as the bytes lead.

use super::ask::AskFinished;
use super::state::{Data, Greeted, Session, State};
use super::step::{Step, close};
use super::wire::Wire;
use crate::command::Command;
use crate::data::{DataError, Fed};
use crate::line::Line;
use crate::reply::{Code, Reply};

impl Session {
    /// Goes on as far as the bytes lead.
    pub fn step(self) -> Step {
        let Self { wire, state } = self;
        match state {
            State::Data(data) => receive(wire, data),
            state => Self { wire, state }.command_step(),
        }
    }

    fn command_step(mut self) -> Step {
        loop {
            if self.wire.is_worn_out() {
                let reply = Reply::new(Code::UNAVAILABLE, 7, 0, "too many refused commands");
                return close(self.wire, &reply);
            }
            let max = self.wire.settings.max_line;
            let line = match self.wire.input.next(max) {
                Line::Partial => return Step::Input(self),
                Line::Whole(line) => line,
                Line::BareEnd => {
                    self.wire
                        .say(&Reply::new(Code::UNKNOWN, 5, 2, "a line ends with CR LF"));
                    continue;
                }
                Line::TooLong => {
                    self.wire
                        .say(&Reply::new(Code::UNKNOWN, 5, 2, "the line is too long"));
                    continue;
                }
            };
            self = match Command::parse(&line) {
                Err(error) => {
                    self.wire.say(&error.reply());
                    self
                }
                Ok(command) => match self.run(command) {
                    Ok(session) => session,
                    Err(step) => return *step,
                },
            };
        }
    }
}

fn receive(mut wire: Box<Wire>, mut data: Data) -> Step {
    if data.end.is_none() {
        let mut text = Vec::new();
        let (used, fed) = data.receiver.feed(wire.input.rest(), &mut text);
        wire.input.advance(used);
        data.end = Some(fed).filter(|fed| *fed != Fed::More);
        if !text.is_empty() {
            let state = State::Data(data);
            return Step::Text(Session { wire, state }, text);
        }
    }
    match data.end {
        None | Some(Fed::More) => {
            let state = State::Data(data);
            Step::Input(Session { wire, state })
        }
        // Whoever sends this may mean two mails where we see one: nothing more is read.
        Some(Fed::BareEnd) => {
            let text = "a line of the mail ends without CR LF; no more is taken on this connection";
            close(wire, &Reply::new(Code::NO_MAIL, 5, 2, text))
        }
        Some(Fed::End) => finish(wire, data),
    }
}

fn finish(mut wire: Box<Wire>, data: Data) -> Step {
    let Data {
        hello,
        envelope,
        receiver,
        ..
    } = data;
    match receiver.verdict() {
        Ok(()) => Step::Finished(AskFinished::new(wire, hello, envelope, receiver.size())),
        Err(error) => {
            wire.end_of_mail();
            let reply = match error {
                DataError::TooLarge => {
                    let text = format!(
                        "{error}; at most {} bytes are taken",
                        wire.settings.max_size
                    );
                    Reply::new(Code::TOO_MUCH, 3, 4, &text)
                }
                DataError::LineTooLong => Reply::new(Code::FAILED, 6, 0, &error.to_string()),
            };
            wire.say(&reply);
            let state = State::Greeted(Greeted { hello });
            Step::Dropped(Session { wire, state })
        }
    }
}
