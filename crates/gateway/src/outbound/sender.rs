//! Sends mails, over connections that are kept open while there are more.

use std::sync::{Mutex, PoisonError};

use depesche_domain::mail::{Envelope, Row};
use depesche_service::demo::{Caught, CaughtMail};
use depesche_smtp::address::{Mailbox, ReversePath};
use depesche_smtp::client::fate::{Fate, Outcome};
use depesche_smtp::envelope::{
    Body as BodyKind, Envelope as WireEnvelope, Notify, Orcpt, Recipient, Ret, Sender as WireSender,
};
use depesche_smtp::reply::{Code, Reply};
use depesche_smtp::xtext::Xtext;
use mail_parser::MessageParser;
use zeroize::Zeroizing;

use super::route::Route;
use super::tls;
use super::wire::{self, Connectors, Idle, Tried};

pub use super::wire::{Body, Text};

/// Mails that one connection takes, so that no server has to refuse one more.
const MAILS_OF_ONE: u32 = 100;

/// The TLS library cannot be set up here.
#[derive(Debug, thiserror::Error)]
#[error("TLS towards the mail server cannot be set up: {0}")]
pub struct SenderError(#[from] rustls::Error);

struct Smtp {
    route: Route,
    connectors: Connectors,
    idle: Mutex<Vec<Idle>>,
}

enum Way {
    Smtp(Box<Smtp>),
    Caught(CaughtMail),
}

/// Sends mails.
pub struct Sender(Way);

/// What became of a mail.
pub struct Sent {
    /// One for each recipient.
    pub outcome: Outcome,
    /// Why there was no connection, for logs; says nothing of people.
    pub trouble: Option<String>,
}

impl Sender {
    /// To the next mail server.
    ///
    /// # Errors
    /// [`SenderError`].
    pub fn smtp(route: Route) -> Result<Self, SenderError> {
        let connectors = Connectors {
            checked: tls::checked()?,
            opportunistic: tls::opportunistic()?,
        };
        Ok(Self(Way::Smtp(Box::new(Smtp {
            route,
            connectors,
            idle: Mutex::default(),
        }))))
    }

    /// Into RAM.
    pub const fn caught(mails: CaughtMail) -> Self {
        Self(Way::Caught(mails))
    }

    /// Sends one mail. A recipient whose fate is transient may be tried again.
    pub async fn send(&self, envelope: WireEnvelope, text: &mut Text) -> Sent {
        match &self.0 {
            Way::Smtp(smtp) => smtp.send(envelope, text).await,
            Way::Caught(mails) => caught(mails, &envelope, text).await,
        }
    }

    /// There is nothing to send for a while: connections are closed.
    pub async fn rest(&self) {
        if let Way::Smtp(smtp) = &self.0 {
            let idle = std::mem::take(&mut *smtp.idle());
            for idle in idle {
                wire::quit(&smtp.route, &smtp.connectors, idle).await;
            }
        }
    }

    /// Connects and says goodbye: what the next mail server is.
    ///
    /// # Errors
    /// Why it takes no mail.
    pub async fn probe(&self) -> Result<Probe, String> {
        let Way::Smtp(smtp) = &self.0 else {
            return Ok(Probe {
                place: "this program's memory".into(),
                secured: true,
                dsn: false,
                smtputf8: false,
            });
        };
        let idle = wire::open(&smtp.route, &smtp.connectors).await;
        let idle = idle.map_err(|failure| failure.to_string())?;
        let found = Probe {
            place: format!("{}:{}", smtp.route.host, smtp.route.port),
            secured: idle.is_secured(),
            dsn: idle.offer().dsn,
            smtputf8: idle.offer().smtputf8,
        };
        wire::quit(&smtp.route, &smtp.connectors, idle).await;
        Ok(found)
    }
}

/// What was found of the next mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Where it is.
    pub place: String,
    /// The connection is under TLS.
    pub secured: bool,
    /// It tells senders what became of their mail.
    pub dsn: bool,
    /// It takes addresses beyond ASCII.
    pub smtputf8: bool,
}

