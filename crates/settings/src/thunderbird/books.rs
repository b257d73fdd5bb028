//! Address books: `abook.sqlite` and its kin, each a table of properties with the whole vCard among them.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use rusqlite::Connection;

use crate::bundle::content::ContactList;
use crate::extra::{Extra, List};
use crate::vcard::card::{self, Card, Line};

/// What an address book's file holds.
#[derive(Default)]
pub(crate) struct Contacts {
    /// vCards 4.0, one behind the other.
    pub(crate) text: String,
    pub(crate) count: u64,
    pub(crate) lists: List<ContactList>,
    /// Cards that could not be made out.
    pub(crate) odd: usize,
}

/// The properties of one card, by name.
type Properties = BTreeMap<String, String>;

/// Reads all cards and lists. `photo` gives the bytes of a file in the profile's folder of photos.
pub(crate) fn read(
    connection: &Connection,
    photo: impl Fn(&str) -> Option<Vec<u8>>,
) -> rusqlite::Result<Contacts> {
    let mut contacts = Contacts::default();
    let mut uids = BTreeMap::new();
    for (id, properties) in properties(connection)? {
        let Some(mut card) = from_properties(&properties) else {
            contacts.odd += 1;
            continue;
        };
        if card.value("UID").is_none() {
            card.lines.push(Line::plain("UID", &card::escape(&id)));
        }
        inline_photo(&mut card, &photo);
        uids.insert(id, card.value("UID").unwrap_or_default().to_owned());
        contacts.text.push_str(&card.write());
        contacts.count += 1;
    }
    contacts.lists = lists(connection, &uids)?;
    Ok(contacts)
}

fn text(row: &rusqlite::Row<'_>, at: usize) -> rusqlite::Result<String> {
    Ok(String::from_utf8_lossy(row.get_ref(at)?.as_bytes().unwrap_or_default()).into_owned())
}

/// The cards in the order in which they were stored.
fn properties(connection: &Connection) -> rusqlite::Result<Vec<(String, Properties)>> {
    let mut statement =
        connection.prepare("SELECT card, name, value FROM properties ORDER BY rowid")?;
    let mut rows = statement.query([])?;
    let mut cards: Vec<(String, Properties)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let id = text(row, 0)?;
        let at = *places.entry(id.clone()).or_insert(cards.len());
        if at == cards.len() {
            cards.push((id, Properties::new()));
        }
        if let Some((_, properties)) = cards.get_mut(at) {
            properties.insert(text(row, 1)?, text(row, 2)?);
        }
    }
    Ok(cards)
}

fn from_properties(properties: &Properties) -> Option<Card> {
    match properties.get("_vCard") {
        Some(text) => {
            let (mut cards, _) = card::split(text);
            if cards.is_empty() {
                None
            } else {
                Some(cards.swap_remove(0))
            }
        }
        None => from_old_properties(properties),
    }
}

/// Books last used before version 102 have no vCard yet.
fn from_old_properties(properties: &Properties) -> Option<Card> {
    let get = |name: &str| properties.get(name).map_or("", |value| value.trim());
    let (first, last) = (
        card::escape(get("FirstName")),
        card::escape(get("LastName")),
    );
    let shown = match get("DisplayName") {
        "" if first.is_empty() && last.is_empty() => card::escape(get("PrimaryEmail")),
        "" => format!("{first} {last}").trim().to_owned(),
        name => card::escape(name),
    };
    if shown.is_empty() {
        return None;
    }
    let mut lines = vec![
        Line::plain("VERSION", "4.0"),
        Line::plain("FN", &shown),
        Line::plain("N", &format!("{last};{first};;;")),
    ];
    let simple = [
        ("PrimaryEmail", "EMAIL", ""),
        ("SecondEmail", "EMAIL", ""),
        ("NickName", "NICKNAME", ""),
        ("CellularNumber", "TEL", "cell"),
        ("HomePhone", "TEL", "home"),
        ("WorkPhone", "TEL", "work"),
        ("FaxNumber", "TEL", "fax"),
        ("Company", "ORG", ""),
        ("JobTitle", "TITLE", ""),
        ("WebPage1", "URL", ""),
        ("Notes", "NOTE", ""),
    ];
    for (name, line, kind) in simple.iter().filter(|(name, _, _)| !get(name).is_empty()) {
        let mut line = Line::plain(line, &card::escape(get(name)));
        if !kind.is_empty() {
            line.parameters
                .push(("TYPE".to_owned(), (*kind).to_owned()));
        }
        lines.push(line);
    }
    for (kind, prefix) in [("home", "Home"), ("work", "Work")] {
        let parts = ["Address2", "Address", "City", "State", "ZipCode", "Country"];
        let parts = parts.map(|part| card::escape(get(&format!("{prefix}{part}"))));
        if parts.iter().any(|part| !part.is_empty()) {
            let mut line = Line::plain("ADR", &format!(";{}", parts.join(";")));
            line.parameters.push(("TYPE".to_owned(), kind.to_owned()));
            lines.push(line);
        }
    }
    Some(Card { lines })
}

/// A photo that lies as a file in the profile goes into the card.
fn inline_photo(card: &mut Card, photo: impl Fn(&str) -> Option<Vec<u8>>) {
    for line in card.lines.iter_mut().filter(|line| line.name == "PHOTO") {
        let Some(path) = line.value.strip_prefix("file:") else {
            continue;
        };
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        let kind = match name
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_lowercase()
            .as_str()
        {
            "png" => "png",
            "webp" => "webp",
            _ => "jpeg",
        };
        if let Some(bytes) = photo(name) {
            line.value = format!("data:image/{kind};base64,{}", BASE64.encode(&bytes));
            line.parameters.retain(|(key, _)| key != "VALUE");
        }
    }
    // A path on this computer says nothing elsewhere, and who uses it.
    card.lines
        .retain(|line| line.name != "PHOTO" || !line.value.starts_with("file:"));
}

fn lists(
    connection: &Connection,
    uids: &BTreeMap<String, String>,
) -> rusqlite::Result<List<ContactList>> {
    let mut statement = connection.prepare("SELECT uid, name FROM lists ORDER BY rowid")?;
    let mut rows = statement.query([])?;
    let mut lists = List::default();
    while let Some(row) = rows.next()? {
        let (id, name) = (text(row, 0)?, text(row, 1)?);
        let mut members =
            connection.prepare("SELECT card FROM list_cards WHERE list = ?1 ORDER BY rowid")?;
        let mut cards = members.query([&id])?;
        let mut members = Vec::new();
        while let Some(card) = cards.next()? {
            members.extend(uids.get(&text(card, 0)?).cloned());
        }
        lists.push(ContactList {
            name,
            members,
            extra: Extra::default(),
        });
    }
    Ok(lists)
}
