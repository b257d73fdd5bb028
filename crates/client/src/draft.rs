//! The sender's record of one parcel: what is needed to go on after a stop, and later to add a recipient.
//!
//! ```text
//! "DPCD" || u32 version || u32 json length || 20 zeros || SHA-256(json) 32      (64 bytes)
//! json || zeros to the next multiple of 4096
//! one slot of 32 bytes for each part of each file object: h_j, or zeros while unknown
//! ```
//! **Invariant.** h_j is in its slot, and the slot on the disk, before the first byte of part j leaves. Whoever
//! goes on seals the part again and compares; a difference means that the source changed, and then the file
//! object gets a new id, key and header. So one nonce never seals two texts. It holds after a power cut too:
//! keys and slots are in one file, and the sync that makes a slot last makes the keys last as well; a record
//! that is lost as a whole takes its keys along.
//!
//! A slot lies inside one sector, so it is there or not. The file is locked by whoever writes it. Until it is
//! posted a record is called `PARCEL.draft`, then `PARCEL.EXPIRES.parcel` with the time in ms: posting and
//! extending are a rename, and what has expired is seen without reading.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use depesche_seal::file::part_count;
use depesche_seal::key::{FileId, FileKey, Hash, LinkId, ParcelId, ParcelKey};
use depesche_seal::link::LinkSecret;
use depesche_seal::stream::{HEADER, StreamHeader, sealed_size};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::profile::{
    Profile, ProfileError, Secret, put_file, remove_file, replace_file, sync_parent,
};
use crate::world::World;

const MAGIC: &[u8; 8] = b"DPCD\0\0\0\x01";
const HEAD: usize = 64;
const ALIGN: usize = 4096;
const SLOT: usize = 32;
/// Unposted, a draft outlives the server's copy of it (seven days) by one.
const DRAFT_LIFE: i64 = 8 * DAY;
const DAY: i64 = 86_400_000;
const PRUNED: &str = "pruned";
const DRAFT: &str = "draft";
const POSTED: &str = "parcel";

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
struct WireRecord {
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
    fn into_record(self) -> Option<Record> {
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

/// Whether a part is what it was when it was sealed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Not sealed before; it is noted now, on the disk.
    New,
    /// The same.
    Same,
    /// Another: the source has changed.
    Different,
}

struct State {
    file: File,
    path: PathBuf,
    record: Record,
    /// Where the slots begin in the file.
    slots_at: u64,
    slots: Vec<Vec<Option<Hash>>>,
}

/// A record that this process alone writes.
pub(crate) struct Draft(Mutex<State>);

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Draft({})", self.state().record.parcel)
    }
}

impl Draft {
    /// Begins a record. It need not be on the disk yet: see the invariant above.
    pub(crate) fn begin(profile: &Profile, record: Record) -> Result<Self, ProfileError> {
        let path = profile
            .outgoing()
            .join(record.parcel.to_string())
            .with_extension(DRAFT);
        let slots: Vec<_> = record
            .objects
            .iter()
            .map(|o| vec![None; o.parts()])
            .collect();
        let (bytes, slots_at) = write(&record, &slots);
        let file = put_file(&path, &bytes).map_err(ProfileError::at(&path))?;
        Ok(Self(Mutex::new(State {
            file,
            path,
            record,
            slots_at,
            slots,
        })))
    }

    /// The unposted draft of this order that no other process works on.
    pub(crate) fn find(
        profile: &Profile,
        fingerprint: &Hash,
    ) -> Result<Option<Self>, ProfileError> {
        let dir = profile.outgoing();
        for entry in fs::read_dir(&dir).map_err(ProfileError::at(&dir))? {
            let path = entry.map_err(ProfileError::at(&dir))?.path();
            if path.extension().is_some_and(|e| e == DRAFT)
                && let Some(draft) = Self::load(&path).map_err(ProfileError::at(&path))?
                && draft.state().record.fingerprint == *fingerprint
            {
                return Ok(Some(draft));
            }
        }
        Ok(None)
    }

    /// The record of a posted parcel; none if this profile did not send it.
    pub(crate) fn posted(
        profile: &Profile,
        parcel: &ParcelId,
    ) -> Result<Option<Self>, ProfileError> {
        let dir = profile.outgoing();
        for entry in fs::read_dir(&dir).map_err(ProfileError::at(&dir))? {
            let path = entry.map_err(ProfileError::at(&dir))?.path();
            if parse_posted(&path).is_some_and(|(id, _)| id == *parcel) {
                return Self::load(&path).map_err(ProfileError::at(&path));
            }
        }
        Ok(None)
    }

