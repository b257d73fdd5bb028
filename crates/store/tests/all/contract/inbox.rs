//! What an address has received, and who knows whom by it.

use depesche_domain::keyed::Person;
use depesche_domain::parcel::RecipientState;
use depesche_store::sql::parcels::{self, Mark};
use depesche_store::sql::{inbox, people};

use super::keyed::{keyed_account, post_keyed, stanza};
use super::keyrings::key;
use super::{address, at, on_both, parcel_id, post};

#[test]
fn the_inbox_is_read_in_pages() {
    on_both(async |db| {
        let anna = super::sender(db).await;
        let ben = keyed_account(db, 1, "ben@example.test").await;
        let own = &ben.address;
        let sealed = post_keyed(db, &anna, 9, &["Ben@Example.test"]).await;
        post(db, &anna, 1, at(200), &[("ben@example.test", None)]).await;
        post(db, &anna, 2, at(300), &[("carl@example.test", None)]).await;
        let all = inbox::page(&db.sql, own, None, 10).await.expect("a page");
        let ids: Vec<_> = all.iter().map(|row| row.parcel).collect();
        assert_eq!(ids, [parcel_id(1), sealed.id]);
        assert_eq!(all[1].recipient.state(None), RecipientState::WaitsRelease);
        assert_eq!(all[1].person, Person::Keyed(ben.id, key(1)));
        assert_eq!(all[1].in_reply_to, sealed.in_reply_to);
        let after = Some((all[0].since, all[0].parcel));
        let rest = inbox::page(&db.sql, own, after, 10).await.expect("a page");
        assert_eq!(rest, all[1..]);
        let other = inbox::item(&db.sql, own, parcel_id(2)).await;
        assert_eq!(other, Ok(None));

        assert_eq!(inbox::count_unread(&db.sql, own).await, Ok(2));
        let mut tx = db.sql.begin().await.expect("begin");
        let seen = inbox::mark_seen(&mut tx, own, sealed.id, Some(at(400))).await;
        assert_eq!(seen, Ok(true));
        let nothing = inbox::mark_seen(&mut tx, own, parcel_id(2), Some(at(400))).await;
        assert_eq!(nothing, Ok(false));
        let opened = parcels::mark(&mut tx, parcel_id(1), own, Mark::Opened, at(401)).await;
        assert_eq!(opened, Ok(true));
        depesche_store::sql::keyed::put_own(&mut tx, parcel_id(1), own, &stanza(&ben, 1), at(3))
            .await
            .expect("own");
        tx.commit().await.expect("commit");
        assert_eq!(inbox::count_unread(&db.sql, own).await, Ok(0));
        let item = inbox::item(&db.sql, own, parcel_id(1)).await;
        let item = item.expect("read").expect("there");
        assert_eq!(item.stanza, Some(stanza(&ben, 1)));
        assert_eq!(item.message, "Zwei\nZeilen");
    });
}

#[test]
fn people_who_share_a_delivery_know_each_other() {
    on_both(async |db| {
        let anna = super::sender(db).await;
        let ben = keyed_account(db, 1, "ben@example.test").await;
        post(db, &anna, 1, at(200), &[("ben@example.test", None)]).await;
        post(db, &anna, 2, at(300), &[("carl@example.test", None)]).await;
        let of_anna = people::contacts(&db.sql, anna.id, &anna.address, 10).await;
        assert_eq!(
            of_anna,
            Ok(vec![address("carl@example.test"), ben.address.clone()])
        );
        let of_ben = people::contacts(&db.sql, ben.id, &ben.address, 10).await;
        assert_eq!(of_ben, Ok(vec![anna.address.clone()]));
        let share =
            async |other: &str| people::share(&db.sql, ben.id, &ben.address, &address(other)).await;
        assert_eq!(share("ANNA@example.test").await, Ok(true));
        assert_eq!(share("carl@example.test").await, Ok(false));
        let back = people::share(&db.sql, anna.id, &anna.address, &ben.address).await;
        assert_eq!(back, Ok(true));
        let found = people::person(&db.sql, &ben.address).await;
        assert_eq!(found, Ok(Some((ben, Some(key(1))))));
        assert_eq!(
            people::person(&db.sql, &address("x@y.example")).await,
            Ok(None)
        );
    });
}
