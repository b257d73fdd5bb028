//! What mails look like: one button, every file name a link, a text part with the URL on a line of
//! its own. Nothing remote is loaded.

use depesche_domain::effect::{Arrival, Language, Mail, Notice};
use depesche_seal::link_text;

use crate::letter::{
    Letterhead, META, P, Page, button, document, escape, from_name, line, lines, name_of,
    short_page,
};
use crate::words::{day, files, moment, pick, size};
use crate::{arrival, people, told};

fn file_rows(language: Language, url: &str, notice: &Notice) -> String {
    let mut rows = String::new();
    for file in &notice.files {
        rows.push_str(&format!(
            "<tr><td style=\"padding:11px 0;border-top:1px solid #d4dde0;font:16px/1.5 Arial,sans-serif\">\
             <a href=\"{url}\" style=\"color:#025263\">{name}</a></td>\
             <td align=\"right\" style=\"padding:11px 0 11px 16px;border-top:1px solid #d4dde0;white-space:nowrap;\
             font:16px/1.5 Arial,sans-serif;color:#596b71\">{size}</td></tr>",
            url = escape(url),
            name = escape(&line(&file.name)),
            size = size(language, file.size),
        ));
    }
    if rows.is_empty() {
        return rows;
    }
    format!(
        "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"margin:0 0 16px;\
         border-bottom:1px solid #d4dde0\">{rows}</table>"
    )
}

fn more(language: Language, notice: &Notice) -> Option<String> {
    let more = notice.file_count.saturating_sub(notice.files.len() as u64);
    (more > 0).then(|| match language {
        Language::De => format!("und {} mehr", files(language, more)),
        Language::En => format!("and {} more", files(language, more)),
        Language::Cs => format!("a další: {}", files(language, more)),
    })
}

struct Delivery<'a> {
    level: u8,
    arrival: &'a Arrival,
    who: String,
    sender: &'a depesche_domain::Address,
    url: String,
    until: String,
    code: Option<String>,
    notice: &'a Notice,
}

/// The sentences of a delivery's mail, in the reader's language.
struct Sentences {
    subject: String,
    hello: &'static str,
    intro: String,
    open: &'static str,
    ready: String,
    asks: &'static str,
    unsure: &'static str,
    because: String,
}

