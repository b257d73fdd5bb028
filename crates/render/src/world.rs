//! All that the template can see: itself, one page's data, that page's pictures. No file system, no packages,
//! no clock.

use std::sync::LazyLock;

use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Duration};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};

use crate::fonts::Loaded;

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(Library::default()));

static TEMPLATE: LazyLock<Source> =
    LazyLock::new(|| Source::new(id("/template.typ"), include_str!("template.typ").to_owned()));

pub(crate) struct Page<'f> {
    pub(crate) fonts: &'f Loaded,
    /// The layout as JSON.
    pub(crate) page: Bytes,
    /// The names of the pictures, as JSON.
    pub(crate) names: Bytes,
    pub(crate) pictures: Vec<Bytes>,
}

/// The name under which the template finds a picture.
pub(crate) fn picture(index: usize) -> String {
    format!("/{index}.picture")
}

fn id(path: &str) -> FileId {
    let path = VirtualPath::new(path).unwrap_or_else(|_| unreachable!("our own names are paths"));
    RootedPath::new(VirtualRoot::Project, path).intern()
}

impl World for Page<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.fonts.book()
    }

    fn main(&self) -> FileId {
        TEMPLATE.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == TEMPLATE.id() {
            return Ok(TEMPLATE.clone());
        }
        Err(FileError::AccessDenied)
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let path = id.get();
        if *path.root() != VirtualRoot::Project {
            return Err(FileError::AccessDenied);
        }
        let path = path.vpath().get_without_slash();
        match path {
            "page.json" => Ok(self.page.clone()),
            "pictures.json" => Ok(self.names.clone()),
            _ => {
                let index = path
                    .strip_suffix(".picture")
                    .and_then(|n| n.parse::<usize>().ok());
                let found = index.and_then(|index| self.pictures.get(index));
                found.cloned().ok_or(FileError::AccessDenied)
            }
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.font(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
