//! Accounts, outgoing servers, identities and signatures as preferences.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::bundle::account::{Account, Auth, Identity, Outgoing, Protocol, Security, Server};
use crate::bundle::whole::Bundle;
use crate::file::safe_name;
use crate::folder_uri::FolderUri;
use crate::html;
use crate::loss::Loss;
use crate::sending;
use crate::thunderbird::prefs::{Prefs, Value};

/// The folders on this computer.
pub(crate) const LOCAL: &str = "server1";
pub(crate) const LOCAL_FOLDER: &str = "Mail/Local Folders";

/// Writes preferences, and remembers which account got which folder.
pub(crate) struct Servers<'a> {
    pub(crate) bundle: &'a Bundle,
    pub(crate) prefs: Prefs,
    pub(crate) losses: Vec<Loss>,
    /// Account's id in the bundle to its folder in the profile.
    pub(crate) folders: BTreeMap<String, String>,
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn security(server: &Server) -> i64 {
    match server.known_security() {
        Some(Security::Tls) => 3,
        Some(Security::StartTls) => 2,
        _ => 0,
    }
}

fn auth(server: &Server) -> Option<i64> {
    Some(match server.known_auth()? {
        Auth::None => 1,
        Auth::Password => 3,
        Auth::PasswordEncrypted => 4,
        Auth::Kerberos => 5,
        Auth::Ntlm => 6,
        Auth::TlsCertificate => 7,
        Auth::Oauth2 => 10,
    })
}

/// The host of a URL.
fn host_of(url: &str) -> Option<&str> {
    let authority = url.split_once("://")?.1.split('/').next()?;
    authority.rsplit('@').next()?.split(':').next()
}

