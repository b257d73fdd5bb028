//! What opens a parcel for people with keys: stanzas with their release, claim codes; and the parcel's key again for its
//! sender.

mod codes;
mod error;
mod maker;
mod own;

pub use codes::CodeMode;
pub use error::KeyedError;

pub(crate) use codes::{code, codes_of, read_code, stretch};
pub(crate) use maker::{Maker, seal_signed};
pub(crate) use own::{opener, signer};
