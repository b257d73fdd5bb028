//! Tables: those of data, those for the looks, and those that are but a box or a button.

use std::collections::BTreeSet;

use scraper::Node;
use scraper::node::Element;

use crate::element::stated;
use crate::flow::POINTS;
use crate::style::{self, Align, Colour, Style, Vertical, Width};
use crate::tree::{Block, Cell, Column, Paragraph, Run, Table};

/// A place in the document.
pub(crate) type At<'a> = ego_tree::NodeRef<'a, Node>;

/// Columns of one table.
const COLUMNS: usize = 60;
/// Rows that one cell may span.
const SPAN: usize = 200;
/// Rows after which a long table is set as another one: typesetting is not linear.
const PIECE: usize = 200;
/// Letters of a button.
const BUTTON: usize = 60;

/// A table's cells, each in its place.
pub(crate) struct Grid<'a> {
    pub(crate) cells: Vec<Placed<'a>>,
    pub(crate) captions: Vec<At<'a>>,
    pub(crate) columns: usize,
    pub(crate) rows: usize,
    /// Rows of `thead`.
    head: usize,
}

/// A cell in its place.
pub(crate) struct Placed<'a> {
    pub(crate) at: At<'a>,
    pub(crate) cell: &'a Element,
    pub(crate) row: &'a Element,
    pub(crate) x: usize,
    pub(crate) y: usize,
    w: usize,
    h: usize,
    pub(crate) head: bool,
}

