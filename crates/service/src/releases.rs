//! Releases: who waits for a sender, and one more stanza for each.

use std::collections::{BTreeMap, BTreeSet};

use depesche_domain::effect::{Effect, Mail};
use depesche_domain::keyed::{ClaimCode, Keyed, Release, Verified};
use depesche_domain::parcel::{Posted, Refusal};
use depesche_domain::{Address, ParcelId, Time, keyed as states};
use depesche_store::sql::keyed::{self, Sealed, WaitingRow};
use depesche_store::sql::parcels::{self, Stored};
use depesche_store::sql::{Tx, accounts, people as rows};

use crate::context::Context;
use crate::error::Error;
use crate::login::Caller;
use crate::outbox;
use crate::parcels::{Details, details, lock};
use crate::people::{Known, known, lock_keys};
use crate::sealed::{Maker, Released as By, stanza};

/// The most releases in one request, and the most shown as waiting.
const MOST: usize = 1_000;

/// Everything that waits for a sender.
pub struct Waiting {
    /// Who, the longest first.
    pub recipients: Vec<WaitingRow>,
    /// The parcels, with what opens them for the sender.
    pub parcels: Vec<(Posted, Sealed)>,
    /// The people with their keys.
    pub people: Vec<Known>,
}

/// Everything that waits for the caller's release.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn waiting(ctx: &Context, caller: &Caller) -> Result<Waiting, Error> {
    let sql = &ctx.store.sql;
    let mut recipients = keyed::waiting(sql, caller.account.id).await?;
    recipients.truncate(MOST);
    let ids: BTreeSet<ParcelId> = recipients.iter().map(|row| row.parcel).collect();
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        if let (Some(Stored::Posted(posted)), Some(sealed)) =
            (parcels::load(sql, id).await?, keyed::sealed(sql, id).await?)
        {
            found.push((posted, sealed));
        }
    }
    let addresses: BTreeMap<&str, &Address> = recipients
        .iter()
        .map(|row| (row.address.folded(), &row.address))
        .collect();
    let mut people = Vec::with_capacity(addresses.len());
    for address in addresses.values() {
        people.push(known(ctx, address).await?);
    }
    Ok(Waiting {
        recipients,
        parcels: found,
        people,
    })
}

/// What opens a posted parcel of the caller's for the caller, and what a further stanza is made over.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Closed`].
pub async fn own_stanza(ctx: &Context, caller: &Caller, id: ParcelId) -> Result<Sealed, Error> {
    let sql = &ctx.store.sql;
    match parcels::load(sql, id).await? {
        Some(Stored::Posted(posted)) if posted.sender == caller.account.id => {
            keyed::sealed(sql, id).await?.ok_or(Error::NotFound)
        }
        Some(Stored::Closed(row)) if row.sender == caller.account.id => Err(Error::Closed {
            reason: row.closed.reason,
            at: row.closed.at,
            sender: None,
        }),
        _ => Err(Error::NotFound),
    }
}

/// A release as it is asked for, nothing of it checked.
pub struct Wanted {
    /// The parcel's id.
    pub parcel: String,
    /// To whom.
    pub email: String,
    /// The stanza with its release (by 01).
    pub stanza: Vec<u8>,
    /// tag_A.
    pub tag_a: Option<Vec<u8>>,
    /// How the key was verified.
    pub verified: String,
}

/// One that was released: parcel and address as asked for, and the key's fingerprint.
pub struct Done {
    /// The parcel.
    pub parcel: String,
    /// To whom.
    pub email: String,
    /// The fingerprint.
    pub fingerprint: [u8; 32],
}

/// What became of a batch.
#[derive(Default)]
pub struct Outcome {
    /// Released.
    pub released: Vec<Done>,
    /// Not released, with parcel, address and reason.
    pub refused: Vec<(String, String, Error)>,
}

struct Checked {
    wanted: Wanted,
    address: Address,
    release: Release,
}

