//! Invitations, keyrings, resets.

use depesche_domain::invitation::Invitation;
use depesche_domain::keyed::{Fingerprint, Person};
use depesche_domain::keyring::{KeyRecord, Lock, Reset};
use depesche_domain::{Account, Role, Time};
use depesche_store::Error;
use depesche_store::sql::keyrings::{self, Stored};
use depesche_store::sql::{accounts, invitations, people};

use super::{account, address, at, hash, on_both, parcel_id};

pub(super) const fn key(number: u8) -> Fingerprint {
    Fingerprint::from_bytes([number; 32])
}

pub(super) fn record(of: &Account, epoch: u32, reset: bool) -> KeyRecord {
    let number = u8::try_from(epoch).expect("small");
    KeyRecord {
        account: of.id,
        epoch,
        reset,
        fingerprint: key(number),
        bytes: vec![number; 1445],
    }
}

fn lock(kind: u8, name: &str) -> Lock {
    let mut bytes = vec![0; 120];
    bytes[0] = kind;
    Lock {
        id: name.into(),
        bytes,
    }
}

#[test]
fn an_invitation_is_used_once() {
    on_both(async |db| {
        let anna = super::sender(db).await;
        let new = Invitation {
            address: address("Ben@Example.test"),
            role: Role::Guest,
            sender: Some(anna.id),
            parcel: Some(parcel_id(1)),
            made: at(0),
        };
        let other = Invitation {
            role: Role::Admin,
            sender: None,
            parcel: None,
            made: at(5),
            ..new.clone()
        };
        let mut tx = db.sql.begin().await.expect("begin");
        invitations::insert(&mut tx, &hash(1), &new)
            .await
            .expect("insert");
        let twice = invitations::insert(&mut tx, &hash(1), &new).await;
        assert_eq!(twice, Err(Error::Conflict));
        invitations::insert(&mut tx, &hash(2), &other)
            .await
            .expect("insert");
        invitations::insert(&mut tx, &hash(3), &other)
            .await
            .expect("insert");
        tx.commit().await.expect("commit");
        assert_eq!(invitations::find(&db.sql, &hash(1)).await, Ok(Some(new)));
        assert_eq!(invitations::find(&db.sql, &hash(9)).await, Ok(None));

        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(invitations::take(&mut tx, &hash(1)).await, Ok(true));
        assert_eq!(invitations::take(&mut tx, &hash(1)).await, Ok(false));
        let rest = invitations::take_all(&mut tx, &address("ben@example.test")).await;
        assert_eq!(rest, Ok(vec![other.clone(), other.clone()]));
        invitations::insert(&mut tx, &hash(4), &other)
            .await
            .expect("insert");
        assert_eq!(invitations::sweep(&mut tx, at(4)).await, Ok(0));
        assert_eq!(invitations::sweep(&mut tx, at(5)).await, Ok(1));
        tx.commit().await.expect("commit");
    });
}

#[test]
fn a_guest_is_told_from_a_member() {
    on_both(async |db| {
        let mut ben = account(1, "ben@example.test");
        ben.role = Role::Guest;
        let mut tx = db.sql.begin().await.expect("begin");
        accounts::insert(&mut tx, &ben, b"one")
            .await
            .expect("insert");
        tx.commit().await.expect("commit");
        assert_eq!(
            accounts::by_id(&db.sql, ben.id).await,
            Ok(Some(ben.clone()))
        );
        ben.role = Role::Member;
        ben.name = "Ben".into();
        ben.proven = Some(at(7));
        let mut tx = db.sql.begin().await.expect("begin");
        accounts::prove(&mut tx, &ben, b"two").await.expect("prove");
        let nobody = accounts::prove(&mut tx, &account(9, "x@example.test"), b"").await;
        assert_eq!(nobody, Err(Error::NotFound));
        tx.commit().await.expect("commit");
        let found = accounts::by_address(&db.sql, &ben.address).await;
        assert_eq!(found, Ok(Some((ben, b"two".to_vec()))));
    });
}

