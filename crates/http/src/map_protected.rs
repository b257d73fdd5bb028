//! The wire's shapes of protected mail.

use crate::error::Error;
use depesche_api as api;
use depesche_service::Error as ServiceError;
use depesche_service::domain::note::Correspondent;
use depesche_service::protected::passwords::{Asked, Look, NewSet, Outcome};
use depesche_service::protected::replies;

pub(crate) fn correspondent(who: Correspondent) -> api::Sender {
    api::Sender {
        name: who.name,
        email: who.address.to_string(),
    }
}

pub(crate) fn link(look: Look) -> api::PasswordLink {
    api::PasswordLink {
        email: look.link.address.to_string(),
        purpose: look.link.purpose.name().into(),
        language: look.link.language,
        sender: look.link.sender.map(correspondent),
        held: look.held,
        expires: look.link.expires.ms(),
    }
}

pub(crate) fn sets(sets: Vec<api::PasswordSet>) -> Result<Vec<NewSet>, Error> {
    let wrong = || ServiceError::Invalid("U of a set has 48 bytes, its key has 32");
    let set = |set: api::PasswordSet| {
        let key: Result<[u8; 32], _> = set.key.0.try_into();
        Ok(NewSet {
            public: set.user.0.try_into().map_err(|_| wrong())?,
            key: key.map_err(|_| wrong())?.into(),
        })
    };
    sets.into_iter().map(set).collect()
}

pub(crate) fn is_set(outcome: &Outcome) -> api::PasswordIsSet {
    api::PasswordIsSet {
        email: outcome.address.to_string(),
        held: outcome.released,
        changed: outcome.changed,
    }
}

pub(crate) fn asked(token: Option<String>, email: Option<String>) -> Result<Asked, Error> {
    match (token, email) {
        (Some(token), None) => Ok(Asked::Token(token)),
        (None, Some(email)) => Ok(Asked::Email(email)),
        _ => Err(ServiceError::Invalid("a link is asked for by token or by address").into()),
    }
}

pub(crate) fn reply(look: replies::Look) -> api::ReplyLook {
    api::ReplyLook {
        to: correspondent(look.facts.to),
        email: look.facts.from.to_string(),
        language: look.facts.language,
        quote: api::B64(look.quote),
        records: look.records.into_iter().map(api::B64).collect(),
        expires: look.expires.ms(),
        largest: look.largest,
    }
}
