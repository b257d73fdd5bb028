//! Uploads: what is on its way to be posted. Only its sender knows of a draft.

use std::sync::Arc;

use depesche_domain::parcel::{Draft, FileObject};
use depesche_domain::{FileId, Level, ParcelId};
pub use depesche_store::blobs::ManifestUpload;
use depesche_store::blobs::Upload;
use depesche_store::sql::parcels::{self, DraftRow, Stored};

use crate::context::Context;
use crate::error::Error;
use crate::login::Caller;
use crate::orders;

/// Bytes of a part (docs/format.md, File object).
pub const PART: u64 = 8 << 20;
/// Room that an upload leaves on the disk.
const RESERVE: u64 = 64 << 20;

/// What has arrived of a draft.
pub struct Arrived {
    /// The draft.
    pub id: ParcelId,
    /// Its level.
    pub level: Level,
    /// Its file objects, each with the ranges `[from, to)` of parts that are missing.
    pub files: Vec<(FileObject, Vec<(u64, u64)>)>,
    /// Whether the manifest has arrived.
    pub manifest: bool,
    /// It has been posted already.
    pub posted: bool,
}

fn own(stored: Option<Stored>, caller: &Caller) -> Result<Draft, Error> {
    match stored {
        Some(Stored::Draft(draft)) if draft.sender == caller.account.id => Ok(draft),
        Some(Stored::Posted(posted)) if posted.sender == caller.account.id => {
            Err(depesche_domain::parcel::Refusal::AlreadyPosted.into())
        }
        Some(Stored::Closed(row)) if row.sender == caller.account.id => Err(Error::Closed {
            reason: row.closed.reason,
            at: row.closed.at,
            sender: None,
        }),
        _ => Err(Error::NotFound),
    }
}

/// Loads a draft of the caller's.
pub(crate) async fn load(ctx: &Context, caller: &Caller, id: ParcelId) -> Result<Draft, Error> {
    own(parcels::load(&ctx.store.sql, id).await?, caller)
}

/// Begins a draft, or adds file objects to one. The same again changes nothing.
///
/// # Errors
/// [`Error::Refused`] by policy, [`Error::Full`] if the disk has no room for it,
/// [`Error::Conflict`] if the id is somebody else's.
pub async fn begin(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    level: Level,
    files: Vec<FileObject>,
    in_reply_to: Option<ParcelId>,
) -> Result<Arrived, Error> {
    check_sizes(&files)?;
    let now = ctx.now();
    let mut tx = ctx.store.sql.begin().await?;
    let stored = parcels::lock(&mut tx, id).await?;
    let is_new = stored.is_none();
    let draft = match stored {
        None => {
            let answered = match in_reply_to {
                Some(parcel) => Some(orders::answered(ctx, caller, parcel).await?),
                None => None,
            };
            let limits = (now, &ctx.settings.policy);
            Draft::begin(id, &caller.account, level, files, answered.as_ref(), limits)?
        }
        Some(Stored::Posted(ref posted)) if posted.sender == caller.account.id => {
            drop(tx);
            return arrived(ctx, caller, id).await;
        }
        some => own(some, caller)
            .map_err(|e| {
                if matches!(e, Error::NotFound) {
                    Error::Conflict
                } else {
                    e
                }
            })?
            .add(files, &ctx.settings.policy)?,
    };
    if is_new {
        parcels::insert_draft(&mut tx, &draft).await?;
    } else {
        parcels::add_files(&mut tx, id, &draft.files).await?;
    }
    tx.commit().await?;
    let result = make_room(ctx, &draft);
    if let (Err(error), true) = (result, is_new) {
        // Nothing of it is there yet: leave nothing behind.
        abandon(ctx, caller, id).await?;
        return Err(error);
    }
    arrived(ctx, caller, id).await
}

pub(crate) fn check_sizes(files: &[FileObject]) -> Result<(), Error> {
    let small = |file: &FileObject| file.size < depesche_seal::stream::MIN_SEALED;
    if files.iter().any(small) {
        return Err(Error::Invalid("a sealed file has at least 56 bytes"));
    }
    Ok(())
}

/// All bytes of a draft are there, and synced. Gives those of its manifest.
pub(crate) fn complete(ctx: &Context, draft: &Draft) -> Result<u64, Error> {
    let manifest_size = ctx.store.blobs.manifest_size(draft.id)?;
    let mut complete = manifest_size.is_some();
    for file in &draft.files {
        let upload = ctx.store.blobs.upload(file.id, file.size)?;
        complete = complete && upload.missing().is_empty();
        if complete {
            tokio::task::block_in_place(|| upload.seal())?;
        }
    }
    let size = manifest_size.filter(|_| complete);
    size.ok_or_else(|| depesche_domain::parcel::Refusal::Incomplete.into())
}

pub(crate) fn make_room(ctx: &Context, draft: &Draft) -> Result<(), Error> {
    if ctx.store.blobs.free_bytes()? < draft.size().saturating_add(RESERVE) {
        return Err(Error::Full);
    }
    for file in &draft.files {
        ctx.store.blobs.begin(file.id, file.size)?;
    }
    Ok(())
}

/// What has arrived of a draft of the caller's; of a posted parcel, that it is posted.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn arrived(ctx: &Context, caller: &Caller, id: ParcelId) -> Result<Arrived, Error> {
    match parcels::load(&ctx.store.sql, id).await? {
        Some(Stored::Posted(posted)) if posted.sender == caller.account.id => Ok(Arrived {
            id,
            level: posted.level,
            files: Vec::new(),
            manifest: true,
            posted: true,
        }),
        stored => {
            let draft = own(stored, caller)?;
            let mut files = Vec::with_capacity(draft.files.len());
            for file in &draft.files {
                files.push((*file, ctx.store.blobs.upload(file.id, file.size)?.missing()));
            }
            let manifest = ctx.store.blobs.manifest_size(id)?.is_some();
            Ok(Arrived {
                id,
                level: draft.level,
                files,
                manifest,
                posted: false,
            })
        }
    }
}

