//! What is to be converted.

use depesche_domain::effect::Language;
use depesche_domain::note::Correspondent;
use depesche_domain::{Address, Time};
use depesche_page::letter::{Attachment, Body, Headers, Letter, Person};
use depesche_page::limits::Limits;
use depesche_seal::key::ParcelKey;
use depesche_seal::manifest::{Contents, Manifest};
use depesche_seal::parcel::{Level, SealedManifest};
use depesche_seal::stanza::{Opener, ReleasedStanza};
use depesche_service::Error;
use depesche_service::protected::replies::Came;
use depesche_service::protected::{attachments, replies, reply_keys};

use super::desk::{Desk, made};
use crate::header;
use crate::port::{Decision, Job};
use crate::words::pick;

/// A mail opened, with all that is the same for each of its recipients.
pub(super) struct Source {
    /// As people see it.
    pub(super) letter: Letter,
    /// Who wrote: whom a reply goes to.
    pub(super) sender: Correspondent,
    /// Who is told what became of it; none = nobody.
    pub(super) told: Option<Address>,
    /// The sender is somebody outside, who is told no subject.
    pub(super) outside: bool,
    /// When it was taken in.
    pub(super) at: Time,
    /// Message-IDs before it and its own, without brackets, the oldest first.
    pub(super) thread: Vec<String>,
    /// The header's fields that the mail around the PDF keeps, as they stand.
    pub(super) kept: Vec<u8>,
    /// A reply by the page: its files lie sealed already.
    pub(super) came: Option<CameOpen>,
}

/// A reply by the page, opened as far as its list of contents.
pub(super) struct CameOpen {
    /// What waits.
    pub(super) came: Came,
    /// Opens it.
    pub(super) key: ParcelKey,
    /// As it is kept.
    pub(super) sealed: SealedManifest,
    /// Names and sizes.
    pub(super) files: Vec<(String, u64)>,
}

pub(super) enum Opened {
    Is(Box<Source>),
    /// Nothing to convert: the same for all.
    Not(Decision),
}

/// Fields that the mail around the PDF keeps: who, to whom, the thread, and the marks against loops. The subject is
/// not among them.
const KEPT: [&str; 11] = [
    "Received",
    "X-Depesche-Trace",
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
];

impl Source {
    /// Names of what waits in the portal.
    pub(super) fn file_names(&self) -> Vec<String> {
        match &self.came {
            Some(came) => came.files.iter().map(|(name, _)| name.clone()).collect(),
            None => self
                .letter
                .attachments
                .iter()
                .map(|a| a.name.clone())
                .collect(),
        }
    }

    /// It could not be drawn again and again: the page says so, and the mail itself waits behind a link.
    pub(super) fn reduce(&mut self, text: &[u8], l: Language) {
        if self.came.is_some() {
            return;
        }
        let words = pick(
            l,
            "Diese Nachricht ließ sich nicht darstellen. Sie liegt unverändert bei den Anhängen: Original.eml.",
            "This message could not be shown. It is among the attachments as it was written: Original.eml.",
            "Tuto zprávu se nepodařilo zobrazit. Je beze změny mezi přílohami: Original.eml.",
        );
        let before = std::mem::take(&mut self.letter);
        self.letter = Letter {
            headers: before.headers,
            body: Body::Text {
                text: words.to_owned(),
                flowed: false,
            },
            ..Letter::default()
        };
        attach_original(&mut self.letter, text);
    }

    /// The subject as far as notices to the sender may name it.
    pub(super) fn told_subject(&self) -> String {
        if self.outside {
            String::new()
        } else {
            self.letter.headers.subject.clone()
        }
    }
}

/// Opens what a job has.
pub(super) async fn open(desk: &Desk, job: &Job) -> Result<Opened, Error> {
    match replies::came(&desk.ctx, &job.text).await {
        Ok(Some(came)) => reply(desk, came).await,
        Ok(None) => Ok(mail(job)),
        // Its time was over, or it was passed on before a crash.
        Err(Error::NotFound) => Ok(Opened::Not(Decision::Failed("reply gone"))),
        Err(error) => Err(error),
    }
}

fn mail(job: &Job) -> Opened {
    let Ok(mut letter) = depesche_page::read::read(&job.text, &Limits::default()) else {
        return Opened::Not(Decision::Failed("not a mail that can be shown"));
    };
    if letter.sealed.is_some() {
        return Opened::Not(Decision::Pass);
    }
    let told: Option<Address> = job.envelope.sender.parse().ok();
    let written = letter.headers.from.first();
    let address = written.and_then(|from| from.address.parse().ok());
    let Some(address) = address.or_else(|| told.clone()) else {
        return Opened::Not(Decision::Failed("no sender"));
    };
    let name = written.map(|from| from.name.clone()).unwrap_or_default();
    let end = header::end(&job.text, 0).unwrap_or(job.text.len());
    let fields = header::fields(&job.text[..end]);
    let is_kept = |name: &str| KEPT.iter().any(|kept| kept.eq_ignore_ascii_case(name));
    let kept = fields.iter().filter(|field| is_kept(field.name));
    let kept = kept.flat_map(|field| field.raw.to_vec()).collect();
    if letter.wants_original() {
        attach_original(&mut letter, &job.text);
    }
    Opened::Is(Box::new(Source {
        letter,
        sender: Correspondent { name, address },
        told,
        outside: false,
        at: job.received,
        thread: thread(&fields),
        kept,
        came: None,
    }))
}

