//! HTML as a tree. An allow-list by construction: each element that is known becomes a block or a run, of each
//! other one its text stays, and what could load, run, move or hide is passed over.
//!
//! Pictures come only from the mail itself; links lead to the web, to people and nowhere else.

use css_inline::CSSInliner;
use scraper::node::Element;
use scraper::{Html, Node};

use crate::element::{Shown, disguised, emphasis, inline, language, measure, passed_over, stated};
use crate::flow::{Flow, Look, POINTS};
use crate::style::{self, Align, Style};
use crate::table::{self, At};
use crate::text;
use crate::tree::{self, Block, Mark, Run, Tree};

/// Pieces of text of one body; what is over goes on without looks.
const RUNS: usize = 10_000;
/// Elements inside elements that are followed; below, only text is taken.
const DEEPEST: usize = 200;
/// Quotes and lists inside each other that are drawn.
const NESTED: usize = 12;
/// Tables inside tables that are drawn.
const TABLES: usize = 8;
/// Rows of all tables; what is over goes on as plain lines.
const ROWS: usize = 2_000;
/// A `text/html` body.
#[must_use]
pub fn read(html: &str, pictures: &[Shown]) -> Tree {
    let inliner = CSSInliner::options().load_remote_stylesheets(false).build();
    let inlined = inliner.inline(html);
    let document = Html::parse_document(inlined.as_deref().unwrap_or(html));
    let mut builder = Builder {
        pictures,
        runs: 0,
        rows: 0,
        remote: 0,
    };
    let mut flow = Flow::default();
    builder.node(document.tree.root(), &Look::page(), &mut flow);
    let mut blocks = flow.finish();
    tree::level(&mut blocks, tree::DEEPEST);
    Tree {
        blocks,
        remote: builder.remote,
    }
}

pub(crate) struct Builder<'p> {
    pictures: &'p [Shown],
    runs: usize,
    pub(crate) rows: usize,
    remote: u32,
}

