//! Levels 2 to 4: posting, waiting, releasing, opening, answering.

use depesche_domain::effect::{Arrival, Language, Mail, Notice, NoticeFile};
use depesche_domain::keyed::Verified;
use depesche_domain::parcel::FileObject;
use depesche_domain::parcel::RecipientState;
use depesche_domain::{FileId, Level, ParcelId, Role};
use depesche_seal::key::{Hash, ParcelKey};
use depesche_seal::parcel::Header;
use depesche_seal::primitives::sha256;
use depesche_seal::record::SignedRecord;
use depesche_seal::signature::SigningKey;
use depesche_seal::signed::Signer;
use depesche_seal::stanza::{Binding, Stanza};
use depesche_service::orders::{Wanted, WantedKey, WantedOrder, WantedWay};
use depesche_service::releases::Wanted as WantedRelease;
use depesche_service::{
    Caller, Error, accounts, drafts, inbox, invitations, keyrings, parcels, people, releases,
    resets, sealed, served, visits,
};

use crate::house::{HERE, House, PASSWORD, Want, address, sealed_manifest, token_text};
use crate::logins::log_in;
use crate::people::{guest, register, set_up, signature_seed, token};

/// A parcel to one person, of one file of 100 bytes.
#[derive(Clone)]
pub(crate) struct Post {
    pub(crate) level: Level,
    pub(crate) to: String,
    pub(crate) key: WantedKey,
    /// Whose key is known: the stanza is made for it.
    pub(crate) known: Option<Caller>,
    pub(crate) in_reply_to: Option<ParcelId>,
}

impl Post {
    /// To somebody whose key is not known yet.
    pub(crate) fn waiting(level: Level, to: &str) -> Self {
        Self {
            level,
            to: to.into(),
            key: WantedKey::default(),
            known: None,
            in_reply_to: None,
        }
    }
}

/// The newest record of an account.
async fn newest(house: &House, of: &Caller) -> SignedRecord {
    let records = keyrings::load(&house.ctx, of).await.unwrap().records;
    SignedRecord::parse(&records.last().unwrap().bytes).unwrap()
}

/// A posted parcel of the house's own, as stanzas bind it.
async fn bound(house: &House, id: ParcelId) -> Binding {
    let sealed = releases::own_stanza(&house.ctx, &house.caller, id);
    let sealed = sealed.await.unwrap();
    Binding {
        header: Header::parse(&sealed.header).unwrap(),
        manifest: Hash::from_bytes(sealed.manifest_hash.try_into().unwrap()),
    }
}

/// A stanza for the newest key of an account, released by the sender (1) or by that account itself (2).
async fn stanza(
    house: &House,
    (signer, of): (&Caller, &Caller),
    parcel: &Binding,
    by: u8,
) -> Vec<u8> {
    let (signing, to) = (newest(house, signer).await, newest(house, of).await);
    let key = ParcelKey::from_bytes(&[6; 32]);
    let random = house.ctx.random.bytes();
    let made = Stanza::seal(&key, to.record(), parcel, &random).unwrap();
    let seed = signature_seed(signer, signing.record().epoch());
    let own = SigningKey::new(&seed);
    let signer = Signer::new(&own, signing.record()).unwrap();
    match by {
        1 => made.release_as_sender(&signer, parcel),
        _ => made.release_as_opener(&signer, parcel).unwrap(),
    }
    .to_bytes()
}

