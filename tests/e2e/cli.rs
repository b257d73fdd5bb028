//! Cases of the command line as data: `tests/cli/*.toml`, each with what is typed, the exit code and what is said.
//!
//! A case has `why`; optionally `[files]` (path = text; a text that begins with `->` is a symbolic link), and
//! `[given]`, a delivery sent before: `send`, further arguments, `env`. Then `[[step]]`s: `run`, optionally `as`
//! (`anna`, logged in; else a guest), `env`, `exit` (0), `code`, `says`, `gives` (paths into the answer).
//!
//! In what is typed stand for the delivery given: `{id}`, `{link}` and its damaged forms (see `words`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use depesche_tests::client::{Client, link_of};
use depesche_tests::program::root;
use depesche_tests::server::{Server, Setup};
use depesche_tests::tree;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    #[serde(default)]
    files: BTreeMap<String, String>,
    given: Option<Given>,
    #[serde(default)]
    step: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    #[serde(default)]
    send: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    run: Vec<String>,
    #[serde(default, rename = "as")]
    who: String,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    exit: i32,
    #[serde(default)]
    code: String,
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    gives: BTreeMap<String, toml::Value>,
    /// Files below the guest's `out`, in order; checked if given.
    out: Option<Vec<String>>,
}

/// What may be typed for the delivery that was given.
fn words(server: &Server, sent: Option<&Value>) -> BTreeMap<&'static str, String> {
    let mut words = BTreeMap::from([("server", server.url.clone())]);
    let Some(sent) = sent else { return words };
    let link = link_of(sent, "you@example.test");
    let (page, key) = link.split_once("#1.").expect("a link");
    // Another letter of the alphabet: the form is right, the key is another one.
    let other = if key.starts_with('a') { 'b' } else { 'a' };
    let (front, id) = page.rsplit_once('/').expect("a path");
    let other_id = if id.starts_with('A') { 'B' } else { 'A' };
    words.extend([
        ("id", sent["id"].as_str().expect("an id").to_owned()),
        ("link_23", format!("{page}%231.{key}")),
        (
            "link_blanks",
            format!("<{page}#1.{}\n  {}>", &key[..16], &key[16..]),
        ),
        ("link_upper", format!("{page}#1.{}", key.to_uppercase())),
        ("link_other_key", format!("{page}#1.{other}{}", &key[1..])),
        ("link_no_key", page.to_owned()),
        ("link_short", format!("{page}#1.{}", &key[..20])),
        ("link_long", format!("{link}aa")),
        ("link_odd", format!("{page}#1.{}!", &key[..31])),
        ("link_newer", format!("{page}#9.{key}")),
        (
            "link_other_id",
            format!("{front}/{other_id}{}#1.{key}", &id[1..]),
        ),
        ("link_short_id", format!("{front}/{}#1.{key}", &id[..15])),
        ("code", code(key)),
        ("link", link.clone()),
    ]);
    words
}

/// As the mail prints it: 8 groups of 4 and the check letter.
fn code(key: &str) -> String {
    let secret = depesche_client::seal::link::LinkSecret::parse_text(key).expect("a key");
    depesche_client::seal::link_text::code(&secret).to_string()
}

