//! Waiting mails: sealed, retried, come back, shredded.

use depesche_domain::Span;
use depesche_domain::effect::Mail;
use depesche_domain::parcel::RecipientState;
use depesche_service::{Failure, parcels};

use crate::house::{House, Want};

async fn state(house: &House, sent: &crate::house::Sent) -> RecipientState {
    let details = parcels::details(&house.ctx, &house.caller, sent.id)
        .await
        .unwrap();
    details.recipients[0].recipient.state(None)
}

fn files(house: &House, name: &str) -> usize {
    let folder = std::fs::read_dir(house.folder.path().join("secrets")).unwrap();
    folder
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .file_name()
                .to_str()
                .unwrap()
                .starts_with(name)
        })
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_leaves_once_and_its_key_is_destroyed() {
    let house = House::new().await;
    let sent = house.send(&["you@example.test"], Want::default()).await;
    assert_eq!(files(&house, "hour-"), 1);
    house.work().await;
    house.work().await;
    let mails = house.courier.take();
    assert_eq!(mails.len(), 1);
    let Mail::Delivery { notice, to, .. } = &mails[0] else {
        panic!("another mail")
    };
    assert_eq!(
        (to.as_str(), notice.files[0].name.as_str()),
        ("you@example.test", "Vertrag.pdf")
    );
    assert_eq!(state(&house, &sent).await, RecipientState::Notified);
    assert_eq!(files(&house, "hour-"), 0, "the key went with its last item");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_readable_in_no_file() {
    let house = House::new().await;
    house.send(&["you@example.test"], Want::default()).await;
    house.ctx.store.sql.checkpoint().await.unwrap();
    let mut seen = 0;
    for name in ["depesche.db", "depesche.db-wal"] {
        let bytes = std::fs::read(house.folder.path().join(name)).unwrap_or_default();
        seen += bytes.len();
        for canary in ["Vertrag.pdf", "\"key\":\"1."] {
            assert!(
                !bytes.windows(canary.len()).any(|w| w == canary.as_bytes()),
                "{canary} in {name}"
            );
        }
        // The positive control: what is kept readable by design is found by the same search.
        if name == "depesche.db" {
            assert!(bytes.windows(11).any(|w| w == b"Lindenhof 4"));
        }
    }
    assert!(seen > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_tried_again_and_comes_back_in_the_end() {
    let house = House::new().await;
    let sent = house.send(&["you@example.test"], Want::default()).await;
    house.courier.set_failing(Some(Failure::Transient));
    house.work().await;
    assert_eq!(state(&house, &sent).await, RecipientState::Posted);
    house.courier.set_failing(None);
    house.work().await;
    assert_eq!(house.courier.take().len(), 0, "not before its time");
    house.pass(Span::minutes(1));
    house.work().await;
    assert_eq!(house.courier.take().len(), 1);
    assert_eq!(state(&house, &sent).await, RecipientState::Notified);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_is_told_when_a_mail_comes_back() {
    let house = House::new().await;
    let sent = house.send(&["you@example.test"], Want::default()).await;
    house.courier.set_failing(Some(Failure::Transient));
    for _ in 0..40 {
        house.work().await;
        house.pass(Span::hours(4));
    }
    house.courier.set_failing(None);
    house.work().await;
    assert_eq!(state(&house, &sent).await, RecipientState::Bounced);
    let mails = house.courier.take();
    assert!(
        matches!(&mails[..], [Mail::Bounced { to, recipient, .. }] if to.as_str() == "anna@example.test" && recipient.as_str() == "you@example.test")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_under_a_lost_key_is_told_to_the_sender() {
    let house = House::new().await;
    let sent = house.send(&["you@example.test"], Want::default()).await;
    for entry in std::fs::read_dir(house.folder.path().join("secrets")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("hour-")
        {
            std::fs::remove_file(path).unwrap();
        }
    }
    let restarted = crate::house::open(house.folder.path(), house.ctx.clock.clone(), 2).await;
    let worker = depesche_service::worker::Worker::new(restarted, house.courier.clone());
    worker.step().await.unwrap();
    assert_eq!(state(&house, &sent).await, RecipientState::Bounced);
    assert!(matches!(&house.courier.take()[..], [Mail::Bounced { .. }]));
}
