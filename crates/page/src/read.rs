//! A mail's bytes as a [`Letter`]: which part is what.

use std::borrow::Cow;
use std::collections::BTreeSet;

use mail_parser::decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode};
use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};

use crate::armour;
use crate::calendar;
use crate::charset;
use crate::data;
use crate::headers;
use crate::letter::{Attachment, Body, Letter, Nested, Note, Picture, Sealed};
use crate::limits::{self, INNER, Limits, Refused};
use crate::names;
use crate::opaque::{self, Opaque};
use crate::tnef;

/// Forwarded mails that a page shows.
const NESTED: usize = 5;

/// Reads a mail. Everything but a bomb gives a letter, however odd.
///
/// # Errors
/// What weighs more than a mail may ([`Limits`]).
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Letter, Refused> {
    limits::check(bytes, limits)?;
    let closed = limits::closed(bytes);
    let mut walk = Walk::new(limits);
    let Some(message) = MessageParser::default().parse(&*closed) else {
        let decoded = charset::decode(bytes, None);
        walk.pieces.push(Piece::Text(decoded.text, false));
        return Ok(walk.finish());
    };
    walk.letter.headers = headers::read(&message, &closed);
    let place = Place {
        message: &message,
        raw: &closed,
        original: bytes,
    };
    walk.part(&place, 0, Seat::root())?;
    Ok(walk.finish())
}

/// Where a part stands.
struct Place<'a> {
    message: &'a Message<'a>,
    /// What was parsed.
    raw: &'a [u8],
    /// The same length, as it came.
    original: &'a [u8],
}

/// How deep a part lies, and what it is there.
#[derive(Clone, Copy)]
struct Seat {
    depth: usize,
    /// May be what the mail says, even with a name.
    body: bool,
    /// The mail's outermost part.
    outermost: bool,
}

impl Seat {
    fn root() -> Seat {
        Seat {
            depth: 0,
            body: true,
            outermost: true,
        }
    }

    fn below(self, body: bool) -> Seat {
        Seat {
            depth: self.depth + 1,
            body,
            outermost: false,
        }
    }
}

enum Piece {
    Text(String, bool),
    Html(String),
}

struct Walk<'l> {
    limits: &'l Limits,
    letter: Letter,
    pieces: Vec<Piece>,
    plain: String,
    /// Pictures with an id: whether the body names them shows in the end.
    candidates: Vec<(Picture, String, String)>,
    taken: BTreeSet<String>,
    parts: usize,
    text: usize,
    /// Pictures found in HTML itself.
    data: usize,
}

impl<'l> Walk<'l> {
    fn new(limits: &'l Limits) -> Self {
        Walk {
            limits,
            letter: Letter::default(),
            pieces: Vec::new(),
            plain: String::new(),
            candidates: Vec::new(),
            taken: BTreeSet::new(),
            parts: 0,
            text: 0,
            data: 0,
        }
    }

    fn part(&mut self, place: &Place<'_>, id: u32, seat: Seat) -> Result<(), Refused> {
        self.parts += 1;
        if self.parts > self.limits.parts {
            return Err(Refused::TooManyParts);
        }
        if seat.depth > self.limits.depth {
            return Err(Refused::TooDeep);
        }
        let Some(part) = place.message.part(id) else {
            return Ok(());
        };
        match &part.body {
            PartType::Multipart(children) => self.group(place, part, children, seat),
            PartType::Message(inner) => self.nested(place, part, inner, seat),
            _ => self.leaf(place, part, seat),
        }
    }

    fn group(
        &mut self,
        place: &Place<'_>,
        part: &MessagePart<'_>,
        children: &[u32],
        seat: Seat,
    ) -> Result<(), Refused> {
        let subtype = part
            .content_type()
            .and_then(|t| t.subtype())
            .unwrap_or_default();
        match subtype {
            "alternative" => return self.alternative(place, children, seat),
            "encrypted" if seat.outermost && is_sealed(place, children) => {
                self.letter.sealed = Some(Sealed::Pgp);
            }
            "signed" => {
                self.letter.note(Note::Signed);
                let first = children.first().copied();
                return first.map_or(Ok(()), |id| self.part(place, id, seat.below(seat.body)));
            }
            _ => {}
        }
        for (index, id) in children.iter().enumerate() {
            self.part(place, *id, seat.below(seat.body && index == 0))?;
        }
        Ok(())
    }

