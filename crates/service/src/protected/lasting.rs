//! What is sealed for longer than a mail waits: under the key `mail` of the folder of secrets, which goes into the
//! backup of secrets and never into that of the database.

use depesche_seal::key::{ForServerItem, ForServerKek, Key};
use depesche_seal::wrap;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::error::Error;

/// Bytes of a wrapped key: nonce, key, tag.
const WRAPPED: usize = 12 + 32 + 16;

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Unavailable(Box::new(error))
}

fn kek(ctx: &Context) -> Result<Key<ForServerKek>, Error> {
    let make = || Zeroizing::new(ctx.random.bytes::<32>().to_vec());
    let bytes = ctx
        .secrets
        .load_or_make("mail", make)
        .map_err(unavailable)?;
    let bytes: &[u8; 32] = bytes
        .as_slice()
        .try_into()
        .map_err(|_| unavailable(crate::secrets::SecretsError::Damaged("mail".to_owned())))?;
    Ok(Key::from_bytes(bytes))
}

fn context(kind: &str, id: &str) -> Vec<u8> {
    [kind.as_bytes(), b"\0", id.as_bytes()].concat()
}

/// Seals a text under a key of its own. `kind` and `id` say what and whose it is, and must be given again.
pub(super) fn seal(ctx: &Context, kind: &str, id: &str, text: &[u8]) -> Result<Vec<u8>, Error> {
    let item: Key<ForServerItem> = Key::from_bytes(&Zeroizing::new(ctx.random.bytes()));
    let context = context(kind, id);
    let mut sealed = wrap::seal(&kek(ctx)?, ctx.random.bytes(), &context, item.expose());
    sealed.extend(wrap::seal(&item, ctx.random.bytes(), &context, text));
    Ok(sealed)
}

/// Opens what [`seal`] made; none if it is damaged, somebody else's, or under another server's key.
pub(super) fn open(
    ctx: &Context,
    kind: &str,
    id: &str,
    sealed: &[u8],
) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
    let kek = kek(ctx)?;
    let context = context(kind, id);
    let Some((wrapped, payload)) = sealed.split_at_checked(WRAPPED) else {
        return Ok(None);
    };
    let Ok(key) = wrap::open(&kek, &context, wrapped) else {
        return Ok(None);
    };
    let Ok(key) = <&[u8; 32]>::try_from(key.as_slice()) else {
        return Ok(None);
    };
    let key: Key<ForServerItem> = Key::from_bytes(key);
    Ok(wrap::open(&key, &context, payload).ok())
}

/// The same for a value.
pub(super) fn seal_value<T: Serialize>(
    ctx: &Context,
    kind: &str,
    id: &str,
    value: &T,
) -> Result<Vec<u8>, Error> {
    let text = Zeroizing::new(serde_json::to_vec(value).map_err(unavailable)?);
    seal(ctx, kind, id, &text)
}

/// The same for a value.
pub(super) fn open_value<T: DeserializeOwned>(
    ctx: &Context,
    kind: &str,
    id: &str,
    sealed: &[u8],
) -> Result<Option<T>, Error> {
    let text = open(ctx, kind, id, sealed)?;
    Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
}
