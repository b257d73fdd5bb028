//! File objects handed out to visits.

use std::sync::Arc;

use depesche_domain::claim::ClaimState;
use depesche_domain::{ClaimId, FileId};
use depesche_store::blobs::Reader;
use depesche_store::sql::parcels;

use crate::context::Context;
use crate::error::Error;
use crate::visits::{commit, keep, read_exact, visit};

/// A file object handed out to a visit.
pub struct Served {
    reader: Reader,
    ctx: Arc<Context>,
    claim: ClaimId,
    file: FileId,
    token: String,
}

/// Hands out a file object, any range.
///
/// # Errors
/// [`Error::ClaimOver`] if the visit has no lease, [`Error::NotFound`], [`Error::Closed`], [`Error::Dropped`].
pub async fn file(ctx: &Arc<Context>, token: &str, file: FileId) -> Result<Served, Error> {
    let (claim, ..) = visit(ctx, token).await?;
    keep(ctx, &claim).await?;
    parcels::file(&ctx.store.sql, claim.parcel, file)
        .await?
        .ok_or(Error::NotFound)?;
    let reader = ctx.store.blobs.reader(file)?;
    Ok(Served {
        reader,
        ctx: ctx.clone(),
        claim: claim.id,
        file,
        token: token.to_owned(),
    })
}

impl Served {
    /// Sealed bytes.
    pub fn size(&self) -> u64 {
        self.reader.size()
    }

    /// Reads exactly `into.len()` bytes at `offset`. Blocks on the disk.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), Error> {
        read_exact(&self.reader, offset, into)
    }

    /// These bytes have been handed out. When all bytes of the file have, the visit is committed.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn handed_out(&self, from: u64, to: u64) -> Result<(), Error> {
        let whole = self.ctx.handed.add(
            (self.claim, self.file),
            from,
            to,
            self.size(),
            self.ctx.now(),
        );
        if !whole {
            return Ok(());
        }
        let (mut claim, _, posted) = visit(&self.ctx, &self.token).await?;
        if matches!(claim.state, ClaimState::Committed { .. }) {
            return Ok(());
        }
        commit(&self.ctx, &mut claim, &posted, &[]).await
    }
}
