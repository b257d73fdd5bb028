//! Attachments of protected mails, and replies.

use depesche_domain::effect::Language;
use depesche_domain::note::Note;
use depesche_domain::parcel::FileObject;
use depesche_domain::protected::{HELD, MailFacts, ReplyFacts};
use depesche_domain::{FileId, Level, LinkId, ParcelId, Span};
use depesche_seal::key::{LinkId as SealLinkId, ParcelId as SealParcelId, ParcelKey, ReplyToken};
use depesche_seal::link::{Head, LinkSecret, Record};
use depesche_seal::manifest::{Manifest, Sender};
use depesche_seal::parcel::{Flags, Level as SealLevel, SealedManifest, seal};
use depesche_seal::reply::ReplySecret;
use depesche_seal::stanza::{Binding, Stanza};
use depesche_seal::stream::StreamHeader;
use depesche_service::Error;
use depesche_service::protected::{attachments, replies, reply_keys};
use depesche_service::visits::{self, OpenRequest, Proof};

use crate::house::{HERE, House, NOW, address};
use crate::protected::{EVA, anna, told};

/// As [`told`], where its name is taken.
async fn again(house: &House) -> Vec<(String, Note)> {
    told(house).await
}

/// Attachments posted as the gateway posts them.
struct Attached {
    id: ParcelId,
    file: FileId,
    link: LinkId,
    auth: Vec<u8>,
    manifest: SealedManifest,
}

fn manifest(key: &ParcelKey, id: ParcelId, flags: Flags, number: u8) -> SealedManifest {
    let manifest = Manifest {
        created: 0,
        sender: Sender {
            account: None,
            address: EVA.into(),
            fingerprint: None,
        },
        in_reply_to: None,
        subject: None,
        body: None,
        files: Vec::new(),
        packs: Vec::new(),
    };
    let id = SealParcelId::from_bytes(*id.as_bytes());
    let header = StreamHeader::from_random(&[number; StreamHeader::RANDOM]);
    seal(key, id, flags, header, &manifest).unwrap()
}

fn facts() -> MailFacts {
    MailFacts {
        sender: anna(),
        recipient: address(EVA),
        subject: "Befund".into(),
        language: Language::De,
        outside: false,
    }
}

/// A file of 100 bytes goes up.
async fn upload(house: &House, id: ParcelId, file: FileId, number: u8) {
    let ctx = &house.ctx;
    let object = FileObject {
        id: file,
        size: 100,
    };
    attachments::begin(ctx, id, vec![object]).await.unwrap();
    let mut part = attachments::part(ctx, id, file, 0, 100).await.unwrap();
    part.write(&[number; 100]).unwrap();
    part.finish().unwrap();
}

async fn attach(house: &House, number: u8, mail: &str) -> Attached {
    let ctx = &house.ctx;
    let (id, file) = (
        ParcelId::from_bytes([number; 16]),
        FileId::from_bytes([number; 16]),
    );
    let key = ParcelKey::from_bytes(&[number; 32]);
    upload(house, id, file, number).await;
    let manifest = manifest(&key, id, Flags::of(SealLevel::Link), number);
    attachments::manifest(ctx, id, manifest.as_bytes())
        .await
        .unwrap();
    let secret = LinkSecret::from_bytes(&[number; 20]);
    let link = LinkId::from_bytes([number; 16]);
    let of_link = SealLinkId::from_bytes([number; 16]);
    let head = Head {
        id: of_link,
        mailed_code: false,
        password: None,
    };
    let record = Record::seal(
        head,
        &secret,
        None,
        [number; 12],
        manifest.header(),
        manifest.hash(),
        &key,
    );
    let auth = secret.auth(&of_link);
    let record = depesche_service::parcels::link_record(
        link,
        record.unwrap().to_bytes(),
        auth.hash().as_bytes(),
        None,
        None,
    );
    let new = attachments::New {
        mail: mail.into(),
        link: record.unwrap(),
        facts: facts(),
    };
    attachments::post(ctx, id, new).await.unwrap();
    Attached {
        id,
        file,
        link,
        auth: auth.expose().to_vec(),
        manifest,
    }
}

impl Attached {
    fn proof(&self) -> Proof {
        Proof {
            auth: self.auth.clone(),
            auth2: None,
        }
    }

