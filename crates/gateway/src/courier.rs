//! Carries the portal's own mails: writes them, and hands them to the one who sends.

use std::sync::Arc;

use depesche_domain::Address;
use depesche_domain::effect::Mail;
use depesche_service::courier::{Courier as Port, Failure};
use depesche_service::demo::CaughtMail;
use depesche_smtp::address::{Mailbox, ReversePath};
use depesche_smtp::client::fate::Fate;
use depesche_smtp::envelope::{Envelope, Recipient, Sender as From};
use jiff::tz::TimeZone;
use mail_builder::MessageBuilder;
use mail_builder::headers::raw::Raw;

use crate::letter::{Letterhead, Page};
use crate::notice::write;
use crate::outbound::sender::{Sender, Text};
use crate::verp;

/// What of the house is written into mails.
#[derive(Debug, Clone)]
pub struct House {
    /// Where links begin.
    pub public_url: String,
    /// Name of the organisation; may be empty.
    pub name: String,
    /// The address mails come from.
    pub from: Address,
    /// Host part of Message-IDs.
    pub host: String,
    /// For dates.
    pub zone: TimeZone,
}

/// Carries mails.
pub struct Courier {
    house: House,
    sender: Arc<Sender>,
}

impl Courier {
    /// By this sender.
    pub const fn new(house: House, sender: Arc<Sender>) -> Self {
        Self { house, sender }
    }

    /// Into RAM.
    pub fn caught(house: House, mails: CaughtMail) -> Self {
        Self::new(house, Arc::new(Sender::caught(mails)))
    }

    fn page(&self, mail: &Mail) -> Page {
        let head = Letterhead {
            public_url: &self.house.public_url,
            name: &self.house.name,
            zone: &self.house.zone,
        };
        write(&head, mail)
    }

    /// Names and addresses are written by a builder that lets none of them end a line.
    fn message(&self, id: &str, to: &Address, page: Page) -> std::io::Result<Vec<u8>> {
        let from = self.house.from.as_str();
        let mut builder = MessageBuilder::new()
            .message_id(format!("{id}@{}", self.house.host))
            .to(to.as_str())
            .subject(page.subject)
            // No out-of-office answers to this mail (RFC 3834 section 5).
            .header("Auto-Submitted", Raw::new("auto-generated"))
            .text_body(page.text)
            .html_body(page.html);
        builder = match page.from_name.as_str() {
            "" => builder.from(from),
            name => builder.from((name.to_owned(), from.to_owned())),
        };
        if let Some(reply_to) = &page.reply_to {
            builder = builder.reply_to(reply_to.as_str());
        }
        builder.write_to_vec()
    }

    /// Under an address that names this notice, so that one that comes back is known.
    fn envelope(&self, id: &str, to: &Address, size: usize) -> Option<Envelope> {
        let from = match depesche_seal::format::from_text::<16>(id) {
            Ok(id) => verp::write(&id, self.house.from.domain()),
            Err(_) => self.house.from.to_string(),
        };
        let mut sender = From::new(ReversePath::Mailbox(Mailbox::parse(&from).ok()?));
        sender.size = Some(size as u64);
        sender.smtputf8 = !to.as_str().is_ascii();
        let recipient = Recipient::new(Mailbox::parse(to.as_str()).ok()?);
        Some(Envelope {
            sender,
            recipients: vec![recipient],
        })
    }
}

