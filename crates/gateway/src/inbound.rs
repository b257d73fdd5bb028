//! Mail comes in: a listener over [`depesche_smtp::session`].
//!
//! [`door`] is what it is made of; [`listen`] accepts connections and `talk` speaks on one; `receive` seals the text of a mail while it comes,
//! has the rules decide, and hands it to the spool. `250` is said when it is on disk.

pub mod door;
pub mod listen;
pub mod peers;
mod receive;
mod talk;
