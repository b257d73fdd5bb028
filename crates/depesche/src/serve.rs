//! `depesche serve`: wires the doors, the service and the worker, and runs them until it is told to stop.

use std::hash::RandomState;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use depesche_gateway::Courier;
use depesche_http::app::App;
use depesche_http::front::Front;
use depesche_http::metrics::Metrics;
use depesche_http::net::limits::Limits;
use depesche_http::net::server::Server;
use depesche_http::net::tls::{self, Certificate};
use depesche_http::origin::Origin;
use depesche_http::state::{Probe, Web};
use depesche_service::demo::CaughtMail;
use depesche_service::domain::Role;
use depesche_service::worker::Worker;
use depesche_service::{Context, Error, accounts, first, handoffs, health};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::{admin, exit, log, mail};

/// Runs the server: portal and worker.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  depesche serve --demo\n  depesche serve --config /etc/depesche.toml"
)]
pub(crate) struct ServeArgs {
    /// Configuration file; without one the defaults run
    #[arg(long, value_name = "FILE", env = "DEPESCHE_CONFIG")]
    config: Option<PathBuf>,
    /// Keep database, blobs and secrets in this folder
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Listen on this address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Try it out on this machine: two accounts, mail is caught and shown at /dev/mail
    #[arg(long)]
    demo: bool,
    /// Show the configuration in force and end
    #[arg(long)]
    print_config: bool,
}

/// The accounts of `--demo`: known to everybody, and so taken on loopback alone.
const DEMO_ACCOUNTS: [(&str, &str, Role); 2] = [
    ("anna@example.test", "Dr. Anna Keller", Role::Admin),
    ("bruno@example.test", "Bruno Novák", Role::Member),
];
/// Their login password.
const DEMO_PASSWORD: &str = "depesche demo password";

/// Runs the server; returns when it has stopped.
pub(crate) fn run(args: &ServeArgs, json: bool) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let ended = runtime
        .context("no threads can be started")
        .and_then(|rt| rt.block_on(serve(args, json)));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => crate::exit::refuse_here(&error, (1, "not_started"), json),
    }
}

async fn serve(args: &ServeArgs, json: bool) -> anyhow::Result<()> {
    let mut config = Config::load(args.config.as_deref(), std::env::vars())?;
    if let Some(folder) = &args.data {
        config.move_data(folder)?;
    }
    if let Some(address) = &args.listen {
        config.listen_on(address);
    }
    if args.print_config {
        exit::print(config.print().trim_end());
        return Ok(());
    }
    log::start(json)?;
    handoffs::guard_process();
    let listener = bind(&config, args.demo).await?;
    let mail_listener = mail::listen(&config, args.demo).await?;
    let address = listener.local_addr()?;
    config.listen_on(&address.to_string());
    config.bound_to(address);
    let context = admin::open(&config, args.demo).await?;
    if args.demo {
        seed(&context).await?;
    }
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));

    let caught = args.demo.then(CaughtMail::default);
    let tls = tls(&config, stop.clone())?;
    let sender = mail::sender(&config, caught.clone())?;
    let gateway = mail_listener
        .as_ref()
        .map(TcpListener::local_addr)
        .transpose()?;
    let mailing = mail::start(mail::Parts {
        config: &config,
        context: &context,
        sender: sender.clone(),
        listener: mail_listener,
        tls: tls.clone(),
        stop: stop.clone(),
    })
    .await?;
    let worker = Worker::new(context.clone(), Courier::new(mail::house(&config)?, sender));
    let working = tokio::spawn(worker.run(stop.clone().cancelled_owned()));
    let ticking = handoffs::keep_time(context.clone(), stop.clone().cancelled_owned());
    tokio::spawn(ticking);
    let (server, app) = door(&config, &context, listener, caught, tls, gateway)?;
    let said = Said {
        demo: args.demo,
        first: first::open(&context).await?,
        gateway,
    };
    announce(&config, &context, &said, json);
    server.run(app, stop).await;
    mailing.ended().await?;
    working.await.context("the worker failed")?;
    context.store.sql.close().await;
    tracing::info!("stopped");
    Ok(())
}

