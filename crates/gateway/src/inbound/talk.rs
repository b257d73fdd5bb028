//! One connection: bytes between the peer and [`Session`], and the answers to its questions.

use std::net::IpAddr;
use std::time::Duration;

use depesche_service::spool::has_room;
use depesche_smtp::address::Mailbox;
use depesche_smtp::reply::{Code, Reply};
use depesche_smtp::session::ask::{AskContent, AskFinished, AskRecipient};
use depesche_smtp::session::state::{Hello, Session};
use depesche_smtp::session::step::Step;
use depesche_smtp::session::wire::Tls;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;
use tokio_util::sync::CancellationToken;

use super::door::Door;
use super::receive::{Origin, Receiving};
use crate::port::Convert;
use crate::verp;

/// A peer that says nothing for so long is gone (RFC 5321 section 4.5.3.2.7).
const IDLE: Duration = Duration::from_secs(300);
/// A handshake takes no longer.
const HANDSHAKE: Duration = Duration::from_secs(30);
/// How long the last words may take to be heard.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Bytes that are read at once.
const READ: usize = 64 * 1024;

type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// The connection is of no further use.
struct Over;

impl From<std::io::Error> for Over {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

struct Talk<'a, C> {
    door: &'a Door<C>,
    stream: Option<Stream>,
    peer: IpAddr,
    is_trusted: bool,
    stop: CancellationToken,
    hello: Option<Hello>,
    receiving: Option<Receiving<'a, C>>,
    buffer: Vec<u8>,
}

/// Speaks with one peer to the end.
pub(super) async fn talk<C: Convert>(
    door: &Door<C>,
    stream: TcpStream,
    peer: IpAddr,
    stop: CancellationToken,
) {
    // Replies are small and awaited.
    let _ = stream.set_nodelay(true);
    let is_trusted = door.trusts(peer);
    let tls = if door.tls.is_some() {
        Tls::Offered
    } else {
        Tls::Unavailable
    };
    let session = Session::new(door.settings.clone(), tls, is_trusted);
    let mut talk = Talk {
        door,
        stream: Some(Either::Left(stream)),
        peer,
        is_trusted,
        stop,
        hello: None,
        receiving: None,
        buffer: vec![0; READ],
    };
    let mut step = session.step();
    while let Ok(next) = talk.answer(step).await {
        step = next;
    }
}

impl<'a, C: Convert> Talk<'a, C> {
    async fn answer(&mut self, step: Step) -> Result<Step, Over> {
        let session = match step {
            Step::Input(session) => self.input(session).await?,
            Step::Sender(ask) => {
                self.hello = Some(ask.hello().clone());
                ask.accept()
            }
            Step::Recipient(ask) => self.recipient(ask),
            Step::Content(ask) => self.content(ask),
            Step::Text(session, piece) => {
                if let Some(receiving) = &mut self.receiving {
                    receiving.push(&piece).await;
                }
                session
            }
            Step::Dropped(session) => {
                self.receiving = None;
                session
            }
            Step::Finished(ask) => self.finished(ask).await,
            Step::StartTls(mut ask) => {
                let output = ask.take_output();
                self.shake_hands(&output).await?;
                ask.secured()
            }
            Step::Closed(output) => {
                self.last_words(&output).await;
                return Err(Over);
            }
        };
        Ok(session.step())
    }

    fn stream(&mut self) -> Result<&mut Stream, Over> {
        self.stream.as_mut().ok_or(Over)
    }

    async fn write(&mut self, output: &[u8]) -> Result<(), Over> {
        if output.is_empty() {
            return Ok(());
        }
        let stream = self.stream()?;
        let written = tokio::time::timeout(IDLE, async {
            stream.write_all(output).await?;
            stream.flush().await
        });
        Ok(written.await.map_err(|_| Over)??)
    }

