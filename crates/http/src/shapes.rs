//! The wire's shapes of people, keyrings, releases and the inbox from the service's values, and back.

use crate::error::Error;
use crate::plain::{account, claim, sender};
use depesche_api as api;
use depesche_api::B64;
use depesche_service::domain::keyed::{ClaimCode, Keyed, Mode, Verified};
use depesche_service::domain::keyring::{KeyRecord, Lock};
use depesche_service::domain::parcel::Recipient;
use depesche_service::domain::{Account, ParcelId, Time};
use depesche_service::inbox::{Delivery, Opened};
use depesche_service::invitations::Look;
use depesche_service::keyrings::Keyring;
use depesche_service::people::Known;
use depesche_service::releases::{Outcome, Waiting, Wanted};
use depesche_service::rows::{DraftRow, Received, Sealed, WaitingRow};
use depesche_service::{Caller, Error as ServiceError, sealed};

pub(crate) fn bytes_32(bytes: &B64) -> Result<[u8; 32], Error> {
    let bytes = bytes.0.as_slice().try_into();
    bytes.map_err(|_| ServiceError::Invalid("tags and proofs have 32 bytes").into())
}

pub(crate) fn invitation(look: Look) -> api::Invitation {
    let invitation = look.invitation;
    api::Invitation {
        expires: invitation.expires().ms(),
        email: invitation.address.to_string(),
        sender: look.sender.as_ref().map(sender),
        parcel: invitation.parcel.map(|id| id.to_string()),
    }
}

fn records(all: Vec<KeyRecord>) -> Vec<B64> {
    all.into_iter().map(|record| B64(record.bytes)).collect()
}

pub(crate) fn keyring(caller: &Caller, keyring: Keyring) -> api::Keyring {
    let lock = |lock: Lock| api::Lock {
        kind: lock.kind(),
        id: lock.id,
        bytes: B64(lock.bytes),
    };
    api::Keyring {
        account: caller.account.id.to_string(),
        records: records(keyring.records),
        locks: keyring.stored.locks.into_iter().map(lock).collect(),
        generation: keyring.stored.generation,
        body: B64(keyring.stored.body),
        reset_due: keyring.reset_due.map(Time::ms),
    }
}

pub(crate) fn lock(bytes: B64) -> Lock {
    sealed::lock(bytes.0)
}

pub(crate) fn locks(all: Vec<B64>) -> Vec<Lock> {
    all.into_iter().map(lock).collect()
}

pub(crate) fn person(known: Known) -> api::Person {
    api::Person {
        email: known.address.to_string(),
        name: known.name,
        account: known.account.map(|id| id.to_string()),
        sealpass: known.sealpass,
        records: records(known.records),
    }
}

pub(crate) fn listed(one: &Account, sealpass: bool) -> api::Listed {
    api::Listed {
        account: account(one, sealpass),
        created: one.created.ms(),
        disabled: one.disabled.map(Time::ms),
    }
}

pub(crate) fn claim_code(new: api::NewClaimCode) -> Result<ClaimCode, Error> {
    let instant = match &*new.mode {
        "instant" => true,
        "confirm" => false,
        _ => return Err(ServiceError::Invalid("a claim code is `confirm` or `instant`").into()),
    };
    let (record, auth) = (new.record.map(|record| record.0), new.auth);
    let auth = auth.as_ref().map(|auth| auth.0.as_slice());
    Ok(sealed::claim_code(new.number, instant, record, auth)?)
}

pub(crate) fn verified(name: Option<&str>) -> Result<Option<Verified>, Error> {
    let read = |name| {
        Verified::from_name(name).ok_or(ServiceError::Invalid(
            "a key is verified by `code`, `words`, `pinned`, `reply` or `no`",
        ))
    };
    Ok(name.map(read).transpose()?)
}

fn code_standing(code: &ClaimCode) -> api::ClaimCodeStanding {
    let registered = matches!(code.mode, Mode::Confirm { tag: Some(_) });
    let mode = match code.mode {
        Mode::Confirm { .. } => "confirm",
        Mode::Instant { .. } => "instant",
    };
    api::ClaimCodeStanding {
        mode: mode.into(),
        number: code.number,
        id: sealed::claim_id(code),
        tries_left: code.tries_left(),
        registered,
        wrong: mode == "confirm" && !registered && code.wrong > 0,
    }
}

/// What the sender is shown of a recipient of level 3 or 4.
pub(crate) struct KeyedView {
    pub(crate) release: Option<api::ReleaseInfo>,
    pub(crate) claim_code: Option<api::ClaimCodeStanding>,
    pub(crate) lost: Option<i64>,
}

pub(crate) fn keyed(of: &Recipient) -> KeyedView {
    let mut view = KeyedView {
        release: None,
        claim_code: None,
        lost: of.lost().map(Time::ms),
    };
    match of.keyed.as_deref().map(|(keyed, _)| keyed) {
        Some(Keyed::Waits(waits)) => {
            view.claim_code = waits.code.as_ref().map(code_standing);
        }
        Some(Keyed::Claimed(claimed)) => {
            view.release = Some(api::ReleaseInfo {
                at: claimed.at.ms(),
                fingerprint: B64(claimed.stanza.fingerprint.as_bytes().to_vec()),
                verified: "claimed".into(),
            });
        }
        Some(Keyed::Released(released)) => {
            view.release = Some(api::ReleaseInfo {
                at: released.at.ms(),
                fingerprint: B64(released.stanza.fingerprint.as_bytes().to_vec()),
                verified: released.verified.name().into(),
            });
        }
        Some(Keyed::Ended) | None => {}
    }
    view
}

