//! Full disks: nothing is lost, it is said what to do, and it goes on when there is room (R4).

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use depesche_tests::client::{Client, Outcome, link_of};
use depesche_tests::program;
use depesche_tests::proxy::{Proxy, Way};
use depesche_tests::random::Random;
use depesche_tests::server::{Server, Setup};
use depesche_tests::tree;
use depesche_tests::wait::until;
use serde_json::Value;

const YOU: &str = "you@example.test";

/// A command that mounts a small disk of its own on `folder`, seen by the program alone, and becomes the program.
pub(crate) fn with_small_disk(folder: &Path, mib: u32) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["unshare".into(), "--mount".into()];
    if !rustix::process::geteuid().is_root() {
        words.extend(["--user".into(), "--map-root-user".into()]);
    }
    let script = format!("mount -t tmpfs -o size={mib}m,mode=700 tmpfs \"$0\" && exec \"$@\"");
    words.extend(["/bin/sh".into(), "-c".into(), script.into(), folder.into()]);
    words
}

/// The same folder as the program sees it.
pub(crate) fn inside(server: &Server, path: &Path) -> PathBuf {
    let pid = server.pid().as_raw_nonzero();
    PathBuf::from(format!("/proc/{pid}/root")).join(path.strip_prefix("/").expect("a whole path"))
}

/// A disk that is full when a delivery is announced, and one that fills up while it comes.
#[test]
fn a_full_server_loses_nothing_and_goes_on() {
    let mut random = Random::fresh("full server");
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    fs::create_dir(&data).expect("a folder");
    let proxy = Proxy::start();
    let setup = Setup {
        inside: with_small_disk(&data, 200),
        ..Setup::demo()
    };
    let server = Server::start_in(setup.set("DEPESCHE_PUBLIC_URL", proxy.url()), folder);
    proxy.lead_to(server.listen);
    let anna = server.anna();
    let (small, large) = (
        anna.folder().join("small.bin"),
        anna.folder().join("large.bin"),
    );
    tree::write(&small, random.bytes(5 << 20));
    tree::write(&large, random.bytes(30 << 20));
    let kept = anna.send(&small, YOU, &[]);
    let filler = inside(&server, &data).join("filler");
    let words = [
        "send",
        large.to_str().expect("text"),
        "--to",
        YOU,
        "--level",
        "1",
    ];

    fs::write(&filler, vec![0; 120 << 20]).expect("room for it");
    told_that_it_is_full(&anna.run(words));
    fs::remove_file(&filler).expect("it is there");

    let stop = proxy.stop_at(Way::Up, 4 << 20);
    let mut command = anna.command(words);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    until("some of it has passed", || stop.is_reached().then_some(()));
    // A hole takes no room: what was announced is not there yet, and now there is no room left for it.
    let mut file = fs::File::create(&filler).expect("a file");
    let full = std::iter::repeat_with(|| file.write_all(&[0; 1 << 16])).find_map(Result::err);
    assert_eq!(
        full.map(|error| error.kind()),
        Some(std::io::ErrorKind::StorageFull)
    );
    drop(file);
    stop.go_on();
    told_that_it_is_full(&Outcome::of(&child.wait_with_output().expect("it ends")));
    assert!(server.log().contains("\"http.status\":507"));
    fs::remove_file(filler).expect("it is there");
    // What was there is there.
    exact(&server, &kept, &small);
    let sent = anna.run(words).done();
    assert_eq!(sent["went_on"], true);
    exact(&server, &sent, &large);
}

fn told_that_it_is_full(outcome: &Outcome) {
    assert_eq!(outcome.refusal(), (6, "disk_full"), "{outcome:?}");
    let detail = outcome.line["error"]["detail"].as_str().expect("a detail");
    assert!(detail.contains("nothing is lost"), "{detail}");
}

fn exact(server: &Server, sent: &Value, source: &Path) {
    let guest = Client::guest(&server.url);
    let _ = guest.fetch(&link_of(sent, YOU), &[]).done();
    let name = source.file_name().expect("a name");
    assert!(fs::read(guest.out().join(name)).expect("it") == fs::read(source).expect("it"));
}

#[test]
fn a_full_recipient_is_told_and_goes_on() {
    let mut random = Random::fresh("full recipient");
    let server = Server::demo();
    let anna = server.anna();
    let source = anna.folder().join("files");
    tree::write(source.join("large.bin"), random.bytes(20 << 20));
    tree::write(source.join("small.txt"), "hello");
    let sent = anna.send(&source, YOU, &["--max-downloads", "1"]);
    let link = link_of(&sent, YOU);
    let guest = Client::guest(&server.url);
    fs::create_dir(guest.out()).expect("a folder");
    let words = with_small_disk(&guest.out(), 12);
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).arg(program::path());
    command.args(["fetch", &link, "--out", "out", "--email", YOU, "--json"]);
    guest.prepare(&mut command);
    let refused = guest.end(&mut command);
    assert_eq!(refused.refusal(), (1, "disk_full"), "{refused:?}");
    let detail = refused.line["error"]["detail"].as_str().expect("a detail");
    assert!(
        detail.contains("make room and run the same command again"),
        "{detail}"
    );
    // With room the one download that is allowed is had.
    let _ = guest.fetch(&link, &[]).done();
    tree::assert_same(&source, &guest.out().join("files"));
}
