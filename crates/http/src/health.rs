//! What machines ask: does the process live, can it serve, what has it counted.

use crate::error::Error;
use crate::front::Client;
use crate::state::{Later, Web};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use depesche_service::spool::standing;
use http::{HeaderMap, HeaderValue, header};
use std::sync::Arc;
use std::time::Duration;

/// The process lives.
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// How long a probe may take.
const SOON: Duration = Duration::from_secs(5);

async fn works(later: Later<bool>) -> bool {
    tokio::time::timeout(SOON, later).await.unwrap_or(false)
}

/// Stores and listeners work.
pub(crate) async fn readyz(State(web): State<Arc<Web>>) -> Result<&'static str, Error> {
    for probe in &web.probes {
        if !works((probe.ask)()).await {
            tracing::warn!(probe = probe.name, "not ready");
            return Err(Error::NotReady(probe.name));
        }
    }
    Ok("ready\n")
}

/// The same time for every wrong token of the same length.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let difference = one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && std::hint::black_box(difference) == 0
}

pub(crate) fn may_see(web: &Web, client: Client, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION);
    let given = given.and_then(|given| given.as_bytes().strip_prefix(b"Bearer "));
    let right = match (&web.metrics_token, given) {
        (Some(right), Some(given)) => is_same(right.as_bytes(), given),
        _ => false,
    };
    client.local || right
}

/// What was counted, for Prometheus.
pub(crate) async fn metrics(
    State(web): State<Arc<Web>>,
    client: Client,
    headers: HeaderMap,
) -> Result<Response, Error> {
    if !may_see(&web, client, &headers) {
        return Err(Error::MetricsToken);
    }
    if let Ok(Some(mails)) = tokio::time::timeout(SOON, (web.mails_waiting)()).await {
        web.front.metrics.set_waiting(mails);
    }
    if let Ok(Ok(now)) = tokio::time::timeout(SOON, standing(&web.service)).await {
        web.front.metrics.set_queue(&now);
    }
    let held = depesche_service::handoffs::in_use(&web.service);
    web.front.metrics.set_handoffs(held);
    let openmetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let kind = HeaderValue::from_static(openmetrics);
    Ok(([(header::CONTENT_TYPE, kind)], web.front.metrics.text()).into_response())
}
