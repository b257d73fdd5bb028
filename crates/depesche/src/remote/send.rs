//! `send`.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use depesche_client::api::Info;
use depesche_client::http::Server;
use depesche_client::keyed::CodeMode;
use depesche_client::keyring::Ring;
use depesche_client::meter::Meter;
use depesche_client::profile::{Secret, Session};
use depesche_client::send::{self, Order, Sent};
use depesche_client::walk::{Tree, walk};
use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::letter::{expiry, language, link_options};
use super::progress::Bar;
use crate::cli::{CodeArgs, LinkArgs, Send};
use crate::exit::Failure;
use crate::text;

/// A little over the server's limit, so that too much is seen to be too much.
const MESSAGE_MOST: u64 = (1 << 20) + 1;

pub(crate) async fn send(desk: &Desk, args: Send) -> Result<(), Failure> {
    let (server, session) = desk.member()?;
    let message = message(args.message, args.message_file.as_deref())?;
    if args.files.is_empty() && message.is_empty() {
        return Err(nothing());
    }
    let own = desk.own(&server, session);
    let level = match args.level {
        Some(level) => level,
        None => server.info().await?.levels.default,
    };
    let claim_code = claim_code(&args.code)?;
    guards_fit(level, &args.links, claim_code)?;
    let order = Order {
        level,
        recipients: args.to,
        subject: args.subject,
        message,
        expires: args.expires.as_deref().map(expiry).transpose()?,
        links: link_options(&args.links)?,
        mail: !args.links.no_mail,
        notify: args.notify,
        claim_code,
        reply: None,
        language: language(&args.links.language)?,
        take_over: args.take_over,
    };
    let offered = |info: &Info| (info.levels.lowest..=info.levels.highest).contains(&level);
    let ring = if (level >= 3 || args.take_over) && offered(&server.info().await?) {
        Some(desk.unlock(own).await?)
    } else {
        desk.unlock_if_given(own).await?
    };
    run(desk, (&server, session), &args.files, order, ring).await
}

pub(crate) fn nothing() -> Failure {
    let detail = "nothing to send: name files or folders, or give a --message";
    Failure::usage("nothing_to_send", detail)
}

/// Sends what lies under the paths, and says what became of it.
pub(crate) async fn run(
    desk: &Desk,
    (server, session): (&Server, &Session),
    files: &[PathBuf],
    order: Order,
    mut ring: Option<Ring>,
) -> Result<(), Failure> {
    let tree = walk(files)?;
    let left_out = remark_left_out(desk, &tree);
    let info = server.info().await?;
    let meter = Arc::new(Meter::default());
    let bar = Bar::follow(&meter, "sending");
    let at = send::Desk {
        server,
        info: &info,
        account: &session.account,
        profile: &desk.profile,
        world: desk.world,
    };
    let sent = send::send(at, tree, &order, ring.as_mut(), &meter).await;
    drop(bar);
    let sent = sent?;
    for email in &sent.changed {
        desk.remark(&format!(
            "{email} has another key than you know, and nothing says why: the delivery waits until you compare the words"
        ));
    }
    desk.say(&json(&sent, &left_out), &lines(&sent, order.mail));
    Ok(())
}

pub(crate) fn claim_code(args: &CodeArgs) -> Result<Option<CodeMode>, Failure> {
    let Some(word) = &args.claim_code else {
        return Ok(None);
    };
    let wrong = || Failure::usage("claim_code", "a claim code is confirm or instant");
    CodeMode::parse(word).map(Some).ok_or_else(wrong)
}

/// Links have guards that keys have not, and the other way round.
pub(crate) fn guards_fit(
    level: u8,
    links: &LinkArgs,
    code: Option<CodeMode>,
) -> Result<(), Failure> {
    let of_links = links.link_password || links.link_password_file.is_some() || links.mailed_code;
    if level >= 3 && of_links {
        return Err(Failure::usage(
            "guard_of_links",
            "levels 3 and 4 have no link; a link password or mailed code is for levels 1 and 2",
        ));
    }
    if level < 3 && code.is_some() {
        return Err(Failure::usage(
            "claim_code",
            "a claim code is for levels 3 and 4; levels 1 and 2 have a link, which --link-password guards",
        ));
    }
    Ok(())
}

pub(crate) fn message(given: String, file: Option<&Path>) -> Result<String, Failure> {
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
    let codes: Map<String, Value> = sent.codes.iter().map(url).collect();
    let recipients = sent.parcel.recipients.iter();
    let recipients: Vec<Value> = recipients
        .map(|recipient| json!({"email": recipient.email, "state": recipient.state}))
        .collect();
    json!({
        "id": sent.parcel.id,
        "level": sent.parcel.level,
        "links": links,
        "claim_codes": codes,
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
    if !sent.links.is_empty() {
        out.push_str(if mailed {
            "Each recipient gets a mail with a link:\n"
        } else {
            "Pass these links on yourself; the server does not know them:\n"
        });
    }
    for (email, url) in &sent.links {
        let _ = writeln!(out, "  {}\n    {}", text::shown(email), url.expose());
    }
    if sent.links.is_empty() {
        for recipient in &sent.parcel.recipients {
            let email = text::shown(&recipient.email);
            let _ = writeln!(out, "  {email}: {}", recipient.state);
        }
    }
    if !sent.codes.is_empty() {
        out.push_str("Tell these claim codes by phone or SMS, not by mail:\n");
    }
    for (email, words) in &sent.codes {
        let _ = writeln!(out, "  {}\n    {}", text::shown(email), words.expose());
    }
    out
}
