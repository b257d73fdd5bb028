//! Levels 2 to 4 by the command line: a stranger is written to, registers, sets the SealPass up, reads, answers, and
//! loses the phone.

use std::fs;

use depesche_tests::client::{Client, recipient};
use depesche_tests::people::{SEALPASS, guest};
use depesche_tests::random::Random;
use depesche_tests::server::{PASSWORD, Server, Setup};
use depesche_tests::tree;
use serde_json::{Value, json};

const YOU: &str = "you@example.test";
const SUBJECT: &str = "Ihr Befund";
const OTHER: &str = "zirbel brot lampe sturm kante";

fn id(value: &Value) -> &str {
    value["id"].as_str().expect("an id")
}

/// As `show` gives it.
fn state(anna: &Client, sent: &Value, email: &str) -> String {
    let shown = anna.show(&sent["id"]);
    recipient(&shown, email)["state"]
        .as_str()
        .expect("a state")
        .to_owned()
}

#[test]
fn level_4_goes_to_a_stranger_and_back() {
    let server = Server::start(Setup::demo().all_levels());
    let anna = server.anna();
    assert_eq!(anna.set_up_sealpass()["version"], 1);
    let source = anna.folder().join("Befund");
    tree::everything(&source, &mut Random::fresh("level 4"));
    let arguments = ["send", "Befund", "--to", YOU, "--level", "4"];
    let letter = ["--subject", SUBJECT, "--message", "Alles gut."];
    let sent = anna
        .with_sealpass(&[&arguments[..], &letter[..]].concat())
        .done();
    assert_eq!((&sent["level"], &sent["links"]), (&json!(4), &json!({})));
    let waits = json!([{"email": YOU, "state": "waits_registration"}]);
    assert_eq!(sent["recipients"], waits);
    let mail = server.caught_for(YOU);
    let raw = mail["raw"].as_str().expect("raw");
    assert!(
        !raw.contains("Befund") && !raw.contains("Alles gut"),
        "{raw}"
    );

    let you = guest(&server, &server.url, YOU);
    let kit = you.folder().join("kit.txt");
    let own = the_stranger_gets_a_sealpass(&anna, &you, &sent, &kit);
    the_words_release_it(&anna, &sent, &own);

    let got = you.fetch_id(&sent["id"], &[]).done();
    tree::assert_same(&source, &you.out().join("Befund"));
    assert_eq!(
        (&got["subject"], &got["message"]),
        (&json!(SUBJECT), &json!("Alles gut."))
    );
    assert_eq!(
        got["sender_proof"], "not_verified",
        "nothing was compared in this direction"
    );
    assert_eq!(state(&anna, &sent, YOU), "downloaded");

    the_answer_comes_back(&anna, &you, &sent);
    the_kit_brings_everything_back(&server, &sent, &kit);
    // The pin makes the next one go at once, also from a device that has never seen the first.
    let next = server.anna().send_at("4", "YOU@Example.test", &[]);
    assert_eq!(next["recipients"][0]["state"], "released");
}

fn the_stranger_gets_a_sealpass(
    anna: &Client,
    you: &Client,
    sent: &Value,
    kit: &std::path::Path,
) -> Value {
    assert_eq!(state(anna, sent, YOU), "waits_sealpass");
    assert_eq!(you.fetch_id(&sent["id"], &[]).refusal(), (3, "no_sealpass"));
    let kit = kit.to_str().expect("text");
    let set_up = ["sealpass", "setup", "--kit", kit, "--language", "de"];
    let own = you.with_sealpass(&set_up).done();
    let waits = you.fetch_id(&sent["id"], &[]);
    assert_eq!(waits.refusal(), (3, "waits_release"));
    assert_eq!(you.run(["whoami"]).done()["words"], own["words"]);
    own
}

/// The sender sees the words, and without them nothing goes out.
fn the_words_release_it(anna: &Client, sent: &Value, own: &Value) {
    assert_eq!(state(anna, sent, YOU), "waits_release");
    let waiting = anna.run(["list", "--waiting"]).done();
    assert_eq!(waiting["parcels"][0]["id"], sent["id"]);
    let words = anna.show(&sent["id"])["words"][YOU].clone();
    assert_eq!(words, own["words"]);
    let release = |more: &[&str]| anna.with_sealpass(&[&["release", id(sent)], more].concat());
    assert_eq!(release(&[]).refusal(), (4, "not_verified"));
    let differ = release(&["--words", &other_words(&words)]);
    assert_eq!(differ.refusal(), (4, "words_differ"));
    assert_eq!(state(anna, sent, YOU), "waits_release");
    let said = words.as_str().expect("words").to_uppercase();
    let done = release(&["--words", &said.replace(' ', "  ")]).done();
    let one = &done["released"][0];
    assert_eq!((&one["email"], &one["id"]), (&json!(YOU), &sent["id"]));
    assert_eq!(one["words"], words);
    assert_eq!(one["fingerprint"], own["fingerprint"]);
    assert_eq!(state(anna, sent, YOU), "released");
}

