//! What shall be sent: files as they are named, folders with everything below them.
//!
//! - A file has its last name; what lies in a folder keeps its path from that folder on. An empty folder
//!   is an entry of its own.
//! - A symbolic link that is named itself is followed. One met inside a folder is followed to a file of the
//!   same folder; one that leads elsewhere, to a folder or nowhere is left out, and said so.
//! - Devices, pipes and sockets are left out of folders, and refused where they are named.
//! - Entries are sorted by the bytes of their names, so the same files give the same order.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use depesche_seal::name::{Name, NameError};

use crate::fault::Fault;

/// Something named cannot be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalkError {
    /// It cannot be looked at.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its name cannot be sent.
    #[error("{} cannot be sent: {reason}", path.display())]
    Name {
        /// What.
        path: PathBuf,
        /// Why.
        reason: NameError,
    },
    /// Its name is not text.
    #[error("{} cannot be sent: its name is not UTF-8; rename it", path.display())]
    NotText {
        /// What.
        path: PathBuf,
    },
    /// Neither file nor folder.
    #[error("{} is neither a file nor a folder; save its content into a file first", path.display())]
    Special {
        /// What.
        path: PathBuf,
    },
    /// Two things would have one name.
    #[error("two things to send are called {name}; put one of them into a folder of its own")]
    Twice {
        /// The name.
        name: Name,
    },
}

impl WalkError {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => "file_not_found",
            Self::Io { .. } => "file_unreadable",
            Self::Name { reason, .. } => reason.code(),
            Self::NotText { .. } => "name_not_text",
            Self::Special { .. } => "file_special",
            Self::Twice { .. } => "name_twice",
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub const fn fault(&self) -> Fault {
        Fault::Usage
    }
}

/// What an entry is on disk, as it was when it was walked past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File(Stamp),
    /// A folder with nothing in it.
    EmptyFolder,
}

/// By what a file is known to be unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Last change, nanoseconds since 1970.
    pub mtime: i128,
    /// Device and inode: another file under the same name is another file.
    pub file: (u64, u64),
}

impl Stamp {
    pub(crate) fn of(metadata: &fs::Metadata) -> Self {
        Self {
            size: metadata.size(),
            mtime: i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()),
            file: (metadata.dev(), metadata.ino()),
        }
    }

    /// Last change, milliseconds since 1970.
    #[must_use]
    pub fn mtime_ms(&self) -> i64 {
        i64::try_from(self.mtime.div_euclid(1_000_000)).unwrap_or(0)
    }
}

/// One thing to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As the recipient will see it.
    pub name: Name,
    /// Where it is.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
}

impl Entry {
    /// Bytes; 0 for a folder.
    #[must_use]
    pub const fn size(&self) -> u64 {
        match self.kind {
            Kind::File(stamp) => stamp.size,
            Kind::EmptyFolder => 0,
        }
    }
}

/// Why something in a folder is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeftOut {
    /// A symbolic link that leads out of the folder, to a folder, or nowhere.
    #[error("it is a symbolic link that does not lead to a file in the same folder")]
    Link,
    /// A device, pipe or socket.
    #[error("it is neither a file nor a folder")]
    Special,
}

/// All that shall be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// Sorted by name.
    pub entries: Vec<Entry>,
    /// What was met in a folder and is not sent.
    pub left_out: Vec<(PathBuf, LeftOut)>,
}

impl Tree {
    /// Bytes of all files.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.entries.iter().map(Entry::size).sum()
    }
}

