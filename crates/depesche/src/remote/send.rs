//! `send`.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use depesche_client::meter::Meter;
use depesche_client::profile::Secret;
use depesche_client::send::{self, Order, Sent};
use depesche_client::walk::{Tree, walk};
use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::letter::{expiry, language, link_options};
use super::progress::Bar;
use crate::cli::Send;
use crate::exit::Failure;
use crate::text;

/// A little over the server's limit, so that too much is seen to be too much.
const MESSAGE_MOST: u64 = (1 << 20) + 1;

pub(crate) async fn send(desk: &Desk, args: Send) -> Result<(), Failure> {
    let (server, session) = desk.member()?;
    let mut order = Order {
        level: args.level.unwrap_or_default(),
        recipients: args.to,
        subject: args.subject,
        message: message(args.message, args.message_file.as_deref())?,
        expires: args.expires.as_deref().map(expiry).transpose()?,
        links: link_options(&args.links)?,
        mail: !args.links.no_mail,
        notify: args.notify,
        language: language(&args.links.language)?,
    };
    if args.files.is_empty() && order.message.is_empty() {
        let detail = "nothing to send: name files or folders, or give a --message";
        return Err(Failure::usage("nothing_to_send", detail));
    }
    let tree = walk(&args.files)?;
    let left_out = remark_left_out(desk, &tree);
    let info = server.info().await?;
    order.level = args.level.unwrap_or(info.levels.default);
    let meter = Arc::new(Meter::default());
    let bar = Bar::follow(&meter, "sending");
    let at = send::Desk {
        server: &server,
        info: &info,
        account: &session.account,
        profile: &desk.profile,
        world: desk.world,
    };
    let sent = send::send(at, tree, &order, &meter).await;
    drop(bar);
    let sent = sent?;
    desk.say(&json(&sent, &left_out), &lines(&sent, order.mail));
    Ok(())
}

fn message(given: String, file: Option<&Path>) -> Result<String, Failure> {
    let Some(path) = file else { return Ok(given) };
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin()
            .take(MESSAGE_MOST)
            .read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MESSAGE_MOST).read_to_string(&mut text))
    };
    read.map_err(|error| {
        let detail = format!("cannot read the message from {}: {error}", path.display());
        Failure::usage("message_file", detail)
    })?;
    Ok(text)
}

fn remark_left_out(desk: &Desk, tree: &Tree) -> Vec<String> {
    let mut paths = Vec::with_capacity(tree.left_out.len());
    for (path, reason) in &tree.left_out {
        desk.remark(&format!("{} is left out: {reason}", path.display()));
        paths.push(path.to_string_lossy().into_owned());
    }
    paths
}

fn json(sent: &Sent, left_out: &[String]) -> Value {
    let url = |(email, url): &(String, Secret)| (email.clone(), json!(url.expose()));
    let links: Map<String, Value> = sent.links.iter().map(url).collect();
    let recipients = sent.parcel.recipients.iter();
    let recipients: Vec<Value> = recipients
        .map(|recipient| json!({"email": recipient.email, "state": recipient.state}))
        .collect();
    json!({
        "id": sent.parcel.id,
        "level": sent.parcel.level,
        "links": links,
        "claim_codes": {},
        "recipients": recipients,
        "size": sent.size,
        "sealed_size": sent.parcel.size,
        "expires": sent.parcel.expires,
        "went_on": sent.went_on,
        "left_out": left_out,
    })
}

fn lines(sent: &Sent, mailed: bool) -> String {
    let mut out = format!(
        "Sent {} as {}, ready until {}.\n",
        text::size(sent.size),
        sent.parcel.id,
        text::time(sent.parcel.expires)
    );
    if mailed {
        out.push_str("Each recipient gets a mail with a link:\n");
    } else {
        out.push_str("Pass these links on yourself; the server does not know them:\n");
    }
    for (email, url) in &sent.links {
        let _ = writeln!(out, "  {}\n    {}", text::shown(email), url.expose());
    }
    out
}
