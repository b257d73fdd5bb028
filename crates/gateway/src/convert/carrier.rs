//! The mail around the PDF. Its subject and the file's name say nothing of what is inside.

use depesche_domain::Address;
use depesche_domain::effect::Language;
use depesche_domain::protected::HELD;
use depesche_page::sheet::{FileLink, Frame};
use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::text::Text;
use mail_builder::mime::MimePart;
use zeroize::Zeroizing;

use super::desk::{Desk, day, made};
use super::source::Source;
use crate::letter::{from_name, name_of};
use crate::words::pick;

/// What stands around the mail on the page.
pub(super) fn frame(
    desk: &Desk,
    language: Language,
    files: Vec<FileLink>,
    reply: Zeroizing<String>,
    token: &str,
) -> Frame {
    let (house, now) = (&desk.house, desk.ctx.now());
    let colour = desk.ctx.settings.brand.colour.strip_prefix('#');
    let colour = colour.and_then(|hex| {
        data_encoding::HEXLOWER_PERMISSIVE
            .decode(hex.as_bytes())
            .ok()
    });
    let host = house.public_url.split_once("://");
    Frame {
        language: language.code().into(),
        house: house.name.clone(),
        colour: colour.and_then(|rgb| rgb.try_into().ok()),
        host: host.map_or_else(|| house.host.clone(), |(_, host)| host.to_owned()),
        reply: Some((*reply).clone()),
        password: format!("{}/p", house.public_url),
        files_until: (!files.is_empty()).then(|| day(now + HELD)),
        files,
        made: made(now),
        ident: token.to_owned(),
    }
}

fn who(source: &Source) -> String {
    name_of(&source.sender.name, &source.sender.address)
}

fn subject(l: Language, who: &str) -> String {
    match l {
        Language::De => format!("Geschützte Nachricht von {who}"),
        Language::En => format!("Protected message from {who}"),
        Language::Cs => format!("Chráněná zpráva: {who}"),
    }
}

fn text(desk: &Desk, l: Language, who: &str) -> String {
    let url = format!("{}/p", desk.house.public_url);
    match l {
        Language::De => format!(
            "{who} hat Ihnen eine geschützte Nachricht geschickt. Sie steht im angehängten PDF und öffnet sich mit Ihrem Passwort für geschützte Post.\r\n\r\nPasswort vergessen oder ändern:\r\n{url}\r\n"
        ),
        Language::En => format!(
            "{who} has sent you a protected message. It is in the attached PDF and opens with your password for protected mail.\r\n\r\nForgot or change the password:\r\n{url}\r\n"
        ),
        Language::Cs => format!(
            "{who} vám posílá chráněnou zprávu. Je v přiloženém PDF a otevře se vaším heslem pro chráněnou poštu.\r\n\r\nZapomenuté heslo nebo změna hesla:\r\n{url}\r\n"
        ),
    }
}

/// The mail, whole.
pub(super) fn write(
    desk: &Desk,
    source: &Source,
    (to, l): (&Address, Language),
    token: &str,
    pdf: &[u8],
) -> Vec<u8> {
    let who = who(source);
    let name = pick(l, "Nachricht", "Message", "Zprava");
    let parts = vec![
        MimePart::new("text/plain", text(desk, l, &who)),
        MimePart::new("application/pdf", pdf).attachment(format!("{name}-{token}.pdf")),
    ];
    let subject = subject(l, &who);
    if source.came.is_some() {
        return of_reply(desk, source, (to, l), subject, parts);
    }
    // What says who wrote to whom stays as it came, so that threads hold and no name is changed by us.
    let mut mail = source.kept.clone();
    mail.extend_from_slice(b"Subject: ");
    write_text(&subject, &mut mail);
    mail.extend_from_slice(format!("Content-Language: {}\r\n", l.code()).as_bytes());
    mail.extend_from_slice(b"MIME-Version: 1.0\r\n");
    MimePart::new("multipart/mixed", parts).write_part(&mut mail);
    mail
}

/// A header's text with its line end.
fn write_text(text: &str, mail: &mut Vec<u8>) {
    use mail_builder::headers::Header;
    Text::new(text).write_header(mail, "Subject: ".len());
}

/// What came by the page is written by us, in the name of who wrote it.
fn of_reply(
    desk: &Desk,
    source: &Source,
    (to, l): (&Address, Language),
    subject: String,
    parts: Vec<MimePart<'_>>,
) -> Vec<u8> {
    let from = from_name(l, source.sender.address.as_str(), &desk.house.name);
    let mut before = source.thread.clone();
    let own = before.pop().unwrap_or_default();
    let mut mail = MessageBuilder::new()
        .message_id(own)
        .date(source.at.ms() / 1000)
        .from((from, desk.house.from.to_string()))
        .reply_to(source.sender.address.to_string())
        .to(to.to_string())
        .subject(subject)
        .header("Content-Language", HeaderType::Text(l.code().into()))
        .body(MimePart::new("multipart/mixed", parts));
    if let Some(last) = before.last().cloned() {
        mail = mail.in_reply_to(last).references(before);
    }
    mail.write_to_vec().unwrap_or_default()
}
