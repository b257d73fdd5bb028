//! Preferences to accounts, outgoing servers and identities.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::logins::{self, Login};
use super::prefs::Prefs;
use crate::bundle::account::{
    Account, Auth, Identity, OAuth2, OpenPgp, Outgoing, Protocol, Security, Server,
};
use crate::bundle::whole::Bundle;
use crate::extra::{Extra, Word};
use crate::folder_uri::FolderUri;
use crate::loss::Loss;
use crate::secret::Secret;

/// Reads accounts, servers and identities out of preferences.
pub(crate) struct Servers<'a> {
    pub(crate) prefs: &'a Prefs,
    /// `None`: secrets were not asked for.
    pub(crate) logins: Option<&'a [Login]>,
    pub(crate) losses: Vec<Loss>,
}

/// `socketType`, `try_ssl`.
fn security(number: Option<i64>) -> Security {
    match number {
        Some(3) => Security::Tls,
        Some(1 | 2) => Security::StartTls,
        _ => Security::None,
    }
}

/// `authMethod`; unset is 3.
fn auth(number: Option<i64>) -> Word<Auth> {
    Word::Known(match number {
        Some(1) => Auth::None,
        None | Some(2 | 3 | 9) => Auth::Password,
        Some(4 | 8) => Auth::PasswordEncrypted,
        Some(5) => Auth::Kerberos,
        Some(6) => Auth::Ntlm,
        Some(7) => Auth::TlsCertificate,
        Some(10) => Auth::Oauth2,
        Some(other) => return Word::Other(format!("thunderbird-{other}")),
    })
}

/// The origin of a URL: scheme and host.
pub(crate) fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    Some(format!("{scheme}://{}", authority.rsplit('@').next()?))
}

