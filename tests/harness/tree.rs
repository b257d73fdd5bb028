//! Files to send, and whether they came back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::random::Random;

/// Writes a file with the folders above it.
///
/// # Panics
/// If the disk fails.
pub fn write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
    let path = path.as_ref();
    let folder = path.parent().expect("a file lies in a folder");
    fs::create_dir_all(folder).expect("the folder");
    fs::write(path, bytes).expect("the file");
}

/// A folder with everything that a delivery may hold: small files that are packed, one below a part, one over
/// several parts, an empty one, an empty folder, names in other scripts.
///
/// # Panics
/// If the disk fails.
pub fn everything(folder: &Path, random: &mut Random) {
    write(folder.join("note.txt"), "hello\n");
    write(folder.join("empty.bin"), "");
    write(folder.join("middle.bin"), random.bytes(3 << 20));
    write(folder.join("large.bin"), random.bytes((9 << 20) + 5));
    write(folder.join("Žluťoučký kůň/日本語/😀 & <b>.txt"), "příliš");
    fs::create_dir_all(folder.join("nothing in here")).expect("the folder");
    for index in 0..40 {
        let length = usize::try_from(random.below(30_000)).expect("small");
        write(
            folder.join(format!("many/{index:02}.bin")),
            random.bytes(length),
        );
    }
}

/// What lies below a folder: relative paths, with bytes of files and `None` for folders.
///
/// # Panics
/// If the disk fails.
#[must_use]
pub fn read(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).expect("the folder can be read") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(folder).expect("below it").to_owned();
            if path.is_dir() && !path.is_symlink() {
                found.insert(name, None);
                left.push(path);
            } else {
                found.insert(name, Some(fs::read(&path).expect("the file can be read")));
            }
        }
    }
    found
}

/// The same paths with the same bytes, and nothing else.
///
/// # Panics
/// If not; names what differs.
#[track_caller]
pub fn assert_same(left: &Path, right: &Path) {
    let (a, b) = (read(left), read(right));
    let names: Vec<_> = a.keys().chain(b.keys()).collect();
    let different: Vec<_> = names
        .into_iter()
        .filter(|name| a.get(*name) != b.get(*name))
        .collect();
    assert!(different.is_empty(), "these differ: {different:?}");
}

/// Files below a folder, however deep.
///
/// # Panics
/// If the disk fails.
#[must_use]
pub fn count(folder: &Path) -> usize {
    read(folder)
        .values()
        .filter(|bytes| bytes.is_some())
        .count()
}

/// Bytes that the files below a folder take on the disk.
///
/// # Panics
/// If the disk fails.
#[must_use]
pub fn held(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let mut sum = 0;
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).expect("the folder can be read") {
            let path = entry.expect("an entry").path();
            let is = path.symlink_metadata().expect("it is there");
            if is.is_dir() {
                left.push(path);
            } else {
                sum += is.blocks() * 512;
            }
        }
    }
    sum
}
