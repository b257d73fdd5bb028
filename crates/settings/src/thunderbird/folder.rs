//! A private copy of a profile, as a folder of files that are read whole.

use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

/// Larger files than any of settings; a folder of templates with many images fits.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Where the files are.
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    pub(crate) fn path(&self, inside: &Path) -> PathBuf {
        self.root.join(inside)
    }

    /// A file's bytes; `None` if it is missing, no file, or too large.
    pub(crate) fn read(&self, inside: &Path) -> Option<Vec<u8>> {
        let path = self.path(inside);
        if !fs::symlink_metadata(&path).ok()?.is_file() {
            return None;
        }
        let mut bytes = Vec::new();
        let read = fs::File::open(path)
            .ok()?
            .take(LARGEST + 1)
            .read_to_end(&mut bytes)
            .ok()?;
        (read as u64 <= LARGEST).then_some(bytes)
    }

    pub(crate) fn has(&self, inside: &Path) -> bool {
        fs::symlink_metadata(self.path(inside)).is_ok_and(|found| found.is_file())
    }

    /// The names in a folder, sorted.
    pub(crate) fn names(&self, inside: &Path) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path(inside)) else {
            return Vec::new();
        };
        let mut names: Vec<PathBuf> = entries
            .filter_map(|entry| Some(inside.join(entry.ok()?.file_name())))
            .collect();
        names.sort();
        names
    }
}

/// `[ProfD]Mail/Local Folders` as a path inside the profile; `None` for one that leads outside.
pub(crate) fn inside(relative: &str) -> Option<PathBuf> {
    let path = relative.strip_prefix("[ProfD]")?.replace('\\', "/");
    let path = PathBuf::from(path);
    let stays = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    (stays && path.components().next().is_some()).then_some(path)
}
