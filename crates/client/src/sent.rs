//! What a sender does with posted parcels: withdraw, extend, send the mail again, add and drop recipients.
//!
//! Adding a recipient and sending a mail again need the parcel key and the links. They are in this profile's
//! record alone; another device, or a profile that did not send it, cannot.

use std::sync::Arc;

use depesche_api::{
    AddRecipients, DropRecipient, Language, NewRecipient, Notice, Parcel, Resend, ResendNotice,
    SetClaimCode,
};
use depesche_seal::key::ParcelId;
use depesche_seal::link::LinkError;
use depesche_seal::link_text;
use depesche_seal::manifest::Manifest;
use depesche_seal::parcel::{ParcelError, SealedManifest};
use depesche_seal::password::PasswordError;

use crate::address;
use crate::draft::{Draft, Link, Record};
use crate::fault::Fault;
use crate::http::{CallError, Server};
use crate::keyed::{CodeMode, KeyedError, Maker};
use crate::keyring::Ring;
use crate::own::Own;
use crate::profile::{Profile, ProfileError, Secret};
use crate::send::{
    Desk, Keyed, LinkOptions, link_url, make_keyed, make_link, names, notice, with_notice,
};

/// Nothing was changed, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SentError {
    /// Server or network.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The client's own folder.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The keys are elsewhere.
    #[error(
        "this device did not send that delivery, so it has not the keys; use the one that sent it"
    )]
    NoRecord,
    /// Keys: the own ones or those of others.
    #[error(transparent)]
    Keyed(#[from] KeyedError),
    /// Nobody of that address has a link.
    #[error("{0} is no recipient of this delivery; see `depesche show`")]
    NoLink(String),
    /// The list of contents cannot be opened.
    #[error(transparent)]
    Parcel(#[from] ParcelError),
    /// The link cannot be made.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The link password cannot be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
}

impl SentError {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Profile(error) => error.code(),
            Self::NoRecord => "keys_elsewhere",
            Self::Keyed(error) => error.code(),
            Self::NoLink(_) => "not_a_recipient",
            Self::Parcel(error) => error.code(),
            Self::Link(error) => error.code(),
            Self::Password(error) => error.code(),
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Call(error) => error.fault(),
            Self::Profile(error) => error.fault(),
            Self::Keyed(error) => error.fault(),
            Self::NoRecord | Self::NoLink(_) => Fault::Gone,
            Self::Password(_) => Fault::Usage,
            Self::Parcel(_) | Self::Link(_) => Fault::Other,
        }
    }
}

/// Address and link of each recipient, as far as this profile has them.
///
/// # Errors
/// [`SentError::Profile`].
pub fn links(
    profile: &Profile,
    public_url: &str,
    parcel: &ParcelId,
) -> Result<Vec<(String, Secret)>, SentError> {
    let record = Draft::posted(profile, parcel)?.map(|draft| draft.record());
    let links = record.map(|record| record.links).unwrap_or_default();
    Ok(links
        .iter()
        .map(|link| (link.email.clone(), link_url(public_url, link)))
        .collect())
}

/// Withdraws a parcel and forgets its keys.
///
/// # Errors
/// [`SentError::Call`], [`SentError::Profile`].
pub async fn withdraw(
    server: &Server,
    profile: &Profile,
    parcel: &ParcelId,
) -> Result<Parcel, SentError> {
    let withdrawn = server.withdraw_parcel(&parcel.to_string()).await?;
    if let Some(draft) = Draft::posted(profile, parcel)? {
        draft.forget()?;
    }
    Ok(withdrawn)
}

/// Gives a parcel another deadline, ms.
///
/// # Errors
/// [`SentError::Call`], [`SentError::Profile`].
pub async fn extend(
    server: &Server,
    profile: &Profile,
    parcel: &ParcelId,
    expires: i64,
) -> Result<Parcel, SentError> {
    let extended = server.extend(&parcel.to_string(), expires).await?;
    if let Some(draft) = Draft::posted(profile, parcel)? {
        draft.set_posted(extended.expires)?;
    }
    Ok(extended)
}

