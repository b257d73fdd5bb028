//! Mail goes out: over [`depesche_smtp::client`] to the next mail server, or into RAM for `--demo`.
//!
//! [`route`] is where it goes and how; `wire` one connection; [`sender`] keeps some open and gives every
//! recipient his fate.

pub mod route;
pub mod sender;
mod tls;
mod wire;
