//! A service with a member, a fixed clock and a courier that remembers everything.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use depesche_domain::effect::{Language, Mail, Notice, NoticeFile};
use depesche_domain::parcel::{FileObject, LinkRecord};
use depesche_domain::{Address, FileId, Level, LinkId, ParcelId, Policy, Role, Span, Time};
use depesche_seal::key::{LinkId as SealLinkId, ParcelId as SealParcelId, ParcelKey};
use depesche_seal::link::{Head, LinkSecret, Record};
use depesche_seal::manifest::{Manifest, Sender};
use depesche_seal::parcel::{Flags, Level as SealLevel, SealedManifest, seal};
use depesche_seal::password::Params;
use depesche_seal::primitives::sha256;
use depesche_seal::stream::StreamHeader;
use depesche_service::orders::{Wanted, WantedOrder, WantedWay};
use depesche_service::random::Random;
use depesche_service::visits::{OpenRequest, Proof};
use depesche_service::worker::Worker;
use depesche_service::{
    Caller, Clock, Context, Courier, Failure, Places, Settings, accounts, drafts, parcels,
};

pub(crate) const NOW: Time = Time::from_ms(1_790_000_000_000);
pub(crate) const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// Never fails unless told to, and remembers everything.
#[derive(Clone, Default)]
pub(crate) struct TestCourier {
    pub(crate) sent: Arc<Mutex<Vec<(String, Mail)>>>,
    pub(crate) fail: Arc<Mutex<Option<Failure>>>,
}

impl Courier for TestCourier {
    async fn carry(&self, id: &str, mail: &Mail) -> Result<(), Failure> {
        if let Some(failure) = self.fail.lock().unwrap().clone() {
            return Err(failure);
        }
        self.sent
            .lock()
            .unwrap()
            .push((id.to_owned(), mail.clone()));
        Ok(())
    }
}

impl TestCourier {
    pub(crate) fn take(&self) -> Vec<Mail> {
        self.sent
            .lock()
            .unwrap()
            .drain(..)
            .map(|(_, mail)| mail)
            .collect()
    }

    pub(crate) fn set_failing(&self, failure: Option<Failure>) {
        *self.fail.lock().unwrap() = failure;
    }
}

pub(crate) struct House {
    pub(crate) ctx: Arc<Context>,
    pub(crate) caller: Caller,
    pub(crate) courier: TestCourier,
    pub(crate) folder: tempfile::TempDir,
}

/// A posted parcel with what its recipients hold.
pub(crate) struct Sent {
    pub(crate) id: ParcelId,
    pub(crate) file: FileId,
    pub(crate) bytes: Vec<u8>,
    pub(crate) links: Vec<Link>,
}

pub(crate) struct Link {
    pub(crate) id: LinkId,
    pub(crate) auth: Vec<u8>,
    pub(crate) auth2: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Want {
    pub(crate) limit: Option<u32>,
    pub(crate) password: bool,
    pub(crate) mailed_code: bool,
    pub(crate) silent: bool,
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().unwrap()
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::up_to(Level::Link).await
    }

