//! The files of a new profile.

use super::books;
use super::servers::{LOCAL_FOLDER, Servers};
use crate::bundle::content::{AddressBook, Rule};
use crate::bundle::whole::Bundle;
use crate::file::File;
use crate::loss::Loss;
use crate::parts::{self, Parts};
use crate::quicktext;
use crate::thunderbird::prefs::{Prefs, Value};
use crate::thunderbird::{filters, mbox, others, texts};
use crate::uuid::derive_uuid;
use crate::vcard::card;

/// What the person imports by hand, beside the profile.
const BY_HAND: &str = "import-by-hand";

/// Writes a profile: its files lie in `profile/`, what is to be imported by hand beside it.
#[must_use]
pub fn write(bundle: &Bundle) -> Parts {
    let mut servers = Servers {
        bundle,
        prefs: Prefs::default(),
        losses: Vec::new(),
        folders: std::collections::BTreeMap::new(),
    };
    servers.write();
    let mut profile = Profile {
        bundle,
        prefs: servers.prefs,
        parts: Parts::default(),
    };
    profile.parts.losses = servers.losses;
    profile.templates();
    profile.rules(&servers.folders);
    profile.tags();
    profile.calendars();
    profile.address_books();
    others::restore(bundle, &mut profile.prefs);
    let prefs = profile.prefs.write();
    profile.put("prefs.js", "text/javascript", prefs.into_bytes());
    profile.by_hand();
    profile.parts
}

struct Profile<'a> {
    bundle: &'a Bundle,
    prefs: Prefs,
    parts: Parts,
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

