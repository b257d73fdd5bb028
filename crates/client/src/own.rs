//! Whose commands these are: somebody logged in, at one server, with this profile.

use depesche_api::Account;

use crate::http::Server;
use crate::profile::Profile;
use crate::world::World;

/// Somebody logged in, and what is needed to act for that account.
#[derive(Debug, Clone, Copy)]
pub struct Own<'a> {
    /// With the session.
    pub server: &'a Server,
    /// Who.
    pub account: &'a Account,
    /// Where the client keeps what it has seen.
    pub profile: &'a Profile,
    /// Clock and randomness.
    pub world: World,
}
