//! Visits: limits, leases, receipts, codes.

use depesche_domain::claim::ClaimState;
use depesche_domain::parcel::{Posted, Recipient};
use depesche_domain::{ClaimId, Time};
use depesche_store::Error;
use depesche_store::sql::parcels;
use depesche_store::sql::visits::{self, ClaimRow, CodeTry};

use super::{Db, address, at, bytes, file_id, hash, link, link_id, on_both, post, sender, way};

pub(super) const fn claim_id(number: u64) -> ClaimId {
    ClaimId::from_bytes(bytes(8, number))
}

/// A visit to the `place`th recipient's link of a parcel. Its token is `1000 + number`.
pub(super) async fn open(
    db: &Db,
    posted: &Posted,
    place: usize,
    number: u64,
    when: Time,
) -> ClaimRow {
    let link = parcels::links(&db.sql, posted.id)
        .await
        .expect("links")
        .swap_remove(place);
    let claim = ClaimRow {
        id: claim_id(number),
        link: link.id,
        parcel: posted.id,
        address: link.address,
        stated: format!("visitor-{number}@ünal.example"),
        proven: number % 2 == 1,
        state: ClaimState::Opened,
        opened: when,
    };
    let mut tx = db.sql.begin().await.expect("begin");
    visits::insert_claim(&mut tx, &claim, &hash(1_000 + number))
        .await
        .expect("insert");
    tx.commit().await.expect("commit");
    claim
}

async fn state(db: &Db, number: u64) -> ClaimState {
    let claim = visits::claim_by_token(&db.sql, &hash(1_000 + number))
        .await
        .expect("read");
    claim.expect("known").state
}

async fn taken(db: &Db, posted: &Posted) -> u32 {
    parcels::links(&db.sql, posted.id).await.expect("links")[0].taken
}

async fn lease(db: &Db, claim: &ClaimRow, until: Time) -> bool {
    let mut tx = db.sql.begin().await.expect("begin");
    let room = visits::lease(&mut tx, claim, until).await.expect("lease");
    tx.commit().await.expect("commit");
    room
}

async fn commit(db: &Db, number: u64, when: Time) -> bool {
    let mut tx = db.sql.begin().await.expect("begin");
    let first = visits::commit(&mut tx, claim_id(number), when)
        .await
        .expect("commit a claim");
    tx.commit().await.expect("commit");
    first
}

#[test]
fn of_64_at_once_10_get_in() {
    on_both(async |db| {
        let sender = sender(db).await;
        let posted = post(db, &sender, 1, at(0), &[("a@x.test", Some(10))]).await;
        let mut claims = Vec::new();
        for number in 0..64 {
            claims.push(open(db, &posted, 0, number, at(1)).await);
        }
        let tries: Vec<_> = claims
            .into_iter()
            .map(|claim| {
                let sql = db.sql.clone();
                tokio::spawn(async move {
                    let mut tx = sql.begin().await.expect("begin");
                    visits::lapse(&mut tx, claim.link, at(2))
                        .await
                        .expect("lapse");
                    let room = visits::lease(&mut tx, &claim, at(100))
                        .await
                        .expect("lease");
                    tx.commit().await.expect("commit");
                    room
                })
            })
            .collect();
        let mut granted = 0;
        for one in tries {
            granted += u32::from(one.await.expect("a visitor"));
        }
        assert_eq!((granted, taken(db, &posted).await), (10, 10));
        let mut leased = 0;
        for number in 0..64 {
            leased += u32::from(matches!(state(db, number).await, ClaimState::Leased { .. }));
        }
        assert_eq!(leased, 10);
    });
}

#[test]
fn one_token_at_once_takes_one_place() {
    on_both(async |db| {
        let sender = sender(db).await;
        let posted = post(db, &sender, 1, at(0), &[("a@x.test", None)]).await;
        let claim = open(db, &posted, 0, 1, at(1)).await;
        let tries: Vec<_> = (0..32)
            .map(|n| {
                let (sql, claim) = (db.sql.clone(), claim.clone());
                tokio::spawn(async move {
                    let mut tx = sql.begin().await.expect("begin");
                    let room = visits::lease(&mut tx, &claim, at(100 + n))
                        .await
                        .expect("lease");
                    tx.commit().await.expect("commit");
                    room
                })
            })
            .collect();
        for one in tries {
            assert!(one.await.expect("a visitor"), "it has its place");
        }
        assert_eq!(taken(db, &posted).await, 1);
        assert_eq!(state(db, 1).await, ClaimState::Leased { until: at(131) });
    });
}

