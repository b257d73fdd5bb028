//! Header fields, also those that no standard would let through: raw 8-bit, torn and mislabelled encoded words.

use mail_parser::decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode};
use mail_parser::{
    Address, DateTime, HeaderName, Message, MessageParser, MessagePart, MimeHeaders,
};

use crate::charset;
use crate::letter::{Day, Headers, Person, When};
use crate::names::{cut, invisible};

/// People of one field that a page lists.
const PEOPLE: usize = 200;
/// Bytes of a subject, a name, an address.
const LONGEST: usize = 998;

/// The headers of a mail whose bytes are `raw`.
#[must_use]
pub fn read(message: &Message<'_>, raw: &[u8]) -> Headers {
    let mended = mended(message, raw);
    let parsed = MessageParser::default().parse_headers(&mended);
    let Some(fields) = &parsed else {
        return Headers::default();
    };
    Headers {
        from: people(fields.from()),
        to: people(fields.to()),
        cc: people(fields.cc()),
        subject: clean(fields.subject().unwrap_or_default()),
        date: fields.date().and_then(when),
        message_id: fields.message_id().map(clean).filter(|id| !id.is_empty()),
    }
}

/// The few fields that a page shows, written anew in UTF-8 with whole encoded words.
fn mended(message: &Message<'_>, raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for header in message.headers() {
        let name = match header.name {
            HeaderName::From => "From",
            HeaderName::To => "To",
            HeaderName::Cc => "Cc",
            HeaderName::Subject => "Subject",
            HeaderName::Date => "Date",
            HeaderName::MessageId => "Message-ID",
            _ => continue,
        };
        let range = header.offset_start as usize..header.offset_end as usize;
        let value = raw.get(range).unwrap_or_default();
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(mend(value).trim().as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// The name of a part whose header fields hold raw bytes or encoded words where RFC 2231 wants none.
#[must_use]
pub fn file_name(part: &MessagePart<'_>, raw: &[u8]) -> Option<String> {
    for (header, attribute) in [
        (HeaderName::ContentDisposition, "filename"),
        (HeaderName::ContentType, "name"),
    ] {
        let Some(found) = part.headers.iter().find(|h| h.name == header) else {
            continue;
        };
        let value = raw.get(found.offset_start as usize..found.offset_end as usize)?;
        // Quotes inside of what a word says must not end the parameter.
        let (text, _) = charset::guess(value);
        let field = format!(
            "Content-Disposition: {}\r\n\r\n",
            text.replace(['\r', '\n'], "").trim()
        );
        let parsed = MessageParser::default().parse_headers(field.as_bytes());
        let name = parsed.as_ref().and_then(|message| {
            let stated = message.parts.first()?.content_disposition()?;
            stated.attribute(attribute).map(str::to_owned)
        });
        if let Some(name) = name {
            return Some(words(&name));
        }
    }
    None
}

/// Encoded words in plain text.
fn words(text: &str) -> String {
    let field = format!("Subject: {}\r\n\r\n", mend(text.as_bytes()));
    let parsed = MessageParser::default().parse_headers(field.as_bytes());
    let subject = parsed.as_ref().and_then(|message| message.subject());
    subject.unwrap_or(text).to_owned()
}

/// A field's value on one line: raw bytes become UTF-8, neighbouring encoded words one.
fn mend(value: &[u8]) -> String {
    let (text, _) = charset::guess(value);
    let text = text.replace(['\r', '\n'], "");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    let mut open: Option<Words> = None;
    while let Some(start) = rest.find("=?") {
        let (before, from) = rest.split_at(start);
        if let Some((word, after)) = word(from) {
            if !before.trim().is_empty() || open.as_ref().is_none_or(|w| !w.takes(&word)) {
                close(&mut open, &mut out);
                out.push_str(before);
            }
            let words = open.get_or_insert_with(|| Words {
                charset: word.0.to_ascii_lowercase(),
                bytes: Vec::new(),
            });
            words.bytes.extend(word.1);
            rest = after;
        } else {
            close(&mut open, &mut out);
            out.push_str(before);
            out.push_str("=?");
            rest = &from[2..];
        }
    }
    close(&mut open, &mut out);
    out.push_str(rest);
    out
}

/// Encoded words of one encoding, side by side: a character may be torn between two of them.
struct Words {
    charset: String,
    bytes: Vec<u8>,
}

impl Words {
    fn takes(&self, word: &(String, Vec<u8>)) -> bool {
        self.charset.eq_ignore_ascii_case(&word.0)
    }
}

/// Writes them as one word of UTF-8, so that what they say is never taken for structure.
fn close(open: &mut Option<Words>, out: &mut String) {
    let Some(words) = open.take() else { return };
    let decoded = charset::decode(&words.bytes, Some(&words.charset)).text;
    out.push_str("=?utf-8?Q?");
    for byte in decoded.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out.push(char::from(byte)),
            _ => out.push_str(&format!("={byte:02X}")),
        }
    }
    out.push_str("?=");
}

