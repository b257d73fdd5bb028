//! Handoffs: one device gets it, within half an hour, and nothing is left.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use depesche_domain::handoff::Refusal;
use depesche_domain::{HandoffId, Level, Span, Time};
use depesche_seal::primitives::sha256;
use depesche_service::handoffs::{self, Ask, Error, Offer, Rules, Typed};
use depesche_service::{Clock, Context};

use crate::house::open_ruled;

const AUTH: [u8; 32] = [1; 32];
const SOURCE: [u8; 32] = [2; 32];
const FILL: [u8; 32] = [3; 32];
const PHONE: [u8; 32] = [4; 32];
const OTHER: [u8; 32] = [5; 32];
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const NOW: Time = Time::from_ms(1_800_000_000_000);

async fn house(rules: Rules) -> (tempfile::TempDir, Arc<Context>) {
    let folder = tempfile::tempdir().unwrap();
    let ctx = open_ruled(folder.path(), Clock::fixed(NOW), 1, (Level::Link, rules)).await;
    (folder, ctx)
}

fn offer_from(ctx: &Context, from: IpAddr, typed: Option<Typed>) -> Result<HandoffId, Error> {
    let begun = handoffs::begin(ctx, from, 4096)?;
    begun.write_at(0, &[7; 4000]);
    begun.write_at(4000, &[8; 96]);
    let offer = Offer {
        auth: sha256(&AUTH),
        source: sha256(&SOURCE),
        seconds: None,
        typed,
    };
    Ok(handoffs::offer(ctx, begun, offer).id)
}

fn offer(ctx: &Context) -> HandoffId {
    offer_from(ctx, HERE, None).unwrap()
}

fn asked() -> Ask {
    Ask {
        auth: sha256(&AUTH),
        fill: sha256(&FILL),
        source: sha256(&SOURCE),
        seconds: None,
    }
}

fn take(ctx: &Arc<Context>, id: HandoffId, token: [u8; 32]) -> Result<Vec<u8>, Error> {
    let serving = handoffs::take(ctx, id, &AUTH, &token)?;
    let mut bytes = vec![0; serving.size() as usize];
    serving.read_at(0, &mut bytes)?;
    Ok(bytes)
}

async fn state(ctx: &Context, id: HandoffId) -> &'static str {
    let standing = handoffs::watch(ctx, id, &SOURCE, None, Duration::ZERO).await;
    standing.unwrap().slot.state().name()
}

fn refused(refusal: Refusal) -> Error {
    Error::Refused(refusal)
}

