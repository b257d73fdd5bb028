//! The download engine: some lanes fetch, verify, open and write parts; a finisher confirms what is on the disk.
//!
//! | file object | becomes | by |
//! |-|-|-|
//! | announced | partly written | a lane: range, hash, tag, write, in any order |
//! | partly written | written | the lane that writes its last part |
//! | written | confirmed | the finisher: sync, then the receipt |
//!
//! When all are on the disk, the entries are moved to their names. After a stop every part is checked against
//! its hash before it is believed, and everything is confirmed again.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, UNIX_EPOCH};

use depesche_seal::file::OpenedPart;
use depesche_seal::manifest::{Contents, Manifest};
use depesche_seal::primitives::Sha256;
use depesche_seal::stream::{HEADER, StreamHeader};
use tokio::sync::mpsc;
use tokio::task::{JoinSet, block_in_place};

use super::check::is_written;
use super::confirm::{confirm, ping};
use super::digest::hash_file;
use super::error::FetchError;
use super::fetched::{Fetched, FetchedFile, Options};
use super::incoming::Incoming;
use super::place::Place;
use super::target::{Target, targets};
use super::visit::Visit;
use crate::buffers::Pool;
use crate::http::{Failure, Patience, Server, next};
use crate::meter::Meter;

/// Parts under way at once. A third would keep no core busier and hold 8 MiB more.
const LANES: usize = 2;
/// How often a part that is not the sender's is fetched again.
const TRIES: usize = 3;
/// From so many files on, one sync of the whole disk is cheaper than one for each.
const MANY: usize = 8;
/// So much of large files is written before the disk is set to work on it.
const FLUSH_EVERY: u64 = 64 << 20;
/// How many file objects may wait for the finisher.
const WAITING: usize = 1024;

/// Fetches, verifies and opens everything; goes on where an earlier run stopped.
///
/// # Errors
/// [`FetchError`]. What is verified and written stays for the next run of the same.
pub async fn download(
    visit: Visit,
    mut incoming: Incoming,
    options: Options,
    meter: &Arc<Meter>,
) -> Result<Fetched, FetchError> {
    let place = Place::open(incoming.out(), incoming.work()).map_err(at(&incoming))?;
    let digests = options.digests && !incoming.went_on();
    let targets = targets(&visit.manifest, digests).map_err(|_| FetchError::Exchanged)?;
    let mut starts = Vec::with_capacity(targets.len());
    let mut parts = 0;
    for target in &targets {
        starts.push(parts);
        parts += target.opener.part_count() as usize;
    }
    let pool = Pool::new(
        LANES,
        targets.iter().map(|target| target.object.sealed_size()),
    );
    let engine = Arc::new(Engine {
        starts,
        parts,
        is_nested: visit
            .manifest
            .files
            .iter()
            .any(|e| e.name.as_str().contains('/')),
        digests: visit
            .manifest
            .files
            .iter()
            .map(|_| OnceLock::new())
            .collect(),
        went_on: incoming.went_on(),
        server: visit.server,
        manifest: visit.manifest,
        place,
        targets,
        meter: Arc::clone(meter),
        next: AtomicUsize::new(0),
        unflushed: AtomicU64::new(0),
        flushing: AtomicBool::new(false),
        flush_failure: OnceLock::new(),
        pool,
        want_digests: options.digests,
    });
    let (report, reports) = mpsc::channel(WAITING);
    let confirmed = tokio::spawn(confirm(engine.server.clone(), reports));
    // Once moves are known, everything is on the disk.
    if incoming.moves().is_none() {
        engine.check_room()?;
        engine.fetch_all(report).await?;
        engine.pool.clear();
        let moves = block_in_place(|| engine.settle())?;
        incoming.set_moves(moves)?;
    } else {
        let all = engine.targets.iter().map(Target::id).collect();
        let _ = report.send(all).await;
        drop(report);
    }
    let fetched = block_in_place(|| engine.move_out(&mut incoming))?;
    confirmed.await.map_err(|_| FetchError::Interrupted)??;
    incoming.forget()?;
    Ok(fetched)
}

