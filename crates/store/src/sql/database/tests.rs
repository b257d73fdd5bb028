//! A full database, made full by SQLite's own limit: works everywhere, and is the same error as
//! that of a full disk.

use super::*;
use crate::sql::meta;

#[test]
fn a_full_database_is_told_and_loses_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("full.db").display());
        let sql = Sql::open(&url).await.expect("opens");
        sql.writer
            .execute("PRAGMA max_page_count = 200")
            .await
            .expect("a limit");
        let long = "x".repeat(10_000);
        let mut kept = 0;
        let full = loop {
            let mut tx = sql.begin().await.expect("begin");
            let key = format!("key {kept}");
            let done = match meta::set_once(&mut tx, &key, &long).await {
                Ok(_) => tx.commit().await,
                Err(error) => Err(error),
            };
            match done {
                Ok(()) => kept += 1,
                Err(error) => break error,
            }
            assert!(kept < 100, "it is never full");
        };
        assert_eq!(full, Error::Full);
        sql.writer
            .execute("PRAGMA max_page_count = 1000")
            .await
            .expect("room");
        let mut tx = sql.begin().await.expect("goes on");
        meta::set_once(&mut tx, "after", "1").await.expect("set");
        tx.commit().await.expect("commit");
        assert!(kept > 5);
        for key in (0..kept)
            .map(|n| format!("key {n}"))
            .chain(["after".to_owned()])
        {
            assert!(
                meta::get(&sql, &key).await.expect("read").is_some(),
                "{key}"
            );
        }
        assert_eq!(
            meta::get(&sql, &format!("key {kept}")).await,
            Ok(None),
            "it was refused"
        );
    });
}
