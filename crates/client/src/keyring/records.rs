//! Key records as the wire has them: signed, one string each.

use depesche_api::B64;
use depesche_seal::key::AccountId;
use depesche_seal::record::{Chain, RecordError, SignedRecord};

/// All records of an account, each verified.
///
/// # Errors
/// [`RecordError`].
pub(crate) fn chain(records: &[B64], account: &AccountId) -> Result<Chain, RecordError> {
    Chain::verify(parse(records)?, account)
}

/// As [`chain`], of whatever account the first record names.
///
/// # Errors
/// [`RecordError`].
pub(crate) fn chain_of_any(records: &[B64]) -> Result<Chain, RecordError> {
    let signed = parse(records)?;
    let first = signed.first().ok_or(RecordError::Chain)?;
    let account = first.record().account();
    Chain::verify(signed, &account)
}

fn parse(records: &[B64]) -> Result<Vec<SignedRecord>, RecordError> {
    let parsed = records.iter().map(|record| SignedRecord::parse(&record.0));
    parsed.collect()
}
