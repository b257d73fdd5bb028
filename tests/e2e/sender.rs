//! What a sender can do afterwards, and what is told to whom.

use depesche_tests::client::{Client, link_of, recipient};
use depesche_tests::mail::Sink;
use depesche_tests::server::{DEMO, Server};
use depesche_tests::tree;
use depesche_tests::wait::until;
use serde_json::{Value, json};

const YOU: &str = "you@example.test";
const HER: &str = "her@example.test";

struct Case {
    sink: Sink,
    server: Server,
    anna: Client,
    sent: Value,
}

impl Case {
    /// A delivery to you, its mail not yet read.
    fn new(more: &[&str]) -> Self {
        let sink = Sink::start();
        let server = Server::mailing(&sink);
        let anna = server.anna();
        let note = anna.folder().join("note.txt");
        tree::write(&note, "hello");
        let sent = anna.send(&note, YOU, more);
        Self {
            sink,
            server,
            anna,
            sent,
        }
    }

    fn id(&self) -> &str {
        self.sent["id"].as_str().expect("an id")
    }

    fn fetch(&self, link: &str) -> depesche_tests::client::Outcome {
        Client::guest(&self.server.url).fetch(link, &[])
    }

    fn shown(&self) -> Value {
        self.anna.show(&self.sent["id"])
    }
}

#[test]
fn withdrawn_is_gone_from_the_disk_too() {
    let case = Case::new(&[]);
    let blobs = case.server.data().join("blobs");
    assert!(tree::count(&blobs) > 0);
    let done = case.anna.run(["withdraw", case.id()]).done();
    assert_eq!(
        (&done["id"], &done["state"]),
        (&case.sent["id"], &json!("withdrawn"))
    );
    assert_eq!(
        case.fetch(&link_of(&case.sent, YOU)).refusal(),
        (3, "withdrawn")
    );
    until("the sealed bytes are removed", || {
        (tree::count(&blobs) == 0).then_some(())
    });
    let shown = case.shown();
    assert_eq!(
        (&shown["subject"], &shown["files"]),
        (&json!(""), &json!([]))
    );
    assert_eq!(recipient(&shown, YOU)["state"], "withdrawn");
    // Facts stay.
    let facts = until("the journal is linked", || {
        let facts = case.server.admin(&["journal", "export"]);
        let text = serde_json::to_string(&facts).expect("JSON");
        (text.contains("withdrawn") && text.contains(case.id())).then_some(facts)
    });
    assert!(facts.len() >= 2);
    let verdict = &case.server.admin(&["journal", "verify"])[0];
    assert_eq!(verdict["ok"], true, "{verdict}");
}

#[test]
fn a_deadline_can_be_moved() {
    let case = Case::new(&["--expires", "1h"]);
    let before = case.sent["expires"].as_i64().expect("a time");
    let done = case
        .anna
        .run(["extend", case.id(), "--expires", "10d"])
        .done();
    let after = done["expires"].as_i64().expect("a time");
    assert!(
        (after - before - (10 * 24 - 1) * 3_600_000).abs() < 60_000,
        "{before} {after}"
    );
    assert_eq!(case.shown()["expires"], after);
}

#[test]
fn recipients_come_and_go() {
    let case = Case::new(&["--to", HER]);
    let added = case
        .anna
        .run(["recipients", "add", case.id(), "late@example.test"])
        .done();
    let late = case.sink.next_to("late@example.test");
    assert_eq!(late.link(), link_of(&added, "late@example.test"));
    let _ = case.fetch(&late.link()).done();
    let _ = case.anna.run(["recipients", "drop", case.id(), YOU]).done();
    assert_eq!(
        case.fetch(&link_of(&case.sent, YOU)).refusal(),
        (3, "withdrawn")
    );
    let _ = case.fetch(&link_of(&case.sent, HER)).done();
    let shown = case.shown();
    let states = [YOU, HER, "late@example.test"].map(|who| recipient(&shown, who)["state"].clone());
    assert_eq!(states, ["dropped", "downloaded", "downloaded"]);
}

#[test]
fn a_mail_can_be_sent_again() {
    let case = Case::new(&["--to", HER]);
    let first = case.sink.next_to(YOU);
    let _ = case
        .anna
        .run(["resend", case.id(), "--to", YOU, "--language", "cs"])
        .done();
    let second = case.sink.next_to(YOU);
    assert_eq!(first.link(), second.link());
    assert_ne!(first.id(), second.id());
    assert!(second.text().contains("zásilk"), "{}", second.text());
}

#[test]
fn the_sender_is_told_of_the_first_download_alone() {
    let case = Case::new(&["--notify", "--subject", "Entwurf"]);
    let link = case.sink.next_to(YOU).link();
    let _ = case.fetch(&link).done();
    let notice = case.sink.next_to(DEMO.0);
    assert!(notice.text().contains(YOU), "{}", notice.text());
    let _ = case.fetch(&link).done();
    // The worker goes in order: what were a second notice would come before this.
    let _ = case.anna.run(["resend", case.id()]).done();
    let next = case.sink.next();
    assert_eq!(next.to, YOU, "{}", next.text());
}

#[test]
fn a_mail_that_comes_back_is_told() {
    let case = Case::new(&["--to", "nobody@example.test"]);
    let told = case.sink.next_to(DEMO.0);
    assert!(
        told.text().contains("nobody@example.test"),
        "{}",
        told.text()
    );
    let shown = case.shown();
    assert_eq!(recipient(&shown, "nobody@example.test")["state"], "bounced");
    assert_eq!(recipient(&shown, YOU)["state"], "notified");
}

#[test]
fn links_passed_on_by_oneself_are_not_mailed() {
    let case = Case::new(&["--no-mail"]);
    let note = case.anna.folder().join("note.txt");
    let _ = case.anna.send(&note, HER, &[]);
    assert_eq!(case.sink.next().to, HER);
    assert!(case.sink.rest().is_empty());
    assert_eq!(recipient(&case.shown(), YOU)["state"], "posted");
    let _ = case.fetch(&link_of(&case.sent, YOU)).done();
}

/// C9: one member's ids are worth nothing to another, and the answer does not tell that they exist.
#[test]
fn another_member_sees_nothing_of_it() {
    let case = Case::new(&[]);
    case.server.add_user("bruno@example.test");
    let bruno = Client::logged_in(
        &case.server.url,
        "bruno@example.test",
        depesche_tests::server::PASSWORD,
    );
    assert_eq!(bruno.run(["list"]).done()["parcels"], json!([]));
    let unknown = "AAAAAAAAAAAAAAAAAAAAAA";
    for words in [
        &["show", "ID"][..],
        &["withdraw", "ID"],
        &["extend", "ID", "--expires", "2d"],
        &["recipients", "drop", "ID", YOU],
    ] {
        let with = |id: &str| bruno.run(words.iter().map(|word| word.replace("ID", id)));
        let (his, none) = (with(case.id()), with(unknown));
        assert_eq!(his.refusal(), (3, "not_found"), "{words:?}");
        assert_eq!(his.line, none.line, "{words:?}");
    }
    let _ = case.fetch(&link_of(&case.sent, YOU)).done();
}
