//! The password page: the recipient sets, changes, resets. What arrives here was derived from the password and is not
//! the password.

use std::net::IpAddr;

use depesche_domain::effect::{Effect, Language};
use depesche_domain::journal::Fact;
use depesche_domain::note::Note;
use depesche_domain::protected::{MOST_SETS, PasswordLink, Purpose, Used, tell};
use depesche_domain::token::SecretHash;
use depesche_domain::{AccountId, Address, Span};
use depesche_seal::format::{from_text, to_text};
use depesche_seal::primitives::{Sha256, sha256};
use depesche_store::sql::Tx;
use depesche_store::sql::pdf_passwords::{self as rows, Owner, Set};
use zeroize::Zeroizing;

use super::lasting;
use crate::context::Context;
use crate::error::Error;
use crate::tries::What;
use crate::{journal, outbox, spool};

/// What is sealed with a set.
const KEY: &str = "pdf-key";
/// How long a link that is over is still known, so that a new one can be asked for with it.
const KNOWN: Span = Span::days(90);

/// What a password link shows.
pub struct Look {
    /// The link.
    pub link: PasswordLink,
    /// Messages that wait for the password.
    pub held: u64,
}

/// One set, as it was derived from the password.
pub struct NewSet {
    /// U: 48 bytes, in every PDF.
    pub public: [u8; 48],
    /// Its key.
    pub key: Zeroizing<[u8; 32]>,
}

/// What setting a password did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whose password it is.
    pub address: Address,
    /// Messages that go out now.
    pub released: u64,
    /// There was another password before.
    pub changed: bool,
}

/// What makes a PDF for its recipient: one set of the password, chosen at random.
pub struct Credential {
    /// U.
    pub public: [u8; 48],
    /// Its key.
    pub key: Zeroizing<[u8; 32]>,
}

fn hash_token(token: &str) -> Result<SecretHash, Error> {
    let bytes: [u8; 16] = from_text(token).map_err(|_| Error::PasswordLinkOver)?;
    Ok(SecretHash::from_bytes(sha256(&bytes)))
}

/// What a password link is for. Uses nothing up.
///
/// # Errors
/// [`Error::PasswordLinkOver`], [`Error::PasswordLinkUsed`].
pub async fn look(ctx: &Context, token: &str) -> Result<Look, Error> {
    let link = find(ctx, &hash_token(token)?).await?;
    if link.used.is_some() {
        return Err(Error::PasswordLinkUsed);
    }
    let held = spool::held(ctx, &link.address).await?;
    Ok(Look { link, held })
}

async fn find(ctx: &Context, token: &SecretHash) -> Result<PasswordLink, Error> {
    let link = rows::link(&ctx.store.sql, token).await?;
    let link = link.filter(|link| link.used.is_some() || link.is_live(ctx.now()));
    link.ok_or(Error::PasswordLinkOver)
}

fn check(sets: &[NewSet]) -> Result<[u8; 32], Error> {
    if sets.is_empty() || sets.len() > MOST_SETS {
        return Err(Error::Invalid("a password comes in 1 to 32 sets"));
    }
    // Validation salt and key salt; one twice would show that two PDFs go to the same person.
    let mut salts: Vec<_> = sets.iter().map(|set| &set.public[32..]).collect();
    salts.sort_unstable();
    if salts.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(Error::Invalid("each set has salts of its own"));
    }
    let mut hash = Sha256::new();
    for set in sets {
        hash.update(&set.public);
        hash.update(&sha256(set.key.as_slice()));
    }
    Ok(hash.finish())
}

