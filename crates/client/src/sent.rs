//! What a sender does with posted parcels: withdraw, extend, send the mail again, add and drop recipients.
//!
//! Adding a recipient and sending a mail again need the parcel key and the links. They are in this profile's
//! record alone; another device, or a profile that did not send it, cannot.

use std::sync::Arc;

use depesche_api::{
    AddRecipients, DropRecipient, Language, NewRecipient, Notice, NoticeFile, Parcel, Resend,
    ResendNotice,
};
use depesche_seal::key::ParcelId;
use depesche_seal::link::LinkError;
use depesche_seal::link_text;
use depesche_seal::manifest::{Contents, Manifest};
use depesche_seal::parcel::{ParcelError, SealedManifest};
use depesche_seal::password::PasswordError;

use crate::draft::{Draft, Link, Record};
use crate::fault::Fault;
use crate::http::{CallError, Server};
use crate::profile::{Profile, ProfileError, Secret};
use crate::send::{Desk, LinkOptions, NOTICE_NAMES, link_url, make_link};

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
    /// Nobody of that address has a link.
    #[error("{0} has no link to this delivery; see `depesche show`")]
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
        let files = self.manifest.files.iter();
        let files = files.filter(|entry| !matches!(entry.contents, Contents::Folder));
        Notice {
            key: link_text::fragment(&link.secret).to_string(),
            file_count: files.clone().count() as u64,
            files: files
                .take(NOTICE_NAMES)
                .map(|entry| NoticeFile {
                    name: entry.name.to_string(),
                    size: entry.size(),
                })
                .collect(),
            language,
        }
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
        let link = links
            .iter()
            .find(|link| link.email.eq_ignore_ascii_case(email));
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
            link: made,
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
