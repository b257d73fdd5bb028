//! Tells a sender what became of his mail: for people in their language, for programs by RFC 3464.

use depesche_domain::effect::Language;
use depesche_domain::mail::{Envelope, GIVE_UP, Row};
use depesche_domain::{MailId, Time};
use depesche_smtp::envelope::{Orcpt, OrcptText};
use depesche_smtp::reply::{Enhanced, Reply};
use depesche_smtp::xtext::Xtext;
use jiff::tz::TimeZone;
use mail_builder::MessageBuilder;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;

use crate::courier::House;
use crate::header;
use crate::letter::line;
use crate::words::{moment, pick};

/// Bytes of the original header that go back.
const HEADERS: usize = 64 * 1024;

/// What became of the mail for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// The next mail server said no for good.
    Refused(Reply),
    /// It was tried long enough; what was said last.
    GaveUp(Option<String>),
    /// It was held too long.
    Expired,
    /// No protected form of it can be made.
    Unprotectable,
    /// An administrator ended it.
    Dropped,
    /// What was kept of it cannot be read any more.
    Lost,
    /// Not yet delivered; what was said last.
    Late(Option<String>),
    /// Handed on to a server that tells nothing of its fate.
    Relayed,
}

impl Why {
    /// The word of RFC 3464 section 2.3.3.
    pub(crate) const fn action(&self) -> &'static str {
        match self {
            Self::Late(_) => "delayed",
            Self::Relayed => "relayed",
            _ => "failed",
        }
    }

    fn status(&self) -> Enhanced {
        let code = |class, subject, detail| Enhanced {
            class,
            subject,
            detail,
        };
        match self {
            Self::Refused(reply) => match reply.enhanced() {
                Some(enhanced) if enhanced.class == 5 => enhanced,
                _ => code(5, 0, 0),
            },
            Self::GaveUp(_) | Self::Expired => code(5, 4, 7),
            Self::Unprotectable => code(5, 6, 0),
            Self::Dropped => code(5, 7, 0),
            Self::Lost => code(5, 3, 0),
            Self::Late(_) => code(4, 4, 7),
            Self::Relayed => code(2, 0, 0),
        }
    }

    fn diagnostic(&self) -> Option<String> {
        match self {
            Self::Refused(reply) => Some(reply.to_line()),
            Self::GaveUp(said) | Self::Late(said) => said.clone(),
            _ => None,
        }
    }

    fn words(&self, l: Language) -> String {
        let own = match self {
            Self::Refused(_) | Self::GaveUp(Some(_)) | Self::Late(Some(_)) | Self::Relayed => {
                return self
                    .diagnostic()
                    .map(|text| line(&text))
                    .unwrap_or_default();
            }
            Self::GaveUp(None) | Self::Late(None) => pick(
                l,
                "der nächste Mailserver antwortet nicht",
                "the next mail server does not answer",
                "další poštovní server neodpovídá",
            ),
            Self::Expired => pick(
                l,
                "die Frist ist abgelaufen, ohne dass ein Passwort gesetzt wurde",
                "the time is over and no password was set",
                "lhůta uplynula a heslo nebylo nastaveno",
            ),
            Self::Unprotectable => pick(
                l,
                "daraus ließ sich keine geschützte Nachricht machen",
                "no protected message could be made of it",
                "nebylo možné z ní vytvořit chráněnou zprávu",
            ),
            Self::Dropped => pick(
                l,
                "von der Verwaltung aus der Warteschlange genommen",
                "taken out of the queue by the administrator",
                "odebráno správcem z fronty",
            ),
            Self::Lost => pick(
                l,
                "bei einer Wiederherstellung des Servers verloren",
                "lost when the server was restored",
                "ztraceno při obnově serveru",
            ),
        };
        own.to_owned()
    }
}

/// What a report is made of.
pub(crate) struct Report<'a> {
    pub(crate) house: &'a House,
    pub(crate) language: Language,
    pub(crate) id: MailId,
    pub(crate) envelope: &'a Envelope,
    pub(crate) received: Time,
    pub(crate) now: Time,
    pub(crate) rows: &'a [(&'a Row, Why)],
    /// The beginning of the original text.
    pub(crate) original: &'a [u8],
}

/// A sender who is nobody is never told; one who does not want to be is not.
pub(crate) fn is_wanted(envelope: &Envelope, row: &Row, why: &Why) -> bool {
    if envelope.sender.is_empty() {
        return false;
    }
    let word = match why {
        Why::Late(_) => "DELAY",
        Why::Relayed => "SUCCESS",
        _ => "FAILURE",
    };
    match row.notify.as_deref() {
        Some(wishes) => wishes.split(',').any(|wish| wish == word),
        // Without a wish: failures and delays (RFC 3461 section 4.1).
        None => !matches!(why, Why::Relayed),
    }
}

fn rfc2822(at: Time, zone: &TimeZone) -> String {
    let at = jiff::Timestamp::from_millisecond(at.ms()).unwrap_or_default();
    jiff::fmt::rfc2822::to_string(&at.to_zoned(zone.clone())).unwrap_or_default()
}

