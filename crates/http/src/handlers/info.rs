//! What everybody may know of the server.

use crate::error::Error;
use crate::map;
use crate::state::Web;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use depesche_api::Info;
use http::{HeaderValue, header};
use std::sync::Arc;

/// What a client has to know of the server before anything else.
#[utoipa::path(get, path = "/api/v1/info", tag = "server", responses((status = 200, body = Info)))]
pub(crate) async fn info(State(web): State<Arc<Web>>) -> Json<Info> {
    Json(map::info(&web.service))
}

/// The logo of the configuration.
pub(crate) async fn logo(State(web): State<Arc<Web>>) -> Result<Response, Error> {
    let logo = web.service.settings.brand.logo.as_ref();
    let (kind, bytes) = logo.ok_or(Error::NoRoute)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Ok((headers, bytes.to_vec()).into_response())
}
