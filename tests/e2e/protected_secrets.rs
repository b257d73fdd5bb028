//! What the mail gateway has passed on or protected is nowhere on it afterwards: in no file, database page, log or core,
//! its own or that of a process that draws pages, however a mail may write it (security G8).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aho_corasick::AhoCorasick;
use data_encoding::BASE64_MIME;
use depesche_tests::mail::{Sink, first_url};
use depesche_tests::server::{Server, Setup};
use depesche_tests::smtp::send;
use depesche_tests::tree;
use depesche_tests::wait::until;
use rustix::process::Pid;

use crate::protected::{ANNA, EVA, PASSWORD, set_password};
use crate::secrets::{Forms, core, find, forms};

/// Short, so that a line of a mail holds it whole; with letters that quoted-printable and UTF-16 write otherwise.
const SUBJECT: &str = "canary-Betreff-größer-Q7";
const BODY: &str = "canary-Körper-žlutý-K3";
const HTML: &str = "canary-Hülle-kůň-W9";
const FILE: &str = "canary-Anhang-číslo-Z5";
const NAME: &str = "canary-Name-V1";
const PASSED: &str = "canary-Durchreise-ß-P8";

/// As RFC 2045 section 6.7 writes it: what has to be, and all of it.
fn quoted(text: &str, all: bool) -> Vec<u8> {
    let one = |byte: u8| {
        if all || !byte.is_ascii_graphic() || byte == b'=' {
            format!("={byte:02X}")
        } else {
            char::from(byte).to_string()
        }
    };
    text.bytes().map(one).collect::<String>().into_bytes()
}

fn latin(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}

fn mail_forms(text: &str) -> Forms {
    let mut all = forms(text.as_bytes());
    let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect();
    all.insert("utf-16le", wide(u16::to_le_bytes));
    all.insert("utf-16be", wide(u16::to_be_bytes));
    all.insert("quoted-printable", quoted(text, false));
    all.insert("all quoted-printable", quoted(text, true));
    // In another charset, and in code points of four bytes each, as a program may hold text.
    all.extend(latin(text).map(|bytes| ("latin-1", bytes)));
    let points = text.chars().flat_map(|c| u32::from(c).to_le_bytes());
    all.insert("code points", points.collect());
    all
}

struct Canaries {
    all: BTreeMap<&'static str, Forms>,
    /// `what: form`, in the order of what is searched.
    names: Vec<String>,
    search: AhoCorasick,
}