#[test]
fn a_lapse_frees_room() {
    on_both(async |db| {
        let sender = sender(db).await;
        let posted = post(db, &sender, 1, at(0), &[("a@x.test", Some(2))]).await;
        let mut claims = Vec::new();
        for number in 0..3 {
            claims.push(open(db, &posted, 0, number, at(1)).await);
        }
        let mut tx = db.sql.begin().await.expect("begin");
        let known = visits::insert_claim(&mut tx, &claims[0], &hash(1_777)).await;
        assert_eq!(known, Err(Error::Conflict), "the id");
        let other = ClaimRow {
            id: claim_id(99),
            ..claims[0].clone()
        };
        assert_eq!(
            visits::insert_claim(&mut tx, &other, &hash(1_000)).await,
            Err(Error::Conflict)
        );
        drop(tx);
        let found = visits::claim_by_token(&db.sql, &hash(1_001)).await;
        assert_eq!(found, Ok(Some(claims[1].clone())));
        assert_eq!(visits::claim_by_token(&db.sql, &hash(5)).await, Ok(None));

        assert!(lease(db, &claims[0], at(100)).await);
        assert!(lease(db, &claims[1], at(200)).await);
        assert!(!lease(db, &claims[2], at(300)).await, "no room");
        assert_eq!(state(db, 2).await, ClaimState::Opened);
        assert!(lease(db, &claims[0], at(90)).await, "it has its place");
        assert_eq!(
            state(db, 0).await,
            ClaimState::Leased { until: at(100) },
            "never shortened"
        );
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(
            visits::extend_lease(&mut tx, claim_id(0), at(150)).await,
            Ok(true)
        );
        assert_eq!(
            visits::extend_lease(&mut tx, claim_id(2), at(150)).await,
            Ok(false)
        );
        assert_eq!(visits::lapse(&mut tx, link_id(100), at(149)).await, Ok(0));
        assert_eq!(visits::lapse(&mut tx, link_id(100), at(150)).await, Ok(1));
        tx.commit().await.expect("commit");
        assert_eq!(
            (state(db, 0).await, taken(db, &posted).await),
            (ClaimState::Lapsed, 1)
        );
        assert!(lease(db, &claims[2], at(300)).await, "there is room now");
        assert!(
            !lease(db, &claims[0], at(300)).await,
            "and none for the one that was slow"
        );

        assert!(commit(db, 2, at(210)).await);
        assert!(!commit(db, 2, at(220)).await, "only the first time");
        assert!(!commit(db, 0, at(220)).await, "it had lapsed");
        assert!(!commit(db, 55, at(220)).await, "nobody");
        assert_eq!(state(db, 2).await, ClaimState::Committed { at: at(210) });
        assert!(lease(db, &claims[2], at(900)).await, "serves on, uncounted");
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(
            visits::lapse_all(&mut tx, at(900), 10).await,
            Ok(1),
            "1, not what is committed"
        );
        tx.commit().await.expect("commit");
        assert_eq!(
            (state(db, 1).await, taken(db, &posted).await),
            (ClaimState::Lapsed, 1)
        );
        assert!(
            lease(db, &claims[0], at(999)).await,
            "a lapsed one may try again"
        );
    });
}

