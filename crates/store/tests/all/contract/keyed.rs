//! What opens a parcel by a key, and who waits for it.

use depesche_domain::keyed::{
    ClaimCode, Claimed, Keyed, Mode, Person, Released, Stanza, Verified, Waits,
};
use depesche_domain::parcel::{KeyedWay, Posted, Recipient, Way};
use depesche_domain::{Account, Level, LinkId};
use depesche_store::sql::keyed::{self, Sealed};
use depesche_store::sql::parcels::{self, Stored};
use depesche_store::sql::{accounts, keyrings, people, visits};

use super::keyrings::{key, record};
use super::{Db, account, address, at, bytes, draft, hash, on_both, posted};

pub(super) fn stanza(of: &Account, number: u8) -> Stanza {
    Stanza {
        account: of.id,
        fingerprint: key(number),
        bytes: vec![number; 1287],
    }
}

/// A parcel of level 3 to these addresses, all waiting.
pub(super) async fn post_keyed(db: &Db, sender: &Account, number: u64, to: &[&str]) -> Posted {
    let mut draft = draft(number, sender);
    draft.level = Level::KeyedFiles;
    draft.in_reply_to = Some(super::parcel_id(77));
    let mut posted = posted(&draft, at(100));
    posted.in_reply_to = draft.in_reply_to;
    let mut tx = db.sql.begin().await.expect("begin");
    parcels::insert_draft(&mut tx, &draft).await.expect("draft");
    parcels::put_going_on(&mut tx, draft.id, b"DPG1 one")
        .await
        .expect("going on");
    parcels::put_going_on(&mut tx, draft.id, b"DPG1")
        .await
        .expect("going on");
    tx.commit().await.expect("commit");
    let going_on = parcels::going_on(&db.sql, draft.id).await;
    assert_eq!(going_on, Ok(Some(b"DPG1".to_vec())));
    let drafts = parcels::drafts(&db.sql, sender.id, 10)
        .await
        .expect("drafts");
    assert_eq!(
        (drafts.len(), drafts[0].size, drafts[0].going_on),
        (1, 303, true)
    );
    assert_eq!(drafts[0].in_reply_to, draft.in_reply_to);
    let mut tx = db.sql.begin().await.expect("begin");
    parcels::post(&mut tx, &posted, 303, 1024)
        .await
        .expect("post");
    let sealed = Sealed {
        stanza: Some(vec![7; 1287]),
        header: vec![1; 54],
        manifest_hash: vec![2; 32],
    };
    keyed::set_sealed(&mut tx, draft.id, &sealed)
        .await
        .expect("sealed");
    for (place, to) in (0..).zip(to) {
        let mut recipient = Recipient::new(address(to));
        let waits = Keyed::Waits(Waits::new(Level::KeyedFiles, None));
        recipient.keyed = Some(Box::new((waits, Person::Unknown)));
        let way = Way::Keyed(Box::new(KeyedWay {
            id: LinkId::from_bytes(bytes(3, 1000 * number + place)),
            release: None,
            code: None,
            limit: Some(1),
        }));
        parcels::insert_recipient(&mut tx, draft.id, &recipient, &way, at(100))
            .await
            .expect("recipient");
        posted.recipients.push(recipient);
    }
    tx.commit().await.expect("commit");
    assert_eq!(keyed::sealed(&db.sql, draft.id).await, Ok(Some(sealed)));
    assert_eq!(parcels::going_on(&db.sql, draft.id).await, Ok(None));
    posted
}

/// An account with a keyring.
pub(super) async fn keyed_account(db: &Db, number: u64, text: &str) -> Account {
    let who = account(number, text);
    let mut tx = db.sql.begin().await.expect("begin");
    accounts::insert(&mut tx, &who, b"").await.expect("insert");
    let first = record(&who, 1, false);
    keyrings::insert_record(&mut tx, &first, at(1))
        .await
        .expect("record");
    keyrings::put(&mut tx, who.id, key(1), 1, b"body")
        .await
        .expect("put");
    tx.commit().await.expect("commit");
    who
}

