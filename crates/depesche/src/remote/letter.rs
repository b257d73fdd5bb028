//! Small things that several commands ask for: a line, a language, a deadline, an id, how links are guarded.

use std::io::Write as _;

use depesche_client::api::Language;
use depesche_client::profile::Secret;
use depesche_client::seal::key::ParcelId;
use depesche_client::send::{Expiry, LinkOptions};
use jiff::civil::Date;

use crate::cli::LinkArgs;
use crate::exit::Failure;
use crate::secret;

/// A line from the person, if one is there.
pub(crate) fn ask_line(what: &str) -> Option<String> {
    if !secret::is_interactive() {
        return None;
    }
    eprint!("{what}: ");
    let _ = std::io::stderr().flush();
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).ok()?;
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

pub(crate) fn language(text: &str) -> Result<Language, Failure> {
    match text {
        "de" => Ok(Language::De),
        "en" => Ok(Language::En),
        "cs" => Ok(Language::Cs),
        _ => Err(Failure::usage(
            "language",
            "the language of a mail is de, en or cs",
        )),
    }
}

/// A span such as `30d`, or the end of a day such as `2026-12-24`, UTC.
pub(crate) fn expiry(text: &str) -> Result<Expiry, Failure> {
    let wrong = || {
        Failure::usage(
            "expires",
            "a deadline is a span such as 12h, 30d, 2w, or a date such as 2026-12-24",
        )
    };
    if let Ok(date) = text.trim().parse::<Date>() {
        let end = date
            .tomorrow()
            .and_then(|next| next.to_zoned(jiff::tz::TimeZone::UTC));
        let end = end.map_err(|_| wrong())?;
        return Ok(Expiry::At(end.timestamp().as_millisecond()));
    }
    let span: jiff::Span = text.trim().parse().map_err(|_| wrong())?;
    let relative = jiff::SpanRelativeTo::days_are_24_hours();
    let span = span.to_duration(relative).map_err(|_| wrong())?;
    let ms = i64::try_from(span.as_millis()).map_err(|_| wrong())?;
    if ms <= 0 {
        return Err(wrong());
    }
    Ok(Expiry::After(ms))
}

pub(crate) fn parcel_id(text: &str) -> Result<ParcelId, Failure> {
    ParcelId::parse(text.trim()).map_err(|_| {
        Failure::usage(
            "parcel_id",
            "an id has 22 characters, as `depesche list` shows them",
        )
    })
}

pub(crate) fn link_options(args: &LinkArgs) -> Result<LinkOptions, Failure> {
    let file = args.link_password_file.as_deref();
    let password = if args.link_password || file.is_some() {
        let secret = secret::new_password("DEPESCHE_LINK_PASSWORD", file, "Link password")?;
        if secret.is_empty() {
            return Err(Failure::usage(
                "password_empty",
                "the link password is empty",
            ));
        }
        Some(Secret::new(secret.to_string()))
    } else {
        None
    };
    Ok(LinkOptions {
        password,
        mailed_code: args.mailed_code,
        max_downloads: args.max_downloads,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_spans_or_dates() {
        for (text, expected) in [
            ("30d", Some(Expiry::After(30 * 86_400_000))),
            ("12h", Some(Expiry::After(12 * 3_600_000))),
            ("2w", Some(Expiry::After(14 * 86_400_000))),
            ("30 days", Some(Expiry::After(30 * 86_400_000))),
            ("90s", Some(Expiry::After(90_000))),
            ("2026-12-24", Some(Expiry::At(1_798_156_800_000))),
            ("", None),
            ("0d", None),
            ("-3d", None),
            ("soon", None),
            ("2026-13-01", None),
        ] {
            assert_eq!(expiry(text).ok(), expected, "{text}");
        }
    }
}
