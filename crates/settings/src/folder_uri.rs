//! Folder URIs as Thunderbird writes them: `imap://user@host/path`, `mailbox://user@host/path`.

use data_encoding::{BASE64_NOPAD, HEXUPPER_PERMISSIVE};

/// A folder URI, taken apart and decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FolderUri {
    pub(crate) scheme: String,
    pub(crate) user: String,
    pub(crate) host: String,
    /// With `/` between its parts; empty for the account itself.
    pub(crate) path: String,
}

impl FolderUri {
    pub(crate) fn parse(uri: &str) -> Option<Self> {
        let (scheme, rest) = uri.split_once("://")?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        Some(Self {
            scheme: scheme.to_owned(),
            user: decode(user),
            host: decode(host),
            path: from_imap(&decode(path)),
        })
    }

    pub(crate) fn write(&self) -> String {
        let user = encode(&self.user);
        let path = match self.scheme.as_str() {
            "imap" => to_imap(&self.path),
            _ => self.path.clone(),
        };
        format!(
            "{}://{user}@{}/{}",
            self.scheme,
            encode(&self.host),
            encode_path(&path)
        )
    }
}

/// RFC 3986 section 2.1: `%C3%BC` as `ü`. What is no such triple, or no UTF-8 then, stays readable.
pub(crate) fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let pair = behind.get(..2).filter(|_| first == b'%');
        match pair.and_then(|pair| HEXUPPER_PERMISSIVE.decode(pair).ok()) {
            Some(decoded) => {
                bytes.extend_from_slice(&decoded);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Everything but letters, digits and `-._~` as triples.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn encode_path(path: &str) -> String {
    path.split('/').map(encode).collect::<Vec<_>>().join("/")
}

/// RFC 3501 section 5.1.3: `Entw&APw-rfe` as `Entwürfe`. A name that is not written so stays as it is.
fn from_imap(name: &str) -> String {
    shifted(name).unwrap_or_else(|| name.to_owned())
}

fn shifted(name: &str) -> Option<String> {
    let mut text = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, behind)) = rest.split_once('&') {
        let (run, after) = behind.split_once('-')?;
        text.push_str(before);
        rest = after;
        if run.is_empty() {
            text.push('&');
            continue;
        }
        let bytes = BASE64_NOPAD.decode(run.replace(',', "/").as_bytes()).ok()?;
        let units = bytes.chunks(2).map(|pair| <[u8; 2]>::try_from(pair).ok());
        let units: Option<Vec<u16>> = units.map(|pair| pair.map(u16::from_be_bytes)).collect();
        text.push_str(&String::from_utf16(&units?).ok()?);
    }
    text.push_str(rest);
    name.is_ascii().then_some(text)
}

fn to_imap(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut run = String::new();
    let flush = |run: &mut String, text: &mut String| {
        if !run.is_empty() {
            let bytes: Vec<u8> = run.encode_utf16().flat_map(u16::to_be_bytes).collect();
            text.push_str(&format!(
                "&{}-",
                BASE64_NOPAD.encode(&bytes).replace('/', ",")
            ));
            run.clear();
        }
    };
    for c in name.chars() {
        if c.is_ascii() && !c.is_ascii_control() {
            flush(&mut run, &mut text);
            text.push(c);
            if c == '&' {
                text.push('-');
            }
        } else {
            run.push(c);
        }
    }
    flush(&mut run, &mut text);
    text
}
