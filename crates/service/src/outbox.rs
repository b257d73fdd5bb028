//! Mails that wait: sealed under [`crate::secrets`], in the transaction that decided them.

use depesche_domain::effect::{Effect, Mail};
use depesche_domain::note::Note;
use depesche_domain::{Address, ParcelId, Time};
use depesche_seal::format::{from_text, to_text};
use depesche_seal::primitives::sha256;
use depesche_store::sql::outbox::{self, Item};
use depesche_store::sql::{Tx, accounts};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::Error;
use crate::journal;
use crate::secrets::{HourLease, Waiting};

/// Stores the effects of a move in its transaction. Keep what comes back until the commit: it holds
/// the keys of the mails that were sealed.
#[must_use = "keep the leases until the commit"]
pub(crate) struct Leases<'a>(#[expect(dead_code, reason = "held for its drop")] Vec<HourLease<'a>>);

pub(crate) async fn store<'a>(
    ctx: &'a Context,
    tx: &mut Tx,
    effects: Vec<Effect>,
) -> Result<Leases<'a>, Error> {
    let now = ctx.now();
    let mut leases = Vec::new();
    for effect in effects {
        match effect {
            Effect::Send { mut mail, about } => {
                let to = mail.to().clone();
                if let Some(language) = mail.language_mut()
                    && let Some(own) = accounts::language(tx, &to).await?
                {
                    *language = own;
                }
                leases.push(put(ctx, tx, &mail, about, now).await?);
            }
            Effect::Record(fact) => journal::record(tx, now, &fact).await?,
            // The rows of a closed parcel stay until the worker has removed the bytes.
            Effect::Shred(parcel) => {
                outbox::of_parcel_delete(tx, parcel).await?;
            }
        }
    }
    Ok(Leases(leases))
}

async fn put<'a>(
    ctx: &'a Context,
    tx: &mut Tx,
    mail: &Mail,
    about: Option<(ParcelId, Address)>,
    now: Time,
) -> Result<HourLease<'a>, Error> {
    let id = item_id(ctx, mail);
    let text =
        Zeroizing::new(serde_json::to_vec(mail).map_err(|e| Error::Unavailable(Box::new(e)))?);
    let sealed = ctx.secrets.seal(now.hour(), &id, &text, &ctx.random);
    let (waiting, lease) = sealed.map_err(|e| Error::Unavailable(Box::new(e)))?;
    let item = Item {
        id,
        hour: waiting.hour,
        wrapped: waiting.wrapped,
        payload: waiting.payload,
        about,
        kind: mail.kind().to_owned(),
        attempts: 0,
        created: now,
        due: now,
    };
    outbox::insert(tx, &item).await?;
    Ok(lease)
}

/// Drawn; but that of an invitation to set a password follows from its token, so that one that comes back is known.
fn item_id(ctx: &Context, mail: &Mail) -> String {
    if let Mail::Protected {
        note: Note::Invitation { token, .. },
        ..
    } = mail
        && let Ok(token) = from_text::<16>(token)
        && let Some(beginning) = sha256(&token).first_chunk::<16>()
    {
        return to_text(beginning);
    }
    to_text(&ctx.random.bytes::<16>())
}

/// The bytes of an id.
pub(crate) fn id_bytes(id: &str) -> Option<[u8; 16]> {
    from_text(id).ok()
}

/// Opens a waiting mail; none if its key is gone.
pub(crate) fn open(ctx: &Context, item: Item) -> (Item, Option<Mail>) {
    let Item {
        id,
        hour,
        wrapped,
        payload,
        about,
        kind,
        attempts,
        created,
        due,
    } = item;
    let waiting = Waiting {
        hour,
        wrapped,
        payload,
    };
    let text = ctx.secrets.open_item(&id, &waiting).ok();
    let mail = text.and_then(|text| serde_json::from_slice(&text).ok());
    let Waiting {
        wrapped, payload, ..
    } = waiting;
    (
        Item {
            id,
            hour,
            wrapped,
            payload,
            about,
            kind,
            attempts,
            created,
            due,
        },
        mail,
    )
}
