//! People: made and disabled by an administrator on the server's machine.

use depesche_domain::journal::Fact;
use depesche_domain::{Account, AccountId, Address, Role};
use depesche_store::sql::accounts;

use crate::context::Context;
use crate::error::Error;
use crate::journal;
use crate::opaque::{derive_password_file, load_setup};

/// The shortest login password, in characters (NIST SP 800-63B-4 section 3.1.1.2: 15 without a second factor).
pub const SHORTEST_PASSWORD: usize = 15;
/// The longest, in bytes.
pub const LONGEST_PASSWORD: usize = 1024;

/// Makes an account with a login password.
///
/// # Errors
/// [`Error::Conflict`] if the address has an account, [`Error::Invalid`] for a password that is too short.
pub async fn add(
    ctx: &Context,
    address: Address,
    name: &str,
    role: Role,
    password: &str,
) -> Result<Account, Error> {
    check_password(password)?;
    let id = AccountId::from_bytes(ctx.random.bytes());
    let setup = load_setup(&ctx.secrets, &ctx.random)?;
    let file = derive_password_file(&setup, &ctx.host, id, password, &ctx.random)?;
    let account = Account {
        id,
        address,
        name: name.to_owned(),
        role,
        created: ctx.now(),
        disabled: None,
        proven: None,
    };
    let mut tx = ctx.store.sql.begin().await?;
    accounts::insert(&mut tx, &account, &file).await?;
    let fact = Fact::AccountAdded {
        account: id,
        role: role.name().into(),
    };
    journal::record(&mut tx, account.created, &fact).await?;
    tx.commit().await?;
    Ok(account)
}

fn check_password(password: &str) -> Result<(), Error> {
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(Error::Invalid(
            "a login password has at least 15 characters; a sentence is easy to remember",
        ));
    }
    if password.len() > LONGEST_PASSWORD {
        return Err(Error::Invalid("a login password has at most 1,024 bytes"));
    }
    Ok(())
}

/// All accounts, by address.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(ctx: &Context) -> Result<Vec<Account>, Error> {
    Ok(accounts::list(&ctx.store.sql).await?)
}

/// The account with this address.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn by_address(ctx: &Context, address: &Address) -> Result<Account, Error> {
    let found = accounts::by_address(&ctx.store.sql, address).await?;
    found.map(|(account, _)| account).ok_or(Error::NotFound)
}

/// Disables an account: its sessions end, no login is taken. Or enables it again.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn set_disabled(
    ctx: &Context,
    address: &Address,
    disabled: bool,
) -> Result<Account, Error> {
    let mut account = by_address(ctx, address).await?;
    account.disabled = disabled.then(|| ctx.now());
    let mut tx = ctx.store.sql.begin().await?;
    accounts::set_disabled(&mut tx, account.id, account.disabled).await?;
    if disabled {
        depesche_store::sql::sessions::delete_all(&mut tx, account.id).await?;
    }
    tx.commit().await?;
    Ok(account)
}
