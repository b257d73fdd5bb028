//! The list of contents, and what a notice says of it.

use depesche_api::{Language, Notice, NoticeFile};
use depesche_seal::file::PACK_BELOW;
use depesche_seal::manifest::{self, Contents, FOLDER_TYPE, Manifest};

use crate::layout::Layout;
use crate::walk::{Entry, Kind};

/// The type given to every file: the one shown comes from the content.
const FILE_TYPE: &str = "application/octet-stream";
/// Most names that a notice carries.
const NOTICE_NAMES: usize = 100;

pub(super) const fn file_size(entry: &Entry) -> Option<u64> {
    match entry.kind {
        Kind::File(stamp) => Some(stamp.size),
        Kind::EmptyFolder => None,
    }
}

/// Puts the file objects in their places of a list that has none yet.
pub(super) fn fill(
    list: Manifest,
    entries: &[Entry],
    layouts: &[Layout],
    objects: Vec<manifest::Object>,
) -> Manifest {
    let mut contents: Vec<Contents> = vec![Contents::Folder; entries.len()];
    let mut packs = Vec::new();
    for (layout, object) in layouts.iter().zip(objects) {
        let first = layout.entries().next();
        let is_pack = first.is_none_or(|e| entries[e].size() < PACK_BELOW);
        if is_pack {
            let mut offset = 0;
            for entry in layout.entries() {
                let size = entries[entry].size();
                contents[entry] = Contents::Packed {
                    pack: packs.len(),
                    offset,
                    size,
                };
                offset += size;
            }
            packs.push(object);
        } else if let Some(entry) = first {
            contents[entry] = Contents::Own(object);
        }
    }
    let files = entries.iter().zip(contents);
    Manifest {
        files: files
            .map(|(entry, contents)| list_entry(entry, contents))
            .collect(),
        packs,
        ..list
    }
}

fn list_entry(entry: &Entry, contents: Contents) -> manifest::Entry {
    let (media_type, mtime) = match entry.kind {
        Kind::File(stamp) => (FILE_TYPE, Some(stamp.mtime_ms())),
        Kind::EmptyFolder => (FOLDER_TYPE, None),
    };
    manifest::Entry {
        name: entry.name.clone(),
        media_type: media_type.to_owned(),
        mtime,
        contents,
    }
}

/// What the mail says. At level 4 it says nothing of the contents.
pub(crate) fn notice(
    level: u8,
    key: String,
    files: impl Iterator<Item = (String, u64)> + Clone,
    language: Language,
) -> Notice {
    let silent = level >= 4;
    let names = files.clone().take(if silent { 0 } else { NOTICE_NAMES });
    Notice {
        key,
        file_count: if silent { 0 } else { files.count() as u64 },
        files: names
            .map(|(name, size)| NoticeFile { name, size })
            .collect(),
        language,
    }
}

/// Names and sizes of the files of a list of contents.
pub(crate) fn names(manifest: &Manifest) -> impl Iterator<Item = (String, u64)> + Clone + '_ {
    let files = manifest.files.iter();
    let files = files.filter(|entry| !matches!(entry.contents, Contents::Folder));
    files.map(|entry| (entry.name.to_string(), entry.size()))
}
