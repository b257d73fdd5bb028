//! Bundle to the texts of one or more codes.

use serde_json::{Value, json};

use crate::bundle::account::{Account, Auth, Protocol, Security, Server};
use crate::bundle::whole::Bundle;
use crate::loss::Loss;
use crate::sending;

/// Thunderbird's own number, too; a fourth account makes the code hard to scan.
const MOST_ACCOUNTS: usize = 3;
/// In bytes: what fits a code of 69 modules at level L, and so scans from a screen.
const LONGEST: usize = 400;

/// The texts of the codes in their order, and what they do not carry.
#[derive(Debug)]
pub struct Written {
    /// One JSON text for each code.
    pub codes: Vec<String>,
    /// What stays behind.
    pub losses: Vec<Loss>,
}

/// Writes the accounts that the app takes: one bad one, and it would refuse the whole code.
#[must_use]
pub fn write(bundle: &Bundle) -> Written {
    let mut losses = Vec::new();
    let mut accounts = Vec::new();
    for account in bundle.accounts.iter() {
        match entry(bundle, account, &mut losses) {
            Ok(entry) => accounts.push(entry),
            Err(reason) => losses.push(Loss::of("accounts", &account.id, reason)),
        }
    }
    losses.extend(sending::uncarried(bundle, &["accounts"]));
    Written {
        codes: codes(&accounts),
        losses,
    }
}

/// `IN,[GROUP]` of one account, as text. Only the first group is written: the app reads no other.
fn entry(
    bundle: &Bundle,
    account: &Account,
    losses: &mut Vec<Loss>,
) -> Result<String, &'static str> {
    let protocol = match account.incoming.known_protocol() {
        Some(Protocol::Imap) => 0,
        Some(Protocol::Pop3) => 1,
        _ => return Err("protocol-not-supported"),
    };
    let sender = sending::first_sender(bundle, account).ok_or("no-usable-identity")?;
    let outgoing = &sender.outgoing.server;
    if outgoing.known_protocol() != Some(Protocol::Smtp) {
        return Err("outgoing-protocol-not-supported");
    }
    let mut incoming = server(protocol, &account.incoming)?;
    incoming.push(json!(account.name));
    incoming.push(json!(password(&account.incoming)));
    let mut leaving = server(0, outgoing)?;
    leaving.push(json!(password(outgoing)));
    let mut group = vec![Value::Array(leaving)];
    for identity in bundle.identities_of(account) {
        let reason = if !sending::is_plain_address(&identity.email) {
            "address-not-supported"
        } else if identity.outgoing != sender.identity.outgoing {
            "other-outgoing-server"
        } else {
            let name = identity.name.as_deref().unwrap_or(&identity.email);
            group.push(json!([identity.email, name]));
            continue;
        };
        losses.push(Loss::of("identities", &identity.id, reason));
    }
    let servers = [
        (&account.id, &account.incoming),
        (&sender.outgoing.id, outgoing),
    ];
    for (id, server) in servers {
        losses.extend(sending::asked_for(server).map(|reason| Loss::of("secrets", id, reason)));
    }
    Ok(format!("{},{}", Value::Array(incoming), json!([group])))
}

/// An absent password is "": `null` makes the app drop the whole code.
fn password(server: &Server) -> &str {
    let is_token = server.known_auth() == Some(Auth::Oauth2);
    server
        .password
        .as_ref()
        .filter(|_| !is_token)
        .map_or("", |password| password.expose())
}

/// `protocol, host, port, security, auth, user`
fn server(protocol: u8, server: &Server) -> Result<Vec<Value>, &'static str> {
    let host = server
        .host
        .as_deref()
        .filter(|host| !host.is_empty())
        .ok_or("server-incomplete")?;
    let security = match server.known_security().ok_or("server-incomplete")? {
        Security::None => 0,
        Security::StartTls => 2,
        Security::Tls => 3,
    };
    let auth = match server.known_auth().ok_or("authentication-not-supported")? {
        Auth::None => 0,
        Auth::Password => 1,
        Auth::PasswordEncrypted => 2,
        Auth::Oauth2 => 6,
        // The app knows numbers for these, and offers none of them.
        Auth::Kerberos | Auth::Ntlm | Auth::TlsCertificate => {
            return Err("authentication-not-supported");
        }
    };
    let user = server.username.as_deref().unwrap_or_default();
    let port = sending::port_of(server);
    Ok(vec![
        json!(protocol),
        json!(host),
        json!(port),
        json!(security),
        json!(auth),
        json!(user),
    ])
}

fn codes(accounts: &[String]) -> Vec<String> {
    let mut parts: Vec<Vec<&str>> = Vec::new();
    for account in accounts {
        let fits = parts.last().is_some_and(|part| {
            let length: usize = part.iter().map(|account| account.len() + 1).sum();
            // `[1,[1,2]` and the closing bracket.
            part.len() < MOST_ACCOUNTS && length + account.len() + 1 + 9 <= LONGEST
        });
        match parts.last_mut().filter(|_| fits) {
            Some(part) => part.push(account),
            None => parts.push(vec![account]),
        }
    }
    let count = parts.len();
    let numbered = parts.iter().enumerate();
    numbered
        .map(|(at, part)| format!("[1,[{},{count}],{}]", at + 1, part.join(",")))
        .collect()
}
