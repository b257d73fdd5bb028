//! A private copy of a profile to a bundle.

use std::path::Path;

use data_encoding::BASE64;

use super::books;
use super::database;
use super::error::Error;
use super::folder::Folder;
use super::keys;
use super::logins::{self, Login};
use super::nss::{self, Keys};
use super::others;
use super::prefs::Prefs;
use super::servers::{self, Servers};
use super::texts;
use crate::bundle::content::AddressBook;
use crate::bundle::stamp::Stamp;
use crate::bundle::whole::{Bundle, Opened, Secrets};
use crate::loss::Loss;
use crate::secret::{Entropy, Secret};
use crate::vcard::reader::MEDIA_TYPE;

/// The newest major version whose profiles were tried.
const NEWEST: u32 = 153;

/// What passwords and keys are opened with.
#[derive(Debug)]
pub struct Opening {
    /// `None` if the profile has none.
    pub primary_password: Option<Secret>,
    /// For the passwords and salts of the PKCS#12 files that are made.
    pub entropy: Entropy,
}

/// Reads a profile. `copy` is a private copy ([`super::snapshot::take`] makes one); without `opening` no
/// password and no private key is read.
///
/// # Errors
/// What is no profile; a primary password that is missing or wrong; key and login files that are damaged.
/// Whatever else is odd is a loss.
pub fn read(copy: &Path, stamp: &Stamp, opening: Option<&Opening>) -> Result<Opened, Error> {
    let files = Folder::new(copy);
    let prefs = files
        .read(Path::new("prefs.js"))
        .ok_or(Error::NotAProfile)?;
    let (prefs, odd) = Prefs::parse(&String::from_utf8_lossy(&prefs));
    if prefs.is_empty() {
        return Err(Error::Damaged {
            file: "prefs.js".to_owned(),
        });
    }
    let mut losses = Vec::new();
    if odd > 0 {
        losses.push(Loss::of(
            "preferences",
            odd.to_string(),
            "lines-not-understood",
        ));
    }
    let keys = opening
        .map(|opening| unlock(&files, opening))
        .transpose()?
        .flatten();
    let logins = match &keys {
        Some(keys) => open_logins(&files, keys, &mut losses)?,
        None => Vec::new(),
    };
    let mut reader = Reader {
        bundle: Bundle::new(&stamp.id, &stamp.created, "thunderbird"),
        files,
        prefs,
        keys,
        logins: opening.is_some().then_some(logins),
        losses,
    };
    reader.version();
    reader.settings();
    reader.address_books();
    reader.certificates(opening);
    reader.openpgp_keys();
    if opening.is_none() {
        reader.bundle.secrets = Secrets::Omitted.into();
        reader.losses.push(Loss::whole("secrets", "omitted"));
    }
    Ok(Opened {
        bundle: reader.bundle,
        notes: reader.losses,
    })
}

/// `None` if the profile never stored a secret.
fn unlock(files: &Folder, opening: &Opening) -> Result<Option<Keys>, Error> {
    let path = Path::new("key4.db");
    if !files.has(path) {
        return Ok(None);
    }
    let damaged = |_| Error::Damaged {
        file: "key4.db".to_owned(),
    };
    let connection = database::open(&files.path(path)).map_err(damaged)?;
    Keys::unlock(&connection, opening.primary_password.as_ref()).map(Some)
}

fn open_logins(files: &Folder, keys: &Keys, losses: &mut Vec<Loss>) -> Result<Vec<Login>, Error> {
    let Some(file) = files.read(Path::new("logins.json")) else {
        return Ok(Vec::new());
    };
    let opened = logins::open(&file, keys);
    let (logins, odd) = opened.ok_or(Error::Damaged {
        file: "logins.json".to_owned(),
    })?;
    losses.extend(odd);
    Ok(logins)
}

struct Reader {
    bundle: Bundle,
    files: Folder,
    prefs: Prefs,
    keys: Option<Keys>,
    /// `None`: secrets were not asked for.
    logins: Option<Vec<Login>>,
    losses: Vec<Loss>,
}

impl Reader {
    /// `compatibility.ini` says which Thunderbird used the profile last, and where.
    fn version(&mut self) {
        let file = self
            .files
            .read(Path::new("compatibility.ini"))
            .unwrap_or_default();
        let file = String::from_utf8_lossy(&file).into_owned();
        let value = |key: &str| {
            let line = file
                .lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.map(str::trim)
        };
        let version = value("LastVersion").and_then(|version| version.split('_').next());
        let major = version.and_then(|version| version.split('.').next()?.parse::<u32>().ok());
        if major.is_some_and(|major| major > NEWEST) {
            let version = version.unwrap_or_default();
            self.losses
                .push(Loss::of("bundle", version, "newer-thunderbird"));
        }
        let system = value("LastOSABI").unwrap_or_default();
        let system = [
            ("Linux", "linux"),
            ("WINNT", "windows"),
            ("Darwin", "macos"),
        ]
        .into_iter()
        .find_map(|(begins, name)| system.starts_with(begins).then_some(name));
        self.bundle.source.app_version = version.map(str::to_owned);
        self.bundle.source.os = system.map(str::to_owned);
    }

