//! Login by OPAQUE (RFC 9807): the server never sees the password, nor anything that could be guessed at.
//!
//! ristretto255-SHA512, 3DH; key stretching Argon2id v1.3 with 64 MiB, three passes, one lane, over
//! the all-zero salt of 16 bytes that RFC 9807 section 7 allows, run here; identifiers: the account's id
//! as text and the server's host name.

use depesche_api::{Account, B64, LoggedIn, LoginFinish, LoginStart};
use opaque_ke::argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::{
    CipherSuite, ClientLogin, ClientLoginFinishParameters, CredentialResponse, Identifiers,
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

/// Logs in and gives the session to keep. `label` is what the person sees in the list of sessions.
///
/// # Errors
/// [`LoginError`].
pub async fn login(
    server: &Server,
    email: &str,
    password: &str,
    label: &str,
    mut world: World,
) -> Result<Session, LoginError> {
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
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(|_| LoginError::Memory)?;
    let stretching = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let identifiers = Identifiers {
        client: Some(answer.account.as_bytes()),
        server: Some(answer.host.as_bytes()),
    };
    let parameters = ClientLoginFinishParameters::new(None, identifiers, Some(&stretching));
    let finished = started
        .state
        .finish(&mut world, password.as_bytes(), response, parameters)
        .map_err(|_| LoginError::Wrong)?;
    let LoggedIn { token, account } = server
        .login_finish(&LoginFinish {
            login: answer.login,
            finalization: B64(finished.message.serialize().to_vec()),
            label: label.to_owned(),
            cookie: false,
        })
        .await?;
    Ok(session(server, token, account))
}

fn session(server: &Server, token: String, account: Account) -> Session {
    Session {
        server: server.base().to_owned(),
        token: Secret::new(token),
        account,
    }
}
