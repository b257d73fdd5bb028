//! The lines of vCards: unfolding, splitting, folding. Values stay as they are written.

/// One content line, RFC 6350 section 3.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The group before the dot: `item1`.
    pub group: Option<String>,
    /// In upper case.
    pub name: String,
    /// Name in upper case and value, without quotes.
    pub parameters: Vec<(String, String)>,
    /// As written, escapes and all.
    pub value: String,
}

/// One card: the lines between `BEGIN` and `END`, `VERSION` among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// In their order.
    pub lines: Vec<Line>,
}

impl Line {
    /// A line without parameters.
    #[must_use]
    pub fn plain(name: &str, value: &str) -> Self {
        Self {
            group: None,
            name: name.to_owned(),
            parameters: Vec::new(),
            value: value.to_owned(),
        }
    }

    /// The values of a parameter, split at commas.
    pub fn parameter<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let found = self.parameters.iter().filter(move |(key, _)| key == name);
        found.flat_map(|(_, value)| value.split(','))
    }

    fn parse(text: &str) -> Option<Self> {
        let (head, value) = split_at_colon(text)?;
        let mut parts = split_outside_quotes(head, ';').into_iter();
        let name = parts.next()?;
        let (group, name) = match name.rsplit_once('.') {
            Some((group, name)) => (Some(group.to_owned()).filter(|group| is_name(group)), name),
            None => (None, name),
        };
        if !is_name(name) {
            return None;
        }
        let parameters = parts.map(|part| match part.split_once('=') {
            Some((key, value)) => (key.to_ascii_uppercase(), unquote(value)),
            // vCard 2.1 writes the type alone.
            None => ("TYPE".to_owned(), unquote(part)),
        });
        Some(Self {
            group,
            name: name.to_ascii_uppercase(),
            parameters: parameters.filter(|(key, _)| is_name(key)).collect(),
            value: value.to_owned(),
        })
    }

    fn write(&self) -> String {
        let mut text = String::new();
        if let Some(group) = &self.group {
            text.push_str(group);
            text.push('.');
        }
        text.push_str(&self.name);
        for (key, value) in &self.parameters {
            // RFC 6868 would keep a quote; RFC 2426 has no way to write one.
            let value = value.replace('"', "'");
            let needs_quotes = value.contains([':', ';']);
            let quote = if needs_quotes { "\"" } else { "" };
            text.push_str(&format!(";{key}={quote}{value}{quote}"));
        }
        text.push(':');
        text.push_str(&self.value);
        text.retain(|c| !matches!(c, '\r' | '\n'));
        fold(&text)
    }
}

/// RFC 6350 section 3.3.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-')
}

fn unquote(value: &str) -> String {
    value.replace('"', "")
}

/// The first colon outside quotes.
fn split_at_colon(text: &str) -> Option<(&str, &str)> {
    let mut is_quoted = false;
    let at = text.char_indices().find_map(|(at, c)| {
        is_quoted ^= c == '"';
        (c == ':' && !is_quoted).then_some(at)
    })?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

fn split_outside_quotes(text: &str, separator: char) -> Vec<&str> {
    let mut is_quoted = false;
    text.split(|c| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    })
    .collect()
}

/// RFC 6350 section 3.2: 75 octets, and never inside a character.
fn fold(line: &str) -> String {
    let mut folded = String::with_capacity(line.len() + line.len() / 37);
    let mut room = 75;
    for c in line.chars() {
        if c.len_utf8() > room {
            folded.push_str("\r\n ");
            room = 74;
        }
        folded.push(c);
        room -= c.len_utf8();
    }
    folded.push_str("\r\n");
    folded
}

/// Joins folded lines, and the soft line breaks of vCard 2.1's quoted-printable.
fn unfold(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let goes_on = lines.last().is_some_and(|last| {
            last.ends_with('=') && last.to_ascii_uppercase().contains("QUOTED-PRINTABLE")
        });
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            // What follows a soft break is text, blanks too.
            (_, Some(last)) if goes_on => {
                last.pop();
                last.push_str(line);
            }
            (Some(rest), Some(last)) => last.push_str(rest),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

/// The cards of a text. What stands outside `BEGIN:VCARD` and `END:VCARD`, and lines that are none, are
/// counted as odd.
#[must_use]
pub fn split(text: &str) -> (Vec<Card>, usize) {
    let mut cards = Vec::new();
    let mut open: Option<Card> = None;
    let mut odd = 0;
    let text = text.trim_start_matches('\u{feff}');
    for text in unfold(text).iter().filter(|line| !line.trim().is_empty()) {
        let line = Line::parse(text);
        let marker = line
            .as_ref()
            .filter(|line| line.value.trim().eq_ignore_ascii_case("VCARD"));
        match (marker.map(|line| line.name.as_str()), &mut open) {
            (Some("BEGIN"), open) => {
                odd += usize::from(open.is_some());
                *open = Some(Card::default());
            }
            (Some("END"), open) if open.is_some() => cards.extend(open.take()),
            (_, Some(card)) => match line {
                Some(line) => card.lines.push(line),
                None => odd += 1,
            },
            _ => odd += 1,
        }
    }
    (cards, odd + usize::from(open.is_some()))
}

impl Card {
    /// The value of the first line of this name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.lines
            .iter()
            .find(|line| line.name == name)
            .map(|line| line.value.as_str())
    }

    /// All lines of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| line.name == name)
    }

    /// The text of the card, with line ends of RFC 6350.
    #[must_use]
    pub fn write(&self) -> String {
        let lines: String = self.lines.iter().map(Line::write).collect();
        format!("BEGIN:VCARD\r\n{lines}END:VCARD\r\n")
    }
}

/// Splits a value at `;` or `,` where it is not escaped.
#[must_use]
pub fn split_value(value: &str, separator: char) -> Vec<&str> {
    let mut is_escaped = false;
    value
        .split(|c| {
            let splits = c == separator && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            splits
        })
        .collect()
}

/// A value without its escapes, RFC 6350 section 3.4.
#[must_use]
pub fn unescape(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(other) => text.push(other),
                None => text.push('\\'),
            },
            (c, false) => text.push(c),
        }
    }
    text
}

/// A text as a value, RFC 6350 section 3.4.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\\' | ',' | ';' => {
                value.push('\\');
                value.push(c);
            }
            '\n' | '\r' => value.push_str("\\n"),
            _ => value.push(c),
        }
    }
    value
}
