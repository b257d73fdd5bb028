//! The typed client: seals, sends, fetches, opens, and goes on after a stop.
//!
//! | module | has |
//! |-|-|
//! | [`fault`], [`world`], [`meter`], `buffers` | kinds of failure; clock and randomness; progress; the memory of a transfer |
//! | [`http`], `calls` | one server; the routes of its API |
//! | [`profile`], [`login`] | the client's own folder; how a session comes into it |
//! | [`own`], [`address`] | somebody logged in, at work; one spelling for an address |
//! | [`keyring`] | the own keyring: made, unlocked, changed, regained; floors against an older one |
//! | [`people`], [`keyed`], [`release`](mod@release) | keys of others and trust in them; stanzas and codes; releasing |
//! | [`walk`], [`layout`] | what shall be sent; which bytes of which file a part carries |
//! | `draft`, [`mod@send`] | the record that lets a sender go on; the upload engine and posting |
//! | [`sent`] | what a sender does with posted parcels |
//! | [`fetch`] | from a link, or from the inbox, to verified files in a folder |
//! | [`handoff`] | device to device, both ends |
//! | [`protected`] | the password for protected mail |

/// The shapes of the API.
pub use depesche_api as api;
/// The sealed format.
pub use depesche_seal as seal;
/// Settings of mail programs.
pub use depesche_settings as settings;

pub mod address;
pub mod fault;
pub mod fetch;
pub mod handoff;
pub mod http;
pub mod keyed;
pub mod keyring;
pub mod layout;
pub mod login;
pub mod meter;
pub mod own;
pub mod people;
pub mod profile;
pub mod protected;
pub mod release;
pub mod send;
pub mod sent;
pub mod walk;
pub mod world;

mod buffers;
mod calls;
mod draft;
