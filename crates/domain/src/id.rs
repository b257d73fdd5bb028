//! Identifiers: 16 random bytes, written base64url without padding (22 characters).

use std::fmt;
use std::str::FromStr;

/// Not an identifier of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 22 characters of base64url; check that the address was copied whole")]
pub struct NotAnId;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn write_id(bytes: &[u8; 16], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [0; 22];
    let bits = u128::from_be_bytes(*bytes);
    for (at, letter) in text.iter_mut().enumerate() {
        // 128 = 21 × 6 + 2: the last character carries two bits, the rest are zero.
        let index = if at < 21 {
            bits >> (122 - 6 * at)
        } else {
            bits << 4
        };
        *letter = ALPHABET[(index & 63) as usize];
    }
    out.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
}

/// What each byte of a text stands for; 64 = it is no letter of the alphabet.
const VALUES: [u8; 256] = {
    let mut values = [64; 256];
    let mut at = 0;
    while at < ALPHABET.len() {
        values[ALPHABET[at] as usize] = at as u8;
        at += 1;
    }
    values
};

fn parse_id(text: &str) -> Result<[u8; 16], NotAnId> {
    let text: &[u8; 22] = text.as_bytes().try_into().map_err(|_| NotAnId)?;
    let values = text.map(|letter| VALUES[usize::from(letter)]);
    // The last letter carries two bits, the rest are zero.
    if values.iter().any(|value| *value > 63) || values[21] & 15 != 0 {
        return Err(NotAnId);
    }
    let mut bytes = [0; 16];
    for (three, four) in bytes.chunks_exact_mut(3).zip(values.chunks_exact(4)) {
        let bits = four
            .iter()
            .fold(0, |bits, value| (bits << 6) | u32::from(*value));
        three.copy_from_slice(&bits.to_be_bytes()[1..]);
    }
    bytes[15] = (values[20] << 2) | (values[21] >> 4);
    Ok(bytes)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// From 16 bytes, drawn by the caller.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The 16 bytes, as they stand in the formats.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_id(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_id(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse_id(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// A parcel; chosen by the sender's client.
    ParcelId
);
id!(
    /// A file object of one parcel: one sealed file or pack; chosen by the sender's client.
    FileId
);
id!(
    /// A link to one parcel for one recipient. It stands in the path of the link.
    LinkId
);
id!(
    /// A person known.
    AccountId
);
id!(
    /// A login.
    SessionId
);
id!(
    /// One device's visit to one parcel.
    ClaimId
);
id!(
    /// A handoff's slot. It stands in the path of its code.
    HandoffId
);
id!(
    /// A mail in the gateway's queue.
    MailId
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_id_is_read_as_it_was_written(bytes: [u8; 16]) {
            let id = ParcelId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn no_second_spelling_is_taken(text in "[A-Za-z0-9_-]{22}") {
            if let Ok(id) = text.parse::<LinkId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn known_text() {
        // RFC 4648 section 5 of sixteen 0xff and of sixteen 0x00.
        assert_eq!(
            FileId::from_bytes([0xff; 16]).to_string(),
            "_____________________w"
        );
        assert_eq!(
            FileId::from_bytes([0; 16]).to_string(),
            "AAAAAAAAAAAAAAAAAAAAAA"
        );
        assert_eq!("../../../etc/passwd_AA".parse::<FileId>(), Err(NotAnId));
    }
}
