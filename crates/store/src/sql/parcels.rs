//! Parcels: their files, recipients and links.
//!
//! | module | what |
//! |-|-|
//! | `load` | a parcel in its state, locked or not; its files |
//! | `draft` | an upload grows or is given up |
//! | `post` | posted, changed, closed; what happens to recipients |
//! | `list` | the sender's page; one parcel's details and visits |
//! | `due` | what the worker has to do |

mod draft;
mod due;
mod list;
mod load;
mod post;

pub use super::visits::links;
pub use draft::{
    DraftRow, add_files, delete_draft, drafts, going_on, insert_draft, put_going_on, remove_file,
    touch_draft,
};
pub use due::{closed_with_files, expired, owns_file, owns_manifest, spent, stale_drafts};
pub(super) use list::closed;
pub use list::{Details, Listed, Summary, VisitRow, details, page, visits};
pub use load::{ClosedRow, Stored, file, file_of_draft, files, load, lock};
pub use post::{Mark, close, drop_recipient, extend, forget_files, insert_recipient, mark, post};