async fn bind(config: &Config, demo: bool) -> anyhow::Result<TcpListener> {
    let text = config.text("listen");
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host(text)
        .await
        .with_context(|| format!("listen = {text}: this is no address and port of this machine"))?
        .collect();
    if demo && addresses.iter().any(|address| !address.ip().is_loopback()) {
        bail!(
            "--demo has accounts that everybody knows and listens on 127.0.0.1 alone; leave --demo out to serve others"
        );
    }
    let bound = TcpListener::bind(addresses.as_slice()).await;
    bound.with_context(|| {
        format!("cannot listen on {text}: another program has this port, or it is not yours; choose another with --listen 127.0.0.1:0")
    })
}

async fn seed(context: &Context) -> anyhow::Result<()> {
    for (address, name, role) in DEMO_ACCOUNTS {
        match accounts::add(context, address.parse()?, name, role, DEMO_PASSWORD).await {
            Ok(_) | Err(Error::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn database_probe(context: Arc<Context>) -> Probe {
    Probe {
        name: "database",
        ask: Box::new(move || {
            let context = context.clone();
            Box::pin(async move { health::is_ready(&context).await })
        }),
    }
}

fn door(
    config: &Config,
    context: &Arc<Context>,
    listener: TcpListener,
    caught: Option<CaughtMail>,
    tls: Option<Arc<rustls::ServerConfig>>,
    gateway: Option<SocketAddr>,
) -> anyhow::Result<(Server, App)> {
    let metrics = Metrics::default();
    let front = Front {
        origin: Origin::parse(&context.settings.public_url)?,
        behind_proxy: config.behind_proxy(),
        metrics: metrics.clone(),
        salt: RandomState::new(),
    };
    let mut probes = vec![database_probe(context.clone())];
    probes.extend(gateway.map(mail::probe));
    let waiting = context.clone();
    let token = config.text("metrics.token");
    let app = App::new(Web {
        front: Arc::new(front),
        service: context.clone(),
        mail: caught,
        metrics_token: (!token.is_empty()).then(|| token.to_owned()),
        probes,
        mails_waiting: Box::new(move || {
            let context = waiting.clone();
            Box::pin(async move { health::mails_waiting(&context).await.ok() })
        }),
    });
    let limits = Limits {
        connections: config.count("limits.connections")?,
        connections_per_client: config.count("limits.connections_per_client")?,
        ..Limits::default()
    };
    Ok((
        Server {
            listener,
            tls,
            limits,
            metrics,
        },
        app,
    ))
}

/// TLS from `tls.cert` and `tls.key`, followed when the files change.
fn tls(
    config: &Config,
    stop: CancellationToken,
) -> anyhow::Result<Option<Arc<rustls::ServerConfig>>> {
    let (cert, key) = (config.text("tls.cert"), config.text("tls.key"));
    if cert.is_empty() && key.is_empty() {
        return Ok(None);
    }
    let certificate = Arc::new(Certificate::load(cert.as_ref(), key.as_ref())?);
    let followed = certificate.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(Duration::from_secs(5));
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            // What it finds is in the log.
            let _ = followed.refresh();
        }
    });
    Ok(Some(tls::config(certificate)?))
}

async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        return;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: running requests are finished first");
    stop.cancel();
}

/// What is said when all is ready.
struct Said {
    demo: bool,
    first: Option<String>,
    gateway: Option<SocketAddr>,
}

fn announce(config: &Config, context: &Context, said: &Said, json: bool) {
    let Said {
        demo,
        first,
        gateway,
    } = said;
    let url = &context.settings.public_url;
    let listen = config.text("listen");
    if json {
        exit::say(
            &json!({"event": "listening", "url": url, "listen": listen, "gateway": gateway, "demo": demo, "first_code": first}),
        );
        return;
    }
    let mut text = format!("Depesche is ready: {url}");
    if *demo {
        text.push_str(&format!("\n\nCaught mail: {url}/dev/mail\nAccounts:"));
        for (address, ..) in DEMO_ACCOUNTS {
            text.push_str(&format!("\n  {address}  password: {DEMO_PASSWORD}"));
        }
        text.push_str(&format!(
            "\n\nIn another shell:\n  depesche login {} --server {url}\n  depesche send FILE --to you@example.test --level 1",
            DEMO_ACCOUNTS[0].0
        ));
    }
    if let Some(gateway) = gateway {
        text.push_str(&format!("\nMail is taken at {gateway}"));
    }
    if let Some(code) = first {
        text.push_str(&format!(
            "\n\nNobody has an account yet. Make the first one at {url}/first with this code: {code}"
        ));
    }
    exit::print(&text);
}