impl Smtp {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, envelope: WireEnvelope, text: &mut Text) -> Sent {
        loop {
            let kept = self.idle().pop();
            let idle = match kept {
                Some(idle) => idle,
                None => match wire::open(&self.route, &self.connectors).await {
                    Ok(idle) => idle,
                    Err(failure) => return unsent(&envelope, wire::told(&failure)),
                },
            };
            let sent =
                wire::send(&self.route, &self.connectors, idle, envelope.clone(), text).await;
            if let Some(idle) = sent.1.filter(|idle| idle.used < MAILS_OF_ONE) {
                self.idle().push(idle);
            }
            match sent.0 {
                Tried::Done(outcome) => {
                    return Sent {
                        outcome,
                        trouble: None,
                    };
                }
                Tried::NoConnection(failure) => return unsent(&envelope, wire::told(&failure)),
                // The server closed what stood idle; the others are no better.
                Tried::Stale => self.idle().clear(),
            }
        }
    }
}

fn unsent(envelope: &WireEnvelope, trouble: String) -> Sent {
    Sent {
        outcome: Outcome {
            fates: vec![Fate::Unanswered; envelope.recipients.len()],
            dsn_passed_on: true,
        },
        trouble: Some(trouble),
    }
}

async fn caught(mails: &CaughtMail, envelope: &WireEnvelope, text: &mut Text) -> Sent {
    let mut whole = Zeroizing::new(Vec::new());
    let fate = loop {
        match text.next().await {
            Ok(Some(piece)) => whole.extend_from_slice(&piece),
            Ok(None) => break Fate::Taken(Reply::new(Code::OK, 0, 0, "caught")),
            Err(_) => break Fate::Unanswered,
        }
    };
    if fate.is_taken() {
        for recipient in &envelope.recipients {
            mails.catch(shown(&whole, recipient.to.as_str()));
        }
    }
    Sent {
        outcome: Outcome {
            fates: vec![fate; envelope.recipients.len()],
            dsn_passed_on: true,
        },
        trouble: None,
    }
}

/// A mail as `/dev/mail` shows it.
fn shown(text: &[u8], to: &str) -> Caught {
    let mail = MessageParser::new().parse(text).unwrap_or_default();
    // On the way its lines end with CR LF; who reads it there expects them as in any text.
    let body =
        |found: Option<std::borrow::Cow<'_, str>>| found.unwrap_or_default().replace("\r\n", "\n");
    let from = mail.from().and_then(|from| from.first());
    Caught {
        id: mail.message_id().unwrap_or_default().to_owned(),
        from: from
            .and_then(|from| from.address())
            .unwrap_or_default()
            .to_owned(),
        to: to.to_owned(),
        subject: mail.subject().unwrap_or_default().to_owned(),
        text: body(mail.body_text(0)),
        html: body(mail.body_html(0)),
        raw: String::from_utf8_lossy(text).into_owned(),
    }
}

/// Sender and recipients as the protocol has them; a row whose address cannot be written any more is left out.
pub(crate) fn to_wire(envelope: &Envelope, size: u64, rows: &[&Row]) -> WireEnvelope {
    let from = match envelope.sender.as_str() {
        "" => ReversePath::Null,
        sender => Mailbox::parse(sender).map_or(ReversePath::Null, ReversePath::Mailbox),
    };
    let sender = WireSender {
        from,
        size: Some(size),
        body: if envelope.eight_bit {
            BodyKind::EightBitMime
        } else {
            BodyKind::SevenBit
        },
        smtputf8: envelope.smtputf8,
        ret: envelope.ret.as_deref().and_then(|ret| Ret::parse(ret).ok()),
        envid: envelope
            .envid
            .as_deref()
            .and_then(|id| Xtext::parse(id, 100).ok()),
    };
    let recipient = |row: &&Row| {
        Some(Recipient {
            to: Mailbox::parse_recipient(&row.address).ok()?,
            notify: row.notify.as_deref().and_then(|n| Notify::parse(n).ok()),
            orcpt: row.orcpt.as_deref().and_then(|o| Orcpt::parse(o).ok()),
        })
    };
    WireEnvelope {
        sender,
        recipients: rows.iter().filter_map(recipient).collect(),
    }
}
