//! The gateway's queue: mails that wait sealed, one row for each recipient.
//!
//! [`text`] seals a text while it comes in, small ones for the row and large ones into a file. [`writer`] is the
//! one who writes: mails that were taken and fates that were met, many in one transaction; what it
//! acknowledges is on disk. [`list`] reads, and has what administrators may do.

pub mod list;
pub mod text;
pub mod writer;

pub use list::{
    Standing, counts, drop_row, due, due_of, has_room, held, held_senders, is_thread, list,
    next_due, retry, retry_all, standing, tidy, trace_key, wake_held, wake_held_in,
};
pub use text::{Open, SealedText, TextReader, TextWriter, enqueue, load};
pub use writer::{Change, NewMail, Settled, Spool, Writer};
