//! Protected mail from end to end: a tagged mail waits for a password, becomes a PDF, its attachment is fetched, an answer
//! comes back; and nothing readable stays on the server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use depesche_client::seal::reply::ReplyLink;
use depesche_tests::client::{Client, Outcome};
use depesche_tests::mail::first_url;
use depesche_tests::random::Random;
use depesche_tests::server::{Server, Setup};
use depesche_tests::smtp::send;
use depesche_tests::wait::until;
use depesche_tests::{tree, wire};
use serde_json::{Value, json};

use crate::replies::{Answering, File, look};

pub(crate) const ANNA: &str = "anna@example.test";
pub(crate) const EVA: &str = "eva@firma.cz";
pub(crate) const PASSWORD: &str = "kiefer tasse mond regal uhr";
const ANNAS: &str = "wolke forelle besen lampe zaun";
const SUBJECT: &str = "canarysubject Befund";
const BODY: &str = "canarybody: alles in Ordnung.";
const FILE: &str = "canaryfile: Werte 1 2 3";
const ANSWER: &str = "canaryanswer: danke, gut angekommen.";

pub(crate) fn letter() -> String {
    format!(
        "From: Dr. Anna Keller <{ANNA}>\r\nTo: Eva <{EVA}>\r\nDate: Sun, 29 Nov 2026 10:00:00 +0100\r\n\
         Message-ID: <first@example.test>\r\nSubject: (Auto) {SUBJECT}\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n{BODY}\r\n\
         --x\r\nContent-Type: text/csv; name=werte.csv\r\nContent-Disposition: attachment; filename=werte.csv\r\n\r\n\
         {FILE}\r\n--x--\r\n"
    )
}

/// The mails to an address whose raw text has this in it, the oldest first.
fn mails(server: &Server, to: &str, with: &str) -> Vec<Value> {
    let mails = server.caught().into_iter();
    let fits = |mail: &Value| {
        mail["to"] == to && mail["raw"].as_str().is_some_and(|raw| raw.contains(with))
    };
    mails.filter(fits).collect()
}

pub(crate) fn mail(server: &Server, to: &str, with: &str) -> Value {
    until("a mail is caught", || {
        mails(server, to, with).into_iter().next()
    })
}

pub(crate) fn set_password(link: &str, password: &str) -> Outcome {
    let client = Client::guest("http://127.0.0.1:9");
    client.with_secrets(
        &["pdf-password", link],
        &[("DEPESCHE_PDF_PASSWORD", password)],
    )
}

/// The link of an invitation to this address.
fn invitation(server: &Server, to: &str) -> String {
    first_url(mail(server, to, "/p/")["text"].as_str().expect("text"))
}

/// A PDF that came by mail.
pub(crate) struct Pdf {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Pdf {
    pub(crate) fn of(mail: &Value) -> Self {
        let raw = mail["raw"].as_str().expect("raw");
        let parsed = mail_parser::MessageParser::default().parse(raw.as_bytes());
        let parsed = parsed.expect("a mail");
        let pdf = parsed
            .attachment(0)
            .expect("an attachment")
            .contents()
            .to_vec();
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("letter.pdf");
        fs::write(&path, pdf).expect("written");
        Self { folder, path }
    }

    fn qpdf(&self, password: &str, out: &Path) -> Output {
        let mut command = Command::new("qpdf");
        command.arg(format!("--password={password}"));
        command.args(["--decrypt", "--qdf", "--object-streams=disable"]);
        command.arg(&self.path).arg(out);
        command.output().expect("qpdf runs")
    }

    /// Everything in it, and its text.
    pub(crate) fn open(&self, password: &str) -> (String, String) {
        let out = self.folder.path().join("open.pdf");
        let done = self.qpdf(password, &out);
        assert!(done.status.success(), "{done:?}");
        let text = Command::new("pdftotext").arg(&out).arg("-").output();
        let text = String::from_utf8(text.expect("pdftotext runs").stdout).expect("UTF-8");
        let all = fs::read(&out).expect("read");
        (String::from_utf8_lossy(&all).into_owned(), text)
    }