impl Port for Courier {
    async fn carry(&self, id: &str, mail: &Mail) -> Result<(), Failure> {
        let to = mail.to();
        let message = self.message(id, to, self.page(mail));
        let message = message.map_err(|_| Failure::Permanent)?;
        let envelope = self.envelope(id, to, message.len());
        let envelope = envelope.ok_or(Failure::Permanent)?;
        let sent = self.sender.send(envelope, &mut Text::of(message)).await;
        let fate = sent.outcome.fates.first();
        match fate {
            Some(Fate::Taken(_)) => Ok(()),
            Some(fate) if !fate.is_transient() => Err(Failure::Permanent),
            fate => {
                // The text of the other side may hold an address: the code alone is logged.
                let status = fate.and_then(Fate::reply).map(|reply| reply.code().value());
                let error = sent.trouble.unwrap_or_default();
                tracing::warn!(
                    smtp.status = status,
                    error,
                    "the mail server did not take a mail"
                );
                Err(Failure::Transient)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use depesche_domain::effect::{Arrival, Language, Notice, NoticeFile};

    fn house() -> House {
        House {
            public_url: "https://portal.example".into(),
            name: "Kanzlei Keller & Novák".into(),
            from: "zustellung@portal.example".parse().unwrap(),
            host: "portal.example".into(),
            zone: TimeZone::UTC,
        }
    }

    fn delivery(subject: &str, name: &str) -> Mail {
        Mail::Delivery {
            to: "m.huber@beispiel.example".parse().unwrap(),
            sender_name: "Dr. Anna Keller".into(),
            sender: "a.keller@portal.example".parse().unwrap(),
            level: 1,
            arrival: Arrival::Link {
                link: "AAAAAAAAAAAAAAAAAAAAAA".into(),
                login: false,
            },
            expires: 1_798_027_200_000,
            notice: Notice {
                key: "1.aebagbafaydqqcikbmga2dqpcaireeyu".into(),
                subject: subject.into(),
                message: "Guten Tag\nanbei.".into(),
                files: vec![NoticeFile {
                    name: name.into(),
                    size: 2_400_000,
                }],
                file_count: 3,
                language: Language::De,
            },
        }
    }

    async fn caught(mail: &Mail) -> depesche_service::demo::Caught {
        let mails = CaughtMail::default();
        Courier::caught(house(), mails.clone())
            .carry("id", mail)
            .await
            .unwrap();
        mails.list().remove(0)
    }

    #[tokio::test]
    async fn the_first_url_of_the_text_is_the_button_and_stands_alone() {
        let mail = caught(&delivery("Ihre Unterlagen", "Kaufvertrag.pdf")).await;
        let url =
            "https://portal.example/d/AAAAAAAAAAAAAAAAAAAAAA#1.aebagbafaydqqcikbmga2dqpcaireeyu";
        let first = mail.text.lines().find(|line| line.contains("://")).unwrap();
        assert_eq!(first, url);
        assert!(mail.html.contains(&format!("href=\"{url}\"")));
        assert!(mail.text.contains("- Kaufvertrag.pdf (2,4 MB)"));
        assert!(mail.text.contains("und 2 Dateien mehr"));
        assert!(mail.text.contains("Mittwoch, 23. Dezember 2026"));
        assert_eq!(
            mail.subject,
            "Dr. Anna Keller hat Ihnen 3 Dateien geschickt"
        );
        assert!(mail.raw.contains("Message-ID: <id@portal.example>"));
        assert!(mail.raw.contains("Auto-Submitted: auto-generated"));
    }

    #[tokio::test]
    async fn what_others_wrote_is_never_markup_nor_a_header() {
        let mail = caught(&delivery(
            "Hi\r\nBcc: x@evil.example\r\n\r\n<script>",
            "<img src=x>\u{202e}fdp.exe",
        ))
        .await;
        let headers = mail.raw.split("\r\n\r\n").next().unwrap();
        assert!(!headers.contains("Bcc"));
        assert!(!mail.html.contains("<script>") && !mail.html.contains("<img"));
        assert!(!mail.text.contains('\u{202e}'));
    }

    /// What level 4 tells a mail: who wrote.
    fn sealed(arrival: Arrival, language: Language) -> Mail {
        Mail::Delivery {
            to: "m.huber@beispiel.example".parse().unwrap(),
            sender_name: "Dr. Anna Keller".into(),
            sender: "a.keller@portal.example".parse().unwrap(),
            level: 4,
            arrival,
            expires: 1_798_027_200_000,
            notice: Notice::silent(language),
        }
    }

    /// Mails about people and keys, in one language.
    fn about_people(language: Language) -> Vec<(&'static str, Mail)> {
        let to = || "m.huber@beispiel.example".parse().unwrap();
        let anna = || "a.keller@portal.example".parse().unwrap();
        let invitation = |sender| Mail::Invitation {
            to: to(),
            sender,
            token: "TOKEN".into(),
            expires: 1_798_027_200_000,
            language,
        };
        let released = |again| Mail::Released {
            to: to(),
            sender_name: "Dr. Anna Keller".into(),
            sender: anna(),
            parcel: "PARCEL".into(),
            subject: String::new(),
            again,
            expires: 1_798_027_200_000,
            language,
        };
        let reset = |to, due| Mail::Reset {
            to,
            person: anna(),
            name: "Dr. Anna Keller".into(),
            due,
            language,
        };
        let known = |ready| Arrival::Known {
            parcel: "PARCEL".into(),
            ready,
        };
        let new = Arrival::New {
            token: "TOKEN".into(),
        };
        vec![
            ("/register/TOKEN", invitation(None)),
            ("/register/TOKEN", invitation(Some((String::new(), anna())))),
            ("/register/TOKEN", sealed(new, language)),
            ("/d/PARCEL", sealed(known(true), language)),
            ("/d/PARCEL", sealed(known(false), language)),
            (
                "/sent",
                Mail::WaitsRelease {
                    to: to(),
                    recipient: anna(),
                    name: String::new(),
                    count: 2,
                    language,
                },
            ),
            ("/d/PARCEL", released(false)),
            ("/d/PARCEL", released(true)),
            ("/login", reset(to(), None)),
            ("/login", reset(anna(), None)),
            ("/login", reset(anna(), Some(1_798_027_200_000))),
        ]
    }

    #[tokio::test]
    async fn the_first_address_of_each_mail_leads_where_its_button_does() {
        for language in [Language::De, Language::En, Language::Cs] {
            for (path, mail) in about_people(language) {
                let mails = CaughtMail::default();
                let courier = Courier::caught(house(), mails.clone());
                courier.carry("id", &mail).await.unwrap();
                let caught = mails.list().remove(0);
                let url = format!("https://portal.example{path}");
                let first = caught.text.lines().find(|line| line.contains("https://"));
                assert_eq!(first, Some(url.as_str()), "{}", caught.text);
                assert!(caught.html.contains(&format!("href=\"{url}\"")));
                assert!(!caught.subject.is_empty());
            }
        }
    }
}
