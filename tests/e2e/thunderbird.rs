//! The profile that is written is one: Debian's Thunderbird starts on it, without a screen, and lists what is in it; and what
//! Thunderbird then keeps is read again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use depesche_tests::client::Client;
use depesche_tests::program::root;
use serde_json::{Value, json};

/// What Thunderbird makes of a profile.
fn list(client: &Client, profile: &Path) -> Value {
    let listed = client.folder().join("listed.json");
    let scripts = root().join("tests/thunderbird");
    let done = Command::new("python3")
        .args(["-B".as_ref(), scripts.join("thunderbird.py").as_os_str()])
        .args([scripts.join("list.cfg").as_path(), profile])
        .env("DEPESCHE_LISTED", &listed)
        .output()
        .expect("python3 runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success(),
        "{said}; thunderbird: scripts/install.sh test"
    );
    let text = fs::read(listed).expect("what is in it");
    let listed: Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!(listed.get("error"), None, "{listed}");
    listed
}

fn of<'a>(value: &'a Value, list: &str) -> Vec<&'a Value> {
    value[list].as_array().expect("a list").iter().collect()
}

/// The bundle's words and Thunderbird's numbers (nsMsgSocketType, nsMsgAuthMethod).
fn security(server: &Value) -> i64 {
    match server["security"].as_str() {
        Some("tls") | None => 3,
        Some("starttls") => 2,
        Some(other) => panic!("{other}"),
    }
}

fn auth(server: &Value) -> i64 {
    match server["auth"].as_str() {
        Some("password") => 3,
        Some("password-encrypted") => 4,
        Some("kerberos") => 5,
        Some("oauth2") => 10,
        other => panic!("{other:?}"),
    }
}

fn host(server: &Value) -> &str {
    let host = server["host"].as_str();
    let url = || server["url"].as_str()?.split('/').nth(2);
    host.or_else(url).expect("a host")
}

/// Where a bundle's server is reached, and how, beside what Thunderbird says of it.
fn expect_server(server: &Value, listed: &Value) {
    for (name, wanted) in [
        ("user", server["username"].clone()),
        ("security", json!(security(server))),
        ("auth", json!(auth(server))),
    ] {
        assert_eq!(listed[name], wanted, "{name}: {listed}");
    }
}

/// How each begins: pictures within are written in another way.
fn signatures(bundle: &Value) -> BTreeMap<&str, String> {
    let each = of(bundle, "signatures").into_iter();
    each.filter_map(|one| {
        let text = one["html"].as_str().or_else(|| one["text"].as_str())?;
        Some((one["id"].as_str()?, text.chars().take(30).collect()))
    })
    .collect()
}

#[test]
fn thunderbird_lists_what_was_written_and_keeps_it() {
    let client = Client::guest("http://127.0.0.1:9");
    let sample = root().join("crates/settings/tests/samples/bundle.json");
    let path = sample.to_str().expect("UTF-8");
    let convert = ["settings", "convert", path, "out", "--to", "thunderbird"];
    let _ = client.run(convert).done();
    let text = fs::read(&sample).expect("the sample");
    let bundle: Value = serde_json::from_slice(&text).expect("JSON");
    let profile = client.folder().join("out/profile");
    let listed = list(&client, &profile);

    let accounts = of(&bundle, "accounts");
    for (account, found) in accounts.iter().zip(of(&listed, "accounts")) {
        let server = &account["incoming"];
        assert_eq!(found["name"], account["name"], "{found}");
        assert_eq!(found["type"], server["protocol"], "{found}");
        assert_eq!(found["host"], host(server), "{found}");
        expect_server(server, found);
        expect_identities(&bundle, account, found);
        let rules = of(&bundle, "rules").into_iter();
        let rules = rules.filter(|rule| rule["account"] == account["id"]);
        let rules: Vec<_> = rules.map(|rule| rule["name"].clone()).collect();
        assert_eq!(found["filters"], Value::from(rules), "{found}");
    }
    // And the one that every profile has.
    assert_eq!(of(&listed, "accounts").len(), accounts.len() + 1);

    let outgoing = of(&bundle, "outgoingServers");
    assert_eq!(of(&listed, "outgoing").len(), outgoing.len());
    for (one, found) in outgoing.iter().zip(of(&listed, "outgoing")) {
        expect_server(one, found);
        let url = found["url"].as_str().expect("an address");
        assert!(url.contains(host(one)), "{url}");
    }
    let people = listed["books"].to_string();
    for name in [
        "Zoë Beispiel2",
        "Čeněk Beispiel5",
        "Lea Verein",
        "Projektgruppe",
    ] {
        assert!(people.contains(name), "{name}: {people}");
    }

    // Thunderbird has written its settings anew, as it does at every end.
    let profile = profile.to_str().expect("UTF-8");
    let _ = client
        .run(["settings", "convert", profile, "again", "--to", "bundle"])
        .done();
    expect_again(&bundle, &client.folder().join("again"));
}

fn expect_identities(bundle: &Value, account: &Value, found: &Value) {
    let texts = signatures(bundle);
    let ids = of(account, "identities");
    let all = of(bundle, "identities");
    assert_eq!(of(found, "identities").len(), ids.len(), "{found}");
    for (id, identity) in ids.iter().zip(of(found, "identities")) {
        let wanted = all
            .iter()
            .find(|one| one["id"] == **id)
            .expect("it is there");
        assert_eq!(identity["name"], wanted["name"]);
        // Thunderbird itself reads an address that is not ASCII byte by byte.
        if wanted["email"].as_str().is_some_and(str::is_ascii) {
            assert_eq!(identity["email"], wanted["email"]);
        }
        if let Some(text) = wanted["signature"].as_str().and_then(|id| texts.get(id)) {
            let signature = identity["signature"].as_str().expect("a text");
            assert!(signature.starts_with(text), "{identity}");
        }
    }
}

fn expect_again(bundle: &Value, folder: &Path) {
    let mut files = fs::read_dir(folder).expect("a folder").flatten();
    let file = files.find(|file| file.path().extension().is_some_and(|kind| kind == "json"));
    let text = fs::read(file.expect("a bundle").path()).expect("a file");
    let again: Value = serde_json::from_slice(&text).expect("JSON");
    for list in ["accounts", "outgoingServers"] {
        let servers = |value: &Value| -> Vec<Value> {
            let each = of(value, list).into_iter();
            each.map(|one| {
                let server = one.get("incoming").unwrap_or(one);
                json!([
                    one["name"],
                    server["username"],
                    host(server),
                    server["auth"],
                    server["security"]
                ])
            })
            .collect()
        };
        assert_eq!(servers(&again), servers(bundle));
    }
}
