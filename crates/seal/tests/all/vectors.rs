//! Every file in `vectors/` is read and must come out as it says; the folder is walked, so a new file
//! is a new test. The committed files must also be those that `make` makes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use depesche_seal::file::{self, FileError, Opener, PART, Sealer};
use depesche_seal::key::{FileId, FileKey, ForFile, Hash, Key, LinkId, ParcelId, ParcelKey};
use depesche_seal::link::{LinkError, LinkSecret, Record};
use depesche_seal::link_text::{Link, LinkPage, LinkTextError, code, parse_code};
use depesche_seal::manifest::{Manifest, ManifestError, Object};
use depesche_seal::name::{Name, NameError};
use depesche_seal::parcel::{self, Flags, Header, ParcelError, SealedManifest};
use depesche_seal::password::{Params, PasswordError};
use depesche_seal::primitives::sha256;
use depesche_seal::stream::{self, HEADER, StreamError, StreamHeader};
use serde_json::Value;

use crate::{keyed, make};

mod handoff;
mod reply;

/// What a vector leads to: good, or the code of an error.
pub(crate) type Outcome = Result<(), String>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors")
}

fn committed() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder()).expect("the vectors are part of the repository") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let name = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            // Of another derivation, in crates/pdfkey.
            if !name.starts_with("pdf_") {
                all.insert(name, fs::read_to_string(&path).expect("a readable file"));
            }
        }
    }
    all
}