fn fill(text: &str, words: &BTreeMap<&'static str, String>) -> String {
    words.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

fn lay_out(folder: &Path, files: &BTreeMap<String, String>) {
    for (path, text) in files {
        let path = folder.join(path);
        match text.strip_prefix("->") {
            Some(target) => {
                fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
                std::os::unix::fs::symlink(target, path).expect("a link");
            }
            None if path.to_string_lossy().ends_with('/') => {
                fs::create_dir_all(path).expect("the folder")
            }
            None => tree::write(path, text),
        }
    }
}

/// Runs a case; gives what was not as it says.
fn play(server: &Server, case: &Case) -> Vec<String> {
    let (anna, guest) = (server.anna(), Client::guest(&server.url));
    lay_out(anna.folder(), &case.files);
    let sent = case.given.as_ref().map(|given| {
        tree::write(anna.folder().join("note.txt"), "hello\n");
        let mut command = anna.command([
            "send",
            "note.txt",
            "--to",
            "you@example.test",
            "--level",
            "1",
        ]);
        anna.end(command.args(&given.send).envs(&given.env)).done()
    });
    let words = words(server, sent.as_ref());
    let mut wrong = vec![];
    for (number, step) in case.step.iter().enumerate() {
        let client = if step.who == "anna" { &anna } else { &guest };
        let mut command = client.command(step.run.iter().map(|word| fill(word, &words)));
        let outcome = client.end(command.envs(&step.env));
        let said = format!("{}{}", outcome.out, outcome.err);
        let mut expect = |what: &str, is: bool| {
            if !is {
                wrong.push(format!(
                    "step {}: {what}: exit {}\n{said}",
                    number + 1,
                    outcome.exit
                ));
            }
        };
        expect(&format!("exit {}", step.exit), outcome.exit == step.exit);
        expect(
            &format!("code {}", step.code),
            step.exit == 0 || outcome.refusal().1 == step.code,
        );
        expect("one line on stdout", outcome.out.lines().count() == 1);
        for text in &step.says {
            expect(&format!("says {text:?}"), said.contains(text));
        }
        for (path, value) in &step.gives {
            let value = serde_json::to_value(value).expect("JSON");
            expect(
                &format!("gives {path} = {value}"),
                outcome.line.pointer(path) == Some(&value),
            );
        }
        if let Some(names) = &step.out {
            let files = tree::read(&guest.out());
            let found = files
                .iter()
                .filter(|(_, bytes)| bytes.is_some())
                .map(|(path, _)| path.to_string_lossy());
            expect(
                &format!("out has {names:?}"),
                found.eq(names.iter().map(String::as_str)),
            );
        }
    }
    wrong
}

#[test]
fn every_case_ends_as_it_says() {
    let server = Server::start(Setup::demo().all_levels());
    let mut paths: Vec<_> = fs::read_dir(root().join("tests/cli"))
        .expect("the cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    assert!(paths.len() > 20, "{} cases", paths.len());
    let mut wrong = vec![];
    for path in paths {
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&path).expect("a case");
        let case: Case = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!case.why.is_empty() && !case.step.is_empty(), "{name}");
        wrong.extend(
            play(&server, &case)
                .into_iter()
                .map(|finding| format!("{name}: {finding}")),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Names that no shell and no toml file likes to carry.
#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in order")]
fn hostile_names_hurt_nobody() {
    let server = Server::demo();
    let anna = server.anna();
    let long = "ä".repeat(126) + ".md";
    assert_eq!(long.len(), 255);
    let harmless = [
        long.as_str(),
        "CON",
        "nul.txt",
        "a:b.txt",
        "trailing. ",
        "-rf",
        "$(id)",
        "a\\b",
        "~",
        "c\u{301}.txt",
    ];
    for name in harmless {
        let source = anna.folder().join("source");
        tree::write(source.join(name), name);
        let outcome = anna.run([
            "send",
            "source",
            "--to",
            "you@example.test",
            "--level",
            "1",
            "--no-mail",
        ]);
        if outcome.exit == 0 {
            let guest = Client::guest(&server.url);
            let _ = guest
                .fetch(&link_of(&outcome.line, "you@example.test"), &[])
                .done();
            let found: Vec<_> = tree::read(&guest.folder().join("out"))
                .into_values()
                .flatten()
                .collect();
            assert_eq!(found, [name.as_bytes()], "{name:?}");
        } else {
            assert_eq!(outcome.exit, 2, "{name:?}: {outcome:?}");
        }
        fs::remove_dir_all(source).expect("it was there");
    }
    for name in ["gpj.\u{202e}exe", "a\nb", "a\u{1b}[2Jb", "tab\tname"] {
        let source = anna.folder().join("source");
        tree::write(source.join(name), "x");
        let mut command =
            anna.command(["send", "source", "--to", "you@example.test", "--level", "1"]);
        let outcome = anna.end(&mut command);
        assert_eq!(outcome.exit, 2, "{name:?}: {outcome:?}");
        let raw = name
            .chars()
            .find(|c| c.is_control() || *c > '\u{7f}')
            .expect("one");
        let detail = outcome.line["error"]["detail"].as_str().expect("a detail");
        assert!(
            !detail.contains(raw) && detail.contains("\\u{"),
            "{name:?}: {detail}"
        );
        fs::remove_dir_all(source).expect("it was there");
    }
}

#[test]
fn ten_thousand_files_are_one_delivery() {
    let server = Server::demo();
    let anna = server.anna();
    let source = anna.folder().join("many");
    for index in 0..10_000 {
        tree::write(
            source.join(format!("{:02}/{index}.txt", index % 100)),
            index.to_string(),
        );
    }
    let before = server.log().lines().count();
    let sent = anna.send(&source, "you@example.test", &[]);
    let requests = server.log().lines().count() - before;
    assert!(requests < 30, "{requests} requests for a pack");
    let guest = Client::guest(&server.url);
    let got = guest.fetch(&link_of(&sent, "you@example.test"), &[]).done();
    assert_eq!(got["files"].as_array().expect("files").len(), 10_000);
    tree::assert_same(&source, &guest.out().join("many"));
}

/// A file that changes, shrinks or vanishes while it is sent: nothing wrong arrives, and it is said which.
#[test]
fn a_source_that_moves() {
    use depesche_tests::mail::Sink;
    use depesche_tests::proxy::{Proxy, Way};
    use depesche_tests::server::{DEMO, PASSWORD};
    let (sink, proxy) = (Sink::start(), Proxy::start());
    let server = Server::behind(&proxy, &sink);
    let anna = Client::logged_in(&proxy.url(), DEMO.0, PASSWORD);
    let path = anna.folder().join("large.bin");
    let whole = vec![1; 120 << 20];
    for (what, change) in [
        (
            "changed",
            (|path| fs::write(path, vec![2; 120 << 20])) as fn(&Path) -> std::io::Result<()>,
        ),
        ("cut", |path| {
            fs::File::options().write(true).open(path)?.set_len(1 << 20)
        }),
        ("vanished", |path| fs::remove_file(path)),
    ] {
        tree::write(&path, &whole);
        let stop = proxy.stop_at(Way::Up, 10 << 20);
        let mut command = anna.command([
            "send",
            "large.bin",
            "--to",
            "you@example.test",
            "--level",
            "1",
        ]);
        let child = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn();
        let child = child.expect("it runs");
        depesche_tests::wait::until("it is on its way", || stop.is_reached().then_some(()));
        change(&path).expect("a change");
        stop.go_on();
        let outcome =
            depesche_tests::client::Outcome::of(&child.wait_with_output().expect("it ends"));
        if what == "vanished" && outcome.exit == 0 {
            // It was open: all of it was read.
            let guest = Client::guest(&proxy.url());
            let _ = guest
                .fetch(&link_of(&outcome.line, "you@example.test"), &[])
                .done();
            assert!(fs::read(guest.out().join("large.bin")).expect("it") == whole);
            continue;
        }
        assert_ne!(outcome.exit, 0, "{what}");
        let detail = outcome.line["error"]["detail"].as_str().expect("a detail");
        assert!(detail.contains("large.bin"), "{what}: {outcome:?}");
        // With a source that stands still the same command succeeds, and what arrives is exact.
        tree::write(&path, &whole);
        let sent = anna.send(Path::new("large.bin"), "you@example.test", &[]);
        let guest = Client::guest(&proxy.url());
        let _ = guest.fetch(&link_of(&sent, "you@example.test"), &[]).done();
        assert!(
            fs::read(guest.out().join("large.bin")).expect("it") == whole,
            "{what}"
        );
    }
    drop(server);
}

/// Bytes that were damaged or exchanged on the server's disk are never written as if they were good.
#[test]
fn damaged_bytes_are_not_written() {
    let server = Server::demo();
    let anna = server.anna();
    tree::write(anna.folder().join("large.bin"), vec![1; 9 << 20]);
    let sent = anna.send(Path::new("large.bin"), "you@example.test", &[]);
    let file = anna.show(&sent["id"])["files"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let blobs = server.data().join("blobs");
    let names = tree::read(&blobs)
        .into_keys()
        .filter(|path| path.to_string_lossy().contains(&file));
    let [blob] = names.collect::<Vec<_>>().try_into().expect("one file");
    let mut bytes = fs::read(blobs.join(&blob)).expect("it");
    bytes[(8 << 20) + 1000] ^= 1;
    fs::write(blobs.join(&blob), bytes).expect("it");
    let guest = Client::guest(&server.url);
    let outcome = guest.fetch(&link_of(&sent, "you@example.test"), &[]);
    assert_eq!(outcome.refusal(), (5, "damaged"), "{outcome:?}");
    assert!(!guest.out().join("large.bin").exists());
}
