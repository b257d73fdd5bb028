//! What opens a parcel for each recipient: a link at levels 1 and 2, a stanza or a code at levels 3 and 4.

use depesche_api::{Language, NewRecipient, ReplyTo};
use depesche_seal::key::ParcelId;
use depesche_seal::manifest::InReplyTo;
use depesche_seal::parcel::Level;
use depesche_seal::record::KeyRecord;
use depesche_seal::trust::Pin;

use crate::address;
use crate::keyed::{CodeMode, KeyedError, Maker};
use crate::keyring::Ring;
use crate::own::Own;
use crate::people::{self, PersonKey, Trust};

/// What an order answers.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Which delivery.
    pub parcel: ParcelId,
    /// Its level.
    pub level: Level,
    /// At levels 3 and 4: the key that signed it, and how far that is trusted.
    pub key: Option<PersonKey>,
}

impl Reply {
    pub(super) fn wire(&self) -> ReplyTo {
        ReplyTo {
            parcel: self.parcel.to_string(),
        }
    }

    pub(super) const fn inside(&self) -> InReplyTo {
        InReplyTo {
            parcel: self.parcel,
            level: self.level,
        }
    }
}

/// What is common to the recipients with keys.
#[derive(Debug, Clone)]
pub(crate) struct Keyed<'a> {
    pub(crate) emails: &'a [String],
    pub(crate) code: Option<CodeMode>,
    pub(crate) limit: Option<u32>,
    pub(crate) reply: Option<&'a Reply>,
}

/// The recipients of a parcel of level 3 or 4.
#[derive(Debug, Default)]
pub(crate) struct Made {
    pub(crate) recipients: Vec<NewRecipient>,
    /// Address and words.
    pub(crate) codes: Vec<(String, String)>,
    /// Addresses whose key is another than the pinned one.
    pub(crate) changed: Vec<String>,
    /// Pins that move on to a newer key.
    pub(crate) pins: Vec<Pin>,
}

/// Makes a stanza for every key that is trusted enough, and a code for the others if that is wanted.
pub(crate) async fn make(
    own: Own<'_>,
    ring: &Ring,
    maker: &Maker<'_>,
    keyed: &Keyed<'_>,
) -> Result<Made, KeyedError> {
    let keys = people::ask(own, ring, keyed.emails).await?;
    let level = maker.parcel.header.flags().level;
    let mut made = Made::default();
    for email in keyed.emails {
        let key = keys.get(&address::folded(email));
        let stanza = match keyed.reply {
            Some(reply) => reply_stanza(reply),
            None => key.and_then(|key| ready(key, level)),
        };
        if key.is_some_and(|key| key.trust == Trust::Changed) && stanza.is_none() {
            made.changed.push(email.clone());
        }
        if let (Some(key), Some(pin)) = (key, key.and_then(|key| ring.pin(&key.account, email)))
            && matches!(key.trust, Trust::Seen | Trust::Verified)
            && pin.fingerprint != key.fingerprint()
        {
            made.pins
                .push(key.pin(email, pin.verified, own.world.now()));
        }
        let mut recipient = NewRecipient {
            email: email.clone(),
            link: None,
            stanza: None,
            verified: None,
            claim_code: None,
            limit: keyed.limit,
            notice: None,
        };
        match (stanza, keyed.code) {
            (Some((record, verified)), _) => {
                let stanza = maker.stanza(&record)?;
                recipient.stanza = Some(depesche_api::B64(stanza.to_bytes()));
                recipient.verified = Some(verified.to_owned());
            }
            (None, Some(mode)) => {
                let (words, code) = maker.claim_code(email, mode, None)?;
                recipient.claim_code = Some(code);
                made.codes.push((email.clone(), words));
            }
            (None, None) => {}
        }
        made.recipients.push(recipient);
    }
    Ok(made)
}

/// The key to seal to at once, and what the server is told of it.
fn ready(key: &PersonKey, level: Level) -> Option<(KeyRecord, &'static str)> {
    let verified = match (key.trust, level) {
        (Trust::Verified, _) => "pinned",
        (Trust::Seen, Level::KeyedFiles) => "no",
        _ => return None,
    };
    Some((key.record().clone(), verified))
}

/// A reply may go to the key that signed what it answers, verified or not.
fn reply_stanza(reply: &Reply) -> Option<(KeyRecord, &'static str)> {
    let key = reply.key.as_ref()?;
    let verified = match key.trust {
        Trust::Verified => "pinned",
        Trust::Changed => return None,
        _ => "reply",
    };
    Some((key.record().clone(), verified))
}

/// The notices of recipients, all alike.
pub(crate) fn with_notice(
    recipients: &mut [NewRecipient],
    level: u8,
    files: impl Iterator<Item = (String, u64)> + Clone,
    language: Language,
) {
    for recipient in recipients {
        let files = files.clone();
        recipient.notice = Some(super::contents::notice(
            level,
            String::new(),
            files,
            language,
        ));
    }
}
