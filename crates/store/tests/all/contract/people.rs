//! Accounts, sessions, and what is fixed at the first start.

use depesche_domain::account::Session;
use depesche_domain::effect::Language;
use depesche_domain::{Role, SessionId};
use depesche_store::Error;
use depesche_store::sql::{accounts, meta, sessions};

use super::{account, address, at, bytes, hash, on_both};

#[test]
fn the_first_value_stays() {
    on_both(async |db| {
        assert_eq!(meta::get(&db.sql, "host").await, Ok(None));
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(
            meta::set_once(&mut tx, "host", "a.example").await,
            Ok("a.example".into())
        );
        assert_eq!(
            meta::set_once(&mut tx, "host", "b.example").await,
            Ok("a.example".into())
        );
        tx.commit().await.expect("commit");
        assert_eq!(
            meta::get(&db.sql, "host").await,
            Ok(Some("a.example".into()))
        );
    });
}

#[test]
fn an_account_is_found_in_any_case() {
    on_both(async |db| {
        // Bytes that an engine might take for a number, and zeros.
        let password = b"0123456789\0\xff";
        let mut anna = account(1, "Anna.Müller@Bücher.example");
        anna.role = Role::Admin;
        let mut ben = account(2, "ben@example.test");
        ben.name = String::new();
        ben.created = at(1);
        ben.disabled = Some(at(5));
        assert_eq!(accounts::any(&db.sql).await, Ok(false));
        let mut tx = db.sql.begin().await.expect("begin");
        accounts::insert(&mut tx, &anna, password)
            .await
            .expect("insert");
        accounts::insert(&mut tx, &ben, b"12345")
            .await
            .expect("insert");
        let twin = account(3, "anna.MÜLLER@xn--bcher-kva.example");
        assert_eq!(
            accounts::insert(&mut tx, &twin, b"").await,
            Err(Error::Conflict)
        );
        // The transaction goes on after a conflict, on both engines.
        tx.commit().await.expect("commit");

        let found = accounts::by_address(&db.sql, &twin.address).await;
        assert_eq!(found, Ok(Some((anna.clone(), password.to_vec()))));
        assert_eq!(
            accounts::by_address(&db.sql, &address("x@y.example")).await,
            Ok(None)
        );
        assert_eq!(
            accounts::by_id(&db.sql, ben.id).await,
            Ok(Some(ben.clone()))
        );
        assert_eq!(accounts::by_id(&db.sql, twin.id).await, Ok(None));
        assert_eq!(accounts::any(&db.sql).await, Ok(true));
        assert_eq!(
            accounts::list(&db.sql).await,
            Ok(vec![anna.clone(), ben.clone()])
        );

        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(
            accounts::set_disabled(&mut tx, ben.id, None).await,
            Ok(true)
        );
        assert_eq!(
            accounts::set_disabled(&mut tx, anna.id, Some(at(9))).await,
            Ok(true)
        );
        assert_eq!(
            accounts::set_disabled(&mut tx, twin.id, None).await,
            Ok(false)
        );
        assert_eq!(
            accounts::set_password(&mut tx, ben.id, b"\0").await,
            Ok(true)
        );
        assert_eq!(
            accounts::set_password(&mut tx, twin.id, b"").await,
            Ok(false)
        );
        tx.commit().await.expect("commit");
        ben.disabled = None;
        anna.disabled = Some(at(9));
        let found = accounts::by_address(&db.sql, &ben.address).await;
        assert_eq!(found, Ok(Some((ben.clone(), vec![0]))));
        assert_eq!(accounts::list(&db.sql).await, Ok(vec![anna, ben]));
    });
}

