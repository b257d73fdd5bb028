//! The manifest as JSON (RFC 8259).
//!
//! The variants of [`Contents`] lie flat in one object, told apart by the members they have.
//! Members that this version does not know are ignored; what a reader must understand raises `v`.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::flags::Level;
use crate::format::FormatError;
use crate::key::{AccountId, FileId, FileKey, Fingerprint, Hash, ParcelId};
use crate::manifest::{Contents, Entry, InReplyTo, Manifest, ManifestError, Object, Sender};
use crate::name::Name;

const VERSION: u64 = 1;

impl Manifest {
    /// Writes the JSON, after the same checks as [`Manifest::from_json`].
    ///
    /// # Errors
    /// Each of [`ManifestError`] but `Json`, `Version`, `Text` and `Root`.
    pub fn to_json(&self) -> Result<Zeroizing<Vec<u8>>, ManifestError> {
        self.check()?;
        serde_json::to_vec(&WireManifest::from(self))
            .map(Zeroizing::new)
            .map_err(|_| ManifestError::Json)
    }

    /// Reads the JSON and checks all of it.
    ///
    /// # Errors
    /// Each of [`ManifestError`].
    pub fn from_json(json: &[u8]) -> Result<Self, ManifestError> {
        let version: WireVersion = serde_json::from_slice(json).map_err(|_| ManifestError::Json)?;
        if version.v != VERSION {
            return Err(ManifestError::Version);
        }
        let wire: WireManifest = serde_json::from_slice(json).map_err(|_| ManifestError::Json)?;
        let manifest = wire.into_manifest()?;
        manifest.check()?;
        Ok(manifest)
    }
}

/// Read first, so that a newer list is called newer and not damaged.
#[derive(Deserialize)]
struct WireVersion {
    v: u64,
}

#[derive(Serialize, Deserialize)]
struct WireManifest {
    v: u64,
    created: i64,
    sender: WireSender,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_reply_to: Option<WireReply>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    files: Vec<WireFile>,
    packs: Vec<WireObject>,
}

#[derive(Serialize, Deserialize)]
struct WireSender {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct WireReply {
    parcel_id: String,
    level: u8,
}

#[derive(Serialize, Deserialize)]
struct WireObject {
    id: String,
    key: Zeroizing<String>,
    size: u64,
    sealed_size: u64,
    root: String,
    parts: Vec<String>,
}

/// Own object: id, key, sealed_size, root, parts. Packed: pack, offset. Folder: none of these.
#[derive(Serialize, Deserialize)]
struct WireFile {
    name: String,
    #[serde(rename = "type")]
    media_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mtime: Option<i64>,
    size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Zeroizing<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed_size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    root: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pack: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
}

impl From<&Manifest> for WireManifest {
    fn from(manifest: &Manifest) -> Self {
        let sender = &manifest.sender;
        Self {
            v: VERSION,
            created: manifest.created,
            sender: WireSender {
                account: sender.account.map(|id| id.to_string()),
                address: sender.address.clone(),
                fingerprint: sender.fingerprint.map(|print| print.to_string()),
            },
            in_reply_to: manifest.in_reply_to.map(|reply| WireReply {
                parcel_id: reply.parcel.to_string(),
                level: reply.level.number(),
            }),
            subject: manifest.subject.clone(),
            body: manifest.body.clone(),
            files: manifest.files.iter().map(WireFile::from).collect(),
            packs: manifest.packs.iter().map(WireObject::from).collect(),
        }
    }
}

impl From<&Object> for WireObject {
    fn from(object: &Object) -> Self {
        Self {
            id: object.id().to_string(),
            key: object.key().to_text(),
            size: object.size(),
            sealed_size: object.sealed_size(),
            root: object.root().to_string(),
            parts: object.parts().iter().map(Hash::to_string).collect(),
        }
    }
}

impl From<&Entry> for WireFile {
    fn from(file: &Entry) -> Self {
        let mut wire = Self {
            name: file.name.as_str().to_owned(),
            media_type: file.media_type.clone(),
            mtime: file.mtime,
            size: file.size(),
            id: None,
            key: None,
            sealed_size: None,
            root: None,
            parts: None,
            pack: None,
            offset: None,
        };
        match &file.contents {
            Contents::Own(object) => {
                let object = WireObject::from(object);
                wire.id = Some(object.id);
                wire.key = Some(object.key);
                wire.sealed_size = Some(object.sealed_size);
                wire.root = Some(object.root);
                wire.parts = Some(object.parts);
            }
            Contents::Packed { pack, offset, .. } => {
                wire.pack = Some(*pack as u64);
                wire.offset = Some(*offset);
            }
            Contents::Folder => {}
        }
        wire
    }
}

impl WireManifest {
    fn into_manifest(self) -> Result<Manifest, ManifestError> {
        let sender = Sender {
            account: optional(self.sender.account, AccountId::parse)?,
            address: self.sender.address,
            fingerprint: optional(self.sender.fingerprint, Fingerprint::parse)?,
        };
        let in_reply_to = match self.in_reply_to {
            None => None,
            Some(reply) => Some(InReplyTo {
                parcel: ParcelId::parse(&reply.parcel_id)?,
                level: Level::from_number(reply.level).ok_or(ManifestError::Level)?,
            }),
        };
        Ok(Manifest {
            created: self.created,
            sender,
            in_reply_to,
            subject: self.subject,
            body: self.body,
            files: collect(self.files, WireFile::into_entry)?,
            packs: collect(self.packs, WireObject::into_object)?,
        })
    }
}

fn optional<T>(
    text: Option<String>,
    parse: fn(&str) -> Result<T, FormatError>,
) -> Result<Option<T>, ManifestError> {
    Ok(text.as_deref().map(parse).transpose()?)
}

fn collect<A, B>(
    items: Vec<A>,
    convert: fn(A) -> Result<B, ManifestError>,
) -> Result<Vec<B>, ManifestError> {
    items.into_iter().map(convert).collect()
}

impl WireObject {
    fn into_object(self) -> Result<Object, ManifestError> {
        let parts = collect(self.parts, |text| Ok(Hash::parse(&text)?))?;
        let object = Object::new(
            FileId::parse(&self.id)?,
            FileKey::parse_text(&self.key)?,
            self.size,
            parts,
        )?;
        if object.sealed_size() != self.sealed_size {
            return Err(ManifestError::Size);
        }
        if object.root() != Hash::parse(&self.root)? {
            return Err(ManifestError::Root);
        }
        Ok(object)
    }
}

impl WireFile {
    fn into_entry(self) -> Result<Entry, ManifestError> {
        let name = Name::parse(&self.name)?;
        let own = (self.id, self.key, self.sealed_size, self.root, self.parts);
        let packed = (self.pack, self.offset);
        let contents = match (own, packed) {
            ((Some(id), Some(key), Some(sealed_size), Some(root), Some(parts)), (None, None)) => {
                let object = WireObject {
                    id,
                    key,
                    size: self.size,
                    sealed_size,
                    root,
                    parts,
                };
                Contents::Own(object.into_object()?)
            }
            ((None, None, None, None, None), (Some(pack), Some(offset))) => Contents::Packed {
                pack: usize::try_from(pack).map_err(|_| ManifestError::Pack)?,
                offset,
                size: self.size,
            },
            ((None, None, None, None, None), (None, None)) if self.size == 0 => Contents::Folder,
            _ => return Err(ManifestError::Entry),
        };
        Ok(Entry {
            name,
            media_type: self.media_type,
            mtime: self.mtime,
            contents,
        })
    }
}
