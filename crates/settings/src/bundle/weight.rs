//! What takes how much room in a bundle, and a bundle without some of it: for those that are too large to be handed over.

use data_encoding::BASE64;
use serde_json::Value;

use super::blob::Blobs;
use super::whole::Bundle;
use crate::extra::{Extra, List};
use crate::loss::Loss;

/// What can be left out, under the headings that people are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Pictures of contacts.
    Photos,
    /// Address books.
    Contacts,
    /// Accounts, their servers and identities.
    Accounts,
    /// Signatures.
    Signatures,
    /// Templates and quick texts.
    Templates,
    /// Rules.
    Rules,
    /// Tags.
    Tags,
    /// Certificates and keys.
    Certificates,
    /// Calendars.
    Calendars,
    /// The program's own settings.
    Preferences,
    /// What this version does not know.
    Others,
}

/// Every part with its name.
pub const PARTS: [(&str, Part); 11] = [
    ("photos", Part::Photos),
    ("contacts", Part::Contacts),
    ("accounts", Part::Accounts),
    ("signatures", Part::Signatures),
    ("templates", Part::Templates),
    ("rules", Part::Rules),
    ("tags", Part::Tags),
    ("certificates", Part::Certificates),
    ("calendars", Part::Calendars),
    ("preferences", Part::Preferences),
    ("others", Part::Others),
];

impl Part {
    /// The part of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let found = PARTS.iter().find(|(known, _)| *known == name);
        found.map(|(_, part)| *part)
    }

    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        let found = PARTS.iter().find(|(_, part)| *part == self);
        found.map_or("others", |(name, _)| name)
    }

    /// The document's members.
    const fn members(self) -> &'static [&'static str] {
        match self {
            Self::Photos | Self::Others => &[],
            Self::Contacts => &["addressBooks"],
            Self::Accounts => &["accounts", "outgoingServers", "identities"],
            Self::Signatures => &["signatures"],
            Self::Templates => &["templates", "quickTexts"],
            Self::Rules => &["rules"],
            Self::Tags => &["tags"],
            Self::Certificates => &["certificates", "openpgpKeys"],
            Self::Calendars => &["calendars"],
            Self::Preferences => &["preferences"],
        }
    }
}

/// The content lines of a picture, RFC 6350 section 6.2.4 and 6.6.3.
fn is_picture(line: &str) -> bool {
    let name = line.split([':', ';']).next().unwrap_or_default();
    let name = name.rsplit('.').next().unwrap_or_default();
    ["PHOTO", "LOGO"]
        .iter()
        .any(|picture| name.eq_ignore_ascii_case(picture))
}

/// vCards without their pictures.
fn without_pictures(cards: &str) -> String {
    let mut keep = true;
    let mut out = String::with_capacity(cards.len());
    for line in cards.split_inclusive('\n') {
        // What begins with a blank goes on with the line before: RFC 6350 section 3.2.
        if !line.starts_with([' ', '\t']) {
            keep = !is_picture(line);
        }
        if keep {
            out.push_str(line);
        }
    }
    out
}

fn in_base64(bytes: usize) -> u64 {
    BASE64.encode_len(bytes) as u64
}

impl Bundle {
    /// What takes room, the largest first, in bytes of the document before it is packed.
    #[must_use]
    pub fn weights(&self) -> Vec<(Part, u64)> {
        let mut document = serde_json::to_value(self).unwrap_or_default();
        let Some(document) = document.as_object_mut() else {
            return Vec::new();
        };
        document.remove("blobs");
        let mut left: Vec<_> = self.blobs.iter().collect();
        let mut weights = Vec::new();
        for (_, part) in PARTS {
            let mut size = 0;
            let own: Vec<&Value> = match part {
                Part::Others => (self.extra.0.values()).collect(),
                part => (part.members().iter())
                    .filter_map(|m| document.get(*m))
                    .collect(),
            };
            for value in own {
                let text = value.to_string();
                size += text.len() as u64;
                // What several name is counted once.
                left.retain(|(id, blob)| {
                    let is_named = text.contains(id.as_str());
                    size += if is_named {
                        in_base64(blob.data.len())
                    } else {
                        0
                    };
                    !is_named
                });
            }
            weights.push((part, size));
        }
        let photos = self.photos();
        for (part, size) in &mut weights {
            match part {
                Part::Photos => *size = photos,
                Part::Contacts => *size = size.saturating_sub(photos),
                _ => {}
            }
        }
        weights.retain(|(_, size)| *size > 0);
        weights.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        weights
    }

    fn photos(&self) -> u64 {
        let cards = |id| self.bytes_of(id).map(String::from_utf8_lossy);
        let books = self.address_books.iter();
        let all = books.filter_map(|book| book.contacts.as_ref().and_then(cards));
        all.map(|cards| in_base64(cards.len() - without_pictures(&cards).len()))
            .sum()
    }

    /// Takes a part out, with what led to it and the bytes that nothing names any more.
    pub fn leave_out(&mut self, part: Part) {
        if part == Part::Photos {
            self.leave_photos_out();
        } else {
            let there = |member: &&&str| {
                let whole = serde_json::to_value(&*self).unwrap_or_default();
                whole.get(**member).is_some()
            };
            let gone: Vec<&str> = part.members().iter().filter(there).copied().collect();
            self.clear(part);
            for member in gone {
                self.losses.push(Loss::whole(member, "omitted"));
            }
        }
        let blobs = std::mem::take(&mut self.blobs);
        let text = serde_json::to_string(self).unwrap_or_default();
        self.blobs = Blobs::named_in(blobs, &text);
    }

    fn leave_photos_out(&mut self) {
        let mut losses = Vec::new();
        for book in self.address_books.iter_mut() {
            let blob = book.contacts.as_ref().and_then(|id| self.blobs.get(id));
            let Some(blob) = blob else { continue };
            let cards = String::from_utf8_lossy(&blob.data);
            let bare = without_pictures(&cards);
            if bare.len() == cards.len() {
                continue;
            }
            let media_type = blob.media_type.clone();
            book.contacts = Some(self.blobs.insert(&media_type, bare.into_bytes()));
            losses.push(Loss::of("addressBooks", book.id.as_str(), "photos-omitted"));
        }
        losses.into_iter().for_each(|loss| self.losses.push(loss));
    }

    fn clear(&mut self, part: Part) {
        match part {
            Part::Photos => {}
            Part::Contacts => self.address_books = List::default(),
            Part::Accounts => {
                self.accounts = List::default();
                self.outgoing_servers = List::default();
                self.identities = List::default();
                self.rules.iter_mut().for_each(|rule| rule.account = None);
                let templates = self.templates.iter_mut();
                templates.for_each(|template| template.account = None);
            }
            Part::Signatures => {
                self.signatures = List::default();
                let identities = self.identities.iter_mut();
                identities.for_each(|identity| identity.signature = None);
            }
            Part::Templates => {
                self.templates = List::default();
                self.quick_texts = List::default();
            }
            Part::Rules => self.rules = List::default(),
            Part::Tags => self.tags = List::default(),
            Part::Certificates => {
                self.certificates = List::default();
                self.openpgp_keys = List::default();
                for identity in self.identities.iter_mut() {
                    identity.smime = None;
                    identity.openpgp = None;
                }
            }
            Part::Calendars => self.calendars = List::default(),
            Part::Preferences => self.preferences = Extra::default(),
            Part::Others => self.extra = Extra::default(),
        }
    }
}
