//! From device to device: the command line at both ends, the real server between.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::{fs, thread};

use data_encoding::{BASE64, BASE64URL_NOPAD};
use depesche_client::seal::handoff_text::HandoffUrl;
use depesche_client::seal::primitives::sha256;
use depesche_tests::client::Client;
use depesche_tests::program::root;
use depesche_tests::random::Random;
use depesche_tests::server::{Server, Setup};
use depesche_tests::tree;
use depesche_tests::wait::until;
use depesche_tests::wire;
use serde_json::Value;

use crate::secrets::{core, find, forms};

const REFRESH_TOKEN: &str = "1//synthetic-refresh-token";
const PRIMARY_PASSWORD: &str = "Haupt-Passwort-7";
const CANARY: &str = "canary-handoff-die-Katze-sitzt-im-Silbersee-t5Gh";

fn settings(path: &str) -> PathBuf {
    root().join("crates/settings/tests").join(path)
}

fn unpacked(client: &Client, name: &str) -> PathBuf {
    let archive = settings("samples").join(format!("{name}.tar.gz"));
    let tar = Command::new("tar")
        .arg("-xzf")
        .arg(archive)
        .arg("-C")
        .arg(client.folder())
        .status();
    assert!(tar.expect("tar").success());
    client.folder().join(name)
}

/// `handoff … --wait`, running.
struct Offering {
    child: Child,
    lines: BufReader<ChildStdout>,
    said: Value,
}

impl Offering {
    fn start(client: &Client, arguments: &[&str]) -> Self {
        let mut command = client.command(["handoff", "--wait"]);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program");
        let lines = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut offering = Self {
            child,
            lines,
            said: Value::Null,
        };
        offering.said = offering.next();
        offering
    }

    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).expect("JSON")
    }

    fn url(&self) -> String {
        self.said["url"]
            .as_str()
            .unwrap_or_else(|| panic!("{}", self.said))
            .to_owned()
    }

    /// The words of the event with which it ends.
    fn taken(mut self) -> String {
        loop {
            let event = self.next();
            if event["event"] == "taken" {
                assert!(self.child.wait().expect("it ends").success());
                return event["check_words"].as_str().expect("words").to_owned();
            }
            assert_eq!(event["event"], "leased", "{event}");
        }
    }
}

