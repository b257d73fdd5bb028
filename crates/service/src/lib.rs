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
pub mod first;
mod handed;
pub mod handoffs;
pub mod health;
pub mod journal;
pub mod login;
mod logins;
pub mod opaque;
pub mod outbox;
pub mod parcels;
pub mod random;
pub mod secrets;
pub mod tries;
pub mod visits;
pub mod worker;

pub use context::{Brand, Clock, Context, Places, Settings, Steady};
pub use courier::{Courier, Failure};
pub use depesche_domain as domain;
pub use error::Error;
pub use login::Caller;
