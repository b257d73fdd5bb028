//! The database itself: made, opened again, refused, wiped.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use depesche_domain::parcel::{Closed, LinkRecord, Reason, Recipient};
use depesche_store::Error;
use depesche_store::sql::outbox::{self, Item};
use depesche_store::sql::{Sql, meta, parcels, visits};
use sqlx::{Connection, Executor};

use super::{
    Db, address, at, draft, hash, link_id, on_both, parcel_id, posted, run, sender, sqlite, way,
};

#[test]
fn a_database_of_a_newer_program_is_refused() {
    on_both(async |db| {
        let url = db.url.replacen("sqlite:", "sqlite://", 1);
        let mut conn = sqlx::AnyConnection::connect(&url).await.expect("connects");
        let text = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                    VALUES (99, 'from the future', true, $1, 0)";
        sqlx::query(text)
            .bind(vec![0_u8; 48])
            .execute(&mut conn)
            .await
            .expect("insert");
        let refused = Sql::open(&db.url).await.err();
        assert_eq!(
            refused,
            Some(Error::Newer {
                found: 99,
                known: 6
            })
        );
        conn.execute("DELETE FROM _sqlx_migrations WHERE version = 99")
            .await
            .expect("delete");
        Sql::open(&db.url)
            .await
            .expect("it was refused, not damaged");
    });
}

#[test]
fn what_is_committed_stays_and_nothing_else() {
    on_both(async |db| {
        let mut tx = db.sql.begin().await.expect("begin");
        meta::set_once(&mut tx, "kept", "1").await.expect("set");
        tx.commit().await.expect("commit");
        let mut tx = db.sql.begin().await.expect("begin");
        meta::set_once(&mut tx, "dropped", "1").await.expect("set");
        drop(tx);
        db.sql.ping().await.expect("alive");
        db.sql.close().await;
        assert!(db.sql.ping().await.is_err(), "closed");
        let again = Sql::open(&db.url).await.expect("opens again");
        assert_eq!(meta::get(&again, "kept").await, Ok(Some("1".into())));
        assert_eq!(meta::get(&again, "dropped").await, Ok(None));
        assert_eq!(again.checkpoint().await, Ok(true));
    });
}

#[test]
fn many_open_a_new_database_at_once() {
    on_both(async |db| {
        // A second new one, beside.
        let url = match &db.file {
            Some(file) => format!("sqlite:{}", file.with_extension("other").display()),
            None => crate::postgres::database(),
        };
        let opened: Vec<_> = (0..4)
            .map(|_| {
                let url = url.clone();
                tokio::spawn(async move { Sql::open(&url).await.map(drop) })
            })
            .collect();
        for one in opened {
            assert_eq!(one.await.expect("a task"), Ok(()));
        }
    });
}

#[test]
fn a_database_must_be_named_right() {
    run(async {
        for url in [
            "",
            "depesche.db",
            "mysql://localhost/x",
            "sqlite:",
            "sqlite:/a%20b",
        ] {
            assert!(
                matches!(
                    Sql::open(url).await,
                    Err(Error::Unavailable(_) | Error::NotFound)
                ),
                "{url}"
            );
        }
        let missing = Sql::open("sqlite:/no/such/folder/x.db").await;
        assert!(matches!(missing, Err(Error::NotFound)));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("with blank – ž.db");
        std::fs::write(
            &file,
            "this is no database, but long enough to be taken for one".repeat(100),
        )
        .expect("written");
        let fatal = Sql::open(&format!("sqlite:{}", file.display())).await;
        assert!(
            matches!(fatal, Err(Error::Fatal(_))),
            "damaged: {:?}",
            fatal.err()
        );
        std::fs::remove_file(&file).expect("removed");
        Sql::open(&format!("sqlite:{}", file.display()))
            .await
            .expect("a new one");
    });
}