/// Six words of the same list, but others.
fn other_words(words: &Value) -> String {
    let mut words: Vec<&str> = words.as_str().expect("words").split(' ').collect();
    words.rotate_left(1);
    words.join(" ")
}

fn the_answer_comes_back(anna: &Client, you: &Client, sent: &Value) {
    tree::write(you.folder().join("answer.txt"), "thank you");
    let reply = you
        .with_sealpass(&["reply", id(sent), "answer.txt", "--message", "Danke"])
        .done();
    assert_eq!(reply["level"], 4);
    assert_eq!(reply["recipients"][0]["email"], "anna@example.test");
    let received = anna.run(["list", "--received"]).done();
    assert_eq!(received["parcels"][0]["id"], reply["id"]);
    assert_eq!(received["parcels"][0]["subject"], "");
    let got = anna.fetch_id(&reply["id"], &[]).done();
    assert_eq!(
        (&got["subject"], &got["message"]),
        (&json!("Re: Ihr Befund"), &json!("Danke"))
    );
    assert_eq!(got["sender_proof"], "verified", "these words were compared");
    assert_eq!(
        fs::read(anna.out().join("answer.txt")).expect("it"),
        b"thank you"
    );
}

fn the_kit_brings_everything_back(server: &Server, sent: &Value, kit: &std::path::Path) {
    let phone = Client::logged_in(&server.url, YOU, PASSWORD);
    let kit = kit.to_str().expect("text");
    let recover = |new| {
        phone.with_secrets(
            &["sealpass", "recover", "--kit", kit],
            &[("DEPESCHE_SEALPASS", new)],
        )
    };
    let _ = recover(OTHER).done();
    let forgotten = phone.fetch_id(&sent["id"], &[]);
    assert_eq!(forgotten.refusal(), (5, "wrong_sealpass"));
    let _ = phone
        .with_secrets(
            &["fetch", id(sent), "--out", "out"],
            &[("DEPESCHE_SEALPASS", OTHER)],
        )
        .done();
    assert!(phone.out().join("Befund").exists());
    let _ = recover(SEALPASS).done();
}

#[test]
fn a_claim_code_releases_both_ways() {
    let server = Server::start(Setup::demo().all_levels());
    let anna = server.anna();
    let _ = anna.set_up_sealpass();
    let sent = anna.send_at("4", YOU, &["--claim-code"]);
    let code = sent["claim_codes"][YOU].as_str().expect("words").to_owned();
    assert_eq!(
        anna.show(&sent["id"])["recipients"][0]["claim_code"]["mode"],
        "confirm"
    );
    let you = guest(&server, &server.url, YOU);
    let _ = you.set_up_sealpass();
    let wrong = anna.send_at("4", "else@example.test", &["--claim-code"]);
    let wrong = wrong["claim_codes"]["else@example.test"]
        .as_str()
        .expect("words")
        .to_owned();
    let claim = |code: &str| you.fetch_id(&sent["id"], &[("DEPESCHE_CLAIM_CODE", code)]);
    assert_eq!(claim("no such words").exit, 2);
    assert_eq!(claim(&wrong).refusal(), (3, "waits_release"));
    assert_eq!(
        anna.with_sealpass(&["release", id(&sent)]).refusal(),
        (4, "code_wrong")
    );
    assert_eq!(
        claim(&code.to_uppercase().replace('-', " ")).refusal(),
        (3, "waits_release")
    );
    let done = anna.with_sealpass(&["release", "--all"]).done();
    assert_eq!(done["released"][0]["verified"], "code");
    // The recipient's device kept the code, sealed: the sender is verified without typing it again.
    let got = you.fetch_id(&sent["id"], &[]).done();
    assert_eq!(got["sender_proof"], "verified");
    assert_eq!(
        fs::read(you.out().join("note.txt")).expect("it"),
        b"hello\n"
    );
}

