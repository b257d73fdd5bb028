//! `depesche check mail`: the way out, the way in, and what would become of a mail.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use depesche_gateway::inbound::listen::greets;
use depesche_gateway::rules::Foretold;
use depesche_service::domain::Address;
use serde_json::json;

use crate::config::Config;
use crate::{exit, mail};

/// Whether mail can leave and come in, and what would become of one; on the server's machine
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  depesche check mail --config /etc/depesche.toml --to k@partner.example"
)]
pub(crate) struct CheckMail {
    /// Configuration file
    #[arg(long, value_name = "FILE", env = "DEPESCHE_CONFIG")]
    config: Option<PathBuf>,
    /// Say what would become of a mail to this address
    #[arg(long, value_name = "EMAIL")]
    to: Option<String>,
}

struct Finding {
    what: &'static str,
    ok: bool,
    detail: String,
}

/// Runs the command.
pub(crate) fn run(args: &CheckMail, json: bool) -> ExitCode {
    match try_run(args) {
        Err(error) => exit::refuse_here(&error, (1, "failed"), json),
        Ok(findings) => tell(&findings, json),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn try_run(args: &CheckMail) -> anyhow::Result<Vec<Finding>> {
    let config = Config::load(args.config.as_deref(), std::env::vars())?;
    let mut findings = vec![way_out(&config).await?, way_in(&config).await];
    let rules = mail::rules(&config)?;
    if let Some(to) = &args.to {
        let to: Address = to.parse()?;
        let Foretold { usual, tagged } = rules.foretell(to.as_str());
        let words = |protects: bool| {
            if protects {
                "becomes a protected PDF; it is held until the recipient has a password"
            } else {
                "passes as it is"
            }
        };
        let tag = config.text("gateway.tag");
        let detail = format!(
            "an ordinary mail {}; with {tag} in front of its subject it {}",
            words(usual),
            words(tagged)
        );
        findings.push(Finding {
            what: "a mail to this address",
            ok: true,
            detail,
        });
    }
    Ok(findings)
}

async fn way_out(config: &Config) -> anyhow::Result<Finding> {
    let probed = mail::sender(config, None)?.probe().await;
    let (ok, detail) = match probed {
        Ok(found) => {
            let tls = if found.secured { "TLS" } else { "no TLS" };
            let dsn = if found.dsn {
                "confirms deliveries"
            } else {
                "does not confirm deliveries (DSN)"
            };
            (true, format!("{}: {tls}, {dsn}", found.place))
        }
        Err(why) => (false, format!("{why}; check smtp.url")),
    };
    Ok(Finding {
        what: "the next mail server takes mail",
        ok,
        detail,
    })
}

/// A listener that answers; off is no fault.
async fn way_in(config: &Config) -> Finding {
    let what = "the mail door is open";
    let place = config.text("gateway.listen");
    if place.is_empty() {
        let detail = "off: gateway.listen is not set".to_owned();
        return Finding {
            what,
            ok: true,
            detail,
        };
    }
    let patience = std::time::Duration::from_secs(5);
    let greeted = tokio::time::timeout(patience, greets(place)).await;
    let ok = greeted.is_ok_and(|greets| greets);
    let detail = if ok {
        place.to_owned()
    } else {
        format!("no mail server greets at {place}; is the server running?")
    };
    Finding { what, ok, detail }
}

fn tell(findings: &[Finding], json: bool) -> ExitCode {
    let ok = findings.iter().all(|finding| finding.ok);
    if json {
        let all: Vec<_> = findings
            .iter()
            .map(|one| json!({"what": one.what, "ok": one.ok, "detail": one.detail}))
            .collect();
        exit::say(&json!({"ok": ok, "findings": all}));
    } else {
        for one in findings {
            let mark = if one.ok { "ok " } else { "NO " };
            exit::print(&format!("{mark} {}  {}", one.what, one.detail));
        }
    }
    if ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
