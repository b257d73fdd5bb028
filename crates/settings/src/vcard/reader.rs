//! A file of vCards to a bundle with one address book.

use data_encoding::HEXUPPER_PERMISSIVE;

use super::card::{self, Card, Line};
use crate::bundle::content::{AddressBook, ContactList};
use crate::bundle::stamp::Stamp;
use crate::bundle::whole::{Bundle, Opened};
use crate::extra::Extra;
use crate::loss::Loss;
use crate::uuid::derive_uuid;

/// The media type of contacts inside a bundle.
pub const MEDIA_TYPE: &str = "text/vcard;version=4.0";

/// Why a file has no contacts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No card in it.
    #[error("this file has no vCard in it; export the contacts again as vCard (.vcf)")]
    NoCard,
}

/// Reads vCards of version 2.1, 3.0 and 4.0 into an address book called `name`.
///
/// # Errors
/// A file without a card.
pub fn read(text: &str, name: &str, stamp: &Stamp) -> Result<Opened, Error> {
    let (cards, odd) = card::split(text);
    if cards.is_empty() {
        return Err(Error::NoCard);
    }
    let mut bundle = Bundle::new(&stamp.id, &stamp.created, "vcard");
    let mut notes = Vec::new();
    if odd > 0 {
        notes.push(Loss::of(
            "addressBooks",
            odd.to_string(),
            "lines-not-understood",
        ));
    }
    let mut texts = String::new();
    let mut count = 0;
    let mut book = AddressBook {
        id: "ab-1".to_owned(),
        name: name.to_owned(),
        kind: "local".to_owned(),
        ..AddressBook::default()
    };
    for (at, card) in cards.iter().enumerate() {
        if is_group(card) {
            book.lists.push(group(card));
        } else {
            texts.push_str(&modern(card, &stamp.id, at).write());
            count += 1;
        }
    }
    book.contacts = Some(bundle.blobs.insert(MEDIA_TYPE, texts.into_bytes()));
    book.count = Some(count);
    bundle.address_books.push(book);
    Ok(Opened { bundle, notes })
}

/// RFC 6350 section 6.1.4, and the name that Apple gave it in version 3.0.
fn is_group(card: &Card) -> bool {
    let kind = card
        .value("KIND")
        .or_else(|| card.value("X-ADDRESSBOOKSERVER-KIND"));
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("group"))
}

fn group(card: &Card) -> ContactList {
    let members = card
        .all("MEMBER")
        .chain(card.all("X-ADDRESSBOOKSERVER-MEMBER"));
    ContactList {
        name: card::unescape(card.value("FN").unwrap_or_default()),
        members: members.map(|line| line.value.trim().to_owned()).collect(),
        extra: Extra::default(),
    }
}

/// Version 4.0, with a name to show and an id that repeats.
fn modern(card: &Card, bundle_id: &str, at: usize) -> Card {
    let is_modern = card.value("VERSION").map(str::trim) == Some("4.0");
    let others = card.lines.iter().filter(|line| line.name != "VERSION");
    let others = others.map(|line| match is_modern {
        true => line.clone(),
        false => modern_line(line),
    });
    let others = Card {
        lines: others.collect(),
    };
    let mut lines = vec![Line::plain("VERSION", "4.0")];
    if card.value("FN").is_none() {
        lines.push(Line::plain("FN", &shown_name(&others)));
    }
    lines.extend(others.lines);
    if card.value("UID").is_none() {
        let uuid = derive_uuid(bundle_id, &format!("contact {at} {}", card.write()));
        lines.push(Line::plain("UID", &format!("urn:uuid:{uuid}")));
    }
    Card { lines }
}

fn shown_name(card: &Card) -> String {
    let parts = card::split_value(card.value("N").unwrap_or_default(), ';');
    let part = |at: usize| parts.get(at).map_or("", |part| part.trim());
    let name = format!("{} {}", part(1), part(0)).trim().to_owned();
    if !name.is_empty() {
        return name;
    }
    let other = ["EMAIL", "ORG", "TEL"]
        .into_iter()
        .find_map(|name| card.value(name));
    other.unwrap_or("?").to_owned()
}

/// A line of version 2.1 or 3.0 in version 4.0.
fn modern_line(line: &Line) -> Line {
    let mut line = line.clone();
    let encoding = line
        .parameter("ENCODING")
        .next()
        .map(str::to_ascii_uppercase);
    let is_quoted = encoding.as_deref() == Some("QUOTED-PRINTABLE")
        || line
            .parameter("TYPE")
            .any(|kind| kind.eq_ignore_ascii_case("QUOTED-PRINTABLE"));
    if is_quoted {
        line.value = card::escape(&quoted_printable(&line.value)).replace("\\;", ";");
    }
    let is_binary = matches!(encoding.as_deref(), Some("B" | "BASE64"));
    if is_binary {
        let kind = line
            .parameter("TYPE")
            .next()
            .unwrap_or("jpeg")
            .to_lowercase();
        let data: String = line.value.split_whitespace().collect();
        line.value = format!("data:image/{kind};base64,{data}");
    }
    let mut kinds = Vec::new();
    let mut is_preferred = false;
    for kind in line.parameter("TYPE").filter(|_| !is_binary) {
        let kind = kind.to_lowercase();
        match kind.as_str() {
            "pref" => is_preferred = true,
            "internet" | "quoted-printable" | "x400" | "" => {}
            _ => kinds.push(kind),
        }
    }
    let gone = ["TYPE", "ENCODING", "CHARSET"];
    line.parameters
        .retain(|(key, _)| !gone.contains(&key.as_str()));
    if is_preferred {
        line.parameters.push(("PREF".to_owned(), "1".to_owned()));
    }
    if !kinds.is_empty() {
        line.parameters.push(("TYPE".to_owned(), kinds.join(",")));
    }
    line
}

/// RFC 2045 section 6.7, bytes taken for UTF-8, or else for Latin-1.
fn quoted_printable(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let pair = behind.get(..2).filter(|_| first == b'=');
        match pair.and_then(|pair| HEXUPPER_PERMISSIVE.decode(pair).ok()) {
            Some(decoded) => {
                bytes.extend_from_slice(&decoded);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = behind;
            }
        }
    }
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.into_bytes().into_iter().map(char::from).collect())
}
