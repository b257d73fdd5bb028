//! An address book's file.

use rusqlite::Connection;

use crate::bundle::content::ContactList;
use crate::uuid::derive_uuid;
use crate::vcard::card::{self, Card};

/// As Thunderbird 153 makes it.
const SCHEMA: &str = "
    CREATE TABLE properties (card TEXT, name TEXT, value TEXT);
    CREATE TABLE lists (uid TEXT PRIMARY KEY, name TEXT, nickName TEXT, description TEXT);
    CREATE TABLE list_cards (list TEXT, card TEXT, PRIMARY KEY(list, card));
    CREATE INDEX properties_card ON properties(card);
    CREATE INDEX properties_name ON properties(name);
    PRAGMA user_version = 4;";

/// The bytes of a database with these cards and lists. `book` is its id; ids of lists come from it.
pub(crate) fn write<'a>(
    cards: &[Card],
    lists: impl Iterator<Item = &'a ContactList>,
    (bundle_id, book): (&str, &str),
) -> rusqlite::Result<Vec<u8>> {
    let mut connection = Connection::open_in_memory()?;
    connection.execute_batch(SCHEMA)?;
    let transaction = connection.transaction()?;
    let mut put =
        transaction.prepare("INSERT INTO properties (card, name, value) VALUES (?1, ?2, ?3)")?;
    for (at, card) in cards.iter().enumerate() {
        let made = || {
            format!(
                "urn:uuid:{}",
                derive_uuid(bundle_id, &format!("{book} {at}"))
            )
        };
        let id = card.value("UID").map_or_else(made, str::to_owned);
        let mut set = |name: &str, value: &str| put.execute([id.as_str(), name, value]);
        set("_vCard", &card.write())?;
        // Thunderbird searches and sorts by these.
        let names = card::split_value(card.value("N").unwrap_or_default(), ';');
        let name = |at: usize| card::unescape(names.get(at).unwrap_or(&""));
        let shown = card::unescape(card.value("FN").unwrap_or_default());
        let mut emails = card.all("EMAIL").map(|line| line.value.trim());
        let first = emails.next().unwrap_or_default();
        let second = emails.next().unwrap_or_default();
        let values = [
            ("DisplayName", shown.as_str()),
            ("FirstName", &name(1)),
            ("LastName", &name(0)),
            ("PrimaryEmail", first),
            ("SecondEmail", second),
        ];
        for (name, value) in values.into_iter().filter(|(_, value)| !value.is_empty()) {
            set(name, value)?;
        }
    }
    drop(put);
    for list in lists {
        let id = derive_uuid(bundle_id, &format!("{book} list {}", list.name));
        transaction.execute(
            "INSERT OR IGNORE INTO lists (uid, name, nickName, description) VALUES (?1, ?2, '', '')",
            [&id, &list.name],
        )?;
        for member in &list.members {
            transaction.execute(
                "INSERT OR IGNORE INTO list_cards (list, card) VALUES (?1, ?2)",
                [&id, member],
            )?;
        }
    }
    transaction.commit()?;
    Ok(connection.serialize("main")?.to_vec())
}
