//! What a recipient gets is nowhere on the server once the mail has left: no name, no content, no key, no password, in no
//! file, database page, log or core (security G8).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use depesche_tests::client::{Client, link_of, recipient};
use depesche_tests::mail::{Mail, Sink};
use depesche_tests::people::SEALPASS;
use depesche_tests::server::{PASSWORD, Server};
use depesche_tests::tree;
use depesche_tests::wait::until;
use rustix::process::Pid;
use serde_json::Value;

const YOU: &str = "you@example.test";
const NAME: &str = "canary-name-Gehaltsliste-vLQ3";
const CONTENT: &str = "canary-content-der-Schatz-liegt-im-Silbersee-x8Kf";
const LINK_PASSWORD: &str = "canary-password-Pq7-Silbersee";
const SUBJECT: &str = "canary-subject-Quartal-Zw2";
const MESSAGE: &str = "canary-message-bis-morgen-Uj5";

/// A secret as it may lie somewhere.
type Forms = BTreeMap<&'static str, Vec<u8>>;

/// Base64 of a text that begins at this place of a group of three, without the characters its neighbours have a part in.
fn shifted(text: &[u8], shift: usize) -> String {
    let padded = [&vec![0; shift][..], text].concat();
    let whole = BASE64.encode(&padded);
    let from = (shift * 8).div_ceil(6);
    let to = (padded.len() * 8) / 6;
    whole[from..to].to_owned()
}

fn forms(secret: &[u8]) -> Forms {
    let wide = |order: fn(u16) -> [u8; 2]| {
        secret
            .iter()
            .flat_map(|byte| order(u16::from(*byte)))
            .collect()
    };
    let url: String = secret.iter().map(|byte| format!("%{byte:02X}")).collect();
    let mut forms = Forms::from([
        ("raw", secret.to_vec()),
        ("utf-16le", wide(u16::to_le_bytes)),
        ("utf-16be", wide(u16::to_be_bytes)),
        ("hex", HEXLOWER.encode(secret).into()),
        ("HEX", HEXUPPER.encode(secret).into()),
        ("url", url.into()),
    ]);
    for (name, shift) in [("base64+0", 0), ("base64+1", 1), ("base64+2", 2)] {
        forms.insert(name, shifted(secret, shift).into());
    }
    for (name, shift) in [("base64url+0", 0), ("base64url+1", 1), ("base64url+2", 2)] {
        let url = shifted(secret, shift).replace('+', "-").replace('/', "_");
        forms.insert(name, url.into());
    }
    forms
}

/// The secrets of a delivery, by name.
struct Canaries(BTreeMap<&'static str, Forms>);

impl Canaries {
    fn of(link: &str) -> Self {
        let parsed = depesche_client::seal::link_text::Link::parse(link).expect("a link");
        let secret = parsed.secret.expect("a key part");
        Self(BTreeMap::from([
            ("name", forms(NAME.as_bytes())),
            ("content", forms(CONTENT.as_bytes())),
            ("password", forms(LINK_PASSWORD.as_bytes())),
            ("link key as text", forms(secret.to_text().as_bytes())),
            ("link key", forms(secret.expose())),
        ]))
    }

    /// Of a delivery of level 4: the server has neither subject nor message either, nor what opens the keyrings.
    fn of_level_4(code: &str, kit: &str) -> Self {
        Self(BTreeMap::from([
            ("name", forms(NAME.as_bytes())),
            ("content", forms(CONTENT.as_bytes())),
            ("subject", forms(SUBJECT.as_bytes())),
            ("message", forms(MESSAGE.as_bytes())),
            ("sealpass", forms(SEALPASS.as_bytes())),
            ("login password", forms(PASSWORD.as_bytes())),
            ("claim code", forms(code.as_bytes())),
            ("recovery kit", forms(kit.as_bytes())),
        ]))
    }

    /// `what: form` of everything found in these bytes.
    fn found_in(&self, bytes: &[u8]) -> Vec<String> {
        let all = self
            .0
            .iter()
            .flat_map(|(what, forms)| forms.iter().map(move |form| (what, form)));
        all.filter(|(_, (_, form))| find(bytes, form))
            .map(|(what, (name, _))| format!("{what}: {name}"))
            .collect()
    }

    fn found_below(&self, folder: &Path) -> Vec<String> {
        let files = tree::read(folder);
        assert!(!files.is_empty());
        let mut found = vec![];
        for (path, bytes) in files {
            let name = path.to_string_lossy().into_owned();
            let inside = bytes.iter().flat_map(|bytes| self.found_in(bytes));
            found.extend(
                inside
                    .chain(self.found_in(name.as_bytes()))
                    .map(|what| format!("{name}: {what}")),
            );
        }
        found
    }
}

fn find(bytes: &[u8], form: &[u8]) -> bool {
    let first = form[0];
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == first) {
        if rest[at..].starts_with(form) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// The memory of a process as a core file, all of it.
fn core(pid: Pid, folder: &Path) -> Vec<u8> {
    let pid = pid.as_raw_nonzero().to_string();
    let prefix = folder.join("core");
    let done = Command::new("gcore")
        .arg("-a")
        .arg("-o")
        .arg(&prefix)
        .arg(&pid)
        .output()
        .expect("gcore (gdb)");
    let path = folder.join(format!("core.{pid}"));
    let bytes =
        fs::read(&path).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&done.stderr)));
    fs::remove_file(path).expect("it was there");
    bytes
}

