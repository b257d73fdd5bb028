//! RTF, as far as bodies of mails need it: the HTML that Outlook hides in it (MS-OXRTFEX), or its text.

use encoding_rs::{Encoding, WINDOWS_1252};

/// What an RTF says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// The HTML it was made of.
    Html(String),
    /// Its text alone.
    Plain(String),
}

/// Bytes of RTF that are read.
const LONGEST: usize = 8 << 20;
/// Groups inside groups.
const DEEPEST: usize = 200;

/// A compressed RTF (MS-OXRTFCP).
#[must_use]
pub fn decompress(bytes: &[u8]) -> Option<Text> {
    // What it will be stands in its head: nothing is unpacked that is too long.
    let size = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?);
    // The crate slices by these without looking.
    let stored = bytes.get(8..12)? == b"MELA";
    if size as usize > LONGEST || bytes.len() < 16 || stored && bytes.len() - 16 < size as usize {
        return None;
    }
    let rtf = compressed_rtf::decompress_rtf(bytes).ok()?;
    Some(read(&rtf))
}

/// An RTF, one character per byte.
#[must_use]
pub fn read(rtf: &str) -> Text {
    let head = crate::names::cut(rtf, 1_024);
    let html = head.contains("\\fromhtml1");
    let mut reading = Reading {
        html,
        groups: vec![Group::default()],
        encoding: WINDOWS_1252,
        out: String::new(),
        pending: Vec::new(),
        skip: 0,
    };
    let bytes: Vec<u8> = rtf
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
        .collect();
    let mut rest = bytes.get(..LONGEST.min(bytes.len())).unwrap_or_default();
    while let Some(after) = reading.token(rest) {
        rest = after;
    }
    reading.flush();
    if html {
        Text::Html(reading.out)
    } else {
        Text::Plain(reading.out)
    }
}

/// The encoding of a Windows code page.
#[must_use]
pub fn codepage(page: u32) -> Option<&'static Encoding> {
    let label = match page {
        65_001 => "utf-8".to_owned(),
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        page => format!("windows-{page}"),
    };
    Encoding::for_label(label.as_bytes())
}

#[derive(Clone, Copy)]
struct Group {
    /// Not to be read: fonts, colours, pictures.
    silent: bool,
    /// Inside `{\*\htmltag …}`.
    tag: bool,
    /// Between `\htmlrtf` and `\htmlrtf0`: for readers of RTF alone.
    rtf_only: bool,
    /// Characters that stand for one `\u`.
    fallback: usize,
}

impl Default for Group {
    fn default() -> Self {
        Group {
            silent: false,
            tag: false,
            rtf_only: false,
            fallback: 1,
        }
    }
}

struct Reading {
    html: bool,
    groups: Vec<Group>,
    encoding: &'static Encoding,
    out: String,
    pending: Vec<u8>,
    skip: usize,
}

