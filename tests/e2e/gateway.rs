//! The mail gateway from outside: what it acknowledged it has, whatever happens to it.

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};

use depesche_tests::mail::Sink;
use depesche_tests::random::Random;
use depesche_tests::server::{Server, Setup};
use depesche_tests::smtp::{Peer, send};
use depesche_tests::wait::until;
use depesche_tests::{program, wire};
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use serde_json::Value;

use crate::full::{inside, with_small_disk};
use crate::memory::status;
use crate::tls::certify;

const ANNA: &str = "anna@example.test";
const YOU: &str = "k@partner.test";
const MIB: u64 = 1 << 20;

/// A port where nobody listens, and that nobody is given.
const NOBODY: &str = "smtp://127.0.0.1:1";

#[test]
fn a_mail_passes_and_is_shown_in_the_demo() {
    let server = Server::start(Setup::demo().gateway());
    send(
        server.gateway(),
        ANNA,
        &[YOU],
        "Subject: Gr\u{fc}\u{df}e\r\n\r\nHello",
    );
    let caught = server.caught_for(YOU);
    assert!(
        caught["raw"]
            .as_str()
            .expect("raw")
            .contains("\r\n\r\nHello")
    );
    send(
        server.gateway(),
        ANNA,
        &[YOU, "x@y.test"],
        "Subject: (Auto) secret\r\n\r\nthe canary",
    );
    let rows = until("it is held", || {
        let rows = server.admin(&["queue", "list"]);
        (rows.len() == 2).then_some(rows)
    });
    assert!(rows.iter().all(|row| row["treatment"] == "protect"));
    assert!(
        server
            .caught()
            .iter()
            .all(|mail| !mail["raw"].as_str().expect("raw").contains("canary"))
    );
    let mail = rows[0]["mail"].as_str().expect("an id");
    server.admin(&["queue", "drop", &format!("{mail}/0")]);
    // Behind the note that it waits.
    until("the report", || {
        let mails = server.caught();
        let is_report = |mail: &Value| mail["raw"].as_str().expect("raw").contains("Status: 5.7.0");
        mails.iter().any(is_report).then_some(())
    });
    server.admin(&["queue", "drop", mail, "--quiet"]);
    assert!(server.admin(&["queue", "list"]).is_empty());
}

/// Somebody else's client, under TLS; and no mail of it travels in clear.
#[test]
fn another_program_hands_in_under_tls() {
    let keys = tempfile::tempdir().expect("a folder");
    certify(keys.path());
    let path = |name: &str| keys.path().join(name).to_str().expect("text").to_owned();
    let setup = Setup::demo()
        .gateway()
        .set("DEPESCHE_TLS__CERT", path("cert.pem"))
        .set("DEPESCHE_TLS__KEY", path("key.pem"))
        .set("DEPESCHE_PUBLIC_URL", "https://localhost:1");
    let server = Server::start(setup);
    let trusting = TlsParameters::builder("localhost".into())
        .dangerous_accept_invalid_certs(true)
        .build()
        .expect("TLS");
    let mail = Message::builder()
        .from(ANNA.parse().expect("an address"))
        .to(YOU.parse().expect("an address"))
        .to("j\u{fc}rgen@partner.test".parse().expect("an address"))
        .subject("Gr\u{fc}\u{df}e")
        .body("..dots\n.\nand an end".to_owned())
        .expect("a mail");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    // The client keeps connections, and wants the runtime when it is dropped too.
    runtime.expect("a runtime").block_on(async {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
            .port(server.gateway().port())
            .tls(Tls::Required(trusting))
            .build();
        let sent = transport.send(mail).await;
        assert!(sent.expect("it is taken").is_positive());
    });
    until("it has left", || {
        let rows = server.admin(&["queue", "list"]);
        rows.is_empty().then_some(())
    });
    let shown = Command::new("curl")
        .args(["-sS", "--insecure"])
        .arg(format!("https://{}/dev/mail.json", server.listen))
        .args(["-H", "Host: localhost:1"])
        .output()
        .expect("curl");
    let mails: Value = serde_json::from_slice(&shown.stdout).expect("JSON");
    let raw = mails[0]["raw"].as_str().expect("a mail");
    assert!(raw.contains(" with ESMTPS id "), "{raw}");
    assert!(
        raw.ends_with("\r\n\r\n..dots\r\n.\r\nand an end\r\n"),
        "{raw}"
    );
    assert_eq!(mails.as_array().map(Vec::len), Some(2));
}

