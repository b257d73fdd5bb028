//! A mail opened. No byte of it is trusted, but every string here is clean of control characters.

use serde::{Deserialize, Serialize};

/// A mail, as people see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letter {
    /// Who, to whom, what about, when.
    pub headers: Headers,
    /// What it says.
    pub body: Body,
    /// Pictures that the body shows (`cid:`); they are not among the attachments.
    pub pictures: Vec<Picture>,
    /// All that leaves the page and waits behind links.
    pub attachments: Vec<Attachment>,
    /// Invitations; the `.ics` is an attachment as well.
    pub events: Vec<Event>,
    /// Forwarded mails, one level deep; the `.eml` is an attachment as well.
    pub nested: Vec<Nested>,
    /// What the reader of the page should know about how it came to be.
    pub notes: Vec<Note>,
    /// Encrypted already: not to be converted.
    pub sealed: Option<Sealed>,
}

/// The headers that a page shows. `Bcc` is never among them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headers {
    /// `From`.
    pub from: Vec<Person>,
    /// `To`.
    pub to: Vec<Person>,
    /// `Cc`.
    pub cc: Vec<Person>,
    /// `Subject`, decoded; empty if there is none.
    pub subject: String,
    /// `Date`, in the sender's own time zone.
    pub date: Option<When>,
    /// `Message-ID` without the angle brackets.
    pub message_id: Option<String>,
}

/// A name and an address; either may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// As written by the sender.
    pub name: String,
    /// As written by the sender.
    pub address: String,
}

/// A time of day as somebody's clock showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// The day.
    pub day: Day,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// Minutes east of UTC.
    pub offset_minutes: i16,
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// 1 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// What a mail says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    /// Nothing at all.
    #[default]
    None,
    /// `text/plain`, with LF alone; `flowed` is RFC 3676.
    Text {
        /// The text.
        text: String,
        /// Whether a blank at a line's end means that the line goes on.
        flowed: bool,
    },
    /// `text/html`.
    Html {
        /// The document.
        html: String,
        /// The same as plain text, if the mail had it; else empty.
        plain: String,
    },
}

/// A picture that the body names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// `Content-ID` without the angle brackets.
    pub id: String,
    /// As it stood in the mail, not looked at yet.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Clean ([`crate::names`]), and the only one of its name in this letter.
    pub name: String,
    /// As stated, lower case.
    pub media_type: String,
    /// The file.
    pub content: Vec<u8>,
}

/// An appointment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// What the invitation wants.
    pub method: Method,
    /// Its title.
    pub summary: String,
    /// From when.
    pub start: Option<Moment>,
    /// Until when.
    pub end: Option<Moment>,
    /// Where.
    pub place: String,
    /// Who invites.
    pub organizer: String,
}

/// What an invitation wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// An appointment as such.
    #[default]
    Publish,
    /// Please come.
    Request,
    /// It is off.
    Cancel,
    /// An answer to an invitation.
    Reply,
}

/// A time of an appointment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The day.
    pub day: Day,
    /// Hour and minute; none for a whole day.
    pub time: Option<(u8, u8)>,
    /// The time zone's name, `UTC`, or empty where it is the reader's own.
    pub zone: String,
}

/// A forwarded mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nested {
    /// Its headers.
    pub headers: Headers,
    /// What it says.
    pub body: Body,
    /// Names of what is attached to it.
    pub attachments: Vec<String>,
}

/// What the reader of the page should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Note {
    /// The original carries a signature; the page does not.
    Signed,
    /// Bytes that fit no stated encoding were guessed.
    EncodingGuessed,
    /// What was too long stands in the original only.
    BodyCut,
    /// This many pictures of the web were not fetched.
    RemotePictures(u32),
    /// This many pictures could not be read.
    BrokenPictures(u32),
}

/// By what a mail is encrypted already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// S/MIME, enveloped data.
    SMime,
    /// OpenPGP.
    Pgp,
}

impl Letter {
    /// Whether the page shows less than the mail has, so that the original should be among the attachments.
    #[must_use]
    pub fn wants_original(&self) -> bool {
        self.notes.iter().any(|note| {
            matches!(
                note,
                Note::Signed | Note::BodyCut | Note::EncodingGuessed | Note::BrokenPictures(_)
            )
        })
    }

    /// Adds a note once.
    pub fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}
