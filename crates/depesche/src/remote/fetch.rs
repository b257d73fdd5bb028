//! `fetch`.

use std::fmt::Write as _;
use std::sync::Arc;

use depesche_client::fault::Fault;
use depesche_client::fetch::{self, Door, FetchError, Fetched, Incoming, Letter, Options, Visit};
use depesche_client::http::Server;
use depesche_client::meter::Meter;
use depesche_client::seal::key::{LinkId, ParcelId};
use depesche_client::seal::link::LinkSecret;
use depesche_client::seal::link_text::{Link, LinkTextError, parse_code};
use serde_json::{Value, json};

use super::desk::Desk;
use super::letter::ask_line;
use super::progress::Bar;
use crate::cli::Fetch;
use crate::exit::Failure;
use crate::{secret, text};

/// So many characters make a code one that stands for the key part of a link.
const LONG_CODE: usize = 20;

pub(crate) async fn fetch(desk: &Desk, args: &Fetch) -> Result<(), Failure> {
    if let Some(id) = named(&args.link) {
        return super::inbox::fetch(desk, args, id).await;
    }
    let (link, key) = match resolve(args) {
        Err(failure) if failure.code() == "link_cut" => {
            // A link of level 3 or 4 has no key part: it is that of a delivery in the inbox.
            return match super::inbox::of_link(desk, &args.link).await? {
                Some(id) => super::inbox::fetch(desk, args, id).await,
                None => Err(failure),
            };
        }
        resolved => resolved?,
    };
    let server = Server::new(desk.named_server().unwrap_or(&link.base))?;
    let incoming = Incoming::begin(&desk.profile, link.id.as_bytes(), &args.out, desk.world)?;
    let (incoming, visit) = match enter(desk, args, &server, link.id, key, &incoming).await {
        Ok(visit) => (incoming, visit),
        Err(failure) => {
            leave(incoming, &failure)?;
            return Err(failure);
        }
    };
    if visit.letter.level == 2 {
        super::inbox::keep_key(desk, &visit).await?;
    }
    finish(desk, visit, incoming).await
}

/// An id rather than a link.
fn named(text: &str) -> Option<ParcelId> {
    ParcelId::parse(text.trim()).ok()
}

/// Fetches the files and says what is there.
pub(crate) async fn finish(desk: &Desk, visit: Visit, incoming: Incoming) -> Result<(), Failure> {
    let letter = visit.letter.clone();
    let meter = Arc::new(Meter::default());
    let bar = Bar::follow(&meter, "fetching");
    let options = Options { digests: desk.json };
    let fetched = fetch::download(visit, incoming, options, &meter).await;
    drop(bar);
    let fetched = fetched?;
    let json = json!({
        "id": letter.parcel,
        "level": letter.level,
        "subject": letter.subject,
        "message": letter.message,
        "sender": letter.sender_email,
        "sender_proof": letter.sender,
        "files": files(&fetched),
        "went_on": fetched.went_on,
    });
    desk.say(&json, &lines(&letter, &fetched));
    Ok(())
}

/// What was begun is kept if trying again can help.
pub(crate) fn leave(incoming: Incoming, failure: &Failure) -> Result<(), Failure> {
    match failure.fault() {
        Fault::Gone if !incoming.is_complete() => incoming.discard()?,
        Fault::Unavailable | Fault::Gone => {}
        _ if incoming.went_on() => {}
        _ => incoming.discard()?,
    }
    Ok(())
}

/// The link with its key part: from itself, from `--code`, or typed in.
fn resolve(args: &Fetch) -> Result<(Link, LinkSecret), Failure> {
    // Mail programs break long lines and put blanks in.
    let text: String = args.link.split_whitespace().collect();
    let text = text.trim_start_matches('<').trim_end_matches('>');
    let unopenable = |error: LinkTextError| Failure::new(Fault::Unopenable, error.code(), error);
    let (link, problem) = match Link::parse(text) {
        Ok(link) => (link, LinkTextError::Cut),
        Err(error @ (LinkTextError::Cut | LinkTextError::Mistyped)) => {
            let cut = text.split('#').next().unwrap_or_default();
            let cut = cut.split("%23").next().unwrap_or_default();
            (Link::parse(cut).map_err(unopenable)?, error)
        }
        Err(error @ LinkTextError::NotALink) => {
            return Err(Failure::usage(error.code(), error));
        }
        Err(error) => return Err(unopenable(error)),
    };
    if let Some(key) = link.secret.clone() {
        return Ok((link, key));
    }
    let typed = args.code.clone().filter(|code| is_long(code));
    let typed = typed.or_else(|| {
        eprintln!("{problem}.");
        ask_line("Code from the mail")
    });
    let typed = typed.ok_or_else(|| unopenable(problem))?;
    Ok((link, parse_code(&typed).map_err(unopenable)?))
}

