//! The mail door as it is configured: listener, queue, and the way out.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use depesche_gateway::House;
use depesche_gateway::convert::Converter;
use depesche_gateway::inbound::door::{Door, acceptor};
use depesche_gateway::inbound::listen::greets;
use depesche_gateway::inbound::peers::Network;
use depesche_gateway::outbound::route::Route;
use depesche_gateway::outbound::sender::Sender;
use depesche_gateway::port::Convert;
use depesche_gateway::queue::Queue;
use depesche_gateway::rules::{Pattern, Rules};
use depesche_gateway::smtp::address::Host;
use depesche_gateway::smtp::session::wire::Settings;
use depesche_gateway::tag::Tag;
use depesche_gateway::trace::Tracer;
use depesche_gateway::workers::{Pool, Program};
use depesche_http::state::Probe;
use depesche_service::Context;
use depesche_service::demo::CaughtMail;
use depesche_service::spool::{self, Spool};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::size::parse_size;

/// What of the house is written into mails.
pub(crate) fn house(config: &Config) -> anyhow::Result<House> {
    Ok(House {
        public_url: config.settings(false)?.public_url,
        name: config.text("brand.name").to_owned(),
        from: config.from()?,
        host: config.public_host(),
        zone: jiff::tz::TimeZone::system(),
    })
}

/// The name we give ourselves (RFC 5321 section 4.1.3 for one without a name).
pub(crate) fn own_name(config: &Config) -> anyhow::Result<Host> {
    let host = config.public_host();
    let bare = host.trim_matches(['[', ']']);
    let name = match bare.parse() {
        Ok(std::net::IpAddr::V4(v4)) => format!("[{v4}]"),
        Ok(std::net::IpAddr::V6(v6)) => format!("[IPv6:{v6}]"),
        Err(_) => host,
    };
    Host::parse(&name).context("public_url names no host that mail servers know")
}

/// How mails leave.
pub(crate) fn sender(config: &Config, caught: Option<CaughtMail>) -> anyhow::Result<Arc<Sender>> {
    let sender = match caught {
        Some(mails) => Sender::caught(mails),
        None => Sender::smtp(Route::parse(config.text("smtp.url"), own_name(config)?)?)?,
    };
    Ok(Arc::new(sender))
}

/// What is protected.
pub(crate) fn rules(config: &Config) -> anyhow::Result<Rules> {
    let patterns = |name: &str| -> anyhow::Result<Vec<Pattern>> {
        let parse = |text: &str| {
            Pattern::parse(text)
                .with_context(|| format!("{name}: {text} is neither an address nor a domain"))
        };
        config.texts(name)?.into_iter().map(parse).collect()
    };
    Ok(Rules {
        tag: Tag::new(config.text("gateway.tag")),
        domains: patterns("gateway.domains")?,
        protect_to: patterns("gateway.protect_to")?,
        protect_from: patterns("gateway.protect_from")?,
        protect_above: protect_above(config)?,
    })
}

fn protect_above(config: &Config) -> anyhow::Result<Option<u64>> {
    let text = config.text("gateway.protect_above");
    if text.is_empty() {
        return Ok(None);
    }
    let size = parse_size(text).context("gateway.protect_above: write it as 5 MiB")?;
    Ok(Some(size))
}

fn trusted(config: &Config) -> anyhow::Result<Vec<Network>> {
    let networks = config.texts("gateway.trusted")?.into_iter();
    networks
        .map(|text| {
            text.parse()
                .with_context(|| format!("gateway.trusted: {text}"))
        })
        .collect()
}

/// The mail door's listener; none if it is off.
pub(crate) async fn listen(config: &Config, demo: bool) -> anyhow::Result<Option<TcpListener>> {
    let text = config.text("gateway.listen");
    if text.is_empty() {
        return Ok(None);
    }
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host(text)
        .await
        .with_context(|| {
            format!("gateway.listen = {text}: this is no address and port of this machine")
        })?
        .collect();
    if demo && addresses.iter().any(|address| !address.ip().is_loopback()) {
        bail!("--demo takes mail on 127.0.0.1 alone");
    }
    let bound = TcpListener::bind(addresses.as_slice()).await;
    bound.map(Some).with_context(|| {
        format!(
            "cannot listen for mail on {text}: another program has this port, or it is not yours"
        )
    })
}

/// Whether mail is taken there, for `/readyz`.
pub(crate) fn probe(listener: SocketAddr) -> Probe {
    Probe {
        name: "mail",
        ask: Box::new(move || Box::pin(greets(listener))),
    }
}

/// All that runs.
pub(crate) struct Running {
    door: Option<JoinHandle<()>>,
    queue: JoinHandle<()>,
    writer: JoinHandle<()>,
}

impl Running {
    /// Waits for the end, in the order in which one needs the other.
    pub(crate) async fn ended(self) -> anyhow::Result<()> {
        if let Some(door) = self.door {
            door.await.context("the mail door failed")?;
        }
        self.queue.await.context("the mail queue failed")?;
        self.writer
            .await
            .context("the writer of the mail queue failed")
    }
}

/// What the mail door is made of.
pub(crate) struct Parts<'a> {
    pub(crate) config: &'a Config,
    pub(crate) context: &'a Arc<Context>,
    pub(crate) sender: Arc<Sender>,
    pub(crate) listener: Option<TcpListener>,
    pub(crate) tls: Option<Arc<rustls::ServerConfig>>,
    pub(crate) stop: CancellationToken,
}

/// Processes that draw pages.
const DRAWERS: usize = 2;

/// Starts the mail door, if it is on, and the queue.
pub(crate) async fn start(parts: Parts<'_>) -> anyhow::Result<Running> {
    let program = std::env::current_exe().context("where this program lies is not known")?;
    let pool = Pool::new(Program::new(program), DRAWERS);
    let converter = Converter::new(parts.context.clone(), house(parts.config)?, pool);
    start_with(parts, Arc::new(converter)).await
}

async fn start_with<C: Convert>(parts: Parts<'_>, convert: Arc<C>) -> anyhow::Result<Running> {
    let Parts {
        config,
        context,
        sender,
        listener,
        tls,
        stop,
    } = parts;
    spool::tidy(context).await?;
    let house = house(config)?;
    let own = own_name(config)?;
    let tracer = Arc::new(Tracer::new(
        own.as_str().to_owned(),
        spool::trace_key(context)?,
    ));
    let (spool, writer) = Spool::new(context.clone());
    let writer = tokio::spawn(writer.run());
    let largest =
        parse_size(config.text("limits.mail")).context("limits.mail: write it as 50 MiB")?;
    let door = Door {
        ctx: context.clone(),
        spool: spool.clone(),
        rules: rules(config)?,
        tracer: tracer.clone(),
        convert: convert.clone(),
        settings: Settings::new(own.clone(), largest),
        host: own.as_str().to_owned(),
        notices: house.from.domain().to_owned(),
        trusted: trusted(config)?,
        tls: tls.as_deref().map(acceptor),
        zone: house.zone.clone(),
    };
    let door = listener.map(|listener| tokio::spawn(Arc::new(door).run(listener, stop.clone())));
    let queue = Queue {
        ctx: context.clone(),
        spool,
        sender,
        convert,
        tracer,
        house,
        stop,
    };
    Ok(Running {
        door,
        queue: tokio::spawn(queue.run()),
        writer,
    })
}
