//! `list`, `show`, `withdraw`, `extend`, `resend`, `recipients`.

use std::fmt::Write as _;

use depesche_client::address;
use depesche_client::api::{Parcel, ParcelSummary};
use depesche_client::keyed::CodeMode;
use depesche_client::profile::Secret;
use depesche_client::{send, sent};
use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::letter::{expiry, language, link_options, parcel_id};
use super::release::words_of_waiting;
use super::send::{claim_code, guards_fit};
use crate::cli::{CodeArgs, Extend, LinkArgs, List, Resend};
use crate::exit::Failure;
use crate::text;

/// Most deliveries of one answer.
const PAGE: u32 = 100;

pub(crate) async fn list(desk: &Desk, args: &List) -> Result<(), Failure> {
    if args.received {
        return super::inbox::list(desk, args).await;
    }
    if args.waiting {
        return super::release::list(desk).await;
    }
    if args.drafts {
        return drafts(desk).await;
    }
    let (server, _) = desk.member()?;
    let mut parcels: Vec<ParcelSummary> = Vec::new();
    let mut after = args.after.clone();
    loop {
        let left = args.limit - u32::try_from(parcels.len()).unwrap_or(args.limit);
        let page = server.parcels(left.min(PAGE), after.as_deref()).await?;
        parcels.extend(page.parcels);
        after = page.next;
        if after.is_none() || parcels.len() >= args.limit as usize {
            break;
        }
    }
    let lines: String = parcels.iter().map(summary).collect();
    let lines = if lines.is_empty() {
        "Nothing sent yet.".to_owned()
    } else {
        lines
    };
    desk.say(&json!({"parcels": parcels, "next": after}), &lines);
    Ok(())
}

/// `list --drafts`.
async fn drafts(desk: &Desk) -> Result<(), Failure> {
    let (server, _) = desk.member()?;
    let drafts = server.drafts().await?.drafts;
    let mut lines = String::new();
    let mut parcels = Vec::with_capacity(drafts.len());
    for draft in &drafts {
        let (created, size) = (text::time(draft.created), text::size(draft.size));
        let elsewhere = if draft.going_on {
            "any device"
        } else {
            "the device that began it"
        };
        let _ = writeln!(
            lines,
            "{}  level {}  {created}  {size}  goes on at {elsewhere}",
            draft.id, draft.level
        );
        let mut one = serde_json::to_value(draft).unwrap_or_default();
        one["state"] = json!("draft");
        parcels.push(one);
    }
    if lines.is_empty() {
        lines.push_str("Nothing is half sent.");
    }
    desk.say(&json!({"parcels": parcels}), &lines);
    Ok(())
}

fn summary(parcel: &ParcelSummary) -> String {
    let state = parcel.reason.as_ref().unwrap_or(&parcel.state);
    let mut out = format!(
        "{}  {}  {state}  {}  {}\n",
        parcel.id,
        text::time(parcel.posted),
        text::size(parcel.size),
        text::shown(&parcel.subject),
    );
    for recipient in &parcel.recipients {
        let _ = writeln!(
            out,
            "    {}: {}",
            text::shown(&recipient.email),
            recipient.state
        );
    }
    out
}

pub(crate) async fn show(desk: &Desk, id: &str) -> Result<(), Failure> {
    let id = parcel_id(id)?;
    let (server, _) = desk.member()?;
    let name = id.to_string();
    let (parcel, info) = tokio::join!(server.parcel(&name), server.info());
    let links = sent::links(&desk.profile, &info?.public_url, &id)?;
    let parcel = parcel?;
    let waits = parcel.recipients.iter().any(|r| r.state == "waits_release");
    let words = if waits {
        words_of_waiting(&server, &name).await?
    } else {
        Map::new()
    };
    say(desk, &parcel, &links, words);
    Ok(())
}

/// A delivery with `links` and the words of waiting keys, as far as they are known here.
fn say(desk: &Desk, parcel: &Parcel, links: &[(String, Secret)], words: Map<String, Value>) {
    let url = |(email, url): &(String, Secret)| (email.clone(), json!(url.expose()));
    let mut json = serde_json::to_value(parcel).unwrap_or_default();
    let lines = lines(parcel, links, &words);
    json["links"] = Value::Object(links.iter().map(url).collect::<Map<_, _>>());
    json["words"] = Value::Object(words);
    desk.say(&json, &lines);
}

fn lines(parcel: &Parcel, links: &[(String, Secret)], words: &Map<String, Value>) -> String {
    let state = parcel.reason.as_ref().unwrap_or(&parcel.state);
    let mut out = format!(
        "{}  level {}  {state}  {}\nposted {}, until {}\n",
        parcel.id,
        parcel.level,
        text::size(parcel.size),
        text::time(parcel.posted),
        text::time(parcel.expires),
    );
    if !parcel.subject.is_empty() {
        let _ = writeln!(out, "subject: {}", text::shown(&parcel.subject));
    }
    for recipient in &parcel.recipients {
        let _ = writeln!(
            out,
            "  {}: {}",
            text::shown(&recipient.email),
            recipient.state
        );
        let is_his = |(email, _): &&(String, Secret)| address::same(email, &recipient.email);
        if let Some((_, url)) = links.iter().find(is_his) {
            let _ = writeln!(out, "    {}", url.expose());
        }
        if let Some(words) = words.get(&recipient.email).and_then(Value::as_str) {
            let _ = writeln!(
                out,
                "    waits for your release; the words of this key: {words}"
            );
        }
        for visit in &recipient.visits {
            let proof = if visit.proven { "proven" } else { "stated" };
            let stated = text::shown(&visit.stated);
            let when = text::time(visit.opened);
            let files = text::count(visit.receipts.len(), "file verified", "files verified");
            let _ = writeln!(
                out,
                "    {when}  {stated} ({proven})  {}  {files}",
                visit.state,
                proven = proof
            );
        }
    }
    out
}

