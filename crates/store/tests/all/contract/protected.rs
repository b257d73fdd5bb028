//! Passwords for protected mail, links that set them, attachments, reply links.

use depesche_domain::effect::Language;
use depesche_domain::note::Correspondent;
use depesche_domain::parcel::Recipient;
use depesche_domain::protected::{GATEWAY, PasswordLink, Purpose, Used, gateway_account};
use depesche_domain::{Address, Time};
use depesche_store::Error;
use depesche_store::sql::mail_parcels::{self, Reply, ReplyParcel};
use depesche_store::sql::pdf_passwords::{self as rows, Owner, Set, Wait};
use depesche_store::sql::{accounts, inbox, parcels, people};

use super::{Db, address, at, draft, hash, link, on_both, parcel_id, posted, sender, way};

fn eva() -> Address {
    address("Eva@firma.example")
}

fn owner(since: Time) -> Owner {
    Owner {
        address: eva(),
        language: Language::Cs,
        since,
    }
}

fn set(number: u8) -> Set {
    Set {
        id: format!("set {number}"),
        public: vec![number; 48],
        sealed: b"0123\0\xff".to_vec(),
    }
}

fn password_link(purpose: Purpose, expires: Time) -> PasswordLink {
    PasswordLink {
        address: eva(),
        purpose,
        language: Language::De,
        sender: Some(Correspondent {
            name: "Anna".into(),
            address: address("anna@example.test"),
        }),
        expires,
        used: None,
    }
}

#[test]
fn a_new_password_takes_the_place_of_the_old() {
    on_both(async |db| {
        let any_case = address("eva@FIRMA.example");
        assert_eq!(rows::owner(&db.sql, &eva()).await, Ok(None));
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(
            rows::replace(&mut tx, &owner(at(0)), &[set(1), set(2)]).await,
            Ok(false)
        );
        tx.commit().await.expect("commit");
        assert_eq!(
            rows::owner(&db.sql, &any_case).await,
            Ok(Some(owner(at(0))))
        );
        assert_eq!(
            rows::sets(&db.sql, &any_case).await,
            Ok(vec![set(1), set(2)])
        );
        assert_eq!(rows::is_known(&db.sql, &any_case).await, Ok(true));
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(
            rows::replace(&mut tx, &owner(at(1)), &[set(3)]).await,
            Ok(true)
        );
        tx.commit().await.expect("commit");
        assert_eq!(rows::sets(&db.sql, &eva()).await, Ok(vec![set(3)]));
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(rows::delete(&mut tx, &any_case).await, Ok(true));
        assert_eq!(rows::delete(&mut tx, &any_case).await, Ok(false));
        tx.commit().await.expect("commit");
        assert_eq!(rows::sets(&db.sql, &eva()).await, Ok(vec![]));
        assert_eq!(rows::is_known(&db.sql, &eva()).await, Ok(false));
    });
}

#[test]
fn a_link_is_used_by_one_alone_and_ends_the_others() {
    on_both(async |db| {
        let mut tx = db.sql.begin().await.expect("begin");
        for (number, purpose) in [
            (1, Purpose::Invite),
            (2, Purpose::Change),
            (3, Purpose::Reset),
        ] {
            let new = password_link(purpose, at(100));
            rows::insert_link(&mut tx, &hash(number), &new)
                .await
                .expect("inserted");
        }
        let same = password_link(Purpose::Invite, at(1));
        let twice = rows::insert_link(&mut tx, &hash(1), &same).await;
        assert_eq!(twice, Err(Error::Conflict));
        tx.commit().await.expect("commit");
        let found = rows::link(&db.sql, &hash(2)).await.expect("read");
        assert_eq!(found, Some(password_link(Purpose::Change, at(100))));
        assert_eq!(rows::link(&db.sql, &hash(9)).await, Ok(None));
        assert_eq!(rows::is_known(&db.sql, &eva()).await, Ok(true));
        let used = Used {
            hash: [7; 32],
            released: 3,
            changed: true,
        };
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(
            rows::take_link(&mut tx, &hash(2), &used.hash).await,
            Ok(true)
        );
        assert_eq!(
            rows::take_link(&mut tx, &hash(2), &[8; 32]).await,
            Ok(false)
        );
        rows::finish_link(&mut tx, &hash(2), &eva(), &used, at(10))
            .await
            .expect("finished");
        tx.commit().await.expect("commit");
        let expected = PasswordLink {
            used: Some(used),
            ..password_link(Purpose::Change, at(100))
        };
        assert_eq!(rows::link(&db.sql, &hash(2)).await, Ok(Some(expected)));
        let ended = rows::link(&db.sql, &hash(1))
            .await
            .expect("read")
            .expect("known");
        assert!(!ended.is_live(at(10)));
        let beginning = hash(1).as_bytes()[..16].try_into().expect("16 bytes");
        assert_eq!(rows::mailed_to(&db.sql, &beginning).await, Ok(Some(eva())));
        let change = hash(2).as_bytes()[..16].try_into().expect("16 bytes");
        assert_eq!(
            rows::mailed_to(&db.sql, &change).await,
            Ok(None),
            "nobody waits for a change"
        );
        assert_eq!(rows::mailed_to(&db.sql, &[255; 16]).await, Ok(None));
        let mut tx = db.sql.begin().await.expect("begin");
        rows::end_links(&mut tx, &eva(), at(5))
            .await
            .expect("ended");
        assert_eq!(rows::sweep_links(&mut tx, at(10)).await, Ok(2));
        assert_eq!(rows::sweep_links(&mut tx, at(100)).await, Ok(1));
        tx.commit().await.expect("commit");
    });
}

