//! What a mail may weigh, held before it is parsed.
//!
//! `mail-parser` looks for each boundary to the end of the mail and keeps forwarded mails inside each other.
//! So a few megabytes of cleverly empty parts would cost it minutes, and a deep nest the stack when it is
//! dropped. One pass over the bytes finds both before the parser sees them.

use std::borrow::Cow;
use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use memchr::{memchr, memmem};

/// What a mail may weigh.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes in all.
    pub size: usize,
    /// Parts inside parts, and mails inside mails.
    pub depth: usize,
    /// Parts in all.
    pub parts: usize,
    /// Bytes of one header field.
    pub field: usize,
    /// Bytes of the mail's headers.
    pub headers: usize,
    /// Bytes of text that a page shows; what is over stands in the original.
    pub text: usize,
    /// Bytes of all pictures that a page shows.
    pub pictures: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            size: 64 << 20,
            depth: 30,
            parts: 1_000,
            field: 64 << 10,
            headers: 1 << 20,
            text: 2 << 20,
            pictures: 24 << 20,
        }
    }
}

/// A bomb, not a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Over [`Limits::size`].
    #[error("the mail is larger than can be converted")]
    TooLarge,
    /// Over [`Limits::depth`].
    #[error("the mail's parts lie too deep inside each other")]
    TooDeep,
    /// Over [`Limits::parts`].
    #[error("the mail has too many parts")]
    TooManyParts,
    /// Over [`Limits::field`] or [`Limits::headers`].
    #[error("the mail's headers are too long")]
    HeadersTooLong,
}

/// Boundaries that are announced and never come: each costs the parser one walk to the end.
const MISSING: usize = 20;

/// One pass over the raw mail. What comes through is parsed in time linear to its size.
///
/// # Errors
/// What would cost more than a mail may.
pub fn check(mail: &[u8], limits: &Limits) -> Result<(), Refused> {
    if mail.len() > limits.size {
        return Err(Refused::TooLarge);
    }
    check_headers(mail, limits)?;
    let found = announced(mail, limits)?;
    let mut missing = 0;
    for (from, boundary) in &found {
        if memmem::find(&mail[*from..], boundary).is_none() {
            missing += 1;
            if missing > MISSING {
                return Err(Refused::TooManyParts);
            }
        }
    }
    let patterns: BTreeSet<&[u8]> = found.iter().map(|(_, b)| b.as_slice()).collect();
    let Ok(search) = AhoCorasick::new(&patterns) else {
        return Err(Refused::TooManyParts);
    };
    // Each part begins with one boundary and each group ends with one; a quoted mail may name some more.
    if !patterns.is_empty() && search.find_iter(mail).nth(4 * limits.parts).is_some() {
        return Err(Refused::TooManyParts);
    }
    Ok(())
}

/// The mail's own header fields, up to the empty line.
fn check_headers(mail: &[u8], limits: &Limits) -> Result<(), Refused> {
    let mut field = 0;
    for (start, line) in lines(mail) {
        if line.is_empty() {
            break;
        }
        let goes_on = matches!(line[0], b' ' | b'\t');
        field = line.len() + if goes_on { field } else { 0 };
        if field > limits.field || start + line.len() > limits.headers {
            return Err(Refused::HeadersTooLong);
        }
    }
    Ok(())
}

/// All lines that look like `Content-Type: multipart/…` or `message/…`, wherever they stand; of the former
/// the place behind them and `--boundary`.
fn announced(mail: &[u8], limits: &Limits) -> Result<Vec<(usize, Vec<u8>)>, Refused> {
    let mut found = Vec::new();
    let (mut count, mut weight) = (0, 0);
    let mut all = lines(mail).peekable();
    while let Some((start, line)) = all.next() {
        if !begins(line, b"content-type") {
            continue;
        }
        let mut field = line.to_ascii_lowercase();
        let mut raw = line.to_vec();
        while let Some((_, next)) = all.peek() {
            if !matches!(next.first(), Some(b' ' | b'\t')) || raw.len() > limits.field {
                break;
            }
            field.extend(next.to_ascii_lowercase());
            raw.extend_from_slice(next);
            all.next();
        }
        let multipart = memmem::find(&field, b"multipart").is_some();
        if !multipart && memmem::find(&field, b"message").is_none() {
            continue;
        }
        count += 1;
        weight += raw.len();
        if count > limits.parts {
            return Err(Refused::TooManyParts);
        }
        if weight > limits.headers {
            return Err(Refused::HeadersTooLong);
        }
        if let Some(boundary) = multipart.then(|| boundary(&raw, &field)).flatten() {
            found.push(((start + raw.len()).min(mail.len()), boundary));
        }
    }
    Ok(found)
}

fn boundary(raw: &[u8], lower: &[u8]) -> Option<Vec<u8>> {
    let at = memmem::find(lower, b"boundary")?;
    let rest = &raw[at + b"boundary".len()..];
    let rest = &rest[memchr(b'=', rest)? + 1..];
    let rest = rest.trim_ascii_start();
    let value = match rest.strip_prefix(b"\"") {
        Some(quoted) => &quoted[..memchr(b'"', quoted).unwrap_or(quoted.len())],
        None => {
            let end = rest
                .iter()
                .position(|b| b.is_ascii_whitespace() || *b == b';');
            &rest[..end.unwrap_or(rest.len())]
        }
    };
    let value = value.trim_ascii();
    (!value.is_empty()).then(|| [b"--", value].concat())
}

/// Mails that are attached in base64 or quoted-printable: the parser would open them, and nobody has checked
/// what is inside. Their type becomes [`INNER`], so that they stay files. Same length, so that all offsets hold.
#[must_use]
pub fn closed(mail: &[u8]) -> Cow<'_, [u8]> {
    let mut found = Vec::new();
    let (mut here, mut encoded) = (Vec::new(), false);
    for (start, line) in lines(mail).chain([(mail.len(), &b""[..])]) {
        if line.is_empty() {
            if encoded {
                found.append(&mut here);
            }
            here.clear();
            encoded = false;
        } else if begins(line, b"content-transfer-encoding") {
            let value = line.to_ascii_lowercase();
            encoded |= memmem::find(&value, b"base64").is_some()
                || memmem::find(&value, b"quoted").is_some();
        } else if let Some(at) = memmem::find(&line.to_ascii_lowercase(), b"message") {
            here.push(start + at);
        }
    }
    if found.is_empty() {
        return Cow::Borrowed(mail);
    }
    let mut copy = mail.to_vec();
    for at in found {
        copy[at..at + INNER.len()].copy_from_slice(INNER.as_bytes());
    }
    Cow::Owned(copy)
}

/// The type, as long as `message`, of a mail that stays closed.
pub const INNER: &str = "x-inner";

fn begins(line: &[u8], name: &[u8]) -> bool {
    line.len() > name.len() && line[..name.len()].eq_ignore_ascii_case(name)
}

/// Offset and text of each line, without its end.
pub(crate) fn lines(mail: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at >= mail.len() {
            return None;
        }
        let start = at;
        let end = memchr(b'\n', &mail[at..]).map_or(mail.len(), |n| at + n);
        at = end + 1;
        let line = &mail[start..end];
        Some((start, line.strip_suffix(b"\r").unwrap_or(line)))
    })
}

#[cfg(test)]
mod tests;