#[test]
fn sqlite_is_private_and_durable() {
    run(async {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("depesche.db");
        std::fs::write(&file, "").expect("an empty file, readable by all");
        let sql = Sql::open(&format!("sqlite://{}", file.display()))
            .await
            .expect("opens");
        let mut tx = sql.begin().await.expect("begin");
        meta::set_once(&mut tx, "a", "b").await.expect("set");
        tx.commit().await.expect("commit");
        for end in ["", "-wal", "-shm"] {
            let file = format!("{}{end}", file.display());
            let mode = std::fs::metadata(&file)
                .expect("it is there")
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    });
}

fn contains(folder: &Path, what: &[u8]) -> bool {
    let files = std::fs::read_dir(folder).expect("a folder");
    files.into_iter().any(|file| {
        let bytes = std::fs::read(file.expect("a file").path()).expect("bytes");
        bytes.windows(what.len()).any(|window| window == what)
    })
}

const CANARIES: [&str; 4] = [
    "canary-record",
    "canary-subject",
    "canary-message",
    "canary-mail",
];

/// Posts parcels with canaries in all that is to be destroyed. Large and small, so that rows move
/// between pages and over several of them.
async fn post_canaries(db: &Db) {
    let sender = sender(db).await;
    for batch in 0..20 {
        let mut tx = db.sql.begin().await.expect("begin");
        for number in batch * 50..(batch + 1) * 50 {
            let draft = draft(number, &sender);
            let mut posted = posted(&draft, at(0));
            let long = "x".repeat(usize::try_from(number * 37 % 6_000).expect("small"));
            posted.subject = format!("{} {number}", CANARIES[1]);
            posted.message = format!("{long}{} {number}", CANARIES[2]);
            parcels::insert_draft(&mut tx, &draft).await.expect("draft");
            parcels::post(&mut tx, &posted, 1, 1).await.expect("post");
            let to = Recipient::new(address("a@x.test"));
            let link = LinkRecord {
                id: link_id(number),
                record: format!("{} {number} {long}", CANARIES[0]).into_bytes(),
                auth: hash(number),
                auth2: None,
                mailed_code: false,
                limit: None,
            };
            parcels::insert_recipient(&mut tx, draft.id, &to, &way(link.clone()), at(0))
                .await
                .expect("recipient");
            let item = Item {
                id: format!("{number:04}"),
                hour: 1,
                wrapped: vec![1; 60],
                payload: format!("{} {number} {long}", CANARIES[3]).into_bytes(),
                about: Some((draft.id, to.address)),
                kind: "delivery".into(),
                attempts: 0,
                created: at(0),
                due: at(0),
            };
            outbox::insert(&mut tx, &item).await.expect("mail");
        }
        tx.commit().await.expect("commit");
    }
}

#[test]
fn what_is_destroyed_is_in_no_page() {
    run(async {
        let db = sqlite().await;
        let folder = db
            .file
            .as_deref()
            .and_then(Path::parent)
            .expect("a folder")
            .to_owned();
        post_canaries(&db).await;
        for canary in CANARIES {
            assert!(
                contains(&folder, canary.as_bytes()),
                "{canary}: it would be found"
            );
        }
        assert_eq!(db.sql.checkpoint().await, Ok(true));
        // In another order than they came.
        for step in 0..1_000 {
            let number = step * 7 % 1_000;
            let mut tx = db.sql.begin().await.expect("begin");
            let closed = Closed {
                id: parcel_id(number),
                at: at(1),
                reason: Reason::Withdrawn,
            };
            parcels::close(&mut tx, &closed).await.expect("close");
            outbox::of_parcel_delete(&mut tx, closed.id)
                .await
                .expect("delete");
            tx.commit().await.expect("commit");
        }
        assert_eq!(db.sql.checkpoint().await, Ok(true));
        for canary in CANARIES {
            assert!(
                !contains(&folder, canary.as_bytes()),
                "{canary} is still there"
            );
        }
        let link = visits::link(&db.sql, link_id(5))
            .await
            .expect("read")
            .expect("kept");
        assert!(
            link.record.is_none() && link.auth == Some(hash(5)),
            "and the rest is"
        );
    });
}
