//! Commands that speak to a server, as its clients.

mod check;
mod desk;
mod fetch;
mod fetched;
mod files;
mod handoff;
mod import;
mod inbox;
mod letter;
mod parcels;
mod pdf_password;
mod progress;
mod qr;
mod register;
mod release;
mod reply;
mod sealpass;
mod send;
mod session;
mod settings;
mod thunderbird;

use std::process::ExitCode;

use crate::cli::{Command, Common, RecipientsWhat};
use crate::cli_handoff::{CheckWhat, SettingsWhat};
use crate::exit::{self, Failure};
use depesche_client::fault::Fault;
use desk::Desk;

/// Runs a command to its end, or to Ctrl-C.
pub(crate) fn run(command: Command, common: &Common) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 4)))
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(until_interrupted(command, common));
            // Work in the background is repeatable: nothing is waited for.
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(Failure::new(Fault::Other, "runtime", error)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => exit::refuse(&failure, common.json),
    }
}

async fn until_interrupted(command: Command, common: &Common) -> Result<(), Failure> {
    let goes_on = matches!(
        command,
        Command::Send(_) | Command::Reply(_) | Command::Fetch(_)
    );
    tokio::select! {
        result = dispatch(command, common) => result,
        Ok(()) = tokio::signal::ctrl_c() => {
            let hint = if goes_on { "stopped; the same command goes on" } else { "stopped" };
            Err(Failure::new(Fault::Other, "interrupted", hint))
        }
    }
}

async fn dispatch(command: Command, common: &Common) -> Result<(), Failure> {
    let desk = Desk::open(common)?;
    match command {
        Command::Login(args) => session::login(&desk, &args).await,
        Command::Logout(args) => session::logout(&desk, &args).await,
        Command::Register(args) => register::register(&desk, &args).await,
        Command::PdfPassword(args) => pdf_password::pdf_password(&desk, &args).await,
        Command::Sealpass(args) => sealpass::sealpass(&desk, &args.what).await,
        Command::Release(args) => release::release(&desk, &args).await,
        Command::Reply(args) => reply::reply(&desk, *args).await,
        Command::Whoami => session::whoami(&desk).await,
        Command::Send(args) => send::send(&desk, *args).await,
        Command::Fetch(args) => fetch::fetch(&desk, &args).await,
        Command::List(args) => parcels::list(&desk, &args).await,
        Command::Show(args) => parcels::show(&desk, &args.id).await,
        Command::Withdraw(args) => parcels::withdraw(&desk, &args.id).await,
        Command::Extend(args) => parcels::extend(&desk, &args).await,
        Command::Resend(args) => parcels::resend(&desk, &args).await,
        Command::Recipients(args) => match args.what {
            RecipientsWhat::Add {
                id,
                email,
                code,
                links,
            } => parcels::add_recipient(&desk, &id, &email, (&links, &code)).await,
            RecipientsWhat::Code { id, email, mode } => {
                parcels::new_code(&desk, &id, &email, &mode).await
            }
            RecipientsWhat::Drop { id, email } => parcels::drop_recipient(&desk, &id, &email).await,
        },
        Command::Handoff(args) => handoff::handoff(&desk, &args).await,
        Command::Import(args) => import::import(&desk, &args).await,
        Command::Settings(args) => match &args.what {
            SettingsWhat::Convert {
                input,
                output,
                target,
                secrets,
            } => settings::convert(&desk, (input.as_path(), output.as_path()), target, secrets),
        },
        Command::Check(args) => match &args.what {
            CheckWhat::Handoff { data } => check::handoff(&desk, data.as_deref()).await,
            // Done before: it asks no server.
            CheckWhat::Mail(_) => Ok(()),
        },
        Command::Serve(_) | Command::Admin(_) | Command::RenderWorker => Err(Failure::usage(
            "not_remote",
            "this command runs on the server's machine",
        )),
    }
}