impl Delivery<'_> {
    fn subject(&self) -> String {
        let (l, who, count) = (self.notice.language, &self.who, self.notice.file_count);
        match l {
            // At level 4 nobody but the recipient knows what it is.
            Language::De if self.level == 4 => format!("{who} hat Ihnen etwas geschickt"),
            Language::En if self.level == 4 => format!("{who} has sent you something"),
            Language::Cs if self.level == 4 => format!("{who} vám něco posílá"),
            Language::De if count == 0 => format!("{who} hat Ihnen eine Nachricht geschickt"),
            Language::En if count == 0 => format!("{who} has sent you a message"),
            Language::Cs if count == 0 => format!("{who} vám posílá zprávu"),
            Language::De => format!("{who} hat Ihnen {} geschickt", files(l, count)),
            Language::En => format!("{who} has sent you {}", files(l, count)),
            Language::Cs => format!("{who} vám posílá {}", files(l, count)),
        }
    }

    fn sentences(&self) -> Sentences {
        let l = self.notice.language;
        let (who, until, sender) = (&self.who, &self.until, self.sender);
        let needs = arrival::needs(l, self.arrival);
        let (intro, ready, because) = match l {
            Language::De => (
                format!("{who} hat Ihnen eine Zustellung geschickt:"),
                format!("Bereit bis {until}. {needs}"),
                format!("Sie bekommen diese Nachricht, weil Ihnen {sender} etwas zugestellt hat."),
            ),
            Language::En => (
                format!("{who} has sent you a delivery:"),
                format!("Ready until {until}. {needs}"),
                format!("You get this message because {sender} has sent you something."),
            ),
            Language::Cs => (
                format!("{who} vám posílá zásilku:"),
                format!("Připraveno do {until}. {needs}"),
                format!("Tuto zprávu dostáváte, protože vám {sender} něco posílá."),
            ),
        };
        Sentences {
            subject: self.subject(),
            hello: pick(l, "Guten Tag,", "Hello,", "Dobrý den,"),
            intro,
            open: arrival::button(l, self.arrival),
            ready,
            asks: pick(
                l,
                "Falls die Seite nach einem Code fragt, geben Sie diesen ein:",
                "If the page asks for a code, type this one:",
                "Pokud se stránka zeptá na kód, zadejte tento:",
            ),
            unsure: pick(
                l,
                "Nicht sicher, ob das echt ist? Rufen Sie unter der Nummer an, die Sie schon kennen. Wir fragen Sie nie nach Bankdaten.",
                "Not sure whether this is real? Call the number you already know. We never ask for bank details.",
                "Nejste si jistí, že je to pravé? Zavolejte na číslo, které už znáte. Nikdy se neptáme na bankovní údaje.",
            ),
            because,
        }
    }

    fn text(&self, s: &Sentences) -> String {
        let l = self.notice.language;
        let (subject, message) = (line(&self.notice.subject), lines(&self.notice.message));
        let mut text = format!("{}\n\n{}\n", s.hello, s.intro);
        if !subject.is_empty() {
            text.push_str(&format!("\n{subject}\n"));
        }
        text.push_str(&format!("\n{}:\n{}\n", s.open, self.url));
        if !message.is_empty() {
            text.push_str(&format!("\n{message}\n"));
        }
        if self.notice.file_count > 0 {
            text.push('\n');
        }
        for file in &self.notice.files {
            text.push_str(&format!(
                "- {} ({})\n",
                line(&file.name),
                size(l, file.size)
            ));
        }
        if let Some(more) = more(l, self.notice) {
            text.push_str(&format!("- {more}\n"));
        }
        text.push_str(&format!("\n{}\n", s.ready));
        if let Some(code) = &self.code {
            text.push_str(&format!("\n{}\n{code}\n", s.asks));
        }
        text.push_str(&format!("\n{}\n\n-- \n{}\n", s.unsure, s.because));
        text
    }

    fn html(&self, s: &Sentences) -> String {
        let l = self.notice.language;
        let (subject, message) = (line(&self.notice.subject), lines(&self.notice.message));
        let mut body = format!(
            "<p style=\"{P}\">{}</p><p style=\"{P}\">{}</p>",
            s.hello,
            escape(&s.intro)
        );
        if !subject.is_empty() {
            body.push_str(&format!(
                "<h1 style=\"margin:0 0 20px;font:bold 20px/1.3 Arial,sans-serif;color:#11232b\">{}</h1>",
                escape(&subject)
            ));
        }
        if !message.is_empty() {
            body.push_str(&format!(
                "<p style=\"{P}\">{}</p>",
                escape(&message).replace('\n', "<br>")
            ));
        }
        body.push_str(&button(&self.url, s.open));
        body.push_str(&file_rows(l, &self.url, self.notice));
        if let Some(more) = more(l, self.notice) {
            body.push_str(&format!("<p style=\"{META}\">{more}</p>"));
        }
        body.push_str(&format!("<p style=\"{P}\">{}</p>", escape(&s.ready)));
        if let Some(code) = &self.code {
            body.push_str(&format!(
                "<p style=\"{META}\">{}<br><span style=\"font:15px/1.6 monospace;color:#3b4f57\">{code}</span></p>",
                s.asks
            ));
        }
        body.push_str(&format!(
            "<p style=\"{META};padding-bottom:16px;border-bottom:1px solid #d4dde0\">{}</p><p style=\"{META}\">{}</p>",
            s.unsure,
            escape(&s.because)
        ));
        body
    }

    fn page(&self, head: &Letterhead<'_>) -> Page {
        let (l, sentences) = (self.notice.language, self.sentences());
        Page {
            text: self.text(&sentences),
            html: document(l, head.name, &self.html(&sentences)),
            subject: sentences.subject,
            from_name: from_name(l, &self.who, head.name),
            reply_to: Some(self.sender.clone()),
        }
    }
}

fn code_page(head: &Letterhead<'_>, language: Language, code: &str, who: &str) -> Page {
    let grouped = code
        .as_bytes()
        .chunks(4)
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>()
        .join(" ");
    let subject = pick(language, "Ihr Code", "Your code", "Váš kód").to_owned();
    let first = match language {
        Language::De => {
            format!("Geben Sie diesen Code ein, um die Zustellung von {who} zu öffnen:")
        }
        Language::En => format!("Type this code to open the delivery from {who}:"),
        Language::Cs => format!("Zadejte tento kód a otevřete zásilku ({who}):"),
    };
    let last = pick(
        language,
        "Er gilt 15 Minuten. Haben Sie ihn nicht angefordert, brauchen Sie nichts zu tun.",
        "It is good for 15 minutes. If you did not ask for it, there is nothing to do.",
        "Platí 15 minut. Pokud jste o něj nežádali, nemusíte nic dělat.",
    );
    short_page(head, language, subject, &[first, grouped, last.to_owned()])
}

