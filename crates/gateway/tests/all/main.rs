//! The gateway over real sockets and a real store, with a clock that stands: between a peer and a next mail
//! server of the tests' own.

mod corpus;
mod door;
mod hop;
mod house;
mod peer;
mod queue;
mod relay;