#[test]
fn all_late_leases_lapse_by_and_by() {
    on_both(async |db| {
        let sender = sender(db).await;
        for number in 1..=5 {
            let posted = post(db, &sender, number, at(0), &[("a@x.test", None)]).await;
            for n in 0..2 {
                let claim = open(db, &posted, 0, 10 * number + n, at(1)).await;
                assert!(lease(db, &claim, at(100 * number.cast_signed())).await);
            }
        }
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(visits::lapse_all(&mut tx, at(99), 100).await, Ok(0));
        assert_eq!(
            visits::lapse_all(&mut tx, at(400), 4).await,
            Ok(4),
            "of two links"
        );
        assert_eq!(visits::lapse_all(&mut tx, at(400), 100).await, Ok(4));
        tx.commit().await.expect("commit");
        assert_eq!(state(db, 50).await, ClaimState::Leased { until: at(500) });
        assert_eq!(
            visits::link(&db.sql, link_id(400))
                .await
                .map(|l| l.map(|l| l.taken)),
            Ok(Some(0))
        );
    });
}

#[test]
fn a_parcel_is_spent_when_nothing_is_left_to_take() {
    on_both(async |db| {
        let sender = sender(db).await;
        let to = [
            ("a@x.test", Some(1)),
            ("b@x.test", Some(2)),
            ("c@x.test", None),
        ];
        let posted = post(db, &sender, 1, at(0), &to).await;
        let spent = async || parcels::spent(&db.sql, at(1_000), 10).await.expect("spent");
        let visit = async |place: usize, number: u64, when: Time| {
            let claim = open(db, &posted, place, number, at(1)).await;
            assert!(lease(db, &claim, at(100)).await);
            assert!(commit(db, number, when).await);
        };
        visit(0, 1, at(10)).await;
        visit(1, 2, at(30)).await;
        assert_eq!(spent().await, [], "b has one more, c has no limit");
        let mut tx = db.sql.begin().await.expect("begin");
        parcels::drop_recipient(&mut tx, posted.id, &address("c@x.test"), at(40))
            .await
            .expect("drop");
        tx.commit().await.expect("commit");
        assert_eq!(spent().await, []);
        let claim = open(db, &posted, 1, 3, at(1)).await;
        assert!(lease(db, &claim, at(100)).await);
        assert_eq!(spent().await, [], "it runs");
        assert!(commit(db, 3, at(20)).await);
        assert_eq!(spent().await, [posted.id]);
        assert_eq!(
            parcels::spent(&db.sql, at(30), 10).await,
            Ok(vec![]),
            "the newest was at 30"
        );
        assert_eq!(
            parcels::spent(&db.sql, at(31), 10).await,
            Ok(vec![posted.id])
        );

        let mut tx = db.sql.begin().await.expect("begin");
        let new = Recipient::new(address("d@x.test"));
        parcels::insert_recipient(&mut tx, posted.id, &new, &way(link(9, Some(1))), at(0))
            .await
            .expect("insert");
        tx.commit().await.expect("commit");
        assert_eq!(spent().await, [], "d comes");
        let mut tx = db.sql.begin().await.expect("begin");
        parcels::drop_recipient(&mut tx, posted.id, &new.address, at(50))
            .await
            .expect("drop");
        tx.commit().await.expect("commit");
        assert_eq!(spent().await, [posted.id], "d goes");

        let alone = post(db, &sender, 2, at(0), &[("a@x.test", Some(0))]).await;
        let mut tx = db.sql.begin().await.expect("begin");
        parcels::drop_recipient(&mut tx, alone.id, &address("a@x.test"), at(2))
            .await
            .expect("drop");
        tx.commit().await.expect("commit");
        assert_eq!(spent().await, [posted.id], "nothing was ever taken");
        let claim = open(db, &alone, 0, 77, at(1)).await;
        assert!(
            !lease(db, &claim, at(9)).await,
            "a destroyed link leases nothing"
        );
    });
}