    async fn fetch(&self, house: &House, token: u8) {
        let request = OpenRequest {
            proof: self.proof(),
            email: EVA.into(),
            code: None,
            token: vec![token; 32],
        };
        let letter = visits::open(&house.ctx, self.link, request, None, HERE)
            .await
            .unwrap();
        assert_eq!(
            (letter.posted.subject.as_str(), letter.sender.name.as_str()),
            ("Befund", "Dr. Anna Keller")
        );
        let token = depesche_seal::format::to_text(&[token; 32]);
        visits::lease(&house.ctx, &token).await.unwrap();
        visits::receipts(&house.ctx, &token, &[self.file])
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_show_who_wrote_and_the_sender_hears_of_the_first_fetch() {
    let house = House::new().await;
    let attached = attach(&house, 1, "m/0").await;
    let look = visits::look(&house.ctx, attached.link, &attached.proof(), None, HERE)
        .await
        .unwrap();
    assert_eq!(look.mail_to, Some(address(EVA)));
    assert_eq!(look.sender.address, anna().address);
    assert_eq!(look.posted.subject, "Befund");
    assert_eq!(look.manifest.unwrap(), attached.manifest.as_bytes());
    attached.fetch(&house, 5).await;
    let told = told(&house).await;
    let [
        (
            to,
            Note::Fetched {
                recipient,
                subject,
                at,
            },
        ),
    ] = told.as_slice()
    else {
        panic!("one note")
    };
    assert_eq!(
        (to.as_str(), recipient, subject.as_str(), *at),
        ("anna@example.test", &address(EVA), "Befund", NOW.ms())
    );
    attached.fetch(&house, 6).await;
    assert!(again(&house).await.is_empty(), "once");
    house.pass(HELD);
    house.work().await;
    assert!(
        again(&house).await.is_empty(),
        "fetched ones expire in silence"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_not_fetched_in_30_days_are_deleted_and_the_sender_is_told() {
    let house = House::new().await;
    let attached = attach(&house, 1, "m/0").await;
    house.pass(HELD);
    // The end is noted behind the mails of the same step; its note leaves with the next.
    house.work().await;
    let told = told(&house).await;
    assert!(
        matches!(told.as_slice(), [(to, Note::NotFetched { .. })] if to == "anna@example.test")
    );
    let look = visits::look(&house.ctx, attached.link, &attached.proof(), None, HERE).await;
    let Err(Error::Closed { sender, .. }) = look else {
        panic!("it is over")
    };
    assert_eq!(
        sender.unwrap().address,
        anna().address,
        "one learns whom to ask"
    );
    assert!(
        house
            .ctx
            .store
            .blobs
            .manifest_size(attached.id)
            .unwrap()
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_mail_again_takes_the_place_of_the_first_try() {
    let house = House::new().await;
    let first = attach(&house, 1, "m/0").await;
    let other = attach(&house, 3, "m/1").await;
    let second = attach(&house, 2, "m/0").await;
    let look =
        async |it: &Attached| visits::look(&house.ctx, it.link, &it.proof(), None, HERE).await;
    assert!(matches!(look(&first).await, Err(Error::Closed { .. })));
    assert!(look(&second).await.is_ok());
    assert!(look(&other).await.is_ok());
    assert!(told(&house).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_is_nobody_in_the_house() {
    let house = House::new().await;
    attach(&house, 1, "m/0").await;
    let all = depesche_service::accounts::list(&house.ctx).await.unwrap();
    assert_eq!(all.len(), 1, "only Anna");
}

/// A reply link as the gateway keeps it.
async fn link(house: &House, number: u8) -> (String, Vec<u8>) {
    let secret = ReplySecret::from_bytes(&[number; 32]);
    let token = ReplyToken::from_bytes([number; 16]);
    let auth = secret.reply_auth(&token);
    let new = replies::New {
        token: token.to_string(),
        mail: format!("m/{number}"),
        auth: *auth.hash().as_bytes(),
        facts: ReplyFacts {
            to: anna(),
            from: address(EVA),
            message_id: "1@example.test".into(),
            references: vec!["1@example.test".into()],
            language: Language::Cs,
        },
        quote: vec![1, 2, 3],
    };
    replies::keep(&house.ctx, new).await.unwrap();
    (token.to_string(), auth.expose().to_vec())
}

/// A reply's manifest and its stanza to the gateway.
fn written(house: &House, id: ParcelId) -> (SealedManifest, Vec<u8>) {
    let key = ParcelKey::from_bytes(&[4; 32]);
    let flags = Flags {
        level: SealLevel::Link,
        from_outside: true,
    };
    let manifest = manifest(&key, id, flags, 4);
    let keys = reply_keys(&house.ctx).unwrap();
    let stanza = Stanza::seal(
        &key,
        keys.record.record(),
        &Binding::of(&manifest),
        &[5; 64],
    )
    .unwrap();
    (manifest, stanza.release_from_outside().to_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_holds_the_pdf_answers_its_sender() {
    let house = House::new().await;
    let (token, auth) = link(&house, 8).await;
    let look = replies::look(&house.ctx, &token, &auth).await.unwrap();
    assert_eq!((look.facts.to, look.facts.from), (anna(), address(EVA)));
    assert_eq!(look.quote, [1, 2, 3]);
    assert_eq!(look.records.len(), 1);
    let door = replies::enter(&house.ctx, &token, &auth).await.unwrap();
    let id = ParcelId::from_bytes([4; 16]);
    door.begin(&house.ctx, id, Level::Link, Vec::new())
        .await
        .unwrap();
    door.begin(&house.ctx, id, Level::Link, Vec::new())
        .await
        .unwrap();
    let (manifest, stanza) = written(&house, id);
    let early = door.post(&house.ctx, id, &stanza).await;
    assert!(
        matches!(early, Err(Error::Refused(_))),
        "nothing has arrived"
    );
    let mut upload = door
        .manifest(&house.ctx, id, manifest.as_bytes().len() as u64)
        .await
        .unwrap();
    upload.write(manifest.as_bytes()).unwrap();
    upload.finish().unwrap();
    let mut wrong = stanza.clone();
    wrong[30] ^= 1;
    assert!(matches!(
        door.post(&house.ctx, id, &wrong).await,
        Err(Error::Invalid(_))
    ));
    let sent = door.post(&house.ctx, id, &stanza).await.unwrap();
    house.pass(Span::minutes(1));
    assert_eq!(
        door.post(&house.ctx, id, &stanza).await.unwrap(),
        sent,
        "the answer may have been lost"
    );
    let stub = format!("X-Depesche-Reply: {id}\r\n\r\n");
    let came = replies::came(&house.ctx, stub.as_bytes())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (came.parcel, came.facts.from, came.stanza),
        (id, address(EVA), stanza)
    );
    let received = format!("Received: x\r\n{stub}");
    assert!(
        replies::came(&house.ctx, received.as_bytes())
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_link_opens_nothing_else() {
    let house = House::new().await;
    let (token, auth) = link(&house, 8).await;
    let (other, other_auth) = link(&house, 9).await;
    for (token, auth, code) in [
        (&token, &other_auth, "link_wrong_key"),
        (&"AAAAAAAAAAAAAAAAAAAAAA".to_owned(), &auth, "link_unknown"),
        (&String::new(), &auth, "link_unknown"),
    ] {
        let refused = replies::look(&house.ctx, token, auth)
            .await
            .err()
            .map(|e| e.code());
        assert_eq!(refused, Some(code));
    }
    let attached = attach(&house, 1, "m/0").await;
    let door = replies::enter(&house.ctx, &token, &auth).await.unwrap();
    let own = ParcelId::from_bytes([4; 16]);
    door.begin(&house.ctx, own, Level::Link, Vec::new())
        .await
        .unwrap();
    let stranger = replies::enter(&house.ctx, &other, &other_auth)
        .await
        .unwrap();
    for id in [attached.id, own] {
        let begun = stranger
            .begin(&house.ctx, id, Level::Link, Vec::new())
            .await;
        assert!(matches!(begun, Err(Error::Conflict)));
        assert!(matches!(
            stranger.arrived(&house.ctx, id).await,
            Err(Error::NotFound)
        ));
        assert!(matches!(
            stranger.abandon(&house.ctx, id).await,
            Err(Error::NotFound)
        ));
    }
    let keyed = door.begin(
        &house.ctx,
        ParcelId::from_bytes([6; 16]),
        Level::KeyedAll,
        Vec::new(),
    );
    assert!(keyed.await.is_err());
    house.pass(Span::days(365));
    let over = replies::look(&house.ctx, &token, &auth).await;
    assert!(matches!(over, Err(Error::Closed { .. })));
}
