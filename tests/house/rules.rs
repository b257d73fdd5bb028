//! Rules on what a piece of the house may name, read from its tokens.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};

use super::source::{self, File};
use super::{none_of, tokens};

/// The crates on the lowest floor: no I/O, no clock, no randomness of their own, nothing async.
const PURE: &[&str] = &[
    "crates/domain/src/",
    "crates/seal/src/",
    "crates/settings/src/",
    "crates/smtp/src/",
    "crates/pdfkey/src/",
];

/// Profiles are folders: the path of a private copy is handed in here.
const OPENS_FILES: &str = "crates/settings/src/thunderbird/";

/// A signature whose library draws the number that must never repeat, and lets nobody hand it in.
const DRAWS_ITSELF: (&str, &[&str]) = (
    "crates/settings/src/primitives.rs",
    &["rand", "SystemRandom"],
);

const IMPURE: &[&[&str]] = &[
    &["std", "fs"],
    &["std", "net"],
    &["std", "env"],
    &["std", "process"],
    &["std", "thread", "sleep"],
    &["std", "time", "SystemTime"],
    &["std", "time", "Instant"],
    &["SystemTime"],
    &["Instant", "now"],
    &["tokio"],
    &["getrandom"],
    &["rand"],
    &["async"],
    &["println"],
    &["eprintln"],
];

/// A crate of primitives and the only places that may name it.
const PRIMITIVES: &[(&str, &[&str])] = &[
    (
        "aws_lc_rs",
        &[
            "crates/seal/src/primitives.rs",
            "crates/settings/src/primitives.rs",
            "crates/pdfkey/src/primitives.rs",
        ],
    ),
    ("hpke", &["crates/seal/src/primitives.rs"]),
    ("des", &["crates/settings/src/primitives.rs"]),
    ("cbc", &["crates/settings/src/primitives.rs"]),
    // OPAQUE takes its key stretching as a type.
    (
        "argon2",
        &[
            "crates/seal/src/primitives.rs",
            "crates/service/src/",
            "crates/client/src/",
        ],
    ),
    ("opaque_ke", &["crates/service/src/", "crates/client/src/"]),
    ("stringprep", &["crates/pdfkey/src/primitives.rs"]),
    ("sqlx", &["crates/store/"]),
];

/// Words that a log line must not carry, neither as a field nor as a value.
const UNLOGGED: &[&str] = &[
    "address",
    "email",
    "subject",
    "message",
    "token",
    "secret",
    "password",
    "passphrase",
    "fragment",
    "link",
    "key",
    "auth",
    "claim_code",
];

const LOGGERS: &[&str] = &[
    "trace",
    "debug",
    "info",
    "warn",
    "error",
    "event",
    "span",
    "info_span",
    "debug_span",
];

fn begins(path: &tokens::Path, with: &[&str]) -> bool {
    path.segments.len() >= with.len()
        && path
            .segments
            .iter()
            .zip(with)
            .all(|(have, want)| have == want)
}

fn lies_in(file: &File, places: &[&str]) -> bool {
    places.iter().any(|place| file.path.starts_with(place))
}

#[test]
fn the_lowest_floor_is_pure() {
    let mut findings = Vec::new();
    for file in source::rust().filter(|file| lies_in(file, PURE)) {
        for path in tokens::paths(tokens::of(file, false)) {
            let opens = file.path.starts_with(OPENS_FILES) && begins(&path, &["std", "fs"]);
            let draws = file.path == DRAWS_ITSELF.0 && begins(&path, DRAWS_ITSELF.1);
            let is_allowed = opens || draws;
            if !is_allowed && IMPURE.iter().any(|impure| begins(&path, impure)) {
                findings.push(format!(
                    "{}:{}: {}",
                    file.path,
                    path.line,
                    path.segments.join("::")
                ));
            }
        }
    }
    none_of("time, randomness and bytes are parameters here:", findings);
}

#[test]
fn a_primitive_is_named_where_it_belongs() {
    let mut findings = Vec::new();
    for (name, places) in PRIMITIVES {
        for file in source::rust().filter(|f| f.path.contains("/src/") && !lies_in(f, places)) {
            for path in tokens::paths(tokens::of(file, false))
                .iter()
                .filter(|p| begins(p, &[name]))
            {
                findings.push(format!("{}:{}: {name}", file.path, path.line));
            }
        }
    }
    none_of("call the crate that wraps it:", findings);
}

#[test]
fn sql_is_a_literal() {
    let banned = concat!("AssertSql", "Safe");
    // Repeats the places of a literal, and adds nothing.
    let repeats = "crates/store/src/sql/rows.rs";
    let mut findings = Vec::new();
    for file in source::rust().filter(|file| file.path != repeats) {
        let paths = tokens::paths(tokens::of(file, true));
        for path in paths
            .iter()
            .filter(|path| path.segments.iter().any(|s| s == banned))
        {
            findings.push(format!("{}:{}", file.path, path.line));
        }
    }
    none_of("bind the value instead of building the text:", findings);
}

#[test]
fn tests_wait_for_events_not_for_time() {
    let mut findings = Vec::new();
    for file in source::rust() {
        let all = tokens::paths(tokens::of(file, true));
        let is_test = file.path.starts_with("tests/") || file.path.contains("/tests/");
        let in_code: BTreeSet<usize> = if is_test {
            BTreeSet::new()
        } else {
            tokens::paths(tokens::of(file, false))
                .iter()
                .map(|path| path.line)
                .collect()
        };
        for path in all
            .iter()
            .filter(|path| path.segments.last().is_some_and(|s| s == "sleep"))
        {
            if !in_code.contains(&path.line) {
                findings.push(format!(
                    "{}:{}: {}",
                    file.path,
                    path.line,
                    path.segments.join("::")
                ));
            }
        }
    }
    none_of("a test that sleeps is slow and fails by chance:", findings);
}

#[test]
fn logs_carry_no_secrets_and_no_addresses() {
    let mut findings = Vec::new();
    for file in source::rust().filter(|file| file.path.contains("/src/")) {
        for (name, arguments, line) in tokens::macros(tokens::of(file, false)) {
            if !LOGGERS.contains(&name.as_str()) {
                continue;
            }
            let mut words = Vec::new();
            idents(arguments, &mut words);
            for word in words
                .iter()
                .filter(|word| UNLOGGED.contains(&word.as_str()))
            {
                findings.push(format!("{}:{line}: {name}!(… {word} …)", file.path));
            }
        }
    }
    none_of("docs/logging.md says what a line may carry:", findings);
}

fn idents(stream: TokenStream, words: &mut Vec<String>) {
    for tree in stream {
        match tree {
            TokenTree::Ident(ident) => words.push(ident.to_string()),
            TokenTree::Group(group) => idents(group.stream(), words),
            // Captured by a literal: "{token}".
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let inside = text
                    .split('{')
                    .skip(1)
                    .filter_map(|rest| rest.split(['}', ':']).next());
                words.extend(inside.map(str::to_owned));
            }
            TokenTree::Punct(_) => {}
        }
    }
}