#[test]
fn somebody_is_waited_for_once() {
    on_both(async |db| {
        assert_eq!(rows::wait(&db.sql, &eva()).await, Ok(None));
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(rows::begin_wait(&mut tx, &eva(), at(1)).await, Ok(true));
        assert_eq!(rows::begin_wait(&mut tx, &eva(), at(2)).await, Ok(false));
        assert_eq!(rows::remind(&mut tx, &eva(), 0).await, Ok(true));
        assert_eq!(rows::remind(&mut tx, &eva(), 0).await, Ok(false));
        assert_eq!(rows::note_bounce(&mut tx, &eva(), at(3)).await, Ok(true));
        assert_eq!(rows::note_bounce(&mut tx, &eva(), at(4)).await, Ok(false));
        tx.commit().await.expect("commit");
        let expected = Wait {
            since: at(1),
            reminded: 1,
            bounced: Some(at(3)),
        };
        assert_eq!(rows::wait(&db.sql, &eva()).await, Ok(Some(expected)));
        let mut tx = db.sql.begin().await.expect("begin");
        assert_eq!(rows::end_wait(&mut tx, &eva()).await, Ok(true));
        assert_eq!(rows::end_wait(&mut tx, &eva()).await, Ok(false));
        tx.commit().await.expect("commit");
    });
}

/// A parcel of the gateway's to Anna.
async fn attached(db: &Db) {
    let anna = sender(db).await;
    let gateway = gateway_account(at(0)).expect("an account");
    let mut tx = db.sql.begin().await.expect("begin");
    accounts::insert(&mut tx, &gateway, b"")
        .await
        .expect("inserted");
    let draft = draft(1, &gateway);
    parcels::insert_draft(&mut tx, &draft)
        .await
        .expect("inserted");
    let posted = posted(&draft, at(1));
    parcels::post(&mut tx, &posted, 300, 1)
        .await
        .expect("posted");
    let to = Recipient::new(anna.address);
    parcels::insert_recipient(&mut tx, draft.id, &to, &way(link(1, None)), at(1))
        .await
        .expect("added");
    tx.commit().await.expect("commit");
}

#[test]
fn the_gateways_parcels_are_in_no_list() {
    on_both(async |db| {
        attached(db).await;
        let anna = address("anna@example.test");
        let all = accounts::list(&db.sql).await.expect("read");
        assert_eq!(all.len(), 1, "and the gateway is no account in the list");
        assert_eq!(
            inbox::page(&db.sql, &anna, None, 10)
                .await
                .map(|page| page.len()),
            Ok(0)
        );
        assert_eq!(inbox::count_unread(&db.sql, &anna).await, Ok(0));
        assert_eq!(
            people::contacts(&db.sql, all[0].id, &anna, 10).await,
            Ok(vec![])
        );
        assert_eq!(
            accounts::by_id(&db.sql, GATEWAY)
                .await
                .map(|found| found.is_some()),
            Ok(true)
        );
    });
}