/// The mail itself goes with its attachments.
fn attach_original(letter: &mut Letter, text: &[u8]) {
    let is_taken = |name: &str| letter.attachments.iter().any(|a| a.name == name);
    let mut name = "Original.eml".to_owned();
    for number in 2.. {
        if !is_taken(&name) {
            break;
        }
        name = format!("Original-{number}.eml");
    }
    letter.attachments.push(Attachment {
        name,
        media_type: "message/rfc822".into(),
        content: text.to_vec(),
    });
}

fn thread(fields: &[header::Field<'_>]) -> Vec<String> {
    let mut thread = Vec::new();
    for name in ["References", "In-Reply-To", "Message-ID"] {
        let Some(field) = header::first(fields, name) else {
            continue;
        };
        for id in header::ids(field.value()) {
            let id = String::from_utf8_lossy(&id[1..id.len() - 1]).into_owned();
            if !thread.contains(&id) && id.is_ascii() {
                thread.push(id);
            }
        }
    }
    let begin = thread.len().saturating_sub(20);
    thread.split_off(begin)
}

async fn reply(desk: &Desk, came: Came) -> Result<Opened, Error> {
    let reader = attachments::sealed_manifest(&desk.ctx, came.parcel).await?;
    let mut bytes = vec![0; usize::try_from(reader.size()).unwrap_or_default()];
    depesche_service::visits::read_exact(&reader, 0, &mut bytes)?;
    let Some((key, sealed, manifest)) = unseal(desk, &came, bytes)? else {
        return Ok(Opened::Not(Decision::Failed("reply not sealed to us")));
    };
    let files = listed(&manifest);
    let facts = &came.facts;
    let person = |name: &str, address: &Address| Person {
        name: name.to_owned(),
        address: address.to_string(),
    };
    let when = made(came.at);
    let own = format!("{}@{}", came.parcel, desk.house.host);
    let mut thread = facts.references.clone();
    thread.push(own.clone());
    let letter = Letter {
        headers: Headers {
            from: vec![person("", &facts.from)],
            to: vec![person(&facts.to.name, &facts.to.address)],
            cc: Vec::new(),
            subject: manifest.subject.unwrap_or_default(),
            date: Some(depesche_page::letter::When {
                day: when.day,
                hour: when.hour,
                minute: when.minute,
                offset_minutes: 0,
            }),
            message_id: Some(own),
        },
        body: Body::Text {
            text: manifest.body.unwrap_or_default().replace("\r\n", "\n"),
            flowed: false,
        },
        ..Letter::default()
    };
    Ok(Opened::Is(Box::new(Source {
        letter,
        sender: Correspondent {
            name: String::new(),
            address: facts.from.clone(),
        },
        told: Some(facts.from.clone()),
        outside: true,
        at: came.at,
        thread,
        kept: Vec::new(),
        came: Some(CameOpen {
            came,
            key,
            sealed,
            files,
        }),
    })))
}

/// Names and plain sizes of the files, folders apart.
fn listed(manifest: &Manifest) -> Vec<(String, u64)> {
    let files = manifest
        .files
        .iter()
        .filter(|e| !matches!(e.contents, Contents::Folder));
    files
        .map(|entry| (entry.name.as_str().to_owned(), entry.size()))
        .collect()
}

type Unsealed = (ParcelKey, SealedManifest, Manifest);

/// Opens the list of contents with the gateway's key; none if it is no reply to us.
fn unseal(desk: &Desk, came: &Came, bytes: Vec<u8>) -> Result<Option<Unsealed>, Error> {
    let keys = reply_keys(&desk.ctx)?;
    let (Ok(sealed), Ok(stanza)) = (
        SealedManifest::parse(bytes),
        ReleasedStanza::parse(&came.stanza),
    ) else {
        return Ok(None);
    };
    let flags = sealed.header().flags();
    if !flags.from_outside || flags.level != Level::Link {
        return Ok(None);
    }
    let opener = Opener {
        record: keys.record.record(),
        kem: &keys.kem,
    };
    let opened = stanza
        .open(&opener, &sealed)
        .and_then(|half| half.check(None));
    Ok(opened
        .ok()
        .map(|opened| (opened.key, sealed, opened.manifest)))
}
