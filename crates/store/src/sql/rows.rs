//! Statements for several rows at once: each saves turns to the database.

use std::fmt::Write as _;

#[expect(
    clippy::disallowed_types,
    reason = "to a literal only its own places are added"
)]
use sqlx::AssertSqlSafe;
use sqlx::{SqlSafeStr, SqlStr};

/// Rows that one statement takes; both engines take far more parameters.
pub(super) const ROWS: usize = 64;

/// The statement for so many rows of one that is written for one row, `… VALUES ($1, $2) …`. Its places are
/// repeated, row by row; those beside the row come last and keep their order. Nothing else of the text changes.
pub(super) fn for_rows(one: &'static str, rows: usize) -> SqlStr {
    let (before, rest) = one.split_once("VALUES (").unwrap_or((one, ""));
    let (row, after) = rest.split_once(')').unwrap_or_default();
    let columns = row.split(',').count();
    let mut text = format!("{before}VALUES ");
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 1..=columns {
            let comma = if column == 1 { "" } else { ", " };
            let _ = write!(text, "{comma}${}", row * columns + column);
        }
        text.push(')');
    }
    let mut parts = after.split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        let (number, words) = part.split_at(digits);
        let number = number.parse::<usize>().unwrap_or_default();
        let _ = write!(
            text,
            "${}{words}",
            number + rows.saturating_sub(1) * columns
        );
    }
    AssertSqlSafe(text).into_sql_str()
}

#[cfg(test)]
mod tests {
    use super::for_rows;

    #[test]
    fn the_places_of_a_row_are_repeated_and_the_others_come_last() {
        let one = "INSERT INTO a (b, c) VALUES ($1, $2) ON CONFLICT (b) DO UPDATE SET c = 1 WHERE c < $3 AND $4";
        assert_eq!(for_rows(one, 1).as_str(), one);
        assert_eq!(
            for_rows(one, 3).as_str(),
            "INSERT INTO a (b, c) VALUES ($1, $2), ($3, $4), ($5, $6) ON CONFLICT (b) DO UPDATE SET c = 1 WHERE c < $7 AND $8"
        );
        let within = "INSERT INTO a SELECT b WHERE b IN (VALUES ($1)) AND c > $2";
        assert_eq!(
            for_rows(within, 2).as_str(),
            "INSERT INTO a SELECT b WHERE b IN (VALUES ($1), ($2)) AND c > $3"
        );
    }
}
