//! The protocol under test: dialogs first, then smuggling and injection, then properties and the corpora.

mod corpus;
mod dialogs;
mod injection;
mod properties;
mod smuggling;
