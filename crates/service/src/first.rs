//! The first account, made in the browser with a one-time code from the server's console.
//!
//! | state | becomes | by |
//! |-|-|-|
//! | open | begun | address, name and a registration request with the right code |
//! | begun | closed | the registration's record with the right code |
//! | open, begun | closed | an account made in any other way |
//!
//! Closed is for good. Wrong codes are limited; the code is drawn anew at every start of the server.

use std::net::IpAddr;

use depesche_domain::journal::Fact;
use depesche_domain::token::SecretHash;
use depesche_domain::{Account, AccountId, Address, Role};
use depesche_seal::primitives::sha256;
use depesche_store::sql::accounts;
use opaque_ke::{RegistrationRequest, RegistrationUpload, ServerRegistration};

use crate::context::Context;
use crate::door::Door;
use crate::error::Error;
use crate::journal;
use crate::opaque::{Suite, load_setup};
use crate::tries::What;

/// The registration's answer.
pub struct Started {
    /// OPAQUE's client identifier.
    pub account: String,
    /// OPAQUE's server identifier.
    pub host: String,
    /// RegistrationResponse.
    pub response: Vec<u8>,
}

fn hash_code(code: &str) -> SecretHash {
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    SecretHash::from_bytes(sha256(digits.as_bytes()))
}

/// Opens the door if nobody has an account. Gives the code for the console: twelve digits.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn open(ctx: &Context) -> Result<Option<String>, Error> {
    if accounts::any(&ctx.store.sql).await? {
        return Ok(None);
    }
    let code = ctx.random.digits(12);
    *ctx.first.lock() = Some(Door {
        code: hash_code(&code),
        begun: None,
    });
    let groups: Vec<&str> = [0, 4, 8].iter().map(|at| &code[*at..at + 4]).collect();
    Ok(Some(groups.join(" ")))
}

/// Whether the first account is still to be made.
pub fn is_open(ctx: &Context) -> bool {
    ctx.first.lock().is_some()
}

/// Closes the door if somebody has an account by now, and checks the code.
async fn prove(ctx: &Context, code: &str, from: IpAddr) -> Result<(), Error> {
    let now = ctx.now();
    if accounts::any(&ctx.store.sql).await? {
        *ctx.first.lock() = None;
    }
    ctx.tries.check(What::FirstCode, from, now)?;
    let fits = match ctx.first.lock().as_ref() {
        None => return Err(Error::SetUp),
        Some(door) => door.code == hash_code(code),
    };
    if fits {
        return Ok(());
    }
    let (left, _) = ctx.tries.fail(What::FirstCode, from, now);
    Err(Error::WrongCode { left })
}

/// Begins: address and name of the administrator, and OPAQUE's registration request.
///
/// # Errors
/// [`Error::SetUp`], [`Error::WrongCode`], [`Error::TooManyTries`], [`Error::Invalid`].
pub async fn start(
    ctx: &Context,
    code: &str,
    email: &str,
    name: &str,
    request: &[u8],
    from: IpAddr,
) -> Result<Started, Error> {
    prove(ctx, code, from).await?;
    let address: Address = email.parse().map_err(|_| {
        Error::Invalid("this is not a complete e-mail address, such as name@example.org")
    })?;
    let invalid = |_| Error::Invalid("this is not the first message of a registration");
    let request = RegistrationRequest::<Suite>::deserialize(request).map_err(invalid)?;
    let id = AccountId::from_bytes(ctx.random.bytes());
    let identifier = id.to_string();
    let started = ServerRegistration::<Suite>::start(
        &load_setup(&ctx.secrets, &ctx.random)?,
        request,
        identifier.as_bytes(),
    );
    let response = started.map_err(invalid)?.message.serialize().to_vec();
    let name = name.chars().filter(|c| !c.is_control()).take(120).collect();
    let account = Account {
        id,
        address,
        name,
        role: Role::Admin,
        created: ctx.now(),
        disabled: None,
        proven: None,
    };
    match ctx.first.lock().as_mut() {
        Some(door) => door.begun = Some(account),
        None => return Err(Error::SetUp),
    }
    Ok(Started {
        account: identifier,
        host: ctx.host.clone(),
        response,
    })
}

/// Finishes: the account is there, and the door closed for good.
///
/// # Errors
/// As [`start`].
pub async fn finish(ctx: &Context, code: &str, upload: &[u8], from: IpAddr) -> Result<(), Error> {
    prove(ctx, code, from).await?;
    let upload = RegistrationUpload::<Suite>::deserialize(upload)
        .map_err(|_| Error::Invalid("this is not the last message of a registration"))?;
    let begun = ctx
        .first
        .lock()
        .as_ref()
        .and_then(|door| door.begun.clone());
    let account = begun.ok_or(Error::Invalid("the registration has to be begun first"))?;
    let file = ServerRegistration::<Suite>::finish(upload)
        .serialize()
        .to_vec();
    let mut tx = ctx.store.sql.begin().await?;
    accounts::insert(&mut tx, &account, &file).await?;
    let fact = Fact::AccountAdded {
        account: account.id,
        role: account.role.name().into(),
    };
    journal::record(&mut tx, account.created, &fact).await?;
    tx.commit().await?;
    *ctx.first.lock() = None;
    Ok(())
}