impl House {
    pub(crate) async fn post(&self, caller: &Caller, post: &Post) -> Result<ParcelId, Error> {
        let (ctx, id) = (&self.ctx, ParcelId::from_bytes(self.ctx.random.bytes()));
        let file = FileObject {
            id: FileId::from_bytes(ctx.random.bytes()),
            size: 100,
        };
        drafts::begin(ctx, caller, id, post.level, vec![file], post.in_reply_to).await?;
        let mut part = drafts::part(ctx, caller, id, file.id, 0, 100).await?;
        part.write(&[5; 100])?;
        part.finish()?;
        let (manifest, _) = sealed_manifest(ctx, id);
        let length = manifest.as_bytes().len() as u64;
        let mut upload = drafts::manifest(ctx, caller, id, length).await?;
        upload.write(manifest.as_bytes())?;
        upload.finish()?;
        let parcel = Binding::of(&manifest);
        let own = match keyrings::load(ctx, caller).await {
            Ok(_) => Some(stanza(self, (caller, caller), &parcel, 1).await),
            Err(_) => None,
        };
        let mut key = post.key.clone();
        if let Some(known) = &post.known {
            key.stanza = Some(stanza(self, (caller, known), &parcel, 1).await);
        }
        let order = WantedOrder {
            recipients: vec![Wanted {
                address: address(&post.to),
                way: WantedWay::Keyed(key),
                notice: Some(Notice {
                    key: String::new(),
                    subject: "Befund".into(),
                    message: "Guten Tag".into(),
                    files: vec![NoticeFile {
                        name: "Befund.pdf".into(),
                        size: 44,
                    }],
                    file_count: 1,
                    language: Language::De,
                }),
            }],
            expires: None,
            subject: "Befund".into(),
            message: "Guten Tag".into(),
            notify: false,
            own_stanza: own,
        };
        parcels::post(ctx, caller, id, order).await?;
        Ok(id)
    }

    /// Releases everything that waits; the outcome's codes.
    pub(crate) async fn release_all(&self, caller: &Caller, verified: &str) -> Vec<&'static str> {
        let waiting = releases::waiting(&self.ctx, caller).await.unwrap();
        let mut wanted = Vec::new();
        for row in waiting.recipients {
            let account = accounts::by_address(&self.ctx, &row.address).await.unwrap();
            let of = Caller {
                account,
                session: caller.session.clone(),
            };
            wanted.push(WantedRelease {
                parcel: row.parcel.to_string(),
                email: row.address.to_string(),
                stanza: {
                    let parcel = bound(self, row.parcel).await;
                    stanza(self, (caller, &of), &parcel, 1).await
                },
                tag_a: None,
                verified: verified.into(),
            });
        }
        let outcome = releases::release(&self.ctx, caller, wanted).await.unwrap();
        outcome
            .refused
            .iter()
            .map(|(_, _, error)| error.code())
            .collect()
    }

    async fn state(&self, id: ParcelId) -> RecipientState {
        let details = parcels::details(&self.ctx, &self.caller, id).await.unwrap();
        details.recipients[0]
            .recipient
            .state(details.closed.map(|(_, reason)| reason))
    }
}

