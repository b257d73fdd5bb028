//! `depesche admin queue`: the mail gateway's queue.

use anyhow::Context as _;
use clap::Subcommand;
use depesche_service::domain::MailId;
use depesche_service::rows::Listed;
use depesche_service::{Context, Error, spool};
use serde_json::json;

use crate::exit::print_either as print;

#[derive(Debug, Subcommand)]
pub(crate) enum Queue {
    /// What waits, the oldest first
    List,
    /// Try now: one mail, one recipient of it, or everything
    Retry {
        /// As `list` shows it: MAIL or MAIL/POSITION
        #[arg(value_name = "MAIL[/POSITION]")]
        which: Option<String>,
    },
    /// Take out for good; the sender is told
    #[command(after_help = "Example:\n  depesche admin queue drop AAAAAAAAAAAAAAAAAAAAAA/0")]
    Drop {
        /// As `list` shows it: MAIL or MAIL/POSITION
        #[arg(value_name = "MAIL[/POSITION]")]
        which: String,
        /// Do not tell the sender
        #[arg(long)]
        quiet: bool,
    },
}

/// Rows of one page.
const PAGE: u32 = 500;

pub(crate) async fn run(context: &Context, what: &Queue, json: bool) -> anyhow::Result<()> {
    match what {
        Queue::List => list(context, json).await,
        Queue::Retry { which: None } => {
            let count = spool::retry_all(context).await?;
            let said = format!("{count} are tried now, by the running server.");
            print(json, &json!({"retried": count}), &said);
            Ok(())
        }
        Queue::Retry { which: Some(which) } => {
            let rows = named(context, which).await?;
            for (mail, position) in &rows {
                spool::retry(context, *mail, *position).await?;
            }
            let said = format!("{} are tried now, by the running server.", rows.len());
            print(json, &json!({"retried": rows.len()}), &said);
            Ok(())
        }
        Queue::Drop { which, quiet } => {
            let rows = named(context, which).await?;
            for (mail, position) in &rows {
                spool::drop_row(context, *mail, *position, !quiet).await?;
            }
            let said = format!("{} taken out of the queue.", rows.len());
            print(json, &json!({"dropped": rows.len()}), &said);
            Ok(())
        }
    }
}

/// All rows, page by page.
async fn each(context: &Context, mut one: impl FnMut(Listed)) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = spool::list(context, after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some((last.row.since, last.row.mail, last.row.position));
        page.into_iter().for_each(&mut one);
    }
}

async fn list(context: &Context, json: bool) -> anyhow::Result<()> {
    each(context, |listed| {
        let row = &listed.row;
        let shown = json!({
            "mail": row.mail.to_string(), "position": row.position, "kind": listed.kind.name(),
            "sender": listed.sender, "recipient": row.address, "size": listed.size,
            "received": row.since.ms(), "state": row.state.name(), "due": row.due.ms(),
            "attempts": row.attempts, "reply": row.reply, "treatment": row.treatment.name(),
        });
        let reply = row.reply.as_deref().unwrap_or_default();
        let sender = match listed.sender.as_str() {
            "" => "<>",
            sender => sender,
        };
        let said = format!(
            "{}/{}  {}  {sender} -> {}  {} bytes  tries: {}  {reply}",
            row.mail,
            row.position,
            row.state.name(),
            row.address,
            listed.size,
            row.attempts
        );
        print(json, &shown, said.trim_end());
    })
    .await
}

/// `MAIL/POSITION`, or all recipients of `MAIL`.
async fn named(context: &Context, which: &str) -> anyhow::Result<Vec<(MailId, u32)>> {
    let (mail, position) = match which.split_once('/') {
        Some((mail, position)) => {
            let position: u32 = position.parse().context("behind the / stands a number")?;
            (mail, Some(position))
        }
        None => (which, None),
    };
    let mail: MailId = mail
        .parse()
        .map_err(|_| Error::Invalid("a mail is named as `admin queue list` shows it"))?;
    if let Some(position) = position {
        return Ok(vec![(mail, position)]);
    }
    let mut found = Vec::new();
    each(context, |listed| {
        if listed.row.mail == mail {
            found.push((mail, listed.row.position));
        }
    })
    .await?;
    if found.is_empty() {
        return Err(Error::NotFound.into());
    }
    Ok(found)
}
