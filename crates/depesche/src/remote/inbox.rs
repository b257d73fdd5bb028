//! Deliveries received: fetched by their id, and listed.

use std::fmt::Write as _;

use depesche_client::api::InboxSummary;
use depesche_client::fault::Fault;
use depesche_client::fetch::{Claimed, Incoming, Opened, Received, Visit};
use depesche_client::keyring::Ring;
use depesche_client::own::Own;
use depesche_client::seal::key::ParcelId;
use serde_json::json;

use super::desk::Desk;
use super::fetched::{finish, leave};
use super::letter::parcel_id;
use crate::cli::{Fetch, List};
use crate::exit::Failure;
use crate::text;

const CODE: &str = "DEPESCHE_CLAIM_CODE";
/// Most deliveries of one answer.
const PAGE: u32 = 100;

/// `fetch ID`.
pub(crate) async fn fetch(desk: &Desk, args: &Fetch, id: ParcelId) -> Result<(), Failure> {
    let (server, session) = desk.member()?;
    let own = desk.own(&server, session);
    let mut received = Received::look(own, id).await?;
    refuse_closed(&received)?;
    let mut ring = desk.unlock(own).await?;
    let code = std::env::var(CODE)
        .ok()
        .filter(|code| !code.trim().is_empty());
    if !received.is_released() {
        claim(&mut received, &ring, code.as_deref()).await?;
    }
    let incoming = Incoming::begin(&desk.profile, id.as_bytes(), &args.out, desk.world)?;
    match received.open(&mut ring, &incoming, code.as_deref()).await {
        Ok(opened) => {
            remark(desk, &opened);
            finish(desk, opened.visit(), incoming).await
        }
        Err(error) => {
            let failure = Failure::from(error);
            leave(incoming, &failure)?;
            Err(failure)
        }
    }
}

/// What is over, or opens by a link alone, is said before the SealPass is asked for.
fn refuse_closed(received: &Received<'_>) -> Result<(), Failure> {
    let summary = &received.delivery.summary;
    if summary.lost.is_some() && !received.is_released() {
        return Err(gone(
            "lost",
            "the reset of your SealPass closed this delivery; ask the sender to provide it again",
        ));
    }
    match summary.state.as_str() {
        "expired" => Err(gone(
            "expired",
            "this delivery has expired; ask the sender to send it again",
        )),
        "withdrawn" => Err(gone("withdrawn", "the sender has withdrawn this delivery")),
        "dropped" => Err(gone(
            "dropped",
            "this delivery is not for you any more; ask its sender",
        )),
        _ if summary.level < 3 && !received.is_released() => Err(gone(
            "open_by_link",
            "this delivery opens by its link; use the one from the mail",
        )),
        _ => Ok(()),
    }
}

fn gone(code: &str, detail: &str) -> Failure {
    Failure::new(Fault::Gone, code, detail)
}

async fn claim(
    received: &mut Received<'_>,
    ring: &Ring,
    code: Option<&str>,
) -> Result<(), Failure> {
    let standing = received.delivery.claim_code.clone();
    let waits = |detail: &str| Err(gone("waits_release", detail));
    match (code, standing) {
        (Some(code), Some(standing))
            if standing.tries_left > 0 && (!standing.registered || standing.wrong) =>
        {
            match received.claim(ring, code).await? {
                Claimed::Opens => Ok(()),
                Claimed::Waits => waits(
                    "the claim code is on its way to the sender, whose device checks it; you get a mail when it is released",
                ),
            }
        }
        (_, Some(standing)) if standing.registered && !standing.wrong => waits(
            "the claim code was entered; the sender's device checks it, and you get a mail then",
        ),
        (_, Some(standing)) if standing.tries_left == 0 => waits(
            "the claim code is used up; read your six words to the sender, see: depesche whoami",
        ),
        (None, Some(_)) => waits(
            "the sender has to release this delivery first. Were you told a claim code? Set DEPESCHE_CLAIM_CODE",
        ),
        _ => waits(
            "the sender has to release this delivery first; you get a mail then. Your six words: depesche whoami",
        ),
    }
}

fn remark(desk: &Desk, opened: &Opened) {
    if opened.letter.sender == "not_verified" {
        desk.remark("sender not verified: this key was never compared");
    }
}

/// The delivery that a link without key part means, if it is one in the inbox.
pub(crate) async fn of_link(desk: &Desk, link: &str) -> Result<Option<ParcelId>, Failure> {
    let text: String = link.split_whitespace().collect();
    let page = text.trim_start_matches('<').trim_end_matches('>');
    let page = page.split(['#', '?']).next().unwrap_or_default();
    let Some((base, id)) = page.split_once("/d/") else {
        return Ok(None);
    };
    let Ok(id) = ParcelId::parse(id) else {
        return Ok(None);
    };
    let Some(session) = desk.session_at(base) else {
        return Ok(None);
    };
    let server = depesche_client::http::Server::new(&session.server)?;
    let server = server.with_session(session.token.expose());
    let own = desk.own(&server, session);
    match Received::look(own, id).await {
        Ok(_) => Ok(Some(id)),
        Err(error) if error.fault() == Fault::Gone => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Level 2, opened by its link: with a keyring the link is needed no more.
pub(crate) async fn keep_key(desk: &Desk, visit: &Visit) -> Result<(), Failure> {
    let Ok((server, session)) = desk.member() else {
        return Ok(());
    };
    let own: Own<'_> = desk.own(&server, session);
    let Some(ring) = desk.unlock_if_given(own).await? else {
        return Ok(());
    };
    let id = parcel_id(&visit.letter.parcel)?;
    let mut received = Received::look(own, id).await?;
    Ok(received.keep_key(&ring, visit).await?)
}

/// `list --received`.
pub(crate) async fn list(desk: &Desk, args: &List) -> Result<(), Failure> {
    let (server, _) = desk.member()?;
    let mut all: Vec<InboxSummary> = Vec::new();
    let mut after = args.after.clone();
    loop {
        let left = args.limit - u32::try_from(all.len()).unwrap_or(args.limit);
        let page = server.inbox(left.min(PAGE), after.as_deref()).await?;
        all.extend(page.deliveries);
        after = page.next;
        if after.is_none() || all.len() >= args.limit as usize {
            break;
        }
    }
    let mut lines = String::new();
    for one in &all {
        let mark = if one.unread { "*" } else { " " };
        let (posted, size) = (text::time(one.posted), text::size(one.size));
        let (sender, subject) = (text::shown(&one.sender.email), text::shown(&one.subject));
        let _ = writeln!(
            lines,
            "{mark} {}  {posted}  level {}  {}  {size}  {sender}  {subject}",
            one.id, one.level, one.state
        );
    }
    if lines.is_empty() {
        lines.push_str("Nothing received yet.");
    }
    desk.say(&json!({"parcels": all, "next": after}), &lines);
    Ok(())
}
