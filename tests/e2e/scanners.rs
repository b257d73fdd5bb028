//! Programs that follow links before people do: they use nothing up, and no GET has an effect (D1, D4).

use std::collections::BTreeSet;

use depesche_tests::client::{Client, link_of, recipient};
use depesche_tests::mail::Sink;
use depesche_tests::server::Server;
use depesche_tests::tree;
use depesche_tests::wait::until;
use depesche_tests::wire::{self, Answer};
use rusqlite::types::Value as Cell;
use serde_json::{Value, json};

const YOU: &str = "you@example.test";

/// Name, method, headers.
const PROFILES: &[(&str, &str, &str)] = &[
    ("plain", "GET", ""),
    ("head", "HEAD", ""),
    ("options", "OPTIONS", ""),
    (
        "cors preflight",
        "OPTIONS",
        "Origin: https://scanner.example\r\nAccess-Control-Request-Method: POST\r\n",
    ),
    ("range", "GET", "Range: bytes=0-1023\r\n"),
    ("open range", "GET", "Range: bytes=0-\r\n"),
    (
        "prefetch",
        "GET",
        "Sec-Purpose: prefetch\r\nPurpose: prefetch\r\n",
    ),
    ("prerender", "GET", "Sec-Purpose: prefetch;prerender\r\n"),
    (
        "browser",
        "GET",
        "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nAccept: text/html\r\n",
    ),
    ("json", "GET", "Accept: application/json\r\n"),
    (
        "empty form",
        "POST",
        "Content-Type: application/x-www-form-urlencoded\r\n",
    ),
    ("webdav", "PROPFIND", "Depth: 1\r\n"),
];

/// Every URL of a mail, in both its parts.
pub(crate) fn urls(text: &str, html: &str) -> BTreeSet<String> {
    let lines = text
        .lines()
        .filter(|line| line.starts_with("http"))
        .map(str::to_owned);
    let attributes = html
        .split(['"', '\''])
        .filter(|piece| piece.starts_with("http"));
    lines
        .chain(attributes.map(|url| url.replace("&amp;", "&")))
        .collect()
}

/// As a request line sees them: without the fragment, with it as `%23`, and as a query.
pub(crate) fn paths(url: &str, base: &str) -> Vec<String> {
    let Some(path) = url.strip_prefix(base) else {
        return vec![];
    };
    let bare = path.split('#').next().unwrap_or_default().to_owned();
    vec![
        bare,
        path.replace('#', "%23"),
        path.replace('#', "?"),
        path.replace('#', "%2523"),
    ]
}

pub(crate) fn visit(server: &Server, path: &str) -> Vec<(&'static str, Answer)> {
    let ask = |(name, method, headers): &(&'static str, &str, &str)| {
        (
            *name,
            wire::ask(server.listen, &format!("{method} {path}"), headers, b""),
        )
    };
    PROFILES.iter().map(ask).collect()
}

#[test]
fn scanners_use_nothing_up() {
    let sink = Sink::start();
    let server = Server::mailing(&sink);
    let anna = server.anna();
    let note = anna.folder().join("note.txt");
    tree::write(&note, "hello");
    let sent = anna.send(&note, YOU, &["--max-downloads", "1"]);
    let mail = sink.next_to(YOU);
    let link = link_of(&sent, YOU);
    let urls = urls(&mail.text(), &mail.html());
    assert!(urls.contains(&link), "{urls:?}");
    let before = dump_at_rest(&server);
    let mut visited = 0;
    for path in urls.iter().flat_map(|url| paths(url, &server.url)) {
        for (name, answer) in visit(&server, &path) {
            assert!(
                (200..500).contains(&answer.status),
                "{name} {path}: {}",
                answer.head
            );
            // Nothing that came in the path comes back: neither in the page nor in a header.
            let key = link.split("#1.").nth(1).expect("a key");
            assert!(
                !answer.head.contains(key) && !answer.text().contains(key),
                "{name} {path}"
            );
            visited += 1;
        }
    }
    assert!(visited >= 4 * PROFILES.len());
    assert!(dump(&server) == before, "something has changed");
    let shown = anna.show(&sent["id"]);
    let you = recipient(&shown, YOU);
    assert_eq!(
        (&you["state"], &you["taken"], &you["visits"]),
        (&json!("notified"), &json!(0), &json!([]))
    );
    // D4: the repaired form opens it, and the log knows neither key nor id.
    let mangled = link.replace('#', "%23");
    let _ = Client::guest(&server.url).fetch(&mangled, &[]).done();
    let log = server.log();
    for secret in link.rsplit(['/', '#']).take(2) {
        let secret = secret.trim_start_matches("1.");
        assert!(
            secret.len() > 20 && !log.contains(secret),
            "the log knows a link"
        );
    }
}

