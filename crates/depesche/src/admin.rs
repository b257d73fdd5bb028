//! `depesche admin`: runs on the server's machine against its data, beside a running server too.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use depesche_service::domain::{Address, Role};
use depesche_service::protected::passwords;
use depesche_service::random::Random;
use depesche_service::{Clock, Context, Error, accounts, invitations, journal, resets};
use serde_json::json;

use crate::admin_queue::{self, Queue};
use crate::config::Config;
use crate::exit::print_either as print;
use crate::secret;

/// People, queue, journal.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  DEPESCHE_PASSWORD='four words and a comma' depesche admin user add anna@example.org --admin"
)]
pub(crate) struct AdminArgs {
    /// Configuration file
    #[arg(long, global = true, value_name = "FILE", env = "DEPESCHE_CONFIG")]
    config: Option<PathBuf>,
    /// Folder with database, blobs and secrets
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// People with an account
    User {
        #[command(subcommand)]
        what: User,
    },
    /// Mails that wait in the gateway
    Queue {
        #[command(subcommand)]
        what: Queue,
    },
    /// The append-only chain of facts
    Journal {
        #[command(subcommand)]
        what: Journal,
    },
}

#[derive(Debug, Subcommand)]
enum User {
    /// Make an account; the login password comes from DEPESCHE_PASSWORD, --password-file or a prompt
    Add {
        /// Address of the person
        email: String,
        /// Name shown to recipients
        #[arg(long, default_value = "")]
        name: String,
        /// May administer
        #[arg(long)]
        admin: bool,
        /// Mail an invitation instead of setting a password
        #[arg(long)]
        invite: bool,
        /// Read the password from the first line of this file
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// All accounts
    List,
    /// End all sessions and take no login any more
    Disable {
        /// Address of the account
        email: String,
    },
    /// Take logins again
    Enable {
        /// Address of the account
        email: String,
    },
    /// Destroy a SealPass that is lost with its kit; without --confirm says what would be lost
    #[command(
        after_help = "A second administrator who confirms makes it happen at once; else it happens after 24 hours.\n\n\
        Example:\n  depesche admin user reset-sealpass ben@example.org --by anna@example.org --confirm ben@example.org"
    )]
    ResetSealpass {
        /// Address of the person
        email: String,
        /// Address of the administrator who asks
        #[arg(long, value_name = "EMAIL")]
        by: Option<String>,
        /// The address of the person again
        #[arg(long, value_name = "EMAIL")]
        confirm: Option<String>,
        /// Stop a reset that has not happened yet
        #[arg(long, conflicts_with = "confirm")]
        cancel: bool,
    },
    /// Take the password for protected mail away; a link to set another is mailed to the person
    #[command(after_help = "Example:\n  depesche admin user reset-pdf-password eva@example.org")]
    ResetPdfPassword {
        /// Address of the person; an account is not needed
        email: String,
    },
}

#[derive(Debug, Subcommand)]
enum Journal {
    /// Check every link of the chain
    Verify,
    /// Print every entry, one JSON object a line
    Export,
}

/// Opens what the server keeps, as the server does.
pub(crate) async fn open(config: &Config, demo: bool) -> anyhow::Result<Arc<Context>> {
    let settings = config.settings(demo)?;
    let context = Context::open(&config.places(), Clock::System, Random::System, settings).await;
    context.context("the server's data cannot be opened")
}

/// Runs the command; gives the exit code of interface.md.
pub(crate) fn run(args: &AdminArgs, json: bool) -> ExitCode {
    match try_run(args, json) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => crate::exit::refuse_here(&error, code_of(&error), json),
    }
}

