//! Handoffs: sealed bytes from one device to one other, in memory alone, within half an hour.
//!
//! Everything a device shows is hashed here and compared with what its slot keeps; what may happen is
//! [`depesche_domain::handoff`]'s.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use depesche_domain::handoff::{LIFE, Refusal, Slot};
use depesche_domain::token::SecretHash;
use depesche_domain::{HandoffId, Span, Time};
use depesche_seal::handoff::SIZES;
use depesche_seal::primitives::sha256;
use depesche_store::ephemeral::{Block, Seat};

use crate::context::Context;
use crate::tries::place;

pub use crate::slots::{Error, Rules};
pub use depesche_store::ephemeral::{Kernel, Typed, guard_process};

/// What is offered or asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offered {
    /// Drawn here.
    pub id: HandoffId,
    /// Until when it waits, by the clock on the wall.
    pub expires: Time,
    /// Sealed bytes.
    pub size: u64,
}

/// A place for bytes that are coming in.
#[derive(Debug)]
pub struct Begun {
    seat: Seat,
    block: Arc<Block>,
}

impl Begun {
    /// Takes bytes at an offset.
    pub fn write_at(&self, offset: usize, bytes: &[u8]) {
        self.block.write_at(offset, bytes);
    }
}

/// What goes with an offer; secrets as SHA-256.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    /// SHA-256(auth).
    pub auth: [u8; 32],
    /// SHA-256 of the source's secret.
    pub source: [u8; 32],
    /// How long it waits; none = as long as it may.
    pub seconds: Option<u32>,
    /// Words to be typed.
    pub typed: Option<Typed>,
}

/// What goes with asking; secrets as SHA-256.
#[derive(Debug, Clone, Copy)]
pub struct Ask {
    /// SHA-256(auth).
    pub auth: [u8; 32],
    /// SHA-256(fill).
    pub fill: [u8; 32],
    /// SHA-256 of the asking device's secret.
    pub source: [u8; 32],
    /// How long it waits; none = as long as it may.
    pub seconds: Option<u32>,
}

fn hashed(secret: &[u8; 32]) -> SecretHash {
    SecretHash::from_bytes(sha256(secret))
}

fn check_size(ctx: &Context, size: u64) -> Result<(), Error> {
    let most = ctx.settings.handoffs.largest;
    if size > most {
        return Err(Error::TooLarge { most });
    }
    if SIZES.contains(&size) {
        Ok(())
    } else {
        Err(Error::Size)
    }
}

fn life(seconds: Option<u32>) -> Span {
    let wanted = seconds.map_or(LIFE, |seconds| Span::seconds(i64::from(seconds)));
    wanted.clamp(Span::seconds(1), LIFE)
}

/// One step on a slot.
fn step<T>(
    ctx: &Context,
    id: HandoffId,
    now: Time,
    step: impl FnOnce(&mut Slot, &mut Option<Arc<Block>>) -> Result<T, Refusal>,
) -> Result<T, Error> {
    let done = ctx.store.ephemeral.step(id, now, step);
    Ok(done.ok_or(Error::Unknown)??)
}

fn offered(ctx: &Context, id: HandoffId, slot: &Slot) -> Offered {
    Offered {
        id,
        expires: ctx.now() + (slot.expires() - ctx.steady.now()),
        size: slot.size(),
    }
}

/// Makes room for an offer, before its bytes come.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::Size`], [`Error::TooMany`], [`Error::Full`].
pub fn begin(ctx: &Context, from: IpAddr, size: u64) -> Result<Begun, Error> {
    check_size(ctx, size)?;
    let store = &ctx.store.ephemeral;
    let seat = store.seat(place(from), ctx.settings.handoffs.per_address)?;
    let block = store.block(size)?;
    Ok(Begun { seat, block })
}

/// All bytes are there: it waits for one device.
pub fn offer(ctx: &Context, begun: Begun, with: Offer) -> Offered {
    let id = HandoffId::from_bytes(ctx.random.id());
    let (auth, source) = (
        SecretHash::from_bytes(with.auth),
        SecretHash::from_bytes(with.source),
    );
    let expires = ctx.steady.now() + life(with.seconds);
    let slot = Slot::offered(auth, source, begun.block.size(), expires);
    let store = &ctx.store.ephemeral;
    store.insert(id, slot, begun.seat, Some(begun.block), with.typed);
    offered(ctx, id, &slot)
}

