//! Works the queue off: sends what is queued, has protected forms made, and notes what became of each recipient.
//!
//! What a row stands for is the store's to know: a crash at any moment repeats a step, and loses none. Between
//! the next server's `250` and our note of it that is a mail too many.

mod convert;
mod deliver;
pub mod run;

pub use run::Queue;
