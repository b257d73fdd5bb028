//! A delivery received, from the inbox: with the own key at levels 3 and 4, and at level 2 once it has a stanza.

use depesche_api::{B64, InboxDelivery, InboxOpen, InstantAuth, OwnStanza, RegisterTag};
use depesche_seal::going_on;
use depesche_seal::key::{ClaimId, Hash, ParcelId, ParcelKey};
use depesche_seal::manifest::Sender;
use depesche_seal::parcel::{Header, SealedManifest};
use depesche_seal::record::Chain;
use depesche_seal::release::{InstantRecord, Parties, Tag};
use depesche_seal::stanza::{Binding, OpenedParcel, ReleasedStanza, Stanza};
use depesche_seal::stream::StreamHeader;
use depesche_seal::trust::{Origin, SenderKey, Verified};
use depesche_seal::words::Phrase;

use super::error::FetchError;
use super::incoming::Incoming;
use super::visit::{Letter, Visit};
use crate::address;
use crate::http::{CallError, Server};
use crate::keyed::{self, CodeMode, KeyedError, opener, signer};
use crate::keyring::{self, Ring};
use crate::own::Own;
use crate::people::{self, PersonKey, Trust};
use crate::profile::{ProfileError, put_file, remove_file};

/// A delivery received, not opened yet.
#[derive(Debug)]
pub struct Received<'a> {
    own: Own<'a>,
    id: ParcelId,
    /// As the server has it.
    pub delivery: InboxDelivery,
}

/// How a claim code was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// It opens now.
    Opens,
    /// The sender's client checks it; then it opens.
    Waits,
}

/// A delivery that the own key opened.
#[derive(Debug)]
pub struct Opened {
    /// Level, sender, subject and message, as far as they are proven.
    pub letter: Letter,
    /// What is inside.
    pub parcel: OpenedParcel,
    /// The key that signed it; none if nothing did.
    pub signed_by: Option<PersonKey>,
    server: Server,
}

impl<'a> Received<'a> {
    /// Asks for it. Changes nothing.
    ///
    /// # Errors
    /// [`FetchError::Call`].
    pub async fn look(own: Own<'a>, id: ParcelId) -> Result<Self, FetchError> {
        let delivery = own.server.delivery(&id.to_string()).await?;
        if delivery.summary.id != id.to_string() {
            return Err(FetchError::Exchanged);
        }
        Ok(Self { own, id, delivery })
    }

    /// Whether a stanza is there.
    #[must_use]
    pub const fn is_released(&self) -> bool {
        self.delivery.stanza.is_some()
    }

    /// What its stanzas bind, as the server says; it is right if they open.
    fn binding(&self) -> Result<Binding, FetchError> {
        let header = self.delivery.header.as_ref();
        let header = header.and_then(|bytes| Header::parse(&bytes.0).ok());
        let hash = self.delivery.manifest_hash.as_ref();
        let hash = hash.and_then(|bytes| <[u8; 32]>::try_from(bytes.0.as_slice()).ok());
        match (header, hash) {
            (Some(header), Some(hash)) if header.id() == self.id => Ok(Binding {
                header,
                manifest: Hash::from_bytes(hash),
            }),
            _ => Err(FetchError::Exchanged),
        }
    }

    /// The sender's key records, as the server gives them.
    fn sender_chain(&self) -> Result<Chain, FetchError> {
        let chain = keyring::chain_of_any(&self.delivery.sender_records);
        Ok(chain.map_err(|source| self.wrong_record(source))?)
    }

    fn wrong_record(&self, source: depesche_seal::record::RecordError) -> KeyedError {
        let email = self.delivery.summary.sender.email.clone();
        people::PeopleError::Record { email, source }.into()
    }

