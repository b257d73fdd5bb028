//! What a draft's record says, and how it is written as JSON.

use depesche_seal::file::part_count;
use depesche_seal::key::{FileId, FileKey, Hash, LinkId, ParcelId, ParcelKey};
use depesche_seal::link::LinkSecret;
use depesche_seal::stream::{HEADER, StreamHeader, sealed_size};
use serde::{Deserialize, Serialize};

use crate::profile::Secret;
use crate::world::World;

/// A file object of a parcel under way.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) id: FileId,
    pub(crate) key: FileKey,
    pub(crate) header: StreamHeader,
    /// Bytes of text.
    pub(crate) size: u64,
}

impl Object {
    pub(crate) fn make(size: u64, world: World) -> Self {
        Self {
            id: FileId::from_bytes(world.draw()),
            key: FileKey::take(&mut world.draw()),
            header: StreamHeader::from_random(&world.draw()),
            size,
        }
    }

    pub(crate) fn parts(&self) -> usize {
        let sealed = sealed_size(self.size).unwrap_or(0);
        part_count(sealed).unwrap_or(0) as usize
    }
}

/// A recipient's link.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) email: String,
    pub(crate) id: LinkId,
    pub(crate) secret: LinkSecret,
}

impl Link {
    pub(crate) fn make(email: &str, world: World) -> Self {
        Self {
            email: email.to_owned(),
            id: LinkId::from_bytes(world.draw()),
            secret: LinkSecret::take(&mut world.draw()),
        }
    }
}

/// What the record says.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) parcel: ParcelId,
    pub(crate) key: ParcelKey,
    pub(crate) level: u8,
    /// Where it is sent.
    pub(crate) server: String,
    /// Over paths, sizes, times and options: the same order finds its draft again.
    pub(crate) fingerprint: Hash,
    /// When it was begun, ms.
    pub(crate) created: i64,
    pub(crate) objects: Vec<Object>,
    pub(crate) links: Vec<Link>,
}

#[derive(Serialize, Deserialize)]
struct WireObject {
    id: String,
    key: Secret,
    header: String,
    size: u64,
}

#[derive(Serialize, Deserialize)]
struct WireLink {
    email: String,
    id: String,
    secret: Secret,
}

#[derive(Serialize, Deserialize)]
pub(super) struct WireRecord {
    parcel: String,
    key: Secret,
    level: u8,
    server: String,
    fingerprint: String,
    created: i64,
    objects: Vec<WireObject>,
    links: Vec<WireLink>,
}

impl From<&Record> for WireRecord {
    fn from(record: &Record) -> Self {
        let object = |object: &Object| WireObject {
            id: object.id.to_string(),
            key: Secret::new(object.key.to_text().to_string()),
            header: data_encoding::BASE64URL_NOPAD.encode(&object.header.to_bytes()),
            size: object.size,
        };
        let link = |link: &Link| WireLink {
            email: link.email.clone(),
            id: link.id.to_string(),
            secret: Secret::new(link.secret.to_text().to_string()),
        };
        Self {
            parcel: record.parcel.to_string(),
            key: Secret::new(record.key.to_text().to_string()),
            level: record.level,
            server: record.server.clone(),
            fingerprint: record.fingerprint.to_string(),
            created: record.created,
            objects: record.objects.iter().map(object).collect(),
            links: record.links.iter().map(link).collect(),
        }
    }
}

impl WireRecord {
    pub(super) fn into_record(self) -> Option<Record> {
        let object = |wire: WireObject| {
            Some(Object {
                id: FileId::parse(&wire.id).ok()?,
                key: FileKey::parse_text(wire.key.expose()).ok()?,
                header: parse_header(&wire.header)?,
                size: wire.size,
            })
        };
        let link = |wire: WireLink| {
            Some(Link {
                id: LinkId::parse(&wire.id).ok()?,
                secret: LinkSecret::parse_text(wire.secret.expose()).ok()?,
                email: wire.email,
            })
        };
        Some(Record {
            parcel: ParcelId::parse(&self.parcel).ok()?,
            key: ParcelKey::parse_text(self.key.expose()).ok()?,
            level: self.level,
            server: self.server,
            fingerprint: Hash::parse(&self.fingerprint).ok()?,
            created: self.created,
            objects: self
                .objects
                .into_iter()
                .map(object)
                .collect::<Option<_>>()?,
            links: self.links.into_iter().map(link).collect::<Option<_>>()?,
        })
    }
}

fn parse_header(text: &str) -> Option<StreamHeader> {
    let bytes = data_encoding::BASE64URL_NOPAD
        .decode(text.as_bytes())
        .ok()?;
    let bytes: [u8; HEADER] = bytes.try_into().ok()?;
    StreamHeader::parse(&bytes).ok()
}
