//! What a sender's client hands in to post, with who stands behind each address.

use depesche_domain::effect::{Arrival, Notice};
use depesche_domain::invitation::Invitation;
use depesche_domain::keyed::{ClaimCode, Person, Release, Verified};
use depesche_domain::parcel::{
    Answered, KeyedWay, LinkRecord, NewRecipient, Order, Posted, Refusal, Way,
};
use depesche_domain::{Address, Level, LinkId, ParcelId, Role, Time};
use depesche_seal::primitives::Sha256;
use depesche_store::sql::keyed::Sealed;
use depesche_store::sql::{Tx, inbox, keyrings, people};

use crate::context::Context;
use crate::error::Error;
use crate::login::Caller;
use crate::sealed::{Maker, Released as By, stanza};
use crate::tokens;

/// A recipient as the sender's client hands it in.
#[derive(Clone)]
pub struct Wanted {
    /// To whom.
    pub address: Address,
    /// How to get in.
    pub way: WantedWay,
    /// What the mail shall say; none = no mail.
    pub notice: Option<Notice>,
}

/// How a recipient shall get in.
#[derive(Clone)]
pub enum WantedWay {
    /// By a link: levels 1 and 2.
    Link(LinkRecord),
    /// By the person's own key: levels 3 and 4.
    Keyed(WantedKey),
}

/// What is known of the person's key.
#[derive(Clone, Default)]
pub struct WantedKey {
    /// The stanza with its release (by 01); none = waits.
    pub stanza: Option<Vec<u8>>,
    /// How the key was verified.
    pub verified: Option<Verified>,
    /// A code that is told by another channel.
    pub code: Option<ClaimCode>,
    /// How many downloads; none = no limit.
    pub limit: Option<u32>,
}

/// The order to post.
pub struct WantedOrder {
    /// To whom.
    pub recipients: Vec<Wanted>,
    /// Until when; none = as long as the policy keeps it.
    pub expires: Option<Time>,
    /// Kept for lists and landing page at levels 1 to 3.
    pub subject: String,
    /// As the subject.
    pub message: String,
    /// Whether the sender wants a mail at each recipient's first download.
    pub notify: bool,
    /// The sender's own stanza with its release (by 01).
    pub own_stanza: Option<Vec<u8>>,
}

fn keyed_way(ctx: &Context, wanted: WantedKey) -> Result<KeyedWay, Error> {
    let stanza = wanted.stanza.map(|bytes| stanza(bytes, By::BySender));
    let release = match (stanza.transpose()?, wanted.verified) {
        (Some(stanza), verified) => Some(Release {
            stanza,
            verified: verified.unwrap_or(Verified::No),
            tag_a: None,
        }),
        (None, None) => None,
        (None, Some(_)) => return Err(Error::Invalid("a key is verified with its stanza")),
    };
    if release.is_some() && wanted.code.is_some() || wanted.limit == Some(0) {
        return Err(Error::Invalid(
            "a recipient has a stanza or a claim code, and a limit of at least 1",
        ));
    }
    Ok(KeyedWay {
        id: LinkId::from_bytes(ctx.random.bytes()),
        release,
        code: wanted.code,
        limit: wanted.limit,
    })
}

/// Reads what was handed in; who stands behind the addresses is looked up later ([`stand`]).
pub(crate) fn read(ctx: &Context, all: Vec<Wanted>) -> Result<Vec<NewRecipient>, Error> {
    let recipient = |wanted: Wanted| {
        let way = match wanted.way {
            WantedWay::Link(link) => Way::Link(link),
            WantedWay::Keyed(key) => Way::Keyed(Box::new(keyed_way(ctx, key)?)),
        };
        Ok(NewRecipient {
            address: wanted.address,
            way,
            notice: wanted.notice,
            person: Person::Unknown,
            token: None,
        })
    };
    all.into_iter().map(recipient).collect()
}

/// The accounts whose keys must stay what they are while it is posted.
pub(crate) fn keys(all: &[NewRecipient]) -> impl Iterator<Item = depesche_domain::AccountId> {
    let account = |one: &NewRecipient| match &one.way {
        Way::Keyed(way) => way.release.as_ref().map(|r| r.stanza.account),
        Way::Link(_) => None,
    };
    all.iter().filter_map(account)
}

/// Looks up who stands behind the addresses of recipients of levels 3 and 4, and draws tokens for those who are to be
/// invited.
pub(crate) async fn stand(
    ctx: &Context,
    tx: &mut Tx,
    all: &mut [NewRecipient],
) -> Result<(), Error> {
    for one in all {
        if let Way::Keyed(_) = one.way {
            one.person = people::standing(tx, &one.address).await?;
            let invited = one.notice.is_some() && one.person == Person::Unknown;
            one.token = invited.then(|| tokens::make_token(ctx));
        }
    }
    Ok(())
}

/// An invitation to be kept: its token and address.
pub(crate) type Invited = (String, Address);

/// Those who are invited.
pub(crate) fn invited(all: &[NewRecipient]) -> Vec<Invited> {
    let one = |one: &NewRecipient| Some((one.token.clone()?, one.address.clone()));
    all.iter().filter_map(one).collect()
}

