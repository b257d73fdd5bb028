//! The wire's shapes from the service's values, and back.

use crate::error::Error;
use crate::map_handoffs;
pub(crate) use crate::plain::{account, claim, sender};
use crate::shapes;
use depesche_api as api;
use depesche_service::domain::account::Session;
use depesche_service::domain::effect::{Notice, NoticeFile};
use depesche_service::domain::parcel::{FileObject, Reason, Recipient};
use depesche_service::domain::{Address, FileId, Level, ParcelId, SessionId, Time};
use depesche_service::drafts::Arrived;
use depesche_service::orders::{Wanted, WantedKey, WantedOrder, WantedWay};
use depesche_service::parcels::{self, Details, RecipientDetails};
use depesche_service::visits::{Letter, Look, Proof};
use depesche_service::{Brand, Context, Error as ServiceError, first};

/// Where the logo is served, if there is one.
pub(crate) const LOGO: &str = "/brand/logo";

fn brand(brand: &Brand) -> api::Brand {
    let set = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    api::Brand {
        logo: brand.logo.as_ref().map(|_| LOGO.into()),
        colour: set(&brand.colour),
        imprint: set(&brand.imprint),
        privacy: set(&brand.privacy),
    }
}

pub(crate) fn info(ctx: &Context) -> api::Info {
    let settings = &ctx.settings;
    let policy = &settings.policy;
    api::Info {
        version: env!("CARGO_PKG_VERSION").into(),
        public_url: settings.public_url.clone(),
        name: settings.name.clone(),
        brand: brand(&settings.brand),
        first_run: first::is_open(ctx),
        levels: api::Levels {
            lowest: policy.lowest.number(),
            default: policy.default.number(),
            highest: policy.highest.number(),
        },
        limits: api::Limits {
            delivery: policy.largest,
            retention: policy.retention.ms(),
        },
        handoff: map_handoffs::rules(&settings.handoffs),
        demo: settings.demo,
        time: ctx.now().ms(),
    }
}

pub(crate) fn session(session: &Session, current: SessionId) -> api::SessionInfo {
    api::SessionInfo {
        id: session.id.to_string(),
        label: session.label.clone(),
        created: session.created.ms(),
        used: session.used.ms(),
        current: session.id == current,
    }
}

pub(crate) fn level(number: u8) -> Result<Level, Error> {
    let level = Level::try_from(number);
    level.map_err(|_| ServiceError::Invalid("a level is 1, 2, 3 or 4").into())
}

pub(crate) fn file_id(text: &str) -> Result<FileId, Error> {
    let id = text.parse();
    id.map_err(|_| ServiceError::Invalid("the id of a file is 22 characters of base64url").into())
}

pub(crate) fn files(new: Vec<api::NewFile>) -> Result<Vec<FileObject>, Error> {
    let file = |file: api::NewFile| {
        Ok(FileObject {
            id: file_id(&file.id)?,
            size: file.size,
        })
    };
    new.into_iter().map(file).collect()
}

pub(crate) fn draft(arrived: Arrived) -> api::Draft {
    let file = |(file, missing): (FileObject, Vec<(u64, u64)>)| api::DraftFile {
        id: file.id.to_string(),
        size: file.size,
        missing: missing
            .into_iter()
            .map(|(from, to)| api::PartRange { from, to })
            .collect(),
    };
    api::Draft {
        id: arrived.id.to_string(),
        level: arrived.level.number(),
        files: arrived.files.into_iter().map(file).collect(),
        manifest: arrived.manifest,
        posted: arrived.posted,
    }
}

pub(crate) fn address(text: &str) -> Result<Address, Error> {
    let address = text.parse();
    address.map_err(|_| {
        ServiceError::Invalid(
            "a recipient is not a complete e-mail address, such as name@example.org",
        )
        .into()
    })
}

/// Subject and message come with the order, or are those that are kept.
pub(crate) fn notice(notice: api::Notice, subject: &str, message: &str) -> Notice {
    let file = |file: api::NoticeFile| NoticeFile {
        name: file.name,
        size: file.size,
    };
    Notice {
        key: notice.key,
        subject: subject.to_owned(),
        message: message.to_owned(),
        files: notice.files.into_iter().map(file).collect(),
        file_count: notice.file_count,
        language: notice.language,
    }
}

fn link(link: api::NewLink) -> Result<WantedWay, Error> {
    let id = link.id.parse();
    let id =
        id.map_err(|_| ServiceError::Invalid("the id of a link is 22 characters of base64url"))?;
    let api::NewLink {
        record,
        auth,
        auth2,
        limit,
        ..
    } = link;
    let auth2 = auth2.as_ref().map(|auth2| auth2.0.as_slice());
    let record = parcels::link_record(id, record.0, &auth.0, auth2, limit)?;
    Ok(WantedWay::Link(record))
}

fn recipient_way(new: &mut api::NewRecipient) -> Result<WantedWay, Error> {
    let key = WantedKey {
        stanza: new.stanza.take().map(|stanza| stanza.0),
        verified: shapes::verified(new.verified.as_deref())?,
        code: new.claim_code.take().map(shapes::claim_code).transpose()?,
        limit: new.limit,
    };
    let says_key =
        key.stanza.is_some() || key.verified.is_some() || key.code.is_some() || key.limit.is_some();
    match new.link.take() {
        Some(_) if says_key => Err(ServiceError::Invalid(
            "a recipient has a link, or what belongs to the person's own key",
        )
        .into()),
        Some(new) => link(new),
        None => Ok(WantedWay::Keyed(key)),
    }
}

