//! File names are data: what a sender wrote, refused where no receiver could show or write it safely.
//!
//! A [`Name`] is one or more components with `/` between them, so that a folder keeps its shape. The
//! rules here are the same everywhere; what only Windows cannot write is allowed and mapped there by
//! [`Name::for_windows`], so that everybody else gets the name as it was.

use std::fmt;

/// Most bytes of one component, in UTF-8.
pub const MAX_COMPONENT: usize = 255;
/// Most bytes of a whole name.
pub const MAX_NAME: usize = 4096;

/// A name that cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// No characters, or nothing between two separators.
    #[error("a name is empty, or a folder in it is")]
    Empty,
    /// More than 255 bytes in a component or 4096 in all.
    #[error("a name is too long: 255 bytes at most, 4096 with its folders; rename the file")]
    TooLong,
    /// `.` or `..`.
    #[error("a name leads out of its folder (`.` or `..`); send the file by its own name")]
    Dots,
    /// `\`, which separates folders on Windows.
    #[error("a name contains a backslash, which separates folders on Windows; rename the file")]
    Separator,
    /// A control character or line separator.
    #[error("a name contains a control character, such as a line break; rename the file")]
    Control,
    /// A character that turns the direction of the text around it.
    #[error(
        "a name contains a character that reverses the direction of text, which can disguise its type; rename the file"
    )]
    Bidi,
}

impl NameError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "name_empty",
            Self::TooLong => "name_too_long",
            Self::Dots => "name_dots",
            Self::Separator => "name_separator",
            Self::Control => "name_control",
            Self::Bidi => "name_bidi",
        }
    }
}

/// A name that keeps the rules. Its text is exactly what was parsed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// Takes a name with `/` between folders.
    ///
    /// # Errors
    /// The first rule that is broken, component by component from the left, in the order of [`NameError`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() > MAX_NAME {
            return Err(NameError::TooLong);
        }
        text.split('/').try_for_each(check_component)?;
        Ok(Self(text.to_owned()))
    }

    /// The name as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Folders, then the last component.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// The last component.
    #[must_use]
    pub fn last(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The same name as Windows can write it, `/` still between folders. Two names may become one, so
    /// the writer never replaces what is there. Each component keeps its limit, all together may exceed theirs.
    ///
    /// Per component: each of `< > : " | ? *` becomes `_`; a last dot or space becomes `_`; a device
    /// name (CON, PRN, AUX, NUL, COM0–9, LPT0–9, COM¹²³, LPT¹²³, CONIN$, CONOUT$, in any case, alone or
    /// before a dot) gets `_` behind it, and loses the end of the component where that is too long.
    #[must_use]
    pub fn for_windows(&self) -> String {
        let mapped: Vec<String> = self.components().map(windows_component).collect();
        mapped.join("/")
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check_component(text: &str) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > MAX_COMPONENT {
        return Err(NameError::TooLong);
    }
    if text == "." || text == ".." {
        return Err(NameError::Dots);
    }
    if text.contains('\\') {
        return Err(NameError::Separator);
    }
    if text.contains(is_control) {
        return Err(NameError::Control);
    }
    if text.contains(is_bidi_control) {
        return Err(NameError::Bidi);
    }
    Ok(())
}

/// General category Cc, and the two line separators of Unicode.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Unicode property `Bidi_Control` (UAX #9).
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Nothing of a single line of text that is shown: control or direction.
pub(crate) fn is_unprintable(c: char) -> bool {
    is_control(c) || is_bidi_control(c)
}

fn windows_component(text: &str) -> String {
    let mut out: String = text
        .chars()
        .map(|c| {
            if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') {
                '_'
            } else {
                c
            }
        })
        .collect();
    if out.ends_with(['.', ' ']) {
        out.pop();
        out.push('_');
    }
    let stem = out.split('.').next().unwrap_or(&out).trim_end_matches(' ');
    if is_device(stem) {
        out.insert(stem.len(), '_');
        while out.len() > MAX_COMPONENT {
            out.pop();
        }
        if out.ends_with(['.', ' ']) {
            out.pop();
            out.push('_');
        }
    }
    out
}

fn is_device(stem: &str) -> bool {
    let upper = stem.to_ascii_uppercase();
    if matches!(
        upper.as_str(),
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$"
    ) {
        return true;
    }
    let number = upper
        .strip_prefix("COM")
        .or_else(|| upper.strip_prefix("LPT"));
    let mut rest = number.unwrap_or_default().chars();
    matches!(
        (rest.next(), rest.next()),
        (Some('0'..='9' | '¹' | '²' | '³'), None)
    )
}
