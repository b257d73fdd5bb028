//! Bytes in JSON.

/// Bytes as base64url without padding (RFC 4648 section 5).
#[derive(Clone, PartialEq, Eq, Default)]
pub struct B64(pub Vec<u8>);

impl std::fmt::Debug for B64 {
    /// May be a secret or its hash: shows the length only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "B64({} bytes)", self.0.len())
    }
}

impl serde::Serialize for B64 {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&data_encoding::BASE64URL_NOPAD.encode(&self.0))
    }
}

/// Takes the text where it stands: it may be a secret, and needs no copy.
struct Text;

impl serde::de::Visitor<'_> for Text {
    type Value = B64;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("base64url without padding")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<B64, E> {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes());
        bytes
            .map(B64)
            .map_err(|_| E::custom("not base64url without padding"))
    }
}

impl<'de> serde::Deserialize<'de> for B64 {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(Text)
    }
}