#[test]
fn an_instant_claim_code_opens_at_once() {
    let server = Server::start(Setup::demo().all_levels());
    let anna = server.anna();
    let _ = anna.set_up_sealpass();
    let sent = anna.send_at("4", YOU, &["--claim-code=instant", "--message", "sofort"]);
    let code = sent["claim_codes"][YOU].as_str().expect("words").to_owned();
    let you = guest(&server, &server.url, YOU);
    let _ = you.set_up_sealpass();
    let wrong = anna.send_at("4", "else@example.test", &["--claim-code=instant"]);
    let wrong = wrong["claim_codes"]["else@example.test"]
        .as_str()
        .expect("words")
        .to_owned();
    let claim = |code: &str| you.fetch_id(&sent["id"], &[("DEPESCHE_CLAIM_CODE", code)]);
    assert_eq!(claim(&wrong).refusal(), (5, "wrong_claim_code"));
    let got = claim(&code).done();
    assert_eq!(
        (&got["message"], &got["sender_proof"]),
        (&json!("sofort"), &json!("verified"))
    );
    // The sender's device signs and pins when it next comes by; the next one goes at once.
    let done = anna.with_sealpass(&["release", "--all"]).done();
    assert_eq!(done["released"][0]["verified"], "code");
    assert_eq!(
        anna.send_at("4", YOU, &[])["recipients"][0]["state"],
        "released"
    );
}

#[test]
fn level_2_needs_link_and_login_and_then_the_key_alone() {
    let server = Server::start(Setup::demo().all_levels());
    let anna = server.anna();
    let sent = anna.send_at("2", YOU, &["--subject", "Zweitens"]);
    let link = sent["links"][YOU].as_str().expect("a link").to_owned();
    let you = Client::guest(&server.url);
    assert_eq!(you.fetch(&link, &[]).refusal(), (4, "not_logged_in"));
    let _ = you.run(["register", &link, "--email", YOU]).done();
    let you = guest(&server, &server.url, YOU);
    let _ = you.set_up_sealpass();
    let stranger = server.anna();
    assert_eq!(stranger.fetch(&link, &[]).exit, 4);
    assert_eq!(
        you.fetch_id(&sent["id"], &[]).refusal(),
        (3, "open_by_link")
    );
    let got = you.with_sealpass(&["fetch", &link, "--out", "out"]).done();
    assert_eq!(got["subject"], "Zweitens");
    let again = you.fetch_id(&sent["id"], &[]).done();
    assert_eq!(again["subject"], "Zweitens");
    let reply = you
        .with_sealpass(&["reply", id(&sent), "--message", "Ja"])
        .done();
    assert_eq!(reply["level"], 2);
}

#[test]
fn level_3_unverified_is_labelled_for_good() {
    let server = Server::start(Setup::demo().all_levels());
    let anna = server.anna();
    let _ = anna.set_up_sealpass();
    let sent = anna.send_at("3", YOU, &["--subject", "Drittens", "--message", "offen"]);
    let you = guest(&server, &server.url, YOU);
    let _ = you.set_up_sealpass();
    let done = anna
        .with_sealpass(&["release", id(&sent), "--to", "You@EXAMPLE.test"])
        .done();
    assert_eq!(done["released"][0]["verified"], "no");
    let got = you.fetch_id(&sent["id"], &[]);
    assert!(got.err.contains("sender not verified"), "{}", got.err);
    let got = got.done();
    assert_eq!(
        (&got["subject"], &got["sender_proof"]),
        (&json!("Drittens"), &json!("not_verified"))
    );
    let shown = anna.show(&sent["id"]);
    assert_eq!(recipient(&shown, YOU)["release"]["verified"], "no");
    // Seen, and not compared: level 3 goes at once, level 4 waits.
    assert_eq!(
        anna.send_at("3", YOU, &[])["recipients"][0]["state"],
        "released"
    );
    assert_eq!(
        anna.send_at("4", YOU, &[])["recipients"][0]["state"],
        "waits_release"
    );
    // One more recipient, later.
    let added = anna
        .with_sealpass(&[
            "recipients",
            "add",
            id(&sent),
            "third@example.test",
            "--claim-code",
        ])
        .done();
    assert!(
        added["claim_codes"]["third@example.test"].is_string(),
        "{added}"
    );
    let dropped = anna
        .run(["recipients", "drop", id(&sent), "third@example.test"])
        .done();
    assert_eq!(
        recipient(&dropped, "third@example.test")["state"],
        "dropped"
    );
}