/// A part being received. Not finished, it counts as not sent.
pub struct PartWriter {
    upload: Arc<Upload>,
    index: u64,
    at: u64,
    end: u64,
}

/// Begins to receive part `index` of a file object; `length` = what the client announced.
///
/// # Errors
/// [`Error::NotFound`]; [`Error::Invalid`] if there is no such part or it has another length.
pub async fn part(
    ctx: &Context,
    caller: &Caller,
    parcel: ParcelId,
    file: FileId,
    index: u64,
    length: u64,
) -> Result<PartWriter, Error> {
    let draft = load(ctx, caller, parcel).await?;
    let file = draft
        .files
        .iter()
        .find(|f| f.id == file)
        .ok_or(Error::NotFound)?;
    let start = index.checked_mul(PART).filter(|start| *start < file.size);
    let start = start.ok_or(Error::Invalid("the file has no part with this number"))?;
    let end = file.size.min(start + PART);
    if length != end - start {
        return Err(Error::Invalid(
            "the part has another length than its place in the file; parts are 8 MiB",
        ));
    }
    let upload = ctx.store.blobs.upload(file.id, file.size)?;
    Ok(PartWriter {
        upload,
        index,
        at: start,
        end,
    })
}

impl PartWriter {
    /// Writes what came. Blocks on the disk.
    ///
    /// # Errors
    /// [`Error::Full`]; [`Error::Invalid`] if more comes than was announced.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if bytes.len() as u64 > self.end - self.at {
            return Err(Error::Invalid("the part is longer than announced"));
        }
        self.upload.write_at(self.at, bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// The part is whole.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is not.
    pub fn finish(self) -> Result<(), Error> {
        if self.at != self.end {
            return Err(Error::Invalid("the part ended too early; send it again"));
        }
        self.upload.finish_part(self.index)?;
        Ok(())
    }
}

/// Begins to receive the manifest M, of `length` bytes. A second one takes the place of the first.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Invalid`].
pub async fn manifest(
    ctx: &Context,
    caller: &Caller,
    parcel: ParcelId,
    length: u64,
) -> Result<ManifestUpload, Error> {
    let draft = load(ctx, caller, parcel).await?;
    if length == 0 || length > depesche_domain::policy::LARGEST_MANIFEST {
        return Err(Error::Invalid("a manifest has at most 64 MiB"));
    }
    Ok(ctx.store.blobs.put_manifest(draft.id, length)?)
}

/// Takes a file object out of a draft: its source has changed.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn remove_file(
    ctx: &Context,
    caller: &Caller,
    parcel: ParcelId,
    file: FileId,
) -> Result<(), Error> {
    load(ctx, caller, parcel).await?;
    let mut tx = ctx.store.sql.begin().await?;
    own(parcels::lock(&mut tx, parcel).await?, caller)?;
    if !parcels::remove_file(&mut tx, parcel, file).await? {
        return Err(Error::NotFound);
    }
    ctx.store.blobs.remove(file)?;
    Ok(tx.commit().await?)
}

/// The most drafts shown.
const MOST_SHOWN: u32 = 200;
/// The longest sealed record for going on, in bytes.
pub const LONGEST_GOING_ON: usize = 16 << 20;

/// What the caller is uploading, newest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(ctx: &Context, caller: &Caller) -> Result<Vec<DraftRow>, Error> {
    Ok(parcels::drafts(&ctx.store.sql, caller.account.id, MOST_SHOWN).await?)
}

/// Keeps the sealed record with which another device of the caller goes on. It goes when the draft is posted.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Invalid`].
pub async fn put_going_on(
    ctx: &Context,
    caller: &Caller,
    parcel: ParcelId,
    bytes: &[u8],
) -> Result<(), Error> {
    if bytes.is_empty() || bytes.len() > LONGEST_GOING_ON {
        return Err(Error::Invalid("a record for going on has at most 16 MiB"));
    }
    let mut tx = ctx.store.sql.begin().await?;
    own(parcels::lock(&mut tx, parcel).await?, caller)?;
    parcels::put_going_on(&mut tx, parcel, bytes).await?;
    Ok(tx.commit().await?)
}

/// The sealed record for going on.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn going_on(ctx: &Context, caller: &Caller, parcel: ParcelId) -> Result<Vec<u8>, Error> {
    load(ctx, caller, parcel).await?;
    let found = parcels::going_on(&ctx.store.sql, parcel).await?;
    found.ok_or(Error::NotFound)
}

/// Gives a draft up: what was uploaded is deleted.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn abandon(ctx: &Context, caller: &Caller, parcel: ParcelId) -> Result<(), Error> {
    let draft = load(ctx, caller, parcel).await?;
    delete(ctx, draft).await
}

/// Deletes a draft: bytes first, rows last, so that a crash in between leaves a draft to be deleted
/// again and never bytes that nobody knows of.
pub(crate) async fn delete(ctx: &Context, draft: Draft) -> Result<(), Error> {
    let mut tx = ctx.store.sql.begin().await?;
    let Some(Stored::Draft(draft)) = parcels::lock(&mut tx, draft.id).await? else {
        return Ok(());
    };
    for file in &draft.files {
        ctx.store.blobs.remove(file.id)?;
    }
    ctx.store.blobs.remove_manifest(draft.id)?;
    parcels::delete_draft(&mut tx, draft.id).await?;
    Ok(tx.commit().await?)
}
