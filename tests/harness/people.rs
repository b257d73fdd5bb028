//! People with a SealPass: members and those whom an invitation made guests.

use serde_json::Value;

use crate::client::{Client, Outcome};
use crate::mail::first_url;
use crate::server::{PASSWORD, Server};
use crate::wait::until;

/// The SealPass of everybody whom tests set one up for.
pub const SEALPASS: &str = "kiefer tasse mond regal wolke";

impl Client {
    /// A command with the SealPass in its environment.
    pub fn with_sealpass(&self, arguments: &[&str]) -> Outcome {
        self.with_secrets(arguments, &[("DEPESCHE_SEALPASS", SEALPASS)])
    }

    /// A command with secrets in its environment.
    ///
    /// # Panics
    /// If the program cannot be run.
    pub fn with_secrets(&self, arguments: &[&str], secrets: &[(&str, &str)]) -> Outcome {
        self.end(self.command(arguments).envs(secrets.iter().copied()))
    }

    /// Sets the SealPass up; gives what `sealpass setup` gives.
    ///
    /// # Panics
    /// If that fails.
    #[track_caller]
    pub fn set_up_sealpass(&self) -> Value {
        self.with_sealpass(&["sealpass", "setup"]).done()
    }

    /// Sends a note at this level; gives what `send` gives.
    ///
    /// # Panics
    /// If that fails.
    #[track_caller]
    pub fn send_at(&self, level: &str, to: &str, more: &[&str]) -> Value {
        crate::tree::write(self.folder().join("note.txt"), "hello\n");
        let arguments = ["send", "note.txt", "--to", to, "--level", level];
        self.with_sealpass(&[&arguments[..], more].concat()).done()
    }

    /// `fetch ID` into `out`.
    pub fn fetch_id(&self, id: &Value, secrets: &[(&str, &str)]) -> Outcome {
        let id = id.as_str().unwrap_or_default();
        let all = [&[("DEPESCHE_SEALPASS", SEALPASS)][..], secrets].concat();
        self.with_secrets(&["fetch", id, "--out", "out"], &all)
    }
}

/// The newest mail to this address whose first URL is an invitation, waited for.
///
/// # Panics
/// If none comes.
#[must_use]
pub fn invitation(server: &Server, email: &str) -> String {
    until("an invitation is caught", || {
        let mails = server.caught();
        let mails = mails.iter().rev().filter(|mail| mail["to"] == email);
        mails
            .map(|mail| first_url(mail["text"].as_str().expect("text")))
            .find(|url| url.contains("/register/"))
    })
}

/// Somebody who was written to, and accepts the invitation.
///
/// # Panics
/// If that fails.
#[must_use]
pub fn guest(server: &Server, url: &str, email: &str) -> Client {
    let link = invitation(server, email).replace(&server.url, url);
    let client = Client::guest(url);
    let mut command = client.command(["register", &link, "--name", "Gustav Gast"]);
    let done = client
        .end(command.env("DEPESCHE_PASSWORD", PASSWORD))
        .done();
    assert_eq!(done["email"], email);
    client
}
