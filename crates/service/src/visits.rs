//! Deliveries as a visitor with a link sees them: look, open, lease, fetch, confirm.
//!
//! Nothing is used up before a person clicked, the key was proven and a file was verified. A look
//! changes nothing; opening is not counted; a lease is counted and given back when it lapses.

use std::net::IpAddr;

use depesche_domain::claim::{CODE_LIFE, CODE_TRIES, ClaimState, LEASE};
use depesche_domain::effect::{Effect, Language, Mail};
use depesche_domain::journal::Fact;
use depesche_domain::parcel::{Posted, Reason};
use depesche_domain::token::SecretHash;
use depesche_domain::{Account, Address, ClaimId, FileId, Level, LinkId, ParcelId, Span, Time};
use depesche_seal::link::Record;
use depesche_seal::password::Params as PasswordParams;
use depesche_seal::primitives::sha256;
use depesche_store::blobs::Reader;
use depesche_store::sql::Tx;
use depesche_store::sql::parcels::{self, Mark, Stored};
use depesche_store::sql::visits::{self, ClaimRow, CodeTry, LinkRow};

use crate::context::Context;
use crate::error::Error;
use crate::login::{Caller, hash_token};
use crate::outbox;
use crate::protected::gateway;
use crate::tries::What;

/// What a visitor proves the link with: auth, and auth2 with a link password (docs/format.md, Link).
pub struct Proof {
    /// 32 bytes.
    pub auth: Vec<u8>,
    /// 32 bytes, if the visitor knows the password.
    pub auth2: Option<Vec<u8>>,
}

/// A manifest up to this size is handed out with the first look.
const SMALL_MANIFEST: u64 = 256 << 10;

/// What a link alone shows.
pub struct Look {
    /// Who wrote.
    pub sender: Account,
    /// The parcel; subject and message are to be shown only if `record` is there.
    pub posted: Posted,
    /// How the password is stretched, if there is one.
    pub password: Option<PasswordParams>,
    /// Whether a mailed code is asked for.
    pub mailed_code: bool,
    /// Level 2, and nobody fitting is logged in.
    pub login: bool,
    /// The record, if nothing more has to be proven to see it.
    pub record: Option<Vec<u8>>,
    /// M, with the record, if it is small.
    pub manifest: Option<Vec<u8>>,
    /// These are the attachments of a protected mail: to whom that went.
    pub mail_to: Option<Address>,
}

/// The opened letter.
pub struct Letter {
    /// Who wrote.
    pub sender: Account,
    /// The parcel.
    pub posted: Posted,
    /// The record.
    pub record: Vec<u8>,
    /// Bytes of M.
    pub manifest_size: u64,
    /// The visit.
    pub claim: Standing,
}

/// Where a visit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub state: ClaimState,
    /// Downloads left on this link.
    pub left: Option<u32>,
}

pub(crate) fn hash_of(secret: &[u8]) -> SecretHash {
    SecretHash::from_bytes(sha256(secret))
}

/// The parcel behind a link, if it may be opened at all. Who proved the link is told who wrote also
/// when it is gone, so that he can ask there.
pub(crate) async fn parcel(ctx: &Context, link: &LinkRow) -> Result<Posted, Error> {
    let now = ctx.now();
    let stored = parcels::load(&ctx.store.sql, link.parcel).await?;
    let (closed, sender) = match &stored {
        Some(Stored::Closed(row)) => (Some((row.closed.reason, row.closed.at)), row.sender),
        Some(Stored::Posted(posted)) if posted.has_expired(now) => {
            (Some((Reason::Expired, posted.expires)), posted.sender)
        }
        Some(Stored::Posted(posted)) => (None, posted.sender),
        Some(Stored::Draft(_)) | None => return Err(Error::LinkUnknown),
    };
    if closed.is_some() || link.dropped {
        let sender = gateway::sender(ctx, link.parcel, sender).await?;
        let sender = sender.map(Box::new);
        return Err(match closed {
            Some((reason, at)) => Error::Closed { reason, at, sender },
            None => Error::Dropped { sender },
        });
    }
    match stored {
        Some(Stored::Posted(posted)) => Ok(posted),
        _ => Err(Error::LinkUnknown),
    }
}

