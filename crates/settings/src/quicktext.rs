//! Templates of Quicktext, the add-on: version 5 keeps XML in the profile, version 6 exports JSON.

use serde_json::{Value, json};

use crate::bundle::content::QuickText;
use crate::bundle::stamp::Stamp;
use crate::bundle::whole::{Bundle, Opened};
use crate::html;
use crate::loss::Loss;
use crate::xml::{self, Element};

/// Why a file has no templates of Quicktext.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither of the two forms.
    #[error("this is no export of Quicktext: export the templates again in the add-on's settings")]
    OtherDocument,
    /// Version 5, damaged.
    #[error("this template file of Quicktext is damaged: {0}")]
    Xml(#[from] xml::Error),
}

/// A file, and what it does not carry.
#[derive(Debug)]
pub struct Written {
    /// UTF-8 JSON, as Quicktext 6 imports it.
    pub bytes: Vec<u8>,
    /// What stays behind.
    pub losses: Vec<Loss>,
}

/// Reads either form.
///
/// # Errors
/// Something else than either.
pub fn read(text: &str, stamp: &Stamp) -> Result<Opened, Error> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let (texts, notes) = if text.starts_with('<') {
        parse_xml(text)?
    } else {
        parse_json(text)?
    };
    let mut bundle = Bundle::new(&stamp.id, &stamp.created, "quicktext");
    texts
        .into_iter()
        .for_each(|text| bundle.quick_texts.push(text));
    Ok(Opened { bundle, notes })
}

type Texts = (Vec<QuickText>, Vec<Loss>);

fn full(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// `type` 1 is HTML, 0 text.
fn body(quick_text: &mut QuickText, kind: &str, body: &str) {
    match kind {
        "1" => quick_text.html = Some(body.to_owned()),
        _ => quick_text.text = Some(body.to_owned()),
    }
}

/// `quicktext/templates.xml` of version 5.
pub(crate) fn parse_xml(text: &str) -> Result<Texts, Error> {
    let root = xml::parse(text)?;
    if root.name != "quicktext" {
        return Err(Error::OtherDocument);
    }
    let mut texts = Vec::new();
    for menu in root.all("menu") {
        let group = full(menu.text_of("title").map(str::trim));
        let inside = menu
            .child("texts")
            .map_or(&[][..], |texts| texts.children.as_slice());
        for element in inside.iter().filter(|element| element.name == "text") {
            let id = format!("qt-{}", texts.len() + 1);
            texts.push(from_element(element, id, group.clone()));
        }
    }
    Ok((texts, Vec::new()))
}

fn from_element(element: &Element, id: String, group: Option<String>) -> QuickText {
    let mut quick_text = QuickText {
        group,
        name: full(element.text_of("name")).unwrap_or_else(|| id.clone()),
        keyword: full(element.text_of("keyword")),
        shortcut: full(element.attribute("shortcut")),
        subject: full(element.text_of("subject")),
        variables: Some("quicktext".to_owned()),
        id,
        ..QuickText::default()
    };
    let kind = element.attribute("type").unwrap_or("0");
    body(
        &mut quick_text,
        kind,
        element.text_of("body").unwrap_or_default(),
    );
    quick_text
}

/// The export of version 6: `{templates:{groups:[{name}],texts:[[{name,text,type,…}]]}}`.
fn parse_json(text: &str) -> Result<Texts, Error> {
    let root: Value = serde_json::from_str(text).map_err(|_| Error::OtherDocument)?;
    let templates = root.get("templates").ok_or(Error::OtherDocument)?;
    let groups = templates
        .get("groups")
        .and_then(Value::as_array)
        .ok_or(Error::OtherDocument)?;
    let lists = templates
        .get("texts")
        .and_then(Value::as_array)
        .ok_or(Error::OtherDocument)?;
    let mut texts = Vec::new();
    let mut notes = Vec::new();
    for (at, list) in lists.iter().enumerate() {
        let group = groups
            .get(at)
            .and_then(|group| group.get("name"))
            .and_then(Value::as_str);
        for entry in list.as_array().into_iter().flatten() {
            let id = format!("qt-{}", texts.len() + 1);
            let member = |name: &str| entry.get(name).and_then(Value::as_str);
            let mut quick_text = QuickText {
                group: full(group),
                name: full(member("name")).unwrap_or_else(|| id.clone()),
                keyword: full(member("keyword")),
                shortcut: full(member("shortcut")),
                subject: full(member("subject")),
                variables: Some("quicktext".to_owned()),
                id: id.clone(),
                ..QuickText::default()
            };
            let kind = entry
                .get("type")
                .map(|kind| kind.to_string().replace('"', ""));
            body(
                &mut quick_text,
                &kind.unwrap_or_default(),
                member("text").unwrap_or_default(),
            );
            if full(member("attachments")).is_some() {
                notes.push(Loss::of("quickTexts", id, "attachment-not-carried"));
            }
            texts.push(quick_text);
        }
    }
    let scripts = root.get("scripts").and_then(Value::as_array);
    if scripts.is_some_and(|scripts| !scripts.is_empty()) {
        notes.push(Loss::whole("quickTexts", "scripts-not-carried"));
    }
    Ok((texts, notes))
}

/// Writes what Quicktext 6 imports.
#[must_use]
pub fn write(bundle: &Bundle) -> Written {
    let mut losses = Vec::new();
    let mut groups: Vec<(&str, Vec<Value>)> = Vec::new();
    for quick_text in bundle.quick_texts.iter() {
        let name = quick_text.group.as_deref().unwrap_or("Depesche");
        let (kind, body) = match (&quick_text.html, &quick_text.text) {
            (Some(html), _) => ("1", html::images_from_blobs(html, &bundle.blobs)),
            (None, Some(text)) => ("0", text.clone()),
            (None, None) => ("0", String::new()),
        };
        let foreign = quick_text
            .variables
            .as_deref()
            .filter(|kind| *kind != "quicktext");
        if foreign.is_some() {
            losses.push(Loss::of(
                "quickTexts",
                &quick_text.id,
                "placeholders-of-another-program",
            ));
        }
        let entry = json!({
            "name": quick_text.name,
            "text": body,
            "shortcut": quick_text.shortcut.as_deref().unwrap_or_default(),
            "type": kind,
            "keyword": quick_text.keyword.as_deref().unwrap_or_default(),
            "subject": quick_text.subject.as_deref().unwrap_or_default(),
            "attachments": "",
        });
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, entries)) => entries.push(entry),
            None => groups.push((name, vec![entry])),
        }
    }
    let names: Vec<Value> = groups
        .iter()
        .map(|(name, _)| json!({ "name": name }))
        .collect();
    let texts: Vec<Value> = groups
        .into_iter()
        .map(|(_, entries)| Value::Array(entries))
        .collect();
    let root = json!({ "templates": { "groups": names, "texts": texts }, "scripts": [] });
    let mut bytes = serde_json::to_vec_pretty(&root).unwrap_or_default();
    bytes.push(b'\n');
    Written { bytes, losses }
}
