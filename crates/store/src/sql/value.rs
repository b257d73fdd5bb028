//! Between columns and domain values. A column that does not parse is an error that names it and
//! never shows what it holds.

use std::str::FromStr;

use depesche_domain::token::SecretHash;
use depesche_domain::{Level, Time};

use crate::error::Error;

pub(super) fn bad(column: &'static str) -> Error {
    Error::Unavailable(format!("column {column} holds what does not belong there"))
}

/// Ids and addresses.
pub(super) fn parse<T: FromStr>(column: &'static str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| bad(column))
}

pub(super) fn hash(column: &'static str, bytes: &[u8]) -> Result<SecretHash, Error> {
    let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| bad(column))?;
    Ok(SecretHash::from_bytes(bytes))
}

pub(super) fn level(number: i64) -> Result<Level, Error> {
    let number = u8::try_from(number).map_err(|_| bad("level"))?;
    Level::try_from(number).map_err(|_| bad("level"))
}

/// Sizes and counts, out of a BIGINT.
pub(super) fn unsigned<T: TryFrom<i64>>(column: &'static str, number: i64) -> Result<T, Error> {
    T::try_from(number).map_err(|_| bad(column))
}

/// Sizes and counts, into a BIGINT.
pub(super) fn signed(number: u64) -> Result<i64, Error> {
    i64::try_from(number)
        .map_err(|_| Error::Unavailable("a number is too large to be stored".into()))
}

pub(super) fn time(ms: Option<i64>) -> Option<Time> {
    ms.map(Time::from_ms)
}
