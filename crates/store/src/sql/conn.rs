//! The connection: all that differs between SQLite and PostgreSQL. Everything else in `sql` is one
//! text for both, through sqlx's `Any`, and keeps these rules:
//!
//! 1. Columns are `TEXT`, `BIGINT`, `BYTEA` only: time = ms, truth = 0/1 with CHECK, enum = TEXT
//!    with CHECK, id = TEXT, JSON = TEXT never queried into.
//! 2. `CAST(SUM(x) AS BIGINT)`; `CASE WHEN … THEN 1 ELSE 0 END`; no `LIKE` on stored case (keep a
//!    folded column); `NULLS LAST` written out; order by BIGINT, by ids only where any fixed order
//!    will do (collations differ).
//! 3. Writes go through `Sql::begin`: `BEGIN IMMEDIATE` on SQLite, plain on PostgreSQL.
//! 4. SQL is a literal; values are bound. `tests/all/contract.rs` calls every function on both.
//! 5. Rows are private structs beside their SQL, `TryFrom` into the domain type. No last insert id.
//! 6. `ON CONFLICT … DO NOTHING` and a count instead of a failed insert: PostgreSQL gives up the
//!    whole transaction after an error.
//! 7. READ COMMITTED: a statement that waited for a row sees its new version, but not so in its
//!    subqueries. What must hold then stands in the outer WHERE, or behind a row lock.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::any::{AnyPoolOptions, AnyTransactionManager};
use sqlx::{AnyConnection, AnyPool, Connection, Executor, query_scalar};
use sqlx_core::transaction::TransactionManager;

use crate::error::Error;
use crate::private;

/// On each connection. The page caches are small: the system's cache holds what is read often.
const SQLITE_WRITER: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; \
    PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -2000";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; \
    PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -500";
/// A posted parcel is on disk, whatever the server's default; a stronger setting stays.
const POSTGRES: &str = "SELECT set_config('lock_timeout', '10s', false), \
    set_config('idle_in_transaction_session_timeout', '60s', false), \
    CASE WHEN current_setting('synchronous_commit') = 'off' \
    THEN set_config('synchronous_commit', 'on', false) END";

/// What is said differently.
#[derive(Debug)]
pub(super) struct Words {
    /// Begins a writing transaction.
    pub(super) begin: &'static str,
    /// Within it: keeps other processes from migrating until it ends.
    pub(super) alone: &'static str,
    /// Moves the log into the database and empties it: gives (blocked, pages, pages moved).
    pub(super) checkpoint: Option<&'static str>,
}

const SQLITE: Words = Words {
    begin: "BEGIN IMMEDIATE",
    alone: "SELECT 1",
    checkpoint: Some("PRAGMA wal_checkpoint(TRUNCATE)"),
};
const POSTGRESQL: Words = Words {
    begin: "BEGIN",
    alone: "SELECT pg_advisory_xact_lock(7305808870)",
    checkpoint: None,
};

fn pool(connections: u32, setup: &'static str) -> AnyPoolOptions {
    AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(20))
        .idle_timeout(Duration::from_secs(60))
        .after_connect(move |conn, _| Box::pin(async move { conn.execute(setup).await.map(drop) }))
}

/// After an error such as a full disk SQLite has rolled back by itself, and sqlx goes on counting
/// the transaction: so one is begun for it to roll back.
async fn settle(conn: &mut AnyConnection) -> sqlx::Result<bool> {
    // Whatever a dropped transaction has sent comes first.
    conn.ping().await?;
    if conn.is_in_transaction() {
        conn.execute("BEGIN").await?;
        AnyTransactionManager::rollback(conn).await?;
    }
    Ok(true)
}

/// Connections to write, to read, and how to speak.
pub(super) async fn open(url: &str) -> Result<(AnyPool, AnyPool, &'static Words), Error> {
    sqlx::any::install_default_drivers();
    if let Some(path) = url.strip_prefix("sqlite:") {
        return sqlite(path.strip_prefix("//").unwrap_or(path)).await;
    }
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        let text = "a database is named sqlite:PATH or postgres://USER@HOST/NAME";
        return Err(Error::Unavailable(text.into()));
    }
    let both = pool(10, POSTGRES).connect(url).await?;
    Ok((both.clone(), both, &POSTGRESQL))
}

async fn sqlite(path: &str) -> Result<(AnyPool, AnyPool, &'static Words), Error> {
    // Made first, so that it, and the log beside it, never have another mode.
    let path = PathBuf::from(path);
    let made = tokio::task::spawn_blocking(move || private::database(&path)).await;
    let (url, alone) = made.map_err(|error| Error::Unavailable(error.to_string()))??;
    // Without the pool, which hides why a connection cannot be set up.
    let mut first = AnyConnection::connect(&url).await?;
    first.execute(SQLITE_WRITER).await?;
    first.close().await?;
    // One writer, kept open: nobody is ever second, and the last close would drop the log.
    let writer = pool(1, SQLITE_WRITER).idle_timeout(None).max_lifetime(None);
    let writer = writer.after_release(|conn, _| Box::pin(settle(conn)));
    let writer = writer.test_before_acquire(false).connect(&url).await?;
    drop(alone);
    let mode = query_scalar("PRAGMA journal_mode");
    let mode: String = mode.fetch_one(&writer).await?;
    let mut durable = mode == "wal";
    for (text, wanted) in [("PRAGMA synchronous", 2), ("PRAGMA secure_delete", 1)] {
        let found: i64 = query_scalar(text).fetch_one(&writer).await?;
        durable &= found == wanted;
    }
    if !durable {
        let text = "SQLite cannot write durably here: put the database on a local disk";
        return Err(Error::Unavailable(text.into()));
    }
    let reader = pool(4, SQLITE_READER).test_before_acquire(false);
    Ok((writer, reader.connect_lazy(&url)?, &SQLITE))
}
