//! The shapes of requests and answers of the HTTP API under `/api/v1`. No behaviour.
//!
//! Times are milliseconds since 1970-01-01 UTC, sizes are bytes, ids are 22 characters of base64url,
//! other bytes are base64url without padding ([`B64`]).
//!
//! | route | takes | gives |
//! |-|-|-|
//! | `GET /info` | | [`Info`] |
//! | `POST /login/start` | [`LoginStart`] | [`LoginStarted`] |
//! | `POST /login/finish` | [`LoginFinish`] | [`LoggedIn`] |
//! | `POST /first/start`, `POST /first/finish` | [`FirstStart`], [`FirstFinish`] | [`FirstStarted`], 204: the first account |
//! | `POST /logout`, `POST /logout/everywhere` | | 204, [`Ended`] |
//! | `GET /me` | | [`Account`] |
//! | `GET /sessions`, `DELETE /sessions/{id}` | | [`Sessions`], 204 |
//! | `PUT /parcels/{id}` | [`DraftRequest`] | [`Draft`]: begins or adds to a draft |
//! | `GET /parcels/{id}/draft`, `DELETE /parcels/{id}/draft` | | [`Draft`], 204 |
//! | `PUT /parcels/{id}/files/{file}/parts/{index}` | the bytes of the part | 204 |
//! | `DELETE /parcels/{id}/files/{file}` | | 204: takes a file object out of a draft |
//! | `PUT /parcels/{id}/manifest` | the bytes of M | 204 |
//! | `POST /parcels/{id}/post` | [`PostRequest`] | [`Parcel`] |
//! | `GET /parcels?limit&after&…` | | [`ParcelPage`] |
//! | `GET /parcels/{id}` | | [`Parcel`] |
//! | `GET /parcels/{id}/manifest` | | the bytes of M, to the sender |
//! | `POST /parcels/{id}/withdraw` | | [`Parcel`] |
//! | `POST /parcels/{id}/extend` | [`Extend`] | [`Parcel`] |
//! | `POST /parcels/{id}/recipients` | [`AddRecipients`] | [`Parcel`] |
//! | `POST /parcels/{id}/recipients/drop` | [`DropRecipient`] | [`Parcel`] |
//! | `POST /parcels/{id}/resend` | [`Resend`] | [`Parcel`] |
//! | `POST /links/{id}/look` | [`LinkProof`] | [`Look`] |
//! | `POST /links/{id}/code` | [`AskCode`] | 202, always the same |
//! | `POST /links/{id}/open` | [`Open`] | [`Letter`] |
//! | `POST /links/{id}/invite` | [`AskInvitation`] | 202, always the same |
//! | `POST /invitations/look` | [`InvitationToken`] | [`Invitation`] |
//! | `POST /invitations/start`, `POST /invitations/finish` | [`InvitationStart`], [`InvitationFinish`] | [`InvitationStarted`], 204 |
//! | `GET /keyring`, `PUT /keyring` | -, [`NewKeyring`] | [`Keyring`], 204 |
//! | `POST /keyring/locks`, `DELETE /keyring/locks/{id}` | [`NewLock`] | [`LockId`], 204 |
//! | `POST /keyring/bodies`, `POST /keyring/records` | [`NewBody`], [`NewEpoch`] | 204 |
//! | `DELETE /keyring/reset` | | 204: the person stops a reset that is under way |
//! | `POST /keys`, `GET /contacts` | [`AskKeys`], - | [`Keys`], [`Contacts`] |
//! | `GET /counts` | | [`Counts`] |
//! | `GET /drafts` | | [`Drafts`] |
//! | `PUT /parcels/{id}/going-on`, `GET /parcels/{id}/going-on` | the bytes `DPG1`, - | 204, the bytes |
//! | `GET /parcels/{id}/stanza` | | [`SenderStanza`] |
//! | `POST /parcels/{id}/claim-code` | [`SetClaimCode`] | [`Parcel`] |
//! | `POST /parcels/{id}/claim-code/wrong` | [`WrongTag`] | [`Parcel`] |
//! | `GET /waiting`, `POST /releases` | -, [`Releases`] | [`Waiting`], [`Released`] |
//! | `GET /inbox?limit&after&…` | | [`InboxPage`] |
//! | `GET /inbox/{id}` | | [`InboxDelivery`] |
//! | `POST /inbox/{id}/read` | [`MarkRead`] | 204 |
//! | `POST /inbox/{id}/open` | [`InboxOpen`] | [`InboxOpened`] |
//! | `POST /inbox/{id}/register` | [`RegisterTag`] | 204 |
//! | `POST /inbox/{id}/instant` | [`InstantAuth`] | [`InstantRecord`] |
//! | `POST /inbox/{id}/stanza` | [`OwnStanza`] | 204 |
//! | `GET /people` | | [`People`]: administrators alone |
//! | `GET /admin/queue?limit&after` | | [`Queue`]: administrators alone, as the next two |
//! | `POST /admin/queue/retry`, `POST /admin/queue/{mail}/{position}/retry` | | 204 |
//! | `POST /admin/queue/{mail}/{position}/drop` | [`DropQueued`] | 204 |
//! | `POST /claims/lease`, `POST /claims/ping` | | [`Claim`] |
//! | `POST /claims/receipts` | [`Receipts`] | [`Claim`] |
//! | `GET /claims/manifest` | | the bytes of M |
//! | `GET /claims/files/{file}` | `Range` | the sealed bytes |
//! | `POST /pdf-passwords/look` | [`PasswordToken`] | [`PasswordLink`] |
//! | `POST /pdf-passwords/set` | [`SetPassword`] | [`PasswordIsSet`] |
//! | `POST /pdf-passwords/ask` | [`AskPassword`] | 202, always the same |
//! | `POST /pdf-passwords/reset` | [`ResetPassword`] | 204: administrators alone |
//! | `POST /replies/{token}/look` | [`ReplyProof`] | [`ReplyLook`] |
//! | `/replies/{token}/parcels/{id}…` | as `/parcels/{id}…` of a draft | as there |
//! | `POST /replies/{token}/parcels/{id}/post` | [`PostReply`] | [`ReplySent`] |
//!
//! | `POST /handoffs` | the sealed bytes; headers of [`handoffs`] | 201 [`Handoff`] |
//! | `POST /handoffs/ask` | [`AskHandoff`] | 201 [`Handoff`]: an empty slot |
//! | `POST /handoffs/{id}/fill` | the sealed bytes; headers of [`handoffs`] | [`Handoff`] |
//! | `POST /handoffs/find` | [`FindHandoff`] | [`FoundHandoff`] |
//! | `POST /handoffs/{id}/look` | [`HandoffProof`] | [`Handoff`] |
//! | `POST /handoffs/{id}/take` | [`TakeHandoff`] | the sealed bytes |
//! | `GET /handoffs/{id}/sealed` | `Range` | the sealed bytes, after a break |
//! | `POST /handoffs/{id}/commit` | | 204 |
//! | `GET /handoffs/{id}/state?after` | | [`HandoffState`] |
//! | `DELETE /handoffs/{id}` | | 204: taken back by its source |
//! | `GET /operator/handoffs` | | [`HandoffMemory`] |
//!
//! People authorise by `Authorization: Bearer TOKEN` or the session cookie; visitors, after
//! `open`, by `Authorization: Claim TOKEN` with the token that their client drew; the two ends of a handoff by
//! `Authorization: Handoff SECRET`; who replies to a protected mail by `Authorization: Reply AUTH`. No GET changes anything
//! but the clock of a lease.

