//! One connection to the next mail server, driven through [`Client`].

use std::time::Duration;

use depesche_service::spool::TextReader;
use depesche_smtp::client::fate::{Failure, Outcome};
use depesche_smtp::client::offer::Offer;
use depesche_smtp::client::state::{Client, Content, Failed, Ready};
use depesche_smtp::client::step::Step;
use depesche_smtp::envelope::Envelope;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use zeroize::Zeroizing;

use super::route::{Route, Tls};

/// RFC 5321 section 4.5.3.2.
const CONNECT: Duration = Duration::from_secs(30);
const REPLY: Duration = Duration::from_secs(300);
const LAST_REPLY: Duration = Duration::from_secs(600);
const WRITE: Duration = Duration::from_secs(180);

type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// A text to be sent: some bytes of ours in front, then what was spooled.
pub struct Text {
    /// Sent first.
    pub head: Vec<u8>,
    /// Then this.
    pub body: Body,
}

/// Where the bytes come from.
pub enum Body {
    /// Out of the queue.
    Spooled(TextReader),
    /// These.
    Bytes(Zeroizing<Vec<u8>>),
}

impl Text {
    /// A text that is there.
    pub fn of(bytes: Vec<u8>) -> Self {
        Self {
            head: Vec::new(),
            body: Body::Bytes(Zeroizing::new(bytes)),
        }
    }

    /// The next piece, none at the end.
    pub(super) async fn next(
        &mut self,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, depesche_service::Error> {
        if !self.head.is_empty() {
            return Ok(Some(Zeroizing::new(std::mem::take(&mut self.head))));
        }
        match &mut self.body {
            Body::Spooled(reader) => reader.next().await,
            Body::Bytes(bytes) if bytes.is_empty() => Ok(None),
            Body::Bytes(bytes) => Ok(Some(std::mem::take(bytes))),
        }
    }
}

/// What a try came to.
pub(super) enum Tried {
    /// Each recipient has a fate.
    Done(Outcome),
    /// There was no connection, or none that takes mails. The text was not touched.
    NoConnection(Failure),
    /// The connection ended before the text was asked for; it was not touched. Only after it stood idle.
    Stale,
}

/// An open connection that takes a mail.
pub(super) struct Idle {
    ready: Ready,
    stream: Stream,
    /// Mails that it has taken.
    pub(super) used: u32,
}

impl Idle {
    pub(super) fn is_secured(&self) -> bool {
        self.ready.is_secured()
    }

    pub(super) fn offer(&self) -> Offer {
        self.ready.offer()
    }
}

/// TLS as the route wants it.
pub(super) struct Connectors {
    pub(super) checked: TlsConnector,
    pub(super) opportunistic: TlsConnector,
}

/// A connection at work.
struct Wire<'a> {
    route: &'a Route,
    connectors: &'a Connectors,
    stream: Option<Stream>,
    buffer: Vec<u8>,
}

impl Wire<'_> {
    async fn write(&mut self, output: &[u8]) -> std::io::Result<()> {
        if output.is_empty() {
            return Ok(());
        }
        let stream = self
            .stream
            .as_mut()
            .ok_or(std::io::ErrorKind::NotConnected)?;
        let written = async {
            stream.write_all(output).await?;
            stream.flush().await
        };
        tokio::time::timeout(WRITE, written).await?
    }

    async fn read(&mut self, patience: Duration) -> std::io::Result<usize> {
        let stream = self
            .stream
            .as_mut()
            .ok_or(std::io::ErrorKind::NotConnected)?;
        tokio::time::timeout(patience, stream.read(&mut self.buffer)).await?
    }

    /// Writes and reads until there is something to decide.
    async fn run(&mut self, mut client: Client, patience: Duration) -> Step {
        loop {
            let mut asking = match client.step() {
                Step::Input(asking) => asking,
                Step::StartTls(handshake) => {
                    if self.secure().await.is_err() {
                        return Step::Failed(Failed {
                            why: Failure::Lost,
                            outcome: None,
                        });
                    }
                    client = handshake.secured();
                    continue;
                }
                other => return other,
            };
            let output = asking.take_output();
            if self.write(&output).await.is_err() {
                return Step::Failed(asking.lost());
            }
            match self.read(patience).await {
                Ok(count) if count > 0 => asking.feed(&self.buffer[..count]),
                _ => return Step::Failed(asking.lost()),
            }
            client = asking;
        }
    }

    async fn secure(&mut self) -> std::io::Result<()> {
        let connector = match self.route.tls {
            Tls::None | Tls::IfOffered => &self.connectors.opportunistic,
            Tls::Required | Tls::Immediate => &self.connectors.checked,
        };
        let name = ServerName::try_from(self.route.host.clone()).map_err(std::io::Error::other)?;
        let Some(Either::Left(plain)) = self.stream.take() else {
            return Err(std::io::ErrorKind::NotConnected.into());
        };
        let secured = tokio::time::timeout(CONNECT, connector.connect(name, plain)).await??;
        self.stream = Some(Either::Right(Box::new(secured)));
        Ok(())
    }

    /// Sends the text; then waits for the one reply that counts.
    async fn content(&mut self, mut content: Content, text: &mut Text) -> Step {
        loop {
            match text.next().await {
                Ok(Some(piece)) => content.push(&piece),
                Ok(None) => break,
                Err(error) => {
                    tracing::error!(%error, "a mail cannot be read while it is sent");
                    return Step::Failed(content.lost());
                }
            }
            let output = Zeroizing::new(content.take_output());
            if self.write(&output).await.is_err() {
                // It may have said why before it closed.
                if let Ok(count) = self.read(Duration::from_secs(5)).await {
                    content.feed(&self.buffer[..count]);
                }
                return Step::Failed(content.lost());
            }
        }
        self.run(content.finish(), LAST_REPLY).await
    }
}

