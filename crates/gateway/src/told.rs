//! What people are told about protected mail.

use depesche_domain::Address;
use depesche_domain::effect::Language;
use depesche_domain::note::{Correspondent, How, Note};

use crate::letter::{Letterhead, Page, from_name, line, name_of, short_page};
use crate::people::Note as Letter;
use crate::words::{day, moment, pick};

/// The mail that says it.
pub(crate) fn page(head: &Letterhead<'_>, l: Language, note: &Note) -> Page {
    let until = |ms: i64| day(l, ms, head.zone);
    match note {
        Note::Invitation {
            sender,
            token,
            expires,
            reminder,
        } => invitation(head, l, sender, (token, &until(*expires)), *reminder),
        Note::Link {
            token,
            expires,
            reset,
        } => link(head, l, token, &moment(l, *expires, head.zone), *reset),
        Note::Changed => changed(head, l),
        Note::Went { to, subject, files } => went(head, l, to, subject, files),
        Note::PasswordSet { recipient } => password_set(head, l, recipient),
        Note::Fetched {
            recipient,
            subject,
            at,
        } => fetched(head, l, recipient, subject, &moment(l, *at, head.zone)),
        Note::NotFetched { recipient, subject } => over(head, l, recipient, subject, NOT_FETCHED),
        Note::HeldExpired { recipient, subject } => over(head, l, recipient, subject, EXPIRED),
        Note::InvitationBounced { recipient, subject } => {
            over(head, l, recipient, subject, CAME_BACK)
        }
    }
}

