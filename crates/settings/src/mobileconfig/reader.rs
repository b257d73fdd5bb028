//! Configuration profile to bundle.

use crate::bundle::account::{
    Account, Auth, Identity, OAuth2, Outgoing, Protocol, Security, Server, Smime,
};
use crate::bundle::content::{AddressBook, Calendar, Certificate, P12};
use crate::bundle::stamp::Stamp;
use crate::bundle::whole::{Bundle, Opened};
use crate::cms;
use crate::extra::Extra;
use crate::loss::Loss;
use crate::plist::{self, Dict, Value};
use crate::secret::Secret;
use crate::xml;

/// Why a file is no configuration profile that can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not XML, and not signed XML either.
    #[error("this is no configuration profile: {0}")]
    Xml(#[from] xml::Error),
    /// A binary property list.
    #[error("this profile is a binary property list; run `plutil -convert xml1` on it")]
    Binary,
    /// XML, but something else.
    #[error("this is no configuration profile: its PayloadType is not \"Configuration\"")]
    OtherDocument,
    /// Only its device opens it.
    #[error("this profile is encrypted for one device; export it without encryption")]
    Encrypted,
}

/// Reads a profile, signed or not. A signature is not verified, and the notes say so.
///
/// # Errors
/// What is no profile, or one that only its device can open.
pub fn read(bytes: &[u8], stamp: &Stamp) -> Result<Opened, Error> {
    let signed = cms::unwrap(bytes);
    let xml = signed.as_ref().map_or(bytes, |inside| inside.as_slice());
    if xml.starts_with(b"bplist") {
        return Err(Error::Binary);
    }
    let text = String::from_utf8_lossy(xml);
    let profile = plist::parse(text.trim_start_matches('\u{feff}'))?;
    let profile = profile.ok_or(Error::OtherDocument)?;
    if profile.get("EncryptedPayloadContent").is_some() {
        return Err(Error::Encrypted);
    }
    if profile.string("PayloadType") != Some("Configuration") {
        return Err(Error::OtherDocument);
    }
    let mut reader = Reader {
        bundle: Bundle::new(&stamp.id, &stamp.created, "apple"),
        notes: Vec::new(),
        certificates: Vec::new(),
    };
    if signed.is_some() {
        reader
            .notes
            .push(Loss::whole("bundle", "signature-not-verified"));
    }
    let payloads = match profile.get("PayloadContent") {
        Some(Value::Array(payloads)) => payloads.as_slice(),
        _ => &[],
    };
    // Certificates first: accounts name them.
    for is_certificate in [true, false] {
        for payload in payloads {
            if let Value::Dict(payload) = payload {
                reader.payload(payload, is_certificate);
            }
        }
    }
    Ok(Opened {
        bundle: reader.bundle,
        notes: reader.notes,
    })
}

struct Reader {
    bundle: Bundle,
    notes: Vec<Loss>,
    /// Payload UUID to id.
    certificates: Vec<(String, String)>,
}

fn owned(payload: &Dict, key: &str) -> Option<String> {
    payload.string(key).map(str::to_owned)
}

fn secret(payload: &Dict, key: &str) -> Option<Secret> {
    owned(payload, key).map(Secret::new)
}

fn server(payload: &Dict, side: &str, protocol: Protocol) -> Server {
    let own = |key: &str| format!("{side}MailServer{key}");
    let auth = match payload.string(&own("Authentication")) {
        Some("EmailAuthNone") => Auth::None,
        Some("EmailAuthCRAMMD5" | "EmailAuthHTTPMD5") => Auth::PasswordEncrypted,
        Some("EmailAuthNTLM") => Auth::Ntlm,
        _ => Auth::Password,
    };
    let port = payload
        .integer(&own("PortNumber"))
        .and_then(|port| u16::try_from(port).ok());
    let is_tls = payload.boolean(&own("UseSSL")).unwrap_or(false);
    // Apple's one switch stands for both kinds of TLS: the port tells which.
    let security = match (is_tls, port) {
        (false, _) => Security::None,
        (true, Some(143 | 110 | 25 | 587)) => Security::StartTls,
        (true, _) => Security::Tls,
    };
    let mut server = Server::new(protocol, auth);
    server.host = owned(payload, &own("HostName"));
    server.port = port.filter(|port| *port > 0);
    server.username = owned(payload, &own("Username"));
    server.security = Some(security.into());
    server.password = secret(payload, &format!("{side}Password"));
    server
}

