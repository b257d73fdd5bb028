//! Deliveries as a visitor sees them: proof, limits, leases, receipts.

use depesche_domain::Span;
use depesche_domain::claim::ClaimState;
use depesche_domain::effect::{Language, Mail};
use depesche_domain::parcel::RecipientState;
use depesche_service::visits::{self, Proof};
use depesche_service::{Error, parcels, served};

use crate::house::{HERE, House, Want, token_text};

#[tokio::test(flavor = "multi_thread")]
async fn looking_shows_the_letter_and_changes_nothing() {
    let house = House::new().await;
    let sent = house
        .send(
            &["you@example.test"],
            Want {
                limit: Some(1),
                ..Want::default()
            },
        )
        .await;
    let link = &sent.links[0];
    for _ in 0..50 {
        let look = visits::look(&house.ctx, link.id, &link.proof(), None, HERE)
            .await
            .unwrap();
        assert_eq!(look.posted.subject, "Lindenhof 4");
        assert!(look.record.is_some() && look.manifest.is_some() && look.password.is_none());
    }
    let details = parcels::details(&house.ctx, &house.caller, sent.id)
        .await
        .unwrap();
    assert_eq!(
        details.recipients[0].recipient.state(None),
        RecipientState::Posted
    );
    assert_eq!(
        (
            details.recipients[0].taken,
            details.recipients[0].visits.len()
        ),
        (0, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_link_is_told_from_a_wrong_password() {
    let house = House::new().await;
    let want = Want {
        password: true,
        ..Want::default()
    };
    let sent = house.send(&["you@example.test"], want).await;
    let link = &sent.links[0];
    let unknown = depesche_domain::LinkId::from_bytes([0; 16]);
    assert!(matches!(
        visits::look(&house.ctx, unknown, &link.proof(), None, HERE).await,
        Err(Error::LinkUnknown)
    ));
    let mut proof = link.proof();
    proof.auth[0] ^= 1;
    assert!(matches!(
        visits::look(&house.ctx, link.id, &proof, None, HERE).await,
        Err(Error::LinkWrongKey)
    ));
    let bare = Proof {
        auth: link.auth.clone(),
        auth2: None,
    };
    let look = visits::look(&house.ctx, link.id, &bare, None, HERE)
        .await
        .unwrap();
    assert!(look.password.is_some() && look.record.is_none() && look.manifest.is_none());
    let mut request = link.request([1; 32]);
    request.proof.auth2 = None;
    assert!(matches!(
        visits::open(&house.ctx, link.id, request, None, HERE).await,
        Err(Error::PasswordRequired)
    ));
    let mut wrong = link.proof();
    wrong.auth2 = Some(vec![0; 32]);
    for left in [4, 3, 2, 1, 0] {
        let tried = visits::look(&house.ctx, link.id, &wrong, None, HERE).await;
        assert!(
            matches!(tried, Err(Error::WrongPassword { left: l, .. }) if l == left),
            "{left}"
        );
    }
    let proof = link.proof();
    let right = || visits::look(&house.ctx, link.id, &proof, None, HERE);
    assert!(
        matches!(right().await, Err(Error::TooManyTries { .. })),
        "also the right one waits"
    );
    let elsewhere = "198.51.100.7".parse().unwrap();
    visits::look(&house.ctx, link.id, &link.proof(), None, elsewhere)
        .await
        .unwrap();
    house.pass(Span::minutes(1));
    assert!(right().await.unwrap().record.is_some(), "never burnt");
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn a_limit_counts_leases_and_commits_and_gives_lapsed_ones_back() {
    let house = House::new().await;
    let sent = house
        .send(
            &["you@example.test"],
            Want {
                limit: Some(1),
                ..Want::default()
            },
        )
        .await;
    let (ctx, link) = (&house.ctx, &sent.links[0]);
    let (one, two) = ([1; 32], [2; 32]);
    for token in [one, two] {
        visits::open(ctx, link.id, link.request(token), None, HERE)
            .await
            .unwrap();
    }
    assert!(
        matches!(
            served::file(ctx, &token_text(one), sent.file).await,
            Err(Error::ClaimOver)
        ),
        "not leased"
    );
    let standing = visits::lease(ctx, &token_text(one)).await.unwrap();
    assert!(matches!(standing.state, ClaimState::Leased { .. }));
    assert!(matches!(
        visits::lease(ctx, &token_text(two)).await,
        Err(Error::LimitReached)
    ));
    house.pass(Span::seconds(119));
    visits::ping(ctx, &token_text(one)).await.unwrap();
    house.pass(Span::minutes(1));
    served::file(ctx, &token_text(one), sent.file)
        .await
        .unwrap();
    house.pass(Span::minutes(2));
    assert!(
        matches!(
            served::file(ctx, &token_text(one), sent.file).await,
            Err(Error::ClaimOver)
        ),
        "lapsed"
    );
    visits::lease(ctx, &token_text(two)).await.unwrap();
    assert!(matches!(
        visits::lease(ctx, &token_text(one)).await,
        Err(Error::LimitReached)
    ));
    let committed = visits::receipts(ctx, &token_text(two), &[sent.file])
        .await
        .unwrap();
    assert!(matches!(committed.state, ClaimState::Committed { .. }));
    house.pass(Span::hours(23));
    served::file(ctx, &token_text(two), sent.file)
        .await
        .unwrap();
    assert!(matches!(
        visits::lease(ctx, &token_text(one)).await,
        Err(Error::LimitReached)
    ));
    house.pass(Span::hours(2));
    assert!(matches!(
        served::file(ctx, &token_text(two), sent.file).await,
        Err(Error::ClaimOver)
    ));
    house.work().await;
    let details = parcels::details(ctx, &house.caller, sent.id).await.unwrap();
    assert_eq!(
        details.closed.map(|(_, reason)| reason.name()),
        Some("spent")
    );
    assert_eq!(
        details.recipients[0].recipient.state(None),
        RecipientState::Downloaded
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_get_no_more_than_the_limit() {
    let house = House::new().await;
    let sent = house
        .send(
            &["you@example.test"],
            Want {
                limit: Some(3),
                ..Want::default()
            },
        )
        .await;
    let link = &sent.links[0];
    let mut tasks = Vec::new();
    for n in 0..20 {
        visits::open(&house.ctx, link.id, link.request([n; 32]), None, HERE)
            .await
            .unwrap();
        let ctx = house.ctx.clone();
        tasks.push(tokio::spawn(async move {
            visits::lease(&ctx, &token_text([n; 32])).await.is_ok()
        }));
    }
    let mut granted = 0;
    for task in tasks {
        granted += u32::from(task.await.unwrap());
    }
    assert_eq!(granted, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn handing_out_every_byte_commits_without_a_receipt() {
    let house = House::new().await;
    let sent = house
        .send(
            &["you@example.test"],
            Want {
                limit: Some(1),
                ..Want::default()
            },
        )
        .await;
    let (ctx, token) = (&house.ctx, [1; 32]);
    visits::open(
        ctx,
        sent.links[0].id,
        sent.links[0].request(token),
        None,
        HERE,
    )
    .await
    .unwrap();
    visits::lease(ctx, &token_text(token)).await.unwrap();
    let served = served::file(ctx, &token_text(token), sent.file)
        .await
        .unwrap();
    let mut read = vec![0; sent.bytes.len()];
    served.read_at(0, &mut read).unwrap();
    assert!(read == sent.bytes);
    let whole = sent.bytes.len() as u64;
    served.handed_out(100, whole).await.unwrap();
    assert!(matches!(
        visits::ping(ctx, &token_text(token)).await.unwrap().state,
        ClaimState::Leased { .. }
    ));
    served.handed_out(0, 100).await.unwrap();
    assert!(matches!(
        visits::ping(ctx, &token_text(token)).await.unwrap().state,
        ClaimState::Committed { .. }
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_learns_who_opened_and_saved() {
    let house = House::new().await;
    let sent = house
        .send(
            &["you@example.test"],
            Want {
                silent: true,
                ..Want::default()
            },
        )
        .await;
    let (ctx, token) = (&house.ctx, [1; 32]);
    let link = &sent.links[0];
    let letter = visits::open(ctx, link.id, link.request(token), None, HERE)
        .await
        .unwrap();
    assert_eq!(
        (letter.posted.message.as_str(), letter.sender.name.as_str()),
        ("Guten Tag", "Dr. Anna Keller")
    );
    visits::open(ctx, link.id, link.request(token), None, HERE)
        .await
        .unwrap();
    visits::lease(ctx, &token_text(token)).await.unwrap();
    visits::receipts(ctx, &token_text(token), &[sent.file])
        .await
        .unwrap();
    visits::receipts(ctx, &token_text(token), &[sent.file])
        .await
        .unwrap();
    house.work().await;
    let mails = house.courier.take();
    assert_eq!(mails.len(), 1, "one first download, one mail");
    assert!(
        matches!(&mails[0], Mail::Downloaded { to, stated, .. } if to.as_str() == "anna@example.test" && stated == "someone@else.example")
    );
    let details = parcels::details(ctx, &house.caller, sent.id).await.unwrap();
    let visit = &details.recipients[0].visits[0];
    assert_eq!(
        (
            details.recipients[0].visits.len(),
            visit.stated.as_str(),
            visit.proven
        ),
        (1, "someone@else.example", false)
    );
    assert_eq!(
        visit.receipts.iter().map(|r| r.0).collect::<Vec<_>>(),
        [sent.file]
    );
    assert_eq!(
        details.recipients[0].recipient.state(None),
        RecipientState::Downloaded
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailed_code_goes_to_the_recipient_alone_and_dies() {
    let house = House::new().await;
    let want = Want {
        mailed_code: true,
        silent: true,
        ..Want::default()
    };
    let sent = house.send(&["you@example.test"], want).await;
    let (ctx, link) = (&house.ctx, &sent.links[0]);
    let look = visits::look(ctx, link.id, &link.proof(), None, HERE)
        .await
        .unwrap();
    assert!(look.mailed_code && look.record.is_none() && look.manifest.is_none());
    let proof = link.proof();
    let ask =
        |email: &'static str| visits::ask_code(ctx, link.id, &proof, email, Language::Cs, HERE);
    ask("someone@else.example").await.unwrap();
    house.work().await;
    assert_eq!(house.courier.take().len(), 0, "same answer, no mail");
    ask("YOU@example.test").await.unwrap();
    house.work().await;
    let Some(Mail::Code { code, to, .. }) = house.courier.take().pop() else {
        panic!("no code was mailed")
    };
    assert_eq!(to.as_str(), "you@example.test");
    let open = |email: &'static str, code: Option<String>| {
        let mut request = link.request([1; 32]);
        request.email = email.into();
        request.code = code;
        visits::open(ctx, link.id, request, None, HERE)
    };
    assert!(matches!(
        open("you@example.test", None).await,
        Err(Error::CodeRequired)
    ));
    let wrong = if code == "00000000" {
        "11111111"
    } else {
        "00000000"
    };
    for left in [4, 3, 2, 1, 0] {
        let tried = open("you@example.test", Some(wrong.into())).await;
        assert!(matches!(tried, Err(Error::WrongCode { left: l }) if l == left));
    }
    assert!(
        matches!(
            open("you@example.test", Some(code)).await,
            Err(Error::WrongCode { .. })
        ),
        "dead"
    );
    ask("you@example.test").await.unwrap();
    house.work().await;
    let Some(Mail::Code { code, .. }) = house.courier.take().pop() else {
        panic!("no code was mailed")
    };
    let spaced = format!("{} {}", &code[..4], &code[4..]);
    open("you@example.test", Some(spaced)).await.unwrap();
    let details = parcels::details(ctx, &house.caller, sent.id).await.unwrap();
    assert!(details.recipients[0].visits[0].proven);
}