/// What it was, for the subject, and what happened: de, en, cs.
type Ended = [[&'static str; 3]; 3];

const NOT_FETCHED: Ended = [
    [
        "Ihre Anhänge zu",
        "sind gelöscht",
        "wurden in 30 Tagen nicht abgeholt und sind gelöscht. Bitte fragen Sie dort nach und senden Sie neu.",
    ],
    [
        "Your attachments of",
        "are deleted",
        "were not fetched within 30 days and are deleted. Please ask there and send them again.",
    ],
    [
        "Přílohy ke zprávě",
        "jsou smazány",
        "nebyly do 30 dnů vyzvednuty a jsou smazány. Ozvěte se příjemci a pošlete znovu.",
    ],
];

const EXPIRED: Ended = [
    [
        "Ihre Mail",
        "ist gelöscht",
        "wurde in 30 Tagen nicht abgeholt und ist gelöscht. Bitte fragen Sie dort nach und senden Sie neu.",
    ],
    [
        "Your mail",
        "is deleted",
        "was not fetched within 30 days and is deleted. Please ask there and send it again.",
    ],
    [
        "Váš e-mail",
        "je smazán",
        "nebyl do 30 dnů vyzvednut a je smazán. Ozvěte se příjemci a pošlete znovu.",
    ],
];

const CAME_BACK: Ended = [
    [
        "Ihre Mail",
        "kam nicht an",
        "konnte nicht zugestellt werden: Die Einladung dorthin kam zurück. Prüfen Sie die Adresse und senden Sie neu.",
    ],
    [
        "Your mail",
        "did not arrive",
        "could not be delivered: the invitation to this address came back. Check the address and send it again.",
    ],
    [
        "Váš e-mail",
        "nebyl doručen",
        "nebylo možné doručit: pozvánka na tuto adresu se vrátila. Zkontrolujte adresu a pošlete znovu.",
    ],
];

/// ` „subject“`, or nothing.
fn quoted(l: Language, subject: &str) -> String {
    let subject = line(subject);
    match (l, subject.is_empty()) {
        (_, true) => String::new(),
        (Language::En, false) => format!(" \"{subject}\""),
        (Language::De | Language::Cs, false) => format!(" „{subject}“"),
    }
}

fn house(head: &Letterhead<'_>) -> String {
    let name = line(head.name);
    if name.is_empty() {
        "Depesche".into()
    } else {
        name
    }
}

fn url(head: &Letterhead<'_>, token: &str) -> String {
    format!("{}/p/{token}", head.public_url)
}

fn invitation(
    head: &Letterhead<'_>,
    l: Language,
    sender: &Correspondent,
    (token, until): (&str, &str),
    reminder: bool,
) -> Page {
    let (who, firm) = (name_of(&sender.name, &sender.address), house(head));
    let (subject, first, last) = match l {
        Language::De => (
            format!("{who} hat Ihnen geschützt geschrieben"),
            format!(
                "{who} hat Ihnen geschützt geschrieben. Legen Sie einmal ein Passwort fest, dann kommt die Nachricht in Ihr Postfach."
            ),
            format!(
                "Der Link gilt bis {until}. Beim Verschließen liegt die Nachricht kurz offen im Server von {firm}; danach bleibt dort nichts Lesbares. Kommt das wirklich von {firm}? Rufen Sie unter der Nummer an, die Sie schon kennen."
            ),
        ),
        Language::En => (
            format!("{who} has sent you protected mail"),
            format!(
                "{who} has sent you protected mail. Set a password once, then the message comes to your mailbox."
            ),
            format!(
                "The link is good until {until}. While it is being locked the message lies open on the server of {firm} for a moment; nothing readable stays. Is this really from {firm}? Call the number you already know."
            ),
        ),
        Language::Cs => (
            format!("{who} vám píše chráněně"),
            format!(
                "{who} vám píše chráněně. Jednou si nastavte heslo, zpráva pak přijde do vaší schránky."
            ),
            format!(
                "Odkaz platí do {until}. Při uzamykání je zpráva na serveru ({firm}) na chvíli čitelná; potom tam nic čitelného nezůstane. Je to opravdu od {firm}? Zavolejte na číslo, které už znáte."
            ),
        ),
    };
    let again = pick(l, "Erinnerung: ", "Reminder: ", "Připomínka: ");
    let letter = Letter {
        subject: if reminder {
            format!("{again}{subject}")
        } else {
            subject
        },
        first,
        url: url(head, token),
        button: pick(
            l,
            "Passwort festlegen",
            "Set the password",
            "Nastavit heslo",
        ),
        last,
    };
    let mut page = letter.page(head, l);
    page.from_name = from_name(l, &who, head.name);
    page.reply_to = Some(sender.address.clone());
    page
}

fn link(head: &Letterhead<'_>, l: Language, token: &str, until: &str, reset: bool) -> Page {
    let (subject, first, last) = match (l, reset) {
        (Language::De, false) => (
            "Ihr Passwort für geschützte Post",
            "Mit diesem Link legen Sie ein neues Passwort für geschützte Post fest.",
            format!(
                "Der Link gilt bis {until}. PDFs, die Sie schon haben, öffnen Sie weiter mit dem alten Passwort. Haben Sie den Link nicht angefordert, brauchen Sie nichts zu tun."
            ),
        ),
        (Language::De, true) => (
            "Legen Sie ein neues Passwort fest",
            "Die Verwaltung hat Ihr Passwort für geschützte Post zurückgesetzt. Legen Sie ein neues fest, dann kommen weitere Nachrichten in Ihr Postfach.",
            format!(
                "Der Link gilt bis {until}. PDFs, die Sie schon haben, öffnen Sie weiter mit dem alten Passwort."
            ),
        ),
        (Language::En, false) => (
            "Your password for protected mail",
            "With this link you set a new password for protected mail.",
            format!(
                "The link is good until {until}. PDFs you already have still open with the old password. If you did not ask for it, there is nothing to do."
            ),
        ),
        (Language::En, true) => (
            "Set a new password",
            "The administrators have reset your password for protected mail. Set a new one, then further messages come to your mailbox.",
            format!(
                "The link is good until {until}. PDFs you already have still open with the old password."
            ),
        ),
        (Language::Cs, false) => (
            "Vaše heslo pro chráněnou poštu",
            "Tímto odkazem si nastavíte nové heslo pro chráněnou poštu.",
            format!(
                "Odkaz platí do {until}. PDF, která už máte, otevřete dál starým heslem. Pokud jste o odkaz nežádali, nemusíte nic dělat."
            ),
        ),
        (Language::Cs, true) => (
            "Nastavte si nové heslo",
            "Správa obnovila vaše heslo pro chráněnou poštu. Nastavte si nové, další zprávy pak přijdou do vaší schránky.",
            format!("Odkaz platí do {until}. PDF, která už máte, otevřete dál starým heslem."),
        ),
    };
    Letter {
        subject: subject.into(),
        first: first.into(),
        url: url(head, token),
        button: pick(
            l,
            "Passwort festlegen",
            "Set the password",
            "Nastavit heslo",
        ),
        last,
    }
    .page(head, l)
}

fn changed(head: &Letterhead<'_>, l: Language) -> Page {
    let words = match l {
        Language::De => [
            "Ihr neues Passwort für geschützte Post",
            "Das neue Passwort gilt ab jetzt. PDFs, die Sie schon haben, öffnen Sie weiter mit dem alten.",
            "Waren Sie das nicht? Dann las jemand Ihre Mails. Ändern Sie das Passwort Ihres Postfachs und fordern Sie einen neuen Link an:",
        ],
        Language::En => [
            "Your new password for protected mail",
            "The new password works from now on. PDFs you already have still open with the old one.",
            "Was it not you? Then somebody has read your mail. Change the password of your mailbox and ask for a new link:",
        ],
        Language::Cs => [
            "Vaše nové heslo pro chráněnou poštu",
            "Nové heslo platí odteď. PDF, která už máte, otevřete dál starým.",
            "Nebyli jste to vy? Pak někdo četl vaši poštu. Změňte heslo své schránky a požádejte o nový odkaz:",
        ],
    };
    let [subject, first, last] = words.map(str::to_owned);
    let last = format!("{last}\n{}/p", head.public_url);
    short_page(head, l, subject, &[first, last])
}

fn went(
    head: &Letterhead<'_>,
    l: Language,
    to: &[(Address, How, i64)],
    subject: &str,
    files: &[String],
) -> Page {
    let one = |(address, how, until): &(Address, How, i64)| match (l, how) {
        (Language::De, How::Pdf) => {
            format!("{address}: als PDF gesendet, geschützt mit dem Passwort dort.")
        }
        (Language::En, How::Pdf) => {
            format!("{address}: sent as a PDF, protected with the password set there.")
        }
        (Language::Cs, How::Pdf) => {
            format!("{address}: odesláno jako PDF, chráněno heslem příjemce.")
        }
        (_, How::Held) => held(l, address, &day(l, *until, head.zone)),
    };
    let mut paragraphs: Vec<String> = to.iter().map(one).collect();
    let is_held = to.iter().all(|(_, how, _)| *how == How::Held);
    if !files.is_empty() {
        let names: Vec<String> = files.iter().map(|name| line(name)).collect();
        // What is held has not been taken apart yet.
        let words = if is_held {
            pick(l, "Anhänge:", "Attachments:", "Přílohy:")
        } else {
            pick(
                l,
                "Anhänge im Portal:",
                "Attachments in the portal:",
                "Přílohy na portálu:",
            )
        };
        paragraphs.push(format!("{words} {}", names.join(", ")));
    }
    let words = if is_held {
        pick(
            l,
            "Wartet auf ein Passwort:",
            "Waits for a password:",
            "Čeká na heslo:",
        )
    } else {
        pick(
            l,
            "Geschützt gesendet:",
            "Sent protected:",
            "Odesláno chráněně:",
        )
    };
    let subject = line(subject);
    short_page(
        head,
        l,
        format!("{words} {subject}").trim().to_owned(),
        &paragraphs,
    )
}

fn held(l: Language, address: &Address, until: &str) -> String {
    match l {
        Language::De => format!(
            "Ihre Mail an {address} wartet, bis dort ein Passwort festgelegt ist. Sie geht dann von selbst hinaus. Frist: {until}."
        ),
        Language::En => format!(
            "Your mail to {address} waits until a password has been set there. It then goes out by itself. Until {until}."
        ),
        Language::Cs => format!(
            "Váš e-mail pro {address} čeká, až si příjemce nastaví heslo. Pak odejde sám. Lhůta: {until}."
        ),
    }
}

fn password_set(head: &Letterhead<'_>, l: Language, recipient: &Address) -> Page {
    let (subject, text) = match l {
        Language::De => (
            format!("{recipient} hat ein Passwort festgelegt"),
            format!(
                "Geschützte Post an {recipient} geht ab jetzt sofort hinaus. Was wartete, ist unterwegs."
            ),
        ),
        Language::En => (
            format!("{recipient} has set a password"),
            format!(
                "Protected mail to {recipient} goes out at once from now on. What waited is on its way."
            ),
        ),
        Language::Cs => (
            format!("{recipient}: heslo je nastaveno"),
            format!("Chráněná pošta pro {recipient} odteď odchází hned. Co čekalo, je na cestě."),
        ),
    };
    short_page(head, l, subject, &[text])
}

fn fetched(head: &Letterhead<'_>, l: Language, who: &Address, subject: &str, at: &str) -> Page {
    let named = quoted(l, subject);
    let (title, text) = match l {
        Language::De if named.is_empty() => (
            format!("{who} hat die Anhänge geladen"),
            format!("{who} hat Ihre Anhänge am {at} geladen."),
        ),
        Language::De => (
            format!("{who} hat die Anhänge geladen"),
            format!("{who} hat die Anhänge zu{named} am {at} geladen."),
        ),
        Language::En if named.is_empty() => (
            format!("{who} has fetched the attachments"),
            format!("{who} fetched your attachments on {at}."),
        ),
        Language::En => (
            format!("{who} has fetched the attachments"),
            format!("{who} fetched the attachments of{named} on {at}."),
        ),
        Language::Cs if named.is_empty() => (
            format!("{who}: přílohy staženy"),
            format!("{who}: vaše přílohy staženy {at}."),
        ),
        Language::Cs => (
            format!("{who}: přílohy staženy"),
            format!("{who}: přílohy ke zprávě{named} staženy {at}."),
        ),
    };
    short_page(head, l, title, &[text])
}

/// Something has ended without reaching anybody.
fn over(
    head: &Letterhead<'_>,
    l: Language,
    recipient: &Address,
    subject: &str,
    words: Ended,
) -> Page {
    let [what, short, happened] = words[l as usize];
    let named = quoted(l, subject);
    // "Your attachments of" nothing.
    let what = if named.is_empty() {
        what.trim_end_matches(" zu")
            .trim_end_matches(" of")
            .trim_end_matches(" ke zprávě")
    } else {
        what
    };
    let to = pick(l, "an", "to", "pro");
    let title = format!("{what}{named} {short}");
    let text = format!("{what}{named} {to} {recipient} {happened}");
    short_page(head, l, title, &[text])
}
