//! Replies: codes as types, written and strictly read (RFC 5321 section 4.2, RFC 2034, RFC 3463).

use std::fmt;

use crate::line::{Line, Lines};

/// Bytes of one reply line, with its end. The protocol says 512 (section 4.5.3.1.5); servers write more.
const MAX_LINE: usize = 2048;
/// Lines of one reply.
const MAX_LINES: usize = 100;

/// What a code's first digit says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// 2: done.
    Done,
    /// 3: go on.
    Continue,
    /// 4: not now; the same may do later.
    Transient,
    /// 5: not so, nor later.
    Permanent,
}

/// A three-digit code, 200 to 599.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(u16);

impl Code {
    /// 220
    pub const READY: Self = Self(220);
    /// 221
    pub const CLOSING: Self = Self(221);
    /// 250
    pub const OK: Self = Self(250);
    /// 252
    pub const CANNOT_VERIFY: Self = Self(252);
    /// 214
    pub const HELP: Self = Self(214);
    /// 354
    pub const START_INPUT: Self = Self(354);
    /// 421
    pub const UNAVAILABLE: Self = Self(421);
    /// 450
    pub const MAILBOX_BUSY: Self = Self(450);
    /// 451
    pub const LOCAL_ERROR: Self = Self(451);
    /// 452
    pub const NO_STORAGE: Self = Self(452);
    /// 500
    pub const UNKNOWN: Self = Self(500);
    /// 501
    pub const BAD_PARAMETER: Self = Self(501);
    /// 502
    pub const NOT_IMPLEMENTED: Self = Self(502);
    /// 503
    pub const BAD_SEQUENCE: Self = Self(503);
    /// 521
    pub const NO_MAIL: Self = Self(521);
    /// 530
    pub const TLS_FIRST: Self = Self(530);
    /// 550
    pub const MAILBOX_UNAVAILABLE: Self = Self(550);
    /// 552
    pub const TOO_MUCH: Self = Self(552);
    /// 553
    pub const MAILBOX_NAME: Self = Self(553);
    /// 554
    pub const FAILED: Self = Self(554);
    /// 555
    pub const UNKNOWN_PARAMETER: Self = Self(555);

    /// Reads three digits; `None` outside 200 to 599 (section 4.2.1).
    #[must_use]
    pub fn parse(digits: &[u8]) -> Option<Self> {
        let [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9'] = digits else {
            return None;
        };
        let value = |digit: &u8| u16::from(digit - b'0');
        Some(Self(value(a) * 100 + value(b) * 10 + value(c)))
    }

    /// What the first digit says.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self.0 / 100 {
            2 => Severity::Done,
            3 => Severity::Continue,
            4 => Severity::Transient,
            _ => Severity::Permanent,
        }
    }

    /// As a number.
    #[must_use]
    pub fn value(self) -> u16 {
        self.0
    }
}

/// An enhanced code `class.subject.detail` (RFC 3463); the class is the reply's first digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Enhanced {
    /// 2, 4 or 5.
    pub class: u8,
    /// Up to three digits.
    pub subject: u16,
    /// Up to three digits.
    pub detail: u16,
}

impl Enhanced {
    /// Reads the code that a reply's text begins with, and the rest behind the blank.
    fn parse(text: &str) -> Option<(Self, &str)> {
        let (code, rest) = text.split_once(' ').unwrap_or((text, ""));
        let mut parts = code.split('.');
        let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
        let number = |part: &str| -> Option<u16> {
            let fits = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
            fits.then(|| part.parse().ok()).flatten()
        };
        let class = match class {
            "2" => 2,
            "4" => 4,
            "5" => 5,
            _ => return None,
        };
        if parts.next().is_some() {
            return None;
        }
        let (subject, detail) = (number(subject)?, number(detail)?);
        let code = Self {
            class,
            subject,
            detail,
        };
        Some((code, rest))
    }
}

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// A reply: of ours, or read from a peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    code: Code,
    enhanced: Option<Enhanced>,
    /// At least one; without control characters.
    lines: Vec<String>,
}

impl Reply {
    /// A reply of one line without an enhanced code.
    #[must_use]
    pub fn plain(code: Code, text: &str) -> Self {
        Self::of_lines(code, [text])
    }

