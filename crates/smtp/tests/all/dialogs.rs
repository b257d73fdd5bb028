//! Every file in `tests/dialogs` is played; the folder is walked, so a new file is a new test.
//!
//! | line | means |
//! |-|-|
//! | `# …` | a remark |
//! | `? name value` | a setting, before anything else |
//! | `C: …`, `S: …` | a line of the client, of the server, with CR LF behind it |
//! | `C~ …`, `S~ …` | the same bytes without an end; for several lines at once |
//! | `M: from -> to, to: text` | server: the next mail arrived; client: it is to be sent |
//! | `F: fate; fate` | client: what became of the next mail, recipient by recipient |
//! | `TLS`, `END`, `LOST: why` | hands were shaken; it ended; it failed |
//!
//! `\r`, `\n`, `\t`, `\0`, `\\` and `\xHH` are bytes; `…` at the end of an expected line stands for any rest.

use std::fs;
use std::path::Path;

use depesche_smtp::address::{Mailbox, ReversePath};
use depesche_smtp::client::fate::{Fate, Outcome};
use depesche_smtp::client::state::{Login, TlsWish};
use depesche_smtp::envelope::{Body, Envelope};
use depesche_smtp::fuzzing::{Arrived, Conversation, Delivery, envelope, small_settings};
use depesche_smtp::session::wire::Tls;

fn files(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/dialogs")
        .join(folder);
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the dialogs")
        .map(|entry| entry.expect("a file").path())
        .map(|path| {
            (
                path.file_name()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned(),
                fs::read_to_string(&path).expect("text"),
            )
        })
        .collect();
    files.sort();
    files
}

/// Bytes meant.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let (&escape, behind) = rest.split_first().expect("something behind the backslash");
        rest = behind;
        out.push(match escape {
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'0' => 0,
            b'\\' => b'\\',
            b'x' => {
                let (digits, behind) = rest.split_at(2);
                rest = behind;
                u8::from_str_radix(std::str::from_utf8(digits).expect("ASCII"), 16)
                    .expect("two hex digits")
            }
            _ => panic!("an escape: {text}"),
        });
    }
    out
}

/// Lines written and not expected yet.
#[derive(Default)]
struct Written {
    seen: usize,
}

