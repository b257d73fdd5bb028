//! Handoffs: sealed bytes in, out once, and what their source sees.

use crate::asked::{HandoffSecret, Path};
use crate::auth;
use crate::body::{Json, Query};
use crate::error::Error;
use crate::front::Client;
use crate::health::may_see;
use crate::map_handoffs as map;
use crate::state::Web;
use crate::transfer::{self, SealedBytes, Source};
use axum::extract::{Request, State};
use axum::response::Response;
use depesche_api::handoffs as names;
use depesche_api::{
    AskHandoff, B64, FindHandoff, FoundHandoff, Handoff, HandoffMemory, HandoffProof, HandoffState,
    TakeHandoff,
};
use depesche_service::Error as ServiceError;
use depesche_service::domain::HandoffId;
use depesche_service::domain::handoff::Offerers;
use depesche_service::handoffs::{self, Error as Refused, Offer, Serving, Typed};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use utoipa::IntoParams;

const AUTH: HeaderName = HeaderName::from_static(names::AUTH);
const FILL: HeaderName = HeaderName::from_static(names::FILL);
const FIND: HeaderName = HeaderName::from_static(names::FIND);
const SECONDS: HeaderName = HeaderName::from_static(names::SECONDS);
const SOURCE: HeaderName = HeaderName::from_static(names::SOURCE);
const WRAP: HeaderName = HeaderName::from_static(names::WRAP);

/// How long the answer to `state` may wait for a change.
const PATIENCE: Duration = Duration::from_secs(25);

fn header<const N: usize>(headers: &HeaderMap, name: HeaderName) -> Result<Option<[u8; N]>, Error> {
    let Some(value) = headers.get(&name) else {
        return Ok(None);
    };
    let decoded = value.to_str().ok().and_then(auth::decode);
    decoded.map(Some).ok_or(Error::Header(name))
}

fn needed<const N: usize>(headers: &HeaderMap, name: HeaderName) -> Result<[u8; N], Error> {
    header(headers, name.clone())?.ok_or(Error::Header(name))
}

/// What goes with an offer, and how many bytes come.
fn read_offer(headers: &HeaderMap) -> Result<(Offer, u64), Error> {
    let seconds = match headers.get(SECONDS) {
        None => None,
        Some(value) => Some(map::seconds(
            value.to_str().ok().and_then(|v| v.parse().ok()),
        )?),
    };
    let typed = match (header(headers, FIND)?, header(headers, WRAP)?) {
        (Some(find), Some(wrap)) => Some(Typed { find, wrap }),
        (None, None) => None,
        (None, _) => return Err(Error::Header(FIND)),
        (_, None) => return Err(Error::Header(WRAP)),
    };
    let offer = Offer {
        auth: needed(headers, AUTH)?,
        source: needed(headers, SOURCE)?,
        seconds,
        typed,
    };
    Ok((offer, transfer::announced(headers)?))
}

async fn may_offer(web: &Web, method: &Method, headers: &HeaderMap) -> Result<(), Error> {
    if web.service.settings.handoffs.create == Offerers::Anyone {
        return Ok(());
    }
    // Boxed: seldom needed, and much to be moved with every offer.
    match Box::pin(auth::identify(web, method, headers)).await {
        Err(Error::Service(ServiceError::NotLoggedIn)) => {
            Err(ServiceError::from(Refused::AccountRequired).into())
        }
        other => other.map(drop),
    }
}

/// Offers sealed bytes to one device. They are kept in memory alone.
#[utoipa::path(post, path = "/api/v1/handoffs", tag = "handoffs",
    params(
        ("Handoff-Auth" = String, Header, description = "SHA-256(auth)"),
        ("Handoff-Source" = String, Header, description = "SHA-256 of the source's secret"),
        ("Handoff-Seconds" = Option<u32>, Header, description = "How long it waits, 1 to 1800; without it 1800"),
        ("Handoff-Find" = Option<String>, Header, description = "find of words to be typed"),
        ("Handoff-Wrap" = Option<String>, Header, description = "nonce and HS wrapped under these words"),
    ),
    request_body(content = SealedBytes, content_type = "application/octet-stream"),
    responses((status = 201, body = Handoff)))]
