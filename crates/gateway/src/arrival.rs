//! How the recipient of a delivery's mail gets in: the address of the button, its words, and what will be needed.

use depesche_domain::effect::{Arrival, Language};

use crate::words::pick;

/// Where the button leads.
pub(crate) fn url(public_url: &str, arrival: &Arrival, key: &str) -> String {
    match arrival {
        Arrival::Link { link, .. } => format!("{public_url}/d/{link}#{key}"),
        Arrival::Known { parcel, .. } => format!("{public_url}/d/{parcel}"),
        Arrival::New { token } => register_url(public_url, token),
    }
}

/// Where an invitation leads.
pub(crate) fn register_url(public_url: &str, token: &str) -> String {
    format!("{public_url}/register/{token}")
}

/// What stands on the button.
pub(crate) const fn button(l: Language, arrival: &Arrival) -> &'static str {
    match arrival {
        Arrival::New { .. } => pick(
            l,
            "Kostenloses Konto anlegen",
            "Make a free account",
            "Založit účet zdarma",
        ),
        Arrival::Link { .. } | Arrival::Known { .. } => pick(
            l,
            "Zustellung öffnen",
            "Open the delivery",
            "Otevřít zásilku",
        ),
    }
}

/// What the recipient has to do.
pub(crate) const fn needs(l: Language, arrival: &Arrival) -> &'static str {
    match arrival {
        Arrival::Link { login: false, .. } => pick(
            l,
            "Sie brauchen kein Konto.",
            "You need no account.",
            "Nepotřebujete účet.",
        ),
        Arrival::Link { login: true, .. } => pick(
            l,
            "Sie melden sich an; beim ersten Mal legen Sie ein kostenloses Konto an.",
            "You log in; the first time you make a free account.",
            "Přihlásíte se; poprvé si založíte účet zdarma.",
        ),
        Arrival::Known { ready: true, .. } => pick(
            l,
            "Sie öffnen mit Ihrem SealPass.",
            "You open it with your SealPass.",
            "Otevřete ji svým SealPassem.",
        ),
        Arrival::Known { ready: false, .. } => pick(
            l,
            "Sie öffnen mit Ihrem SealPass, sobald die Zustellung für Sie freigegeben ist. Melden Sie sich an.",
            "You open it with your SealPass as soon as the delivery is released to you. Log in.",
            "Otevřete ji svým SealPassem, jakmile pro vás bude zásilka uvolněna. Přihlaste se.",
        ),
        Arrival::New { .. } => pick(
            l,
            "Legen Sie einmal ein kostenloses Konto an und richten Sie Ihr SealPass ein; danach wird die Zustellung für Sie freigegeben.",
            "Make a free account once and set up your SealPass; then the delivery is released to you.",
            "Jednou si založte účet zdarma a nastavte si SealPass; potom pro vás bude zásilka uvolněna.",
        ),
    }
}
