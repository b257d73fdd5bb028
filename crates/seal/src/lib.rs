//! The sealed format of Depesche, suite 01, as `docs/format.md` specifies it.
//!
//! Pure: no I/O, no clock, no randomness. Random bytes are parameters, and each says what they must
//! be fresh for. Errors carry no key and no plaintext, and have a stable `code()`.
//!
//! | module | has |
//! |-|-|
//! | [`primitives`] | the algorithms; names their crates |
//! | [`key`], [`namespace`] | keys with a purpose, ids, hashes; labels |
//! | [`format`](mod@format) | strict reading and writing |
//! | [`stream`], [`file`](mod@file) | 256 KiB segments; file objects in 8 MiB parts |
//! | [`manifest`], [`name`] | the list of contents |
//! | [`parcel`] | the door: header and sealed manifest |
//! | [`signature`], [`signed`] | signatures; signed parcels, and where a parcel comes from |
//! | [`record`], [`trust`] | key records and their chains; pins of contacts |
//! | [`keyring`], [`lock`], [`kit`] | the own keys, what opens them, the printed kit |
//! | [`stanza`], [`release`] | a parcel's key for one opener; claim codes (protocol R) |
//! | [`words`] | words of a key and of a code |
//! | [`going_on`] | what a client keeps to go on with |
//! | [`link`], [`link_text`], [`password`] | the record behind a link, the link itself, its password |
//! | [`handoff`], [`handoff_content`], [`handoff_text`] | device to device: sealed bytes and words, what is in them, the code |
//! | [`reply`] | the reply link of a protected mail |
//! | [`wrap`] | server secrets |
//!
//! # One file, sealed for whoever holds a link, and opened
//!
//! ```
//! use depesche_seal::key::{FileId, FileKey, Hash, LinkId, ParcelId, ParcelKey};
//! use depesche_seal::link::{Head, LinkSecret, Record};
//! use depesche_seal::manifest::{Contents, Entry, Manifest, Object, Sender};
//! use depesche_seal::name::Name;
//! use depesche_seal::parcel::{self, Flags, Level, SealedManifest};
//! use depesche_seal::stream::StreamHeader;
//! use depesche_seal::file;
//!
//! # fn random<const N: usize>() -> [u8; N] { [7; N] }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = b"Guten Tag";
//!
//! // The file object: part by part, inside one buffer.
//! let (file_id, file_key) = (FileId::from_bytes(random()), FileKey::from_bytes(&random()));
//! let header = StreamHeader::from_random(&random());
//! let sealer = file::Sealer::new(&file_key, &file_id, header, text.len() as u64)?;
//! let mut buffer = vec![0; sealer.part_len(0)?];
//! let mut part = sealer.part(0, &mut buffer)?;
//! let mut source = &text[..];
//! while !part.space().is_empty() {
//!     let (now, later) = source.split_at(part.space().len());
//!     part.space().copy_from_slice(now); // here: read the file into it
//!     part.advance(now.len())?;
//!     source = later;
//! }
//! let hash: Hash = part.finish()?; // `buffer` now holds what is sent
//!
//! // The manifest, under the parcel key.
//! let key = ParcelKey::from_bytes(&random());
//! let manifest = Manifest {
//!     created: 1_790_000_000_000,
//!     sender: Sender { account: None, address: "a@example.test".into(), fingerprint: None },
//!     in_reply_to: None,
//!     subject: None,
//!     body: None,
//!     files: vec![Entry {
//!         name: Name::parse("hello.txt")?,
//!         media_type: "text/plain".into(),
//!         mtime: None,
//!         contents: Contents::Own(Object::new(file_id, file_key, 9, vec![hash])?),
//!     }],
//!     packs: vec![],
//! };
//! let flags = Flags::of(Level::Link);
//! let id = ParcelId::from_bytes(random());
//! let sealed = parcel::seal(&key, id, flags, StreamHeader::from_random(&random()), &manifest)?;
//!
//! // The link.
//! let secret = LinkSecret::from_bytes(&random());
//! let head = Head { id: LinkId::from_bytes(random()), mailed_code: false, password: None };
//! let record = Record::seal(head, &secret, None, random(), sealed.header(), sealed.hash(), &key)?;
//!
//! // The other side has the link, and gets record, manifest and parts from the server.
//! let sealed = SealedManifest::parse(sealed.into_bytes())?;
//! let record = Record::parse(&record.to_bytes())?;
//! let key = record.open(&secret, None, sealed.header(), sealed.hash())?;
//! let manifest = sealed.open(&key)?;
//! let Contents::Own(object) = &manifest.files[0].contents else { panic!() };
//! let opener = file::Opener::new(object.key(), &object.id(), object.sealed_size())?;
//! let mut room = vec![0; opener.part_len(0)?];
//! let mut part = opener.part(0, &mut room)?;
//! part.space().copy_from_slice(&buffer); // here: read from the network, in pieces
//! part.advance(buffer.len())?;
//! let opened = part.finish(&object.parts()[0])?;
//! assert_eq!(opened.pieces().collect::<Vec<_>>().concat(), text);
//! # Ok(())
//! # }
//! ```

pub mod file;
mod flags;
pub mod format;
pub mod going_on;
pub mod handoff;
pub mod handoff_content;
pub mod handoff_text;
pub mod key;
pub mod keyring;
mod keyring_json;
pub mod kit;
pub mod link;
pub mod link_text;
pub mod lock;
pub mod manifest;
mod manifest_json;
pub mod name;
pub mod namespace;
pub mod parcel;
pub mod password;
pub mod primitives;
pub mod record;
pub mod release;
pub mod reply;
pub mod signature;
pub mod signed;
pub mod stanza;
pub mod stream;
pub mod trust;
pub mod words;
pub mod wrap;
