//! Sending: a tree of files and an order become a posted parcel.

mod contents;
mod desk;
mod error;
mod order;
mod post;
mod recipients;
mod share;
mod source;
mod take_over;
mod upload;

pub use desk::Desk;
pub use error::SendError;
pub use order::{Expiry, LinkOptions, Order};
pub use post::{Sent, send};
pub use recipients::Reply;
pub use source::SourceError;
pub use upload::UploadError;

pub(crate) use contents::{names, notice};
pub(crate) use order::make_link;
pub(crate) use post::link_url;
pub(crate) use recipients::{Keyed, make as make_keyed, with_notice};
