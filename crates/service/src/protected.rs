//! Protected mail: the password that opens its PDFs, attachments that wait in the portal, replies.
//!
//! The server never sees the password: the page (or the command line) derives from it what makes PDFs, and
//! that is kept sealed under a key of the folder of secrets, as is what a notice will have to say later.

pub mod attachments;
pub mod gateway;
mod lasting;
pub mod passwords;
pub mod replies;
pub mod waits;

pub use gateway::{ReplyKeys, reply_keys};