pub(crate) async fn offer(
    State(web): State<Arc<Web>>,
    client: Client,
    request: Request,
) -> Result<(StatusCode, axum::Json<Handoff>), Error> {
    let (parts, body) = request.into_parts();
    let begun = async {
        may_offer(&web, &parts.method, &parts.headers).await?;
        let (offer, length) = read_offer(&parts.headers)?;
        let begun = handoffs::begin(&web.service, client.ip, length).map_err(ServiceError::from)?;
        Ok((offer, length, begun))
    };
    let (offer, length, begun) = match begun.await {
        Ok(begun) => begun,
        Err(error) => return Err(transfer::refuse(body, error).await),
    };
    transfer::receive_at(body, length, |at, bytes| begun.write_at(at, bytes)).await?;
    let offered = handoffs::offer(&web.service, begun, offer);
    Ok((StatusCode::CREATED, axum::Json(map::handoff(&offered))))
}

/// Makes an empty slot, which another device fills.
#[utoipa::path(post, path = "/api/v1/handoffs/ask", tag = "handoffs", request_body = AskHandoff,
    responses((status = 201, body = Handoff)))]
pub(crate) async fn ask(
    State(web): State<Arc<Web>>,
    client: Client,
    Json(asked): Json<AskHandoff>,
) -> Result<(StatusCode, axum::Json<Handoff>), Error> {
    let asked = map::asked(&asked)?;
    let offered = handoffs::ask(&web.service, client.ip, asked).map_err(ServiceError::from)?;
    Ok((StatusCode::CREATED, axum::Json(map::handoff(&offered))))
}

/// Fills an empty slot.
#[utoipa::path(post, path = "/api/v1/handoffs/{id}/fill", tag = "handoffs",
    params(
        ("id" = String, Path),
        ("Handoff-Fill" = String, Header, description = "fill"),
        ("Handoff-Source" = String, Header, description = "SHA-256 of the filling device's secret"),
    ),
    request_body(content = SealedBytes, content_type = "application/octet-stream"),
    responses((status = 200, body = Handoff)))]
pub(crate) async fn fill(
    State(web): State<Arc<Web>>,
    Path(id): Path<HandoffId>,
    request: Request,
) -> Result<axum::Json<Handoff>, Error> {
    let headers = request.headers();
    let begin = || {
        let (source, length) = (needed(headers, SOURCE)?, transfer::announced(headers)?);
        let fill = needed(headers, FILL)?;
        let filling = handoffs::begin_filling(&web.service, id, &fill, length);
        Ok((source, length, filling.map_err(ServiceError::from)?))
    };
    let begun = begin();
    let body = request.into_body();
    let (source, length, filling) = match begun {
        Ok(begun) => begun,
        Err(error) => return Err(transfer::refuse(body, error).await),
    };
    transfer::receive_at(body, length, |at, bytes| filling.write_at(at, bytes)).await?;
    let offered = handoffs::filled(filling, source).map_err(ServiceError::from)?;
    Ok(axum::Json(map::handoff(&offered)))
}

/// Where typed words lead. Takes nothing.
#[utoipa::path(post, path = "/api/v1/handoffs/find", tag = "handoffs", request_body = FindHandoff,
    responses((status = 200, body = FoundHandoff)))]
pub(crate) async fn find(
    State(web): State<Arc<Web>>,
    Json(asked): Json<FindHandoff>,
) -> Result<axum::Json<FoundHandoff>, Error> {
    let find = map::secret(&asked.find)?;
    let (offered, wrap) = handoffs::find(&web.service, &find).map_err(ServiceError::from)?;
    Ok(axum::Json(FoundHandoff {
        handoff: map::handoff(&offered),
        wrap: B64(wrap.to_vec()),
    }))
}

/// Whether it could be taken now. Takes nothing.
#[utoipa::path(post, path = "/api/v1/handoffs/{id}/look", tag = "handoffs", params(("id" = String, Path)),
    request_body = HandoffProof,
    responses((status = 200, body = Handoff)))]
pub(crate) async fn look(
    State(web): State<Arc<Web>>,
    Path(id): Path<HandoffId>,
    Json(proof): Json<HandoffProof>,
) -> Result<axum::Json<Handoff>, Error> {
    let auth = map::secret(&proof.auth)?;
    let offered = handoffs::look(&web.service, id, &auth).map_err(ServiceError::from)?;
    Ok(axum::Json(map::handoff(&offered)))
}

