//! A recipient of level 3 or 4: what opens the delivery for this person, and how it came there.
//!
//! | state | becomes | by |
//! |-|-|-|
//! | waits | released | the sender's stanza for the key that the person has now |
//! | waits | claimed | an instant claim code: the opener's own stanza |
//! | claimed | released | the sender's stanza, in place of the opener's |
//! | released | released | one more stanza: the person's key has changed |
//! | released, claimed | waits | a reset of the person: what opened it is destroyed |
//! | any | ended | dropped, or the parcel closed |
//!
//! Whether somebody who waits does so for the registration, the SealPass or the release is not a state of the
//! delivery but of the [`Person`]; both together make what people are shown (`Recipient::state`).

use crate::id::AccountId;
use crate::level::Level;
use crate::time::Time;
use crate::token::SecretHash;

/// SHA-256 of a key record: which key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// From its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// As it stands in the journal: 64 hexadecimal digits.
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fingerprint({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

/// Who stands behind an address now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Person {
    /// Nobody has registered.
    Unknown,
    /// An account without a keyring.
    Known(AccountId),
    /// An account with a keyring; its newest key.
    Keyed(AccountId, Fingerprint),
}

/// How the sender made sure of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verified {
    /// By a claim code, both ways.
    Code,
    /// By the six words.
    Words,
    /// It is the key that was pinned before.
    Pinned,
    /// It signed the delivery that this one answers.
    Reply,
    /// Not at all; labelled so for good.
    No,
}

impl Verified {
    /// As it stands in the store, the API and the journal.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Words => "words",
            Self::Pinned => "pinned",
            Self::Reply => "reply",
            Self::No => "no",
        }
    }

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Code, Self::Words, Self::Pinned, Self::Reply, Self::No]
            .into_iter()
            .find(|one| one.name() == name)
    }
}

/// The parcel key for one opener, with its release; opaque but for whom it is for (formats.md, Stanza).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stanza {
    /// For whom.
    pub account: AccountId,
    /// For which of the account's keys.
    pub fingerprint: Fingerprint,
    /// As it travels.
    pub bytes: Vec<u8>,
}

/// Wrong tags after which a code that is confirmed is dead.
pub const TAG_TRIES: u32 = 3;
/// Wrong proofs after which an instant code is dead.
pub const INSTANT_TRIES: u32 = 10;

/// A claim code that was told by another channel (protocol R). The server never sees the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimCode {
    /// Which one, as its derivation counts them.
    pub number: u8,
    /// How often it was wrong.
    pub wrong: u32,
    /// What it does.
    pub mode: Mode,
}

/// What a claim code does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// The sender checks the recipient's tag, then releases.
    Confirm {
        /// tag_B, to be checked.
        tag: Option<[u8; 32]>,
    },
    /// Opens at once.
    Instant {
        /// The record `DPC1`.
        record: Vec<u8>,
        /// SHA-256 of the proof that hands it out.
        auth: SecretHash,
        /// It was handed out.
        handed: bool,
    },
}

impl ClaimCode {
    /// Tries left; 0 = dead.
    pub fn tries_left(&self) -> u32 {
        match self.mode {
            Mode::Confirm { .. } => TAG_TRIES,
            Mode::Instant { .. } => INSTANT_TRIES,
        }
        .saturating_sub(self.wrong)
    }
}

/// Nothing opens it yet, or any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waits {
    /// 3 or 4.
    pub level: Level,
    /// A code that was told.
    pub code: Option<ClaimCode>,
    /// When a reset destroyed what opened it.
    pub lost: Option<Time>,
}

/// Opened by an instant claim code; the sender has not released yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// 3 or 4.
    pub level: Level,
    /// The opener's own (by 02).
    pub stanza: Stanza,
    /// Shows the sender's client that the opener knew code and parcel key.
    pub ack: [u8; 32],
    /// Since when.
    pub at: Time,
}

/// Released by the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// 3 or 4.
    pub level: Level,
    /// The sender's (by 01).
    pub stanza: Stanza,
    /// How the key was verified.
    pub verified: Verified,
    /// The sender's proof of the claim code.
    pub tag_a: Option<[u8; 32]>,
    /// When.
    pub at: Time,
}

/// What opens a delivery of level 3 or 4 for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keyed {
    /// Nothing does.
    Waits(Waits),
    /// The opener's own stanza does.
    Claimed(Claimed),
    /// The sender's stanza does.
    Released(Released),
    /// Dropped or closed: nothing will.
    Ended,
}