    /// Shows a claim code: opens at once, or has the sender's client check it.
    ///
    /// # Errors
    /// [`FetchError`]; a wrong code costs a try.
    pub async fn claim(&mut self, ring: &Ring, typed: &str) -> Result<Claimed, FetchError> {
        let standing = self.delivery.claim_code.clone();
        let standing = standing.ok_or(FetchError::NoCode)?;
        let mode = CodeMode::parse(&standing.mode).ok_or(FetchError::NoCode)?;
        let chain = self.sender_chain()?;
        let sender = chain.current().record();
        let phrase = keyed::read_code(typed, sender.word_list(), mode)?;
        let claim = keyed::stretch(&phrase, &self.id)?;
        let parties = Parties {
            sender: sender.fingerprint(),
            recipient: ring.fingerprint(),
        };
        let id = self.id.to_string();
        match mode {
            CodeMode::Confirm => {
                let tag = claim.register(&parties);
                let request = RegisterTag {
                    tag_b: B64(tag.as_bytes().to_vec()),
                };
                self.own.server.register_tag(&id, &request).await?;
                self.keep_code(ring, &phrase)?;
                Ok(Claimed::Waits)
            }
            CodeMode::Instant => {
                let name = standing
                    .id
                    .as_deref()
                    .and_then(|id| ClaimId::parse(id).ok());
                let name = name.ok_or(FetchError::Exchanged)?;
                let auth = InstantAuth {
                    auth: B64(claim.auth(&name).expose().to_vec()),
                };
                let given = match self.own.server.instant(&id, &auth).await {
                    Err(CallError::Refused(problem)) if problem.code == "wrong_code" => {
                        let left = problem.tries_left.unwrap_or(0);
                        return Err(FetchError::WrongCode { left });
                    }
                    given => given?,
                };
                let record = InstantRecord::parse(&given.record.0).map_err(KeyedError::from)?;
                let parcel = self.binding()?;
                let key = record.open(&claim, &parcel, &parties.sender);
                let key = key.map_err(KeyedError::from)?;
                let stanza = self.own_stanza(ring, &key, &parcel)?;
                let ack = claim.acknowledge(&key, &parties, &parcel, stanza.stanza());
                let ack = B64(ack.map_err(KeyedError::from)?.as_bytes().to_vec());
                self.keep_stanza(stanza, Some(ack)).await?;
                self.keep_code(ring, &phrase)?;
                Ok(Claimed::Opens)
            }
        }
    }

    fn own_stanza(
        &self,
        ring: &Ring,
        key: &ParcelKey,
        parcel: &Binding,
    ) -> Result<ReleasedStanza, KeyedError> {
        let record = ring.chain().current().record();
        let stanza = Stanza::seal(key, record, parcel, &self.own.world.draw())?;
        let signing = ring.keyring().signing_key();
        let signer = signer(ring, &signing)?;
        Ok(stanza.release_as_opener(&signer, parcel)?)
    }

    async fn keep_stanza(
        &mut self,
        stanza: ReleasedStanza,
        ack: Option<B64>,
    ) -> Result<(), FetchError> {
        let stanza = B64(stanza.to_bytes());
        let request = OwnStanza {
            stanza: stanza.clone(),
            ack,
        };
        let id = self.id.to_string();
        self.own.server.own_stanza(&id, &request).await?;
        self.delivery.stanza = Some(stanza);
        Ok(())
    }

