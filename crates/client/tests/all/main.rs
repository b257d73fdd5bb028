//! Tests of the client that need no server of ours.

mod canned;
mod http;
mod layout;
mod place;
mod walk;