/// One encoded word (RFC 2047, section 2) at the start: its charset and bytes, and what follows.
fn word(text: &str) -> Option<((String, Vec<u8>), &str)> {
    let mut parts = text.strip_prefix("=?")?.splitn(3, '?');
    let charset = parts.next()?;
    let kind = parts.next()?;
    let (content, after) = parts.next()?.split_once("?=")?;
    let charset = charset.split('*').next()?.trim();
    if charset.is_empty() || !charset.is_ascii() || charset.contains(' ') {
        return None;
    }
    let bytes = match kind {
        "B" | "b" => base64_decode(content.as_bytes())?,
        "Q" | "q" => quoted_printable_decode(content.replace('_', "=20").as_bytes())?,
        _ => return None,
    };
    Some(((charset.to_owned(), bytes), after))
}

fn people(field: Option<&Address<'_>>) -> Vec<Person> {
    let people = field
        .into_iter()
        .flat_map(Address::iter)
        .map(|person| Person {
            name: clean(person.name().unwrap_or_default()),
            address: clean(person.address().unwrap_or_default()),
        });
    people
        .filter(|person| !(person.name.is_empty() && person.address.is_empty()))
        .take(PEOPLE)
        .collect()
}

/// On one line, nothing invisible, not endless.
#[must_use]
pub fn clean(text: &str) -> String {
    let seen: String = text
        .chars()
        .map(|c| {
            if matches!(c, '\r' | '\n' | '\t' | '\u{2028}' | '\u{2029}') {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !invisible(*c) || *c == '\u{200d}')
        .collect();
    let words: Vec<&str> = seen.split(' ').filter(|word| !word.is_empty()).collect();
    cut(&words.join(" "), LONGEST).to_owned()
}

fn when(date: &DateTime) -> Option<When> {
    if !date.is_valid() || !(1..=9_999).contains(&date.year) {
        return None;
    }
    let offset = i16::from(date.tz_hour) * 60 + i16::from(date.tz_minute);
    Some(When {
        day: Day {
            year: date.year,
            month: date.month,
            day: date.day,
        },
        hour: date.hour,
        minute: date.minute,
        offset_minutes: if date.tz_before_gmt { -offset } else { offset },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mail: &[u8]) -> Headers {
        let message = MessageParser::default().parse(mail).expect("a mail");
        read(&message, mail)
    }

    #[test]
    fn a_character_torn_between_two_words_is_whole() {
        let mail = b"Subject: =?utf-8?B?R3LDvMM=?= =?utf-8?B?n2U=?= =?utf-8?Q?_=E2=82?=\r\n =?utf-8?Q?=AC?=\r\n\r\n";
        assert_eq!(of(mail).subject, "Grüße €");
    }

    #[test]
    fn raw_bytes_and_wrong_labels_are_read() {
        assert_eq!(
            of(b"Subject: Gr\xfc\xdfe aus K\xf6ln\r\n\r\n").subject,
            "Grüße aus Köln"
        );
        assert_eq!(of("Subject: Grüße\r\n\r\n".as_bytes()).subject, "Grüße");
        assert_eq!(
            of(b"Subject: =?iso-8859-1?Q?=80_100?=\r\n\r\n").subject,
            "€ 100"
        );
        let from = of(b"From: J\xf6rg M\xfcller <j@x.example>\r\n\r\n").from;
        assert_eq!(
            (&*from[0].name, &*from[0].address),
            ("Jörg Müller", "j@x.example")
        );
    }

    #[test]
    fn what_a_name_says_is_no_structure() {
        let mail = b"From: =?utf-8?Q?chef=40bank.example=3E=2C_=22x?= <dieb@x.example>\r\n\r\n";
        let from = of(mail).from;
        assert_eq!(from.len(), 1);
        assert_eq!(&*from[0].address, "dieb@x.example");
    }

    #[test]
    fn nothing_invisible_comes_through() {
        let headers = of("Subject: a\u{202e}b\u{0}c =?utf-8?Q?=0D=0ABcc:_x?=\r\n\r\n".as_bytes());
        assert_eq!(headers.subject, "abc Bcc: x");
    }

    #[test]
    fn dates_keep_their_zone() {
        let date = of(b"Date: Tue, 10 Mar 2026 09:00:00 -0330\r\n\r\n")
            .date
            .expect("a date");
        assert_eq!(
            (date.day.day, date.hour, date.offset_minutes),
            (10, 9, -210)
        );
        assert_eq!(of(b"Date: yesterday\r\n\r\n").date, None);
    }
}