    /// Level 2: from now on the own key opens it too, and the link is needed no more.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn keep_key(&mut self, ring: &Ring, visit: &Visit) -> Result<(), FetchError> {
        if self.is_released() {
            return Ok(());
        }
        let Some((key, parcel)) = visit.opened_by_link() else {
            return Ok(());
        };
        let stanza = self.own_stanza(ring, key, parcel)?;
        self.keep_stanza(stanza, None).await
    }

    /// Opens it with the own key, and checks every signature. A person's act: it counts as opened.
    ///
    /// # Errors
    /// [`FetchError`]. Nothing of the contents has been shown then.
    pub async fn open(
        &self,
        ring: &mut Ring,
        incoming: &Incoming,
        typed: Option<&str>,
    ) -> Result<Opened, FetchError> {
        let token = incoming.token();
        let bytes = data_encoding::BASE64URL_NOPAD.decode(token.expose().as_bytes());
        let request = InboxOpen {
            token: B64(bytes.map_err(|_| FetchError::Interrupted)?),
        };
        let given = self
            .own
            .server
            .inbox_open(&self.id.to_string(), &request)
            .await?;
        let server = self.own.server.with_claim(token.expose());
        let manifest = match given.manifest {
            Some(manifest) => manifest.0,
            None => server.claimed_manifest().await?,
        };
        let sealed = SealedManifest::parse(manifest)?;
        let level = self.delivery.summary.level;
        if sealed.header().id() != self.id || sealed.header().flags().level.number() != level {
            return Err(FetchError::Exchanged);
        }
        let stanza = self
            .delivery
            .stanza
            .as_ref()
            .ok_or(FetchError::NotReleased)?;
        let released = ReleasedStanza::parse(&stanza.0).map_err(KeyedError::from)?;
        let bare = released.stanza().clone();
        let opener = opener(ring, bare.fingerprint())?;
        let half = released.open(&opener, &sealed).map_err(KeyedError::from)?;
        let (sender, signed_by) = self.sender_key(ring, half.sender())?;
        let parcel = half.check(sender.as_ref()).map_err(KeyedError::from)?;
        let checked = self.check_code(ring, typed, &parcel, (&Binding::of(&sealed), &bare))?;
        let letter = self.letter(ring, &parcel, checked);
        self.pin(ring, &parcel, signed_by.as_ref(), checked).await?;
        Ok(Opened {
            letter,
            parcel,
            signed_by,
            server,
        })
    }

    /// The key of the sender that the contents state: among the records of that account, and the pinned one if one is.
    fn sender_key(
        &self,
        ring: &Ring,
        stated: &Sender,
    ) -> Result<(Option<SenderKey>, Option<PersonKey>), FetchError> {
        let Some(account) = stated.account else {
            return Ok((None, None));
        };
        if account == ring.account() {
            let own = SenderKey::own(ring.chain(), stated, &ring.fingerprint());
            return Ok((own.ok(), None));
        }
        if self.delivery.sender_records.is_empty() {
            return Ok((None, None));
        }
        let chain = keyring::chain(&self.delivery.sender_records, &account);
        let chain = chain.map_err(|source| self.wrong_record(source))?;
        let pin = ring.pin(&account, &stated.address);
        // At levels 1 and 2 nobody signs.
        if stated.fingerprint.is_none() {
            return Ok((None, None));
        }
        let key = SenderKey::find(&chain, stated, pin).map_err(KeyedError::from)?;
        let trust = people::trust(&chain, pin);
        let person = PersonKey {
            account,
            chain,
            trust,
        };
        Ok((Some(key), Some(person)))
    }

    /// Whether the sender has proven the claim code; false if there was none, or it is not known here.
    fn check_code(
        &self,
        ring: &Ring,
        typed: Option<&str>,
        parcel: &OpenedParcel,
        (binding, stanza): (&Binding, &Stanza),
    ) -> Result<bool, FetchError> {
        let (Some(tag), Some(sender)) = (&self.delivery.tag_a, parcel.manifest.sender.fingerprint)
        else {
            return Ok(false);
        };
        let list = self.sender_chain()?.current().record().word_list();
        let phrase = match typed {
            Some(typed) => Some(keyed::read_code(typed, list, CodeMode::Confirm)?),
            None => self.kept_code(ring, list),
        };
        let Some(phrase) = phrase else {
            return Ok(false);
        };
        let claim = keyed::stretch(&phrase, &self.id)?;
        let tag = <[u8; 32]>::try_from(tag.0.as_slice()).map_err(|_| FetchError::Exchanged)?;
        let parties = Parties {
            sender,
            recipient: *stanza.fingerprint(),
        };
        let checked = claim.check_release(&parties, binding, stanza, &Tag::from_bytes(tag));
        checked.map_err(KeyedError::from)?;
        Ok(true)
    }

    fn letter(&self, ring: &Ring, parcel: &OpenedParcel, by_code: bool) -> Letter {
        let summary = &self.delivery.summary;
        let stated = &parcel.manifest.sender;
        let pin = stated.account.and_then(|a| ring.pin(&a, &stated.address));
        let same = pin.is_none_or(|pin| address::same(&pin.address, &stated.address));
        let sender = match parcel.origin {
            Origin::Own => "own",
            _ if by_code => "verified",
            Origin::Pinned(Verified::Code | Verified::Words) if same => "verified",
            Origin::Pinned(_) | Origin::NotVerified => "not_verified",
            Origin::Outside => "stated",
            Origin::Unsigned => "unsigned",
        };
        let inside = |text: &Option<String>, outside: &str| match (summary.level, text) {
            (4, text) => text.clone().unwrap_or_default(),
            _ => outside.to_owned(),
        };
        Letter {
            parcel: summary.id.clone(),
            level: summary.level,
            sender_email: match parcel.origin {
                Origin::Unsigned => summary.sender.email.clone(),
                _ => stated.address.clone(),
            },
            sender,
            subject: inside(&parcel.manifest.subject, &summary.subject),
            message: inside(&parcel.manifest.body, &self.delivery.message),
        }
    }

    /// Keeps the sender's key: a later change is noticed.
    async fn pin(
        &self,
        ring: &mut Ring,
        parcel: &OpenedParcel,
        signed_by: Option<&PersonKey>,
        by_code: bool,
    ) -> Result<(), FetchError> {
        let Some(key) = signed_by else { return Ok(()) };
        let address = &parcel.manifest.sender.address;
        let before = ring.pin(&key.account, address).map(|pin| pin.verified);
        let verified = match (by_code, before, key.trust) {
            (true, ..) => Verified::Code,
            (false, None, Trust::New) => Verified::No,
            _ => return Ok(()),
        };
        if before.is_some_and(|before| before != Verified::No) && key.trust == Trust::Verified {
            return Ok(());
        }
        ring.set_pin(key.pin(address, verified, self.own.world.now()));
        ring.save(self.own).await.map_err(KeyedError::from)?;
        self.forget_code()?;
        Ok(())
    }

    fn code_path(&self) -> std::path::PathBuf {
        let incoming = self.own.profile.incoming();
        incoming.join(self.id.to_string()).with_extension("code")
    }

    /// The sender's proof comes later, and needs the code again. It lies sealed to the keyring until then.
    fn keep_code(&self, ring: &Ring, phrase: &Phrase) -> Result<(), FetchError> {
        let header = StreamHeader::from_random(&self.own.world.draw());
        let text = phrase.expose().as_bytes();
        let sealed = going_on::seal(ring.key(), &self.id, header, text);
        let sealed = sealed.map_err(|_| FetchError::Interrupted)?;
        let path = self.code_path();
        put_file(&path, &sealed)
            .map(drop)
            .map_err(ProfileError::at(&path))?;
        Ok(())
    }

    fn kept_code(&self, ring: &Ring, list: depesche_seal::record::WordList) -> Option<Phrase> {
        let sealed = std::fs::read(self.code_path()).ok()?;
        let text = going_on::open(ring.key(), &self.id, &sealed).ok()?;
        let text = std::str::from_utf8(&text).ok()?;
        keyed::read_code(text, list, CodeMode::Confirm).ok()
    }

    fn forget_code(&self) -> Result<(), FetchError> {
        let path = self.code_path();
        Ok(remove_file(&path).map_err(ProfileError::at(&path))?)
    }
}

impl Opened {
    /// Goes on to the files.
    #[must_use]
    pub fn visit(self) -> Visit {
        Visit::keyed(self.server, self.letter, self.parcel.manifest)
    }
}
