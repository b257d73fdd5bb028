//! Parcels from draft to closed, and the sender's page.

use depesche_domain::claim::ClaimState;
use depesche_domain::parcel::{Closed, FileObject, Reason, Recipient};
use depesche_domain::{Account, ClaimId, Time};
use depesche_store::Error;
use depesche_store::sql::parcels::{self, ClosedRow, Mark, Stored, Summary};
use depesche_store::sql::{accounts, outbox, visits};

use super::{
    Db, account, address, at, bytes, draft, file_id, hash, link, link_id, on_both, parcel_id, post,
    posted, sender, way,
};

async fn closed(db: &Db, number: u64, when: Time, reason: Reason) -> Closed {
    let closed = Closed {
        id: parcel_id(number),
        at: when,
        reason,
    };
    let mut tx = db.sql.begin().await.expect("begin");
    parcels::close(&mut tx, &closed).await.expect("close");
    tx.commit().await.expect("commit");
    closed
}

#[test]
fn a_draft_grows_and_goes() {
    on_both(async |db| {
        let sender = sender(db).await;
        let mut first = draft(1, &sender);
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(parcels::lock(&mut tx, first.id).await, Ok(None));
        parcels::insert_draft(&mut tx, &first)
            .await
            .expect("insert");
        assert_eq!(
            parcels::insert_draft(&mut tx, &first).await,
            Err(Error::Conflict)
        );
        let mut second = draft(2, &sender);
        second.created = at(1_000);
        parcels::insert_draft(&mut tx, &second)
            .await
            .expect("insert");

        let more = FileObject {
            id: file_id(77),
            size: u64::from(u32::MAX) * 1_000,
        };
        let files = [first.files[0], more];
        parcels::add_files(&mut tx, first.id, &files)
            .await
            .expect("one of them is there");
        let other_size = FileObject { size: 5, ..more };
        let refused = parcels::add_files(&mut tx, first.id, &[other_size]).await;
        assert_eq!(refused, Err(Error::Conflict));
        let others = parcels::add_files(&mut tx, second.id, &[more]).await;
        assert_eq!(
            others,
            Err(Error::Conflict),
            "an id names one file on the disk"
        );
        tx.commit().await.expect("commit");
        let mut tx = db.sql.begin().await.expect("begin");
        let nobodys = draft(8, &account(9, "x@example.test"));
        assert_eq!(
            parcels::insert_draft(&mut tx, &nobodys).await,
            Err(Error::NotFound)
        );
        drop(tx);

        first.files.push(more);
        assert_eq!(
            parcels::load(&db.sql, first.id).await,
            Ok(Some(Stored::Draft(first.clone())))
        );
        assert_eq!(parcels::load(&db.sql, parcel_id(5)).await, Ok(None));
        assert_eq!(
            parcels::details(&db.sql, first.id).await,
            Ok(None),
            "only of posted ones"
        );
        assert_eq!(
            parcels::files(&db.sql, first.id).await,
            Ok(first.files.clone())
        );
        assert_eq!(
            parcels::file(&db.sql, first.id, more.id).await,
            Ok(Some(more))
        );
        assert_eq!(parcels::file(&db.sql, second.id, more.id).await, Ok(None));
        let of_draft = async |who: &Account, parcel| {
            parcels::file_of_draft(&db.sql, who.id, parcel, more.id).await
        };
        assert_eq!(of_draft(&sender, first.id).await, Ok(Some(more)));
        assert_eq!(of_draft(&sender, second.id).await, Ok(None));
        assert_eq!(
            of_draft(&account(9, "x@example.test"), first.id).await,
            Ok(None)
        );
        assert_eq!(parcels::owns_file(&db.sql, more.id).await, Ok(true));
        assert_eq!(parcels::owns_manifest(&db.sql, first.id).await, Ok(true));
        assert_eq!(
            parcels::page(&db.sql, sender.id, None, 10).await,
            Ok(vec![])
        );

        let stale = parcels::stale_drafts(&db.sql, at(500), 10).await;
        assert_eq!(stale, Ok(vec![first.id]));
        let mut tx = db.sql.begin().await.expect("begin");
        parcels::touch_draft(&mut tx, first.id, at(2_000))
            .await
            .expect("touch");
        assert_eq!(
            parcels::remove_file(&mut tx, second.id, more.id).await,
            Ok(false),
            "not its"
        );
        assert_eq!(
            parcels::remove_file(&mut tx, first.id, more.id).await,
            Ok(true)
        );
        tx.commit().await.expect("commit");
        let stale = parcels::stale_drafts(&db.sql, at(5_000), 10).await;
        assert_eq!(stale, Ok(vec![second.id, first.id]), "the oldest first");
        assert_eq!(
            parcels::stale_drafts(&db.sql, at(5_000), 1).await,
            Ok(vec![second.id])
        );

        let mut tx = db.sql.begin().await.expect("begin");
        parcels::post(&mut tx, &posted(&second, at(3)), 303, 9)
            .await
            .expect("post");
        assert_eq!(
            parcels::delete_draft(&mut tx, second.id).await,
            Ok(false),
            "posted"
        );
        assert_eq!(parcels::delete_draft(&mut tx, first.id).await, Ok(true));
        assert_eq!(parcels::delete_draft(&mut tx, first.id).await, Ok(false));
        tx.commit().await.expect("commit");
        assert_eq!(parcels::load(&db.sql, first.id).await, Ok(None));
        let posted = parcels::file_of_draft(&db.sql, sender.id, second.id, second.files[0].id);
        assert_eq!(posted.await, Ok(None), "no draft any more");
        assert_eq!(
            parcels::owns_file(&db.sql, first.files[0].id).await,
            Ok(false)
        );
        assert_eq!(parcels::owns_manifest(&db.sql, first.id).await, Ok(false));
        assert_eq!(
            parcels::files(&db.sql, second.id).await,
            Ok(second.files.clone())
        );
    });
}

