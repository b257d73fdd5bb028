//! G1: however many race for a link that may be used once, one gets the bytes, and the others get none.

use std::sync::Arc;

use depesche_client::api::{B64, LinkProof, Open};
use depesche_client::http::{CallError, Server as Api};
use depesche_client::seal::link::LinkSecret;
use depesche_client::seal::link_text::Link;
use depesche_tests::client::recipient;
use depesche_tests::server::Server;
use depesche_tests::tree;
use depesche_tests::wire;
use serde_json::json;
use tokio::task::JoinSet;

const LINKS: usize = 500;
const RACERS: usize = 20;
/// Links raced for at the same time.
const LANES: usize = 4;

fn token() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    data_encoding::BASE64URL_NOPAD.encode(&bytes)
}

/// Opens the letter and asks for a lease: the token if it was granted.
async fn race(api: Api, link: Arc<(Link, LinkSecret)>) -> Option<String> {
    let token = token();
    let bytes = data_encoding::BASE64URL_NOPAD
        .decode(token.as_bytes())
        .expect("our own");
    let (link, secret) = (&link.0, &link.1);
    let proof = LinkProof {
        auth: B64(secret.auth(&link.id).expose().to_vec()),
        auth2: None,
    };
    let open = Open {
        proof,
        email: "racer@example.test".into(),
        code: None,
        token: B64(bytes),
    };
    match api.open(&link.id.to_string(), &open).await {
        Ok(_) => {}
        Err(CallError::Refused(problem)) if problem.code == "limit_reached" => return None,
        Err(other) => panic!("open: {other}"),
    }
    match api.with_claim(&token).lease().await {
        Ok(claim) => {
            assert_eq!(claim.left, Some(0));
            Some(token)
        }
        Err(CallError::Refused(problem)) if problem.code == "limit_reached" => None,
        Err(other) => panic!("lease: {other}"),
    }
}

async fn one_link(api: Api, url: String, file: String) -> String {
    let link = Link::parse(&url).expect("a link");
    let secret = link.secret.clone().expect("a key part");
    let link = Arc::new((link, secret));
    let mut racers = JoinSet::new();
    for _ in 0..RACERS {
        racers.spawn(race(api.clone(), Arc::clone(&link)));
    }
    let won: Vec<String> = racers.join_all().await.into_iter().flatten().collect();
    let [winner] = won.as_slice() else {
        panic!("{} of {RACERS} racers won", won.len());
    };
    let claim = api
        .with_claim(winner)
        .receipts(vec![file])
        .await
        .expect("a receipt");
    assert_eq!(claim.state, "committed");
    winner.clone()
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn one_of_many_racers_wins_each_link() {
    let server = Server::demo();
    let anna = server.anna();
    let note = anna.folder().join("note.txt");
    tree::write(&note, "hello");
    let names: Vec<String> = (0..LINKS).map(|n| format!("r{n}@example.test")).collect();
    let mut words = vec![
        "send",
        "note.txt",
        "--level",
        "1",
        "--no-mail",
        "--max-downloads",
        "1",
    ];
    for name in &names {
        words.extend(["--to", name]);
    }
    let sent = anna.run(words).done();
    let file = anna.show(&sent["id"])["files"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let api = Api::new(&server.url).expect("an address");
    let links = sent["links"].as_object().expect("links").clone();
    let winners: Vec<String> = runtime.block_on(async {
        let urls: Vec<String> = links
            .values()
            .map(|url| url.as_str().expect("a URL").into())
            .collect();
        let mut winners = vec![];
        for some in urls.chunks(LANES) {
            let mut lanes = JoinSet::new();
            for url in some {
                lanes.spawn(one_link(api.clone(), url.clone(), file.clone()));
            }
            winners.extend(lanes.join_all().await);
        }
        winners
    });
    assert_eq!(winners.len(), LINKS);
    let shown = anna.show(&sent["id"]);
    for name in &names {
        let one = recipient(&shown, name);
        assert_eq!(
            (&one["taken"], &one["state"]),
            (&json!(1), &json!("downloaded")),
            "{one}"
        );
    }
    // Who was refused gets no byte, who won goes on getting every one.
    let path = format!("GET /api/v1/claims/files/{file}");
    let status = |token: &str| {
        wire::ask(
            server.listen,
            &path,
            &format!("Authorization: Claim {token}\r\n"),
            b"",
        )
        .status
    };
    assert_eq!(status(&winners[0]), 200);
    assert_eq!(status(&token()), 401);
}
