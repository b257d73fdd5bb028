//! Drafts, and the bytes that come for them.

use crate::asked::{Member, Path, Paths};
use crate::body::{Json, LARGE};
use crate::error::Error;
use crate::map;
use crate::shapes;
use crate::state::Web;
use crate::transfer::{self, SealedBytes};
use axum::extract::{Request, State};
use depesche_api::{Draft, DraftRequest, Drafts};
use depesche_service::domain::{FileId, ParcelId};
use depesche_service::drafts;
use http::StatusCode;
use std::sync::Arc;

/// Begins a draft or adds file objects to it. The same again changes nothing.
#[utoipa::path(put, path = "/api/v1/parcels/{id}", tag = "drafts",
    params(("id" = String, Path)), request_body = DraftRequest,
    responses((status = 200, body = Draft)))]
pub(crate) async fn begin(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    Json(asked): Json<DraftRequest, LARGE>,
) -> Result<axum::Json<Draft>, Error> {
    let (level, files) = (map::level(asked.level)?, map::files(asked.files)?);
    let answers = map::answers(asked.in_reply_to)?;
    let arrived = drafts::begin(&web.service, &member.caller, id, level, files, answers).await?;
    Ok(axum::Json(map::draft(arrived)))
}

/// What the account is uploading, newest first.
#[utoipa::path(get, path = "/api/v1/drafts", tag = "drafts", responses((status = 200, body = Drafts)))]
pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    member: Member,
) -> Result<axum::Json<Drafts>, Error> {
    let drafts = drafts::list(&web.service, &member.caller).await?;
    let drafts = drafts.into_iter().map(shapes::draft_summary).collect();
    Ok(axum::Json(Drafts { drafts }))
}

/// Keeps what another device of the account needs to go on, sealed. It goes when the draft is posted.
#[utoipa::path(put, path = "/api/v1/parcels/{id}/going-on", tag = "drafts", params(("id" = String, Path)),
    request_body(content = SealedBytes, content_type = "application/octet-stream"), responses((status = 204)))]
pub(crate) async fn put_going_on(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    request: Request,
) -> Result<StatusCode, Error> {
    let length = transfer::announced(request.headers())?;
    let body = request.into_body();
    if length > drafts::LONGEST_GOING_ON as u64 {
        let error = Error::BodyTooLarge(drafts::LONGEST_GOING_ON as u64);
        return Err(transfer::refuse(body, error).await);
    }
    let mut bytes = Vec::new();
    let write = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok(())
    };
    transfer::receive(body, write).await?;
    drafts::put_going_on(&web.service, &member.caller, id, &bytes).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What was kept to go on.
#[utoipa::path(get, path = "/api/v1/parcels/{id}/going-on", tag = "drafts", params(("id" = String, Path)),
    responses((status = 200, body = SealedBytes, content_type = "application/octet-stream")))]
pub(crate) async fn going_on(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
) -> Result<([(http::HeaderName, &'static str); 1], Vec<u8>), Error> {
    let bytes = drafts::going_on(&web.service, &member.caller, id).await?;
    Ok((
        [(http::header::CONTENT_TYPE, "application/octet-stream")],
        bytes,
    ))
}

/// What has arrived of a draft.
#[utoipa::path(get, path = "/api/v1/parcels/{id}/draft", tag = "drafts", params(("id" = String, Path)),
    responses((status = 200, body = Draft)))]
pub(crate) async fn draft(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
) -> Result<axum::Json<Draft>, Error> {
    let arrived = drafts::arrived(&web.service, &member.caller, id).await?;
    Ok(axum::Json(map::draft(arrived)))
}

/// Gives a draft up: what was uploaded is deleted.
#[utoipa::path(delete, path = "/api/v1/parcels/{id}/draft", tag = "drafts", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn abandon(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
) -> Result<StatusCode, Error> {
    drafts::abandon(&web.service, &member.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a file object out of a draft: its source has changed.
#[utoipa::path(delete, path = "/api/v1/parcels/{id}/files/{file}", tag = "drafts", params(("id" = String, Path), ("file" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn remove_file(
    State(web): State<Arc<Web>>,
    member: Member,
    Paths((id, file)): Paths<(ParcelId, FileId)>,
) -> Result<StatusCode, Error> {
    drafts::remove_file(&web.service, &member.caller, id, file).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One part of a file object: 8 MiB, the last one less. Any order, several at once, again changes nothing.
#[utoipa::path(put, path = "/api/v1/parcels/{id}/files/{file}/parts/{index}", tag = "drafts", params(("id" = String, Path), ("file" = String, Path), ("index" = u64, Path)),
    request_body(content = SealedBytes, content_type = "application/octet-stream"), responses(
    (status = 204),
))]
pub(crate) async fn part(
    State(web): State<Arc<Web>>,
    member: Member,
    Paths((id, file, index)): Paths<(ParcelId, FileId, u64)>,
    request: Request,
) -> Result<StatusCode, Error> {
    let length = transfer::announced(request.headers())?;
    let begun = drafts::part(&web.service, &member.caller, id, file, index, length);
    let write = |part: &mut drafts::PartWriter, bytes: &[u8]| part.write(bytes);
    transfer::take_in(request.into_body(), begun, write, |part| part.finish()).await
}

/// The sealed manifest. A second one takes the place of the first.
#[utoipa::path(put, path = "/api/v1/parcels/{id}/manifest", tag = "drafts", params(("id" = String, Path)),
    request_body(content = SealedBytes, content_type = "application/octet-stream"), responses(
    (status = 204),
))]
pub(crate) async fn manifest(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    request: Request,
) -> Result<StatusCode, Error> {
    let length = transfer::announced(request.headers())?;
    let begun = drafts::manifest(&web.service, &member.caller, id, length);
    let write = |manifest: &mut drafts::ManifestUpload, bytes: &[u8]| Ok(manifest.write(bytes)?);
    let finish = |manifest: drafts::ManifestUpload| Ok(manifest.finish()?);
    transfer::take_in(request.into_body(), begun, write, finish).await
}
