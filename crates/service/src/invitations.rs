//! Accounts by invitation: a mail that arrives proves the address, and ends whatever somebody put on it before.

use std::net::IpAddr;

use depesche_domain::effect::{Effect, Language, Mail};
use depesche_domain::invitation::{Invitation, LIFE};
use depesche_domain::journal::Fact;
use depesche_domain::token::SecretHash;
use depesche_domain::{Account, AccountId, Address, Level, LinkId, Role, Time};
use depesche_seal::format::{from_text, to_text};
use depesche_seal::primitives::{hmac_sha256, sha256};
use depesche_store::sql::{Tx, accounts, invitations, keyed, keyrings, sessions};
use opaque_ke::{RegistrationRequest, RegistrationUpload, ServerRegistration};

use crate::context::Context;
use crate::error::Error;
use crate::first::Started;
use crate::opaque::{Suite, load_setup};
use crate::tries::What;
use crate::visits::{Proof, prove_link, prove_password};
use crate::{journal, outbox};

/// What an invitation shows to whoever has it.
pub struct Look {
    /// The invitation.
    pub invitation: Invitation,
    /// Who wrote.
    pub sender: Option<Account>,
}

fn hash_token(token: &str) -> Result<SecretHash, Error> {
    let bytes: [u8; 16] = from_text(token).map_err(|_| Error::InvitationOver)?;
    Ok(SecretHash::from_bytes(sha256(&bytes)))
}

/// Draws the token of an invitation: 16 bytes as text.
pub(crate) fn make_token(ctx: &Context) -> String {
    to_text(&ctx.random.bytes::<16>())
}

/// Keeps an invitation under its token.
pub(crate) async fn keep(tx: &mut Tx, token: &str, new: &Invitation) -> Result<(), Error> {
    invitations::insert(tx, &hash_token(token)?, new).await?;
    let fact = Fact::Invited {
        by: new.sender,
        role: new.role.name().into(),
    };
    journal::record(tx, new.made, &fact).await
}

/// The invitation of a token, if it is good and its account takes logins.
async fn find(ctx: &Context, token: &str) -> Result<(Invitation, Option<Account>), Error> {
    let sql = &ctx.store.sql;
    let found = invitations::find(sql, &hash_token(token)?).await?;
    let found = found.filter(|found| found.is_live(ctx.now()));
    let invitation = found.ok_or(Error::InvitationOver)?;
    let account = accounts::by_address(sql, &invitation.address).await?;
    let account = account.map(|(account, _)| account);
    if account.as_ref().is_some_and(|a| a.disabled.is_some()) {
        return Err(Error::InvitationOver);
    }
    Ok((invitation, account))
}

/// What an invitation is for. Uses nothing up.
///
/// # Errors
/// [`Error::InvitationOver`].
pub async fn look(ctx: &Context, token: &str) -> Result<Look, Error> {
    let (invitation, _) = find(ctx, token).await?;
    let sender = match invitation.sender {
        Some(id) => accounts::by_id(&ctx.store.sql, id).await?,
        None => None,
    };
    Ok(Look { invitation, sender })
}

/// The id of the account that an invitation makes: always the same for the same token, and known to nobody without it.
fn derive_account(token: &SecretHash, secret: &[u8]) -> AccountId {
    let mac = hmac_sha256(
        secret,
        &[b"depesche/v1/invited-account\0", token.as_bytes()],
    );
    let mut id = [0; 16];
    id.copy_from_slice(&mac[..16]);
    AccountId::from_bytes(id)
}

fn account_id(ctx: &Context, token: &str, existing: Option<&Account>) -> Result<AccountId, Error> {
    if let Some(account) = existing {
        return Ok(account.id);
    }
    let setup = load_setup(&ctx.secrets, &ctx.random)?;
    let secret = zeroize::Zeroizing::new(setup.serialize().to_vec());
    Ok(derive_account(&hash_token(token)?, &secret))
}

/// Begins the registration (OPAQUE). Nothing is kept.
///
/// # Errors
/// [`Error::InvitationOver`], [`Error::Invalid`].
pub async fn start(ctx: &Context, token: &str, request: &[u8]) -> Result<Started, Error> {
    let (_, existing) = find(ctx, token).await?;
    let invalid = |_| Error::Invalid("this is not the first message of a registration");
    let request = RegistrationRequest::<Suite>::deserialize(request).map_err(invalid)?;
    let identifier = account_id(ctx, token, existing.as_ref())?.to_string();
    let started = ServerRegistration::<Suite>::start(
        &load_setup(&ctx.secrets, &ctx.random)?,
        request,
        identifier.as_bytes(),
    );
    let response = started.map_err(invalid)?.message.serialize().to_vec();
    Ok(Started {
        account: identifier,
        host: ctx.host.clone(),
        response,
    })
}

