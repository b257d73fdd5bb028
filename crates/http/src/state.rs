//! What the handlers are given.

use crate::front::Front;
use depesche_service::Context;
use depesche_service::demo::CaughtMail;
use std::pin::Pin;
use std::sync::Arc;

/// An answer that takes a moment.
pub type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A question to a part of the server that the web door does not know.
pub type Ask<T> = Box<dyn Fn() -> Later<T> + Send + Sync>;

/// One thing that has to work before this server can serve: a store, another listener.
pub struct Probe {
    /// Its name in `/readyz` and the log.
    pub name: &'static str,
    /// Whether it works now. Answers soon: it is given five seconds.
    pub ask: Ask<bool>,
}

/// Everything behind the routes.
pub struct Web {
    /// Who is served.
    pub front: Arc<Front>,
    /// The use cases.
    pub service: Arc<Context>,
    /// Mail that is caught instead of sent; shown at `/dev/mail`. None = there is no such page.
    pub mail: Option<CaughtMail>,
    /// Opens `/metrics` to others than this machine.
    pub metrics_token: Option<String>,
    /// What `/readyz` asks.
    pub probes: Vec<Probe>,
    /// How many mails wait, for `/metrics`; none = not known now.
    pub mails_waiting: Ask<Option<u64>>,
}
