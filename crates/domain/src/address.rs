//! E-mail addresses: parsed once, one spelling from then on.

use std::fmt;
use std::str::FromStr;
use unicode_normalization::UnicodeNormalization;

/// An e-mail address, `local@domain` (RFC 5321 section 4.1.2, RFC 6531).
///
/// The domain is folded to lower case and to its ASCII form (UTS #46); the local part keeps the
/// case it was written in, in normal form C. Two addresses are equal if their folded forms are: nobody's mailbox
/// differs by case alone in practice, and a person types it either way.
#[derive(Clone)]
pub struct Address {
    shown: String,
    folded: String,
}

/// Not an address to which mail can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a complete e-mail address, such as name@example.org")]
pub struct NotAnAddress;

impl Address {
    /// As it is shown and written to.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// By which it is found and compared: all lower case.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// The domain, lower case, ASCII.
    pub fn domain(&self) -> &str {
        self.folded
            .rsplit_once('@')
            .map_or("", |(_, domain)| domain)
    }
}

fn is_local(local: &str) -> bool {
    // Dot-atom of RFC 5322 section 3.2.3 with RFC 6531 letters. Quoted local parts are refused:
    // no mailbox of a person needs one, and they are where parsers disagree.
    let special = b"!#$%&'*+-/=?^_`{|}~.";
    !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| {
            c.is_ascii_alphanumeric()
                || (c.is_ascii() && special.contains(&(c as u8)))
                || (!c.is_ascii() && c.is_alphanumeric())
        })
}

impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let (local, domain) = text.trim().rsplit_once('@').ok_or(NotAnAddress)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| NotAnAddress)?;
        let labels_fit = domain.split('.').all(|label| !label.is_empty());
        if !is_local(local) || !labels_fit || domain.len() > 253 {
            return Err(NotAnAddress);
        }
        let shown: String = format!("{local}@{domain}").nfc().collect();
        let folded = shown.to_lowercase();
        Ok(Self { shown, folded })
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for Address {}

impl std::hash::Hash for Address {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    /// Addresses never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}

impl serde::Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.shown)
    }
}

impl<'de> serde::Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_or_refused() {
        for (text, folded) in [
            ("Anna.Keller@Example.ORG", "anna.keller@example.org"),
            (" you@example.test ", "you@example.test"),
            ("o'neil+tag@mail.example", "o'neil+tag@mail.example"),
            ("jürgen@bücher.example", "jürgen@xn--bcher-kva.example"),
            ("root@localhost", "root@localhost"),
        ] {
            assert_eq!(
                text.parse::<Address>().map(|a| a.folded),
                Ok(folded.into()),
                "{text}"
            );
        }
        for text in [
            "",
            "@",
            "a@",
            "@b",
            "a b@example.org",
            "a@b@",
            "a..b@example.org",
            ".a@example.org",
            "a@exa mple.org",
            "a@example..org",
            "\"a b\"@example.org",
            "a@-x.org",
            "a\r\nRCPT TO:<x@y>@b.org",
            "a\u{200b}b@example.org",
            "a@example.org,b@example.org",
            "<a@example.org>",
        ] {
            assert_eq!(
                text.parse::<Address>().map(|a| a.folded),
                Err(NotAnAddress),
                "{text}"
            );
        }
    }
}
