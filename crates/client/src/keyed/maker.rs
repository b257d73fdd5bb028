//! Makes what opens one parcel for one person after the other.

use depesche_api::{B64, NewClaimCode};
use depesche_seal::key::{ClaimId, ParcelId, ParcelKey};
use depesche_seal::parcel::SealedManifest;
use depesche_seal::record::KeyRecord;
use depesche_seal::release::InstantRecord;
use depesche_seal::signature::SigningKey;
use depesche_seal::signed;
use depesche_seal::stanza::{Binding, ReleasedStanza, Stanza};
use depesche_seal::trust::SenderKey;

use super::codes::{self, CodeMode};
use super::error::KeyedError;
use super::own::{opener, signer};
use crate::keyring::Ring;
use crate::own::Own;

/// Codes are counted from here.
const FIRST_CODE: u8 = 0;

/// The sender of a parcel, at work.
pub(crate) struct Maker<'a> {
    own: Own<'a>,
    ring: &'a Ring,
    signing: SigningKey,
    key: ParcelKey,
    pub(crate) parcel: Binding,
}

impl<'a> Maker<'a> {
    /// Of a parcel whose key is at hand.
    pub(crate) fn new(
        own: Own<'a>,
        ring: &'a Ring,
        key: ParcelKey,
        sealed: &SealedManifest,
    ) -> Self {
        Self {
            own,
            ring,
            signing: ring.keyring().signing_key(),
            key,
            parcel: Binding::of(sealed),
        }
    }

    /// Of a parcel posted before: its key comes from the sender's own stanza, and everything in it is one's own.
    pub(crate) async fn of_posted(
        own: Own<'a>,
        ring: &'a Ring,
        id: &ParcelId,
    ) -> Result<(Self, depesche_seal::manifest::Manifest), KeyedError> {
        let given = own.server.sender_stanza(&id.to_string()).await?;
        let stanza = given.stanza.ok_or(KeyedError::Lost)?;
        let bytes = own.server.sent_manifest(&id.to_string()).await?;
        let sealed = SealedManifest::parse(bytes)?;
        if sealed.header().id() != *id {
            return Err(KeyedError::Exchanged);
        }
        let released = ReleasedStanza::parse(&stanza.0)?;
        let opener = opener(ring, released.stanza().fingerprint())?;
        let half = released.open(&opener, &sealed)?;
        let me = SenderKey::own(ring.chain(), half.sender(), &ring.fingerprint());
        let opened = half.check(me.ok().as_ref())?;
        Ok((Self::new(own, ring, opened.key, &sealed), opened.manifest))
    }

    /// The parcel's id.
    pub(crate) const fn id(&self) -> ParcelId {
        self.parcel.header.id()
    }

    pub(crate) const fn key(&self) -> &ParcelKey {
        &self.key
    }

    /// The stanza for a record, released.
    pub(crate) fn stanza(&self, to: &KeyRecord) -> Result<ReleasedStanza, KeyedError> {
        let stanza = Stanza::seal(&self.key, to, &self.parcel, &self.own.world.draw())?;
        let signer = signer(self.ring, &self.signing)?;
        Ok(stanza.release_as_sender(&signer, &self.parcel))
    }

    /// The sender's own.
    pub(crate) fn own_stanza(&self) -> Result<B64, KeyedError> {
        let released = self.stanza(self.ring.chain().current().record())?;
        Ok(B64(released.to_bytes()))
    }

    /// A claim code for a person: its words, and what the server gets of it. `before` is the number of the last one.
    pub(crate) fn claim_code(
        &self,
        email: &str,
        mode: CodeMode,
        before: Option<u8>,
    ) -> Result<(String, NewClaimCode), KeyedError> {
        // A number is never used twice: its code would be the same.
        let number = before.map_or(Some(FIRST_CODE), |before| before.checked_add(1));
        let number = number.ok_or(KeyedError::CodesUsedUp)?;
        let code = codes::code(self.ring, &self.id(), email, (number, mode));
        let mut made = NewClaimCode {
            mode: mode.word().to_owned(),
            number,
            record: None,
            auth: None,
        };
        if mode == CodeMode::Instant {
            let ck = codes::stretch(&code, &self.id())?;
            let id = ClaimId::from_bytes(self.own.world.draw());
            let nonce = self.own.world.draw();
            let own = self.ring.fingerprint();
            let record = InstantRecord::seal(&self.key, &ck, (id, nonce), &self.parcel, &own)?;
            made.record = Some(B64(record.to_bytes()));
            made.auth = Some(B64(ck.auth(&id).hash().as_bytes().to_vec()));
        }
        Ok((code.expose().to_owned(), made))
    }
}

/// Signs the list of contents of level 3 or 4.
pub(crate) fn seal_signed(
    ring: &Ring,
    key: &ParcelKey,
    (id, flags): (ParcelId, depesche_seal::parcel::Flags),
    header: depesche_seal::stream::StreamHeader,
    manifest: &depesche_seal::manifest::Manifest,
) -> Result<SealedManifest, KeyedError> {
    let signing = ring.keyring().signing_key();
    let signer = signer(ring, &signing)?;
    Ok(signed::seal(key, (id, flags), header, manifest, &signer)?)
}
