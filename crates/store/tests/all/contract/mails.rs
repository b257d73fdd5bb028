//! The gateway's queue.

use std::collections::BTreeSet;

use depesche_domain::mail::{Kind, NewRow, State, Treatment};
use depesche_domain::{MailId, Span, Time};
use depesche_store::Error;
use depesche_store::sql::mails::{self, Recipient, Stored, Wait};

use super::{Db, at, bytes, on_both};

const fn mail_id(number: u64) -> MailId {
    MailId::from_bytes(bytes(9, number))
}

fn stored(number: u64, payload: Option<&[u8]>) -> Stored {
    Stored {
        id: mail_id(number),
        hour: i64::try_from(number / 2).expect("small"),
        wrapped: vec![0, 255, 39],
        payload: payload.map(<[u8]>::to_vec),
        size: 70_000,
        kind: Kind::Relayed,
        sender: "anna@corp.test".into(),
        envelope: "{\"sender\":\"anna@corp.test\"}".into(),
        thread: Some(vec![7; 32]),
        received: at(0),
    }
}

fn row(address: &str, treatment: Treatment) -> NewRow {
    NewRow {
        bcc: true,
        notify: Some("NEVER".into()),
        orcpt: Some("rfc822;x".into()),
        treatment,
        ..NewRow::to(address)
    }
}

fn wait(state: State, due: i64) -> Wait {
    Wait {
        state,
        due: at(due),
        attempts: 3,
        told_late: true,
        reply: Some("451 busy".into()),
    }
}

fn to<'a>(mail: &Stored, position: u32, row: &'a NewRow, now: Time) -> Recipient<'a> {
    Recipient {
        mail: mail.id,
        position,
        row,
        now,
    }
}

#[test]
fn each_recipient_goes_his_way() {
    on_both(async |db| {
        let mut tx = db.sql.begin().await.expect("begin");
        let mail = stored(1, Some(b"sealed"));
        mails::insert(&mut tx, &[&mail]).await.expect("insert");
        assert_eq!(mails::insert(&mut tx, &[&mail]).await, Err(Error::Conflict));
        let rows = [
            row("K@Partner.test", Treatment::Protect),
            row("ben@corp.test", Treatment::Pass),
            row("\u{fc}@x.test", Treatment::Pass),
        ];
        let recipients: Vec<_> = (0..)
            .zip(&rows)
            .map(|(n, row)| to(&mail, n, row, at(0)))
            .collect();
        mails::insert_rows(&mut tx, &recipients)
            .await
            .expect("insert");
        let again = mails::insert_rows(&mut tx, &recipients[..1]).await;
        assert_eq!(again, Err(Error::Conflict));
        tx.commit().await.expect("commit");

        assert!(mails::load(&db.sql, &[mail.id, mail_id(9)]).await == Ok(vec![mail.clone()]));
        let due = mails::due(&db.sql, &[State::Queued], at(0), 10)
            .await
            .expect("due");
        assert_eq!(due.len(), 2);
        assert_eq!(due[0].notify.as_deref(), Some("NEVER"));
        assert!(due[0].bcc && !due[0].told_late && due[0].since == at(0));
        let convert = mails::due(&db.sql, &[State::Convert], at(0), 10)
            .await
            .expect("due");
        assert_eq!(convert[0].folded, "k@partner.test");
        assert_eq!(
            mails::due_of(&db.sql, mail.id, at(0))
                .await
                .expect("due")
                .len(),
            3
        );
        let both = mails::due(&db.sql, &[State::Convert, State::Queued], at(0), 1)
            .await
            .expect("due");
        let mut both: Vec<_> = both.iter().map(|row| row.state).collect();
        both.sort_by_key(|state| state.name());
        assert_eq!(both, [State::Convert, State::Queued], "one of each");
        let early = mails::due(&db.sql, &[State::Queued], at(-1), 10)
            .await
            .expect("due");
        assert!(early.is_empty());

        moves_and_ends(db, &mail).await;
    });
}

