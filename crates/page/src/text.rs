//! Plain text as a tree: paragraphs, quotes by `>`, flowed lines (RFC 3676), links; and logs, which are long.

use crate::tree::{Block, Mark, Paragraph, Run, Tree};

/// Lines from which on a text is set as a log.
const LOG: usize = 1_500;
/// Quotes inside quotes that are drawn.
const DEEPEST: usize = 12;
/// Characters of a word without a place to break.
const LONGEST_WORD: usize = 80;

/// A `text/plain` body.
#[must_use]
pub fn read(text: &str, flowed: bool) -> Tree {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let count = text.bytes().filter(|b| *b == b'\n').count();
    let blocks = if count > LOG {
        vec![Block::Log {
            lines: text
                .lines()
                .map(|line| breakable(&printable(line)))
                .collect(),
        }]
    } else {
        let lines: Vec<(usize, String)> = joined(&text, flowed);
        quoted(&lines, 0)
    };
    Tree { blocks, remote: 0 }
}

/// Depth of quotation and text of each line; flowed lines are put together.
fn joined(text: &str, flowed: bool) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let (depth, line) = depth(line);
        let line = if flowed {
            line.strip_prefix(' ').unwrap_or(line)
        } else {
            line
        };
        let signature = line == "-- ";
        let goes_on = flowed && line.ends_with(' ') && !signature;
        match lines.last_mut() {
            Some((last, text)) if open && *last == depth && !signature => text.push_str(line),
            _ => lines.push((depth, line.to_owned())),
        }
        open = goes_on;
    }
    for (_, line) in &mut lines {
        *line = printable(line).trim_end().to_owned();
    }
    lines
}

/// Counts `>`; one blank may stand between two of them.
fn depth(line: &str) -> (usize, &str) {
    let (mut depth, mut rest) = (0, line);
    loop {
        let next = rest.strip_prefix('>').or_else(|| {
            let after = rest.strip_prefix(" >")?;
            (depth > 0).then_some(after)
        });
        let Some(after) = next else { break };
        depth += 1;
        rest = after;
    }
    if depth > 0 {
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    (depth, rest)
}

fn quoted(lines: &[(usize, String)], level: usize) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut rest = lines;
    while let Some((first, _)) = rest.first() {
        let deeper = *first > level && level < DEEPEST;
        let same = |line: &(usize, String)| (line.0 > level && level < DEEPEST) == deeper;
        let end = rest
            .iter()
            .position(|line| !same(line))
            .unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        if deeper {
            blocks.push(Block::Quote {
                b: quoted(part, level + 1),
            });
        } else {
            paragraphs(part, &mut blocks);
        }
        rest = after;
    }
    blocks
}

fn paragraphs(lines: &[(usize, String)], blocks: &mut Vec<Block>) {
    for part in lines.split(|(_, line)| line.is_empty()) {
        if part.is_empty() {
            continue;
        }
        let table = part.iter().filter(|(_, line)| is_aligned(line)).count() * 2 > part.len();
        if table {
            blocks.push(Block::Pre {
                lines: part.iter().map(|(_, line)| breakable(line)).collect(),
            });
            continue;
        }
        let mut runs = Vec::new();
        for (index, (_, line)) in part.iter().enumerate() {
            if index > 0 {
                runs.push(Run::Break { br: true });
            }
            let indent = line.len() - line.trim_start().len();
            let line = format!("{}{}", "\u{a0}".repeat(indent.min(40)), line.trim_start());
            links(&breakable(&line), &Mark::default(), &mut runs);
        }
        blocks.push(Block::P(Paragraph {
            r: runs,
            ..Paragraph::default()
        }));
    }
}

/// Columns made by blanks: several gaps, or the lines of a drawn table.
fn is_aligned(line: &str) -> bool {
    let gaps = line
        .trim()
        .split("  ")
        .filter(|part| !part.trim().is_empty())
        .count();
    gaps >= 3
        || line.trim().starts_with("+--")
        || line.trim_start().starts_with('|') && line.trim_end().ends_with('|')
}

