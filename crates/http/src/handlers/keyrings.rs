//! Keyrings, the keys of others, contacts.

use crate::asked::{Member, Path};
use crate::body::{Json, LARGE};
use crate::error::Error;
use crate::map;
use crate::shapes;
use crate::state::Web;
use axum::extract::State;
use depesche_api::{
    AskKeys, Contacts, Keyring, Keys, LockId, NewBody, NewEpoch, NewKeyring, NewLock, People,
};
use depesche_service::{accounts, keyrings, people};
use http::StatusCode;
use std::sync::Arc;

/// The account's keyring, wrapped.
#[utoipa::path(get, path = "/api/v1/keyring", tag = "keyring", responses((status = 200, body = Keyring)))]
pub(crate) async fn show(
    State(web): State<Arc<Web>>,
    member: Member,
) -> Result<axum::Json<Keyring>, Error> {
    let keyring = keyrings::load(&web.service, &member.caller).await?;
    Ok(axum::Json(shapes::keyring(&member.caller, keyring)))
}

/// The first keyring, or the first after a reset.
#[utoipa::path(put, path = "/api/v1/keyring", tag = "keyring", request_body = NewKeyring,
    responses((status = 204)))]
pub(crate) async fn create(
    State(web): State<Arc<Web>>,
    member: Member,
    Json(new): Json<NewKeyring, LARGE>,
) -> Result<StatusCode, Error> {
    let record = new.record.0;
    let (locks, body) = (shapes::locks(new.locks), (new.generation, new.body.0));
    keyrings::create(&web.service, &member.caller, record, locks, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A further lock. The same again changes nothing.
#[utoipa::path(post, path = "/api/v1/keyring/locks", tag = "keyring", request_body = NewLock,
    responses((status = 200, body = LockId)))]
pub(crate) async fn add_lock(
    State(web): State<Arc<Web>>,
    member: Member,
    Json(new): Json<NewLock>,
) -> Result<axum::Json<LockId>, Error> {
    let id = keyrings::add_lock(&web.service, &member.caller, shapes::lock(new.lock)).await?;
    Ok(axum::Json(LockId { id }))
}

/// Takes a lock away; never the last one that the SealPass opens.
#[utoipa::path(delete, path = "/api/v1/keyring/locks/{id}", tag = "keyring", params(("id" = String, Path)),
    responses((status = 204)))]
pub(crate) async fn delete_lock(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    keyrings::delete_lock(&web.service, &member.caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The next body, and with a new master key the locks that take the place of all others.
#[utoipa::path(post, path = "/api/v1/keyring/bodies", tag = "keyring", request_body = NewBody,
    responses((status = 204)))]
pub(crate) async fn add_body(
    State(web): State<Arc<Web>>,
    member: Member,
    Json(new): Json<NewBody, LARGE>,
) -> Result<StatusCode, Error> {
    let (locks, body) = (new.locks.map(shapes::locks), (new.generation, new.body.0));
    keyrings::add_body(&web.service, &member.caller, body, locks).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The next epoch, with the body that holds its keys.
#[utoipa::path(post, path = "/api/v1/keyring/records", tag = "keyring", request_body = NewEpoch,
    responses((status = 204)))]
pub(crate) async fn add_record(
    State(web): State<Arc<Web>>,
    member: Member,
    Json(new): Json<NewEpoch, LARGE>,
) -> Result<StatusCode, Error> {
    let record = new.record.0;
    let body = (new.generation, new.body.0);
    keyrings::add_record(&web.service, &member.caller, record, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stops a reset that an administrator has asked for.
#[utoipa::path(delete, path = "/api/v1/keyring/reset", tag = "keyring", responses((status = 204)))]
pub(crate) async fn stop_reset(
    State(web): State<Arc<Web>>,
    member: Member,
) -> Result<StatusCode, Error> {
    depesche_service::resets::stop(&web.service, member.caller.account.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The keys of people, in the order asked for. Guests learn of those alone with whom they share a delivery.
#[utoipa::path(post, path = "/api/v1/keys", tag = "people", request_body = AskKeys,
    responses((status = 200, body = Keys)))]
pub(crate) async fn keys(
    State(web): State<Arc<Web>>,
    member: Member,
    Json(asked): Json<AskKeys>,
) -> Result<axum::Json<Keys>, Error> {
    let addresses = asked.emails.iter().map(|email| map::address(email));
    let addresses = addresses.collect::<Result<Vec<_>, _>>()?;
    let people = people::keys(&web.service, &member.caller, &addresses).await?;
    let people = people.into_iter().map(shapes::person).collect();
    Ok(axum::Json(Keys { people }))
}

/// People with whom the account shares a delivery, the latest first.
#[utoipa::path(get, path = "/api/v1/contacts", tag = "people", responses((status = 200, body = Contacts)))]
pub(crate) async fn contacts(
    State(web): State<Arc<Web>>,
    member: Member,
) -> Result<axum::Json<Contacts>, Error> {
    let people = people::contacts(&web.service, &member.caller).await?;
    let people = people.into_iter().map(shapes::person).collect();
    Ok(axum::Json(Contacts { people }))
}

/// All accounts: for administrators.
#[utoipa::path(get, path = "/api/v1/people", tag = "people", responses((status = 200, body = People)))]
pub(crate) async fn all(
    State(web): State<Arc<Web>>,
    _admin: Member,
) -> Result<axum::Json<People>, Error> {
    let all = accounts::list(&web.service).await?;
    let mut listed = Vec::with_capacity(all.len());
    for one in all {
        let sealpass = people::has_sealpass(&web.service, one.id).await?;
        listed.push(shapes::listed(&one, sealpass));
    }
    Ok(axum::Json(People { people: listed }))
}
