//! A file that a writer made; the caller puts it somewhere.

use std::fmt;

/// Name and bytes. The name may have folders, with `/` between them, and never leads upwards.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// Relative.
    pub name: String,
    /// RFC 6838 media type.
    pub media_type: &'static str,
    /// The contents.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({}, {} bytes)", self.name, self.bytes.len())
    }
}

/// A text as part of a file's name: letters, digits, `.`, `-`, `_`, `@`, at most 64 of them, no dot first.
#[must_use]
pub fn safe_name(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    let name: String = text
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .take(64)
        .collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() {
        "_".to_owned()
    } else {
        name.to_owned()
    }
}
