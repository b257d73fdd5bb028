//! The profile that is written is one: Debian's Thunderbird starts on it, without a screen, and lists what is in it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use depesche_tests::client::Client;
use depesche_tests::program::root;
use depesche_tests::wait::{LONGEST, until};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

/// What asks nothing at the first start, and opens the door that we ask by.
const QUIET: &str = r#"
user_pref("mail.spotlight.firstRunDone", true);
user_pref("mail.rights.version", 1);
user_pref("mailnews.start_page.enabled", false);
user_pref("app.update.enabled", false);
user_pref("mail.shell.checkDefaultClient", false);
user_pref("mail.provider.suppress_dialog_on_startup", true);
user_pref("mailnews.start_page_override.mstone", "ignore");
user_pref("mail.winsearch.firstRunDone", true);
user_pref("mail.accounthub.enabled", false);
user_pref("mail.biff.on_new_window", false);
user_pref("offline.startup_state", 3);
user_pref("offline.autoDetect", false);
user_pref("toolkit.telemetry.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.proxy.type", 1);
user_pref("network.proxy.socks", "127.0.0.1");
user_pref("network.proxy.socks_port", 9);
"#;

const LIST: &str = r#"
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const servers = MailServices.accounts.accounts.map(one => one.incomingServer);
return {
  accounts: servers.map(one => one.serverURI),
  identities: MailServices.accounts.allIdentities.map(one => one.email),
  signatures: MailServices.accounts.allIdentities.map(one => one.htmlSigText).filter(text => text),
};
"#;

/// Ends with all that it started.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _ = self.0.wait();
    }
}

/// Thunderbird, running on a profile.
struct Thunderbird {
    _running: Running,
    stream: TcpStream,
    number: u64,
}

impl Thunderbird {
    fn start(profile: &Path, home: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = port.local_addr().expect("an address").port();
        let mut settings = format!("{QUIET}user_pref(\"marionette.port\", {port});\n");
        // Else it asks for passwords, and answers nobody until it has them.
        for number in 1..9 {
            for name in ["login_at_startup", "check_new_mail"] {
                let key = format!("mail.server.server{number}.{name}");
                settings.push_str(&format!("user_pref(\"{key}\", false);\n"));
            }
        }
        fs::write(profile.join("user.js"), settings).expect("user.js");
        let child = Command::new("thunderbird")
            // It is a script that starts the program: both end together.
            .process_group(0)
            .args([
                "--headless",
                "--marionette",
                "--remote-allow-system-access",
                "--no-remote",
            ])
            .arg("--profile")
            .arg(profile)
            .env("HOME", home)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("thunderbird: scripts/install.sh test installs it");
        let running = Running(child);
        let stream = until("Thunderbird answers", || {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        stream.set_read_timeout(Some(LONGEST)).expect("a limit");
        let mut one = Self {
            _running: running,
            stream,
            number: 0,
        };
        let hello = one.frame();
        assert_eq!(hello["applicationType"], "gecko", "{hello}");
        one
    }

    /// `LENGTH:JSON`.
    fn frame(&mut self) -> Value {
        let (mut length, mut byte) = (0, [0]);
        loop {
            self.stream.read_exact(&mut byte).expect("a frame");
            match byte[0] {
                b':' => break,
                digit => length = length * 10 + usize::from(digit - b'0'),
            }
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).expect("a frame");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    fn ask(&mut self, command: &str, arguments: Value) -> Value {
        self.number += 1;
        let text = json!([0, self.number, command, arguments]).to_string();
        // In one piece: what comes in pieces is not put together again there.
        let frame = format!("{}:{text}", text.len());
        self.stream.write_all(frame.as_bytes()).expect("a frame");
        let answer = self.frame();
        assert_eq!(answer[2], Value::Null, "{answer}");
        answer[3].clone()
    }
}

#[test]
fn thunderbird_starts_on_the_profile_that_is_written() {
    let client = Client::guest("http://127.0.0.1:9");
    let bundle = root().join("crates/settings/tests/samples/bundle.json");
    let bundle = bundle.to_str().expect("UTF-8");
    let written = client
        .run(["settings", "convert", bundle, "out", "--to", "thunderbird"])
        .done();
    assert!(!written["losses"].as_array().expect("losses").is_empty());
    let profile = client.folder().join("out/profile");
    let mut thunderbird = Thunderbird::start(&profile, client.folder());
    thunderbird.ask("WebDriver:NewSession", json!({}));
    thunderbird.ask("Marionette:SetContext", json!({"value": "chrome"}));
    let script = json!({"script": LIST, "args": [], "sandbox": "system"});
    let listed = thunderbird.ask("WebDriver:ExecuteScript", script)["value"].clone();
    let bundle: Value =
        serde_json::from_slice(&fs::read(bundle).expect("the sample")).expect("JSON");
    let emails = |value: &Value| -> Vec<String> {
        let all = value.as_array().expect("a list").iter();
        all.map(|one| {
            one.as_str()
                .or_else(|| one["email"].as_str())
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
    };
    // Thunderbird itself reads an address that is not ASCII byte by byte.
    let plain = emails(&bundle["identities"])
        .into_iter()
        .filter(|email| email.is_ascii());
    for email in plain {
        assert!(
            emails(&listed["identities"]).contains(&email),
            "{email}: {listed}"
        );
    }
    let hosts = listed["accounts"].to_string();
    let accounts = bundle["accounts"].as_array().expect("accounts");
    for host in accounts
        .iter()
        .filter_map(|one| one["incoming"]["host"].as_str())
    {
        assert!(hosts.contains(host), "{host}: {hosts}");
    }
    assert!(
        listed["signatures"]
            .as_array()
            .is_some_and(|all| !all.is_empty()),
        "{listed}"
    );
}