    fn refuses(&self, password: &str) {
        let out = self.folder.path().join("wrong.pdf");
        assert!(!self.qpdf(password, &out).status.success());
    }
}

/// The link to this page in an opened PDF.
pub(crate) fn link(server: &Server, pdf: &str, page: &str) -> String {
    let begin = format!("{}/{page}/", server.url);
    let at = pdf.find(&begin).expect("a link");
    let link: String = pdf[at..]
        .chars()
        .take_while(|c| !matches!(c, ')' | '>' | '<'))
        .collect();
    assert!(link.contains("#1."), "{link}");
    link
}

/// What must not be found anywhere below the server's folder, nor in its log.
fn assert_nothing_readable(server: &Server, words: &[&str]) {
    for (path, bytes) in tree::read(&server.data()) {
        let Some(bytes) = bytes else { continue };
        for word in words {
            let found = bytes.windows(word.len()).any(|w| w == word.as_bytes());
            assert!(!found, "{word} in {}", path.display());
        }
    }
    let log = server.log();
    for word in words {
        assert!(!log.contains(word), "{word} in the log");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn a_tagged_mail_becomes_a_pdf_and_is_answered() {
    let server = Server::start(Setup::demo().gateway());
    send(server.gateway(), ANNA, &[EVA], &letter());
    let link_to_set = invitation(&server, EVA);
    let told = mail(&server, ANNA, "Auto-Submitted");
    assert!(
        told["text"].as_str().expect("text").contains(EVA),
        "the sender hears that it waits"
    );
    assert!(
        mails(&server, EVA, "application/pdf").is_empty(),
        "nothing else leaves"
    );

    // Programs that follow the link, and passwords that can be guessed, change nothing.
    let path = link_to_set.strip_prefix(&server.url).expect("ours");
    for line in ["GET", "HEAD", "POST", "OPTIONS"] {
        let answer = wire::ask(server.listen, &format!("{line} {path}"), "", b"");
        assert!((200..500).contains(&answer.status));
    }
    assert_eq!(
        set_password(&link_to_set, "sommer2026").refusal(),
        (2, "weak_password")
    );
    let done = set_password(&link_to_set, PASSWORD).done();
    assert_eq!((&done["email"], &done["held"]), (&json!(EVA), &json!(1)));
    assert_eq!(
        set_password(&link_to_set, ANNAS).refusal(),
        (3, "password_link_used")
    );

    // What was held goes out by itself.
    let carrier = mail(&server, EVA, "application/pdf");
    let raw = carrier["raw"].as_str().expect("raw");
    assert!(raw.contains("<first@example.test>"), "the thread holds");
    assert!(
        !raw.contains("canary") && !raw.contains("(Auto)"),
        "the mail around it says nothing"
    );
    let pdf = Pdf::of(&carrier);
    pdf.refuses("sommer2026");
    pdf.refuses("");
    let (inside, text) = pdf.open(PASSWORD);
    for said in [SUBJECT, BODY, "werte.csv"] {
        assert!(text.contains(said), "{said} in {text}");
    }
    until("the sender hears of it", || {
        let all = mails(&server, ANNA, "Auto-Submitted");
        (all.len() == 3).then_some(())
    });
    assert_nothing_readable(
        &server,
        &["canarybody", "canaryfile", "canarysubject", PASSWORD],
    );

    // The attachment.
    let attachment = link(&server, &inside, "a");
    let guest = Client::guest(&server.url);
    let _ = guest.fetch(&attachment, &[]).done();
    let got = fs::read_to_string(guest.out().join("werte.csv")).expect("the file");
    assert_eq!(got.trim_end(), FILE);
    let fetched = until("the sender hears who fetched it", || {
        let all = mails(&server, ANNA, "Auto-Submitted");
        all.into_iter().nth(3)
    });
    assert!(fetched["text"].as_str().expect("text").contains(EVA));

    // The answer, and it arrives as a PDF under Anna's own password.
    let reply = ReplyLink::parse(&link(&server, &inside, "r")).expect("a reply link");
    answer(&server, &reply, &[]);
    let link_to_set = invitation(&server, ANNA);
    assert_nothing_readable(&server, &["canaryanswer"]);
    let _ = set_password(&link_to_set, ANNAS).done();
    let carrier = mail(&server, ANNA, "application/pdf");
    let raw = carrier["raw"].as_str().expect("raw");
    assert!(
        raw.contains("<first@example.test>"),
        "it stands in the thread"
    );
    assert!(raw.contains(EVA), "and an answer goes to who wrote it");
    let (inside, text) = Pdf::of(&carrier).open(ANNAS);
    assert!(text.contains(ANSWER), "{text}");
    // The thread goes on.
    ReplyLink::parse(&link(&server, &inside, "r")).expect("a reply link");
    assert_nothing_readable(
        &server,
        &[
            "canaryanswer",
            "canarybody",
            "canaryfile",
            "canarysubject",
            ANNAS,
        ],
    );
}

/// Writes by a reply link as the page does.
fn answer(server: &Server, link: &ReplyLink, files: &[File<'_>]) {
    let looked = look(server, link);
    assert_eq!(
        (&looked.said["to"]["email"], &looked.said["email"]),
        (&json!(ANNA), &json!(EVA))
    );
    let quote = looked.quote;
    assert!(quote.subject.contains(SUBJECT) && quote.text.contains(BODY));
    let words = (EVA, "AW: canarysubject", ANSWER);
    Answering::new(server, link).send(words, files);
}

/// What is dropped on the reply page comes to the sender, and lies nowhere readable meanwhile.
#[test]
fn an_answer_brings_its_files_to_the_sender() {
    let server = Server::start(Setup::demo().gateway());
    send(server.gateway(), ANNA, &[EVA], &letter());
    let _ = set_password(&invitation(&server, EVA), PASSWORD).done();
    let (inside, _) = Pdf::of(&mail(&server, EVA, "application/pdf")).open(PASSWORD);
    let reply = ReplyLink::parse(&link(&server, &inside, "r")).expect("a reply link");
    let small = "canaryreplyfile: Röntgen".as_bytes();
    // Of two parts.
    let large = Random::fresh("a large file").bytes((9 << 20) + 5);
    let files: [File<'_>; 3] = [
        ("canaryreplyname.txt", small),
        ("Bilder/groß.bin", &large),
        ("leer.txt", b""),
    ];
    answer(&server, &reply, &files);
    let words = ["canaryreplyfile", "canaryreplyname", "canaryanswer"];
    assert_nothing_readable(&server, &words);

    let _ = set_password(&invitation(&server, ANNA), ANNAS).done();
    let carrier = mail(&server, ANNA, "application/pdf");
    assert!(!carrier["raw"].as_str().expect("raw").contains("canary"));
    let (inside, text) = Pdf::of(&carrier).open(ANNAS);
    for said in [ANSWER, "canaryreplyname.txt", "groß.bin", "leer.txt"] {
        assert!(text.contains(said), "{said} in {text}");
    }
    let guest = Client::guest(&server.url);
    let _ = guest.fetch(&link(&server, &inside, "a"), &[]).done();
    for (name, content) in files {
        let got = fs::read(guest.out().join(name)).expect("the file");
        assert!(got == content, "{name}");
    }
    assert_nothing_readable(&server, &words);
}

/// Where a notice comes back to: an address that names it.
fn comes_back_to(notice: &Value) -> String {
    let text = |name: &str| notice[name].as_str().expect("text").to_owned();
    let id = text("id").split('@').next().unwrap_or_default().to_owned();
    let id = BASE64URL_NOPAD.decode(id.as_bytes()).expect("an id");
    let from = text("from");
    let (_, domain) = from.split_once('@').expect("an address");
    format!("bounce+{}@{domain}", HEXLOWER.encode(&id))
}

#[test]
fn an_answer_of_a_machine_starts_no_loop_and_ends_nothing() {
    let server = Server::start(Setup::demo().gateway());
    send(server.gateway(), ANNA, &[EVA], &letter());
    let invitation = mail(&server, EVA, "/p/");
    let raw = invitation["raw"].as_str().expect("raw");
    assert!(
        raw.contains("Auto-Submitted: auto-generated"),
        "asks for no answer"
    );
    let to = comes_back_to(&invitation);
    let vacation = format!(
        "From: {EVA}\r\nTo: {to}\r\nSubject: (Auto) away\r\nAuto-Submitted: auto-replied\r\n\r\nAway until Monday.\r\n"
    );
    send(server.gateway(), "", &[&to], &vacation);
    let link = first_url(invitation["text"].as_str().expect("text"));
    assert_eq!(
        set_password(&link, PASSWORD).done()["held"],
        json!(1),
        "it went on waiting"
    );
    mail(&server, EVA, "application/pdf");
    let all = server.caught();
    assert!(
        all.iter()
            .all(|mail| mail["to"] == EVA || mail["to"] == ANNA),
        "nobody answers a machine"
    );
}

#[test]
fn an_invitation_that_comes_back_is_told_at_once() {
    let server = Server::start(Setup::demo().gateway());
    send(server.gateway(), ANNA, &[EVA], &letter());
    let to = comes_back_to(&mail(&server, EVA, "/p/"));
    let report = format!(
        "From: MAILER-DAEMON@firma.cz\r\nTo: {to}\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\r\nno such user\r\n\
         --x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.firma.cz\r\n\r\n\
         Final-Recipient: rfc822; {EVA}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--x--\r\n"
    );
    send(server.gateway(), "", &[&to], &report);
    until("the queue is empty", || {
        server.admin(&["queue", "list"]).is_empty().then_some(())
    });
    until("the sender hears of it", || {
        let all = mails(&server, ANNA, "Auto-Submitted").into_iter();
        let mut texts = all.map(|mail| mail["text"].as_str().expect("text").to_owned());
        texts.find(|text| text.contains("came back") || text.contains("kam zurück"))
    });
}

#[test]
fn an_administrator_takes_a_password_away() {
    let server = Server::start(Setup::demo().gateway());
    send(server.gateway(), ANNA, &[EVA], &letter());
    let _ = set_password(&invitation(&server, EVA), PASSWORD).done();
    mail(&server, EVA, "application/pdf");
    let nobody = server.admin_fails(&["user", "reset-pdf-password", "nobody@example.net"]);
    assert!(nobody.contains("nobody"), "{nobody}");
    server.admin(&["user", "reset-pdf-password", EVA]);
    send(
        server.gateway(),
        ANNA,
        &[EVA],
        &letter().replace("first@", "second@"),
    );
    let reset = until("a link is mailed", || {
        // Not "/p/" alone: the PDF's base64 may have that.
        let link = format!("{}/p/", server.url);
        mails(&server, EVA, &link).into_iter().nth(1)
    });
    assert!(mails(&server, EVA, "second@").is_empty(), "it waits again");
    let link = first_url(reset["text"].as_str().expect("text"));
    let _ = set_password(&link, ANNAS).done();
    let carrier = mail(&server, EVA, "second@");
    let pdf = Pdf::of(&carrier);
    pdf.refuses(PASSWORD);
    pdf.open(ANNAS);
}
