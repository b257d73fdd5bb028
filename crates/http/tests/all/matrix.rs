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

/// How far a parcel has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Draft,
    Posted,
    Closed,
}

const STATES: [State; 3] = [State::Draft, State::Posted, State::Closed];

fn header(who: &Who) -> [(&str, &str); 1] {
    [("Authorization", who.header.as_deref().expect("a header"))]
}

/// Makes a parcel of this owner in a state; its file has the same id. Gives the id.
async fn parcel(portal: &Portal, owner: &Who, number: u8, state: State) -> String {
    let (id, link) = (base64(&[number; 16]), [number ^ 0x80; 16]);
    let auth = header(owner);
    let under = |method: &str, path: &str| format!("{method} /api/v1/parcels/{id}{path}");
    let begin = json!({"level": 1, "files": [{"id": id, "size": 100}]});
    let begun = portal.send(&under("PUT", ""), &auth, &begin).await;
    assert_eq!(begun.status(), 200, "{begun:?}");
    if state == State::Draft {
        return id;
    }
    let sealed = [auth[0], ("Content-Type", "application/octet-stream")];
    let part = under("PUT", &format!("/files/{id}/parts/0"));
    for (line, bytes) in [
        (part, [1; 100].as_slice()),
        (under("PUT", "/manifest"), b"manifest"),
    ] {
        let put = portal.ask(&line, &sealed, bytes).await;
        assert_eq!(put.status(), 204, "{put:?}");
    }
    let record = [b"DPL1\x01\x00".as_slice(), &link, &[0; 60]].concat();
    let link = json!({"id": base64(&link), "record": base64(&record), "auth": base64(&[5; 32])});
    let post = json!({"recipients": [{"email": "x@example.org", "link": link}]});
    let posted = portal.send(&under("POST", "/post"), &auth, &post).await;
    assert_eq!(posted.json()["state"], "posted", "{posted:?}");
    if state == State::Closed {
        let closed = portal.ask(&under("POST", "/withdraw"), &auth, b"").await;
        assert_eq!(closed.json()["state"], "closed", "{closed:?}");
    }
    id
}

