//! Writes by the reply link of a protected mail as its page does: looks, seals to the gateway, uploads, posts.

use data_encoding::BASE64URL_NOPAD;
use depesche_client::api::Draft;
use depesche_client::seal::file::{self, Sealer};
use depesche_client::seal::key::{FileId, FileKey, ParcelId, ParcelKey};
use depesche_client::seal::manifest::{Contents, Entry, Manifest, Object, Sender};
use depesche_client::seal::name::Name;
use depesche_client::seal::parcel::{self, Flags, Level, SealedManifest};
use depesche_client::seal::record::{Chain, SignedRecord};
use depesche_client::seal::reply::{Quote, ReplyLink};
use depesche_client::seal::stanza::{Binding, Stanza};
use depesche_client::seal::stream::StreamHeader;
use depesche_tests::random::Random;
use depesche_tests::server::Server;
use depesche_tests::wire::{self, Answer};
use serde_json::{Value, json};

const JSON: &str = "Content-Type: application/json\r\n";
const OCTETS: &str = "Content-Type: application/octet-stream\r\n";

/// What is sent with an answer: name and bytes.
pub(crate) type File<'a> = (&'a str, &'a [u8]);

/// An answer on its way.
pub(crate) struct Answering<'a> {
    server: &'a Server,
    link: &'a ReplyLink,
    id: ParcelId,
    random: Random,
}

/// What the link shows.
pub(crate) struct Looked {
    /// As the server says it.
    pub(crate) said: Value,
    /// Opened.
    pub(crate) quote: Quote,
}

fn decoded(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("text");
    BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url")
}

fn base(link: &ReplyLink) -> String {
    format!("/api/v1/replies/{}", link.token)
}

/// Opens the page, writes nothing.
pub(crate) fn look(server: &Server, link: &ReplyLink) -> Looked {
    let auth = link.secret.reply_auth(&link.token);
    let body = json!({"auth": auth.to_text().as_str()}).to_string();
    let line = format!("POST {}/look", base(link));
    let said = wire::ask(server.listen, &line, JSON, body.as_bytes()).json();
    let quote = link
        .secret
        .open_quote(&link.token, &decoded(&said["quote"]));
    Looked {
        said,
        quote: quote.expect("a quote"),
    }
}

impl<'a> Answering<'a> {
    pub(crate) fn new(server: &'a Server, link: &'a ReplyLink) -> Self {
        let mut random = Random::fresh("answer");
        let id = ParcelId::from_bytes(random.bytes(16).try_into().expect("16"));
        Self {
            server,
            link,
            id,
            random,
        }
    }

    fn drawn<const N: usize>(&mut self) -> [u8; N] {
        self.random.bytes(N).try_into().expect("as many")
    }

    fn header(&mut self) -> StreamHeader {
        StreamHeader::from_random(&self.drawn())
    }

    /// With the proof, or without.
    fn ask(&self, line: &str, headers: &str, proven: bool, body: &[u8]) -> Answer {
        let auth = self.link.secret.reply_auth(&self.link.token);
        let shown = format!("Authorization: Reply {}\r\n", auth.to_text().as_str());
        let headers = format!("{}{headers}", if proven { &shown } else { "" });
        let (method, path) = line.split_once(' ').expect("a method");
        let line = format!("{method} {}/parcels/{}{path}", base(self.link), self.id);
        wire::ask(self.server.listen, &line, &headers, body)
    }