impl Builder<'_> {
    pub(crate) fn children(&mut self, at: At<'_>, look: &Look, flow: &mut Flow) {
        if look.depth >= DEEPEST {
            for inner in at.descendants() {
                if let Node::Text(text) = inner.value() {
                    self.text(text, look, flow);
                }
            }
            return;
        }
        let look = Look {
            depth: look.depth + 1,
            ..look.clone()
        };
        for child in at.children() {
            self.node(child, &look, flow);
        }
    }

    fn node(&mut self, at: At<'_>, look: &Look, flow: &mut Flow) {
        match at.value() {
            Node::Text(text) => self.text(text, look, flow),
            Node::Element(element) => self.element(at, element, look, flow),
            Node::Document | Node::Fragment => self.children(at, look, flow),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, look: &Look, flow: &mut Flow) {
        self.runs += 1;
        let mark = if self.runs > RUNS {
            Mark::default()
        } else {
            look.marked()
        };
        if look.pre {
            for (index, line) in text.split('\n').enumerate() {
                if index > 0 {
                    flow.run(Run::Break { br: true });
                }
                let line = text::printable(line).replace("  ", " \u{a0}");
                if !line.is_empty() {
                    flow.run(Run::Text {
                        t: text::breakable(&line),
                        mark: mark.clone(),
                    });
                }
            }
            flow.blank = text.ends_with('\n');
            return;
        }
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            if matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}') {
                if !flow.blank {
                    out.push(' ');
                }
                flow.blank = true;
            } else {
                out.push(c);
                flow.blank = false;
            }
        }
        if !out.is_empty() {
            let t = text::breakable(&text::printable(&out));
            flow.run(Run::Text { t, mark });
        }
    }

    fn element(&mut self, at: At<'_>, element: &Element, look: &Look, flow: &mut Flow) {
        let name = element.name();
        if passed_over(name) || element.attr("hidden").is_some() {
            return;
        }
        let style = stated(element);
        if style.hidden {
            return;
        }
        let mut inner = look.with(&style);
        if let Some(lang) = element.attr("lang").or(element.attr("xml:lang")) {
            inner.lang = language(lang).or(inner.lang);
            if inline(name) {
                inner.mark.lang.clone_from(&inner.lang);
            }
        }
        match name {
            "br" => {
                flow.run(Run::Break { br: true });
                flow.blank = true;
            }
            "img" => self.picture(element, &style, &inner, flow),
            "a" => self.link(at, element, inner, flow),
            _ if inline(name) || style.inline && !matches!(name, "table" | "td" | "th") => {
                emphasis(name, element, &mut inner);
                if style.background.is_some_and(|g| g != look.back) {
                    inner.mark.g = style.background;
                }
                self.children(at, &inner, flow);
            }
            _ => self.block(at, element, &style, inner, look, flow),
        }
    }

    fn block(
        &mut self,
        at: At<'_>,
        element: &Element,
        style: &Style,
        mut inner: Look,
        outer: &Look,
        flow: &mut Flow,
    ) {
        let name = element.name();
        flow.end(outer);
        inner.tight = match name {
            "p" => style.tight.unwrap_or(false),
            "div" | "section" | "article" | "center" => true,
            _ => outer.tight,
        };
        match name {
            "hr" => flow.push(Block::Rule),
            "pre" | "listing" | "xmp" => self.preformatted(at, &inner, flow),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => self.heading(at, name, style, inner, flow),
            "ul" | "ol" | "menu" | "dir" if inner.nested < NESTED => {
                self.list(at, element, &inner, flow);
            }
            "blockquote" if inner.nested < NESTED => self.quote(at, inner, flow),
            "table" if inner.tables < TABLES => self.table(at, element, style, &inner, flow),
            _ => {
                if name == "center" {
                    inner.align = Some(Align::Center);
                }
                if name == "dt" {
                    inner.mark.b = true;
                }
                self.ground(at, style, inner, outer, flow);
            }
        }
    }

    /// A block, on a ground of its own if it states one.
    fn ground(&mut self, at: At<'_>, style: &Style, inner: Look, outer: &Look, flow: &mut Flow) {
        if style.top.is_some() && style.border.is_none() && style.left.is_none() {
            flow.push(Block::Rule);
        }
        if style.left.is_some() && style.border.is_none() && inner.nested < NESTED {
            return self.quote(at, inner, flow);
        }
        let fill = style
            .background
            .filter(|fill| fill.contrast(outer.back) > 1.02);
        if fill.is_none() && style.border.is_none() || outer.depth < 3 {
            self.children(at, &inner, flow);
            return flow.end(&inner);
        }
        let mut inside = Flow::default();
        self.children(at, &inner, &mut inside);
        inside.end(&inner);
        if !inside.blocks.is_empty() {
            flow.push(Block::Ground {
                b: inside.finish(),
                fill,
                line: style.border,
                pad: table::points(style.padding.unwrap_or([8.0; 4])),
                fit: false,
                tight: false,
                join: false,
                a: Align::Start,
            });
        }
    }

    fn heading(&mut self, at: At<'_>, name: &str, style: &Style, mut inner: Look, flow: &mut Flow) {
        let n = name
            .as_bytes()
            .get(1)
            .map_or(6, |digit| digit.saturating_sub(b'0').clamp(1, 6));
        if style.size.is_none() {
            inner.px = [28.0, 22.0, 19.0, 17.0, 16.0, 16.0][usize::from(n) - 1];
        }
        inner.mark.b = style.bold.unwrap_or(true);
        inner.tight = false;
        let mut inside = Flow::default();
        self.children(at, &inner, &mut inside);
        inside.end(&inner);
        for block in inside.finish() {
            flow.push(match block {
                Block::P(p) => Block::H { n, p },
                other => other,
            });
        }
    }

    fn quote(&mut self, at: At<'_>, mut inner: Look, flow: &mut Flow) {
        inner.nested += 1;
        inner.room -= 24.0;
        inner.tight = true;
        let mut inside = Flow::default();
        self.children(at, &inner, &mut inside);
        inside.end(&inner);
        if !inside.blocks.is_empty() {
            flow.push(Block::Quote { b: inside.finish() });
        }
    }

    fn list(&mut self, at: At<'_>, element: &Element, look: &Look, flow: &mut Flow) {
        let mut inner = look.clone();
        inner.nested += 1;
        inner.room -= 24.0;
        inner.tight = true;
        let mut items: Vec<Vec<Block>> = Vec::new();
        for child in at.children() {
            let mut inside = Flow {
                blank: true,
                ..Flow::default()
            };
            match child.value() {
                Node::Element(e) if e.name() == "li" => {
                    let style = stated(e);
                    if style.hidden {
                        continue;
                    }
                    let item = inner.with(&style);
                    self.children(child, &item, &mut inside);
                    inside.end(&item);
                }
                _ => {
                    self.node(child, &inner, &mut inside);
                    inside.end(&inner);
                    // A list inside a list belongs to the point before it.
                    if let Some(last) = items.last_mut() {
                        last.append(&mut inside.blocks);
                        continue;
                    }
                }
            }
            if !inside.blocks.is_empty() {
                items.push(inside.finish());
            }
        }
        if !items.is_empty() {
            let start = element
                .attr("start")
                .and_then(|s| s.trim().parse().ok())
                .unwrap_or(1);
            let first = (element.name() == "ol").then_some(start);
            flow.push(Block::List { first, items });
        }
    }

    fn table(
        &mut self,
        at: At<'_>,
        element: &Element,
        style: &Style,
        look: &Look,
        flow: &mut Flow,
    ) {
        let grid = table::grid(at);
        let plan = table::Plan::of(&grid, element, style, look.room);
        let mut inner = look.clone();
        inner.tables += 1;
        inner.tight = true;
        inner.align = None;
        let mut filled = Vec::new();
        for placed in &grid.cells {
            let row = inner.with(&stated(placed.row));
            let own = stated(placed.cell);
            if own.hidden || self.rows + placed.y >= ROWS {
                continue;
            }
            let mut cell = row.with(&own);
            cell.mark.b |= placed.head;
            let pad = plan.pad(&own);
            cell.room = (plan.room(placed) - pad[1] - pad[3]).max(16.0);
            if plan.data && placed.head && cell.align.is_none() {
                cell.align = Some(Align::Start);
            }
            let mut inside = Flow {
                blank: true,
                ..Flow::default()
            };
            self.children(placed.at, &cell, &mut inside);
            inside.end(&cell);
            let fill = (cell.back != look.back).then_some(cell.back);
            filled.push(table::Filled::new(placed, &own, inside.finish(), fill, pad));
        }
        let before = self.rows;
        for placed in grid.cells.iter().filter(|c| before + c.y >= ROWS) {
            let plain = Look {
                depth: usize::MAX,
                ..inner.clone()
            };
            self.children(placed.at, &plain, flow);
            flow.run(Run::plain(" · "));
        }
        self.rows += grid.rows;
        flow.end(&inner);
        for block in table::blocks(&grid, &plan, filled, look.back) {
            flow.push(block);
        }
        for caption in grid.captions {
            self.children(caption, look, flow);
            flow.end(look);
        }
    }

    fn preformatted(&mut self, at: At<'_>, look: &Look, flow: &mut Flow) {
        let mut all = String::new();
        for inner in at.descendants() {
            match inner.value() {
                Node::Text(text) => all.push_str(text),
                Node::Element(e) if e.name() == "br" => all.push('\n'),
                _ => {}
            }
        }
        self.runs += 1;
        let lines = text::read(&all, false).blocks;
        match lines.as_slice() {
            [Block::Log { .. }] => lines.into_iter().for_each(|block| flow.push(block)),
            _ if all.trim().is_empty() => {}
            _ => {
                let lines = all.trim_matches('\n').lines();
                let lines = lines.map(|line| text::breakable(&text::printable(line)));
                flow.push(Block::Pre {
                    lines: lines.collect(),
                });
            }
        }
        flow.end(look);
    }

    fn link(&mut self, at: At<'_>, element: &Element, mut inner: Look, flow: &mut Flow) {
        let url = element.attr("href").and_then(text::address_of);
        inner.mark.u.clone_from(&url);
        let from = flow.runs.len();
        self.children(at, &inner, flow);
        // A text that looks like one address and leads to another says where it leads.
        let Some(url) = url else { return };
        let shown: String = flow.runs[from.min(flow.runs.len())..]
            .iter()
            .map(|run| {
                if let Run::Text { t, .. } = run {
                    t.as_str()
                } else {
                    ""
                }
            })
            .collect();
        if let Some(host) = disguised(&shown, &url) {
            let mark = Mark {
                s: inner.marked().s,
                ..Mark::default()
            };
            flow.run(Run::Text {
                t: format!(" [{host}]"),
                mark,
            });
        }
    }

    fn picture(&mut self, element: &Element, style: &Style, look: &Look, flow: &mut Flow) {
        let src = element.attr("src").unwrap_or_default().trim();
        let alt = crate::headers::clean(element.attr("alt").unwrap_or_default());
        let stated = style.width.or_else(|| style::width(element.attr("width")?));
        let height = style
            .height
            .or_else(|| style::length(element.attr("height")?));
        let u = look.mark.u.clone();
        let cid = crate::names::cut(src, 4)
            .eq_ignore_ascii_case("cid:")
            .then(|| &src[4..]);
        let found = cid.and_then(|id| self.pictures.iter().position(|p| p.id == id));
        flow.blank = false;
        let Some(index) = found else {
            let pixel = matches!(stated, Some(style::Width::Px(px)) if px < 3.0)
                || height.is_some_and(|px| px < 3.0);
            if !pixel && cid.is_none() {
                self.remote += 1;
            }
            if !pixel && !alt.is_empty() {
                flow.run(Run::Missing { missing: alt, u });
            }
            return;
        };
        let natural = &self.pictures[index];
        let (w, h) = measure(natural, stated, height, look.room);
        flow.run(Run::Picture {
            img: index,
            alt,
            w: Some(w * POINTS),
            h: h.map(|h| h * POINTS),
            most: look.room * POINTS,
            u,
        });
    }
}

#[cfg(test)]
mod tests;