/// What the owner is answered of a draft, a posted and a closed parcel: status, and the problem's code if it is one.
#[rustfmt::skip]
const OWNER: &[(&str, [&str; 3])] = &[
    ("PUT /api/v1/parcels/{id}", ["200", "200", "withdrawn"]),
    ("GET /api/v1/parcels/{id}/draft", ["200", "200", "withdrawn"]),
    ("DELETE /api/v1/parcels/{id}/draft", ["204", "already_posted", "withdrawn"]),
    ("PUT /api/v1/parcels/{id}/files/{file}/parts/{index}", ["invalid", "already_posted", "withdrawn"]),
    ("DELETE /api/v1/parcels/{id}/files/{file}", ["204", "already_posted", "withdrawn"]),
    ("PUT /api/v1/parcels/{id}/manifest", ["204", "already_posted", "withdrawn"]),
    ("POST /api/v1/parcels/{id}/post", ["incomplete", "200", "withdrawn"]),
    ("GET /api/v1/parcels/{id}", ["not_found", "200", "200"]),
    ("GET /api/v1/parcels/{id}/manifest", ["not_found", "200", "withdrawn"]),
    ("POST /api/v1/parcels/{id}/withdraw", ["not_posted", "200", "withdrawn"]),
    ("POST /api/v1/parcels/{id}/extend", ["not_posted", "200", "withdrawn"]),
    ("POST /api/v1/parcels/{id}/recipients", ["not_found", "no_recipient", "withdrawn"]),
    ("POST /api/v1/parcels/{id}/recipients/drop", ["not_posted", "200", "withdrawn"]),
    ("POST /api/v1/parcels/{id}/resend", ["not_posted", "200", "withdrawn"]),
    ("PUT /api/v1/parcels/{id}/going-on", ["204", "already_posted", "withdrawn"]),
    ("GET /api/v1/parcels/{id}/going-on", ["not_found", "already_posted", "withdrawn"]),
    ("GET /api/v1/parcels/{id}/stanza", ["not_found", "200", "withdrawn"]),
    ("POST /api/v1/parcels/{id}/claim-code", ["not_posted", "not_a_recipient", "withdrawn"]),
    ("POST /api/v1/parcels/{id}/claim-code/wrong", ["not_posted", "not_a_recipient", "withdrawn"]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_is_answered_by_the_state_of_the_parcel() {
    let portal = Portal::demo().await;
    let who = everybody(&portal).await;
    let owner = who.iter().find(|who| who.name == "member").expect("there");
    let of_parcels = |route: &&Route| route.path.starts_with("/api/v1/parcels/{id}");
    let (mut number, mut wrong) = (0, Vec::new());
    for route in routes().iter().filter(of_parcels) {
        let name = format!("{} {}", route.method, route.path);
        let expected = OWNER.iter().find(|(known, _)| *known == name);
        let mut found = Vec::new();
        for state in STATES {
            number += 1;
            let id = parcel(&portal, owner, number, state).await;
            let path = filled(route).replace("AAAAAAAAAAAAAAAAAAAAAA", &id);
            let body = match name.as_str() {
                "PUT /api/v1/parcels/{id}" => json!({"level": 1, "files": []}).to_string(),
                _ => body(route),
            };
            let answer = ask(&portal, route, &path, owner, body.as_bytes()).await;
            found.push(match answer.status() {
                status @ 200..=299 => status.to_string(),
                _ => answer.problem(),
            });
        }
        if expected.is_none_or(|(_, expected)| found != expected) {
            wrong.push(format!("    (\"{name}\", {found:?}),"));
        }
    }
    assert!(
        wrong.is_empty(),
        "not as the table says:\n{}",
        wrong.join("\n")
    );
    assert!(number > 0 && number < 0x80);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_somebody_elses_looks_like_nothing() {
    let portal = Portal::demo().await;
    let who = everybody(&portal).await;
    let owner = who.iter().find(|who| who.name == "member").expect("there");
    let auth = header(owner);
    let mut parcels = Vec::new();
    for (number, state) in (1..).zip(STATES) {
        parcels.push(parcel(&portal, owner, number, state).await);
    }
    let sessions = portal.ask("GET /api/v1/sessions", &auth, b"").await.json();
    let session = sessions["sessions"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let named = |route: &&Route| route.path.starts_with("/api/v1/") && route.path.contains("{id}");
    for route in routes().iter().filter(named) {
        let foreign = if route.path.contains("/sessions/") {
            vec![session.clone()]
        } else {
            parcels.clone()
        };
        for who in who.iter().filter(|who| who.name != "member") {
            let unknown = filled(route);
            let (body, place) = (
                body(route),
                format!("{} {} {}", route.method, route.path, who.name),
            );
            let one = ask(&portal, route, &unknown, who, body.as_bytes()).await;
            assert!(one.status() >= 400, "{place}: {one:?}");
            for foreign in &foreign {
                let theirs = unknown.replace("AAAAAAAAAAAAAAAAAAAAAA", foreign);
                assert_ne!(unknown, theirs);
                let two = ask(&portal, route, &theirs, who, body.as_bytes()).await;
                assert_eq!(
                    (one.status(), one.text()),
                    (two.status(), two.text()),
                    "{place}"
                );
            }
        }
    }
    for (id, (path, state)) in
        parcels
            .iter()
            .zip([("/draft", "draft"), ("", "posted"), ("", "closed")])
    {
        let line = format!("GET /api/v1/parcels/{id}{path}");
        let mine = portal.ask(&line, &auth, b"").await;
        assert_eq!(mine.status(), 200, "{state}: {mine:?}");
    }
}