/// A posted parcel's record together with its list of contents.
struct Opened {
    draft: Arc<Draft>,
    record: Record,
    sealed: SealedManifest,
    manifest: Manifest,
}

async fn open(server: &Server, profile: &Profile, parcel: &ParcelId) -> Result<Opened, SentError> {
    let draft = Draft::posted(profile, parcel)?.ok_or(SentError::NoRecord)?;
    let record = draft.record();
    let bytes = server.sent_manifest(&parcel.to_string()).await?;
    let sealed = SealedManifest::parse(bytes)?;
    let manifest = sealed.open(&record.key)?;
    Ok(Opened {
        draft: Arc::new(draft),
        record,
        sealed,
        manifest,
    })
}

impl Opened {
    fn notice(&self, link: &Link, language: Language) -> Notice {
        let key = link_text::fragment(&link.secret).to_string();
        notice(self.record.level, key, names(&self.manifest), language)
    }
}

/// Sends the mail again: to `only`, else to everybody who has a link.
///
/// # Errors
/// [`SentError`].
pub async fn resend(
    server: &Server,
    profile: &Profile,
    parcel: &ParcelId,
    only: &[String],
    language: Language,
) -> Result<Parcel, SentError> {
    let opened = open(server, profile, parcel).await?;
    let links = &opened.record.links;
    let mut chosen: Vec<&Link> = Vec::new();
    for email in only {
        let link = links.iter().find(|link| address::same(&link.email, email));
        chosen.push(link.ok_or_else(|| SentError::NoLink(email.clone()))?);
    }
    if only.is_empty() {
        chosen.extend(links);
    }
    let notices = chosen.into_iter().map(|link| ResendNotice {
        email: link.email.clone(),
        notice: opened.notice(link, language),
    });
    let request = Resend {
        notices: notices.collect(),
    };
    Ok(server.resend(&parcel.to_string(), &request).await?)
}

/// Adds a recipient with a link of his own. Gives the parcel and that link.
///
/// # Errors
/// [`SentError`].
pub async fn add_recipient(
    desk: Desk<'_>,
    parcel: &ParcelId,
    email: &str,
    options: &LinkOptions,
    mail: Option<Language>,
) -> Result<(Parcel, Secret), SentError> {
    let opened = open(desk.server, desk.profile, parcel).await?;
    let link = Link::make(email, desk.world);
    let stretched = tokio::task::block_in_place(|| options.stretch(desk.world))?;
    let made = make_link(
        &link,
        options,
        stretched.as_ref(),
        &opened.sealed,
        &opened.record.key,
        desk.world,
    )?;
    let request = AddRecipients {
        recipients: vec![NewRecipient {
            email: email.to_owned(),
            link: Some(made),
            stanza: None,
            verified: None,
            claim_code: None,
            limit: None,
            notice: mail.map(|language| opened.notice(&link, language)),
        }],
    };
    let added = desk
        .server
        .add_recipients(&parcel.to_string(), &request)
        .await?;
    let url = link_url(&desk.info.public_url, &link);
    // Afterwards: an address that is a recipient already must keep the link it has.
    opened.draft.put_link(link)?;
    Ok((added, url))
}

