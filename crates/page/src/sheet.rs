//! All that is drawn of one mail for one recipient, and how the template gets it.

use serde::{Deserialize, Serialize};

use crate::element::Shown;
use crate::html;
use crate::letter::{Body, Day, Event, Headers, Letter, Nested, Note, Person, Picture};
use crate::plain;
use crate::style::Colour;
use crate::text;
use crate::tree::{Block, Paragraph, Run, Tree, order_headings};
use crate::words::Language;

/// People of one field that are listed.
const PEOPLE: usize = 12;
/// Depesche's own colour.
const BRAND: Colour = Colour([0x02, 0x52, 0x63]);

/// What stands around the mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Of the page's own words.
    pub language: Language,
    /// The organisation, on top; empty: the host.
    pub house: String,
    /// Its colour; one that white letters cannot be read on is left.
    pub colour: Option<[u8; 3]>,
    /// The portal, printed in clear.
    pub host: String,
    /// Where the Reply button leads.
    pub reply: Option<String>,
    /// Where the password is changed.
    pub password: String,
    /// The attachments.
    pub files: Vec<FileLink>,
    /// Until when they wait.
    pub files_until: Option<Day>,
    /// When the page was made, by the clock of the gateway, in UTC.
    pub made: Made,
    /// Makes the PDF's id. The same sheet gives the same bytes.
    pub ident: String,
}

/// A moment in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The day.
    pub day: Day,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

impl Default for Made {
    fn default() -> Self {
        Made {
            day: Day {
                year: 2000,
                month: 1,
                day: 1,
            },
            hour: 0,
            minute: 0,
        }
    }
}

/// An attachment behind its link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileLink {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Where it waits.
    pub link: String,
}

/// A mail and its frame, ready to travel to the process that draws it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// What stands around.
    pub frame: Frame,
    /// The mail's headers.
    pub headers: Headers,
    /// What it says.
    pub body: Body,
    /// Its appointments.
    pub events: Vec<Event>,
    /// Forwarded mails.
    pub nested: Vec<Nested>,
    /// What the reader should know.
    pub notes: Vec<Note>,
    /// Its pictures. The bytes travel apart.
    pub pictures: Vec<Picture>,
    /// Text alone: what is drawn when the rich page could not be.
    pub plain: bool,
}

impl Sheet {
    /// A letter in its frame.
    #[must_use]
    pub fn of(letter: &Letter, frame: Frame) -> Sheet {
        Sheet {
            frame,
            headers: letter.headers.clone(),
            body: letter.body.clone(),
            events: letter.events.clone(),
            nested: letter.nested.clone(),
            notes: letter.notes.clone(),
            pictures: letter.pictures.clone(),
            plain: false,
        }
    }

    /// The same as text alone.
    #[must_use]
    pub fn as_plain(&self) -> Sheet {
        Sheet {
            plain: true,
            pictures: Vec::new(),
            ..self.clone()
        }
    }
}

impl Letter {
    /// The body as plain text of at most so many bytes, quotes marked by `> `.
    #[must_use]
    pub fn text(&self, most: usize) -> String {
        crate::names::cut(&spoken(&self.body), most).to_owned()
    }
}

/// A body as plain text.
#[must_use]
pub fn spoken(body: &Body) -> String {
    match body {
        Body::None => String::new(),
        Body::Text { text, .. } => text.clone(),
        Body::Html { plain, .. } if !plain.trim().is_empty() => plain.replace("\r\n", "\n"),
        Body::Html { html, .. } => plain::text(html),
    }
}

