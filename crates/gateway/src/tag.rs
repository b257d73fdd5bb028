//! The tag in the subject: found however the subject is encoded, and taken out.
//!
//! Every reading of every Subject counts: a program behind us may read it another way, and a mail that was meant
//! to be protected must not leave in clear.

use mail_builder::headers::Header as _;
use mail_builder::headers::text::Text;
use mail_parser::MessageParser;
use unicode_normalization::UnicodeNormalization as _;

use crate::header::{self, Field};

/// A tag may be hidden in an encoded word that was encoded itself, so deep.
const NESTED: usize = 10;

/// Beginnings of answers and forwards in the languages of Europe, without the colon.
const PREFIXES: &[&str] = &[
    "re",
    "aw",
    "antw",
    "antwort",
    "fw",
    "fwd",
    "wg",
    "odp",
    "odpoved",
    "odpověď",
    "sv",
    "vs",
    "vl",
    "tr",
    "rv",
    "ref",
    "res",
    "enc",
    "doorst",
    "pd",
    "ynt",
    "ilt",
    "bls",
    "atb",
    "hl",
    "vb",
    "fs",
    "r",
    "i",
    "fyi",
    "továbbítás",
    "válasz",
    "rif",
    "ot",
    "απ",
    "σχετ",
    "回复",
    "转发",
    "답장",
    "przek",
    "pred",
    "wtr",
];

/// What starts a subject that is to be protected.
#[derive(Debug, Clone)]
pub struct Tag {
    /// Normalised, without blanks; never empty.
    letters: Vec<char>,
}

/// A letter of a subject as it is compared, and where it stands in the subject.
type Letter = (usize, char);

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        || (c.is_control() && !c.is_whitespace())
}

/// NFKC letter by letter, small, without what nobody sees.
fn letters(text: &str) -> Vec<Letter> {
    let mut found = Vec::with_capacity(text.len());
    for (at, c) in text.char_indices().filter(|(_, c)| !is_invisible(*c)) {
        let normal = std::iter::once(c).nfkc();
        found.extend(
            normal
                .flat_map(char::to_lowercase)
                .filter(|c| !is_invisible(*c))
                .map(|c| (at, c)),
        );
    }
    found
}

fn skip_blanks(letters: &[Letter], mut at: usize) -> usize {
    while letters.get(at).is_some_and(|(_, c)| c.is_whitespace()) {
        at += 1;
    }
    at
}

/// Behind `Re:`, `AW[2]:`, `Fwd :` …; where it was if there is none.
fn skip_prefix(letters: &[Letter], from: usize) -> usize {
    let word: String = letters[from..]
        .iter()
        .map(|(_, c)| *c)
        .take_while(|c| c.is_alphabetic() || *c == '\u{30c}' || *c == '\u{301}')
        .take(12)
        .collect();
    let composed: String = word.nfc().collect();
    if !PREFIXES.contains(&composed.as_str()) {
        return from;
    }
    let mut at = skip_blanks(letters, from + word.chars().count());
    if letters
        .get(at)
        .is_some_and(|(_, c)| matches!(c, '[' | '(' | '^'))
    {
        let digits = letters[at + 1..]
            .iter()
            .take_while(|(_, c)| c.is_ascii_digit());
        let behind = at + 1 + digits.count();
        let closed = letters
            .get(behind)
            .is_some_and(|(_, c)| matches!(c, ']' | ')'));
        at = skip_blanks(letters, behind + usize::from(closed));
    }
    match letters.get(at) {
        Some((_, ':')) => skip_blanks(letters, at + 1),
        _ => from,
    }
}

impl Tag {
    /// A tag such as `(Auto)`; none if it is empty, for no tag at all.
    pub fn new(text: &str) -> Option<Self> {
        let letters: Vec<char> = letters(text)
            .into_iter()
            .map(|(_, c)| c)
            .filter(|c| !c.is_whitespace())
            .collect();
        (!letters.is_empty()).then_some(Self { letters })
    }

    /// The subject without the tag at its start, behind beginnings of answers; none if there is no tag.
    pub(crate) fn cut(&self, subject: &str) -> Option<String> {
        let letters = letters(subject);
        let mut begin = skip_blanks(&letters, 0);
        loop {
            let next = skip_prefix(&letters, begin);
            if next == begin {
                break;
            }
            begin = next;
        }
        let mut at = begin;
        for wanted in &self.letters {
            at = skip_blanks(&letters, at);
            if letters.get(at).map(|(_, c)| c) != Some(wanted) {
                return None;
            }
            at += 1;
        }
        let is_word = self.letters.last().is_some_and(|c| c.is_alphanumeric());
        if is_word && letters.get(at).is_some_and(|(_, c)| c.is_alphanumeric()) {
            return None;
        }
        let at = skip_blanks(&letters, at);
        // Before the tag the beginnings of answers stay; where there are none, nothing does.
        let head = if begin == skip_blanks(&letters, 0) {
            0
        } else {
            letters.get(begin)?.0
        };
        let tail = letters.get(at).map_or("", |(at, _)| &subject[*at..]);
        Some(format!("{}{tail}", &subject[..head]))
    }

    /// The Subject without its tag, ready to stand in its place; none if no reading of it has the tag.
    pub(crate) fn remove(&self, subject: &Field<'_>) -> Option<Vec<u8>> {
        let mut out = self.remove_from(subject)?;
        // What was encoded in what was encoded is read once more by whoever is next.
        for _ in 0..NESTED {
            let written = header::fields(&out);
            match written.first().and_then(|field| self.remove_from(field)) {
                Some(again) => out = again,
                None => break,
            }
        }
        Some(out)
    }

    fn remove_from(&self, subject: &Field<'_>) -> Option<Vec<u8>> {
        let mut cut = readings(subject)
            .into_iter()
            .find_map(|reading| self.cut(&reading))?;
        // A tag said twice is gone twice.
        while let Some(again) = self.cut(&cut) {
            cut = again;
        }
        let clean: String = cut
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let mut out = b"Subject: ".to_vec();
        Text::new(clean.trim_end()).write_header(&mut out, "Subject: ".len());
        if !out.ends_with(b"\r\n") {
            out.extend_from_slice(b"\r\n");
        }
        Some(out)
    }
}

/// What a subject may be read as.
fn readings(subject: &Field<'_>) -> Vec<String> {
    let value = subject.value();
    let mut found = Vec::with_capacity(3);
    let mail = [b"Subject:", value, b"\r\n"].concat();
    if let Some(decoded) = MessageParser::new()
        .parse_headers(mail.as_slice())
        .and_then(|mail| mail.subject().map(str::to_owned))
    {
        found.push(decoded);
    }
    // As it stands, if bytes beyond ASCII are UTF-8, and if they are Latin-1.
    let unfolded = |text: String| text.replace("\r\n", "");
    found.push(unfolded(String::from_utf8_lossy(value).into_owned()));
    found.push(unfolded(value.iter().map(|b| char::from(*b)).collect()));
    found
}

#[cfg(test)]
mod tests;