#[test]
fn a_posted_parcel_lives_and_is_closed() {
    on_both(async |db| {
        let sender = sender(db).await;
        let to = [("Zoë@example.test", None), ("ben@example.test", Some(2))];
        let mut first = post(db, &sender, 1, at(10), &to).await;
        assert_eq!(
            parcels::load(&db.sql, first.id).await,
            Ok(Some(Stored::Posted(first.clone())))
        );

        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(
            parcels::lock(&mut tx, first.id).await,
            Ok(Some(Stored::Posted(first.clone())))
        );
        assert_eq!(
            parcels::post(&mut tx, &first, 1, 1).await,
            Err(Error::NotFound),
            "no draft"
        );
        let zoe = address("ZOË@example.test");
        for (what, ms, is_first) in [
            (Mark::Bounced, 11, true),
            (Mark::Notified, 12, true),
            (Mark::Notified, 13, false),
            (Mark::Opened, 14, true),
            (Mark::Opened, 15, false),
            (Mark::Downloaded, 16, true),
            (Mark::Downloaded, 17, false),
        ] {
            let done = parcels::mark(&mut tx, first.id, &zoe, what, at(ms)).await;
            assert_eq!(done, Ok(is_first), "{what:?} at {ms}");
        }
        let ben = address("ben@example.test");
        parcels::mark(&mut tx, first.id, &ben, Mark::Bounced, at(18))
            .await
            .expect("mark");
        let nobody = parcels::mark(&mut tx, first.id, &address("x@y.z"), Mark::Opened, at(1)).await;
        assert_eq!(nobody, Ok(false));
        parcels::extend(&mut tx, first.id, at(900))
            .await
            .expect("extend");
        assert_eq!(
            parcels::extend(&mut tx, parcel_id(7), at(1)).await,
            Err(Error::NotFound)
        );
        tx.commit().await.expect("commit");
        first.expires = at(900);
        first.recipients[0].notified = Some(at(12));
        first.recipients[0].opened = Some(at(14));
        first.recipients[0].downloaded = Some(at(16));
        first.recipients[1].bounced = Some(at(18));
        assert_eq!(
            parcels::load(&db.sql, first.id).await,
            Ok(Some(Stored::Posted(first.clone())))
        );

        assert_eq!(parcels::expired(&db.sql, at(899), 10).await, Ok(vec![]));
        assert_eq!(
            parcels::expired(&db.sql, at(900), 10).await,
            Ok(vec![first.id])
        );
        let mut tx = db.sql.begin().await.expect("begin");
        visits::put_code(&mut tx, link_id(100), &hash(1), at(999))
            .await
            .expect("a code");
        tx.commit().await.expect("commit");
        let closed = closed(db, 1, at(901), Reason::Expired).await;
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(
            parcels::close(&mut tx, &closed).await,
            Err(Error::NotFound),
            "only once"
        );
        let code = visits::take_code(&mut tx, link_id(100), &hash(1), at(2), 5).await;
        assert_eq!(code, Ok(visits::CodeTry::None), "destroyed too");
        drop(tx);
        let (posted, expires) = (first.posted, first.expires);
        let row = ClosedRow {
            closed,
            sender: sender.id,
            level: first.level,
            posted,
            expires,
            size: 303,
        };
        assert_eq!(
            parcels::load(&db.sql, first.id).await,
            Ok(Some(Stored::Closed(row)))
        );
        assert_eq!(parcels::expired(&db.sql, at(9_000), 10).await, Ok(vec![]));
        for (link, number) in parcels::links(&db.sql, first.id)
            .await
            .expect("links")
            .iter()
            .zip(100..)
        {
            assert_eq!((&link.record, link.auth2), (&None, None), "destroyed");
            assert!(
                link.auth == Some(hash(number)) && !link.dropped,
                "visitors are told"
            );
        }
        let details = parcels::details(&db.sql, first.id)
            .await
            .expect("details")
            .expect("kept");
        assert_eq!((&*details.subject, &*details.message), ("", ""));
        assert_eq!(details.closed, Some((at(901), Reason::Expired)));
        assert_eq!(
            (details.size, details.manifest_size, details.notify),
            (303, 1024, true)
        );
        assert_eq!(details.recipients, first.recipients, "facts stay");

        assert_eq!(
            parcels::closed_with_files(&db.sql, 10).await,
            Ok(vec![first.id])
        );
        assert_eq!(
            parcels::owns_manifest(&db.sql, first.id).await,
            Ok(true),
            "not yet removed"
        );
        assert_eq!(
            parcels::files(&db.sql, first.id)
                .await
                .map(|files| files.len()),
            Ok(3)
        );
        let mut tx = db.sql.begin().await.expect("begin");
        parcels::forget_files(&mut tx, first.id)
            .await
            .expect("forget");
        assert_eq!(
            parcels::forget_files(&mut tx, parcel_id(8)).await,
            Err(Error::NotFound)
        );
        tx.commit().await.expect("commit");
        assert_eq!(parcels::closed_with_files(&db.sql, 10).await, Ok(vec![]));
        assert_eq!(parcels::owns_manifest(&db.sql, first.id).await, Ok(false));
        assert_eq!(parcels::files(&db.sql, first.id).await, Ok(vec![]));
    });
}

