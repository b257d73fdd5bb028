//! Goes on with what another device of the sender began.

use depesche_seal::key::{Hash, ParcelId};

use super::desk::Desk;
use super::error::SendError;
use super::order::Order;
use crate::draft::{Cover, Draft, Shared, open_shared};
use crate::keyed::KeyedError;
use crate::keyring::Ring;
use crate::layout::Layout;
use crate::walk::Tree;

/// The order as another device began it; the newest one.
pub(super) async fn take_over(
    desk: Desk<'_>,
    ring: &Ring,
    (order, tree, layouts): (&Order, &Tree, &[Layout]),
    (fingerprint, cover): (Hash, &Cover),
) -> Result<Draft, SendError> {
    let likeness = order.likeness(tree);
    for draft in desk.server.drafts().await?.drafts {
        let id = ParcelId::parse(&draft.id).map_err(|_| KeyedError::Exchanged)?;
        if !draft.going_on || draft.level != order.level || Draft::is_here(desk.profile, &id) {
            continue;
        }
        let sealed = desk.server.going_on(&draft.id).await?;
        let shared = open_shared(&id, &sealed, ring.key());
        let sizes = layouts.iter().map(Layout::size);
        if let Some(shared) = shared.filter(|shared: &Shared| shared.is(&likeness, sizes)) {
            let here = (desk.server.base(), fingerprint);
            return Ok(shared.take(desk.profile, here, cover.clone(), desk.world)?);
        }
    }
    Err(SendError::NothingToTakeOver)
}