/// Text with its addresses of the web and of people made links.
pub fn links(text: &str, mark: &Mark, runs: &mut Vec<Run>) {
    let mut rest = text;
    let mut plain = String::new();
    let push = |text: &mut String, url: Option<String>, runs: &mut Vec<Run>| {
        if !text.is_empty() {
            let mark = Mark {
                u: url.or_else(|| mark.u.clone()),
                ..mark.clone()
            };
            runs.push(Run::Text {
                t: std::mem::take(text),
                mark,
            });
        }
    };
    while let Some((before, found, url)) = next_link(rest) {
        plain.push_str(&rest[..before]);
        push(&mut plain, None, runs);
        let mut shown = found.to_owned();
        push(&mut shown, Some(url), runs);
        rest = &rest[before + found.len()..];
    }
    plain.push_str(rest);
    push(&mut plain, None, runs);
}

/// Where the next address begins, its text, and where it leads.
fn next_link(text: &str) -> Option<(usize, &str, String)> {
    let mut from = 0;
    loop {
        let rest = &text[from..];
        let web = ["https://", "http://"]
            .iter()
            .filter_map(|p| rest.find(p))
            .min();
        let person = rest.find('@');
        let (at, is_web) = match (web, person) {
            (Some(w), Some(p)) if p < w => (p, false),
            (Some(w), _) => (w, true),
            (None, Some(p)) => (p, false),
            (None, None) => return None,
        };
        let found = if is_web {
            web_address(rest, at)
        } else {
            address(rest, at)
        };
        if let Some((start, shown, url)) = found {
            return Some((from + start, shown, url));
        }
        from += at + 1;
    }
}

fn web_address(text: &str, at: usize) -> Option<(usize, &str, String)> {
    let rest = &text[at..];
    let end = rest
        .find(|c: char| {
            c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\u{200b}' | '„' | '“' | '”')
        })
        .unwrap_or(rest.len());
    let shown = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*']);
    let shown = match shown.strip_suffix(')') {
        Some(inner) if !inner.contains('(') => inner,
        _ => shown,
    };
    let url = address_of(shown)?;
    Some((at, shown, url))
}

fn address(text: &str, at: usize) -> Option<(usize, &str, String)> {
    let local = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%');
    let start = text[..at]
        .char_indices()
        .rev()
        .take_while(|(_, c)| local(*c))
        .last()?
        .0;
    let rest = &text[at + 1..];
    let end = rest
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-')))
        .unwrap_or(rest.len());
    let domain = rest[..end].trim_end_matches(['.', '-']);
    let (_, top) = domain.rsplit_once('.')?;
    if top.len() < 2 || domain.starts_with('.') {
        return None;
    }
    let shown = &text[start..at + 1 + domain.len()];
    let url = address_of(&format!("mailto:{shown}"))?;
    Some((start, shown, url))
}

/// Bytes of a link.
const LONGEST_LINK: usize = 2_000;

/// Where a link may lead: the web, a mail address, a telephone. All others lead nowhere.
#[must_use]
pub fn address_of(href: &str) -> Option<String> {
    let href = href.trim();
    if href.len() > LONGEST_LINK || href.chars().any(|c| c.is_control()) {
        return None;
    }
    let lower = crate::names::cut(href, 16).to_ascii_lowercase();
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|p| lower.starts_with(p).then(|| &href[p.len()..]));
    if let Some(rest) = rest {
        return (!host(rest).is_empty()).then(|| escaped(href));
    }
    let other = ["mailto:", "tel:"]
        .iter()
        .find_map(|p| lower.starts_with(p).then(|| &href[p.len()..]));
    other.filter(|rest| !rest.is_empty()).map(|_| escaped(href))
}

/// What stands between `//` and the path.
#[must_use]
pub fn host(rest: &str) -> &str {
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let authority = &rest[..end];
    authority.rsplit('@').next().unwrap_or_default()
}

