//! Mails about people instead of files: invitations, waiting for a release, released, resets.

use depesche_domain::effect::Language;

use crate::arrival::register_url;
use crate::letter::{Letterhead, P, Page, button, document, escape, line};
use crate::words::pick;

/// A mail of two paragraphs with a button between them.
pub(crate) struct Note {
    pub(crate) subject: String,
    pub(crate) first: String,
    pub(crate) url: String,
    pub(crate) button: &'static str,
    pub(crate) last: String,
}

impl Note {
    pub(crate) fn page(self, head: &Letterhead<'_>, language: Language) -> Page {
        let text = format!(
            "{}\n\n{}:\n{}\n\n{}\n",
            self.first, self.button, self.url, self.last
        );
        let paragraph = |text: &str| format!("<p style=\"{P}\">{}</p>", escape(text));
        let body = [
            paragraph(&self.first),
            button(&self.url, self.button),
            paragraph(&self.last),
        ]
        .concat();
        let name = line(head.name);
        Page {
            subject: self.subject,
            text,
            html: document(language, head.name, &body),
            from_name: if name.is_empty() {
                "Depesche".into()
            } else {
                name
            },
            reply_to: None,
        }
    }
}

/// To somebody without an account.
pub(crate) fn invitation(
    head: &Letterhead<'_>,
    l: Language,
    who: Option<&str>,
    (token, until): (&str, &str),
) -> Page {
    let (subject, first, last) = match (l, who) {
        (Language::De, Some(who)) => (
            format!("{who} hat Ihnen eine Zustellung geschickt: Ihr Konto"),
            format!(
                "{who} hat Ihnen eine Zustellung geschickt. Legen Sie einmal ein kostenloses Konto an, dann öffnen Sie sie."
            ),
            format!(
                "Die Einladung gilt bis {until} und nur für diese Adresse. Haben Sie sie nicht angefordert, brauchen Sie nichts zu tun."
            ),
        ),
        (Language::De, None) => (
            "Ihre Einladung".into(),
            "Für Sie ist ein Konto vorgesehen. Legen Sie Ihr Anmeldepasswort fest.".into(),
            format!("Die Einladung gilt bis {until} und nur für diese Adresse."),
        ),
        (Language::En, Some(who)) => (
            format!("{who} has sent you a delivery: your account"),
            format!("{who} has sent you a delivery. Make a free account once, then you open it."),
            format!(
                "The invitation is good until {until} and for this address alone. If you did not ask for it, there is nothing to do."
            ),
        ),
        (Language::En, None) => (
            "Your invitation".into(),
            "An account is ready for you. Set your login password.".into(),
            format!("The invitation is good until {until} and for this address alone."),
        ),
        (Language::Cs, Some(who)) => (
            format!("{who} vám posílá zásilku: váš účet"),
            format!("{who} vám posílá zásilku. Jednou si založte účet zdarma a otevřete ji."),
            format!(
                "Pozvánka platí do {until} a jen pro tuto adresu. Pokud jste o ni nežádali, nemusíte nic dělat."
            ),
        ),
        (Language::Cs, None) => (
            "Vaše pozvánka".into(),
            "Je pro vás připraven účet. Nastavte si přihlašovací heslo.".into(),
            format!("Pozvánka platí do {until} a jen pro tuto adresu."),
        ),
    };
    let words = pick(l, "Konto anlegen", "Make the account", "Založit účet");
    let url = register_url(head.public_url, token);
    Note {
        subject,
        first,
        url,
        button: words,
        last,
    }
    .page(head, l)
}

/// To a sender: somebody waits.
pub(crate) fn waits_release(head: &Letterhead<'_>, l: Language, who: &str, count: u64) -> Page {
    let (subject, first, last) = match l {
        Language::De => (
            format!("{who} wartet auf Ihre Freigabe"),
            match count {
                1 => format!(
                    "{who} hat das SealPass eingerichtet und wartet auf Ihre Freigabe für eine Zustellung."
                ),
                n => format!(
                    "{who} hat das SealPass eingerichtet und wartet auf Ihre Freigabe für {n} Zustellungen."
                ),
            },
            format!(
                "Rufen Sie {who} unter einer Nummer an, die Sie schon kennen, und vergleichen Sie die sechs Wörter."
            ),
        ),
        Language::En => (
            format!("{who} waits for your release"),
            match count {
                1 => format!(
                    "{who} has set up a SealPass and waits for your release of one delivery."
                ),
                n => format!(
                    "{who} has set up a SealPass and waits for your release of {n} deliveries."
                ),
            },
            format!("Call {who} on a number you already know and compare the six words."),
        ),
        Language::Cs => (
            format!("{who}: čeká na vaše uvolnění"),
            format!(
                "{who}: SealPass je nastaven. Počet zásilek, které čekají na vaše uvolnění: {count}."
            ),
            format!("Zavolejte na číslo, které už znáte ({who}), a porovnejte šest slov."),
        ),
    };
    let words = pick(
        l,
        "Vergleichen und freigeben",
        "Compare and release",
        "Porovnat a uvolnit",
    );
    let url = format!("{}/sent", head.public_url);
    Note {
        subject,
        first,
        url,
        button: words,
        last,
    }
    .page(head, l)
}

/// A subject in a sentence; nothing if there is none.
fn quoted(l: Language, subject: &str) -> String {
    match (l, subject.is_empty()) {
        (_, true) => String::new(),
        (Language::De | Language::Cs, false) => format!(" „{subject}“"),
        (Language::En, false) => format!(" \"{subject}\""),
    }
}

