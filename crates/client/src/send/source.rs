//! Reading what is sent: straight into the part buffer, and only as long as it is what was walked past.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;

use depesche_seal::file::{FileError, PartSealer, Sealer};
use depesche_seal::key::Hash;

use crate::fault::Fault;
use crate::layout::{Layout, Stretch};
use crate::walk::{Entry, Kind, Stamp};

/// A file could not be read as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// It is gone or unreadable.
    #[error("cannot read {}: {source}; nothing was posted", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is another than when the order was given.
    #[error("{} was changed while it was being sent; nothing was posted, send it again when it is at rest", path.display())]
    Changed {
        /// Which.
        path: PathBuf,
    },
    /// It cannot be sealed.
    #[error(transparent)]
    Seal(#[from] FileError),
}

impl SourceError {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => "file_vanished",
            Self::Io { .. } => "file_unreadable",
            Self::Changed { .. } => "file_changed",
            Self::Seal(error) => error.code(),
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        Fault::Other
    }
}

/// Seals part `index` inside `buffer`, which has exactly the part's length. Blocks on the disk.
pub(super) fn seal_part(
    sealer: &Sealer,
    index: u32,
    layout: &Layout,
    entries: &[Entry],
    buffer: &mut [u8],
) -> Result<Hash, SourceError> {
    let mut part = sealer.part(index, buffer)?;
    for stretch in layout.stretches(sealer.part_text(index)?) {
        let entry = &entries[stretch.entry];
        let at = |source| SourceError::Io {
            path: entry.path.clone(),
            source,
        };
        let file = open(entry).map_err(at)?;
        read_stretch(&file, entry, &stretch, &mut part)?;
        // What was read is of the file that was walked past if that is unchanged even now.
        let now = Stamp::of(&file.metadata().map_err(at)?);
        if entry.kind != Kind::File(now) {
            return Err(SourceError::Changed {
                path: entry.path.clone(),
            });
        }
    }
    Ok(part.finish()?)
}

fn open(entry: &Entry) -> io::Result<File> {
    // The path was resolved when it was walked past: a link there now is an exchange. Not blocking:
    // a pipe there now must not hold us up.
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(&entry.path)
}

fn read_stretch(
    file: &File,
    entry: &Entry,
    stretch: &Stretch,
    part: &mut PartSealer<'_>,
) -> Result<(), SourceError> {
    let mut at = stretch.at.start;
    let length = stretch.at.end - at;
    if length > 1 << 20 {
        // Only a hint: a disk that turns reads ahead while we seal.
        let length = std::num::NonZeroU64::new(length);
        let _ = rustix::fs::fadvise(file, at, length, rustix::fs::Advice::WillNeed);
    }
    while at < stretch.at.end {
        let space = part.space();
        let want = (space.len() as u64).min(stretch.at.end - at) as usize;
        let read = match file.read_at(&mut space[..want], at) {
            Ok(0) => {
                return Err(SourceError::Changed {
                    path: entry.path.clone(),
                });
            }
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => {
                return Err(SourceError::Io {
                    path: entry.path.clone(),
                    source,
                });
            }
        };
        part.advance(read)?;
        at += read as u64;
    }
    Ok(())
}
