//! `kill -9` of either side at any byte: everything posted is there and exact, and going on works.
//!
//! The points are bytes on the wire between the two, not times: a seed gives the same points again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use depesche_tests::client::{Client, Outcome, link_of};
use depesche_tests::mail::Sink;
use depesche_tests::proxy::{Proxy, Stop, Way};
use depesche_tests::random::Random;
use depesche_tests::server::Server;
use depesche_tests::tree;
use depesche_tests::wait::until;
use serde_json::{Value, json};

const YOU: &str = "you@example.test";
const POINTS: usize = 20;

struct Bench {
    sink: Sink,
    proxy: Proxy,
    server: Server,
    anna: Client,
    random: Random,
}

/// What the killing met.
enum Met {
    /// The byte was reached while the client ran.
    Point(Child),
    /// The client had ended before.
    End(Outcome),
}

impl Bench {
    fn new(what: &str) -> Self {
        let sink = Sink::start();
        let proxy = Proxy::start();
        let server = Server::behind(&proxy, &sink);
        let anna = Client::logged_in(
            &proxy.url(),
            "anna@example.test",
            depesche_tests::server::PASSWORD,
        );
        Self {
            anna,
            sink,
            proxy,
            server,
            random: Random::fresh(what),
        }
    }

    /// A folder that no other round has sent: a large file, one of a single part, a pack.
    fn source(&mut self, round: usize) -> PathBuf {
        let folder = self.anna.folder().join(format!("round-{round}"));
        tree::write(
            folder.join("large.bin"),
            self.random.bytes((9 << 20) + round),
        );
        tree::write(folder.join("middle.bin"), self.random.bytes(2 << 20));
        for index in 0..30 {
            tree::write(
                folder.join(format!("small/{index}")),
                self.random.bytes(20_000),
            );
        }
        folder
    }

    /// Runs a command of `client` until the wire has carried so many bytes, and holds the wire there.
    fn until_byte(&self, client: &Client, words: &[&str], way: Way, byte: u64) -> (Met, Stop) {
        let stop = self.proxy.stop_at(way, byte);
        let mut command = client.command(words);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let ended = until("the point or the end", || {
            if stop.is_reached() {
                return Some(false);
            }
            child.try_wait().expect("a child").map(|_| true)
        });
        let met = if ended {
            Met::End(end(child))
        } else {
            Met::Point(child)
        };
        (met, stop)
    }

    fn restart(&mut self) {
        self.server.kill();
        self.server.start_again();
    }
}

/// A server that comes back is found again by the command itself, or by the same command again.
fn finish(client: &Client, words: &[&str], outcome: Outcome) -> Value {
    if outcome.exit == 6 {
        return client.run(words).done();
    }
    outcome.done()
}

fn end(child: Child) -> Outcome {
    Outcome::of(&child.wait_with_output().expect("it ends"))
}

fn kill(mut child: Child) {
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
}

fn send_words(source: &Path) -> Vec<&str> {
    vec![
        "send",
        source.to_str().expect("text"),
        "--to",
        YOU,
        "--level",
        "1",
        "--max-downloads",
        "1",
    ]
}

fn fetch_words(link: &str) -> [&str; 6] {
    ["fetch", link, "--out", "out", "--email", YOU]
}

/// Bytes of one whole undisturbed sending, and of one fetching.
fn lengths(bench: &mut Bench) -> (u64, u64) {
    let source = bench.source(POINTS);
    let before = bench.proxy.passed();
    let sent = bench.anna.run(send_words(&source)).done();
    let between = bench.proxy.passed();
    let guest = Client::guest(&bench.proxy.url());
    let _ = guest.run(fetch_words(&link_of(&sent, YOU))).done();
    let after = bench.proxy.passed();
    (between.up - before.up, after.down - between.down)
}

/// A byte anywhere; each fourth one near the end, where a delivery is posted or confirmed.
fn point(random: &mut Random, round: usize, length: u64) -> u64 {
    let tail = 3_000.min(length);
    if round % 4 == 3 {
        length - 1 - random.below(tail)
    } else {
        random.below(length)
    }
}

fn uploads(what: &str, mut kill_one: impl FnMut(&mut Bench, Child, Stop, &[&str]) -> Value) {
    let mut bench = Bench::new(what);
    let (length, _) = lengths(&mut bench);
    let (mut ids, mut met) = (vec![], 0);
    for round in 0..POINTS {
        let source = bench.source(round);
        let byte = point(&mut bench.random, round, length);
        let words = send_words(&source);
        let sent = match bench.until_byte(&bench.anna, &words, Way::Up, byte) {
            (Met::Point(child), stop) => {
                met += 1;
                kill_one(&mut bench, child, stop, &words)
            }
            (Met::End(outcome), _) => outcome.done(),
        };
        let guest = Client::guest(&bench.proxy.url());
        let _ = guest.run(fetch_words(&link_of(&sent, YOU))).done();
        tree::assert_same(&source, &guest.out().join(format!("round-{round}")));
        ids.push(sent["id"].clone());
    }
    let list = bench.anna.run(["list"]).done();
    let listed: Vec<_> = list["parcels"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|p| p["id"].clone())
        .collect();
    assert!(met > POINTS * 3 / 4, "{met} points were met");
    ids.reverse();
    assert_eq!(listed[..POINTS], ids, "each delivery once");
    assert_eq!(bench.server.admin(&["journal", "verify"])[0]["ok"], true);
    mails_are_there(&bench, POINTS + 1);
}