/// A release as the sender's client hands it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// By 01.
    pub stanza: Stanza,
    /// How the key was verified.
    pub verified: Verified,
    /// tag_A, with a claim code.
    pub tag_a: Option<[u8; 32]>,
}

/// Why a move is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody has registered at the address.
    #[error("this person has no account yet; the invitation is on its way")]
    WaitsRegistration,
    /// No keyring.
    #[error("this person has not set up a SealPass yet")]
    WaitsSealpass,
    /// Nobody can log in to the account.
    #[error("this account is disabled; nothing was released to it")]
    Disabled,
    /// The stanza is for another key than the person's newest.
    #[error(
        "the key of this person is another one than you released to; load it again and compare"
    )]
    KeyChanged,
    /// The signature of a release is not that of its maker's newest key over this delivery.
    #[error(
        "this release is not signed by your key over this delivery; unlock your SealPass again and repeat it"
    )]
    WrongRelease,
    /// Level 4 releases only to a verified key.
    #[error(
        "level 4 is released only to a key that was compared; compare the six words, or use a claim code"
    )]
    NotVerified,
    /// There is no claim code, or not one of that kind.
    #[error("this delivery has no code to enter")]
    NoCode,
    /// Too many tries.
    #[error("this code is used up; ask the sender for a new one")]
    CodeDead,
    /// An instant claim before the code was proven.
    #[error("this delivery waits for the sender's release")]
    WaitsRelease,
    /// Dropped or closed.
    #[error("this delivery is no longer here")]
    Ended,
}

impl Waits {
    /// Nothing has happened yet.
    pub const fn new(level: Level, code: Option<ClaimCode>) -> Self {
        Self {
            level,
            code,
            lost: None,
        }
    }

    /// Takes a new code in, in place of the one before.
    #[must_use]
    pub fn set_code(self, code: ClaimCode) -> Self {
        Self {
            code: Some(code),
            ..self
        }
    }

    /// The recipient hands in tag_B.
    ///
    /// # Errors
    /// [`Refusal::NoCode`], [`Refusal::CodeDead`]; [`Refusal::WaitsSealpass`] without a key the tag could be over.
    pub fn register(mut self, person: &Person, tag_b: [u8; 32]) -> Result<Self, Refusal> {
        key_of(person)?;
        let code = self.code.as_mut().ok_or(Refusal::NoCode)?;
        if code.tries_left() == 0 {
            return Err(Refusal::CodeDead);
        }
        match &mut code.mode {
            Mode::Confirm { tag } => *tag = Some(tag_b),
            Mode::Instant { .. } => return Err(Refusal::NoCode),
        }
        Ok(self)
    }

    /// The sender's client found this tag wrong: it counts once, and another one may be handed in.
    ///
    /// # Errors
    /// [`Refusal::NoCode`] if this tag does not wait (any more).
    pub fn reject(mut self, wrong: &[u8; 32]) -> Result<Self, Refusal> {
        let code = self.code.as_mut().ok_or(Refusal::NoCode)?;
        match &mut code.mode {
            Mode::Confirm { tag } if tag.as_ref() == Some(wrong) => *tag = None,
            _ => return Err(Refusal::NoCode),
        }
        code.wrong += 1;
        Ok(self)
    }

    /// The recipient proves an instant code. Gives the record if the proof is right; a wrong one is counted.
    ///
    /// # Errors
    /// [`Refusal::NoCode`], [`Refusal::CodeDead`].
    pub fn prove(mut self, proof: &SecretHash) -> Result<(Self, Option<Vec<u8>>), Refusal> {
        let code = self.code.as_mut().ok_or(Refusal::NoCode)?;
        if code.tries_left() == 0 {
            return Err(Refusal::CodeDead);
        }
        let Mode::Instant {
            record,
            auth,
            handed,
        } = &mut code.mode
        else {
            return Err(Refusal::NoCode);
        };
        let right = auth == proof;
        let given = right.then(|| record.clone());
        *handed |= right;
        if !right {
            code.wrong += 1;
        }
        Ok((self, given))
    }

