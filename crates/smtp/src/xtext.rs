//! `xtext` of RFC 3461 section 4: any text inside a command's parameter. XFORWARD writes it too.

use std::fmt;

/// Not xtext, or not what may stand in a header of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an xtext (RFC 3461) of printable characters")]
pub struct XtextError;

/// Checked xtext, kept as it came. Decoded it holds printable characters only, so it cannot break a line.
#[derive(Clone, PartialEq, Eq)]
pub struct Xtext(String);

impl Xtext {
    /// Reads xtext of at most `max` bytes as they stand.
    ///
    /// # Errors
    /// Empty, too long, `+` without two upper-case hex digits, or a character that is not printable.
    pub fn parse(text: &str, max: usize) -> Result<Self, XtextError> {
        if text.is_empty() || text.len() > max {
            return Err(XtextError);
        }
        decode(text).map(|_| Self(text.to_owned()))
    }

    /// Writes any printable ASCII text.
    ///
    /// # Errors
    /// Empty, or with another character.
    pub fn encode(text: &str) -> Result<Self, XtextError> {
        if text.is_empty() {
            return Err(XtextError);
        }
        let mut out = String::with_capacity(text.len());
        for byte in text.bytes() {
            match byte {
                b'+' | b'=' | b' ' => out.push_str(&format!("+{byte:02X}")),
                b'!'..=b'~' => out.push(char::from(byte)),
                _ => return Err(XtextError),
            }
        }
        Ok(Self(out))
    }

    /// As it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text meant: printable ASCII.
    #[must_use]
    pub fn decoded(&self) -> String {
        decode(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Xtext {
    /// It may be an address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Xtext(..)")
    }
}

/// The text that `text` stands for.
pub(crate) fn decode(text: &str) -> Result<String, XtextError> {
    let meant = octets(text)?;
    if !meant.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        return Err(XtextError);
    }
    String::from_utf8(meant).map_err(|_| XtextError)
}

/// The bytes that `text` stands for, whatever they are.
pub(crate) fn octets(text: &str) -> Result<Vec<u8>, XtextError> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => {
                let high = bytes.next().and_then(hex).ok_or(XtextError)?;
                let low = bytes.next().and_then(hex).ok_or(XtextError)?;
                high * 16 + low
            }
            b'=' => return Err(XtextError),
            b'!'..=b'~' => byte,
            _ => return Err(XtextError),
        });
    }
    Ok(out)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xtext_is_read_and_written() {
        for (raw, meant) in [
            ("a", "a"),
            ("a+2Bb+3D", "a+b="),
            ("+20", " "),
            ("x@y.test", "x@y.test"),
        ] {
            let text = Xtext::parse(raw, 100).expect("xtext");
            assert_eq!((text.as_str(), text.decoded().as_str()), (raw, meant));
            assert_eq!(Xtext::encode(meant), Ok(text));
        }
        for raw in [
            "", "+", "+2", "+2b", "a=b", "a b", "+0D+0A", "+00", "+7F", "+FF", "ü", "a\rb",
        ] {
            assert_eq!(Xtext::parse(raw, 100), Err(XtextError), "{raw:?}");
        }
        assert!(Xtext::parse("aaa", 2).is_err());
        assert!(Xtext::encode("a\r\nb").is_err());
    }
}