/// Proves the link (auth), never limited: it has 160 bits. A wrong link is told from a wrong password.
pub(crate) async fn prove_link(
    ctx: &Context,
    id: LinkId,
    proof: &Proof,
) -> Result<(LinkRow, Posted), Error> {
    let link = visits::link(&ctx.store.sql, id)
        .await?
        .ok_or(Error::LinkUnknown)?;
    // A recipient of level 3 or 4 has no link.
    let auth = link.auth.ok_or(Error::LinkUnknown)?;
    if hash_of(&proof.auth) != auth {
        return Err(Error::LinkWrongKey);
    }
    let posted = parcel(ctx, &link).await?;
    Ok((link, posted))
}

/// Proves the password (auth2) if the link has one. Wrong ones are limited by a growing delay, never burnt.
pub(crate) fn prove_password(
    ctx: &Context,
    link: &LinkRow,
    proof: &Proof,
    from: IpAddr,
) -> Result<(), Error> {
    let Some(expected) = link.auth2 else {
        return Ok(());
    };
    let given = proof.auth2.as_ref().ok_or(Error::PasswordRequired)?;
    let (what, now) = (What::LinkPassword(link.id.as_bytes()), ctx.now());
    ctx.tries.check(what, from, now)?;
    if hash_of(given) != expected {
        let (left, pause) = ctx.tries.fail(what, from, now);
        return Err(Error::WrongPassword { left, pause });
    }
    ctx.tries.clear(what, from);
    Ok(())
}

fn password_params(record: &[u8]) -> Result<Option<PasswordParams>, Error> {
    let record = Record::parse(record).map_err(|e| Error::Unavailable(Box::new(e)))?;
    Ok(record.head().password)
}

/// What a link shows before anything is opened. Changes nothing.
///
/// # Errors
/// [`Error::LinkUnknown`], [`Error::LinkWrongKey`], [`Error::Closed`], [`Error::Dropped`],
/// [`Error::WrongPassword`], [`Error::TooManyTries`].
pub async fn look(
    ctx: &Context,
    id: LinkId,
    proof: &Proof,
    caller: Option<&Caller>,
    from: IpAddr,
) -> Result<Look, Error> {
    let (link, mut posted) = prove_link(ctx, id, proof).await?;
    let mail_to = gateway::dress(ctx, &mut posted).await?;
    let sealed = link
        .record
        .as_deref()
        .ok_or(Error::Dropped { sender: None })?;
    let password = password_params(sealed)?;
    let proven = match proof.auth2 {
        Some(_) => prove_password(ctx, &link, proof, from).map(|()| true)?,
        None => link.auth2.is_none(),
    };
    let login = posted.level == Level::Login && check_person(&link, caller).is_err();
    let shown = proven && !link.mailed_code && !login;
    let manifest = if shown {
        small_manifest(ctx, link.parcel)?
    } else {
        None
    };
    let sender = crate::parcels::sender(ctx, &posted).await?;
    Ok(Look {
        sender,
        posted,
        password,
        mailed_code: link.mailed_code,
        login,
        record: if shown { link.record } else { None },
        manifest,
        mail_to,
    })
}

/// Level 2: the link opens for the person alone to whom it was sent; nobody else learns who that is.
fn check_person(link: &LinkRow, caller: Option<&Caller>) -> Result<(), Error> {
    let caller = caller.ok_or(Error::LoginRequired)?;
    if caller.account.address == link.address {
        Ok(())
    } else {
        Err(Error::WrongAccount)
    }
}

pub(crate) fn small_manifest(ctx: &Context, parcel: ParcelId) -> Result<Option<Vec<u8>>, Error> {
    let reader = ctx.store.blobs.manifest(parcel)?;
    if reader.size() > SMALL_MANIFEST {
        return Ok(None);
    }
    let mut bytes = vec![0; usize::try_from(reader.size()).unwrap_or_default()];
    read_exact(&reader, 0, &mut bytes)?;
    Ok(Some(bytes))
}

