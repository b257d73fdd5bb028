//! How a command ends: one line of JSON or a sentence, and an exit code. The codes are part of the interface.

use std::io::Write as _;
use std::process::ExitCode;

use depesche_client::fault::Fault;
use depesche_client::fetch::FetchError;
use depesche_client::handoff::HandoffError;
use depesche_client::http::CallError;
use depesche_client::keyed::KeyedError;
use depesche_client::keyring::RingError;
use depesche_client::login::LoginError;
use depesche_client::people::PeopleError;
use depesche_client::profile::ProfileError;
use depesche_client::protected::ProtectedError;
use depesche_client::release::ReleaseRefused;
use depesche_client::send::SendError;
use depesche_client::sent::SentError;
use depesche_client::walk::WalkError;
use serde_json::{Value, json};

use crate::secret::Missing;
use crate::text;

/// Why a command did not do what it was told.
#[derive(Debug)]
pub(crate) struct Failure {
    fault: Fault,
    code: String,
    detail: String,
    /// All was said already; the exit code alone tells.
    is_told: bool,
}

impl Failure {
    pub(crate) fn new(fault: Fault, code: &str, detail: impl ToString) -> Self {
        Self {
            fault,
            code: code.to_owned(),
            detail: detail.to_string(),
            is_told: false,
        }
    }

    /// All was said already: with `--json` no second line.
    pub(crate) fn silent(fault: Fault, code: &str, detail: impl ToString) -> Self {
        Self {
            is_told: true,
            ..Self::new(fault, code, detail)
        }
    }

    pub(crate) fn usage(code: &str, detail: impl ToString) -> Self {
        Self::new(Fault::Usage, code, detail)
    }

    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    pub(crate) const fn fault(&self) -> Fault {
        self.fault
    }
}

/// 0 is done; see docs: interface of the command line.
const fn number(fault: Fault) -> u8 {
    match fault {
        Fault::Other => 1,
        Fault::Usage => 2,
        Fault::Gone => 3,
        Fault::Refused => 4,
        Fault::Unopenable => 5,
        Fault::Unavailable => 6,
    }
}

macro_rules! from {
    ($($error:ty),*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                // Each is one line; a line break in it came with a name.
                Self::new(error.fault(), error.code(), text::shown(&error.to_string()))
            }
        }
    )*};
}

from!(
    CallError,
    FetchError,
    HandoffError,
    ProtectedError,
    KeyedError,
    LoginError,
    PeopleError,
    ProfileError,
    ReleaseRefused,
    RingError,
    SendError,
    SentError,
    WalkError
);

/// Of the functions that get a secret.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let code = if error.is::<Missing>() {
            "secret_missing"
        } else {
            "secret"
        };
        Self::usage(code, format!("{error:#}"))
    }
}

/// Says what went wrong.
pub(crate) fn refuse(failure: &Failure, json: bool) -> ExitCode {
    if failure.is_told && json {
        return ExitCode::from(number(failure.fault));
    }
    refuse_as(number(failure.fault), &failure.code, &failure.detail, json)
}

/// As [`refuse`], with the exit code given.
pub(crate) fn refuse_as(number: u8, code: &str, detail: &str, json: bool) -> ExitCode {
    let detail = text::shown_lines(detail);
    if json {
        say(&json!({"error": {"code": code, "detail": detail}}));
    } else {
        // Nobody is left to tell if this fails.
        let _ = writeln!(std::io::stderr(), "depesche: {detail}");
    }
    ExitCode::from(number)
}

/// Says what went wrong on the server's own machine: exit code and stable word are given.
pub(crate) fn refuse_here(
    error: &anyhow::Error,
    (number, code): (u8, &str),
    json: bool,
) -> ExitCode {
    if error.is::<Missing>() {
        return refuse_as(2, "secret_missing", &format!("{error:#}"), json);
    }
    refuse_as(number, code, &format!("{error:#}"), json)
}

/// Help and version are no failures; what cannot be parsed may have meant JSON.
pub(crate) fn refuse_typed(refused: &clap::Error) -> ExitCode {
    if refused.use_stderr() && std::env::args_os().any(|argument| argument == "--json") {
        let detail = refused.render().to_string();
        return refuse_as(2, "usage", detail.trim(), true);
    }
    let _ = refused.print();
    ExitCode::from(u8::try_from(refused.exit_code()).unwrap_or(2))
}

/// One line of JSON on stdout.
pub(crate) fn say(value: &Value) {
    print(&value.to_string());
}

/// Lines on stdout. Who closes the pipe has read enough.
pub(crate) fn print(lines: &str) {
    let _ = writeln!(std::io::stdout(), "{lines}");
}

/// One line of JSON, or words for people.
pub(crate) fn print_either(json: bool, shown: &Value, said: &str) {
    if json {
        say(shown);
    } else {
        print(said);
    }
}
