//! Settings of mail programs: read, written, carried from one to the next.
mod primitives;
pub mod bundle;
pub mod extra;
pub mod loss;
pub mod secret;