impl Source for Serving {
    const BLOCKS: bool = false;

    fn size(&self) -> u64 {
        self.size()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ServiceError> {
        Ok(self.read_at(offset, into)?)
    }

    fn handed_out(self: Arc<Self>, _: u64, _: u64) {}
}

/// Takes it: a person's tap. The same token again is the same taking.
#[utoipa::path(post, path = "/api/v1/handoffs/{id}/take", tag = "handoffs", params(("id" = String, Path)),
    request_body = TakeHandoff,
    responses((status = 200, body = SealedBytes, content_type = "application/octet-stream")))]
pub(crate) async fn take(
    State(web): State<Arc<Web>>,
    Path(id): Path<HandoffId>,
    Json(asked): Json<TakeHandoff>,
) -> Result<Response, Error> {
    let (auth, token) = (map::secret(&asked.auth)?, map::secret(&asked.token)?);
    let serving = handoffs::take(&web.service, id, &auth, &token).map_err(ServiceError::from)?;
    Ok(transfer::send_all(serving))
}

/// The device that took it goes on after a break.
#[utoipa::path(get, path = "/api/v1/handoffs/{id}/sealed", tag = "handoffs", params(("id" = String, Path), ("Range" = Option<String>, Header, description = "One range: `bytes=4096-`")),
    responses(
    (status = 200, body = SealedBytes, content_type = "application/octet-stream"),
    (status = 206, body = SealedBytes, content_type = "application/octet-stream"),
))]
pub(crate) async fn sealed(
    State(web): State<Arc<Web>>,
    HandoffSecret(token): HandoffSecret,
    Path(id): Path<HandoffId>,
    request: Request,
) -> Result<Response, Error> {
    let serving = handoffs::resume(&web.service, id, &token).map_err(ServiceError::from)?;
    transfer::send(&request, serving)
}

/// The device has opened it: nothing of it is left here.
#[utoipa::path(post, path = "/api/v1/handoffs/{id}/commit", tag = "handoffs", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn commit(
    State(web): State<Arc<Web>>,
    HandoffSecret(token): HandoffSecret,
    Path(id): Path<HandoffId>,
) -> Result<StatusCode, Error> {
    handoffs::commit(&web.service, id, &token).map_err(ServiceError::from)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `?after`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct After {
    /// The revision that is known: the answer waits for another, up to 25 s.
    after: Option<u32>,
}

/// Where it stands, for its source.
#[utoipa::path(get, path = "/api/v1/handoffs/{id}/state", tag = "handoffs", params(("id" = String, Path), After),
    responses((status = 200, body = HandoffState)))]
pub(crate) async fn state(
    State(web): State<Arc<Web>>,
    HandoffSecret(source): HandoffSecret,
    Path(id): Path<HandoffId>,
    Query(asked): Query<After>,
) -> Result<axum::Json<HandoffState>, Error> {
    let standing = handoffs::watch(&web.service, id, &source, asked.after, PATIENCE).await;
    Ok(axum::Json(map::standing(
        &standing.map_err(ServiceError::from)?,
    )))
}

/// Its source takes it back.
#[utoipa::path(delete, path = "/api/v1/handoffs/{id}", tag = "handoffs", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn cancel(
    State(web): State<Arc<Web>>,
    HandoffSecret(source): HandoffSecret,
    Path(id): Path<HandoffId>,
) -> Result<StatusCode, Error> {
    handoffs::cancel(&web.service, id, &source).map_err(ServiceError::from)?;
    Ok(StatusCode::NO_CONTENT)
}

/// How the slots lie in memory, as the kernel says.
#[utoipa::path(get, path = "/api/v1/operator/handoffs", tag = "operator",
    responses((status = 200, body = HandoffMemory)))]
pub(crate) async fn memory(
    State(web): State<Arc<Web>>,
    client: Client,
    headers: HeaderMap,
) -> Result<axum::Json<HandoffMemory>, Error> {
    if !may_see(&web, client, &headers) {
        return Err(Error::MetricsToken);
    }
    let memory = tokio::task::block_in_place(|| handoffs::memory(&web.service))?;
    Ok(axum::Json(map::memory(memory)))
}