    /// The whole way, in the words of the page. The same again gives the same.
    pub(crate) fn send(&mut self, (from, subject, text): (&str, &str, &str), files: &[File<'_>]) {
        let looked = look(self.server, self.link);
        let sealed: Vec<Sealed> = files.iter().map(|file| self.seal_file(file)).collect();
        let announced: Vec<Value> = sealed.iter().map(Sealed::announced).collect();
        let begin = json!({"level": 1, "files": announced}).to_string();
        let draft = self.ask("PUT ", JSON, true, begin.as_bytes()).json();
        let _: Draft = serde_json::from_value(draft).expect("a draft");
        for one in &sealed {
            self.upload(one);
        }
        let manifest = Manifest {
            created: 0,
            sender: Sender {
                account: None,
                address: from.into(),
                fingerprint: None,
            },
            in_reply_to: None,
            subject: Some(subject.into()),
            body: Some(text.into()),
            files: sealed.into_iter().map(|one| one.entry).collect(),
            packs: Vec::new(),
        };
        self.post(&looked, &manifest);
    }

    fn seal_file(&mut self, (name, content): &File<'_>) -> Sealed {
        let key = FileKey::from_bytes(&self.drawn());
        let id = FileId::from_bytes(self.drawn());
        let size = content.len() as u64;
        let sealer = Sealer::new(&key, &id, self.header(), size).expect("a small file");
        let (mut rest, mut hashes, mut parts) = (*content, Vec::new(), Vec::new());
        for index in 0..file::part_count(sealer.sealed_size()).expect("parts") {
            let mut buffer = vec![0; sealer.part_len(index).expect("a part")];
            let mut part = sealer.part(index, &mut buffer).expect("a buffer that fits");
            while !part.space().is_empty() {
                let (now, later) = rest.split_at(part.space().len());
                part.space().copy_from_slice(now);
                part.advance(now.len()).expect("as much as there is space");
                rest = later;
            }
            hashes.push(part.finish().expect("a full part"));
            parts.push(buffer);
        }
        let object = Object::new(id, key, size, hashes).expect("as many hashes as parts");
        Sealed {
            id: id.to_string(),
            parts,
            entry: Entry {
                name: Name::parse(name).expect("a name"),
                media_type: "application/octet-stream".into(),
                mtime: None,
                contents: Contents::Own(object),
            },
        }
    }

    fn upload(&self, file: &Sealed) {
        for (index, part) in file.parts.iter().enumerate() {
            let line = format!("PUT /files/{}/parts/{index}", file.id);
            let refused = self.ask(&line, OCTETS, false, part);
            assert_eq!(refused.status, 401, "without the proof nothing is taken");
            let taken = self.ask(&line, OCTETS, true, part);
            assert_eq!(taken.status, 204, "{}", taken.text());
        }
        let draft = self.ask("GET /draft", "", true, b"").json();
        let known = draft["files"].as_array().expect("files");
        assert!(known.iter().any(|one| one["id"] == json!(file.id)));
    }

    fn post(&mut self, looked: &Looked, manifest: &Manifest) {
        let record = SignedRecord::parse(&decoded(&looked.said["records"][0])).expect("a record");
        let account = record.record().account();
        let chain = Chain::verify(vec![record], &account).expect("a chain");
        let to = chain
            .find(&looked.quote.gateway().expect("a fingerprint"))
            .expect("the quote's own");
        let key = ParcelKey::from_bytes(&self.drawn());
        let flags = Flags {
            level: Level::Link,
            from_outside: true,
        };
        let header = self.header();
        let sealed: SealedManifest =
            parcel::seal(&key, self.id, flags, header, manifest).expect("sealed");
        let stanza = Stanza::seal(&key, to, &Binding::of(&sealed), &self.drawn());
        let stanza = stanza.expect("a stanza").release_from_outside().to_bytes();
        let taken = self.ask("PUT /manifest", OCTETS, true, sealed.as_bytes());
        assert_eq!(taken.status, 204);
        let post = json!({"stanza": BASE64URL_NOPAD.encode(&stanza)}).to_string();
        let wrong = self.ask("POST /post", JSON, false, post.as_bytes());
        assert_eq!(wrong.status, 401, "without the proof nothing is sent");
        let sent = self.ask("POST /post", JSON, true, post.as_bytes()).json();
        assert_eq!(sent["id"], json!(self.id.to_string()));
        let again = self.ask("POST /post", JSON, true, post.as_bytes()).json();
        assert_eq!(sent, again);
    }
}

/// A file of an answer, sealed.
struct Sealed {
    id: String,
    parts: Vec<Vec<u8>>,
    entry: Entry,
}

impl Sealed {
    fn announced(&self) -> Value {
        let size: usize = self.parts.iter().map(Vec::len).sum();
        json!({"id": self.id, "size": size})
    }
}