pub(crate) fn recipients(
    new: Vec<api::NewRecipient>,
    subject: &str,
    message: &str,
) -> Result<Vec<Wanted>, Error> {
    let recipient = |mut new: api::NewRecipient| {
        Ok(Wanted {
            way: recipient_way(&mut new)?,
            address: address(&new.email)?,
            notice: new.notice.map(|n| notice(n, subject, message)),
        })
    };
    new.into_iter().map(recipient).collect()
}

pub(crate) fn answers(reply_to: Option<api::ReplyTo>) -> Result<Option<ParcelId>, Error> {
    let id = reply_to.map(|reply_to| reply_to.parcel.parse());
    id.transpose().map_err(|_| ServiceError::NotFound.into())
}

pub(crate) fn order(request: api::PostRequest) -> Result<WantedOrder, Error> {
    let recipients = recipients(request.recipients, &request.subject, &request.message)?;
    Ok(WantedOrder {
        own_stanza: request.own_stanza.map(|stanza| stanza.0),
        recipients,
        expires: request.expires.map(Time::from_ms),
        subject: request.subject,
        message: request.message,
        notify: request.notify,
    })
}

pub(crate) const fn state(closed: Option<(Time, Reason)>) -> &'static str {
    if closed.is_some() { "closed" } else { "posted" }
}

pub(crate) fn parcel(details: Details) -> api::Parcel {
    let closed = details.closed;
    let reason = closed.map(|(_, reason)| reason);
    let recipients = details.recipients.into_iter();
    api::Parcel {
        id: details.id.to_string(),
        level: details.level.number(),
        state: state(closed).into(),
        reason: reason.map(|reason| reason.name().into()),
        subject: details.subject,
        message: details.message,
        posted: details.posted.ms(),
        expires: details.expires.ms(),
        closed: closed.map(|(at, _)| at.ms()),
        size: details.size,
        files: details
            .files
            .iter()
            .map(|(id, size)| api::FileInfo {
                id: id.to_string(),
                size: *size,
            })
            .collect(),
        notify: details.notify,
        in_reply_to: shapes::reply_to(details.in_reply_to),
        recipients: recipients.map(|one| recipient(one, reason)).collect(),
    }
}

/// Of many visits the sender is shown the newest.
const VISITS: usize = 50;

fn recipient(one: RecipientDetails, closed: Option<Reason>) -> api::Recipient {
    let ms = |time: Option<Time>| time.map(Time::ms);
    let of = &one.recipient;
    let keyed = shapes::keyed(of);
    api::Recipient {
        email: of.address.to_string(),
        state: of.state(closed).name().into(),
        name: one.name.clone(),
        release: keyed.release,
        claim_code: keyed.claim_code,
        lost: keyed.lost,
        link: one.link.map(|link| link.to_string()),
        notified: ms(of.notified),
        bounced: ms(of.bounced),
        opened: ms(of.opened),
        downloaded: ms(of.downloaded),
        limit: one.limit,
        taken: one.taken,
        visits: one.visits.into_iter().take(VISITS).map(visit).collect(),
    }
}

pub(crate) fn recipient_summary(
    (of, name): (&Recipient, String),
    posted: Time,
    closed: Option<(Time, Reason)>,
) -> api::RecipientSummary {
    api::RecipientSummary {
        email: of.address.to_string(),
        name,
        state: of.state(closed.map(|(_, reason)| reason)).name().into(),
        at: of.since(posted, closed).ms(),
    }
}

fn visit(visit: parcels::Visit) -> api::Visit {
    let receipt = |(file, at): (FileId, Time)| api::Receipt {
        file: file.to_string(),
        at: at.ms(),
    };
    api::Visit {
        stated: visit.stated,
        proven: visit.proven,
        state: visit.state.name().into(),
        opened: visit.opened.ms(),
        committed: visit.committed.map(Time::ms),
        receipts: visit.receipts.into_iter().map(receipt).collect(),
    }
}

pub(crate) fn proof(proof: api::LinkProof) -> Proof {
    Proof {
        auth: proof.auth.0,
        auth2: proof.auth2.map(|auth2| auth2.0),
    }
}

pub(crate) fn look(look: Look) -> api::Look {
    let shown = look.record.is_some();
    api::Look {
        sender: sender(&look.sender),
        level: look.posted.level.number(),
        expires: look.posted.expires.ms(),
        password: look.password.map(|params| api::PasswordParams {
            m: params.memory(),
            t: params.passes(),
            p: params.lanes(),
            salt: api::B64(params.salt().to_vec()),
        }),
        mailed_code: look.mailed_code,
        login: look.login,
        subject: if shown {
            look.posted.subject
        } else {
            String::new()
        },
        record: look.record.map(api::B64),
        manifest: look.manifest.map(api::B64),
        protected: look.mail_to.map(|to| api::ProtectedMail {
            email: to.to_string(),
        }),
    }
}

pub(crate) fn letter(letter: Letter) -> api::Letter {
    let posted = letter.posted;
    api::Letter {
        parcel: posted.id.to_string(),
        sender: sender(&letter.sender),
        level: posted.level.number(),
        posted: posted.posted.ms(),
        expires: posted.expires.ms(),
        subject: posted.subject,
        message: posted.message,
        record: api::B64(letter.record),
        manifest_size: letter.manifest_size,
        claim: claim(letter.claim),
    }
}