/// Readers of PDF want ASCII, without blanks.
fn escaped(href: &str) -> String {
    let mut out = String::with_capacity(href.len());
    for byte in href.bytes() {
        match byte {
            b'!'..=b'~'
                if !matches!(
                    byte,
                    b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
                ) =>
            {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Words too long for any line get places to break.
#[must_use]
pub fn breakable(line: &str) -> String {
    if line.len() <= LONGEST_WORD {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len() + line.len() / LONGEST_WORD);
    let mut word = 0;
    for c in line.chars() {
        word = if c.is_whitespace() || c == '\u{200b}' {
            0
        } else {
            word + 1
        };
        if word > LONGEST_WORD {
            out.push('\u{200b}');
            word = 1;
        }
        out.push(c);
    }
    out
}

/// Tabs become blanks; other control characters and those that turn the direction go.
#[must_use]
pub fn printable(line: &str) -> String {
    if line.bytes().all(|b| (b' '..0x7f).contains(&b)) {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\t' => out.push_str("    "),
            '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(blocks: &[Block]) -> String {
        let mut out = String::new();
        for block in blocks {
            match block {
                Block::P(p) => {
                    let text = p.r.iter().map(|run| match run {
                        Run::Text { t, mark } => match &mark.u {
                            Some(url) => format!("[{t}]({url})"),
                            None => t.clone(),
                        },
                        _ => "/".to_owned(),
                    });
                    out.push_str(&format!("<{}>", text.collect::<String>()));
                }
                Block::Quote { b } => out.push_str(&format!("Q{{{}}}", said(b))),
                Block::Pre { lines } => out.push_str(&format!("PRE{{{}}}", lines.join("/"))),
                Block::Log { lines } => out.push_str(&format!("LOG{}", lines.len())),
                _ => out.push('?'),
            }
        }
        out
    }

    #[test]
    fn quotes_nest_as_their_marks_do() {
        let text = "Hallo\n> a\n>> b\n> > b2\n>\n> c\n\nGruß";
        assert_eq!(
            said(&read(text, false).blocks),
            "<Hallo>Q{<a>Q{<b/b2>}<c>}<Gruß>"
        );
    }

    #[test]
    fn flowed_lines_are_one() {
        let text = "Eine lange \nZeile.\nNeue Zeile.\n> zi \n> tat\n-- \nName";
        assert_eq!(
            said(&read(text, true).blocks),
            "<Eine lange Zeile./Neue Zeile.>Q{<zi tat>}<--/Name>"
        );
    }

    #[test]
    fn addresses_become_links_and_nothing_else_does() {
        let text = "Siehe https://a.example/x?y=1&z=ü. Oder (http://b.example) an max@c.example, javascript:x a@b";
        assert_eq!(
            said(&read(text, false).blocks),
            "<Siehe [https://a.example/x?y=1&z=ü](https://a.example/x?y=1&z=%C3%BC). Oder \
             ([http://b.example](http://b.example)) an [max@c.example](mailto:max@c.example), javascript:x a@b>"
        );
    }

    #[test]
    fn links_lead_to_the_web_to_people_and_nowhere_else() {
        for (href, led) in [
            ("https://x.example/a b", Some("https://x.example/a%20b")),
            ("HTTPS://x.example", Some("HTTPS://x.example")),
            ("mailto:a@b.example", Some("mailto:a@b.example")),
            ("tel:+49211", Some("tel:+49211")),
            ("javascript:alert(1)", None),
            ("java\nscript:alert(1)", None),
            ("//x.example", None),
            ("/x", None),
            ("file:///etc/passwd", None),
            ("data:text/html,x", None),
            ("https://", None),
            ("https:///x", None),
        ] {
            assert_eq!(address_of(href).as_deref(), led, "{href:?}");
        }
    }

    #[test]
    fn columns_keep_their_places_and_long_words_break() {
        let text = "Posten   Menge   Preis\nBrot     2       3,00";
        assert!(said(&read(text, false).blocks).starts_with("PRE{"));
        let word = "x".repeat(1_000);
        assert_eq!(breakable(&word).matches('\u{200b}').count(), 12);
        assert_eq!(said(&read(&"x\n".repeat(2_000), false).blocks), "LOG2000");
    }
}
