//! The wire's shapes of handoffs from the service's values, and back.

use crate::error::Error;
use depesche_api as api;
use depesche_service::Error as ServiceError;
use depesche_service::domain::handoff::LIFE;
use depesche_service::domain::token::SecretHash;
use depesche_service::handoffs::{Ask, Memory, Offered, Rules, Standing};

pub(crate) fn rules(rules: &Rules) -> api::HandoffRules {
    api::HandoffRules {
        create: rules.create.name().into(),
        largest: rules.largest,
        seconds: most_seconds(),
    }
}

fn most_seconds() -> u32 {
    u32::try_from(LIFE.ms() / 1000).unwrap_or(u32::MAX)
}

/// 32 bytes, as all secrets of a handoff and their hashes are.
pub(crate) fn secret(given: &api::B64) -> Result<[u8; 32], Error> {
    let bytes = given.0.as_slice().try_into();
    bytes.map_err(|_| ServiceError::Invalid("a secret or its hash has 32 bytes").into())
}

pub(crate) fn seconds(given: Option<u32>) -> Result<u32, Error> {
    let good = given.filter(|seconds| (1..=most_seconds()).contains(seconds));
    good.ok_or_else(|| ServiceError::Invalid("a handoff waits 1 to 1800 seconds").into())
}

pub(crate) fn asked(asked: &api::AskHandoff) -> Result<Ask, Error> {
    Ok(Ask {
        auth: secret(&asked.auth)?,
        fill: secret(&asked.fill)?,
        source: secret(&asked.source)?,
        seconds: asked.seconds.map(|n| seconds(Some(n))).transpose()?,
    })
}

pub(crate) fn handoff(offered: &Offered) -> api::Handoff {
    api::Handoff {
        id: offered.id.to_string(),
        expires: offered.expires.ms(),
        size: offered.size,
    }
}

pub(crate) fn standing(standing: &Standing) -> api::HandoffState {
    let slot = &standing.slot;
    let bytes = |hash: SecretHash| api::B64(hash.as_bytes().to_vec());
    api::HandoffState {
        state: slot.state().name().into(),
        revision: slot.revision(),
        expires: standing.expires.ms(),
        size: slot.size(),
        device: slot.state().device().map(bytes),
    }
}

pub(crate) fn memory(memory: Memory) -> api::HandoffMemory {
    let kernel = memory.kernel;
    api::HandoffMemory {
        slots: memory.slots,
        bytes: memory.bytes,
        budget: memory.budget,
        mapped: kernel.mapped,
        locked: kernel.locked,
        undumped: kernel.undumped,
        swapped: kernel.swapped,
        in_files: kernel.in_files,
        refused: memory.refused,
        dumpable: kernel.dumpable,
        core_limit: kernel.core_limit,
    }
}