fn code<T>(outcome: Result<T, Error>) -> &'static str {
    outcome.err().expect("refused").code()
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn a_newcomer_is_led_from_the_invitation_to_the_file() {
    let house = House::up_to(Level::KeyedAll).await;
    let (ctx, anna) = (&house.ctx, &house.caller);
    let to = Post::waiting(Level::KeyedAll, "ben@example.test");
    assert_eq!(
        code(house.post(anna, &to).await),
        "no_sealpass",
        "the sender goes first"
    );
    set_up(&house, anna, None).await;
    let id = house.post(anna, &to).await.unwrap();
    house.work().await;
    let mails = house.courier.take();
    let Mail::Delivery {
        notice, level: 4, ..
    } = &mails[0]
    else {
        panic!("a delivery's mail");
    };
    assert!(notice.files.is_empty() && notice.subject.is_empty() && notice.message.is_empty());
    assert_eq!(house.state(id).await, RecipientState::WaitsRegistration);
    register(ctx, &token(&mails), PASSWORD).await.unwrap();
    let ben = log_in(ctx, "ben@example.test", PASSWORD).await.unwrap();
    assert_eq!(house.state(id).await, RecipientState::WaitsSealpass);
    assert_eq!(
        code(inbox::open(ctx, &ben, id, &[1; 32]).await),
        "no_sealpass"
    );
    set_up(&house, &ben, None).await;
    house.work().await;
    let mails = house.courier.take();
    assert!(matches!(&mails[..], [Mail::WaitsRelease { count: 1, .. }]));
    assert_eq!(house.state(id).await, RecipientState::WaitsRelease);
    assert_eq!(
        code(inbox::open(ctx, &ben, id, &[1; 32]).await),
        "waits_release"
    );
    assert_eq!(inbox::counts(ctx, anna).await.unwrap(), (0, 1));

    let ben_at = address("ben@example.test");
    accounts::set_disabled(ctx, &ben_at, true).await.unwrap();
    let refused = house.release_all(anna, "words").await;
    assert_eq!(refused, ["account_disabled"]);
    accounts::set_disabled(ctx, &ben_at, false).await.unwrap();
    assert_eq!(house.release_all(anna, "no").await, ["not_verified"]);
    assert_eq!(house.state(id).await, RecipientState::WaitsRelease);
    assert!(house.release_all(anna, "words").await.is_empty());
    assert!(
        releases::waiting(ctx, anna)
            .await
            .unwrap()
            .recipients
            .is_empty()
    );
    house.work().await;
    let mails = house.courier.take();
    assert!(
        matches!(&mails[..], [Mail::Released { again: false, subject, .. }] if subject.is_empty())
    );
    assert_eq!(house.state(id).await, RecipientState::Released);

    assert_eq!(inbox::counts(ctx, &ben).await.unwrap(), (1, 0));
    inbox::open(ctx, &ben, id, &[1; 32]).await.unwrap();
    inbox::open(ctx, &ben, id, &[1; 32]).await.unwrap();
    visits::lease(ctx, &token_text([1; 32])).await.unwrap();
    let file = parcels::details(ctx, anna, id).await.unwrap().files[0].0;
    served::file(ctx, &token_text([1; 32]), file).await.unwrap();
    visits::receipts(ctx, &token_text([1; 32]), &[file])
        .await
        .unwrap();
    assert_eq!(house.state(id).await, RecipientState::Downloaded);
    assert_eq!(inbox::counts(ctx, &ben).await.unwrap(), (0, 0));
    parcels::withdraw(ctx, anna, id).await.unwrap();
    assert_eq!(
        code(served::file(ctx, &token_text([1; 32]), file).await),
        "withdrawn"
    );
    assert_eq!(
        code(inbox::open(ctx, &ben, id, &[2; 32]).await),
        "withdrawn"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
async fn a_release_after_the_end_or_to_another_key_is_refused() {
    let house = House::up_to(Level::KeyedAll).await;
    let (ctx, anna) = (&house.ctx, &house.caller);
    set_up(&house, anna, None).await;
    let ben = guest(&house, "ben@example.test").await;
    let id = house
        .post(anna, &Post::waiting(Level::KeyedFiles, "ben@example.test"))
        .await
        .unwrap();
    set_up(&house, &ben, None).await;
    let parcel = bound(&house, id).await;
    let mut swapped = stanza(&house, (anna, &ben), &parcel, 1).await;
    swapped[30] ^= 1;
    let mut forged = stanza(&house, (anna, &ben), &parcel, 1).await;
    *forged.last_mut().unwrap() ^= 1;
    let by_another = stanza(&house, (&ben, &ben), &parcel, 1).await;
    let again = Post::waiting(Level::KeyedFiles, "ben@example.test");
    let other = bound(&house, house.post(anna, &again).await.unwrap()).await;
    let of_another = stanza(&house, (anna, &ben), &other, 1).await;
    let wanted = |stanza: Vec<u8>, parcel: String, email: &str| WantedRelease {
        parcel,
        email: email.into(),
        stanza,
        tag_a: None,
        verified: "words".into(),
    };
    let right = stanza(&house, (anna, &ben), &parcel, 1).await;
    let by_opener = stanza(&house, (&ben, &ben), &parcel, 2).await;
    let foreign = ParcelId::from_bytes([9; 16]).to_string();
    let all = vec![
        wanted(swapped, id.to_string(), "ben@example.test"),
        wanted(by_opener, id.to_string(), "ben@example.test"),
        wanted(forged, id.to_string(), "ben@example.test"),
        wanted(by_another, id.to_string(), "ben@example.test"),
        wanted(of_another, id.to_string(), "ben@example.test"),
        wanted(right.clone(), id.to_string(), "eve@example.test"),
        wanted(right.clone(), foreign, "ben@example.test"),
        wanted(right.clone(), id.to_string(), "BEN@example.test"),
        wanted(right.clone(), id.to_string(), "ben@example.test"),
    ];
    let outcome = releases::release(ctx, anna, all).await.unwrap();
    let mut codes: Vec<_> = outcome.refused.iter().map(|(_, _, e)| e.code()).collect();
    codes.sort_unstable();
    assert_eq!(
        codes,
        [
            "invalid",
            "key_changed",
            "not_a_recipient",
            "not_found",
            "recipient_twice",
            "wrong_release",
            "wrong_release",
            "wrong_release"
        ]
    );
    assert_eq!(outcome.released.len(), 1, "in any case of the address");
    let again = vec![wanted(right.clone(), id.to_string(), "ben@example.test")];
    let outcome = releases::release(ctx, anna, again).await.unwrap();
    assert_eq!(outcome.released.len(), 1, "the answer may have been lost");
    let eve = vec![wanted(right.clone(), id.to_string(), "ben@example.test")];
    let outcome = releases::release(ctx, &ben, eve).await.unwrap();
    assert_eq!(
        outcome.refused[0].2.code(),
        "not_found",
        "somebody else's parcel"
    );
    parcels::withdraw(ctx, anna, id).await.unwrap();
    let late = vec![wanted(right, id.to_string(), "ben@example.test")];
    let outcome = releases::release(ctx, anna, late).await.unwrap();
    assert_eq!(outcome.refused[0].2.code(), "withdrawn");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_answers_who_wrote_and_nobody_else() {
    let house = House::up_to(Level::KeyedAll).await;
    let (ctx, anna) = (&house.ctx, &house.caller);
    set_up(&house, anna, None).await;
    let ben = guest(&house, "ben@example.test").await;
    let received = releases_of(&house, &ben).await;
    set_up(&house, &ben, None).await;
    let start = Post::waiting(Level::KeyedAll, "anna@example.test");
    assert_eq!(code(house.post(&ben, &start).await), "not_allowed");
    let answer = |level, to: &str| Post {
        in_reply_to: Some(received),
        ..Post::waiting(level, to)
    };
    let lower = answer(Level::KeyedFiles, "anna@example.test");
    assert_eq!(code(house.post(&ben, &lower).await), "level_too_low");
    let third = answer(Level::KeyedAll, "carl@example.test");
    assert_eq!(code(house.post(&ben, &third).await), "not_allowed");
    let mut right = answer(Level::KeyedAll, "anna@example.test");
    right.known = Some(anna.clone());
    right.key.verified = Some(Verified::Reply);
    let id = house.post(&ben, &right).await.unwrap();
    let found = inbox::details(ctx, anna, id).await.unwrap();
    assert_eq!(found.received.in_reply_to, Some(received));
    assert!(found.received.stanza.is_some());
    let unknown = Post {
        in_reply_to: Some(ParcelId::from_bytes([3; 16])),
        ..right.clone()
    };
    assert_eq!(code(house.post(&ben, &unknown).await), "not_found");
    let mut elsewhere = Post::waiting(Level::KeyedAll, "ben@example.test");
    elsewhere.known = Some(ben.clone());
    elsewhere.key.verified = Some(Verified::Reply);
    assert_eq!(code(house.post(anna, &elsewhere).await), "not_verified");
    let known = people::keys(ctx, &ben, &[address("anna@example.test")])
        .await
        .unwrap();
    assert!(known[0].sealpass);
    accounts::add(
        ctx,
        address("carl@example.test"),
        "",
        Role::Member,
        PASSWORD,
    )
    .await
    .unwrap();
    let hidden = people::keys(ctx, &ben, &[address("carl@example.test")])
        .await
        .unwrap();
    assert_eq!(hidden[0].account, None, "a guest learns of nobody else");
    assert_eq!(people::contacts(ctx, &ben).await.unwrap().len(), 1);
}

async fn releases_of(house: &House, of: &Caller) -> ParcelId {
    let all = inbox::list(&house.ctx, of, None, 10, &Default::default())
        .await
        .unwrap();
    all.rows[0].parcel
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_code_is_limited_on_both_sides() {
    let house = House::up_to(Level::KeyedAll).await;
    let (ctx, anna) = (&house.ctx, &house.caller);
    set_up(&house, anna, None).await;
    let ben = guest(&house, "ben@example.test").await;
    set_up(&house, &ben, None).await;
    let mut post = Post::waiting(Level::KeyedAll, "ben@example.test");
    post.key.code = Some(sealed::claim_code(0, false, None, None).unwrap());
    let id = house.post(anna, &post).await.unwrap();
    let to = address("ben@example.test");
    for n in 0..3 {
        inbox::register(ctx, &ben, id, [n; 32]).await.unwrap();
        let stranger = releases::wrong_tag(ctx, anna, id, &to, &[99; 32]).await;
        assert_eq!(code(stranger), "no_code", "only the tag that waits");
        releases::wrong_tag(ctx, anna, id, &to, &[n; 32])
            .await
            .unwrap();
    }
    assert_eq!(
        code(inbox::register(ctx, &ben, id, [7; 32]).await),
        "code_dead"
    );
    let record = instant_record(&house, id);
    let auth = [8; 32];
    let instant = sealed::claim_code(1, true, Some(record.clone()), Some(&sha256(&auth)));
    releases::set_code(ctx, anna, id, &to, instant.unwrap())
        .await
        .unwrap();
    assert_eq!(
        code(inbox::register(ctx, &ben, id, [7; 32]).await),
        "no_code"
    );
    let parcel = bound(&house, id).await;
    let own = stanza(&house, (&ben, &ben), &parcel, 2).await;
    let early = inbox::own_stanza(ctx, &ben, id, own.clone(), Some([1; 32])).await;
    assert_eq!(code(early), "waits_release", "no claim without the code");
    for left in (1..10).rev() {
        let wrong = inbox::instant(ctx, &ben, id, &[9; 32]).await;
        assert!(matches!(wrong, Err(Error::WrongCode { left: l }) if l == left));
    }
    assert_eq!(inbox::instant(ctx, &ben, id, &auth).await.unwrap(), record);
    let mut forged = own.clone();
    *forged.last_mut().unwrap() ^= 1;
    let forged = inbox::own_stanza(ctx, &ben, id, forged, Some([1; 32])).await;
    assert_eq!(code(forged), "wrong_release");
    inbox::own_stanza(ctx, &ben, id, own, Some([1; 32]))
        .await
        .unwrap();
    assert_eq!(
        code(inbox::instant(ctx, &ben, id, &auth).await),
        "not_found",
        "the record is dead"
    );
    inbox::open(ctx, &ben, id, &[1; 32]).await.unwrap();
    let waiting = releases::waiting(ctx, anna).await.unwrap();
    assert!(
        waiting.recipients.iter().any(|row| row.parcel == id),
        "the sender confirms"
    );
    assert!(house.release_all(anna, "code").await.is_empty());
}

fn instant_record(house: &House, id: ParcelId) -> Vec<u8> {
    let mut bytes = b"DPC1\x01".to_vec();
    bytes.extend_from_slice(id.as_bytes());
    bytes.extend_from_slice(&house.ctx.random.bytes::<16>());
    for number in [65536u32, 3] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes.push(1);
    bytes.resize(106, 6);
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_reset_it_is_provided_again() {
    let house = House::up_to(Level::KeyedAll).await;
    let (ctx, anna) = (&house.ctx, &house.caller);
    set_up(&house, anna, None).await;
    let ben = guest(&house, "ben@example.test").await;
    let record: SignedRecord = set_up(&house, &ben, None).await;
    house.release_all(anna, "words").await;
    let id = releases_of(&house, &ben).await;
    for admin in ["one@example.test", "two@example.test"] {
        accounts::add(ctx, address(admin), "", Role::Admin, PASSWORD)
            .await
            .unwrap();
        resets::ask(ctx, &ben.account.address, &address(admin))
            .await
            .unwrap();
    }
    assert_eq!(house.state(id).await, RecipientState::WaitsSealpass);
    assert_eq!(
        code(inbox::open(ctx, &ben, id, &[1; 32]).await),
        "no_sealpass"
    );
    set_up(&house, &ben, Some(&record)).await;
    assert_eq!(house.state(id).await, RecipientState::WaitsRelease);
    assert_eq!(
        code(inbox::open(ctx, &ben, id, &[1; 32]).await),
        "waits_release"
    );
    house.work().await;
    house.courier.take();
    assert!(house.release_all(anna, "words").await.is_empty());
    house.work().await;
    let mails = house.courier.take();
    assert!(
        mails
            .iter()
            .any(|mail| matches!(mail, Mail::Released { again: true, .. }))
    );
    inbox::open(ctx, &ben, id, &[1; 32]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn level_2_opens_for_the_right_person_alone() {
    let house = House::up_to(Level::KeyedAll).await;
    let (ctx, anna) = (&house.ctx, &house.caller);
    let sent = house
        .send_at(Level::Login, &["ben@example.test"], Want::default())
        .await;
    let link = &sent.links[0];
    house.work().await;
    let mails = house.courier.take();
    assert!(matches!(
        &mails[0],
        Mail::Delivery {
            arrival: Arrival::Link { login: true, .. },
            ..
        }
    ));
    let look = visits::look(ctx, link.id, &link.proof(), None, HERE)
        .await
        .unwrap();
    assert!(look.login && look.record.is_none() && look.manifest.is_none());
    let open = |caller| visits::open(ctx, link.id, link.request([1; 32]), caller, HERE);
    assert_eq!(code(open(None).await), "login_required");
    assert_eq!(code(open(Some(anna)).await), "wrong_account");
    for email in ["eve@example.test", "nobody", "Ben@Example.test"] {
        invitations::ask(ctx, link.id, &link.proof(), email, Language::Cs, HERE)
            .await
            .unwrap();
    }
    house.work().await;
    let mails = house.courier.take();
    register(ctx, &token(&mails), PASSWORD).await.unwrap();
    let ben = log_in(ctx, "ben@example.test", PASSWORD).await.unwrap();
    let look = visits::look(ctx, link.id, &link.proof(), Some(&ben), HERE)
        .await
        .unwrap();
    assert!(!look.login && look.record.is_some());
    assert_eq!(
        code(inbox::open(ctx, &ben, sent.id, &[5; 32]).await),
        "open_by_link"
    );
    set_up(&house, &ben, None).await;
    let parcel = bound(&house, sent.id).await;
    let own = stanza(&house, (&ben, &ben), &parcel, 2).await;
    let early = inbox::own_stanza(ctx, &ben, sent.id, own.clone(), None).await;
    assert_eq!(code(early), "open_by_link");
    open(Some(&ben)).await.unwrap();
    inbox::own_stanza(ctx, &ben, sent.id, own, None)
        .await
        .unwrap();
    inbox::open(ctx, &ben, sent.id, &[5; 32]).await.unwrap();
    visits::lease(ctx, &token_text([5; 32])).await.unwrap();
}
