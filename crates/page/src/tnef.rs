//! `winmail.dat` (MS-OXTNEF): files and body out of what Outlook wraps up. Lenient: whatever can be read is
//! given, and where the structure breaks, the rest is left.

use encoding_rs::{Encoding, WINDOWS_1252};

use crate::letter::Body;
use crate::rtf;

/// What a `winmail.dat` holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Winmail {
    /// Names as written, and files.
    pub files: Vec<(String, Vec<u8>)>,
    /// What the mail says, if it is in there.
    pub body: Body,
}

const SIGNATURE: u32 = 0x223e_9f78;
/// Files of one mail.
const MOST: usize = 500;

mod attribute {
    pub(super) const ATTACH_REND: u32 = 0x0006_9002;
    pub(super) const ATTACH_TITLE: u32 = 0x0001_8010;
    pub(super) const ATTACH_DATA: u32 = 0x0006_800f;
    pub(super) const ATTACHMENT: u32 = 0x0006_9005;
    pub(super) const MESSAGE_PROPERTIES: u32 = 0x0006_9003;
    pub(super) const BODY: u32 = 0x0002_800c;
    pub(super) const CODEPAGE: u32 = 0x0006_9007;
}

mod property {
    pub(super) const BODY: u16 = 0x1000;
    pub(super) const RTF: u16 = 0x1009;
    pub(super) const HTML: u16 = 0x1013;
    pub(super) const DISPLAY_NAME: u16 = 0x3001;
    pub(super) const ATTACH_DATA: u16 = 0x3701;
    pub(super) const ATTACH_NAME: u16 = 0x3704;
    pub(super) const ATTACH_LONG_NAME: u16 = 0x3707;
}

/// Reads a `winmail.dat`; `None` if it is none.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Winmail> {
    let mut from = Bytes(bytes);
    if from.u32()? != SIGNATURE {
        return None;
    }
    from.u16()?;
    let mut reading = Reading::default();
    while reading.attribute(&mut from).is_some() {}
    Some(reading.finish())
}

#[derive(Default)]
struct Reading {
    encoding: Option<&'static Encoding>,
    files: Vec<File>,
    plain: String,
    html: String,
    rtf: Option<rtf::Text>,
}

#[derive(Default)]
struct File {
    title: String,
    long_name: String,
    content: Vec<u8>,
}

impl Reading {
    fn attribute(&mut self, from: &mut Bytes<'_>) -> Option<()> {
        let _level = from.take(1)?;
        let id = from.u32()?;
        let length = from.u32()?;
        let data = from.up_to(length as usize);
        match id {
            attribute::CODEPAGE => self.codepage(data),
            attribute::BODY => self.plain = self.text(data),
            attribute::MESSAGE_PROPERTIES => {
                properties(data, |id, kind, value| self.of_message(id, kind, value));
            }
            attribute::ATTACH_REND if self.files.len() < MOST => self.files.push(File::default()),
            attribute::ATTACH_TITLE => {
                let title = self.text(data);
                self.file().title = title;
            }
            attribute::ATTACH_DATA => self.file().content = data.to_vec(),
            attribute::ATTACHMENT => {
                properties(data, |id, kind, value| self.of_file(id, kind, value));
            }
            _ => {}
        }
        let _checksum = from.u16()?;
        Some(())
    }

    fn codepage(&mut self, data: &[u8]) {
        let page = data
            .get(..4)
            .and_then(|b| b.try_into().ok())
            .map(u32::from_le_bytes);
        self.encoding = page.and_then(rtf::codepage);
    }

    fn file(&mut self) -> &mut File {
        if self.files.is_empty() {
            self.files.push(File::default());
        }
        let last = self.files.len() - 1;
        &mut self.files[last]
    }

    fn text(&self, data: &[u8]) -> String {
        let end = memchr::memchr(0, data).unwrap_or(data.len());
        let encoding = self.encoding.unwrap_or(WINDOWS_1252);
        encoding.decode(&data[..end]).0.into_owned()
    }

    fn string(&self, kind: u16, value: &[u8]) -> String {
        if kind != UNICODE {
            return self.text(value);
        }
        let units = value
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| u16::from_le_bytes(*pair));
        let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
        String::from_utf16_lossy(&units)
    }

    fn of_message(&mut self, id: u16, kind: u16, value: &[u8]) {
        match id {
            property::BODY => self.plain = self.string(kind, value),
            property::HTML if kind == BINARY => {
                let label = crate::charset::stated_in_html(value);
                self.html = crate::charset::decode(value, label.as_deref()).text;
            }
            property::HTML => self.html = self.string(kind, value),
            property::RTF => self.rtf = rtf::decompress(value),
            _ => {}
        }
    }

    fn of_file(&mut self, id: u16, kind: u16, value: &[u8]) {
        match id {
            property::ATTACH_DATA if kind == BINARY => self.file().content = value.to_vec(),
            // An embedded object: a class id stands before it.
            property::ATTACH_DATA => {
                self.file().content = value.get(16..).unwrap_or_default().to_vec();
            }
            property::ATTACH_LONG_NAME => self.file().long_name = self.string(kind, value),
            property::DISPLAY_NAME | property::ATTACH_NAME if self.file().title.is_empty() => {
                self.file().title = self.string(kind, value);
            }
            _ => {}
        }
    }

    fn finish(self) -> Winmail {
        let body = match (self.html, self.rtf, self.plain) {
            (html, _, plain) if !html.trim().is_empty() => Body::Html { html, plain },
            (_, Some(rtf::Text::Html(html)), plain) => Body::Html { html, plain },
            (_, Some(rtf::Text::Plain(text)), plain) if plain.trim().is_empty() => Body::Text {
                text,
                flowed: false,
            },
            (_, _, plain) if plain.trim().is_empty() => Body::None,
            (_, _, text) => Body::Text {
                text: text.replace("\r\n", "\n"),
                flowed: false,
            },
        };
        let files = self
            .files
            .into_iter()
            .filter(|file| !file.content.is_empty());
        let named = files.map(|file| match file.long_name.is_empty() {
            true => (file.title, file.content),
            false => (file.long_name, file.content),
        });
        Winmail {
            files: named.collect(),
            body,
        }
    }
}

