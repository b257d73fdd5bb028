//! `import`: takes a handoff once, opens it, saves it.

use depesche_client::handoff::{self, HandoffError, Taken};
use depesche_client::http::Server;
use depesche_client::seal::handoff_content::{BUNDLE_TYPE, Content};
use depesche_client::seal::handoff_text::{Direction, HandoffUrl};
use depesche_client::settings::bundle::whole::Bundle;
use depesche_client::settings::convert::{self, Format};
use depesche_client::settings::loss::Loss;
use serde_json::{Value, json};

use super::desk::Desk;
use super::files::{self, Saved};
use super::settings;
use crate::cli_handoff::ImportArgs;
use crate::exit::Failure;
use crate::text;

/// What is said of what was saved.
struct Saving {
    saved: Vec<Saved>,
    categories: Value,
    losses: Vec<Loss>,
    passwords: Value,
}

/// Runs it.
pub(crate) async fn import(desk: &Desk, args: &ImportArgs) -> Result<(), Failure> {
    // Before anything is taken: a wrong word must not cost a handoff.
    let to = args
        .target
        .to
        .as_deref()
        .map(settings::format)
        .transpose()?;
    let (server, url) = resolve(desk, args).await?;
    let taken = handoff::take(&server, &url, desk.world).await?;
    let done = save(desk, args, &taken.content, to)?;
    taken.commit().await?;
    say(desk, &taken, &done);
    Ok(())
}

async fn resolve(desk: &Desk, args: &ImportArgs) -> Result<(Server, HandoffUrl), Failure> {
    if args.ask {
        return super::handoff::ask(desk).await;
    }
    if let Some(words) = &args.words {
        let server = desk.server()?;
        let url = handoff::find(&server, words).await?;
        return Ok((server, url));
    }
    let text = args.url.as_deref().ok_or_else(|| {
        Failure::usage(
            "handoff_missing",
            "which handoff? give the address that the other device shows, or --words",
        )
    })?;
    let url = HandoffUrl::parse(text).map_err(HandoffError::from)?;
    if url.direction == Direction::Fill {
        return Err(HandoffError::Direction(
            "this device asks for something; put it in with `depesche handoff FILE --into`",
        )
        .into());
    }
    let server = Server::new(desk.named_server().unwrap_or(&url.base))?;
    Ok((server, url))
}

fn save(
    desk: &Desk,
    args: &ImportArgs,
    content: &Content,
    to: Option<Format>,
) -> Result<Saving, Failure> {
    let plain = [(content.name.as_str(), content.bytes.as_slice())];
    if content.media_type != BUNDLE_TYPE {
        if to.is_some() {
            desk.remark("this is a file and no settings: it is saved as it is");
        }
        return Ok(Saving {
            saved: files::save(&args.out, plain, desk.world)?,
            categories: json!({}),
            losses: Vec::new(),
            passwords: json!([]),
        });
    }
    let bundle = match Bundle::parse(&content.bytes) {
        Ok(opened) => opened.bundle,
        Err(error) => {
            // A bundle of a future version is still the person's: it is saved as it is.
            desk.remark(&format!("{error}; it is saved as it is"));
            return Ok(Saving {
                saved: files::save(&args.out, plain, desk.world)?,
                categories: json!({}),
                losses: vec![Loss::whole("bundle", "newer-version")],
                passwords: json!([]),
            });
        }
    };
    let format = to.unwrap_or(Format::Bundle);
    let written = convert::write(&bundle, format, &settings::wishes(&args.target));
    let written = written.map_err(|error| settings::failure(&error))?;
    let all = written
        .files
        .iter()
        .map(|f| (f.name.as_str(), f.bytes.as_slice()));
    let mut losses: Vec<Loss> = bundle.losses.iter().cloned().collect();
    for loss in &written.losses {
        if !losses.contains(loss) {
            losses.push(loss.clone());
        }
    }
    Ok(Saving {
        saved: files::save(&args.out, all, desk.world)?,
        categories: json!(settings::categories(&bundle)),
        passwords: settings::passwords(&written),
        losses,
    })
}

fn say(desk: &Desk, taken: &Taken, done: &Saving) {
    let value = json!({
        "files": settings::saved(&done.saved),
        "categories": done.categories,
        "losses": settings::losses(&done.losses),
        "passwords": done.passwords,
        "check_words": taken.check_words,
    });
    let mut lines = format!("Both devices show: {}\n", taken.check_words);
    for file in &done.saved {
        let path = text::shown(&file.path.to_string_lossy());
        lines.push_str(&format!("{path}  {}\n", text::size(file.size as u64)));
    }
    for one in done.passwords.as_array().into_iter().flatten() {
        let shown = |member: &str| one[member].as_str().map(text::shown).unwrap_or_default();
        lines.push_str(&format!(
            "Password of {}: {}\n",
            shown("file"),
            shown("password")
        ));
    }
    lines.push_str(&settings::loss_lines(&done.losses));
    desk.say(&value, &lines);
}
