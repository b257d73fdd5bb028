//! What everybody may know of the server.

use crate::map;
use crate::state::Web;
use axum::Json;
use axum::extract::State;
use depesche_api::Info;
use std::sync::Arc;

/// What a client has to know of the server before anything else.
#[utoipa::path(get, path = "/api/v1/info", tag = "server", responses((status = 200, body = Info)))]
pub(crate) async fn info(State(web): State<Arc<Web>>) -> Json<Info> {
    Json(map::info(&web.service))
}