/// Mails a one-time code if the stated address is the recipient's. Nobody learns whether it is.
///
/// # Errors
/// As [`look`]; [`Error::TooManyTries`] if codes are asked for too often.
pub async fn ask_code(
    ctx: &Context,
    id: LinkId,
    proof: &Proof,
    email: &str,
    language: Language,
    from: IpAddr,
) -> Result<(), Error> {
    let (link, posted) = prove_link(ctx, id, proof).await?;
    prove_password(ctx, &link, proof, from)?;
    let now = ctx.now();
    ctx.tries
        .check(What::CodeRequest(id.as_bytes()), from, now)?;
    ctx.tries.fail(What::CodeRequest(id.as_bytes()), from, now);
    let stated: Option<Address> = email.parse().ok();
    if !link.mailed_code || stated.is_none_or(|stated| stated != link.address) {
        return Ok(());
    }
    let sender = crate::parcels::sender(ctx, &posted).await?;
    let code = ctx.random.digits(8);
    let hash = hash_code(id, &code);
    let mail = Mail::Code {
        to: link.address.clone(),
        code,
        sender_name: sender.name,
        sender: sender.address,
        language,
    };
    let mut tx = ctx.store.sql.begin().await?;
    visits::put_code(&mut tx, id, &hash, now + CODE_LIFE).await?;
    let effects = vec![Effect::Send {
        mail: Box::new(mail),
        about: None,
    }];
    let leases = outbox::store(ctx, &mut tx, effects).await?;
    tx.commit().await?;
    drop(leases);
    ctx.wake_worker();
    Ok(())
}

fn hash_code(link: LinkId, code: &str) -> SecretHash {
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    hash_of(&[link.as_bytes().as_slice(), digits.as_bytes()].concat())
}

/// What a visitor hands in to open the letter.
pub struct OpenRequest {
    /// Link and password.
    pub proof: Proof,
    /// Self-declared.
    pub email: String,
    /// The mailed code, if one is asked for.
    pub code: Option<String>,
    /// Drawn by the visitor's client: 32 bytes.
    pub token: Vec<u8>,
}

/// Opens the letter: a person's click. The same token again gives the same visit.
///
/// # Errors
/// As [`look`], and [`Error::CodeRequired`], [`Error::WrongCode`], [`Error::Invalid`] for an address
/// that is none.
pub async fn open(
    ctx: &Context,
    id: LinkId,
    request: OpenRequest,
    caller: Option<&Caller>,
    from: IpAddr,
) -> Result<Letter, Error> {
    let (link, mut posted) = prove_link(ctx, id, &request.proof).await?;
    gateway::dress(ctx, &mut posted).await?;
    let person = match posted.level {
        Level::Login => {
            check_person(&link, caller)?;
            Some(&link.address)
        }
        _ => None,
    };
    prove_password(ctx, &link, &request.proof, from)?;
    let record = link.record.clone().ok_or(Error::Dropped { sender: None })?;
    let claim = match known_claim(ctx, &link, &request.token).await? {
        Ok(known) => known,
        Err(token) => make_claim(ctx, &link, &request, person, &token).await?,
    };
    let sender = crate::parcels::sender(ctx, &posted).await?;
    let manifest_size = ctx.store.blobs.manifest(link.parcel)?.size();
    let standing = standing(&claim, &link, ctx.now());
    Ok(Letter {
        sender,
        posted,
        record,
        manifest_size,
        claim: standing,
    })
}

/// The claim of a token that is known already, else the token's hash.
async fn known_claim(
    ctx: &Context,
    link: &LinkRow,
    token: &[u8],
) -> Result<Result<ClaimRow, SecretHash>, Error> {
    if token.len() != 32 {
        return Err(Error::Invalid("the token of a visit has 32 bytes"));
    }
    let hash = hash_of(token);
    match visits::claim_by_token(&ctx.store.sql, &hash).await? {
        Some(known) if known.link == link.id => Ok(Ok(known)),
        Some(_) => Err(Error::Conflict),
        None => Ok(Err(hash)),
    }
}

/// Opens a delivery for a person whose login is shown: levels 3 and 4, and level 2 with an own stanza.
pub(crate) async fn claim_by_login(
    ctx: &Context,
    link: &LinkRow,
    token: &[u8],
    person: &Address,
) -> Result<Standing, Error> {
    let claim = match known_claim(ctx, link, token).await? {
        Ok(known) => known,
        Err(hash) => {
            let mut tx = ctx.store.sql.begin().await?;
            let claim = insert_claim(ctx, &mut tx, link, (person, true), &hash).await?;
            tx.commit().await?;
            claim
        }
    };
    Ok(standing(&claim, link, ctx.now()))
}