/// Keeps the invitations that go out with a parcel.
pub(crate) async fn invite(
    tx: &mut Tx,
    all: Vec<Invited>,
    posted: &Posted,
    now: Time,
) -> Result<(), Error> {
    for (token, address) in all {
        let new = Invitation {
            address,
            role: Role::Guest,
            sender: Some(posted.sender),
            parcel: Some(posted.id),
            made: now,
        };
        tokens::keep(tx, &token, &new).await?;
    }
    Ok(())
}

/// How the mail about a posted parcel of level 3 or 4 leads its recipient in, sent again: an invitation has to be kept
/// for a new person.
pub(crate) async fn arrival(
    ctx: &Context,
    tx: &mut Tx,
    posted: &Posted,
    address: &Address,
) -> Result<(Arrival, Option<Invited>), Error> {
    let person = people::standing(tx, address).await?;
    let found = posted.recipients.iter().find(|r| r.address == *address);
    let keyed = found.and_then(|r| r.keyed.as_deref());
    let (keyed, _) = keyed.ok_or(Refusal::NotARecipient)?;
    let token = (person == Person::Unknown).then(|| tokens::make_token(ctx));
    let invited = token.clone().map(|token| (token, address.clone()));
    let ready = keyed.opens(&person).is_ok();
    Ok((Arrival::keyed(posted.id, token, ready), invited))
}

/// What a caller answers: a delivery that was received and is not dropped.
///
/// # Errors
/// [`Error::NotFound`].
pub(crate) async fn answered(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
) -> Result<Answered, Error> {
    let found = inbox::item(&ctx.store.sql, &caller.account.address, id).await?;
    let found = found.filter(|found| found.recipient.dropped.is_none());
    let found = found.ok_or(Error::NotFound)?;
    Ok(Answered {
        parcel: id,
        level: found.level,
        sender: found.sender.address,
    })
}

/// H, SHA-256 of M and the sender's own stanza, which levels 3 and 4 need. What is released with it is checked.
pub(crate) async fn sealed(
    ctx: &Context,
    caller: &Caller,
    id: ParcelId,
    (level, own, recipients): (Level, Option<Vec<u8>>, &[NewRecipient]),
) -> Result<Sealed, Error> {
    let key = keyrings::key(&ctx.store.sql, caller.account.id).await?;
    if level >= Level::KeyedFiles && key.is_none() {
        return Err(depesche_domain::keyring::Refusal::None.into());
    }
    let own = own.map(|bytes| stanza(bytes, By::BySender)).transpose()?;
    let fits = |one: &depesche_domain::keyed::Stanza| {
        one.account == caller.account.id && Some(one.fingerprint) == key
    };
    match &own {
        Some(own) if fits(own) => {}
        None if level < Level::KeyedFiles => {}
        Some(_) => return Err(Refusal::from(depesche_domain::keyed::Refusal::KeyChanged).into()),
        None => {
            return Err(Error::Invalid(
                "a delivery of this level needs the sender's own stanza",
            ));
        }
    }
    let (header, manifest_hash) = tokio::task::block_in_place(|| read_manifest(ctx, id))?;
    let sealed = Sealed {
        stanza: own.map(|own| own.bytes),
        header,
        manifest_hash,
    };
    if let Some(stanza) = &sealed.stanza {
        Maker::load(ctx, caller, &sealed).await?.check(stanza)?;
    }
    check_releases(ctx, caller, recipients, &sealed).await?;
    Ok(sealed)
}

/// Checks the signatures of what is released with the order.
///
/// # Errors
/// [`Error::Refused`].
pub(crate) async fn check_releases(
    ctx: &Context,
    caller: &Caller,
    recipients: &[NewRecipient],
    parcel: &Sealed,
) -> Result<(), Error> {
    let release = |one: &NewRecipient| match &one.way {
        Way::Keyed(way) => way.release.clone(),
        Way::Link(_) => None,
    };
    let releases: Vec<Release> = recipients.iter().filter_map(release).collect();
    if releases.is_empty() {
        return Ok(());
    }
    let maker = Maker::load(ctx, caller, parcel).await?;
    tokio::task::block_in_place(|| {
        let mut stanzas = releases.iter().map(|release| &release.stanza.bytes);
        stanzas.try_for_each(|bytes| maker.check(bytes))
    })
}

/// Bytes of the header H (docs/format.md, Parcel).
const HEADER: usize = 54;

fn read_manifest(ctx: &Context, id: ParcelId) -> Result<(Vec<u8>, Vec<u8>), Error> {
    let reader = ctx.store.blobs.manifest(id)?;
    let mut hash = Sha256::new();
    let (mut header, mut at) = (Vec::new(), 0);
    let mut piece = vec![0; 256 << 10];
    loop {
        let read = reader.read_at(at, &mut piece)?;
        if read == 0 {
            break;
        }
        if at == 0 {
            header.extend_from_slice(&piece[..read.min(HEADER)]);
        }
        hash.update(&piece[..read]);
        at += read as u64;
    }
    Ok((header, hash.finish().to_vec()))
}

/// The domain's order.
pub(crate) fn order(wanted: WantedOrder, recipients: Vec<NewRecipient>) -> Order {
    Order {
        recipients,
        expires: wanted.expires,
        subject: wanted.subject,
        message: wanted.message,
        notify: wanted.notify,
        answered: None,
    }
}
