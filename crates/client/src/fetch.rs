//! Fetching: from a link to verified files in a folder.

mod check;
mod confirm;
mod digest;
mod download;
mod error;
mod fetched;
mod inbox;
mod incoming;
mod place;
mod target;
mod visit;

pub use download::download;
pub use error::FetchError;
pub use fetched::{Fetched, FetchedFile, Options};
pub use inbox::{Claimed, Opened, Received};
pub use incoming::Incoming;
pub use place::Place;
pub use visit::{Door, Letter, Visit};
