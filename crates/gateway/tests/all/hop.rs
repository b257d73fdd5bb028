//! The next mail server: takes, refuses, is down, as the test says.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use depesche_gateway::smtp::address::Host;
use depesche_gateway::smtp::reply::{Code, Reply};
use depesche_gateway::smtp::session::state::Session;
use depesche_gateway::smtp::session::step::Step;
use depesche_gateway::smtp::session::wire::{Settings, Tls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A mail as it came there.
#[derive(Clone)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// `NOTIFY=` of the recipients.
    pub(crate) notify: Vec<Option<String>>,
    pub(crate) envid: Option<String>,
    pub(crate) text: String,
}

#[derive(Default)]
struct State {
    mails: Vec<Mail>,
    last: Option<Mail>,
    /// What is said to a recipient instead of yes.
    refusals: HashMap<String, (u16, bool)>,
    down: bool,
    connections: u32,
}

#[derive(Clone)]
pub(crate) struct Hop {
    state: Arc<Mutex<State>>,
    pub(crate) address: SocketAddr,
}

impl Hop {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let hop = Self {
            state: Arc::default(),
            address,
        };
        let serving = hop.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.expect("a connection");
                let hop = serving.clone();
                hop.state().connections += 1;
                if !hop.state().down {
                    // A connection that ends early has nothing to say.
                    tokio::spawn(async move { drop(hop.talk(stream).await) });
                }
            }
        });
        hop
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no connection failed")
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    pub(crate) fn refuse(&self, address: &str, code: u16) {
        self.state().refusals.insert(address.into(), (code, true));
    }

    pub(crate) fn take_all(&self) {
        self.state().refusals.clear();
    }

    pub(crate) fn connections(&self) -> u32 {
        self.state().connections
    }

    /// What has come since the last time.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        std::mem::take(&mut self.state().mails)
    }

    /// The newest that has come.
    pub(crate) fn last(&self) -> Option<Mail> {
        self.state().last.clone()
    }

    fn refusal(&self, address: &str) -> Option<Reply> {
        let (code, _) = *self.state().refusals.get(address)?;
        let code = Code::parse(code.to_string().as_bytes()).expect("a code");
        Some(Reply::new(code, 1, 1, "not this one"))
    }

    async fn talk(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let host = Host::parse("hop.test").expect("a name");
        let settings = Settings::new(host, 100 << 20);
        let mut step = Session::new(settings, Tls::Unavailable, true).step();
        let mut text = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let session = match step {
                Step::Input(mut session) => {
                    stream.write_all(&session.take_output()).await?;
                    let count = stream.read(&mut buffer).await?;
                    if count == 0 || self.state().down {
                        return Ok(());
                    }
                    session.feed(&buffer[..count]);
                    session
                }
                Step::Sender(ask) => ask.accept(),
                Step::Recipient(ask) => match self.refusal(ask.recipient().to.as_str()) {
                    Some(reply) => ask.refuse(&reply),
                    None => ask.accept(),
                },
                Step::Content(ask) => ask.accept(),
                Step::Text(session, piece) => {
                    text.extend_from_slice(&piece);
                    session
                }
                Step::Dropped(session) => session,
                Step::Finished(ask) => {
                    let envelope = ask.envelope();
                    let recipients = &envelope.recipients;
                    let mail = Mail {
                        from: envelope.sender.from.as_str().to_owned(),
                        to: recipients.iter().map(|r| r.to.to_string()).collect(),
                        notify: recipients
                            .iter()
                            .map(|r| r.notify.map(|n| n.to_text()))
                            .collect(),
                        envid: envelope
                            .sender
                            .envid
                            .as_ref()
                            .map(|id| id.as_str().to_owned()),
                        text: String::from_utf8_lossy(&std::mem::take(&mut text)).into_owned(),
                    };
                    self.state().last = Some(mail.clone());
                    self.state().mails.push(mail);
                    ask.accept("kept")
                }
                Step::StartTls(_) => return Ok(()),
                Step::Closed(output) => return stream.write_all(&output).await,
            };
            step = session.step();
        }
    }
}
