//! `handoff`: offers, shows the code, waits.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use depesche_client::api::HandoffState;
use depesche_client::fault::Fault;
use depesche_client::handoff::{self, Kept, Shown};
use depesche_client::http::Server;
use depesche_client::seal::handoff_content::{BUNDLE_TYPE, Content};
use depesche_client::seal::handoff_text::HandoffUrl;
use depesche_client::seal::name::Name;
use depesche_client::settings::bundle::weight::Part;
use depesche_client::settings::bundle::whole::{Bundle, SUFFIX};
use depesche_client::settings::convert::{self, Format, Input};
use serde_json::json;

use super::desk::Desk;
use super::letter::expiry;
use super::qr::Code;
use super::{settings, thunderbird};
use crate::cli_handoff::HandoffArgs;
use crate::exit::{self, Failure};
use crate::text;

const FOLDER: &str = "handoffs";

/// Runs it.
pub(crate) async fn handoff(desk: &Desk, args: &HandoffArgs) -> Result<(), Failure> {
    if let Some(id) = &args.cancel {
        return cancel(desk, id).await;
    }
    let (content, bundle) = content(desk, args)?;
    if args.r#as.is_some() {
        return show_codes(desk, bundle.as_ref(), &content);
    }
    let offered = offer(desk, args, &content).await;
    let (server, shown) = offered.map_err(|failure| too_large(failure, &content, args))?;
    let kept = keep(desk, &shown.kept)?;
    tell(desk, args, &shown, bundle.as_ref())?;
    if !args.wait {
        return Ok(());
    }
    let result = wait(&server, &shown, desk).await;
    forget(&kept);
    result
}

async fn offer(
    desk: &Desk,
    args: &HandoffArgs,
    content: &Content,
) -> Result<(Server, Shown), Failure> {
    if let Some(text) = &args.into {
        let url = HandoffUrl::parse(text).map_err(handoff::HandoffError::from)?;
        let server = Server::new(desk.named_server().unwrap_or(&url.base))?;
        let shown = handoff::fill(&server, url, content, desk.world).await?;
        return Ok((server, shown));
    }
    let server = match desk.session()? {
        Some(_) => desk.member()?.0,
        None => desk.server()?,
    };
    let seconds = match &args.ttl {
        None => None,
        Some(ttl) => Some(seconds(desk, ttl)?),
    };
    let info = server.info().await?;
    let base = info.public_url.trim_end_matches('/');
    let shown = handoff::offer(&server, base, content, seconds, desk.world).await?;
    Ok((server, shown))
}

/// A span in seconds, up to half an hour.
fn seconds(desk: &Desk, ttl: &str) -> Result<u32, Failure> {
    let now = desk.world.now();
    let span = expiry(ttl)?.at(now).saturating_sub(now) / 1000;
    let good = u32::try_from(span).ok().filter(|n| (1..=1800).contains(n));
    good.ok_or_else(|| Failure::usage("ttl", "a handoff waits at most half an hour: --ttl 10m"))
}

/// What is handed over: the settings of a program, or a file.
fn content(desk: &Desk, args: &HandoffArgs) -> Result<(Content, Option<Bundle>), Failure> {
    if args.from.is_some() {
        let profile = thunderbird::locate(args.what.as_deref())?;
        let mut bundle = thunderbird::read(&profile, &args.secrets, desk.world)?;
        leave_out(&mut bundle, &args.without);
        let content = Content {
            name: name(&format!("settings{SUFFIX}"))?,
            media_type: BUNDLE_TYPE.into(),
            bytes: bundle.to_json().into(),
        };
        return Ok((content, Some(bundle)));
    }
    let path = args.what.as_deref().ok_or_else(|| {
        Failure::usage(
            "nothing_to_hand_over",
            "what is to be handed over? name a file, or --from thunderbird",
        )
    })?;
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::usage("file_unreadable", format!("{}: {error}", path.display()))
    })?;
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let is_bundle = file.ends_with(SUFFIX);
    let media_type = if is_bundle {
        BUNDLE_TYPE
    } else {
        "application/octet-stream"
    };
    let mut content = Content {
        name: name(&file)?,
        media_type: media_type.into(),
        bytes: bytes.into(),
    };
    if !args.without.is_empty() {
        let opened = Bundle::parse(&content.bytes);
        let opened = opened.map_err(|error| Failure::usage("not_settings", error))?;
        let mut bundle = opened.bundle;
        leave_out(&mut bundle, &args.without);
        content.bytes = bundle.to_json().into();
    }
    Ok((content, None))
}

fn leave_out(bundle: &mut Bundle, without: &[String]) {
    let parts = without.iter().filter_map(|name| Part::parse(name));
    parts.for_each(|part| bundle.leave_out(part));
}