    /// The recipient has opened the record of an instant code, and makes the own stanza. The record dies.
    ///
    /// # Errors
    /// [`Refusal::WaitsRelease`] if no record was handed out; [`Refusal::KeyChanged`], [`Refusal::WaitsSealpass`].
    pub fn claim(
        self,
        person: &Person,
        stanza: Stanza,
        ack: [u8; 32],
        now: Time,
    ) -> Result<Claimed, Refusal> {
        let handed = self.code.as_ref().is_some_and(|code| {
            code.tries_left() > 0 && matches!(code.mode, Mode::Instant { handed: true, .. })
        });
        if !handed {
            return Err(Refusal::WaitsRelease);
        }
        fits(person, &stanza)?;
        Ok(Claimed {
            level: self.level,
            stanza,
            ack,
            at: now,
        })
    }
}

fn key_of(person: &Person) -> Result<(AccountId, Fingerprint), Refusal> {
    match person {
        Person::Unknown => Err(Refusal::WaitsRegistration),
        Person::Known(_) => Err(Refusal::WaitsSealpass),
        Person::Keyed(account, key) => Ok((*account, *key)),
    }
}

/// Whether a stanza is for the key that the person has now.
///
/// # Errors
/// [`Refusal::KeyChanged`], or what the person waits for.
pub fn fits(person: &Person, stanza: &Stanza) -> Result<(), Refusal> {
    if key_of(person)? == (stanza.account, stanza.fingerprint) {
        Ok(())
    } else {
        Err(Refusal::KeyChanged)
    }
}

impl Keyed {
    fn level(&self) -> Option<Level> {
        match self {
            Self::Waits(Waits { level, .. })
            | Self::Claimed(Claimed { level, .. })
            | Self::Released(Released { level, .. }) => Some(*level),
            Self::Ended => None,
        }
    }

    /// The sender releases: to the key that the person has now, and at level 4 only if it was verified.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn release(
        self,
        person: &Person,
        release: Release,
        now: Time,
    ) -> Result<Released, Refusal> {
        let level = self.level().ok_or(Refusal::Ended)?;
        if level == Level::KeyedAll && release.verified == Verified::No {
            return Err(Refusal::NotVerified);
        }
        fits(person, &release.stanza)?;
        Ok(Released {
            level,
            stanza: release.stanza,
            verified: release.verified,
            tag_a: release.tag_a,
            at: now,
        })
    }

    /// The person's keyring was reset: what opened it is destroyed. A code stays good for the new key.
    #[must_use]
    pub fn lose(self, now: Time) -> Self {
        match self {
            Self::Claimed(Claimed { level, .. }) | Self::Released(Released { level, .. }) => {
                Self::Waits(Waits {
                    level,
                    code: None,
                    lost: Some(now),
                })
            }
            Self::Waits(waits) => Self::Waits(waits.forget_tag()),
            Self::Ended => Self::Ended,
        }
    }

    /// Who waits, for moves that only they have.
    ///
    /// # Errors
    /// [`Refusal::NoCode`] if it opens already, [`Refusal::Ended`].
    pub fn waits(self) -> Result<Waits, Refusal> {
        match self {
            Self::Waits(waits) => Ok(waits),
            Self::Claimed(_) | Self::Released(_) => Err(Refusal::NoCode),
            Self::Ended => Err(Refusal::Ended),
        }
    }

    /// What opens it for this person.
    ///
    /// # Errors
    /// What the person waits for.
    pub fn opens(&self, person: &Person) -> Result<&Stanza, Refusal> {
        let (account, _) = key_of(person)?;
        match self {
            Self::Claimed(Claimed { stanza, .. }) | Self::Released(Released { stanza, .. })
                if stanza.account == account =>
            {
                Ok(stanza)
            }
            Self::Ended => Err(Refusal::Ended),
            _ => Err(Refusal::WaitsRelease),
        }
    }

    /// Whether the sender has something to do for this person.
    pub fn wants_release(&self, person: &Person) -> bool {
        match (self, person) {
            (Self::Waits(_) | Self::Claimed(_), Person::Keyed(..)) => true,
            (Self::Released(released), Person::Keyed(account, _)) => {
                released.stanza.account != *account
            }
            _ => false,
        }
    }
}

impl Waits {
    /// A tag over a key that is gone proves nothing.
    fn forget_tag(mut self) -> Self {
        if let Some(ClaimCode {
            mode: Mode::Confirm { tag },
            ..
        }) = &mut self.code
        {
            *tag = None;
        }
        self
    }
}

#[cfg(test)]
mod tests;