fn at(incoming: &Incoming) -> impl FnOnce(io::Error) -> FetchError {
    let path = incoming.out().to_owned();
    move |source| FetchError::Io { path, source }
}

struct Engine {
    server: Server,
    manifest: Manifest,
    place: Place,
    targets: Vec<Target>,
    /// Number of each target's first part.
    starts: Vec<usize>,
    parts: usize,
    /// Whether there are folders, whose names have to be synced too.
    is_nested: bool,
    meter: Arc<Meter>,
    next: AtomicUsize,
    /// Bytes of large files written since the last flush began, and whether one runs.
    unflushed: AtomicU64,
    flushing: AtomicBool,
    flush_failure: OnceLock<io::ErrorKind>,
    pool: Pool,
    went_on: bool,
    want_digests: bool,
    /// By entry.
    digests: Vec<OnceLock<[u8; 32]>>,
}

impl Engine {
    fn io(&self, source: io::Error) -> FetchError {
        if source.kind() == io::ErrorKind::StorageFull {
            return FetchError::DiskFull {
                path: self.place.path().to_owned(),
                missing: self.meter.total().saturating_sub(self.meter.done()),
            };
        }
        FetchError::Io {
            path: self.place.path().to_owned(),
            source,
        }
    }

    /// Says early that the disk is too small. What an earlier run wrote counts as written.
    fn check_room(&self) -> Result<(), FetchError> {
        let mut missing: u64 = self.manifest.files.iter().map(|entry| entry.size()).sum();
        if self.went_on {
            for entry in &self.manifest.files {
                if let Ok(Some(file)) = self.place.existing(&entry.name) {
                    let written = file.metadata().map_or(0, |metadata| metadata.len());
                    missing = missing.saturating_sub(written);
                }
            }
        }
        let free = self.place.free().map_err(|error| self.io(error))?;
        if free < missing {
            return Err(FetchError::DiskFull {
                path: self.place.path().to_owned(),
                missing: missing - free,
            });
        }
        Ok(())
    }

    async fn fetch_all(
        self: &Arc<Self>,
        report: mpsc::Sender<Vec<String>>,
    ) -> Result<(), FetchError> {
        block_in_place(|| self.make_folders()).map_err(|error| self.io(error))?;
        if self.parts == 0 {
            return block_in_place(|| self.place.sync_all()).map_err(|error| self.io(error));
        }
        let sealed = self
            .targets
            .iter()
            .map(|target| target.object.sealed_size());
        self.meter.begin(sealed.sum(), 0);
        self.server.lease().await?;
        let (done, written) = mpsc::channel(WAITING);
        let mut tasks = JoinSet::new();
        for _ in 0..LANES.min(self.parts) {
            tasks.spawn(Arc::clone(self).lane(done.clone()));
        }
        drop(done);
        tasks.spawn(Arc::clone(self).finisher(written, report));
        let pinger = tokio::spawn(ping(self.server.clone()));
        let mut result = Ok(());
        while let Some(ended) = tasks.join_next().await {
            result = ended.unwrap_or(Err(FetchError::Interrupted));
            if result.is_err() {
                tasks.shutdown().await;
                break;
            }
        }
        pinger.abort();
        result
    }

    /// The task of that number: parts in order, file object by file object.
    fn task(&self, number: usize) -> Option<(usize, u32)> {
        let index = self
            .starts
            .partition_point(|&start| start <= number)
            .checked_sub(1)?;
        let part = u32::try_from(number - self.starts[index]).ok()?;
        (number < self.parts).then_some((index, part))
    }

    fn make_folders(&self) -> io::Result<()> {
        let entries = self.manifest.files.iter();
        entries
            .filter(|entry| matches!(entry.contents, Contents::Folder))
            .try_for_each(|entry| self.place.folder(&entry.name))
    }

    async fn lane(self: Arc<Self>, done: mpsc::Sender<usize>) -> Result<(), FetchError> {
        while let Some((index, part)) = self.task(self.next.fetch_add(1, Ordering::Relaxed)) {
            let target = &self.targets[index];
            if self.went_on || target.opener.part_count() > 1 {
                target
                    .header
                    .get_or_try_init(|| self.learn_header(target))
                    .await?;
            }
            self.part(target, part).await?;
            if target.done_one() {
                block_in_place(|| self.close(target)).map_err(|error| self.io(error))?;
                // Fails only if the finisher has failed, which ends everything anyway.
                let _ = done.send(index).await;
            }
        }
        Ok(())
    }