const OBJECT: u16 = 0x0d;
const TEXT: u16 = 0x1e;
const UNICODE: u16 = 0x1f;
const BINARY: u16 = 0x102;
const SEVERAL: u16 = 0x1000;

/// Walks MAPI properties; those of variable size are handed on.
fn properties(data: &[u8], mut each: impl FnMut(u16, u16, &[u8])) -> Option<()> {
    let mut from = Bytes(data);
    let count = from.u32()?;
    for _ in 0..count {
        let kind = from.u16()?;
        let id = from.u16()?;
        if id >= 0x8000 {
            named(&mut from)?;
        }
        let single = kind & !SEVERAL;
        let several = kind & SEVERAL != 0 || matches!(single, OBJECT | TEXT | UNICODE | BINARY);
        let values = if several { from.u32()? } else { 1 };
        for _ in 0..values {
            match single {
                OBJECT | TEXT | UNICODE | BINARY => {
                    let length = from.u32()? as usize;
                    let value = from.take(length)?;
                    from.take((4 - length % 4) % 4)?;
                    each(id, single, value);
                }
                2..=4 | 10 | 11 => drop(from.take(4)?),
                5..=7 | 20 | 64 => drop(from.take(8)?),
                72 => drop(from.take(16)?),
                _ => return None,
            }
        }
    }
    Some(())
}

/// A property with a name instead of a number: the name is passed over.
fn named(from: &mut Bytes<'_>) -> Option<()> {
    from.take(16)?;
    if from.u32()? == 0 {
        from.u32()?;
        return Some(());
    }
    let length = from.u32()? as usize;
    from.take(length)?;
    from.take((4 - length % 4) % 4)?;
    Some(())
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// So many bytes, or as many as there are.
    fn up_to(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
        let mut out = vec![level];
        out.extend(id.to_le_bytes());
        out.extend(u32::try_from(data.len()).expect("short").to_le_bytes());
        out.extend(data);
        out.extend([0, 0]);
        out
    }

    fn text_property(id: u16, text: &str) -> Vec<u8> {
        let units: Vec<u8> = text
            .encode_utf16()
            .chain([0])
            .flat_map(u16::to_le_bytes)
            .collect();
        let mut out = UNICODE.to_le_bytes().to_vec();
        out.extend(id.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
        out.extend(u32::try_from(units.len()).expect("short").to_le_bytes());
        out.extend(&units);
        out.resize(out.len().next_multiple_of(4), 0);
        out
    }

    fn winmail() -> Vec<u8> {
        let mut out = SIGNATURE.to_le_bytes().to_vec();
        out.extend([1, 0]);
        out.extend(attribute(1, attribute::CODEPAGE, &1252_u64.to_le_bytes()));
        out.extend(attribute(1, attribute::BODY, b"Gr\xfc\xdfe\0"));
        out.extend(attribute(2, attribute::ATTACH_REND, &[0; 14]));
        out.extend(attribute(2, attribute::ATTACH_TITLE, b"UEBERS~1.TXT\0"));
        out.extend(attribute(2, attribute::ATTACH_DATA, b"hello"));
        let mut properties = 1_u32.to_le_bytes().to_vec();
        properties.extend(text_property(
            property::ATTACH_LONG_NAME,
            "Übersicht 2026.txt",
        ));
        out.extend(attribute(2, attribute::ATTACHMENT, &properties));
        out
    }

    #[test]
    fn files_come_with_their_long_names_and_the_text_in_its_code_page() {
        let read = read(&winmail()).expect("a winmail.dat");
        assert_eq!(
            read.files,
            [("Übersicht 2026.txt".to_owned(), b"hello".to_vec())]
        );
        assert_eq!(
            read.body,
            Body::Text {
                text: "Grüße".into(),
                flowed: false
            }
        );
    }

    #[test]
    fn damage_never_panics_and_keeps_what_came_before() {
        let whole = winmail();
        for end in 0..whole.len() {
            let _ = read(&whole[..end]);
            let mut other = whole.clone();
            other[end] ^= 0xff;
            let _ = read(&other);
        }
        let cut = read(&whole[..whole.len() - 30]).expect("still one");
        assert_eq!(cut.files[0].1, b"hello");
        assert_eq!(read(b"no winmail"), None);
    }
}
