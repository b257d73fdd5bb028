//! Deliveries as a visitor with a link sees them.

use super::parcels::ManifestBytes;
use crate::asked::{ClaimToken, Path};
use crate::auth::Visitor;
use crate::body::{Json, LARGE};
use crate::error::Error;
use crate::front::Client;
use crate::map;
use crate::state::Web;
use crate::transfer::{self, SealedBytes, Source};
use axum::extract::{Request, State};
use axum::response::Response;
use depesche_api::{AskCode, Claim, Letter, LinkProof, Look, Open, Receipts};
use depesche_service::Error as ServiceError;
use depesche_service::domain::{FileId, LinkId};
use depesche_service::served::{self, Served};
use depesche_service::visits::{self, OpenRequest};
use http::StatusCode;
use std::sync::Arc;

/// What the link alone shows. Looking changes nothing.
#[utoipa::path(post, path = "/api/v1/links/{id}/look", tag = "visits", params(("id" = String, Path)),
    request_body = LinkProof,
    responses((status = 200, body = Look)))]
pub(crate) async fn look(
    State(web): State<Arc<Web>>,
    client: Client,
    visitor: Visitor,
    Path(id): Path<LinkId>,
    Json(proof): Json<LinkProof>,
) -> Result<axum::Json<Look>, Error> {
    let (proof, caller) = (map::proof(proof), visitor.caller());
    let look = visits::look(&web.service, id, &proof, caller, client.ip).await?;
    Ok(axum::Json(map::look(look)))
}

/// Asks for the one-time code. The answer is always the same.
#[utoipa::path(post, path = "/api/v1/links/{id}/code", tag = "visits", params(("id" = String, Path)),
    request_body = AskCode,
    responses((status = 202)))]
pub(crate) async fn code(
    State(web): State<Arc<Web>>,
    client: Client,
    Path(id): Path<LinkId>,
    Json(asked): Json<AskCode>,
) -> Result<StatusCode, Error> {
    let (proof, language) = (map::proof(asked.proof), asked.language);
    visits::ask_code(&web.service, id, &proof, &asked.email, language, client.ip).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Opens the letter: a person's click. Nothing is counted yet.
#[utoipa::path(post, path = "/api/v1/links/{id}/open", tag = "visits", params(("id" = String, Path)),
    request_body = Open,
    responses((status = 200, body = Letter)))]
pub(crate) async fn open(
    State(web): State<Arc<Web>>,
    client: Client,
    visitor: Visitor,
    Path(id): Path<LinkId>,
    Json(asked): Json<Open>,
) -> Result<axum::Json<Letter>, Error> {
    let request = OpenRequest {
        proof: map::proof(asked.proof),
        email: asked.email,
        code: asked.code,
        token: asked.token.0,
    };
    let letter = visits::open(&web.service, id, request, visitor.caller(), client.ip).await?;
    Ok(axum::Json(map::letter(letter)))
}

/// Begins a download: counted against the limit.
#[utoipa::path(post, path = "/api/v1/claims/lease", tag = "visits",
    responses((status = 200, body = Claim)))]
pub(crate) async fn lease(
    State(web): State<Arc<Web>>,
    ClaimToken(token): ClaimToken,
) -> Result<axum::Json<Claim>, Error> {
    let standing = visits::lease(&web.service, &token).await?;
    Ok(axum::Json(map::claim(standing)))
}

/// Keeps a lease.
#[utoipa::path(post, path = "/api/v1/claims/ping", tag = "visits",
    responses((status = 200, body = Claim)))]
pub(crate) async fn ping(
    State(web): State<Arc<Web>>,
    ClaimToken(token): ClaimToken,
) -> Result<axum::Json<Claim>, Error> {
    let standing = visits::ping(&web.service, &token).await?;
    Ok(axum::Json(map::claim(standing)))
}

/// Files that the client has verified to the end. The first commits the visit.
#[utoipa::path(post, path = "/api/v1/claims/receipts", tag = "visits", request_body = Receipts,
    responses((status = 200, body = Claim)))]
pub(crate) async fn receipts(
    State(web): State<Arc<Web>>,
    ClaimToken(token): ClaimToken,
    Json(asked): Json<Receipts, LARGE>,
) -> Result<axum::Json<Claim>, Error> {
    let files: Result<Vec<FileId>, Error> = asked.files.iter().map(|id| map::file_id(id)).collect();
    let standing = visits::receipts(&web.service, &token, &files?).await?;
    Ok(axum::Json(map::claim(standing)))
}

/// The sealed manifest.
#[utoipa::path(get, path = "/api/v1/claims/manifest", tag = "visits", responses(
    (status = 200, body = SealedBytes, content_type = "application/octet-stream"),
))]
pub(crate) async fn manifest(
    State(web): State<Arc<Web>>,
    ClaimToken(token): ClaimToken,
    request: Request,
) -> Result<Response, Error> {
    let reader = visits::manifest(&web.service, &token).await?;
    let size = reader.size();
    let read = move |at, into: &mut [u8]| reader.read_at(at, into).map_err(ServiceError::from);
    transfer::send(&request, ManifestBytes { size, read })
}

impl Source for Served {
    fn size(&self) -> u64 {
        self.size()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ServiceError> {
        self.read_at(offset, into)
    }

    fn handed_out(self: Arc<Self>, from: u64, to: u64) {
        tokio::spawn(async move {
            if let Err(error) = Served::handed_out(&self, from, to).await {
                tracing::warn!(error.code = error.code(), %error, "a download was not noted");
            }
        });
    }
}

/// Sealed bytes of a file object, all or one range.
#[utoipa::path(get, path = "/api/v1/claims/files/{file}", tag = "visits", params(("file" = String, Path), ("Range" = Option<String>, Header, description = "One range: `bytes=0-8388607`")),
    responses(
    (status = 200, body = SealedBytes, content_type = "application/octet-stream"),
    (status = 206, body = SealedBytes, content_type = "application/octet-stream"),
))]
pub(crate) async fn file(
    State(web): State<Arc<Web>>,
    ClaimToken(token): ClaimToken,
    Path(file): Path<FileId>,
    request: Request,
) -> Result<Response, Error> {
    let served = served::file(&web.service, &token, file).await?;
    transfer::send(&request, served)
}
