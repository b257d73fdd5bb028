//! What is being laid out: how things look at a place, and the paragraph that grows there.

use crate::style::{Align, Colour, Size, Style};
use crate::tree::{Block, Mark, Paragraph, Run};

/// Width of the page's text, in pixels of CSS.
const ROOM: f32 = 634.0;
/// Points to a pixel.
pub(crate) const POINTS: f32 = 0.75;
/// Letters of the page, in pixels.
const BASE: f32 = 16.0;

/// How things look at a place, inherited from what is around.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub(crate) mark: Mark,
    pub(crate) align: Option<Align>,
    pub(crate) rtl: bool,
    pub(crate) lang: Option<String>,
    pub(crate) pre: bool,
    pub(crate) px: f32,
    pub(crate) colour: Colour,
    pub(crate) back: Colour,
    /// Pixels across.
    pub(crate) room: f32,
    pub(crate) depth: usize,
    pub(crate) nested: usize,
    pub(crate) tables: usize,
    /// Paragraphs follow each other without gaps.
    pub(crate) tight: bool,
}

impl Look {
    pub(crate) fn page() -> Look {
        Look {
            mark: Mark::default(),
            align: None,
            rtl: false,
            lang: None,
            pre: false,
            px: BASE,
            colour: Colour::INK,
            back: Colour::PAPER,
            room: ROOM,
            depth: 0,
            nested: 0,
            tables: 0,
            tight: true,
        }
    }

    /// What an element states on top.
    pub(crate) fn with(&self, style: &Style) -> Look {
        let mut look = self.clone();
        look.mark.b = style.bold.unwrap_or(look.mark.b);
        look.mark.i = style.italic.unwrap_or(look.mark.i);
        look.mark.ul |= style.underline.unwrap_or(false);
        look.mark.st |= style.strike.unwrap_or(false);
        look.mark.m = style.mono.unwrap_or(look.mark.m);
        look.align = style.align.or(look.align);
        look.rtl = style.rtl.unwrap_or(look.rtl);
        look.pre = style.pre.unwrap_or(look.pre);
        look.colour = style.colour.unwrap_or(look.colour);
        look.back = style.background.unwrap_or(look.back);
        look.px = match style.size {
            Some(Size::Px(px)) => px,
            Some(Size::Times(times)) => look.px * times,
            None => look.px,
        };
        look.px = look.px.clamp(10.0, 40.0);
        look
    }

    /// The mark of text here; colours that nobody could read become readable.
    pub(crate) fn marked(&self) -> Mark {
        let pt = self.px * POINTS;
        let dark = self.back.luminance() < 0.2;
        let legible = self.colour.contrast(self.back) >= 2.0;
        let colour = match (legible, dark) {
            (true, _) => self.colour,
            (false, true) => Colour::PAPER,
            (false, false) => Colour::INK,
        };
        Mark {
            s: ((pt - BASE * POINTS).abs() > 0.4).then_some((pt * 4.0).round() / 4.0),
            c: (dark || colour.luminance() > 0.02).then_some(colour),
            ..self.mark.clone()
        }
    }
}

/// What has been laid out so far, at one place.
#[derive(Default)]
pub(crate) struct Flow {
    pub(crate) blocks: Vec<Block>,
    pub(crate) runs: Vec<Run>,
    /// The last character was a blank, or a line begins.
    pub(crate) blank: bool,
    /// The next paragraph keeps its distance.
    pub(crate) gap: bool,
}

impl Flow {
    /// Ends the paragraph.
    pub(crate) fn end(&mut self, look: &Look) {
        let mut runs = std::mem::take(&mut self.runs);
        self.blank = true;
        trim_end(&mut runs);
        for (index, part) in split_at_empty_lines(runs).into_iter().enumerate() {
            let paragraph = Paragraph {
                r: part,
                a: look.align.filter(|a| *a != Align::Start),
                rtl: look.rtl,
                lang: look.lang.clone(),
                tight: false,
            };
            if paragraph.is_blank() {
                self.gap |= !paragraph.r.is_empty();
                continue;
            }
            let tight = look.tight && !self.gap && index == 0;
            self.blocks.push(Block::P(Paragraph { tight, ..paragraph }));
            self.gap = !look.tight;
        }
    }

    /// A block that is no paragraph.
    pub(crate) fn push(&mut self, block: Block) {
        self.gap = true;
        self.blocks.push(block);
    }

    pub(crate) fn finish(mut self) -> Vec<Block> {
        let look = Look::page();
        self.end(&look);
        self.blocks
    }

    pub(crate) fn run(&mut self, run: Run) {
        if let (Some(Run::Text { t: last, mark: a }), Run::Text { t, mark: b }) =
            (self.runs.last_mut(), &run)
            && a == b
        {
            last.push_str(t);
            return;
        }
        self.runs.push(run);
    }
}

/// Blanks and one break at the end of a block are nothing.
fn trim_end(runs: &mut Vec<Run>) {
    let blank = |run: &Run| matches!(run, Run::Text { t, .. } if t.chars().all(|c| c == ' '));
    while runs.last().is_some_and(blank) {
        runs.pop();
    }
    if runs.len() > 1 && matches!(runs.last(), Some(Run::Break { .. })) {
        runs.pop();
    }
}

/// Two breaks after each other are what people mean by a paragraph.
fn split_at_empty_lines(runs: Vec<Run>) -> Vec<Vec<Run>> {
    let mut parts = vec![Vec::new()];
    let mut breaks = 0;
    for run in runs {
        let empty = matches!(&run, Run::Text { t, .. } if t.trim().is_empty());
        match run {
            Run::Break { .. } => breaks += 1,
            _ if empty && breaks > 0 => {}
            run => {
                if breaks >= 2 {
                    parts.push(Vec::new());
                }
                let last = parts.len() - 1;
                if breaks == 1 && !parts[last].is_empty() {
                    parts[last].push(Run::Break { br: true });
                }
                breaks = 0;
                parts[last].push(run);
            }
        }
    }
    if parts.len() == 1 && parts[0].is_empty() && breaks > 0 {
        parts[0].push(Run::Break { br: true });
    }
    parts
}
