//! What somebody without any right tries (security C2, C8, C12, C14, C15).

use depesche_tests::client::{Client, link_of, recipient};
use depesche_tests::mail::Sink;
use depesche_tests::server::{Server, Setup};
use depesche_tests::tree;
use depesche_tests::wire;
use serde_json::json;

/// Ways to say `../`, each as it may stand in a path.
const UP: &[&str] = &[
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "..%5c",
    "..\\",
    "....//",
    "%252e%252e%252f",
    "..;/",
    "%c0%ae%c0%ae/",
    "..%00/",
    "%uff0e%uff0e/",
    "./../",
    ".%2e/",
    "//../",
];

/// C2: whatever stands in a path, no file outside is read, and nothing on the disk changes.
#[test]
fn no_path_leads_out_of_the_store() {
    let server = Server::demo();
    let canary = "a file that nobody may read";
    tree::write(server.folder().join("canary"), canary);
    let before = tree::read(&server.data());
    let slots = [
        "GET /X",
        "GET /assets/X",
        "GET /d/X",
        "GET /sent/X",
        "GET /api/v1/parcels/X",
        "GET /api/v1/claims/files/X",
        "PUT /api/v1/parcels/X/manifest",
        "PUT /api/v1/parcels/X/files/X/parts/0",
        "DELETE /api/v1/parcels/X/draft",
        "POST /api/v1/links/X/look",
        "GET /api/v1/parcels?after=X",
        "DELETE /dev/X",
    ];
    for slot in slots {
        for up in UP {
            for depth in [1, 2, 3, 8] {
                for target in ["canary", "data/depesche.db"] {
                    let line = slot.replace('X', &(up.repeat(depth) + target));
                    let answer =
                        wire::ask(server.listen, &line, "Authorization: Bearer x\r\n", b"");
                    // A page is served under every such address; it is always the same.
                    let under = ["GET /d/", "GET /sent/"];
                    let is_page = under.iter().any(|u| slot.starts_with(u)) && answer.status == 200;
                    assert!(
                        is_page || (300..500).contains(&answer.status),
                        "{line}: {}",
                        answer.head
                    );
                    let text = answer.text();
                    assert!(
                        !text.contains(canary) && !text.contains("SQLite format"),
                        "{line}"
                    );
                }
            }
        }
    }
    assert_eq!(
        tree::read(&server.data()).keys().collect::<Vec<_>>(),
        before.keys().collect::<Vec<_>>()
    );
}

/// C8: there is no back door to a set-up or an administration, however it is spelt.
#[test]
fn no_spelling_opens_what_is_closed() {
    let server = Server::start(Setup::default());
    let words = [
        "setup",
        "install",
        "admin",
        "api/v1/admin",
        "api/v1/users",
        "api/v1/me",
        "api/v1/parcels",
        "dev/mail",
        "dev/mail.json",
        "metrics/../dev/mail.json",
        "debug",
        "actuator",
        "console",
        ".git/config",
        ".env",
    ];
    let spellings: &[fn(&str) -> String] = &[
        |word| format!("/{word}"),
        |word| format!("/{word}/"),
        |word| format!("//{word}"),
        |word| format!("/./{word}"),
        |word| format!("/x/..;/{word}"),
        |word| format!("/x/../{word}"),
        |word| format!("/{}", word.to_uppercase()),
        |word| format!("/{word}."),
        |word| format!("/{word}%20"),
        |word| format!("/{word}%00"),
        |word| format!("/{word};x=y"),
        |word| format!("/{word}?demo=1"),
        |word| format!("/{}", word.replace('/', "%2f")),
    ];
    let tricks = [
        "",
        "X-Original-URL: /healthz\r\n",
        "X-Forwarded-For: 127.0.0.1\r\n",
        "Authorization: Bearer\r\n",
    ];
    for word in words {
        for spell in spellings {
            for headers in tricks {
                let path = spell(word);
                let answer = wire::ask(server.listen, &format!("GET {path}"), headers, b"");
                assert!(
                    [400, 401, 404, 405].contains(&answer.status),
                    "{path}: {}",
                    answer.head
                );
            }
        }
    }
}