impl Servers<'_> {
    /// Fills accounts, outgoing servers and identities.
    pub(crate) fn read(&mut self, bundle: &mut Bundle) {
        let prefs = self.prefs;
        let default = prefs.text("mail.accountmanager.defaultaccount");
        for id in prefs.list("mail.accountmanager.accounts") {
            if let Some(account) = self.account(id, default == Some(id)) {
                bundle.accounts.push(account);
            }
        }
        for id in prefs.list("mail.smtpservers") {
            if let Some(outgoing) = self.outgoing(id) {
                bundle.outgoing_servers.push(outgoing);
            }
        }
        let ids: Vec<String> = bundle
            .accounts
            .iter()
            .flat_map(|account| account.identities.clone())
            .collect();
        for id in ids {
            match self.identity(&id) {
                Some(identity) => bundle.identities.push(identity),
                None => self.losses.push(Loss::of("identities", id, "no-address")),
            }
        }
    }

    /// `mail.server.serverN` of an account.
    pub(crate) fn server_key(&self, account: &str) -> Option<&str> {
        self.prefs.text(&format!("mail.account.{account}.server"))
    }

    fn account(&mut self, id: &str, is_default: bool) -> Option<Account> {
        let key = self.server_key(id)?.to_owned();
        let text = |name: &str| self.prefs.text(&format!("mail.server.{key}.{name}"));
        let protocol = match text("type") {
            Some("imap") => Protocol::Imap,
            Some("pop3") => Protocol::Pop3,
            Some("ews") => Protocol::Ews,
            Some("graph") => Protocol::Graph,
            // The folders on this computer.
            Some("none") => return None,
            Some("rss" | "nntp" | "im") => {
                self.losses
                    .push(Loss::of("accounts", id, "not-a-mail-account"));
                return None;
            }
            _ => {
                self.losses
                    .push(Loss::of("accounts", id, "protocol-not-supported"));
                return None;
            }
        };
        let incoming = self.incoming(&key, protocol);
        let identities = format!("mail.account.{id}.identities");
        let identities: Vec<String> = self.prefs.list(&identities).map(str::to_owned).collect();
        let name = text("name").map(str::to_owned);
        let address = incoming.username.clone().unwrap_or_else(|| id.to_owned());
        self.tell_secret(id, &incoming, true);
        Some(Account {
            id: id.to_owned(),
            name: name.unwrap_or(address),
            options: Some(self.options(&key, protocol)),
            folders: Some(self.folders(&key, &incoming, identities.first())),
            incoming,
            identities,
            default: is_default.then_some(true),
            extra: Extra::default(),
        })
    }

    fn tell_secret(&mut self, id: &str, server: &Server, tells_oauth: bool) {
        let reason = match server.known_auth() {
            Some(Auth::None) => return,
            Some(Auth::Oauth2) if tells_oauth => "oauth2-sign-in-again",
            Some(Auth::Oauth2) => return,
            _ if self.logins.is_none() || server.password.is_some() => return,
            _ => "no-stored-password",
        };
        self.losses.push(Loss::of("secrets", id, reason));
    }

    fn incoming(&self, key: &str, protocol: Protocol) -> Server {
        let text = |name: &str| self.prefs.text(&format!("mail.server.{key}.{name}"));
        let number = |name: &str| self.prefs.number(&format!("mail.server.{key}.{name}"));
        let mut server = Server::new(protocol, Auth::None);
        server.auth = auth(number("authMethod"));
        // Until 2021 a changed name stood beside the one that folders were named by.
        let username = text("realuserName").or_else(|| text("userName"));
        server.username = username.map(str::to_owned);
        server.oauth2 = self.oauth2(&format!("mail.server.{key}."), &server);
        if matches!(protocol, Protocol::Ews | Protocol::Graph) {
            server.url = text("ews_url").map(str::to_owned);
        } else {
            let host = text("realhostname").or_else(|| text("hostname"));
            let security = security(number("socketType"));
            server.host = host.map(str::to_owned);
            server.security = Some(security.into());
            server.port = self.port(&format!("mail.server.{key}.port"), protocol, security);
        }
        let host = text("hostname").unwrap_or_default();
        let origin = match protocol {
            Protocol::Imap => Some(format!("imap://{host}")),
            Protocol::Pop3 => Some(format!("mailbox://{host}")),
            _ => server.url.as_deref().and_then(origin),
        };
        server.password = self.password(origin.as_deref(), &server);
        server
    }

    /// Where to sign in. Of the login itself nothing is taken.
    fn oauth2(&self, prefix: &str, server: &Server) -> Option<OAuth2> {
        let text = |name: &str| self.prefs.text(&format!("{prefix}oauth2.{name}"));
        let is_oauth = server.known_auth() == Some(Auth::Oauth2);
        let issuer = text("issuer").filter(|_| is_oauth)?;
        let scopes = text("scope").unwrap_or_default().split_whitespace();
        Some(OAuth2 {
            issuer: issuer.to_owned(),
            scopes: scopes.map(str::to_owned).collect(),
            extra: Extra::default(),
        })
    }

    fn port(&self, name: &str, protocol: Protocol, security: Security) -> Option<u16> {
        let is_tls = security == Security::Tls;
        let usual = match (protocol, is_tls) {
            (Protocol::Imap, false) => 143,
            (Protocol::Imap, true) => 993,
            (Protocol::Pop3, false) => 110,
            (Protocol::Pop3, true) => 995,
            (_, true) => 465,
            (_, false) => 587,
        };
        let port = self
            .prefs
            .number(name)
            .and_then(|port| u16::try_from(port).ok());
        Some(port.filter(|port| *port > 0).unwrap_or(usual))
    }

    fn password(&self, origin: Option<&str>, server: &Server) -> Option<Secret> {
        let takes_password = matches!(
            server.known_auth(),
            Some(Auth::Password | Auth::PasswordEncrypted | Auth::Ntlm)
        );
        let username = server.username.as_deref()?;
        logins::password(self.logins?, origin.filter(|_| takes_password)?, username)
    }

    fn options(&self, key: &str, protocol: Protocol) -> Extra {
        let number = |name: &str| self.prefs.number(&format!("mail.server.{key}.{name}"));
        let flag = |name: &str| self.prefs.flag(&format!("mail.server.{key}.{name}"));
        let mut options = Map::new();
        let minutes = number("check_time")
            .filter(|minutes| *minutes > 0)
            .unwrap_or(10);
        options.insert("checkMinutes".to_owned(), Value::from(minutes));
        if protocol == Protocol::Pop3 {
            let leaves = flag("leave_on_server").unwrap_or(false);
            options.insert("leaveOnServer".to_owned(), Value::from(leaves));
            let is_limited = flag("delete_by_age_from_server").unwrap_or(false);
            let days = number("num_days_to_leave_on_server").unwrap_or(7);
            if leaves && is_limited {
                options.insert("leaveDays".to_owned(), Value::from(days));
            }
        }
        Extra(options)
    }

    /// RFC 6154 roles, as the first identity has them. A folder of another account is no role of this one.
    fn folders(
        &self,
        key: &str,
        server: &Server,
        identity: Option<&String>,
    ) -> BTreeMap<String, String> {
        let mut folders = BTreeMap::new();
        let mut put = |role: &str, uri: Option<&str>| {
            let uri = uri.and_then(FolderUri::parse);
            let is_own = |uri: &FolderUri| {
                uri.scheme == "imap"
                    && server.host.as_deref() == Some(&uri.host)
                    && server.username.as_deref() == Some(&uri.user)
            };
            if let Some(uri) = uri.filter(is_own).filter(|uri| !uri.path.is_empty()) {
                folders.insert(role.to_owned(), uri.path);
            }
        };
        if let Some(id) = identity {
            let text = |name: &str| self.prefs.text(&format!("mail.identity.{id}.{name}"));
            put("sent", text("fcc_folder"));
            put("drafts", text("draft_folder"));
            put("archive", text("archive_folder"));
            put("templates", text("stationery_folder"));
        }
        put(
            "junk",
            self.prefs
                .text(&format!("mail.server.{key}.spamActionTargetFolder")),
        );
        let trash = self
            .prefs
            .text(&format!("mail.server.{key}.trash_folder_name"));
        let is_imap = server.known_protocol() == Some(Protocol::Imap);
        if let Some(trash) = trash.filter(|_| is_imap) {
            folders.insert("trash".to_owned(), trash.to_owned());
        }
        folders
    }

    fn outgoing(&mut self, id: &str) -> Option<Outgoing> {
        let prefix = format!("mail.smtpserver.{id}.");
        // Thunderbird 153 keeps Exchange's here, under names of its own; older ones with the others.
        let newer = format!("mail.outgoingserver.{id}.");
        let either = |newer_name: &str, name: &str| {
            [format!("{newer}{newer_name}"), format!("{prefix}{name}")]
        };
        let text = |name: &str| {
            let [newer, older] = either(name, name);
            self.prefs.text(&newer).or_else(|| self.prefs.text(&older))
        };
        let number = |name: &str| self.prefs.number(&format!("{prefix}{name}"));
        let auth_method = either("auth_method", "authMethod");
        let auth_method = auth_method.iter().find_map(|name| self.prefs.number(name));
        let protocol = match text("type") {
            Some("smtp") | None => Protocol::Smtp,
            Some("ews") => Protocol::Ews,
            Some("graph") => Protocol::Graph,
            Some(_) => {
                self.losses
                    .push(Loss::of("outgoingServers", id, "protocol-not-supported"));
                return None;
            }
        };
        let mut server = Server::new(protocol, Auth::None);
        server.username = text("username").map(str::to_owned);
        server.auth = match (auth_method, &server.username) {
            // Without a name Thunderbird does not log in.
            (None, None) => Auth::None.into(),
            (number, _) => auth(number),
        };
        server.oauth2 = self.oauth2(&prefix, &server);
        let origin = if protocol == Protocol::Smtp {
            let security = security(number("try_ssl"));
            server.host = text("hostname").map(str::to_owned);
            server.security = Some(security.into());
            server.port = self.port(&format!("{prefix}port"), protocol, security);
            server.host.as_ref().map(|host| format!("smtp://{host}"))
        } else {
            server.url = text("ews_url").map(str::to_owned);
            server.url.as_deref().and_then(origin)
        };
        server.password = self.password(origin.as_deref(), &server);
        let name = text("description").map(str::to_owned);
        self.tell_secret(id, &server, false);
        Some(Outgoing {
            id: id.to_owned(),
            name,
            server,
        })
    }

    fn identity(&self, id: &str) -> Option<Identity> {
        let text = |name: &str| self.prefs.text(&format!("mail.identity.{id}.{name}"));
        let flag = |name: &str| self.prefs.flag(&format!("mail.identity.{id}.{name}"));
        let own = |name: &str| text(name).map(str::to_owned);
        let default = self.prefs.text("mail.smtp.defaultserver");
        let bcc = text("doBccList")
            .filter(|_| flag("doBcc") == Some(true))
            .unwrap_or_default();
        let bcc = bcc
            .split(',')
            .map(str::trim)
            .filter(|address| !address.is_empty());
        let is_html = flag("compose_html").unwrap_or(true);
        let is_above = self
            .prefs
            .number(&format!("mail.identity.{id}.reply_on_top"))
            == Some(1);
        let compose = [
            ("format", if is_html { "html" } else { "text" }),
            ("replyPosition", if is_above { "above" } else { "below" }),
        ];
        let compose = compose.map(|(key, word)| (key.to_owned(), Value::from(word)));
        Some(Identity {
            id: id.to_owned(),
            name: own("fullName"),
            email: own("useremail")?,
            organization: own("organization"),
            label: own("label"),
            reply_to: own("reply_to"),
            outgoing: text("smtpServer").or(default).map(str::to_owned),
            bcc: bcc.map(str::to_owned).collect(),
            openpgp: own("openpgp_key_id").map(|key_id| OpenPgp {
                key_id: Some(key_id),
                ..OpenPgp::default()
            }),
            compose: Some(Extra(compose.into_iter().collect())),
            ..Identity::default()
        })
    }
}
