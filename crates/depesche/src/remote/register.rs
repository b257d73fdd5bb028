//! `register`.

use depesche_client::fault::Fault;
use depesche_client::fetch::Door;
use depesche_client::http::Server;
use depesche_client::login;
use depesche_client::seal::link_text::Link;
use serde_json::json;

use super::desk::Desk;
use super::letter::{ask_line, language};
use crate::cli::Register;
use crate::exit::Failure;
use crate::secret;

/// What a person was given.
enum Given {
    /// An invitation: where, and its token.
    Invitation(String, String),
    /// A delivery of level 2.
    Delivery(Box<Link>),
}

fn read(text: &str) -> Result<Given, Failure> {
    let text: String = text.split_whitespace().collect();
    let text = text.trim_start_matches('<').trim_end_matches('>');
    if let Some((base, token)) = text.split_once("/register/") {
        let token = token.split(['?', '#', '/']).next().unwrap_or_default();
        return Ok(Given::Invitation(base.to_owned(), token.to_owned()));
    }
    match Link::parse(text) {
        Ok(link) if link.secret.is_some() => Ok(Given::Delivery(Box::new(link))),
        _ => Err(Failure::usage(
            "not_an_invitation",
            "this is no invitation; copy the link from the mail whole, such as https://depesche.example.org/register/…",
        )),
    }
}

pub(crate) async fn register(desk: &Desk, args: &Register) -> Result<(), Failure> {
    match read(&args.link)? {
        Given::Invitation(base, token) => accept(desk, args, &base, &token).await,
        Given::Delivery(link) => ask(desk, args, *link).await,
    }
}

async fn accept(desk: &Desk, args: &Register, base: &str, token: &str) -> Result<(), Failure> {
    let server = Server::new(desk.named_server().unwrap_or(base))?;
    let file = args.password_file.as_deref();
    let password = secret::new_password("DEPESCHE_PASSWORD", file, "New login password")?;
    let email = login::register(&server, token, &args.name, &password, desk.world).await?;
    let session = login::login(&server, &email, &password, "command line", desk.world).await?;
    desk.profile.save_session(&session)?;
    let account = &session.account;
    desk.say(
        &json!({"email": account.email, "role": account.role, "sealpass": account.sealpass}),
        &format!(
            "You have an account: {}, and are logged in. For levels 3 and 4 set up your SealPass: depesche sealpass setup",
            account.email
        ),
    );
    Ok(())
}

async fn ask(desk: &Desk, args: &Register, link: Link) -> Result<(), Failure> {
    let language = language(&args.language)?;
    let email = args
        .email
        .clone()
        .or_else(|| ask_line("The address this was sent to"));
    let email = email.ok_or_else(|| {
        Failure::usage(
            "email_missing",
            "say whose account: --email you@example.org",
        )
    })?;
    let server = Server::new(desk.named_server().unwrap_or(&link.base))?;
    let key = link.secret.ok_or_else(|| {
        Failure::new(
            Fault::Unopenable,
            "link_cut",
            "the link was cut off; copy it whole",
        )
    })?;
    let door = Door::knock(&server, link.id, key).await?;
    door.invite(&email, language).await?;
    desk.say(
        &json!({"email": email}),
        "If this delivery was sent to that address, an invitation is on its way. Then: depesche register LINK",
    );
    Ok(())
}
