//! What of sealed bytes the server reads: for whom, by whom, and whether signatures fit. It has no key that opens them.

use depesche_domain::keyed::{self, ClaimCode, Fingerprint, Mode, Stanza};
use depesche_domain::keyring::{KeyRecord, Lock};
use depesche_domain::parcel::Refusal;
use depesche_domain::token::SecretHash;
use depesche_domain::{AccountId, keyring};
use depesche_seal::key::{AccountId as SealAccountId, Hash};
use depesche_seal::parcel::Header;
use depesche_seal::primitives::sha256;
use depesche_seal::record::{Chain, SignedRecord};
use depesche_seal::release::InstantRecord;
use depesche_seal::stanza::{Binding, By, ReleasedStanza};
use depesche_store::sql::keyed::Sealed;
use depesche_store::sql::keyrings;

use crate::context::Context;
use crate::error::Error;
use crate::login::Caller;

/// Who released a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Released {
    /// The sender (by 01).
    BySender,
    /// The opener (by 02).
    ByOpener,
}

/// A stanza with its release, and who made it.
///
/// # Errors
/// [`Error::Invalid`].
pub(crate) fn stanza(bytes: Vec<u8>, by: Released) -> Result<Stanza, Error> {
    let parsed = ReleasedStanza::parse(&bytes)
        .map_err(|_| Error::Invalid("this is not a stanza with its release"))?;
    let fits = matches!(
        (parsed.by(), by),
        (By::Sender, Released::BySender) | (By::Opener, Released::ByOpener)
    );
    if !fits {
        return Err(Error::Invalid("this stanza was released by somebody else"));
    }
    let stanza = parsed.stanza();
    Ok(Stanza {
        account: AccountId::from_bytes(*stanza.account().as_bytes()),
        fingerprint: Fingerprint::from_bytes(*stanza.fingerprint().as_bytes()),
        bytes,
    })
}

/// Who signs the releases of one parcel, and over what.
pub(crate) struct Maker {
    record: SignedRecord,
    parcel: Binding,
}

impl Maker {
    /// The caller, by the newest key, over a parcel as it is kept.
    ///
    /// # Errors
    /// [`Error::Keyring`] without a keyring.
    pub(crate) async fn load(
        ctx: &Context,
        caller: &Caller,
        parcel: &Sealed,
    ) -> Result<Self, Error> {
        let records = keyrings::records(&ctx.store.sql, caller.account.id).await?;
        let newest = records.last().ok_or(keyring::Refusal::None)?;
        let malformed = |_| Error::from(keyring::Refusal::Malformed);
        let unreadable = || Error::Invalid("the list of contents does not begin as one");
        let manifest = parcel.manifest_hash.as_slice().try_into();
        Ok(Self {
            record: SignedRecord::parse(&newest.bytes).map_err(malformed)?,
            parcel: Binding {
                header: Header::parse(&parcel.header).map_err(|_| unreadable())?,
                manifest: Hash::from_bytes(manifest.map_err(|_| unreadable())?),
            },
        })
    }

    /// Refuses what the opener's client would refuse days later. What is true shows there, not here.
    ///
    /// # Errors
    /// [`keyed::Refusal::WrongRelease`].
    pub(crate) fn check(&self, stanza: &[u8]) -> Result<(), Error> {
        let key = self.record.record().verifying_key();
        let right = ReleasedStanza::parse(stanza)
            .is_ok_and(|stanza| stanza.verify(key, &self.parcel).is_ok());
        if right {
            Ok(())
        } else {
            Err(Refusal::from(keyed::Refusal::WrongRelease).into())
        }
    }
}

/// The next key record of an account, checked against those before it.
///
/// # Errors
/// [`Error::Keyring`].
pub(crate) fn key_record(
    account: AccountId,
    before: &[KeyRecord],
    bytes: Vec<u8>,
) -> Result<KeyRecord, Error> {
    let malformed = |_| Error::from(keyring::Refusal::NotTheNext);
    let signed = SignedRecord::parse(&bytes).map_err(malformed)?;
    let record = KeyRecord {
        account: AccountId::from_bytes(*signed.record().account().as_bytes()),
        epoch: signed.record().epoch(),
        reset: signed.record().reset(),
        fingerprint: Fingerprint::from_bytes(*signed.record().fingerprint().as_bytes()),
        bytes,
    };
    let mut all = Vec::with_capacity(before.len() + 1);
    for one in before {
        all.push(SignedRecord::parse(&one.bytes).map_err(malformed)?);
    }
    all.push(signed);
    let owner = SealAccountId::from_bytes(*account.as_bytes());
    Chain::verify(all, &owner).map_err(malformed)?;
    Ok(record)
}

/// A lock under the id that its bytes give it.
pub fn lock(bytes: Vec<u8>) -> Lock {
    let hash = sha256(&bytes);
    Lock {
        id: depesche_seal::format::to_text(&hash[..16]),
        bytes,
    }
}

/// A claim code as the sender's client hands it in: with record and proof it opens at once.
///
/// # Errors
/// [`Error::Invalid`].
pub fn claim_code(
    number: u8,
    instant: bool,
    record: Option<Vec<u8>>,
    auth: Option<&[u8]>,
) -> Result<ClaimCode, Error> {
    let auth = auth.map(<[u8; 32]>::try_from).transpose();
    let auth = auth.map_err(|_| Error::Invalid("the hash of a claim code's proof has 32 bytes"))?;
    if let Some(record) = &record {
        InstantRecord::parse(record)
            .map_err(|_| Error::Invalid("this is not the record of a claim code"))?;
    }
    let mode = match (instant, record, auth) {
        (false, None, None) => Mode::Confirm { tag: None },
        (true, Some(record), Some(auth)) => Mode::Instant {
            record,
            auth: SecretHash::from_bytes(auth),
            handed: false,
        },
        _ => {
            return Err(Error::Invalid(
                "a claim code is confirmed, or instant with its record and proof",
            ));
        }
    };
    Ok(ClaimCode {
        number,
        wrong: 0,
        mode,
    })
}

/// The id of an instant claim code, from which its proof is derived; none if the record is not at hand.
pub fn claim_id(code: &ClaimCode) -> Option<String> {
    match &code.mode {
        Mode::Instant { record, .. } => {
            let record = InstantRecord::parse(record).ok()?;
            Some(record.id().to_string())
        }
        Mode::Confirm { .. } => None,
    }
}
