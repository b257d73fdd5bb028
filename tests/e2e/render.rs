//! `depesche render-worker`, as the gateway runs it: what it may do, and what it does with what kills it.

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use depesche_tests::program;
use serde_json::{Value, json};

struct Worker(Child);

impl Worker {
    fn start() -> Worker {
        let child = Command::new(program::path())
            .arg("render-worker")
            .env_clear()
            .env("RAYON_NUM_THREADS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        Worker(child.expect("it runs"))
    }

    fn say(&mut self, sheet: &Value) {
        let json = sheet.to_string().into_bytes();
        let piece = [&length(&json)[..], &json].concat();
        let input = self.0.stdin.as_mut().expect("piped");
        let whole = [&length(&piece)[..], &piece].concat();
        input.write_all(&whole).expect("it reads");
        input.flush().expect("it reads");
    }

    /// The letter of the grade and the PDF; none when the process has ended.
    fn answer(&mut self) -> Option<(char, Vec<u8>)> {
        let output = self.0.stdout.as_mut().expect("piped");
        let mut length = [0; 4];
        output.read_exact(&mut length).ok()?;
        let mut answer = vec![0; u32::from_le_bytes(length) as usize];
        output.read_exact(&mut answer).ok()?;
        let pdf = answer.split_off(1);
        Some((char::from(answer[0]), pdf))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).expect("short").to_le_bytes()
}

/// A sheet, as `depesche_page::sheet::Sheet` is written.
fn sheet(body: &Value) -> Value {
    json!({
        "frame": {
            "language": "De", "house": "Kanzlei", "colour": null, "host": "portal.example",
            "reply": "https://portal.example/r/x#1.y", "password": "https://portal.example/p", "files": [],
            "files_until": null, "made": {"day": {"year": 2026, "month": 11, "day": 23}, "hour": 8, "minute": 0},
            "ident": "x",
        },
        "headers": {"from": [], "to": [], "cc": [], "subject": "Betreff", "date": null, "message_id": null},
        "body": body, "events": [], "nested": [], "notes": [], "pictures": [], "plain": false,
    })
}

fn html(html: &str) -> Value {
    sheet(&json!({"Html": {"html": html, "plain": ""}}))
}

#[test]
fn pages_come_one_after_the_other() {
    let mut worker = Worker::start();
    for _ in 0..3 {
        worker.say(&html("<p>Guten Tag <b>Frau Huber</b>"));
        let (grade, pdf) = worker.answer().expect("a page");
        assert_eq!(grade, 'U');
        assert!(pdf.starts_with(b"%PDF-1.7"));
    }
    drop(worker.0.stdin.take());
    assert!(
        worker.0.wait().expect("a child").success(),
        "it ends with its input"
    );
}

#[test]
fn it_has_limits_and_knows_no_secrets() {
    let mut worker = Worker::start();
    worker.say(&html("<p>a"));
    worker.answer().expect("a page");
    let about = |file: &str| {
        fs::read_to_string(format!("/proc/{}/{file}", worker.0.id())).expect("it runs")
    };
    let limits = about("limits");
    let limit = |name: &str| {
        let line = limits
            .lines()
            .find(|line| line.starts_with(name))
            .expect("a limit");
        line[name.len()..]
            .split_whitespace()
            .next()
            .expect("a value")
            .to_owned()
    };
    assert_eq!(limit("Max address space"), (1 << 30).to_string());
    assert_eq!(limit("Max file size"), "0");
    assert_eq!(limit("Max core file size"), "0");
    let seconds: u64 = limit("Max cpu time").parse().expect("seconds");
    assert!((15..60).contains(&seconds), "{seconds}");
    let open = fs::read_dir(format!("/proc/{}/fd", worker.0.id())).expect("it runs");
    let open: Vec<_> = open
        .flatten()
        .filter_map(|fd| fs::read_link(fd.path()).ok())
        .collect();
    assert!(
        !open
            .iter()
            .any(|file| file.to_string_lossy().starts_with("socket:")),
        "{open:?}"
    );
    assert_eq!(about("environ"), "RAYON_NUM_THREADS=1\0");
}

#[test]
fn what_would_take_too_much_ends_the_process_and_not_the_machine() {
    let mut worker = Worker::start();
    // A picture's worth of memory in text: more than the process may have.
    let huge = "<table border=1><tr><td>x".repeat(400_000);
    worker.say(&html(&huge));
    if let Some((grade, _)) = worker.answer() {
        assert_eq!(grade, 'P', "if anything comes, it is the text alone");
    }
}

#[test]
fn odd_messages_are_answered_or_end_it() {
    let mut worker = Worker::start();
    worker.say(&json!({"frame": "odd"}));
    assert_eq!(worker.answer(), Some(('F', Vec::new())));
    worker.say(&html("<p>a"));
    assert!(worker.answer().is_some(), "the next one is drawn");
    let input = worker.0.stdin.as_mut().expect("piped");
    input.write_all(&[0xff; 4]).expect("it reads");
    assert_eq!(worker.answer(), None, "a length beyond all limits ends it");
}
