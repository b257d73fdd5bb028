//! Crates are walls, and imports run down only: `cargo metadata` against the table of ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};

use super::source::FILES;
use super::{metadata, none_of};

const HEAD: &str = "| crate | may import (of ours) | must never |";

/// Crate -> those of ours that it may import.
fn table() -> BTreeMap<String, BTreeSet<String>> {
    let page = FILES
        .iter()
        .find(|file| file.path == "ARCHITECTURE.md")
        .expect("ARCHITECTURE.md");
    let rows = page.text.lines().skip_while(|line| *line != HEAD).skip(2);
    let mut table = BTreeMap::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [names, imports, _never] = cells[..] else {
            panic!("a row of three cells: {row}")
        };
        let imports = without_brackets(imports);
        let imports: BTreeSet<String> = words(&imports)
            .filter(|word| *word != "nothing")
            .map(str::to_owned)
            .collect();
        for name in words(names) {
            let twice = table.insert(name.to_owned(), imports.clone());
            assert!(twice.is_none(), "{name} has two rows in the import table");
        }
    }
    assert!(
        !table.is_empty(),
        "the import table of ARCHITECTURE.md begins with {HEAD}"
    );
    table
}

fn words(cell: &str) -> impl Iterator<Item = &str> {
    cell.split([',', ' ', '`']).filter(|word| !word.is_empty())
}

/// Remarks in a cell stand in brackets.
fn without_brackets(cell: &str) -> String {
    let mut depth = 0;
    let outside = |c: &char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => return depth == 0,
        }
        false
    };
    cell.chars().filter(outside).collect()
}

#[test]
fn the_table_names_every_crate_and_no_other() {
    let table: BTreeSet<String> = table().into_keys().collect();
    let crates: BTreeSet<String> = metadata::ours().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(
        table, crates,
        "the import table of ARCHITECTURE.md (left), the workspace (right)"
    );
}

#[test]
fn imports_run_down_only() {
    let table = table();
    let names: BTreeSet<&str> = metadata::ours().map(|(name, _)| name).collect();
    let mut findings = Vec::new();
    for (name, package) in metadata::ours() {
        for dependency in package.dependencies.iter().filter(|d| d.path.is_some()) {
            let imported = metadata::short(&dependency.name);
            if names.contains(imported) && !table[name].contains(imported) {
                findings.push(format!("{name} imports {imported} ({:?})", dependency.kind));
            }
        }
    }
    none_of(
        "the import table of ARCHITECTURE.md does not allow it:",
        findings,
    );
}

#[test]
fn a_crate_has_one_program_of_integration_tests() {
    let mut findings = Vec::new();
    for (name, package) in metadata::ours() {
        let tests: Vec<&str> = package
            .targets
            .iter()
            .filter(|t| t.is_test())
            .map(|t| t.name.as_str())
            .collect();
        // `make check` runs the rules of the house without linking the whole house under test.
        let allowed = if name == "tests" { 2 } else { 1 };
        if tests.len() > allowed {
            findings.push(format!("{name}: {}", tests.join(", ")));
        }
    }
    none_of(
        "each program is linked anew; make them modules of one:",
        findings,
    );
}
