//! The first account, made with the one-time code from the server's console.

use crate::body::Json;
use crate::error::Error;
use crate::front::Client;
use crate::state::Web;
use axum::extract::State;
use depesche_api::{B64, FirstFinish, FirstStart, FirstStarted};
use depesche_service::first;
use http::StatusCode;
use std::sync::Arc;

/// Begins the registration of the first account.
#[utoipa::path(post, path = "/api/v1/first/start", tag = "first", request_body = FirstStart,
    responses((status = 200, body = FirstStarted)))]
pub(crate) async fn start(
    State(web): State<Arc<Web>>,
    client: Client,
    Json(asked): Json<FirstStart>,
) -> Result<axum::Json<FirstStarted>, Error> {
    let FirstStart {
        code,
        email,
        name,
        request,
    } = asked;
    let started = first::start(&web.service, &code, &email, &name, &request.0, client.ip).await?;
    Ok(axum::Json(FirstStarted {
        account: started.account,
        host: started.host,
        response: B64(started.response),
    }))
}

/// Finishes it: the account is there, and the door closed for good.
#[utoipa::path(post, path = "/api/v1/first/finish", tag = "first", request_body = FirstFinish,
    responses((status = 204)))]
pub(crate) async fn finish(
    State(web): State<Arc<Web>>,
    client: Client,
    Json(asked): Json<FirstFinish>,
) -> Result<StatusCode, Error> {
    first::finish(&web.service, &asked.code, &asked.upload.0, client.ip).await?;
    Ok(StatusCode::NO_CONTENT)
}
