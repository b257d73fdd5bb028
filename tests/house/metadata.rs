//! What cargo knows of the workspace, read once.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::LazyLock;

use cargo_metadata::{Metadata, MetadataCommand, Package};

use super::source;

/// The workspace with the third-party crates that this platform needs.
pub(super) static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
    MetadataCommand::new()
        .manifest_path(source::root().join("Cargo.toml"))
        .other_options(["--locked".into(), "--filter-platform".into(), host()])
        .exec()
        .expect("cargo metadata")
});

/// The third-party crates that are really built. `cargo metadata` also lists some that only an optional
/// feature would bring; `cargo tree` does not.
pub(super) fn foreign() -> Vec<&'static Package> {
    let built = output(
        "cargo",
        &[
            "tree",
            "--workspace",
            "--locked",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ],
    );
    let name_and_version = |line: &str| {
        let mut words = line.split(' ');
        Some((
            words.next()?.to_owned(),
            words.next()?.trim_start_matches('v').to_owned(),
        ))
    };
    let built: BTreeSet<(String, String)> = built.lines().filter_map(name_and_version).collect();
    let is_built = |p: &&Package| built.contains(&(p.name.to_string(), p.version.to_string()));
    METADATA
        .packages
        .iter()
        .filter(|p| p.source.is_some())
        .filter(is_built)
        .collect()
}

/// Our crates with the short names of the import table.
pub(super) fn ours() -> impl Iterator<Item = (&'static str, &'static Package)> {
    METADATA
        .workspace_packages()
        .into_iter()
        .map(|package| (short(&package.name), package))
}

/// `depesche-store` is `store`; the program itself keeps its name.
pub(super) fn short(name: &str) -> &str {
    name.strip_prefix("depesche-").unwrap_or(name)
}

fn host() -> String {
    let text = output("rustc", &["-vV"]);
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    line.expect("rustc names its host").to_owned()
}

fn output(program: &str, arguments: &[&str]) -> String {
    let out = Command::new(program)
        .args(arguments)
        .current_dir(source::root())
        .output();
    let out = out.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(
        out.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).expect("it speaks UTF-8")
}