impl Report<'_> {
    /// The mail.
    pub(crate) fn compose(&self) -> Vec<u8> {
        let (subject, text) = self.page();
        let parts = vec![
            MimePart::new("text/plain", text),
            MimePart::new("message/delivery-status", self.status().into_bytes())
                .transfer_encoding("7bit"),
            MimePart::new("text/rfc822-headers", self.headers()).transfer_encoding("8bit"),
        ];
        let kind = ContentType::new("multipart/report").attribute("report-type", "delivery-status");
        let name = match self.house.name.as_str() {
            "" => "Depesche".to_owned(),
            name => line(name),
        };
        let built = MessageBuilder::new()
            .message_id(format!("{}@{}", self.id, self.house.host))
            .date(self.now.ms() / 1000)
            .from((name.as_str(), self.house.from.as_str()))
            .to(self.envelope.sender.as_str())
            .subject(subject)
            .header("Auto-Submitted", Raw::new("auto-replied"))
            .body(MimePart::new(kind, parts))
            .write_to_vec();
        // Into memory nothing can fail.
        built.unwrap_or_default()
    }

    /// Subject, first words, last words.
    fn frame(&self) -> (&'static str, &'static str, String) {
        let l = self.language;
        match self.rows.first().map(|(_, why)| why) {
            Some(Why::Late(_)) => (
                pick(l, "Noch unterwegs", "Still on its way", "Stále na cestě"),
                pick(
                    l,
                    "Ihre Nachricht konnte noch nicht zugestellt werden:",
                    "Your message could not be delivered yet:",
                    "Vaši zprávu se zatím nepodařilo doručit:",
                ),
                self.until(),
            ),
            Some(Why::Relayed) => (
                pick(l, "Weitergegeben", "Handed on", "Předáno dál"),
                pick(
                    l,
                    "Ihre Nachricht wurde an einen Mailserver übergeben, der Zustellungen nicht bestätigt:",
                    "Your message was handed to a mail server that does not confirm deliveries:",
                    "Vaše zpráva byla předána poštovnímu serveru, který doručení nepotvrzuje:",
                ),
                String::new(),
            ),
            _ => (
                pick(l, "Nicht zugestellt", "Not delivered", "Nedoručeno"),
                pick(
                    l,
                    "Ihre Nachricht konnte nicht zugestellt werden:",
                    "Your message could not be delivered:",
                    "Vaši zprávu se nepodařilo doručit:",
                ),
                pick(
                    l,
                    "Es wird nicht weiter versucht.",
                    "It is not tried any more.",
                    "Další pokusy už nebudou.",
                )
                .to_owned(),
            ),
        }
    }

    fn until(&self) -> String {
        let l = self.language;
        let until = moment(l, (self.received + GIVE_UP).ms(), &self.house.zone);
        match l {
            Language::De => {
                format!("Sie brauchen nichts zu tun. Es wird bis {until} weiter versucht.")
            }
            Language::En => format!("You need not do anything. It is tried until {until}."),
            Language::Cs => format!("Nemusíte nic dělat. Pokusy budou pokračovat do {until}."),
        }
    }

    fn page(&self) -> (String, String) {
        let (subject, first, last) = self.frame();
        let mut text = format!("{first}\n");
        for (row, why) in self.rows {
            text += &format!("\n{}\n", row.address);
            let said = why.words(self.language);
            if !said.is_empty() {
                text += &format!("  {said}\n");
            }
        }
        if !last.is_empty() {
            text += &format!("\n{last}\n");
        }
        let whom = match self.rows {
            [(row, _)] => row.address.clone(),
            rows => rows.len().to_string(),
        };
        (format!("{subject}: {whom}"), text)
    }

    /// RFC 3464 section 2.
    fn status(&self) -> String {
        let mut out = format!("Reporting-MTA: dns; {}\r\n", self.house.host);
        if let Some(id) = self
            .envelope
            .envid
            .as_deref()
            .and_then(|id| Xtext::parse(id, 100).ok())
        {
            out += &format!("Original-Envelope-Id: {}\r\n", id.decoded());
        }
        out += &format!(
            "Arrival-Date: {}\r\n",
            rfc2822(self.received, &self.house.zone)
        );
        for (row, why) in self.rows {
            out += "\r\n";
            if let Some(orcpt) = row
                .orcpt
                .as_deref()
                .and_then(|text| Orcpt::parse(text).ok())
            {
                let text = match orcpt.text() {
                    OrcptText::Xtext(text) => text.decoded(),
                    OrcptText::Utf8(mailbox) => ascii(mailbox.as_str()),
                };
                out += &format!("Original-Recipient: {}; {text}\r\n", orcpt.kind());
            }
            let kind = if row.address.is_ascii() {
                "rfc822"
            } else {
                "utf-8"
            };
            out += &format!("Final-Recipient: {kind}; {}\r\n", ascii(&row.address));
            out += &format!("Action: {}\r\nStatus: {}\r\n", why.action(), why.status());
            if let Some(said) = why.diagnostic() {
                out += &format!("Diagnostic-Code: smtp; {}\r\n", ascii(&line(&said)));
            }
            if matches!(why, Why::Late(_)) {
                let until = rfc2822(self.received + GIVE_UP, &self.house.zone);
                out += &format!("Will-Retry-Until: {until}\r\n");
            }
        }
        out
    }

    fn headers(&self) -> Vec<u8> {
        let end = header::end(self.original, 0).unwrap_or(self.original.len());
        self.original[..end.min(HEADERS)].to_vec()
    }
}

/// Beyond ASCII as RFC 6533 section 3 writes it.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if (' '..='~').contains(&c) {
            out.push(c);
        } else {
            out += &format!("\\x{{{:X}}}", u32::from(c));
        }
    }
    out
}

#[cfg(test)]
mod tests;
