//! The file objects of a delivery and the files they become.

use std::sync::{Mutex, PoisonError};

use depesche_seal::file::{FileError, Opener};
use depesche_seal::manifest::{Contents, Manifest, Object};
use tokio::sync::OnceCell;

use super::digest::Digest;
use crate::layout::Layout;

/// One file object.
pub(super) struct Target {
    pub(super) object: Object,
    pub(super) opener: Opener,
    pub(super) layout: Layout,
    /// Many small files, rather than one large.
    pub(super) is_pack: bool,
    /// Set once the stream's header is known to the opener.
    pub(super) header: OnceCell<()>,
    /// Of a large file that is fetched in one go.
    pub(super) digest: Option<Digest>,
    /// Parts that are not yet verified and written.
    pub(super) left: Mutex<u32>,
}

impl Target {
    fn new(object: &Object, layout: Layout, is_pack: bool) -> Result<Self, FileError> {
        let opener = Opener::new(object.key(), &object.id(), object.sealed_size())?;
        Ok(Self {
            object: object.clone(),
            left: Mutex::new(opener.part_count()),
            opener,
            layout,
            is_pack,
            header: OnceCell::new(),
            digest: None,
        })
    }

    /// As the server knows it.
    pub(super) fn id(&self) -> String {
        self.object.id().to_string()
    }

    /// One part less to do; true if it was the last.
    pub(super) fn done_one(&self) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_sub(1);
        *left == 0
    }
}

/// All file objects: large files in manifest order, then packs.
pub(super) fn targets(manifest: &Manifest, digests: bool) -> Result<Vec<Target>, FileError> {
    let mut targets = Vec::new();
    let mut packs = vec![Layout::default(); manifest.packs.len()];
    for (index, entry) in manifest.files.iter().enumerate() {
        match &entry.contents {
            Contents::Own(object) => {
                let mut layout = Layout::default();
                layout.push(index, object.size());
                let mut target = Target::new(object, layout, false)?;
                target.digest = digests.then(Digest::new);
                targets.push(target);
            }
            // The manifest is checked: packs exist, and their files lie in them in this order.
            Contents::Packed { pack, size, .. } => packs[*pack].push(index, *size),
            Contents::Folder => {}
        }
    }
    for (object, layout) in manifest.packs.iter().zip(packs) {
        targets.push(Target::new(object, layout, true)?);
    }
    Ok(targets)
}
