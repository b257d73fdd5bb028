//! The first delivery: sent, mailed, fetched, seen.

use std::fs;
use std::process::Command;

use depesche_tests::client::{Client, recipient};
use depesche_tests::mail::first_url;
use depesche_tests::random::Random;
use depesche_tests::server::Server;
use depesche_tests::tree;
use depesche_tests::wait::until;
use depesche_tests::wire;
use serde_json::json;

const YOU: &str = "you@example.test";

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn a_folder_goes_to_anybody_by_mail() {
    let server = Server::demo();
    let anna = server.anna();
    let source = anna.folder().join("Reise 2026");
    tree::everything(&source, &mut Random::fresh("story"));
    let more = [
        "--to",
        "other@example.test",
        "--subject",
        "Reise",
        "--message",
        "Grüße\nAnna",
    ];
    let sent = anna.send(&source, YOU, &more);
    assert_eq!(sent["level"], 1);
    assert_eq!(sent["claim_codes"], json!({}));
    let names: Vec<_> = sent["recipients"]
        .as_array()
        .expect("they")
        .iter()
        .map(|r| &r["email"])
        .collect();
    assert_eq!(names, [YOU, "other@example.test"]);
    let size: usize = tree::read(&source).values().flatten().map(Vec::len).sum();
    assert_eq!(sent["size"], size);

    let mail = server.caught_for(YOU);
    let text = mail["text"].as_str().expect("text");
    assert!(
        text.contains("Grüße\nAnna") && text.contains("Reise 2026/note.txt"),
        "{text}"
    );
    let link = first_url(text);
    assert_eq!(sent["links"][YOU], link.as_str());
    // L6: the button and every file name lead to the same page.
    let html = mail["html"].as_str().expect("HTML");
    assert!(
        html.matches(&format!("href=\"{link}\"")).count() > 1,
        "{html}"
    );

    let guest = Client::guest("http://127.0.0.1:9");
    let got = guest.fetch(&link, &[]).done();
    tree::assert_same(&source, &guest.out().join("Reise 2026"));
    assert_eq!(
        (&got["id"], &got["subject"]),
        (&sent["id"], &json!("Reise"))
    );
    assert_eq!(got["message"], "Grüße\nAnna");
    digests_and_times_are_right(&got, &source);

    let shown = anna.show(&sent["id"]);
    let you = recipient(&shown, YOU);
    assert_eq!(you["state"], "downloaded", "{you}");
    let visit = &you["visits"][0];
    assert_eq!(
        (&visit["stated"], &visit["proven"]),
        (&json!("visitor@example.test"), &json!(false))
    );
    assert_eq!(visit["state"], "committed");
    let objects = shown["files"].as_array().expect("files").len();
    assert_eq!(
        visit["receipts"].as_array().expect("receipts").len(),
        objects
    );
    let other = until("the other mail has left", || {
        let shown = anna.show(&sent["id"]);
        let other = recipient(&shown, "other@example.test").clone();
        (other["state"] != "posted").then_some(other)
    });
    assert_eq!(
        (&other["state"], &other["visits"]),
        (&json!("notified"), &json!([]))
    );
    let list = anna.run(["list"]).done();
    assert_eq!(list["parcels"][0]["id"], sent["id"]);
}

/// Every file of the answer has the SHA-256 and the time of the one that was sent.
fn digests_and_times_are_right(got: &serde_json::Value, source: &std::path::Path) {
    let folder = source.parent().expect("above it");
    let files = got["files"].as_array().expect("files");
    assert_eq!(files.len(), tree::count(source));
    for file in files {
        let name = file["name"].as_str().expect("a name");
        let sum = Command::new("sha256sum")
            .arg("--")
            .arg(folder.join(name))
            .output()
            .expect("it runs");
        let sum = String::from_utf8_lossy(&sum.stdout);
        let digest = file["sha256"].as_str().expect("a digest");
        assert!(
            sum.trim_start_matches('\\').starts_with(digest),
            "{name}: {sum}"
        );
        let time = |path| {
            let changed = fs::metadata(path)
                .expect("the file")
                .modified()
                .expect("a time");
            changed
                .duration_since(std::time::UNIX_EPOCH)
                .expect("after 1970")
                .as_millis()
        };
        let path = file["path"].as_str().expect("a path").to_owned();
        assert_eq!(time(folder.join(name)), time(path.into()), "{name}");
    }
}

#[test]
fn caught_mail_can_be_emptied() {
    let server = Server::demo();
    let anna = server.anna();
    let note = anna.folder().join("note.txt");
    tree::write(&note, "hello");
    let _ = anna.send(&note, YOU, &[]);
    let mail = server.caught_for(YOU);
    for key in ["id", "from", "to", "subject", "text", "html", "raw"] {
        assert!(mail[key].is_string(), "{key} of {mail}");
    }
    let page = wire::get(server.listen, "/dev/mail");
    assert_eq!(page.status, 200);
    // The page is the client's, which reads the list itself.
    assert!(
        mail["text"]
            .as_str()
            .expect("text")
            .contains("Dr. Anna Keller"),
        "{mail}"
    );
    assert_eq!(
        wire::ask(server.listen, "DELETE /dev/mail.json", "", b"").status,
        204
    );
    assert!(server.caught().is_empty());
}

#[test]
fn sessions_end_here_and_everywhere() {
    let server = Server::demo();
    let (one, two) = (server.anna(), server.anna());
    let who = one.run(["whoami"]).done();
    assert_eq!(
        who,
        json!({"email": "anna@example.test", "role": "admin", "sealpass": false, "server": server.url})
    );
    let _ = one.run(["logout"]).done();
    assert_eq!(one.run(["whoami"]).refusal(), (4, "not_logged_in"));
    let three = server.anna();
    let _ = three.run(["logout", "--everywhere"]).done();
    assert_eq!(two.run(["whoami"]).refusal(), (4, "not_logged_in"));
}

/// Nobody can lock somebody out: wrong passwords slow down the place they come from, not the account for good.
#[test]
fn wrong_passwords_are_slowed_down() {
    let server = Server::demo();
    let guest = Client::guest(&server.url);
    let try_once = |email: &str| {
        let mut command = guest.command(["login", email]);
        guest.end(command.env("DEPESCHE_PASSWORD", "not this one"))
    };
    let known = try_once("anna@example.test");
    assert_eq!(known.refusal(), (4, "login_failed"));
    // Whether there is such an account is not told.
    let unknown = try_once("nobody-at-all@example.test");
    assert_eq!((unknown.exit, unknown.line), (known.exit, known.line));
    let slowed = until("it slows down", || {
        let outcome = try_once("anna@example.test");
        (outcome.refusal() == (4, "too_many_tries")).then_some(outcome)
    });
    assert!(
        slowed.line["error"]["detail"]
            .as_str()
            .is_some_and(|d| d.contains("wait")),
        "{}",
        slowed.line
    );
}
