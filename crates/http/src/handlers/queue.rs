//! The mail gateway's queue: for administrators.

use crate::asked::{Member, Paths};
use crate::body::{Json, Query};
use crate::error::Error;
use crate::state::Web;
use axum::extract::State;
use depesche_api::{DropQueued, Queue, QueueCounts, QueueRow};
use depesche_service::domain::mail::State as Standing;
use depesche_service::domain::{MailId, Time};
use depesche_service::rows::Listed;
use depesche_service::spool;
use http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Which page of the queue.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct QueuePage {
    /// How many at most, 1 to 200.
    #[serde(default = "fifty")]
    limit: u32,
    /// `next` of the page before.
    after: Option<String>,
}

const fn fifty() -> u32 {
    50
}

/// What waits, the oldest first.
#[utoipa::path(get, path = "/api/v1/admin/queue", tag = "queue", params(QueuePage), responses((status = 200, body = Queue)))]
pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    _admin: Member,
    Query(page): Query<QueuePage>,
) -> Result<axum::Json<Queue>, Error> {
    let after = page.after.as_deref().map(cursor).transpose()?;
    let limit = page.limit.clamp(1, 200);
    let listed = spool::list(&web.service, after, limit).await?;
    let is_full = u32::try_from(listed.len()).unwrap_or(u32::MAX) >= limit;
    let last = listed.last().filter(|_| is_full);
    Ok(axum::Json(Queue {
        next: last.map(|last| {
            let row = &last.row;
            format!("{}.{}.{}", row.since.ms(), row.mail, row.position)
        }),
        counts: counts(&web).await?,
        rows: listed.into_iter().map(shown).collect(),
    }))
}

/// Tries one recipient's part now.
#[utoipa::path(post, path = "/api/v1/admin/queue/{mail}/{position}/retry", tag = "queue",
    params(("mail" = String, Path), ("position" = u32, Path)), responses((status = 204)))]
pub(crate) async fn retry(
    State(web): State<Arc<Web>>,
    _admin: Member,
    Paths((mail, position)): Paths<(MailId, u32)>,
) -> Result<StatusCode, Error> {
    spool::retry(&web.service, mail, position).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tries everything now that waits for another try.
#[utoipa::path(post, path = "/api/v1/admin/queue/retry", tag = "queue", responses((status = 204)))]
pub(crate) async fn retry_all(
    State(web): State<Arc<Web>>,
    _admin: Member,
) -> Result<StatusCode, Error> {
    spool::retry_all(&web.service).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes one recipient's part out of the queue for good.
#[utoipa::path(post, path = "/api/v1/admin/queue/{mail}/{position}/drop", tag = "queue",
    params(("mail" = String, Path), ("position" = u32, Path)), request_body = DropQueued, responses((status = 204)))]
pub(crate) async fn drop(
    State(web): State<Arc<Web>>,
    _admin: Member,
    Paths((mail, position)): Paths<(MailId, u32)>,
    Json(asked): Json<DropQueued>,
) -> Result<StatusCode, Error> {
    spool::drop_row(&web.service, mail, position, asked.tell_sender).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn cursor(text: &str) -> Result<(Time, MailId, u32), Error> {
    let parse = || {
        let (ms, rest) = text.split_once('.')?;
        let (mail, position) = rest.split_once('.')?;
        let since = Time::from_ms(ms.parse().ok()?);
        Some((since, mail.parse().ok()?, position.parse().ok()?))
    };
    parse().ok_or_else(|| Error::Query("`after` is the `next` of the page before".into()))
}

async fn counts(web: &Web) -> Result<QueueCounts, Error> {
    let mut counts = QueueCounts::default();
    for (state, count) in spool::counts(&web.service).await? {
        match state {
            Standing::Queued => counts.queued = count,
            Standing::Convert => counts.convert = count,
            Standing::HoldPassword => counts.hold_password = count,
            Standing::HoldError => counts.hold_error = count,
            Standing::Dropped => {}
        }
    }
    Ok(counts)
}

fn shown(listed: Listed) -> QueueRow {
    let row = listed.row;
    QueueRow {
        mail: row.mail.to_string(),
        position: row.position,
        kind: listed.kind.name().to_owned(),
        sender: listed.sender,
        recipient: row.address,
        size: listed.size,
        received: row.since.ms(),
        state: row.state.name().to_owned(),
        due: row.due.ms(),
        attempts: row.attempts,
        reply: row.reply,
        treatment: row.treatment.name().to_owned(),
    }
}
