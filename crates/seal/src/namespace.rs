//! Domain separation: every derived, hashed or wrapped thing carries one of these labels.
//!
//! `T(x)` of `docs/format.md` is the ASCII text `depesche/v1/x` followed by a zero byte. No label
//! is a prefix of another, because of that zero byte.

/// One purpose, one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Namespace {
    /// Associated data of a file object's stream.
    File,
    /// Root over the part hashes of a file object.
    Parts,
    /// Commitment of a header to its parcel key.
    Commit,
    /// Key of the manifest's stream.
    ManifestKey,
    /// Associated data of the manifest's stream.
    Manifest,
    /// What a visitor shows to see the head of a link record.
    LinkAuth,
    /// What a visitor shows who also knows the link password.
    LinkPass,
    /// Key that wraps the parcel key in a link record.
    LinkKey,
    /// Server secrets: a key-encryption key at work.
    ServerKek,
    /// Server secrets: the key of one waiting item at work.
    ServerItem,
}

impl Namespace {
    /// Every label there is, for tests that hold them apart.
    pub const ALL: [Self; 10] = [
        Self::File,
        Self::Parts,
        Self::Commit,
        Self::ManifestKey,
        Self::Manifest,
        Self::LinkAuth,
        Self::LinkPass,
        Self::LinkKey,
        Self::ServerKek,
        Self::ServerItem,
    ];

    /// The bytes `T(x)`.
    #[must_use]
    pub const fn label(self) -> &'static [u8] {
        match self {
            Self::File => b"depesche/v1/file\0",
            Self::Parts => b"depesche/v1/parts\0",
            Self::Commit => b"depesche/v1/commit\0",
            Self::ManifestKey => b"depesche/v1/manifest-key\0",
            Self::Manifest => b"depesche/v1/manifest\0",
            Self::LinkAuth => b"depesche/v1/link-auth\0",
            Self::LinkPass => b"depesche/v1/link-pass\0",
            Self::LinkKey => b"depesche/v1/link-key\0",
            Self::ServerKek => b"depesche/v1/server-kek\0",
            Self::ServerItem => b"depesche/v1/server-item\0",
        }
    }
}