#[test]
fn a_recipient_is_dropped_and_comes_back() {
    on_both(async |db| {
        let sender = sender(db).await;
        let first = post(
            db,
            &sender,
            1,
            at(10),
            &[("a@x.test", None), ("b@x.test", Some(3))],
        )
        .await;
        let (a, b) = (address("A@x.test"), address("b@x.test"));
        let mut tx = db.sql.begin().await.expect("begin");
        let again = Recipient::new(a.clone());
        let refused =
            parcels::insert_recipient(&mut tx, first.id, &again, &way(link(7, None)), at(0)).await;
        assert_eq!(refused, Err(Error::Conflict), "is one already");
        let claim = visits::ClaimRow {
            id: ClaimId::from_bytes(bytes(8, 1)),
            link: link_id(100),
            parcel: first.id,
            address: a.clone(),
            stated: "a@x.test".into(),
            proven: false,
            state: ClaimState::Opened,
            opened: at(11),
        };
        visits::insert_claim(&mut tx, &claim, &hash(500))
            .await
            .expect("claim");
        visits::insert_receipt(&mut tx, claim.id, file_id(1), at(12))
            .await
            .expect("receipt");
        parcels::drop_recipient(&mut tx, first.id, &a, at(20))
            .await
            .expect("drop");
        let twice = parcels::drop_recipient(&mut tx, first.id, &a, at(21)).await;
        assert_eq!(twice, Err(Error::NotFound));
        tx.commit().await.expect("commit");

        let dropped = visits::link(&db.sql, link_id(100))
            .await
            .expect("link")
            .expect("kept");
        assert!(dropped.dropped && dropped.record.is_none() && dropped.auth2.is_none());
        assert!(dropped.auth == Some(hash(100)), "the visitor is told");
        assert_eq!(
            parcels::visits(&db.sql, first.id).await.map(|v| v.len()),
            Ok(1)
        );

        let mut tx = db.sql.begin().await.expect("begin");
        let taken =
            parcels::insert_recipient(&mut tx, first.id, &again, &way(link(101, None)), at(0))
                .await;
        assert_eq!(taken, Err(Error::Conflict), "the link's id is b's");
        drop(tx);
        let mut tx = db.sql.begin().await.expect("begin");
        let new =
            parcels::insert_recipient(&mut tx, first.id, &again, &way(link(102, Some(1))), at(0))
                .await;
        assert_eq!(new, Ok(()));
        let nowhere =
            parcels::insert_recipient(&mut tx, parcel_id(9), &again, &way(link(103, None)), at(0))
                .await;
        assert_eq!(nowhere, Err(Error::NotFound));
        drop(tx);
        let mut tx = db.sql.begin().await.expect("begin");
        parcels::insert_recipient(&mut tx, first.id, &again, &way(link(102, Some(1))), at(0))
            .await
            .expect("again");
        tx.commit().await.expect("commit");
        assert_eq!(
            visits::link(&db.sql, link_id(100)).await,
            Ok(None),
            "the old link is gone"
        );
        assert_eq!(
            visits::claim_by_token(&db.sql, &hash(500)).await,
            Ok(None),
            "so are its visits"
        );
        let links = parcels::links(&db.sql, first.id).await.expect("links");
        let (first_link, second_link) = (&links[0], &links[1]);
        assert_eq!((&first_link.address, first_link.id), (&b, link_id(101)));
        assert_eq!(
            (&second_link.address, second_link.id),
            (&a, link_id(102)),
            "named last now"
        );
        assert_eq!(
            (second_link.limit, second_link.taken, second_link.dropped),
            (Some(1), 0, false)
        );
        assert_eq!(second_link.record, Some(link(102, None).record));
        assert_eq!(
            (second_link.mailed_code, second_link.auth2),
            (true, Some(hash(103)))
        );
    });
}

