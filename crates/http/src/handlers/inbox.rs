//! Deliveries as their recipient sees them with a login.

use crate::asked::{Member, Path};
use crate::body::{Json, Query};
use crate::error::Error;
use crate::handlers::page::{Page, next};
use crate::shapes;
use crate::state::Web;
use axum::extract::State;
use depesche_api::{
    Counts, InboxDelivery, InboxOpen, InboxOpened, InboxPage, InstantAuth, InstantRecord, MarkRead,
    OwnStanza, RegisterTag,
};
use depesche_service::domain::ParcelId;
use depesche_service::inbox;
use http::StatusCode;
use std::sync::Arc;

/// What the account has received, newest first.
#[utoipa::path(get, path = "/api/v1/inbox", tag = "inbox", params(Page), responses((status = 200, body = InboxPage)))]
pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    member: Member,
    Query(page): Query<Page>,
) -> Result<axum::Json<InboxPage>, Error> {
    let (after, limit, filter) = page.read()?;
    let found = inbox::list(&web.service, &member.caller, after, limit, &filter).await?;
    Ok(axum::Json(InboxPage {
        next: next(found.next),
        deliveries: found.rows.iter().map(shapes::inbox_summary).collect(),
    }))
}

/// What waits for the account.
#[utoipa::path(get, path = "/api/v1/counts", tag = "inbox", responses((status = 200, body = Counts)))]
pub(crate) async fn counts(
    State(web): State<Arc<Web>>,
    member: Member,
) -> Result<axum::Json<Counts>, Error> {
    let (unread, waiting) = inbox::counts(&web.service, &member.caller).await?;
    Ok(axum::Json(Counts { unread, waiting }))
}

/// A delivery received. Looking changes nothing.
#[utoipa::path(get, path = "/api/v1/inbox/{id}", tag = "inbox", params(("id" = String, Path)),
    responses((status = 200, body = InboxDelivery)))]
pub(crate) async fn show(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
) -> Result<axum::Json<InboxDelivery>, Error> {
    let delivery = inbox::details(&web.service, &member.caller, id).await?;
    Ok(axum::Json(shapes::inbox_delivery(delivery)))
}

/// Marks a delivery as read, or as unread again. The sender is not told.
#[utoipa::path(post, path = "/api/v1/inbox/{id}/read", tag = "inbox", params(("id" = String, Path)),
    request_body = MarkRead, responses((status = 204)))]
pub(crate) async fn mark_read(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    Json(asked): Json<MarkRead>,
) -> Result<StatusCode, Error> {
    inbox::mark_read(&web.service, &member.caller, id, asked.read).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Opens a delivery with the login: a person's click. Makes a claim; nothing is counted yet.
#[utoipa::path(post, path = "/api/v1/inbox/{id}/open", tag = "inbox", params(("id" = String, Path)),
    request_body = InboxOpen, responses((status = 200, body = InboxOpened)))]
pub(crate) async fn open(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    Json(asked): Json<InboxOpen>,
) -> Result<axum::Json<InboxOpened>, Error> {
    let opened = inbox::open(&web.service, &member.caller, id, &asked.token.0).await?;
    Ok(axum::Json(shapes::inbox_opened(opened)))
}

/// The recipient's proof of a claim code that the sender checks.
#[utoipa::path(post, path = "/api/v1/inbox/{id}/register", tag = "inbox", params(("id" = String, Path)),
    request_body = RegisterTag, responses((status = 204)))]
pub(crate) async fn register(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    Json(asked): Json<RegisterTag>,
) -> Result<StatusCode, Error> {
    let tag = shapes::bytes_32(&asked.tag_b)?;
    inbox::register(&web.service, &member.caller, id, tag).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Hands out the record of an instant claim code against its proof. Ten wrong ones, and it is dead.
#[utoipa::path(post, path = "/api/v1/inbox/{id}/instant", tag = "inbox", params(("id" = String, Path)),
    request_body = InstantAuth, responses((status = 200, body = InstantRecord)))]
pub(crate) async fn instant(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    Json(asked): Json<InstantAuth>,
) -> Result<axum::Json<InstantRecord>, Error> {
    let record = inbox::instant(&web.service, &member.caller, id, &asked.auth.0).await?;
    let record = depesche_api::B64(record);
    Ok(axum::Json(InstantRecord { record }))
}

/// The opener's own stanza: from now on it opens with the SealPass alone.
#[utoipa::path(post, path = "/api/v1/inbox/{id}/stanza", tag = "inbox", params(("id" = String, Path)),
    request_body = OwnStanza, responses((status = 204)))]
pub(crate) async fn own_stanza(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    Json(asked): Json<OwnStanza>,
) -> Result<StatusCode, Error> {
    let ack = asked.ack.as_ref().map(shapes::bytes_32).transpose()?;
    inbox::own_stanza(&web.service, &member.caller, id, asked.stanza.0, ack).await?;
    Ok(StatusCode::NO_CONTENT)
}
