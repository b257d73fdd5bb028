//! SQLite files of others: opened so that what is in them can neither run for ever nor run anything else.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// Steps of SQLite's machine after which a query is given up: an endless view would need more, the largest
/// address book far less.
const MOST_STEPS: u64 = 200_000_000;
const STEPS_AT_ONCE: i32 = 100_000;

/// Opens a private copy. Its write-ahead log is read, too.
pub(crate) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    guard(Connection::open_with_flags(path, flags)?)
}

/// Opens a database that lies in memory.
pub(crate) fn from_bytes(bytes: &[u8]) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    connection.deserialize_read_exact("main", bytes, bytes.len(), true)?;
    guard(connection)
}

fn guard(connection: Connection) -> rusqlite::Result<Connection> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    let mut steps = 0;
    let give_up = move || {
        steps += u64::from(STEPS_AT_ONCE.unsigned_abs());
        steps > MOST_STEPS
    };
    connection.progress_handler(STEPS_AT_ONCE, Some(give_up))?;
    Ok(connection)
}

/// Whether the file is whole, `PRAGMA quick_check`.
pub(crate) fn is_sound(connection: &Connection) -> bool {
    let verdict = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    verdict.is_ok_and(|verdict| verdict == "ok")
}
