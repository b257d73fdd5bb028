//! What is wanted of a download, and what came of it.

use std::path::PathBuf;

/// What is wanted besides the files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// SHA-256 of each file.
    pub digests: bool,
}

/// A delivery in its folder.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// In manifest order; folders left out.
    pub files: Vec<FetchedFile>,
    /// Went on with what an earlier run had fetched.
    pub went_on: bool,
}

/// A file in its place.
#[derive(Debug, Clone)]
pub struct FetchedFile {
    /// As the sender named it.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, if wanted.
    pub digest: Option<[u8; 32]>,
    /// Where it is.
    pub path: PathBuf,
}
