//! Depesche: server, worker and command line in one program. Here a command line is parsed and handed on.

mod admin;
mod cli;
mod config;
mod exit;
mod log;
mod remote;
mod secret;
mod serve;
mod text;

use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;
use zeroizing_alloc::ZeroAlloc;

use cli::{Cli, Command};

/// Wipes what is freed: libraries keep copies of keys that nobody else can reach. Below it an allocator
/// that gives memory back to the system when a flood of clients is over.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

fn main() -> ExitCode {
    let Cli { common, command } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(refused) => return exit::refuse_typed(&refused),
    };
    match command {
        Command::Serve(args) => serve::run(&args, common.json),
        Command::Admin(args) => admin::run(&args, common.json),
        remote => remote::run(remote, &common),
    }
}