    /// A reply of several lines without an enhanced code.
    pub fn of_lines<'a>(code: Code, lines: impl IntoIterator<Item = &'a str>) -> Self {
        let mut lines: Vec<String> = lines.into_iter().map(clean).collect();
        if lines.is_empty() {
            lines.push(String::new());
        }
        Self {
            code,
            enhanced: None,
            lines,
        }
    }

    /// A reply with `class.subject.detail`; the class comes from the code.
    #[must_use]
    pub fn new(code: Code, subject: u16, detail: u16, text: &str) -> Self {
        let class = match code.severity() {
            Severity::Done | Severity::Continue => 2,
            Severity::Transient => 4,
            Severity::Permanent => 5,
        };
        let enhanced = Enhanced {
            class,
            subject: subject.min(999),
            detail: detail.min(999),
        };
        Self {
            enhanced: Some(enhanced),
            ..Self::plain(code, text)
        }
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What the code's first digit says.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }

    /// The enhanced code.
    #[must_use]
    pub fn enhanced(&self) -> Option<Enhanced> {
        self.enhanced
    }

    /// The text, line by line, without codes.
    #[must_use]
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// All in one line, with both codes: for a notice and a journal.
    #[must_use]
    pub fn to_line(&self) -> String {
        let enhanced = self.enhanced.map(|code| format!(" {code}"));
        let text = self.lines.join(" ");
        format!("{}{} {text}", self.code.0, enhanced.unwrap_or_default())
    }

    /// Appends the bytes that go over the wire.
    pub fn write(&self, out: &mut Vec<u8>) {
        let last = self.lines.len().saturating_sub(1);
        for (at, line) in self.lines.iter().enumerate() {
            let between = if at == last { ' ' } else { '-' };
            let enhanced = self.enhanced.map(|code| format!("{code} "));
            let code = self.code.0;
            let text = format!("{code}{between}{}{line}\r\n", enhanced.unwrap_or_default());
            out.extend_from_slice(text.as_bytes());
        }
    }
}

/// One line's worth of text: what could end a line or hide becomes a blank.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || c == '\u{2028}' || c == '\u{2029}' {
                ' '
            } else {
                c
            }
        })
        .take(900)
        .collect()
}

/// What a peer sent is not a reply. The connection is of no further use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// A line does not begin with a code and `-` or a blank, or the codes of a reply differ.
    #[error("the other server answers with something that is no SMTP reply")]
    Syntax,
    /// A line's end is not CR LF.
    #[error("the other server ends a line wrongly")]
    LineEnd,
    /// Longer than any reply is.
    #[error("the other server's answer is too long")]
    TooLong,
}

/// Reads replies as they come.
#[derive(Debug, Default)]
pub struct Replies {
    input: Lines,
    /// The lines of a reply whose last has not come.
    begun: Option<Reply>,
}

impl Replies {
    /// Nothing has come.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.input.feed(bytes);
    }

    /// Nothing is waiting.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.input.is_empty() && self.begun.is_none()
    }

    /// The next whole reply; `None` until it has come.
    ///
    /// # Errors
    /// What is no reply.
    pub fn next_reply(&mut self) -> Result<Option<Reply>, ReplyError> {
        loop {
            let line = match self.input.next(MAX_LINE) {
                Line::Partial => return Ok(None),
                Line::BareEnd => return Err(ReplyError::LineEnd),
                Line::TooLong => return Err(ReplyError::TooLong),
                Line::Whole(line) => line,
            };
            let (code, is_last, text) = split(&line)?;
            let reply = match self.begun.take() {
                None => first(code, &text),
                Some(begun) => more(begun, code, &text)?,
            };
            if is_last {
                return Ok(Some(reply));
            }
            self.begun = Some(reply);
        }
    }
}

/// Code, whether this is the last line, text. Bytes that are no UTF-8 are replaced, not refused: they are for
/// people only.
fn split(line: &[u8]) -> Result<(Code, bool, String), ReplyError> {
    let digits = line.get(..3).ok_or(ReplyError::Syntax)?;
    let code = Code::parse(digits).ok_or(ReplyError::Syntax)?;
    // A code alone, without a blank, is to be taken (section 4.2).
    let is_last = match line.get(3) {
        None | Some(b' ') => true,
        Some(b'-') => false,
        Some(_) => return Err(ReplyError::Syntax),
    };
    let text = line.get(4..).unwrap_or_default();
    Ok((code, is_last, String::from_utf8_lossy(text).into_owned()))
}

