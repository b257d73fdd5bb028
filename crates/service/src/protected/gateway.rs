//! The gateway as the sender of parcels, and as the one to whom replies are sealed.

use depesche_domain::effect::Effect;
use depesche_domain::note::{Correspondent, Note};
use depesche_domain::parcel::{Posted, Reason};
use depesche_domain::protected::{GATEWAY, MailFacts, gateway_account, tell};
use depesche_domain::{Account, Address, ParcelId};
use depesche_seal::key::{AccountId, KemSeed, SignatureSeed};
use depesche_seal::record::{NewKeys, SignedRecord};
use depesche_seal::signature::SigningKey;
use depesche_seal::words::WordList;
use depesche_store::sql::{Tx, accounts, mail_parcels};
use zeroize::Zeroizing;

use super::lasting;
use crate::context::Context;
use crate::error::Error;
use crate::login::Caller;

/// What is sealed with a parcel.
pub(super) const FACTS: &str = "mail-facts";

/// The gateway's account; made if it is not there yet.
pub(super) async fn account(ctx: &Context) -> Result<Account, Error> {
    if let Some(known) = accounts::by_id(&ctx.store.sql, GATEWAY).await? {
        return Ok(known);
    }
    let account = gateway_account(ctx.now()).ok_or(Error::NotFound)?;
    let mut tx = ctx.store.sql.begin().await?;
    match accounts::insert(&mut tx, &account, &[]).await {
        // Another conversion was quicker.
        Ok(()) | Err(depesche_store::Error::Conflict) => {}
        Err(error) => return Err(error.into()),
    }
    tx.commit().await?;
    Ok(account)
}

/// The gateway as a caller of its own drafts.
pub(super) async fn caller(ctx: &Context) -> Result<Caller, Error> {
    let now = ctx.now();
    Ok(Caller {
        session: depesche_domain::account::Session {
            id: depesche_domain::SessionId::from_bytes([0; 16]),
            account: GATEWAY,
            label: String::new(),
            created: now,
            used: now,
        },
        account: account(ctx).await?,
    })
}

fn read(
    ctx: &Context,
    parcel: ParcelId,
    sealed: Option<Vec<u8>>,
) -> Result<Option<MailFacts>, Error> {
    match sealed {
        Some(sealed) => lasting::open_value(ctx, FACTS, &parcel.to_string(), &sealed),
        None => Ok(None),
    }
}

/// What is known of a parcel of the gateway's.
pub(super) async fn facts(ctx: &Context, parcel: ParcelId) -> Result<Option<MailFacts>, Error> {
    let sealed = mail_parcels::facts(&ctx.store.sql, parcel).await?;
    read(ctx, parcel, sealed)
}

fn as_account(account: Account, sender: Correspondent) -> Account {
    Account {
        address: sender.address,
        name: sender.name,
        ..account
    }
}

/// Who wrote a parcel: of the gateway's, who wrote the mail.
pub(crate) async fn sender(
    ctx: &Context,
    parcel: ParcelId,
    sender: depesche_domain::AccountId,
) -> Result<Option<Account>, Error> {
    let account = accounts::by_id(&ctx.store.sql, sender).await?;
    if sender != GATEWAY {
        return Ok(account);
    }
    let facts = facts(ctx, parcel).await?;
    // Damaged facts keep nobody from what the link opens.
    Ok(account.map(|account| match facts {
        Some(facts) => as_account(account, facts.sender),
        None => account,
    }))
}

/// Gives a parcel of the gateway's the subject of its mail, and says to whom that went.
pub(crate) async fn dress(ctx: &Context, posted: &mut Posted) -> Result<Option<Address>, Error> {
    if posted.sender != GATEWAY {
        return Ok(None);
    }
    let Some(facts) = facts(ctx, posted.id).await? else {
        return Ok(None);
    };
    posted.subject = facts.subject;
    Ok(Some(facts.recipient))
}

