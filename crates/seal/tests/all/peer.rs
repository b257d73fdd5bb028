//! Other people's programs: Google's `tink` opens our streams and we open its; a second reading of
//! `docs/format.md`, in Python over other libraries, runs the same vectors.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use depesche_seal::key::{ForFile, Key};
use depesche_seal::stream::{self, SEGMENT, SEGMENT_TEXT, StreamError, StreamHeader};
use serde_json::{Value, json};

use crate::make::{hex, pattern};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn python() -> Command {
    // Where the sources are a copy (mutation runs), the installed programs are elsewhere.
    let folder =
        std::env::var_os("DEPESCHE_VENV").map_or(root().join(".venv-tools"), PathBuf::from);
    let program = folder.join("bin/python");
    assert!(
        program.exists(),
        "the programs to compare with are not installed: run scripts/python-venv.sh"
    );
    let mut command = Command::new(program);
    command.arg("-B"); // leaves no compiled copy beside the scripts
    command
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/peer")
        .join(name)
}

/// The running `tink_stream.py`.
struct Tink {
    child: Child,
    jobs: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Tink {
    fn start() -> Self {
        let mut child = python()
            .arg(script("tink_stream.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let jobs = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Self {
            child,
            jobs,
            answers,
        }
    }

    fn ask(&mut self, job: &Value) -> Value {
        writeln!(self.jobs, "{job}").expect("Python reads; its error is printed above");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("Python answers");
        serde_json::from_str(&line).expect("Python answers JSON; its error is printed above")
    }

    fn seal(&mut self, key: &Key<ForFile>, aad: &[u8], text: &[u8]) -> Vec<u8> {
        let job =
            json!({ "do": "seal", "key": hex(key.expose()), "aad": hex(aad), "text": hex(text) });
        unhex(&self.ask(&job)["sealed"])
    }

    /// None where tink refuses.
    fn open(&mut self, key: &Key<ForFile>, aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let job = json!({ "do": "open", "key": hex(key.expose()), "aad": hex(aad), "sealed": hex(sealed) });
        let answer = self.ask(&job);
        match answer["refused"].as_bool() {
            Some(true) => None,
            _ => Some(unhex(&answer["text"])),
        }
    }
}

impl Drop for Tink {
    fn drop(&mut self) {
        // It has nothing to save, and would wait for the pipe that closes only after this.
        let _ended = self.child.kill().and_then(|()| self.child.wait());
    }
}

fn unhex(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("hex");
    data_encoding::HEXLOWER
        .decode(text.as_bytes())
        .expect("hex")
}

fn key() -> Key<ForFile> {
    Key::from_bytes(&[0x5a; 32])
}

const AAD: &[u8] = b"depesche/v1/file\0sixteen bytes id";

fn sizes() -> [usize; 9] {
    let first = SEGMENT_TEXT - stream::HEADER;
    [
        0,
        1,
        100,
        first - 1,
        first,
        first + 1,
        first + SEGMENT_TEXT,
        first + SEGMENT_TEXT + 1,
        3 * SEGMENT,
    ]
}

#[test]
fn tink_opens_what_we_seal() {
    let mut tink = Tink::start();
    for size in sizes() {
        let text = pattern("ours", size);
        let header = StreamHeader::from_random(&[size as u8; StreamHeader::RANDOM]);
        let sealed = stream::seal(&key(), header, AAD, &text).expect("a small text");
        assert!(
            tink.open(&key(), AAD, &sealed)
                .is_some_and(|opened| opened == text),
            "{size} bytes"
        );
        assert_eq!(
            tink.open(&key(), b"another context", &sealed),
            None,
            "{size} bytes"
        );
        assert_eq!(
            tink.open(&Key::from_bytes(&[1; 32]), AAD, &sealed),
            None,
            "{size} bytes"
        );
    }
}

#[test]
fn we_open_what_tink_seals() {
    let mut tink = Tink::start();
    for size in sizes() {
        let text = pattern("theirs", size);
        let sealed = tink.seal(&key(), AAD, &text);
        assert_eq!(stream::sealed_size(size as u64), Ok(sealed.len() as u64));
        let opened = stream::open(&key(), AAD, &sealed).expect("tink seals what we open");
        assert!(*opened == text, "{size} bytes");
        let refused = stream::open(&key(), b"another context", &sealed).err();
        assert_eq!(refused, Some(StreamError::Authentication), "{size} bytes");
    }
}

/// Whatever is done to a stream, tink refuses what we refuse.
#[test]
fn tink_refuses_what_we_refuse() {
    let mut tink = Tink::start();
    let text = pattern("damaged", 2 * SEGMENT_TEXT + 100);
    let header = StreamHeader::from_random(&[7; StreamHeader::RANDOM]);
    let good = stream::seal(&key(), header, AAD, &text).expect("a small text");
    let mut flawed: Vec<Vec<u8>> = [1, 20, 39, 40, SEGMENT - 1, SEGMENT, good.len() - 1]
        .into_iter()
        .map(|at| {
            let mut bytes = good.clone();
            bytes[at] ^= 1;
            bytes
        })
        .collect();
    flawed.extend(
        [0, 39, 40, 55, SEGMENT, 2 * SEGMENT, good.len() - 1].map(|len| good[..len].to_vec()),
    );
    flawed.push([&good[..], &[0]].concat());
    flawed.push([&good[..SEGMENT], &good[2 * SEGMENT..]].concat());
    for (number, bytes) in flawed.iter().enumerate() {
        assert!(stream::open(&key(), AAD, bytes).is_err(), "flaw {number}");
        assert_eq!(tink.open(&key(), AAD, bytes), None, "flaw {number}");
    }
}

#[test]
fn a_second_reading_of_the_specification_agrees_with_every_vector() {
    let run = python()
        .arg(script("run_vectors.py"))
        .arg(root().join("vectors"))
        .output()
        .expect("Python starts");
    let (out, err) = (
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
    assert!(run.status.success(), "{out}{err}");
    let count: usize = out
        .trim()
        .parse()
        .unwrap_or_else(|_| panic!("a number of vectors: {out}"));
    let files = std::fs::read_dir(root().join("vectors"))
        .expect("a readable folder")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        // Credentials of PDFs have readers of their own.
        .filter(|name| name.ends_with(".json") && !name.starts_with("pdf_"));
    assert_eq!(count, files.count());
}
