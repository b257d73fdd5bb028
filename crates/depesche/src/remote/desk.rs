//! Where a command works: the profile, the session in it, the server it means.

use std::path::PathBuf;

use depesche_client::fault::Fault;
use depesche_client::http::{Server, parse_base};
use depesche_client::profile::{Profile, Session};
use depesche_client::world::World;
use etcetera::BaseStrategy as _;
use serde_json::Value;

use crate::cli::Common;
use crate::exit::{self, Failure};

/// The profile and what the arguments say about the server.
pub(crate) struct Desk {
    pub(crate) json: bool,
    pub(crate) profile: Profile,
    pub(crate) world: World,
    session: Option<Session>,
    server: Option<String>,
}

/// The system's clock and randomness.
const WORLD: World = World {
    clock: now,
    random: fill,
};

#[expect(
    clippy::disallowed_methods,
    reason = "the one place of the client's commands that reads the clock, to hand it in"
)]
fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives random bytes");
}

impl Desk {
    pub(crate) fn open(common: &Common) -> Result<Self, Failure> {
        let profile = Profile::open(&home()?, &common.profile)?;
        Ok(Self {
            json: common.json,
            session: profile.session()?,
            profile,
            world: WORLD,
            server: common.server.clone(),
        })
    }

    /// `--server`, else the one logged in to, else `DEPESCHE_SERVER`.
    pub(crate) fn base(&self) -> Result<String, Failure> {
        let named = self.server.clone();
        let session = || self.session.as_ref().map(|session| session.server.clone());
        let base = named
            .or_else(session)
            .or_else(|| std::env::var("DEPESCHE_SERVER").ok());
        base.ok_or_else(|| {
            Failure::usage(
                "server_missing",
                "which server? say --server URL or set DEPESCHE_SERVER",
            )
        })
    }

    /// `--server` alone.
    pub(crate) fn named_server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    pub(crate) fn server(&self) -> Result<Server, Failure> {
        Ok(Server::new(&self.base()?)?)
    }

    /// The session, if it is one at the server that is meant.
    pub(crate) fn session(&self) -> Result<Option<&Session>, Failure> {
        match (&self.session, &self.server) {
            (Some(session), Some(server)) if parse_base(server)? != session.server => Ok(None),
            (session, _) => Ok(session.as_ref()),
        }
    }

    /// The server, spoken to as the one logged in.
    pub(crate) fn member(&self) -> Result<(Server, &Session), Failure> {
        let session = self.session()?.ok_or_else(|| {
            Failure::new(
                Fault::Refused,
                "not_logged_in",
                "log in first: depesche login E-MAIL --server URL",
            )
        })?;
        let server = Server::new(&session.server)?;
        Ok((server.with_session(session.token.expose()), session))
    }

    /// One line of JSON if that is wanted, else lines for people.
    pub(crate) fn say(&self, json: &Value, lines: &str) {
        if self.json {
            exit::say(json);
        } else {
            exit::print(lines.trim_end());
        }
    }

    /// A remark on the side.
    pub(crate) fn remark(&self, line: &str) {
        eprintln!("depesche: {}", crate::text::shown(line));
    }
}

fn home() -> Result<PathBuf, Failure> {
    if let Some(home) = std::env::var_os("DEPESCHE_HOME") {
        return Ok(home.into());
    }
    let strategy = etcetera::choose_base_strategy().map_err(|_| {
        Failure::usage(
            "home_missing",
            "where shall logins be kept? set DEPESCHE_HOME or HOME",
        )
    })?;
    Ok(strategy.config_dir().join("depesche"))
}
