//! Protected mail: passwords, and waiting for them.

use depesche_domain::effect::{Language, Mail};
use depesche_domain::note::{Correspondent, Note};
use depesche_domain::protected::{HELD, Purpose};
use depesche_domain::{Span, Time};
use depesche_service::Error;
use depesche_service::protected::passwords::{self, Asked, NewSet};
use depesche_service::protected::waits::{self, Verdict, Waiting};
use depesche_store::sql::pdf_passwords::{self as rows, Owner, Set};

use crate::house::{HERE, House, NOW, address};

pub(crate) const EVA: &str = "eva@firma.cz";

pub(crate) fn anna() -> Correspondent {
    Correspondent {
        name: "Dr. Anna Keller".into(),
        address: address("anna@example.test"),
    }
}

fn sets(of: u8, count: u8) -> Vec<NewSet> {
    let set = |n: u8| NewSet {
        public: [[of; 32].as_slice(), &[n; 16]].concat().try_into().unwrap(),
        key: [of ^ n; 32].into(),
    };
    (0..count).map(set).collect()
}

async fn wait(house: &House, since: Time) -> Verdict {
    let (to, sender) = (address(EVA), anna());
    let mail = Waiting {
        to: &to,
        sender: &sender,
        language: Language::Cs,
        since,
    };
    waits::wait(&house.ctx, &mail).await.unwrap()
}

/// What was told since the last time.
pub(crate) async fn told(house: &House) -> Vec<(String, Note)> {
    house.work().await;
    let note = |mail| match mail {
        Mail::Protected { to, note, .. } => Some((to.to_string(), note)),
        _ => None,
    };
    house.courier.take().into_iter().filter_map(note).collect()
}