    async fn input(&mut self, mut session: Session) -> Result<Session, Over> {
        let output = session.take_output();
        self.write(&output).await?;
        let (stop, is_receiving) = (self.stop.clone(), session.is_receiving());
        let stream = self.stream.as_mut().ok_or(Over)?;
        let buffer = &mut self.buffer;
        let count = tokio::select! {
            biased;
            // A text that is coming may end: its sender is answered yet.
            () = stop.cancelled(), if !is_receiving => {
                let output = session.shut_down();
                self.last_words(&output).await;
                return Err(Over);
            }
            read = tokio::time::timeout(IDLE, stream.read(buffer)) => match read {
                Err(_) => {
                    let mut output = Vec::new();
                    Reply::new(Code::UNAVAILABLE, 4, 2, "nothing was said for too long").write(&mut output);
                    self.last_words(&output).await;
                    return Err(Over);
                }
                Ok(read) => read?,
            },
        };
        if count == 0 {
            return Err(Over);
        }
        session.feed(&self.buffer[..count]);
        Ok(session)
    }

    fn recipient(&self, ask: AskRecipient) -> Session {
        let to = &ask.recipient().to;
        let is_notice = verp::read(to.as_str(), &self.door.notices).is_some();
        if self.is_trusted || is_notice || self.is_for_us(to) {
            return ask.accept();
        }
        let text = "mail for this address is not taken from you";
        ask.refuse(&Reply::new(Code::FAILED, 7, 1, text))
    }

    /// Of our domains, and not on to somewhere else: `user%other.test@ours`, `other.test!user@ours`.
    fn is_for_us(&self, to: &Mailbox) -> bool {
        let routes = to.local().contains(['%', '!', '@', '"']);
        match to.domain() {
            // Postmaster alone is ours (RFC 5321 section 4.5.1).
            None => !self.door.rules.domains.is_empty(),
            Some(_) => !routes && self.door.rules.is_for_us(to.as_str()),
        }
    }

    fn content(&mut self, ask: AskContent) -> Session {
        let size = ask.envelope().sender.size.unwrap_or_default();
        if !has_room(&self.door.ctx, size) {
            tracing::warn!("mail is put off: too little room on the disk");
            let text = "too little room on the disk, try again later";
            return ask.refuse(&Reply::new(Code::NO_STORAGE, 3, 1, text));
        }
        self.receiving = Some(Receiving::new(
            self.door,
            self.origin(),
            ask.envelope().clone(),
        ));
        ask.accept()
    }

    /// What Received says of the peer (RFC 5321 section 4.4, RFC 3848).
    fn origin(&self) -> Origin {
        let hello = self.hello.as_ref();
        let literal = match self.peer {
            IpAddr::V4(v4) => format!("[{v4}]"),
            IpAddr::V6(v6) => format!("[IPv6:{v6}]"),
        };
        let name = hello.map_or(literal.as_str(), |hello| hello.host.as_str());
        let secured = matches!(self.stream, Some(Either::Right(_)));
        let extended = hello.is_some_and(|hello| hello.extended);
        Origin {
            from: format!("{name} ({literal})"),
            with: match (extended, secured) {
                (_, true) => "ESMTPS",
                (true, false) => "ESMTP",
                (false, false) => "SMTP",
            },
            is_trusted: self.is_trusted,
        }
    }

    async fn finished(&mut self, ask: AskFinished) -> Session {
        match self.receiving.take() {
            None => ask.refuse(&Reply::new(
                Code::LOCAL_ERROR,
                3,
                0,
                "it was not received whole",
            )),
            Some(receiving) => match receiving.finish().await {
                Ok(id) => ask.accept(&id),
                Err(reply) => ask.refuse(&reply),
            },
        }
    }

    async fn shake_hands(&mut self, output: &[u8]) -> Result<(), Over> {
        self.write(output).await?;
        let (Some(Either::Left(plain)), Some(tls)) = (self.stream.take(), &self.door.tls) else {
            return Err(Over);
        };
        let secured = tokio::time::timeout(HANDSHAKE, tls.accept(plain)).await;
        self.stream = Some(Either::Right(Box::new(secured.map_err(|_| Over)??)));
        Ok(())
    }

    /// Writes, and reads on for a while: a peer that is still sending would see a reset instead of the reply.
    async fn last_words(&mut self, output: &[u8]) {
        let _ = self.write(output).await;
        let Some(mut stream) = self.stream.take() else {
            return;
        };
        let buffer = &mut self.buffer;
        let drained = async {
            stream.shutdown().await?;
            while stream.read(buffer).await? > 0 {}
            std::io::Result::Ok(())
        };
        // Whether it heard them or not.
        let _ = tokio::time::timeout(LAST_WORDS, drained).await;
    }
}
