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
    /// Key of a handoff's stream.
    HandoffKey,
    /// Associated data of a handoff's stream.
    Handoff,
    /// What a device shows to take a handoff.
    HandoffAuth,
    /// What a device shows to fill an empty slot.
    HandoffFill,
    /// The words that both screens show.
    HandoffWords,
    /// Salt of the typed words.
    HandoffType,
    /// Where the typed words lead.
    HandoffFind,
    /// Key that wraps a handoff's secret under the typed words.
    HandoffWrap,
    /// A sender's signature of a manifest.
    ParcelSig,
    /// The parcel key wrapped for a public key.
    Stanza,
    /// A signature that releases a stanza.
    Release,
    /// A signature of a key record.
    KeyRecord,
    /// Fingerprint of a key record.
    KeyFingerprint,
    /// Salt of the words of a key.
    KeyWords,
    /// Associated data of a lock.
    Lock,
    /// Key that wraps the keyring's key in a lock.
    LockKek,
    /// Commitment of a lock to its secret.
    LockCommit,
    /// Key of a keyring's body.
    Keyring,
    /// Words of a claim code.
    ClaimCode,
    /// Key of the tag that registers a recipient's key.
    ClaimRegister,
    /// Key of the tag that releases to it.
    ClaimRelease,
    /// Key that wraps the parcel key in an instant claim.
    ClaimKey,
    /// What a recipient shows to get an instant claim.
    ClaimAuth,
    /// Key of the tag under which a recipient makes his own stanza.
    ClaimAck,
    /// Key of a sealed going-on record.
    Draft,
    /// What is shown to use a reply link.
    ReplyAuth,
    /// Key and associated data of the quote behind a reply link.
    ReplyQuote,
    /// Server secrets: a key-encryption key at work.
    ServerKek,
    /// Server secrets: the key of one waiting item at work.
    ServerItem,
}

impl Namespace {
    /// Every label there is, for tests that hold them apart.
    pub const ALL: [Self; 37] = [
        Self::File,
        Self::Parts,
        Self::Commit,
        Self::ManifestKey,
        Self::Manifest,
        Self::LinkAuth,
        Self::LinkPass,
        Self::LinkKey,
        Self::HandoffKey,
        Self::Handoff,
        Self::HandoffAuth,
        Self::HandoffFill,
        Self::HandoffWords,
        Self::HandoffType,
        Self::HandoffFind,
        Self::HandoffWrap,
        Self::ParcelSig,
        Self::Stanza,
        Self::Release,
        Self::KeyRecord,
        Self::KeyFingerprint,
        Self::KeyWords,
        Self::Lock,
        Self::LockKek,
        Self::LockCommit,
        Self::Keyring,
        Self::ClaimCode,
        Self::ClaimRegister,
        Self::ClaimRelease,
        Self::ClaimKey,
        Self::ClaimAuth,
        Self::ClaimAck,
        Self::Draft,
        Self::ReplyAuth,
        Self::ReplyQuote,
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
            Self::HandoffKey => b"depesche/v1/handoff-key\0",
            Self::Handoff => b"depesche/v1/handoff\0",
            Self::HandoffAuth => b"depesche/v1/handoff-auth\0",
            Self::HandoffFill => b"depesche/v1/handoff-fill\0",
            Self::HandoffWords => b"depesche/v1/handoff-words\0",
            Self::HandoffType => b"depesche/v1/handoff-type\0",
            Self::HandoffFind => b"depesche/v1/handoff-find\0",
            Self::HandoffWrap => b"depesche/v1/handoff-wrap\0",
            Self::ParcelSig => b"depesche/v1/parcel-sig\0",
            Self::Stanza => b"depesche/v1/stanza\0",
            Self::Release => b"depesche/v1/release\0",
            Self::KeyRecord => b"depesche/v1/key-record\0",
            Self::KeyFingerprint => b"depesche/v1/key-fpr\0",
            Self::KeyWords => b"depesche/v1/key-words\0",
            Self::Lock => b"depesche/v1/lock\0",
            Self::LockKek => b"depesche/v1/lock-kek\0",
            Self::LockCommit => b"depesche/v1/lock-commit\0",
            Self::Keyring => b"depesche/v1/keyring\0",
            Self::ClaimCode => b"depesche/v1/claim-code\0",
            Self::ClaimRegister => b"depesche/v1/claim-reg\0",
            Self::ClaimRelease => b"depesche/v1/claim-rel\0",
            Self::ClaimKey => b"depesche/v1/claim-key\0",
            Self::ClaimAuth => b"depesche/v1/claim-auth\0",
            Self::ClaimAck => b"depesche/v1/claim-ack\0",
            Self::Draft => b"depesche/v1/draft\0",
            Self::ReplyAuth => b"depesche/v1/reply-auth\0",
            Self::ReplyQuote => b"depesche/v1/reply-quote\0",
            Self::ServerKek => b"depesche/v1/server-kek\0",
            Self::ServerItem => b"depesche/v1/server-item\0",
        }
    }
}
