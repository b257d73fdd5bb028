//! Text from others on a terminal: nothing in it may steer the terminal or turn the line around.

use std::fmt::Write as _;

/// As it is, but for characters that are not seen and those that change what is seen: they are written out.
pub(crate) fn shown(text: &str) -> String {
    escape(text, false)
}

/// As [`shown`], with line breaks left as they are.
pub(crate) fn shown_lines(text: &str) -> String {
    escape(text, true)
}

fn escape(text: &str, lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_harmless(c) || (lines && c == '\n') {
            out.push(c);
        } else {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
    out
}

/// Neither control, line separator, direction (UAX #9), joiner or mark without width, nor tag.
fn is_harmless(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// 1 file, 2 files.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Bytes as people read them.
pub(crate) fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

/// A time in ms as a date, UTC.
pub(crate) fn time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(
        |_| "?".to_owned(),
        |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        for (text, expected) in [
            ("Bericht für Jürgen.pdf", "Bericht für Jürgen.pdf"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("gpj.\u{202e}exe", "gpj.\\u{202e}exe"),
            ("a\nb\r\u{85}", "a\\u{a}b\\u{d}\\u{85}"),
            (
                "x\u{200b}y\u{2066}z\u{e0041}",
                "x\\u{200b}y\\u{2066}z\\u{e0041}",
            ),
            ("日本語 ✓", "日本語 ✓"),
        ] {
            assert_eq!(shown(text), expected);
        }
        assert_eq!(shown_lines("a\nb\u{7}"), "a\nb\\u{7}");
    }
}
