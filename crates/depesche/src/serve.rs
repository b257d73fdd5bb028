//! `depesche serve`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

/// The server: portal and worker.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  depesche serve --demo")]
pub(crate) struct ServeArgs {
    /// Configuration file
    #[arg(long, value_name = "FILE", env = "DEPESCHE_CONFIG")]
    config: Option<PathBuf>,
    /// Folder with database, blobs and secrets
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address and port to listen on
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// One loopback node; mail is caught and shown at /dev/mail
    #[arg(long)]
    demo: bool,
}

pub(crate) fn run(_: &ServeArgs, _: bool) -> ExitCode {
    ExitCode::FAILURE
}