/// What sends until the server is gone.
fn load(to: SocketAddr, name: &str, acknowledged: &Mutex<HashSet<String>>, enough: usize) {
    let Ok(mut peer) = Peer::connect(to) else {
        return;
    };
    let body = "a line of a mail\r\n".repeat(200);
    for number in 0.. {
        let id = format!("<{name}-{number}@load.test>");
        let text = format!("Message-ID: {id}\r\nSubject: load\r\n\r\n{body}");
        match peer.send(ANNA, &[YOU], text.as_bytes()) {
            Ok(reply) if reply.starts_with("250") => {
                let mut all = acknowledged.lock().expect("no sender failed");
                all.insert(id);
                if all.len() >= enough {
                    return;
                }
            }
            _ => return,
        }
    }
}

/// How often the server is killed: `make deep` sets more.
fn kills() -> usize {
    std::env::var("DEPESCHE_KILLS").map_or(20, |text| text.parse().expect("a number"))
}

/// Acceptance: `kill -9` in full run.
#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let mut random = Random::fresh("kill -9 of the gateway");
    let sink = Sink::start();
    let setup = Setup::default().gateway().set("DEPESCHE_SMTP__URL", NOBODY);
    let mut server = Server::start(setup);
    let acknowledged = Arc::new(Mutex::new(HashSet::new()));
    for round in 0..kills() {
        let before = acknowledged.lock().expect("no sender failed").len();
        let point = before + 1 + usize::from(random.bytes(1)[0]);
        let senders: Vec<_> = (0..8)
            .map(|sender| {
                let (all, to) = (Arc::clone(&acknowledged), server.gateway());
                let name = format!("{round}-{sender}");
                std::thread::spawn(move || load(to, &name, &all, usize::MAX))
            })
            .collect();
        until("the point is reached", || {
            (acknowledged.lock().expect("no sender failed").len() >= point).then_some(())
        });
        server.kill();
        for sender in senders {
            sender.join().expect("it ends");
        }
        server.start_again();
    }
    server.kill();
    server.set("DEPESCHE_SMTP__URL", sink.url());
    server.start_again();
    server.admin(&["queue", "retry"]);
    let mut missing = acknowledged.lock().expect("no sender failed").clone();
    println!("{} acknowledged", missing.len());
    while !missing.is_empty() {
        let id = sink.next_to(YOU).id();
        missing.remove(&format!("<{id}>"));
    }
}

/// A full disk puts mail off; the peer keeps it, and what was taken before is there.
#[test]
fn a_full_disk_puts_mail_off_and_loses_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder");
    let setup = Setup {
        inside: with_small_disk(&data, 120),
        ..Setup::default()
    };
    let setup = setup.gateway().set("DEPESCHE_SMTP__URL", NOBODY);
    let server = Server::start_in(setup, folder);
    let to = server.gateway();
    send(to, ANNA, &[YOU], "Message-ID: <first@x>\r\n\r\none");
    let filler = inside(&server, &data).join("filler");
    let mut file = fs::File::create(&filler).expect("a file");
    // Less than is kept free: refused before the text comes.
    file.write_all(&vec![0; 75 << 20]).expect("room for it");
    let mut peer = Peer::connect(to).expect("a connection");
    let refused = peer.send(ANNA, &[YOU], b"Message-ID: <second@x>\r\n\r\ntwo");
    assert!(refused.expect("a reply").starts_with("452 4.3.1"));
    // Full to the last byte while a text comes: refused at its end, and the server lives.
    file.set_len(30 << 20).expect("it shrinks");
    peer.say("MAIL FROM:<anna@example.test>").expect("a reply");
    peer.say("RCPT TO:<k@partner.test>").expect("a reply");
    assert!(peer.say("DATA").expect("a reply").starts_with("354"));
    while file.write_all(&[0; 1 << 16]).is_ok() {}
    let mut text = b"Subject: x\r\n\r\n".to_vec();
    text.extend(std::iter::repeat_n(b"0123456789abcdef\r\n", 100_000).flatten());
    text.extend(b".\r\n");
    peer.write(&text).expect("it is written");
    let refused = peer.reply().expect("a reply");
    assert!(refused.starts_with("452 4.3.1"), "{refused}");
    drop(file);
    fs::remove_file(&filler).expect("it is there");
    let taken = peer.send(ANNA, &[YOU], b"Message-ID: <third@x>\r\n\r\nthree");
    assert!(taken.expect("a reply").starts_with("250"));
    assert_eq!(wire::get(server.listen, "/readyz").status, 200);
    let log = server.log();
    assert!(!log.contains("panicked"), "{log}");
}

