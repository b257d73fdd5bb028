//! The use cases: both doors call these and nothing else.
//!
//! A use case loads the state, asks the domain what may happen, and stores the new state with its
//! effects in one transaction ([`outbox`] for mails, the journal for facts). The [`worker`] does
//! later what was decided. What the server must read for a while waits sealed under [`secrets`].

pub mod accounts;
pub mod context;
pub mod courier;
pub mod demo;
mod door;
pub mod drafts;
pub mod error;
pub mod filter;
pub mod first;
mod handed;
pub mod handoffs;
pub mod health;
pub mod inbox;
pub mod invitations;
pub mod journal;
pub mod keyrings;
pub mod login;
mod logins;
pub mod opaque;
pub mod orders;
pub mod outbox;
pub mod parcels;
pub mod people;
pub mod protected;
pub mod random;
pub mod releases;
pub mod resets;
pub mod sealed;
pub mod secrets;
pub mod served;
mod slots;
pub mod spool;
mod tokens;
pub mod tries;
pub mod visits;
pub mod worker;

pub use context::{Brand, Clock, Context, Places, Settings, Steady};
pub use courier::{Courier, Failure};
pub use depesche_domain as domain;
/// Rows of the store that use cases hand on as they are.
pub mod rows {
    pub use depesche_store::sql::inbox::Received;
    pub use depesche_store::sql::keyed::{Sealed, WaitingRow};
    pub use depesche_store::sql::mails::{Listed, Wait};
    pub use depesche_store::sql::parcels::DraftRow;
}
pub use error::Error;
pub use login::Caller;
