//! The armour of OpenPGP (RFC 9580, section 6.2). What says that it is encrypted passes the gateway as it is: so
//! all of it has to be.

use crate::limits::lines;

/// One armoured message of OpenPGP from the first line to the last (RFC 9580, section 6.2).
#[must_use]
pub fn is_whole(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let inside = text
        .strip_prefix(b"-----BEGIN PGP MESSAGE-----")
        .and_then(|rest| rest.strip_suffix(b"-----END PGP MESSAGE-----"));
    inside.is_some_and(|inside| {
        memchr::memmem::find(inside, b"-----").is_none()
            && inside
                .iter()
                .all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace())
            && lines(inside).all(|(_, line)| line.len() <= 120 && is_armour(line))
    })
}

/// A line of base64, or a header of the armour.
fn is_armour(line: &[u8]) -> bool {
    let base64 = |b: &u8| b.is_ascii_alphanumeric() || b"+/=".contains(b);
    let header = [
        &b"Version: "[..],
        b"Comment: ",
        b"Charset: ",
        b"Hash: ",
        b"MessageID: ",
    ];
    line.iter().all(base64) || header.iter().any(|name| line.starts_with(name))
}
