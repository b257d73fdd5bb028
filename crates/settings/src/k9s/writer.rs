//! Bundle to `.k9s`.

use serde_json::Value;

use crate::bundle::account::{Account, Auth, Identity, Protocol, Security, Server};
use crate::bundle::content::Signature;
use crate::bundle::whole::Bundle;
use crate::html;
use crate::loss::Loss;
use crate::sending::{self, Sender};
use crate::uuid;
use crate::xml::escape;

/// The version that the app's own QR importer writes; every app that is in use reads it.
const VERSION: u32 = 99;
/// The first version with HTML signatures. Older apps would show the tags.
const VERSION_WITH_HTML: u32 = 111;

/// RFC 6838 media type that the app registers.
pub const MEDIA_TYPE: &str = "application/x-k9settings";

/// How signatures go along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signatures {
    /// As text: every app reads it.
    #[default]
    Text,
    /// As HTML: for apps with settings version 111 and later.
    Html,
}

/// A file, and what it does not carry.
#[derive(Debug)]
pub struct Written {
    /// UTF-8 XML.
    pub bytes: Vec<u8>,
    /// What stays behind.
    pub losses: Vec<Loss>,
}

struct Writer<'a> {
    bundle: &'a Bundle,
    signatures: Signatures,
    text: String,
    depth: usize,
    losses: Vec<Loss>,
}

/// Writes the accounts that the app can take.
#[must_use]
pub fn write(bundle: &Bundle, signatures: Signatures) -> Written {
    let version = match signatures {
        Signatures::Text => VERSION,
        Signatures::Html => VERSION_WITH_HTML,
    };
    let mut writer = Writer {
        bundle,
        signatures,
        text: "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n".to_owned(),
        depth: 0,
        losses: Vec::new(),
    };
    writer.open(&format!("k9settings version=\"{version}\" format=\"1\""));
    writer.open("accounts");
    for account in bundle.accounts.iter() {
        match accepted(bundle, account) {
            Ok(taken) => writer.account(account, taken),
            Err(reason) => writer
                .losses
                .push(Loss::of("accounts", &account.id, reason)),
        }
    }
    writer.close("accounts");
    writer.close("k9settings");
    writer
        .losses
        .extend(sending::uncarried(bundle, &["accounts", "signatures"]));
    Written {
        bytes: writer.text.into_bytes(),
        losses: writer.losses,
    }
}

struct Taken<'a> {
    sender: Sender<'a>,
    kind: &'static str,
    incoming_auth: &'static str,
    outgoing_auth: &'static str,
}

fn accepted<'a>(bundle: &'a Bundle, account: &'a Account) -> Result<Taken<'a>, &'static str> {
    let kind = match account.incoming.known_protocol() {
        Some(Protocol::Imap) => "IMAP",
        Some(Protocol::Pop3) => "POP3",
        _ => return Err("protocol-not-supported"),
    };
    let incoming_auth = authentication(&account.incoming).ok_or("authentication-not-supported")?;
    let sender = sending::first_sender(bundle, account).ok_or("no-usable-identity")?;
    let outgoing = &sender.outgoing.server;
    if outgoing.known_protocol() != Some(Protocol::Smtp) {
        return Err("outgoing-protocol-not-supported");
    }
    let outgoing_auth = authentication(outgoing).ok_or("authentication-not-supported")?;
    let has_hosts = [&account.incoming, outgoing].iter().all(|server| {
        server.host.as_ref().is_some_and(|host| !host.is_empty()) && security(server).is_some()
    });
    if !has_hosts {
        return Err("server-incomplete");
    }
    Ok(Taken {
        sender,
        kind,
        incoming_auth,
        outgoing_auth,
    })
}

fn authentication(server: &Server) -> Option<&'static str> {
    match server.known_auth()? {
        Auth::None => Some("NONE"),
        Auth::Password => Some("PLAIN"),
        Auth::PasswordEncrypted => Some("CRAM_MD5"),
        Auth::TlsCertificate => Some("EXTERNAL"),
        Auth::Oauth2 => Some("XOAUTH2"),
        Auth::Kerberos | Auth::Ntlm => None,
    }
}

fn security(server: &Server) -> Option<&'static str> {
    match server.known_security()? {
        Security::None => Some("NONE"),
        Security::StartTls => Some("STARTTLS_REQUIRED"),
        Security::Tls => Some("SSL_TLS_REQUIRED"),
    }
}

/// The intervals that the app offers, in minutes: the shortest that is not shorter than wished.
fn interval(minutes: Option<u64>) -> u64 {
    let offered = [15, 30, 60, 120, 180, 360, 720, 1440];
    let wished = minutes.unwrap_or(15);
    offered
        .into_iter()
        .find(|minutes| *minutes >= wished)
        .unwrap_or(1440)
}

/// What the reader kept of an account that came from the app.
fn own_settings(account: &Account) -> impl Iterator<Item = (String, String)> {
    let kept = account
        .options
        .as_ref()
        .and_then(|options| options.0.get("x-k9"));
    let kept = kept.and_then(Value::as_object).into_iter().flatten();
    kept.filter_map(|(key, value)| {
        let is_key = !key.is_empty() && key.bytes().all(|c| c.is_ascii_alphanumeric());
        Some((key.clone(), value.as_str().filter(|_| is_key)?.to_owned()))
    })
}

