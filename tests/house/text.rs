//! What can be seen in the text of a file: its size, its first line, what was left over in it, and links
//! that lead nowhere.

use super::none_of;
use super::source::{self, FILES, File};

const LINES: usize = 600;
const CODE: &[&str] = &["rs", "ts", "svelte", "css", "py", "sh"];

#[test]
fn files_stay_small() {
    let long = FILES
        .iter()
        .filter(|file| file.is(CODE) && !file.is_foreign());
    let long = long
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines > LINES);
    let findings = long
        .map(|(file, lines)| format!("{} has {lines} lines", file.path))
        .collect();
    none_of("more than 600 lines: split it by verb:", findings);
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent = source::rust().filter(|file| !file.text.starts_with("//! "));
    let findings = silent.map(|file| file.path.clone()).collect();
    none_of("the first line of a module begins with `//! `:", findings);
}

#[test]
fn nothing_is_left_over() {
    // Written apart, so that this file does not find itself.
    let words = [
        concat!("FIX", "ME"),
        concat!("XX", "X "),
        concat!("#[ig", "nore"),
        concat!(".on", "ly("),
        concat!("test.s", "kip"),
        concat!("it.s", "kip"),
        concat!("describe.s", "kip"),
        concat!("waitFor", "Timeout"),
    ];
    let findings = lines_with(&words, |file| file.is(CODE)).collect();
    none_of(
        "finish it, or say in the issue that it is missing:",
        findings,
    );
}

#[test]
fn no_file_names_a_machine() {
    let paths = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/fa", "rm/"),
    ];
    let findings = lines_with(&paths, |_| true).collect();
    none_of(
        "a path of one machine; use one relative to the repository:",
        findings,
    );
}

fn lines_with<'a>(
    words: &'a [&'a str],
    wanted: impl Fn(&File) -> bool + 'a,
) -> impl Iterator<Item = String> + 'a {
    let files = FILES
        .iter()
        .filter(move |file| !file.is_foreign() && wanted(file));
    files.flat_map(move |file| {
        let lines = file.text.lines().enumerate();
        let hits = lines.filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        hits.map(|(at, line)| format!("{}:{}: {}", file.path, at + 1, line.trim()))
    })
}

#[test]
fn links_in_the_docs_lead_somewhere() {
    let mut findings = Vec::new();
    for file in FILES.iter().filter(|file| file.is(&["md"])) {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in file
            .text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let target = target.split('#').next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            if !source::root().join(folder).join(target).exists() {
                findings.push(format!("{}: {target}", file.path));
            }
        }
    }
    none_of("a link that leads nowhere:", findings);
}

/// Paths of this repository that a page names in backticks.
#[test]
fn paths_in_the_docs_exist() {
    let tops = [
        "crates/", "tests/", "docs/", "scripts/", "bench/", "web/src/", "vectors/", "fuzz/",
    ];
    let mut findings = Vec::new();
    for file in FILES
        .iter()
        .filter(|file| file.is(&["md"]) && file.path != "CHANGELOG.md")
    {
        for (at, line) in file.text.lines().enumerate() {
            for word in line.split('`').skip(1).step_by(2) {
                let plain = word
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b));
                let ours = tops.iter().any(|top| word.starts_with(top));
                if plain && ours && !source::root().join(word).exists() {
                    findings.push(format!("{}:{}: {word}", file.path, at + 1));
                }
            }
        }
    }
    none_of("a path that is not there (any more):", findings);
}

/// `service::parcels::post` in docs/flow.md: some file of `crates/service/src` defines `post`.
#[test]
fn the_names_of_the_flow_are_there() {
    let page = FILES
        .iter()
        .find(|file| file.path == "docs/flow.md")
        .expect("docs/flow.md");
    let mut findings = Vec::new();
    let mut names = 0;
    for word in page.text.split('`').skip(1).step_by(2) {
        let segments: Vec<&str> = word.split("::").collect();
        let [krate, inside @ .., name] = &segments[..] else {
            continue;
        };
        let Some(module) = inside.last() else {
            continue;
        };
        names += 1;
        let folder = format!("crates/{krate}/src/");
        let holds = |file: &&File| {
            file.path.starts_with(&folder)
                && file.path.split(['/', '.']).any(|part| part == *module)
                && ["fn", "struct", "enum", "trait"]
                    .iter()
                    .any(|word| defines(&file.text, &format!("{word} {name}")))
        };
        if !source::rust().any(|file| holds(&file)) {
            findings.push(word.to_owned());
        }
    }
    assert!(
        names > 10,
        "docs/flow.md names functions as `crate::module::name`"
    );
    none_of("docs/flow.md names what is not there (any more):", findings);
}

/// `what` stands in the text as whole words.
fn defines(text: &str, what: &str) -> bool {
    let ends = |rest: &str| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    text.match_indices(what)
        .any(|(at, _)| ends(&text[at + what.len()..]))
}