    /// The stream's header first, so that parts can be opened in any order. A wrong one opens nothing.
    async fn learn_header(&self, target: &Target) -> Result<(), FetchError> {
        let mut bytes = Vec::with_capacity(HEADER);
        self.receive(target, 0..HEADER as u64, |piece| {
            bytes.extend_from_slice(piece);
            true
        })
        .await?;
        let header = bytes.first_chunk().map(StreamHeader::parse);
        if let Some(Ok(header)) = header {
            target.opener.set_header(header);
            return Ok(());
        }
        Err(self.damaged(target))
    }

    fn damaged(&self, target: &Target) -> FetchError {
        let first = target.layout.entries().next();
        FetchError::Damaged {
            name: first.map_or_else(String::new, |entry| {
                self.manifest.files[entry].name.to_string()
            }),
        }
    }

    async fn part(self: &Arc<Self>, target: &Target, index: u32) -> Result<(), FetchError> {
        let length = target
            .opener
            .part_len(index)
            .map_err(|_| FetchError::Exchanged)?;
        let expected = &target.object.parts()[index as usize];
        let mut buffer = self.pool.lend().await;
        if self.went_on {
            let buffer = buffer.cut(length);
            let written =
                block_in_place(|| is_written(&self.place, &self.manifest, target, index, buffer));
            if written.map_err(|error| self.io(error))? {
                self.meter.add(length as u64);
                return Ok(());
            }
        }
        let start = u64::from(index) * depesche_seal::file::PART as u64;
        for _ in 0..TRIES {
            let opening = target.opener.part(index, buffer.cut(length));
            let mut opening = opening.map_err(|_| self.damaged(target))?;
            self.receive(target, start..start + length as u64, |piece| {
                let Some(space) = opening.space().get_mut(..piece.len()) else {
                    return false;
                };
                space.copy_from_slice(piece);
                self.meter.add(piece.len() as u64);
                opening.advance(piece.len()).is_ok()
            })
            .await?;
            if let Ok(opened) = opening.finish(expected) {
                return self.take(target, index, &opened).await;
            }
            self.meter.take_back(length as u64);
        }
        Err(self.damaged(target))
    }

