//! How a delivery is protected, named by what opens it (requirement L).

/// The level of a parcel. Ordered: a higher one protects more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 1: whoever knows the link.
    Link,
    /// 2: the link and a login.
    Login,
    /// 3: the recipient's own key opens the files.
    KeyedFiles,
    /// 4: the recipient's own key opens files, names, subject and message.
    KeyedAll,
}

/// Not 1, 2, 3 or 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a level is 1, 2, 3 or 4")]
pub struct NotALevel;

impl Level {
    /// 1 to 4, as it stands in formats and API.
    pub const fn number(self) -> u8 {
        match self {
            Self::Link => 1,
            Self::Login => 2,
            Self::KeyedFiles => 3,
            Self::KeyedAll => 4,
        }
    }
}

impl TryFrom<u8> for Level {
    type Error = NotALevel;
    fn try_from(number: u8) -> Result<Self, NotALevel> {
        match number {
            1 => Ok(Self::Link),
            2 => Ok(Self::Login),
            3 => Ok(Self::KeyedFiles),
            4 => Ok(Self::KeyedAll),
            _ => Err(NotALevel),
        }
    }
}
