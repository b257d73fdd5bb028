//! `depesche serve` as it ships, on a port and in a folder of its own.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::client::Client;
use crate::mail::Sink;
use crate::program;
use crate::proxy::Proxy;
use crate::wait::until;
use crate::wire;

/// The password of every account that tests make.
pub const PASSWORD: &str = "correct horse battery staple";
/// The first account of `--demo`, and its password.
pub const DEMO: (&str, &str) = ("anna@example.test", "depesche demo password");

/// How a server shall be.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// `--demo`.
    pub demo: bool,
    /// Environment variables.
    pub settings: Vec<(String, String)>,
    /// A command that runs the program, which is its last arguments. It must become the program, by `exec`.
    pub inside: Vec<OsString>,
    /// `--listen`; port 0 if empty.
    pub listen: String,
}

impl Setup {
    /// With `--demo`.
    #[must_use]
    pub fn demo() -> Self {
        Self {
            demo: true,
            ..Self::default()
        }
    }

    /// One that mails by this mail server.
    #[must_use]
    pub fn mailing(sink: &Sink) -> Self {
        Self::default().set("DEPESCHE_SMTP__URL", sink.url())
    }

    /// With its mail door open, on a port of its own.
    #[must_use]
    pub fn gateway(self) -> Self {
        self.set("DEPESCHE_GATEWAY__LISTEN", "127.0.0.1:0")
    }

    /// With all four levels offered.
    #[must_use]
    pub fn all_levels(self) -> Self {
        self.set("DEPESCHE_LEVELS__HIGHEST", "4")
    }

    /// With one more environment variable.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }
}

/// A running server. Dropped, it is killed and its folder removed.
pub struct Server {
    setup: Setup,
    folder: TempDir,
    child: Child,
    /// Kept open: a server whose reader is gone is another case.
    _said: BufReader<ChildStdout>,
    /// Where clients find it, as it said itself.
    pub url: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where it takes mail.
    gateway: Option<SocketAddr>,
}

