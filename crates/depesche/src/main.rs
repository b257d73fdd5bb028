//! Depesche: server, worker and command line in one program. Here a command line is parsed and handed on.

mod admin;
mod admin_queue;
mod check_mail;
mod cli;
mod cli_handoff;
mod config;
mod config_keys;
mod exit;
mod log;
mod mail;
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
use cli_handoff::{CheckArgs, CheckWhat};

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
        Command::Check(CheckArgs {
            what: CheckWhat::Mail(args),
        }) => check_mail::run(&args, common.json),
        Command::RenderWorker => render_worker::run(),
        remote => remote::run(remote, &common),
    }
}