    fn settings(&mut self) {
        let logins = self.logins.as_deref();
        let mut servers = Servers {
            prefs: &self.prefs,
            logins,
            losses: Vec::new(),
        };
        servers.read(&mut self.bundle);
        self.losses.append(&mut servers.losses);
        let (prefs, files, bundle) = (&self.prefs, &self.files, &mut self.bundle);
        texts::signatures(prefs, files, bundle, &mut self.losses);
        texts::templates(prefs, files, bundle, &mut self.losses);
        texts::quick_texts(files, bundle, &mut self.losses);
        texts::rules(prefs, files, bundle, &mut self.losses);
        others::tags(prefs, bundle);
        others::calendars(prefs, logins, bundle, &mut self.losses);
        others::preferences(prefs, bundle);
    }

    fn address_books(&mut self) {
        let prefs = self.prefs.clone();
        let mut keys: Vec<&str> = prefs.keys("ldap_2.servers.", ".dirType").collect();
        keys.retain(|key| !matches!(*key, "pab" | "history"));
        for key in ["pab"].into_iter().chain(keys) {
            let text = |name: &str| prefs.text(&format!("ldap_2.servers.{key}.{name}"));
            let kind = prefs.number(&format!("ldap_2.servers.{key}.dirType"));
            let mut book = AddressBook {
                id: format!("ab-{}", if key == "pab" { "personal" } else { key }),
                name: text("description")
                    .unwrap_or("Personal Address Book")
                    .to_owned(),
                ..AddressBook::default()
            };
            let taken = match kind {
                Some(102) => {
                    book.kind = "carddav".to_owned();
                    book.url = text("carddav.url").map(str::to_owned);
                    book.username = text("carddav.username").map(str::to_owned);
                    book.password = self.password(&book);
                    true
                }
                Some(0) => {
                    book.kind = "ldap".to_owned();
                    book.url = text("uri").map(str::to_owned);
                    book.username = text("auth.dn").map(str::to_owned);
                    true
                }
                Some(101) | None => self.local(&mut book, text("filename")),
                Some(_) => {
                    self.losses
                        .push(Loss::of("addressBooks", &book.id, "kind-not-supported"));
                    false
                }
            };
            if taken {
                self.bundle.address_books.push(book);
            }
        }
    }

    fn password(&self, book: &AddressBook) -> Option<Secret> {
        let origin = servers::origin(book.url.as_deref()?)?;
        logins::password(self.logins.as_deref()?, &origin, book.username.as_deref()?)
    }

    /// Fills a book from its file. An empty one is not worth moving.
    fn local(&mut self, book: &mut AddressBook, file: Option<&str>) -> bool {
        let file = file.unwrap_or("abook.sqlite");
        let is_plain = !file.contains(['/', '\\']) && file.ends_with(".sqlite");
        if !is_plain || !self.files.has(Path::new(file)) {
            if file != "abook.sqlite" {
                self.losses
                    .push(Loss::of("addressBooks", &book.id, "file-missing"));
            }
            return false;
        }
        let photos = Path::new("Photos");
        let photo = |name: &str| self.files.read(&photos.join(Path::new(name).file_name()?));
        let read = database::open(&self.files.path(Path::new(file)))
            .and_then(|connection| books::read(&connection, photo));
        let Ok(contacts) = read else {
            self.losses
                .push(Loss::of("addressBooks", &book.id, "damaged"));
            return false;
        };
        if contacts.odd > 0 {
            self.losses.push(Loss::of(
                "addressBooks",
                &book.id,
                "contacts-not-understood",
            ));
        }
        book.kind = "local".to_owned();
        book.count = Some(contacts.count);
        book.lists = contacts.lists;
        book.contacts = Some(
            self.bundle
                .blobs
                .insert(MEDIA_TYPE, contacts.text.into_bytes()),
        );
        contacts.count > 0
    }

    fn certificates(&mut self, opening: Option<&Opening>) {
        let path = Path::new("cert9.db");
        if !self.files.has(path) {
            return;
        }
        let stored = database::open(&self.files.path(path))
            .and_then(|connection| nss::certificates(&connection));
        let Ok(stored) = stored else {
            self.losses.push(Loss::whole("certificates", "damaged"));
            return;
        };
        // Whose key is here can be seen without opening it.
        let key_file = self.files.path(Path::new("key4.db"));
        let ids = database::open(&key_file).and_then(|db| nss::private_key_ids(&db));
        let ids = ids.unwrap_or_default();
        let keys = self
            .keys
            .as_ref()
            .zip(opening.map(|opening| &opening.entropy));
        keys::certificates(
            &stored,
            |id| ids.iter().any(|own| own == id),
            keys,
            &self.prefs,
            &mut self.bundle,
            &mut self.losses,
        );
    }

    fn openpgp_keys(&mut self) {
        let ring = |name: &str| self.files.read(Path::new(name)).unwrap_or_default();
        let (secret, public) = (ring("secring.gpg"), ring("pubring.gpg"));
        let passphrase = self.passphrase();
        let has_secret = !secret.is_empty() && self.logins.is_some();
        if has_secret && passphrase.is_none() {
            self.losses
                .push(Loss::whole("openpgpKeys", "passphrase-missing"));
        }
        let rings = (secret.as_slice(), public.as_slice());
        keys::openpgp_keys(
            rings,
            passphrase.as_ref(),
            &mut self.bundle,
            &mut self.losses,
        );
    }

    /// One passphrase for all keys, sealed like a login.
    fn passphrase(&self) -> Option<Secret> {
        let sealed = self
            .files
            .read(Path::new("encrypted-openpgp-passphrase.txt"))?;
        let sealed = BASE64.decode(sealed.trim_ascii()).ok()?;
        let text = self.keys.as_ref()?.open_text(&sealed)?;
        std::str::from_utf8(&text)
            .ok()
            .map(|text| Secret::new(text.to_owned()))
    }
}