impl Server {
    /// With `--demo`, and nothing else.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn demo() -> Self {
        Self::start(Setup::demo())
    }

    /// With an account `anna@example.test`, mailing by this mail server.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn mailing(sink: &Sink) -> Self {
        let server = Self::start(Setup::mailing(sink));
        server.add_user(DEMO.0);
        server
    }

    /// As [`Server::mailing`], reached through this wire.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn behind(proxy: &Proxy, sink: &Sink) -> Self {
        let setup = Setup::mailing(sink).set("DEPESCHE_PUBLIC_URL", proxy.url());
        let server = Self::start(setup);
        proxy.lead_to(server.listen);
        server.add_user(DEMO.0);
        server
    }

    /// Started, and ready for connections.
    ///
    /// # Panics
    /// If it does not get there.
    #[must_use]
    pub fn start(setup: Setup) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self::start_in(setup, folder)
    }

    /// As [`Server::start`], with the data that is in `folder` below `data`.
    ///
    /// # Panics
    /// If it does not get there.
    #[must_use]
    pub fn start_in(setup: Setup, folder: TempDir) -> Self {
        let (child, said, line) = spawn(&setup, folder.path());
        let text = |name: &str| line[name].as_str().expect("a text").to_owned();
        Self {
            folder,
            child,
            _said: said,
            url: text("url"),
            listen: text("listen").parse().expect("an address"),
            gateway: line["gateway"]
                .as_str()
                .map(|text| text.parse().expect("an address")),
            setup,
        }
    }

    /// Its process.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Its memory in use, bytes (proc(5)).
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn resident(&self) -> u64 {
        let path = format!("/proc/{}/status", self.pid().as_raw_nonzero());
        let text = std::fs::read_to_string(path).expect("it runs");
        let mut lines = text.lines();
        let line = lines.find(|line| line.starts_with("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().nth(1));
        kib.and_then(|kib| kib.parse::<u64>().ok()).expect("KiB") << 10
    }

    /// Where it takes mail; of the last start.
    ///
    /// # Panics
    /// If its mail door is closed.
    #[must_use]
    pub fn gateway(&self) -> SocketAddr {
        self.gateway.expect("a mail door")
    }

    /// The folder of `--data`. With a mount of its own it is seen from inside.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder around: data and log.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it logged so far.
    ///
    /// # Panics
    /// If the log cannot be read.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("the log")
    }

    /// Runs `depesche admin … --json` on its data. Gives what was printed, line by line.
    ///
    /// # Panics
    /// If that fails.
    pub fn admin(&self, arguments: &[&str]) -> Vec<Value> {
        let (done, said, err) = self.run_admin(arguments);
        assert!(done, "admin {arguments:?}: {said}{err}");
        let lines = said
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line of JSON"));
        lines.collect()
    }

    /// A command of `depesche admin` that is refused; what it says.
    ///
    /// # Panics
    /// If it is done.
    #[must_use]
    pub fn admin_fails(&self, arguments: &[&str]) -> String {
        let (done, said, err) = self.run_admin(arguments);
        assert!(!done, "admin {arguments:?}: {said}{err}");
        said + &err
    }

    fn run_admin(&self, arguments: &[&str]) -> (bool, String, String) {
        let mut command = Command::new(program::path());
        command
            .arg("admin")
            .args(arguments)
            .arg("--data")
            .arg(self.data())
            .arg("--json");
        command.env_clear().env("DEPESCHE_PASSWORD", PASSWORD);
        let done = command.output().expect("the program runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            done.status.success(),
            text(&done.stdout),
            text(&done.stderr),
        )
    }

    /// One more member, with [`PASSWORD`].
    ///
    /// # Panics
    /// If that fails.
    pub fn add_user(&self, email: &str) {
        self.admin(&["user", "add", email]);
    }

    /// A client that is logged in as `anna@example.test`.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn anna(&self) -> Client {
        let password = if self.setup.demo { DEMO.1 } else { PASSWORD };
        Client::logged_in(&self.url, DEMO.0, password)
    }

    /// The mails that `--demo` caught, oldest first.
    ///
    /// # Panics
    /// If there is no answer.
    #[must_use]
    pub fn caught(&self) -> Vec<Value> {
        let answer = wire::get(self.listen, "/dev/mail.json");
        answer.json().as_array().expect("a list of mails").clone()
    }

    /// The first mail caught for this address, waited for.
    ///
    /// # Panics
    /// If none comes.
    #[must_use]
    pub fn caught_for(&self, address: &str) -> Value {
        until("a mail is caught", || {
            self.caught().into_iter().find(|mail| mail["to"] == address)
        })
    }

    /// Tells it to stop.
    ///
    /// # Panics
    /// If it is gone.
    pub fn tell_to_stop(&self) {
        kill_process(self.pid(), Signal::TERM).expect("it runs");
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it does not end.
    pub fn ended(&mut self) -> ExitStatus {
        until("the server ends", || {
            self.child.try_wait().expect("a child")
        })
    }

    /// Stops it in an orderly way; its folder stays as long as this.
    ///
    /// # Panics
    /// If it ends otherwise.
    pub fn stop(&mut self) {
        self.tell_to_stop();
        let status = self.ended();
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// `kill -9`.
    ///
    /// # Panics
    /// If that fails.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// One environment variable is another from the next start on.
    pub fn set(&mut self, name: &str, value: String) {
        self.setup.settings.retain(|(known, _)| known != name);
        self.setup.settings.push((name.into(), value));
    }

    /// Starts it again on the same data, at the same address.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_again(&mut self) {
        let setup = Setup {
            listen: self.listen.to_string(),
            ..self.setup.clone()
        };
        let (child, said, line) = spawn(&setup, self.folder.path());
        self.gateway = line["gateway"]
            .as_str()
            .map(|text| text.parse().expect("an address"));
        self.child = child;
        self._said = said;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let end: Vec<char> = log.chars().rev().take(3_000).collect();
            println!(
                "the end of the server's log:\n{}",
                end.iter().rev().collect::<String>()
            );
        }
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command line of a server that keeps its data below `folder`.
#[must_use]
pub fn command(setup: &Setup, folder: &Path) -> Command {
    let mut words = setup.inside.clone();
    words.push(program::path().into());
    let mut command = Command::new(&words[0]);
    command
        .args(&words[1..])
        .args(["serve", "--json", "--data"])
        .arg(folder.join("data"));
    let listen = if setup.listen.is_empty() {
        "127.0.0.1:0"
    } else {
        &setup.listen
    };
    command.args(["--listen", listen]);
    if setup.demo {
        command.arg("--demo");
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    command
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder)
        .current_dir(folder);
    command.envs(setup.settings.iter().map(|(name, value)| (name, value)));
    command
}

fn spawn(setup: &Setup, folder: &Path) -> (Child, BufReader<ChildStdout>, Value) {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"));
    let mut command = command(setup, folder);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(log.expect("a log"));
    let mut child = command.spawn().expect("the server runs");
    let mut said = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    said.read_line(&mut line).expect("its output can be read");
    let event: Value = serde_json::from_str(&line).unwrap_or_default();
    if event["event"] != "listening" {
        let ended = child.wait();
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        panic!("the server does not listen: {ended:?} {line}{log}");
    }
    (child, said, event)
}
