//! XML 1.0 as a small tree, and text made fit for it. Own entities are not expanded, so nothing grows.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

/// Deeper than any settings file.
const DEEPEST: usize = 64;

/// Why a text is no XML that this crate reads.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not well-formed, or cut off.
    #[error("not well-formed XML at byte {at}")]
    Malformed {
        /// Counted from 0.
        at: u64,
    },
    /// Nested without end.
    #[error("XML nested deeper than {DEEPEST}")]
    TooDeep,
    /// No element.
    #[error("no XML element")]
    Empty,
}

/// An element: its name, attributes, elements inside, and its text in one piece.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The text of a child.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }
}

/// Reads a document; gives its outermost element.
pub(crate) fn parse(text: &str) -> Result<Element, Error> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    loop {
        let at = reader.buffer_position();
        let event = reader.read_event().map_err(|_| Error::Malformed { at })?;
        match event {
            Event::Start(start) => {
                if open.len() == DEEPEST {
                    return Err(Error::TooDeep);
                }
                open.push(element(&start).ok_or(Error::Malformed { at })?);
            }
            Event::Empty(start) => {
                let closed = element(&start).ok_or(Error::Malformed { at })?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(closed),
                    None => return Ok(closed),
                }
            }
            Event::End(_) => {
                let closed = open.pop().ok_or(Error::Malformed { at })?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(closed),
                    None => return Ok(closed),
                }
            }
            Event::Eof if open.is_empty() => return Err(Error::Empty),
            Event::Eof => return Err(Error::Malformed { at }),
            other => {
                if let Some(element) = open.last_mut() {
                    add_text(element, &other).ok_or(Error::Malformed { at })?;
                }
            }
        }
    }
}

fn add_text(element: &mut Element, event: &Event<'_>) -> Option<()> {
    match event {
        Event::Text(text) => element.text.push_str(&text.xml10_content()),
        Event::CData(text) => element.text.push_str(&text.xml10_content()),
        Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
            Some(c) => element.text.push(c),
            None => element.text.push_str(named(reference.as_ref())?),
        },
        _ => {}
    }
    Some(())
}

/// XML 1.0 section 4.6: the five that need no declaration.
fn named(entity: &str) -> Option<&'static str> {
    match entity {
        "lt" => Some("<"),
        "gt" => Some(">"),
        "amp" => Some("&"),
        "apos" => Some("'"),
        "quot" => Some("\""),
        _ => None,
    }
}

fn element(start: &BytesStart<'_>) -> Option<Element> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).ok()?;
        attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Some(Element {
        name: start.name().as_ref().to_owned(),
        attributes,
        ..Element::default()
    })
}

/// Text between tags or in a quoted attribute. Characters that XML 1.0 cannot carry (section 2.2) are
/// left out; line ends become line feeds, as every reader makes them anyway.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push('\n'),
            '\t' | '\n' => escaped.push(c),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => escaped.push(c),
        }
    }
    escaped
}