/// To a recipient: it opens now.
pub(crate) fn released(
    head: &Letterhead<'_>,
    l: Language,
    who: &str,
    (subject, parcel, until): (&str, &str, &str),
    again: bool,
) -> Page {
    let named = quoted(l, subject);
    let (title, first) = match (l, again) {
        (Language::De, false) => (
            format!("{who} hat Ihre Zustellung freigegeben"),
            format!(
                "{who} hat die Zustellung{named} für Sie freigegeben. Sie öffnen sie jetzt mit Ihrem SealPass."
            ),
        ),
        (Language::De, true) => (
            format!("{who} hat Ihre Zustellung neu bereitgestellt"),
            format!(
                "{who} hat die Zustellung{named} neu für Sie bereitgestellt. Sie öffnen sie mit Ihrem neuen SealPass."
            ),
        ),
        (Language::En, false) => (
            format!("{who} has released your delivery"),
            format!(
                "{who} has released the delivery{named} to you. You open it now with your SealPass."
            ),
        ),
        (Language::En, true) => (
            format!("{who} has provided your delivery again"),
            format!(
                "{who} has provided the delivery{named} to you again. You open it with your new SealPass."
            ),
        ),
        (Language::Cs, false) => (
            format!("{who}: vaše zásilka je uvolněna"),
            format!("{who}: zásilka{named} je pro vás uvolněna. Otevřete ji svým SealPassem."),
        ),
        (Language::Cs, true) => (
            format!("{who}: vaše zásilka je znovu poskytnuta"),
            format!(
                "{who}: zásilka{named} je pro vás znovu poskytnuta. Otevřete ji svým novým SealPassem."
            ),
        ),
    };
    let last = match l {
        Language::De => format!("Bereit bis {until}."),
        Language::En => format!("Ready until {until}."),
        Language::Cs => format!("Připraveno do {until}."),
    };
    let words = pick(
        l,
        "Zustellung öffnen",
        "Open the delivery",
        "Otevřít zásilku",
    );
    let url = format!("{}/d/{parcel}", head.public_url);
    Note {
        subject: title,
        first,
        url,
        button: words,
        last,
    }
    .page(head, l)
}

/// A reset: to the person before and after, to partners after.
pub(crate) fn reset(
    head: &Letterhead<'_>,
    l: Language,
    who: &str,
    own: bool,
    due: Option<&str>,
) -> Page {
    let (subject, first, last) = match (l, due, own) {
        (Language::De, Some(due), _) => (
            "Ihr SealPass wird zurückgesetzt".to_owned(),
            format!("Die Verwaltung setzt Ihr SealPass zurück: {due}. Was damit versiegelt ist, öffnet sich dann nicht mehr."),
            "Waren Sie das nicht, oder haben Sie das SealPass oder das Notfallblatt noch? Melden Sie sich an und halten Sie es an.".to_owned(),
        ),
        (Language::De, None, true) => (
            "Ihr SealPass ist zurückgesetzt".to_owned(),
            "Ihr SealPass ist zurückgesetzt. Richten Sie ein neues ein.".to_owned(),
            "Absender können neu bereitstellen, was sie noch öffnen können.".to_owned(),
        ),
        (Language::De, None, false) => (
            format!("{who} bekommt einen neuen Schlüssel"),
            format!("Das SealPass von {who} wurde zurückgesetzt. Der neue Schlüssel ist noch nicht verglichen."),
            format!("Was Sie {who} geschickt haben, können Sie neu bereitstellen. Vergleichen Sie vorher die sechs Wörter am Telefon."),
        ),
        (Language::En, Some(due), _) => (
            "Your SealPass will be reset".to_owned(),
            format!("The administrators reset your SealPass: {due}. What is sealed with it opens no more after that."),
            "If that was not you, or you still have SealPass or kit: log in and stop it.".to_owned(),
        ),
        (Language::En, None, true) => (
            "Your SealPass has been reset".to_owned(),
            "Your SealPass has been reset. Set up a new one.".to_owned(),
            "Senders can provide again what they can still open.".to_owned(),
        ),
        (Language::En, None, false) => (
            format!("{who} gets a new key"),
            format!("The SealPass of {who} has been reset. The new key has not been compared yet."),
            format!("You can provide again what you have sent to {who}. Compare the six words by phone before."),
        ),
        (Language::Cs, Some(due), _) => (
            "Váš SealPass bude obnoven".to_owned(),
            format!("Správa obnovuje váš SealPass: {due}. Co je jím zapečetěno, se potom už neotevře."),
            "Pokud jste o to nežádali, nebo SealPass či nouzový list ještě máte: přihlaste se a zastavte to.".to_owned(),
        ),
        (Language::Cs, None, true) => (
            "Váš SealPass byl obnoven".to_owned(),
            "Váš SealPass byl obnoven. Nastavte si nový.".to_owned(),
            "Odesílatelé mohou znovu poskytnout, co sami otevřou.".to_owned(),
        ),
        (Language::Cs, None, false) => (
            format!("{who}: nový klíč"),
            format!("{who}: SealPass byl obnoven. Nový klíč ještě není porovnán."),
            format!("Co jste poslali ({who}), můžete znovu poskytnout. Předtím porovnejte po telefonu šest slov."),
        ),
    };
    let words = pick(l, "Anmelden", "Log in", "Přihlásit se");
    let url = format!("{}/login", head.public_url);
    Note {
        subject,
        first,
        url,
        button: words,
        last,
    }
    .page(head, l)
}