/// Acceptance: four mails of 20 MB at once.
#[test]
fn memory_does_not_grow_with_a_mail() {
    let setup = Setup::default().gateway().set("DEPESCHE_SMTP__URL", NOBODY);
    let server = Server::start(setup);
    let to = server.gateway();
    send(to, ANNA, &[YOU], "Subject: warm\r\n\r\nup");
    let text = format!(
        "Subject: large\r\n\r\n{}",
        "0123456789abcde\r\n".repeat(20_000_000 / 17)
    );
    let text: Arc<[u8]> = text.into_bytes().into();
    let senders: Vec<_> = (0..4)
        .map(|_| {
            let text = Arc::clone(&text);
            std::thread::spawn(move || {
                let mut peer = Peer::connect(to).expect("a connection");
                let reply = peer.send(ANNA, &[YOU], &text).expect("a reply");
                assert!(reply.starts_with("250"), "{reply}");
            })
        })
        .collect();
    for sender in senders {
        sender.join().expect("it is taken");
    }
    let peak = status(server.pid(), "VmHWM:").expect("it runs");
    println!("{} MiB", peak / MIB);
    assert!(peak < 96 * MIB, "{} MiB", peak / MIB);
    let rows = server.admin(&["queue", "list"]);
    assert_eq!(rows.len(), 5);
}

#[test]
fn check_mail_says_what_would_happen() {
    let sink = Sink::start();
    let check = |settings: &[(&str, &str)], words: &[&str]| -> (bool, Value) {
        let mut command = Command::new(program::path());
        command
            .env_clear()
            .args(["check", "mail", "--json"])
            .args(words);
        command.envs(settings.iter().copied());
        let done = command.output().expect("it runs");
        let line = serde_json::from_slice(&done.stdout).expect("JSON");
        (done.status.success(), line)
    };
    let url = sink.url();
    let settings = [
        ("DEPESCHE_SMTP__URL", url.as_str()),
        ("DEPESCHE_GATEWAY__DOMAINS", "[\"corp.test\"]"),
        ("DEPESCHE_GATEWAY__PROTECT_TO", "[\"clinic.test\"]"),
    ];
    let detail = |line: &Value| {
        line["findings"][2]["detail"]
            .as_str()
            .expect("words")
            .to_owned()
    };
    let (ok, line) = check(&settings, &["--to", "dr@clinic.test"]);
    assert!(ok && line["ok"] == true, "{line}");
    assert!(
        detail(&line).starts_with("an ordinary mail becomes a protected PDF"),
        "{line}"
    );
    let (_, line) = check(&settings, &["--to", YOU]);
    assert!(detail(&line).contains("an ordinary mail passes") && detail(&line).contains("(Auto)"));
    let (_, line) = check(&settings, &["--to", "ben@corp.test"]);
    assert!(!detail(&line).contains("protected"), "{line}");
    let (ok, line) = check(&[("DEPESCHE_SMTP__URL", NOBODY)], &[]);
    assert!(!ok && line["ok"] == false, "{line}");
}

#[test]
fn operators_see_the_queue() {
    let setup = Setup::default().gateway().set("DEPESCHE_SMTP__URL", NOBODY);
    let server = Server::start(setup);
    let counts = |waiting: u32, held: u32| {
        until("the numbers", || {
            let text = wire::get(server.listen, "/metrics").text();
            let lines = [
                format!("depesche_mail_queue_waiting {waiting}\n"),
                format!("depesche_mail_queue_held {held}\n"),
            ];
            lines.iter().all(|line| text.contains(line)).then_some(text)
        })
    };
    assert!(counts(0, 0).contains("depesche_mail_queue_oldest_seconds 0\n"));
    send(server.gateway(), ANNA, &[YOU], "Subject: x\r\n\r\n");
    send(
        server.gateway(),
        ANNA,
        &[YOU, "x@y.test"],
        &format!("From: {ANNA}\r\nSubject: (Auto) secret\r\n\r\n"),
    );
    counts(1, 2);
    until("it grows older", || {
        let text = wire::get(server.listen, "/metrics").text();
        let is_young = text.contains("depesche_mail_queue_oldest_seconds 0\n");
        (!is_young).then_some(())
    });
}

/// Half a server that looks whole: `/readyz` did not know of the mail door.
#[test]
fn a_server_whose_mail_door_serves_nobody_is_not_ready() {
    let setup = Setup::default()
        .gateway()
        .set("DEPESCHE_GATEWAY__TRUSTED", "[]");
    let server = Server::start(setup);
    let ready = || wire::get(server.listen, "/readyz");
    assert_eq!(ready().status, 200);
    // As many as one address may have.
    let peers: Vec<_> = (0..50)
        .map(|_| Peer::connect(server.gateway()).expect("a place"))
        .collect();
    let answer = ready();
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("mail"), "{}", answer.text());
    drop(peers);
    until("there is room again", || {
        (ready().status == 200).then_some(())
    });
}
