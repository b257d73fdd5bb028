//! The rules of the house, held against the code. Each test names the rule it keeps; each message says
//! what to do. `docs/style.md` gives the reasons.

mod imports;
mod metadata;
mod modules;
mod rules;
mod source;
mod text;
mod thirdparty;
mod tokens;

/// Fails with one line per finding.
#[track_caller]
fn none_of(rule: &str, findings: Vec<String>) {
    assert!(findings.is_empty(), "{rule}\n  {}\n", findings.join("\n  "));
}
