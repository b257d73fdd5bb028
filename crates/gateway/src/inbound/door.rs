//! What the mail door is made of.

use std::net::IpAddr;
use std::sync::Arc;

use depesche_service::Context;
use depesche_service::spool::Spool;
use depesche_smtp::session::wire::Settings;
use jiff::tz::TimeZone;
use tokio_rustls::TlsAcceptor;

use super::peers::Network;
use crate::rules::Rules;
use crate::trace::Tracer;

/// Everything that a connection needs.
pub struct Door<C> {
    /// The service.
    pub ctx: Arc<Context>,
    /// Where mails are handed in.
    pub spool: Spool,
    /// What is protected.
    pub rules: Rules,
    /// The mark against loops.
    pub tracer: Arc<Tracer>,
    /// Makes protected mails, and hears of notices that came back.
    pub convert: Arc<C>,
    /// Limits of the protocol.
    pub settings: Settings,
    /// The own name in Received.
    pub host: String,
    /// The domain of the addresses under which notices leave.
    pub notices: String,
    /// Who may send for our people.
    pub trusted: Vec<Network>,
    /// For STARTTLS.
    pub tls: Option<TlsAcceptor>,
    /// Of dates.
    pub zone: TimeZone,
}

/// TLS as the web door has it, without its protocols: mail has none to choose.
pub fn acceptor(web: &rustls::ServerConfig) -> TlsAcceptor {
    let mut config = web.clone();
    config.alpn_protocols.clear();
    TlsAcceptor::from(Arc::new(config))
}

impl<C> Door<C> {
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.has(address))
    }
}