#[test]
fn a_keyring_is_kept_in_steps() {
    on_both(async |db| {
        let anna = super::sender(db).await;
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(keyrings::lock(&mut tx, anna.id).await, Ok(None));
        let nobody = account(9, "x@example.test");
        assert_eq!(
            keyrings::lock(&mut tx, nobody.id).await,
            Err(Error::NotFound)
        );
        let first = record(&anna, 1, false);
        keyrings::insert_record(&mut tx, &first, at(1))
            .await
            .expect("record");
        let twice = keyrings::insert_record(&mut tx, &first, at(1)).await;
        assert_eq!(twice, Err(Error::Conflict));
        keyrings::put(&mut tx, anna.id, key(1), 1, b"body 1")
            .await
            .expect("put");
        let (pass, kit) = (lock(1, "pass"), lock(2, "kit"));
        for (lock, when) in [(&pass, 1), (&kit, 2), (&pass, 3)] {
            keyrings::insert_lock(&mut tx, anna.id, lock, at(when))
                .await
                .expect("lock");
        }
        assert_eq!(keyrings::lock(&mut tx, anna.id).await, Ok(Some(1)));
        tx.commit().await.expect("commit");
        let stored = Stored {
            generation: 1,
            body: b"body 1".to_vec(),
            locks: vec![pass.clone(), kit.clone()],
        };
        assert_eq!(keyrings::load(&db.sql, anna.id).await, Ok(Some(stored)));
        assert_eq!(keyrings::key(&db.sql, anna.id).await, Ok(Some(key(1))));
        assert_eq!(
            keyrings::records(&db.sql, anna.id).await,
            Ok(vec![first.clone()])
        );

        let mut tx = db.sql.begin().await.expect("begin");
        let second = record(&anna, 2, false);
        keyrings::insert_record(&mut tx, &second, at(4))
            .await
            .expect("record");
        keyrings::put(&mut tx, anna.id, key(2), 2, b"body 2")
            .await
            .expect("put");
        let taken = keyrings::put(&mut tx, anna.id, key(2), 2, b"other").await;
        assert_eq!(taken, Err(Error::Conflict));
        keyrings::prune(&mut tx, anna.id, 2).await.expect("prune");
        assert_eq!(
            keyrings::delete_lock(&mut tx, anna.id, "pass").await,
            Ok(true)
        );
        assert_eq!(
            keyrings::delete_lock(&mut tx, anna.id, "pass").await,
            Ok(false)
        );
        assert_eq!(keyrings::locks(&mut tx, anna.id).await, Ok(vec![kit]));
        keyrings::delete_locks(&mut tx, anna.id)
            .await
            .expect("delete");
        assert_eq!(keyrings::locks(&mut tx, anna.id).await, Ok(vec![]));
        let both = keyrings::records_locked(&mut tx, anna.id).await;
        assert_eq!(both, Ok(vec![first, second]));
        assert_eq!(
            people::standing(&mut tx, &anna.address).await,
            Ok(Person::Keyed(anna.id, key(2)))
        );
        tx.commit().await.expect("commit");

        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(keyrings::destroy(&mut tx, anna.id).await, Ok(true));
        assert_eq!(keyrings::destroy(&mut tx, anna.id).await, Ok(false));
        assert_eq!(
            people::standing(&mut tx, &anna.address).await,
            Ok(Person::Known(anna.id))
        );
        keyrings::delete_records(&mut tx, anna.id)
            .await
            .expect("delete");
        tx.commit().await.expect("commit");
        assert_eq!(keyrings::load(&db.sql, anna.id).await, Ok(None));
        assert_eq!(keyrings::records(&db.sql, anna.id).await, Ok(vec![]));
    });
}

#[test]
fn a_reset_is_asked_for_once() {
    on_both(async |db| {
        let anna = super::sender(db).await;
        let reset = Reset {
            account: anna.id,
            by: anna.id,
            asked: at(10),
        };
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(keyrings::ask_reset(&mut tx, &reset).await, Ok(true));
        assert_eq!(keyrings::ask_reset(&mut tx, &reset).await, Ok(false));
        tx.commit().await.expect("commit");
        assert_eq!(keyrings::reset(&db.sql, anna.id).await, Ok(Some(reset)));
        let before = async |time: Time| keyrings::resets_before(&db.sql, time, 5).await;
        assert_eq!(before(at(9)).await, Ok(vec![]));
        assert_eq!(before(at(10)).await, Ok(vec![reset]));
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(keyrings::take_reset(&mut tx, anna.id).await, Ok(true));
        assert_eq!(keyrings::take_reset(&mut tx, anna.id).await, Ok(false));
        tx.commit().await.expect("commit");
    });
}
