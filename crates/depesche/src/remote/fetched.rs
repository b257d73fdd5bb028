//! The end of every fetch: the files, and what is said of them.

use std::fmt::Write as _;
use std::sync::Arc;

use depesche_client::fault::Fault;
use depesche_client::fetch::{self, Fetched, Incoming, Letter, Options, Visit};
use depesche_client::meter::Meter;
use serde_json::{Value, json};

use super::desk::Desk;
use super::progress::Bar;
use crate::exit::Failure;
use crate::text;

/// Fetches the files and says what is there.
pub(crate) async fn finish(desk: &Desk, visit: Visit, incoming: Incoming) -> Result<(), Failure> {
    let letter = visit.letter.clone();
    let meter = Arc::new(Meter::default());
    let bar = Bar::follow(&meter, "fetching");
    let options = Options { digests: desk.json };
    let fetched = fetch::download(visit, incoming, options, &meter).await;
    drop(bar);
    let fetched = fetched?;
    let json = json!({
        "id": letter.parcel,
        "level": letter.level,
        "subject": letter.subject,
        "message": letter.message,
        "sender": letter.sender_email,
        "sender_proof": letter.sender,
        "files": files(&fetched),
        "went_on": fetched.went_on,
    });
    desk.say(&json, &lines(&letter, &fetched));
    Ok(())
}

/// What was begun is kept if trying again can help.
pub(crate) fn leave(incoming: Incoming, failure: &Failure) -> Result<(), Failure> {
    match failure.fault() {
        Fault::Gone if !incoming.is_complete() => incoming.discard()?,
        Fault::Unavailable | Fault::Gone => {}
        _ if incoming.went_on() => {}
        _ => incoming.discard()?,
    }
    Ok(())
}

fn files(fetched: &Fetched) -> Value {
    let file = |file: &fetch::FetchedFile| {
        json!({
            "name": file.name,
            "size": file.size,
            "sha256": file.digest.map(|digest| hex(&digest)),
            "path": file.path.to_string_lossy(),
        })
    };
    fetched.files.iter().map(file).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// So many files are named; the rest is counted.
const NAMED: usize = 20;

fn lines(letter: &Letter, fetched: &Fetched) -> String {
    let mut out = format!("From {}", text::shown(&letter.sender_email));
    match letter.sender {
        "not_verified" => out.push_str(" (sender not verified)"),
        "stated" => out.push_str(" (sender stated)"),
        _ => {}
    }
    if !letter.subject.is_empty() {
        let _ = write!(out, ": {}", text::shown(&letter.subject));
    }
    out.push('\n');
    if !letter.message.is_empty() {
        let _ = writeln!(out, "\n{}\n", text::shown_lines(&letter.message));
    }
    for file in fetched.files.iter().take(NAMED) {
        let path = text::shown(&file.path.to_string_lossy());
        let _ = writeln!(out, "{path}  {}", text::size(file.size));
    }
    let more = fetched.files.len().saturating_sub(NAMED);
    if more > 0 {
        let _ = writeln!(out, "and {}", text::count(more, "more file", "more files"));
    }
    out
}
