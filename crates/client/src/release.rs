//! Releasing: the sender's device wraps a parcel's key for somebody whose key has become known.
//!
//! | verified by | level 3 | level 4 | the pin afterwards |
//! |-|-|-|-|
//! | a claim code, checked here | yes | yes | `Code` |
//! | words, read out and the same | yes | yes | `Words` |
//! | a verified pin | yes | yes | as it was |
//! | nothing | yes, labelled for good | never | seen, not verified |
//!
//! A key that has changed without a reason is released to only when words or code say that it is right.

mod decide;
mod error;
mod run;

pub use decide::{How, Person};
pub use error::{ReleaseRefused, Why};
pub use run::{Outcome, Released, Wanted, release, waiting};