#[test]
fn of_a_person_the_language_is_known_and_whether_the_account_is_disabled() {
    on_both(async |db| {
        let (anna, mut ben) = (
            account(1, "anna@example.test"),
            account(2, "ben@example.test"),
        );
        ben.disabled = Some(at(5));
        let nobody = address("x@y.example");
        let mut tx = db.sql.begin().await.expect("begin");
        for one in [&anna, &ben] {
            accounts::insert(&mut tx, one, b"").await.expect("insert");
        }
        let tx = &mut tx;
        assert_eq!(accounts::language(tx, &anna.address).await, Ok(None));
        for language in [Language::De, Language::En, Language::Cs] {
            let set = accounts::set_language(tx, anna.id, language).await;
            assert_eq!(set, Ok(()));
            let found = accounts::language(tx, &anna.address).await;
            assert_eq!(found, Ok(Some(language)));
        }
        assert_eq!(accounts::language(tx, &ben.address).await, Ok(None));
        assert_eq!(accounts::language(tx, &nobody).await, Ok(None));
        for (address, disabled) in [
            (&anna.address, false),
            (&ben.address, true),
            (&nobody, false),
        ] {
            let found = accounts::is_disabled(tx, address).await;
            assert_eq!(found, Ok(disabled));
        }
    });
}

#[test]
fn sessions_begin_and_end() {
    on_both(async |db| {
        let (anna, ben) = (
            account(1, "anna@example.test"),
            account(2, "ben@example.test"),
        );
        let session = |number: u64, account: &depesche_domain::Account| Session {
            id: SessionId::from_bytes(bytes(7, number)),
            account: account.id,
            label: "browser".into(),
            created: at(number.cast_signed()),
            used: at(number.cast_signed()),
        };
        let mut tx = db.sql.begin().await.expect("begin");
        accounts::insert(&mut tx, &anna, b"").await.expect("insert");
        accounts::insert(&mut tx, &ben, b"").await.expect("insert");
        for number in 0..5 {
            let session = session(number, if number < 3 { &anna } else { &ben });
            sessions::insert(&mut tx, &session, &hash(number))
                .await
                .expect("insert");
        }
        let twin = session(9, &anna);
        assert_eq!(
            sessions::insert(&mut tx, &twin, &hash(0)).await,
            Err(Error::Conflict)
        );
        tx.commit().await.expect("commit");
        let mut tx = db.sql.begin().await.expect("begin");
        let nobodys = session(8, &account(7, "x@example.test"));
        let refused = sessions::insert(&mut tx, &nobodys, &hash(8)).await;
        assert_eq!(refused, Err(Error::NotFound));
        drop(tx);

        let found = sessions::by_token(&db.sql, &hash(1)).await;
        assert_eq!(found, Ok(Some((session(1, &anna), anna.clone()))));
        assert_eq!(sessions::by_token(&db.sql, &hash(77)).await, Ok(None));

        let mut tx = db.sql.begin().await.expect("begin");
        sessions::touch(&mut tx, session(0, &anna).id, at(50))
            .await
            .expect("touch");
        tx.commit().await.expect("commit");
        let mut first = session(0, &anna);
        first.used = at(50);
        let all = sessions::list(&db.sql, anna.id).await;
        assert_eq!(
            all,
            Ok(vec![first.clone(), session(2, &anna), session(1, &anna)])
        );

        let mut tx = db.sql.begin().await.expect("begin");
        let id = session(1, &anna).id;
        assert_eq!(
            sessions::delete(&mut tx, ben.id, id).await,
            Ok(false),
            "not his"
        );
        assert_eq!(sessions::delete(&mut tx, anna.id, id).await, Ok(true));
        assert_eq!(sessions::delete(&mut tx, anna.id, id).await, Ok(false));
        assert_eq!(
            sessions::sweep(&mut tx, at(3), at(0)).await,
            Ok(1),
            "2 was idle"
        );
        assert_eq!(
            sessions::sweep(&mut tx, at(0), at(1)).await,
            Ok(1),
            "0 is old"
        );
        assert_eq!(sessions::delete_all(&mut tx, ben.id).await, Ok(2));
        tx.commit().await.expect("commit");
        assert_eq!(sessions::list(&db.sql, anna.id).await, Ok(vec![]));
        assert_eq!(sessions::by_token(&db.sql, &hash(3)).await, Ok(None));
    });
}