/// How many of the largest parts are named.
const NAMED: usize = 4;

/// What is too large says what takes the room, and what can be left out.
fn too_large(failure: Failure, content: &Content, args: &HandoffArgs) -> Failure {
    if failure.code() != "handoff_too_large" {
        return failure;
    }
    let weights = Bundle::parse(&content.bytes).map(|opened| opened.bundle.weights());
    let weights = weights.unwrap_or_default();
    let Some((largest, _)) = weights.first() else {
        return failure;
    };
    let named = weights.iter().take(NAMED);
    let named: Vec<String> = named
        .map(|(part, size)| format!("{} {}", part.name(), text::size(*size)))
        .collect();
    let again = args.without.iter().map(String::as_str);
    let options: Vec<String> = again
        .chain([largest.name()])
        .map(|name| format!("--without {name}"))
        .collect();
    let detail = format!(
        "these settings are too large for a handoff. Most room is taken by: {}. Leave something out, for example: {}",
        named.join(", "),
        options.join(" ")
    );
    Failure::new(failure.fault(), failure.code(), detail)
}

fn name(text: &str) -> Result<Name, Failure> {
    Name::parse(text).map_err(|error| Failure::usage(error.code(), error))
}

/// The codes that Thunderbird for Android reads.
fn show_codes(desk: &Desk, bundle: Option<&Bundle>, content: &Content) -> Result<(), Failure> {
    let read;
    let bundle = match bundle {
        Some(bundle) => bundle,
        None => {
            let file = Input::File {
                name: content.name.as_str(),
                bytes: &content.bytes,
            };
            let stamp = thunderbird::stamp(Path::new(content.name.as_str()), desk.world);
            read = convert::read(file, &stamp, None).map_err(|e| settings::failure(&e))?;
            &read
        }
    };
    let target = crate::cli_handoff::TargetArgs {
        to: None,
        sign_profile: None,
        html_signatures: false,
    };
    let written = convert::write(bundle, Format::MobileQr, &settings::wishes(&target));
    let written = written.map_err(|error| settings::failure(&error))?;
    let codes: Vec<String> = (written.files.iter())
        .map(|file| String::from_utf8_lossy(&file.bytes).into_owned())
        .collect();
    let mut lines = String::new();
    for (at, code) in codes.iter().enumerate() {
        let drawn = Code::of(code).map_err(|e| Failure::new(Fault::Other, "qr", e))?;
        let number = format!("Code {} of {}\n", at + 1, codes.len());
        lines.extend([number, drawn.terminal()]);
    }
    if codes.iter().any(|code| code.contains("password")) || !written.files.is_empty() {
        desk.remark(
            "whoever sees these codes reads what is in them; show them to your own phone only",
        );
    }
    lines.push_str(&settings::loss_lines(&written.losses));
    desk.say(
        &json!({"codes": codes, "losses": settings::losses(&written.losses)}),
        &lines,
    );
    Ok(())
}

fn keep(desk: &Desk, kept: &Kept) -> Result<PathBuf, Failure> {
    let path = desk.profile.place(FOLDER)?.join(kept.id.to_string());
    let written = super::files::write_private(&path, kept.to_text().as_bytes());
    written.map_err(|error| Failure::new(Fault::Other, "write_failed", error))?;
    Ok(path)
}

fn forget(path: &Path) {
    // It is of no use any more, wherever it lies.
    let _ = std::fs::remove_file(path);
}

/// `--cancel`.
async fn cancel(desk: &Desk, id: &str) -> Result<(), Failure> {
    let unknown = || {
        Failure::new(
            Fault::Gone,
            "handoff_unknown",
            "no handoff with this id was begun here",
        )
    };
    let id = depesche_client::seal::key::HandoffId::parse(id).map_err(|_| unknown())?;
    let path = desk.profile.place(FOLDER)?.join(id.to_string());
    let text = std::fs::read_to_string(&path).map_err(|_| unknown())?;
    let kept = Kept::parse(&text).ok_or_else(unknown)?;
    kept.cancel(&desk.server()?).await?;
    forget(&path);
    let line = "Taken back: nothing of it is on the server any more.";
    desk.say(&json!({"id": id.to_string(), "state": "cancelled"}), line);
    Ok(())
}

