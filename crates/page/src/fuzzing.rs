//! The laws that any bytes must keep: what `fuzz/fuzz_targets/mime.rs` and a plain test over its corpus
//! call. Panics where a law is broken.

use crate::html;
use crate::letter::{Body, Letter};
use crate::limits::Limits;
use crate::names;
use crate::read::read;
use crate::sheet::{Frame, Layout, Sheet};
use crate::text::address_of;
use crate::tree::{Block, DEEPEST, Paragraph, Run};

/// Any bytes as a mail, and on to what the template would get.
///
/// # Panics
/// Where a law is broken.
pub fn run(data: &[u8]) {
    let Ok(letter) = read(data, &Limits::default()) else {
        return;
    };
    names_are_clean(&letter);
    let mut bodies = vec![letter.body.clone()];
    bodies.extend(letter.nested.iter().map(|nested| nested.body.clone()));
    // Any text may be HTML as well.
    bodies.push(Body::Html {
        html: String::from_utf8_lossy(data).into_owned(),
        plain: String::new(),
    });
    for body in &bodies {
        if let Body::Html { html, .. } = body {
            leads_nowhere_else(&html::read(html, &[]).blocks, DEEPEST + 1);
        }
    }
    let sheet = Sheet::of(&letter, Frame::default());
    for sheet in [sheet.as_plain(), sheet] {
        let layout = Layout::of(&sheet, &[], 0);
        serde_json::to_string(&layout).expect("a layout is JSON");
    }
}

fn names_are_clean(letter: &Letter) {
    for attachment in &letter.attachments {
        let name = &attachment.name;
        assert!(
            !name.is_empty() && name.len() <= names::LONGEST + 8,
            "{name:?}"
        );
        assert!(
            !name.contains(['/', '\\']) && !name.chars().any(names::invisible),
            "{name:?}"
        );
    }
}

fn leads_nowhere_else(blocks: &[Block], depth: usize) {
    assert!(depth > 0, "too deep for a typesetter");
    for block in blocks {
        let mut block = block.clone();
        if let Block::P(p) | Block::H { p, .. } = &block {
            links_are_allowed(p);
        }
        for inner in block.inside() {
            leads_nowhere_else(inner, depth - 1);
        }
    }
}

fn links_are_allowed(paragraph: &Paragraph) {
    for run in &paragraph.r {
        let url = match run {
            Run::Text { mark, .. } => &mark.u,
            Run::Picture { u, .. } | Run::Missing { u, .. } => u,
            Run::Break { .. } => continue,
        };
        if let Some(url) = url {
            assert_eq!(
                address_of(url).as_deref(),
                Some(url.as_str()),
                "a link that no page may have"
            );
        }
    }
}