fn token(told: &[(String, Note)]) -> String {
    match told {
        [(_, Note::Invitation { token, .. } | Note::Link { token, .. })] => token.clone(),
        other => panic!("{} mails, and not one with a link", other.len()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_set_once_by_an_invitation() {
    let house = House::new().await;
    let Verdict::Hold { again } = wait(&house, NOW).await else {
        panic!("it waits")
    };
    assert_eq!(again, NOW + Span::days(3));
    let invitation = told(&house).await;
    let token = token(&invitation);
    wait(&house, NOW).await;
    assert!(told(&house).await.is_empty(), "one invitation is enough");

    let look = passwords::look(&house.ctx, &token).await.unwrap();
    assert_eq!(look.link.purpose, Purpose::Invite);
    assert_eq!(look.link.sender, Some(anna()));
    assert_eq!(
        passwords::credential(&house.ctx, &address(EVA))
            .await
            .unwrap()
            .map(|_| ()),
        None
    );
    let outcome = passwords::set(&house.ctx, &token, &sets(7, 3))
        .await
        .unwrap();
    assert!(!outcome.changed);
    assert_eq!(outcome.address, address(EVA));
    let again = passwords::set(&house.ctx, &token, &sets(7, 3))
        .await
        .unwrap();
    assert_eq!(again, outcome, "the first answer may have been lost");
    let other = passwords::set(&house.ctx, &token, &sets(8, 3)).await;
    assert!(matches!(other, Err(Error::PasswordLinkUsed)));
    let look = passwords::look(&house.ctx, &token).await;
    assert!(matches!(look, Err(Error::PasswordLinkUsed)));
    let (credential, language) = passwords::credential(&house.ctx, &address("EVA@firma.cz"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(language, Language::Cs);
    assert_eq!(credential.public[..32], [7; 32]);
    assert_eq!(credential.key[0], 7 ^ credential.public[47]);
    assert!(
        told(&house).await.is_empty(),
        "a first password is confirmed on the page"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_a_set_lies_sealed() {
    let house = House::new().await;
    wait(&house, NOW).await;
    let token = token(&told(&house).await);
    let canary = [0xc4; 32];
    let set = NewSet {
        public: [1; 48],
        key: canary.into(),
    };
    passwords::set(&house.ctx, &token, &[set]).await.unwrap();
    house.ctx.store.sql.checkpoint().await.unwrap();
    for entry in std::fs::read_dir(house.folder.path()).unwrap().flatten() {
        if let Ok(bytes) = std::fs::read(entry.path()) {
            assert!(
                !bytes.windows(32).any(|w| w == canary),
                "{:?}",
                entry.path()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_sets_are_refused() {
    let house = House::new().await;
    wait(&house, NOW).await;
    let token = token(&told(&house).await);
    let twice = [sets(1, 1), sets(2, 1)].concat_sets();
    for wrong in [Vec::new(), sets(1, 33), twice] {
        let refused = passwords::set(&house.ctx, &token, &wrong).await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
    }
    for unknown in ["", "x", "AAAAAAAAAAAAAAAAAAAAAA"] {
        let refused = passwords::set(&house.ctx, unknown, &sets(1, 1)).await;
        assert!(matches!(refused, Err(Error::PasswordLinkOver)));
    }
    assert!(
        passwords::look(&house.ctx, &token).await.is_ok(),
        "nothing was used up"
    );
}

trait ConcatSets {
    fn concat_sets(self) -> Vec<NewSet>;
}

impl ConcatSets for [Vec<NewSet>; 2] {
    fn concat_sets(self) -> Vec<NewSet> {
        self.into_iter().flatten().collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reminders_come_and_the_time_ends() {
    let house = House::new().await;
    wait(&house, NOW).await;
    assert_eq!(told(&house).await.len(), 1);
    for day in [3, 10, 25] {
        house.ctx.clock.set(NOW + Span::days(day));
        wait(&house, NOW).await;
        let told = told(&house).await;
        assert!(
            matches!(
                told.as_slice(),
                [(_, Note::Invitation { reminder: true, .. })]
            ),
            "day {day}"
        );
        wait(&house, NOW).await;
        assert!(
            crate::protected::told(&house).await.is_empty(),
            "once, day {day}"
        );
    }
    house.ctx.clock.set(NOW + Span::days(29));
    let last = wait(&house, NOW).await;
    assert_eq!(last, Verdict::Hold { again: NOW + HELD });
    house.ctx.clock.set(NOW + HELD);
    assert_eq!(wait(&house, NOW).await, Verdict::Expired);
    assert!(told(&house).await.is_empty());
    let later = house.ctx.now();
    wait(&house, later).await;
    let told = told(&house).await;
    assert!(
        matches!(
            told.as_slice(),
            [(
                _,
                Note::Invitation {
                    reminder: false,
                    ..
                }
            )]
        ),
        "a new mail invites anew"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_comes_back_ends_the_waiting() {
    let house = House::new().await;
    wait(&house, NOW).await;
    house.work().await;
    let id = house.courier.sent.lock().unwrap()[0].0.clone();
    house.courier.take();
    let id: [u8; 16] = depesche_seal::format::from_text(&id).unwrap();
    waits::came_back(&house.ctx, &[9; 16]).await.unwrap();
    assert!(
        matches!(wait(&house, NOW).await, Verdict::Hold { .. }),
        "another's"
    );
    waits::came_back(&house.ctx, &id).await.unwrap();
    assert_eq!(wait(&house, NOW).await, Verdict::Bounced);
    house.pass(Span::minutes(1));
    let later = house.ctx.now();
    assert!(
        matches!(wait(&house, later).await, Verdict::Hold { .. }),
        "the address may work now"
    );
    assert_eq!(told(&house).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_refused_at_once_ends_it_as_well() {
    let house = House::new().await;
    wait(&house, NOW).await;
    house
        .courier
        .set_failing(Some(depesche_service::Failure::Permanent));
    house.work().await;
    house.courier.set_failing(None);
    assert_eq!(wait(&house, NOW).await, Verdict::Bounced);
}

async fn with_password(house: &House) {
    wait(house, NOW).await;
    let token = token(&told(house).await);
    passwords::set(&house.ctx, &token, &sets(7, 1))
        .await
        .unwrap();
}

async fn ask(house: &House, email: &str) -> Vec<(String, Note)> {
    let asked = Asked::Email(email.into());
    passwords::ask(&house.ctx, asked, Language::De, HERE)
        .await
        .unwrap();
    told(house).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_by_a_mailed_link() {
    let house = House::new().await;
    with_password(&house).await;
    assert!(ask(&house, "nobody@example.net").await.is_empty());
    assert!(ask(&house, "no address").await.is_empty());
    let first = token(&ask(&house, EVA).await);
    let second = token(&ask(&house, EVA).await);
    let look = passwords::look(&house.ctx, &second).await.unwrap();
    assert_eq!(look.link.purpose, Purpose::Change);
    assert!(
        passwords::has_password(&house.ctx, &address(EVA))
            .await
            .unwrap()
    );
    let outcome = passwords::set(&house.ctx, &second, &sets(9, 2))
        .await
        .unwrap();
    assert!(outcome.changed);
    let told = told(&house).await;
    assert!(
        matches!(told.as_slice(), [(_, Note::Changed)]),
        "whoever owns the mailbox hears of it"
    );
    let over = passwords::set(&house.ctx, &first, &sets(5, 2)).await;
    assert!(
        matches!(over, Err(Error::PasswordLinkOver)),
        "every other link has ended"
    );
    let (credential, _) = passwords::credential(&house.ctx, &address(EVA))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(credential.public[0], 9);
    // A link that is over is good for asking.
    passwords::ask(&house.ctx, Asked::Token(first), Language::De, HERE)
        .await
        .unwrap();
    assert_eq!(crate::protected::told(&house).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_mailbox_is_filled() {
    let house = House::new().await;
    with_password(&house).await;
    let mut refused = 0;
    for place in 1..=30_u8 {
        let from = std::net::IpAddr::from([203, 0, 113, place]);
        let asked = Asked::Email(EVA.into());
        refused += usize::from(
            passwords::ask(&house.ctx, asked, Language::De, from)
                .await
                .is_err(),
        );
    }
    assert_eq!(refused, 0, "nobody learns of it");
    assert!(told(&house).await.len() <= 5);
    let asked = || Asked::Email(EVA.into());
    let mut tries = 0;
    while passwords::ask(&house.ctx, asked(), Language::De, HERE)
        .await
        .is_ok()
    {
        tries += 1;
        assert!(tries < 20, "and from one place it is limited");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn links_end_with_their_time() {
    let house = House::new().await;
    with_password(&house).await;
    let change = token(&ask(&house, EVA).await);
    house.pass(Span::hours(24));
    let over = passwords::look(&house.ctx, &change).await;
    assert!(matches!(over, Err(Error::PasswordLinkOver)));
    let over = passwords::set(&house.ctx, &change, &sets(3, 1)).await;
    assert!(matches!(over, Err(Error::PasswordLinkOver)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_takes_a_password_away() {
    let house = House::new().await;
    let nobody = passwords::reset(&house.ctx, &address(EVA), None).await;
    assert!(matches!(nobody, Err(Error::NotFound)));
    with_password(&house).await;
    let before = token(&ask(&house, EVA).await);
    passwords::reset(&house.ctx, &address(EVA), None)
        .await
        .unwrap();
    assert!(
        !passwords::has_password(&house.ctx, &address(EVA))
            .await
            .unwrap()
    );
    let link = token(&told(&house).await);
    let old = passwords::look(&house.ctx, &before).await;
    assert!(matches!(old, Err(Error::PasswordLinkOver)));
    let look = passwords::look(&house.ctx, &link).await.unwrap();
    assert_eq!(look.link.purpose, Purpose::Reset);
    passwords::set(&house.ctx, &link, &sets(4, 1))
        .await
        .unwrap();
    assert!(
        passwords::has_password(&house.ctx, &address(EVA))
            .await
            .unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_set_is_passed_over() {
    let house = House::new().await;
    with_password(&house).await;
    let sql = &house.ctx.store.sql;
    let mut kept = rows::sets(sql, &address(EVA)).await.unwrap();
    let mut bad = kept[0].clone();
    bad.id = "another".into();
    kept.push(bad);
    kept.push(Set {
        id: "cut".into(),
        public: vec![1],
        sealed: Vec::new(),
    });
    let owner = Owner {
        address: address(EVA),
        language: Language::Cs,
        since: NOW,
    };
    let replace = async |kept: &[Set]| {
        let mut tx = sql.begin().await.unwrap();
        rows::replace(&mut tx, &owner, kept).await.unwrap();
        tx.commit().await.unwrap();
    };
    replace(&kept).await;
    for _ in 0..20 {
        let found = passwords::credential(&house.ctx, &address(EVA))
            .await
            .unwrap();
        assert_eq!(found.unwrap().0.public[0], 7);
    }
    replace(&kept[1..]).await;
    let none = passwords::credential(&house.ctx, &address(EVA))
        .await
        .unwrap();
    assert!(none.is_none(), "as if there were no password");
}
