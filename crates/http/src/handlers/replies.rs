//! Replies to protected mail: whoever holds the PDF uploads what was sealed to the gateway.

use crate::asked::{Path, Paths, ReplyAuth};
use crate::body::{Json, LARGE};
use crate::error::Error;
use crate::map;
use crate::map_protected;
use crate::state::Web;
use crate::transfer::{self, SealedBytes};
use axum::extract::{Request, State};
use depesche_api::{Draft, DraftRequest, PostReply, ReplyLook, ReplyProof, ReplySent};
use depesche_service::domain::{FileId, ParcelId};
use depesche_service::drafts;
use depesche_service::protected::replies;
use http::StatusCode;
use std::sync::Arc;

/// What a reply link shows. Looking changes nothing.
#[utoipa::path(post, path = "/api/v1/replies/{token}/look", tag = "replies", params(("token" = String, Path)),
    request_body = ReplyProof, responses((status = 200, body = ReplyLook)))]
pub(crate) async fn look(
    State(web): State<Arc<Web>>,
    Path(token): Path<String>,
    Json(proof): Json<ReplyProof>,
) -> Result<axum::Json<ReplyLook>, Error> {
    let look = replies::look(&web.service, &token, &proof.auth.0).await?;
    Ok(axum::Json(map_protected::reply(look)))
}

/// Begins a draft or adds file objects to it. The same again changes nothing.
#[utoipa::path(put, path = "/api/v1/replies/{token}/parcels/{id}", tag = "replies",
    params(("token" = String, Path), ("id" = String, Path)), request_body = DraftRequest,
    responses((status = 200, body = Draft)))]
pub(crate) async fn begin(
    State(web): State<Arc<Web>>,
    ReplyAuth(auth): ReplyAuth,
    Paths((token, id)): Paths<(String, ParcelId)>,
    Json(asked): Json<DraftRequest, LARGE>,
) -> Result<axum::Json<Draft>, Error> {
    let (level, files) = (map::level(asked.level)?, map::files(asked.files)?);
    let door = replies::enter(&web.service, &token, &auth).await?;
    let arrived = door.begin(&web.service, id, level, files).await?;
    Ok(axum::Json(map::draft(arrived)))
}

/// What has arrived of a draft.
#[utoipa::path(get, path = "/api/v1/replies/{token}/parcels/{id}/draft", tag = "replies",
    params(("token" = String, Path), ("id" = String, Path)), responses((status = 200, body = Draft)))]
pub(crate) async fn draft(
    State(web): State<Arc<Web>>,
    ReplyAuth(auth): ReplyAuth,
    Paths((token, id)): Paths<(String, ParcelId)>,
) -> Result<axum::Json<Draft>, Error> {
    let door = replies::enter(&web.service, &token, &auth).await?;
    let arrived = door.arrived(&web.service, id).await?;
    Ok(axum::Json(map::draft(arrived)))
}

/// Gives a draft up: what was uploaded is deleted.
#[utoipa::path(delete, path = "/api/v1/replies/{token}/parcels/{id}/draft", tag = "replies",
    params(("token" = String, Path), ("id" = String, Path)), responses((status = 204)))]
pub(crate) async fn abandon(
    State(web): State<Arc<Web>>,
    ReplyAuth(auth): ReplyAuth,
    Paths((token, id)): Paths<(String, ParcelId)>,
) -> Result<StatusCode, Error> {
    let door = replies::enter(&web.service, &token, &auth).await?;
    door.abandon(&web.service, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a file object out of a draft: its source has changed.
#[utoipa::path(delete, path = "/api/v1/replies/{token}/parcels/{id}/files/{file}", tag = "replies",
    params(("token" = String, Path), ("id" = String, Path), ("file" = String, Path)), responses((status = 204)))]
pub(crate) async fn remove_file(
    State(web): State<Arc<Web>>,
    ReplyAuth(auth): ReplyAuth,
    Paths((token, id, file)): Paths<(String, ParcelId, FileId)>,
) -> Result<StatusCode, Error> {
    let door = replies::enter(&web.service, &token, &auth).await?;
    door.remove_file(&web.service, id, file).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One part of a file object: 8 MiB, the last one less. Any order, several at once, again changes nothing.
#[utoipa::path(put, path = "/api/v1/replies/{token}/parcels/{id}/files/{file}/parts/{index}", tag = "replies",
    params(("token" = String, Path), ("id" = String, Path), ("file" = String, Path), ("index" = u64, Path)),
    request_body(content = SealedBytes, content_type = "application/octet-stream"), responses((status = 204)))]
pub(crate) async fn part(
    State(web): State<Arc<Web>>,
    ReplyAuth(auth): ReplyAuth,
    Paths((token, id, file, index)): Paths<(String, ParcelId, FileId, u64)>,
    request: Request,
) -> Result<StatusCode, Error> {
    let length = transfer::announced(request.headers())?;
    let begun = async {
        let door = replies::enter(&web.service, &token, &auth).await?;
        door.part(&web.service, id, file, (index, length)).await
    };
    let write = |part: &mut drafts::PartWriter, bytes: &[u8]| part.write(bytes);
    transfer::take_in(request.into_body(), begun, write, |part| part.finish()).await
}

/// The sealed manifest. A second one takes the place of the first.
#[utoipa::path(put, path = "/api/v1/replies/{token}/parcels/{id}/manifest", tag = "replies",
    params(("token" = String, Path), ("id" = String, Path)),
    request_body(content = SealedBytes, content_type = "application/octet-stream"), responses((status = 204)))]
pub(crate) async fn manifest(
    State(web): State<Arc<Web>>,
    ReplyAuth(auth): ReplyAuth,
    Paths((token, id)): Paths<(String, ParcelId)>,
    request: Request,
) -> Result<StatusCode, Error> {
    let length = transfer::announced(request.headers())?;
    let begun = async {
        let door = replies::enter(&web.service, &token, &auth).await?;
        door.manifest(&web.service, id, length).await
    };
    let write = |manifest: &mut drafts::ManifestUpload, bytes: &[u8]| Ok(manifest.write(bytes)?);
    let finish = |manifest: drafts::ManifestUpload| Ok(manifest.finish()?);
    transfer::take_in(request.into_body(), begun, write, finish).await
}

/// Sends the reply. The same again gets the same answer.
#[utoipa::path(post, path = "/api/v1/replies/{token}/parcels/{id}/post", tag = "replies",
    params(("token" = String, Path), ("id" = String, Path)), request_body = PostReply,
    responses((status = 200, body = ReplySent)))]
pub(crate) async fn post(
    State(web): State<Arc<Web>>,
    ReplyAuth(auth): ReplyAuth,
    Paths((token, id)): Paths<(String, ParcelId)>,
    Json(asked): Json<PostReply>,
) -> Result<axum::Json<ReplySent>, Error> {
    let door = replies::enter(&web.service, &token, &auth).await?;
    let sent = door.post(&web.service, id, &asked.stanza.0).await?.ms();
    let id = id.to_string();
    Ok(axum::Json(ReplySent { id, sent }))
}
