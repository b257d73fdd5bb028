//! Words that people read out, compare and type (`docs/format.md`, Words).

use std::sync::LazyLock;

use zeroize::Zeroizing;

/// Words of a list.
const COUNT: u32 = 7_776;

/// Not the words that were asked for. Carries nothing of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// A word that is in no list.
    #[error("word {} is not in the list; check how it is spelled", at + 1)]
    Unknown {
        /// Which, counted from 0.
        at: usize,
    },
    /// Too few or too many.
    #[error("some words are missing, or there are too many")]
    Count,
}

impl WordsError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown { .. } => "words_unknown",
            Self::Count => "words_count",
        }
    }
}

/// Whose words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WordList {
    /// The EFF's large list.
    En,
}

impl WordList {
    /// Its 7,776 words, in order.
    pub(crate) fn all(self) -> &'static [&'static str] {
        static EN: LazyLock<Vec<&str>> = LazyLock::new(|| {
            include_str!("../../../vectors/words/en.txt")
                .lines()
                .collect()
        });
        match self {
            Self::En => &EN,
        }
    }
}

/// `words(b, n)`: b as a big-endian integer, n times the rest modulo 7,776, first rest first.
#[must_use]
pub fn of(bytes: &[u8; 32], n: usize, list: WordList) -> Vec<&'static str> {
    let mut number = Zeroizing::new(*bytes);
    let mut next = || {
        let rest = number.iter_mut().fold(0_u32, |rest, digit| {
            let here = (rest << 8) | u32::from(*digit);
            *digit = (here / COUNT) as u8;
            here % COUNT
        });
        list.all()[rest as usize]
    };
    (0..n).map(|_| next()).collect()
}

/// Words that somebody typed, in their one form: lower case, joined by `-`.
#[derive(Clone)]
pub struct Phrase(Zeroizing<String>);

impl Phrase {
    /// Reads `n` words: any case, blanks or hyphens between them.
    ///
    /// # Errors
    /// Each of [`WordsError`].
    pub fn parse(text: &str, list: WordList, n: usize) -> Result<Self, WordsError> {
        let lower = Zeroizing::new(text.to_lowercase());
        let pieces: Vec<&str> = lower
            .split(|c: char| c.is_whitespace() || c == '-')
            .filter(|piece| !piece.is_empty())
            .collect();
        let (mut at, mut words) = (0, 0);
        while let Some(one) = pieces.get(at) {
            // A few words have a hyphen of their own.
            let two = pieces.get(at + 1).map(|next| format!("{one}-{next}"));
            let is_word = |word: &str| list.all().binary_search(&word).is_ok();
            at += match two {
                Some(two) if is_word(&two) => 2,
                _ if is_word(one) => 1,
                _ => return Err(WordsError::Unknown { at: words }),
            };
            words += 1;
        }
        if words != n {
            return Err(WordsError::Count);
        }
        Ok(Self(Zeroizing::new(pieces.join("-"))))
    }

    /// The one form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Phrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phrase(..)")
    }
}
