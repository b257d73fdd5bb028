//! What comes from outside: where from, under which licence, named once, and used.

use std::collections::BTreeSet;
use std::fs;

use proc_macro2::{TokenStream, TokenTree};

use super::metadata::{foreign, ours};
use super::{none_of, source, tokens};

/// Each lets an Apache-2.0 program contain it.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// One TLS, and one set of primitives.
const BANNED: &[(&str, &str)] = &[
    ("openssl", "TLS is rustls"),
    ("openssl-sys", "TLS is rustls"),
    ("native-tls", "TLS is rustls"),
    ("ring", "the primitives are aws-lc-rs"),
];

/// What others may use, but not we ourselves.
const NOT_DIRECTLY: &[(&str, &str)] = &[
    ("chrono", "times are jiff"),
    ("lazy_static", "std has LazyLock"),
    ("once_cell", "std has OnceLock"),
    (
        "async-trait",
        "a port with two doers is an enum or a generic",
    ),
];

/// `(MIT OR Apache-2.0) AND ISC`: every part of an AND needs one allowed part of its OR.
fn allowed(expression: &str) -> bool {
    let flat = expression.replace('/', " OR ");
    let terms = split_outside_brackets(&flat, " AND ");
    if terms.len() > 1 {
        return terms.iter().all(|term| allowed(term));
    }
    let choices = split_outside_brackets(&flat, " OR ");
    if choices.len() > 1 {
        return choices.iter().any(|choice| allowed(choice));
    }
    let bare = flat.trim();
    match bare
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        Some(inner) => allowed(inner),
        None => LICENCES.contains(&bare),
    }
}

fn split_outside_brackets<'a>(text: &'a str, at: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut depth, mut from) = (0_i32, 0);
    for (index, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && text[index..].starts_with(at) => {
                parts.push(&text[from..index]);
                from = index + at.len();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

#[test]
fn licences_fit() {
    assert!(allowed("(MIT OR GPL-3.0-only) AND Unicode-3.0") && allowed("MIT/Apache-2.0"));
    assert!(!allowed("MIT AND GPL-3.0-only") && !allowed("GPL-3.0-only") && !allowed(""));
    let crates = foreign();
    assert!(
        crates.len() > 100,
        "cargo tree and cargo metadata agree on names"
    );
    let unfit = crates
        .iter()
        .filter(|p| !allowed(p.license.as_deref().unwrap_or_default()));
    let findings = unfit
        .map(|p| format!("{} {}: {:?}", p.name, p.version, p.license))
        .collect();
    none_of("a licence that is not on the list:", findings);
}

#[test]
fn crates_come_from_one_registry() {
    let crates = foreign();
    let strange = crates
        .iter()
        .filter(|p| !p.source.as_ref().is_some_and(|s| s.is_crates_io()));
    let findings = strange
        .map(|p| format!("{}: {:?}", p.name, p.source))
        .collect();
    none_of("only crates.io, no git and no other registry:", findings);
}

#[test]
fn banned_crates_stay_out() {
    let mut findings = Vec::new();
    for package in foreign() {
        if let Some((_, reason)) = BANNED
            .iter()
            .find(|(name, _)| package.name.as_str() == *name)
        {
            findings.push(format!("{} {}: {reason}", package.name, package.version));
        }
    }
    for (name, package) in ours() {
        for dependency in &package.dependencies {
            if let Some((_, reason)) = NOT_DIRECTLY
                .iter()
                .find(|(name, _)| dependency.name == *name)
            {
                findings.push(format!("{name} names {}: {reason}", dependency.name));
            }
        }
    }
    none_of("a crate that the house does without:", findings);
}

#[test]
fn a_version_stands_in_one_place() {
    let mut findings = Vec::new();
    for (_, package) in ours() {
        let manifest = fs::read_to_string(&package.manifest_path).expect("the manifest");
        let sections = manifest.split("\n[").filter(|s| {
            s.split(']')
                .next()
                .is_some_and(|h| h.ends_with("dependencies"))
        });
        for line in sections.flat_map(|section| section.lines().skip(1)) {
            let is_entry = line.contains('=') && !line.trim_start().starts_with('#');
            if is_entry && !line.contains("workspace = true") && !line.contains("path = ") {
                findings.push(format!("{}: {line}", package.manifest_path));
            }
        }
    }
    none_of(
        "versions stand in the Cargo.toml on top; write `workspace = true`:",
        findings,
    );
}

#[test]
fn every_dependency_is_used() {
    let mut findings = Vec::new();
    for (name, package) in ours() {
        let folder = package
            .manifest_path
            .parent()
            .expect("a manifest lies in a folder");
        let mut words = BTreeSet::new();
        for file in source::rust().filter(|f| source::root().join(&f.path).starts_with(folder)) {
            idents(tokens::of(file, true), &mut words);
        }
        for dependency in &package.dependencies {
            let called = dependency
                .rename
                .as_ref()
                .unwrap_or(&dependency.name)
                .replace('-', "_");
            // Named for a feature alone: the manifest says so in the line's remark.
            let manifest = fs::read_to_string(&package.manifest_path).expect("the manifest");
            let excused = manifest.lines().any(|line| {
                line.starts_with(dependency.name.as_str()) && line.contains("# for its feature")
            });
            if !words.contains(&called) && !excused {
                findings.push(format!("{name}: {}", dependency.name));
            }
        }
    }
    none_of(
        "no source file names it; take it out of the manifest:",
        findings,
    );
}

fn idents(stream: TokenStream, words: &mut BTreeSet<String>) {
    for tree in stream {
        match tree {
            TokenTree::Ident(ident) => drop(words.insert(ident.to_string())),
            TokenTree::Group(group) => idents(group.stream(), words),
            _ => {}
        }
    }
}