fn check(mut wanted: Wanted) -> Result<(ParcelId, Checked), Box<(Wanted, Error)>> {
    let parsed = (|| {
        let id: ParcelId = wanted.parcel.parse().map_err(|_| Error::NotFound)?;
        let address: Address = wanted.email.parse().map_err(|_| Error::NotFound)?;
        let verified = Verified::from_name(&wanted.verified).filter(|v| *v != Verified::Reply);
        let verified = verified.ok_or(Error::Invalid(
            "a key is verified by code, words, pinned or no",
        ))?;
        let tag_a = wanted.tag_a.as_deref().map(<[u8; 32]>::try_from);
        let tag_a = tag_a.transpose();
        let tag_a = tag_a.map_err(|_| Error::Invalid("the tag of a release has 32 bytes"))?;
        let stanza = stanza(std::mem::take(&mut wanted.stanza), By::BySender)?;
        let release = Release {
            stanza,
            verified,
            tag_a,
        };
        Ok((id, address, release))
    })();
    match parsed {
        Ok((id, address, release)) => Ok((
            id,
            Checked {
                wanted,
                address,
                release,
            },
        )),
        Err(error) => Err(Box::new((wanted, error))),
    }
}

/// Releases, each on its own; one transaction for each parcel.
///
/// # Errors
/// [`Error::Invalid`] for too many; whatever the stores cannot do.
pub async fn release(
    ctx: &Context,
    caller: &Caller,
    wanted: Vec<Wanted>,
) -> Result<Outcome, Error> {
    if wanted.len() > MOST {
        return Err(Error::Invalid("release to at most 1,000 people at once"));
    }
    let mut outcome = Outcome::default();
    let mut by_parcel: BTreeMap<ParcelId, Vec<Checked>> = BTreeMap::new();
    for one in wanted {
        match check(one) {
            Ok((id, checked)) => by_parcel.entry(id).or_default().push(checked),
            Err(refused) => {
                let (one, error) = *refused;
                outcome.refused.push((one.parcel, one.email, error));
            }
        }
    }
    for (id, all) in by_parcel {
        release_parcel(ctx, caller, id, all, &mut outcome).await?;
    }
    ctx.wake_worker();
    Ok(outcome)
}

async fn release_parcel(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    all: Vec<Checked>,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let mut tx = ctx.store.sql.begin().await?;
    lock_keys(&mut tx, all.iter().map(|one| one.release.stanza.account)).await?;
    let posted = match lock(&mut tx, caller, id).await {
        Ok(posted) => posted,
        Err(error @ (Error::Unavailable(_) | Error::Fatal(_) | Error::Full)) => return Err(error),
        Err(_) => {
            drop(tx);
            for one in all {
                // Asked again for each: an error is not copied.
                let error = closed_or_unknown(ctx, caller, id).await;
                let Wanted { parcel, email, .. } = one.wanted;
                outcome.refused.push((parcel, email, error));
            }
            return Ok(());
        }
    };
    let sealed = keyed::sealed(&ctx.store.sql, id).await?;
    let sealed = sealed.ok_or(Error::NotFound)?;
    let maker = Maker::load(ctx, caller, &sealed).await?;
    let effects = release_each(&mut tx, ctx, (&posted, &maker), caller, (all, outcome)).await?;
    let leases = outbox::store(ctx, &mut tx, effects).await?;
    tx.commit().await?;
    drop(leases);
    Ok(())
}

async fn release_each(
    tx: &mut Tx,
    ctx: &Context,
    parcel: (&Posted, &Maker),
    caller: &Caller,
    (all, outcome): (Vec<Checked>, &mut Outcome),
) -> Result<Vec<Effect>, Error> {
    let now = ctx.now();
    let mut effects = Vec::new();
    let mut seen = BTreeSet::new();
    for one in all {
        if seen.contains(one.address.folded()) {
            let twice = Refusal::RecipientTwice.into();
            let Wanted { parcel, email, .. } = one.wanted;
            outcome.refused.push((parcel, email, twice));
            continue;
        }
        let fingerprint = *one.release.stanza.fingerprint.as_bytes();
        let folded = one.address.folded().to_owned();
        let done = release_one(tx, ctx, parcel, caller, (one.address, one.release), now);
        let Wanted { parcel, email, .. } = one.wanted;
        match done.await {
            Ok(more) => {
                effects.extend(more);
                seen.insert(folded);
                outcome.released.push(Done {
                    parcel,
                    email,
                    fingerprint,
                });
            }
            Err(error @ Error::Refused(_)) => outcome.refused.push((parcel, email, error)),
            Err(error) => return Err(error),
        }
    }
    Ok(effects)
}

