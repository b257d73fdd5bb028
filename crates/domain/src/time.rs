//! Points in time and spans, in milliseconds. No clock: the caller hands the time in.

use std::fmt;
use std::ops::{Add, Sub};

/// Milliseconds since 1970-01-01 00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(i64);

/// A span, in milliseconds, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64);

/// Not a span such as `30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a span is a number and a unit: s, m, h, d or w, as in 30d")]
pub struct NotASpan;

impl Time {
    /// From milliseconds since the epoch.
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch.
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// The hour since the epoch, by which server keys are numbered.
    pub const fn hour(self) -> i64 {
        self.0.div_euclid(3_600_000)
    }
}

impl Span {
    /// From milliseconds; a negative number is 0.
    pub const fn from_ms(ms: i64) -> Self {
        Self(if ms < 0 { 0 } else { ms })
    }

    /// From seconds.
    pub const fn seconds(n: i64) -> Self {
        Self::from_ms(n.saturating_mul(1000))
    }

    /// From minutes.
    pub const fn minutes(n: i64) -> Self {
        Self::seconds(n.saturating_mul(60))
    }

    /// From hours.
    pub const fn hours(n: i64) -> Self {
        Self::minutes(n.saturating_mul(60))
    }

    /// From days of 24 hours.
    pub const fn days(n: i64) -> Self {
        Self::hours(n.saturating_mul(24))
    }

    /// Milliseconds.
    pub const fn ms(self) -> i64 {
        self.0
    }
}

impl std::str::FromStr for Span {
    type Err = NotASpan;
    /// Reads `90s`, `15m`, `12h`, `30d`, `2w`; a blank or the unit's name (`30 days`) is taken too.
    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = text[..digits].parse().map_err(|_| NotASpan)?;
        let unit = match text[digits..].trim() {
            "s" | "second" | "seconds" => Self::seconds(1),
            "m" | "min" | "minute" | "minutes" => Self::minutes(1),
            "h" | "hour" | "hours" => Self::hours(1),
            "d" | "day" | "days" => Self::days(1),
            "w" | "week" | "weeks" => Self::days(7),
            _ => return Err(NotASpan),
        };
        number.checked_mul(unit.0).map(Self).ok_or(NotASpan)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, name) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m")] {
            if self.0 >= unit && self.0 % unit == 0 {
                return write!(f, "{}{name}", self.0 / unit);
            }
        }
        write!(f, "{}s", self.0 / 1000)
    }
}

impl Add<Span> for Time {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Time {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for Time {
    type Output = Span;
    /// The span since `earlier`; 0 if it is later.
    fn sub(self, earlier: Self) -> Span {
        Span::from_ms(self.0.saturating_sub(earlier.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written() {
        for (text, ms) in [
            ("30d", 2_592_000_000),
            ("12h", 43_200_000),
            ("90s", 90_000),
            ("30 days", 2_592_000_000),
        ] {
            assert_eq!(text.parse::<Span>().map(Span::ms), Ok(ms), "{text}");
        }
        for text in [
            "",
            "d",
            "30",
            "-1d",
            "1y",
            "99999999999999999d",
            "3 0d",
            "٣d",
        ] {
            assert_eq!(text.parse::<Span>(), Err(NotASpan), "{text}");
        }
        assert_eq!(Span::days(30).to_string(), "30d");
        assert_eq!(Span::seconds(90).to_string(), "90s");
    }
}
