//! What the server is told while files arrive: that the visit goes on, and what is on the disk.

use std::time::Duration;

use tokio::sync::mpsc;

use super::error::FetchError;
use crate::fault::Fault;
use crate::http::Server;

const PING: Duration = Duration::from_secs(45);

/// Confirms file objects that are on the disk, as many at once as there are.
pub(super) async fn confirm(
    server: Server,
    mut reports: mpsc::Receiver<Vec<String>>,
) -> Result<(), FetchError> {
    while let Some(mut ids) = reports.recv().await {
        while let Ok(more) = reports.try_recv() {
            ids.extend(more);
        }
        match server.receipts(ids).await {
            // Withdrawn or expired meanwhile: what is on the disk was rightly fetched.
            Err(error) if error.fault() == Fault::Gone => {}
            confirmed => confirmed.map(drop)?,
        }
    }
    Ok(())
}

/// Keeps the lease of a slow download.
pub(super) async fn ping(server: Server) {
    loop {
        tokio::time::sleep(PING).await;
        // What is wrong shows at the next range.
        let _ = server.ping().await;
    }
}