/// A scan that finds nothing must be one that would have found it.
fn the_scan_sees(canaries: &Canaries, folder: &Path) {
    for (what, forms) in &canaries.0 {
        for (name, form) in forms {
            let around = [&[7; 100][..], form, &[7; 100]].concat();
            assert!(
                canaries
                    .found_in(&around)
                    .contains(&format!("{what}: {name}")),
                "{what}: {name}"
            );
        }
    }
    // A process that holds them all, the raw key as text: an environment has no zero bytes.
    let mut holder = Command::new("cat");
    for (index, (what, forms)) in canaries.0.iter().enumerate() {
        let form = if *what == "link key" { "hex" } else { "raw" };
        let text = String::from_utf8(forms[form].clone()).expect("text");
        holder.env(format!("CANARY_{index}"), text);
    }
    let mut holder = holder.stdin(Stdio::piped()).spawn().expect("cat");
    let found = canaries.found_in(&core(Pid::from_child(&holder), folder));
    drop(holder.stdin.take());
    holder.wait().expect("it ends");
    let kinds = canaries.0.keys().filter(|what| {
        found
            .iter()
            .any(|hit| hit.starts_with(&format!("{what}: ")))
    });
    assert_eq!(kinds.count(), canaries.0.len(), "{found:?}");
}

fn send(anna: &Client) -> Value {
    let folder = anna.folder().join(NAME);
    tree::write(folder.join(format!("{NAME}.txt")), CONTENT);
    tree::write(
        folder.join("large.bin"),
        CONTENT.repeat((9 << 20) / CONTENT.len()),
    );
    let mut command = anna.command([
        "send",
        NAME,
        "--to",
        YOU,
        "--level",
        "1",
        "--link-password",
        "--max-downloads",
        "3",
    ]);
    command.args(["--subject", SUBJECT, "--message", MESSAGE]);
    anna.end(command.env("DEPESCHE_LINK_PASSWORD", LINK_PASSWORD))
        .done()
}

fn fetch(server: &Server, link: &str) {
    let guest = Client::guest(&server.url);
    let mut command = guest.command(["fetch", link, "--out", "out", "--email", YOU]);
    let _ = guest
        .end(command.env("DEPESCHE_LINK_PASSWORD", LINK_PASSWORD))
        .done();
}

#[test]
fn nothing_is_left_once_the_mail_has_left() {
    let sink = Sink::start();
    let server = Server::mailing(&sink);
    let anna = server.anna();
    sink.hold();
    let sent = send(&anna);
    let link = link_of(&sent, YOU);
    let canaries = Canaries::of(&link);
    let scratch = tempfile::tempdir().expect("a folder");
    the_scan_sees(&canaries, scratch.path());
    // While the mail waits it is in memory, and sealed on the disk.
    assert_eq!(canaries.found_below(server.folder()), Vec::<String>::new());
    let waiting = canaries.found_in(&core(server.pid(), scratch.path()));
    assert!(
        waiting
            .iter()
            .any(|hit| hit.starts_with("link key as text")),
        "the mail is just being carried"
    );
    sink.let_go();
    let mail = sink.next_to(YOU);
    assert_eq!(mail.link(), link);
    assert!(mail.text().contains(NAME));
    until("the mail has left", || {
        (recipient(&anna.show(&sent["id"]), YOU)["state"] == "notified").then_some(())
    });
    fetch(&server, &link);
    let found = until_wiped(&canaries, &server, scratch.path());
    assert_eq!(found, Vec::<String>::new(), "in the server's memory");
    assert_eq!(canaries.found_below(server.folder()), Vec::<String>::new());
    the_keys_are_shredded(&server);
    withdrawn_is_shredded(&server, &anna, &sent);
}

