//! The command line, with a home of its own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::program;

/// Somebody with a command line.
pub struct Client {
    folder: TempDir,
    server: String,
}

/// How a command ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Exit code; -1 if it was killed.
    pub exit: i32,
    /// The line of JSON on stdout; null if there was none.
    pub line: Value,
    /// stdout.
    pub out: String,
    /// stderr.
    pub err: String,
}

impl Outcome {
    /// Of a program that has ended.
    #[must_use]
    pub fn of(output: &Output) -> Self {
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        Self {
            exit: output.status.code().unwrap_or(-1),
            line: serde_json::from_str(&out).unwrap_or_default(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            out,
        }
    }

    /// What it gave.
    ///
    /// # Panics
    /// If it failed.
    #[track_caller]
    #[must_use]
    pub fn done(self) -> Value {
        assert_eq!(self.exit, 0, "{}{}", self.out, self.err);
        self.line
    }

    /// Exit code and the stable word of the error.
    #[must_use]
    pub fn refusal(&self) -> (i32, &str) {
        let code = self.line["error"]["code"].as_str();
        (self.exit, code.unwrap_or_default())
    }
}

impl Client {
    /// Somebody whom the server does not know.
    ///
    /// # Panics
    /// If there is no folder.
    #[must_use]
    pub fn guest(server: &str) -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            server: server.to_owned(),
        }
    }

    /// Somebody with an account, logged in.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn logged_in(server: &str, email: &str, password: &str) -> Self {
        let client = Self::guest(server);
        let mut command = client.command(["login", email]);
        let _ = client
            .end(command.env("DEPESCHE_PASSWORD", password))
            .done();
        client
    }

    /// A folder for files, not the home.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where `DEPESCHE_HOME` leads.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// A command, not yet run; in the folder of [`Client::folder`], with `--json`.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(program::path());
        self.prepare(command.args(arguments).arg("--json"));
        command
    }

    /// Gives a command this client's surroundings.
    pub fn prepare(&self, command: &mut Command) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", path)
            .env("DEPESCHE_HOME", self.home());
        command
            .env("DEPESCHE_SERVER", &self.server)
            .current_dir(self.folder.path());
        command.stdin(Stdio::null());
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// If the program cannot be run.
    pub fn end(&self, command: &mut Command) -> Outcome {
        Outcome::of(&command.output().expect("the program runs"))
    }

    /// Runs `depesche ARGUMENTS --json`.
    ///
    /// # Panics
    /// If the program cannot be run.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Outcome {
        self.end(&mut self.command(arguments))
    }

    /// Sends what lies at `path` at level 1; gives what `send` gives.
    ///
    /// # Panics
    /// If that fails.
    #[track_caller]
    pub fn send(&self, path: &Path, to: &str, more: &[&str]) -> Value {
        let path = path.to_str().expect("a path that is text");
        let arguments = [&["send", path, "--to", to, "--level", "1"], more].concat();
        self.run(arguments).done()
    }

    /// `show ID`.
    ///
    /// # Panics
    /// If that fails.
    #[track_caller]
    pub fn show(&self, id: &Value) -> Value {
        self.run(["show", id.as_str().expect("an id")]).done()
    }

    /// Fetches a link into `out` below the folder, as `visitor@example.test`.
    ///
    /// # Panics
    /// If the program cannot be run.
    pub fn fetch(&self, link: &str, more: &[&str]) -> Outcome {
        let arguments = [
            "fetch",
            link,
            "--out",
            "out",
            "--email",
            "visitor@example.test",
        ];
        self.run([&arguments[..], more].concat())
    }

    /// Where [`Client::fetch`] writes.
    #[must_use]
    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }
}

/// The link for this recipient, as `send` and `show` give it.
///
/// # Panics
/// If there is none.
#[track_caller]
#[must_use]
pub fn link_of(sent: &Value, email: &str) -> String {
    sent["links"][email].as_str().expect("a link").to_owned()
}

/// The recipient as `show` gives it.
///
/// # Panics
/// If there is none.
#[track_caller]
#[must_use]
pub fn recipient<'a>(shown: &'a Value, email: &str) -> &'a Value {
    let all = shown["recipients"].as_array().expect("recipients");
    all.iter()
        .find(|one| one["email"] == email)
        .expect("the recipient")
}