#[test]
fn pages_follow_one_another() {
    on_both(async |db| {
        let sender = sender(db).await;
        let known = depesche_domain::Account {
            name: "Bea".into(),
            ..account(7, "B@x.test")
        };
        let mut tx = db.sql.begin().await.expect("begin");
        accounts::insert(&mut tx, &known, b"password file")
            .await
            .expect("insert");
        tx.commit().await.expect("commit");
        let mut all = Vec::new();
        for number in 0..60 {
            // Three of one moment each.
            let when = at(i64::try_from(number / 3).expect("small"));
            let name = format!("r{number}@x.test");
            let posted = post(
                db,
                &sender,
                number,
                when,
                &[(&name, None), ("b@x.test", None)],
            )
            .await;
            all.push((posted.posted, posted.id.to_string()));
        }
        let mut tx = db.sql.begin().await.expect("begin");
        parcels::insert_draft(&mut tx, &draft(1_000, &sender))
            .await
            .expect("a draft");
        tx.commit().await.expect("commit");
        closed(db, 59, at(70), Reason::Withdrawn).await;

        let mut pages: Vec<Summary> = Vec::new();
        loop {
            let after = pages.last().map(|last| (last.posted, last.id));
            let page = parcels::page(&db.sql, sender.id, after, 7)
                .await
                .expect("a page");
            if page.is_empty() {
                break;
            }
            assert!(page.len() == 7 || pages.len() + page.len() == 60);
            pages.extend(page);
        }
        let mut seen: Vec<_> = pages.iter().map(|p| (p.posted, p.id.to_string())).collect();
        assert!(seen.is_sorted_by(|a, b| a.0 >= b.0), "newest first");
        seen.sort();
        all.sort();
        assert_eq!(seen, all, "each once");
        for page in &pages {
            let number = u64::from_be_bytes(page.id.as_bytes()[8..].try_into().expect("8 bytes"));
            let names: Vec<_> = page
                .recipients
                .iter()
                .map(|r| (r.recipient.address.to_string(), r.name.clone()))
                .collect();
            let unknown = (format!("r{number}@x.test"), String::new());
            assert_eq!(names, [unknown, ("b@x.test".into(), "Bea".into())]);
            let expected = (number == 59).then_some((at(70), Reason::Withdrawn));
            assert_eq!((page.closed, page.size), (expected, 303));
            assert_eq!(page.subject.is_empty(), number == 59);
        }
        let stranger = account(3, "c@example.test");
        assert_eq!(
            parcels::page(&db.sql, stranger.id, None, 7).await,
            Ok(vec![])
        );
    });
}

#[test]
fn a_lock_holds_others_back() {
    on_both(async |db| {
        let sender = sender(db).await;
        let first = post(db, &sender, 1, at(10), &[]).await;
        // 32 at once read, add a day and write: none is lost.
        let writers: Vec<_> = (0..32)
            .map(|_| {
                let (sql, id) = (db.sql.clone(), first.id);
                tokio::spawn(async move {
                    let mut tx = sql.begin().await.expect("begin");
                    let Ok(Some(Stored::Posted(posted))) = parcels::lock(&mut tx, id).await else {
                        panic!("posted");
                    };
                    let later = posted.expires + depesche_domain::Span::days(1);
                    parcels::extend(&mut tx, id, later).await.expect("extend");
                    tx.commit().await.expect("commit");
                })
            })
            .collect();
        for writer in writers {
            writer.await.expect("a writer");
        }
        let details = parcels::details(&db.sql, first.id)
            .await
            .expect("details")
            .expect("posted");
        assert_eq!(
            details.expires,
            first.expires + depesche_domain::Span::days(32)
        );
        assert_eq!(outbox::count(&db.sql).await, Ok(0));
    });
}