/// An empty slot, which another device fills.
///
/// # Errors
/// [`Error::TooMany`].
pub fn ask(ctx: &Context, from: IpAddr, with: Ask) -> Result<Offered, Error> {
    let store = &ctx.store.ephemeral;
    let seat = store.seat(place(from), ctx.settings.handoffs.per_address)?;
    let id = HandoffId::from_bytes(ctx.random.id());
    let [auth, fill, source] = [with.auth, with.fill, with.source].map(SecretHash::from_bytes);
    let slot = Slot::asked(auth, fill, source, ctx.steady.now() + life(with.seconds));
    store.insert(id, slot, seat, None, None);
    Ok(offered(ctx, id, &slot))
}

/// A slot that is being filled; if that does not come to its end, another may try.
pub struct Filling {
    ctx: Arc<Context>,
    id: HandoffId,
    block: Arc<Block>,
    done: bool,
}

impl std::fmt::Debug for Filling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Filling({})", self.id)
    }
}

impl Filling {
    /// Takes bytes at an offset.
    pub fn write_at(&self, offset: usize, bytes: &[u8]) {
        self.block.write_at(offset, bytes);
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        if !self.done {
            let now = self.ctx.steady.now();
            self.ctx
                .store
                .ephemeral
                .step(self.id, now, |slot, _| slot.fill_failed());
        }
    }
}

/// Begins to fill an empty slot: the first that shows `fill` does.
///
/// # Errors
/// As [`begin`]; [`Error::Unknown`], [`Error::Refused`].
pub fn begin_filling(
    ctx: &Arc<Context>,
    id: HandoffId,
    fill: &[u8; 32],
    size: u64,
) -> Result<Filling, Error> {
    check_size(ctx, size)?;
    let store = &ctx.store.ephemeral;
    step(ctx, id, ctx.steady.now(), |slot, _| {
        slot.begin_filling(hashed(fill))
    })?;
    match store.block(size) {
        Ok(block) => Ok(Filling {
            ctx: Arc::clone(ctx),
            id,
            block,
            done: false,
        }),
        Err(error) => {
            store.step(id, ctx.steady.now(), |slot, _| slot.fill_failed());
            Err(error.into())
        }
    }
}

/// All bytes are there. `source` = SHA-256 of the filling device's secret.
///
/// # Errors
/// [`Error::Unknown`], [`Error::Refused`]: it has ended meanwhile.
pub fn filled(mut filling: Filling, source: [u8; 32]) -> Result<Offered, Error> {
    let (ctx, id, size) = (Arc::clone(&filling.ctx), filling.id, filling.block.size());
    let slot = step(&ctx, id, ctx.steady.now(), |slot, block| {
        slot.filled(size, SecretHash::from_bytes(source))?;
        *block = Some(Arc::clone(&filling.block));
        Ok(*slot)
    })?;
    filling.done = true;
    Ok(offered(&ctx, id, &slot))
}

/// Where typed words lead, and HS wrapped under them. Takes nothing.
///
/// # Errors
/// [`Error::WordsUnknown`].
pub fn find(ctx: &Context, find: &[u8; 32]) -> Result<(Offered, [u8; 60]), Error> {
    let store = &ctx.store.ephemeral;
    let (id, wrap) = store.find(find).ok_or(Error::WordsUnknown)?;
    let copy = store.step(id, ctx.steady.now(), |slot, _| *slot);
    let slot = copy.ok_or(Error::WordsUnknown)?;
    if slot.state().is_over() {
        return Err(Error::WordsUnknown);
    }
    Ok((offered(ctx, id, &slot), wrap))
}

/// Whether it could be taken now. Takes nothing.
///
/// # Errors
/// [`Error::Unknown`], [`Error::Refused`].
pub fn look(ctx: &Context, id: HandoffId, auth: &[u8; 32]) -> Result<Offered, Error> {
    let now = ctx.steady.now();
    let slot = step(ctx, id, now, |slot, _| {
        slot.look(hashed(auth), now).map(|()| *slot)
    })?;
    Ok(offered(ctx, id, &slot))
}

/// Sealed bytes on their way to the device that holds the lease; while this lives it is not silent.
pub struct Serving {
    ctx: Arc<Context>,
    id: HandoffId,
    block: Arc<Block>,
    size: u64,
}

impl std::fmt::Debug for Serving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Serving({})", self.id)
    }
}

impl Serving {
    /// Sealed bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Copies from `offset`.
    ///
    /// # Errors
    /// [`Error::Gone`] once the slot is over.
    pub fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), Error> {
        let offset = usize::try_from(offset).map_err(|_| Error::Gone)?;
        if self.block.read_at(offset, into) {
            Ok(())
        } else {
            Err(Error::Gone)
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let now = self.ctx.steady.now();
        let store = &self.ctx.store.ephemeral;
        store.step(self.id, now, |slot, _| slot.end_reading(now));
    }
}