/// The rows of this table, not of those inside it.
pub(crate) fn grid(at: At<'_>) -> Grid<'_> {
    let mut grid = Grid {
        cells: Vec::new(),
        captions: Vec::new(),
        columns: 0,
        rows: 0,
        head: 0,
    };
    let mut taken = BTreeSet::new();
    let mut foot = Vec::new();
    for child in at.children() {
        let Node::Element(element) = child.value() else {
            continue;
        };
        match element.name() {
            "caption" => grid.captions.push(child),
            "tr" => grid.row(child, element, &mut taken),
            "tfoot" => foot.push(child),
            "thead" | "tbody" => {
                grid.group(child, &mut taken);
                if element.name() == "thead" && grid.head == 0 {
                    grid.head = grid.rows;
                }
            }
            _ => {}
        }
    }
    for group in foot {
        grid.group(group, &mut taken);
    }
    let rows = grid.rows;
    for cell in &mut grid.cells {
        cell.h = cell.h.min(rows - cell.y);
    }
    grid
}

impl<'a> Grid<'a> {
    fn group(&mut self, at: At<'a>, taken: &mut BTreeSet<(usize, usize)>) {
        for child in at.children() {
            if let Node::Element(element) = child.value()
                && element.name() == "tr"
            {
                self.row(child, element, taken);
            }
        }
    }

    fn row(&mut self, at: At<'a>, row: &'a Element, taken: &mut BTreeSet<(usize, usize)>) {
        if stated(row).hidden {
            return;
        }
        let y = self.rows;
        let mut x = 0;
        for child in at.children() {
            let Node::Element(cell) = child.value() else {
                continue;
            };
            if !matches!(cell.name(), "td" | "th") {
                continue;
            }
            while taken.contains(&(y, x)) {
                x += 1;
            }
            if x >= COLUMNS {
                break;
            }
            let span = |name, most: usize| {
                let stated = cell
                    .attr(name)
                    .and_then(|s| s.trim().parse().ok())
                    .unwrap_or(1);
                std::cmp::Ord::clamp(stated, 1, most)
            };
            let free = (x..COLUMNS)
                .take_while(|x| !taken.contains(&(y, *x)))
                .count();
            let (w, h) = (span("colspan", free), span("rowspan", SPAN));
            taken.extend((1..h).flat_map(|down| (x..x + w).map(move |x| (y + down, x))));
            self.cells.push(Placed {
                at: child,
                cell,
                row,
                x,
                y,
                w,
                h,
                head: cell.name() == "th",
            });
            x += w;
            self.columns = self.columns.max(x);
        }
        taken.retain(|(row, _)| *row > y);
        self.rows += 1;
    }
}

/// What is known of a table before its cells are filled.
pub(crate) struct Plan {
    pub(crate) data: bool,
    line: Option<Colour>,
    fill: Option<Colour>,
    padding: Option<f32>,
    gap: f32,
    align: Align,
    /// The table's width in pixels, if stated.
    width: Option<f32>,
    columns: Vec<Option<f32>>,
    around: f32,
}

impl Plan {
    pub(crate) fn of(grid: &Grid<'_>, element: &Element, style: &Style, room: f32) -> Plan {
        let attribute = |name: &str| element.attr(name).and_then(style::length);
        let edged = grid.cells.iter().find_map(|cell| {
            let style = stated(cell.cell);
            style.border.or(style.top).or(style.left)
        });
        let border = attribute("border").is_some_and(|px| px > 0.0);
        let colour = element.attr("bordercolor").and_then(style::colour);
        let looks = element
            .attr("role")
            .is_some_and(|role| role.contains("presentation"));
        let head = grid.head > 0 || grid.cells.iter().any(|cell| cell.head);
        let width = style.width.or_else(|| style::width(element.attr("width")?));
        // What nearly fills the page fills it.
        let width = width.map(|width| in_pixels(width, room));
        let width = width.map(|px| if px > room * 0.8 { room } else { px });
        let columns = (0..grid.columns).map(|x| {
            let alone = grid.cells.iter().filter(|cell| cell.x == x && cell.w == 1);
            alone.take(50).find_map(|cell| {
                let own = stated(cell.cell).width;
                let stated = own.or_else(|| style::width(cell.cell.attr("width")?));
                stated.map(|w| in_pixels(w, width.unwrap_or(room)))
            })
        });
        let default = Colour([0xc8, 0xd2, 0xd6]);
        Plan {
            data: !looks && grid.columns > 1 && (head || border || edged.is_some()),
            line: edged.or((border || style.border.is_some())
                .then(|| colour.or(style.border).unwrap_or(default))),
            fill: style.background,
            padding: attribute("cellpadding"),
            gap: attribute("cellspacing").unwrap_or(0.0).min(16.0),
            align: element
                .attr("align")
                .and_then(style::align)
                .unwrap_or(Align::Start),
            width,
            columns: columns.collect(),
            around: room,
        }
    }

    /// Room inside a cell, in pixels.
    pub(crate) fn pad(&self, cell: &Style) -> [f32; 4] {
        let least = if self.data { 3.0 } else { 0.0 };
        let own = cell.padding.or(self.padding.map(|px| [px; 4]));
        own.unwrap_or([if self.data { 5.0 } else { 1.0 }; 4])
            .map(|px| px.clamp(least, 32.0))
    }

    /// Pixels across that a cell will have, as far as that is known.
    pub(crate) fn room(&self, placed: &Placed<'_>) -> f32 {
        let all = self.width.unwrap_or(self.around).min(self.around);
        let known: f32 = self.columns.iter().flatten().sum();
        let open = self.columns.iter().filter(|c| c.is_none()).count();
        let share = (all - known).max(0.0) / count(open.max(1));
        let scale = if known > all { all / known } else { 1.0 };
        let own = self.columns[placed.x..placed.x + placed.w].iter();
        let own: f32 = own.map(|c| c.map_or(share, |px| px * scale)).sum();
        if open == 0 && known > 0.0 && known < all {
            own * all / known
        } else {
            own
        }
    }
}

fn in_pixels(width: Width, room: f32) -> f32 {
    match width {
        Width::Px(px) => px.min(room),
        Width::Percent(part) => room * part / 100.0,
    }
}

/// A cell with what stands in it.
pub(crate) struct Filled {
    cell: Cell,
    head: bool,
    line: Option<Colour>,
}

impl Filled {
    pub(crate) fn new(
        placed: &Placed<'_>,
        style: &Style,
        blocks: Vec<Block>,
        fill: Option<Colour>,
        pad: [f32; 4],
    ) -> Filled {
        let vertical = style
            .vertical
            .or_else(|| style::vertical(placed.cell.attr("valign")?));
        Filled {
            cell: Cell {
                x: placed.x,
                y: placed.y,
                w: placed.w,
                h: placed.h,
                b: blocks,
                fill,
                a: None,
                v: vertical,
                pad: points(pad),
            },
            head: placed.head,
            line: style.border,
        }
    }
}

/// Room inside, as points, within reason.
pub(crate) fn points(pixels: [f32; 4]) -> [f32; 4] {
    pixels.map(|px| px.clamp(0.0, 32.0) * POINTS)
}

/// The table, as blocks.
pub(crate) fn blocks(
    grid: &Grid<'_>,
    plan: &Plan,
    mut filled: Vec<Filled>,
    back: Colour,
) -> Vec<Block> {
    filled.retain(|f| plan.data || !f.cell.b.is_empty() || f.cell.fill.is_some());
    if filled.iter().all(|f| f.cell.b.is_empty()) {
        return Vec::new();
    }
    if grid.columns == 1 {
        return stacked(plan, filled, back);
    }
    let head = head_rows(grid, plan, &filled);
    let columns = columns(plan, grid.columns, &filled);
    let mut cells: Vec<Cell> = filled.into_iter().map(|f| f.cell).collect();
    if plan.data {
        for cell in &mut cells {
            cell.v.get_or_insert(Vertical::Top);
        }
    }
    let table = Table {
        data: plan.data,
        head,
        columns,
        rows: grid.rows,
        line: plan.line.filter(|_| plan.data),
        fill: plan.fill.filter(|fill| fill.contrast(back) > 1.02),
        gap: if plan.data { 0.0 } else { plan.gap * POINTS },
        a: plan.align,
        cells,
    };
    pieces(table)
}

/// One column: boxes on top of each other, a button, or nothing but what is inside.
fn stacked(plan: &Plan, filled: Vec<Filled>, back: Colour) -> Vec<Block> {
    let own = plan.fill.filter(|fill| fill.contrast(back) > 1.02);
    let mut out: Vec<Block> = Vec::new();
    for f in filled {
        let cell = f.cell;
        let fill = cell.fill.filter(|fill| fill.contrast(back) > 1.02);
        let line = f.line.or(plan.line.filter(|_| plan.width.is_none()));
        let padded = cell.pad.iter().any(|pt| *pt > 6.0);
        if fill.is_none() && line.is_none() && !(padded && own.is_some()) {
            let mut inside = cell.b;
            if let (Some(Block::Ground { join, .. }), Some(Block::P(first))) =
                (out.last_mut(), inside.first_mut())
            {
                *join = true;
                first.tight = true;
            }
            out.extend(inside);
            continue;
        }
        let fit = fill.is_some() && plan.width.is_none() && is_button(&cell.b);
        let mut tight = false;
        if let Some(Block::Ground { join, .. }) = out.last_mut() {
            *join = true;
            tight = true;
        }
        let pad = if fit {
            cell.pad.map(|pt| pt.max(7.0))
        } else {
            cell.pad
        };
        out.push(Block::Ground {
            b: cell.b,
            fill,
            line,
            pad,
            fit,
            tight,
            join: false,
            a: plan.align,
        });
    }
    match own {
        // A light ground behind a whole mail is the paper of a page.
        Some(fill) if fill.luminance() < 0.8 || out.len() > 1 && back != Colour::PAPER => {
            vec![Block::Ground {
                b: out,
                fill: Some(fill),
                line: None,
                pad: [0.0; 4],
                fit: false,
                tight: false,
                join: false,
                a: Align::Start,
            }]
        }
        _ => out,
    }
}

/// A few words with a link.
fn is_button(blocks: &[Block]) -> bool {
    let [Block::P(Paragraph { r, .. })] = blocks else {
        return false;
    };
    let words = r.iter().map(|run| match run {
        Run::Text { t, mark } => mark.u.as_ref().map(|_| t.chars().count()),
        _ => None,
    });
    words
        .sum::<Option<usize>>()
        .is_some_and(|n| n > 0 && n <= BUTTON)
}

fn head_rows(grid: &Grid<'_>, plan: &Plan, filled: &[Filled]) -> usize {
    if !plan.data || grid.rows < 2 {
        return 0;
    }
    if grid.head > 0 && grid.head < grid.rows && grid.head <= 5 {
        return spanned(grid.head, filled);
    }
    let mut first = filled.iter().filter(|f| f.cell.y == 0);
    let titled = |f: &Filled| f.head || f.cell.fill.is_some() || is_bold(&f.cell.b);
    if first.all(titled) {
        spanned(1, filled)
    } else {
        0
    }
}

/// A head ends where no cell reaches out of it.
fn spanned(head: usize, filled: &[Filled]) -> usize {
    let reach = filled
        .iter()
        .filter(|f| f.cell.y < head)
        .map(|f| f.cell.y + f.cell.h);
    if reach.max().unwrap_or(0) > head {
        0
    } else {
        head
    }
}

fn is_bold(blocks: &[Block]) -> bool {
    !blocks.is_empty()
        && blocks.iter().all(|block| match block {
            Block::P(p) => p.r.iter().all(|run| match run {
                Run::Text { t, mark } => mark.b || t.trim().is_empty(),
                _ => true,
            }),
            _ => false,
        })
}

fn columns(plan: &Plan, count: usize, filled: &[Filled]) -> Vec<Column> {
    let mut wanted = vec![0.0_f32; count];
    for f in filled.iter().filter(|f| f.cell.w == 1) {
        let inside = widest(&f.cell.b) + (f.cell.pad[1] + f.cell.pad[3]) / POINTS;
        wanted[f.cell.x] = wanted[f.cell.x].max(inside);
    }
    let known: f32 = plan.columns.iter().flatten().sum();
    let open: f32 = plan
        .columns
        .iter()
        .zip(&wanted)
        .filter(|(c, _)| c.is_none())
        .map(|(_, w)| w.max(8.0))
        .sum();
    let all: f32 = known + open;
    let total = match plan.width {
        Some(px) => px,
        None if all <= plan.around => {
            let column = |c: &Option<f32>| c.map_or(Column::Auto, |px| Column::Pt(px * POINTS));
            return plan.columns.iter().map(column).collect();
        }
        None => plan.around,
    };
    let rest = (total - known).max(total * 0.1);
    let widths = plan
        .columns
        .iter()
        .zip(&wanted)
        .map(|(column, wanted)| match column {
            Some(px) => *px,
            None => rest * wanted.max(8.0) / open.max(1.0),
        });
    // What nearly fills the page fills it.
    let whole = total > plan.around * 0.8;
    widths
        .map(|px| {
            if whole {
                Column::Fr(px.max(1.0))
            } else {
                Column::Pt(px * POINTS)
            }
        })
        .collect()
}

/// Roughly how wide the widest line is, in pixels.
fn widest(blocks: &[Block]) -> f32 {
    let of = |block: &Block| match block {
        Block::P(p) | Block::H { p, .. } => line(&p.r),
        Block::Quote { b } => widest(b) + 16.0,
        Block::Ground { b, pad, .. } => widest(b) + (pad[1] + pad[3]) / POINTS,
        Block::List { items, .. } => items.iter().map(|b| widest(b) + 24.0).fold(0.0, f32::max),
        Block::Table(table) => {
            let cells = table
                .cells
                .iter()
                .map(|c| widest(&c.b) + (c.pad[1] + c.pad[3]) / POINTS);
            cells.sum::<f32>() / count(table.rows.max(1))
        }
        Block::Pre { lines } | Block::Log { lines } => lines
            .iter()
            .map(|l| count(l.chars().count().min(80)) * 8.0)
            .fold(0.0, f32::max),
        Block::Rule => 0.0,
    };
    blocks.iter().map(of).fold(0.0, f32::max)
}

/// Of long text only so much counts: it can be broken.
fn line(runs: &[Run]) -> f32 {
    let (mut most, mut here) = (0.0_f32, 0.0_f32);
    for run in runs {
        match run {
            Run::Text { t, mark } => {
                let size = mark.s.unwrap_or(12.0) / 12.0;
                here += count(t.chars().count()) * 8.2 * size;
            }
            Run::Break { .. } => here = 0.0,
            Run::Picture { w, most: room, .. } => here += w.unwrap_or(*room).min(*room) / POINTS,
            Run::Missing { missing, .. } => here += count(missing.chars().count().min(30)) * 8.0,
        }
        most = most.max(here.min(420.0));
    }
    most
}

fn count(n: usize) -> f32 {
    n as f32
}

/// A long table in pieces, each with the head; cut where no cell reaches across.
fn pieces(table: Table) -> Vec<Block> {
    if table.rows <= PIECE * 2 {
        return vec![Block::Table(table)];
    }
    let head: Vec<Cell> = table
        .cells
        .iter()
        .filter(|c| c.y < table.head)
        .cloned()
        .collect();
    let mut rest: Vec<Cell> = table
        .cells
        .iter()
        .filter(|c| c.y >= table.head)
        .cloned()
        .collect();
    let mut out = Vec::new();
    while let Some(first) = rest.first().map(|c| c.y) {
        let mut end = first + PIECE;
        for cell in &rest {
            if cell.y < end {
                end = end.max(cell.y + cell.h);
            }
        }
        let at = rest.partition_point(|cell| cell.y < end);
        let after = rest.split_off(at);
        let moved = rest.into_iter().map(|cell| Cell {
            y: cell.y - first + table.head,
            ..cell
        });
        let cells: Vec<Cell> = head.iter().cloned().chain(moved).collect();
        let rows = cells.iter().map(|c| c.y + c.h).max().unwrap_or(0);
        out.push(Block::Table(Table {
            rows,
            cells,
            ..table.clone()
        }));
        rest = after;
    }
    out
}
