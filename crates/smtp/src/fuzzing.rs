//! The laws that any bytes must keep: what `fuzz/fuzz_targets/smtp_session.rs`, `fuzz/fuzz_targets/smtp_client.rs`
//! and a plain test over their corpora call. Each function panics where a law is broken.

use crate::address::{Host, Mailbox, ReversePath};
use crate::client::fate::Outcome;
use crate::client::state::{Client, Failed, Login, TlsWish};
use crate::client::step::Step as ClientStep;
use crate::command::{Command, Forwarded};
use crate::data::has_whole_line_ends;
use crate::envelope::{Body, Envelope, Notify, Orcpt, Recipient, Ret, Sender};
use crate::reply::{Code, Replies, Reply};
use crate::session::state::Session;
use crate::session::step::Step;
use crate::session::wire::{Settings, Tls};
use crate::xtext::Xtext;

/// What the text that comes too early is answered.
const TOO_EARLY: &str = "before";

/// A host of tests.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn host(name: &str) -> Host {
    Host::parse(name).expect("a host")
}

/// A mail that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Of whom, to whom.
    pub envelope: Envelope,
    /// Its text.
    pub text: Vec<u8>,
    /// What a listed peer said.
    pub forwarded: Option<Forwarded>,
    /// Under TLS.
    pub secured: bool,
}

/// All that a session led to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transcript {
    /// Everything that was written.
    pub output: Vec<u8>,
    /// The mails, in order.
    pub mails: Vec<Arrived>,
    /// The session ended.
    pub closed: bool,
    /// STARTTLS was agreed on so often.
    pub handshakes: usize,
}

/// A caller of [`Session`] with simple rules: a recipient whose local part begins with `refused` or `later` is,
/// so is a sender; `full` as the first recipient means no room for the text, `broken` that it cannot be kept.
#[derive(Debug)]
pub struct Conversation {
    session: Option<Session>,
    text: Vec<u8>,
    /// What it led to.
    pub so_far: Transcript,
}

impl Conversation {
    /// A new connection.
    #[must_use]
    pub fn new(settings: Settings, tls: Tls, listed: bool) -> Self {
        let mut new = Self {
            session: Some(Session::new(settings, tls, listed)),
            text: Vec::new(),
            so_far: Transcript::default(),
        };
        new.feed(b"");
        new
    }

    /// Bytes from the client.
    pub fn feed(&mut self, bytes: &[u8]) {
        let Some(mut session) = self.session.take() else {
            return;
        };
        session.feed(bytes);
        let mut turn = Some(session);
        while let Some(session) = turn {
            turn = match session.step() {
                Step::Input(mut session) => {
                    self.so_far.output.extend(session.take_output());
                    self.session = Some(session);
                    None
                }
                Step::Closed(output) => {
                    self.so_far.output.extend(output);
                    self.so_far.closed = true;
                    None
                }
                step => Some(self.answer(step)),
            };
        }
    }

    fn answer(&mut self, step: Step) -> Session {
        match step {
            Step::Sender(ask) => match refusal(ask.sender().from.mailbox()) {
                None => ask.accept(),
                Some(reply) => ask.refuse(&reply),
            },
            Step::Recipient(ask) => match refusal(Some(&ask.recipient().to)) {
                None => ask.accept(),
                Some(reply) => ask.refuse(&reply),
            },
            Step::Content(ask) => match is_first(ask.envelope(), "full") {
                true => ask.refuse(&Reply::new(Code::NO_STORAGE, 3, 1, "no room now")),
                false => ask.accept(),
            },
            Step::Text(session, piece) => {
                self.text.extend(piece);
                session
            }
            Step::Dropped(session) => {
                self.text.clear();
                session
            }
            Step::Finished(ask) if is_first(ask.envelope(), "broken") => {
                self.text.clear();
                ask.refuse(&Reply::new(Code::LOCAL_ERROR, 3, 0, "not kept"))
            }
            Step::Finished(ask) => {
                let text = std::mem::take(&mut self.text);
                assert_eq!(
                    ask.size(),
                    text.len() as u64,
                    "the size is that of the text"
                );
                self.so_far.mails.push(Arrived {
                    envelope: ask.envelope().clone(),
                    text,
                    forwarded: ask.forwarded().cloned(),
                    secured: ask.is_secured(),
                });
                ask.accept(&format!("M{}", self.so_far.mails.len()))
            }
            Step::StartTls(mut ask) => {
                self.so_far.output.extend(ask.take_output());
                self.so_far.handshakes += 1;
                ask.secured()
            }
            Step::Input(session) => session,
            Step::Closed(_) => unreachable!("it was taken before"),
        }
    }
}