impl Reading {
    fn token<'a>(&mut self, from: &'a [u8]) -> Option<&'a [u8]> {
        let (&first, rest) = from.split_first()?;
        match first {
            b'{' => {
                let group = *self.group();
                if self.groups.len() >= DEEPEST {
                    return None;
                }
                self.groups.push(group);
            }
            b'}' => {
                if self.groups.len() > 1 {
                    self.groups.pop();
                }
            }
            b'\\' => return self.control(rest),
            b'\r' | b'\n' => {}
            byte => self.byte(byte),
        }
        Some(rest)
    }

    fn group(&mut self) -> &mut Group {
        if self.groups.is_empty() {
            self.groups.push(Group::default());
        }
        let last = self.groups.len() - 1;
        &mut self.groups[last]
    }

    fn control<'a>(&mut self, from: &'a [u8]) -> Option<&'a [u8]> {
        let (&first, rest) = from.split_first()?;
        if !first.is_ascii_alphabetic() {
            return Some(self.symbol(first, rest));
        }
        let end = from
            .iter()
            .position(|b| !b.is_ascii_alphabetic())
            .unwrap_or(from.len());
        let (word, rest) = from.split_at(end);
        let digits = rest
            .iter()
            .enumerate()
            .position(|(at, b)| !(b.is_ascii_digit() || at == 0 && *b == b'-'))
            .unwrap_or(rest.len());
        let (number, rest) = rest.split_at(digits);
        let number = std::str::from_utf8(number)
            .ok()
            .and_then(|n| n.parse::<i32>().ok());
        self.word(word, number);
        Some(rest.strip_prefix(b" ").unwrap_or(rest))
    }

    fn symbol<'a>(&mut self, symbol: u8, rest: &'a [u8]) -> &'a [u8] {
        match symbol {
            b'\'' => {
                let hex = rest.get(..2).and_then(|h| std::str::from_utf8(h).ok());
                if let Some(byte) = hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
                    self.byte(byte);
                }
                return rest.get(2..).unwrap_or_default();
            }
            // What follows is for readers who know it. Of these, the tags alone are known here.
            b'*' if !rest.starts_with(b"\\htmltag") => self.group().silent = true,
            b'~' => self.text("\u{a0}"),
            b'{' | b'}' | b'\\' => self.byte(symbol),
            _ => {}
        }
        rest
    }

    fn word(&mut self, word: &[u8], number: Option<i32>) {
        match word {
            b"htmltag" => self.group().tag = true,
            b"htmlrtf" => self.group().rtf_only = number != Some(0),
            b"fonttbl" | b"colortbl" | b"stylesheet" | b"info" | b"pict" | b"object" => {
                self.group().silent = true;
            }
            b"ansicpg" => {
                let page = number.and_then(|n| u32::try_from(n).ok());
                self.encoding = page.and_then(codepage).unwrap_or(WINDOWS_1252);
            }
            b"uc" => {
                self.group().fallback = usize::try_from(number.unwrap_or(1)).unwrap_or(1).min(8)
            }
            b"u" => {
                let unit = number.unwrap_or_default().rem_euclid(0x1_0000);
                let c = u32::try_from(unit)
                    .ok()
                    .and_then(char::from_u32)
                    .unwrap_or('\u{fffd}');
                self.text(c.encode_utf8(&mut [0; 4]));
                self.skip = self.group().fallback;
            }
            b"par" | b"line" => self.text("\n"),
            b"tab" => self.text("\t"),
            b"lquote" => self.text("‘"),
            b"rquote" => self.text("’"),
            b"ldblquote" => self.text("“"),
            b"rdblquote" => self.text("”"),
            b"bullet" => self.text("•"),
            b"endash" => self.text("–"),
            b"emdash" => self.text("—"),
            _ => {}
        }
    }

    fn heard(&mut self) -> bool {
        let html = self.html;
        let group = self.group();
        !(group.silent || html && group.rtf_only && !group.tag)
    }

    fn byte(&mut self, byte: u8) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if self.heard() {
            self.pending.push(byte);
        }
    }

    fn text(&mut self, text: &str) {
        if self.heard() {
            self.flush();
            self.out.push_str(text);
        }
    }

    fn flush(&mut self) {
        let (text, _) = self.encoding.decode_without_bom_handling(&self.pending);
        self.out.push_str(&text);
        self.pending.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_html_comes_out_as_it_went_in() {
        let rtf = r"{\rtf1\ansi\ansicpg1252\fromhtml1 \fbidis {\fonttbl{\f0 Arial;}}{\*\generator x;}
{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Gr\'fc\u223 ?e {\*\htmltag84 <b>}\htmlrtf {\b\htmlrtf0 fett\htmlrtf }\htmlrtf0
{\*\htmltag92 </b>}\htmlrtf\par}\htmlrtf0 {\*\htmltag72 </p>}}";
        assert_eq!(read(rtf), Text::Html("<p>Grüße <b>fett</b></p>".into()));
    }

    #[test]
    fn plain_rtf_gives_its_text() {
        let rtf = r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 Hallo\par{\pict 0102}\'84Welt\'93\{\}}";
        assert_eq!(read(rtf), Text::Plain("Hallo\n„Welt“{}".into()));
    }

    #[test]
    fn damage_never_panics() {
        let _ = read(&"{".repeat(100_000));
        let _ = read(r"\u-70000 \'zz \'");
        let _ = decompress(&[0xff; 40]);
        assert_eq!(decompress(b"short"), None);
    }
}
