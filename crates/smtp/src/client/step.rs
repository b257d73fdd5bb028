//! What the caller does next.

use super::fate::Outcome;
use super::state::{Client, Content, Failed, Handshake, Ready};

/// What the caller does next.
#[derive(Debug)]
#[must_use]
pub enum Step {
    /// Write [`Client::take_output`], read, [`Client::feed`]; at the end of the bytes [`Client::lost`].
    Input(Client),
    /// Shake hands.
    StartTls(Handshake),
    /// Send a mail, or quit.
    Ready(Ready),
    /// Hand in the text.
    Content(Content),
    /// The mail's end; the connection takes the next.
    Done(Ready, Outcome),
    /// Close.
    Failed(Failed),
    /// Close: all is said.
    Closed,
}