    /// Receives `[from, to)` of a file object, going on after lost connections.
    async fn receive(
        &self,
        target: &Target,
        mut range: std::ops::Range<u64>,
        mut sink: impl FnMut(&[u8]) -> bool,
    ) -> Result<(), FetchError> {
        let id = target.id();
        let mut patience = Patience::new();
        let mut leased = false;
        while !range.is_empty() {
            let failure = match self.server.file_range(&id, range.start, range.end).await {
                Err(failure) => failure,
                Ok(mut response) => loop {
                    match next(&mut response).await {
                        Ok(Some(piece)) => {
                            range.start += piece.len() as u64;
                            if range.start > range.end || !sink(&piece) {
                                return Err(FetchError::Exchanged);
                            }
                            patience = Patience::new();
                            leased = false;
                        }
                        Ok(None) if range.is_empty() => return Ok(()),
                        Ok(None) => break Failure::cut(),
                        Err(lost) => break Failure::Lost(lost),
                    }
                },
            };
            match failure {
                Failure::Lost(lost) => {
                    if !patience.wait(&self.server).await {
                        return Err(self.server.unreachable(lost).into());
                    }
                }
                // Silent for too long, a closed lid say: lease again if the limit has room.
                Failure::Final(error) if !leased && error.code() == "claim_over" => {
                    self.server.lease().await?;
                    leased = true;
                }
                Failure::Final(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Writes a verified part, and hashes it for who wants that.
    async fn take(
        self: &Arc<Self>,
        target: &Target,
        index: u32,
        opened: &OpenedPart<'_>,
    ) -> Result<(), FetchError> {
        let write = || {
            if target.is_pack {
                self.write_small(target, opened)
            } else {
                self.write_large(target, opened)
            }
        };
        block_in_place(write).map_err(|error| self.io(error))?;
        self.flush_behind(target, opened);
        if let Some(digest) = &target.digest {
            digest.turn(index).await;
            block_in_place(|| digest.take(index, opened.pieces()));
        }
        Ok(())
    }

    /// Has the disk work while the network does: the last sync then finds little left.
    fn flush_behind(self: &Arc<Self>, target: &Target, opened: &OpenedPart<'_>) {
        let range = opened.text_range();
        let more = range.end - range.start;
        let unflushed = self.unflushed.fetch_add(more, Ordering::Relaxed) + more;
        if target.is_pack || unflushed < FLUSH_EVERY || self.flushing.swap(true, Ordering::Relaxed)
        {
            return;
        }
        self.unflushed.store(0, Ordering::Relaxed);
        let (shared, entry) = (Arc::clone(self), target.layout.entries().next());
        tokio::task::spawn_blocking(move || {
            let name = entry.map(|entry| &shared.manifest.files[entry].name);
            if let Some(Ok(file)) = name.map(|name| shared.place.file(name)) {
                // The kernel tells a failure once, so it is kept for the sync that counts.
                if let Err(error) = file.sync_data() {
                    let _ = shared.flush_failure.set(error.kind());
                }
            }
            shared.flushing.store(false, Ordering::Relaxed);
        });
    }

    fn write_large(&self, target: &Target, opened: &OpenedPart<'_>) -> io::Result<()> {
        let Some(entry) = target.layout.entries().next() else {
            return Ok(());
        };
        let file = self.place.file(&self.manifest.files[entry].name)?;
        let mut at = opened.text_range().start;
        for piece in opened.pieces() {
            file.write_all_at(piece, at)?;
            at += piece.len() as u64;
        }
        Ok(())
    }

    fn write_small(&self, target: &Target, opened: &OpenedPart<'_>) -> io::Result<()> {
        let mut pieces = opened.pieces();
        let mut piece: &[u8] = &[];
        for stretch in target.layout.stretches(opened.text_range()) {
            let entry = &self.manifest.files[stretch.entry];
            let whole = stretch.at == (0..entry.size());
            let file = self.place.file(&entry.name)?;
            let mut hash = (whole && self.want_digests).then(Sha256::new);
            let mut at = stretch.at.start;
            while at < stretch.at.end {
                if piece.is_empty() {
                    piece = pieces.next().ok_or(io::ErrorKind::UnexpectedEof)?;
                }
                let len = (piece.len() as u64).min(stretch.at.end - at) as usize;
                let (now, later) = piece.split_at(len);
                file.write_all_at(now, at)?;
                if let Some(hash) = &mut hash {
                    hash.update(now);
                }
                at += len as u64;
                piece = later;
            }
            if whole {
                set_mtime(&file, entry.mtime)?;
            }
            if let Some(hash) = hash {
                let _ = self.digests[stretch.entry].set(hash.finish());
            }
        }
        Ok(())
    }

    /// Every part is written: the files get their last touch.
    fn close(&self, target: &Target) -> io::Result<()> {
        for index in target.layout.entries() {
            let entry = &self.manifest.files[index];
            let digest = &self.digests[index];
            let crosses = !self.is_within_one_part(target, entry.size(), &entry.contents);
            if target.is_pack && !crosses && !self.went_on && entry.size() > 0 {
                continue;
            }
            let file = self.place.file(&entry.name)?;
            file.set_len(entry.size())?;
            set_mtime(&file, entry.mtime)?;
            if let Some(streamed) = &target.digest {
                let _ = digest.set(streamed.finish());
            } else if self.want_digests && digest.get().is_none() {
                let _ = digest.set(hash_file(&file, entry.size())?);
            }
        }
        Ok(())
    }

    /// Such a file was written, touched and hashed with its part.
    fn is_within_one_part(&self, target: &Target, size: u64, contents: &Contents) -> bool {
        let Contents::Packed { offset, .. } = contents else {
            return false;
        };
        let text = *offset..offset + size;
        depesche_seal::file::parts_of_text(target.object.sealed_size(), &text)
            .is_ok_and(|parts| parts.len() <= 1)
    }

    /// Syncs what is written and has it confirmed.
    async fn finisher(
        self: Arc<Self>,
        mut written: mpsc::Receiver<usize>,
        report: mpsc::Sender<Vec<String>>,
    ) -> Result<(), FetchError> {
        let mut batch = Vec::new();
        while written.recv_many(&mut batch, WAITING).await > 0 {
            let indices = std::mem::take(&mut batch);
            let ids = indices
                .iter()
                .map(|&index| self.targets[index].id())
                .collect();
            let shared = Arc::clone(&self);
            let synced = tokio::task::spawn_blocking(move || shared.sync(&indices)).await;
            synced
                .map_err(|_| FetchError::Interrupted)?
                .map_err(|error| self.io(error))?;
            // Fails only if confirming has failed, which is told at the end.
            let _ = report.send(ids).await;
        }
        Ok(())
    }

    fn sync(&self, indices: &[usize]) -> io::Result<()> {
        if let Some(&failure) = self.flush_failure.get() {
            return Err(failure.into());
        }
        let targets = indices.iter().map(|&index| &self.targets[index]);
        let entries: Vec<usize> = targets.flat_map(|target| target.layout.entries()).collect();
        if self.is_nested || entries.len() > MANY {
            return self.place.sync_all();
        }
        for index in entries {
            self.place
                .file(&self.manifest.files[index].name)?
                .sync_all()?;
        }
        Ok(())
    }

    /// Settles which name each top entry gets.
    fn settle(&self) -> Result<Vec<(String, String)>, FetchError> {
        let entries = self.manifest.files.iter();
        let tops: BTreeSet<&str> = entries.filter_map(|e| e.name.components().next()).collect();
        let mut moves = Vec::with_capacity(tops.len());
        for top in tops {
            let name = self.place.free_name(top).map_err(|error| self.io(error))?;
            moves.push((top.to_owned(), name));
        }
        Ok(moves)
    }

    /// Moves every top entry to its name; goes on if an earlier run was stopped in the middle.
    fn move_out(&self, incoming: &mut Incoming) -> Result<Fetched, FetchError> {
        let mut moves = incoming.moves().unwrap_or_default().to_vec();
        for index in 0..moves.len() {
            let top = moves[index].0.clone();
            while self.place.has(&top) {
                match self.place.move_out(&top, &moves[index].1) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        let name = self.place.free_name(&top).map_err(|error| self.io(error))?;
                        moves[index].1 = name;
                        incoming.set_moves(moves.clone())?;
                    }
                    moved => moved.map_err(|error| self.io(error))?,
                }
            }
        }
        self.place.sync_names().map_err(|error| self.io(error))?;
        self.place.close().map_err(|error| self.io(error))?;
        self.report(&moves)
    }

    fn report(&self, moves: &[(String, String)]) -> Result<Fetched, FetchError> {
        let moves: std::collections::HashMap<&str, &str> = moves
            .iter()
            .map(|(top, name)| (top.as_str(), name.as_str()))
            .collect();
        let mut files = Vec::new();
        for (index, entry) in self.manifest.files.iter().enumerate() {
            if matches!(entry.contents, Contents::Folder) {
                continue;
            }
            let mut components = entry.name.components();
            let top = components.next().unwrap_or_default();
            let mut path = self.place.path().join(moves.get(top).unwrap_or(&top));
            path.extend(components);
            let mut digest = self.digests[index].get().copied();
            if self.want_digests && digest.is_none() {
                let file = std::fs::File::open(&path).map_err(|error| self.io(error))?;
                digest = Some(hash_file(&file, entry.size()).map_err(|error| self.io(error))?);
            }
            files.push(FetchedFile {
                name: entry.name.to_string(),
                size: entry.size(),
                digest,
                path,
            });
        }
        Ok(Fetched {
            files,
            went_on: self.went_on,
        })
    }
}

fn set_mtime(file: &std::fs::File, mtime: Option<i64>) -> io::Result<()> {
    let Some(time) = mtime.and_then(|ms| u64::try_from(ms).ok()) else {
        return Ok(());
    };
    file.set_modified(UNIX_EPOCH + Duration::from_millis(time))
}
