//! `logins.json`: names and passwords, sealed under a key of `key4.db`.

use data_encoding::BASE64;
use serde::Deserialize;

use super::nss::Keys;
use crate::extra::List;
use crate::loss::Loss;
use crate::secret::Secret;

/// A login that was opened.
pub(crate) struct Login {
    /// `imap://host`, `smtp://host`, `mailbox://host` (POP3), `https://host`.
    pub(crate) origin: String,
    pub(crate) username: String,
    pub(crate) password: Secret,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    hostname: String,
    encrypted_username: String,
    encrypted_password: String,
}

#[derive(Default, Deserialize)]
struct File {
    #[serde(default)]
    logins: List<Stored>,
}

/// Opens the logins of a file. Refresh tokens of OAuth stay sealed: they belong to Thunderbird, and nothing
/// else may use them. `None` if the file is not JSON.
pub(crate) fn open(file: &[u8], keys: &Keys) -> Option<(Vec<Login>, Vec<Loss>)> {
    let file: File = serde_json::from_slice(file).ok()?;
    let mut logins = Vec::new();
    let mut losses = Vec::new();
    // A tombstone of a deleted login has no sealed texts, and so counts as unread.
    for stored in file
        .logins
        .iter()
        .filter(|stored| !stored.hostname.starts_with("oauth:"))
    {
        let text = |sealed: &str| {
            let sealed = BASE64.decode(sealed.as_bytes()).ok()?;
            let opened = keys.open_text(&sealed)?;
            std::str::from_utf8(&opened).ok().map(str::to_owned)
        };
        let username = text(&stored.encrypted_username);
        let password = text(&stored.encrypted_password).map(Secret::new);
        match (username, password) {
            (Some(username), Some(password)) => {
                logins.push(Login {
                    origin: stored.hostname.clone(),
                    username,
                    password,
                });
            }
            _ => losses.push(Loss::of("secrets", &stored.hostname, "not-decryptable")),
        }
    }
    Some((logins, losses))
}

/// The password for a server: the login of this user there.
pub(crate) fn password(logins: &[Login], origin: &str, username: &str) -> Option<Secret> {
    let is_there = |login: &&Login| login.origin.eq_ignore_ascii_case(origin);
    let found = logins
        .iter()
        .filter(is_there)
        .find(|login| login.username == username);
    found.map(|login| login.password.clone())
}
