//! What is true and what may happen: the laws of deliveries, pure.
//!
//! Nothing here does I/O, reads a clock or draws randomness; both come in as values. Functions
//! that change something consume the old state and give back the new one with the effects that
//! shall follow ([`effect::Effect`]); the service stores both in one transaction.

pub mod account;
pub mod address;
pub mod claim;
pub mod effect;
pub mod handoff;
pub mod id;
pub mod invitation;
pub mod journal;
pub mod keyed;
pub mod keyring;
pub mod level;
pub mod mail;
pub mod note;
pub mod order;
pub mod parcel;
pub mod policy;
pub mod protected;
pub mod recipient;
pub mod time;
pub mod token;

pub use account::{Account, Role};
pub use address::Address;
pub use id::{AccountId, ClaimId, FileId, HandoffId, LinkId, MailId, ParcelId, SessionId};
pub use level::Level;
pub use policy::Policy;
pub use time::{Span, Time};