/// Two devices change the SealPass at the same time: both new ones open, the old one does not, nothing is lost.
#[test]
fn two_devices_change_the_sealpass_at_once() {
    let server = Server::start(Setup::demo().all_levels());
    let (one, two) = (server.anna(), server.anna());
    let before = one.set_up_sealpass();
    let start = |client: &Client, new: &str| {
        let mut command = client.command(["sealpass", "change"]);
        command
            .env("DEPESCHE_SEALPASS", SEALPASS)
            .env("DEPESCHE_NEW_SEALPASS", new);
        let piped = std::process::Stdio::piped;
        command
            .stdout(piped())
            .stderr(piped())
            .spawn()
            .expect("it runs")
    };
    let news = [OTHER, "vierzig lampen unter wasser"];
    let running = [start(&one, news[0]), start(&two, news[1])];
    let ended = running.map(|child| {
        depesche_tests::client::Outcome::of(&child.wait_with_output().expect("it ends"))
    });
    for (outcome, new) in ended.into_iter().zip(news) {
        // Who comes second may find the old one gone; then nothing was changed for him.
        if outcome.exit == 0 {
            let there = [("DEPESCHE_SEALPASS", new)];
            let opened = one.with_secrets(
                &["send", "--to", YOU, "--level", "4", "--message", "x"],
                &there,
            );
            assert_eq!(opened.exit, 0, "{opened:?}");
            assert_eq!(outcome.line["fingerprint"], before["fingerprint"]);
        } else {
            assert_eq!(outcome.refusal(), (5, "wrong_sealpass"), "{outcome:?}");
        }
    }
    let old = one.with_sealpass(&["send", "--to", YOU, "--level", "4", "--message", "x"]);
    assert_eq!(old.refusal(), (5, "wrong_sealpass"));
}

/// Somebody may know the old SealPass: what he copied opens nothing that is kept from now on.
#[test]
fn a_sealpass_that_somebody_knows_ends_with_its_kit() {
    let server = Server::start(Setup::demo().all_levels());
    let anna = server.anna();
    let before = anna
        .with_sealpass(&["sealpass", "setup", "--kit", "kit-1.txt"])
        .done();
    let sent = anna.send_at("4", YOU, &[]);
    let change = |more: &[&str], old: &str, new: &str| {
        let secrets = [("DEPESCHE_SEALPASS", old), ("DEPESCHE_NEW_SEALPASS", new)];
        anna.with_secrets(&[&["sealpass", "change"], more].concat(), &secrets)
    };
    assert_eq!(change(&["--kit", "x"], SEALPASS, OTHER).exit, 2);
    let taken = change(&["--known", "--kit", "kit-1.txt"], SEALPASS, OTHER);
    assert_eq!(taken.refusal(), (2, "kit_file_exists"));
    let after = change(&["--known", "--kit", "kit-2.txt"], SEALPASS, OTHER).done();
    assert_eq!(after["fingerprint"], before["fingerprint"], "the same keys");
    assert_eq!(after["version"], 2);
    let recover = |kit: &str, new: &str| {
        let secrets = [("DEPESCHE_SEALPASS", new)];
        anna.with_secrets(&["sealpass", "recover", "--kit", kit], &secrets)
    };
    assert_eq!(recover("kit-1.txt", SEALPASS).refusal(), (5, "old_kit"));
    let add = |sealpass: &str| {
        let secrets = [("DEPESCHE_SEALPASS", sealpass)];
        let arguments = ["recipients", "add", id(&sent), "third@example.test"];
        anna.with_secrets(&arguments, &secrets)
    };
    assert_eq!(add(SEALPASS).refusal(), (5, "wrong_sealpass"));
    let _ = add(OTHER).done();
    let _ = recover("kit-2.txt", SEALPASS).done();
    let last = change(&["--known"], SEALPASS, OTHER).done();
    assert_eq!(last["version"], 3);
    assert_eq!(add(SEALPASS).refusal(), (5, "wrong_sealpass"));
}

