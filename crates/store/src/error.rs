//! What may go wrong below the service.

use std::io;

use sqlx::error::ErrorKind;

/// Why the store did not do it. Texts carry no stored value: no address, token or subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No such row or file.
    #[error("this is not in the store")]
    NotFound,
    /// The id, address or token is taken.
    #[error("this is in the store already")]
    Conflict,
    /// The disk or its quota is full (`ENOSPC`, `EDQUOT`, `SQLITE_FULL`, SQLSTATE 53100). Nothing is lost.
    #[error("the disk of the server is full; make room and try again")]
    Full,
    /// Parts are missing: see `Upload::missing`.
    #[error("not all parts have arrived; ask what is missing and send it again")]
    Incomplete,
    /// A newer program has written this database.
    #[error(
        "this database belongs to a newer program (its schema has version {found}, this program knows {known}); \
         start the newer program, or restore a backup from before the update"
    )]
    Newer {
        /// The version found.
        found: i64,
        /// The newest one that this program knows.
        known: i64,
    },
    /// Not now, or not with this configuration.
    #[error("the store cannot be used: {0}")]
    Unavailable(String),
    /// Bytes may be lost that were taken for written (a failed fsync, a damaged database). The
    /// kernel forgets a failed write, so trying again would lie: the process must end, and on the
    /// next start takes up what is known to be durable.
    #[error("the disk failed, the server must stop: {0}")]
    Fatal(String),
}

/// SQLite's extended result codes (<https://www.sqlite.org/rescode.html>) that mean a failed sync
/// or a damaged file: `IOERR_FSYNC`, `IOERR_DIR_FSYNC`; primary codes `CORRUPT`, `NOTADB`.
fn is_fatal(code: &str) -> bool {
    let number: i32 = code.parse().unwrap_or_default();
    matches!(number, 1034 | 1290) || matches!(number & 0xff, 11 | 26)
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::Io(error) => Self::from(error),
            // Its source would show the value.
            sqlx::Error::ColumnDecode { index, .. } => {
                Self::Unavailable(format!("column {index} holds what does not belong there"))
            }
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                match (error.kind(), &*code) {
                    (ErrorKind::UniqueViolation, _) => Self::Conflict,
                    (ErrorKind::ForeignKeyViolation, _) => Self::NotFound,
                    // SQLITE_FULL; SQLSTATE disk_full.
                    (_, "13" | "53100") => Self::Full,
                    // PostgreSQL's codes have five characters, SQLite's are numbers below 10,000.
                    (_, code) if code.len() < 5 && is_fatal(code) => {
                        Self::Fatal(error.message().to_owned())
                    }
                    _ => Self::Unavailable(format!("{} ({code})", error.message())),
                }
            }
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<rustix::io::Errno> for Error {
    fn from(error: rustix::io::Errno) -> Self {
        Self::from(io::Error::from(error))
    }
}
