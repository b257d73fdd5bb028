//! Laws that hold after any order of events: what is counted is what is there.

use depesche_domain::claim::ClaimState;
use std::task::Poll;

use depesche_domain::Account;
use depesche_domain::parcel::{Posted, Recipient};
use depesche_store::Error;
use depesche_store::sql::parcels::Mark;
use depesche_store::sql::visits::ClaimRow;
use depesche_store::sql::{outbox, parcels, visits};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::visits::{claim_id, open};
use super::{Db, address, at, hash, link, on_both, post, sender, way};

#[derive(Debug, Clone, Copy)]
enum Event {
    Lease(u64),
    Extend(u64),
    Commit(u64),
    Lapse,
    LapseAll,
    Drop(usize),
    Add(usize),
    Pass(i64),
}

const CLAIMS: u64 = 6;
const NAMES: [&str; 2] = ["a@x.test", "b@x.test"];

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0..CLAIMS).prop_map(Event::Lease),
        2 => (0..CLAIMS).prop_map(Event::Extend),
        4 => (0..CLAIMS).prop_map(Event::Commit),
        2 => Just(Event::Lapse),
        1 => Just(Event::LapseAll),
        1 => (0..2usize).prop_map(Event::Drop),
        1 => (0..2usize).prop_map(Event::Add),
        3 => (1..30i64).prop_map(Event::Pass),
    ]
}

/// Each case has its own parcel `number` in the one database.
async fn play(db: &Db, number: u64, limit: Option<u32>, events: &[Event]) {
    let sender = super::account(0, "anna@example.test");
    let posted = post(
        db,
        &sender,
        number,
        at(0),
        &[(NAMES[0], limit), (NAMES[1], limit)],
    )
    .await;
    let first = CLAIMS * number;
    for n in 0..CLAIMS {
        let place = usize::from(n >= CLAIMS / 2);
        open(db, &posted, place, first + n, at(1)).await;
    }
    let (mut now, mut added) = (2, 0);
    for event in events {
        let mut tx = db.sql.begin().await.expect("begin");
        match *event {
            Event::Pass(ms) => now += ms,
            Event::Lease(n) => {
                if let Some(claim) = claim(db, first + n).await {
                    visits::lease(&mut tx, &claim, at(now + 20))
                        .await
                        .expect("lease");
                }
            }
            Event::Extend(n) => {
                visits::extend_lease(&mut tx, claim_id(first + n), at(now + 20))
                    .await
                    .expect("extend");
            }
            Event::Commit(n) => {
                visits::commit(&mut tx, claim_id(first + n), at(now))
                    .await
                    .expect("commit");
            }
            Event::Lapse => {
                for link in parcels::links(&db.sql, posted.id).await.expect("links") {
                    visits::lapse(&mut tx, link.id, at(now))
                        .await
                        .expect("lapse");
                }
            }
            Event::LapseAll => {
                visits::lapse_all(&mut tx, at(now), 100)
                    .await
                    .expect("lapse");
            }
            Event::Drop(who) => {
                let who = address(NAMES[who]);
                parcels::lock(&mut tx, posted.id).await.expect("lock");
                let done = parcels::drop_recipient(&mut tx, posted.id, &who, at(now)).await;
                assert!(matches!(done, Ok(()) | Err(Error::NotFound)), "{done:?}");
            }
            Event::Add(who) => {
                let who = Recipient::new(address(NAMES[who]));
                added += 1;
                let link = link(1_000_000 + 1_000 * number + added, limit);
                parcels::lock(&mut tx, posted.id).await.expect("lock");
                let done =
                    parcels::insert_recipient(&mut tx, posted.id, &who, &way(link.clone()), at(0))
                        .await;
                assert!(matches!(done, Ok(()) | Err(Error::Conflict)), "{done:?}");
            }
        }
        tx.commit().await.expect("commit");
        laws(db, &posted, first).await;
    }
}

async fn claim(db: &Db, number: u64) -> Option<ClaimRow> {
    visits::claim_by_token(&db.sql, &hash(1_000 + number))
        .await
        .expect("read")
}

async fn laws(db: &Db, posted: &Posted, first: u64) {
    let links = parcels::links(&db.sql, posted.id).await.expect("links");
    let mut claims = Vec::new();
    for n in 0..CLAIMS {
        claims.extend(claim(db, first + n).await);
    }
    let (mut newest, mut used_up, mut open) = (None, true, 0);
    for link in &links {
        let of = || claims.iter().filter(|claim| claim.link == link.id);
        let counts = |state: ClaimState| {
            matches!(
                state,
                ClaimState::Leased { .. } | ClaimState::Committed { .. }
            )
        };
        let counted = of().filter(|claim| counts(claim.state)).count();
        assert_eq!(
            usize::try_from(link.taken),
            Ok(counted),
            "taken = leased + committed"
        );
        assert!(
            link.limit.is_none_or(|limit| link.taken <= limit),
            "never more than the limit"
        );
        assert_eq!(link.dropped, link.record.is_none());
        if link.record.is_none() {
            continue;
        }
        open += 1;
        let committed: Vec<_> = of()
            .filter_map(|claim| match claim.state {
                ClaimState::Committed { at } => Some(at),
                _ => None,
            })
            .collect();
        let enough = |limit: u32| committed.len() >= usize::try_from(limit).expect("small");
        used_up &= link.limit.is_some_and(enough);
        newest = newest.max(committed.into_iter().max());
    }
    let newest = newest.filter(|_| used_up && open > 0);
    let after = |ms: i64| at(ms - at(0).ms());
    let spent = async |before| {
        let spent = parcels::spent(&db.sql, before, 10_000)
            .await
            .expect("spent");
        spent.contains(&posted.id)
    };
    assert_eq!(
        spent(at(1 << 40)).await,
        newest.is_some(),
        "spent when nothing is left to take"
    );
    if let Some(newest) = newest {
        assert!(
            !spent(newest).await && spent(after(newest.ms() + 1)).await,
            "since the newest"
        );
    }
}

