//! Words instead of numbers: of a key, to be compared by voice, and of codes, to be typed.
//!
//! ```text
//! words(b, n)  = b as a big-endian integer; n times: the word with the number b mod 7776, b = b div 7776
//! words of key = words(Argon2id(fingerprint, T(key-words), 64 MiB, t = 3, p = 1), 6)
//! ```
//! The lists are `vectors/words/`. A list is the key owner's, so that both screens show the same.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::key::Fingerprint;
use crate::namespace::Namespace;
use crate::primitives::{self, KEY_LEN};

/// Words in a list.
pub const LIST_LEN: usize = 7776;
/// Words of a key.
pub const KEY_WORDS: usize = 6;

const MEMORY: u32 = 64 * 1024;
const PASSES: u32 = 3;

/// Words cannot be made or read. Carries none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// One of them is in no list; counted from one.
    #[error("word {0} is mistyped: it is not in the list")]
    Unknown(usize),
    /// Too few or too many.
    #[error("there are too few or too many words")]
    Count,
    /// The machine has not the memory to derive from them.
    #[error("there is not enough memory to use the words; close other programs and try again")]
    Memory,
}

impl WordsError {
    /// A stable word for logs, vectors and other programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown(_) => "words_unknown",
            Self::Count => "words_count",
            Self::Memory => "words_memory",
        }
    }
}

/// Which words somebody uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum WordList {
    /// EFF's large list.
    En = 0,
    /// Uli Fouquet's German list.
    De = 1,
    /// Czech; there is no free list, so its words are the English ones.
    Cs = 2,
}

static EN: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    include_str!("../../../vectors/words/en.txt")
        .lines()
        .collect()
});
static DE: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    include_str!("../../../vectors/words/de.txt")
        .lines()
        .collect()
});

impl WordList {
    /// The number in a key record.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Reads the number of a key record.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::En),
            1 => Some(Self::De),
            2 => Some(Self::Cs),
            _ => None,
        }
    }

    /// All 7,776, in order.
    #[must_use]
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::En | Self::Cs => &EN,
            Self::De => &DE,
        }
    }

    fn has(self, word: &str) -> bool {
        self.words().binary_search(&word).is_ok()
    }
}

/// `words(bytes, count)`.
#[must_use]
pub fn of(bytes: &[u8; KEY_LEN], count: usize, list: WordList) -> Vec<&'static str> {
    let mut number = Zeroizing::new(*bytes);
    let words = list.words();
    let next = |_| {
        let mut rest = 0;
        for digit in number.iter_mut() {
            let value = rest * 256 + usize::from(*digit);
            // Below 256, because the rest is below the divisor.
            *digit = (value / LIST_LEN) as u8;
            rest = value % LIST_LEN;
        }
        words[rest]
    };
    (0..count).map(next).collect()
}

/// The words of a key, which its owner reads out: 77 bits, and each guess costs an Argon2id.
///
/// # Errors
/// [`WordsError::Memory`].
pub fn of_key(fingerprint: &Fingerprint, list: WordList) -> Result<Vec<&'static str>, WordsError> {
    let salt = Namespace::KeyWords.label();
    let bytes = primitives::argon2id(fingerprint.as_bytes(), salt, MEMORY, PASSES, 1)
        .ok_or(WordsError::Memory)?;
    Ok(of(&bytes, KEY_WORDS, list))
}

/// Words as they enter a key: lower case, joined by hyphens.
#[derive(Clone, PartialEq, Eq)]
pub struct Phrase(Zeroizing<String>);

impl Phrase {
    /// Takes words of a list.
    pub(crate) fn of(words: &[&str]) -> Self {
        Self(Zeroizing::new(words.join("-")))
    }

    /// Reads `count` typed words of `list`: NFKC, any case, separated by white space, hyphens, commas.
    ///
    /// # Errors
    /// [`WordsError::Unknown`] for the first word that is in no list, [`WordsError::Count`].
    pub fn parse(text: &str, list: WordList, count: usize) -> Result<Self, WordsError> {
        let text: Zeroizing<String> = Zeroizing::new(text.nfkc().collect());
        let text = Zeroizing::new(text.to_lowercase());
        let separates = |c: char| c.is_whitespace() || c == '-' || c == ',';
        let pieces: Vec<&str> = text
            .split(separates)
            .filter(|word| !word.is_empty())
            .collect();
        let found = count_words(&pieces, list)?;
        if found != count {
            return Err(WordsError::Count);
        }
        Ok(Self(Zeroizing::new(pieces.join("-"))))
    }

    /// The words, joined by hyphens. Never log them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Argon2id, 64 MiB and three passes.
    pub(crate) fn stretch(&self, salt: &[u8]) -> Result<primitives::Secret, WordsError> {
        primitives::argon2id(self.0.as_bytes(), salt, MEMORY, PASSES, 1).ok_or(WordsError::Memory)
    }
}

impl std::fmt::Debug for Phrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Phrase(..)")
    }
}

/// How many words these pieces are: a few words have a hyphen of their own (`drop-down`), and the first
/// half of none is a word itself.
fn count_words(pieces: &[&str], list: WordList) -> Result<usize, WordsError> {
    let (mut at, mut count) = (0, 0);
    while at < pieces.len() {
        count += 1;
        let pair = pieces
            .get(at + 1)
            .map(|next| Zeroizing::new([pieces[at], next].join("-")));
        if pair.is_some_and(|pair| list.has(&pair)) {
            at += 2;
        } else if list.has(pieces[at]) {
            at += 1;
        } else {
            return Err(WordsError::Unknown(count));
        }
    }
    Ok(count)
}
