//! What a sender may put in front of a link: password, mailed code, limit, deadline.

use std::process::Stdio;

use depesche_tests::client::{Client, Outcome, link_of, recipient};
use depesche_tests::mail::Sink;
use depesche_tests::server::Server;
use depesche_tests::tree;
use depesche_tests::wait::until;
use serde_json::{Value, json};

const YOU: &str = "you@example.test";
const HER: &str = "her@example.test";
const SECRET: &str = "grüne Äpfel 7";

fn note(anna: &Client) -> std::path::PathBuf {
    let path = anna.folder().join("note.txt");
    tree::write(&path, "hello");
    path
}

fn fetch_with(client: &Client, link: &str, password: &str) -> Outcome {
    let arguments = ["fetch", link, "--out", "out", "--email", YOU];
    client.end(
        client
            .command(arguments)
            .env("DEPESCHE_LINK_PASSWORD", password),
    )
}

#[test]
fn a_link_password_is_part_of_the_key() {
    let server = Server::demo();
    let anna = server.anna();
    let path = note(&anna);
    let arguments = [
        "send",
        path.to_str().expect("text"),
        "--to",
        YOU,
        "--level",
        "1",
        "--link-password",
    ];
    let mut send = anna.command(arguments);
    let sent = anna.end(send.env("DEPESCHE_LINK_PASSWORD", SECRET)).done();
    let link = link_of(&sent, YOU);
    let guest = Client::guest(&server.url);
    assert_eq!(guest.fetch(&link, &[]).refusal(), (2, "secret_missing"));
    assert_eq!(
        fetch_with(&guest, &link, "rote Äpfel 7").refusal(),
        (5, "wrong_password")
    );
    let shown = anna.show(&sent["id"]);
    assert_eq!(recipient(&shown, YOU)["visits"], json!([]));
    // NFKC: the same password, written with combining marks.
    let _ = fetch_with(&guest, &link, "gru\u{308}ne A\u{308}pfel 7").done();
    tree::assert_same(&guest.out(), &{
        let kept = anna.folder().join("kept");
        tree::write(kept.join("note.txt"), "hello");
        kept
    });
}

#[test]
fn a_code_is_mailed_to_the_recipient_alone() {
    let sink = Sink::start();
    let server = Server::mailing(&sink);
    let anna = server.anna();
    let sent = anna.send(&note(&anna), YOU, &["--mailed-code"]);
    let link = sink.next_to(YOU).link();
    let guest = Client::guest(&server.url);
    let fetch = |email: &str, more: &[&str]| {
        guest.run(
            [
                &["fetch", &link, "--out", "out", "--email", email][..],
                more,
            ]
            .concat(),
        )
    };
    let stranger = fetch("stranger@example.test", &[]);
    let asked = fetch(YOU, &[]);
    assert_eq!(asked.refusal(), (2, "code_required"));
    assert_eq!(
        stranger.line, asked.line,
        "the answer does not tell who the recipient is"
    );
    let mail = sink.next();
    assert_eq!(mail.to, YOU, "no code goes to a stranger");
    let text = mail.text();
    let code = text.lines().map(str::trim).find(|line| {
        let digits = line.bytes().filter(u8::is_ascii_digit).count();
        digits >= 6 && line.len() < 12
    });
    let code = code.unwrap_or_else(|| panic!("no code on a line of its own: {text}"));
    let wrong: String = code
        .chars()
        .map(|c| {
            if c == '0' {
                '1'
            } else if c.is_ascii_digit() {
                '0'
            } else {
                c
            }
        })
        .collect();
    assert_eq!(fetch(YOU, &["--code", &wrong]).refusal(), (4, "wrong_code"));
    let _ = fetch(YOU, &["--code", code]).done();
    let shown = anna.show(&sent["id"]);
    assert_eq!(
        recipient(&shown, YOU)["visits"][0]["proven"],
        true,
        "{shown}"
    );
}

/// Twenty devices at once, three downloads allowed: three succeed, the others are told.
#[test]
fn a_limit_holds_under_twenty_at_once() {
    let server = Server::demo();
    let anna = server.anna();
    let large = anna.folder().join("large.bin");
    tree::write(&large, vec![7; 9 << 20]);
    let sent = anna.send(&large, YOU, &["--max-downloads", "3"]);
    let link = link_of(&sent, YOU);
    let clients: Vec<Client> = (0..20).map(|_| Client::guest(&server.url)).collect();
    let running: Vec<_> = clients
        .iter()
        .map(|client| {
            let mut command = client.command(["fetch", &link, "--out", "out", "--email", YOU]);
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("it runs")
        })
        .collect();
    let outcomes: Vec<Outcome> = running
        .into_iter()
        .map(|child| Outcome::of(&child.wait_with_output().expect("it ends")))
        .collect();
    let (done, refused): (Vec<_>, Vec<_>) = clients
        .iter()
        .zip(&outcomes)
        .partition(|(_, o)| o.exit == 0);
    assert_eq!(done.len(), 3, "{outcomes:?}");
    for (client, _) in done {
        tree::assert_same(&client.out(), &{
            let kept = client.folder().join("kept");
            tree::write(kept.join("large.bin"), vec![7; 9 << 20]);
            kept
        });
    }
    for (client, outcome) in refused {
        assert_eq!(outcome.refusal(), (3, "limit_reached"), "{outcome:?}");
        assert!(!client.out().join("large.bin").exists());
    }
    let shown = anna.show(&sent["id"]);
    let you = recipient(&shown, YOU);
    assert_eq!((&you["taken"], &you["limit"]), (&json!(3), &json!(3)));
    let visits = you["visits"].as_array().expect("visits");
    let committed = visits
        .iter()
        .filter(|visit| visit["state"] == "committed")
        .count();
    assert_eq!(committed, 3);
}

#[test]
fn what_has_expired_is_destroyed() {
    let server = Server::demo();
    let anna = server.anna();
    let sent: Value = anna.send(
        &note(&anna),
        YOU,
        &["--to", HER, "--expires", "2s", "--subject", "kurz"],
    );
    let link = link_of(&sent, YOU);
    let refused = until("it expires", || {
        let outcome = Client::guest(&server.url).fetch(&link, &[]);
        (outcome.exit != 0).then_some(outcome)
    });
    assert_eq!(refused.refusal(), (3, "expired"));
    let blobs = server.data().join("blobs");
    until("the sealed bytes are removed", || {
        (tree::count(&blobs) == 0).then_some(())
    });
    let shown = anna.show(&sent["id"]);
    assert_eq!(
        (&shown["reason"], &shown["subject"]),
        (&json!("expired"), &json!(""))
    );
    assert_eq!(recipient(&shown, HER)["state"], "expired");
    let id = sent["id"].as_str().expect("an id");
    assert_eq!(
        anna.run(["extend", id, "--expires", "2d"]).refusal(),
        (3, "expired")
    );
}