/// Sets the password: from now on mail to this person goes out at once, and what was held goes out by itself. The
/// same sets again get the same answer.
///
/// # Errors
/// [`Error::PasswordLinkOver`], [`Error::PasswordLinkUsed`], [`Error::Invalid`].
pub async fn set(ctx: &Context, token: &str, sets: &[NewSet]) -> Result<Outcome, Error> {
    let hash = check(sets)?;
    let token = hash_token(token)?;
    let link = find(ctx, &token).await?;
    if let Some(used) = link.used {
        return again(link.address, &used, &hash);
    }
    let sealed = seal(ctx, &link.address, sets)?;
    let senders = spool::held_senders(ctx, &link.address).await?;
    let now = ctx.now();
    let owner = Owner {
        address: link.address.clone(),
        language: link.language,
        since: now,
    };
    let mut tx = ctx.store.sql.begin().await?;
    if !rows::take_link(&mut tx, &token, &hash).await? {
        return Err(Error::PasswordLinkUsed);
    }
    let changed = rows::replace(&mut tx, &owner, &sealed).await?;
    rows::end_wait(&mut tx, &link.address).await?;
    let released = spool::wake_held_in(&mut tx, &link.address, now).await?;
    let used = Used {
        hash,
        released,
        changed,
    };
    rows::finish_link(&mut tx, &token, &link.address, &used, now).await?;
    journal::record(&mut tx, now, &Fact::PdfPasswordSet { changed, released }).await?;
    let effects = told(ctx, &link, senders, changed);
    let leases = outbox::store(ctx, &mut tx, effects).await?;
    tx.commit().await?;
    drop(leases);
    ctx.wake_worker();
    ctx.wake_queue();
    Ok(Outcome {
        address: link.address,
        released,
        changed,
    })
}

/// The answer to the first try was lost.
fn again(address: Address, used: &Used, hash: &[u8; 32]) -> Result<Outcome, Error> {
    if SecretHash::from_bytes(used.hash) != SecretHash::from_bytes(*hash) {
        return Err(Error::PasswordLinkUsed);
    }
    Ok(Outcome {
        address,
        released: used.released,
        changed: used.changed,
    })
}

fn seal(ctx: &Context, address: &Address, sets: &[NewSet]) -> Result<Vec<Set>, Error> {
    let set = |set: &NewSet| {
        let id = to_text(&ctx.random.bytes::<16>());
        let bound = bound(&id, address, &set.public);
        Ok(Set {
            sealed: lasting::seal(ctx, KEY, &bound, set.key.as_slice())?,
            public: set.public.to_vec(),
            id,
        })
    };
    sets.iter().map(set).collect()
}

/// Set, person and U: a sealed key fits no other.
fn bound(id: &str, address: &Address, public: &[u8]) -> String {
    format!("{id}\0{}\0{}", address.folded(), to_text(public))
}

/// Who hears of a new password: the person, if there was another; and everybody whose mail was held.
fn told(ctx: &Context, link: &PasswordLink, senders: Vec<String>, changed: bool) -> Vec<Effect> {
    let mut effects = Vec::new();
    if changed || link.purpose == Purpose::Reset {
        effects.push(tell(link.address.clone(), link.language, Note::Changed));
    }
    let addresses = senders
        .iter()
        .filter_map(|text| text.parse::<Address>().ok());
    for sender in addresses {
        let note = Note::PasswordSet {
            recipient: link.address.clone(),
        };
        effects.push(tell(sender, ctx.settings.language, note));
    }
    effects
}

/// Who asks for a link.
pub enum Asked {
    /// Whoever has a link that is over.
    Token(String),
    /// By address.
    Email(String),
}

/// Mails a new link, if the person was ever written to by protected mail. Nobody learns whether.
///
/// # Errors
/// [`Error::TooManyTries`].
pub async fn ask(
    ctx: &Context,
    asked: Asked,
    language: Language,
    from: IpAddr,
) -> Result<(), Error> {
    let now = ctx.now();
    let address = match &asked {
        Asked::Token(token) => match hash_token(token) {
            Ok(hash) => rows::link(&ctx.store.sql, &hash).await?.map(|l| l.address),
            Err(_) => None,
        },
        Asked::Email(email) => email.parse().ok(),
    };
    let name = match (&address, &asked) {
        (Some(address), _) => address.folded().to_owned(),
        (None, Asked::Token(text) | Asked::Email(text)) => text.to_lowercase(),
    };
    let what = What::PdfLink(&name);
    ctx.tries.check(what, from, now)?;
    ctx.tries.fail(what, from, now);
    let Some(address) = address else {
        return Ok(());
    };
    // Beside the place of whoever asks: nobody's mailbox is filled from many places.
    let anywhere = IpAddr::from([0, 0, 0, 0]);
    if ctx.tries.check(what, anywhere, now).is_err() {
        return Ok(());
    }
    if !rows::is_known(&ctx.store.sql, &address).await? {
        return Ok(());
    }
    ctx.tries.fail(what, anywhere, now);
    let has = rows::owner(&ctx.store.sql, &address).await?.is_some();
    let purpose = if has {
        Purpose::Change
    } else {
        Purpose::Invite
    };
    let mut tx = ctx.store.sql.begin().await?;
    let effect = mail_link(ctx, &mut tx, address, purpose, language).await?;
    let leases = outbox::store(ctx, &mut tx, vec![effect]).await?;
    tx.commit().await?;
    drop(leases);
    ctx.wake_worker();
    Ok(())
}

