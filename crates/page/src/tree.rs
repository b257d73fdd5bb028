//! A body as blocks and runs: what a page can show, and nothing else.
//!
//! Lengths are points. What is serialised goes to the template as data.

use serde::Serialize;

use crate::style::{Align, Colour, Vertical};

/// A body, laid out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tree {
    /// From top to bottom.
    pub blocks: Vec<Block>,
    /// Pictures of the web that were not fetched.
    pub remote: u32,
}

/// What stands alone on its lines.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "k", rename_all = "lowercase")]
pub enum Block {
    /// A paragraph.
    P(Paragraph),
    /// A heading; levels are put right when all is known.
    H {
        /// 1 to 6.
        n: u8,
        /// Its text.
        #[serde(flatten)]
        p: Paragraph,
    },
    /// A list.
    List {
        /// The first number, if it counts.
        #[serde(skip_serializing_if = "Option::is_none")]
        first: Option<u32>,
        /// What each point says.
        items: Vec<Vec<Block>>,
    },
    /// Somebody else's words.
    Quote {
        /// What they said.
        b: Vec<Block>,
    },
    /// Something on a ground of its own, or in a frame.
    Ground {
        /// What stands there.
        b: Vec<Block>,
        /// Its ground.
        #[serde(skip_serializing_if = "Option::is_none")]
        fill: Option<Colour>,
        /// Its frame.
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<Colour>,
        /// Room inside: top, right, bottom, left.
        pad: [f32; 4],
        /// As wide as what it holds: a button.
        #[serde(skip_serializing_if = "is_false")]
        fit: bool,
        /// Follows without a gap.
        #[serde(skip_serializing_if = "is_false")]
        tight: bool,
        /// Where it stands, if it does not take the whole width.
        #[serde(skip_serializing_if = "is_start")]
        a: Align,
    },
    /// A line across.
    Rule,
    /// Lines as they are, in a monospaced letter.
    Pre {
        /// One after the other.
        lines: Vec<String>,
    },
    /// Very many lines, in small monospaced letters.
    Log {
        /// One after the other.
        lines: Vec<String>,
    },
    /// A table.
    Table(Table),
}

/// A paragraph's text and how it stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Paragraph {
    /// Its text.
    pub r: Vec<Run>,
    /// Where its lines stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<Align>,
    /// From right to left.
    #[serde(skip_serializing_if = "is_false")]
    pub rtl: bool,
    /// The language, as stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    /// Follows and is followed without a gap.
    #[serde(skip_serializing_if = "is_false")]
    pub tight: bool,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Run {
    /// Text.
    Text {
        /// What it says.
        t: String,
        /// How it looks.
        #[serde(flatten)]
        mark: Mark,
    },
    /// A new line.
    Break {
        /// Always true.
        br: bool,
    },
    /// A picture of the mail.
    Picture {
        /// Its place in the list of pictures.
        img: usize,
        /// What it shows, in words; empty: nothing that matters.
        alt: String,
        /// Width in points.
        #[serde(skip_serializing_if = "Option::is_none")]
        w: Option<f32>,
        /// Height in points.
        #[serde(skip_serializing_if = "Option::is_none")]
        h: Option<f32>,
        /// At most so wide.
        most: f32,
        /// Where it leads.
        #[serde(skip_serializing_if = "Option::is_none")]
        u: Option<String>,
    },
    /// A picture that is not there, in words.
    Missing {
        /// What it would show.
        missing: String,
        /// Where it leads.
        #[serde(skip_serializing_if = "Option::is_none")]
        u: Option<String>,
    },
}

/// How letters look.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Mark {
    /// Bold.
    #[serde(skip_serializing_if = "is_false")]
    pub b: bool,
    /// Italic.
    #[serde(skip_serializing_if = "is_false")]
    pub i: bool,
    /// Underlined.
    #[serde(skip_serializing_if = "is_false")]
    pub ul: bool,
    /// Struck through.
    #[serde(skip_serializing_if = "is_false")]
    pub st: bool,
    /// Monospaced.
    #[serde(skip_serializing_if = "is_false")]
    pub m: bool,
    /// Above the line.
    #[serde(skip_serializing_if = "is_false")]
    pub sup: bool,
    /// Below the line.
    #[serde(skip_serializing_if = "is_false")]
    pub sub: bool,
    /// Size in points, where it is not the page's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s: Option<f32>,
    /// Colour, where it is not the page's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c: Option<Colour>,
    /// Ground, as of a marker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub g: Option<Colour>,
    /// Where it leads: `https`, `http`, `mailto`, `tel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub u: Option<String>,
    /// The language, where it is not the paragraph's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

