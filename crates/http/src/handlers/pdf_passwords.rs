//! The password for protected mail.

use crate::asked::Member;
use crate::body::Json;
use crate::error::Error;
use crate::front::Client;
use crate::map;
use crate::map_protected;
use crate::state::Web;
use axum::extract::State;
use depesche_api::{
    AskPassword, PasswordIsSet, PasswordLink, PasswordToken, ResetPassword, SetPassword,
};
use depesche_service::protected::passwords;
use http::StatusCode;
use std::sync::Arc;

/// What a password link is for. Looking uses nothing up.
#[utoipa::path(post, path = "/api/v1/pdf-passwords/look", tag = "pdf_passwords", request_body = PasswordToken,
    responses((status = 200, body = PasswordLink)))]
pub(crate) async fn look(
    State(web): State<Arc<Web>>,
    Json(asked): Json<PasswordToken>,
) -> Result<axum::Json<PasswordLink>, Error> {
    let look = passwords::look(&web.service, &asked.token).await?;
    Ok(axum::Json(map_protected::link(look)))
}

/// Sets the password, by what was derived from it. The same sets again get the same answer.
#[utoipa::path(post, path = "/api/v1/pdf-passwords/set", tag = "pdf_passwords", request_body = SetPassword,
    responses((status = 200, body = PasswordIsSet)))]
pub(crate) async fn set(
    State(web): State<Arc<Web>>,
    Json(asked): Json<SetPassword>,
) -> Result<axum::Json<PasswordIsSet>, Error> {
    let sets = map_protected::sets(asked.sets)?;
    let outcome = passwords::set(&web.service, &asked.token, &sets).await?;
    Ok(axum::Json(map_protected::is_set(&outcome)))
}

/// Asks for a new password link. The answer is always the same.
#[utoipa::path(post, path = "/api/v1/pdf-passwords/ask", tag = "pdf_passwords", request_body = AskPassword,
    responses((status = 202)))]
pub(crate) async fn ask(
    State(web): State<Arc<Web>>,
    client: Client,
    Json(asked): Json<AskPassword>,
) -> Result<StatusCode, Error> {
    let by = map_protected::asked(asked.token, asked.email)?;
    passwords::ask(&web.service, by, asked.language, client.ip).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Takes somebody's password away; a link to set another is mailed.
#[utoipa::path(post, path = "/api/v1/pdf-passwords/reset", tag = "pdf_passwords", request_body = ResetPassword,
    responses((status = 204)))]
pub(crate) async fn reset(
    State(web): State<Arc<Web>>,
    admin: Member,
    Json(asked): Json<ResetPassword>,
) -> Result<StatusCode, Error> {
    let (address, by) = (map::address(&asked.email)?, admin.caller.account.id);
    passwords::reset(&web.service, &address, Some(by)).await?;
    Ok(StatusCode::NO_CONTENT)
}