    /// None if there is none, another process holds it, or it is not whole.
    fn load(path: &Path) -> io::Result<Option<Self>> {
        let opened = fs::OpenOptions::new().read(true).write(true).open(path);
        let mut file = match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        if file.try_lock().is_err() {
            return Ok(None);
        }
        let mut bytes = Zeroizing::new(Vec::new());
        file.read_to_end(&mut bytes)?;
        // A slot read here may not be on the disk yet: its writer may have ended before the sync.
        file.sync_data()?;
        // Replaced between opening and locking: somebody else works on it.
        let same = fs::metadata(path).is_ok_and(|now| is_same(&file, &now));
        let parsed = parse(&bytes).filter(|_| same);
        Ok(parsed.map(|(record, slots, slots_at)| {
            Self(Mutex::new(State {
                file,
                path: path.to_owned(),
                record,
                slots_at,
                slots,
            }))
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the record says now.
    pub(crate) fn record(&self) -> Record {
        self.state().record.clone()
    }

    /// The hashes of all parts of an object, if all are known.
    pub(crate) fn hashes(&self, object: usize) -> Option<Vec<Hash>> {
        self.state().slots[object].iter().copied().collect()
    }

    /// Whether the part has been sealed before.
    pub(crate) fn is_known(&self, object: usize, part: u32) -> bool {
        self.state().slots[object][part as usize].is_some()
    }

    /// Compares with what is known of the part; notes it on the disk if nothing is. Blocks on the disk.
    pub(crate) fn note(&self, object: usize, part: u32, hash: Hash) -> Result<Seen, ProfileError> {
        let (file, path) = {
            let mut state = self.state();
            if let Some(known) = state.slots[object][part as usize] {
                return Ok(if known == hash {
                    Seen::Same
                } else {
                    Seen::Different
                });
            }
            let before: usize = state.slots[..object].iter().map(Vec::len).sum();
            let at = state.slots_at + ((before + part as usize) * SLOT) as u64;
            let written = state.file.write_all_at(hash.as_bytes(), at);
            written.map_err(ProfileError::at(&state.path))?;
            state.slots[object][part as usize] = Some(hash);
            (state.file.try_clone(), state.path.clone())
        };
        // Outside the lock: others may note meanwhile, and one sync may serve several.
        file.and_then(|file| file.sync_data())
            .map_err(ProfileError::at(&path))?;
        Ok(Seen::New)
    }

    /// Gives a file object whose source has changed a new id, key and header, and forgets its parts.
    pub(crate) fn replace(&self, object: usize, world: World) -> Result<(), ProfileError> {
        let mut state = self.state();
        let fresh = Object::make(state.record.objects[object].size, world);
        state.slots[object] = vec![None; fresh.parts()];
        state.record.objects[object] = fresh;
        state.rewrite()
    }

    /// Adds or replaces a recipient's link.
    pub(crate) fn put_link(&self, link: Link) -> Result<(), ProfileError> {
        let mut state = self.state();
        state.record.links.retain(|have| have.email != link.email);
        state.record.links.push(link);
        state.rewrite()
    }

    /// Forgets a recipient's link.
    pub(crate) fn drop_link(&self, email: &str) -> Result<(), ProfileError> {
        let mut state = self.state();
        state.record.links.retain(|have| have.email != email);
        state.rewrite()
    }

    /// The draft is posted, or the parcel has another deadline. Not synced: whoever finds a draft that is
    /// posted is told so by the server.
    pub(crate) fn set_posted(&self, expires: i64) -> Result<(), ProfileError> {
        let mut state = self.state();
        let name = format!("{}.{expires}.{POSTED}", state.record.parcel);
        let path = state.path.with_file_name(name);
        fs::rename(&state.path, &path).map_err(ProfileError::at(&path))?;
        state.path = path;
        Ok(())
    }

    /// Makes the record outlast a power cut.
    pub(crate) fn sync(&self) -> Result<(), ProfileError> {
        let state = self.state();
        let sync = || {
            state.file.sync_data()?;
            sync_parent(&state.path)
        };
        sync().map_err(ProfileError::at(&state.path))
    }

    /// Deletes the record, and with it the keys.
    pub(crate) fn forget(&self) -> Result<(), ProfileError> {
        let state = self.state();
        remove_file(&state.path).map_err(ProfileError::at(&state.path))
    }
}

impl State {
    fn rewrite(&mut self) -> Result<(), ProfileError> {
        let (bytes, slots_at) = write(&self.record, &self.slots);
        self.file = replace_file(&self.path, &bytes).map_err(ProfileError::at(&self.path))?;
        self.slots_at = slots_at;
        Ok(())
    }
}

fn is_same(file: &File, now: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    file.metadata()
        .is_ok_and(|open| (open.dev(), open.ino()) == (now.dev(), now.ino()))
}

/// The parcel and its deadline, from the name of its record.
fn parse_posted(path: &Path) -> Option<(ParcelId, i64)> {
    let name = path
        .file_name()?
        .to_str()?
        .strip_suffix(POSTED)?
        .strip_suffix('.')?;
    let (parcel, expires) = name.split_once('.')?;
    Some((ParcelId::parse(parcel).ok()?, expires.parse().ok()?))
}

/// Once a day: deletes records of parcels that have expired, and of drafts that nobody goes on with.
pub(crate) fn prune(profile: &Profile, now: i64) -> Result<(), ProfileError> {
    let dir = profile.outgoing();
    let mark = dir.join(PRUNED);
    let last = fs::read_to_string(&mark)
        .ok()
        .and_then(|text| text.parse::<i64>().ok());
    if last.is_some_and(|last| (last..last + DAY).contains(&now)) {
        return Ok(());
    }
    for entry in fs::read_dir(&dir).map_err(ProfileError::at(&dir))? {
        let path = entry.map_err(ProfileError::at(&dir))?.path();
        let until = match parse_posted(&path) {
            Some((_, expires)) => Some(expires + DAY),
            None if path.extension().is_some_and(|e| e == DRAFT) => {
                let draft = Draft::load(&path).map_err(ProfileError::at(&path))?;
                draft.map(|draft| draft.record().created + DRAFT_LIFE)
            }
            None => None,
        };
        if until.is_some_and(|until| until < now) {
            remove_file(&path).map_err(ProfileError::at(&path))?;
        }
    }
    fs::write(&mark, now.to_string()).map_err(ProfileError::at(&mark))
}

type Slots = Vec<Vec<Option<Hash>>>;

fn write(record: &Record, slots: &Slots) -> (Zeroizing<Vec<u8>>, u64) {
    let json =
        Zeroizing::new(serde_json::to_vec(&WireRecord::from(record)).expect("a record is JSON"));
    let slots_at = (HEAD + json.len()).next_multiple_of(ALIGN);
    let count: usize = slots.iter().map(Vec::len).sum();
    let mut bytes = Zeroizing::new(vec![0; slots_at + count * SLOT]);
    bytes[..8].copy_from_slice(MAGIC);
    let length = u32::try_from(json.len()).unwrap_or(u32::MAX);
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    bytes[HEAD - 32..HEAD].copy_from_slice(Hash::of(&json).as_bytes());
    bytes[HEAD..HEAD + json.len()].copy_from_slice(&json);
    let all = slots.iter().flatten();
    for (slot, hash) in bytes[slots_at..].chunks_exact_mut(SLOT).zip(all) {
        if let Some(hash) = hash {
            slot.copy_from_slice(hash.as_bytes());
        }
    }
    (bytes, slots_at as u64)
}

fn parse(bytes: &[u8]) -> Option<(Record, Slots, u64)> {
    let head: &[u8; HEAD] = bytes.first_chunk()?;
    if head[..8] != *MAGIC {
        return None;
    }
    let length = u32::from_be_bytes(*head[8..].first_chunk()?) as usize;
    let json = bytes.get(HEAD..HEAD.checked_add(length)?)?;
    if Hash::of(json).as_bytes()[..] != head[HEAD - 32..] {
        return None;
    }
    let record = serde_json::from_slice::<WireRecord>(json)
        .ok()?
        .into_record()?;
    let slots_at = (HEAD + length).next_multiple_of(ALIGN);
    let mut rest = bytes.get(slots_at..)?;
    let mut slots = Vec::with_capacity(record.objects.len());
    for object in &record.objects {
        let (own, later) = rest.split_at_checked(object.parts() * SLOT)?;
        slots.push(own.chunks_exact(SLOT).map(parse_slot).collect());
        rest = later;
    }
    Some((record, slots, slots_at as u64))
}

fn parse_slot(slot: &[u8]) -> Option<Hash> {
    let slot = *slot.first_chunk()?;
    (slot != [0; SLOT]).then(|| Hash::from_bytes(slot))
}

#[cfg(test)]
mod tests;