pub mod accounts;
pub mod b64;
pub mod error;
pub mod handoffs;
pub mod inbox;
pub mod parcels;
pub mod people;
pub mod protected;
pub mod queue;
pub mod visits;

pub use accounts::{
    Account, Brand, Ended, FirstFinish, FirstStart, FirstStarted, Info, Levels, Limits, LoggedIn,
    LoginFinish, LoginStart, LoginStarted, SessionInfo, Sessions,
};
pub use b64::B64;
pub use depesche_domain::effect::Language;
pub use error::Problem;
pub use handoffs::{
    AskHandoff, FindHandoff, FoundHandoff, Handoff, HandoffMemory, HandoffProof, HandoffRules,
    HandoffState, TakeHandoff,
};
pub use inbox::{
    InboxDelivery, InboxOpen, InboxOpened, InboxPage, InboxSummary, InstantAuth, InstantRecord,
    MarkRead, OwnStanza, RefusedOne, RegisterTag, Release, Released, ReleasedOne, Releases,
    SenderStanza, SetClaimCode, Waiting, WaitingParcel, WaitingRecipient, WrongTag,
};
pub use parcels::{
    AddRecipients, ClaimCodeStanding, Draft, DraftFile, DraftRequest, DropRecipient, Extend,
    FileInfo, NewClaimCode, NewFile, NewLink, NewRecipient, Notice, NoticeFile, Parcel, ParcelPage,
    ParcelSummary, PartRange, PostRequest, Receipt, Recipient, RecipientSummary, ReleaseInfo,
    ReplyTo, Resend, ResendNotice, Visit,
};
pub use people::{
    AskInvitation, AskKeys, Contacts, Counts, DraftSummary, Drafts, Invitation, InvitationFinish,
    InvitationStart, InvitationStarted, InvitationToken, Keyring, Keys, Listed, Lock, LockId,
    NewBody, NewEpoch, NewKeyring, NewLock, People, Person,
};
pub use protected::{
    AskPassword, PasswordIsSet, PasswordLink, PasswordSet, PasswordToken, PostReply, ReplyLook,
    ReplyProof, ReplySent, ResetPassword, SetPassword,
};
pub use queue::{DropQueued, Queue, QueueCounts, QueueRow};
pub use visits::{
    AskCode, Claim, Letter, LinkProof, Look, Open, PasswordParams, ProtectedMail, Receipts, Sender,
};
