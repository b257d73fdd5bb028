//! The program under test.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The top of the repository.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the repository")
}

/// `depesche`, built from what is here now: cargo builds no program of another crate for a test.
/// `DEPESCHE_PROGRAM` names another one to be tested.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    if let Some(path) = std::env::var_os("DEPESCHE_PROGRAM") {
        return path.into();
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    // As scripts/build.sh: one set of features for the whole workspace.
    let built = Command::new(cargo)
        .args(["build", "--release", "--locked", "--workspace", "--quiet"])
        .args(["--features", "depesche/web"])
        .current_dir(root())
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the program cannot be built");
    // …/release/deps/e2e-0123 -> …/release/depesche
    let own = std::env::current_exe().expect("this program");
    let folder = own.ancestors().nth(2).expect("the target folder");
    folder.join("depesche")
});

/// Where the program under test is.
#[must_use]
pub fn path() -> &'static Path {
    &PROGRAM
}