fn first(code: Code, text: &str) -> Reply {
    let (enhanced, text) = enhanced(code, text);
    Reply {
        code,
        enhanced,
        lines: vec![clean(text)],
    }
}

fn more(mut begun: Reply, code: Code, text: &str) -> Result<Reply, ReplyError> {
    if begun.code != code {
        return Err(ReplyError::Syntax);
    }
    if begun.lines.len() >= MAX_LINES {
        return Err(ReplyError::TooLong);
    }
    let (enhanced, rest) = enhanced(code, text);
    // The same on each line (RFC 2034 section 4); where they differ the text keeps its own.
    let text = if enhanced.is_some() && enhanced == begun.enhanced {
        rest
    } else {
        text
    };
    begun.lines.push(clean(text));
    Ok(begun)
}

/// An enhanced code counts only if its class is that of the reply.
fn enhanced(code: Code, text: &str) -> (Option<Enhanced>, &str) {
    match Enhanced::parse(text) {
        Some((enhanced, rest)) if u16::from(enhanced.class) == code.0 / 100 => {
            (Some(enhanced), rest)
        }
        _ => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Option<Reply>, ReplyError> {
        let mut replies = Replies::new();
        replies.feed(bytes);
        let at_once = replies.next_reply();
        let mut replies = Replies::new();
        for byte in bytes {
            replies.feed(&[*byte]);
            let next = replies.next_reply();
            if next != Ok(None) {
                assert_eq!(next, at_once);
                return next;
            }
        }
        assert_eq!(at_once, Ok(None));
        at_once
    }

    #[test]
    fn replies_are_written_and_read() {
        let reply = Reply::new(Code::MAILBOX_UNAVAILABLE, 1, 1, "nobody\r\n250 here");
        let mut bytes = Vec::new();
        reply.write(&mut bytes);
        assert_eq!(bytes, b"550 5.1.1 nobody  250 here\r\n");
        assert_eq!(read(&bytes), Ok(Some(reply)));
        let reply = Reply::of_lines(Code::OK, ["mx.test", "SIZE 10", "DSN"]);
        bytes.clear();
        reply.write(&mut bytes);
        assert_eq!(bytes, b"250-mx.test\r\n250-SIZE 10\r\n250 DSN\r\n");
        assert_eq!(read(&bytes), Ok(Some(reply)));
    }

    #[test]
    fn replies_are_read_strictly() {
        assert_eq!(
            read(b"250\r\n").map(|r| r.map(|r| r.code())),
            Ok(Some(Code::OK))
        );
        assert_eq!(
            read(b"250 2.1.0 Ok\r\n").map(|r| r.and_then(|r| r.enhanced()).map(|e| e.to_string())),
            Ok(Some("2.1.0".into()))
        );
        assert_eq!(
            read(b"550 2.1.0 odd\r\n").map(|r| r.map(|r| (r.enhanced(), r.lines().to_vec()))),
            Ok(Some((None, vec!["2.1.0 odd".into()])))
        );
        assert_eq!(
            read(b"550-5.1.1 a\r\n550 5.1.1 b\r\n").map(|r| r.map(|r| r.to_line())),
            Ok(Some("550 5.1.1 a b".into()))
        );
        assert_eq!(read(b"250-a\r\n"), Ok(None));
        for bytes in [&b"250 a\n"[..], b"250 a\rb\r\n"] {
            assert_eq!(read(bytes), Err(ReplyError::LineEnd));
        }
        for bytes in [
            &b"25 a\r\n"[..],
            b"\r\n",
            b"2500 a\r\n",
            b"150 a\r\n",
            b"650 a\r\n",
            b"250-a\r\n550 b\r\n",
            b"abc\r\n",
        ] {
            assert_eq!(read(bytes), Err(ReplyError::Syntax), "{bytes:?}");
        }
        assert_eq!(read(&[b'2'; 3000]), Ok(None));
        let long = [&[b'2'; 3000][..], b"\r\n"].concat();
        assert_eq!(read(&long), Err(ReplyError::TooLong));
        assert_eq!(read(&b"250-a\r\n".repeat(102)), Err(ReplyError::TooLong));
    }
}