/// Attachments of a protected mail were fetched for the first time: their sender is told. None for other parcels.
pub(crate) async fn fetched(
    ctx: &Context,
    posted: &Posted,
    at: depesche_domain::Time,
) -> Result<Option<Effect>, Error> {
    if posted.sender != GATEWAY {
        return Ok(None);
    }
    let facts = facts(ctx, posted.id).await?;
    Ok(facts.map(|facts| {
        let note = Note::Fetched {
            subject: facts.told_subject(),
            recipient: facts.recipient,
            at: at.ms(),
        };
        tell(facts.sender.address, facts.language, note)
    }))
}

/// A parcel of the gateway's is being closed: its subject is destroyed with it, and if nobody fetched it the sender is
/// told.
pub(crate) async fn close(
    ctx: &Context,
    tx: &mut Tx,
    posted: &Posted,
    reason: Reason,
) -> Result<Option<Effect>, Error> {
    if posted.sender != GATEWAY {
        return Ok(None);
    }
    mail_parcels::forget_reply_parcel(tx, posted.id).await?;
    let sealed = mail_parcels::facts_in(tx, posted.id).await?;
    let Some(mut facts) = read(ctx, posted.id, sealed)? else {
        return Ok(None);
    };
    let subject = facts.told_subject();
    facts.subject.clear();
    let id = posted.id.to_string();
    let emptied = lasting::seal_value(ctx, FACTS, &id, &facts)?;
    mail_parcels::put(tx, posted.id, "", &emptied).await?;
    let fetched = posted.recipients.iter().any(|r| r.downloaded.is_some());
    if fetched || reason != Reason::Expired {
        return Ok(None);
    }
    let note = Note::NotFetched {
        recipient: facts.recipient,
        subject,
    };
    Ok(Some(tell(facts.sender.address, facts.language, note)))
}

/// The key to which replies are sealed: file `reply` of the folder of secrets.
pub struct ReplyKeys {
    /// The public half, signed.
    pub record: SignedRecord,
    /// The private half.
    pub kem: KemSeed,
}

/// The key to which replies are sealed; drawn at first use.
///
/// # Errors
/// [`Error::Unavailable`] if the file cannot be read or is damaged.
pub fn reply_keys(ctx: &Context) -> Result<ReplyKeys, Error> {
    let damaged = || {
        let error = crate::secrets::SecretsError::Damaged("reply".to_owned());
        Error::Unavailable(Box::new(error))
    };
    let time = u64::try_from(ctx.now().ms()).unwrap_or_default();
    let made = || make_keys(ctx, time).unwrap_or_default();
    let bytes = ctx.secrets.load_or_make("reply", made);
    let bytes = bytes.map_err(|e| Error::Unavailable(Box::new(e)))?;
    let (seed, record) = bytes.split_first_chunk::<32>().ok_or_else(damaged)?;
    let record = SignedRecord::parse(record).map_err(|_| damaged())?;
    Ok(ReplyKeys {
        record,
        kem: KemSeed::from_bytes(seed),
    })
}

/// KEM seed, then the record. The signature key signs the record and is gone: the gateway signs nothing else.
fn make_keys(ctx: &Context, time: u64) -> Option<Zeroizing<Vec<u8>>> {
    let kem = KemSeed::from_bytes(&Zeroizing::new(ctx.random.bytes()));
    let seed = SignatureSeed::from_bytes(&Zeroizing::new(ctx.random.bytes()));
    let signing = SigningKey::new(&seed);
    let keys = NewKeys {
        signing: &signing,
        kem: &kem,
        time,
        list: WordList::En,
    };
    let account = AccountId::from_bytes(*GATEWAY.as_bytes());
    let record = SignedRecord::first(account, keys).ok()?;
    let mut bytes = Zeroizing::new(kem.expose().to_vec());
    bytes.extend(record.to_bytes());
    Some(bytes)
}
