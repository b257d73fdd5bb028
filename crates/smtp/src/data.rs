//! A mail's text on the wire (RFC 5321 section 4.5.2): dots unstuffed on the way in, stuffed on the way out.
//!
//! In: lines end with CR LF, and the text ends with CR LF . CR LF; a CR or an LF alone ends the session instead.
//! No other sequence ends anything, so what one server takes for one mail the next cannot take for two.
//! Out: whatever comes, no CR and no LF leaves alone.

use memchr::{memchr, memchr2};

/// What the bytes so far were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fed {
    /// All used; the end has not come.
    More,
    /// CR LF . CR LF: what follows are commands.
    End,
    /// A CR or LF alone. Nothing that follows may be read.
    BareEnd,
}

/// Why a text is not taken, though its end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DataError {
    /// More bytes than allowed.
    #[error("the mail is too large")]
    TooLarge,
    /// A line has more bytes than allowed.
    #[error("a line of the mail is too long")]
    LineTooLong,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    LineStart,
    /// A dot at the start of a line: it is dropped, or it is the end.
    Dot,
    /// CR behind that dot.
    DotCr,
    Inside,
    /// CR inside a line or at its start.
    Cr,
}

/// Takes the text in, in any pieces.
#[derive(Debug)]
pub struct Receiver {
    at: At,
    size: u64,
    line: usize,
    max_size: u64,
    max_line: usize,
    refused: Option<DataError>,
}

impl Receiver {
    /// For a text of at most `max_size` bytes, with lines of at most `max_line` bytes without their end.
    #[must_use]
    pub fn new(max_size: u64, max_line: usize) -> Self {
        Self {
            at: At::LineStart,
            size: 0,
            line: 0,
            max_size,
            max_line,
            refused: None,
        }
    }

    /// Reads `input` and appends the text to `out`, which never holds half a line end and nothing any more
    /// once a limit is passed. Gives the number of bytes used: all, or up to the end.
    pub fn feed(&mut self, input: &[u8], out: &mut Vec<u8>) -> (usize, Fed) {
        let mut used = 0;
        while let Some(rest) = input.get(used..).filter(|rest| !rest.is_empty()) {
            if self.at == At::Inside || (self.at == At::LineStart && rest[0] != b'.') {
                let run = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
                self.text(&rest[..run], out);
                used += run;
                self.at = At::Inside;
                match rest.get(run) {
                    None => continue,
                    Some(b'\r') => self.at = At::Cr,
                    Some(_) => return (used, Fed::BareEnd),
                }
                used += 1;
                continue;
            }
            let byte = rest[0];
            self.at = match (self.at, byte) {
                (At::LineStart, _) => At::Dot,
                (At::Cr, b'\n') => {
                    self.end_line(out);
                    At::LineStart
                }
                (At::Dot, b'\r') => At::DotCr,
                (At::DotCr, b'\n') => return (used + 1, Fed::End),
                (At::Cr | At::DotCr, _) | (At::Dot, b'\n') => return (used, Fed::BareEnd),
                // The byte behind the dot is read as text above.
                (At::Dot | At::Inside, _) => {
                    self.at = At::Inside;
                    continue;
                }
            };
            used += 1;
        }
        (used, Fed::More)
    }

    /// Bytes of text so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether the text may be taken.
    ///
    /// # Errors
    /// The first limit that it passed.
    pub fn verdict(&self) -> Result<(), DataError> {
        self.refused.map_or(Ok(()), Err)
    }

    fn text(&mut self, text: &[u8], out: &mut Vec<u8>) {
        self.line = self.line.saturating_add(text.len());
        self.size = self.size.saturating_add(text.len() as u64);
        if self.line > self.max_line {
            self.refused.get_or_insert(DataError::LineTooLong);
        }
        self.append(text, out);
    }

    fn end_line(&mut self, out: &mut Vec<u8>) {
        self.line = 0;
        self.size = self.size.saturating_add(2);
        self.append(b"\r\n", out);
    }

    fn append(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        if self.size > self.max_size {
            self.refused.get_or_insert(DataError::TooLarge);
        }
        if self.refused.is_none() {
            out.extend_from_slice(bytes);
        }
    }
}

/// Sends a text out, in any pieces. A CR or LF alone becomes a line end, and the last line gets one: for a
/// text that keeps the rules this changes nothing but dots.
#[derive(Debug)]
pub struct Stuffer {
    line_start: bool,
    after_cr: bool,
}

impl Default for Stuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl Stuffer {
    /// At the beginning.
    #[must_use]
    pub fn new() -> Self {
        Self {
            line_start: true,
            after_cr: false,
        }
    }

    /// Appends the piece as it goes over the wire.
    pub fn push(&mut self, text: &[u8], out: &mut Vec<u8>) {
        let mut rest = text;
        while let Some((&first, behind)) = rest.split_first() {
            if std::mem::take(&mut self.after_cr) {
                // The CR is out already, as a whole line end.
                if first == b'\n' {
                    rest = behind;
                    continue;
                }
            }
            if self.line_start && first == b'.' {
                out.push(b'.');
            }
            let run = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
            out.extend_from_slice(&rest[..run]);
            self.line_start = false;
            let Some(end) = rest.get(run) else { return };
            out.extend_from_slice(b"\r\n");
            self.line_start = true;
            self.after_cr = *end == b'\r';
            rest = &rest[run + 1..];
        }
    }

