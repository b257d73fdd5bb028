//! The whole door over a real service: database and blobs in a folder of their own, time and randomness
//! handed in.

use crate::house::{Answer, House};
use depesche_http::app::App;
use depesche_http::front::Front;
use depesche_http::metrics::Metrics;
use depesche_http::net::limits::Limits;
use depesche_http::origin::Origin;
use depesche_http::state::{Probe, Web};
use depesche_service::Brand;
use depesche_service::demo::CaughtMail;
use depesche_service::domain::effect::Language;
use depesche_service::domain::{Level, Policy, Role, Span, Time};
use depesche_service::opaque::{KSF_LANES, KSF_MEMORY, KSF_PASSES, Suite};
use depesche_service::random::Random;
use depesche_service::{Clock, Context, Places, Settings, accounts};
use opaque_ke::argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::{ClientLogin, ClientLoginFinishParameters, CredentialResponse, Identifiers};
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) const EMAIL: &str = "anna@example.org";
pub(crate) const PASSWORD: &str = "sechzehn Zeichen und mehr";

/// How the server is set up; the defaults are those of a demo on loopback.
pub(crate) struct Setup {
    pub(crate) public_url: &'static str,
    pub(crate) behind_proxy: bool,
    pub(crate) demo: bool,
    pub(crate) metrics_token: Option<&'static str>,
    pub(crate) ready: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8025",
            behind_proxy: false,
            demo: true,
            metrics_token: None,
            ready: true,
        }
    }
}

pub(crate) struct Portal {
    pub(crate) house: House,
    pub(crate) service: Arc<Context>,
    pub(crate) mail: CaughtMail,
    pub(crate) host: &'static str,
    _folder: TempDir,
}

async fn service(folder: &TempDir, setup: &Setup) -> Arc<Context> {
    let at = |name: &str| folder.path().join(name);
    let places = Places {
        database: format!("sqlite://{}", at("depesche.db").display()),
        blobs: format!("file:{}", at("blobs").display()),
        secrets: at("secrets"),
    };
    let settings = Settings {
        public_url: setup.public_url.into(),
        name: "Example".into(),
        brand: Brand {
            logo: Some(("image/svg+xml", b"<svg/>".as_slice().into())),
            colour: "#123456".into(),
            ..Brand::default()
        },
        policy: Policy {
            lowest: Level::Link,
            default: Level::Link,
            highest: Level::Link,
            largest: 1 << 30,
            retention: Span::days(30),
        },
        language: Language::En,
        demo: setup.demo,
        handoffs: depesche_service::handoffs::Rules::default(),
    };
    let clock = Clock::fixed(Time::from_ms(1_800_000_000_000));
    let opened = Context::open(&places, clock, Random::seeded(7), settings).await;
    opened.expect("a service")
}

impl Portal {
    pub(crate) async fn new(setup: Setup) -> Self {
        crate::log::listen();
        let folder = tempfile::tempdir().expect("a folder");
        let service = service(&folder, &setup).await;
        let mail = CaughtMail::default();
        let ready = setup.ready;
        let web = Web {
            front: Arc::new(Front {
                origin: Origin::parse(setup.public_url).expect("an origin"),
                behind_proxy: setup.behind_proxy,
                metrics: Metrics::default(),
                salt: std::hash::RandomState::new(),
            }),
            service: Arc::clone(&service),
            mail: setup.demo.then(|| mail.clone()),
            metrics_token: setup.metrics_token.map(Into::into),
            probes: vec![Probe {
                name: "store",
                ask: Box::new(move || Box::pin(async move { ready })),
            }],
            mails_waiting: Box::new(|| Box::pin(async { Some(3) })),
        };
        let house = House::new(App::new(web), Limits::default()).await;
        let host = setup.public_url.split("://").nth(1).expect("a host");
        Self {
            house,
            service,
            mail,
            host,
            _folder: folder,
        }
    }

