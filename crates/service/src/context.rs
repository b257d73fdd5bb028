//! Store, clock, randomness and settings in one struct, handed to every use case.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use depesche_domain::effect::Language;
use depesche_domain::{Policy, Time};
use depesche_store::Store;
use depesche_store::blobs::Blobs;
use depesche_store::ephemeral::Ephemeral;
use depesche_store::sql::Sql;
use tokio::sync::Notify;

use crate::door::First;
use crate::error::Error;
use crate::handed::Handed;
use crate::logins::Logins;
use crate::random::Random;
use crate::secrets::Secrets;
use crate::tries::TriesTable;

/// Where the time comes from.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's.
    System,
    /// Stands still until it is moved: for tests.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// Stands at `now`.
    pub fn fixed(now: Time) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(now.ms())))
    }

    /// Now.
    pub fn now(&self) -> Time {
        match self {
            Self::System => {
                let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
                Time::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Self::Fixed(ms) => Time::from_ms(ms.load(Ordering::SeqCst)),
        }
    }

    /// Moves a fixed clock; the machine's is left alone.
    pub fn set(&self, now: Time) {
        if let Self::Fixed(ms) = self {
            ms.store(now.ms(), Ordering::SeqCst);
        }
    }
}

/// A clock that never goes back, and goes on while the machine sleeps: for what lives minutes.
#[derive(Clone, Debug)]
pub enum Steady {
    /// The machine's.
    System,
    /// Stands still until it is moved: for tests.
    Fixed(Arc<AtomicI64>),
}

impl Steady {
    /// Now, since some moment in the past.
    pub fn now(&self) -> Time {
        match self {
            Self::System => depesche_store::ephemeral::since_boot(),
            Self::Fixed(ms) => Time::from_ms(ms.load(Ordering::SeqCst)),
        }
    }

    /// Moves a fixed clock on; the machine's is left alone.
    pub fn advance(&self, by: depesche_domain::Span) {
        if let Self::Fixed(ms) = self {
            ms.fetch_add(by.ms(), Ordering::SeqCst);
        }
    }
}

/// How the portal looks, and whom it names. Empty texts are not set.
#[derive(Clone, Debug, Default)]
pub struct Brand {
    /// Media type and bytes of the logo.
    pub logo: Option<(&'static str, Arc<[u8]>)>,
    /// `#rrggbb`.
    pub colour: String,
    /// Address of the imprint.
    pub imprint: String,
    /// Address of the privacy notice.
    pub privacy: String,
}

/// What the configuration says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where links begin, without a slash at the end.
    pub public_url: String,
    /// Name of the organisation; may be empty.
    pub name: String,
    /// How the portal looks.
    pub brand: Brand,
    /// Levels, limits, deadlines.
    pub policy: Policy,
    /// Of mails to members.
    pub language: Language,
    /// Mail is caught instead of sent.
    pub demo: bool,
    /// What is allowed of handoffs.
    pub handoffs: crate::slots::Rules,
}

/// Where things are kept.
#[derive(Clone, Debug)]
pub struct Places {
    /// `sqlite://…` or `postgres://…`.
    pub database: String,
    /// `file:…`.
    pub blobs: String,
    /// A folder.
    pub secrets: std::path::PathBuf,
}

impl Places {
    /// Makes the folders that hold database and blobs, for the owner alone (0700).
    fn make_folders(&self) -> std::io::Result<()> {
        use std::os::unix::fs::DirBuilderExt;
        let paths = [
            self.database.strip_prefix("sqlite:"),
            self.blobs.strip_prefix("file:"),
        ];
        for path in paths.into_iter().flatten() {
            let path = std::path::Path::new(path.strip_prefix("//").unwrap_or(path));
            if let Some(folder) = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty())
            {
                std::fs::DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(folder)?;
            }
        }
        Ok(())
    }
}

/// Everything a use case needs. One per process, shared.
pub struct Context {
    /// What is kept.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The time that never goes back.
    pub steady: Steady,
    /// Random bytes.
    pub random: Random,
    /// What the configuration says.
    pub settings: Settings,
    /// Keys of what waits readable.
    pub secrets: Secrets,
    /// The host that OPAQUE is bound to: that of `public_url` at first start.
    pub host: String,
    /// Logins under way.
    pub(crate) logins: Logins,
    /// The door to the first account, in RAM.
    pub(crate) first: First,
    /// Failed tries, in RAM.
    pub(crate) tries: TriesTable,
    /// What of each file was handed out to each claim, in RAM.
    pub(crate) handed: Handed,
    /// Wakes the worker.
    pub(crate) wake: Notify,
    /// Wakes the gateway's queue.
    pub(crate) wake_queue: Notify,
}

impl Context {
    /// Opens what is kept; at the very first start fixes the host that logins are bound to.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if database or secrets cannot be read or written.
    pub async fn open(
        places: &Places,
        clock: Clock,
        random: Random,
        settings: Settings,
    ) -> Result<Arc<Self>, Error> {
        places
            .make_folders()
            .map_err(|e| Error::Unavailable(Box::new(e)))?;
        let store = Store {
            sql: Sql::open(&places.database).await?,
            blobs: Blobs::open(&places.blobs)?,
            ephemeral: Ephemeral::memory(settings.handoffs.total),
        };
        let steady = match &clock {
            Clock::System => Steady::System,
            Clock::Fixed(_) => Steady::Fixed(Arc::new(AtomicI64::new(clock.now().ms()))),
        };
        let secrets =
            Secrets::open(&places.secrets).map_err(|e| Error::Unavailable(Box::new(e)))?;
        let mut tx = store.sql.begin().await?;
        let wanted = host_of(&settings.public_url);
        let host = depesche_store::sql::meta::set_once(&mut tx, "opaque.host", &wanted).await?;
        tx.commit().await?;
        Ok(Arc::new(Self {
            store,
            clock,
            steady,
            random,
            settings,
            secrets,
            host,
            logins: Logins::default(),
            first: First::default(),
            tries: TriesTable::default(),
            handed: Handed::default(),
            wake: Notify::new(),
            wake_queue: Notify::new(),
        }))
    }

    /// Now.
    pub fn now(&self) -> Time {
        self.clock.now()
    }

    /// Tells the worker that there is something to do.
    pub fn wake_worker(&self) {
        self.wake.notify_one();
    }

    /// Tells the gateway's queue that there is something to do.
    pub fn wake_queue(&self) {
        self.wake_queue.notify_one();
    }

    /// Waits until [`Context::wake_queue`]; one call before counts.
    pub async fn queue_woken(&self) {
        self.wake_queue.notified().await;
    }
}

fn host_of(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    host.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn the_host_of_a_url() {
        for (url, host) in [
            ("http://127.0.0.1:8025", "127.0.0.1"),
            ("https://Portal.Example.org/", "portal.example.org"),
            ("http://[::1]:8025", "[::1]"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(host_of(url), host);
        }
    }
}
