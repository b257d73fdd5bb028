//! Makes the protected form of a mail, for each recipient: attachments leave it and wait sealed in the portal, the
//! rest becomes a PDF under the recipient's own password, and an ordinary mail carries that.
//!
//! | module | has |
//! |-|-|
//! | [`converter`] | decides for each recipient |
//! | `desk` | the house at hand |
//! | `source` | what is to be converted: a mail that came in, or a reply by the page |
//! | `parcel` | attachments as a parcel whose link is in the PDF alone |
//! | `answer` | the reply link with its quote |
//! | `carrier` | the mail around the PDF |

mod answer;
mod carrier;
pub mod converter;
mod desk;
mod parcel;
mod source;

pub use converter::{Converter, Draw};