/// Finishes it: uses the invitation up, with every other one of the address; the account is there, proven, and every
/// session, login under way, and (the first time) keyring that somebody put on the address before has ended.
///
/// # Errors
/// [`Error::InvitationOver`], [`Error::Invalid`].
pub async fn finish(ctx: &Context, token: &str, name: &str, upload: &[u8]) -> Result<(), Error> {
    let (invitation, existing) = find(ctx, token).await?;
    let upload = RegistrationUpload::<Suite>::deserialize(upload)
        .map_err(|_| Error::Invalid("this is not the last message of a registration"))?;
    let file = ServerRegistration::<Suite>::finish(upload)
        .serialize()
        .to_vec();
    let id = account_id(ctx, token, existing.as_ref())?;
    let (hash, now) = (hash_token(token)?, ctx.now());
    let mut tx = ctx.store.sql.begin().await?;
    if !invitations::take(&mut tx, &hash).await? {
        return Err(Error::InvitationOver);
    }
    let others = invitations::take_all(&mut tx, &invitation.address).await?;
    let live = others.iter().filter(|other| other.is_live(now));
    let invited = live
        .map(|other| other.role)
        .fold(invitation.role, Role::max);
    let name: String = name.chars().filter(|c| !c.is_control()).take(120).collect();
    let account = Account {
        id,
        address: invitation.address,
        name,
        role: existing.as_ref().map_or(invited, |a| a.role.max(invited)),
        created: existing.as_ref().map_or(now, |a| a.created),
        disabled: None,
        proven: Some(now),
    };
    match existing {
        None => insert(&mut tx, &account, &file).await?,
        Some(before) => take_over(&mut tx, &before, &account, &file).await?,
    }
    tx.commit().await?;
    ctx.logins.forget(id);
    Ok(())
}

async fn insert(tx: &mut Tx, account: &Account, file: &[u8]) -> Result<(), Error> {
    accounts::insert(tx, account, file).await?;
    let fact = Fact::AccountAdded {
        account: account.id,
        role: account.role.name().into(),
    };
    journal::record(tx, account.created, &fact).await
}

/// The address had an account: whoever used it has not proven it, or has forgotten the password.
async fn take_over(
    tx: &mut Tx,
    before: &Account,
    account: &Account,
    file: &[u8],
) -> Result<(), Error> {
    let now = account.proven.unwrap_or(before.created);
    keyrings::lock(tx, account.id).await?;
    sessions::delete_all(tx, account.id).await?;
    keyrings::take_reset(tx, account.id).await?;
    if before.proven.is_none() {
        // Keys of somebody who never showed that the address is theirs.
        keyed::lose(tx, account.id, &account.address, now).await?;
        keyrings::destroy(tx, account.id).await?;
        keyrings::delete_records(tx, account.id).await?;
    }
    let mut account = account.clone();
    if account.name.is_empty() {
        account.name.clone_from(&before.name);
    }
    accounts::prove(tx, &account, file).await?;
    let fact = Fact::Proven {
        account: account.id,
    };
    journal::record(tx, now, &fact).await
}

/// Mails an invitation from the page of a level-2 link, if the stated address is the recipient's and has no account.
/// Nobody learns whether it is.
///
/// # Errors
/// As a look at the link; [`Error::TooManyTries`] if it is asked for too often.
pub async fn ask(
    ctx: &Context,
    id: LinkId,
    proof: &Proof,
    email: &str,
    language: Language,
    from: IpAddr,
) -> Result<(), Error> {
    let (link, posted) = prove_link(ctx, id, proof).await?;
    prove_password(ctx, &link, proof, from)?;
    let (what, now) = (What::Invitation(id.as_bytes()), ctx.now());
    ctx.tries.check(what, from, now)?;
    ctx.tries.fail(what, from, now);
    let stated: Option<Address> = email.parse().ok();
    let fits = stated.is_some_and(|stated| stated == link.address);
    if posted.level != Level::Login || !fits {
        return Ok(());
    }
    let known = accounts::by_address(&ctx.store.sql, &link.address).await?;
    if known.is_some() {
        return Ok(());
    }
    let sender = crate::parcels::sender(ctx, &posted).await?;
    let new = Invitation {
        address: link.address.clone(),
        role: Role::Guest,
        sender: Some(sender.id),
        parcel: Some(posted.id),
        made: now,
    };
    send(ctx, &new, Some((sender.name, sender.address)), language).await
}

/// Invites somebody on the word of an administrator on the server's machine.
///
/// # Errors
/// [`Error::Conflict`] if the address has an account that may do as much.
pub async fn invite(ctx: &Context, address: Address, role: Role) -> Result<Time, Error> {
    let known = accounts::by_address(&ctx.store.sql, &address).await?;
    if known.is_some_and(|(account, _)| account.role >= role) {
        return Err(Error::Conflict);
    }
    let new = Invitation {
        address,
        role,
        sender: None,
        parcel: None,
        made: ctx.now(),
    };
    send(ctx, &new, None, ctx.settings.language).await?;
    Ok(new.expires())
}

async fn send(
    ctx: &Context,
    new: &Invitation,
    sender: Option<(String, Address)>,
    language: Language,
) -> Result<(), Error> {
    let token = make_token(ctx);
    let mail = Mail::Invitation {
        to: new.address.clone(),
        sender,
        token: token.clone(),
        expires: new.expires().ms(),
        language,
    };
    let effects = vec![Effect::Send {
        mail: Box::new(mail),
        about: None,
    }];
    let mut tx = ctx.store.sql.begin().await?;
    keep(&mut tx, &token, new).await?;
    let leases = outbox::store(ctx, &mut tx, effects).await?;
    tx.commit().await?;
    drop(leases);
    ctx.wake_worker();
    Ok(())
}

/// Forgets invitations whose week is over.
pub(crate) async fn sweep(ctx: &Context, now: Time) -> Result<(), Error> {
    let mut tx = ctx.store.sql.begin().await?;
    invitations::sweep(&mut tx, now - LIFE).await?;
    Ok(tx.commit().await?)
}
