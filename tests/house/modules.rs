//! No circle among the modules of a crate either. Only a crate is a wall that the compiler guards, so the
//! `crate::…`, `super::…` and `self::…` paths are read here, and each must name the module that holds the
//! item: a path to a re-export of `lib.rs` would hide an arrow.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{self, File};
use super::{none_of, tokens};

/// A module's place: `[]` is `lib.rs`, `["sql", "parcels"]` is `sql/parcels.rs`.
type Module = Vec<String>;

/// The modules of each `src` folder (or of `web`-less crates like the tests' harness).
fn crates() -> BTreeMap<&'static str, BTreeMap<Module, &'static File>> {
    let mut crates: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    for file in source::rust() {
        let Some((folder, inside)) = file.path.split_once("/src/") else {
            continue;
        };
        if folder.starts_with("crates/") && !file.path.ends_with("/tests.rs") {
            crates
                .entry(folder)
                .or_default()
                .insert(module(inside), file);
        }
    }
    crates
}

fn module(inside: &str) -> Module {
    let stem = inside.strip_suffix(".rs").expect("a Rust file");
    let mut segments: Module = stem.split('/').map(str::to_owned).collect();
    if matches!(
        segments.last().map(String::as_str),
        Some("lib" | "main" | "mod")
    ) {
        segments.pop();
    }
    segments
}

/// Where a path written in `from` leads inside its crate; `None` if it leads outside.
fn absolute(
    from: &Module,
    path: &tokens::Path,
    modules: &BTreeMap<Module, &File>,
) -> Option<Module> {
    let mut rest = path.segments.as_slice();
    let mut here = from.clone();
    let first = rest.first()?;
    match first.as_str() {
        "crate" => {
            here.clear();
            rest = &rest[1..];
        }
        "self" if rest.len() > 1 => rest = &rest[1..],
        "super" => {
            // Inside `mod name { … }` the first `super` is this file itself.
            let mut inline = path.depth;
            while rest.first().is_some_and(|segment| segment == "super") {
                if inline > 0 {
                    inline -= 1;
                } else {
                    here.pop();
                }
                rest = &rest[1..];
            }
        }
        _ => {
            here.push(first.clone());
            let is_child = rest.len() > 1 && modules.contains_key(&here);
            if !is_child {
                return None;
            }
            rest = &rest[1..];
        }
    }
    here.extend(rest.iter().cloned());
    Some(here)
}

/// The module that holds the item: the longest beginning that is a module.
fn holder(path: &Module, modules: &BTreeMap<Module, &File>) -> Module {
    let mut path = path.clone();
    while !modules.contains_key(&path) && path.pop().is_some() {}
    path
}

/// Who uses whom, with the line of the first use.
fn arrows(modules: &BTreeMap<Module, &File>) -> BTreeMap<Module, BTreeMap<Module, usize>> {
    let mut arrows = BTreeMap::new();
    for (from, file) in modules {
        let to: &mut BTreeMap<Module, usize> = arrows.entry(from.clone()).or_default();
        for path in tokens::paths(tokens::of(file, false)) {
            if let Some(target) = absolute(from, &path, modules) {
                let holder = holder(&target, modules);
                if holder != *from {
                    to.entry(holder).or_insert(path.line);
                }
            }
        }
    }
    arrows
}

/// A circle through `start`, if there is one.
fn circle(
    start: &Module,
    arrows: &BTreeMap<Module, BTreeMap<Module, usize>>,
) -> Option<Vec<Module>> {
    let mut came_from: BTreeMap<&Module, &Module> = BTreeMap::new();
    let mut open = vec![start];
    while let Some(here) = open.pop() {
        for next in arrows[here].keys() {
            if next == start {
                let mut way = vec![start.clone(), here.clone()];
                let mut at = here;
                while at != start {
                    at = came_from[at];
                    way.push(at.clone());
                }
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, here);
                open.push(next);
            }
        }
    }
    None
}

fn spoken(module: &Module) -> String {
    if module.is_empty() {
        "lib".into()
    } else {
        module.join("::")
    }
}

#[test]
fn no_circle_among_the_modules_of_a_crate() {
    let mut findings = BTreeSet::new();
    for (folder, modules) in crates() {
        let arrows = arrows(&modules);
        for start in arrows.keys() {
            let Some(way) = circle(start, &arrows) else {
                continue;
            };
            // The same circle is found from each of its modules: told once, from its smallest.
            if way.iter().min() != way.first() {
                continue;
            }
            let steps = way.windows(2).map(|pair| {
                let [from, to] = pair else {
                    unreachable!("windows of two")
                };
                format!(
                    "{} (line {}) -> {}",
                    spoken(from),
                    arrows[from][to],
                    spoken(to)
                )
            });
            findings.insert(format!(
                "{folder}: {}",
                steps.collect::<Vec<_>>().join(", ")
            ));
        }
    }
    none_of(
        "put what both need into a module below both:",
        findings.into_iter().collect(),
    );
}

#[test]
fn a_circle_is_seen() {
    let file = |text: &str| File {
        path: "crates/x/src/x.rs".into(),
        text: text.into(),
    };
    let files = [
        ("lib.rs", file("mod a; mod b; mod c; pub use a::A;")),
        (
            "a.rs",
            file("use crate::{b::{B, B2}, c::C}; pub(in crate::b) struct A;"),
        ),
        (
            "b.rs",
            file(
                "pub(super) fn f() { g!(super::c::C) } #[cfg(test)] mod tests { use crate::a::A; }",
            ),
        ),
        (
            "c.rs",
            file(
                "//! Not `crate::a`.\nmod inner { use super::super::b::B; } const S: &str = \"crate::a\";",
            ),
        ),
    ];
    let modules: BTreeMap<Module, &File> = files
        .iter()
        .map(|(name, file)| (module(name), file))
        .collect();
    let arrows = arrows(&modules);
    let a = vec!["a".to_owned()];
    let b = vec!["b".to_owned()];
    assert_eq!(circle(&a, &arrows), None);
    assert_eq!(circle(&Vec::new(), &arrows), None);
    assert_eq!(
        circle(&b, &arrows).map(|way| way.len()),
        Some(3),
        "b -> c -> b"
    );
    assert_eq!(arrows[&a].len(), 2, "both entries of the braces");
}
