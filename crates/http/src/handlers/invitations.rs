//! Accounts by invitation.

use crate::asked::Path;
use crate::body::Json;
use crate::error::Error;
use crate::front::Client;
use crate::map;
use crate::shapes;
use crate::state::Web;
use axum::extract::State;
use depesche_api::{
    AskInvitation, B64, Invitation, InvitationFinish, InvitationStart, InvitationStarted,
    InvitationToken,
};
use depesche_service::domain::LinkId;
use depesche_service::invitations;
use http::StatusCode;
use std::sync::Arc;

/// Asks for an invitation from the page of a level-2 link. The answer is always the same.
#[utoipa::path(post, path = "/api/v1/links/{id}/invite", tag = "visits", params(("id" = String, Path)),
    request_body = AskInvitation, responses((status = 202)))]
pub(crate) async fn ask(
    State(web): State<Arc<Web>>,
    client: Client,
    Path(id): Path<LinkId>,
    Json(asked): Json<AskInvitation>,
) -> Result<StatusCode, Error> {
    let (proof, language) = (map::proof(asked.proof), asked.language);
    invitations::ask(&web.service, id, &proof, &asked.email, language, client.ip).await?;
    Ok(StatusCode::ACCEPTED)
}

/// What an invitation is for. Looking uses nothing up.
#[utoipa::path(post, path = "/api/v1/invitations/look", tag = "invitations", request_body = InvitationToken,
    responses((status = 200, body = Invitation)))]
pub(crate) async fn look(
    State(web): State<Arc<Web>>,
    Json(asked): Json<InvitationToken>,
) -> Result<axum::Json<Invitation>, Error> {
    let look = invitations::look(&web.service, &asked.token).await?;
    Ok(axum::Json(shapes::invitation(look)))
}

/// Begins the registration. The same token again gives the same identifiers.
#[utoipa::path(post, path = "/api/v1/invitations/start", tag = "invitations", request_body = InvitationStart,
    responses((status = 200, body = InvitationStarted)))]
pub(crate) async fn start(
    State(web): State<Arc<Web>>,
    Json(asked): Json<InvitationStart>,
) -> Result<axum::Json<InvitationStarted>, Error> {
    let started = invitations::start(&web.service, &asked.token, &asked.request.0).await?;
    Ok(axum::Json(InvitationStarted {
        account: started.account,
        host: started.host,
        response: B64(started.response),
    }))
}

/// Finishes it: the address is proven, and whatever somebody put on it before has ended.
#[utoipa::path(post, path = "/api/v1/invitations/finish", tag = "invitations", request_body = InvitationFinish,
    responses((status = 204)))]
pub(crate) async fn finish(
    State(web): State<Arc<Web>>,
    Json(asked): Json<InvitationFinish>,
) -> Result<StatusCode, Error> {
    let upload = &asked.upload.0;
    invitations::finish(&web.service, &asked.token, &asked.name, upload).await?;
    Ok(StatusCode::NO_CONTENT)
}