async fn insert_claim(
    ctx: &Context,
    tx: &mut Tx,
    link: &LinkRow,
    (stated, proven): (&Address, bool),
    token: &SecretHash,
) -> Result<ClaimRow, Error> {
    let now = ctx.now();
    let claim = ClaimRow {
        id: ClaimId::from_bytes(ctx.random.bytes()),
        link: link.id,
        parcel: link.parcel,
        address: link.address.clone(),
        stated: stated.to_string(),
        proven,
        state: ClaimState::Opened,
        opened: now,
    };
    visits::insert_claim(tx, &claim, token).await?;
    parcels::mark(tx, link.parcel, &link.address, Mark::Opened, now).await?;
    Ok(claim)
}

async fn make_claim(
    ctx: &Context,
    link: &LinkRow,
    request: &OpenRequest,
    person: Option<&Address>,
    token: &SecretHash,
) -> Result<ClaimRow, Error> {
    let now = ctx.now();
    let stated: Address = match person {
        Some(person) => person.clone(),
        None => request.email.parse().map_err(|_| {
            Error::Invalid("this is not a complete e-mail address, such as name@example.org")
        })?,
    };
    let mut tx = ctx.store.sql.begin().await?;
    if link.mailed_code {
        let code = request.code.as_ref().ok_or(Error::CodeRequired)?;
        match visits::take_code(&mut tx, link.id, &hash_code(link.id, code), now, CODE_TRIES)
            .await?
        {
            CodeTry::Right if stated == link.address => {}
            CodeTry::Right | CodeTry::None => {
                tx.commit().await?;
                return Err(Error::WrongCode { left: 0 });
            }
            CodeTry::Wrong { left } => {
                tx.commit().await?;
                return Err(Error::WrongCode { left });
            }
        }
    }
    let proven = link.mailed_code || person.is_some();
    let claim = insert_claim(ctx, &mut tx, link, (&stated, proven), token).await?;
    tx.commit().await?;
    Ok(claim)
}

fn standing(claim: &ClaimRow, link: &LinkRow, now: Time) -> Standing {
    Standing {
        state: claim.state.at(now),
        left: link.limit.map(|limit| limit.saturating_sub(link.taken)),
    }
}

/// A visit, by its token, whose parcel may still be opened.
pub(crate) async fn visit(
    ctx: &Context,
    token: &str,
) -> Result<(ClaimRow, LinkRow, Posted), Error> {
    let hash = hash_token(token).ok_or(Error::ClaimOver)?;
    let claim = visits::claim_by_token(&ctx.store.sql, &hash)
        .await?
        .ok_or(Error::ClaimOver)?;
    let link = visits::link(&ctx.store.sql, claim.link)
        .await?
        .ok_or(Error::ClaimOver)?;
    let posted = parcel(ctx, &link).await?;
    Ok((claim, link, posted))
}

/// Begins a download: counted against the limit. A committed visit goes on as it is.
///
/// # Errors
/// [`Error::LimitReached`], [`Error::ClaimOver`], [`Error::Closed`], [`Error::Dropped`].
pub async fn lease(ctx: &Context, token: &str) -> Result<Standing, Error> {
    let (claim, link, _) = visit(ctx, token).await?;
    let now = ctx.now();
    if claim.state.serves(now) {
        return ping(ctx, token).await;
    }
    if matches!(claim.state, ClaimState::Committed { .. }) {
        return Err(Error::ClaimOver);
    }
    let mut tx = ctx.store.sql.begin().await?;
    visits::lapse(&mut tx, link.id, now).await?;
    let until = now + LEASE;
    if !visits::lease(&mut tx, &claim, until).await? {
        tx.commit().await?;
        return Err(Error::LimitReached);
    }
    let fact = Fact::Leased {
        parcel: claim.parcel,
        claim: claim.id.to_string(),
    };
    crate::journal::record(&mut tx, now, &fact).await?;
    tx.commit().await?;
    let left = link.limit.map(|limit| limit.saturating_sub(link.taken + 1));
    Ok(Standing {
        state: ClaimState::Leased { until },
        left,
    })
}

/// Keeps a lease.
///
/// # Errors
/// [`Error::ClaimOver`] if it has lapsed, [`Error::Closed`], [`Error::Dropped`].
pub async fn ping(ctx: &Context, token: &str) -> Result<Standing, Error> {
    let (mut claim, link, _) = visit(ctx, token).await?;
    claim.state = keep(ctx, &claim).await?;
    Ok(standing(&claim, &link, ctx.now()))
}

