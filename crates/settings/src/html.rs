//! HTML of signatures as plain text, and its images in and out of blobs.

use data_encoding::{BASE64, BASE64_MIME_PERMISSIVE};

use crate::bundle::blob::{BlobId, Blobs};

/// The text of a piece of HTML: line breaks where a browser breaks lines, no tags, no styles.
pub(crate) fn to_text(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, behind)) = rest.split_once('<') {
        push_words(&mut text, before);
        let (tag, after) = behind.split_once('>').unwrap_or((behind, ""));
        rest = after;
        let name = tag
            .split([' ', '\t', '\n', '\r', '/'])
            .find(|part| !part.is_empty());
        let name = name.unwrap_or_default().to_ascii_lowercase();
        let is_closing = tag.starts_with('/');
        match name.as_str() {
            "br" => text.push('\n'),
            "style" | "script" | "head" | "title" if !is_closing => rest = behind_end(rest, &name),
            "p" | "div" | "tr" | "li" | "ul" | "ol" | "table" | "blockquote" | "h1" | "h2"
            | "h3"
                if !text.is_empty() && !text.ends_with('\n') =>
            {
                text.push('\n');
            }
            "td" | "th" if is_closing => text.push(' '),
            _ => {}
        }
    }
    push_words(&mut text, rest);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// What stands behind the end tag of `name`, or nothing.
fn behind_end<'a>(html: &'a str, name: &str) -> &'a str {
    let ends = html
        .match_indices("</")
        .filter_map(|(at, _)| html.get(at + 2..));
    let is_own = |rest: &&str| {
        rest.get(..name.len())
            .is_some_and(|n| n.eq_ignore_ascii_case(name))
    };
    let end = ends.into_iter().find(is_own);
    end.and_then(|rest| rest.split_once('>'))
        .map_or("", |(_, rest)| rest)
}

/// White space counts once, and not at the beginning of a line.
fn push_words(text: &mut String, html: &str) {
    for c in unescape(html).chars() {
        let is_blank = c.is_ascii_whitespace();
        if !is_blank {
            text.push(c);
        } else if !text.is_empty() && !text.ends_with([' ', '\n']) {
            text.push(' ');
        }
    }
}

fn unescape(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, behind)) = rest.split_once('&') {
        text.push_str(before);
        // No entity known here is longer.
        let end = behind.bytes().take(9).position(|c| c == b';');
        let entity = end.and_then(|end| Some((behind.get(..end)?, behind.get(end + 1..)?)));
        match entity.and_then(|(name, after)| Some((character(name)?, after))) {
            Some((c, after)) => {
                text.push(c);
                rest = after;
            }
            None => {
                text.push('&');
                rest = behind;
            }
        }
    }
    text.push_str(rest);
    text
}

fn character(entity: &str) -> Option<char> {
    let number = entity.strip_prefix('#').map(|number| {
        let hexadecimal = number.strip_prefix(['x', 'X']);
        match hexadecimal {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        }
    });
    match (number, entity) {
        (Some(number), _) => char::from_u32(number.ok()?),
        (None, "amp") => Some('&'),
        (None, "lt") => Some('<'),
        (None, "gt") => Some('>'),
        (None, "quot") => Some('"'),
        (None, "apos") => Some('\''),
        (None, "nbsp") => Some('\u{a0}'),
        (None, "euro") => Some('€'),
        (None, "copy") => Some('©'),
        (None, "ndash") => Some('–'),
        (None, "mdash") => Some('—'),
        (None, "auml") => Some('ä'),
        (None, "ouml") => Some('ö'),
        (None, "uuml") => Some('ü'),
        (None, "Auml") => Some('Ä'),
        (None, "Ouml") => Some('Ö'),
        (None, "Uuml") => Some('Ü'),
        (None, "szlig") => Some('ß'),
        _ => None,
    }
}

/// Moves the images that stand inside as `data:` URLs into blobs.
pub(crate) fn images_to_blobs(html: &str, blobs: &mut Blobs) -> String {
    let mut moved = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("data:image/") {
        let (before, url) = rest.split_at(at);
        moved.push_str(before);
        let end = url.find(['"', '\'', ' ', '>', ')']).unwrap_or(url.len());
        let (url, behind) = url.split_at(end);
        let parts = url
            .strip_prefix("data:")
            .and_then(|url| url.split_once(";base64,"));
        let image = parts.and_then(|(media_type, data)| {
            Some((
                media_type,
                BASE64_MIME_PERMISSIVE.decode(data.as_bytes()).ok()?,
            ))
        });
        match image {
            Some((media_type, data)) => {
                moved.push_str("blob:");
                moved.push_str(blobs.insert(media_type, data).as_str());
            }
            None => moved.push_str(url),
        }
        rest = behind;
    }
    moved.push_str(rest);
    moved
}

/// Puts images back as `data:` URLs. A blob that is missing leaves its name behind.
pub(crate) fn images_from_blobs(html: &str, blobs: &Blobs) -> String {
    let mut put_back = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("blob:sha256-") {
        let (before, name) = rest.split_at(at);
        put_back.push_str(before);
        // "blob:", "sha256-" and 64 digits.
        let (name, behind) = name.split_at_checked(76).unwrap_or((name, ""));
        let id = BlobId::from_reference(name.trim_start_matches("blob:"));
        match blobs.get(&id) {
            Some(blob) => {
                let data = BASE64.encode(&blob.data);
                put_back.push_str(&format!("data:{};base64,{data}", blob.media_type));
            }
            None => put_back.push_str(name),
        }
        rest = behind;
    }
    put_back.push_str(rest);
    put_back
}