/// `{id, state}` at least, as after every change.
fn changed(desk: &Desk, parcel: &Parcel, done: &str) {
    say_changed(desk, parcel, done, &[], &[]);
}

fn say_changed(
    desk: &Desk,
    parcel: &Parcel,
    done: &str,
    links: &[(String, Secret)],
    codes: &[(String, Secret)],
) {
    let mut json = json!({
        "id": parcel.id,
        "state": parcel.reason.as_ref().unwrap_or(&parcel.state),
        "expires": parcel.expires,
        "recipients": parcel.recipients.iter()
            .map(|r| json!({"email": r.email, "state": r.state})).collect::<Vec<_>>(),
    });
    let mut lines = done.to_owned();
    for (name, found) in [("links", links), ("claim_codes", codes)] {
        if found.is_empty() {
            continue;
        }
        let one = |(email, text): &(String, Secret)| (email.clone(), json!(text.expose()));
        json[name] = Value::Object(found.iter().map(one).collect());
        for (email, text) in found {
            let _ = write!(lines, "\n  {}\n    {}", text::shown(email), text.expose());
        }
    }
    desk.say(&json, &lines);
}

pub(crate) async fn withdraw(desk: &Desk, id: &str) -> Result<(), Failure> {
    let id = parcel_id(id)?;
    let (server, _) = desk.member()?;
    let parcel = sent::withdraw(&server, &desk.profile, &id).await?;
    changed(desk, &parcel, "Withdrawn: nobody can open it any more.");
    Ok(())
}

pub(crate) async fn extend(desk: &Desk, args: &Extend) -> Result<(), Failure> {
    let id = parcel_id(&args.id)?;
    let until = expiry(&args.expires)?.at(desk.world.now());
    let (server, _) = desk.member()?;
    let parcel = sent::extend(&server, &desk.profile, &id, until).await?;
    changed(
        desk,
        &parcel,
        &format!("Ready until {}.", text::time(parcel.expires)),
    );
    Ok(())
}

pub(crate) async fn resend(desk: &Desk, args: &Resend) -> Result<(), Failure> {
    let id = parcel_id(&args.id)?;
    let language = language(&args.language)?;
    let (server, session) = desk.member()?;
    let before = server.parcel(&id.to_string()).await?;
    let parcel = if before.level < 3 {
        sent::resend(&server, &desk.profile, &id, &args.to, language).await?
    } else {
        let own = desk.own(&server, session);
        let ring = if before.level == 3 {
            Some(desk.unlock(own).await?)
        } else {
            None
        };
        sent::resend_keyed(own, ring.as_ref(), &before, &args.to, language).await?
    };
    changed(desk, &parcel, "The mail goes out again.");
    Ok(())
}

pub(crate) async fn add_recipient(
    desk: &Desk,
    id: &str,
    email: &str,
    (args, code): (&LinkArgs, &CodeArgs),
) -> Result<(), Failure> {
    let id = parcel_id(id)?;
    let mail = if args.no_mail {
        None
    } else {
        Some(language(&args.language)?)
    };
    let code = claim_code(code)?;
    let (server, session) = desk.member()?;
    let info = server.info().await?;
    let at = send::Desk {
        server: &server,
        info: &info,
        account: &session.account,
        profile: &desk.profile,
        world: desk.world,
    };
    let level = server.parcel(&id.to_string()).await?.level;
    guards_fit(level, args, code)?;
    if level >= 3 {
        let own = at.own();
        let ring = desk.unlock(own).await?;
        let options = (args.max_downloads, code);
        let (parcel, code) = sent::add_keyed(own, &ring, &id, email, options, mail).await?;
        let codes: Vec<_> = code
            .map(|code| (email.to_owned(), code))
            .into_iter()
            .collect();
        say_changed(desk, &parcel, "Added.", &[], &codes);
        return Ok(());
    }
    let options = link_options(args)?;
    let (parcel, url) = sent::add_recipient(at, &id, email, &options, mail).await?;
    let links = [(email.to_owned(), url)];
    say_changed(desk, &parcel, "Added, with this link:", &links, &[]);
    Ok(())
}

pub(crate) async fn new_code(
    desk: &Desk,
    id: &str,
    email: &str,
    mode: &str,
) -> Result<(), Failure> {
    let id = parcel_id(id)?;
    let mode = CodeMode::parse(mode);
    let mode = mode.ok_or_else(|| Failure::usage("claim_code", "confirm or instant"))?;
    let (server, session) = desk.member()?;
    let before = server.parcel(&id.to_string()).await?;
    if before.level < 3 {
        return Err(Failure::usage(
            "claim_code",
            "a claim code is for levels 3 and 4; levels 1 and 2 have a link",
        ));
    }
    let own = desk.own(&server, session);
    let ring = desk.unlock(own).await?;
    let (parcel, words) = sent::new_code(own, &ring, &before, email, mode).await?;
    let done = "A new claim code; one from before has ended. Tell it by phone or SMS, not by mail:";
    say_changed(desk, &parcel, done, &[], &[(email.to_owned(), words)]);
    Ok(())
}

pub(crate) async fn drop_recipient(desk: &Desk, id: &str, email: &str) -> Result<(), Failure> {
    let id = parcel_id(id)?;
    let (server, _) = desk.member()?;
    let parcel = sent::drop_recipient(&server, &desk.profile, &id, email).await?;
    changed(desk, &parcel, "Dropped: that link opens nothing any more.");
    Ok(())
}
