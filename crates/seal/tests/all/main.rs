//! The sealed format under test: vectors first, then properties, then other people's programs.

mod corpus;
mod flips;
mod keyed;
mod make;
mod peer;
mod properties;
mod published;
mod secrets;
mod vectors;
mod wycheproof;
