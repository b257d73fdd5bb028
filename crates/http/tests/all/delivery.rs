//! A delivery over the wire: drafts, parts, posting, links, ranges, receipts. The sealed bytes are just bytes
//! here; that they open is another crate's affair.

use crate::house::Answer;
use crate::portal::{Portal, base64};
use serde_json::json;
use sha2::{Digest, Sha256};

const PART: usize = 8 << 20;
const BYTES: (&str, &str) = ("Content-Type", "application/octet-stream");

fn id(byte: u8) -> String {
    base64(&[byte; 16])
}

/// A record as the server reads it (docs/format.md, Link): no password, no mailed code.
fn record(link: u8) -> String {
    let head = [b"DPL1\x01\x00".as_slice(), &[link; 16]].concat();
    base64(&[head.as_slice(), &[0; 12], &[0; 48]].concat())
}

/// Bytes in which every place is told from every other.
fn bytes(length: usize) -> Vec<u8> {
    let words = (0..length.div_ceil(8) as u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut all: Vec<u8> = words.flat_map(u64::to_be_bytes).collect();
    all.truncate(length);
    all
}

struct Delivery {
    portal: Portal,
    token: String,
    file: Vec<u8>,
}

const AUTH: [u8; 32] = [5; 32];

impl Delivery {
    /// A draft with one file of two parts.
    async fn begun() -> Self {
        let portal = Portal::demo().await;
        let token = portal.member().await;
        let this = Self {
            portal,
            token,
            file: bytes(PART + 1000),
        };
        let files = json!([{"id": id(2), "size": this.file.len()}]);
        let draft = this
            .member("PUT", "", json!({"level": 1, "files": files}))
            .await;
        let missing = json!([{"from": 0, "to": 2}]);
        assert_eq!(draft.json()["files"][0]["missing"], missing, "{draft:?}");
        this
    }

    async fn posted(limit: Option<u32>) -> Self {
        let this = Self::begun().await;
        let (one, two) = this.file.split_at(PART);
        assert_eq!(this.part(1, two).await.status(), 204);
        assert_eq!(this.part(0, one).await.status(), 204);
        let line = format!("PUT /api/v1/parcels/{}/manifest", id(1));
        assert_eq!(this.bytes(&line, b"manifest").await.status(), 204);
        let auth = base64(&Sha256::digest(AUTH));
        let link = json!({"id": id(3), "record": record(3), "auth": auth, "limit": limit});
        let to = json!([{"email": "you@example.test", "link": link}]);
        let post = json!({"recipients": to, "subject": "Hello", "message": "World"});
        let answer = this.member("POST", "/post", post).await;
        assert_eq!(answer.json()["state"], "posted", "{answer:?}");
        this
    }

    async fn member(&self, method: &str, under: &str, body: serde_json::Value) -> Answer {
        let line = format!("{method} /api/v1/parcels/{}{under}", id(1));
        let auth = ("Authorization", self.token.as_str());
        if method == "GET" {
            return self.portal.ask(&line, &[auth], b"").await;
        }
        self.portal.send(&line, &[auth], &body).await
    }

    async fn bytes(&self, line: &str, bytes: &[u8]) -> Answer {
        let auth = ("Authorization", self.token.as_str());
        self.portal.ask(line, &[auth, BYTES], bytes).await
    }

    async fn part(&self, index: usize, bytes: &[u8]) -> Answer {
        let (parcel, file) = (id(1), id(2));
        let line = format!("PUT /api/v1/parcels/{parcel}/files/{file}/parts/{index}");
        self.bytes(&line, bytes).await
    }

    async fn open(&self, token: [u8; 32]) -> Answer {
        let open = json!({
            "auth": base64(&AUTH), "email": "you@example.test", "token": base64(&token),
        });
        let line = format!("POST /api/v1/links/{}/open", id(3));
        self.portal.send(&line, &[], &open).await
    }

    async fn visit(&self, line: &str, token: [u8; 32], headers: &[(&str, &str)]) -> Answer {
        let claim = format!("Claim {}", base64(&token));
        let mut all = vec![("Authorization", claim.as_str())];
        all.extend(headers);
        self.portal.ask(line, &all, b"").await
    }

    async fn lease(&self, token: [u8; 32]) -> Answer {
        self.visit("POST /api/v1/claims/lease", token, &[]).await
    }

    async fn range(&self, range: &str, token: [u8; 32]) -> Answer {
        let line = format!("GET /api/v1/claims/files/{}", id(2));
        self.visit(&line, token, &[("Range", range)]).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_draft_to_receipt() {
    let delivery = Delivery::posted(Some(1)).await;
    let token = [9; 32];
    let letter = delivery.open(token).await.json();
    assert_eq!(letter["record"], record(3));
    assert_eq!(
        (&letter["subject"], &letter["message"]),
        (&json!("Hello"), &json!("World"))
    );
    assert_eq!(letter["claim"], json!({"state": "opened", "left": 1}));
    let manifest = delivery
        .visit("GET /api/v1/claims/manifest", token, &[])
        .await;
    assert_eq!(manifest.text(), "manifest");

    let file = format!("GET /api/v1/claims/files/{}", id(2));
    let early = delivery.visit(&file, token, &[]).await;
    assert_eq!(
        (early.status(), early.problem().as_str()),
        (401, "claim_over")
    );
    let leased = delivery.lease(token).await.json();
    assert_eq!(
        (&leased["state"], &leased["left"]),
        (&json!("leased"), &json!(0))
    );

    let part = delivery.range("bytes=0-8388607", token).await;
    assert_eq!(part.status(), 206);
    assert_eq!(
        part.header("content-range"),
        Some("bytes 0-8388607/8389608")
    );
    assert!(part.body == delivery.file[..PART]);
    let rest = delivery.range("bytes=8388608-", token).await;
    assert!(rest.body == delivery.file[PART..]);

    let line = "POST /api/v1/claims/receipts";
    let claim = format!("Claim {}", base64(&token));
    let receipts = json!({"files": [id(2)]});
    let receipt = delivery
        .portal
        .send(line, &[("Authorization", &claim)], &receipts)
        .await;
    assert_eq!(receipt.json()["state"], "committed");
    let seen = delivery.member("GET", "", json!(null)).await.json();
    let recipient = &seen["recipients"][0];
    assert_eq!(
        (&recipient["state"], &recipient["taken"]),
        (&json!("downloaded"), &json!(1))
    );
    assert_eq!(recipient["visits"][0]["receipts"][0]["file"], id(2));

    let other = [8; 32];
    assert_eq!(delivery.open(other).await.status(), 200);
    let refused = delivery.lease(other).await;
    assert_eq!(
        (refused.status(), refused.problem().as_str()),
        (409, "limit_reached")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_bytes_handed_out_commit_the_visit() {
    let delivery = Delivery::posted(None).await;
    let token = [9; 32];
    assert_eq!(delivery.open(token).await.status(), 200);
    assert_eq!(delivery.lease(token).await.json()["state"], "leased");
    let state = async || {
        let ping = delivery.visit("POST /api/v1/claims/ping", token, &[]).await;
        ping.json()["state"].as_str().expect("a state").to_owned()
    };
    assert!(delivery.range("bytes=1-", token).await.body == delivery.file[1..]);
    let file = format!("HEAD /api/v1/claims/files/{}", id(2));
    let head = delivery.visit(&file, token, &[]).await;
    assert_eq!(head.header("content-length"), Some("8389608"));
    assert_eq!(head.header("accept-ranges"), Some("bytes"));
    assert_eq!(
        state().await,
        "leased",
        "one byte is missing, and HEAD hands nothing out"
    );
    assert!(delivery.range("bytes=0-0", token).await.body == delivery.file[..1]);
    let committed = async { while state().await != "committed" {} };
    let committed = tokio::time::timeout(crate::house::PATIENCE, committed).await;
    committed.expect("the visit is committed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ranges() {
    let delivery = Delivery::posted(None).await;
    let token = [9; 32];
    assert_eq!(delivery.open(token).await.status(), 200);
    assert_eq!(delivery.lease(token).await.status(), 200);
    let size = delivery.file.len();
    for (range, status, from, to) in [
        ("bytes=5-9", 206, 5, 10),
        ("bytes=-3", 206, size - 3, size),
        ("bytes=262143-262144", 206, 262_143, 262_145),
        ("bytes=0-99999999999", 206, 0, size),
        ("bytes=0-1,4-5", 200, 0, size),
        ("nonsense", 200, 0, size),
    ] {
        let answer = delivery.range(range, token).await;
        assert_eq!(answer.status(), status, "{range}");
        assert!(answer.body == delivery.file[from..to], "{range}");
    }
    let beyond = delivery.range(&format!("bytes={size}-"), token).await;
    assert_eq!(
        (beyond.status(), beyond.problem().as_str()),
        (416, "bad_range")
    );
    assert_eq!(
        beyond.header("content-range"),
        Some(format!("bytes */{size}").as_str())
    );
    let unknown = format!("GET /api/v1/claims/files/{}", id(7));
    assert_eq!(delivery.visit(&unknown, token, &[]).await.status(), 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_that_do_not_fit_leave_nothing_behind() {
    let delivery = Delivery::begun().await;
    let (one, two) = delivery.file.split_at(PART);
    let (parcel, file) = (id(1), id(2));
    let line = |index: &str| format!("PUT /api/v1/parcels/{parcel}/files/{file}/parts/{index}");
    let auth = ("Authorization", delivery.token.as_str());
    for (index, bytes, status) in [
        ("1", &two[1..], 422),
        ("1", one, 422),
        ("0", &one[1..], 422),
        ("2", two, 422),
        ("18446744073709551615", two, 422),
        ("-1", two, 404),
        ("x", two, 404),
    ] {
        assert_eq!(
            delivery.bytes(&line(index), bytes).await.status(),
            status,
            "{index}"
        );
    }
    let typed = ("Content-Type", "application/json");
    let answer = delivery.portal.ask(&line("1"), &[auth, typed], two).await;
    assert_eq!(answer.problem(), "media_type");
    // The connection ends in the middle of a part.
    let mut wire = delivery.portal.house.connect().await;
    let request = delivery.portal.request(&line("0"), &[auth, BYTES], one);
    wire.send(&request[..request.len() / 2]).await;
    drop(wire);
    let draft = delivery.member("GET", "/draft", json!(null)).await.json();
    assert_eq!(draft["files"][0]["missing"], json!([{"from": 0, "to": 2}]));
    // Again, whole, and several at once.
    let (a, b, c) = tokio::join!(
        delivery.part(0, one),
        delivery.part(0, one),
        delivery.part(1, two)
    );
    assert_eq!([a.status(), b.status(), c.status()], [204; 3]);
    let draft = delivery.member("GET", "/draft", json!(null)).await.json();
    assert_eq!(draft["files"][0]["missing"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_still_sending_hears_why_not() {
    let delivery = Delivery::begun().await;
    let line = format!("PUT /api/v1/parcels/{}/files/{}/parts/0", id(1), id(2));
    let (one, _) = delivery.file.split_at(PART);
    for _ in 0..5 {
        let answer = delivery.portal.ask(&line, &[BYTES], one).await;
        assert_eq!(answer.problem(), "not_logged_in");
        let elsewhere = format!("PUT /api/v1/parcels/{}/files/{}/parts/0", id(1), id(6));
        assert_eq!(delivery.bytes(&elsewhere, one).await.problem(), "not_found");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_does_not_begin_before_it_is_allowed() {
    let delivery = Delivery::begun().await;
    let line = format!("PUT /api/v1/parcels/{}/files/{}/parts/1", id(1), id(2));
    let (_, two) = delivery.file.split_at(PART);
    let auth = ("Authorization", delivery.token.as_str());
    let request = delivery
        .portal
        .request(&line, &[auth, BYTES, ("Expect", "100-continue")], two);
    let (head, body) = request.split_at(request.len() - two.len());
    let mut wire = delivery.portal.house.connect().await;
    wire.send(head).await;
    assert_eq!(wire.answer().await.status(), 100);
    wire.send(body).await;
    assert_eq!(wire.answer().await.status(), 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_get_uses_anything_up() {
    let delivery = Delivery::posted(Some(1)).await;
    let (parcel, link) = (id(1), id(3));
    let before = delivery.member("GET", "", json!(null)).await.json();
    for method in ["GET", "HEAD", "OPTIONS", "GET"] {
        for path in [
            format!("/d/{link}"),
            format!("/d/{link}%231.abc"),
            format!("/d/{link}/"),
            format!("/api/v1/links/{link}/look"),
            format!("/api/v1/links/{link}/open"),
            format!("/api/v1/parcels/{parcel}"),
            "/api/v1/claims/lease".into(),
            "/api/v1/claims/manifest".into(),
        ] {
            let range = [("Range", "bytes=0-10"), ("User-Agent", "Mail-Scanner/1.0")];
            delivery
                .portal
                .ask(&format!("{method} {path}"), &range, b"")
                .await;
        }
    }
    assert_eq!(delivery.member("GET", "", json!(null)).await.json(), before);
    let look = json!({"auth": base64(&AUTH)});
    let line = format!("POST /api/v1/links/{link}/look");
    let shown = delivery.portal.send(&line, &[], &look).await.json();
    assert_eq!(
        (&shown["subject"], &shown["record"]),
        (&json!("Hello"), &json!(record(3)))
    );
    assert_eq!(delivery.member("GET", "", json!(null)).await.json(), before);
}