fn downloaded_page(
    head: &Letterhead<'_>,
    l: Language,
    recipient: &depesche_domain::Address,
    stated: &str,
    (subject, at): (&str, &str),
) -> Page {
    let (title, first, second) = match l {
        Language::De => (
            format!("Gespeichert: {subject}"),
            format!(
                "{recipient} hat Ihre Zustellung „{subject}“ zum ersten Mal gespeichert: {at}."
            ),
            format!("Angegebene Adresse: {stated}"),
        ),
        Language::En => (
            format!("Saved: {subject}"),
            format!("{recipient} has saved your delivery \"{subject}\" for the first time: {at}."),
            format!("Address stated: {stated}"),
        ),
        Language::Cs => (
            format!("Uloženo: {subject}"),
            format!("{recipient}: vaše zásilka „{subject}“ byla poprvé uložena, {at}."),
            format!("Uvedená adresa: {stated}"),
        ),
    };
    short_page(head, l, title, &[first, second])
}

fn bounced_page(
    head: &Letterhead<'_>,
    l: Language,
    recipient: &depesche_domain::Address,
    subject: &str,
) -> Page {
    let (title, text) = match l {
        Language::De => (
            format!("Mail kam zurück: {subject}"),
            format!(
                "Die Mail an {recipient} zu Ihrer Zustellung „{subject}“ konnte nicht zugestellt werden. Prüfen Sie die Adresse, nehmen Sie sie aus der Zustellung heraus und fügen Sie die richtige hinzu."
            ),
        ),
        Language::En => (
            format!("Mail came back: {subject}"),
            format!(
                "The mail to {recipient} about your delivery \"{subject}\" could not be delivered. Check the address, drop it from the delivery and add the right one."
            ),
        ),
        Language::Cs => (
            format!("E-mail se vrátil: {subject}"),
            format!(
                "E-mail pro {recipient} k vaší zásilce „{subject}“ se nepodařilo doručit. Zkontrolujte adresu, odeberte ji ze zásilky a přidejte správnou."
            ),
        ),
    };
    short_page(head, l, title, &[text])
}

/// Writes the mail.
#[expect(
    clippy::too_many_lines,
    reason = "one arm for each mail, and nothing else"
)]
pub(crate) fn write(head: &Letterhead<'_>, mail: &Mail) -> Page {
    match mail {
        Mail::Delivery {
            sender_name,
            sender,
            level,
            arrival,
            expires,
            notice,
            ..
        } => {
            let url = arrival::url(head.public_url, arrival, &notice.key);
            let secret = link_text::parse_fragment(&notice.key).ok();
            let code = secret.map(|secret| link_text::code(&secret).to_string());
            let until = day(notice.language, *expires, head.zone);
            Delivery {
                level: *level,
                arrival,
                who: name_of(sender_name, sender),
                sender,
                url,
                until,
                code,
                notice,
            }
            .page(head)
        }
        Mail::Code {
            code,
            sender_name,
            sender,
            language,
            ..
        } => code_page(head, *language, code, &name_of(sender_name, sender)),
        Mail::Downloaded {
            recipient,
            stated,
            subject,
            at,
            language,
            ..
        } => {
            let at = moment(*language, *at, head.zone);
            downloaded_page(head, *language, recipient, stated, (&line(subject), &at))
        }
        Mail::Bounced {
            recipient,
            subject,
            language,
            ..
        } => bounced_page(head, *language, recipient, &line(subject)),
        Mail::Invitation {
            sender,
            token,
            expires,
            language,
            ..
        } => {
            let who = sender
                .as_ref()
                .map(|(name, address)| name_of(name, address));
            let until = day(*language, *expires, head.zone);
            people::invitation(head, *language, who.as_deref(), (token, &until))
        }
        Mail::WaitsRelease {
            recipient,
            name,
            count,
            language,
            ..
        } => people::waits_release(head, *language, &name_of(name, recipient), *count),
        Mail::Released {
            sender_name,
            sender,
            parcel,
            subject,
            again,
            expires,
            language,
            ..
        } => {
            let who = name_of(sender_name, sender);
            let (subject, until) = (line(subject), day(*language, *expires, head.zone));
            people::released(head, *language, &who, (&subject, parcel, &until), *again)
        }
        Mail::Reset {
            to,
            person,
            name,
            due,
            language,
        } => {
            let due = due.map(|due| moment(*language, due, head.zone));
            let who = name_of(name, person);
            people::reset(head, *language, &who, to == person, due.as_deref())
        }
        Mail::Protected { language, note, .. } => told::page(head, *language, note),
    }
}