/// A new connection, ready for a mail.
pub(super) async fn open(route: &Route, connectors: &Connectors) -> Result<Idle, Failure> {
    let connecting = TcpStream::connect((route.host.as_str(), route.port));
    let stream = match tokio::time::timeout(CONNECT, connecting).await {
        Ok(Ok(stream)) => stream,
        _ => return Err(Failure::Lost),
    };
    // Commands are small and their replies awaited.
    let _ = stream.set_nodelay(true);
    let mut wire = Wire {
        route,
        connectors,
        stream: Some(Either::Left(stream)),
        buffer: vec![0; 16 * 1024],
    };
    let immediate = route.tls == Tls::Immediate;
    if immediate && wire.secure().await.is_err() {
        return Err(Failure::Lost);
    }
    let mut client = Client::new(route.hello.clone(), route.wish(), immediate);
    if let Some(login) = &route.login {
        client = client.with_login(login.clone());
    }
    match (wire.run(client, REPLY).await, wire.stream) {
        (Step::Ready(ready), Some(stream)) => Ok(Idle {
            ready,
            stream,
            used: 0,
        }),
        (Step::Failed(failed), _) => Err(failed.why),
        _ => Err(Failure::OutOfStep),
    }
}

/// Sends one mail over it. Gives the connection back if it takes another.
pub(super) async fn send(
    route: &Route,
    connectors: &Connectors,
    idle: Idle,
    envelope: Envelope,
    text: &mut Text,
) -> (Tried, Option<Idle>) {
    let Idle {
        ready,
        stream,
        used,
    } = idle;
    let mut wire = Wire {
        route,
        connectors,
        stream: Some(stream),
        buffer: vec![0; 16 * 1024],
    };
    let recipients = envelope.recipients.len();
    let mut asked_for_text = false;
    let mut step = wire.run(ready.send(envelope), REPLY).await;
    if let Step::Content(content) = step {
        asked_for_text = true;
        step = wire.content(content, text).await;
    }
    match (step, wire.stream) {
        (Step::Done(ready, outcome), Some(stream)) => {
            let idle = Idle {
                ready,
                stream,
                used: used + 1,
            };
            (Tried::Done(outcome), Some(idle))
        }
        (Step::Failed(failed), _) => {
            if used > 0 && !asked_for_text && failed.why == Failure::Lost {
                return (Tried::Stale, None);
            }
            tracing::warn!(error = %told(&failed.why), "the mail server ended a connection");
            match failed.outcome {
                Some(outcome) => (Tried::Done(outcome), None),
                None => (Tried::NoConnection(failed.why), None),
            }
        }
        _ => {
            let fates = vec![depesche_smtp::client::fate::Fate::Unanswered; recipients];
            let outcome = Outcome {
                fates,
                dsn_passed_on: true,
            };
            (Tried::Done(outcome), None)
        }
    }
}

/// Says goodbye, without waiting for long.
pub(super) async fn quit(route: &Route, connectors: &Connectors, idle: Idle) {
    let mut wire = Wire {
        route,
        connectors,
        stream: Some(idle.stream),
        buffer: vec![0; 512],
    };
    // Whatever it answers.
    let _ = wire.run(idle.ready.quit(), Duration::from_secs(2)).await;
}

/// Of a failure for the log: what the other side says may hold an address, its code does not.
pub(super) fn told(failure: &Failure) -> String {
    match failure {
        Failure::Refused(reply) => format!("refused with {}", reply.code().value()),
        other => other.to_string(),
    }
}
