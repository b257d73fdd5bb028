//! Login by OPAQUE (RFC 9807) and sessions.
//!
//! ristretto255-SHA512, 3DH, Argon2id as key stretching function (run by the client alone). The
//! server learns neither password nor a thing that could be guessed at. An unknown address gets an
//! answer of the same shape, under an account id derived from the set-up secret.

use std::net::IpAddr;

use depesche_domain::account::{SESSION_IDLE, SESSION_LIFE, Session};
use depesche_domain::effect::Language;
use depesche_domain::token::SecretHash;
use depesche_domain::{Account, AccountId, Address, SessionId, Span, Time};
use depesche_seal::primitives::{hmac_sha256, sha256};
use depesche_store::sql::{accounts, sessions};
use opaque_ke::{
    CredentialFinalization, CredentialRequest, Identifiers, ServerLogin, ServerLoginParameters,
    ServerRegistration, ServerSetup,
};
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::Error;
use crate::logins::Pending;
use crate::opaque::{Suite, load_setup};
use crate::tries::What;

/// Second message of a login.
pub struct Started {
    /// To be named in [`finish`].
    pub login: String,
    /// OPAQUE's client identifier.
    pub account: String,
    /// OPAQUE's server identifier.
    pub host: String,
    /// KE2.
    pub response: Vec<u8>,
}

/// Who calls: a live session and its account.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The session.
    pub session: Session,
    /// The account.
    pub account: Account,
}

/// The id under which an unknown address answers: always the same for the same address.
fn derive_unknown_id(setup: &ServerSetup<Suite>, folded: &str) -> AccountId {
    let secret = Zeroizing::new(setup.serialize().to_vec());
    let mac = hmac_sha256(
        &secret,
        &[b"depesche/v1/unknown-account\0", folded.as_bytes()],
    );
    let mut id = [0; 16];
    id.copy_from_slice(&mac[..16]);
    AccountId::from_bytes(id)
}

/// First step: KE1 in, KE2 out. Counts as a try, since KE2 tells the client whether the password fits.
///
/// # Errors
/// [`Error::TooManyTries`], [`Error::Invalid`] for a malformed message.
pub async fn start(
    ctx: &Context,
    email: &str,
    request: &[u8],
    from: IpAddr,
) -> Result<Started, Error> {
    let now = ctx.now();
    let folded = email
        .parse::<Address>()
        .map_or_else(|_| email.to_lowercase(), |a| a.folded().to_owned());
    ctx.tries.check(What::Login(&folded), from, now)?;
    let request = CredentialRequest::<Suite>::deserialize(request)
        .map_err(|_| Error::Invalid("this is not the first message of a login"))?;
    let setup = load_setup(&ctx.secrets, &ctx.random)?;
    let found = match email.parse::<Address>() {
        Ok(address) => accounts::by_address(&ctx.store.sql, &address).await?,
        Err(_) => None,
    };
    let found = found.filter(|(account, _)| account.disabled.is_none());
    let id = found.as_ref().map_or_else(
        || derive_unknown_id(&setup, &folded),
        |(account, _)| account.id,
    );
    let identifier = id.to_string();
    let password = found
        .as_ref()
        .map_or([0; 32], |(_, password)| sha256(password));
    let (account, file) = match found {
        Some((account, password)) => {
            let file = ServerRegistration::<Suite>::deserialize(&password)
                .map_err(|e| Error::Unavailable(Box::new(e)))?;
            (Some(account), Some(file))
        }
        None => (None, None),
    };
    let mut random = ctx.random.clone();
    let started = ServerLogin::<Suite>::start(
        &mut random,
        &setup,
        file,
        request,
        identifier.as_bytes(),
        parameters(&identifier, &ctx.host),
    )
    .map_err(|_| Error::Invalid("this is not the first message of a login"))?;
    ctx.tries.fail(What::Login(&folded), from, now);
    let login = ctx.random.bytes::<16>();
    let pending = Pending {
        state: started.state,
        account,
        identifier: identifier.clone(),
        folded,
        begun: now,
        password,
    };
    ctx.logins.put(login, pending);
    Ok(Started {
        login: SessionId::from_bytes(login).to_string(),
        account: identifier,
        host: ctx.host.clone(),
        response: started.message.serialize().to_vec(),
    })
}

fn parameters<'a>(client: &'a str, server: &'a str) -> ServerLoginParameters<'a, 'a> {
    ServerLoginParameters {
        context: None,
        identifiers: Identifiers {
            client: Some(client.as_bytes()),
            server: Some(server.as_bytes()),
        },
    }
}

/// What somebody logs in with.
#[derive(Debug, Clone, Copy)]
pub struct Device<'a> {
    /// What the person sees in the list of sessions.
    pub label: &'a str,
    /// The language it shows: that of the mails to the person from then on.
    pub language: Option<Language>,
}

