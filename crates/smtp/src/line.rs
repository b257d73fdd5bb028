//! Lines out of a stream of bytes: they end with CR LF and with nothing else (RFC 5321 section 2.3.8).

use memchr::{memchr, memchr2};

/// What stands at the beginning of the bytes that have come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Not a whole line yet.
    Partial,
    /// A line, without its end.
    Whole(Vec<u8>),
    /// A CR or LF alone stood in it; it is gone up to its end, or up to that LF.
    BareEnd,
    /// Longer than allowed; it is gone.
    TooLong,
}

/// Bytes that have come and are not used yet.
#[derive(Debug, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    used: usize,
    /// The rest of a refused line is still to come.
    skipping: Option<Skip>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Skip {
    BareEnd,
    TooLong,
}

impl Lines {
    /// Nothing has come.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.used > 0 && (self.used == self.bytes.len() || self.used >= 64 * 1024) {
            self.bytes.drain(..self.used);
            self.used = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// What has come and is not used yet.
    #[must_use]
    pub fn rest(&self) -> &[u8] {
        self.bytes.get(self.used..).unwrap_or_default()
    }

    /// Nothing is waiting, nor half a refused line.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest().is_empty() && self.skipping.is_none()
    }

    /// `count` bytes of [`Self::rest`] are used.
    pub fn advance(&mut self, count: usize) {
        self.used = self.bytes.len().min(self.used + count);
        if self.used == self.bytes.len() {
            self.bytes.clear();
            self.used = 0;
        }
    }

    /// The next line of at most `max` bytes with its end. A refused line is told once, when its end has come;
    /// a bare LF is an end as well, so that a peer that knows no other is told at once.
    pub fn next(&mut self, max: usize) -> Line {
        if let Some(line) = self.skip() {
            return line;
        }
        let rest = self.rest();
        let window = rest.get(..max).unwrap_or(rest);
        // A CR at the very end may still become a line's end.
        match memchr2(b'\r', b'\n', window) {
            None if rest.len() >= max => self.begin_skip(Skip::TooLong, max),
            None => Line::Partial,
            Some(at) if window[at] == b'\n' => {
                self.advance(at + 1);
                Line::BareEnd
            }
            Some(at) => match rest.get(at + 1) {
                None => Line::Partial,
                Some(b'\n') if at + 2 <= max => {
                    let line = window[..at].to_vec();
                    self.advance(at + 2);
                    Line::Whole(line)
                }
                Some(b'\n') => {
                    self.advance(at + 2);
                    Line::TooLong
                }
                Some(_) => self.begin_skip(Skip::BareEnd, at + 1),
            },
        }
    }

    fn begin_skip(&mut self, why: Skip, used: usize) -> Line {
        self.advance(used);
        self.skipping = Some(why);
        self.skip().unwrap_or(Line::Partial)
    }

    /// Throws bytes away up to the next LF; `None` if there is nothing to throw away.
    fn skip(&mut self) -> Option<Line> {
        let why = self.skipping?;
        let rest = self.rest();
        let Some(at) = memchr(b'\n', rest) else {
            self.advance(rest.len());
            return Some(Line::Partial);
        };
        self.advance(at + 1);
        self.skipping = None;
        Some(match why {
            Skip::BareEnd => Line::BareEnd,
            Skip::TooLong => Line::TooLong,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All that comes out of `input`, handed in byte by byte.
    fn all(input: &[u8], max: usize) -> Vec<Line> {
        let mut lines = Lines::new();
        let mut out = Vec::new();
        for byte in input {
            lines.feed(&[*byte]);
            loop {
                match lines.next(max) {
                    Line::Partial => break,
                    line => out.push(line),
                }
            }
        }
        let mut at_once = Lines::new();
        at_once.feed(input);
        for line in &out {
            assert_eq!(at_once.next(max), *line, "{input:?}");
        }
        assert_eq!(at_once.next(max), Line::Partial);
        out
    }

    #[test]
    fn a_line_ends_with_both_characters_and_nothing_else() {
        let whole = |text: &str| Line::Whole(text.as_bytes().to_vec());
        assert_eq!(
            all(b"NOOP\r\n\r\nQUIT\r\n", 9),
            [whole("NOOP"), whole(""), whole("QUIT")]
        );
        assert_eq!(all(b"NOOP\nQUIT\r\n", 9), [Line::BareEnd, whole("QUIT")]);
        assert_eq!(
            all(b"NO\rOP\r\nQUIT\r\n", 9),
            [Line::BareEnd, whole("QUIT")]
        );
        assert_eq!(
            all(b"NOOP\r\r\nQUIT\r\n", 9),
            [Line::BareEnd, whole("QUIT")]
        );
        assert_eq!(
            all(b"1234567\r\n12345678\r\nQUIT\r\n", 9),
            [whole("1234567"), Line::TooLong, whole("QUIT")]
        );
        assert_eq!(all(&[b'x'; 99], 9), []);
    }
}