impl Reader {
    fn payload(&mut self, payload: &Dict, is_certificate: bool) {
        let kind = payload.string("PayloadType").unwrap_or_default();
        let belongs = kind.starts_with("com.apple.security.") == is_certificate;
        if !belongs {
            return;
        }
        match kind {
            "com.apple.security.pkcs12" => self.certificate(payload),
            "com.apple.mail.managed" => self.mail(payload),
            "com.apple.google-oauth" => self.google(payload),
            "com.apple.eas.account" => self.exchange(payload),
            "com.apple.carddav.account" => self.address_book(payload),
            "com.apple.caldav.account" => self.calendar(payload),
            other => self
                .notes
                .push(Loss::of("bundle", other, "payload-not-supported")),
        }
    }

    fn certificate(&mut self, payload: &Dict) {
        let number = self.certificates.len() + 1;
        let file = payload
            .string("PayloadCertificateFileName")
            .unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let mut id = format!("cert-{stem}");
        if stem.is_empty() || self.certificates.iter().any(|(_, known)| *known == id) {
            id = format!("cert-{number}");
        }
        let Some(bytes) = payload.data("PayloadContent") else {
            self.notes.push(Loss::of("certificates", id, "damaged"));
            return;
        };
        let uuid = payload
            .string("PayloadUUID")
            .unwrap_or_default()
            .to_uppercase();
        self.certificates.push((uuid, id.clone()));
        self.bundle.certificates.push(Certificate {
            id,
            kind: "identity".to_owned(),
            emails: stem
                .contains('@')
                .then(|| stem.to_owned())
                .into_iter()
                .collect(),
            label: owned(payload, "PayloadDisplayName"),
            p12: Some(P12 {
                data: self
                    .bundle
                    .blobs
                    .insert("application/x-pkcs12", bytes.to_vec()),
                password: secret(payload, "Password"),
                // The system that took the profile reads nothing newer.
                encryption: Some("pbe-sha1-3des".to_owned()),
                extra: Extra::default(),
            }),
            ..Certificate::default()
        });
    }

    fn mail(&mut self, payload: &Dict) {
        let protocol = match payload.string("EmailAccountType") {
            Some("EmailTypePOP") => Protocol::Pop3,
            _ => Protocol::Imap,
        };
        let incoming = server(payload, "Incoming", protocol);
        let mut outgoing = server(payload, "Outgoing", Protocol::Smtp);
        if payload.boolean("OutgoingPasswordSameAsIncomingPassword") == Some(true) {
            outgoing.password.clone_from(&incoming.password);
        }
        let id = format!("smtp{}", self.bundle.outgoing_servers.iter().count() + 1);
        self.bundle.outgoing_servers.push(Outgoing {
            id: id.clone(),
            name: None,
            server: outgoing,
        });
        let name = owned(payload, "EmailAccountName");
        let smime = self.smime(payload);
        let called = owned(payload, "EmailAccountDescription");
        self.account(payload, (incoming, called), (name, Some(id), smime));
    }

    fn smime(&self, payload: &Dict) -> Option<Smime> {
        let named = |key: &str| {
            let uuid = payload.string(key)?.to_uppercase();
            self.certificates
                .iter()
                .find(|(known, _)| *known == uuid)
                .map(|(_, id)| id.clone())
        };
        let sign_certificate = named("SMIMESigningCertificateUUID");
        let encrypt_certificate = named("SMIMEEncryptionCertificateUUID");
        let always = payload.boolean("SMIMEEncryptByDefault").unwrap_or(false);
        let is_there = sign_certificate.is_some() || encrypt_certificate.is_some();
        is_there.then(|| Smime {
            sign_by_default: payload.boolean("SMIMESigningEnabled"),
            encryption: Some(if always { "always" } else { "never" }.to_owned()),
            sign_certificate,
            encrypt_certificate,
            extra: Extra::default(),
        })
    }