    /// Appends the end of the text.
    pub fn finish(self, out: &mut Vec<u8>) {
        if !self.line_start {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b".\r\n");
    }
}

/// Bytes beyond ASCII stand in it: it needs 8BITMIME.
#[must_use]
pub fn is_eight_bit(text: &[u8]) -> bool {
    !text.is_ascii()
}

/// Nothing in it is refused as a line's end.
#[must_use]
pub fn has_whole_line_ends(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = memchr2(b'\r', b'\n', rest) {
        if rest.get(at..at + 2) != Some(b"\r\n") {
            return false;
        }
        rest = &rest[at + 2..];
    }
    memchr(b'\n', rest).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receive(
        input: &[u8],
        max_size: u64,
        max_line: usize,
    ) -> (Vec<u8>, usize, Fed, Result<(), DataError>) {
        let mut whole = Receiver::new(max_size, max_line);
        let mut out = Vec::new();
        let (used, fed) = whole.feed(input, &mut out);
        let mut pieces = Receiver::new(max_size, max_line);
        let mut again = Vec::new();
        let mut count = 0;
        for byte in input {
            let (used, fed) = pieces.feed(&[*byte], &mut again);
            count += used;
            if fed != Fed::More {
                break;
            }
        }
        assert_eq!((count, pieces.verdict()), (used, whole.verdict()));
        // Of a text that is refused some more or less may have come out before.
        assert!(
            again == out || whole.verdict().is_err(),
            "any chunking is the same: {input:?}"
        );
        assert_eq!(pieces.size(), whole.size());
        (out, used, fed, whole.verdict())
    }

    fn text_of(input: &[u8]) -> Vec<u8> {
        let (text, used, fed, verdict) = receive(input, 1000, 1000);
        assert_eq!(
            (used, fed, verdict),
            (input.len(), Fed::End, Ok(())),
            "{input:?}"
        );
        text
    }

    #[test]
    fn dots_are_unstuffed_and_the_end_is_found() {
        assert_eq!(text_of(b".\r\n"), b"");
        assert_eq!(text_of(b"a\r\n.\r\n"), b"a\r\n");
        assert_eq!(text_of(b"..\r\n.\r\n"), b".\r\n");
        assert_eq!(text_of(b".a\r\n...b\r\n.\r\n"), b"a\r\n..b\r\n");
        assert_eq!(text_of(b"\r\n\r\n.\r\n"), b"\r\n\r\n");
        assert_eq!(text_of(b"a.\r\n.\r\n"), b"a.\r\n");
        assert_eq!(text_of(b"a\0\xff\r\n\0.\r\n.\r\n"), b"a\0\xff\r\n\0.\r\n");
    }

    #[test]
    fn a_bare_line_end_ends_it_all() {
        for input in [
            &b"a\nb"[..],
            b"a\rb",
            b"\n",
            b"\r\r\n",
            b".\n",
            b".\r\r\n",
            b".\r.",
            b"a\r\n.\n",
            b"a\n.\r\n",
            b"a\r.\r\n",
            b"a\r\r\n.\r\n",
        ] {
            assert_eq!(receive(input, 1000, 1000).2, Fed::BareEnd, "{input:?}");
        }
    }

    #[test]
    fn limits_are_told_at_the_end_and_nothing_comes_out_behind_them() {
        let (text, used, fed, verdict) = receive(b"abc\r\ndef\r\n.\r\n", 6, 100);
        assert_eq!(
            (text.as_slice(), used, fed, verdict),
            (&b"abc\r\n"[..], 13, Fed::End, Err(DataError::TooLarge)).clone()
        );
        assert_eq!(receive(b"abc\r\n.\r\n", 5, 3).3, Ok(()));
        assert_eq!(
            receive(b"abcd\r\n.\r\n", 100, 3).3,
            Err(DataError::LineTooLong)
        );
        assert_eq!(receive(b".abc\r\n.\r\n", 100, 3).3, Ok(()));
    }

    #[test]
    fn what_is_stuffed_is_clean_and_comes_back() {
        for (text, wire) in [
            (&b""[..], &b".\r\n"[..]),
            (b"a", b"a\r\n.\r\n"),
            (b"a\r\n", b"a\r\n.\r\n"),
            (b".\r\n..a\r\n", b"..\r\n...a\r\n.\r\n"),
            (b"a\nb\rc\r\n\r\r\n", b"a\r\nb\r\nc\r\n\r\n\r\n.\r\n"),
            (b"a\n.\nb", b"a\r\n..\r\nb\r\n.\r\n"),
            (b"a\r.\r\nb", b"a\r\n..\r\nb\r\n.\r\n"),
        ] {
            let mut out = Vec::new();
            let mut stuffer = Stuffer::new();
            stuffer.push(text, &mut out);
            stuffer.finish(&mut out);
            assert_eq!(out, wire, "{text:?}");
            let mut again = Vec::new();
            let mut stuffer = Stuffer::new();
            text.iter()
                .for_each(|byte| stuffer.push(&[*byte], &mut again));
            stuffer.finish(&mut again);
            assert_eq!(again, wire, "{text:?} byte by byte");
        }
    }
}