#[test]
fn a_dead_claim_code_is_followed_by_a_new_one() {
    let server = Server::start(Setup::demo().all_levels());
    let anna = server.anna();
    let _ = anna.set_up_sealpass();
    let sent = anna.send_at("4", YOU, &["--claim-code"]);
    let first = sent["claim_codes"][YOU].clone();
    let you = guest(&server, &server.url, YOU);
    let _ = you.set_up_sealpass();
    let other = anna.send_at("4", "else@example.test", &["--claim-code"]);
    let wrong = other["claim_codes"]["else@example.test"]
        .as_str()
        .expect("words");
    let claim = |code: &str| you.fetch_id(&sent["id"], &[("DEPESCHE_CLAIM_CODE", code)]);
    for _ in 0..3 {
        assert_eq!(claim(wrong).refusal(), (3, "waits_release"));
        let refused = anna.with_sealpass(&["release", id(&sent)]);
        assert_eq!(refused.refusal(), (4, "code_wrong"));
    }
    assert_ne!(claim(first.as_str().expect("words")).exit, 0, "it is dead");
    let code =
        |more: &[&str]| anna.with_sealpass(&[&["recipients", "code", id(&sent)], more].concat());
    assert_eq!(code(&["no@example.test"]).refusal(), (3, "not_a_recipient"));
    let made = code(&["You@EXAMPLE.test"]).done();
    let second = &made["claim_codes"]["You@EXAMPLE.test"];
    assert_ne!(*second, first);
    assert_eq!(
        claim(second.as_str().expect("words")).refusal(),
        (3, "waits_release")
    );
    let instant = code(&[YOU, "--mode", "instant"]).done();
    let third = instant["claim_codes"][YOU].as_str().expect("words");
    let _ = claim(third).done();
    let opened = code(&[YOU]);
    assert_eq!(
        opened.refusal(),
        (3, "no_code"),
        "who can open it needs none"
    );
}

#[test]
fn bad_sealpasses_and_kits_are_told_apart() {
    let server = Server::start(Setup::demo().all_levels());
    let anna = server.anna();
    let set_up = |sealpass: &str| {
        anna.with_secrets(
            &["sealpass", "setup", "--kit", "kit-1.txt"],
            &[("DEPESCHE_SEALPASS", sealpass)],
        )
    };
    assert_eq!(
        anna.run(["sealpass", "setup"]).refusal(),
        (2, "secret_missing")
    );
    assert_eq!(set_up("password1234").refusal(), (2, "sealpass_weak"));
    assert_eq!(
        set_up(depesche_tests::server::DEMO.1).refusal(),
        (2, "sealpass_is_password")
    );
    let _ = set_up(SEALPASS).done();
    let mode = fs::metadata(anna.folder().join("kit-1.txt"))
        .expect("the kit")
        .permissions();
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777,
        0o600
    );
    // The same again, as after an answer that was lost; and another one.
    let _ = set_up(SEALPASS).done();
    assert_eq!(set_up(OTHER).refusal(), (4, "sealpass_exists"));
    let _ = anna.with_sealpass(&["sealpass", "kit", "kit-2.txt"]).done();
    let recover = |kit: &str| {
        anna.with_secrets(
            &["sealpass", "recover", "--kit", kit],
            &[("DEPESCHE_SEALPASS", OTHER)],
        )
    };
    let old = recover("kit-1.txt");
    assert_eq!(old.refusal(), (5, "old_kit"));
    assert!(
        old.line["error"]["detail"]
            .as_str()
            .is_some_and(|d| d.contains("no. 2")),
        "{}",
        old.out
    );
    tree::write(anna.folder().join("none.txt"), "no kit\n");
    assert_eq!(recover("none.txt").refusal(), (2, "not_a_kit"));
    assert_eq!(recover("missing.txt").refusal(), (2, "kit_file"));
    let _ = recover("kit-2.txt").done();
}

/// Going on after a stop: on the disk lies only what the keyring opens, and once posted nothing.
#[test]
fn a_level_4_draft_lies_sealed_and_goes_once_posted() {
    let server = Server::start(Setup::demo().all_levels());
    let anna = server.anna();
    let _ = anna.set_up_sealpass();
    let sent = anna.send_at("4", YOU, &["--subject", "canary-subject"]);
    let left: Vec<_> = tree::read(&anna.home()).into_keys().collect();
    let outgoing = left
        .iter()
        .filter(|path| path.to_string_lossy().contains("outgoing/"));
    let names: Vec<_> = outgoing.filter_map(|path| path.file_name()).collect();
    assert!(names.iter().all(|name| *name == "pruned"), "{names:?}");
    let resent = anna.run(["resend", id(&sent)]).done();
    assert_eq!(resent["id"], sent["id"]);
}