/// One waits, one ends, one gets another mail's text; then all end.
async fn moves_and_ends(db: &Db, mail: &Stored) {
    let mut tx = db.sql.begin().await.expect("begin");
    let hold = wait(State::HoldPassword, 500);
    assert_eq!(mails::wait(&mut tx, mail.id, 0, &hold).await, Ok(true));
    assert_eq!(mails::wait(&mut tx, mail.id, 9, &hold).await, Ok(false));
    assert_eq!(mails::end(&mut tx, &[(mail.id, 1)]).await, Ok(()));
    assert_eq!(mails::end(&mut tx, &[(mail.id, 1)]).await, Ok(()));
    assert_eq!(
        mails::delete_ended(&mut tx, &[mail.id]).await,
        Ok(vec![]),
        "two are left"
    );
    let carrier = Stored {
        kind: Kind::Carrier,
        ..stored(2, None)
    };
    mails::insert(&mut tx, &[&carrier]).await.expect("insert");
    assert_eq!(
        mails::replace(&mut tx, mail.id, 2, carrier.id, at(5)).await,
        Ok(true)
    );
    assert_eq!(
        mails::replace(&mut tx, mail.id, 2, carrier.id, at(5)).await,
        Ok(false)
    );
    let moved = mails::row(&mut tx, carrier.id, 2)
        .await
        .expect("a row")
        .expect("it moved");
    assert!(moved.state == State::Queued && moved.attempts == 0 && moved.due == at(5));
    assert!(moved.since == at(0), "its age stays");
    tx.commit().await.expect("commit");
    assert!(mails::load(&db.sql, &[mail.id]).await.expect("load").len() == 1);

    let mut tx = db.sql.begin().await.expect("begin");
    assert_eq!(mails::end(&mut tx, &[(mail.id, 0)]).await, Ok(()));
    assert_eq!(
        mails::delete_ended(&mut tx, &[mail.id]).await,
        Ok(vec![]),
        "it had no file"
    );
    assert_eq!(mails::end(&mut tx, &[(carrier.id, 2)]).await, Ok(()));
    assert_eq!(
        mails::delete_ended(&mut tx, &[carrier.id]).await,
        Ok(vec![carrier.id]),
        "it had one"
    );
    tx.commit().await.expect("commit");
    assert!(mails::load(&db.sql, &[mail.id]).await == Ok(vec![]));
    assert_eq!(mails::hours(&db.sql).await, Ok(vec![]));
}

#[test]
fn what_is_held_is_woken_for_one_recipient_alone() {
    on_both(async |db| {
        let mut tx = db.sql.begin().await.expect("begin");
        for number in 1..=3 {
            let mail = Stored {
                sender: format!("s{}@corp.test", number % 2),
                received: at(-i64::try_from(number).expect("small")),
                ..stored(number, Some(b"x"))
            };
            mails::insert(&mut tx, &[&mail]).await.expect("insert");
            let address = if number == 3 {
                "other@x.test"
            } else {
                "K@x.test"
            };
            let row = row(address, Treatment::Protect);
            mails::insert_rows(&mut tx, &[to(&mail, 0, &row, at(0))])
                .await
                .expect("insert");
            let hold = wait(State::HoldPassword, 1_000);
            assert_eq!(mails::wait(&mut tx, mail.id, 0, &hold).await, Ok(true));
        }
        tx.commit().await.expect("commit");
        assert_eq!(mails::held(&db.sql, "k@x.test").await, Ok(2));
        let mut senders = mails::held_senders(&db.sql, "k@x.test")
            .await
            .expect("senders");
        senders.sort();
        assert_eq!(senders, ["s0@corp.test", "s1@corp.test"]);
        let next = mails::next_due(&db.sql, State::HoldPassword, at(0)).await;
        assert_eq!(next, Ok(Some(at(1_000))));
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(mails::wake_held(&mut tx, "k@x.test", at(7)).await, Ok(2));
        assert_eq!(mails::wake_held(&mut tx, "k@x.test", at(7)).await, Ok(0));
        tx.commit().await.expect("commit");
        let mut counts = mails::counts(&db.sql).await.expect("counts");
        counts.sort_by_key(|(state, ..)| state.name());
        assert_eq!(
            counts,
            [
                (State::Convert, 2, at(-2)),
                (State::HoldPassword, 1, at(-3))
            ]
        );
        assert_eq!(
            mails::due(&db.sql, &[State::Convert], at(7), 10)
                .await
                .expect("due")
                .len(),
            2
        );
    });
}

#[test]
fn administrators_page_and_hurry() {
    on_both(async |db| {
        let mut tx = db.sql.begin().await.expect("begin");
        for number in 0..5 {
            let mail = stored(number, Some(b"x"));
            mails::insert(&mut tx, &[&mail]).await.expect("insert");
            let since = at(i64::try_from(number / 2).expect("small"));
            let row = row("k@x.test", Treatment::Pass);
            mails::insert_rows(&mut tx, &[to(&mail, 0, &row, since)])
                .await
                .expect("insert");
            let later = wait(State::Queued, 9_000);
            assert_eq!(mails::wait(&mut tx, mail.id, 0, &later).await, Ok(true));
        }
        tx.commit().await.expect("commit");
        let mut seen = Vec::new();
        let mut after = (at(-1_000), String::new(), 0);
        loop {
            let page = mails::list(&db.sql, (after.0, &after.1, after.2), 2)
                .await
                .expect("a page");
            let Some(last) = page.last() else { break };
            after = (last.row.since, last.row.mail.to_string(), last.row.position);
            seen.extend(page.iter().map(|one| (one.row.since, one.row.mail)));
        }
        assert_eq!(seen.len(), 5, "each once");
        assert!(seen.is_sorted_by_key(|(since, _)| *since));
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(mails::hurry(&mut tx, mail_id(0), 0, at(1)).await, Ok(true));
        assert_eq!(mails::hurry(&mut tx, mail_id(0), 7, at(1)).await, Ok(false));
        assert_eq!(mails::hurry_all(&mut tx, at(2)).await, Ok(4));
        tx.commit().await.expect("commit");
        assert_eq!(
            mails::due(&db.sql, &[State::Queued], at(2), 10)
                .await
                .expect("due")
                .len(),
            5
        );
        assert_eq!(mails::hours(&db.sql).await, Ok(vec![0, 1, 2]));
        assert_eq!(mails::in_files(&db.sql).await, Ok(vec![]));
    });
}