impl Written {
    fn next(&mut self, output: &[u8]) -> Option<String> {
        let rest = &output[self.seen..];
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        self.seen += end + 2;
        Some(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    fn expect(&mut self, output: &[u8], line: &str, place: &str) {
        let wanted = String::from_utf8_lossy(&bytes(line.trim_end_matches('…'))).into_owned();
        let got = self
            .next(output)
            .unwrap_or_else(|| panic!("{place}: nothing was written, {line:?} was expected"));
        let fits = if line.ends_with('…') {
            got.starts_with(&wanted)
        } else {
            got == wanted
        };
        assert!(fits, "{place}: expected {line:?}, got {got:?}");
    }

    fn all_seen(&mut self, output: &[u8], place: &str) {
        let rest = String::from_utf8_lossy(&output[self.seen..]).into_owned();
        assert!(rest.is_empty(), "{place}: also written: {rest:?}");
    }
}

fn shown(mail: &Arrived) -> String {
    let to: Vec<&str> = mail
        .envelope
        .recipients
        .iter()
        .map(|r| r.to.as_str())
        .collect();
    let text: String = mail
        .text
        .iter()
        .flat_map(|byte| std::ascii::escape_default(*byte))
        .map(char::from)
        .collect();
    format!(
        "{} -> {}: {text}",
        mail.envelope.sender.from.as_str(),
        to.join(", ")
    )
}

fn serve(name: &str, text: &str) {
    let (mut settings, mut tls, mut listed) = (small_settings(), Tls::Unavailable, false);
    let mut lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    while let Some((_, setting)) = lines.next_if(|(_, line)| line.starts_with("? ")) {
        match &setting[2..].split_once(' ').unwrap_or((&setting[2..], "")) {
            ("tls", "offered") => tls = Tls::Offered,
            ("tls", "required") => tls = Tls::Required,
            ("listed", "") => listed = true,
            ("max_recipients", number) => {
                settings.max_recipients = number.parse().expect("a number")
            }
            ("max_size", number) => settings.max_size = number.parse().expect("a number"),
            (setting, value) => panic!("{name}: {setting} {value}"),
        }
    }
    let mut conversation = Conversation::new(settings, tls, listed);
    let (mut written, mut mails, mut handshakes) = (Written::default(), 0, 0);
    for (at, line) in lines {
        let place = format!("{name}:{}", at + 1);
        let output = conversation.so_far.output.clone();
        let (mark, rest) = line.split_at(line.len().min(3));
        match mark {
            "S: " => written.expect(&output, rest, &place),
            "C: " | "C~ " => {
                written.all_seen(&output, &place);
                let end: &[u8] = if mark == "C: " { b"\r\n" } else { b"" };
                conversation.feed(&[&bytes(rest)[..], end].concat());
            }
            "M: " => {
                let mail = conversation
                    .so_far
                    .mails
                    .get(mails)
                    .unwrap_or_else(|| panic!("{place}: no mail"));
                assert_eq!(shown(mail), rest, "{place}");
                mails += 1;
            }
            "TLS" => handshakes += 1,
            "END" => assert!(conversation.so_far.closed, "{place}: it goes on"),
            _ => panic!("{place}: {line}"),
        }
    }
    let end = conversation.so_far;
    written.all_seen(&end.output, name);
    assert_eq!(
        (mails, handshakes),
        (end.mails.len(), end.handshakes),
        "{name}: mails, handshakes"
    );
    assert_eq!(
        end.closed,
        text.lines().any(|line| line == "END"),
        "{name}: its end"
    );
}

fn mail(text: &str) -> (Envelope, Vec<u8>) {
    let (path, text) = text.split_once(": ").expect("a text");
    let (from, to) = path.split_once(" -> ").expect("recipients");
    let to: Vec<&str> = to.split(", ").filter(|to| !to.is_empty()).collect();
    let mut envelope = envelope(&to);
    envelope.sender.from = match from {
        "" => ReversePath::Null,
        _ => ReversePath::Mailbox(Mailbox::parse(from).expect("a mailbox")),
    };
    let text = bytes(text);
    envelope.sender.body = if text.is_ascii() {
        Body::SevenBit
    } else {
        Body::EightBitMime
    };
    envelope.sender.size = Some(text.len() as u64);
    (envelope, text)
}

fn fates(outcome: &Outcome) -> String {
    let fate = |fate: &Fate| match fate {
        Fate::Taken(reply) => format!("taken {}", reply.to_line()),
        Fate::Refused(reply) => format!("refused {}", reply.to_line()),
        Fate::Impossible(reply) => format!("impossible {}", reply.to_line()),
        Fate::Unanswered => "unanswered".to_owned(),
    };
    outcome
        .fates
        .iter()
        .map(fate)
        .collect::<Vec<_>>()
        .join("; ")
}

/// A dialog of the client, as far as it went.
struct Sending {
    delivery: Delivery,
    written: Written,
    outcomes: usize,
    handshakes: usize,
}

impl Sending {
    fn line(&mut self, mark: &str, rest: &str, place: &str) {
        match mark {
            "C: " => self
                .written
                .expect(&self.delivery.so_far.output, rest, place),
            "S: " | "S~ " => {
                let end: &[u8] = if mark == "S: " { b"\r\n" } else { b"" };
                self.delivery.feed(&[&bytes(rest)[..], end].concat());
            }
            "F: " => {
                let so_far = &self.delivery.so_far;
                let in_failure = so_far
                    .failed
                    .as_ref()
                    .and_then(|failed| failed.outcome.as_ref());
                let outcome = so_far.outcomes.get(self.outcomes).or(in_failure);
                assert_eq!(
                    fates(outcome.unwrap_or_else(|| panic!("{place}: no outcome"))),
                    rest,
                    "{place}"
                );
                self.outcomes += 1;
            }
            "TLS" => self.handshakes += 1,
            "END" => assert!(self.delivery.so_far.closed, "{place}: it goes on"),
            "LOS" => {
                self.delivery.lose();
                let failed = self.delivery.so_far.failed.as_ref();
                let failed = failed.unwrap_or_else(|| panic!("{place}: it did not fail"));
                assert_eq!(format!("T: {}", failed.why), rest, "{place}");
            }
            _ => panic!("{place}: {mark}{rest}"),
        }
    }

    fn end(mut self, name: &str, wants_end: bool) {
        let end = self.delivery.so_far;
        self.written.all_seen(&end.output, name);
        let in_failure = usize::from(
            end.failed
                .as_ref()
                .is_some_and(|failed| failed.outcome.is_some()),
        );
        let wanted = (end.outcomes.len() + in_failure, end.handshakes);
        assert_eq!(
            (self.outcomes, self.handshakes),
            wanted,
            "{name}: outcomes, handshakes"
        );
        assert!(end.closed || end.failed.is_some(), "{name}: it has an end");
        assert_eq!(end.closed, wants_end, "{name}: its end");
    }
}

fn send(name: &str, text: &str) {
    let mut wish = TlsWish::IfOffered;
    let mut login = None;
    let mut mails = Vec::new();
    let mut lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    while let Some((_, line)) =
        lines.next_if(|(_, line)| line.starts_with("? ") || line.starts_with("M: "))
    {
        match line {
            "? tls never" => wish = TlsWish::Never,
            "? tls required" => wish = TlsWish::Required,
            "? login" => login = Some(Login::new("anna", "secret")),
            _ => mails.push(mail(&line[3..])),
        }
    }
    let mut sending = Sending {
        delivery: match login {
            Some(login) => Delivery::with_login(wish, login, mails),
            None => Delivery::new(wish, mails),
        },
        written: Written::default(),
        outcomes: 0,
        handshakes: 0,
    };
    for (at, line) in lines {
        let (mark, rest) = line.split_at(line.len().min(3));
        sending.line(mark, rest, &format!("{name}:{}", at + 1));
    }
    sending.end(name, text.lines().any(|line| line == "END"));
}

#[test]
fn every_dialog_of_the_server_is_as_written() {
    let files = files("server");
    assert!(files.len() >= 20);
    files.iter().for_each(|(name, text)| serve(name, text));
}

#[test]
fn every_dialog_of_the_client_is_as_written() {
    let files = files("client");
    assert!(files.len() >= 15);
    files.iter().for_each(|(name, text)| send(name, text));
}