async fn closed_or_unknown(ctx: &Context, caller: &Caller, id: ParcelId) -> Error {
    match own_stanza(ctx, caller, id).await {
        Err(error) => error,
        Ok(_) => Error::NotFound,
    }
}

async fn release_one(
    tx: &mut Tx,
    ctx: &Context,
    (posted, maker): (&Posted, &Maker),
    caller: &Caller,
    (address, release): (Address, Release),
    now: Time,
) -> Result<Vec<Effect>, Error> {
    let found = posted.recipients.iter().find(|r| r.address == address);
    let found = found.filter(|r| r.dropped.is_none());
    let keyed = found.and_then(|r| r.keyed.as_deref());
    let (before, _) = keyed.ok_or(Refusal::NotARecipient)?;
    if let Keyed::Released(known) = before
        && known.stanza == release.stanza
    {
        return Ok(Vec::new());
    }
    // Under the lock of the account, not as it was read.
    if accounts::is_disabled(tx, &address).await? {
        return Err(Refusal::from(states::Refusal::Disabled).into());
    }
    let person = rows::standing(tx, &address).await?;
    let bytes = release.stanza.bytes.clone();
    let tell = matches!(before, Keyed::Waits(_));
    let lost = matches!(before, Keyed::Waits(waits) if waits.lost.is_some());
    let released = before
        .clone()
        .release(&person, release, now)
        .map_err(Refusal::from)?;
    maker.check(&bytes)?;
    let mut effects = vec![Effect::Record(posted.released_fact(&released))];
    keyed::save(tx, posted.id, &address, &Keyed::Released(released)).await?;
    if tell {
        let mail = Mail::Released {
            to: address,
            sender_name: caller.account.name.clone(),
            sender: caller.account.address.clone(),
            parcel: posted.id.to_string(),
            subject: posted.subject.clone(),
            again: lost,
            expires: posted.expires.ms(),
            language: ctx.settings.language,
        };
        effects.push(Effect::Send {
            mail: Box::new(mail),
            about: None,
        });
    }
    Ok(effects)
}

/// A move of somebody who waits, on a locked parcel.
async fn change(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    address: &Address,
    step: impl FnOnce(states::Waits) -> Result<states::Waits, states::Refusal>,
) -> Result<Details, Error> {
    let mut tx = ctx.store.sql.begin().await?;
    let posted = lock(&mut tx, caller, id).await?;
    let found = posted.recipients.iter().find(|r| r.address == *address);
    let keyed = found.and_then(|r| r.keyed.as_deref());
    let (keyed, _) = keyed.ok_or(Refusal::NotARecipient)?;
    let waits = keyed.clone().waits().and_then(step);
    let waits = waits.map_err(Refusal::from)?;
    keyed::save(&mut tx, id, address, &Keyed::Waits(waits)).await?;
    tx.commit().await?;
    details(ctx, caller, id).await
}

/// A claim code for a recipient who waits, in place of the one before.
///
/// # Errors
/// [`Error::Refused`], [`Error::NotFound`], [`Error::Closed`].
pub async fn set_code(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    address: &Address,
    code: ClaimCode,
) -> Result<Details, Error> {
    change(ctx, caller, id, address, |waits| Ok(waits.set_code(code))).await
}

/// The sender's client found the recipient's tag wrong.
///
/// # Errors
/// As [`set_code`].
pub async fn wrong_tag(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    address: &Address,
    tag: &[u8; 32],
) -> Result<Details, Error> {
    change(ctx, caller, id, address, |waits| waits.reject(tag)).await
}
