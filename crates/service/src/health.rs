//! Signs of life, for probes and metrics.

use crate::context::Context;
use crate::error::Error;

/// Whether the database answers.
pub async fn is_ready(ctx: &Context) -> bool {
    ctx.store.sql.ping().await.is_ok()
}

/// How many mails wait.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn mails_waiting(ctx: &Context) -> Result<u64, Error> {
    Ok(depesche_store::sql::outbox::count(&ctx.store.sql).await?)
}