pub(crate) fn reply_to(id: Option<ParcelId>) -> Option<api::ReplyTo> {
    id.map(|id| api::ReplyTo {
        parcel: id.to_string(),
    })
}

pub(crate) fn sender_stanza(sealed: Sealed) -> api::SenderStanza {
    api::SenderStanza {
        stanza: sealed.stanza.map(B64),
        header: B64(sealed.header),
        manifest_hash: B64(sealed.manifest_hash),
    }
}

fn waiting_recipient(row: WaitingRow) -> api::WaitingRecipient {
    let mut shown = api::WaitingRecipient {
        parcel: row.parcel.to_string(),
        email: row.address.to_string(),
        since: row.since.ms(),
        claim_code: None,
        tag_b: None,
        stanza: None,
        ack: None,
        lost: None,
    };
    match row.keyed.0 {
        Keyed::Waits(waits) => {
            shown.lost = waits.lost.map(Time::ms);
            shown.claim_code = waits.code.as_ref().map(code_standing);
            if let Some(ClaimCode {
                mode: Mode::Confirm { tag: Some(tag) },
                ..
            }) = waits.code
            {
                shown.tag_b = Some(B64(tag.to_vec()));
            }
        }
        Keyed::Claimed(claimed) => {
            shown.ack = Some(B64(claimed.ack.to_vec()));
            shown.stanza = Some(B64(claimed.stanza.bytes));
        }
        Keyed::Released(_) | Keyed::Ended => {}
    }
    shown
}

pub(crate) fn waiting(waiting: Waiting) -> api::Waiting {
    let parcels = waiting.parcels.into_iter();
    api::Waiting {
        waiting: waiting
            .recipients
            .into_iter()
            .map(waiting_recipient)
            .collect(),
        parcels: parcels
            .map(|(posted, sealed)| api::WaitingParcel {
                id: posted.id.to_string(),
                level: posted.level.number(),
                subject: posted.subject,
                posted: posted.posted.ms(),
                expires: posted.expires.ms(),
                sealed: sender_stanza(sealed),
            })
            .collect(),
        people: waiting.people.into_iter().map(person).collect(),
    }
}

pub(crate) fn release(one: api::Release) -> Wanted {
    Wanted {
        parcel: one.parcel,
        email: one.email,
        stanza: one.stanza.0,
        tag_a: one.tag_a.map(|tag| tag.0),
        verified: one.verified,
    }
}

pub(crate) fn released(outcome: Outcome) -> api::Released {
    let released = outcome.released.into_iter();
    let refused = outcome.refused.into_iter();
    api::Released {
        released: released
            .map(|done| api::ReleasedOne {
                parcel: done.parcel,
                email: done.email,
                fingerprint: B64(done.fingerprint.to_vec()),
            })
            .collect(),
        refused: refused
            .map(|(parcel, email, error)| api::RefusedOne {
                parcel,
                email,
                code: error.code().into(),
                detail: error.to_string(),
            })
            .collect(),
    }
}

pub(crate) fn inbox_summary(row: &Received) -> api::InboxSummary {
    let closed = row.closed.map(|(_, reason)| reason);
    api::InboxSummary {
        id: row.parcel.to_string(),
        level: row.level.number(),
        sender: sender(&row.sender),
        subject: row.subject.clone(),
        posted: row.since.ms(),
        expires: row.expires.ms(),
        size: row.size,
        state: row.recipient.state(closed).name().into(),
        unread: row.is_unread(),
        openable: row.stanza.is_some() && closed.is_none() && row.recipient.dropped.is_none(),
        in_reply_to: reply_to(row.in_reply_to),
        lost: row.recipient.lost().map(Time::ms),
    }
}

pub(crate) fn inbox_delivery(delivery: Delivery) -> api::InboxDelivery {
    let summary = inbox_summary(&delivery.received);
    let (received, sealed) = (delivery.received, delivery.sealed);
    let mut shown = api::InboxDelivery {
        summary,
        message: received.message,
        header: sealed.as_ref().map(|sealed| B64(sealed.header.clone())),
        manifest_hash: sealed.map(|sealed| B64(sealed.manifest_hash)),
        manifest_size: received.manifest_size,
        stanza: received.stanza.map(|stanza| B64(stanza.bytes)),
        tag_a: None,
        sender_records: records(delivery.sender_records),
        claim_code: None,
        left: delivery.left,
    };
    match received.recipient.keyed.map(|keyed| keyed.0) {
        Some(Keyed::Waits(waits)) => {
            shown.claim_code = waits.code.as_ref().map(code_standing);
        }
        Some(Keyed::Released(released)) => {
            shown.tag_a = released.tag_a.map(|tag| B64(tag.to_vec()));
        }
        _ => {}
    }
    shown
}

pub(crate) fn inbox_opened(opened: Opened) -> api::InboxOpened {
    api::InboxOpened {
        claim: claim(opened.claim),
        manifest_size: opened.manifest_size,
        manifest: opened.manifest.map(B64),
    }
}

pub(crate) fn draft_summary(row: DraftRow) -> api::DraftSummary {
    api::DraftSummary {
        id: row.id.to_string(),
        level: row.level.number(),
        created: row.created.ms(),
        size: row.size,
        in_reply_to: reply_to(row.in_reply_to),
        going_on: row.going_on,
    }
}
