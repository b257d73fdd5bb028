//! Key records between the wire's parts and their signed form.

use depesche_api::{B64, KeyRecord};
use depesche_seal::key::AccountId;
use depesche_seal::record::{Chain, RECORD_LEN, RecordError, SignedRecord};

/// Written before a signature that is there.
const ED25519: u8 = 1;
const SIGNATURE: usize = 64;

/// All records of an account, each verified.
///
/// # Errors
/// [`RecordError`].
pub(crate) fn chain(records: &[KeyRecord], account: &AccountId) -> Result<Chain, RecordError> {
    let signed: Result<Vec<_>, _> = records.iter().map(parse).collect();
    Chain::verify(signed?, account)
}

/// As [`chain`], of whatever account the first record names.
///
/// # Errors
/// [`RecordError`].
pub(crate) fn chain_of_any(records: &[KeyRecord]) -> Result<Chain, RecordError> {
    let signed = records.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let first = signed.first().ok_or(RecordError::Chain)?;
    let account = first.record().account();
    Chain::verify(signed, &account)
}

/// One record, its own signature verified.
pub(super) fn parse(record: &KeyRecord) -> Result<SignedRecord, RecordError> {
    let mut bytes = record.record.0.clone();
    bytes.push(ED25519);
    bytes.extend_from_slice(&record.signature.0);
    match &record.previous {
        Some(previous) => {
            bytes.push(ED25519);
            bytes.extend_from_slice(&previous.0);
        }
        None => bytes.extend_from_slice(&[0; 1 + SIGNATURE]),
    }
    SignedRecord::parse(&bytes)
}

/// As it is sent.
pub(crate) fn wire(record: &SignedRecord) -> KeyRecord {
    let bytes = record.to_bytes();
    let (record, signatures) = bytes.split_at(RECORD_LEN);
    let (own, previous) = signatures.split_at(1 + SIGNATURE);
    KeyRecord {
        record: B64(record.to_vec()),
        signature: B64(own[1..].to_vec()),
        previous: (previous[0] == ED25519).then(|| B64(previous[1..].to_vec())),
    }
}
