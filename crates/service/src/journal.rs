//! The journal: facts are appended with the state they belong to and linked to a hash chain later.

use depesche_domain::Time;
use depesche_domain::journal::{Entry, Fact, link_input};
use depesche_seal::primitives::sha256;
use depesche_store::sql::{Tx, journal};

use crate::context::Context;
use crate::error::Error;

/// Appends a fact in the transaction that made it true.
pub(crate) async fn record(tx: &mut Tx, at: Time, fact: &Fact) -> Result<(), Error> {
    let text = serde_json::to_string(fact).map_err(|e| Error::Unavailable(Box::new(e)))?;
    Ok(journal::append(tx, at, &text).await?)
}

/// Links facts that are not yet in the chain, oldest first. Gives how many.
pub(crate) async fn link(ctx: &Context) -> Result<u64, Error> {
    let mut tx = ctx.store.sql.begin().await?;
    let waiting = journal::unlinked(&mut tx, 1_000).await?;
    let last = journal::last(&mut tx).await?;
    let (mut number, mut hash) = last.map_or((0, [0; 32]), |entry| (entry.number, entry.hash));
    let count = waiting.len() as u64;
    for (id, at, fact) in waiting {
        number += 1;
        hash = sha256(&link_input(&hash, number, at, &fact));
        journal::set_link(
            &mut tx,
            id,
            &Entry {
                number,
                at,
                fact,
                hash,
            },
        )
        .await?;
    }
    tx.commit().await?;
    Ok(count)
}

/// What a check of the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Entries in the chain.
    pub entries: u64,
    /// The number of the first entry that does not fit, if any.
    pub broken_at: Option<u64>,
    /// The hash of the last entry that fits, to be kept elsewhere and compared later.
    pub head: [u8; 32],
}

/// Reads the whole chain and checks every link.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn verify(ctx: &Context) -> Result<Verdict, Error> {
    let mut verdict = Verdict {
        entries: 0,
        broken_at: None,
        head: [0; 32],
    };
    loop {
        let batch = journal::export(&ctx.store.sql, verdict.entries, 1_000).await?;
        if batch.is_empty() {
            return Ok(verdict);
        }
        for entry in batch {
            let expected = verdict.entries + 1;
            let hash = sha256(&link_input(&verdict.head, expected, entry.at, &entry.fact));
            if entry.number != expected || entry.hash != hash {
                verdict.broken_at = Some(expected);
                return Ok(verdict);
            }
            verdict.entries = expected;
            verdict.head = hash;
        }
    }
}

/// Entries after number `after`, at most `limit`.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn export(ctx: &Context, after: u64, limit: u32) -> Result<Vec<Entry>, Error> {
    Ok(journal::export(&ctx.store.sql, after, limit).await?)
}
