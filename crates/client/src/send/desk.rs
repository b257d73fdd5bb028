//! Where and as whom something is sent.

use depesche_api::{Account, Info};

use crate::http::Server;
use crate::own::Own;
use crate::profile::Profile;
use crate::world::World;

/// Where and as whom something is sent.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'a> {
    /// With the sender's session.
    pub server: &'a Server,
    /// What the server is and allows.
    pub info: &'a Info,
    /// The sender.
    pub account: &'a Account,
    /// Where drafts are kept.
    pub profile: &'a Profile,
    /// Clock and randomness.
    pub world: World,
}

impl<'a> Desk<'a> {
    /// Without what the server is.
    #[must_use]
    pub const fn own(&self) -> Own<'a> {
        Own {
            server: self.server,
            account: self.account,
            profile: self.profile,
            world: self.world,
        }
    }
}