#[test]
fn what_is_counted_is_what_is_there() {
    on_both(async |db| {
        sender(db).await;
        let config = ProptestConfig {
            cases: 24,
            failure_persistence: None,
            ..Default::default()
        };
        let number = std::sync::atomic::AtomicU64::new(1);
        let cases = (
            prop::option::of(0..3u32),
            prop::collection::vec(event(), 1..30),
        );
        let done = TestRunner::new(config).run(&cases, |(limit, events)| {
            let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            tokio::task::block_in_place(|| {
                tokio::runtime::Handle::current().block_on(play(db, number, limit, &events));
            });
            Ok(())
        });
        done.expect("the laws hold");
    });
}

/// One of the transactions of the service, with its functions in the order of locks.
async fn deed(db: &Db, posted: &Posted, what: u64, claim: &ClaimRow) -> Result<(), Error> {
    let mut tx = db.sql.begin().await?;
    let (now, who) = (at(50), address(NAMES[0]));
    match what {
        0 | 1 => {
            visits::lapse(&mut tx, claim.link, now).await?;
            visits::lease(&mut tx, claim, at(60)).await?;
        }
        2 => {
            visits::commit(&mut tx, claim.id, now).await?;
            parcels::mark(&mut tx, posted.id, &claim.address, Mark::Downloaded, now).await?;
        }
        3 => drop(visits::lapse_all(&mut tx, at(100), 100).await?),
        4 => drop(visits::extend_lease(&mut tx, claim.id, at(70)).await?),
        5 => {
            visits::take_code(&mut tx, claim.link, &hash(1), now, 5).await?;
            parcels::mark(&mut tx, posted.id, &claim.address, Mark::Opened, now).await?;
        }
        6 => {
            visits::put_code(&mut tx, claim.link, &hash(1), at(100)).await?;
        }
        7 => {
            parcels::lock(&mut tx, posted.id).await?;
            outbox::of_recipient_delete(&mut tx, posted.id, &who).await?;
            let _ = parcels::drop_recipient(&mut tx, posted.id, &who, now).await;
        }
        8 => {
            outbox::delete(&mut tx, &posted.id.to_string()).await?;
            parcels::mark(&mut tx, posted.id, &who, Mark::Notified, now).await?;
        }
        _ => {
            parcels::lock(&mut tx, posted.id).await?;
            parcels::extend(&mut tx, posted.id, at(1_000)).await?;
        }
    }
    tx.commit().await
}

/// Eight workers on one new parcel.
async fn crowd(db: &Db, sender: &Account, number: u64) {
    let to = [(NAMES[0], Some(2)), (NAMES[1], Some(3))];
    let posted = post(db, sender, number, at(0), &to).await;
    let mut tx = db.sql.begin().await.expect("begin");
    let about = Some((posted.id, address(NAMES[0])));
    let mail = outbox::Item {
        id: posted.id.to_string(),
        about,
        ..super::outbox::item(1)
    };
    outbox::insert(&mut tx, &mail).await.expect("a mail");
    tx.commit().await.expect("commit");
    let mut claims = Vec::new();
    for n in 0..CLAIMS {
        let place = usize::from(n >= CLAIMS / 2);
        claims.push(open(db, &posted, place, CLAIMS * number + n, at(1)).await);
    }
    let (claims, posted) = (&claims, &posted);
    let workers = (0..8).map(|worker| async move {
        let mut random = number * 8 + worker;
        for _ in 0..12 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let claim = &claims[usize::try_from((random >> 40) % CLAIMS).expect("small")];
            let what = (random >> 50) % 10;
            assert_eq!(deed(db, posted, what, claim).await, Ok(()), "{what}");
        }
    });
    let mut together: Vec<_> = workers.map(Box::pin).collect();
    std::future::poll_fn(|context| {
        together.retain_mut(|worker| worker.as_mut().poll(context).is_pending());
        if together.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    laws(db, posted, CLAIMS * number).await;
}

#[test]
fn many_at_once_do_not_wait_for_each_other() {
    on_both(async |db| {
        let sender = sender(db).await;
        for number in 1..25 {
            crowd(db, &sender, number).await;
        }
    });
}