impl Writer<'_> {
    fn line(&mut self, line: &str) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn open(&mut self, tag: &str) {
        self.line(&format!("<{tag}>"));
        self.depth += 1;
    }

    fn close(&mut self, tag: &str) {
        self.depth -= 1;
        self.line(&format!("</{tag}>"));
    }

    fn element(&mut self, tag: &str, text: &str) {
        self.line(&format!("<{tag}>{}</{tag}>", escape(text)));
    }

    fn value(&mut self, key: &str, text: &str) {
        self.line(&format!("<value key=\"{key}\">{}</value>", escape(text)));
    }

    fn account(&mut self, account: &Account, taken: Taken<'_>) {
        // The app's own id first: importing its own export again means the same account.
        let uuid = match uuid::is_uuid(&account.id) {
            true => account.id.to_lowercase(),
            false => uuid::derive_uuid(&self.bundle.id, &account.id),
        };
        self.open(&format!("account uuid=\"{uuid}\""));
        self.element("name", &account.name);
        let kind = format!("incoming-server type=\"{}\"", taken.kind);
        self.server(&kind, &account.incoming, taken.incoming_auth);
        let outgoing = taken.sender.outgoing;
        self.server(
            "outgoing-server type=\"SMTP\"",
            &outgoing.server,
            taken.outgoing_auth,
        );
        self.settings(account);
        self.identities(account, &outgoing.id);
        self.close("account");
        for (id, server) in [
            (&account.id, &account.incoming),
            (&outgoing.id, &outgoing.server),
        ] {
            if let Some(reason) = sending::asked_for(server) {
                self.losses.push(Loss::of("secrets", id, reason));
            }
        }
    }

    fn server(&mut self, tag: &str, server: &Server, authentication: &str) {
        self.open(tag);
        self.element("host", server.host.as_deref().unwrap_or_default());
        self.element("port", &sending::port_of(server).to_string());
        self.element("connection-security", security(server).unwrap_or("NONE"));
        self.element("authentication-type", authentication);
        if let Some(username) = &server.username {
            self.element("username", username);
        }
        if let Some(password) = &server.password {
            self.element("password", password.expose());
        }
        self.close(tag.split(' ').next().unwrap_or_default());
    }

    /// What the app's defaults get wrong: deletions that never reach the server, no notice of new mail.
    fn settings(&mut self, account: &Account) {
        let is_imap = account.incoming.known_protocol() == Some(Protocol::Imap);
        let options = account.options.as_ref();
        let minutes = options
            .and_then(|o| o.0.get("checkMinutes"))
            .and_then(Value::as_u64);
        let mut values = vec![
            (
                "deletePolicy".to_owned(),
                if is_imap { "DELETE" } else { "NEVER" }.to_owned(),
            ),
            ("notifyNewMail".to_owned(), "true".to_owned()),
            (
                "automaticCheckIntervalMinutes".to_owned(),
                interval(minutes).to_string(),
            ),
        ];
        let roles = [
            ("sent", "sent"),
            ("drafts", "drafts"),
            ("archive", "archive"),
            ("junk", "spam"),
            ("trash", "trash"),
        ];
        for (role, name) in roles {
            let folder = account
                .folders
                .as_ref()
                .and_then(|folders| folders.get(role));
            if let Some(folder) = folder {
                values.push((format!("{name}FolderName"), folder.clone()));
                values.push((format!("{name}FolderSelection"), "MANUAL".to_owned()));
            }
        }
        for (key, value) in own_settings(account) {
            match values.iter_mut().find(|(known, _)| *known == key) {
                Some(known) => known.1 = value,
                None => values.push((key, value)),
            }
        }
        self.open("settings");
        values
            .iter()
            .for_each(|(key, value)| self.value(key, value));
        self.close("settings");
    }

    fn identities(&mut self, account: &Account, outgoing: &str) {
        self.open("identities");
        let bundle = self.bundle;
        for identity in bundle.identities_of(account) {
            if !sending::is_plain_address(&identity.email) {
                self.lose(identity, "address-not-supported");
                continue;
            }
            if identity.outgoing.as_deref() != Some(outgoing) {
                self.lose(identity, "sent-by-the-first-server");
            }
            if !identity.bcc.is_empty() {
                self.lose(identity, "bcc-not-in-format");
            }
            self.identity(identity);
        }
        self.close("identities");
    }

    fn lose(&mut self, identity: &Identity, reason: &str) {
        self.losses
            .push(Loss::of("identities", &identity.id, reason));
    }

    fn identity(&mut self, identity: &Identity) {
        self.open("identity");
        self.element("name", identity.name.as_deref().unwrap_or(&identity.email));
        self.element("email", &identity.email);
        if let Some(label) = &identity.label {
            self.element("description", label);
        }
        let signature = self.bundle.signature_of(identity);
        if signature.is_some() || identity.reply_to.is_some() {
            self.open("settings");
            if let Some(signature) = signature {
                self.signature(signature);
            }
            if let Some(reply_to) = &identity.reply_to {
                self.value("replyTo", reply_to);
            }
            self.close("settings");
        }
        self.close("identity");
    }

    fn signature(&mut self, signature: &Signature) {
        self.value("signatureUse", "true");
        match (&signature.html, &signature.text) {
            (Some(html), _) if self.signatures == Signatures::Html => {
                self.value(
                    "signature",
                    &html::images_from_blobs(html, &self.bundle.blobs),
                );
                self.value("signatureIsHtml", "true");
            }
            (html, text) => {
                if html.is_some() {
                    self.losses.push(Loss::of(
                        "signatures",
                        &signature.id,
                        "text-instead-of-html",
                    ));
                }
                let made = html.as_deref().map(html::to_text);
                self.value(
                    "signature",
                    text.as_deref().or(made.as_deref()).unwrap_or_default(),
                );
            }
        }
    }
}
