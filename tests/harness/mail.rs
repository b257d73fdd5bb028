//! A mail server that keeps what it is given (RFC 5321, as much as a courier needs).

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex};

use mail_parser::MessageParser;

use crate::wait::LONGEST;

/// A mail as it came in.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Of the envelope.
    pub from: String,
    /// Of the envelope.
    pub to: String,
    /// As it was sent.
    pub raw: Vec<u8>,
}

impl Mail {
    fn parsed(&self) -> mail_parser::Message<'_> {
        MessageParser::default().parse(&self.raw).expect("a mail")
    }

    /// Decoded.
    ///
    /// # Panics
    /// If it has none.
    #[must_use]
    pub fn subject(&self) -> String {
        self.parsed().subject().expect("a subject").to_owned()
    }

    /// The plain part.
    ///
    /// # Panics
    /// If it has none.
    #[must_use]
    pub fn text(&self) -> String {
        self.parsed().body_text(0).expect("text").into_owned()
    }

    /// The HTML part.
    ///
    /// # Panics
    /// If it has none.
    #[must_use]
    pub fn html(&self) -> String {
        self.parsed().body_html(0).expect("HTML").into_owned()
    }

    /// `Message-ID`.
    ///
    /// # Panics
    /// If it has none.
    #[must_use]
    pub fn id(&self) -> String {
        self.parsed().message_id().expect("an id").to_owned()
    }

    /// The first URL of the text: the button.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn link(&self) -> String {
        first_url(&self.text())
    }
}

/// The first URL of a mail's text; it stands alone on its line.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn first_url(text: &str) -> String {
    let mut lines = text.lines();
    lines
        .find(|line| line.starts_with("http"))
        .expect("a URL on its line")
        .to_owned()
}

#[derive(Default)]
struct Gate {
    held: Mutex<bool>,
    opened: Condvar,
}

/// The server. It ends with the test's process.
pub struct Sink {
    address: SocketAddr,
    mails: Mutex<Receiver<Mail>>,
    gate: Arc<Gate>,
}

impl Sink {
    /// Listens on a port of its own.
    ///
    /// # Panics
    /// If there is no port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let (keep, mails) = sync_channel(10_000);
        let gate = Arc::new(Gate::default());
        let passing = Arc::clone(&gate);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (keep, gate) = (keep.clone(), Arc::clone(&passing));
                // A connection that ends early has nothing to say.
                std::thread::spawn(move || drop(talk(stream, &keep, &gate)));
            }
        });
        Self {
            address,
            mails: Mutex::new(mails),
            gate,
        }
    }

    /// For `smtp.url`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The next mail, waited for.
    ///
    /// # Panics
    /// If none comes.
    #[must_use]
    pub fn next(&self) -> Mail {
        let mails = self.mails.lock().expect("no test failed here");
        mails.recv_timeout(LONGEST).expect("a mail comes")
    }

    /// The next mail to this address; others on the way are passed over.
    ///
    /// # Panics
    /// If none comes.
    #[must_use]
    pub fn next_to(&self, address: &str) -> Mail {
        loop {
            let mail = self.next();
            if mail.to == address {
                return mail;
            }
        }
    }

    /// What has come and was not asked for.
    ///
    /// # Panics
    /// If a test failed here.
    #[must_use]
    pub fn rest(&self) -> Vec<Mail> {
        self.mails
            .lock()
            .expect("no test failed here")
            .try_iter()
            .collect()
    }

    /// From now on mails are listened to, but not taken.
    ///
    /// # Panics
    /// If a connection failed.
    pub fn hold(&self) {
        *self.gate.held.lock().expect("no connection failed") = true;
    }

    /// Takes what is held, and what comes.
    ///
    /// # Panics
    /// If a connection failed.
    pub fn let_go(&self) {
        *self.gate.held.lock().expect("no connection failed") = false;
        self.gate.opened.notify_all();
    }
}

impl Gate {
    fn pass(&self) {
        let held = self.held.lock().expect("no connection failed");
        drop(
            self.opened
                .wait_while(held, |held| *held)
                .expect("no connection failed"),
        );
    }
}

/// Addresses that begin so are refused for good.
const NOBODY: &str = "nobody@";

fn talk(stream: TcpStream, keep: &SyncSender<Mail>, gate: &Gate) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    let say = |line: &str| (&stream).write_all(format!("{line}\r\n").as_bytes());
    let (mut from, mut to) = (String::new(), Vec::new());
    say("220 sink.test")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let address = || line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        match line
            .get(..4)
            .unwrap_or_default()
            .to_ascii_uppercase()
            .as_str()
        {
            "EHLO" => say("250-sink.test\r\n250-8BITMIME\r\n250 SMTPUTF8")?,
            "MAIL" => {
                from = address();
                to.clear();
                say("250 ok")?;
            }
            "RCPT" => {
                let address = address();
                let refused = address.starts_with(NOBODY);
                if !refused {
                    to.push(address);
                }
                say(if refused {
                    "550 5.1.1 nobody of that name"
                } else {
                    "250 ok"
                })?;
            }
            "DATA" => {
                say("354 go on")?;
                let raw = data(&mut lines)?;
                gate.pass();
                for to in to.drain(..) {
                    let (from, raw) = (from.clone(), raw.clone());
                    let mail = Mail { from, to, raw };
                    keep.try_send(mail).map_err(std::io::Error::other)?;
                }
                say("250 kept")?;
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 ok")?,
        }
    }
}

/// Until the line with a dot alone, the dots before others taken off.
fn data(lines: &mut impl std::io::BufRead) -> std::io::Result<Vec<u8>> {
    let mut raw = Vec::new();
    loop {
        let mut line = Vec::new();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(raw);
        }
        raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
    }
}
