//! A gateway between a peer and a next mail server, with a clock that stands.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use depesche_domain::effect::{Effect, Language};
use depesche_domain::{Level, Policy, Span, Time};
use depesche_gateway::House as Names;
use depesche_gateway::inbound::door::Door;
use depesche_gateway::outbound::route::Route;
use depesche_gateway::outbound::sender::Sender;
use depesche_gateway::port::{Conversion, Convert, Decision, Job};
use depesche_gateway::queue::Queue;
use depesche_gateway::rules::{Pattern, Rules};
use depesche_gateway::smtp::address::Host;
use depesche_gateway::smtp::session::wire::Settings as Limits;
use depesche_gateway::tag::Tag;
use depesche_gateway::trace::Tracer;
use depesche_service::random::Random;
use depesche_service::spool::{self, Spool};
use depesche_service::{Brand, Clock, Context, Error, Places, Settings};
use jiff::tz::TimeZone;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::hop::Hop;
use crate::peer::send;

pub(crate) const ANNA: &str = "anna@corp.test";
pub(crate) const OUT: &str = "k@partner.test";
pub(crate) const START: Time = Time::from_ms(1_790_000_000_000);

/// Makes protected mails as the test says.
#[derive(Default)]
pub(crate) struct Scripted {
    pub(crate) decisions: Mutex<Vec<Decision>>,
    pub(crate) effects: Mutex<Vec<Effect>>,
    /// What it was asked: the recipients, and the text.
    pub(crate) asked: Mutex<Vec<(Vec<String>, String)>>,
    pub(crate) came_back: Mutex<Vec<([u8; 16], String)>>,
    /// So many mails break it.
    pub(crate) breaks: AtomicUsize,
}

impl Convert for Scripted {
    async fn convert(&self, job: &Job) -> Result<Conversion, Error> {
        let left = |count: usize| count.checked_sub(1);
        let broken = self.breaks.fetch_update(Relaxed, Relaxed, left);
        assert!(broken.is_err(), "a fault of the program");
        let to = job.rows.iter().map(|row| row.address.clone()).collect();
        let text = String::from_utf8_lossy(&job.text).into_owned();
        self.asked.lock().expect("asked").push((to, text));
        let mut scripted = self.decisions.lock().expect("decisions");
        let count = job.rows.len().min(scripted.len());
        Ok(Conversion {
            decisions: scripted.drain(..count).collect(),
            effects: std::mem::take(&mut *self.effects.lock().expect("effects")),
        })
    }

    async fn came_back(&self, id: [u8; 16], report: &[u8]) -> Result<(), Error> {
        let report = String::from_utf8_lossy(report).into_owned();
        self.came_back.lock().expect("came back").push((id, report));
        Ok(())
    }
}

pub(crate) struct House {
    folder: Arc<tempfile::TempDir>,
    pub(crate) ctx: Arc<Context>,
    pub(crate) door: SocketAddr,
    pub(crate) hop: Hop,
    pub(crate) queue: Arc<Queue<Scripted>>,
    pub(crate) convert: Arc<Scripted>,
    pub(crate) stop: CancellationToken,
}

fn settings() -> Settings {
    Settings {
        public_url: "http://portal.test".into(),
        name: "Corp".into(),
        brand: Brand::default(),
        policy: Policy {
            lowest: Level::Link,
            default: Level::Link,
            highest: Level::KeyedAll,
            largest: 1 << 30,
            retention: Span::days(30),
        },
        language: Language::En,
        demo: false,
        handoffs: depesche_service::handoffs::Rules::default(),
    }
}

fn rules() -> Rules {
    Rules {
        tag: Tag::new("(Auto)"),
        domains: vec![Pattern::Domain("corp.test".into())],
        ..Rules::default()
    }
}

impl House {
    /// Whoever connects is trusted.
    pub(crate) async fn start() -> Self {
        Self::trusting("127.0.0.0/8").await
    }

    pub(crate) async fn trusting(network: &str) -> Self {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        Self::over(folder, Hop::start().await, network).await
    }

    /// Another process on the same data.
    async fn reopened(&self) -> Self {
        Self::over(self.folder.clone(), self.hop.clone(), "127.0.0.0/8").await
    }