/// So many devices, all at once; how many imported it.
fn race(ctx: &Arc<Context>, id: HandoffId, devices: u8) -> usize {
    let (won, start) = (AtomicUsize::new(0), Barrier::new(devices.into()));
    std::thread::scope(|scope| {
        for n in 0..devices {
            let (won, start) = (&won, &start);
            scope.spawn(move || {
                let token = [100 + n % 100; 32];
                let token = sha256(&[token.as_slice(), &[n]].concat());
                start.wait();
                if take(ctx, id, token).is_ok_and(|bytes| bytes[0] == 7)
                    && handoffs::commit(ctx, id, &token).is_ok()
                {
                    won.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    won.into_inner()
}

#[tokio::test]
async fn a_hundred_devices_race_and_one_imports() {
    let (_folder, ctx) = house(Rules::default()).await;
    for _ in 0..100 {
        let id = offer(&ctx);
        assert_eq!(race(&ctx, id, 100), 1);
        assert_eq!(take(&ctx, id, PHONE), Err(refused(Refusal::Taken)));
    }
    assert_eq!(ctx.store.ephemeral.in_use().0, 0, "all is given back");
}

#[tokio::test]
async fn eight_simultaneous_takes_never_hand_out_twice() {
    let (_folder, ctx) = house(Rules::default()).await;
    let mut twice = 0;
    for _ in 0..5_000 {
        let id = offer(&ctx);
        twice += usize::from(race(&ctx, id, 8) != 1);
    }
    assert_eq!(twice, 0);
}

#[tokio::test]
async fn a_broken_download_goes_on_and_silence_ends_it() {
    let (_folder, ctx) = house(Rules::default()).await;
    let id = offer(&ctx);
    let serving = handoffs::take(&ctx, id, &AUTH, &PHONE).unwrap();
    ctx.steady.advance(Span::minutes(10));
    let mut first = [0; 100];
    serving.read_at(0, &mut first).unwrap();
    assert_eq!(state(&ctx, id).await, "leased", "bytes are on their way");
    drop(serving);
    ctx.steady.advance(Span::seconds(119));
    let busy = handoffs::look(&ctx, id, &AUTH).unwrap_err();
    assert_eq!(busy.wait(), Some(Span::seconds(1)));
    let again = handoffs::resume(&ctx, id, &PHONE).unwrap();
    let mut rest = vec![0; 3996];
    again.read_at(100, &mut rest).unwrap();
    assert_eq!((rest[0], rest[3995]), (7, 8));
    drop(again);
    assert_eq!(
        handoffs::resume(&ctx, id, &OTHER).err(),
        Some(refused(Refusal::NotYours))
    );
    ctx.steady.advance(Span::seconds(120));
    assert_eq!(
        handoffs::commit(&ctx, id, &PHONE),
        Err(refused(Refusal::Lapsed))
    );
    assert_eq!(take(&ctx, id, OTHER), Err(refused(Refusal::Lapsed)));
    assert_eq!(state(&ctx, id).await, "lapsed");
    assert_eq!(ctx.store.ephemeral.in_use().0, 0);
}

#[tokio::test]
async fn half_an_hour_by_the_clock_that_never_goes_back() {
    let (_folder, ctx) = house(Rules::default()).await;
    let id = offer(&ctx);
    // The clock on the wall is set back and forth: nothing ends early, nothing lives on.
    for jump in [-3_600_000, 31_536_000_000, -31_536_000_000] {
        ctx.clock.set(Time::from_ms(NOW.ms() + jump));
        ctx.store.ephemeral.sweep(ctx.steady.now());
        assert_eq!(state(&ctx, id).await, "waiting");
    }
    ctx.steady.advance(Span::seconds(1799));
    ctx.store.ephemeral.sweep(ctx.steady.now());
    assert_eq!(ctx.store.ephemeral.in_use().0, 1);
    ctx.steady.advance(Span::seconds(1));
    ctx.store.ephemeral.sweep(ctx.steady.now());
    assert_eq!(
        ctx.store.ephemeral.in_use().0,
        0,
        "gone without anybody asking"
    );
    assert_eq!(take(&ctx, id, PHONE), Err(refused(Refusal::Expired)));
    ctx.steady.advance(Span::minutes(30));
    assert_eq!(ctx.store.ephemeral.sweep(ctx.steady.now()), 0);
    assert_eq!(
        take(&ctx, id, PHONE),
        Err(Error::Unknown),
        "nothing left to find"
    );
}

#[tokio::test]
async fn a_restart_forgets() {
    let (folder, ctx) = house(Rules::default()).await;
    let id = offer(&ctx);
    drop(ctx);
    let again = open_ruled(
        folder.path(),
        Clock::fixed(NOW),
        2,
        (Level::Link, Rules::default()),
    )
    .await;
    assert_eq!(take(&again, id, PHONE), Err(Error::Unknown));
}

#[tokio::test]
async fn a_full_memory_refuses_and_pushes_nobody_out() {
    let (_folder, ctx) = house(Rules {
        total: 3 * 4096,
        largest: 16 << 10,
        ..Rules::default()
    })
    .await;
    let ids = [offer(&ctx), offer(&ctx), offer(&ctx)];
    let full = offer_from(&ctx, HERE, None).unwrap_err();
    assert_eq!((full, full.wait()), (Error::Full, Some(Span::minutes(1))));
    assert_eq!(
        handoffs::begin(&ctx, HERE, 16 << 10).err(),
        Some(Error::Full)
    );
    for id in ids {
        assert!(take(&ctx, id, PHONE).is_ok());
    }
    handoffs::commit(&ctx, ids[0], &PHONE).unwrap();
    assert!(offer_from(&ctx, HERE, None).is_ok());
    let most = 16 << 10;
    assert_eq!(
        handoffs::begin(&ctx, HERE, 64 << 10).err(),
        Some(Error::TooLarge { most })
    );
    assert_eq!(handoffs::begin(&ctx, HERE, 4097).err(), Some(Error::Size));
}

#[tokio::test]
async fn an_address_has_twenty_and_gets_them_back() {
    let (_folder, ctx) = house(Rules::default()).await;
    let mut ids: Vec<_> = (0..20).map(|_| offer(&ctx)).collect();
    assert_eq!(offer_from(&ctx, HERE, None), Err(Error::TooMany));
    assert!(offer_from(&ctx, Ipv4Addr::new(192, 0, 2, 1).into(), None).is_ok());
    let id = ids.pop().unwrap();
    assert_eq!(
        handoffs::cancel(&ctx, id, &OTHER),
        Err(refused(Refusal::NotYours))
    );
    handoffs::cancel(&ctx, id, &SOURCE).unwrap();
    assert_eq!(take(&ctx, id, PHONE), Err(refused(Refusal::Cancelled)));
    assert!(offer_from(&ctx, HERE, None).is_ok());
    // One that never got its bytes counts, and gives its seat back.
    assert_eq!(
        handoffs::begin(&ctx, HERE, 4096).err(),
        Some(Error::TooMany)
    );
}

#[tokio::test]
async fn typed_words_take_nothing() {
    let (_folder, ctx) = house(Rules::default()).await;
    let typed = Typed {
        find: [9; 32],
        wrap: [6; 60],
    };
    let id = offer_from(&ctx, HERE, Some(typed)).unwrap();
    for _ in 0..3 {
        let (offered, wrap) = handoffs::find(&ctx, &[9; 32]).unwrap();
        assert_eq!((offered.id, offered.size, wrap), (id, 4096, [6; 60]));
    }
    assert_eq!(
        handoffs::find(&ctx, &[8; 32]).err(),
        Some(Error::WordsUnknown)
    );
    assert!(handoffs::look(&ctx, id, &AUTH).is_ok());
    take(&ctx, id, PHONE).unwrap();
    handoffs::commit(&ctx, id, &PHONE).unwrap();
    assert_eq!(
        handoffs::find(&ctx, &[9; 32]).err(),
        Some(Error::WordsUnknown)
    );
}

#[tokio::test]
async fn the_reverse_is_filled_once_and_watched_by_both() {
    let (_folder, ctx) = house(Rules::default()).await;
    let id = handoffs::ask(&ctx, HERE, asked()).unwrap().id;
    assert_eq!(take(&ctx, id, PHONE), Err(refused(Refusal::Empty)));
    let wrong = handoffs::begin_filling(&ctx, id, &OTHER, 4096);
    assert_eq!(wrong.err(), Some(refused(Refusal::WrongKey)));
    // The first breaks off; the second comes to its end.
    drop(handoffs::begin_filling(&ctx, id, &FILL, 4096).unwrap());
    let filling = handoffs::begin_filling(&ctx, id, &FILL, 4096).unwrap();
    filling.write_at(0, &[7; 4096]);
    let second = handoffs::begin_filling(&ctx, id, &FILL, 4096);
    assert_eq!(second.err(), Some(refused(Refusal::Filled)));
    handoffs::filled(filling, sha256(&OTHER)).unwrap();
    assert_eq!(take(&ctx, id, PHONE).unwrap(), [7; 4096]);
    handoffs::commit(&ctx, id, &PHONE).unwrap();
    for watcher in [SOURCE, OTHER] {
        let standing = handoffs::watch(&ctx, id, &watcher, None, Duration::ZERO).await;
        let slot = standing.unwrap().slot;
        assert_eq!(slot.state().name(), "committed");
        assert_eq!(slot.state().device().unwrap().as_bytes(), &sha256(&PHONE));
    }
}

#[tokio::test]
async fn what_is_taken_back_while_it_is_filled_keeps_no_memory() {
    let (_folder, ctx) = house(Rules::default()).await;
    let id = handoffs::ask(&ctx, HERE, asked()).unwrap().id;
    let filling = handoffs::begin_filling(&ctx, id, &FILL, 4096).unwrap();
    filling.write_at(0, &[7; 4096]);
    handoffs::cancel(&ctx, id, &SOURCE).unwrap();
    let filled = handoffs::filled(filling, sha256(&OTHER));
    assert_eq!(filled.err(), Some(refused(Refusal::Cancelled)));
    assert_eq!(handoffs::in_use(&ctx), (0, 0, Rules::default().total));
}

#[tokio::test]
async fn its_source_sees_every_change_as_it_happens() {
    let (_folder, ctx) = house(Rules::default()).await;
    let id = offer(&ctx);
    let watch = |after| {
        let ctx = Arc::clone(&ctx);
        tokio::spawn(async move {
            handoffs::watch(&ctx, id, &SOURCE, after, Duration::from_secs(60)).await
        })
    };
    let first = watch(None).await.unwrap().unwrap().slot;
    assert_eq!(first.state().name(), "waiting");
    let next = watch(Some(first.revision()));
    tokio::task::yield_now().await;
    take(&ctx, id, PHONE).unwrap();
    let slot = next.await.unwrap().unwrap().slot;
    assert_eq!(slot.state().name(), "leased");
    let next = watch(Some(slot.revision()));
    tokio::task::yield_now().await;
    handoffs::commit(&ctx, id, &PHONE).unwrap();
    assert_eq!(
        next.await.unwrap().unwrap().slot.state().name(),
        "committed"
    );
    let other = handoffs::watch(&ctx, id, &OTHER, None, Duration::ZERO).await;
    assert_eq!(other.err(), Some(refused(Refusal::NotYours)));
}

#[tokio::test]
async fn the_kernel_says_how_the_slots_lie() {
    let (_folder, ctx) = house(Rules::default()).await;
    let id = offer(&ctx);
    let memory = handoffs::memory(&ctx).unwrap();
    assert_eq!((memory.slots, memory.bytes), (1, 4096));
    let kernel = memory.kernel;
    assert_eq!(kernel.mapped, 64 << 10);
    assert_eq!(kernel.undumped, kernel.mapped);
    assert_eq!((kernel.in_files, kernel.swapped), (0, 0));
    if memory.refused.is_empty() {
        assert_eq!(kernel.locked, kernel.mapped);
    }
    handoffs::cancel(&ctx, id, &SOURCE).unwrap();
    ctx.store.ephemeral.sweep(ctx.steady.now());
    let memory = handoffs::memory(&ctx).unwrap();
    assert_eq!((memory.slots, memory.kernel.mapped), (0, 0));
}
