//! Carries mails: by SMTP, or into RAM for `--demo`.

use depesche_domain::Address;
use depesche_domain::effect::Mail;
use depesche_service::courier::{Courier as Port, Failure};
use depesche_service::demo::{Caught, CaughtMail};
use jiff::tz::TimeZone;
use lettre::message::{Mailbox, Mailboxes, MultiPart, header};
use lettre::transport::smtp::client::TlsParameters;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::letter::{Letterhead, Page};
use crate::notice::write;

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

/// `smtp.url` cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("smtp.url: {0}; it looks like smtp://host:25 or smtps://user:password@host")]
pub struct OpenError(#[from] lettre::transport::smtp::Error);

enum Way {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Caught(CaughtMail),
}

/// Carries mails.
pub struct Courier {
    house: House,
    way: Way,
}

impl Courier {
    /// By SMTP: `smtp://host:port` (STARTTLS where the other side offers it), `smtps://`, both with
    /// `user:password@`.
    ///
    /// # Errors
    /// [`OpenError`] if the URL is none of these.
    pub fn smtp(house: House, url: &str) -> Result<Self, OpenError> {
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?;
        if let Some(host) = url
            .strip_prefix("smtp://")
            .filter(|rest| !rest.contains("tls="))
        {
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            let host = host.split([':', '/', '?']).next().unwrap_or_default();
            if !matches!(host, "localhost" | "127.0.0.1") {
                let tls = TlsParameters::new(host.to_owned())?;
                builder = builder.tls(lettre::transport::smtp::client::Tls::Opportunistic(tls));
            }
        }
        let timeout = Some(std::time::Duration::from_secs(60));
        Ok(Self {
            house,
            way: Way::Smtp(builder.timeout(timeout).build()),
        })
    }

    /// Into RAM.
    pub const fn caught(house: House, mails: CaughtMail) -> Self {
        Self {
            house,
            way: Way::Caught(mails),
        }
    }

    fn page(&self, mail: &Mail) -> Page {
        let head = Letterhead {
            public_url: &self.house.public_url,
            name: &self.house.name,
            zone: &self.house.zone,
        };
        write(&head, mail)
    }

    fn message(
        &self,
        id: &str,
        to: &Address,
        page: &Page,
    ) -> Result<Message, lettre::error::Error> {
        let parse = |name: &str, address: &Address| -> Result<Mailbox, lettre::error::Error> {
            let email = address
                .as_str()
                .parse()
                .map_err(|_| lettre::error::Error::NonAsciiChars)?;
            Ok(Mailbox::new(
                (!name.is_empty()).then(|| name.to_owned()),
                email,
            ))
        };
        let mut builder = Message::builder()
            .message_id(Some(format!("<{id}@{}>", self.house.host)))
            .from(parse(&page.from_name, &self.house.from)?)
            .mailbox(header::To::from(Mailboxes::from(parse("", to)?)))
            .subject(page.subject.clone())
            .header(AutoSubmitted);
        if let Some(reply_to) = &page.reply_to {
            builder = builder.reply_to(parse("", reply_to)?);
        }
        builder.multipart(MultiPart::alternative_plain_html(
            page.text.clone(),
            page.html.clone(),
        ))
    }
}

/// `Auto-Submitted: auto-generated` (RFC 3834 section 5): no out-of-office answers to this mail.
#[derive(Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

impl Port for Courier {
    async fn carry(&self, id: &str, mail: &Mail) -> Result<(), Failure> {
        let page = self.page(mail);
        let message = self
            .message(id, mail.to(), &page)
            .map_err(|_| Failure::Permanent)?;
        match &self.way {
            Way::Caught(mails) => {
                mails.catch(Caught {
                    id: format!("{id}@{}", self.house.host),
                    from: self.house.from.to_string(),
                    to: mail.to().to_string(),
                    raw: String::from_utf8_lossy(&message.formatted()).into_owned(),
                    subject: page.subject,
                    text: page.text,
                    html: page.html,
                });
                Ok(())
            }
            Way::Smtp(transport) => match transport.send(message).await {
                Ok(_) => Ok(()),
                Err(error) if error.is_permanent() => Err(Failure::Permanent),
                Err(error) => {
                    // The text of the other side may hold an address: the status alone is logged.
                    let status = error.status().map(u16::from);
                    tracing::warn!(smtp.status = status, "the mail server did not take a mail");
                    Err(Failure::Transient)
                }
            },
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

    async fn caught(mail: &Mail) -> Caught {
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