#[test]
fn every_vector_comes_out_as_it_says() {
    let mut findings = Vec::new();
    let mut kinds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (name, text) in committed() {
        let vector = Input(serde_json::from_str(&text).expect("a vector is JSON"));
        let kind = vector.text("kind").to_owned();
        let expect = vector.text("expect").to_owned();
        let outcome = match run(&kind, &vector) {
            Ok(()) => "ok".to_owned(),
            Err(code) => code,
        };
        if outcome != expect {
            findings.push(format!("{name}: expected {expect}, got {outcome}"));
        }
        let counts = kinds.entry(kind).or_default();
        if expect == "ok" {
            counts.0 += 1
        } else {
            counts.1 += 1
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    assert_eq!(kinds.len(), 29, "{kinds:?}");
    assert!(
        kinds.values().all(|(good, bad)| *good > 0 && *bad > 0),
        "{kinds:?}"
    );
}

#[test]
fn vectors_are_as_they_are_made() {
    let committed = committed();
    let mut made = BTreeMap::new();
    for (name, value) in make::all() {
        assert!(
            made.insert(name.clone(), make::to_text(&value)).is_none(),
            "two vectors are named {name}"
        );
    }
    let stale: Vec<_> = made
        .iter()
        .filter(|(name, text)| committed.get(*name) != Some(text))
        .map(|(name, _)| name)
        .collect();
    assert!(
        stale.is_empty(),
        "the code makes other vectors than the committed ones: {stale:?}. Was the format meant to change? Then: \
         cargo run --release -p depesche-seal --example vectors"
    );
}

fn run(kind: &str, vector: &Input) -> Outcome {
    match kind {
        "stream" => run_stream(vector),
        "size" => run_size(vector),
        "file" => run_file(vector),
        "manifest" => run_manifest(vector),
        "header" => run_header(vector),
        "parcel" => run_parcel(vector),
        "link" => run_link(vector),
        "password" => run_password(vector),
        "link_text" => run_link_text(vector),
        "code" => run_code(vector),
        "name" => run_name(vector),
        "handoff" => handoff::run(vector),
        "handoff_content" => handoff::run_content(vector),
        "handoff_url" => handoff::run_url(vector),
        "handoff_typed" => handoff::run_typed(vector),
        "words" => keyed::run_words(vector),
        "record" => keyed::run_record(vector),
        "chain" => keyed::run_chain(vector),
        "lock" => keyed::run_lock(vector),
        "kit" => keyed::run_kit(vector),
        "keyring" => keyed::run_keyring(vector),
        "going_on" => keyed::run_going_on(vector),
        "signed" => keyed::run_signed(vector),
        "stanza" => keyed::run_stanza(vector),
        "claim_code" => keyed::run_claim_code(vector),
        "claim" => keyed::run_claim(vector),
        "instant" => keyed::run_instant(vector),
        "reply_link" => reply::run_link(vector),
        "reply_quote" => reply::run_quote(vector),
        other => panic!("no vector is of kind {other}"),
    }
}

/// A vector's members.
pub(crate) struct Input(pub(crate) Value);

impl Input {
    pub(crate) fn get(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(&format!("/{pointer}"))
    }

    pub(crate) fn text(&self, member: &str) -> &str {
        let value = self.get(member).and_then(Value::as_str);
        value.unwrap_or_else(|| panic!("the vector has no text {member}: {}", self.0))
    }

    pub(crate) fn number(&self, member: &str) -> u64 {
        let value = self.get(member).and_then(Value::as_u64);
        value.unwrap_or_else(|| panic!("the vector has no number {member}: {}", self.0))
    }

    pub(crate) fn bytes(&self, member: &str) -> Vec<u8> {
        unhex(self.text(member))
    }

    pub(crate) fn array<const N: usize>(&self, member: &str) -> [u8; N] {
        self.bytes(member)
            .try_into()
            .expect("as many bytes as this needs")
    }

    /// `open/member` if it is there, else `member`.
    fn opened<const N: usize>(&self, member: &str) -> [u8; N] {
        let other = format!("open/{member}");
        self.array(if self.get(&other).is_some() {
            &other
        } else {
            member
        })
    }

    fn plaintext(&self) -> Option<Vec<u8>> {
        let text = self.get("text")?;
        Some(match text.get("pattern") {
            Some(seed) => make::pattern(
                seed.as_str().expect("a seed"),
                self.number("text/size") as usize,
            ),
            None => self.bytes("text/hex"),
        })
    }

    fn edit(&self, bytes: &mut Vec<u8>) {
        let edits = self.get("edits").and_then(Value::as_array);
        for edit in edits.into_iter().flatten() {
            let (name, value) = edit
                .as_object()
                .and_then(|edit| edit.iter().next())
                .expect("an edit");
            let number = |member: &str| value[member].as_u64().expect("a number") as usize;
            match name.as_str() {
                "flip" => bytes[value.as_u64().expect("a number") as usize] ^= 1,
                "cut" => bytes.truncate(value.as_u64().expect("a number") as usize),
                "append" => bytes.extend(unhex(value.as_str().expect("hex"))),
                "remove" => drop(bytes.drain(number("at")..number("at") + number("size"))),
                "swap" => {
                    let (size, a, b) = (number("size"), number("a"), number("b"));
                    let (head, tail) = bytes.split_at_mut(b * size);
                    head[a * size..(a + 1) * size].swap_with_slice(&mut tail[..size]);
                }
                other => panic!("no edit is called {other}"),
            }
        }
    }
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER
        .decode(text.as_bytes())
        .expect("lower-case hex")
}

fn stream_code(error: StreamError) -> String {
    error.code().into()
}

fn run_stream(vector: &Input) -> Outcome {
    let key: Key<ForFile> = Key::from_bytes(&vector.array("key"));
    let text = vector.plaintext();
    let mut sealed = match &text {
        Some(text) => {
            let header = StreamHeader::parse(&vector.array::<HEADER>("header")).expect("a header");
            stream::seal(&key, header, &vector.bytes("aad"), text).expect("a small text")
        }
        None => vector.bytes("sealed/hex"),
    };
    assert_eq!(sealed.len() as u64, vector.number("sealed/size"));
    assert_eq!(sha256(&sealed), vector.array("sealed/sha256"));
    if vector.get("sealed/hex").is_some() {
        assert_eq!(sealed, vector.bytes("sealed/hex"));
    }
    vector.edit(&mut sealed);
    let key: Key<ForFile> = Key::from_bytes(&vector.opened("key"));
    let aad = if vector.get("open/aad").is_some() {
        "open/aad"
    } else {
        "aad"
    };
    let opened = stream::open(&key, &vector.bytes(aad), &sealed).map_err(stream_code)?;
    assert_eq!(Some(opened.as_slice()), text.as_deref());
    Ok(())
}

fn run_size(vector: &Input) -> Outcome {
    let code = |error: FileError| error.code().to_owned();
    if vector.get("plain").is_some() {
        let sealed = stream::sealed_size(vector.number("plain")).map_err(stream_code)?;
        assert_eq!(sealed, vector.number("sealed"));
        assert_eq!(
            u64::from(file::part_count(sealed).map_err(code)?),
            vector.number("parts")
        );
    }
    let plain = stream::plain_size(vector.number("sealed")).map_err(stream_code)?;
    assert_eq!(plain, vector.number("plain"));
    Ok(())
}

fn hashes(value: &Value) -> Vec<Hash> {
    let texts = value.as_array().expect("a list").iter();
    let bytes = texts.map(|text| unhex(text.as_str().expect("hex")));
    bytes
        .map(|bytes| Hash::from_bytes(bytes.try_into().expect("32 bytes")))
        .collect()
}

fn seal_file(vector: &Input) -> Vec<u8> {
    let (key, id) = (
        FileKey::from_bytes(&vector.array("key")),
        FileId::from_bytes(vector.array("id")),
    );
    let header = StreamHeader::parse(&vector.array::<HEADER>("header")).expect("a header");
    let text = vector.plaintext().expect("a plaintext");
    let sealer = Sealer::new(&key, &id, header, text.len() as u64).expect("a small file");
    let (mut whole, mut parts) = (Vec::new(), Vec::new());
    let mut rest = text.as_slice();
    for index in 0..sealer.part_count() {
        let mut buffer = vec![0; sealer.part_len(index).expect("a part")];
        let mut part = sealer.part(index, &mut buffer).expect("its length");
        while !part.space().is_empty() {
            let (now, later) = rest.split_at(part.space().len());
            part.space().copy_from_slice(now);
            part.advance(now.len()).expect("as much as there is space");
            rest = later;
        }
        parts.push(part.finish().expect("a full part"));
        whole.extend(buffer);
    }
    assert_eq!(whole.len() as u64, vector.number("sealed_size"));
    assert_eq!(parts, hashes(&vector.0["parts"]));
    assert_eq!(
        file::root(whole.len() as u64, &parts).as_bytes(),
        &vector.array("root")
    );
    whole
}

fn run_file(vector: &Input) -> Outcome {
    let code = |error: FileError| error.code().to_owned();
    let mut sealed = seal_file(vector);
    vector.edit(&mut sealed);
    let text = vector.plaintext().expect("a plaintext");
    let parts = hashes(vector.get("open/parts").unwrap_or(&vector.0["parts"]));
    let (key, id) = (
        FileKey::from_bytes(&vector.opened("key")),
        FileId::from_bytes(vector.opened("id")),
    );
    let object =
        Object::new(id, key, text.len() as u64, parts).map_err(|error| error.code().to_owned())?;
    if object.root().as_bytes() != &vector.opened("root") {
        return Err(FileError::Root.code().into());
    }
    let opener = Opener::new(object.key(), &object.id(), object.sealed_size()).map_err(code)?;
    let mut opened: Vec<u8> = Vec::new();
    let mut pieces: Vec<&mut [u8]> = sealed.chunks_mut(PART).collect();
    if pieces.len() != opener.part_count() as usize {
        return Err(FileError::PartLength.code().into());
    }
    for (index, piece) in (0..).zip(&mut pieces) {
        let mut part = opener.part(index, piece).map_err(code)?;
        let len = part.space().len();
        part.advance(len).map_err(code)?;
        let part = part.finish(&object.parts()[index as usize]).map_err(code)?;
        opened.extend(part.pieces().flatten());
    }
    assert!(opened == text);
    Ok(())
}

fn run_manifest(vector: &Input) -> Outcome {
    let code = |error: ManifestError| error.code().to_owned();
    let manifest = Manifest::from_json(vector.text("json").as_bytes()).map_err(code)?;
    let again = manifest.to_json().map_err(code)?;
    assert!(Manifest::from_json(&again).map_err(code)? == manifest);
    Ok(())
}

fn parcel_code(error: ParcelError) -> String {
    error.code().into()
}

fn run_header(vector: &Input) -> Outcome {
    let bytes = vector.bytes("header");
    let header = Header::parse(&bytes).map_err(|error| error.code().to_owned())?;
    assert_eq!(header.to_bytes().as_slice(), bytes);
    header
        .verify(&ParcelKey::from_bytes(&vector.array("key")))
        .map_err(parcel_code)?;
    assert_eq!(
        u64::from(header.flags().level.number()),
        vector.number("level")
    );
    assert_eq!(
        Some(header.flags().from_outside),
        vector.0["from_outside"].as_bool()
    );
    assert_eq!(header.id().as_bytes(), &vector.array("id"));
    Ok(())
}

fn run_parcel(vector: &Input) -> Outcome {
    let key = ParcelKey::from_bytes(&vector.array("key"));
    let sealed = SealedManifest::parse(vector.bytes("manifest")).map_err(parcel_code)?;
    let manifest = sealed.open(&key).map_err(parcel_code)?;
    assert_eq!(sealed.hash().as_bytes(), &vector.array("sha256"));
    let json = vector.text("json");
    assert!(Manifest::from_json(json.as_bytes()).is_ok_and(|same| same == manifest));
    let written = manifest
        .to_json()
        .map_err(|error| error.code().to_owned())?;
    if written.as_slice() == json.as_bytes() {
        let flags = Flags::parse(vector.number("flags") as u8).expect("good flags");
        let header =
            StreamHeader::parse(&vector.array::<HEADER>("stream_header")).expect("a header");
        let id = ParcelId::from_bytes(vector.array("id"));
        assert_eq!(
            parcel::seal(&key, id, flags, header, &manifest).expect("a good manifest"),
            sealed
        );
    }
    Ok(())
}

fn run_link(vector: &Input) -> Outcome {
    let code = |error: LinkError| error.code().to_owned();
    let bytes = vector.bytes("record");
    let record = Record::parse(&bytes).map_err(code)?;
    assert_eq!(record.to_bytes(), bytes);
    let secret = LinkSecret::from_bytes(&vector.array("secret"));
    let header = Header::parse(&vector.bytes("parcel_header")).expect("a good H");
    let manifest = Hash::from_bytes(vector.array("manifest_sha256"));
    let pw = match vector.get("password").map(|_| vector.text("password")) {
        None => None,
        Some(password) => {
            let params = record
                .head()
                .password
                .ok_or_else(|| code(LinkError::PasswordUnexpected))?;
            Some(params.stretch(password).expect("a good password"))
        }
    };
    let key = record
        .open(&secret, pw.as_ref(), &header, &manifest)
        .map_err(code)?;
    assert_eq!(key.expose(), &vector.array("parcel_key"));
    assert_eq!(record.head().to_bytes(), vector.bytes("head"));
    assert_eq!(
        Some(record.head().mailed_code),
        vector.0["mailed_code"].as_bool()
    );
    let id = LinkId::from_bytes(vector.array("id"));
    let auth = secret.auth(&id);
    assert_eq!(auth.expose(), &vector.array("auth"));
    assert!(auth.matches(&Hash::from_bytes(vector.array("auth_sha256"))));
    if let Some(pw) = &pw {
        let auth2 = secret.auth2(&id, pw);
        assert_eq!(auth2.expose(), &vector.array("auth2"));
        assert!(
            auth2.matches(&Hash::from_bytes(vector.array("auth2_sha256")))
                && !auth2.matches(&auth.hash())
        );
    }
    let again = Record::seal(
        *record.head(),
        &secret,
        pw.as_ref(),
        vector.array("nonce"),
        &header,
        &manifest,
        &key,
    );
    assert_eq!(again.map_err(code)?, record);
    Ok(())
}

fn run_password(vector: &Input) -> Outcome {
    let code = |error: PasswordError| error.code().to_owned();
    let (memory, passes) = (
        vector.number("memory_kib") as u32,
        vector.number("passes") as u32,
    );
    let params = Params::new(memory, passes, vector.array("salt")).map_err(code)?;
    let stretched = params.stretch(vector.text("password")).map_err(code)?;
    assert_eq!(stretched.expose(), &vector.array("stretched"));
    Ok(())
}

fn run_link_text(vector: &Input) -> Outcome {
    let code = |error: LinkTextError| error.code().to_owned();
    let link = Link::parse(vector.text("text")).map_err(code)?;
    let page = match link.page {
        LinkPage::Delivery => "d",
        LinkPage::Attachment => "a",
    };
    assert_eq!(
        (link.base.as_str(), page),
        (vector.text("base"), vector.text("page"))
    );
    assert_eq!(link.id.as_bytes(), &vector.array("id"));
    let secret = vector.get("secret").map(|_| vector.array::<20>("secret"));
    assert_eq!(
        link.secret.as_ref().map(LinkSecret::expose),
        secret.as_ref()
    );
    assert_eq!(Link::parse(&link.to_text()).map_err(code)?, link);
    Ok(())
}

fn run_code(vector: &Input) -> Outcome {
    let secret = parse_code(vector.text("text")).map_err(|error| error.code().to_owned())?;
    assert_eq!(secret.expose(), &vector.array("secret"));
    assert_eq!(code(&secret).as_str(), vector.text("canonical"));
    Ok(())
}

fn run_name(vector: &Input) -> Outcome {
    let name =
        Name::parse(vector.text("name")).map_err(|error: NameError| error.code().to_owned())?;
    assert_eq!(name.as_str(), vector.text("name"));
    assert_eq!(name.for_windows(), vector.text("windows"));
    Ok(())
}
