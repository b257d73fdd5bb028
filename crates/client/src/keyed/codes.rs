//! Claim codes: the sender's are derived anew on any device, the recipient's are typed.

use depesche_api::{Parcel, Recipient};
use depesche_seal::key::ParcelId;
use depesche_seal::record::WordList;
use depesche_seal::release::{self, Claim, Mode};
use depesche_seal::words::Phrase;

use super::error::KeyedError;
use crate::address;
use crate::keyring::Ring;

/// What a claim code does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeMode {
    /// The sender's client checks it, and then releases.
    Confirm,
    /// It opens at once.
    Instant,
}

impl CodeMode {
    /// As it is written in answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Instant => "instant",
        }
    }

    /// Reads [`CodeMode::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Confirm, Self::Instant]
            .into_iter()
            .find(|mode| mode.word() == word)
    }

    pub(crate) const fn claim(self) -> Mode {
        match self {
            Self::Confirm => Mode::Confirm,
            Self::Instant => Mode::Instant,
        }
    }
}

/// The code that the owner of this keyring tells that person.
pub(crate) fn code(
    ring: &Ring,
    parcel: &ParcelId,
    email: &str,
    (number, mode): (u8, CodeMode),
) -> Phrase {
    let list = ring.chain().current().record().word_list();
    let seed = ring.keyring().claim_seed();
    let address = address::folded(email);
    release::derive_code(seed, parcel, &address, number, (mode.claim(), list))
}

/// The codes of a delivery that were set and not used: address and words.
pub(crate) fn codes_of(ring: &Ring, id: &ParcelId, parcel: &Parcel) -> Vec<(String, String)> {
    let words = |recipient: &Recipient| {
        let standing = recipient.claim_code.as_ref()?;
        let mode = CodeMode::parse(&standing.mode)?;
        let code = code(ring, id, &recipient.email, (standing.number, mode));
        Some((recipient.email.clone(), code.expose().to_owned()))
    };
    parcel.recipients.iter().filter_map(words).collect()
}

/// The code as it was typed, in the words of its maker.
pub(crate) fn read_code(text: &str, list: WordList, mode: CodeMode) -> Result<Phrase, KeyedError> {
    Ok(Phrase::parse(text, list, mode.claim().words())?)
}

/// Takes 64 MiB and a tenth of a second.
pub(crate) fn stretch(phrase: &Phrase, parcel: &ParcelId) -> Result<Claim, KeyedError> {
    Ok(tokio::task::block_in_place(|| {
        release::stretch(phrase, parcel)
    })?)
}
