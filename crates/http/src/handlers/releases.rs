//! Who waits for the sender, and releases.

use crate::asked::{Member, Path};
use crate::body::{Json, LARGE};
use crate::error::Error;
use crate::map;
use crate::shapes;
use crate::state::Web;
use axum::extract::State;
use depesche_api::{Parcel, Released, Releases, SenderStanza, SetClaimCode, Waiting, WrongTag};
use depesche_service::domain::ParcelId;
use depesche_service::releases;
use std::sync::Arc;

/// Everything that waits for the account's release, the longest first.
#[utoipa::path(get, path = "/api/v1/waiting", tag = "releases", responses((status = 200, body = Waiting)))]
pub(crate) async fn waiting(
    State(web): State<Arc<Web>>,
    member: Member,
) -> Result<axum::Json<Waiting>, Error> {
    let waiting = releases::waiting(&web.service, &member.caller).await?;
    Ok(axum::Json(shapes::waiting(waiting)))
}

/// Releases, each on its own: what cannot be done is told with its reason.
#[utoipa::path(post, path = "/api/v1/releases", tag = "releases", request_body = Releases,
    responses((status = 200, body = Released)))]
pub(crate) async fn release(
    State(web): State<Arc<Web>>,
    member: Member,
    Json(asked): Json<Releases, LARGE>,
) -> Result<axum::Json<Released>, Error> {
    let wanted = asked.releases.into_iter().map(shapes::release).collect();
    let outcome = releases::release(&web.service, &member.caller, wanted).await?;
    Ok(axum::Json(shapes::released(outcome)))
}

/// What opens the delivery for its sender.
#[utoipa::path(get, path = "/api/v1/parcels/{id}/stanza", tag = "parcels", params(("id" = String, Path)),
    responses((status = 200, body = SenderStanza)))]
pub(crate) async fn stanza(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
) -> Result<axum::Json<SenderStanza>, Error> {
    let own = releases::own_stanza(&web.service, &member.caller, id).await?;
    Ok(axum::Json(shapes::sender_stanza(own)))
}

/// A claim code for a recipient who waits, in place of the one before.
#[utoipa::path(post, path = "/api/v1/parcels/{id}/claim-code", tag = "releases", params(("id" = String, Path)),
    request_body = SetClaimCode, responses((status = 200, body = Parcel)))]
pub(crate) async fn set_code(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    Json(asked): Json<SetClaimCode>,
) -> Result<axum::Json<Parcel>, Error> {
    let (address, code) = (
        map::address(&asked.email)?,
        shapes::claim_code(asked.claim_code)?,
    );
    let details = releases::set_code(&web.service, &member.caller, id, &address, code).await?;
    Ok(axum::Json(map::parcel(details)))
}

/// The sender's client found the recipient's tag wrong.
#[utoipa::path(post, path = "/api/v1/parcels/{id}/claim-code/wrong", tag = "releases", params(("id" = String, Path)),
    request_body = WrongTag, responses((status = 200, body = Parcel)))]
pub(crate) async fn wrong_tag(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    Json(asked): Json<WrongTag>,
) -> Result<axum::Json<Parcel>, Error> {
    let (address, tag) = (map::address(&asked.email)?, shapes::bytes_32(&asked.tag_b)?);
    let details = releases::wrong_tag(&web.service, &member.caller, id, &address, &tag).await?;
    Ok(axum::Json(map::parcel(details)))
}
