//! Small shapes of the wire that others are made of.

use depesche_api as api;
use depesche_service::domain::claim::{ClaimState, SERVES};
use depesche_service::domain::{Account, Time};
use depesche_service::visits::Standing;

pub(crate) fn account(account: &Account, sealpass: bool) -> api::Account {
    api::Account {
        id: account.id.to_string(),
        email: account.address.to_string(),
        name: account.name.clone(),
        role: account.role.name().into(),
        sealpass,
    }
}

pub(crate) fn sender(account: &Account) -> api::Sender {
    api::Sender {
        name: account.name.clone(),
        email: account.address.to_string(),
    }
}

pub(crate) fn claim(standing: Standing) -> api::Claim {
    let until = match standing.state {
        ClaimState::Leased { until } => Some(until),
        ClaimState::Committed { at } => Some(at + SERVES),
        ClaimState::Opened | ClaimState::Lapsed => None,
    };
    api::Claim {
        state: standing.state.name().into(),
        until: until.map(Time::ms),
        left: standing.left,
    }
}