#[test]
fn threads_are_known_until_they_are_old() {
    on_both(async |db| {
        let mut tx = db.sql.begin().await.expect("begin");
        mails::note_thread(&mut tx, &[1; 32], at(0))
            .await
            .expect("noted");
        mails::note_thread(&mut tx, &[2; 32], at(0))
            .await
            .expect("noted");
        mails::note_thread(&mut tx, &[1; 32], at(100))
            .await
            .expect("noted again");
        tx.commit().await.expect("commit");
        assert_eq!(mails::is_thread(&db.sql, &[1; 32]).await, Ok(true));
        assert_eq!(mails::is_thread(&db.sql, &[3; 32]).await, Ok(false));
        let mut tx = db.sql.begin().await.expect("begin");
        let before = at(0) + Span::from_ms(50);
        assert_eq!(mails::sweep_threads(&mut tx, before).await, Ok(1));
        tx.commit().await.expect("commit");
        assert_eq!(mails::is_thread(&db.sql, &[2; 32]).await, Ok(false));
        assert_eq!(mails::is_thread(&db.sql, &[1; 32]).await, Ok(true));
    });
}

#[test]
fn a_mail_is_known_until_it_is_old() {
    on_both(async |db| {
        let seen = async |hash: u8, now: i64| {
            let mut tx = db.sql.begin().await.expect("begin");
            let since = at(now) - Span::from_ms(100);
            let hashes = BTreeSet::from([[hash; 32]]);
            let noted = mails::note_seen(&mut tx, &hashes, at(now), since).await;
            tx.commit().await.expect("commit");
            noted.expect("noted") == hashes
        };
        assert!(seen(1, 0).await && seen(2, 0).await);
        assert!(!seen(1, 100).await, "the same, not older");
        assert!(seen(1, 101).await, "a new one by now");
        assert!(!seen(1, 201).await, "counted from then on");
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(mails::sweep_seen(&mut tx, at(50)).await, Ok(1));
        tx.commit().await.expect("commit");
        assert!(!seen(1, 150).await && seen(2, 50).await);
    });
}

#[test]
fn more_than_one_statement_takes() {
    on_both(async |db| {
        let mut tx = db.sql.begin().await.expect("begin");
        let all: Vec<Stored> = (0..150)
            .map(|n| stored(n, (n % 2 == 0).then_some(&b"x"[..])))
            .collect();
        mails::insert(&mut tx, &all.iter().collect::<Vec<_>>())
            .await
            .expect("insert");
        let row = row("k@x.test", Treatment::Pass);
        let rows: Vec<_> = all.iter().map(|mail| to(mail, 0, &row, at(0))).collect();
        mails::insert_rows(&mut tx, &rows).await.expect("insert");
        let hashes: BTreeSet<[u8; 32]> = (0..150).map(|n| [n; 32]).collect();
        let noted = mails::note_seen(&mut tx, &hashes, at(0), at(-1)).await;
        assert_eq!(noted, Ok(hashes));
        let due = mails::due(&db.sql, &[State::Queued], at(0), 200)
            .await
            .expect("due");
        assert!(due.is_empty(), "not before the commit");
        tx.commit().await.expect("commit");
        let due = mails::due(&db.sql, &[State::Queued], at(0), 200)
            .await
            .expect("due");
        assert_eq!(due.len(), 150);

        // All but the first; of those every other was a file.
        let mut tx = db.sql.begin().await.expect("begin");
        let ended: Vec<_> = all[1..].iter().map(|mail| (mail.id, 0)).collect();
        mails::end(&mut tx, &ended).await.expect("ended");
        let ids: Vec<_> = all.iter().map(|mail| mail.id).collect();
        let files = mails::delete_ended(&mut tx, &ids).await.expect("deleted");
        assert_eq!(files.len(), 75);
        tx.commit().await.expect("commit");
        let due = mails::due(&db.sql, &[State::Queued], at(0), 200)
            .await
            .expect("due");
        assert_eq!(
            due.iter().map(|row| row.mail).collect::<Vec<_>>(),
            [all[0].id]
        );
    });
}
