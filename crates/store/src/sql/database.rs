//! The database: opened, brought up to date, read and written. What differs between engines is in
//! [`super::conn`].

use sqlx::migrate::{MigrateError, Migration, MigrationType::Simple, Migrator};
use sqlx::{Any, AnyConnection, AnyPool, Executor, SqlSafeStr, Transaction};

use super::conn::{self, Words};
use crate::error::Error;

const MIGRATIONS: [(i64, &str); 6] = [
    (1, include_str!("../../migrations/0001_first.sql")),
    (2, include_str!("../../migrations/0002_people.sql")),
    (3, include_str!("../../migrations/0003_mail.sql")),
    (4, include_str!("../../migrations/0004_protected.sql")),
    (5, include_str!("../../migrations/0005_seen.sql")),
    (6, include_str!("../../migrations/0006_language.sql")),
];

/// The database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sql {
    writer: AnyPool,
    reader: AnyPool,
    words: &'static Words,
}

/// A writing transaction; rolled back if it is dropped without [`Tx::commit`].
pub struct Tx(Transaction<'static, Any>);

impl Sql {
    /// Opens `sqlite:PATH` (made if it is not there, mode 0600) or `postgres://…` and brings its
    /// schema up to date.
    ///
    /// # Errors
    /// [`Error::Newer`] for a database of a newer program; [`Error::Unavailable`], [`Error::Full`].
    pub async fn open(url: &str) -> Result<Self, Error> {
        let (writer, reader, words) = conn::open(url).await?;
        let sql = Self {
            writer,
            reader,
            words,
        };
        sql.migrate().await?;
        Ok(sql)
    }

    /// All or nothing, and one process at a time.
    async fn migrate(&self) -> Result<(), Error> {
        let all = MIGRATIONS.map(|(version, text)| {
            Migration::new(version, "".into(), Simple, text.into_sql_str(), false)
        });
        let mut tx = self.begin().await?;
        tx.conn().execute(self.words.alone).await?;
        let mut migrator = Migrator::with_migrations(all.into());
        let done = migrator
            .set_locking(false)
            .run_direct(None, tx.conn(), false)
            .await;
        done.map_err(|error| match error {
            MigrateError::VersionMissing(found) => Error::Newer {
                found,
                known: MIGRATIONS[MIGRATIONS.len() - 1].0,
            },
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            other => Error::Unavailable(other.to_string()),
        })?;
        tx.commit().await
    }

    /// Begins a writing transaction. On SQLite there is one at a time; who comes second waits.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn begin(&self) -> Result<Tx, Error> {
        Ok(Tx(self.writer.begin_with(self.words.begin).await?))
    }

    /// For reading statements.
    pub(super) const fn reader(&self) -> &AnyPool {
        &self.reader
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn ping(&self) -> Result<(), Error> {
        self.reader.execute("SELECT 1").await?;
        Ok(())
    }

    /// Empties SQLite's write-ahead log into the database, so that nothing deleted is left in it.
    /// False if a reader was in the way: try again later. PostgreSQL: nothing to do.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::Full`], [`Error::Fatal`].
    pub async fn checkpoint(&self) -> Result<bool, Error> {
        let Some(text) = self.words.checkpoint else {
            return Ok(true);
        };
        let (blocked, _, _): (i64, i64, i64) = sqlx::query_as(text).fetch_one(&self.writer).await?;
        Ok(blocked == 0)
    }

    /// Waits for what runs and closes all connections.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

impl Tx {
    /// Makes it durable.
    ///
    /// # Errors
    /// [`Error::Full`], [`Error::Unavailable`], [`Error::Fatal`].
    pub async fn commit(self) -> Result<(), Error> {
        Ok(self.0.commit().await?)
    }

    pub(super) fn conn(&mut self) -> &mut AnyConnection {
        &mut self.0
    }
}

#[cfg(test)]
mod tests;