fn code_of(error: &anyhow::Error) -> (u8, &'static str) {
    match error.downcast_ref::<Error>() {
        Some(error @ Error::NotFound) => (3, error.code()),
        Some(Error::Conflict) => (4, "address_taken"),
        Some(error @ Error::NotAllowed) => (4, error.code()),
        Some(error @ Error::Keyring(_)) => (3, error.code()),
        Some(error @ Error::Invalid(_)) => (2, error.code()),
        Some(error @ (Error::Unavailable(_) | Error::Full)) => (6, error.code()),
        Some(error) => (1, error.code()),
        None => (1, "failed"),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn try_run(args: &AdminArgs, json: bool) -> anyhow::Result<()> {
    let mut config = Config::load(args.config.as_deref(), std::env::vars())?;
    if let Some(folder) = &args.data {
        config.move_data(folder)?;
    }
    match &args.what {
        What::User { what } => user(&config, what, json).await,
        What::Queue { what } => admin_queue::run(&*open(&config, false).await?, what, json).await,
        What::Journal { what } => journal(&config, what, json).await,
    }
}

fn address(text: &str) -> anyhow::Result<Address> {
    text.parse().map_err(|_| {
        Error::Invalid("this is not a complete e-mail address, such as name@example.org").into()
    })
}

async fn user(config: &Config, what: &User, json: bool) -> anyhow::Result<()> {
    match what {
        User::Add {
            email,
            name,
            admin,
            invite,
            password_file,
        } => {
            let address = address(email)?;
            if *invite {
                return send_invitation(config, address, *admin, json).await;
            }
            let password = secret::new_password(
                "DEPESCHE_PASSWORD",
                password_file.as_deref(),
                "Login password",
            )?;
            let context = open(config, false).await?;
            let role = if *admin { Role::Admin } else { Role::Member };
            let added = accounts::add(&context, address, name, role, &password).await;
            let account = added.map_err(|error| match error {
                Error::Conflict => anyhow::Error::from(Error::Conflict)
                    .context("there is an account with this address already"),
                other => other.into(),
            })?;
            let shown = json!({"id": account.id.to_string(), "email": account.address.as_str(), "role": account.role.name()});
            print(
                json,
                &shown,
                &format!("{} can log in now.", account.address),
            );
        }
        User::List => list(config, json).await?,
        User::Disable { email } => set_disabled(config, email, true, json).await?,
        User::Enable { email } => set_disabled(config, email, false, json).await?,
        User::ResetSealpass {
            email,
            by,
            confirm,
            cancel,
        } => {
            let wish = Wish {
                by: by.as_deref(),
                confirm: confirm.as_deref(),
                cancel: *cancel,
            };
            reset(config, &address(email)?, &wish, json).await?;
        }
        User::ResetPdfPassword { email } => {
            reset_pdf_password(config, &address(email)?, json).await?;
        }
    }
    Ok(())
}

async fn list(config: &Config, json: bool) -> anyhow::Result<()> {
    let context = open(config, false).await?;
    for account in accounts::list(&context).await? {
        let shown = json!({
            "id": account.id.to_string(), "email": account.address.as_str(), "name": account.name,
            "role": account.role.name(), "created": account.created.ms(), "disabled": account.disabled.is_some(),
        });
        let note = if account.disabled.is_some() {
            "  (disabled)"
        } else {
            ""
        };
        print(
            json,
            &shown,
            &format!("{}  {}{note}", account.address, account.role.name()),
        );
    }
    Ok(())
}

/// The mail leaves with the running server's worker, or at its next start.
async fn send_invitation(
    config: &Config,
    address: Address,
    admin: bool,
    json: bool,
) -> anyhow::Result<()> {
    let context = open(config, false).await?;
    let role = if admin { Role::Admin } else { Role::Member };
    let invited = invitations::invite(&context, address.clone(), role).await;
    let expires = invited.map_err(|error| match error {
        Error::Conflict => anyhow::Error::from(Error::Conflict)
            .context("there is an account with this address already"),
        other => other.into(),
    })?;
    let shown = json!({"email": address.as_str(), "role": role.name(), "invited": true, "expires": expires.ms()});
    print(
        json,
        &shown,
        &format!("An invitation to {address} is on its way; it is good for 7 days."),
    );
    Ok(())
}

/// The mail leaves with the running server's worker, or at its next start.
async fn reset_pdf_password(config: &Config, of: &Address, json: bool) -> anyhow::Result<()> {
    let context = open(config, false).await?;
    passwords::reset(&context, of, None)
        .await
        .map_err(|error| match error {
            Error::NotFound => anyhow::Error::from(Error::NotFound)
                .context("nobody with this address has set a password for protected mail"),
            other => other.into(),
        })?;
    let text = format!("The password of {of} is gone; a link to set another is on its way.");
    print(json, &json!({"email": of.as_str()}), &text);
    Ok(())
}

/// What is wanted of a reset.
struct Wish<'a> {
    by: Option<&'a str>,
    confirm: Option<&'a str>,
    cancel: bool,
}

async fn reset(config: &Config, of: &Address, wish: &Wish<'_>, json: bool) -> anyhow::Result<()> {
    let context = open(config, false).await?;
    if wish.cancel {
        let account = accounts::by_address(&context, of).await?;
        resets::stop(&context, account.id).await?;
        let shown = json!({"email": of.as_str(), "state": "stopped"});
        print(
            json,
            &shown,
            &format!("The SealPass of {of} stays as it is."),
        );
        return Ok(());
    }
    let (count, pending) = resets::count(&context, of).await?;
    let lost = json!({"received": count.received, "sent": count.sent, "rooms": 0});
    let Some(confirm) = wish.confirm else {
        let due = pending.map(|pending| pending.due().ms());
        let shown = json!({"email": of.as_str(), "state": "asked", "lost": lost, "due": due});
        let said = format!(
            "Resetting deletes the old key. Closed for good: {} deliveries and 0 rooms of {of}; {} sent ones can be released \
             no further. Is the kit still there? Then nothing is lost. Go on with --by YOU --confirm {of}.",
            count.received, count.sent
        );
        print(json, &shown, &said);
        return Ok(());
    };
    if address(confirm)? != *of {
        return Err(Error::Invalid("--confirm names another address; nothing was done").into());
    }
    let by = wish.by.ok_or(Error::Invalid("say who asks with --by"))?;
    let (state, due, said) = match resets::ask(&context, of, &address(by)?).await? {
        resets::Outcome::Waits(due) => (
            "waits",
            Some(due.ms()),
            "asked for. A second administrator makes it happen at once, else it happens after 24 hours".to_owned(),
        ),
        resets::Outcome::Done => ("done", None, "done; everybody concerned is mailed".to_owned()),
    };
    let shown = json!({"email": of.as_str(), "state": state, "due": due, "lost": lost});
    print(json, &shown, &format!("The reset of {of} is {said}."));
    Ok(())
}

async fn set_disabled(
    config: &Config,
    email: &str,
    disabled: bool,
    json: bool,
) -> anyhow::Result<()> {
    let address = address(email)?;
    let context = open(config, false).await?;
    let account = accounts::set_disabled(&context, &address, disabled).await?;
    let shown = json!({"email": account.address.as_str(), "disabled": disabled});
    let said = if disabled {
        "is disabled; all sessions have ended"
    } else {
        "can log in again"
    };
    print(json, &shown, &format!("{} {said}.", account.address));
    Ok(())
}

async fn journal(config: &Config, what: &Journal, json: bool) -> anyhow::Result<()> {
    let context = open(config, false).await?;
    match what {
        Journal::Verify => {
            let verdict = journal::verify(&context).await?;
            let head: String = verdict
                .head
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let shown = json!({"ok": verdict.broken_at.is_none(), "entries": verdict.entries, "broken_at": verdict.broken_at, "head": head});
            if let Some(number) = verdict.broken_at {
                print(
                    json,
                    &shown,
                    &format!(
                        "The chain is broken at entry {number}; {} before it fit.",
                        verdict.entries
                    ),
                );
                anyhow::bail!(
                    "the journal was changed at entry {number}; compare it with an exported copy"
                );
            }
            print(
                json,
                &shown,
                &format!("{} entries, all linked. Head {head}", verdict.entries),
            );
        }
        Journal::Export => {
            let mut after = 0;
            loop {
                let batch = journal::export(&context, after, 1_000).await?;
                if batch.is_empty() {
                    return Ok(());
                }
                for entry in batch {
                    let fact: serde_json::Value = serde_json::from_str(&entry.fact)?;
                    let hash: String = entry
                        .hash
                        .iter()
                        .map(|byte| format!("{byte:02x}"))
                        .collect();
                    println!(
                        "{}",
                        json!({"number": entry.number, "at": entry.at.ms(), "fact": fact, "hash": hash})
                    );
                    after = entry.number;
                }
            }
        }
    }
    Ok(())
}
