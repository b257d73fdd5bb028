//! From a link to an opened letter: knock, log in, prove the password, give the code, enter.

use depesche_api::{AskCode, AskInvitation, B64, Language, LinkProof, Look, Open};
use depesche_seal::key::{LinkId, ParcelId, ParcelKey, StretchedPassword};
use depesche_seal::link::{LinkSecret, Record};
use depesche_seal::manifest::Manifest;
use depesche_seal::parcel::SealedManifest;
use depesche_seal::password::Params;
use depesche_seal::stanza::Binding;

use super::error::FetchError;
use super::incoming::Incoming;
use crate::http::Server;

/// In front of a delivery: what its link alone shows. Nothing is used up here.
#[derive(Debug)]
pub struct Door {
    server: Server,
    link: LinkId,
    secret: LinkSecret,
    password: Option<StretchedPassword>,
    look: Look,
}

impl Door {
    /// Shows the link and sees what it shows.
    ///
    /// # Errors
    /// [`FetchError::Call`].
    pub async fn knock(
        server: &Server,
        link: LinkId,
        secret: LinkSecret,
    ) -> Result<Self, FetchError> {
        let proof = proof(&link, &secret, None);
        let look = server.look(&link.to_string(), &proof).await?;
        Ok(Self {
            server: server.clone(),
            link,
            secret,
            password: None,
            look,
        })
    }

    /// What the link shows.
    #[must_use]
    pub const fn look(&self) -> &Look {
        &self.look
    }

    /// Whether a password is asked for and not yet proven.
    #[must_use]
    pub const fn wants_password(&self) -> bool {
        self.look.password.is_some() && self.password.is_none()
    }

    /// Proves the password. Takes 64 MiB or more and a good part of a second.
    ///
    /// # Errors
    /// [`FetchError::Call`] with `wrong_password`, [`FetchError::Password`].
    pub async fn unlock(&mut self, password: &str) -> Result<(), FetchError> {
        let Some(params) = &self.look.password else {
            return Ok(());
        };
        let salt = params.salt.0.as_slice().try_into();
        let salt = salt.map_err(|_| FetchError::Exchanged)?;
        let params = Params::new(params.m, params.t, salt)?;
        let key = tokio::task::block_in_place(|| params.stretch(password))?;
        let proof = proof(&self.link, &self.secret, Some(&key));
        self.look = self.server.look(&self.link.to_string(), &proof).await?;
        self.password = Some(key);
        Ok(())
    }

    /// Whether a login is asked for and was not shown.
    #[must_use]
    pub const fn wants_login(&self) -> bool {
        self.look.login
    }

    /// Knocks again as the owner of a session at this server.
    ///
    /// # Errors
    /// [`FetchError::Call`].
    pub async fn log_in(&mut self, session: &str) -> Result<(), FetchError> {
        self.server = self.server.with_session(session);
        let proof = proof(&self.link, &self.secret, self.password.as_ref());
        self.look = self.server.look(&self.link.to_string(), &proof).await?;
        Ok(())
    }

    /// Has an invitation mailed, if the address is the recipient's and has no account. The answer is always the same.
    ///
    /// # Errors
    /// [`FetchError::Call`].
    pub async fn invite(&self, email: &str, language: Language) -> Result<(), FetchError> {
        let ask = AskInvitation {
            proof: proof(&self.link, &self.secret, self.password.as_ref()),
            email: email.to_owned(),
            language,
        };
        Ok(self.server.invite(&self.link.to_string(), &ask).await?)
    }

    /// Has a code mailed, if the address is the recipient's. The answer is the same in any case.
    ///
    /// # Errors
    /// [`FetchError::Call`].
    pub async fn ask_code(&self, email: &str, language: Language) -> Result<(), FetchError> {
        let ask = AskCode {
            proof: proof(&self.link, &self.secret, self.password.as_ref()),
            email: email.to_owned(),
            language,
        };
        Ok(self.server.ask_code(&self.link.to_string(), &ask).await?)
    }

    /// Opens the letter and the list of contents. Counts nothing yet.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn enter(
        &self,
        email: &str,
        code: Option<&str>,
        incoming: &Incoming,
    ) -> Result<Visit, FetchError> {
        let token = incoming.token();
        let bytes = data_encoding::BASE64URL_NOPAD.decode(token.expose().as_bytes());
        let open = Open {
            proof: proof(&self.link, &self.secret, self.password.as_ref()),
            email: email.to_owned(),
            code: code.map(str::to_owned),
            token: B64(bytes.map_err(|_| FetchError::Interrupted)?),
        };
        let letter = self.server.open(&self.link.to_string(), &open).await?;
        let server = self.server.with_claim(token.expose());
        let manifest = match &self.look.manifest {
            Some(manifest) => manifest.0.clone(),
            None => server.claimed_manifest().await?,
        };
        let (manifest, opened) = self.open_manifest(&letter, manifest)?;
        let letter = Letter {
            parcel: letter.parcel,
            level: letter.level,
            sender_email: letter.sender.email,
            sender: "unsigned",
            subject: letter.subject,
            message: letter.message,
        };
        Ok(Visit {
            server,
            letter,
            manifest,
            opened: Some(opened),
        })
    }

    fn open_manifest(
        &self,
        letter: &depesche_api::Letter,
        bytes: Vec<u8>,
    ) -> Result<(Manifest, (ParcelKey, Binding)), FetchError> {
        let sealed = SealedManifest::parse(bytes)?;
        let header = sealed.header();
        let named = ParcelId::parse(&letter.parcel).map_err(|_| FetchError::Exchanged)?;
        if header.id() != named || header.flags().level.number() != letter.level {
            return Err(FetchError::Exchanged);
        }
        let record = Record::parse(&letter.record.0)?;
        if record.head().id != self.link {
            return Err(FetchError::Exchanged);
        }
        let key = record.open(&self.secret, self.password.as_ref(), header, sealed.hash())?;
        let manifest = sealed.open(&key)?;
        Ok((manifest, (key, Binding::of(&sealed))))
    }
}

/// The letter: from whom, and what it says.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Which parcel.
    pub parcel: String,
    /// 1 to 4.
    pub level: u8,
    /// Who wrote.
    pub sender_email: String,
    /// How far that is proven: `verified`, `not_verified`, `stated`, `own`, or `unsigned` (levels 1 and 2).
    pub sender: &'static str,
    /// May be empty.
    pub subject: String,
    /// May be empty.
    pub message: String,
}

/// Inside: the letter, the list of contents, and the right to download.
#[derive(Debug)]
pub struct Visit {
    pub(super) server: Server,
    /// The letter.
    pub letter: Letter,
    /// The verified list of contents.
    pub manifest: Manifest,
    /// The parcel's key, where a link opened it.
    opened: Option<(ParcelKey, Binding)>,
}

impl Visit {
    pub(super) const fn keyed(server: Server, letter: Letter, manifest: Manifest) -> Self {
        Self {
            server,
            letter,
            manifest,
            opened: None,
        }
    }

    pub(super) const fn opened_by_link(&self) -> Option<&(ParcelKey, Binding)> {
        self.opened.as_ref()
    }
}

fn proof(link: &LinkId, secret: &LinkSecret, password: Option<&StretchedPassword>) -> LinkProof {
    LinkProof {
        auth: B64(secret.auth(link).expose().to_vec()),
        auth2: password.map(|pw| B64(secret.auth2(link, pw).expose().to_vec())),
    }
}
