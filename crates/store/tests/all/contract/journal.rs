//! The journal.

use depesche_domain::journal::Entry;
use depesche_store::Error;
use depesche_store::sql::journal;

use super::{at, on_both};

fn entry(number: u64, ms: i64, fact: &str) -> Entry {
    Entry {
        number,
        at: at(ms),
        fact: fact.into(),
        hash: [number.to_le_bytes()[0]; 32],
    }
}

#[test]
fn facts_are_linked_once_and_in_order() {
    on_both(async |db| {
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(journal::last(&mut tx).await, Ok(None));
        for (ms, fact) in [(2, "c"), (1, "b"), (1, "a"), (1, "b")] {
            journal::append(&mut tx, at(ms), fact)
                .await
                .expect("append");
        }
        tx.commit().await.expect("commit");
        assert_eq!(journal::count(&db.sql).await, Ok(0), "not in the chain yet");

        let mut tx = db.sql.begin().await.expect("begin");
        let waiting = journal::unlinked(&mut tx, 3).await.expect("unlinked");
        let expected = [(0, at(1), "a"), (0, at(1), "b"), (1, at(1), "b")];
        assert_eq!(
            waiting,
            expected.map(|(nth, at, fact)| (nth, at, fact.to_owned()))
        );
        let linked = [entry(1, 1, "a"), entry(2, 1, "b"), entry(3, 1, "b")];
        for ((nth, _, _), entry) in waiting.iter().zip(&linked) {
            journal::set_link(&mut tx, *nth, entry).await.expect("link");
        }
        // Somebody else links too: the number is taken.
        let refused = journal::set_link(&mut tx, 0, &entry(3, 2, "c")).await;
        assert_eq!(refused, Err(Error::Conflict));
        tx.commit().await.expect("commit");
        let mut tx = db.sql.begin().await.expect("begin");
        let refused = journal::set_link(&mut tx, 0, &entry(4, 1, "a")).await;
        assert_eq!(refused, Err(Error::NotFound), "linked already");
        drop(tx);

        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(journal::last(&mut tx).await, Ok(Some(linked[2].clone())));
        let left = journal::unlinked(&mut tx, 10).await;
        assert_eq!(left, Ok(vec![(0, at(2), "c".to_owned())]));
        drop(tx);
        assert_eq!(journal::count(&db.sql).await, Ok(3));
        assert_eq!(
            journal::export(&db.sql, 0, 2).await,
            Ok(linked[..2].to_vec())
        );
        assert_eq!(
            journal::export(&db.sql, 2, 2).await,
            Ok(linked[2..].to_vec())
        );
        assert_eq!(journal::export(&db.sql, 3, 2).await, Ok(vec![]));
    });
}

#[test]
fn equal_facts_of_one_moment_are_all_kept() {
    on_both(async |db| {
        let writers: Vec<_> = (0..16)
            .map(|_| {
                let sql = db.sql.clone();
                tokio::spawn(async move {
                    let mut tx = sql.begin().await.expect("begin");
                    journal::append(&mut tx, at(1), "the same")
                        .await
                        .expect("append");
                    tx.commit().await.expect("commit");
                })
            })
            .collect();
        for writer in writers {
            writer.await.expect("a writer");
        }
        let mut tx = db.sql.begin().await.expect("begin");
        let facts = journal::unlinked(&mut tx, 100).await.expect("unlinked");
        let nths: Vec<i64> = facts.iter().map(|(nth, _, _)| *nth).collect();
        assert_eq!(nths, (0..16).collect::<Vec<i64>>());
    });
}