    /// The richest that can be shown; plain text is kept beside it.
    fn alternative(
        &mut self,
        place: &Place<'_>,
        children: &[u32],
        seat: Seat,
    ) -> Result<(), Refused> {
        let rich = children
            .iter()
            .rposition(|id| holds_html(place.message, *id, self.limits.depth));
        let plain = children
            .iter()
            .rposition(|id| is_type(place.message, *id, "text", "plain"));
        let chosen = rich.or(plain).or((!children.is_empty()).then_some(0));
        for (index, id) in children.iter().enumerate() {
            if Some(index) == chosen {
                self.part(place, *id, seat.below(true))?;
            } else if Some(index) == plain {
                let text = place
                    .message
                    .part(*id)
                    .map(|part| text_of(place, part).text);
                self.plain = self.fit(text.unwrap_or_default());
            } else if !is_type(place.message, *id, "text", "plain")
                && !is_type(place.message, *id, "text", "html")
                && !is_type(place.message, *id, "text", "x-amp-html")
                && !is_type(place.message, *id, "text", "watch-html")
                && !is_type(place.message, *id, "text", "enriched")
            {
                self.part(place, *id, seat.below(false))?;
            }
        }
        Ok(())
    }

    fn leaf(
        &mut self,
        place: &Place<'_>,
        part: &MessagePart<'_>,
        seat: Seat,
    ) -> Result<(), Refused> {
        let media_type = media_type(part);
        let attached = part
            .content_disposition()
            .is_some_and(|d| d.is_attachment());
        match media_type.as_str() {
            "application/pkcs7-signature"
            | "application/x-pkcs7-signature"
            | "application/pgp-signature" => self.letter.note(Note::Signed),
            "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                return self.smime(place, part, seat);
            }
            "application/ms-tnef" | "application/vnd.ms-tnef" => self.winmail(place, part),
            "text/plain" | "text/html"
                if !attached && (seat.body || file_name(place, part).is_none()) =>
            {
                self.body(place, part, &media_type, seat);
            }
            "text/calendar" => {
                let text = text_of(place, part).text;
                self.letter.events.extend(calendar::events(&text));
                self.letter.events.truncate(10);
                self.attach(place, part, &media_type);
            }
            _ if media_type.starts_with("image/") => self.picture(place, part, &media_type),
            _ if file_name(place, part).is_some_and(|n| n.eq_ignore_ascii_case("winmail.dat")) => {
                self.winmail(place, part);
            }
            _ => self.attach(place, part, &media_type),
        }
        Ok(())
    }

    fn body(&mut self, place: &Place<'_>, part: &MessagePart<'_>, media_type: &str, seat: Seat) {
        let decoded = text_of(place, part);
        if decoded.guessed {
            self.letter.note(Note::EncodingGuessed);
        }
        if media_type == "text/html" {
            let (html, pictures) = data::lift(&decoded.text, self.data);
            self.data += pictures.len();
            let named = pictures
                .into_iter()
                .map(|p| (p, "image.png".to_owned(), "image/png".to_owned()));
            self.candidates.extend(named);
            let html = self.fit(html.into_owned());
            self.pieces.push(Piece::Html(html));
            return;
        }
        let text = self.fit(decoded.text);
        // Beside it nothing may stand that is readable: such a mail passes as it is.
        if seat.outermost && armour::is_whole(text.as_bytes()) {
            self.letter.sealed = Some(Sealed::Pgp);
        }
        let attribute = |name| part.content_type().and_then(|t| t.attribute(name));
        let flowed = attribute("format").is_some_and(|f| f.eq_ignore_ascii_case("flowed"));
        self.pieces.push(Piece::Text(text, flowed));
    }

    /// What is over the limit stands in the original.
    fn fit(&mut self, text: String) -> String {
        let room = self.limits.text.saturating_sub(self.text);
        let kept = names::cut(&text, room).len();
        self.text += kept;
        if kept == text.len() {
            return text;
        }
        self.letter.note(Note::BodyCut);
        text[..kept].to_owned()
    }

    fn picture(&mut self, place: &Place<'_>, part: &MessagePart<'_>, media_type: &str) {
        let content = content(place, part);
        let Some(id) = part
            .content_id()
            .map(|id| id.trim_matches(['<', '>', ' ']).to_owned())
        else {
            return self.attach(place, part, media_type);
        };
        let name = self.name(place, part, media_type);
        let picture = Picture {
            id,
            bytes: content.into_owned(),
        };
        self.candidates.push((picture, name, media_type.to_owned()));
    }

    fn nested(
        &mut self,
        place: &Place<'_>,
        part: &MessagePart<'_>,
        inner: &Message<'_>,
        seat: Seat,
    ) -> Result<(), Refused> {
        let mut walk = Walk::new(self.limits);
        walk.parts = self.parts;
        walk.text = self.text;
        walk.letter.headers = headers::read(inner, place.raw);
        let inside = Place {
            message: inner,
            raw: place.raw,
            original: place.original,
        };
        let below = Seat {
            outermost: false,
            ..seat.below(true)
        };
        walk.part(&inside, 0, below)?;
        self.parts = walk.parts;
        self.text = walk.text;
        if walk.letter.notes.contains(&Note::BodyCut) {
            self.letter.note(Note::BodyCut);
        }
        let found = walk.finish();
        let name = names::clean(&format!("{}.eml", found.headers.subject), "eml");
        self.keep(name, "message/rfc822", slice(place.original, part).to_vec());
        if self.letter.nested.len() < NESTED {
            let attachments = found.attachments.into_iter().map(|a| a.name);
            self.letter.nested.push(Nested {
                headers: found.headers,
                body: found.body,
                attachments: attachments.take(50).collect(),
            });
        }
        Ok(())
    }

    fn smime(
        &mut self,
        place: &Place<'_>,
        part: &MessagePart<'_>,
        seat: Seat,
    ) -> Result<(), Refused> {
        let bytes = content(place, part);
        match opaque::open(&bytes) {
            Opaque::Signed(inside) if seat.depth < 3 => {
                self.letter.note(Note::Signed);
                limits::check(&inside, self.limits)?;
                let closed = limits::closed(&inside);
                let Some(message) = MessageParser::default().parse(&*closed) else {
                    return Ok(());
                };
                let place = Place {
                    message: &message,
                    raw: &closed,
                    original: &inside,
                };
                self.part(&place, 0, seat.below(true))?;
            }
            Opaque::Enveloped if seat.outermost => self.letter.sealed = Some(Sealed::SMime),
            _ => self.attach(place, part, "application/pkcs7-mime"),
        }
        Ok(())
    }

    fn winmail(&mut self, place: &Place<'_>, part: &MessagePart<'_>) {
        let Some(winmail) = tnef::read(&content(place, part)) else {
            return self.attach(place, part, "application/ms-tnef");
        };
        for (name, content) in winmail.files {
            self.keep(
                names::clean(&name, "bin"),
                "application/octet-stream",
                content,
            );
        }
        // The text beside it says the same, plainer. Empty, it says nothing.
        let said = self.pieces.iter().any(|piece| match piece {
            Piece::Text(text, _) | Piece::Html(text) => !text.trim().is_empty(),
        });
        if !said {
            self.pieces.clear();
            match winmail.body {
                Body::None => {}
                Body::Text { text, flowed } => {
                    let text = self.fit(text);
                    self.pieces.push(Piece::Text(text, flowed));
                }
                Body::Html { html, plain } => {
                    let html = self.fit(html);
                    self.plain = self.fit(plain);
                    self.pieces.push(Piece::Html(html));
                }
            }
        }
    }

    fn attach(&mut self, place: &Place<'_>, part: &MessagePart<'_>, media_type: &str) {
        let name = self.name(place, part, media_type);
        self.keep(name, media_type, content(place, part).into_owned());
    }

    fn name(&self, place: &Place<'_>, part: &MessagePart<'_>, media_type: &str) -> String {
        let ending = names::ending(&media_type.replace(INNER, "message"));
        names::clean(&file_name(place, part).unwrap_or_default(), ending)
    }

    fn keep(&mut self, name: String, media_type: &str, content: Vec<u8>) {
        let name = names::unique(name, &mut self.taken);
        let media_type = media_type.replace(INNER, "message");
        self.letter.attachments.push(Attachment {
            name,
            media_type,
            content,
        });
    }

    fn finish(mut self) -> Letter {
        self.letter.body = joined(
            std::mem::take(&mut self.pieces),
            std::mem::take(&mut self.plain),
        );
        let mut weight = 0;
        for (picture, name, media_type) in std::mem::take(&mut self.candidates) {
            let named = match &self.letter.body {
                Body::Html { html, .. } => names_picture(html, &picture.id),
                _ => false,
            };
            if named && weight + picture.bytes.len() <= self.limits.pictures {
                weight += picture.bytes.len();
                self.letter.pictures.push(picture);
            } else {
                self.keep(name, &media_type, picture.bytes);
            }
        }
        self.letter
    }
}

