//! Who an account sends as, and by which server: the part that all account formats share.

use crate::bundle::account::{Account, Auth, Identity, Outgoing, Protocol, Security, Server};
use crate::bundle::whole::Bundle;
use crate::loss::Loss;

/// An identity and the server its mail leaves by.
#[derive(Clone, Copy)]
pub(crate) struct Sender<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) outgoing: &'a Outgoing,
}

/// The first identity of the account with a plain address and a server that exists.
pub(crate) fn first_sender<'a>(bundle: &'a Bundle, account: &'a Account) -> Option<Sender<'a>> {
    bundle
        .identities_of(account)
        .filter(|identity| is_plain_address(&identity.email))
        .find_map(|identity| {
            bundle
                .outgoing_of(identity)
                .map(|outgoing| Sender { identity, outgoing })
        })
}

/// `local@domain` of the characters that every phone takes: RFC 5322 dot-atom, RFC 1123 host name.
pub(crate) fn is_plain_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let is_atom = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&c);
    let is_label = |label: &str| {
        let is_ldh = label
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || c == b'-');
        is_ldh && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_local = |part: &str| !part.is_empty() && part.bytes().all(is_atom);
    address.len() <= 254 && local.split('.').all(is_local) && domain.split('.').all(is_label)
}

/// The server's port, or the one that protocol and security stand for.
pub(crate) fn port_of(server: &Server) -> u16 {
    let is_tls = server.known_security() == Some(Security::Tls);
    server
        .port
        .unwrap_or(match (server.known_protocol(), is_tls) {
            (Some(Protocol::Imap), true) => 993,
            (Some(Protocol::Imap), false) => 143,
            (Some(Protocol::Pop3), true) => 995,
            (Some(Protocol::Pop3), false) => 110,
            (Some(Protocol::Smtp), true) => 465,
            (Some(Protocol::Smtp), false) => 587,
            _ => 443,
        })
}

/// What a target that carries accounts alone leaves behind: the categories that are not among `carried`.
pub(crate) fn uncarried(bundle: &Bundle, carried: &[&str]) -> Vec<Loss> {
    let present = [
        ("accounts", !bundle.accounts.is_empty()),
        ("templates", !bundle.templates.is_empty()),
        ("quickTexts", !bundle.quick_texts.is_empty()),
        ("certificates", !bundle.certificates.is_empty()),
        ("openpgpKeys", !bundle.openpgp_keys.is_empty()),
        ("signatures", !bundle.signatures.is_empty()),
        ("tags", !bundle.tags.is_empty()),
        ("rules", !bundle.rules.is_empty()),
        ("addressBooks", !bundle.address_books.is_empty()),
        ("calendars", !bundle.calendars.is_empty()),
        ("preferences", !bundle.preferences.is_empty()),
    ];
    present
        .into_iter()
        .filter(|(category, is_there)| *is_there && !carried.contains(category))
        .map(|(category, _)| Loss::whole(category, "not-in-format"))
        .collect()
}

/// What the person will be asked for at a server: nothing, a sign-in, a password.
pub(crate) fn asked_for(server: &Server) -> Option<&'static str> {
    match server.known_auth() {
        Some(Auth::Oauth2) => Some("oauth2-sign-in-again"),
        Some(Auth::Password | Auth::PasswordEncrypted | Auth::Ntlm)
            if server.password.is_none() =>
        {
            Some("password-asked")
        }
        _ => None,
    }
}