/// Makes a link and the mail with it.
async fn mail_link(
    ctx: &Context,
    tx: &mut Tx,
    address: Address,
    purpose: Purpose,
    language: Language,
) -> Result<Effect, Error> {
    let expires = ctx.now() + purpose.life();
    let link = PasswordLink {
        address: address.clone(),
        purpose,
        language,
        sender: None,
        expires,
        used: None,
    };
    let token = insert(ctx, tx, &link).await?;
    let note = Note::Link {
        token,
        expires: expires.ms(),
        reset: purpose == Purpose::Reset,
    };
    Ok(tell(address, language, note))
}

/// Keeps a link and gives its token.
pub(super) async fn insert(
    ctx: &Context,
    tx: &mut Tx,
    link: &PasswordLink,
) -> Result<String, Error> {
    let token = to_text(&ctx.random.bytes::<16>());
    rows::insert_link(tx, &hash_token(&token)?, link).await?;
    Ok(token)
}

/// An administrator takes a password away: later mail is held, and the person is mailed a link.
///
/// # Errors
/// [`Error::NotFound`] if there is no password.
pub async fn reset(ctx: &Context, address: &Address, by: Option<AccountId>) -> Result<(), Error> {
    let owner = rows::owner(&ctx.store.sql, address).await?;
    let owner = owner.ok_or(Error::NotFound)?;
    let now = ctx.now();
    let mut tx = ctx.store.sql.begin().await?;
    if !rows::delete(&mut tx, address).await? {
        return Err(Error::NotFound);
    }
    rows::end_links(&mut tx, address, now).await?;
    // The link below invites; mail that is held now sends no second one, only reminders.
    rows::begin_wait(&mut tx, address, now).await?;
    let effect = mail_link(ctx, &mut tx, owner.address, Purpose::Reset, owner.language).await?;
    journal::record(&mut tx, now, &Fact::PdfPasswordReset { by }).await?;
    let leases = outbox::store(ctx, &mut tx, vec![effect]).await?;
    tx.commit().await?;
    drop(leases);
    ctx.wake_worker();
    Ok(())
}

/// Whether somebody has set a password.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn has_password(ctx: &Context, address: &Address) -> Result<bool, Error> {
    Ok(rows::owner(&ctx.store.sql, address).await?.is_some())
}

/// What makes PDFs for somebody, and the language chosen with it. A damaged set is passed over; if all are, there is
/// no password.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn credential(
    ctx: &Context,
    address: &Address,
) -> Result<Option<(Credential, Language)>, Error> {
    let Some(owner) = rows::owner(&ctx.store.sql, address).await? else {
        return Ok(None);
    };
    let mut sets = rows::sets(&ctx.store.sql, address).await?;
    while !sets.is_empty() {
        let at = usize::from(ctx.random.bytes::<1>()[0]) % sets.len();
        let set = sets.swap_remove(at);
        if let Some(credential) = open(ctx, address, &set)? {
            return Ok(Some((credential, owner.language)));
        }
        tracing::warn!(set.id = set.id, "a set for protected mail is damaged");
    }
    Ok(None)
}

fn open(ctx: &Context, address: &Address, set: &Set) -> Result<Option<Credential>, Error> {
    let bound = bound(&set.id, address, &set.public);
    let Some(key) = lasting::open(ctx, KEY, &bound, &set.sealed)? else {
        return Ok(None);
    };
    let (Ok(public), Ok(key)) = (set.public.as_slice().try_into(), key.as_slice().try_into())
    else {
        return Ok(None);
    };
    Ok(Some(Credential {
        public,
        key: Zeroizing::new(key),
    }))
}

/// Forgets links that have long been over.
pub(crate) async fn sweep(ctx: &Context) -> Result<(), Error> {
    let mut tx = ctx.store.sql.begin().await?;
    rows::sweep_links(&mut tx, ctx.now() - KNOWN).await?;
    Ok(tx.commit().await?)
}
