//! Several devices of one person: what one began, another one finishes.

use std::process::Stdio;

use depesche_tests::client::{Client, Outcome};
use depesche_tests::people::{SEALPASS, guest};
use depesche_tests::proxy::{Proxy, Way};
use depesche_tests::random::Random;
use depesche_tests::server::{DEMO, Server, Setup};
use depesche_tests::tree;
use depesche_tests::wait::until;
use serde_json::json;

const YOU: &str = "you@example.test";
const FIRST: usize = 9 << 20;
const SECOND: usize = 64 << 20;

fn words<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let send = ["send", "Befund", "--to", YOU, "--level", "3"];
    [&send[..], more].concat()
}

/// Sends until so much has left, and is killed there.
fn stopped_at(client: &Client, proxy: &Proxy, byte: u64) {
    let stop = proxy.stop_at(Way::Up, byte);
    let mut command = client.command(words(&[]));
    command.env("DEPESCHE_SEALPASS", SEALPASS);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it runs");
    until("enough has left", || stop.is_reached().then_some(()));
    child.kill().expect("it can be killed");
    child.wait().expect("it ends");
    stop.go_on();
}

#[test]
fn another_device_takes_a_draft_over() {
    let proxy = Proxy::start();
    let setup = Setup::demo().all_levels();
    let server = Server::start(setup.set("DEPESCHE_PUBLIC_URL", proxy.url()));
    proxy.lead_to(server.listen);
    let device = || Client::logged_in(&proxy.url(), DEMO.0, DEMO.1);
    let (one, two) = (device(), device());
    let _ = one.set_up_sealpass();
    let mut random = Random::fresh("devices");
    let (first, second) = (random.bytes(FIRST), random.bytes(SECOND));
    for client in [&one, &two] {
        let folder = client.folder().join("Befund");
        tree::write(folder.join("a.bin"), &first);
        tree::write(folder.join("b.bin"), &second);
        tree::write(folder.join("c.txt"), "small\n");
    }
    let nothing = two.with_sealpass(&words(&["--take-over"]));
    assert_eq!(nothing.refusal(), (3, "nothing_to_take_over"));
    stopped_at(&one, &proxy, 48 << 20);
    let drafts = two.run(["list", "--drafts"]).done();
    let begun = &drafts["parcels"][0];
    assert_eq!(
        (&begun["state"], &begun["going_on"]),
        (&json!("draft"), &json!(true))
    );

    assert_eq!(
        two.run(words(&["--take-over"])).refusal(),
        (2, "secret_missing")
    );
    let other = two.with_sealpass(&words(&["--take-over", "--message", "x"]));
    assert_eq!(other.refusal(), (3, "nothing_to_take_over"));
    let before = proxy.passed().up;
    let sent = two.with_sealpass(&words(&["--take-over"])).done();
    let carried = proxy.passed().up - before;
    assert_eq!(
        (&sent["id"], &sent["went_on"]),
        (&begun["id"], &json!(true))
    );
    let again = (SECOND + FIRST / 2) as u64;
    assert!(
        carried < again,
        "what was finished is not sent again: {carried}"
    );
    assert_eq!(two.run(["list", "--drafts"]).done()["parcels"], json!([]));
    // The first one learns that it is sent.
    let told: Outcome = one.with_sealpass(&words(&[]));
    assert_eq!(told.done()["id"], sent["id"]);

    let you = guest(&server, &proxy.url(), YOU);
    let _ = you.set_up_sealpass();
    let id = sent["id"].as_str().expect("an id");
    let _ = two.with_sealpass(&["release", id]).done();
    let _ = you.fetch_id(&sent["id"], &[]).done();
    tree::assert_same(&two.folder().join("Befund"), &you.out().join("Befund"));
}
