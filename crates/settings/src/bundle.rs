//! The open settings bundle: types, reading, writing. `schema/settings-bundle.schema.json` describes it.

pub mod account;
pub mod blob;
pub mod content;
mod reduce;
mod references;
pub mod stamp;
pub mod weight;
pub mod whole;
