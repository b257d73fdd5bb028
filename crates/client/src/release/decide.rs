//! Whether one person's key may be released to, and what shows that it is the right one.

use depesche_api::{B64, WaitingRecipient};
use depesche_seal::key::ParcelId;
use depesche_seal::record::WordList;
use depesche_seal::release::{Claim, Parties, Tag};
use depesche_seal::stanza::ReleasedStanza;
use depesche_seal::trust::Verified;
use depesche_seal::words;

use super::error::Why;
use crate::keyed::{self, CodeMode, KeyedError, Maker};
use crate::keyring::Ring;
use crate::people::{PersonKey, Trust};

/// Somebody who waits, with the key at hand.
#[derive(Debug, Clone)]
pub struct Person {
    /// Which delivery.
    pub parcel: ParcelId,
    /// Its level.
    pub level: u8,
    /// As the server has it.
    pub waiting: WaitingRecipient,
    /// The key.
    pub key: PersonKey,
}

/// What shows that a key is the right one.
pub enum How {
    /// A claim code; its key makes the sender's tag.
    Code(Claim),
    /// An instant claim code: no tag is needed any more.
    Claimed,
    /// Words that were read out.
    Words,
    /// A verified pin.
    Pinned,
    /// Nothing.
    No,
}

impl std::fmt::Debug for How {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl How {
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Code(_) | Self::Claimed => "code",
            Self::Words => "words",
            Self::Pinned => "pinned",
            Self::No => "no",
        }
    }

    /// What a pin says afterwards; none leaves it as it was.
    pub(super) const fn verified(&self) -> Option<Verified> {
        match self {
            Self::Code(_) | Self::Claimed => Some(Verified::Code),
            Self::Words => Some(Verified::Words),
            Self::Pinned => None,
            Self::No => Some(Verified::No),
        }
    }
}

/// What shows that this person's key is right; `said` = the words that were read out.
///
/// # Errors
/// Why nothing may be released to it. Of a wrong code the server has to be told: [`Why::code`] is `code_wrong`.
pub(super) fn decide(
    ring: &Ring,
    maker: &Maker<'_>,
    person: &Person,
    said: Option<&str>,
) -> Result<How, Why> {
    if let Some(said) = said {
        return compare(said, person);
    }
    if let Some(how) = by_code(ring, maker, person).map_err(|error| failed(&error))? {
        return how;
    }
    match person.key.trust {
        Trust::Verified => Ok(How::Pinned),
        Trust::Changed => Err(Why::new(
            "key_changed",
            "this key is another one than you know, and nothing says why; ask for the six words under a number you \
             already know, and give them by --words",
        )),
        _ if person.level >= 4 => Err(Why::new(
            "not_verified",
            "level 4 is released to a verified key alone; let the recipient read out the six words and give them by \
             --words, or set a claim code",
        )),
        Trust::Seen | Trust::New | Trust::Reset => Ok(How::No),
    }
}

fn failed(error: &KeyedError) -> Why {
    Why::new(error.code(), error.to_string())
}

fn compare(said: &str, person: &Person) -> Result<How, Why> {
    let list = person.key.record().word_list();
    let own = words_of(person).map_err(|error| failed(&error))?;
    let typed = words::Phrase::parse(said, list, words::KEY_WORDS)
        .map_err(|error| Why::new(error.code(), error.to_string()))?;
    if typed.expose() == own.join("-") {
        Ok(How::Words)
    } else {
        Err(Why::new(
            "words_differ",
            "the words are not those of this key. The delivery stays closed; do not release it, talk to your administrator",
        ))
    }
}

/// The six words of a person's key.
///
/// # Errors
/// [`KeyedError::Words`].
pub(super) fn words_of(person: &Person) -> Result<Vec<&'static str>, KeyedError> {
    words_of_key(&person.key.fingerprint(), person.key.record().word_list())
}

fn words_of_key(
    fingerprint: &depesche_seal::key::Fingerprint,
    list: WordList,
) -> Result<Vec<&'static str>, KeyedError> {
    Ok(tokio::task::block_in_place(|| {
        words::of_key(fingerprint, list)
    })?)
}

/// None if no code was set, or the recipient has not shown it yet.
#[expect(
    clippy::type_complexity,
    reason = "an answer that can fail, and can be no"
)]
fn by_code(
    ring: &Ring,
    maker: &Maker<'_>,
    person: &Person,
) -> Result<Option<Result<How, Why>>, KeyedError> {
    let Some(standing) = &person.waiting.claim_code else {
        return Ok(None);
    };
    let Some(mode) = CodeMode::parse(&standing.mode) else {
        return Ok(None);
    };
    let (tag, ack) = (&person.waiting.tag_b, &person.waiting.ack);
    let shown = match mode {
        CodeMode::Confirm => tag.is_some(),
        CodeMode::Instant => ack.is_some(),
    };
    if !shown {
        return Ok(None);
    }
    let email = &person.waiting.email;
    let code = keyed::code(ring, &person.parcel, email, (standing.number, mode));
    let claim = keyed::stretch(&code, &person.parcel)?;
    let parties = Parties {
        sender: ring.fingerprint(),
        recipient: person.key.fingerprint(),
    };
    let right = match (mode, &person.waiting.stanza) {
        (CodeMode::Confirm, _) => bytes(tag.as_ref())
            .map(Tag::from_bytes)
            .is_some_and(|tag| claim.check_registration(&parties, &tag).is_ok()),
        (CodeMode::Instant, Some(stanza)) => {
            let stanza = ReleasedStanza::parse(&stanza.0)?;
            let checked = |tag| {
                let shown = (stanza.stanza(), &tag);
                claim.check_acknowledgement(maker.key(), &parties, &maker.parcel, shown)
            };
            let ack = bytes(ack.as_ref()).map(Tag::from_bytes);
            ack.is_some_and(|ack| checked(ack).is_ok())
        }
        (CodeMode::Instant, None) => false,
    };
    Ok(Some(if right {
        Ok(match mode {
            CodeMode::Confirm => How::Code(claim),
            CodeMode::Instant => How::Claimed,
        })
    } else {
        Err(Why::new(
            "code_wrong",
            "the claim code that was entered is not yours; after three wrong ones make a new one, or compare the words",
        ))
    }))
}

fn bytes(given: Option<&B64>) -> Option<[u8; 32]> {
    given?.0.as_slice().try_into().ok()
}
