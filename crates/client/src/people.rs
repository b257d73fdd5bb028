//! Keys of other people, and how far this account trusts them.
//!
//! | trust | at level 3 | at level 4 |
//! |-|-|-|
//! | `Verified`: words or a code were compared | at once | at once |
//! | `Seen`: pinned, not compared | at once, labelled | waits |
//! | `New`: never met | waits | waits |
//! | `Reset`: the person's SealPass was reset by an administrator | waits | waits |
//! | `Changed`: another key than the pinned one, without a reason | refused until compared | refused until compared |
//!
//! A pinned key that names its follower is trusted as before; the pin moves on.

use std::collections::HashMap;

use depesche_api::{AskKeys, Person};
use depesche_seal::key::{AccountId, Fingerprint};
use depesche_seal::record::{Chain, KeyRecord, RecordError};
use depesche_seal::trust::{Pin, Standing, Verified, standing};

use crate::address;
use crate::fault::Fault;
use crate::http::CallError;
use crate::keyring::{self, Ring};
use crate::own::Own;

/// Most addresses of one question.
const MOST: usize = 1000;

/// How far a key is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Words or a code were compared.
    Verified,
    /// Pinned, and not compared.
    Seen,
    /// Never met.
    New,
    /// Made after an administrator's reset.
    Reset,
    /// Another one than the pinned one.
    Changed,
}

impl Trust {
    /// A stable word for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Seen => "seen",
            Self::New => "new",
            Self::Reset => "reset",
            Self::Changed => "changed",
        }
    }
}

/// A person's key.
#[derive(Debug, Clone)]
pub struct PersonKey {
    /// The account.
    pub account: AccountId,
    /// All records, verified.
    pub chain: Chain,
    /// How far the newest is trusted.
    pub trust: Trust,
}

impl PersonKey {
    /// The key in force.
    #[must_use]
    pub fn record(&self) -> &KeyRecord {
        self.chain.current().record()
    }

    /// Its name.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.record().fingerprint()
    }

    /// A pin of it.
    pub(crate) fn pin(&self, address: &str, verified: Verified, at: i64) -> Pin {
        Pin {
            account: self.account,
            address: address::folded(address),
            fingerprint: self.fingerprint(),
            verified,
            at,
        }
    }
}

/// The keys of people cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeopleError {
    /// Server or network.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The records of somebody.
    #[error("the server gave key records of {email} that cannot be right: {source}")]
    Record {
        /// Whose.
        email: String,
        /// Why.
        source: RecordError,
    },
    /// Not what was asked for.
    #[error("the server gave the keys of other people than were asked for")]
    Others,
}

impl PeopleError {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Record { source, .. } => source.code(),
            Self::Others => "exchanged",
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Call(error) => error.fault(),
            Self::Record { .. } | Self::Others => Fault::Unopenable,
        }
    }
}

/// The key that the server gives for a person; none before there is a SealPass.
///
/// # Errors
/// [`PeopleError::Record`].
pub fn key_of(ring: &Ring, person: &Person) -> Result<Option<PersonKey>, PeopleError> {
    let Some((account, chain)) = chain_of(person)? else {
        return Ok(None);
    };
    let trust = trust(&chain, ring.pin(&account, &person.email));
    Ok(Some(PersonKey {
        account,
        chain,
        trust,
    }))
}

/// The key that the server states for a person, unpinned: to be shown and compared.
///
/// # Errors
/// [`PeopleError::Record`].
pub fn stated_key(person: &Person) -> Result<Option<KeyRecord>, PeopleError> {
    let chain = chain_of(person)?;
    Ok(chain.map(|(_, chain)| chain.current().record().clone()))
}

fn chain_of(person: &Person) -> Result<Option<(AccountId, Chain)>, PeopleError> {
    let (Some(account), true) = (&person.account, person.sealpass) else {
        return Ok(None);
    };
    let wrong = |source| PeopleError::Record {
        email: person.email.clone(),
        source,
    };
    let account = AccountId::parse(account).map_err(|error| wrong(error.into()))?;
    let chain = keyring::chain(&person.records, &account).map_err(wrong)?;
    Ok(Some((account, chain)))
}

pub(crate) fn trust(chain: &Chain, pin: Option<&Pin>) -> Trust {
    match standing(chain, pin) {
        Standing::Unknown => Trust::New,
        Standing::Pinned(Verified::No) | Standing::Succeeded(Verified::No) => Trust::Seen,
        Standing::Pinned(_) | Standing::Succeeded(_) => Trust::Verified,
        Standing::Reset => Trust::Reset,
        Standing::Foreign => Trust::Changed,
    }
}

/// The keys of these people, by folded address.
///
/// # Errors
/// [`PeopleError`].
pub async fn ask(
    own: Own<'_>,
    ring: &Ring,
    emails: &[String],
) -> Result<HashMap<String, PersonKey>, PeopleError> {
    let mut keys = HashMap::new();
    for some in emails.chunks(MOST) {
        let question = AskKeys {
            emails: some.to_vec(),
        };
        let answer = own.server.keys(&question).await?.people;
        let same = |(email, person): (&String, &Person)| address::same(email, &person.email);
        if answer.len() != some.len() || !some.iter().zip(&answer).all(same) {
            return Err(PeopleError::Others);
        }
        for person in &answer {
            if let Some(key) = key_of(ring, person)? {
                keys.insert(address::folded(&person.email), key);
            }
        }
    }
    Ok(keys)
}
