//! What the caller does next.

use super::ask::{AskContent, AskFinished, AskRecipient, AskSender, AskTls};
use super::state::Session;
use super::wire::Wire;
use crate::reply::Reply;

/// What the caller does next.
#[derive(Debug)]
#[must_use]
pub enum Step {
    /// Write [`Session::take_output`], read, [`Session::feed`].
    Input(Session),
    /// May this sender begin?
    Sender(AskSender),
    /// May the mail go to this recipient?
    Recipient(AskRecipient),
    /// May the text come now? There is room on the disk?
    Content(AskContent),
    /// The next piece of the text, whole lines or parts of one.
    Text(Session, Vec<u8>),
    /// The text was refused; the pieces are to be thrown away.
    Dropped(Session),
    /// The text is whole. Make it durable before it is accepted.
    Finished(AskFinished),
    /// Write the output, then shake hands.
    StartTls(AskTls),
    /// Write these bytes and close; read on for a while and throw it away, or a client that is still sending
    /// may never see them. Pieces of a text that is not finished are to be thrown away.
    Closed(Vec<u8>),
}

/// Says the last word.
pub(super) fn close(mut wire: Box<Wire>, reply: &Reply) -> Step {
    reply.write(&mut wire.output);
    Step::Closed(wire.output)
}
