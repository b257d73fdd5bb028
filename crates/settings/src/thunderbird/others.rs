//! Tags, calendars, and the preferences that are worth moving.

use serde_json::{Map, Value};

use super::logins::{self, Login};
use super::prefs::{self, Prefs};
use super::servers::origin;
use crate::bundle::content::{Calendar, Tag};
use crate::bundle::whole::Bundle;
use crate::extra::Extra;
use crate::loss::Loss;

/// What a person set on how mails are written, and what holds on any computer.
const PREFERENCES: &[&str] = &[
    "mail.default_send_format",
    "mailnews.reply_header_authorwrotesingle",
    "mailnews.reply_header_type",
    "msgcompose.font_face",
    "msgcompose.font_size",
    "spellchecker.dictionary",
];

/// Fills tags.
pub(crate) fn tags(prefs: &Prefs, bundle: &mut Bundle) {
    for key in prefs.keys("mailnews.tags.", ".tag") {
        let text = |name: &str| prefs.text(&format!("mailnews.tags.{key}.{name}"));
        let Some(name) = text("tag") else {
            continue;
        };
        let is_color = |color: &&str| {
            let digits = color.strip_prefix('#').unwrap_or_default();
            digits.len() == 6 && digits.bytes().all(|c| c.is_ascii_hexdigit())
        };
        bundle.tags.push(Tag {
            key: key.to_owned(),
            name: name.to_owned(),
            color: text("color").filter(is_color).map(str::to_owned),
            order: text("ordinal").map(str::to_owned),
            extra: Extra::default(),
        });
    }
}

/// Fills calendars: those on a server. What lies in a local one is data, not settings.
pub(crate) fn calendars(
    prefs: &Prefs,
    logins: Option<&[Login]>,
    bundle: &mut Bundle,
    losses: &mut Vec<Loss>,
) {
    for uuid in prefs.keys("calendar.registry.", ".type") {
        let text = |name: &str| prefs.text(&format!("calendar.registry.{uuid}.{name}"));
        let name = text("name").unwrap_or(uuid).to_owned();
        if text("type") != Some("caldav") {
            losses.push(Loss::of("calendars", name, "local-data"));
            continue;
        }
        let (url, username) = (text("uri"), text("username"));
        let origin = url.and_then(origin);
        let password = logins.zip(origin).zip(username);
        bundle.calendars.push(Calendar {
            id: format!("cal-{}", bundle.calendars.iter().count() + 1),
            name,
            kind: "caldav".to_owned(),
            url: url.map(str::to_owned),
            username: username.map(str::to_owned),
            password: password
                .and_then(|((logins, origin), name)| logins::password(logins, &origin, name)),
            color: text("color").map(str::to_owned),
            ..Calendar::default()
        });
    }
}

/// Fills preferences.
pub(crate) fn preferences(prefs: &Prefs, bundle: &mut Bundle) {
    let found = PREFERENCES.iter().filter_map(|name| {
        let value = match prefs.get(name)? {
            prefs::Value::Text(text) => Value::from(text.as_str()),
            prefs::Value::Number(number) => Value::from(*number),
            prefs::Value::Flag(flag) => Value::from(*flag),
        };
        Some(((*name).to_owned(), value))
    });
    let found: Map<String, Value> = found.collect();
    if !found.is_empty() {
        bundle
            .preferences
            .0
            .insert("thunderbird".to_owned(), Value::Object(found));
    }
}

/// Puts preferences back that came from Thunderbird, and only those.
pub(crate) fn restore(bundle: &Bundle, prefs: &mut Prefs) {
    let own = bundle
        .preferences
        .0
        .get("thunderbird")
        .and_then(Value::as_object);
    for name in PREFERENCES {
        let value = own.and_then(|own| own.get(*name));
        let value = value.and_then(|value| match value {
            Value::String(text) => Some(prefs::Value::Text(text.clone())),
            Value::Number(number) => number.as_i64().map(prefs::Value::Number),
            Value::Bool(flag) => Some(prefs::Value::Flag(*flag)),
            _ => None,
        });
        if let Some(value) = value {
            prefs.set(*name, value);
        }
    }
}