fn is_long(code: &str) -> bool {
    code.chars().filter(|c| c.is_alphanumeric()).count() >= LONG_CODE
}

async fn enter(
    desk: &Desk,
    args: &Fetch,
    server: &Server,
    link: LinkId,
    key: LinkSecret,
    incoming: &Incoming,
) -> Result<Visit, Failure> {
    let mut door = Door::knock(server, link, key).await?;
    if door.wants_login() {
        match desk.session_at(server.base()) {
            Some(session) => door.log_in(session.token.expose()).await?,
            None => return Err(login_first()),
        }
    }
    if door.wants_password() {
        prove_password(&mut door, args).await?;
    }
    let email = match &args.email {
        Some(email) => email.clone(),
        None => match desk.session()? {
            Some(session) => session.account.email.clone(),
            None => {
                ask_line("Your e-mail address, as the sender will see it").ok_or_else(|| {
                    Failure::usage("email_missing", "say who fetches: --email you@example.org")
                })?
            }
        },
    };
    let code = args.code.as_deref().filter(|code| !is_long(code));
    match door.enter(&email, code, incoming).await {
        Err(error) if error.code() == "code_required" => {
            door.ask_code(&email, Default::default()).await?;
            let sent = "a code is mailed to you if this is the address of the recipient";
            let code = ask_line(&format!("{sent}\nCode from that mail")).ok_or_else(|| {
                Failure::usage("code_required", format!("{sent}; give it by --code"))
            })?;
            Ok(door.enter(&email, Some(&code), incoming).await?)
        }
        entered => Ok(entered?),
    }
}

async fn prove_password(door: &mut Door, args: &Fetch) -> Result<(), Failure> {
    let file = args.link_password_file.as_deref();
    let is_given = file.is_some() || std::env::var_os("DEPESCHE_LINK_PASSWORD").is_some();
    loop {
        let password = secret::password("DEPESCHE_LINK_PASSWORD", file, "Link password")?;
        match door.unlock(&password).await {
            Err(error) if !is_given && is_wrong_password(&error) => eprintln!("{error}"),
            unlocked => return Ok(unlocked?),
        }
    }
}

fn login_first() -> Failure {
    Failure::new(
        Fault::Refused,
        "not_logged_in",
        "this delivery asks for a login: depesche login E-MAIL. No account yet? depesche register LINK --email E-MAIL",
    )
}

fn is_wrong_password(error: &FetchError) -> bool {
    matches!(error.code(), "wrong_password" | "password_empty")
}

fn files(fetched: &Fetched) -> Value {
    let file = |file: &fetch::FetchedFile| {
        json!({
            "name": file.name,
            "size": file.size,
            "sha256": file.digest.map(|digest| hex(&digest)),
            "path": file.path.to_string_lossy(),
        })
    };
    fetched.files.iter().map(file).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// So many files are named; the rest is counted.
const NAMED: usize = 20;

fn lines(letter: &Letter, fetched: &Fetched) -> String {
    let mut out = format!("From {}", text::shown(&letter.sender_email));
    match letter.sender {
        "not_verified" => out.push_str(" (sender not verified)"),
        "stated" => out.push_str(" (sender stated)"),
        _ => {}
    }
    if !letter.subject.is_empty() {
        let _ = write!(out, ": {}", text::shown(&letter.subject));
    }
    out.push('\n');
    if !letter.message.is_empty() {
        let _ = writeln!(out, "\n{}\n", text::shown_lines(&letter.message));
    }
    for file in fetched.files.iter().take(NAMED) {
        let path = text::shown(&file.path.to_string_lossy());
        let _ = writeln!(out, "{path}  {}", text::size(file.size));
    }
    let more = fetched.files.len().saturating_sub(NAMED);
    if more > 0 {
        let _ = writeln!(out, "and {}", text::count(more, "more file", "more files"));
    }
    out
}