/// Second step: KE3 in, a session out. The token is given once; the store keeps its hash.
///
/// # Errors
/// [`Error::LoginFailed`] for a wrong password, an unknown address, a login too old; nobody learns which.
pub async fn finish(
    ctx: &Context,
    login: &str,
    finalization: &[u8],
    device: Device<'_>,
    from: IpAddr,
) -> Result<(Zeroizing<String>, Caller), Error> {
    let now = ctx.now();
    let id: SessionId = login.parse().map_err(|_| Error::LoginFailed)?;
    let pending = ctx
        .logins
        .take(id.as_bytes(), now)
        .ok_or(Error::LoginFailed)?;
    let message = CredentialFinalization::<Suite>::deserialize(finalization)
        .map_err(|_| Error::LoginFailed)?;
    pending
        .state
        .finish(message, parameters(&pending.identifier, &ctx.host))
        .map_err(|_| Error::LoginFailed)?;
    let account = pending.account.ok_or(Error::LoginFailed)?;
    // Asked anew: the password may have been replaced meanwhile by who proved the address, or the account disabled.
    let now_there = accounts::by_address(&ctx.store.sql, &account.address).await?;
    let (account, _) = now_there
        .filter(|(now, file)| now.disabled.is_none() && sha256(file) == pending.password)
        .ok_or(Error::LoginFailed)?;
    ctx.tries.clear(What::Login(&pending.folded), from);
    make_session(ctx, account, device).await
}

async fn make_session(
    ctx: &Context,
    account: Account,
    device: Device<'_>,
) -> Result<(Zeroizing<String>, Caller), Error> {
    let now = ctx.now();
    let secret = Zeroizing::new(ctx.random.bytes::<32>());
    let label = device.label.chars();
    let label: String = label.filter(|c| !c.is_control()).take(80).collect();
    let session = Session {
        id: SessionId::from_bytes(ctx.random.bytes()),
        account: account.id,
        label,
        created: now,
        used: now,
    };
    let mut tx = ctx.store.sql.begin().await?;
    sessions::insert(
        &mut tx,
        &session,
        &SecretHash::from_bytes(sha256(secret.as_slice())),
    )
    .await?;
    if let Some(language) = device.language {
        accounts::set_language(&mut tx, account.id, language).await?;
    }
    tx.commit().await?;
    let token = Zeroizing::new(depesche_seal::format::to_text(secret.as_slice()));
    Ok((token, Caller { session, account }))
}

/// Reads a token as it stands in a header: 32 bytes of base64url.
pub(crate) fn hash_token(token: &str) -> Option<SecretHash> {
    let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(depesche_seal::format::from_text(token).ok()?);
    Some(SecretHash::from_bytes(sha256(bytes.as_slice())))
}

/// Whose session this token is.
///
/// # Errors
/// [`Error::NotLoggedIn`].
pub async fn caller(ctx: &Context, token: &str) -> Result<Caller, Error> {
    let hash = hash_token(token).ok_or(Error::NotLoggedIn)?;
    let found = sessions::by_token(&ctx.store.sql, &hash).await?;
    let (session, account) = found.ok_or(Error::NotLoggedIn)?;
    let now = ctx.now();
    if !session.is_live(now) || account.disabled.is_some() {
        return Err(Error::NotLoggedIn);
    }
    if now - session.used >= Span::minutes(10) {
        let mut tx = ctx.store.sql.begin().await?;
        sessions::touch(&mut tx, session.id, now).await?;
        tx.commit().await?;
    }
    Ok(Caller { session, account })
}

/// Live sessions of the caller, newest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(ctx: &Context, caller: &Caller) -> Result<Vec<Session>, Error> {
    let now = ctx.now();
    let mut all = sessions::list(&ctx.store.sql, caller.account.id).await?;
    all.retain(|session| session.is_live(now));
    Ok(all)
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// [`Error::NotFound`] if it is none of the caller's.
pub async fn end(ctx: &Context, caller: &Caller, session: SessionId) -> Result<(), Error> {
    let mut tx = ctx.store.sql.begin().await?;
    let ended = sessions::delete(&mut tx, caller.account.id, session).await?;
    tx.commit().await?;
    if ended { Ok(()) } else { Err(Error::NotFound) }
}

/// Ends all of the caller's sessions, this one too. Gives how many.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn end_all(ctx: &Context, caller: &Caller) -> Result<u64, Error> {
    let mut tx = ctx.store.sql.begin().await?;
    let ended = sessions::delete_all(&mut tx, caller.account.id).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Forgets sessions that live no more.
pub(crate) async fn sweep(ctx: &Context, now: Time) -> Result<u64, Error> {
    let mut tx = ctx.store.sql.begin().await?;
    let swept = sessions::sweep(&mut tx, now - SESSION_IDLE, now - SESSION_LIFE).await?;
    tx.commit().await?;
    Ok(swept)
}
