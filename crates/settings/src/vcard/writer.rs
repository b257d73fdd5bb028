//! Address books to files of vCards.

use super::card::{self, Card, Line};
use crate::bundle::content::{AddressBook, ContactList};
use crate::bundle::whole::Bundle;
use crate::loss::Loss;
use crate::uuid::derive_uuid;

/// Which version is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// RFC 2426: what phones import.
    Three,
    /// RFC 6350: as it lies in the bundle.
    Four,
}

/// A file, and what it does not carry.
#[derive(Debug)]
pub struct Written {
    /// UTF-8.
    pub bytes: Vec<u8>,
    /// What stays behind.
    pub losses: Vec<Loss>,
}

/// Writes the contacts and lists of all local address books, one behind the other.
#[must_use]
pub fn write(bundle: &Bundle, version: Version) -> Written {
    let mut text = String::new();
    let mut losses = Vec::new();
    for book in bundle.address_books.iter() {
        let contacts = book.contacts.as_ref().and_then(|id| bundle.bytes_of(id));
        let Some(contacts) = contacts else {
            losses.push(Loss::of("addressBooks", &book.id, "kept-on-a-server"));
            continue;
        };
        let (cards, odd) = card::split(&String::from_utf8_lossy(contacts));
        if odd > 0 {
            losses.push(Loss::of("addressBooks", &book.id, "lines-not-understood"));
        }
        for card in &cards {
            text.push_str(&in_version(card, version, &book.id, &mut losses).write());
        }
        for list in book.lists.iter() {
            text.push_str(&group(bundle, book, list, version).write());
        }
    }
    Written {
        bytes: text.into_bytes(),
        losses,
    }
}

fn in_version(card: &Card, version: Version, book: &str, losses: &mut Vec<Loss>) -> Card {
    match version {
        Version::Four => card.clone(),
        Version::Three => {
            let dropped = |line: &&Line| line.name != "VERSION" && old_line(line).is_none();
            if card.lines.iter().any(|line| dropped(&line)) {
                losses.push(Loss::of(
                    "addressBooks",
                    book,
                    "contact-field-not-in-vcard-3",
                ));
            }
            older(card)
        }
    }
}

fn group(bundle: &Bundle, book: &AddressBook, list: &ContactList, version: Version) -> Card {
    let (number, prefix) = match version {
        Version::Three => ("3.0", "X-ADDRESSBOOKSERVER-"),
        Version::Four => ("4.0", ""),
    };
    let name = card::escape(&list.name);
    let uuid = derive_uuid(&bundle.id, &format!("{} list {}", book.id, list.name));
    let mut lines = vec![
        Line::plain("VERSION", number),
        Line::plain(&format!("{prefix}KIND"), "group"),
        Line::plain("FN", &name),
        Line::plain("N", &format!("{name};;;;")),
        Line::plain("UID", &format!("urn:uuid:{uuid}")),
    ];
    lines.extend(
        list.members
            .iter()
            .map(|member| Line::plain(&format!("{prefix}MEMBER"), member)),
    );
    Card { lines }
}

/// Version 3.0 asks for a structured name and for one to show.
fn older(card: &Card) -> Card {
    let mut lines = vec![Line::plain("VERSION", "3.0")];
    lines.extend(card.lines.iter().filter_map(old_line));
    if card.value("N").is_none() {
        let shown = card.value("FN").unwrap_or("?");
        let at = lines.len().min(2);
        lines.insert(at, Line::plain("N", &format!(";{shown};;;")));
    }
    Card { lines }
}

/// A line of version 4.0 in version 3.0; `None` for what that version has no place for.
fn old_line(line: &Line) -> Option<Line> {
    let mut line = line.clone();
    match line.name.as_str() {
        "VERSION" | "KIND" | "MEMBER" | "CLIENTPIDMAP" | "XML" => return None,
        "ANNIVERSARY" => line.name = "X-ANNIVERSARY".to_owned(),
        "GENDER" | "LANG" | "RELATED" | "CALADRURI" | "CALURI" | "FBURL" => {
            line.name = format!("X-{}", line.name);
        }
        "TEL" => line.value = line.value.trim_start_matches("tel:").to_owned(),
        "BDAY" => old_date(&mut line),
        "PHOTO" | "LOGO" | "SOUND" | "KEY" => old_data(&mut line),
        _ => {}
    }
    let is_preferred = line.parameter("PREF").next().is_some();
    let gone = [
        "PREF",
        "ALTID",
        "PID",
        "MEDIATYPE",
        "INDEX",
        "PROPID",
        "CALSCALE",
        "LEVEL",
    ];
    let takes_value = matches!(
        line.name.as_str(),
        "BDAY" | "PHOTO" | "LOGO" | "SOUND" | "KEY"
    );
    line.parameters
        .retain(|(key, _)| !gone.contains(&key.as_str()) && (key != "VALUE" || takes_value));
    if is_preferred {
        line.parameters.push(("TYPE".to_owned(), "pref".to_owned()));
    }
    Some(line)
}

/// `19800229` in the extended form that RFC 2426 asks for. A date without a year stays as it is.
fn old_date(line: &mut Line) {
    let digits = line.value.as_str();
    let is_date = digits.len() == 8 && digits.bytes().all(|c| c.is_ascii_digit());
    if is_date {
        line.value = format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]);
    }
    line.parameters.retain(|(key, _)| key != "VALUE");
    if is_date {
        line.parameters
            .push(("VALUE".to_owned(), "date".to_owned()));
    }
}

/// `data:image/png;base64,…` as `ENCODING=b;TYPE=PNG`.
fn old_data(line: &mut Line) {
    let parts = line
        .value
        .strip_prefix("data:")
        .and_then(|url| url.split_once(";base64,"));
    line.parameters
        .retain(|(key, _)| key != "VALUE" && key != "ENCODING");
    let Some((media_type, data)) = parts else {
        line.parameters.push(("VALUE".to_owned(), "uri".to_owned()));
        return;
    };
    let kind = media_type
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_uppercase();
    line.parameters.retain(|(key, _)| key != "TYPE");
    line.parameters
        .push(("ENCODING".to_owned(), "b".to_owned()));
    line.parameters.push(("TYPE".to_owned(), kind));
    line.value = data.to_owned();
}
