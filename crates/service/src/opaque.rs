//! OPAQUE (RFC 9807): the suite, the set-up, and both sides of a registration on the server's own machine.

use depesche_domain::AccountId;
use opaque_ke::argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::{
    CipherSuite, ClientRegistration, ClientRegistrationFinishParameters, Identifiers, Ristretto255,
    ServerRegistration, ServerSetup, TripleDh,
};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::random::Random;
use crate::secrets::Secrets;

/// The suite of RFC 9807 that all clients and the server speak (docs/format.md, Login).
pub struct Suite;

impl CipherSuite for Suite {
    type OprfCs = Ristretto255;
    type KeyExchange = TripleDh<Ristretto255, sha2::Sha512>;
    type Ksf = opaque_ke::argon2::Argon2<'static>;
}

/// Argon2id memory of the key stretching, KiB. Clients run it, never the server for a visitor.
pub const KSF_MEMORY: u32 = 64 * 1024;
/// Its passes.
pub const KSF_PASSES: u32 = 3;
/// Its lanes.
pub const KSF_LANES: u32 = 1;

/// The server's set-up; drawn at first use.
pub(crate) fn load_setup(secrets: &Secrets, random: &Random) -> Result<ServerSetup<Suite>, Error> {
    let mut random = random.clone();
    let make = || Zeroizing::new(ServerSetup::<Suite>::new(&mut random).serialize().to_vec());
    let bytes = secrets
        .load_or_make("opaque", make)
        .map_err(|e| Error::Unavailable(Box::new(e)))?;
    ServerSetup::deserialize(&bytes).map_err(|e| Error::Unavailable(Box::new(e)))
}

/// Makes the password file of an account without sending the password anywhere: both sides of the
/// registration run here. For `admin user add` on the server's own machine.
///
/// # Errors
/// [`Error::Invalid`] if the password cannot be used.
pub(crate) fn derive_password_file(
    setup: &ServerSetup<Suite>,
    host: &str,
    account: AccountId,
    password: &str,
    random: &Random,
) -> Result<Vec<u8>, Error> {
    const UNFIT: Error = Error::Invalid("this password cannot be used; choose another one");
    let mut random = random.clone();
    let identifier = account.to_string();
    let client =
        ClientRegistration::<Suite>::start(&mut random, password.as_bytes()).map_err(|_| UNFIT)?;
    let server = ServerRegistration::<Suite>::start(setup, client.message, identifier.as_bytes());
    let answer = server.map_err(|_| UNFIT)?.message;
    let params = Params::new(KSF_MEMORY, KSF_PASSES, KSF_LANES, None).map_err(|_| UNFIT)?;
    let ksf = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let identifiers = Identifiers {
        client: Some(identifier.as_bytes()),
        server: Some(host.as_bytes()),
    };
    let finish = ClientRegistrationFinishParameters::new(identifiers, Some(&ksf));
    let done = client
        .state
        .finish(&mut random, password.as_bytes(), answer, finish)
        .map_err(|_| UNFIT)?;
    Ok(ServerRegistration::<Suite>::finish(done.message)
        .serialize()
        .to_vec())
}