    pub(crate) async fn up_to(highest: Level) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ctx = open_with(folder.path(), Clock::fixed(NOW), 1, highest).await;
        let account = accounts::add(
            &ctx,
            address("anna@example.test"),
            "Dr. Anna Keller",
            Role::Member,
            PASSWORD,
        );
        let account = account.await.unwrap();
        let caller = crate::logins::log_in(&ctx, account.address.as_str(), PASSWORD)
            .await
            .unwrap();
        Self {
            ctx,
            caller,
            courier: TestCourier::default(),
            folder,
        }
    }

    pub(crate) fn pass(&self, span: Span) {
        self.ctx.clock.set(self.ctx.now() + span);
    }

    pub(crate) async fn work(&self) {
        Worker::new(self.ctx.clone(), self.courier.clone())
            .step()
            .await
            .unwrap();
    }

    /// A parcel of one file of 9 MiB, so two parts.
    pub(crate) async fn send(&self, to: &[&str], want: Want) -> Sent {
        self.send_at(Level::Link, to, want).await
    }

    pub(crate) async fn send_at(&self, level: Level, to: &[&str], want: Want) -> Sent {
        let id = ParcelId::from_bytes(self.ctx.random.bytes());
        let file = FileId::from_bytes(self.ctx.random.bytes());
        let bytes: Vec<u8> = (0..(9u32 << 20))
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        let object = FileObject {
            id: file,
            size: bytes.len() as u64,
        };
        drafts::begin(&self.ctx, &self.caller, id, level, vec![object], None)
            .await
            .unwrap();
        for (index, part) in bytes.chunks(8 << 20).enumerate().rev() {
            self.put(id, file, index as u64, part).await;
        }
        let (manifest, key) = sealed_manifest(&self.ctx, id);
        let mut upload = drafts::manifest(
            &self.ctx,
            &self.caller,
            id,
            manifest.as_bytes().len() as u64,
        )
        .await
        .unwrap();
        upload.write(manifest.as_bytes()).unwrap();
        upload.finish().unwrap();
        let (recipients, links) = to
            .iter()
            .map(|to| self.recipient(to, want, &manifest, &key))
            .unzip();
        let order = WantedOrder {
            own_stanza: None,
            recipients,
            expires: None,
            subject: "Lindenhof 4".into(),
            message: "Guten Tag".into(),
            notify: true,
        };
        parcels::post(&self.ctx, &self.caller, id, order)
            .await
            .unwrap();
        Sent {
            id,
            file,
            bytes,
            links,
        }
    }

    pub(crate) async fn put(&self, id: ParcelId, file: FileId, index: u64, part: &[u8]) {
        let mut writer = drafts::part(&self.ctx, &self.caller, id, file, index, part.len() as u64)
            .await
            .unwrap();
        for piece in part.chunks(1 << 20) {
            writer.write(piece).unwrap();
        }
        writer.finish().unwrap();
    }

    pub(crate) fn recipient(
        &self,
        to: &str,
        want: Want,
        manifest: &SealedManifest,
        key: &ParcelKey,
    ) -> (Wanted, Link) {
        let random = &self.ctx.random;
        let id: [u8; 16] = random.bytes();
        let seal_id = SealLinkId::from_bytes(id);
        let secret = LinkSecret::from_bytes(&random.bytes());
        let params = want.password.then(|| Params::recommended(random.bytes()));
        let pw = params.map(|params| params.stretch("kennwort").unwrap());
        let head = Head {
            id: seal_id,
            mailed_code: want.mailed_code,
            password: params,
        };
        let record = Record::seal(
            head,
            &secret,
            pw.as_ref(),
            random.bytes(),
            manifest.header(),
            manifest.hash(),
            key,
        )
        .unwrap();
        let auth = secret.auth(&seal_id).expose().to_vec();
        let auth2 = pw.map(|pw| secret.auth2(&seal_id, &pw).expose().to_vec());
        let link: LinkRecord = parcels::link_record(
            LinkId::from_bytes(id),
            record.to_bytes(),
            &sha256(&auth),
            auth2
                .as_deref()
                .map(sha256)
                .as_ref()
                .map(<[u8; 32]>::as_slice),
            want.limit,
        )
        .unwrap();
        let notice = (!want.silent).then(|| Notice {
            key: depesche_seal::link_text::fragment(&secret).to_string(),
            subject: "Lindenhof 4".into(),
            message: "Guten Tag".into(),
            files: vec![NoticeFile {
                name: "Vertrag.pdf".into(),
                size: 9 << 20,
            }],
            file_count: 1,
            language: Language::De,
        });
        let link_held = Link {
            id: link.id,
            auth,
            auth2,
        };
        (
            Wanted {
                address: address(to),
                way: WantedWay::Link(link),
                notice,
            },
            link_held,
        )
    }
}

pub(crate) fn sealed_manifest(ctx: &Context, id: ParcelId) -> (SealedManifest, ParcelKey) {
    let key = ParcelKey::from_bytes(&ctx.random.bytes());
    let manifest = Manifest {
        created: 1,
        sender: Sender {
            account: None,
            address: "anna@example.test".into(),
            fingerprint: None,
        },
        in_reply_to: None,
        subject: None,
        body: None,
        files: vec![],
        packs: vec![],
    };
    let header = StreamHeader::from_random(&ctx.random.bytes());
    let id = SealParcelId::from_bytes(*id.as_bytes());
    (
        seal(&key, id, Flags::of(SealLevel::Link), header, &manifest).unwrap(),
        key,
    )
}

pub(crate) async fn open(folder: &std::path::Path, clock: Clock, seed: u64) -> Arc<Context> {
    open_with(folder, clock, seed, Level::Link).await
}

pub(crate) async fn open_with(
    folder: &std::path::Path,
    clock: Clock,
    seed: u64,
    highest: Level,
) -> Arc<Context> {
    let folder = folder.to_str().unwrap();
    let places = Places {
        database: format!("sqlite://{folder}/depesche.db"),
        blobs: format!("file:{folder}/blobs"),
        secrets: format!("{folder}/secrets").into(),
    };
    let settings = Settings {
        public_url: "https://portal.example".into(),
        name: String::new(),
        brand: depesche_service::Brand::default(),
        policy: Policy {
            lowest: Level::Link,
            default: Level::Link,
            highest,
            largest: 1 << 30,
            retention: Span::days(30),
        },
        language: Language::En,
        demo: false,
    };
    Context::open(&places, clock, Random::seeded(seed), settings)
        .await
        .unwrap()
}

impl Link {
    pub(crate) fn proof(&self) -> Proof {
        Proof {
            auth: self.auth.clone(),
            auth2: self.auth2.clone(),
        }
    }

    pub(crate) fn request(&self, token: [u8; 32]) -> OpenRequest {
        OpenRequest {
            proof: self.proof(),
            email: "someone@else.example".into(),
            code: None,
            token: token.to_vec(),
        }
    }
}

pub(crate) fn token_text(token: [u8; 32]) -> String {
    depesche_seal::format::to_text(&token)
}