/// What the template draws.
#[derive(Debug, Serialize)]
pub struct Layout {
    lang: &'static str,
    title: String,
    house: String,
    brand: Colour,
    protected: &'static str,
    /// Label, and one line or more.
    rows: Vec<(&'static str, Vec<String>)>,
    reply: Option<Reply>,
    body: Vec<Block>,
    events: Vec<Card>,
    nested: Vec<Card>,
    notes: Vec<String>,
    files: Files,
    foot: Foot,
}

#[derive(Debug, Serialize)]
struct Reply {
    url: String,
    label: &'static str,
    opens: String,
}

#[derive(Debug, Serialize)]
struct Files {
    title: &'static str,
    until: String,
    list: Vec<File>,
}

#[derive(Debug, Serialize)]
struct File {
    name: String,
    kind: String,
    size: String,
    url: Option<String>,
}

#[derive(Debug, Serialize)]
struct Foot {
    locked: &'static str,
    shown: String,
    url: Option<String>,
}

/// Something with a title, labelled lines and a text.
#[derive(Debug, Serialize)]
struct Card {
    kind: &'static str,
    title: String,
    rows: Vec<(&'static str, String)>,
    body: Vec<Block>,
    below: String,
}

impl Layout {
    /// Lays a sheet out; `shown` are the pictures that could be read, in the sheet's order.
    #[must_use]
    pub fn of(sheet: &Sheet, shown: &[Shown], broken: u32) -> Layout {
        let Sheet { frame, headers, .. } = sheet;
        let words = frame.language;
        let mut tree = tree(&sheet.body, shown, sheet.plain);
        order_headings(&mut tree.blocks, 1);
        if tree.blocks.is_empty() && sheet.nested.is_empty() && sheet.events.is_empty() {
            tree.blocks.push(paragraph(words.no_text()));
        }
        let mut notes = sheet.notes.clone();
        notes.extend((tree.remote > 0).then_some(Note::RemotePictures(tree.remote)));
        notes.extend((broken > 0).then_some(Note::BrokenPictures(broken)));
        let brand = frame
            .colour
            .map(Colour)
            .filter(|c| c.contrast(Colour::PAPER) >= 4.5);
        Layout {
            lang: words.tag(),
            title: non_empty(&headers.subject, words.no_subject()),
            house: non_empty(&frame.house, &frame.host),
            brand: brand.unwrap_or(BRAND),
            protected: words.protected(),
            rows: rows(headers, words),
            reply: frame
                .reply
                .as_deref()
                .and_then(text::address_of)
                .map(|url| Reply {
                    url,
                    label: words.reply(),
                    opens: words.opens(&frame.host),
                }),
            body: tree.blocks,
            events: sheet
                .events
                .iter()
                .map(|event| appointment(event, words))
                .collect(),
            nested: sheet
                .nested
                .iter()
                .map(|nested| forwarded(nested, words, sheet.plain))
                .collect(),
            notes: notes.into_iter().map(|note| words.note(note)).collect(),
            files: files(frame),
            foot: Foot {
                locked: words.locked(),
                shown: frame.password.trim_start_matches("https://").to_owned(),
                url: text::address_of(&frame.password),
            },
        }
    }
}

fn tree(body: &Body, shown: &[Shown], as_text: bool) -> Tree {
    match body {
        Body::None => Tree::default(),
        Body::Html { html, .. } if !as_text => html::read(html, shown),
        Body::Text { text, flowed } if !as_text => text::read(text, *flowed),
        body => Tree {
            blocks: vec![Block::Log {
                lines: spoken(body)
                    .lines()
                    .map(|l| text::breakable(&text::printable(l)))
                    .collect(),
            }],
            remote: 0,
        },
    }
}

fn paragraph(text: &str) -> Block {
    Block::P(Paragraph {
        r: vec![Run::plain(text)],
        ..Paragraph::default()
    })
}

fn non_empty(text: &str, instead: &str) -> String {
    let text = if text.trim().is_empty() {
        instead
    } else {
        text
    };
    text::breakable(text)
}

fn rows(headers: &Headers, words: Language) -> Vec<(&'static str, Vec<String>)> {
    let people = |list: &[Person]| {
        let mut lines: Vec<String> = list.iter().take(PEOPLE).map(person).collect();
        if list.len() > PEOPLE {
            lines.push(words.more(list.len() - PEOPLE));
        }
        lines
    };
    let mut rows = vec![
        (words.from(), people(&headers.from)),
        (words.to(), people(&headers.to)),
        (words.cc(), people(&headers.cc)),
        (
            words.date(),
            headers
                .date
                .map(|date| words.when(date))
                .into_iter()
                .collect(),
        ),
    ];
    rows.retain(|(_, lines)| !lines.is_empty());
    rows
}

fn person(person: &Person) -> String {
    let line = match (person.name.as_str(), person.address.as_str()) {
        ("", address) => address.to_owned(),
        (name, "") => name.to_owned(),
        (name, address) if name == address => name.to_owned(),
        (name, address) => format!("{name} <{address}>"),
    };
    text::breakable(&line)
}

fn appointment(event: &Event, words: Language) -> Card {
    let [when, place, who] = words.event_labels();
    let mut rows = vec![
        (when, words.span(event.start.as_ref(), event.end.as_ref())),
        (place, event.place.clone()),
        (who, event.organizer.clone()),
    ];
    rows.retain(|(_, said)| !said.is_empty());
    let kind = words.event(event.method);
    Card {
        kind,
        title: non_empty(&event.summary, kind),
        rows,
        body: Vec::new(),
        below: String::new(),
    }
}

fn forwarded(nested: &Nested, words: Language, as_text: bool) -> Card {
    let mut tree = tree(&nested.body, &[], as_text);
    order_headings(&mut tree.blocks, 2);
    let rows = rows(&nested.headers, words);
    let names = nested.attachments.join(", ");
    Card {
        kind: words.forwarded(),
        title: non_empty(&nested.headers.subject, words.no_subject()),
        rows: rows
            .into_iter()
            .map(|(label, lines)| (label, lines.join(", ")))
            .collect(),
        body: tree.blocks,
        below: if names.is_empty() {
            names
        } else {
            words.with_files(&names)
        },
    }
}

fn files(frame: &Frame) -> Files {
    let words = frame.language;
    let list = frame.files.iter().map(|file| {
        let ending = file.name.rsplit_once('.').map_or("", |(_, ending)| ending);
        File {
            name: text::breakable(&text::printable(&file.name)),
            kind: ending.chars().take(4).collect::<String>().to_uppercase(),
            size: words.size(file.size),
            url: text::address_of(&file.link),
        }
    });
    Files {
        title: words.attachments(),
        until: words.until(frame.files_until),
        list: list.collect(),
    }
}
