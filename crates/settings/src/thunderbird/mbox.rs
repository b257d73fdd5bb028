//! Folders of mails in one file (mbox, as Thunderbird quotes it), and the headers that it adds.

use mail_parser::MessageParser;

/// Headers that are Thunderbird's own notes about a mail, not part of it.
const OWN_HEADERS: &[&str] = &["x-mozilla-", "x-identity-key:", "x-account-key:"];

/// The mails of a file, without the lines that begin them, without quotes and own headers.
pub(crate) fn split(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut mails: Vec<Vec<u8>> = Vec::new();
    let mut is_blank = true;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if is_blank && line.starts_with(b"From ") {
            mails.push(Vec::new());
        } else if let Some(mail) = mails.last_mut() {
            mail.extend_from_slice(unquoted(line));
        }
        is_blank = line == b"\n" || line == b"\r\n";
    }
    mails
        .iter()
        .map(|mail| cleaned(mail))
        .filter(|mail| !mail.is_empty())
        .collect()
}

/// `>From ` and `>>From ` lose one `>`.
fn unquoted(line: &[u8]) -> &[u8] {
    let behind = line
        .iter()
        .position(|byte| *byte != b'>')
        .unwrap_or(line.len());
    let is_quoted = behind > 0
        && line
            .get(behind..)
            .is_some_and(|rest| rest.starts_with(b"From "));
    line.get(usize::from(is_quoted)..).unwrap_or_default()
}

/// A mail without Thunderbird's own headers, with their folded lines, and without blank lines at its end
/// but one.
pub(crate) fn cleaned(mail: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(mail.len());
    let mut lines = mail.split_inclusive(|byte| *byte == b'\n');
    let mut is_own = false;
    for line in lines.by_ref() {
        if matches!(line, b"\n" | b"\r\n") {
            kept.extend_from_slice(line);
            break;
        }
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name: Vec<u8> = line.iter().take(16).map(u8::to_ascii_lowercase).collect();
            is_own = OWN_HEADERS
                .iter()
                .any(|own| name.starts_with(own.as_bytes()));
        }
        if !is_own {
            kept.extend_from_slice(line);
        }
    }
    lines.for_each(|line| kept.extend_from_slice(line));
    while kept.ends_with(b"\n\n") || kept.ends_with(b"\r\n\r\n") {
        let end = kept.len() - if kept.ends_with(b"\r\n") { 2 } else { 1 };
        kept.truncate(end);
    }
    kept
}

/// The decoded subject.
pub(crate) fn subject(mail: &[u8]) -> Option<String> {
    let parsed = MessageParser::default().parse_headers(mail)?;
    let subject = parsed.subject()?.trim();
    (!subject.is_empty()).then(|| subject.to_owned())
}

/// A file of these mails, in the form that [`split`] reads.
pub(crate) fn join<'a>(mails: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut file = Vec::new();
    for mail in mails {
        // The date is that of nobody; Thunderbird does not read it.
        file.extend_from_slice(b"From - Thu Jan 01 00:00:00 1970\n");
        for line in mail.split_inclusive(|byte| *byte == b'\n') {
            let behind = line
                .iter()
                .position(|byte| *byte != b'>')
                .unwrap_or(line.len());
            if line
                .get(behind..)
                .is_some_and(|rest| rest.starts_with(b"From "))
            {
                file.push(b'>');
            }
            file.extend_from_slice(line);
        }
        if !file.ends_with(b"\n") {
            file.push(b'\n');
        }
        file.push(b'\n');
    }
    file
}