/// Adds a recipient to a delivery of level 3 or 4. Gives the parcel and the claim code, if there is one.
///
/// # Errors
/// [`SentError`].
pub async fn add_keyed(
    own: Own<'_>,
    ring: &Ring,
    parcel: &ParcelId,
    email: &str,
    (limit, code): (Option<u32>, Option<CodeMode>),
    mail: Option<Language>,
) -> Result<(Parcel, Option<Secret>), SentError> {
    let (maker, manifest) = Maker::of_posted(own, ring, parcel).await?;
    let emails = [email.to_owned()];
    let keyed = Keyed {
        emails: &emails,
        code,
        limit,
        reply: None,
    };
    let mut made = make_keyed(own, ring, &maker, &keyed).await?;
    if let Some(language) = mail {
        let level = maker.parcel.header.flags().level.number();
        with_notice(&mut made.recipients, level, names(&manifest), language);
    }
    let request = AddRecipients {
        recipients: made.recipients,
    };
    let added = own
        .server
        .add_recipients(&parcel.to_string(), &request)
        .await?;
    let code = made.codes.pop().map(|(_, words)| Secret::new(words));
    Ok((added, code))
}

/// A claim code for somebody who waits, in the place of the one before. Gives the parcel and the words.
///
/// # Errors
/// [`SentError`].
pub async fn new_code(
    own: Own<'_>,
    ring: &Ring,
    parcel: &Parcel,
    email: &str,
    mode: CodeMode,
) -> Result<(Parcel, Secret), SentError> {
    let id = ParcelId::parse(&parcel.id).map_err(|_| KeyedError::Exchanged)?;
    let mut all = parcel.recipients.iter();
    let found = all.find(|r| address::same(&r.email, email));
    let found = found.ok_or_else(|| SentError::NoLink(email.to_owned()))?;
    let (maker, _) = Maker::of_posted(own, ring, &id).await?;
    let before = found.claim_code.as_ref().map(|code| code.number);
    let (words, claim_code) = maker.claim_code(&found.email, mode, before)?;
    let request = SetClaimCode {
        email: found.email.clone(),
        claim_code,
    };
    let changed = own.server.set_claim_code(&parcel.id, &request).await?;
    Ok((changed, Secret::new(words)))
}

/// Sends the mail about a delivery of level 3 or 4 again: to `only`, else to everybody. Names of level 3 are in the
/// sealed list of contents alone, so they need the keyring.
///
/// # Errors
/// [`SentError`].
pub async fn resend_keyed(
    own: Own<'_>,
    ring: Option<&Ring>,
    parcel: &Parcel,
    only: &[String],
    language: Language,
) -> Result<Parcel, SentError> {
    let id = ParcelId::parse(&parcel.id).map_err(|_| KeyedError::Exchanged)?;
    let manifest = match ring {
        Some(ring) if parcel.level == 3 => Some(Maker::of_posted(own, ring, &id).await?.1),
        _ => None,
    };
    let is = |email: &str| {
        parcel
            .recipients
            .iter()
            .find(|r| address::same(&r.email, email))
    };
    let mut chosen = Vec::new();
    for email in only {
        let recipient = is(email).ok_or_else(|| SentError::NoLink(email.clone()))?;
        chosen.push(recipient.email.clone());
    }
    if only.is_empty() {
        let there = parcel.recipients.iter().filter(|r| r.state != "dropped");
        chosen.extend(there.map(|r| r.email.clone()));
    }
    let files: Vec<(String, u64)> = manifest.iter().flat_map(names).collect();
    let notices = chosen.into_iter().map(|email| ResendNotice {
        email,
        notice: notice(parcel.level, String::new(), files.iter().cloned(), language),
    });
    let request = Resend {
        notices: notices.collect(),
    };
    Ok(own.server.resend(&parcel.id, &request).await?)
}

/// Drops a recipient: the link opens nothing any more.
///
/// # Errors
/// [`SentError::Call`], [`SentError::Profile`].
pub async fn drop_recipient(
    server: &Server,
    profile: &Profile,
    parcel: &ParcelId,
    email: &str,
) -> Result<Parcel, SentError> {
    let request = DropRecipient {
        email: email.to_owned(),
    };
    let dropped = server.drop_recipient(&parcel.to_string(), &request).await?;
    if let Some(draft) = Draft::posted(profile, parcel)? {
        draft.drop_link(email)?;
    }
    Ok(dropped)
}
