//! Mails that wait.

use std::collections::HashMap;

use depesche_store::Error;
use depesche_store::sql::outbox::{self, Item};

use super::{address, at, on_both, parcel_id};

pub(super) fn item(number: u32) -> Item {
    Item {
        id: format!("mail-{number}"),
        hour: i64::from(number / 3),
        wrapped: vec![0, 255, 39],
        payload: format!("sealed {number}").into_bytes(),
        about: (number > 0).then(|| {
            let name = if number.is_multiple_of(2) {
                "Ben@Example.test"
            } else {
                "ünal@example.test"
            };
            (parcel_id(u64::from(number / 2)), address(name))
        }),
        kind: "delivery".into(),
        attempts: 0,
        created: at(0),
        due: at(100 - i64::from(number)),
    }
}

fn ids(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.id.as_str()).collect()
}

#[test]
fn mails_wait_and_go() {
    on_both(async |db| {
        assert_eq!(outbox::next_due(&db.sql).await, Ok(None));
        let mut tx = db.sql.begin().await.expect("begin");
        for number in 0..7 {
            outbox::insert(&mut tx, &item(number))
                .await
                .expect("insert");
        }
        assert_eq!(
            outbox::insert(&mut tx, &item(0)).await,
            Err(Error::Conflict)
        );
        tx.commit().await.expect("commit");
        assert_eq!(outbox::count(&db.sql).await, Ok(7));
        assert_eq!(outbox::hours(&db.sql).await, Ok(vec![0, 1, 2]));
        assert_eq!(outbox::next_due(&db.sql).await, Ok(Some(at(94))));

        let due = outbox::due(&db.sql, at(97), 10).await.expect("due");
        assert_eq!(
            ids(&due),
            ["mail-6", "mail-5", "mail-4", "mail-3"],
            "the longest due first"
        );
        assert!(
            due[0] == item(6) && due[3] == item(3),
            "as they were put in"
        );
        assert_eq!(
            ids(&outbox::due(&db.sql, at(97), 2).await.expect("due")),
            ["mail-6", "mail-5"]
        );

        let mut tx = db.sql.begin().await.expect("begin");
        outbox::retry(&mut tx, "mail-6", at(500), 3)
            .await
            .expect("retry");
        assert_eq!(
            outbox::retry(&mut tx, "mail-9", at(500), 3).await,
            Err(Error::NotFound)
        );
        assert_eq!(outbox::delete(&mut tx, "mail-5").await, Ok(true));
        assert_eq!(outbox::delete(&mut tx, "mail-5").await, Ok(false));
        tx.commit().await.expect("commit");
        let due = outbox::due(&db.sql, at(500), 10).await.expect("due");
        assert_eq!(
            ids(&due),
            ["mail-4", "mail-3", "mail-2", "mail-1", "mail-0", "mail-6"]
        );
        assert_eq!((due[5].attempts, due[5].due), (3, at(500)));

        let mut tx = db.sql.begin().await.expect("begin");
        let ben = address("BEN@example.test");
        let gone = outbox::of_recipient_delete(&mut tx, parcel_id(1), &ben).await;
        assert_eq!(gone, Ok(1), "2, not 3");
        assert_eq!(
            outbox::of_parcel_delete(&mut tx, parcel_id(1)).await,
            Ok(1),
            "3"
        );
        assert_eq!(outbox::of_parcel_delete(&mut tx, parcel_id(9)).await, Ok(0));
        tx.commit().await.expect("commit");
        assert_eq!(outbox::hours(&db.sql).await, Ok(vec![0, 1, 2]));
        let due = outbox::due(&db.sql, at(500), 10).await.expect("due");
        assert_eq!(ids(&due), ["mail-4", "mail-1", "mail-0", "mail-6"]);
    });
}

#[test]
fn each_mail_goes_to_one_worker() {
    on_both(async |db| {
        let mut tx = db.sql.begin().await.expect("begin");
        for number in 0..200 {
            outbox::insert(&mut tx, &item(number))
                .await
                .expect("insert");
        }
        tx.commit().await.expect("commit");
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let sql = db.sql.clone();
                tokio::spawn(async move {
                    let mut taken = Vec::new();
                    loop {
                        let mut tx = sql.begin().await.expect("begin");
                        let items = outbox::take(&mut tx, at(200), at(1_000), 7).await;
                        let items = items.expect("take");
                        tx.commit().await.expect("commit");
                        // Nothing taken may mean that others were quicker: look again.
                        if items.is_empty()
                            && outbox::due(&sql, at(200), 1).await.expect("due").is_empty()
                        {
                            return taken;
                        }
                        taken.extend(items);
                    }
                })
            })
            .collect();
        let mut times: HashMap<String, u32> = HashMap::new();
        for worker in workers {
            for item in worker.await.expect("a worker") {
                assert_eq!((item.attempts, item.due), (1, at(1_000)));
                *times.entry(item.id).or_default() += 1;
            }
        }
        assert_eq!(times.len(), 200);
        assert!(times.values().all(|times| *times == 1), "each once");

        // A worker that died: its mails are due again.
        let mut tx = db.sql.begin().await.expect("begin");
        let again = outbox::take(&mut tx, at(1_000), at(2_000), 500)
            .await
            .expect("take");
        assert_eq!((again.len(), again[0].attempts), (200, 2));
    });
}