    /// The part that all kinds of accounts share.
    fn account(
        &mut self,
        payload: &Dict,
        (incoming, called): (Server, Option<String>),
        (name, outgoing, smime): (Option<String>, Option<String>, Option<Smime>),
    ) {
        let number = self.bundle.accounts.iter().count() + 1;
        let identity = Identity {
            id: format!("id{number}"),
            name,
            email: owned(payload, "EmailAddress").unwrap_or_default(),
            outgoing,
            smime,
            ..Identity::default()
        };
        let called = called.or_else(|| owned(payload, "PayloadDisplayName"));
        self.bundle.accounts.push(Account {
            id: format!("account{number}"),
            name: called.unwrap_or_else(|| identity.email.clone()),
            incoming,
            identities: vec![identity.id.clone()],
            default: (number == 1).then_some(true),
            options: None,
            folders: None,
            extra: Extra::default(),
        });
        self.bundle.identities.push(identity);
    }

    /// The payload names no servers; these are the provider's.
    fn google(&mut self, payload: &Dict) {
        let issuer = OAuth2 {
            issuer: "accounts.google.com".to_owned(),
            scopes: vec!["https://mail.google.com/".to_owned()],
            extra: Extra::default(),
        };
        let server = |protocol: Protocol, host: &str, port: u16| {
            let mut server = Server::new(protocol, Auth::Oauth2);
            server.host = Some(host.to_owned());
            server.port = Some(port);
            server.security = Some(Security::Tls.into());
            server.username = owned(payload, "EmailAddress");
            server.oauth2 = Some(issuer.clone());
            server
        };
        let id = format!("smtp{}", self.bundle.outgoing_servers.iter().count() + 1);
        self.bundle.outgoing_servers.push(Outgoing {
            id: id.clone(),
            name: None,
            server: server(Protocol::Smtp, "smtp.gmail.com", 465),
        });
        let incoming = server(Protocol::Imap, "imap.gmail.com", 993);
        let called = owned(payload, "AccountDescription");
        let name = owned(payload, "AccountName");
        self.account(payload, (incoming, called), (name, Some(id), None));
    }

    fn exchange(&mut self, payload: &Dict) {
        let is_oauth = payload.boolean("OAuth") == Some(true);
        let auth = if is_oauth {
            Auth::Oauth2
        } else {
            Auth::Password
        };
        let mut server = Server::new(Protocol::Eas, auth);
        server.host = owned(payload, "Host");
        server.security = Some(Security::Tls.into());
        server.username = owned(payload, "UserName");
        server.password = secret(payload, "Password");
        let id = format!("eas{}", self.bundle.outgoing_servers.iter().count() + 1);
        self.bundle.outgoing_servers.push(Outgoing {
            id: id.clone(),
            name: None,
            server: server.clone(),
        });
        self.account(payload, (server, None), (None, Some(id), None));
    }

    fn address_book(&mut self, payload: &Dict) {
        let id = format!("ab-{}", self.bundle.address_books.iter().count() + 1);
        let name = owned(payload, "CardDAVAccountDescription");
        self.bundle.address_books.push(AddressBook {
            name: name.unwrap_or_else(|| id.clone()),
            id,
            kind: "carddav".to_owned(),
            url: url(payload, "CardDAV"),
            username: owned(payload, "CardDAVUsername"),
            password: secret(payload, "CardDAVPassword"),
            ..AddressBook::default()
        });
    }

    fn calendar(&mut self, payload: &Dict) {
        let id = format!("cal-{}", self.bundle.calendars.iter().count() + 1);
        let name = owned(payload, "CalDAVAccountDescription");
        self.bundle.calendars.push(Calendar {
            name: name.unwrap_or_else(|| id.clone()),
            id,
            kind: "caldav".to_owned(),
            url: url(payload, "CalDAV"),
            username: owned(payload, "CalDAVUsername"),
            password: secret(payload, "CalDAVPassword"),
            ..Calendar::default()
        });
    }
}

fn url(payload: &Dict, kind: &str) -> Option<String> {
    let host = payload.string(&format!("{kind}HostName"))?;
    let is_tls = payload.boolean(&format!("{kind}UseSSL")).unwrap_or(true);
    let (scheme, standard) = if is_tls { ("https", 443) } else { ("http", 80) };
    let path = payload
        .string(&format!("{kind}PrincipalURL"))
        .unwrap_or("/");
    let port = payload
        .integer(&format!("{kind}Port"))
        .filter(|port| *port != standard);
    let port = port.map_or(String::new(), |port| format!(":{port}"));
    Some(format!(
        "{scheme}://{host}{port}/{}",
        path.trim_start_matches('/')
    ))
}