/// The URL of a handoff is followed by everybody but the person: nothing is taken.
#[test]
fn scanners_take_no_handoff() {
    let server = Server::demo();
    let desktop = Client::guest(&server.url);
    tree::write(desktop.folder().join("note.txt"), "hello");
    let offered = desktop.run(["handoff", "note.txt"]).done();
    let url = offered["url"].as_str().expect("a URL");
    let (id, key) = url.rsplit_once("#1.").expect("a key");
    let id = id.rsplit('/').next().expect("an id");
    let mut visited = 0;
    for path in paths(url, &server.url) {
        for (name, answer) in visit(&server, &path) {
            let place = format!("{name} {path}: {}", answer.head);
            assert!((200..500).contains(&answer.status), "{place}");
            let said = format!("{}{}", answer.head, answer.text());
            assert!(!said.contains(key), "{place}");
            visited += 1;
        }
    }
    let api = |what: &str| format!("/api/v1/handoffs/{id}{what}");
    for what in [
        "", "/look", "/take", "/sealed", "/commit", "/state", "/fill",
    ] {
        for (name, answer) in visit(&server, &api(what)) {
            assert!(
                (400..500).contains(&answer.status) || name == "options",
                "{name} {what}: {}",
                answer.head
            );
            visited += 1;
        }
        let json = "Content-Type: application/json\r\n";
        for body in ["", "{}", r#"{"auth":"AAAA"}"#] {
            let line = format!("POST {}", api(what));
            let answer = wire::ask(server.listen, &line, json, body.as_bytes());
            assert!(
                (400..500).contains(&answer.status),
                "{what}: {}",
                answer.head
            );
        }
    }
    assert!(visited >= 11 * PROFILES.len(), "{visited}");
    let metrics = wire::get(server.listen, "/metrics").text();
    assert!(
        metrics.contains("depesche_handoff_slots 1\n"),
        "it still waits"
    );
    assert!(
        metrics.contains("depesche_handoff_held_bytes 4096\n"),
        "{metrics}"
    );
    // The person, by a link that a scanner has mangled, still gets it; and then nobody does.
    let phone = Client::guest(&server.url);
    let mangled = url.replace('#', "%23");
    let _ = phone.run(["import", &mangled, "--out", "got"]).done();
    let again = phone.run(["import", url, "--out", "again"]);
    assert_eq!(again.refusal(), (3, "handoff_taken"));
    let metrics = wire::get(server.listen, "/metrics").text();
    assert!(metrics.contains("depesche_handoff_slots 0\n"), "{metrics}");
    let log = server.log();
    assert!(!log.contains(key) && !log.contains(id), "the log knows it");
}

/// As [`dump`], when the worker has done all there was to do.
pub(crate) fn dump_at_rest(server: &Server) -> Dump {
    until("the worker rests", || {
        let dump = dump(server);
        let is_empty = |name| {
            dump.iter()
                .any(|(table, rows)| table == name && rows.is_empty())
        };
        (is_empty("outbox") && is_empty("facts")).then_some(dump)
    })
}

pub(crate) type Dump = Vec<(String, Vec<Vec<Cell>>)>;

/// Every row of every table, but for the time a session was last used and until when a running lease lasts.
pub(crate) fn dump(server: &Server) -> Dump {
    let path = server.data().join("depesche.db");
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let db = rusqlite::Connection::open_with_flags(path, flags).expect("the database");
    let mut names = db
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        .expect("tables");
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .expect("names")
        .map(|name| name.expect("a name"))
        .collect();
    names
        .into_iter()
        .map(|name| (name.clone(), rows(&db, &name)))
        .collect()
}

fn rows(db: &rusqlite::Connection, table: &str) -> Vec<Vec<Cell>> {
    let mut all = db
        .prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2"))
        .expect("a table");
    let clocks: Vec<bool> = all
        .column_names()
        .iter()
        .map(|column| {
            matches!(
                (table, *column),
                ("sessions", "used") | ("claims", "lease_until")
            )
        })
        .collect();
    let row = |row: &rusqlite::Row<'_>| {
        let cells = clocks.iter().enumerate();
        cells
            .map(|(i, is_clock)| {
                if *is_clock {
                    Ok(Cell::Null)
                } else {
                    row.get(i)
                }
            })
            .collect()
    };
    let rows = all.query_map([], row).expect("rows");
    rows.map(|row| row.expect("a row")).collect()
}

/// Not even with every right there is.
#[test]
fn no_get_has_an_effect() {
    let server = Server::demo();
    let anna = server.anna();
    let note = anna.folder().join("note.txt");
    tree::write(&note, "hello");
    let sent = anna.send(&note, YOU, &["--max-downloads", "2"]);
    let mail = server.caught_for(YOU);
    assert!(mail["id"].is_string());
    let link = link_of(&sent, YOU);
    let _ = Client::guest(&server.url).fetch(&link, &[]).done();
    let file = anna.show(&sent["id"])["files"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let id = sent["id"].as_str().expect("an id");
    let session = find_token(&anna);
    let description = wire::get(server.listen, "/api/openapi.json").json();
    let mut asked = 0;
    let before = dump_at_rest(&server);
    for (path, methods) in description["paths"].as_object().expect("paths") {
        if methods.get("get").is_none() {
            continue;
        }
        let path = path.replace("{file}", &file).replace("{id}", id);
        for headers in [
            String::new(),
            format!("Authorization: Bearer {session}\r\n"),
        ] {
            for method in ["GET", "HEAD"] {
                let answer = wire::ask(server.listen, &format!("{method} {path}"), &headers, b"");
                assert!(
                    (200..500).contains(&answer.status),
                    "{method} {path}: {}",
                    answer.head
                );
                asked += 1;
            }
        }
    }
    assert!(asked > 30, "{asked} requests");
    assert!(dump(&server) == before, "something has changed");
}

/// The session's token, from the client's own folder.
fn find_token(client: &Client) -> String {
    let files = tree::read(&client.home());
    let texts = files
        .into_values()
        .flatten()
        .filter_map(|bytes| String::from_utf8(bytes).ok());
    let mut sessions = texts.filter_map(|text| {
        let json: Value = serde_json::from_str(&text).ok()?;
        Some(json["token"].as_str()?.to_owned())
    });
    sessions.next().expect("a session is kept")
}