fn refusal(mailbox: Option<&Mailbox>) -> Option<Reply> {
    let local = mailbox?.local();
    if local.starts_with("refused") {
        return Some(Reply::new(Code::MAILBOX_UNAVAILABLE, 1, 1, "not here"));
    }
    local
        .starts_with("later")
        .then(|| Reply::new(Code::MAILBOX_BUSY, 2, 1, "not now"))
}

fn is_first(envelope: &Envelope, local: &str) -> bool {
    envelope
        .recipients
        .first()
        .is_some_and(|recipient| recipient.to.local() == local)
}

/// Small limits, so that they are reached.
#[must_use]
pub fn small_settings() -> Settings {
    Settings {
        max_recipients: 5,
        max_line: 512,
        max_text_line: 1000,
        max_errors: 5,
        max_chores: 10,
        ..Settings::new(host("mx.test"), 10_000)
    }
}

fn converse<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Transcript {
    let mut conversation = Conversation::new(small_settings(), Tls::Offered, true);
    pieces.for_each(|piece| conversation.feed(piece));
    conversation.so_far
}

/// A client's bytes, in three ways of cutting them.
pub fn session(data: &[u8]) {
    let by_lines = converse(data.split_inclusive(|byte| *byte == b'\n'));
    let by_bytes = converse(data.chunks(1));
    assert!(by_lines == by_bytes, "the same, however it is cut");
    let at_once = converse(std::iter::once(data));
    for transcript in [&by_lines, &at_once] {
        keeps_the_laws(transcript);
    }
    // The one thing that depends on it: what comes before it may.
    if !String::from_utf8_lossy(&at_once.output).contains(TOO_EARLY) {
        assert!(at_once == by_lines, "the same, however it is cut");
    }
}

fn keeps_the_laws(transcript: &Transcript) {
    let mut replies = Replies::new();
    replies.feed(&transcript.output);
    while replies
        .next_reply()
        .expect("only replies are written")
        .is_some()
    {}
    assert!(replies.is_empty(), "only whole replies are written");
    for mail in &transcript.mails {
        assert!(
            has_whole_line_ends(&mail.text),
            "no CR or LF alone comes in"
        );
        assert!(
            mail.text.is_empty() || mail.text.ends_with(b"\r\n"),
            "whole lines come in"
        );
        let mailboxes = mail
            .envelope
            .recipients
            .iter()
            .map(|recipient| &recipient.to);
        for mailbox in mailboxes.chain(mail.envelope.sender.from.mailbox()) {
            assert!(
                !mailbox.as_str().chars().any(char::is_control),
                "no control character comes in"
            );
            let again = Mailbox::parse_recipient(mailbox.as_str());
            assert!(again.as_ref() == Ok(mailbox), "what was taken can be sent");
        }
        assert!(
            !mail.envelope.recipients.is_empty(),
            "a mail goes to somebody"
        );
    }
}

/// An envelope with all wishes.
///
/// # Panics
/// Never: its parts are right.
#[must_use]
pub fn envelope(recipients: &[&str]) -> Envelope {
    let mailbox = |text: &str| Mailbox::parse_recipient(text).expect("a mailbox");
    let recipient = |text: &&str| Recipient {
        to: mailbox(text),
        notify: Some(Notify::On {
            success: true,
            failure: true,
            delay: false,
        }),
        orcpt: Some(Orcpt::rfc822(
            Xtext::encode("a+b@x.test").expect("printable"),
        )),
    };
    Envelope {
        sender: Sender {
            from: ReversePath::Mailbox(mailbox("anna@x.test")),
            size: Some(100),
            body: Body::EightBitMime,
            smtputf8: false,
            ret: Some(Ret::Headers),
            envid: Some(Xtext::encode("id 1").expect("printable")),
        },
        recipients: recipients.iter().map(recipient).collect(),
    }
}

/// What a client wrote, and what became of its mails.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sent {
    /// All that was written.
    pub output: Vec<u8>,
    /// One for each mail that came to its end.
    pub outcomes: Vec<Outcome>,
    /// Why it ended early.
    pub failed: Option<Failed>,
    /// It ended as it should.
    pub closed: bool,
    /// STARTTLS was agreed on.
    pub handshakes: usize,
}

