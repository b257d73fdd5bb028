//! Texts of scanned codes to bundle.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::bundle::account::{Account, Auth, Identity, Outgoing, Protocol, Security, Server};
use crate::bundle::stamp::Stamp;
use crate::bundle::whole::{Bundle, Opened};
use crate::extra::Extra;
use crate::loss::Loss;
use crate::secret::Secret;

/// Why texts are no codes that belong together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something else was scanned.
    #[error(
        "this is no account code of Thunderbird; scan the one that its \"Export for mobile\" shows"
    )]
    NotACode,
    /// A later format.
    #[error("this code has version {version}, this program reads version 1; update the program")]
    OtherVersion {
        /// As the code says.
        version: u64,
    },
    /// Codes of different exports.
    #[error("these codes belong to different exports; scan all parts of one export")]
    Mixed,
    /// Not yet all.
    #[error("part {part} of {parts} is missing; scan it too")]
    PartMissing {
        /// Counted from 1.
        part: u64,
        /// In all.
        parts: u64,
    },
}

/// More parts than anybody scans.
const MOST_PARTS: u64 = 100;

/// Reads the codes of one export, in any order; a part may come twice.
///
/// # Errors
/// What is no such code, and parts that are missing.
pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>, stamp: &Stamp) -> Result<Opened, Error> {
    let mut parts: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    let mut total = None;
    for text in texts {
        let (part, of, accounts) = code(text)?;
        if total.is_some_and(|total| total != of) {
            return Err(Error::Mixed);
        }
        total = Some(of);
        if parts.get(&part).is_some_and(|other| *other != accounts) {
            return Err(Error::Mixed);
        }
        parts.insert(part, accounts);
    }
    let total = total.ok_or(Error::NotACode)?;
    if let Some(part) = (1..=total).find(|part| !parts.contains_key(part)) {
        return Err(Error::PartMissing { part, parts: total });
    }
    let mut bundle = Bundle::new(&stamp.id, &stamp.created, "thunderbird");
    let mut notes = Vec::new();
    for pair in parts.values().flat_map(|accounts| accounts.chunks(2)) {
        let number = bundle.accounts.iter().count() + 1;
        if account(&mut bundle, number, pair).is_none() {
            notes.push(Loss::of("accounts", number.to_string(), "not-understood"));
        }
    }
    Ok(Opened { bundle, notes })
}

/// Its part, the number of parts, and what follows.
fn code(text: &str) -> Result<(u64, u64, Vec<Value>), Error> {
    let value: Value = serde_json::from_str(text.trim()).map_err(|_| Error::NotACode)?;
    let Value::Array(mut members) = value else {
        return Err(Error::NotACode);
    };
    let version = members
        .first()
        .and_then(Value::as_u64)
        .ok_or(Error::NotACode)?;
    if version != 1 {
        return Err(Error::OtherVersion { version });
    }
    let counter = members
        .get(1)
        .and_then(Value::as_array)
        .ok_or(Error::NotACode)?;
    let number = |at: usize| {
        counter
            .get(at)
            .and_then(Value::as_u64)
            .ok_or(Error::NotACode)
    };
    let (part, parts) = (number(0)?, number(1)?);
    if part == 0 || part > parts || parts > MOST_PARTS || members.len() < 4 {
        return Err(Error::NotACode);
    }
    Ok((part, parts, members.split_off(2)))
}

fn account(bundle: &mut Bundle, number: usize, pair: &[Value]) -> Option<()> {
    let [incoming, groups] = pair else {
        return None;
    };
    let incoming_members = incoming.as_array()?;
    let protocol = match incoming_members.first()?.as_u64()? {
        0 => Protocol::Imap,
        1 => Protocol::Pop3,
        _ => return None,
    };
    let mut account_server = server(incoming_members, protocol)?;
    account_server.password = secret(incoming_members.get(7));
    let name = incoming_members
        .get(6)
        .and_then(Value::as_str)
        .filter(|name| !name.is_empty());
    let mut identities = Vec::new();
    for group in groups.as_array()? {
        let (leaving, people) = group.as_array()?.split_first()?;
        let leaving_members = leaving.as_array()?;
        let mut leaving_server = server(leaving_members, Protocol::Smtp)?;
        leaving_server.password = secret(leaving_members.get(6));
        let id = format!("smtp{}", bundle.outgoing_servers.iter().count() + 1);
        for person in people {
            let identity = Identity {
                id: format!("id{}", bundle.identities.iter().count() + 1),
                email: person.get(0)?.as_str()?.to_owned(),
                name: person.get(1).and_then(Value::as_str).map(str::to_owned),
                outgoing: Some(id.clone()),
                ..Identity::default()
            };
            identities.push(identity.id.clone());
            bundle.identities.push(identity);
        }
        bundle.outgoing_servers.push(Outgoing {
            id,
            name: None,
            server: leaving_server,
        });
    }
    let address = account_server.username.clone().unwrap_or_default();
    bundle.accounts.push(Account {
        id: format!("account{number}"),
        name: name.map_or(address, str::to_owned),
        incoming: account_server,
        identities,
        default: (number == 1).then_some(true),
        options: None,
        folders: None,
        extra: Extra::default(),
    });
    Some(())
}

fn secret(value: Option<&Value>) -> Option<Secret> {
    let text = value
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())?;
    Some(Secret::new(text.to_owned()))
}

fn server(members: &[Value], protocol: Protocol) -> Option<Server> {
    let auth = match members.get(4)?.as_u64()? {
        0 => Auth::None,
        1 => Auth::Password,
        2 => Auth::PasswordEncrypted,
        3 => Auth::Kerberos,
        4 => Auth::Ntlm,
        5 => Auth::TlsCertificate,
        6 => Auth::Oauth2,
        _ => return None,
    };
    let security = match members.get(3)?.as_u64()? {
        0 => Security::None,
        // 1 was "STARTTLS if offered"; the app takes it for STARTTLS.
        1 | 2 => Security::StartTls,
        3 => Security::Tls,
        _ => return None,
    };
    let mut server = Server::new(protocol, auth);
    server.host = Some(
        members
            .get(1)?
            .as_str()
            .filter(|host| !host.is_empty())?
            .to_owned(),
    );
    server.port = Some(
        u16::try_from(members.get(2)?.as_u64()?)
            .ok()
            .filter(|port| *port > 0)?,
    );
    server.security = Some(security.into());
    server.username = members.get(5).and_then(Value::as_str).map(str::to_owned);
    Some(server)
}
