//! The file of a record: locked, written so that it is whole, its slots noted one by one.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use depesche_seal::key::{Hash, ParcelId};
use zeroize::Zeroizing;

use super::cover::Cover;
use super::record::{Link, Object, Record, WireRecord};
use crate::profile::{Profile, ProfileError, put_file, remove_file, replace_file, sync_parent};
use crate::world::World;

const HEAD: usize = 64;
const ALIGN: usize = 4096;
const SLOT: usize = 32;
/// Unposted, a draft outlives the server's copy of it (seven days) by one.
const DRAFT_LIFE: i64 = 8 * DAY;
const DAY: i64 = 86_400_000;
const PRUNED: &str = "pruned";
const DRAFT: &str = "draft";
const POSTED: &str = "parcel";
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
    cover: Cover,
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
    pub(crate) fn begin(
        profile: &Profile,
        record: Record,
        cover: Cover,
    ) -> Result<Self, ProfileError> {
        Self::begin_with(profile, record, &[], cover)
    }

    /// Begins a record of which the hashes of some file objects are known already.
    pub(super) fn begin_with(
        profile: &Profile,
        record: Record,
        known: &[Option<Vec<Hash>>],
        cover: Cover,
    ) -> Result<Self, ProfileError> {
        let path = Self::path(profile, &record.parcel);
        let slots = |(index, object): (usize, &Object)| match known.get(index) {
            Some(Some(hashes)) => hashes.iter().copied().map(Some).collect(),
            _ => vec![None; object.parts()],
        };
        let slots: Vec<_> = record.objects.iter().enumerate().map(slots).collect();
        let (bytes, slots_at) = write(&record, &slots, &cover);
        let file = put_file(&path, &bytes).map_err(ProfileError::at(&path))?;
        Ok(Self(Mutex::new(State {
            file,
            path,
            record,
            slots_at,
            slots,
            cover,
        })))
    }

    fn path(profile: &Profile, parcel: &ParcelId) -> PathBuf {
        let name = profile.outgoing().join(parcel.to_string());
        name.with_extension(DRAFT)
    }

    /// Whether this profile has a draft of that parcel.
    pub(crate) fn is_here(profile: &Profile, parcel: &ParcelId) -> bool {
        Self::path(profile, parcel).exists()
    }

    /// The unposted draft of this order that no other process works on.
    pub(crate) fn find(
        profile: &Profile,
        fingerprint: &Hash,
        cover: &Cover,
    ) -> Result<Option<Self>, ProfileError> {
        let dir = profile.outgoing();
        for entry in fs::read_dir(&dir).map_err(ProfileError::at(&dir))? {
            let path = entry.map_err(ProfileError::at(&dir))?.path();
            if path.extension().is_some_and(|e| e == DRAFT)
                && let Some(draft) = Self::load(&path, cover).map_err(ProfileError::at(&path))?
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
                return Self::load(&path, &Cover::Plain).map_err(ProfileError::at(&path));
            }
        }
        Ok(None)
    }

    /// None if there is none, another process holds it, or it is not whole.
    fn load(path: &Path, cover: &Cover) -> io::Result<Option<Self>> {
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
        let parsed = parse(&bytes, cover).filter(|_| same);
        Ok(parsed.map(|(record, slots, slots_at)| {
            Self(Mutex::new(State {
                file,
                path: path.to_owned(),
                record,
                slots_at,
                slots,
                cover: cover.clone(),
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
        let (bytes, slots_at) = write(&self.record, &self.slots, &self.cover);
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
                let draft = Draft::load(&path, &Cover::Plain).map_err(ProfileError::at(&path))?;
                let created = draft.map(|draft| draft.record().created);
                created
                    .or_else(|| sealed_at(&path))
                    .map(|at| at + DRAFT_LIFE)
            }
            None => None,
        };
        if until.is_some_and(|until| until < now) {
            remove_file(&path).map_err(ProfileError::at(&path))?;
        }
    }
    fs::write(&mark, now.to_string()).map_err(ProfileError::at(&mark))
}

/// When a sealed draft was last worked on, ms; none if it is another file.
fn sealed_at(path: &Path) -> Option<i64> {
    let mut head = [0; 8];
    let mut file = File::open(path).ok()?;
    file.read_exact(&mut head).ok()?;
    let touched = file.metadata().ok()?.modified().ok()?;
    let since = touched.duration_since(std::time::UNIX_EPOCH).ok()?;
    let at = i64::try_from(since.as_millis()).ok()?;
    Cover::is_sealed(&head).then_some(at)
}

type Slots = Vec<Vec<Option<Hash>>>;

fn write(record: &Record, slots: &Slots, cover: &Cover) -> (Zeroizing<Vec<u8>>, u64) {
    let json =
        Zeroizing::new(serde_json::to_vec(&WireRecord::from(record)).expect("a record is JSON"));
    let text = cover.put_on(&record.parcel, json);
    let slots_at = (HEAD + text.len()).next_multiple_of(ALIGN);
    let count: usize = slots.iter().map(Vec::len).sum();
    let mut bytes = Zeroizing::new(vec![0; slots_at + count * SLOT]);
    bytes[..8].copy_from_slice(cover.magic());
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    bytes[8..12].copy_from_slice(&length.to_be_bytes());
    bytes[HEAD - 32..HEAD].copy_from_slice(Hash::of(&text).as_bytes());
    bytes[HEAD..HEAD + text.len()].copy_from_slice(&text);
    let all = slots.iter().flatten();
    for (slot, hash) in bytes[slots_at..].chunks_exact_mut(SLOT).zip(all) {
        if let Some(hash) = hash {
            slot.copy_from_slice(hash.as_bytes());
        }
    }
    (bytes, slots_at as u64)
}

fn parse(bytes: &[u8], cover: &Cover) -> Option<(Record, Slots, u64)> {
    let head: &[u8; HEAD] = bytes.first_chunk()?;
    if head[..8] != *cover.magic() {
        return None;
    }
    let length = u32::from_be_bytes(*head[8..].first_chunk()?) as usize;
    let text = bytes.get(HEAD..HEAD.checked_add(length)?)?;
    if Hash::of(text).as_bytes()[..] != head[HEAD - 32..] {
        return None;
    }
    let record = serde_json::from_slice::<WireRecord>(&cover.take_off(text)?)
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
