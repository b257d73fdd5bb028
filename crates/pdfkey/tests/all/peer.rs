//! Where other people's programs are.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn python(script: &str) -> Command {
    // Where the sources are a copy (mutation runs), the installed programs are elsewhere.
    let folder =
        std::env::var_os("DEPESCHE_VENV").map_or(root().join(".venv-tools"), PathBuf::from);
    let program = folder.join("bin/python");
    assert!(
        program.exists(),
        "the programs to compare with are not installed: run scripts/python-venv.sh"
    );
    let mut command = Command::new(program);
    command.arg("-B").arg(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/peer")
            .join(script),
    );
    command
}

/// Runs a Debian program; `scripts/install.sh test` brings it.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output();
    output.unwrap_or_else(|error| panic!("{command:?}: {error}; run scripts/install.sh test"))
}

pub(crate) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