    pub(crate) async fn demo() -> Self {
        Self::new(Setup::default()).await
    }

    /// A request as text, with the right host.
    pub(crate) fn request(&self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
        let mut head = format!("{line} HTTP/1.1\r\nHost: {}\r\n", self.host);
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").expect("written");
        }
        if !body.is_empty() || line.starts_with("P") {
            write!(head, "Content-Length: {}\r\n", body.len()).expect("written");
        }
        head.push_str("\r\n");
        [head.as_bytes(), body].concat()
    }

    pub(crate) async fn ask(&self, line: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut wire = self.house.connect().await;
        wire.send(self.request(line, headers, body)).await;
        wire.answer_to(line.split(' ').next().expect("a method"))
            .await
    }

    pub(crate) async fn send(&self, line: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut all = vec![("Content-Type", "application/json")];
        all.extend(headers);
        self.ask(line, &all, body.to_string().as_bytes()).await
    }

    pub(crate) async fn add_member(&self) {
        let address = EMAIL.parse().expect("an address");
        let added = accounts::add(&self.service, address, "Anna", Role::Member, PASSWORD).await;
        added.expect("an account");
    }

    /// Begins a login behind the proxy and leaves it there: a try that counts.
    pub(crate) async fn fail_login(&self, from: &str) {
        let client = ClientLogin::<Suite>::start(&mut Random::seeded(9), b"guess").expect("KE1");
        let request = base64(&client.message.serialize());
        let body = json!({"email": EMAIL, "request": request});
        let header = ("X-Forwarded-For", from);
        self.send("POST /api/v1/login/start", &[header], &body)
            .await;
    }

    /// Both steps of a login, as a client does them.
    pub(crate) async fn log_in(&self, headers: &[(&str, &str)], cookie: bool) -> Answer {
        self.log_in_as(EMAIL, headers, cookie).await
    }

    pub(crate) async fn log_in_as(
        &self,
        email: &str,
        headers: &[(&str, &str)],
        cookie: bool,
    ) -> Answer {
        let mut random = Random::seeded(8);
        let client = ClientLogin::<Suite>::start(&mut random, PASSWORD.as_bytes()).expect("KE1");
        let request = base64(&client.message.serialize());
        let body = json!({"email": email, "request": request});
        let started = self
            .send("POST /api/v1/login/start", &[], &body)
            .await
            .json();
        let text = |name: &str| started[name].as_str().expect("a text").to_owned();
        let response = unbase64(&text("response"));
        let response = CredentialResponse::<Suite>::deserialize(&response).expect("KE2");
        let (account, host) = (text("account"), text("host"));
        let params = Params::new(KSF_MEMORY, KSF_PASSES, KSF_LANES, None).expect("parameters");
        let ksf = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let identifiers = Identifiers {
            client: Some(account.as_bytes()),
            server: Some(host.as_bytes()),
        };
        let with = ClientLoginFinishParameters::new(None, identifiers, Some(&ksf));
        let finished = client
            .state
            .finish(&mut random, PASSWORD.as_bytes(), response, with);
        let proof = base64(&finished.expect("KE3").message.serialize());
        let body = json!({
            "login": text("login"), "finalization": proof, "label": "test", "cookie": cookie,
        });
        self.send("POST /api/v1/login/finish", headers, &body).await
    }

    /// A member and the header that speaks for it.
    pub(crate) async fn member(&self) -> String {
        self.add_member().await;
        self.bearer(EMAIL).await
    }

    /// The header that speaks for an account.
    pub(crate) async fn bearer(&self, email: &str) -> String {
        let answer = self.log_in_as(email, &[], false).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        format!(
            "Bearer {}",
            answer.json()["token"].as_str().expect("a token")
        )
    }
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(bytes)
}

fn unbase64(text: &str) -> Vec<u8> {
    let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes());
    bytes.expect("base64url")
}
