//! Which bytes of which file a part carries: the same map for sealing, for writing and for checking.

use std::ops::Range;

use depesche_seal::file::{self, FileError};

/// A stretch of one file inside a file object's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Which entry of the parcel.
    pub entry: usize,
    /// Where the stretch lies in that file.
    pub at: Range<u64>,
}

/// One file object: the files in its text, one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Entry and where its bytes begin, in rising order. Empty files are in here too.
    files: Vec<(usize, u64)>,
    size: u64,
}

impl Layout {
    /// Appends an entry of `size` bytes.
    pub(crate) fn push(&mut self, entry: usize, size: u64) {
        self.files.push((entry, self.size));
        self.size += size;
    }

    /// Bytes of text.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The entries in it, in order.
    pub fn entries(&self) -> impl Iterator<Item = usize> {
        self.files.iter().map(|&(entry, _)| entry)
    }

    /// The stretches that make up `text`, in order, empty ones left out.
    pub fn stretches(&self, text: Range<u64>) -> impl Iterator<Item = Stretch> {
        let first = self
            .files
            .partition_point(|&(_, start)| start <= text.start);
        (first.saturating_sub(1)..self.files.len())
            .map_while(move |index| {
                let (entry, start) = self.files[index];
                let end = self.files.get(index + 1).map_or(self.size, |next| next.1);
                let overlap = start.max(text.start)..end.min(text.end);
                (start < text.end).then(|| Stretch {
                    entry,
                    at: overlap.start.saturating_sub(start)..overlap.end.saturating_sub(start),
                })
            })
            .filter(|stretch| !stretch.at.is_empty())
    }
}

/// A parcel's file objects: one for each large file, in order, then the pack of the small ones.
///
/// # Errors
/// [`FileError`] if the pack would be larger than a stream can be.
pub fn lay_out(sizes: &[Option<u64>]) -> Result<Vec<Layout>, FileError> {
    let files: Vec<(usize, u64)> = sizes
        .iter()
        .enumerate()
        .filter_map(|(entry, size)| size.map(|size| (entry, size)))
        .collect();
    let all: Vec<u64> = files.iter().map(|&(_, size)| size).collect();
    let packed = file::pack_layout(&all)?;
    let mut objects = Vec::new();
    let mut pack = Layout::default();
    for (&(entry, size), offset) in files.iter().zip(&packed.offsets) {
        if offset.is_some() {
            pack.push(entry, size);
        } else {
            let mut own = Layout::default();
            own.push(entry, size);
            objects.push(own);
        }
    }
    if packed.size.is_some() {
        objects.push(pack);
    }
    Ok(objects)
}