impl Profile<'_> {
    fn put(&mut self, name: &str, media_type: &'static str, bytes: Vec<u8>) {
        self.parts.files.push(File {
            name: format!("profile/{name}"),
            media_type,
            bytes,
        });
    }

    fn lose(&mut self, category: &str, id: &str, reason: &str) {
        self.parts.losses.push(Loss::of(category, id, reason));
    }

    fn templates(&mut self) {
        let bundle = self.bundle;
        let mails: Vec<&[u8]> = bundle
            .templates
            .iter()
            .filter_map(|t| bundle.bytes_of(&t.message))
            .collect();
        if !mails.is_empty() {
            let path = format!("{LOCAL_FOLDER}/Templates");
            self.put(&path, "application/mbox", mbox::join(mails));
        }
    }

    fn rules(&mut self, folders: &std::collections::BTreeMap<String, String>) {
        let bundle = self.bundle;
        for (account, folder) in folders {
            let belongs = |rule: &&Rule| rule.account.as_ref() == Some(account);
            let rules: Vec<&Rule> = bundle.rules.iter().filter(belongs).collect();
            if rules.is_empty() {
                continue;
            }
            let (file, left_out) = filters::write(rules);
            for id in left_out {
                self.lose("rules", id, "not-expressible-in-thunderbird");
            }
            self.put(
                &format!("{folder}/{}", texts::RULES),
                "text/plain",
                file.into_bytes(),
            );
        }
        let has_home = |rule: &&Rule| {
            rule.account
                .as_ref()
                .is_some_and(|id| folders.contains_key(id))
        };
        for rule in bundle.rules.iter().filter(|rule| !has_home(rule)) {
            self.lose("rules", &rule.id, "account-not-carried");
        }
    }

    fn tags(&mut self) {
        for tag in self.bundle.tags.iter() {
            let name = |name: &str| format!("mailnews.tags.{}.{name}", tag.key);
            self.prefs.set(name("tag"), text(&tag.name));
            if let Some(color) = &tag.color {
                self.prefs.set(name("color"), text(color));
            }
            if let Some(order) = &tag.order {
                self.prefs.set(name("ordinal"), text(order));
            }
        }
        if !self.bundle.tags.is_empty() {
            self.prefs.set("mailnews.tags.version", Value::Number(2));
        }
    }

    fn calendars(&mut self) {
        let bundle = self.bundle;
        for calendar in bundle.calendars.iter() {
            let Some(url) = calendar.url.as_ref().filter(|_| calendar.kind == "caldav") else {
                self.lose("calendars", &calendar.id, "kind-not-supported");
                continue;
            };
            let uuid = derive_uuid(&bundle.id, &calendar.id);
            let name = |name: &str| format!("calendar.registry.{uuid}.{name}");
            self.prefs.set(name("type"), text("caldav"));
            self.prefs.set(name("name"), text(&calendar.name));
            self.prefs.set(name("uri"), text(url));
            if let Some(username) = &calendar.username {
                self.prefs.set(name("username"), text(username));
            }
            if let Some(color) = &calendar.color {
                self.prefs.set(name("color"), text(color));
            }
        }
    }

    fn address_books(&mut self) {
        let bundle = self.bundle;
        let mut number = 0;
        for book in bundle.address_books.iter() {
            let is_first = book.kind == "local" && number == 0 && !self.has_file("abook.sqlite");
            let (key, file) = if is_first {
                ("pab".to_owned(), "abook.sqlite".to_owned())
            } else {
                number += 1;
                (format!("book{number}"), format!("abook-{number}.sqlite"))
            };
            match book.kind.as_str() {
                "local" => self.local_book(book, &file),
                "carddav" if book.url.is_some() => {}
                _ => {
                    self.lose("addressBooks", &book.id, "kind-not-supported");
                    continue;
                }
            }
            if !is_first {
                self.book_prefs(book, &key, &file);
            }
        }
    }

    fn has_file(&self, name: &str) -> bool {
        self.parts
            .files
            .iter()
            .any(|file| file.name.ends_with(name))
    }

    fn local_book(&mut self, book: &AddressBook, file: &str) {
        let contacts = book
            .contacts
            .as_ref()
            .and_then(|id| self.bundle.bytes_of(id));
        let contacts = String::from_utf8_lossy(contacts.unwrap_or_default()).into_owned();
        let (cards, _) = card::split(&contacts);
        let ids = (self.bundle.id.as_str(), book.id.as_str());
        match books::write(&cards, book.lists.iter(), ids) {
            Ok(bytes) => self.put(file, "application/vnd.sqlite3", bytes),
            Err(_) => self.lose("addressBooks", &book.id, "damaged"),
        }
    }

    fn book_prefs(&mut self, book: &AddressBook, key: &str, file: &str) {
        let name = |name: &str| format!("ldap_2.servers.{key}.{name}");
        let is_remote = book.kind == "carddav";
        self.prefs.set(
            name("dirType"),
            Value::Number(if is_remote { 102 } else { 101 }),
        );
        self.prefs.set(name("description"), text(&book.name));
        self.prefs.set(name("filename"), text(file));
        self.prefs
            .set(name("uid"), text(&derive_uuid(&self.bundle.id, &book.id)));
        if let Some(url) = book.url.as_ref().filter(|_| is_remote) {
            self.prefs.set(name("carddav.url"), text(url));
        }
        if let Some(username) = book.username.as_ref().filter(|_| is_remote) {
            self.prefs.set(name("carddav.username"), text(username));
        }
    }

    /// Keys, and quick texts: the add-on is the person's to install.
    fn by_hand(&mut self) {
        let bundle = self.bundle;
        let keys = parts::keys(bundle);
        let beside = |name: &str| format!("{BY_HAND}/{name}");
        for file in keys.files {
            self.parts.files.push(File {
                name: beside(&file.name),
                ..file
            });
        }
        for (name, password) in keys.passwords {
            self.parts.passwords.push((beside(&name), password));
        }
        self.parts.losses.extend(keys.losses);
        if !bundle.quick_texts.is_empty() {
            let written = quicktext::write(bundle);
            self.parts.losses.extend(written.losses);
            self.parts.files.push(File {
                name: beside("quicktext.json"),
                media_type: "application/json",
                bytes: written.bytes,
            });
        }
        for category in [
            ("certificates", bundle.certificates.is_empty()),
            ("openpgpKeys", bundle.openpgp_keys.is_empty()),
            ("quickTexts", bundle.quick_texts.is_empty()),
        ] {
            if !category.1 {
                self.parts
                    .losses
                    .push(Loss::whole(category.0, "import-by-hand"));
            }
        }
    }
}