#[test]
fn a_server_with_the_gateway_alone_has_no_account() {
    on_both(async |db| {
        let mut tx = db.sql.begin().await.expect("begin");
        let gateway = gateway_account(at(0)).expect("an account");
        accounts::insert(&mut tx, &gateway, b"")
            .await
            .expect("inserted");
        tx.commit().await.expect("commit");
        assert_eq!(
            accounts::any(&db.sql).await,
            Ok(false),
            "the first one is still to be made"
        );
    });
}

#[test]
fn attachments_belong_to_a_mail() {
    on_both(async |db| {
        attached(db).await;
        let parcel = parcel_id(1);
        assert_eq!(mail_parcels::facts(&db.sql, parcel).await, Ok(None));
        let mut tx = db.sql.begin().await.expect("begin");
        mail_parcels::put(&mut tx, parcel, "m/0", b"12\0")
            .await
            .expect("put");
        mail_parcels::put(&mut tx, parcel, "m/0", b"34\0")
            .await
            .expect("put again");
        assert_eq!(
            mail_parcels::facts_in(&mut tx, parcel).await,
            Ok(Some(b"34\0".to_vec()))
        );
        tx.commit().await.expect("commit");
        assert_eq!(
            mail_parcels::facts(&db.sql, parcel).await,
            Ok(Some(b"34\0".to_vec()))
        );
        assert_eq!(
            mail_parcels::of_mail(&db.sql, "m/0").await,
            Ok(vec![parcel])
        );
        assert_eq!(mail_parcels::of_mail(&db.sql, "m/1").await, Ok(vec![]));
    });
}

fn reply(token: &str, mail: &str) -> Reply {
    Reply {
        token: token.into(),
        mail: mail.into(),
        auth: hash(5),
        facts: b"0\xff".to_vec(),
        quote: b"1\xfe".to_vec(),
        expires: at(100),
    }
}

#[test]
fn a_reply_link_is_kept_until_its_time_is_over() {
    on_both(async |db| {
        attached(db).await;
        let mut tx = db.sql.begin().await.expect("begin");
        mail_parcels::put_reply(&mut tx, &reply("a", "m/0"))
            .await
            .expect("put");
        mail_parcels::put_reply(&mut tx, &reply("b", "m/0"))
            .await
            .expect("put");
        mail_parcels::put_reply(&mut tx, &reply("c", "m/1"))
            .await
            .expect("put");
        mail_parcels::insert_reply_parcel(&mut tx, parcel_id(1), "b")
            .await
            .expect("inserted");
        mail_parcels::insert_reply_parcel(&mut tx, parcel_id(1), "c")
            .await
            .expect("as it is");
        tx.commit().await.expect("commit");
        assert_eq!(
            mail_parcels::reply(&db.sql, "a").await,
            Ok(None),
            "the mail's second try"
        );
        assert_eq!(
            mail_parcels::reply(&db.sql, "b").await,
            Ok(Some(reply("b", "m/0")))
        );
        let came = |stanza: Option<&[u8]>| ReplyParcel {
            reply: "b".into(),
            stanza: stanza.map(<[u8]>::to_vec),
            facts: stanza.map(<[u8]>::to_vec),
        };
        let found = mail_parcels::reply_parcel(&db.sql, parcel_id(1)).await;
        assert_eq!(found, Ok(Some(came(None))));
        let mut tx = db.sql.begin().await.expect("begin");
        mail_parcels::post_reply(&mut tx, parcel_id(1), b"9\0", b"9\0")
            .await
            .expect("posted");
        let unknown = mail_parcels::post_reply(&mut tx, parcel_id(2), b"", b"").await;
        assert_eq!(unknown, Err(Error::NotFound));
        tx.commit().await.expect("commit");
        let found = mail_parcels::reply_parcel(&db.sql, parcel_id(1)).await;
        assert_eq!(found, Ok(Some(came(Some(b"9\0")))));
        let mut tx = db.sql.begin().await.expect("begin");
        mail_parcels::forget_reply_parcel(&mut tx, parcel_id(1))
            .await
            .expect("forgotten");
        assert_eq!(mail_parcels::sweep_replies(&mut tx, at(99)).await, Ok(0));
        assert_eq!(mail_parcels::sweep_replies(&mut tx, at(100)).await, Ok(2));
        tx.commit().await.expect("commit");
        assert_eq!(
            mail_parcels::reply_parcel(&db.sql, parcel_id(1)).await,
            Ok(None)
        );
    });
}