fn serve(
    ctx: &Arc<Context>,
    id: HandoffId,
    begin: impl FnOnce(&mut Slot, Time) -> Result<(), Refusal>,
) -> Result<Serving, Error> {
    let now = ctx.steady.now();
    let (size, block) = step(ctx, id, now, |slot, block| {
        begin(slot, now)?;
        slot.begin_reading();
        Ok((slot.size(), block.clone()))
    })?;
    Ok(Serving {
        ctx: Arc::clone(ctx),
        id,
        size,
        block: block.ok_or(Error::Gone)?,
    })
}

/// One device takes it: a person's tap. The same token again is the same taking.
///
/// # Errors
/// [`Error::Unknown`], [`Error::Refused`].
pub fn take(
    ctx: &Arc<Context>,
    id: HandoffId,
    auth: &[u8; 32],
    token: &[u8; 32],
) -> Result<Serving, Error> {
    serve(ctx, id, |slot, now| {
        slot.take(hashed(auth), hashed(token), now)
    })
}

/// The device that took it goes on after a break.
///
/// # Errors
/// [`Error::Unknown`], [`Error::Refused`].
pub fn resume(ctx: &Arc<Context>, id: HandoffId, token: &[u8; 32]) -> Result<Serving, Error> {
    serve(ctx, id, |slot, now| slot.resume(hashed(token), now))
}

/// The device has opened it; nothing of it is left here. The same again is no error.
///
/// # Errors
/// [`Error::Unknown`], [`Error::Refused`].
pub fn commit(ctx: &Context, id: HandoffId, token: &[u8; 32]) -> Result<(), Error> {
    step(ctx, id, ctx.steady.now(), |slot, _| {
        slot.commit(hashed(token))
    })
}

/// Its source takes it back.
///
/// # Errors
/// [`Error::Unknown`], [`Error::Refused`].
pub fn cancel(ctx: &Context, id: HandoffId, source: &[u8; 32]) -> Result<(), Error> {
    step(ctx, id, ctx.steady.now(), |slot, _| {
        slot.cancel(hashed(source))
    })
}

/// Where it stands, for its source.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// The slot.
    pub slot: Slot,
    /// Until when it waits, by the clock on the wall.
    pub expires: Time,
}

/// Where it stands: at once if that is another than `after`, else when it changes, at the latest after `patience`.
///
/// # Errors
/// [`Error::Unknown`], [`Error::Refused`].
pub async fn watch(
    ctx: &Context,
    id: HandoffId,
    source: &[u8; 32],
    after: Option<u32>,
    patience: Duration,
) -> Result<Standing, Error> {
    let store = &ctx.store.ephemeral;
    let source = hashed(source);
    let deadline = tokio::time::Instant::now() + patience;
    loop {
        let changes = store.changes(id).ok_or(Error::Unknown)?;
        let mut changed = std::pin::pin!(changes.notified());
        // Before looking, so that no change falls between.
        changed.as_mut().enable();
        let slot = step(ctx, id, ctx.steady.now(), |slot, _| {
            slot.watch(source).map(|()| *slot)
        })?;
        let is_news = after != Some(slot.revision());
        if is_news || tokio::time::timeout_at(deadline, changed).await.is_err() {
            let expires = offered(ctx, id, &slot).expires;
            return Ok(Standing { slot, expires });
        }
    }
}

/// How often time passes for slots that nobody asks about.
const TICK: Duration = Duration::from_secs(1);

/// Lets time pass for all slots, until `stop`.
pub async fn keep_time(ctx: Arc<Context>, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = &mut stop => return,
            _ = ticks.tick() => drop(ctx.store.ephemeral.sweep(ctx.steady.now())),
        }
    }
}

/// How the slots lie in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// Slots with bytes.
    pub slots: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What they may take.
    pub budget: u64,
    /// What the kernel says.
    pub kernel: Kernel,
    /// What it said when it refused to lock; empty if it did not.
    pub refused: String,
}

/// Slots with bytes in them, their bytes, and all they may take.
pub fn in_use(ctx: &Context) -> (u64, u64, u64) {
    ctx.store.ephemeral.in_use()
}

/// Asks the kernel how the slots lie in memory.
///
/// # Errors
/// [`crate::error::Error::Unavailable`].
pub fn memory(ctx: &Context) -> Result<Memory, crate::error::Error> {
    let store = &ctx.store.ephemeral;
    let proof = store.prove();
    let (kernel, refused) =
        proof.map_err(|error| crate::error::Error::Unavailable(Box::new(error)))?;
    let (slots, bytes, budget) = store.in_use();
    Ok(Memory {
        slots,
        bytes,
        budget,
        kernel,
        refused,
    })
}
