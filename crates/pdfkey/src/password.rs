//! What a PDF password may be.
//!
//! Readers differ: most take the bytes as they are typed, a few apply SASLprep (RFC 4013), some cut what is
//! long. Only what all of them read alike is taken, so that a recipient is not locked out by his reader.

use std::fmt;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::primitives;

/// Bytes at most, in UTF-8. Beyond 127 readers differ; some tools cut at 32.
pub const MAX_BYTES: usize = 64;
/// Bytes that even the tools that cut leave alone.
pub const RECOMMENDED_BYTES: usize = 32;

/// A password that opens in every reader. Wiped on drop, never shown.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// Why a text is no PDF password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Nothing was typed. An empty password opens without asking.
    #[error("type a password")]
    Empty,
    /// More than [`MAX_BYTES`].
    #[error(
        "this password is too long for some PDF readers; at most 64 letters, digits and signs, fewer with accents"
    )]
    TooLong,
    /// A blank at an end is lost when it is copied.
    #[error("a password for PDFs neither begins nor ends with a blank")]
    BlankAtEnd,
    /// Emoji, control characters, blanks of other kinds, letters that look alike but differ.
    #[error(
        "some PDF readers cannot take one of these characters; use letters, digits and common signs"
    )]
    Characters,
}

impl PasswordError {
    /// Stable, for vectors and other programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "password_empty",
            Self::TooLong => "password_too_long",
            Self::BlankAtEnd => "password_blank_at_end",
            Self::Characters => "password_characters",
        }
    }
}

impl Password {
    /// Takes what was typed: composed (NFC) first, as most keyboards write, then checked.
    ///
    /// # Errors
    /// What some reader would not open.
    pub fn parse(typed: &str) -> Result<Self, PasswordError> {
        let text = Zeroizing::new(typed.nfc().collect::<String>());
        if text.is_empty() {
            return Err(PasswordError::Empty);
        }
        if text.len() > MAX_BYTES {
            return Err(PasswordError::TooLong);
        }
        if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) {
            return Err(PasswordError::BlankAtEnd);
        }
        if !primitives::is_saslprep(&text) {
            return Err(PasswordError::Characters);
        }
        Ok(Self(text))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl PartialEq for Password {
    /// In constant time but for the length.
    fn eq(&self, other: &Self) -> bool {
        primitives::is_equal(self.as_bytes(), other.as_bytes())
    }
}

impl Eq for Password {}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_every_reader_takes_alike() {
        for good in [
            "a",
            "kiefer tasse mond",
            "Brücke",
            "heslo ěščř",
            "密码测试",
            "a-_.,;:!?",
            &"x".repeat(64),
        ] {
            assert!(Password::parse(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("", PasswordError::Empty),
            (" a", PasswordError::BlankAtEnd),
            ("a ", PasswordError::BlankAtEnd),
            ("a\u{a0}", PasswordError::BlankAtEnd),
            ("a\u{a0}b", PasswordError::Characters),
            ("aªb", PasswordError::Characters),
            ("ﬁn", PasswordError::Characters),
            ("a\u{ad}b", PasswordError::Characters),
            ("a\u{200b}b", PasswordError::Characters),
            ("a\tb", PasswordError::Characters),
            ("a\0b", PasswordError::Characters),
            ("pass🔑", PasswordError::Characters),
            ("Ａ", PasswordError::Characters),
            (&"x".repeat(65), PasswordError::TooLong),
            (&"ü".repeat(33), PasswordError::TooLong),
        ] {
            assert_eq!(Password::parse(bad), Err(why), "{bad:?}");
        }
    }

    #[test]
    fn decomposed_letters_are_composed_first() {
        assert_eq!(Password::parse("Bru\u{308}cke"), Password::parse("Brücke"));
    }

    #[test]
    fn it_is_never_shown() {
        let password = Password::parse("canary").expect("a password");
        assert!(!format!("{password:?}").contains("canary"));
    }
}