impl Drop for Offering {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn import(client: &Client, url: &str, out: &str, to: &str) -> Value {
    client.run(["import", url, "--out", out, "--to", to]).done()
}

fn read_all(folder: &Path) -> Vec<u8> {
    tree::read(folder)
        .into_values()
        .flatten()
        .flatten()
        .collect()
}

#[test]
fn a_profile_goes_to_every_target() {
    let server = Server::demo();
    let (desktop, phone) = (Client::guest(&server.url), Client::guest(&server.url));
    let profile = unpacked(&desktop, "thunderbird-profile");
    let profile = profile.to_str().expect("UTF-8");
    let golden = fs::read(settings(
        "golden/thunderbird-profile/bundle/settings.depesche-settings.json",
    ));
    let golden: Value = serde_json::from_slice(&golden.expect("golden")).expect("JSON");
    for to in [
        "bundle",
        "k9s",
        "mobileconfig",
        "vcard",
        "sieve",
        "thunderbird",
    ] {
        let offering = Offering::start(
            &desktop,
            &["--from", "thunderbird", profile, "--with-passwords"],
        );
        assert_eq!(offering.said["categories"]["accounts"], 5);
        let taken = import(&phone, &offering.url(), to, to);
        assert_eq!(
            offering.taken(),
            taken["check_words"].as_str().expect("words")
        );
        assert_eq!(taken["categories"]["accounts"], 5, "{to}");
        let bytes = read_all(&phone.folder().join(to));
        assert!(!find(&bytes, REFRESH_TOKEN.as_bytes()), "{to}");
    }
    let bundle = fs::read(
        phone
            .folder()
            .join("bundle/settings.depesche-settings.json"),
    );
    let bundle: Value = serde_json::from_slice(&bundle.expect("a bundle")).expect("JSON");
    for member in [
        "accounts",
        "outgoingServers",
        "identities",
        "signatures",
        "tags",
        "rules",
        "quickTexts",
    ] {
        assert_eq!(bundle[member], golden[member], "{member}");
    }
    assert!(
        find(
            &read_all(&phone.folder().join("bundle")),
            "Geheim-Imap".as_bytes()
        ),
        "the control"
    );
}

#[test]
fn targets_are_the_golden_files() {
    let server = Server::demo();
    let (desktop, phone) = (Client::guest(&server.url), Client::guest(&server.url));
    let name = "settings.depesche-settings.json";
    fs::copy(settings("samples/bundle.json"), desktop.folder().join(name)).expect("a copy");
    let mut seen = 0;
    for to in [
        "bundle",
        "k9s",
        "mobileconfig",
        "vcard",
        "sieve",
        "quicktext",
        "eml",
        "thunderbird",
    ] {
        let offering = Offering::start(&desktop, &[name]);
        let _ = import(&phone, &offering.url(), to, to);
        let _ = offering.taken();
        let golden = tree::read(&settings("golden/bundle.json").join(to));
        for (path, bytes) in golden {
            let Some(bytes) = bytes else { continue };
            let made = fs::read(phone.folder().join(to).join(&path)).unwrap_or_default();
            seen += 1;
            // Databases of the new profile are compared by their own tests, texts of Apple's profile are the program's.
            if path.extension().is_some_and(|ending| ending == "sqlite") || to == "mobileconfig" {
                assert!(!made.is_empty(), "{to}/{}", path.display());
            } else {
                assert!(made == bytes, "{to}/{}", path.display());
            }
        }
    }
    assert!(seen >= 8, "{seen} golden files");
}

#[test]
fn without_passwords_no_secret_comes_along() {
    let server = Server::demo();
    let (desktop, phone) = (Client::guest(&server.url), Client::guest(&server.url));
    let profile = unpacked(&desktop, "thunderbird-profile");
    let offering = Offering::start(
        &desktop,
        &["--from", "thunderbird", profile.to_str().expect("UTF-8")],
    );
    let _ = import(&phone, &offering.url(), "out", "bundle");
    let bytes = read_all(&phone.folder().join("out"));
    for secret in ["Geheim", "BEGIN PGP PRIVATE", REFRESH_TOKEN, "p12\""] {
        assert!(!find(&bytes, secret.as_bytes()), "{secret}");
    }
}

#[test]
fn a_primary_password_is_asked_for_and_told_apart() {
    let server = Server::demo();
    let desktop = Client::guest(&server.url);
    let profile = unpacked(&desktop, "thunderbird-profile-primary-password");
    let arguments = [
        "handoff",
        "--from",
        "thunderbird",
        profile.to_str().expect("UTF-8"),
        "--with-passwords",
    ];
    let missing = desktop.run(arguments);
    assert_eq!(missing.refusal(), (2, "secret_missing"));
    let mut command = desktop.command(arguments);
    let wrong = desktop.end(command.env("DEPESCHE_PRIMARY_PASSWORD", "wrong"));
    assert_eq!(wrong.refusal(), (5, "primary_password_wrong"));
    let mut command = desktop.command(arguments);
    let right = desktop
        .end(command.env("DEPESCHE_PRIMARY_PASSWORD", PRIMARY_PASSWORD))
        .done();
    assert_eq!(right["categories"]["certificates"], 2);
}

#[test]
fn one_takes_it_and_everybody_else_is_told() {
    let server = Server::demo();
    let (desktop, phone) = (Client::guest(&server.url), Client::guest(&server.url));
    tree::write(desktop.folder().join("note.txt"), CANARY);
    let offering = Offering::start(&desktop, &["note.txt"]);
    let url = offering.url();
    let key = HandoffUrl::parse(&url)
        .expect("a code")
        .secret
        .to_text()
        .to_string();
    let first = if key.starts_with('A') { 'B' } else { 'A' };
    let other = url.replace(&key, &format!("{first}{}", &key[1..]));
    let words = offering.said["type_words"]
        .as_str()
        .expect("words")
        .to_owned();
    // Each mistake has its own word, and none of them uses anything up.
    for (url, expected) in [
        (url[..url.len() - 1].to_owned(), (5, "handoff_cut")),
        (url.replace("#1.", "#3."), (5, "handoff_version")),
        (url.replace("/h/", "/d/"), (2, "handoff_form")),
        (other, (5, "handoff_wrong_key")),
        (
            url.replace(&id_of(&url), "AAAAAAAAAAAAAAAAAAAAAA"),
            (3, "handoff_unknown"),
        ),
    ] {
        assert_eq!(
            phone.run(["import", &url, "--out", "no"]).refusal(),
            expected,
            "{url}"
        );
    }
    let mistyped = phone.run(["import", "--words", &words.replacen(' ', " xyzzy ", 1)]);
    assert_eq!(mistyped.refusal(), (5, "words_unknown"));
    let nothing = "abacus abacus abacus abacus abacus abacus";
    assert_eq!(
        phone.run(["import", "--words", nothing]).refusal(),
        (3, "handoff_words_unknown")
    );
    let taken = phone
        .run(["import", "--words", &words, "--out", "got"])
        .done();
    assert_eq!(
        offering.taken(),
        taken["check_words"].as_str().expect("words")
    );
    let saved = fs::read_to_string(phone.folder().join("got/note.txt"));
    assert_eq!(saved.expect("the file"), CANARY);
    assert_eq!(phone.run(["import", &url]).refusal(), (3, "handoff_taken"));
}

#[test]
fn its_source_takes_it_back() {
    let server = Server::demo();
    let (desktop, phone) = (Client::guest(&server.url), Client::guest(&server.url));
    tree::write(desktop.folder().join("note.txt"), CANARY);
    let offered = desktop.run(["handoff", "note.txt"]).done();
    let id = offered["id"].as_str().expect("an id");
    let _ = desktop.run(["handoff", "--cancel", id]).done();
    let url = offered["url"].as_str().expect("a URL");
    assert_eq!(
        phone.run(["import", url]).refusal(),
        (3, "handoff_cancelled")
    );
    assert_eq!(
        desktop.run(["handoff", "--cancel", id]).refusal(),
        (3, "handoff_unknown")
    );
}

fn id_of(url: &str) -> String {
    HandoffUrl::parse(url).expect("a code").id.to_string()
}

#[test]
fn the_new_device_asks_and_the_other_fills() {
    let server = Server::demo();
    let (desktop, phone) = (Client::guest(&server.url), Client::guest(&server.url));
    tree::write(desktop.folder().join("note.txt"), CANARY);
    let mut command = phone.command(["import", "--ask", "--out", "got"]);
    let mut asking = command.stdout(Stdio::piped()).spawn().expect("the program");
    let mut lines = BufReader::new(asking.stdout.take().expect("a pipe"));
    let mut line = String::new();
    lines.read_line(&mut line).expect("a line");
    let asked: Value = serde_json::from_str(&line).expect("JSON");
    let url = asked["url"].as_str().expect("a URL");
    assert!(url.contains("#2."));
    assert_eq!(
        phone.run(["import", url]).refusal(),
        (2, "handoff_direction")
    );
    let _ = desktop.run(["handoff", "note.txt", "--into", url]).done();
    assert!(asking.wait().expect("it ends").success());
    let saved = fs::read_to_string(phone.folder().join("got/note.txt"));
    assert_eq!(saved.expect("the file"), CANARY);
    let again = desktop.run(["handoff", "note.txt", "--into", url]);
    assert_eq!(again.refusal(), (3, "handoff_taken"));
}

#[test]
fn many_devices_race_over_the_wire_and_one_imports() {
    let server = Server::demo();
    let desktop = Client::guest(&server.url);
    tree::write(desktop.folder().join("note.txt"), CANARY);
    let offering = Offering::start(&desktop, &["note.txt"]);
    let (url, address) = (offering.url(), server.url.clone());
    let won = thread::scope(|scope| {
        let phones = (0..8).map(|_| {
            scope.spawn(|| {
                let phone = Client::guest(&address);
                (0..3)
                    .filter(|n| phone.run(["import", &url, "--out", &n.to_string()]).exit == 0)
                    .count()
            })
        });
        let phones: Vec<_> = phones.collect();
        phones
            .into_iter()
            .map(|phone| phone.join().expect("a phone"))
            .sum::<usize>()
    });
    assert_eq!(won, 1);
    let _ = offering.taken();
}

#[test]
fn accounts_only_and_a_small_memory_are_told() {
    let server = Server::start(Setup::demo().set("DEPESCHE_HANDOFF__CREATE", "accounts"));
    let guest = Client::guest(&server.url);
    tree::write(guest.folder().join("note.txt"), CANARY);
    let refused = guest.run(["handoff", "note.txt"]);
    assert_eq!(refused.refusal(), (4, "handoff_account_required"));
    let server = Server::start(Setup::demo().set("DEPESCHE_LIMITS__HANDOFF_TOTAL", "4 KiB"));
    let guest = Client::guest(&server.url);
    tree::write(guest.folder().join("note.txt"), CANARY);
    let _ = guest.run(["handoff", "note.txt"]).done();
    assert_eq!(
        guest.run(["handoff", "note.txt"]).refusal(),
        (6, "handoff_full")
    );
}

#[test]
fn too_large_settings_say_what_takes_the_room() {
    let server = Server::start(Setup::demo().set("DEPESCHE_LIMITS__HANDOFF", "64 KiB"));
    let (desktop, phone) = (Client::guest(&server.url), Client::guest(&server.url));
    let photo = BASE64.encode(&Random::fresh("photo").bytes(100_000));
    let card = format!(
        "BEGIN:VCARD\r\nVERSION:4.0\r\nUID:1\r\nFN:Jana\r\nEMAIL:jana@example.test\r\n\
         PHOTO:data:image/jpeg;base64,{photo}\r\nEND:VCARD\r\n"
    );
    tree::write(desktop.folder().join("jana.vcf"), card);
    let name = "all.depesche-settings.json";
    let _ = desktop
        .run(["settings", "convert", "jana.vcf", name])
        .done();
    let refused = desktop.run(["handoff", name]);
    assert_eq!(refused.refusal(), (4, "handoff_too_large"));
    let detail = refused.line["error"]["detail"].as_str().expect("a text");
    for part in ["photos 1", "contacts", "--without photos"] {
        assert!(detail.contains(part), "{part}: {detail}");
    }
    let plain = desktop.run(["handoff", "jana.vcf"]);
    assert_eq!(plain.refusal(), (4, "handoff_too_large"));
    let detail = plain.line["error"]["detail"].as_str().expect("a text");
    assert!(detail.contains("send it as a delivery"), "{detail}");
    let offering = Offering::start(&desktop, &[name, "--without", "photos"]);
    let taken = import(&phone, &offering.url(), "got", "vcard");
    let _ = offering.taken();
    assert_eq!(taken["losses"][0]["reason"], "photos-omitted", "{taken}");
    let got = read_all(&phone.folder().join("got"));
    assert!(find(&got, b"jana@example.test") && !find(&got, b"PHOTO"));
}

#[test]
fn five_thousand_slots_take_5_kib_each_and_give_it_back() {
    const SLOTS: u64 = 5_000;
    let setup = Setup::demo().set("DEPESCHE_HANDOFF__PER_ADDRESS", "6000");
    let server = Server::start(setup);
    let offer = |count: u64| -> Vec<String> {
        let hash = |byte| BASE64URL_NOPAD.encode(&sha256(&[byte; 32]));
        let (auth, source) = (hash(1), hash(2));
        let headers = format!(
            "Content-Type: application/octet-stream\r\nHandoff-Auth: {auth}\r\nHandoff-Source: {source}\r\n"
        );
        let one = |_| {
            let line = "POST /api/v1/handoffs";
            let answer = wire::ask(server.listen, line, &headers, &[7; 4096]).json();
            answer["id"]
                .as_str()
                .unwrap_or_else(|| panic!("{answer}"))
                .to_owned()
        };
        (0..count).map(one).collect()
    };
    let cancel = |id: &String| {
        let source = BASE64URL_NOPAD.encode(&[2; 32]);
        let headers = format!("Authorization: Handoff {source}\r\n");
        let line = format!("DELETE /api/v1/handoffs/{id}");
        let answer = wire::ask(server.listen, &line, &headers, b"");
        assert!(answer.status < 300, "{}", answer.head);
    };
    // What the first ones cost the server once is not theirs.
    offer(200).iter().for_each(cancel);
    let before = server.resident();
    let ids = offer(SLOTS);
    let full = server.resident().saturating_sub(before);
    assert!(full <= SLOTS * 5 * 1024, "{} bytes each", full / SLOTS);
    ids.iter().for_each(cancel);
    until("all memory is given back", || {
        let metrics = wire::get(server.listen, "/metrics").text();
        let left = server.resident().saturating_sub(before);
        let none = metrics.contains("depesche_handoff_held_bytes 0\n");
        (none && left <= SLOTS * 1024).then_some(())
    });
}

#[test]
fn it_lies_in_memory_alone() {
    let server = Server::demo();
    let desktop = Client::guest(&server.url);
    tree::write(
        desktop.folder().join(format!("{CANARY}.txt")),
        CANARY.repeat(50),
    );
    let offered = desktop.run(["handoff", &format!("{CANARY}.txt")]).done();
    let url = offered["url"].as_str().expect("a URL");
    let parsed = HandoffUrl::parse(url).expect("a code");
    let data = server.data();
    let checked = desktop.run(["check", "handoff", "--data", data.to_str().expect("UTF-8")]);
    assert_eq!(
        checked.line["findings"].as_array().map(Vec::len),
        Some(8),
        "{}",
        checked.out
    );
    let bad: Vec<_> = (checked.line["findings"].as_array().into_iter().flatten())
        .filter(|finding| finding["ok"] == false)
        .collect();
    assert!(bad.is_empty(), "{bad:?}");
    let _ = checked.done();
    let scratch = tempfile::tempdir().expect("a folder");
    let held = core(server.pid(), scratch.path());
    let control = parsed.secret.auth().hash();
    assert!(
        find(&held, control.as_bytes()),
        "the control: the slot is in memory"
    );
    let on_disk = read_all(server.folder());
    assert!(
        !find(&on_disk, control.as_bytes()),
        "nothing of the slot is in a file"
    );
    let secrets = [
        forms(parsed.secret.expose()),
        forms(parsed.secret.to_text().as_bytes()),
        forms(CANARY.as_bytes()),
    ];
    for (name, form) in secrets.iter().flatten() {
        assert!(!find(&held, form), "{name} in the server's memory");
        assert!(!find(&on_disk, form), "{name} in a file");
    }
}