/// Several bodies become one, in their order.
fn joined(pieces: Vec<Piece>, plain: String) -> Body {
    let mut pieces = pieces
        .into_iter()
        .filter(|piece| match piece {
            Piece::Text(text, _) | Piece::Html(text) => !text.trim().is_empty(),
        })
        .peekable();
    if pieces.peek().is_none() {
        return Body::None;
    }
    let pieces: Vec<Piece> = pieces.collect();
    let rich = pieces.iter().any(|piece| matches!(piece, Piece::Html(_)));
    if !rich {
        let flowed = pieces
            .iter()
            .all(|piece| matches!(piece, Piece::Text(_, true)));
        let texts = pieces.into_iter().map(|piece| match piece {
            Piece::Text(text, _) | Piece::Html(text) => text.replace("\r\n", "\n"),
        });
        let text = texts.collect::<Vec<_>>().join("\n\n");
        return Body::Text { text, flowed };
    }
    let mut html = String::new();
    for piece in pieces {
        match piece {
            Piece::Html(part) => html.push_str(&part),
            Piece::Text(text, _) => {
                html.push_str("<div style=\"white-space:pre-wrap\">");
                html.push_str(&text.replace('&', "&amp;").replace('<', "&lt;"));
                html.push_str("</div>");
            }
        }
    }
    Body::Html { html, plain }
}

