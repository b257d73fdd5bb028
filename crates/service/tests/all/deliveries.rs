//! Deliveries as their sender makes and changes them.

use depesche_domain::parcel::{FileObject, Reason, RecipientState, Refusal};
use depesche_domain::{FileId, Level, ParcelId, Role, Span};
use depesche_service::orders::WantedOrder;
use depesche_service::{Error, accounts, drafts, journal, parcels, served, visits};

use crate::house::{HERE, House, PASSWORD, Want, address, sealed_manifest, token_text};

fn order() -> WantedOrder {
    WantedOrder {
        own_stanza: None,
        recipients: vec![],
        expires: None,
        subject: String::new(),
        message: String::new(),
        notify: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_posted_before_everything_is_there() {
    let house = House::new().await;
    let id = ParcelId::from_bytes([1; 16]);
    let file = FileObject {
        id: FileId::from_bytes([2; 16]),
        size: (8 << 20) + 100,
    };
    let begin = || drafts::begin(&house.ctx, &house.caller, id, Level::Link, vec![file], None);
    assert_eq!(begin().await.unwrap().files[0].1, [(0, 2)]);
    house.put(id, file.id, 1, &[7; 100]).await;
    let arrived = begin().await.unwrap();
    assert_eq!(arrived.files[0].1, [(0, 1)]);
    let (manifest, key) = sealed_manifest(&house.ctx, id);
    let (recipient, _) = house.recipient("you@example.test", Want::default(), &manifest, &key);
    let post = || {
        let order = WantedOrder {
            own_stanza: None,
            recipients: vec![recipient.clone()],
            ..order()
        };
        parcels::post(&house.ctx, &house.caller, id, order)
    };
    assert!(matches!(
        post().await,
        Err(Error::Refused(Refusal::Incomplete))
    ));
    house.put(id, file.id, 0, &vec![7; 8 << 20]).await;
    assert!(
        matches!(post().await, Err(Error::Refused(Refusal::Incomplete))),
        "the manifest is missing"
    );
    let mut upload = drafts::manifest(
        &house.ctx,
        &house.caller,
        id,
        manifest.as_bytes().len() as u64,
    )
    .await
    .unwrap();
    upload.write(manifest.as_bytes()).unwrap();
    upload.finish().unwrap();
    let posted = post().await.unwrap();
    assert_eq!(
        posted.recipients[0].recipient.state(None),
        RecipientState::Posted
    );
    assert_eq!(
        post().await.unwrap().recipients.len(),
        1,
        "the same order again gives the parcel as it is"
    );
    assert!(begin().await.unwrap().posted);
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_that_do_not_fit_are_refused() {
    let house = House::new().await;
    let id = ParcelId::from_bytes([1; 16]);
    let file = FileObject {
        id: FileId::from_bytes([2; 16]),
        size: 100,
    };
    drafts::begin(&house.ctx, &house.caller, id, Level::Link, vec![file], None)
        .await
        .unwrap();
    for (index, length) in [(0, 99), (0, 101), (1, 100), (u64::MAX, 1), (0, 0)] {
        let part = drafts::part(&house.ctx, &house.caller, id, file.id, index, length).await;
        assert!(matches!(part, Err(Error::Invalid(_))), "{index} {length}");
    }
    let mut part = drafts::part(&house.ctx, &house.caller, id, file.id, 0, 100)
        .await
        .unwrap();
    part.write(&[0; 60]).unwrap();
    assert!(matches!(part.write(&[0; 60]), Err(Error::Invalid(_))));
    assert!(
        matches!(part.finish(), Err(Error::Invalid(_))),
        "a part that was cut is not there"
    );
    let arrived = drafts::arrived(&house.ctx, &house.caller, id)
        .await
        .unwrap();
    assert_eq!(arrived.files[0].1, [(0, 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_at_the_start_and_leaves_nothing() {
    let house = House::new().await;
    let id = ParcelId::from_bytes([1; 16]);
    let file = FileObject {
        id: FileId::from_bytes([2; 16]),
        size: (1 << 30) + 1,
    };
    let begun = drafts::begin(&house.ctx, &house.caller, id, Level::Link, vec![file], None).await;
    assert!(matches!(
        begun,
        Err(Error::Refused(Refusal::TooLarge { .. }))
    ));
    let level = drafts::begin(&house.ctx, &house.caller, id, Level::KeyedAll, vec![], None).await;
    assert!(matches!(
        level,
        Err(Error::Refused(Refusal::LevelNotOffered))
    ));
    assert!(matches!(
        drafts::arrived(&house.ctx, &house.caller, id).await,
        Err(Error::NotFound)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_sees_or_touches_a_delivery() {
    let house = House::new().await;
    let sent = house.send(&["you@example.test"], Want::default()).await;
    accounts::add(
        &house.ctx,
        address("eve@example.test"),
        "",
        Role::Admin,
        PASSWORD,
    )
    .await
    .unwrap();
    let eve = crate::logins::log_in(&house.ctx, "eve@example.test", PASSWORD)
        .await
        .unwrap();
    let ctx = &house.ctx;
    assert!(matches!(
        parcels::details(ctx, &eve, sent.id).await,
        Err(Error::NotFound)
    ));
    assert!(matches!(
        parcels::withdraw(ctx, &eve, sent.id).await,
        Err(Error::NotFound)
    ));
    assert!(matches!(
        parcels::extend(ctx, &eve, sent.id, ctx.now() + Span::days(1)).await,
        Err(Error::NotFound)
    ));
    assert!(matches!(
        parcels::manifest(ctx, &eve, sent.id).await,
        Err(Error::NotFound)
    ));
    assert!(matches!(
        drafts::arrived(ctx, &eve, sent.id).await,
        Err(Error::NotFound)
    ));
    assert!(matches!(
        drafts::begin(ctx, &eve, sent.id, Level::Link, vec![], None).await,
        Err(Error::Conflict)
    ));
    let drop = parcels::drop_recipient(ctx, &eve, sent.id, &address("you@example.test")).await;
    assert!(matches!(drop, Err(Error::NotFound)));
    assert_eq!(
        parcels::list(ctx, &eve, None, 50, &Default::default())
            .await
            .unwrap()
            .rows
            .len(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn after_withdraw_nothing_opens_and_nothing_is_left() {
    let house = House::new().await;
    let sent = house.send(&["you@example.test"], Want::default()).await;
    let token = [9; 32];
    visits::open(
        &house.ctx,
        sent.links[0].id,
        sent.links[0].request(token),
        None,
        HERE,
    )
    .await
    .unwrap();
    visits::lease(&house.ctx, &token_text(token)).await.unwrap();
    let closed = parcels::withdraw(&house.ctx, &house.caller, sent.id)
        .await
        .unwrap();
    assert_eq!(
        closed.closed.map(|(_, reason)| reason),
        Some(Reason::Withdrawn)
    );
    assert_eq!(
        (
            closed.subject.as_str(),
            closed.message.as_str(),
            closed.files.len()
        ),
        ("", "", 0)
    );
    let gone = |error| {
        matches!(
            error,
            Error::Closed {
                reason: Reason::Withdrawn,
                ..
            }
        )
    };
    assert!(gone(
        visits::look(
            &house.ctx,
            sent.links[0].id,
            &sent.links[0].proof(),
            None,
            HERE
        )
        .await
        .err()
        .unwrap()
    ));
    assert!(gone(
        served::file(&house.ctx, &token_text(token), sent.file)
            .await
            .err()
            .unwrap()
    ));
    assert!(gone(
        visits::manifest(&house.ctx, &token_text(token))
            .await
            .err()
            .unwrap()
    ));
    house.work().await;
    assert_eq!(
        house.courier.take().len(),
        0,
        "the mail that waited was shredded"
    );
    let left = walk(&house.folder.path().join("blobs"));
    assert_eq!(
        left,
        Vec::<std::path::PathBuf>::new(),
        "no sealed byte is left"
    );
    assert!(gone(
        parcels::withdraw(&house.ctx, &house.caller, sent.id)
            .await
            .err()
            .unwrap()
    ));
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(walk(&path))
        } else {
            files.push(path)
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_can_be_moved_and_is_kept() {
    let house = House::new().await;
    let sent = house.send(&["you@example.test"], Want::default()).await;
    let ctx = &house.ctx;
    let soon = ctx.now() + Span::hours(1);
    assert_eq!(
        parcels::extend(ctx, &house.caller, sent.id, soon)
            .await
            .unwrap()
            .expires,
        soon
    );
    let far = parcels::extend(ctx, &house.caller, sent.id, ctx.now() + Span::days(400))
        .await
        .unwrap();
    assert_eq!(
        far.expires,
        ctx.now() + Span::days(30),
        "at most the retention"
    );
    parcels::extend(ctx, &house.caller, sent.id, soon)
        .await
        .unwrap();
    let past = parcels::extend(ctx, &house.caller, sent.id, ctx.now()).await;
    assert!(matches!(past, Err(Error::Refused(Refusal::DeadlinePassed))));
    house.pass(Span::hours(1));
    // Closed by time before the worker has come by.
    let look = visits::look(ctx, sent.links[0].id, &sent.links[0].proof(), None, HERE).await;
    assert!(matches!(
        look,
        Err(Error::Closed {
            reason: Reason::Expired,
            ..
        })
    ));
    house.work().await;
    let details = parcels::details(ctx, &house.caller, sent.id).await.unwrap();
    assert_eq!(
        details.closed.map(|(_, reason)| reason),
        Some(Reason::Expired)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn recipients_come_and_go() {
    let house = House::new().await;
    let sent = house
        .send(&["a@example.test", "b@example.test"], Want::default())
        .await;
    let (ctx, caller) = (&house.ctx, &house.caller);
    house.work().await;
    assert_eq!(house.courier.take().len(), 2);
    parcels::drop_recipient(ctx, caller, sent.id, &address("A@example.test"))
        .await
        .unwrap();
    let dropped = visits::look(ctx, sent.links[0].id, &sent.links[0].proof(), None, HERE).await;
    assert!(matches!(dropped, Err(Error::Dropped { sender: Some(_) })));
    visits::look(ctx, sent.links[1].id, &sent.links[1].proof(), None, HERE)
        .await
        .unwrap();
    let (manifest, key) = sealed_manifest(ctx, sent.id);
    let (again, link) = house.recipient("a@example.test", Want::default(), &manifest, &key);
    let (twice, _) = house.recipient("b@example.test", Want::default(), &manifest, &key);
    let refused = parcels::add_recipients(ctx, caller, sent.id, vec![twice]).await;
    assert!(matches!(
        refused,
        Err(Error::Refused(Refusal::RecipientTwice))
    ));
    let added = parcels::add_recipients(ctx, caller, sent.id, vec![again])
        .await
        .unwrap();
    assert_eq!(added.recipients.len(), 2);
    visits::look(ctx, link.id, &link.proof(), None, HERE)
        .await
        .unwrap();
    house.work().await;
    assert_eq!(house.courier.take().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_after_a_restart_and_is_swept_when_forgotten() {
    let house = House::new().await;
    let id = ParcelId::from_bytes([1; 16]);
    let file = FileObject {
        id: FileId::from_bytes([2; 16]),
        size: (8 << 20) + 100,
    };
    drafts::begin(&house.ctx, &house.caller, id, Level::Link, vec![file], None)
        .await
        .unwrap();
    house.put(id, file.id, 1, &[7; 100]).await;
    house.pass(Span::days(8));
    house.work().await;
    assert!(matches!(
        drafts::arrived(&house.ctx, &house.caller, id).await,
        Err(Error::NotFound)
    ));
    assert_eq!(
        walk(&house.folder.path().join("blobs")),
        Vec::<std::path::PathBuf>::new()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_is_a_chain_of_what_happened() {
    let house = House::new().await;
    house.pass(Span::seconds(1));
    let sent = house.send(&["you@example.test"], Want::default()).await;
    house.pass(Span::seconds(1));
    parcels::withdraw(&house.ctx, &house.caller, sent.id)
        .await
        .unwrap();
    house.work().await;
    let verdict = journal::verify(&house.ctx).await.unwrap();
    assert_eq!((verdict.entries, verdict.broken_at), (3, None));
    let entries = journal::export(&house.ctx, 0, 100).await.unwrap();
    let kinds: Vec<_> = entries
        .iter()
        .map(|entry| {
            serde_json::from_str::<serde_json::Value>(&entry.fact).unwrap()["kind"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(kinds, ["account_added", "posted", "closed"]);
    assert!(!entries.iter().any(|entry| entry.fact.contains("Lindenhof")));
}