#[test]
fn visits_are_shown_newest_first() {
    on_both(async |db| {
        let sender = sender(db).await;
        let posted = post(
            db,
            &sender,
            1,
            at(0),
            &[("a@x.test", None), ("b@x.test", None)],
        )
        .await;
        for number in 0..60 {
            // Some of one moment, across the border of what is shown.
            let when = at(i64::try_from(number / 4).expect("small"));
            open(db, &posted, 0, number, when).await;
        }
        let claim = open(db, &posted, 1, 70, at(5)).await;
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(
            visits::insert_receipt(&mut tx, claim.id, file_id(2), at(8)).await,
            Ok(true)
        );
        assert_eq!(
            visits::insert_receipt(&mut tx, claim.id, file_id(1), at(9)).await,
            Ok(true)
        );
        assert_eq!(
            visits::insert_receipt(&mut tx, claim.id, file_id(1), at(10)).await,
            Ok(false)
        );
        visits::lease(&mut tx, &claim, at(100))
            .await
            .expect("lease");
        visits::commit(&mut tx, claim.id, at(11))
            .await
            .expect("commit");
        tx.commit().await.expect("commit");
        let mut tx = db.sql.begin().await.expect("begin");
        let nobodys = visits::insert_receipt(&mut tx, claim_id(99), file_id(1), at(9)).await;
        assert_eq!(nobodys, Err(Error::NotFound));
        drop(tx);

        let all = parcels::visits(&db.sql, posted.id).await.expect("visits");
        assert!(all.is_sorted_by(|a, b| a.opened >= b.opened));
        let (b, a): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|v| v.address == address("b@x.test"));
        assert_eq!((a.len(), b.len()), (50, 1), "at most 50 of each");
        assert_eq!(a[49].opened, at(2), "60 in fours: the newest 50");
        assert_eq!((b[0].claim, b[0].link), (claim.id, link_id(101)));
        assert_eq!((&b[0].stated, b[0].proven), (&claim.stated, claim.proven));
        assert_eq!(
            (b[0].state, b[0].committed),
            (ClaimState::Committed { at: at(11) }, Some(at(11)))
        );
        assert_eq!(b[0].receipts, [(file_id(2), at(8)), (file_id(1), at(9))]);
    });
}

#[test]
fn a_code_has_five_tries() {
    on_both(async |db| {
        let sender = sender(db).await;
        post(db, &sender, 1, at(0), &[("a@x.test", None)]).await;
        let take = async |code: u64, ms: i64| {
            let mut tx = db.sql.begin().await.expect("begin");
            let tried = visits::take_code(&mut tx, link_id(100), &hash(code), at(ms), 5).await;
            tx.commit().await.expect("commit");
            tried.expect("take")
        };
        let put = async |code: u64| {
            let mut tx = db.sql.begin().await.expect("begin");
            let put = visits::put_code(&mut tx, link_id(100), &hash(code), at(100)).await;
            put.expect("put");
            tx.commit().await.expect("commit");
        };
        assert_eq!(take(1, 0).await, CodeTry::None, "none was mailed");
        put(1).await;
        assert_eq!(take(2, 1).await, CodeTry::Wrong { left: 4 });
        assert_eq!(take(1, 2).await, CodeTry::Right);
        assert_eq!(take(1, 3).await, CodeTry::None, "used up");
        put(3).await;
        for left in (0..5).rev() {
            assert_eq!(take(9, 4).await, CodeTry::Wrong { left });
        }
        assert_eq!(take(3, 5).await, CodeTry::None, "dead, even the right one");
        put(4).await;
        assert_eq!(take(4, 100).await, CodeTry::None, "too old");
        put(5).await;
        assert_eq!(
            take(4, 6).await,
            CodeTry::Wrong { left: 4 },
            "the one before is replaced"
        );
        // Many wrong ones at once: five are counted.
        put(6).await;
        let tries: Vec<_> = (0..40)
            .map(|n| {
                let sql = db.sql.clone();
                tokio::spawn(async move {
                    let mut tx = sql.begin().await.expect("begin");
                    let tried =
                        visits::take_code(&mut tx, link_id(100), &hash(50 + n), at(7), 5).await;
                    tx.commit().await.expect("commit");
                    tried.expect("take")
                })
            })
            .collect();
        let mut counted = 0;
        for one in tries {
            counted += u32::from(one.await.expect("a try") != CodeTry::None);
        }
        assert_eq!((counted, take(6, 8).await), (5, CodeTry::None));
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(visits::sweep_codes(&mut tx, at(99)).await, Ok(0));
        assert_eq!(
            visits::sweep_codes(&mut tx, at(100)).await,
            Ok(1),
            "its time is over"
        );
        let nowhere = visits::put_code(&mut tx, link_id(999), &hash(1), at(1)).await;
        assert_eq!(nowhere, Err(Error::NotFound));
    });
}
