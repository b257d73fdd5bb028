//! Who stands behind an address, with the public keys.

use depesche_domain::keyring::KeyRecord;
use depesche_domain::{AccountId, Address, Role};
use depesche_store::sql::{keyrings, people};

use crate::context::Context;
use crate::error::Error;
use crate::login::Caller;

/// The most addresses asked for at once.
const MOST_ASKED: usize = 1_000;
/// The most contacts shown.
const MOST_CONTACTS: u32 = 500;

/// A person, as others see one.
pub struct Known {
    /// The address.
    pub address: Address,
    /// The name; empty if none is known.
    pub name: String,
    /// The account, if there is one.
    pub account: Option<AccountId>,
    /// There is a keyring now.
    pub sealpass: bool,
    /// Every epoch, the oldest first.
    pub records: Vec<KeyRecord>,
}

impl Known {
    /// What is known of somebody unknown.
    const fn nobody(address: Address) -> Self {
        Self {
            address,
            name: String::new(),
            account: None,
            sealpass: false,
            records: Vec::new(),
        }
    }
}

/// The person behind an address.
pub(crate) async fn known(ctx: &Context, address: &Address) -> Result<Known, Error> {
    let sql = &ctx.store.sql;
    let Some((account, key)) = people::person(sql, address).await? else {
        return Ok(Known::nobody(address.clone()));
    };
    Ok(Known {
        address: account.address,
        name: account.name,
        account: Some(account.id),
        sealpass: key.is_some(),
        records: keyrings::records(sql, account.id).await?,
    })
}

/// The keys of people, in the order asked for. A guest learns of those alone with whom a delivery is shared; others
/// look like nobody.
///
/// # Errors
/// [`Error::Invalid`] for too many.
pub async fn keys(
    ctx: &Context,
    caller: &Caller,
    addresses: &[Address],
) -> Result<Vec<Known>, Error> {
    if addresses.len() > MOST_ASKED {
        return Err(Error::Invalid("ask for at most 1,000 people at once"));
    }
    let own = &caller.account;
    let mut found = Vec::with_capacity(addresses.len());
    for address in addresses {
        let told = own.role != Role::Guest
            || *address == own.address
            || people::share(&ctx.store.sql, own.id, &own.address, address).await?;
        found.push(if told {
            known(ctx, address).await?
        } else {
            Known::nobody(address.clone())
        });
    }
    Ok(found)
}

/// People with whom the caller shares a delivery, the latest first.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn contacts(ctx: &Context, caller: &Caller) -> Result<Vec<Known>, Error> {
    let own = &caller.account;
    let addresses = people::contacts(&ctx.store.sql, own.id, &own.address, MOST_CONTACTS).await?;
    let mut found = Vec::with_capacity(addresses.len());
    for address in addresses {
        found.push(known(ctx, &address).await?);
    }
    Ok(found)
}

/// Whether an account has a keyring.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn has_sealpass(ctx: &Context, account: AccountId) -> Result<bool, Error> {
    Ok(keyrings::key(&ctx.store.sql, account).await?.is_some())
}
