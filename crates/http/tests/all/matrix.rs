//! Every route for everybody: each answers as its access says, and of what is somebody else's nobody learns that it is
//! there. The list comes out of the router, so a new route is in it.

use crate::house::Answer;
use crate::portal::{PASSWORD, Portal, base64};
use crate::routes::{filled, headers};
use depesche_http::auth::Access;
use depesche_http::router::{Route, routes};
use depesche_service::domain::effect::Mail;
use depesche_service::domain::{Address, Role};
use depesche_service::opaque::{KSF_LANES, KSF_MEMORY, KSF_PASSES, Suite};
use depesche_service::random::Random;
use depesche_service::worker::Worker;
use depesche_service::{Courier, Failure, accounts, invitations};
use opaque_ke::argon2::{Algorithm, Argon2, Params, Version};
use opaque_ke::{
    ClientRegistration, ClientRegistrationFinishParameters, Identifiers, RegistrationResponse,
};
use serde_json::json;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Tokens(Arc<Mutex<Vec<String>>>);

impl Courier for Tokens {
    async fn carry(&self, _: &str, mail: &Mail) -> Result<(), Failure> {
        if let Mail::Invitation { token, .. } = mail {
            self.0.lock().expect("no panic before").push(token.clone());
        }
        Ok(())
    }
}

/// Makes a guest by an invitation, over the wire.
async fn add_guest(portal: &Portal, email: &str) {
    let address: Address = email.parse().expect("an address");
    invitations::invite(&portal.service, address, Role::Guest)
        .await
        .expect("invited");
    let tokens = Tokens::default();
    let worker = Worker::new(Arc::clone(&portal.service), tokens.clone());
    worker.step().await.expect("a step");
    let token = tokens
        .0
        .lock()
        .expect("no panic before")
        .pop()
        .expect("a token");
    let mut random = Random::seeded(11);
    let client = ClientRegistration::<Suite>::start(&mut random, PASSWORD.as_bytes()).expect("M1");
    let look = portal
        .send(
            "POST /api/v1/invitations/look",
            &[],
            &json!({"token": token}),
        )
        .await;
    assert_eq!(look.json()["email"], email);
    let body = json!({"token": token, "request": base64(&client.message.serialize())});
    let started = portal
        .send("POST /api/v1/invitations/start", &[], &body)
        .await
        .json();
    let text = |name: &str| started[name].as_str().expect("a text").to_owned();
    let response = data_encoding::BASE64URL_NOPAD.decode(text("response").as_bytes());
    let response = RegistrationResponse::deserialize(&response.expect("base64url")).expect("M2");
    let params = Params::new(KSF_MEMORY, KSF_PASSES, KSF_LANES, None).expect("parameters");
    let ksf = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (account, host) = (text("account"), text("host"));
    let identifiers = Identifiers {
        client: Some(account.as_bytes()),
        server: Some(host.as_bytes()),
    };
    let with = ClientRegistrationFinishParameters::new(identifiers, Some(&ksf));
    let done = client
        .state
        .finish(&mut random, PASSWORD.as_bytes(), response, with)
        .expect("M3");
    let upload = base64(&done.message.serialize());
    let body = json!({"token": token, "name": "Gast", "upload": upload});
    let finished = portal
        .send("POST /api/v1/invitations/finish", &[], &body)
        .await;
    assert_eq!(finished.status(), 204, "{finished:?}");
    let again = portal
        .send(
            "POST /api/v1/invitations/look",
            &[],
            &json!({"token": token}),
        )
        .await;
    assert_eq!(again.problem(), "invitation_over");
}

/// Who asks, and the header that speaks for them.
struct Who {
    name: &'static str,
    role: Option<Role>,
    header: Option<String>,
}

async fn everybody(portal: &Portal) -> Vec<Who> {
    let all = [
        ("member", "anna@example.org", Role::Member),
        ("other member", "ben@example.org", Role::Member),
        ("admin", "carl@example.org", Role::Admin),
        ("disabled", "dora@example.org", Role::Member),
    ];
    let mut who = vec![
        Who {
            name: "nobody",
            role: None,
            header: None,
        },
        Who {
            name: "visitor with a claim",
            role: None,
            header: Some(format!("Claim {}", base64(&[1; 32]))),
        },
    ];
    for (name, email, role) in all {
        let address = email.parse().expect("an address");
        accounts::add(&portal.service, address, name, role, PASSWORD)
            .await
            .expect("added");
        let header = Some(portal.bearer(email).await);
        who.push(Who {
            name,
            role: Some(role),
            header,
        });
    }
    let disabled: Address = "dora@example.org".parse().expect("an address");
    accounts::set_disabled(&portal.service, &disabled, true)
        .await
        .expect("disabled");
    if let Some(dora) = who.last_mut() {
        dora.role = None;
    }
    add_guest(portal, "gast@example.net").await;
    let header = Some(portal.bearer("gast@example.net").await);
    who.push(Who {
        name: "guest",
        role: Some(Role::Guest),
        header,
    });
    who
}