impl Servers<'_> {
    fn set(&mut self, name: String, value: Value) {
        self.prefs.set(name, value);
    }

    fn set_text(&mut self, name: String, value: Option<&str>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.prefs.set(name, text(value));
        }
    }

    /// All of it. The first account is the local one's second: its server is [`LOCAL`].
    pub(crate) fn write(&mut self) {
        let bundle = self.bundle;
        let outgoing = self.outgoing_servers();
        let mut ids = Vec::new();
        let mut default = None;
        for account in bundle.accounts.iter() {
            let id = format!("account{}", ids.len() + 1);
            let server = format!("server{}", ids.len() + 2);
            if let Err(reason) = self.server(&server, account) {
                self.losses.push(Loss::of("accounts", &account.id, reason));
                continue;
            }
            if account.default == Some(true) || default.is_none() {
                default = Some(id.clone());
            }
            let identities = self.identities(account, &outgoing);
            self.set(format!("mail.account.{id}.server"), text(&server));
            self.set_text(
                format!("mail.account.{id}.identities"),
                Some(&identities.join(",")),
            );
            ids.push(id);
        }
        let local = format!("account{}", ids.len() + 1);
        self.set(format!("mail.account.{local}.server"), text(LOCAL));
        ids.push(local);
        let last = i64::try_from(ids.len()).unwrap_or_default();
        self.set("mail.account.lastKey".to_owned(), Value::Number(last));
        self.set(
            "mail.accountmanager.accounts".to_owned(),
            text(&ids.join(",")),
        );
        self.set_text(
            "mail.accountmanager.defaultaccount".to_owned(),
            default.as_deref(),
        );
        self.local_folders();
    }

    fn local_folders(&mut self) {
        let values = [
            ("directory-rel", "[ProfD]Mail/Local Folders"),
            ("hostname", "Local Folders"),
            ("name", "Local Folders"),
            ("storeContractID", "@mozilla.org/msgstore/berkeleystore;1"),
            ("type", "none"),
            ("userName", "nobody"),
        ];
        for (name, value) in values {
            self.set(format!("mail.server.{LOCAL}.{name}"), text(value));
        }
        self.set(
            "mail.accountmanager.localfoldersserver".to_owned(),
            text(LOCAL),
        );
    }

    /// Id in the bundle to the key in the profile.
    fn outgoing_servers(&mut self) -> BTreeMap<String, String> {
        let bundle = self.bundle;
        let mut keys = BTreeMap::new();
        let mut names = Vec::new();
        for outgoing in bundle.outgoing_servers.iter() {
            let key = format!("smtp{}", names.len() + 1);
            match self.outgoing(&key, outgoing) {
                Ok(()) => {
                    names.push(key.clone());
                    keys.insert(outgoing.id.clone(), key);
                }
                Err(reason) => {
                    self.losses
                        .push(Loss::of("outgoingServers", &outgoing.id, reason));
                }
            }
        }
        self.set_text("mail.smtpservers".to_owned(), Some(&names.join(",")));
        self.set_text(
            "mail.smtp.defaultserver".to_owned(),
            names.first().map(String::as_str),
        );
        keys
    }

    fn outgoing(&mut self, key: &str, outgoing: &Outgoing) -> Result<(), &'static str> {
        let server = &outgoing.server;
        let auth = auth(server).ok_or("authentication-not-supported")?;
        let name = |name: &str| format!("mail.smtpserver.{key}.{name}");
        match server.known_protocol() {
            Some(Protocol::Smtp) => {
                let host = server.host.as_deref().ok_or("server-incomplete")?;
                self.set(name("type"), text("smtp"));
                self.set(name("hostname"), text(host));
                let port = i64::from(sending::port_of(server));
                self.set(name("port"), Value::Number(port));
                self.set(name("try_ssl"), Value::Number(security(server)));
            }
            Some(Protocol::Ews) => {
                let url = server.url.as_deref().ok_or("server-incomplete")?;
                self.set(name("type"), text("ews"));
                self.set(name("ews_url"), text(url));
                // Thunderbird 153 looks here, under names of its own.
                let name = |name: &str| format!("mail.outgoingserver.{key}.{name}");
                self.set(name("ews_url"), text(url));
                self.set(name("auth_method"), Value::Number(auth));
                self.set_text(name("username"), server.username.as_deref());
                self.set_text(name("description"), outgoing.name.as_deref());
            }
            _ => return Err("protocol-not-supported"),
        }
        self.set(name("authMethod"), Value::Number(auth));
        self.set_text(name("username"), server.username.as_deref());
        self.set_text(name("description"), outgoing.name.as_deref());
        self.oauth2(&name(""), server);
        Ok(())
    }

    fn oauth2(&mut self, prefix: &str, server: &Server) {
        if let Some(oauth2) = &server.oauth2 {
            self.set(format!("{prefix}oauth2.issuer"), text(&oauth2.issuer));
            self.set_text(
                format!("{prefix}oauth2.scope"),
                Some(&oauth2.scopes.join(" ")),
            );
        }
    }

    fn server(&mut self, key: &str, account: &Account) -> Result<(), &'static str> {
        let server = &account.incoming;
        let auth = auth(server).ok_or("authentication-not-supported")?;
        let (kind, host, port, socket) = match server.known_protocol() {
            Some(Protocol::Imap) => (
                "imap",
                server.host.as_deref(),
                sending::port_of(server),
                security(server),
            ),
            Some(Protocol::Pop3) => (
                "pop3",
                server.host.as_deref(),
                sending::port_of(server),
                security(server),
            ),
            Some(Protocol::Ews) => ("ews", server.url.as_deref().and_then(host_of), 443, 3),
            _ => return Err("protocol-not-supported"),
        };
        let host = host
            .filter(|host| !host.is_empty())
            .ok_or("server-incomplete")?;
        let name = |name: &str| format!("mail.server.{key}.{name}");
        let folder = self.folder(kind, host);
        self.folders.insert(account.id.clone(), folder.clone());
        self.set(name("type"), text(kind));
        self.set(name("hostname"), text(host));
        self.set(name("port"), Value::Number(i64::from(port)));
        self.set(name("socketType"), Value::Number(socket));
        self.set(name("authMethod"), Value::Number(auth));
        self.set(name("directory-rel"), text(&format!("[ProfD]{folder}")));
        self.set(name("name"), text(&account.name));
        self.set(
            name("storeContractID"),
            text("@mozilla.org/msgstore/berkeleystore;1"),
        );
        self.set_text(name("userName"), server.username.as_deref());
        if kind == "ews" {
            self.set_text(name("ews_url"), server.url.as_deref());
        }
        self.oauth2(&name(""), server);
        self.options(key, account);
        let reason = match server.known_auth() {
            Some(Auth::Oauth2) => Some("oauth2-sign-in-again"),
            Some(Auth::Password | Auth::PasswordEncrypted | Auth::Ntlm) => Some("password-asked"),
            _ => None,
        };
        self.losses
            .extend(reason.map(|reason| Loss::of("secrets", &account.id, reason)));
        Ok(())
    }

    /// A folder that no other account has.
    fn folder(&self, kind: &str, host: &str) -> String {
        let outer = if kind == "imap" { "ImapMail" } else { "Mail" };
        let base = format!("{outer}/{}", safe_name(host));
        let mut folder = base.clone();
        let mut number = 1;
        while self.folders.values().any(|known| *known == folder) {
            folder = format!("{base}-{number}");
            number += 1;
        }
        folder
    }

    fn options(&mut self, key: &str, account: &Account) {
        let name = |name: &str| format!("mail.server.{key}.{name}");
        let option = |name: &str| account.options.as_ref().and_then(|o| o.0.get(name));
        let minutes = option("checkMinutes").and_then(Json::as_i64);
        let leaves = option("leaveOnServer").and_then(Json::as_bool);
        let days = option("leaveDays").and_then(Json::as_i64);
        self.set(name("check_new_mail"), Value::Flag(true));
        self.set(name("login_at_startup"), Value::Flag(true));
        if let Some(minutes) = minutes.filter(|minutes| (1..=10_000).contains(minutes)) {
            self.set(name("check_time"), Value::Number(minutes));
        }
        if let Some(leaves) = leaves {
            self.set(name("leave_on_server"), Value::Flag(leaves));
        }
        if let Some(days) = days.filter(|days| (1..=10_000).contains(days)) {
            self.set(name("delete_by_age_from_server"), Value::Flag(true));
            self.set(name("num_days_to_leave_on_server"), Value::Number(days));
        }
        let trash = account
            .folders
            .as_ref()
            .and_then(|folders| folders.get("trash"));
        self.set_text(name("trash_folder_name"), trash.map(String::as_str));
    }

    /// Keys of the identities in the profile. One that two accounts share is written twice, as Thunderbird
    /// keeps them.
    fn identities(
        &mut self,
        account: &Account,
        outgoing: &BTreeMap<String, String>,
    ) -> Vec<String> {
        let bundle = self.bundle;
        let mut keys = Vec::new();
        for identity in bundle.identities_of(account) {
            let key = format!(
                "id{}",
                self.prefs.keys("mail.identity.", ".useremail").count() + 1
            );
            self.identity(&key, identity, outgoing);
            self.signature(&key, identity);
            self.roles(&key, account);
            keys.push(key);
        }
        keys
    }

    fn identity(&mut self, key: &str, identity: &Identity, outgoing: &BTreeMap<String, String>) {
        let name = |name: &str| format!("mail.identity.{key}.{name}");
        self.set(name("useremail"), text(&identity.email));
        self.set(name("valid"), Value::Flag(true));
        self.set_text(name("fullName"), identity.name.as_deref());
        self.set_text(name("organization"), identity.organization.as_deref());
        self.set_text(name("label"), identity.label.as_deref());
        self.set_text(name("reply_to"), identity.reply_to.as_deref());
        let server = identity.outgoing.as_ref().and_then(|id| outgoing.get(id));
        self.set_text(name("smtpServer"), server.map(String::as_str));
        if !identity.bcc.is_empty() {
            self.set(name("doBcc"), Value::Flag(true));
            self.set(name("doBccList"), text(&identity.bcc.join(", ")));
        }
        let compose = |word: &str| {
            identity
                .compose
                .as_ref()
                .and_then(|c| c.0.get(word))
                .and_then(Json::as_str)
        };
        if let Some(format) = compose("format") {
            self.set(name("compose_html"), Value::Flag(format != "text"));
        }
        if compose("replyPosition") == Some("above") {
            self.set(name("reply_on_top"), Value::Number(1));
            self.set(name("sig_bottom"), Value::Flag(false));
        }
        if let Some(smime) = &identity.smime {
            // Without the key, which the person imports, signing by default would stop every mail.
            let wished = smime.sign_certificate.is_some() || smime.encrypt_certificate.is_some();
            let reason = wished.then_some("choose-certificate-after-import");
            self.losses
                .extend(reason.map(|reason| Loss::of("identities", &identity.id, reason)));
        }
        let openpgp = identity
            .openpgp
            .as_ref()
            .and_then(|openpgp| openpgp.key_id.as_deref());
        if openpgp.is_some() {
            let reason = "choose-openpgp-key-after-import";
            self.losses
                .push(Loss::of("identities", &identity.id, reason));
        }
    }

    fn signature(&mut self, key: &str, identity: &Identity) {
        let Some(signature) = self.bundle.signature_of(identity) else {
            return;
        };
        let html = signature.html.as_ref();
        let html = html.map(|html| html::images_from_blobs(html, &self.bundle.blobs));
        let is_html = html.is_some();
        let written = html.or_else(|| signature.text.clone());
        self.set_text(
            format!("mail.identity.{key}.htmlSigText"),
            written.as_deref(),
        );
        self.set(
            format!("mail.identity.{key}.htmlSigFormat"),
            Value::Flag(is_html),
        );
    }

    /// Which folders of the account are for what.
    fn roles(&mut self, key: &str, account: &Account) {
        let server = &account.incoming;
        let roles = [
            ("sent", "fcc_folder"),
            ("drafts", "draft_folder"),
            ("archive", "archive_folder"),
        ];
        let is_imap = server.known_protocol() == Some(Protocol::Imap);
        for (role, name) in roles.into_iter().filter(|_| is_imap) {
            let path = account
                .folders
                .as_ref()
                .and_then(|folders| folders.get(role));
            if let Some(path) = path {
                let uri = FolderUri {
                    scheme: "imap".to_owned(),
                    user: server.username.clone().unwrap_or_default(),
                    host: server.host.clone().unwrap_or_default(),
                    path: path.clone(),
                };
                self.set(format!("mail.identity.{key}.{name}"), text(&uri.write()));
            }
        }
        let templates = "mailbox://nobody@Local%20Folders/Templates";
        if !self.bundle.templates.is_empty() {
            self.set(
                format!("mail.identity.{key}.stationery_folder"),
                text(templates),
            );
        }
    }
}