/// C12: links in mail begin with `public_url`, whatever a request says about hosts.
#[test]
fn no_header_changes_the_links() {
    let sink = Sink::start();
    let server = Server::mailing(&sink);
    let anna = server.anna();
    let note = anna.folder().join("note.txt");
    tree::write(&note, "hello");
    let sent = anna.send(&note, "you@example.test", &["--mailed-code"]);
    let link = link_of(&sent, "you@example.test");
    assert_eq!(sink.next().link(), link);
    let parsed = depesche_client::seal::link_text::Link::parse(&link).expect("a link");
    let auth = parsed.secret.expect("a key part").auth(&parsed.id);
    let body = json!({"auth": auth.to_text().as_str(), "email": "you@example.test"}).to_string();
    let line = format!("POST /api/v1/links/{}/code", parsed.id);
    for headers in [
        "X-Forwarded-Host: evil.test\r\n",
        "Forwarded: host=evil.test;proto=https\r\n",
        "X-Forwarded-Server: evil.test\r\nX-Original-Host: evil.test\r\n",
        "X-Host: evil.test\r\nX-Forwarded-Proto: https\r\n",
        "Referer: http://evil.test/\r\n",
    ] {
        let headers = format!("Content-Type: application/json\r\n{headers}");
        let answer = wire::ask(server.listen, &line, &headers, body.as_bytes());
        if answer.status == 429 {
            continue;
        }
        assert_eq!(answer.status / 100, 2, "{}{}", answer.head, answer.text());
        let mail = sink.next();
        let raw = String::from_utf8_lossy(&mail.raw).into_owned();
        assert!(
            !raw.contains("evil") && !mail.text().contains("evil"),
            "{raw}"
        );
    }
}

/// Of ristretto255 (RFC 9496 appendix A.1).
const BASE_POINT: [u8; 32] = [
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
    0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
];

/// C14: whether an address has an account, or is a delivery's recipient, is not told.
#[test]
fn answers_do_not_tell_who_is_known() {
    let server = Server::demo();
    let start = |email: &str| {
        // KE1 of OPAQUE (RFC 9807 section 6.1): two group elements, here the base point, around a nonce.
        let request =
            data_encoding::BASE64URL_NOPAD.encode(&[BASE_POINT, [0; 32], BASE_POINT].concat());
        let body = json!({"email": email, "request": request}).to_string();
        let answer = wire::ask(
            server.listen,
            "POST /api/v1/login/start",
            "Content-Type: application/json\r\n",
            body.as_bytes(),
        );
        let json = answer.json();
        let shape = |name: &str| json[name].as_str().map(str::len);
        (
            answer.status,
            ["login", "account", "host", "response"].map(shape),
        )
    };
    let known = start("anna@example.test");
    assert_eq!(known, start("nobody-at-all@example.test"));
    assert_eq!(known.0, 200, "{known:?}");
}

/// C15: many writers of the same parts, in any order, and one delivery that is whole.
#[test]
fn the_same_delivery_from_many_processes_is_one() {
    let server = Server::demo();
    let anna = server.anna();
    let large = anna.folder().join("large.bin");
    tree::write(&large, vec![3; 20 << 20]);
    let running: Vec<_> = (0..4)
        .map(|_| {
            let mut command = anna.command([
                "send",
                "large.bin",
                "--to",
                "you@example.test",
                "--level",
                "1",
                "--no-mail",
            ]);
            command
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            command.spawn().expect("it runs")
        })
        .collect();
    let outcomes: Vec<_> = running
        .into_iter()
        .map(|child| {
            depesche_tests::client::Outcome::of(&child.wait_with_output().expect("it ends"))
        })
        .collect();
    let done: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.exit == 0)
        .collect();
    assert!(!done.is_empty(), "{outcomes:?}");
    for outcome in &outcomes {
        // One writer per draft: the others are told, or begin a delivery of their own later.
        assert!(
            outcome.exit == 0 || outcome.refusal().1 == "busy",
            "{outcome:?}"
        );
    }
    for outcome in done {
        let guest = Client::guest(&server.url);
        let _ = guest
            .fetch(&link_of(&outcome.line, "you@example.test"), &[])
            .done();
        assert_eq!(
            tree::read(&guest.out())[std::path::Path::new("large.bin")],
            Some(vec![3; 20 << 20])
        );
        let shown = anna.show(&outcome.line["id"]);
        assert_eq!(recipient(&shown, "you@example.test")["state"], "downloaded");
    }
}
