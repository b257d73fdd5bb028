//! Paper and envelope of every mail: the head, paragraphs, the button; other people's words made harmless.

use depesche_domain::Address;
use depesche_domain::effect::Language;
use jiff::tz::TimeZone;

use crate::words::pick;

/// A mail, ready but for its envelope.
pub(crate) struct Page {
    /// Subject line.
    pub(crate) subject: String,
    /// Text part.
    pub(crate) text: String,
    /// HTML part.
    pub(crate) html: String,
    /// Shown before the house's address in From.
    pub(crate) from_name: String,
    /// Where an answer goes, if to a person.
    pub(crate) reply_to: Option<Address>,
}

/// What of the house is written into mails.
pub(crate) struct Letterhead<'a> {
    pub(crate) public_url: &'a str,
    pub(crate) name: &'a str,
    pub(crate) zone: &'a TimeZone,
}

/// Text for HTML: no markup, and no control or bidi characters that reorder a line.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// One line of somebody else's words: no line breaks, control or bidi characters.
pub(crate) fn line(text: &str) -> String {
    let bidi = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean: String = text
        .chars()
        .map(|c| {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
                ' '
            } else {
                c
            }
        })
        .filter(|c| !bidi(*c))
        .collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Several lines of somebody else's words.
pub(crate) fn lines(text: &str) -> String {
    text.lines()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
        .trim()
        .to_owned()
}

/// How a paragraph looks.
pub(crate) const P: &str = "margin:0 0 20px;font:16px/1.5 Arial,sans-serif;color:#11232b";
/// How small print looks.
pub(crate) const META: &str = "margin:0 0 16px;font:13px/1.5 Arial,sans-serif;color:#596b71";

/// The HTML part around its body.
pub(crate) fn document(language: Language, name: &str, body: &str) -> String {
    let lang = pick(language, "de", "en", "cs");
    let head = if name.is_empty() {
        "Depesche".to_owned()
    } else {
        escape(&line(name))
    };
    format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light\"><title>{head}</title></head>\
         <body style=\"margin:0;padding:0;background:#ffffff\"><table role=\"presentation\" width=\"100%\" \
         cellpadding=\"0\" cellspacing=\"0\"><tr><td align=\"center\" style=\"padding:32px 20px\">\
         <table role=\"presentation\" width=\"560\" cellpadding=\"0\" cellspacing=\"0\" style=\"width:100%;max-width:560px;text-align:left\">\
         <tr><td><p style=\"margin:0 0 28px;font:bold 16px/1.3 Arial,sans-serif;color:#11232b\">{head}</p>{body}</td></tr>\
         </table></td></tr></table></body></html>"
    )
}

/// The one button.
pub(crate) fn button(url: &str, words: &str) -> String {
    format!(
        "<p style=\"margin:0 0 28px\"><a href=\"{url}\" style=\"display:inline-block;padding:16px 30px;border-radius:6px;\
         background:#025263;color:#ffffff;font:bold 16px/1.3 Arial,sans-serif;text-decoration:none\">{words}</a></p>",
        url = escape(url)
    )
}

/// Who is shown as the sender of the mail.
pub(crate) fn from_name(language: Language, who: &str, house: &str) -> String {
    let house = line(house);
    if house.is_empty() {
        return who.to_owned();
    }
    format!("{who} {} {house}", pick(language, "über", "via", "přes"))
}

/// A mail of a few paragraphs, without a button.
pub(crate) fn short_page(
    head: &Letterhead<'_>,
    language: Language,
    subject: String,
    paragraphs: &[String],
) -> Page {
    let text = format!("{}\n", paragraphs.join("\n\n"));
    let body: String = paragraphs
        .iter()
        .map(|p| format!("<p style=\"{P}\">{}</p>", escape(p).replace('\n', "<br>")))
        .collect();
    let name = if head.name.is_empty() {
        "Depesche".to_owned()
    } else {
        line(head.name)
    };
    Page {
        subject,
        text,
        html: document(language, head.name, &body),
        from_name: name,
        reply_to: None,
    }
}

/// The name, or without one the address.
pub(crate) fn name_of(name: &str, address: &Address) -> String {
    let name = line(name);
    if name.is_empty() {
        address.to_string()
    } else {
        name
    }
}
