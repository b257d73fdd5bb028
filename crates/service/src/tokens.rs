//! Tokens of invitations: drawn, hashed, kept.

use depesche_domain::invitation::Invitation;
use depesche_domain::journal::Fact;
use depesche_domain::token::SecretHash;
use depesche_seal::format::{from_text, to_text};
use depesche_seal::primitives::sha256;
use depesche_store::sql::{Tx, invitations};

use crate::context::Context;
use crate::error::Error;
use crate::journal;

pub(crate) fn hash_token(token: &str) -> Result<SecretHash, Error> {
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