async fn state(db: &Db, of: &Posted) -> (Keyed, Person) {
    match parcels::load(&db.sql, of.id).await {
        Ok(Some(Stored::Posted(posted))) => {
            assert_eq!(posted.in_reply_to, of.in_reply_to);
            *posted.recipients[0].keyed.clone().expect("keyed")
        }
        other => panic!("{other:?}"),
    }
}

async fn save(db: &Db, of: &Posted, keyed: &Keyed) {
    let mut tx = db.sql.begin().await.expect("begin");
    keyed::save(&mut tx, of.id, &of.recipients[0].address, keyed)
        .await
        .expect("save");
    tx.commit().await.expect("commit");
}

#[test]
fn each_state_comes_back_as_it_was() {
    on_both(async |db| {
        let anna = super::sender(db).await;
        let ben = keyed_account(db, 1, "ben@example.test").await;
        let of = post_keyed(db, &anna, 1, &["Ben@example.test"]).await;
        let level = Level::KeyedFiles;
        let code = |mode| ClaimCode {
            number: 2,
            wrong: 1,
            mode,
        };
        let states = [
            Keyed::Waits(Waits::new(
                level,
                Some(code(Mode::Confirm { tag: Some([9; 32]) })),
            )),
            Keyed::Waits(Waits {
                level,
                code: Some(code(Mode::Instant {
                    record: vec![3; 106],
                    auth: hash(5),
                    handed: true,
                })),
                lost: Some(at(3)),
            }),
            Keyed::Claimed(Claimed {
                level,
                stanza: stanza(&ben, 1),
                ack: [4; 32],
                at: at(4),
            }),
            Keyed::Released(Released {
                level,
                stanza: stanza(&ben, 1),
                verified: Verified::Words,
                tag_a: Some([5; 32]),
                at: at(5),
            }),
        ];
        for keyed in states {
            save(db, &of, &keyed).await;
            let found = state(db, &of).await;
            assert_eq!(found, (keyed, Person::Keyed(ben.id, key(1))));
        }
    });
}

#[test]
fn nothing_is_leased_before_a_release_and_a_limit_holds() {
    on_both(async |db| {
        let anna = super::sender(db).await;
        let ben = keyed_account(db, 1, "ben@example.test").await;
        let of = post_keyed(db, &anna, 1, &["ben@example.test"]).await;
        let way = visits::of_recipient(&db.sql, of.id, &ben.address).await;
        let way = way.expect("read").expect("a way");
        assert_eq!((way.auth, way.limit, way.opens), (None, Some(1), false));
        let claim = |number| visits::ClaimRow {
            id: depesche_domain::ClaimId::from_bytes(bytes(8, number)),
            link: way.id,
            parcel: of.id,
            address: ben.address.clone(),
            stated: "ben@example.test".into(),
            proven: true,
            state: depesche_domain::claim::ClaimState::Opened,
            opened: at(200),
        };
        let mut tx = db.sql.begin().await.expect("begin");
        for number in 1..3 {
            visits::insert_claim(&mut tx, &claim(number), &hash(number))
                .await
                .expect("claim");
        }
        assert_eq!(visits::lease(&mut tx, &claim(1), at(300)).await, Ok(false));
        tx.commit().await.expect("commit");
        let released = Keyed::Released(Released {
            level: Level::KeyedFiles,
            stanza: stanza(&ben, 1),
            verified: Verified::No,
            tag_a: None,
            at: at(5),
        });
        save(db, &of, &released).await;
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(visits::lease(&mut tx, &claim(1), at(300)).await, Ok(true));
        assert_eq!(visits::lease(&mut tx, &claim(2), at(300)).await, Ok(false));
        tx.commit().await.expect("commit");
    });
}