/// Level 4: in no file, database page, log, mail or core is what was sent, nor what opens it.
#[test]
fn level_4_leaves_nothing_that_opens() {
    let sink = Sink::start();
    let server = Server::mailing(&sink);
    let anna = server.anna();
    let _ = anna
        .with_sealpass(&["sealpass", "setup", "--kit", "kit.txt"])
        .done();
    let kit = fs::read_to_string(anna.folder().join("kit.txt")).expect("the kit");
    let kit = kit
        .lines()
        .find(|line| line.matches('-').count() >= 8)
        .expect("its code")
        .trim()
        .to_owned();
    let folder = anna.folder().join(NAME);
    tree::write(folder.join(format!("{NAME}.txt")), CONTENT);
    let arguments = [
        "send",
        NAME,
        "--to",
        YOU,
        "--level",
        "4",
        "--claim-code",
        "--subject",
        SUBJECT,
    ];
    let sent = anna
        .with_sealpass(&[&arguments[..], &["--message", MESSAGE]].concat())
        .done();
    let code = sent["claim_codes"][YOU].as_str().expect("words").to_owned();
    let canaries = Canaries::of_level_4(&code, &kit);
    let scratch = tempfile::tempdir().expect("a folder");
    the_scan_sees(&canaries, scratch.path());
    let first = sink.next_to(YOU);
    let you = Client::guest(&server.url);
    let mut command = you.command(["register", &first.link()]);
    let _ = you.end(command.env("DEPESCHE_PASSWORD", PASSWORD)).done();
    let _ = you.set_up_sealpass();
    let claimed = you.fetch_id(&sent["id"], &[("DEPESCHE_CLAIM_CODE", &code)]);
    assert_eq!(claimed.refusal(), (3, "waits_release"));
    let _ = anna.with_sealpass(&["release", "--all"]).done();
    let got = you.fetch_id(&sent["id"], &[]).done();
    assert_eq!(
        (&got["subject"], &got["message"]),
        (&SUBJECT.into(), &MESSAGE.into())
    );
    let found = until_wiped(&canaries, &server, scratch.path());
    assert_eq!(found, Vec::<String>::new(), "in the server's memory");
    assert_eq!(canaries.found_below(server.folder()), Vec::<String>::new());
    no_mail_says_it(
        &canaries,
        [first, sink.next_to(YOU)].into_iter().chain(sink.rest()),
    );
}

fn no_mail_says_it(canaries: &Canaries, mails: impl Iterator<Item = Mail>) {
    for mail in mails {
        let inside = [
            mail.raw.clone(),
            mail.text().into_bytes(),
            mail.html().into_bytes(),
        ];
        for bytes in inside {
            assert_eq!(canaries.found_in(&bytes), Vec::<String>::new(), "in a mail");
        }
    }
}

/// Buffers of a connection that ends just now are wiped when it has ended.
fn until_wiped(canaries: &Canaries, server: &Server, scratch: &Path) -> Vec<String> {
    let mut found = vec![];
    for _ in 0..10 {
        found = canaries.found_in(&core(server.pid(), scratch));
        if found.is_empty() {
            break;
        }
    }
    found
}

/// The key of the hour goes with the last mail under it.
fn the_keys_are_shredded(server: &Server) {
    let secrets = server.data().join("secrets");
    until("the hour's key is unlinked", || {
        let names = tree::read(&secrets).into_keys();
        let hours = names.filter(|path| {
            path.to_string_lossy()
                .bytes()
                .any(|byte| byte.is_ascii_digit())
        });
        (hours.count() == 0).then_some(())
    });
}

/// R16: subject and message are kept for lists, and destroyed when the delivery is.
fn withdrawn_is_shredded(server: &Server, anna: &Client, sent: &Value) {
    let held = |secret: &str| {
        tree::read(&server.data())
            .into_values()
            .flatten()
            .any(|b| find(&b, secret.as_bytes()))
    };
    assert!(
        held(SUBJECT) && held(MESSAGE),
        "the control: both are kept until then"
    );
    let _ = anna
        .run(["withdraw", sent["id"].as_str().expect("an id")])
        .done();
    until("database and log of writes are clean", || {
        (!held(SUBJECT) && !held(MESSAGE)).then_some(())
    });
}