/// Each delivery's mail came, at most once more than once, and then as the same mail.
fn mails_are_there(bench: &Bench, deliveries: usize) {
    let mut links: HashMap<String, Vec<String>> = HashMap::new();
    while links.len() < deliveries {
        let mail = bench.sink.next();
        links.entry(mail.link()).or_default().push(mail.id());
    }
    for mail in bench.sink.rest() {
        links.entry(mail.link()).or_default().push(mail.id());
    }
    for (link, ids) in links {
        assert!(
            ids.len() <= 2 && ids.iter().all(|id| *id == ids[0]),
            "{link}: {ids:?}"
        );
    }
}

#[test]
fn the_server_is_killed_while_it_receives() {
    uploads("server killed in uploads", |bench, child, stop, words| {
        bench.restart();
        stop.go_on();
        let outcome = end(child);
        finish(&bench.anna, words, outcome)
    });
}

#[test]
fn the_client_is_killed_while_it_sends() {
    uploads("client killed in uploads", |bench, child, stop, words| {
        kill(child);
        stop.go_on();
        bench.anna.run(words).done()
    });
}

fn downloads(
    what: &str,
    mut kill_one: impl FnMut(&mut Bench, &Client, Child, Stop, &[&str]) -> Value,
) {
    let mut bench = Bench::new(what);
    let (_, length) = lengths(&mut bench);
    let source = bench.source(0);
    let mut met = 0;
    for round in 0..POINTS {
        // The same files again are another delivery.
        let sent = bench.anna.run(send_words(&source)).done();
        let link = link_of(&sent, YOU);
        let words = fetch_words(&link);
        let byte = point(&mut bench.random, round, length);
        let guest = Client::guest(&bench.proxy.url());
        let got = match bench.until_byte(&guest, &words, Way::Down, byte) {
            (Met::Point(child), stop) => {
                met += 1;
                kill_one(&mut bench, &guest, child, stop, &words)
            }
            (Met::End(outcome), _) => outcome.done(),
        };
        assert_eq!(got["id"], sent["id"]);
        tree::assert_same(&source, &guest.out().join("round-0"));
        let left: Vec<_> = std::fs::read_dir(guest.out())
            .expect("out")
            .flatten()
            .map(|e| e.file_name())
            .collect();
        assert_eq!(left, ["round-0"], "nothing else is left lying");
        // The one download that was allowed is used up, once.
        let shown = bench.anna.show(&sent["id"]);
        assert_eq!(shown["recipients"][0]["taken"], json!(1));
        let other = Client::guest(&bench.proxy.url()).run(words);
        assert_eq!(other.refusal(), (3, "limit_reached"));
    }
    assert!(met > POINTS * 3 / 4, "{met} points were met");
}

#[test]
fn the_server_is_killed_while_it_hands_out() {
    downloads(
        "server killed in downloads",
        |bench, guest, child, stop, words| {
            bench.restart();
            stop.go_on();
            let outcome = end(child);
            finish(guest, words, outcome)
        },
    );
}

#[test]
fn the_client_is_killed_while_it_fetches() {
    downloads(
        "client killed in downloads",
        |_, guest, child, stop, words| {
            kill(child);
            stop.go_on();
            guest.run(words).done()
        },
    );
}

/// D3: a wire that is cut, again and again, is no reason to begin anew.
#[test]
fn a_cut_wire_is_mended() {
    let mut bench = Bench::new("cut wires");
    let source = bench.source(0);
    let words = send_words(&source);
    let sent = bench.anna.run(&words).done();
    let link = link_of(&sent, YOU);
    let words = fetch_words(&link);
    let guest = Client::guest(&bench.proxy.url());
    let before = bench.proxy.passed().down;
    let mut random = bench.random.clone();
    let mut command = guest.command(words);
    let mut cuts = 0;
    // Set before the client begins, or a quick one is through before.
    let mut stop = bench.proxy.stop_at(Way::Down, random.below(1 << 20));
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    while until("the next cut or the end", || {
        let ended = child.try_wait().expect("a child").is_some();
        (stop.is_reached() || ended).then_some(!ended)
    }) {
        bench.proxy.cut();
        cuts += 1;
        if cuts == 30 {
            break;
        }
        // As above, before the wire goes on.
        let next = bench.proxy.stop_at(Way::Down, random.below(1 << 20));
        stop.go_on();
        stop = next;
    }
    stop.go_on();
    let _ = end(child).done();
    tree::assert_same(&source, &guest.out().join("round-0"));
    let passed = bench.proxy.passed().down - before;
    assert!(cuts > 5, "{cuts} cuts");
    // Parts are fetched whole: a cut costs at most the part it met.
    println!("{cuts} cuts, {passed} bytes for {}", 11 << 20);
}
