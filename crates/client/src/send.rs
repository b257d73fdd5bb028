//! Sending: a tree of files and an order become a posted parcel.

mod order;
mod post;
mod source;
mod upload;

pub use order::{Expiry, LinkOptions, Order};
pub use post::{Desk, SendError, Sent, send};
pub use source::SourceError;
pub use upload::UploadError;

pub(crate) use order::make_link;
pub(crate) use post::{NOTICE_NAMES, link_url};