#[test]
fn who_waits_is_found_and_a_reset_takes_everything() {
    on_both(async |db| {
        let anna = super::sender(db).await;
        let ben = keyed_account(db, 1, "ben@example.test").await;
        let of = post_keyed(db, &anna, 1, &["ben@example.test", "nobody@example.test"]).await;
        let waiting = keyed::waiting(&db.sql, anna.id).await.expect("waiting");
        assert_eq!(
            waiting.len(),
            1,
            "who has no key does not wait for the release"
        );
        assert_eq!(
            (waiting[0].parcel, &waiting[0].address),
            (of.id, &ben.address)
        );
        assert_eq!(keyed::count_waiting(&db.sql, anna.id).await, Ok(1));
        let mut tx = db.sql.begin().await.expect("begin");
        let senders = keyed::senders_waited_for(&mut tx, &ben.address).await;
        assert_eq!(senders, Ok(vec![(anna.id, 1)]));
        tx.commit().await.expect("commit");
        let released = Keyed::Released(Released {
            level: Level::KeyedFiles,
            stanza: stanza(&ben, 1),
            verified: Verified::No,
            tag_a: None,
            at: at(5),
        });
        save(db, &of, &released).await;
        assert_eq!(keyed::count_waiting(&db.sql, anna.id).await, Ok(0));
        assert_eq!(keyed::count_opened_by(&db.sql, ben.id).await, Ok((1, 0)));
        assert_eq!(keyed::count_opened_by(&db.sql, anna.id).await, Ok((0, 1)));
        let names = people::names(&db.sql, of.id).await;
        assert_eq!(
            names,
            Ok(vec![("ben@example.test".into(), ben.name.clone())])
        );

        let mut tx = db.sql.begin().await.expect("begin");
        keyed::lose(&mut tx, ben.id, &ben.address, at(9))
            .await
            .expect("lose");
        keyed::lose(&mut tx, anna.id, &anna.address, at(9))
            .await
            .expect("lose");
        tx.commit().await.expect("commit");
        match state(db, &of).await.0 {
            Keyed::Waits(waits) => assert_eq!(waits.lost, Some(at(9))),
            other => panic!("{other:?}"),
        }
        assert_eq!(keyed::count_opened_by(&db.sql, anna.id).await, Ok((0, 0)));
        assert_eq!(keyed::count_waiting(&db.sql, anna.id).await, Ok(1));
        let way = visits::of_recipient(&db.sql, of.id, &ben.address).await;
        assert!(!way.expect("read").expect("a way").opens);

        let mut tx = db.sql.begin().await.expect("begin");
        let drop = parcels::drop_recipient(&mut tx, of.id, &ben.address, at(10)).await;
        assert_eq!(drop, Ok(()));
        tx.commit().await.expect("commit");
        assert_eq!(keyed::count_waiting(&db.sql, anna.id).await, Ok(0));
    });
}

#[test]
fn closing_destroys_every_stanza() {
    on_both(async |db| {
        let anna = super::sender(db).await;
        let ben = keyed_account(db, 1, "ben@example.test").await;
        let of = post_keyed(db, &anna, 1, &["ben@example.test"]).await;
        let mut tx = db.sql.begin().await.expect("begin");
        let own = keyed::put_own(&mut tx, of.id, &ben.address, &stanza(&ben, 1), at(2)).await;
        assert_eq!(own, Ok(()));
        let closed = depesche_domain::parcel::Closed {
            id: of.id,
            at: at(20),
            reason: depesche_domain::parcel::Reason::Withdrawn,
        };
        parcels::close(&mut tx, &closed).await.expect("close");
        tx.commit().await.expect("commit");
        assert_eq!(keyed::count_opened_by(&db.sql, ben.id).await, Ok((0, 0)));
        assert_eq!(keyed::sealed(&db.sql, of.id).await, Ok(None));
    });
}
