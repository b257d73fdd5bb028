//! The own key at work: signing, and opening stanzas made for it.

use depesche_seal::key::Fingerprint;
use depesche_seal::signature::SigningKey;
use depesche_seal::signed::Signer;
use depesche_seal::stanza::Opener;

use super::error::KeyedError;
use crate::keyring::{Ring, RingError};

/// What signs; the record is the newest.
pub(crate) fn signer<'a>(ring: &'a Ring, key: &'a SigningKey) -> Result<Signer<'a>, KeyedError> {
    Ok(Signer::new(key, ring.chain().current().record())?)
}

/// What opens stanzas for that record; none if it is not one's own, or its key is lost.
pub(crate) fn opener<'a>(
    ring: &'a Ring,
    fingerprint: &Fingerprint,
) -> Result<Opener<'a>, KeyedError> {
    let record = ring.chain().find(fingerprint);
    let kem = ring.keyring().kem_seed(fingerprint);
    match (record, kem) {
        (Some(record), Some(kem)) if record.is_of(kem) => Ok(Opener { record, kem }),
        (Some(_), None) => Err(KeyedError::Lost),
        _ => Err(RingError::Mixed.into()),
    }
}
