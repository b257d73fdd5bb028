//! A record as the sender's other devices get it: sealed to the keyring (`DPG1`), kept by the server until it is posted.
//!
//! The text is JSON: who wrote it, the record, by what another device knows the order, and h_j of every file object that
//! was sealed whole. The record of another program is not for us to read.

use std::collections::BTreeMap;

use depesche_seal::going_on;
use depesche_seal::key::{Hash, KeyringKey, ParcelId};
use depesche_seal::stream::StreamHeader;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::cover::Cover;
use super::file::Draft;
use super::record::{Object, Record, WireRecord};
use crate::profile::{Profile, ProfileError};
use crate::world::World;

const CLIENT: &str = "cli";

#[derive(Serialize, Deserialize)]
struct Wire {
    client: String,
    record: WireRecord,
    likeness: String,
    /// By the ids of file objects.
    hashes: BTreeMap<String, Vec<String>>,
}

/// What another device began.
pub(crate) struct Shared {
    record: Record,
    likeness: Hash,
    /// Of each file object that was sealed whole.
    hashes: Vec<Option<Vec<Hash>>>,
}

/// Seals a draft as it is now.
pub(crate) fn seal(draft: &Draft, likeness: &Hash, key: &KeyringKey, world: World) -> Vec<u8> {
    let record = draft.record();
    let mut hashes = BTreeMap::new();
    for (index, object) in record.objects.iter().enumerate() {
        if let Some(parts) = draft.hashes(index) {
            let parts = parts.iter().map(Hash::to_string).collect();
            hashes.insert(object.id.to_string(), parts);
        }
    }
    let wire = Wire {
        client: CLIENT.to_owned(),
        record: WireRecord::from(&record),
        likeness: likeness.to_string(),
        hashes,
    };
    let text = Zeroizing::new(serde_json::to_vec(&wire).expect("a record is JSON"));
    let header = StreamHeader::from_random(&world.draw());
    let sealed = going_on::seal(key, &record.parcel, header, &text);
    sealed.expect("a record is far smaller than a stream can be")
}

/// None if it is another program's, or sealed to another keyring.
pub(crate) fn open(parcel: &ParcelId, sealed: &[u8], key: &KeyringKey) -> Option<Shared> {
    let text = going_on::open(key, parcel, sealed).ok()?;
    let wire: Wire = serde_json::from_slice(&text).ok()?;
    let record = wire.record.into_record()?;
    if wire.client != CLIENT || record.parcel != *parcel {
        return None;
    }
    let parts = |object: &Object| {
        let parts = wire.hashes.get(&object.id.to_string())?;
        let parts: Option<Vec<Hash>> = parts.iter().map(|text| Hash::parse(text).ok()).collect();
        parts.filter(|parts| parts.len() == object.parts())
    };
    Some(Shared {
        likeness: Hash::parse(&wire.likeness).ok()?,
        hashes: record.objects.iter().map(parts).collect(),
        record,
    })
}

impl Shared {
    /// Whether it is this order, over files of these sizes.
    pub(crate) fn is(&self, likeness: &Hash, sizes: impl Iterator<Item = u64>) -> bool {
        self.likeness == *likeness && self.record.objects.iter().map(|o| o.size).eq(sizes)
    }

    /// Takes it over: what was sealed whole stays, and is compared with the files here. The rest begins anew under new ids
    /// and keys, since nobody here knows which of its parts have left.
    pub(crate) fn take(
        self,
        profile: &Profile,
        (server, fingerprint): (&str, Hash),
        cover: Cover,
        world: World,
    ) -> Result<Draft, ProfileError> {
        let mut record = Record {
            server: server.to_owned(),
            fingerprint,
            created: world.now(),
            ..self.record
        };
        for (object, hashes) in record.objects.iter_mut().zip(&self.hashes) {
            if hashes.is_none() {
                *object = Object::make(object.size, world);
            }
        }
        Draft::begin_with(profile, record, &self.hashes, cover)
    }
}
