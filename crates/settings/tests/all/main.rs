//! Settings under test: golden files first, then what each format must keep, then properties.

mod bundle;
mod corpus;
mod formats;
mod golden;
mod harness;
mod peer;
mod profile;
mod properties;
mod secrets;