/// Walks what was named.
///
/// # Errors
/// [`WalkError`]: for anything named, and for anything in a folder that has no name to be sent by.
pub fn walk(named: &[PathBuf]) -> Result<Tree, WalkError> {
    let mut tree = Tree::default();
    for path in named {
        let metadata = fs::metadata(path).map_err(at(path))?;
        let name = last_name(path)?;
        if metadata.is_file() {
            let path = fs::canonicalize(path).map_err(at(path))?;
            tree.push(&name, path, Kind::File(Stamp::of(&metadata)))?;
        } else if metadata.is_dir() {
            let root = fs::canonicalize(path).map_err(at(path))?;
            walk_folder(&mut tree, &root, &root, &name)?;
        } else {
            return Err(WalkError::Special { path: path.clone() });
        }
    }
    tree.entries.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(pair) = tree
        .entries
        .windows(2)
        .find(|pair| pair[0].name == pair[1].name)
    {
        return Err(WalkError::Twice {
            name: pair[0].name.clone(),
        });
    }
    check_nesting(&tree.entries)?;
    Ok(tree)
}

/// `a` as a file named beside a folder `a` that is named too.
fn check_nesting(entries: &[Entry]) -> Result<(), WalkError> {
    let leaves: std::collections::HashSet<&str> =
        entries.iter().map(|entry| entry.name.as_str()).collect();
    for entry in entries {
        let name = entry.name.as_str();
        for (at, _) in name.match_indices('/') {
            if leaves.contains(&name[..at]) {
                let name = Name::parse(&name[..at]).unwrap_or_else(|_| entry.name.clone());
                return Err(WalkError::Twice { name });
            }
        }
    }
    Ok(())
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> WalkError {
    let path = path.to_owned();
    move |source| WalkError::Io { path, source }
}

/// The name by which something named is sent: `.` and `..` have the name of the folder they are.
fn last_name(path: &Path) -> Result<String, WalkError> {
    let owned;
    let named = match path.file_name() {
        Some(name) => name,
        None => {
            owned = fs::canonicalize(path).map_err(at(path))?;
            owned.file_name().ok_or_else(|| WalkError::Special {
                path: path.to_owned(),
            })?
        }
    };
    text(path, named)
}

fn text(path: &Path, name: &std::ffi::OsStr) -> Result<String, WalkError> {
    name.to_str()
        .map(str::to_owned)
        .ok_or_else(|| WalkError::NotText {
            path: path.to_owned(),
        })
}

fn walk_folder(tree: &mut Tree, root: &Path, dir: &Path, name: &str) -> Result<(), WalkError> {
    let mut empty = true;
    for child in fs::read_dir(dir).map_err(at(dir))? {
        let child = child.map_err(at(dir))?;
        empty = false;
        let path = child.path();
        let name = format!("{name}/{}", text(&path, &child.file_name())?);
        let kind = child.file_type().map_err(at(&path))?;
        if kind.is_dir() {
            walk_folder(tree, root, &path, &name)?;
        } else if kind.is_file() {
            let metadata = child.metadata().map_err(at(&path))?;
            tree.push(&name, path, Kind::File(Stamp::of(&metadata)))?;
        } else if kind.is_symlink() {
            match linked_file(root, &path) {
                Some((target, stamp)) => tree.push(&name, target, Kind::File(stamp))?,
                None => tree.left_out.push((path, LeftOut::Link)),
            }
        } else {
            tree.left_out.push((path, LeftOut::Special));
        }
    }
    if empty {
        tree.push(name, dir.to_owned(), Kind::EmptyFolder)?;
    }
    Ok(())
}

/// The file of the same folder that a symbolic link leads to.
fn linked_file(root: &Path, link: &Path) -> Option<(PathBuf, Stamp)> {
    let target = fs::canonicalize(link).ok()?;
    let metadata = fs::metadata(&target).ok()?;
    (metadata.is_file() && target.starts_with(root)).then(|| (target, Stamp::of(&metadata)))
}

impl Tree {
    fn push(&mut self, name: &str, path: PathBuf, kind: Kind) -> Result<(), WalkError> {
        let name = Name::parse(name).map_err(|reason| WalkError::Name {
            path: path.clone(),
            reason,
        })?;
        self.entries.push(Entry { name, path, kind });
        Ok(())
    }
}
