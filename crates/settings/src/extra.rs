//! Members that this version does not know: kept and written back, never printed.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// Unknown members of an object. They may hold secrets, so `Debug` shows their names alone.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Extra(pub Map<String, Value>);

impl Extra {
    /// No member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A word from a list that grows: one that this version knows, or another, kept as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Word<T> {
    /// A word of this version.
    Known(T),
    /// A word of a later version, or of somebody else's.
    Other(String),
}

impl<T> Word<T> {
    /// The word, if this version knows it.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(word) => Some(word),
            Self::Other(_) => None,
        }
    }
}

impl<T> From<T> for Word<T> {
    fn from(word: T) -> Self {
        Self::Known(word)
    }
}

/// An entry of a list: one that could be read, or one kept as it was found.
#[derive(Clone, Debug, PartialEq)]
enum Entry<T> {
    Read(T),
    Raw(Raw),
}

impl<T: DeserializeOwned> Entry<T> {
    fn from_value(value: Value) -> Self {
        match T::deserialize(&value) {
            Ok(item) => Self::Read(item),
            Err(_) => Self::Raw(Raw(value)),
        }
    }
}

impl<T: Serialize> Serialize for Entry<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Read(item) => item.serialize(serializer),
            Self::Raw(raw) => raw.0.serialize(serializer),
        }
    }
}

/// A list whose odd entries stay where they were. What is no list at all is kept too.
#[derive(Clone, Debug, PartialEq)]
pub struct List<T> {
    entries: Vec<Entry<T>>,
    instead: Option<Raw>,
}

/// Something of an unexpected shape, kept and not printed.
#[derive(Clone, PartialEq)]
struct Raw(Value);

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Raw(..)")
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            instead: None,
        }
    }
}

impl<T> List<T> {
    /// The entries that could be read.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Read(item) => Some(item),
            Entry::Raw(_) => None,
        })
    }

    /// The entries that could be read, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.entries.iter_mut().filter_map(|entry| match entry {
            Entry::Read(item) => Some(item),
            Entry::Raw(_) => None,
        })
    }

    /// Adds one at the end.
    pub fn push(&mut self, item: T) {
        self.entries.push(Entry::Read(item));
    }

    /// Keeps the entries that could be read and that `keep` says yes to.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.instead = None;
        self.entries.retain(|entry| match entry {
            Entry::Read(item) => keep(item),
            Entry::Raw(_) => false,
        });
    }

    /// Nothing at all, neither read nor kept raw.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.instead.is_none()
    }

    /// How many things could not be read.
    #[must_use]
    pub fn unread(&self) -> usize {
        let raw = self
            .entries
            .iter()
            .filter(|entry| matches!(entry, Entry::Raw(_)));
        raw.count() + usize::from(self.instead.is_some())
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self {
            entries: items.into_iter().map(Entry::Read).collect(),
            instead: None,
        }
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.instead {
            Some(raw) if self.entries.is_empty() => raw.0.serialize(serializer),
            _ => self.entries.serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Array(values) => Self {
                entries: values.into_iter().map(Entry::from_value).collect(),
                instead: None,
            },
            other => Self {
                entries: Vec::new(),
                instead: Some(Raw(other)),
            },
        })
    }
}
