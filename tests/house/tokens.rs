//! Rust files as tokens: comments and the insides of literals do not count, and a path is found in a
//! macro's arguments as well.

use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::source::File;

/// A path as written: `crate::a::B` is `["crate", "a", "B"]`. A `use` with braces gives one each.
pub(super) struct Path {
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
    /// How many `mod name { … }` of this file stand around it.
    pub(super) depth: usize,
}

/// The tokens of a file, without the modules under `#[cfg(test)]` unless `tests`.
pub(super) fn of(file: &File, tests: bool) -> TokenStream {
    let stream = TokenStream::from_str(&file.text);
    let stream = stream.unwrap_or_else(|error| panic!("{}: {error}", file.path));
    if tests { stream } else { without_tests(stream) }
}

/// Leaves out what stands under `#[cfg(test)]`: `mod name { … }`, or anything up to its end.
fn without_tests(stream: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let is_attribute = matches!(&tree, TokenTree::Punct(p) if p.as_char() == '#');
        let is_test = matches!(trees.peek(), Some(TokenTree::Group(g))
            if g.stream().to_string().replace(' ', "") == "cfg(test)");
        if !(is_attribute && is_test) {
            kept.push(tree);
            continue;
        }
        trees.next();
        for tree in trees.by_ref() {
            let ends = match &tree {
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                TokenTree::Punct(punct) => punct.as_char() == ';',
                _ => false,
            };
            if ends {
                break;
            }
        }
    }
    kept.into_iter().collect()
}

/// Every path of the stream, groups within groups included.
pub(super) fn paths(stream: TokenStream) -> Vec<Path> {
    let mut found = Vec::new();
    walk(stream, 0, &mut found);
    found
}

/// Every macro call: its name, its arguments and its line.
pub(super) fn macros(stream: TokenStream) -> Vec<(String, TokenStream, usize)> {
    let mut found = Vec::new();
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    for (at, tree) in trees.iter().enumerate() {
        if let TokenTree::Group(group) = tree {
            if let [.., TokenTree::Ident(name), TokenTree::Punct(mark)] = &trees[..at]
                && mark.as_char() == '!'
            {
                found.push((name.to_string(), group.stream(), name.span().start().line));
            }
            found.extend(macros(group.stream()));
        }
    }
    found
}

fn walk(stream: TokenStream, depth: usize, found: &mut Vec<Path>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    while at < trees.len() {
        match &trees[at] {
            TokenTree::Ident(_) => at = path(&trees, at, &[], depth, found),
            // `pub(super)` says who may look, and is no arrow.
            TokenTree::Group(_) if is_visibility(&trees[..at]) => at += 1,
            TokenTree::Group(group) => {
                let opens_module = matches!(&trees[..at],
                    [.., TokenTree::Ident(word), TokenTree::Ident(_)] if word == "mod");
                walk(group.stream(), depth + usize::from(opens_module), found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

fn is_visibility(before: &[TokenTree]) -> bool {
    matches!(before, [.., TokenTree::Ident(word)] if word == "pub")
}

/// Reads one path from `at` behind `before`, and gives the place after it.
fn path(
    trees: &[TokenTree],
    mut at: usize,
    before: &[String],
    depth: usize,
    found: &mut Vec<Path>,
) -> usize {
    let mut segments = before.to_vec();
    let line = trees[at].span().start().line;
    loop {
        match trees.get(at) {
            Some(TokenTree::Ident(ident)) => segments.push(ident.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                for entry in entries(group.stream()) {
                    path(&entry, 0, &segments, depth, found);
                }
                return at + 1;
            }
            Some(_) if segments.len() > before.len() || !before.is_empty() => {
                found.push(Path {
                    segments,
                    line,
                    depth,
                });
                return at;
            }
            _ => return at + 1,
        }
        at += 1;
        if !is_double_colon(&trees[at.min(trees.len())..]) {
            found.push(Path {
                segments,
                line,
                depth,
            });
            return at;
        }
        at += 2;
    }
}

fn is_double_colon(trees: &[TokenTree]) -> bool {
    matches!(trees, [TokenTree::Punct(a), TokenTree::Punct(b), ..]
        if a.as_char() == ':' && b.as_char() == ':')
}

/// The parts between the commas of a `use` group.
fn entries(stream: TokenStream) -> Vec<Vec<TokenTree>> {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let is_comma = |tree: &TokenTree| matches!(tree, TokenTree::Punct(p) if p.as_char() == ',');
    trees
        .split(is_comma)
        .filter(|entry| !entry.is_empty())
        .map(<[TokenTree]>::to_vec)
        .collect()
}
