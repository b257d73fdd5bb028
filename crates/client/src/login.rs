//! Login by OPAQUE (RFC 9807): the server never sees the password, nor anything that could be guessed at.
//!
//! ristretto255-SHA512, 3DH; key stretching Argon2id v1.3 with 64 MiB, three passes, one lane, over
//! the all-zero salt of 16 bytes that RFC 9807 section 7 allows, run here; identifiers: the account's id
//! as text and the server's host name.

use depesche_api::{
    Account, B64, InvitationFinish, InvitationStart, InvitationToken, LoggedIn, LoginFinish,
    LoginStart,
};
use opaque_ke::argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, ClientRegistration,
    ClientRegistrationFinishParameters, CredentialResponse, Identifiers, RegistrationResponse,
    Ristretto255, TripleDh,
};

use crate::fault::Fault;
use crate::http::{CallError, Server};
use crate::profile::{Secret, Session};
use crate::world::World;

/// The suite of RFC 9807 that client and server speak.
#[derive(Debug)]
pub struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2::Sha512>;
    type Ksf = Argon2<'static>;
}

/// Argon2id memory of the key stretching, in KiB.
pub const MEMORY: u32 = 64 * 1024;
/// Argon2id passes of the key stretching.
pub const PASSES: u32 = 3;
/// Argon2id lanes of the key stretching.
pub const LANES: u32 = 1;

/// Nobody was logged in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The server or the way to it.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The answer does not fit the password: no such account, or another password.
    #[error("address or password do not fit; check both and try again")]
    Wrong,
    /// The key stretching could not be run.
    #[error("there is not enough memory to log in; close other programs and try again")]
    Memory,
}

impl LoginError {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Call(error) => error.code(),
            Self::Wrong => "login_failed",
            Self::Memory => "memory",
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Call(error) => error.fault(),
            Self::Wrong => Fault::Refused,
            Self::Memory => Fault::Other,
        }
    }
}

/// What a client has once the server has answered: it knows then whether the password is right.
struct Answered {
    login: String,
    finalization: Vec<u8>,
}

/// The first half of a login.
///
/// # Errors
/// [`LoginError::Wrong`] if the password is another one.
async fn answer(
    server: &Server,
    email: &str,
    password: &str,
    mut world: World,
) -> Result<Answered, LoginError> {
    let started = ClientLogin::<Suite>::start(&mut world, password.as_bytes())
        .map_err(|_| LoginError::Wrong)?;
    let answer = server
        .login_start(&LoginStart {
            email: email.to_owned(),
            request: B64(started.message.serialize().to_vec()),
        })
        .await?;
    let response = CredentialResponse::<Suite>::deserialize(&answer.response.0)
        .map_err(|_| LoginError::Wrong)?;
    let stretching = stretching()?;
    let identifiers = Identifiers {
        client: Some(answer.account.as_bytes()),
        server: Some(answer.host.as_bytes()),
    };
    let parameters = ClientLoginFinishParameters::new(None, identifiers, Some(&stretching));
    let finished = started
        .state
        .finish(&mut world, password.as_bytes(), response, parameters)
        .map_err(|_| LoginError::Wrong)?;
    Ok(Answered {
        login: answer.login,
        finalization: finished.message.serialize().to_vec(),
    })
}

fn stretching() -> Result<Argon2<'static>, LoginError> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(|_| LoginError::Memory)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Logs in and gives the session to keep. `label` is what the person sees in the list of sessions.
///
/// # Errors
/// [`LoginError`].
pub async fn login(
    server: &Server,
    email: &str,
    password: &str,
    label: &str,
    world: World,
) -> Result<Session, LoginError> {
    let answered = answer(server, email, password, world).await?;
    let LoggedIn { token, account } = server
        .login_finish(&LoginFinish {
            login: answered.login,
            finalization: B64(answered.finalization),
            label: label.to_owned(),
            language: None,
            cookie: false,
        })
        .await?;
    Ok(session(server, token, account))
}

/// Whether this text is the login password. Nobody is logged in by asking.
///
/// # Errors
/// [`LoginError`] but `Wrong`.
pub(crate) async fn is_password(
    server: &Server,
    email: &str,
    text: &str,
    world: World,
) -> Result<bool, LoginError> {
    match answer(server, email, text, world).await {
        Ok(_) => Ok(true),
        Err(LoginError::Wrong) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Accepts an invitation: the account gets this login password. Gives the address.
///
/// # Errors
/// [`LoginError`].
pub async fn register(
    server: &Server,
    token: &str,
    name: &str,
    password: &str,
    mut world: World,
) -> Result<String, LoginError> {
    let invitation = InvitationToken {
        token: token.to_owned(),
    };
    let email = server.invitation(&invitation).await?.email;
    let started = ClientRegistration::<Suite>::start(&mut world, password.as_bytes())
        .map_err(|_| LoginError::Wrong)?;
    let answer = server
        .invitation_start(&InvitationStart {
            token: token.to_owned(),
            request: B64(started.message.serialize().to_vec()),
        })
        .await?;
    let response = RegistrationResponse::<Suite>::deserialize(&answer.response.0)
        .map_err(|_| LoginError::Wrong)?;
    let stretching = stretching()?;
    let identifiers = Identifiers {
        client: Some(answer.account.as_bytes()),
        server: Some(answer.host.as_bytes()),
    };
    let parameters = ClientRegistrationFinishParameters::new(identifiers, Some(&stretching));
    let finished = started
        .state
        .finish(&mut world, password.as_bytes(), response, parameters)
        .map_err(|_| LoginError::Wrong)?;
    server
        .invitation_finish(&InvitationFinish {
            token: token.to_owned(),
            name: name.to_owned(),
            upload: B64(finished.message.serialize().to_vec()),
        })
        .await?;
    Ok(email)
}

fn session(server: &Server, token: String, account: Account) -> Session {
    Session {
        server: server.base().to_owned(),
        token: Secret::new(token),
        account,
    }
}