impl Canaries {
    fn of(texts: &[(&'static str, &str)]) -> Self {
        let all: BTreeMap<_, _> = texts.iter().map(|(w, t)| (*w, mail_forms(t))).collect();
        let pairs = all.iter().flat_map(|(what, forms)| {
            forms
                .iter()
                .map(move |(form, bytes)| (format!("{what}: {form}"), bytes))
        });
        let (names, forms): (Vec<String>, Vec<&Vec<u8>>) = pairs.unzip();
        let search = AhoCorasick::new(forms).expect("a search");
        Self { all, names, search }
    }

    /// `what: form` of everything found in these bytes: a core has hundreds of megabytes, so all at once.
    fn found_in(&self, bytes: &[u8]) -> Vec<String> {
        let found = self.search.find_overlapping_iter(bytes);
        let which: BTreeSet<usize> = found.map(|hit| hit.pattern().as_usize()).collect();
        which.into_iter().map(|at| self.names[at].clone()).collect()
    }

    fn found_below(&self, folder: &Path) -> Vec<String> {
        let mut found = vec![];
        for (path, bytes) in tree::read(folder) {
            let name = path.to_string_lossy().into_owned();
            let inside = self.found_in(&bytes.unwrap_or_default());
            let all = inside.into_iter().chain(self.found_in(name.as_bytes()));
            found.extend(all.map(|what| format!("{name}: {what}")));
        }
        found
    }
}

/// The server's processes: itself, and those that draw pages.
fn family(server: &Server) -> Vec<Pid> {
    let own = server.pid();
    let is_child = |folder: &Path| {
        // A process that ends just now is none.
        let status = std::fs::read_to_string(folder.join("status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        parent.is_some_and(|pid| pid.trim() == own.as_raw_nonzero().to_string())
    };
    let all = std::fs::read_dir("/proc").expect("processes").flatten();
    let children = all.map(|entry| entry.path()).filter(|path| is_child(path));
    let pids = children.filter_map(|path| path.file_name()?.to_str()?.parse().ok());
    std::iter::once(own)
        .chain(pids.filter_map(Pid::from_raw))
        .collect()
}

/// What is found in the memory of any of them; buffers of what ends just now are wiped when it has ended.
fn left_in_memory(canaries: &Canaries, server: &Server, scratch: &Path) -> Vec<String> {
    let mut found = vec![];
    for _ in 0..10 {
        found.clear();
        for (index, pid) in family(server).into_iter().enumerate() {
            let hits = canaries.found_in(&core(pid, scratch));
            found.extend(
                hits.into_iter()
                    .map(|hit| format!("process {index}: {hit}")),
            );
        }
        if found.is_empty() {
            break;
        }
    }
    found
}

/// Over and over, so that every shift of base64 has it whole in a line.
fn lines(text: &str) -> String {
    (0..60)
        .map(|index| format!("{}{text}\r\n", "x".repeat(index % 3)))
        .collect()
}

/// Every part written another way.
fn letter() -> String {
    let encoded = |text: &str| BASE64_MIME.encode(lines(text).as_bytes());
    let quoted = |text: &str| String::from_utf8(quoted(text, false)).expect("ASCII");
    format!(
        "From: Anna <{ANNA}>\r\nTo: <{EVA}>\r\nMessage-ID: <canary@example.test>\r\n\
         Subject: (Auto) {SUBJECT}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
         --x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n\
         --y\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}\r\n\
         --y\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--y--\r\n\
         --x\r\nContent-Type: text/csv; name={NAME}.csv\r\nContent-Disposition: attachment; filename={NAME}.csv\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--x--\r\n",
        quoted(BODY),
        encoded(&format!("<p>{HTML}</p>")),
        encoded(FILE)
    )
}

/// A scan that finds nothing must be one that would have found it.
fn the_scan_sees(canaries: &Canaries, scratch: &Path) {
    for (what, forms) in &canaries.all {
        for (name, form) in forms {
            tree::write(
                scratch.join("control/file"),
                [&[7; 99][..], form, &[7; 99]].concat(),
            );
            let found = canaries.found_below(&scratch.join("control"));
            assert!(
                found.contains(&format!("file: {what}: {name}")),
                "{what}: {name}"
            );
        }
    }
    // As the mail itself comes in.
    let found = canaries.found_in(letter().as_bytes());
    for what in [
        "subject: raw",
        "body: quoted-printable",
        "html: base64+0",
        "file: base64+1",
        "name: raw",
    ] {
        assert!(found.contains(&what.to_owned()), "{what} in {found:?}");
    }
}

#[test]
fn nothing_of_a_mail_is_left_once_it_has_left() {
    let sink = Sink::start();
    let server = Server::start(Setup::mailing(&sink).gateway());
    let canaries = Canaries::of(&[
        ("subject", SUBJECT),
        ("body", BODY),
        ("html", HTML),
        ("file", FILE),
        ("name", NAME),
        ("password", PASSWORD),
    ]);
    let passed = Canaries::of(&[("passed", PASSED)]);
    let scratch = tempfile::tempdir().expect("a folder");
    the_scan_sees(&canaries, scratch.path());

    // What just passes is in memory while it is carried, and sealed on the disk; this is the control of the core.
    sink.hold();
    let text = format!("From: {ANNA}\r\nSubject: x\r\n\r\n{}", lines(PASSED));
    send(server.gateway(), ANNA, &[EVA], &text);
    until("it is carried", || {
        let found = passed.found_in(&core(server.pid(), scratch.path()));
        found.contains(&"passed: raw".to_owned()).then_some(())
    });
    assert_eq!(passed.found_below(server.folder()), Vec::<String>::new());
    sink.let_go();
    assert!(find(&sink.next_to(EVA).raw, PASSED.as_bytes()));

    // What is to be protected waits sealed; then it goes out as a PDF.
    send(server.gateway(), ANNA, &[EVA], &letter());
    let invitation = sink.next_to(EVA);
    assert_eq!(canaries.found_below(server.folder()), Vec::<String>::new());
    let held = left_in_memory(&canaries, &server, scratch.path());
    assert_eq!(held, Vec::<String>::new(), "while it is held");
    let _ = set_password(&first_url(&invitation.text()), PASSWORD).done();
    let carrier = sink.next_to(EVA);
    assert!(find(&carrier.raw, b"application/pdf"));
    assert_eq!(canaries.found_in(&carrier.raw), Vec::<String>::new());
    until("it has left, and the sender has heard", || {
        let text = depesche_tests::wire::get(server.listen, "/metrics").text();
        let is_empty = |name: &str| text.contains(&format!("depesche_{name} 0\n"));
        (is_empty("outbox_waiting") && is_empty("mail_queue_waiting")).then_some(())
    });
    assert!(
        family(&server).len() > 1,
        "a process has drawn it, and lives on"
    );
    let left = left_in_memory(&canaries, &server, scratch.path());
    assert_eq!(left, Vec::<String>::new(), "in memory");
    let left = left_in_memory(&passed, &server, scratch.path());
    assert_eq!(left, Vec::<String>::new(), "in memory");
    assert_eq!(canaries.found_below(server.folder()), Vec::<String>::new());
    assert_eq!(passed.found_below(server.folder()), Vec::<String>::new());
}
