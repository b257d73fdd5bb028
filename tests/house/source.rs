//! The files of the repository, as git lists them (new ones not yet added included).

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// One text file: its path from the top of the repository, and what is in it.
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    /// Is it one of these kinds, by the end of its name?
    pub(super) fn is(&self, kinds: &[&str]) -> bool {
        self.path
            .rsplit_once('.')
            .is_some_and(|(_, kind)| kinds.contains(&kind))
    }

    /// Made by a tool, or a text of others that is kept word for word.
    pub(super) fn is_foreign(&self) -> bool {
        self.path.ends_with(".lock")
            || self.path.ends_with("package-lock.json")
            || self.path == "LICENSE"
            || self.path == "web/src/api/schema.ts"
            || self.path.starts_with("vectors/")
            || self.path.contains("/corpus/")
    }
}

/// Every text file of the repository.
pub(super) static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let out = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    assert!(
        out.status.success(),
        "git ls-files failed: this is a test of a git clone"
    );
    let names = String::from_utf8(out.stdout).expect("paths are UTF-8");
    let read = |path: &str| {
        let text = fs::read_to_string(root().join(path)).ok()?;
        Some(File {
            path: path.to_owned(),
            text,
        })
    };
    names.split_terminator('\0').filter_map(read).collect()
});

/// The Rust files.
pub(super) fn rust() -> impl Iterator<Item = &'static File> {
    FILES.iter().filter(|file| file.is(&["rs"]))
}

/// The top of the repository.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the repository")
}
