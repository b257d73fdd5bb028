//! Blobs: bytes named by their SHA-256, so that one logo in thirty templates is carried once.

use std::collections::BTreeMap;
use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

use crate::extra::Extra;
use crate::primitives::{self, Hash};

/// `sha256-` and 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlobId(String);

impl BlobId {
    /// The name of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let digest = primitives::hash(Hash::Sha256, &[bytes]);
        Self(format!("sha256-{}", HEXLOWER.encode(&digest)))
    }

    /// As a reference that was found in a text; it may lead nowhere.
    #[must_use]
    pub fn from_reference(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Bytes with a media type.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Blob {
    /// RFC 6838 media type.
    #[serde(rename = "type")]
    pub media_type: String,
    /// The bytes; base64 (RFC 4648 section 4) on the wire.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub data: Vec<u8>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

impl fmt::Debug for Blob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({}, {} bytes)", self.media_type, self.data.len())
    }
}

fn to_base64<S: Serializer>(data: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64.encode(data))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    BASE64
        .decode(text.as_bytes())
        .map_err(|_| de::Error::custom("not base64"))
}

/// The blobs of a bundle. What is no blob, or has another name than its bytes give, is kept aside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blobs {
    sound: BTreeMap<BlobId, Blob>,
    odd: Extra,
}

impl Blobs {
    /// Puts bytes in and gives their name. The same bytes again change nothing.
    pub fn insert(&mut self, media_type: &str, data: Vec<u8>) -> BlobId {
        let id = BlobId::of(&data);
        self.sound.entry(id.clone()).or_insert_with(|| Blob {
            media_type: media_type.to_owned(),
            data,
            extra: Extra::default(),
        });
        id
    }

    /// The blob of this name.
    #[must_use]
    pub fn get(&self, id: &BlobId) -> Option<&Blob> {
        self.sound.get(id)
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&BlobId, &Blob)> {
        self.sound.iter()
    }

    /// Names of what cannot be used.
    pub fn odd(&self) -> impl Iterator<Item = &str> {
        self.odd.0.keys().map(String::as_str)
    }

    /// Keeps those that `keep` says yes to, and nothing odd.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&BlobId) -> bool) {
        self.odd = Extra::default();
        self.sound.retain(|id, _| keep(id));
    }

    /// Those whose names stand in this text.
    pub(crate) fn named_in(mut blobs: Self, text: &str) -> Self {
        blobs.sound.retain(|id, _| text.contains(id.as_str()));
        blobs.odd.0.retain(|name, _| text.contains(name.as_str()));
        blobs
    }

    /// No blob.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sound.is_empty() && self.odd.0.is_empty()
    }
}

impl Serialize for Blobs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.sound.len() + self.odd.0.len()))?;
        for (id, blob) in &self.sound {
            map.serialize_entry(id, blob)?;
        }
        for (name, value) in &self.odd.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Blobs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut blobs = Self::default();
        for (name, value) in Map::<String, Value>::deserialize(deserializer)? {
            match Blob::deserialize(&value) {
                Ok(blob) if BlobId::of(&blob.data).0 == name => {
                    blobs.sound.insert(BlobId(name), blob);
                }
                _ => drop(blobs.odd.0.insert(name, value)),
            }
        }
        Ok(blobs)
    }
}
