//! The own keyring: made, unlocked, changed, regained, kept. Secret keys live in memory while a command runs and
//! nowhere else; the profile keeps only how far the keyring had come.
//!
//! | step | what the client holds against the server |
//! |-|-|
//! | load | key parameters of every lock, before anything is derived; chain and generation, against the floor |
//! | unlock | the master key's commitment; the body belongs to account and generation; its keys are the chain's |
//! | save | the next generation alone; what others wrote meanwhile is taken in, not written over |

mod error;
mod floor;
mod make;
mod records;
mod ring;
mod strength;

pub use error::RingError;
pub use make::{
    Kit, NewSealPass, Prepared, add_kit, change, change_known, read_kit, recover, set_up, word_list,
};
pub use ring::{Closed, Master, Ring};

pub(crate) use records::{chain, chain_of_any};