/// Whether a document shows the picture of this id.
fn names_picture(html: &str, id: &str) -> bool {
    if id.is_empty() {
        return false;
    }
    let found = memchr::memmem::find_iter(html.as_bytes(), id.as_bytes());
    found.into_iter().any(|at| {
        let before = &html.as_bytes()[at.saturating_sub(4)..at];
        before.eq_ignore_ascii_case(b"cid:")
    })
}

fn media_type(part: &MessagePart<'_>) -> String {
    match part.content_type() {
        Some(stated) => {
            let subtype = stated.subtype().unwrap_or("octet-stream");
            headers::clean(&format!("{}/{subtype}", stated.ctype()).to_ascii_lowercase())
        }
        None => "text/plain".to_owned(),
    }
}

fn is_type(message: &Message<'_>, id: u32, kind: &str, subtype: &str) -> bool {
    let stated = message.part(id).and_then(|part| part.content_type());
    stated.map_or(kind == "text" && subtype == "plain", |t| {
        t.ctype() == kind && t.subtype() == Some(subtype)
    })
}

fn holds_html(message: &Message<'_>, id: u32, depth: usize) -> bool {
    match message.part(id).map(|part| &part.body) {
        Some(PartType::Html(_)) => true,
        Some(PartType::Multipart(children)) if depth > 0 => children
            .iter()
            .any(|child| holds_html(message, *child, depth - 1)),
        _ => false,
    }
}

/// OpenPGP as RFC 3156, section 4, has it: a part with the version, a part with the message, and nothing else.
fn is_sealed(place: &Place<'_>, children: &[u32]) -> bool {
    let [version, message] = children else {
        return false;
    };
    let message = place.message.part(*message);
    is_type(place.message, *version, "application", "pgp-encrypted")
        && message.is_some_and(|part| armour::is_whole(&content(place, part)))
}

/// As written, with raw bytes and encoded words read.
fn file_name(place: &Place<'_>, part: &MessagePart<'_>) -> Option<String> {
    let name = part.attachment_name()?;
    if name.contains('\u{fffd}') || name.contains("=?") {
        return headers::file_name(part, place.raw).or_else(|| Some(name.to_owned()));
    }
    Some(name.to_owned())
}

fn slice<'a>(raw: &'a [u8], part: &MessagePart<'_>) -> &'a [u8] {
    raw.get(part.offset_body as usize..part.offset_end as usize)
        .unwrap_or_default()
}

/// A part's bytes as they were before they became mail; of a text too.
fn content<'a>(place: &Place<'a>, part: &'a MessagePart<'_>) -> Cow<'a, [u8]> {
    match &part.body {
        PartType::Text(text) | PartType::Html(text) => {
            decoded(place.original, part).unwrap_or(Cow::Borrowed(text.as_bytes()))
        }
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => Cow::Borrowed(bytes),
        PartType::Message(_) | PartType::Multipart(_) => Cow::Borrowed(&[]),
    }
}

fn decoded<'a>(raw: &'a [u8], part: &MessagePart<'_>) -> Option<Cow<'a, [u8]>> {
    let raw = slice(raw, part);
    match part.encoding {
        Encoding::None => Some(Cow::Borrowed(raw)),
        Encoding::QuotedPrintable => quoted_printable_decode(raw).map(Cow::Owned),
        Encoding::Base64 => base64_decode(raw).map(Cow::Owned),
    }
}

/// The text of a part, decoded from its bytes anew: the parser knows fewer encodings than the web.
fn text_of(place: &Place<'_>, part: &MessagePart<'_>) -> charset::Decoded {
    let Some(bytes) = decoded(place.raw, part) else {
        let text = part.text_contents().unwrap_or_default();
        return charset::Decoded {
            text: text.to_owned(),
            guessed: false,
        };
    };
    let label = part
        .content_type()
        .and_then(|t| t.attribute("charset"))
        .map(str::to_owned);
    let label = label.or_else(|| {
        let html = matches!(part.body, PartType::Html(_));
        html.then(|| charset::stated_in_html(&bytes)).flatten()
    });
    charset::decode(&bytes, label.as_deref())
}

#[cfg(test)]
mod tests;