/// A caller of [`Client`] that sends what it is given, and quits.
#[derive(Debug)]
pub struct Delivery {
    client: Option<Client>,
    mails: std::vec::IntoIter<(Envelope, Vec<u8>)>,
    text: Vec<u8>,
    /// What it led to.
    pub so_far: Sent,
}

impl Delivery {
    /// A new connection for these mails.
    #[must_use]
    pub fn new(tls: TlsWish, mails: Vec<(Envelope, Vec<u8>)>) -> Self {
        Self::over(Client::new(host("gw.test"), tls, false), mails)
    }

    /// As [`Self::new`], with a login.
    #[must_use]
    pub fn with_login(tls: TlsWish, login: Login, mails: Vec<(Envelope, Vec<u8>)>) -> Self {
        let client = Client::new(host("gw.test"), tls, false).with_login(login);
        Self::over(client, mails)
    }

    fn over(client: Client, mails: Vec<(Envelope, Vec<u8>)>) -> Self {
        let mut new = Self {
            client: Some(client),
            mails: mails.into_iter(),
            text: Vec::new(),
            so_far: Sent::default(),
        };
        new.feed(b"");
        new
    }

    /// Bytes from the server.
    pub fn feed(&mut self, bytes: &[u8]) {
        let Some(mut client) = self.client.take() else {
            return;
        };
        client.feed(bytes);
        let mut turn = Some(client);
        while let Some(client) = turn {
            turn = self.turn(client.step());
        }
    }

    /// The server is gone.
    pub fn lose(&mut self) {
        if let Some(client) = self.client.take() {
            self.so_far.failed = Some(client.lost());
        }
    }

    fn turn(&mut self, step: ClientStep) -> Option<Client> {
        match step {
            ClientStep::Input(mut client) => {
                self.so_far.output.extend(client.take_output());
                self.client = Some(client);
                None
            }
            ClientStep::StartTls(handshake) => {
                self.so_far.handshakes += 1;
                Some(handshake.secured())
            }
            ClientStep::Content(mut content) => {
                self.so_far.output.extend(content.take_output());
                self.text.chunks(7).for_each(|piece| content.push(piece));
                self.so_far.output.extend(content.take_output());
                Some(content.finish())
            }
            ClientStep::Done(ready, outcome) => {
                self.so_far.outcomes.push(outcome);
                self.turn(ClientStep::Ready(ready))
            }
            ClientStep::Ready(ready) => match self.mails.next() {
                None => Some(ready.quit()),
                Some((envelope, text)) => {
                    self.text = text;
                    Some(ready.send(envelope))
                }
            },
            ClientStep::Failed(failed) => {
                self.so_far.failed = Some(failed);
                None
            }
            ClientStep::Closed => {
                self.so_far.closed = true;
                None
            }
        }
    }
}

/// A server's bytes, whole and byte by byte, to a client with two mails.
pub fn client(data: &[u8]) {
    let recipients = ["b@x.test", "c@x.test", "Postmaster"];
    let mails = || {
        vec![
            (envelope(&recipients), b"Subject: a\r\n\r\n.\r\nb".to_vec()),
            (envelope(&recipients[..1]), Vec::new()),
        ]
    };
    for wish in [TlsWish::Never, TlsWish::IfOffered, TlsWish::Required] {
        for size in [data.len().max(1), 1] {
            let mut delivery = Delivery::new(wish, mails());
            data.chunks(size).for_each(|piece| delivery.feed(piece));
            delivery.lose();
            let sent = delivery.so_far;
            let all = sent
                .outcomes
                .iter()
                .chain(sent.failed.iter().filter_map(|f| f.outcome.as_ref()));
            for (outcome, count) in all.zip([recipients.len(), 1]) {
                assert_eq!(outcome.fates.len(), count, "one fate for each recipient");
            }
            let is_secured = sent.handshakes > 0;
            let mail_went = sent
                .output
                .windows(10)
                .any(|window| window == b"MAIL FROM:");
            assert!(
                wish != TlsWish::Required || is_secured || !mail_went,
                "nothing goes in clear"
            );
            assert!(
                has_whole_line_ends(&sent.output),
                "no CR or LF alone goes out"
            );
            for line in sent
                .output
                .split(|byte| *byte == b'\n')
                .filter(|line| line.starts_with(b"MAIL") || line.starts_with(b"RCPT"))
            {
                assert!(
                    Command::parse(&line[..line.len() - 1]).is_ok(),
                    "commands keep the grammar"
                );
            }
        }
    }
}
