//! Where a command works: the profile, the session in it, the server it means.

use std::path::PathBuf;

use depesche_client::fault::Fault;
use depesche_client::http::{Server, parse_base};
use depesche_client::keyring::{Closed, Master, Ring};
use depesche_client::own::Own;
use depesche_client::profile::{Profile, Session};
use depesche_client::world::World;
use etcetera::BaseStrategy as _;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::cli::Common;
use crate::exit::{self, Failure};
use crate::secret;

const SEALPASS: &str = "DEPESCHE_SEALPASS";

/// The profile and what the arguments say about the server.
pub(crate) struct Desk {
    pub(crate) json: bool,
    pub(crate) profile: Profile,
    pub(crate) world: World,
    session: Option<Session>,
    server: Option<String>,
    sealpass_file: Option<PathBuf>,
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
            sealpass_file: common.sealpass_file.clone(),
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

    /// The session, if it is one at the server of this address.
    pub(crate) fn session_at(&self, base: &str) -> Option<&Session> {
        let base = parse_base(base).ok()?;
        self.session
            .as_ref()
            .filter(|session| session.server == base)
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

    /// The one logged in, at work. `server` is that of [`Desk::member`].
    pub(crate) const fn own<'a>(&'a self, server: &'a Server, session: &'a Session) -> Own<'a> {
        Own {
            server,
            account: &session.account,
            profile: &self.profile,
            world: self.world,
        }
    }

    /// The SealPass, from where secrets come from.
    pub(crate) fn sealpass(&self) -> Result<Zeroizing<String>, Failure> {
        let file = self.sealpass_file.as_deref();
        Ok(secret::password(SEALPASS, file, "SealPass")?)
    }

    /// A SealPass to be set; asked for twice.
    pub(crate) fn new_sealpass(&self) -> Result<Zeroizing<String>, Failure> {
        let file = self.sealpass_file.as_deref();
        Ok(secret::new_password(SEALPASS, file, "New SealPass")?)
    }

    /// Opens the keyring. That there is one shows before anything is asked for.
    pub(crate) async fn unlock(&self, own: Own<'_>) -> Result<Ring, Failure> {
        let closed = Closed::load(own).await?;
        if let Some(due) = closed.reset_due {
            self.remark(&format!(
                "an administrator's reset destroys your keyring on {}; stop it by: depesche sealpass keep",
                crate::text::time(due)
            ));
        }
        let sealpass = self.sealpass()?;
        Ok(closed.unlock(own, &Master::SealPass(&sealpass))?)
    }

    /// As [`Desk::unlock`], if the SealPass is given without asking, and there is a keyring.
    pub(crate) async fn unlock_if_given(&self, own: Own<'_>) -> Result<Option<Ring>, Failure> {
        if self.sealpass_file.is_none() && std::env::var_os(SEALPASS).is_none() {
            return Ok(None);
        }
        match self.unlock(own).await {
            Err(failure) if failure.code() == "no_sealpass" => Ok(None),
            ring => ring.map(Some),
        }
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
