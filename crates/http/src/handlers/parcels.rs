//! Deliveries as their sender posts, sees and changes them.

use crate::asked::{Member, Path};
use crate::body::{Json, LARGE, Query};
use crate::error::Error;
use crate::handlers::page::{Page, next};
use crate::map;
use crate::state::Web;
use crate::transfer::{self, SealedBytes, Source};
use axum::extract::{Request, State};
use axum::response::Response;
use depesche_api::{
    AddRecipients, DropRecipient, Extend, Parcel, ParcelPage, ParcelSummary, PostRequest, Resend,
};
use depesche_service::domain::{ParcelId, Time};
use depesche_service::{Error as ServiceError, parcels};
use std::sync::Arc;

/// Posts a draft. Answered only when everything is on disk. The same again gives the parcel as it is.
#[utoipa::path(post, path = "/api/v1/parcels/{id}/post", tag = "parcels",
    params(("id" = String, Path)), request_body = PostRequest,
    responses((status = 200, body = Parcel)))]
pub(crate) async fn post(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    Json(asked): Json<PostRequest, LARGE>,
) -> Result<axum::Json<Parcel>, Error> {
    let order = map::order(asked)?;
    let details = parcels::post(&web.service, &member.caller, id, order).await?;
    Ok(axum::Json(map::parcel(details)))
}

/// What the account has sent, newest first.
#[utoipa::path(get, path = "/api/v1/parcels", tag = "parcels", params(Page), responses((status = 200, body = ParcelPage)))]
pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    member: Member,
    Query(page): Query<Page>,
) -> Result<axum::Json<ParcelPage>, Error> {
    let (after, limit, filter) = page.read()?;
    let found = parcels::list(&web.service, &member.caller, after, limit, &filter).await?;
    let next = next(found.next);
    let summaries = found.rows.into_iter().map(|one| {
        let reason = one.closed.map(|(_, reason)| reason);
        let recipients = one.recipients.into_iter();
        ParcelSummary {
            id: one.id.to_string(),
            level: one.level.number(),
            state: map::state(one.closed).into(),
            reason: reason.map(|reason| reason.name().into()),
            subject: one.subject,
            posted: one.posted.ms(),
            expires: one.expires.ms(),
            size: one.size,
            recipients: recipients
                .map(|of| map::recipient_summary((&of.recipient, of.name), one.posted, one.closed))
                .collect(),
        }
    });
    let parcels = summaries.collect();
    Ok(axum::Json(ParcelPage { parcels, next }))
}

/// A delivery with all that happened to it.
#[utoipa::path(get, path = "/api/v1/parcels/{id}", tag = "parcels", params(("id" = String, Path)),
    responses((status = 200, body = Parcel)))]
pub(crate) async fn details(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
) -> Result<axum::Json<Parcel>, Error> {
    let details = parcels::details(&web.service, &member.caller, id).await?;
    Ok(axum::Json(map::parcel(details)))
}

/// The sealed bytes of a manifest.
pub(crate) struct ManifestBytes<R> {
    pub(crate) size: u64,
    /// Gives how many bytes it read: fewer if the file ends.
    pub(crate) read: R,
}

impl<R> Source for ManifestBytes<R>
where
    R: Fn(u64, &mut [u8]) -> Result<usize, ServiceError> + Send + Sync + 'static,
{
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ServiceError> {
        match (self.read)(offset, into)? {
            read if read == into.len() => Ok(()),
            _ => Err(ServiceError::Unavailable(
                "a manifest is shorter than it was".into(),
            )),
        }
    }

    /// Names are not what a limit counts.
    fn handed_out(self: Arc<Self>, _: u64, _: u64) {}
}

/// The sealed manifest, to the sender: with it recipients are added.
#[utoipa::path(get, path = "/api/v1/parcels/{id}/manifest", tag = "parcels", params(("id" = String, Path)), responses(
    (status = 200, body = SealedBytes, content_type = "application/octet-stream"),
))]
pub(crate) async fn manifest(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    request: Request,
) -> Result<Response, Error> {
    let reader = parcels::manifest(&web.service, &member.caller, id).await?;
    let size = reader.size();
    let read = move |at, into: &mut [u8]| reader.read_at(at, into).map_err(ServiceError::from);
    transfer::send(&request, ManifestBytes { size, read })
}

/// From now on nothing opens; keys and bytes are destroyed.
#[utoipa::path(post, path = "/api/v1/parcels/{id}/withdraw", tag = "parcels", params(("id" = String, Path)),
    responses((status = 200, body = Parcel)))]
pub(crate) async fn withdraw(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
) -> Result<axum::Json<Parcel>, Error> {
    let details = parcels::withdraw(&web.service, &member.caller, id).await?;
    Ok(axum::Json(map::parcel(details)))
}

/// Moves the deadline.
#[utoipa::path(post, path = "/api/v1/parcels/{id}/extend", tag = "parcels",
    params(("id" = String, Path)), request_body = Extend,
    responses((status = 200, body = Parcel)))]
pub(crate) async fn extend(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    Json(asked): Json<Extend>,
) -> Result<axum::Json<Parcel>, Error> {
    let until = Time::from_ms(asked.expires);
    let details = parcels::extend(&web.service, &member.caller, id, until).await?;
    Ok(axum::Json(map::parcel(details)))
}

/// More recipients of the same sealed contents.
#[utoipa::path(post, path = "/api/v1/parcels/{id}/recipients", tag = "parcels",
    params(("id" = String, Path)), request_body = AddRecipients,
    responses((status = 200, body = Parcel)))]
pub(crate) async fn add_recipients(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    Json(asked): Json<AddRecipients, LARGE>,
) -> Result<axum::Json<Parcel>, Error> {
    let kept = parcels::details(&web.service, &member.caller, id).await?;
    let new = map::recipients(asked.recipients, &kept.subject, &kept.message)?;
    let details = parcels::add_recipients(&web.service, &member.caller, id, new).await?;
    Ok(axum::Json(map::parcel(details)))
}

/// One recipient less: the link opens nothing any more.
#[utoipa::path(post, path = "/api/v1/parcels/{id}/recipients/drop", tag = "parcels",
    params(("id" = String, Path)), request_body = DropRecipient,
    responses((status = 200, body = Parcel)))]
pub(crate) async fn drop_recipient(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    Json(asked): Json<DropRecipient>,
) -> Result<axum::Json<Parcel>, Error> {
    let address = map::address(&asked.email)?;
    let details = parcels::drop_recipient(&web.service, &member.caller, id, &address).await?;
    Ok(axum::Json(map::parcel(details)))
}

/// Sends notifications again.
#[utoipa::path(post, path = "/api/v1/parcels/{id}/resend", tag = "parcels",
    params(("id" = String, Path)), request_body = Resend,
    responses((status = 200, body = Parcel)))]
pub(crate) async fn resend(
    State(web): State<Arc<Web>>,
    member: Member,
    Path(id): Path<ParcelId>,
    Json(asked): Json<Resend, LARGE>,
) -> Result<axum::Json<Parcel>, Error> {
    let mut notices = Vec::with_capacity(asked.notices.len());
    for one in asked.notices {
        // The service writes the subject and message that are kept.
        notices.push((map::address(&one.email)?, map::notice(one.notice, "", "")));
    }
    let details = parcels::resend(&web.service, &member.caller, id, notices).await?;
    Ok(axum::Json(map::parcel(details)))
}