    async fn over(folder: Arc<tempfile::TempDir>, hop: Hop, network: &str) -> Self {
        let place = |name: &str| folder.path().join(name);
        let places = Places {
            database: format!("sqlite://{}", place("depesche.db").display()),
            blobs: format!("file:{}", place("blobs").display()),
            secrets: place("secrets"),
        };
        let clock = Clock::fixed(START);
        let ctx = Context::open(&places, clock, Random::System, settings()).await;
        let ctx = ctx.expect("a context");
        let (spool, writer) = Spool::new(ctx.clone());
        tokio::spawn(writer.run());
        let own = Host::parse("gw.test").expect("a name");
        let key = spool::trace_key(&ctx).expect("a key");
        let tracer = Arc::new(Tracer::new("gw.test".into(), key));
        let convert = Arc::new(Scripted::default());
        let stop = CancellationToken::new();
        let door = Door {
            ctx: ctx.clone(),
            spool: spool.clone(),
            rules: rules(),
            tracer: tracer.clone(),
            convert: convert.clone(),
            settings: Limits::new(own.clone(), 30 << 20),
            host: "gw.test".into(),
            notices: "portal.test".into(),
            trusted: vec![network.parse().expect("a network")],
            tls: None,
            zone: TimeZone::UTC,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(Arc::new(door).run(listener, stop.clone()));
        let route = Route::parse(&format!("smtp://{}", hop.address), own).expect("a route");
        let queue = Arc::new(Queue {
            ctx: ctx.clone(),
            spool,
            sender: Arc::new(Sender::smtp(route).expect("TLS")),
            convert: convert.clone(),
            tracer,
            house: Names {
                public_url: "http://portal.test".into(),
                name: "Corp".into(),
                from: "depesche@portal.test".parse().expect("an address"),
                host: "portal.test".into(),
                zone: TimeZone::UTC,
            },
            stop: stop.clone(),
        });
        Self {
            folder,
            ctx,
            door: address,
            hop,
            queue,
            convert,
            stop,
        }
    }

    /// Everything that is due is done.
    pub(crate) async fn work(&self) {
        self.queue.clone().run_due().await.expect("the queue");
    }

    /// Time goes by, and what is due then is done.
    pub(crate) async fn after(&self, span: Span) {
        self.ctx.clock.set(self.ctx.now() + span);
        self.work().await;
    }

    pub(crate) async fn waiting(&self) -> usize {
        spool::list(&self.ctx, None, 1_000)
            .await
            .expect("a list")
            .len()
    }

    /// Where the part of this recipient stands.
    pub(crate) async fn state_of(&self, address: &str) -> &'static str {
        let listed = spool::list(&self.ctx, None, 1_000).await.expect("a list");
        let found = listed.iter().find(|one| one.row.address == address);
        found.expect("it waits").row.state.name()
    }

    /// The states of all that waits.
    pub(crate) async fn states(&self) -> Vec<&'static str> {
        let listed = spool::list(&self.ctx, None, 1_000).await.expect("a list");
        listed.iter().map(|one| one.row.state.name()).collect()
    }
}

impl House {
    /// Anna hands a mail for somebody elsewhere in, and it is taken.
    pub(crate) async fn takes(&self, text: &str) {
        let reply = send(self.door, ANNA, &[OUT], text).await;
        assert!(reply.starts_with("250"), "{reply}");
    }

    /// Files below the data folder whose bytes hold the text.
    pub(crate) async fn files_with(&self, text: &str) -> Vec<String> {
        let mut folders = vec![self.folder.path().to_owned()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                // What is taken away between the list and the look is not there.
                let bytes = match std::fs::read(&path) {
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                    read => read.expect("a file"),
                };
                if text.is_empty() || bytes.windows(text.len()).any(|w| w == text.as_bytes()) {
                    found.push(path.display().to_string());
                }
            }
        }
        found
    }

    /// Waits until no mail has a file.
    pub(crate) async fn until_no_mail_file(&self) {
        let gone = tokio::time::timeout(std::time::Duration::from_secs(30), async {
            while self
                .files_with("")
                .await
                .iter()
                .any(|path| path.contains("/mails/"))
            {
                tokio::task::yield_now().await;
            }
        });
        gone.await.expect("no mail has a file");
    }

    /// Everything that waits goes.
    pub(crate) async fn drop_all(&self) {
        for one in spool::list(&self.ctx, None, 1_000).await.expect("a list") {
            let dropped = spool::drop_row(&self.ctx, one.row.mail, one.row.position, false).await;
            dropped.expect("dropped");
        }
    }

    /// The keys of the hours are gone, as after a restore.
    pub(crate) async fn after_lost_keys(&self) {
        let folder = self.folder.path().join("secrets");
        for entry in std::fs::read_dir(folder).expect("the secrets") {
            let path = entry.expect("an entry").path();
            if path.display().to_string().contains("hour-") {
                // Damaged is as good as gone, and is seen although the key is in memory.
                std::fs::remove_file(path).expect("removed");
            }
        }
        let again = self.reopened().await;
        again.ctx.clock.set(self.ctx.now() + Span::minutes(2));
        again.queue.clone().run_due().await.expect("the queue");
    }
}
