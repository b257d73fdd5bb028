//! What a sender's client hands in to post: to whom, by which way, with which words.

use crate::address::Address;
use crate::effect::Notice;
use crate::id::{LinkId, ParcelId};
use crate::keyed::{ClaimCode, Person, Release};
use crate::level::Level;
use crate::time::Time;
use crate::token::SecretHash;

/// What opens a parcel at level 1 and 2, for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRecord {
    /// The id in the link's path.
    pub id: LinkId,
    /// The sealed record `DPL1` (formats.md, Link).
    pub record: Vec<u8>,
    /// SHA-256 of auth.
    pub auth: SecretHash,
    /// SHA-256 of auth2, with a link password.
    pub auth2: Option<SecretHash>,
    /// Whether a code mailed to the stated address is asked for.
    pub mailed_code: bool,
    /// How many downloads; none = no limit.
    pub limit: Option<u32>,
}

/// What opens a parcel at level 3 and 4, for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedWay {
    /// Names the place of this recipient's visits; drawn by the server, never shown.
    pub id: LinkId,
    /// For a key that the sender knows already; none = waits.
    pub release: Option<Release>,
    /// A code that is told by another channel.
    pub code: Option<ClaimCode>,
    /// How many downloads; none = no limit.
    pub limit: Option<u32>,
}

/// How a recipient gets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// By a link: levels 1 and 2.
    Link(LinkRecord),
    /// By the person's own key: levels 3 and 4.
    Keyed(Box<KeyedWay>),
}

impl Way {
    /// Under which id visits are kept.
    pub const fn id(&self) -> LinkId {
        match self {
            Self::Link(link) => link.id,
            Self::Keyed(keyed) => keyed.id,
        }
    }
}

/// A recipient as the sender's client hands it in, and who stands behind the address.
#[derive(Clone, PartialEq, Eq)]
pub struct NewRecipient {
    /// To whom.
    pub address: Address,
    /// How to get in.
    pub way: Way,
    /// What the mail shall say; none = no mail.
    pub notice: Option<Notice>,
    /// Who stands behind the address now.
    pub person: Person,
    /// Of the invitation for a person who is not known; drawn by the caller.
    pub token: Option<String>,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Which parcel.
    pub parcel: ParcelId,
    /// Its level: an answer has at least that.
    pub level: Level,
    /// Who wrote it: whom a guest may answer, and nobody else.
    pub sender: Address,
}

/// The sender's order to post.
#[derive(Clone)]
pub struct Order {
    /// To whom.
    pub recipients: Vec<NewRecipient>,
    /// Until when; none = as long as the policy keeps it.
    pub expires: Option<Time>,
    /// Kept for lists and landing page at levels 1 to 3.
    pub subject: String,
    /// As the subject.
    pub message: String,
    /// Whether the sender wants a mail at each recipient's first download.
    pub notify: bool,
    /// What is answered, if anything.
    pub answered: Option<Answered>,
}
