//! `reply`.

use depesche_client::fetch::{Incoming, Received};
use depesche_client::keyring::Ring;
use depesche_client::own::Own;
use depesche_client::seal::key::ParcelId;
use depesche_client::seal::parcel::Level;
use depesche_client::send::{Order, Reply};

use super::desk::Desk;
use super::letter::{expiry, language, link_options, parcel_id};
use super::send;
use crate::cli;
use crate::exit::Failure;

pub(crate) async fn reply(desk: &Desk, args: cli::Reply) -> Result<(), Failure> {
    let id = parcel_id(&args.id)?;
    let message = send::message(args.message.clone(), args.message_file.as_deref())?;
    if args.files.is_empty() && message.is_empty() {
        return Err(send::nothing());
    }
    let (server, session) = desk.member()?;
    let own = desk.own(&server, session);
    let received = Received::look(own, id).await?;
    let level = received.delivery.summary.level;
    let mut ring = if level >= 3 {
        Some(desk.unlock(own).await?)
    } else {
        desk.unlock_if_given(own).await?
    };
    let answered = match &mut ring {
        Some(ring) if level >= 3 => with_key(desk, own, ring, &received, id).await?,
        _ => without(&received, id),
    };
    let subject = args
        .subject
        .clone()
        .unwrap_or_else(|| match answered.subject.as_str() {
            "" => String::new(),
            subject if subject.starts_with("Re: ") => subject.to_owned(),
            subject => format!("Re: {subject}"),
        });
    let order = Order {
        level,
        recipients: vec![answered.to],
        subject,
        message,
        expires: args.expires.as_deref().map(expiry).transpose()?,
        links: link_options(&args.links)?,
        mail: !args.links.no_mail,
        notify: args.notify,
        claim_code: None,
        reply: Some(answered.reply),
        language: language(&args.links.language)?,
        take_over: false,
    };
    send::run(desk, (&server, session), &args.files, order, ring).await
}

/// To whom, and what is answered.
struct Answered {
    to: String,
    subject: String,
    reply: Reply,
}

fn without(received: &Received<'_>, id: ParcelId) -> Answered {
    let summary = &received.delivery.summary;
    Answered {
        to: summary.sender.email.clone(),
        subject: summary.subject.clone(),
        reply: Reply {
            parcel: id,
            level: Level::from_number(summary.level).unwrap_or(Level::Link),
            key: None,
        },
    }
}

/// The key that signed what is answered is in the delivery itself: it is opened for that, and nothing is fetched.
async fn with_key(
    desk: &Desk,
    own: Own<'_>,
    ring: &mut Ring,
    received: &Received<'_>,
    id: ParcelId,
) -> Result<Answered, Failure> {
    let scratch = std::env::temp_dir();
    let incoming = Incoming::begin(own.profile, id.as_bytes(), &scratch, own.world)?;
    let opened = received.open(ring, &incoming, None).await;
    incoming.forget()?;
    let opened = opened?;
    if opened.letter.sender != "verified" && opened.letter.sender != "own" {
        desk.remark("the key that this reply goes to was never compared");
    }
    let level = Level::from_number(opened.letter.level).unwrap_or(Level::KeyedAll);
    Ok(Answered {
        to: opened.letter.sender_email,
        subject: opened.letter.subject,
        reply: Reply {
            parcel: id,
            level,
            key: opened.signed_by,
        },
    })
}
