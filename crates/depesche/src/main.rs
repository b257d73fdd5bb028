//! Depesche: server, worker and command line in one program. Here a command line is parsed and handed on.

mod admin;
mod cli;
mod cli_handoff;
mod config;
mod exit;
mod log;
mod remote;
mod render_worker;
mod secret;
mod serve;
mod size;
mod text;

use std::alloc::System;
use std::process::ExitCode;

use clap::Parser as _;
use zeroizing_alloc::ZeroAlloc;

use cli::{Cli, Command};

/// Wipes what is freed: libraries keep copies of keys that nobody else can reach.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    let Cli { common, command } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(refused) => return exit::refuse_typed(&refused),
    };
    match command {
        Command::Serve(args) => serve::run(&args, common.json),
        Command::Admin(args) => admin::run(&args, common.json),
        Command::RenderWorker => render_worker::run(),
        remote => remote::run(remote, &common),
    }
}
