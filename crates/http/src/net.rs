//! The listener: connections, their limits, TLS.

pub mod limits;
pub mod peer;
pub mod server;
pub mod tls;

mod pace;
mod places;
mod seldom;
mod watch;
pub(crate) mod watched;