/// A table, of data or for the looks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// Rows and columns mean something.
    pub data: bool,
    /// Rows of the head.
    pub head: usize,
    /// One for each column: parts of the width, points, or as wide as it holds.
    pub columns: Vec<Column>,
    /// Rows in all.
    pub rows: usize,
    /// Its lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<Colour>,
    /// Its ground.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fill: Option<Colour>,
    /// Points between cells.
    #[serde(skip_serializing_if = "is_zero")]
    pub gap: f32,
    /// Where it stands.
    #[serde(skip_serializing_if = "is_start")]
    pub a: Align,
    /// Cell by cell.
    pub cells: Vec<Cell>,
}

/// The width of a column.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Column {
    /// A part of what is left.
    Fr(f32),
    /// Points.
    Pt(f32),
    /// What it holds.
    Auto,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    /// Its column.
    pub x: usize,
    /// Its row.
    pub y: usize,
    /// Columns it takes.
    pub w: usize,
    /// Rows it takes.
    pub h: usize,
    /// What stands there.
    pub b: Vec<Block>,
    /// Its ground.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fill: Option<Colour>,
    /// Where its text stands, across.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<Align>,
    /// Where its text stands, up and down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub v: Option<Vertical>,
    /// Room inside: top, right, bottom, left.
    pub pad: [f32; 4],
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(value: &f32) -> bool {
    *value == 0.0
}

fn is_start(value: &Align) -> bool {
    *value == Align::Start
}

impl Paragraph {
    /// Whether nothing is to be seen.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.r.iter().all(|run| match run {
            Run::Text { t, .. } => t.trim().is_empty(),
            Run::Break { .. } => true,
            Run::Picture { .. } | Run::Missing { .. } => false,
        })
    }
}

impl Run {
    /// Plain text.
    #[must_use]
    pub fn plain(text: &str) -> Run {
        Run::Text {
            t: text.to_owned(),
            mark: Mark::default(),
        }
    }
}

impl Block {
    /// The blocks inside, list by list.
    pub fn inside(&mut self) -> Vec<&mut Vec<Block>> {
        match self {
            Block::Quote { b } | Block::Ground { b, .. } => vec![b],
            Block::List { items, .. } => items.iter_mut().collect(),
            Block::Table(table) => table.cells.iter_mut().map(|cell| &mut cell.b).collect(),
            _ => Vec::new(),
        }
    }
}

/// Headings below `under`, one level deeper than the last at most: PDF/UA refuses jumps.
pub fn order_headings(blocks: &mut [Block], under: u8) {
    let mut last = under;
    order(blocks, under, &mut last);
}

fn order(blocks: &mut [Block], under: u8, last: &mut u8) {
    for block in blocks {
        if let Block::H { n, .. } = block {
            *n = (*n + under).clamp(under + 1, (*last + 1).min(6));
            *last = *n;
        }
        for inner in block.inside() {
            order(inner, under, last);
        }
    }
}

/// Blocks inside blocks that a typesetter follows; what lies deeper stands beside what it lay in.
pub const DEEPEST: usize = 14;

/// Takes out what lies too deep, and keeps what it says.
pub fn level(blocks: &mut Vec<Block>, depth: usize) {
    if depth == 0 {
        let mut flat = Vec::with_capacity(blocks.len());
        let mut rest: Vec<Block> = std::mem::take(blocks);
        rest.reverse();
        while let Some(mut block) = rest.pop() {
            let inside: Vec<Block> = block
                .inside()
                .into_iter()
                .flat_map(std::mem::take)
                .collect();
            if inside.is_empty() {
                flat.push(block);
            } else {
                rest.extend(inside.into_iter().rev());
            }
        }
        flat.retain(|block| {
            matches!(
                block,
                Block::P(_) | Block::H { .. } | Block::Rule | Block::Pre { .. } | Block::Log { .. }
            )
        });
        *blocks = flat;
        return;
    }
    for block in blocks {
        for inner in block.inside() {
            level(inner, depth - 1);
        }
    }
}