/// The code, the words and what they stand for.
fn tell(
    desk: &Desk,
    args: &HandoffArgs,
    shown: &Shown,
    bundle: Option<&Bundle>,
) -> Result<(), Failure> {
    let url = shown.url.to_text();
    let words = shown
        .typed
        .as_ref()
        .map(|typed| typed.as_str().replace('-', " "));
    let mut value = json!({
        "id": shown.handoff.id,
        "url": *url,
        "type_words": words,
        "expires_at": shown.handoff.expires,
        "size": shown.handoff.size,
    });
    if let Some(bundle) = bundle {
        let lost: Vec<_> = bundle.losses.iter().cloned().collect();
        value["categories"] = json!(settings::categories(bundle));
        value["losses"] = settings::losses(&lost);
    }
    if args.into.is_some() {
        desk.say(&value, "Handed over. The other device fetches it now.");
        return Ok(());
    }
    let code = Code::of(&url).map_err(|error| Failure::new(Fault::Other, "qr", error))?;
    if let Some(path) = &args.qr_file {
        code.write(path)?;
    }
    if desk.json && std::io::stderr().is_terminal() {
        eprint!("{}", code.terminal());
    }
    desk.say(&value, &lines(desk, &code, shown, words.as_deref(), bundle));
    Ok(())
}

fn lines(
    desk: &Desk,
    code: &Code,
    shown: &Shown,
    words: Option<&str>,
    bundle: Option<&Bundle>,
) -> String {
    let url = shown.url.to_text();
    let left = (shown.handoff.expires - desk.world.now()).max(0);
    let minutes = usize::try_from(left).unwrap_or(0).div_ceil(60_000);
    let mut out = format!(
        "{}\nScan with the new device, or open\n{}\n",
        code.terminal(),
        *url
    );
    if let Some(words) = words {
        let base = &shown.url.base;
        out.push_str(&format!(
            "\nNo camera? Type these words at {base}/h\n{words}\n"
        ));
    }
    out.push_str(&format!(
        "\nFor one device, for {}. Take it back: depesche handoff --cancel {}\n",
        text::count(minutes, "minute", "minutes"),
        shown.handoff.id
    ));
    if let Some(bundle) = bundle {
        let counts: Vec<String> = settings::categories(bundle)
            .iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        let lost: Vec<_> = bundle.losses.iter().cloned().collect();
        out.push_str(&format!(
            "\n{}\n{}",
            counts.join(", "),
            settings::loss_lines(&lost)
        ));
    }
    out
}

fn ended(state: &HandoffState) -> Option<Failure> {
    let (code, detail) = match state.state.as_str() {
        "lapsed" => (
            "handoff_lapsed",
            "a device began to fetch it and did not finish; start again",
        ),
        "expired" => (
            "handoff_expired",
            "time is up and all is deleted; start again",
        ),
        "cancelled" => ("handoff_cancelled", "it was taken back"),
        _ => return None,
    };
    Some(Failure::new(Fault::Gone, code, detail))
}

/// Follows what becomes of it, to its end.
async fn wait(server: &Server, shown: &Shown, desk: &Desk) -> Result<(), Failure> {
    let mut seen = None;
    loop {
        let state = shown.kept.state(server, seen).await?;
        if seen == Some(state.revision) {
            continue;
        }
        seen = Some(state.revision);
        let words = shown.check_words(&state).unwrap_or_default();
        match state.state.as_str() {
            "leased" => {
                let line = format!("A device fetches it. Both show: {words}");
                follow(
                    desk,
                    &json!({"event": "leased", "check_words": words}),
                    &line,
                );
            }
            "committed" => {
                let line = format!("Taken. Both devices show: {words}");
                follow(
                    desk,
                    &json!({"event": "taken", "check_words": words}),
                    &line,
                );
                return Ok(());
            }
            _ => {
                if let Some(failure) = ended(&state) {
                    return Err(failure);
                }
            }
        }
    }
}

fn follow(desk: &Desk, value: &serde_json::Value, line: &str) {
    if desk.json {
        exit::say(value);
    } else {
        exit::print(line);
    }
}

/// The reverse: shows a code and waits until another device has put something in; gives the code to take it by.
pub(crate) async fn ask(desk: &Desk) -> Result<(Server, HandoffUrl), Failure> {
    let server = desk.server()?;
    let info = server.info().await?;
    let shown = handoff::ask(
        &server,
        info.public_url.trim_end_matches('/'),
        None,
        desk.world,
    )
    .await?;
    let url = shown.url.to_text();
    let code = Code::of(&url).map_err(|error| Failure::new(Fault::Other, "qr", error))?;
    let value = json!({"event": "asked", "url": *url, "expires_at": shown.handoff.expires});
    let line = format!(
        "{}\nScan with the device that has it, or there:\ndepesche handoff FILE --into '{}'",
        code.terminal(),
        *url
    );
    follow(desk, &value, &line);
    let mut seen = None;
    loop {
        let state = shown.kept.state(&server, seen).await?;
        seen = Some(state.revision);
        if state.state == "waiting" {
            return Ok((server, shown.url));
        }
        if let Some(failure) = ended(&state) {
            return Err(failure);
        }
    }
}