async fn ask(portal: &Portal, route: &Route, path: &str, who: &Who, body: &[u8]) -> Answer {
    let mut all = headers(route);
    if let Some(header) = &who.header {
        all.push(("Authorization", header));
    }
    portal
        .ask(&format!("{} {path}", route.method), &all, body)
        .await
}

/// Ends sessions: asked last, for each who asks.
fn ends(route: &Route) -> bool {
    route.path.starts_with("/api/v1/logout")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers_everybody_as_its_access_says() {
    let portal = Portal::demo().await;
    let who = everybody(&portal).await;
    for route in routes().iter().filter(|route| !ends(route)) {
        for who in &who {
            let answer = ask(&portal, route, &filled(route), who, b"{}").await;
            let place = format!("{} {} for {}", route.method, route.path, who.name);
            let least = match route.access {
                Access::Person => Role::Guest,
                Access::Member => Role::Member,
                Access::Admin => Role::Admin,
                Access::Claim => {
                    let claim = who.name == "visitor with a claim";
                    let expected = if claim {
                        ["claim_over", "bad_json"]
                    } else {
                        ["claim_required"; 2]
                    };
                    assert!(
                        expected.contains(&&*answer.problem()),
                        "{place}: {answer:?}"
                    );
                    continue;
                }
                Access::Handoff => {
                    assert_eq!(answer.problem(), "handoff_secret_required", "{place}");
                    continue;
                }
                Access::Reply => {
                    assert_eq!(answer.problem(), "reply_proof_required", "{place}");
                    continue;
                }
                Access::Link | Access::FirstCode => {
                    assert_eq!(answer.problem(), "bad_json", "{place}");
                    continue;
                }
                Access::Public | Access::Operator | Access::Demo => {
                    assert!(
                        ![401, 403].contains(&answer.status()),
                        "{place}: {answer:?}"
                    );
                    continue;
                }
            };
            match who.role {
                None => assert_eq!(answer.problem(), "not_logged_in", "{place}"),
                Some(role) if role < least => {
                    assert_eq!(
                        (answer.status(), &*answer.problem()),
                        (403, "not_allowed"),
                        "{place}"
                    );
                }
                Some(_) => assert!(
                    ![401, 403].contains(&answer.status()),
                    "{place}: {answer:?}"
                ),
            }
        }
    }
}

/// Bodies that get past the shape, so that the id is looked at.
fn body(route: &Route) -> String {
    let bytes = base64(&[7; 32]);
    match route.path.rsplit('/').next().unwrap_or_default() {
        "extend" => json!({"expires": 1_900_000_000_000_i64}),
        "drop" => json!({"email": "x@example.org"}),
        "recipients" => json!({"recipients": []}),
        "post" => json!({"recipients": []}),
        "resend" => json!({"notices": []}),
        "claim-code" => {
            json!({"email": "x@example.org", "claim_code": {"mode": "confirm", "number": 0}})
        }
        "wrong" => json!({"email": "x@example.org", "tag_b": bytes}),
        "read" => json!({"read": true}),
        "open" => json!({"token": bytes}),
        "register" => json!({"tag_b": bytes}),
        "instant" => json!({"auth": bytes}),
        _ => json!({}),
    }
    .to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_somebody_elses_looks_like_nothing() {
    let portal = Portal::demo().await;
    let who = everybody(&portal).await;
    let owner = who.iter().find(|who| who.name == "member").expect("there");
    let parcel = "BBBBBBBBBBBBBBBBBBBBBA";
    let begin = json!({"level": 1, "files": [{"id": parcel, "size": 100}]});
    let header = [("Authorization", owner.header.as_deref().expect("a header"))];
    let begun = portal
        .send(&format!("PUT /api/v1/parcels/{parcel}"), &header, &begin)
        .await;
    assert_eq!(begun.status(), 200, "{begun:?}");
    let sessions = portal
        .ask("GET /api/v1/sessions", &header, b"")
        .await
        .json();
    let session = sessions["sessions"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let named = |route: &&Route| route.path.starts_with("/api/v1/") && route.path.contains("{id}");
    for route in routes().iter().filter(named) {
        let foreign = if route.path.contains("/sessions/") {
            session.as_str()
        } else {
            parcel
        };
        for who in who.iter().filter(|who| who.name != "member") {
            let unknown = filled(route);
            let theirs = unknown.replace("AAAAAAAAAAAAAAAAAAAAAA", foreign);
            assert_ne!(unknown, theirs);
            let (body, place) = (
                body(route),
                format!("{} {} {}", route.method, route.path, who.name),
            );
            let one = ask(&portal, route, &unknown, who, body.as_bytes()).await;
            let two = ask(&portal, route, &theirs, who, body.as_bytes()).await;
            assert!(one.status() >= 400, "{place}: {one:?}");
            assert_eq!(
                (one.status(), one.text()),
                (two.status(), two.text()),
                "{place}"
            );
        }
    }
    let mine = portal
        .ask(&format!("GET /api/v1/parcels/{parcel}/draft"), &header, b"")
        .await;
    assert_eq!(mine.status(), 200, "{mine:?}");
}
