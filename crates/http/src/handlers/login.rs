//! Login by OPAQUE, sessions.

use crate::asked::{Member, Path};
use crate::auth::{check_browser, set_cookie};
use crate::body::Json;
use crate::error::Error;
use crate::front::Client;
use crate::map;
use crate::state::Web;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use depesche_api::{
    Account, B64, Ended, LoggedIn, LoginFinish, LoginStart, LoginStarted, Sessions,
};
use depesche_service::domain::SessionId;
use depesche_service::{login, people};
use http::{HeaderMap, Method, StatusCode, header};
use std::sync::Arc;

/// First and second message of a login. Counts as a try.
#[utoipa::path(post, path = "/api/v1/login/start", tag = "login", request_body = LoginStart,
    responses((status = 200, body = LoginStarted)))]
pub(crate) async fn start(
    State(web): State<Arc<Web>>,
    client: Client,
    Json(asked): Json<LoginStart>,
) -> Result<axum::Json<LoginStarted>, Error> {
    let started = login::start(&web.service, &asked.email, &asked.request.0, client.ip).await?;
    Ok(axum::Json(LoginStarted {
        login: started.login,
        account: started.account,
        host: started.host,
        response: B64(started.response),
    }))
}

/// Third message of a login. Gives a session.
#[utoipa::path(post, path = "/api/v1/login/finish", tag = "login", request_body = LoginFinish,
    responses((status = 200, body = LoggedIn)))]
pub(crate) async fn finish(
    State(web): State<Arc<Web>>,
    client: Client,
    headers: HeaderMap,
    Json(asked): Json<LoginFinish>,
) -> Result<Response, Error> {
    if asked.cookie {
        // Nobody is logged in as somebody else by another site's page.
        check_browser(&Method::POST, &headers)?;
    }
    let proof = &asked.finalization.0;
    let device = login::Device {
        label: &asked.label,
        language: asked.language,
    };
    let (token, caller) =
        login::finish(&web.service, &asked.login, proof, device, client.ip).await?;
    let sealpass = people::has_sealpass(&web.service, caller.account.id).await?;
    let cookie = if asked.cookie {
        set_cookie(web.front.origin.is_https(), &token)
    } else {
        None
    };
    let answer = axum::Json(LoggedIn {
        token: if asked.cookie {
            String::new()
        } else {
            token.to_string()
        },
        account: map::account(&caller.account, sealpass),
    });
    let cookie = cookie.map(|cookie| (header::SET_COOKIE, cookie));
    Ok((HeaderMap::from_iter(cookie), answer).into_response())
}

fn goodbye(web: &Web, member: &Member) -> HeaderMap {
    let https = web.front.origin.is_https();
    let cookie = set_cookie(https, "").filter(|_| member.by_cookie);
    HeaderMap::from_iter(cookie.map(|cookie| (header::SET_COOKIE, cookie)))
}

/// Ends this session.
#[utoipa::path(post, path = "/api/v1/logout", tag = "login", responses((status = 204)))]
pub(crate) async fn logout(
    State(web): State<Arc<Web>>,
    member: Member,
) -> Result<(StatusCode, HeaderMap), Error> {
    login::end(&web.service, &member.caller, member.caller.session.id).await?;
    Ok((StatusCode::NO_CONTENT, goodbye(&web, &member)))
}

/// Ends all sessions of the account, this one too.
#[utoipa::path(post, path = "/api/v1/logout/everywhere", tag = "login", responses((status = 200, body = Ended)))]
pub(crate) async fn logout_everywhere(
    State(web): State<Arc<Web>>,
    member: Member,
) -> Result<(HeaderMap, axum::Json<Ended>), Error> {
    let ended = login::end_all(&web.service, &member.caller).await?;
    Ok((goodbye(&web, &member), axum::Json(Ended { ended })))
}

/// Who is logged in.
#[utoipa::path(get, path = "/api/v1/me", tag = "login",
    responses((status = 200, body = Account)))]
pub(crate) async fn me(
    State(web): State<Arc<Web>>,
    member: Member,
) -> Result<axum::Json<Account>, Error> {
    let account = &member.caller.account;
    let sealpass = people::has_sealpass(&web.service, account.id).await?;
    Ok(axum::Json(map::account(account, sealpass)))
}

/// The account's sessions, newest first.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "login", responses((status = 200, body = Sessions)))]
pub(crate) async fn sessions(
    State(web): State<Arc<Web>>,
    member: Member,
) -> Result<axum::Json<Sessions>, Error> {
    let all = login::list(&web.service, &member.caller).await?;
    let current = member.caller.session.id;
    let sessions = all.iter().map(|one| map::session(one, current)).collect();
    Ok(axum::Json(Sessions { sessions }))
}

/// Ends one of the account's sessions.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "login", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn end(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<SessionId>,
) -> Result<StatusCode, Error> {
    login::end(&web.service, &member.caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
