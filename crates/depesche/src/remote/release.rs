//! `release`, and who waits.

use std::fmt::Write as _;

use depesche_client::release::{self, Outcome, Wanted};
use depesche_client::seal::words;
use serde_json::{Map, Value, json};

use super::desk::Desk;
use super::parcels::parcel_id;
use crate::cli::Release;
use crate::exit::Failure;
use crate::text;

pub(crate) async fn release(desk: &Desk, args: &Release) -> Result<(), Failure> {
    let wanted = Wanted {
        parcel: args.id.as_deref().map(parcel_id).transpose()?,
        to: args.to.clone(),
        words: args.words.clone(),
    };
    let (server, session) = desk.member()?;
    let own = desk.own(&server, session);
    let mut ring = desk.unlock(own).await?;
    let outcome = release::release(own, &mut ring, &wanted).await?;
    desk.say(&json(&outcome), &lines(&outcome));
    Ok(())
}

fn json(outcome: &Outcome) -> Value {
    let released: Vec<Value> = outcome
        .released
        .iter()
        .map(|one| {
            json!({
                "id": one.parcel,
                "email": one.email,
                "fingerprint": one.fingerprint,
                "words": one.words,
                "verified": one.verified,
            })
        })
        .collect();
    let refused: Vec<Value> = outcome
        .refused
        .iter()
        .map(|(id, email, why)| {
            json!({"id": id, "email": email, "code": why.code, "detail": why.detail})
        })
        .collect();
    json!({"released": released, "refused": refused})
}

fn lines(outcome: &Outcome) -> String {
    let mut out = String::new();
    for one in &outcome.released {
        let email = text::shown(&one.email);
        let _ = writeln!(out, "Released {} to {email}", one.parcel);
        let _ = match one.verified {
            "no" => writeln!(
                out,
                "    the key was not compared; its words: {}",
                one.words
            ),
            _ => writeln!(out, "    {}", one.words),
        };
    }
    for (id, email, why) in &outcome.refused {
        let (email, detail) = (text::shown(email), text::shown(&why.detail));
        let _ = writeln!(out, "Not released: {id} to {email}: {detail}");
    }
    out
}

/// Address and words of everybody who waits for the release of this delivery.
pub(crate) async fn words_of_waiting(
    server: &depesche_client::http::Server,
    parcel: &str,
) -> Result<Map<String, Value>, Failure> {
    let waiting = server.waiting().await?;
    let mut found = Map::new();
    for one in waiting.waiting.iter().filter(|one| one.parcel == parcel) {
        let person = waiting.people.iter().find(|p| p.email == one.email);
        let Some(person) = person.filter(|person| person.sealpass) else {
            continue;
        };
        if let Some(key) = depesche_client::people::stated_key(person)? {
            let (fingerprint, list) = (key.fingerprint(), key.word_list());
            let words = tokio::task::block_in_place(|| words::of_key(&fingerprint, list));
            let words = words.map_err(depesche_client::keyed::KeyedError::from)?;
            found.insert(one.email.clone(), json!(words.join(" ")));
        }
    }
    Ok(found)
}

/// `list --waiting`.
pub(crate) async fn list(desk: &Desk) -> Result<(), Failure> {
    let (server, _) = desk.member()?;
    let waiting = server.waiting().await?;
    let mut lines = String::new();
    let mut parcels = vec![];
    for one in &waiting.waiting {
        let parcel = waiting
            .parcels
            .iter()
            .find(|parcel| parcel.id == one.parcel);
        let (level, subject) = parcel.map_or((4, ""), |p| (p.level, p.subject.as_str()));
        let code = one.claim_code.as_ref();
        parcels.push(json!({
            "id": one.parcel,
            "level": level,
            "subject": subject,
            "email": one.email,
            "since": one.since,
            "state": "waits_release",
            "claim_code": code.map(|code| json!({"mode": code.mode, "registered": code.registered,
                "tries_left": code.tries_left})),
            "lost": one.lost,
        }));
        let email = text::shown(&one.email);
        let since = text::time(one.since);
        let subject = text::shown(subject);
        let _ = writeln!(
            lines,
            "{}  level {level}  {since}  {email}  {subject}",
            one.parcel
        );
    }
    if lines.is_empty() {
        lines.push_str("Nobody waits for your release.");
    }
    desk.say(&json!({"parcels": parcels}), &lines);
    Ok(())
}
