//! The log: one line an event on stderr, as JSON where a program reads it, as text on a terminal.

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;

/// Starts the log. `DEPESCHE_LOG` chooses how much (`warn`, `info`, `debug`, or per module).
pub(crate) fn start(json: bool) -> anyhow::Result<()> {
    let text = std::env::var("DEPESCHE_LOG").unwrap_or_else(|_| "info".into());
    let filter = EnvFilter::try_new(&text)
        .context("DEPESCHE_LOG: write it as info, or depesche_http=debug")?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = if json || !std::io::stderr().is_terminal() {
        builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .try_init()
    } else {
        builder.with_ansi(true).try_init()
    };
    started.map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))
}