/// Keeps a lease alive: in the store at most every half lease, since each write is a sync.
pub(crate) async fn keep(ctx: &Context, claim: &ClaimRow) -> Result<ClaimState, Error> {
    let now = ctx.now();
    match claim.state.at(now) {
        ClaimState::Leased { until } => {
            if until - now > Span::from_ms(LEASE.ms() / 2) {
                return Ok(claim.state);
            }
            let until = now + LEASE;
            let mut tx = ctx.store.sql.begin().await?;
            let kept = visits::extend_lease(&mut tx, claim.id, until).await?;
            tx.commit().await?;
            if kept {
                Ok(ClaimState::Leased { until })
            } else {
                Err(Error::ClaimOver)
            }
        }
        state if state.serves(now) => Ok(state),
        _ => Err(Error::ClaimOver),
    }
}

/// Files that the client has verified to the end. The first commits the visit.
///
/// # Errors
/// [`Error::ClaimOver`], [`Error::NotFound`] for a file that is not of this parcel.
pub async fn receipts(ctx: &Context, token: &str, files: &[FileId]) -> Result<Standing, Error> {
    let (mut claim, link, posted) = visit(ctx, token).await?;
    let now = ctx.now();
    if !claim.state.serves(now) {
        return Err(Error::ClaimOver);
    }
    let known = parcels::files(&ctx.store.sql, claim.parcel).await?;
    if files.is_empty() && !known.is_empty() {
        return Err(Error::Invalid("name at least one file"));
    }
    if files.iter().any(|file| known.iter().all(|k| k.id != *file)) {
        return Err(Error::NotFound);
    }
    commit(ctx, &mut claim, &posted, files).await?;
    Ok(standing(&claim, &link, now))
}

/// A visit's download is finished.
pub(crate) async fn commit(
    ctx: &Context,
    claim: &mut ClaimRow,
    posted: &Posted,
    files: &[FileId],
) -> Result<(), Error> {
    let now = ctx.now();
    let sender = crate::parcels::sender(ctx, posted).await?;
    let mut tx = ctx.store.sql.begin().await?;
    let first = visits::commit(&mut tx, claim.id, now).await?;
    for file in files {
        visits::insert_receipt(&mut tx, claim.id, *file, now).await?;
    }
    let mut effects = Vec::new();
    if first {
        effects.push(Effect::Record(Fact::Committed {
            parcel: claim.parcel,
            claim: claim.id.to_string(),
        }));
        if parcels::mark(&mut tx, claim.parcel, &claim.address, Mark::Downloaded, now).await? {
            let language = ctx.settings.language;
            let stated = (&claim.address, claim.stated.as_str());
            match gateway::fetched(ctx, posted, now).await? {
                Some(told) => effects.push(told),
                None => {
                    effects.extend(posted.downloaded(stated.0, stated.1, &sender, language, now))
                }
            }
        }
    }
    if !matches!(claim.state, ClaimState::Committed { .. }) {
        // Now it is, be it by this call or by one that ran beside it.
        claim.state = ClaimState::Committed { at: now };
    }
    let leases = outbox::store(ctx, &mut tx, effects).await?;
    tx.commit().await?;
    drop(leases);
    ctx.wake_worker();
    Ok(())
}

/// The manifest M of a visit: opened is enough, since names are not what a limit counts.
///
/// # Errors
/// [`Error::ClaimOver`], [`Error::Closed`], [`Error::Dropped`].
pub async fn manifest(ctx: &Context, token: &str) -> Result<Reader, Error> {
    let (claim, ..) = visit(ctx, token).await?;
    Ok(ctx.store.blobs.manifest(claim.parcel)?)
}

/// Reads exactly `into.len()` bytes at `offset`. Blocks on the disk.
///
/// # Errors
/// [`Error::Unavailable`] if the file is shorter.
pub fn read_exact(reader: &Reader, offset: u64, into: &mut [u8]) -> Result<(), Error> {
    if reader.read_at(offset, into)? == into.len() {
        return Ok(());
    }
    Err(Error::Unavailable(
        "a stored file is shorter than it was".into(),
    ))
}
