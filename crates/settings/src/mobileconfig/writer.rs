//! Bundle to configuration profile.

use crate::bundle::account::{Account, Auth, Identity, Protocol, Security, Server};
use crate::bundle::content::{Certificate, P12};
use crate::bundle::whole::Bundle;
use crate::loss::Loss;
use crate::plist::{self, Dict, Value};
use crate::secret::Secret;
use crate::sending::{self, Sender};
use crate::uuid::derive_uuid;

/// RFC 6838 media type on which Apple's systems offer the installation.
pub const MEDIA_TYPE: &str = "application/x-apple-aspen-config";

/// What the system shows of the profile, in the user's language.
#[derive(Clone, Debug)]
pub struct Texts {
    /// The profile's name.
    pub name: String,
    /// One sentence below it.
    pub description: String,
    /// Who made it.
    pub organization: String,
}

/// A profile, and what it does not carry.
#[derive(Debug)]
pub struct Written {
    /// UTF-8 XML, not signed.
    pub bytes: Vec<u8>,
    /// What stays behind.
    pub losses: Vec<Loss>,
}

struct Writer<'a> {
    bundle: &'a Bundle,
    identifier: String,
    payloads: Vec<Value>,
    losses: Vec<Loss>,
}

/// Writes everything that iOS Mail has a place for, into one profile: a second waiting profile would
/// push the first one out. The identifiers stay the same for the same bundle id, so that a second
/// installation replaces the first.
#[must_use]
pub fn write(bundle: &Bundle, texts: &Texts) -> Written {
    let mut writer = Writer {
        bundle,
        identifier: format!("org.depesche.handoff.{}", bundle.id),
        payloads: Vec::new(),
        losses: Vec::new(),
    };
    writer.certificates();
    bundle
        .accounts
        .iter()
        .for_each(|account| writer.account(account));
    writer.address_books();
    writer.calendars();
    writer.losses.extend(sending::uncarried(
        bundle,
        &["accounts", "certificates", "addressBooks", "calendars"],
    ));
    let mut profile = Dict::default();
    profile.set_string("PayloadType", "Configuration");
    profile.set("PayloadVersion", Value::Integer(1));
    profile.set_string("PayloadIdentifier", &writer.identifier);
    profile.set_string("PayloadUUID", &uuid(bundle, "profile"));
    profile.set_string("PayloadDisplayName", &texts.name);
    profile.set_string("PayloadDescription", &texts.description);
    profile.set_string("PayloadOrganization", &texts.organization);
    profile.set_boolean("PayloadRemovalDisallowed", false);
    profile.set("PayloadContent", Value::Array(writer.payloads));
    Written {
        bytes: plist::write(&profile).into_bytes(),
        losses: writer.losses,
    }
}

fn uuid(bundle: &Bundle, id: &str) -> String {
    derive_uuid(&bundle.id, id).to_uppercase()
}

fn authentication(server: &Server) -> Option<&'static str> {
    match server.known_auth()? {
        Auth::None => Some("EmailAuthNone"),
        Auth::Password => Some("EmailAuthPassword"),
        Auth::PasswordEncrypted => Some("EmailAuthCRAMMD5"),
        Auth::Ntlm => Some("EmailAuthNTLM"),
        Auth::Kerberos | Auth::TlsCertificate | Auth::Oauth2 => None,
    }
}

/// `https://host[:port]/path`, or the same with `http`.
struct Place<'a> {
    is_tls: bool,
    host: &'a str,
    port: u16,
    path: &'a str,
}

fn place(url: &str) -> Option<Place<'_>> {
    let (scheme, rest) = url.split_once("://")?;
    let is_tls = match scheme {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let standard = if is_tls { 443 } else { 80 };
    let (host, port) = match authority.rsplit_once(':') {
        // An IPv6 address without a port ends with a bracket.
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        _ => (authority, standard),
    };
    (!host.is_empty()).then_some(Place {
        is_tls,
        host,
        port,
        path,
    })
}

impl<'a> Writer<'a> {
    fn payload(&self, kind: &str, id: &str, name: &str) -> Dict {
        let mut payload = Dict::default();
        payload.set_string("PayloadType", kind);
        payload.set("PayloadVersion", Value::Integer(1));
        payload.set_string("PayloadIdentifier", &format!("{}.{id}", self.identifier));
        payload.set_string("PayloadUUID", &uuid(self.bundle, id));
        payload.set_string("PayloadDisplayName", name);
        payload
    }

    fn add(&mut self, payload: Dict) {
        self.payloads.push(Value::Dict(payload));
    }

    fn lose(&mut self, category: &str, id: &str, reason: &str) {
        self.losses.push(Loss::of(category, id, reason));
    }

    /// The certificates that a profile can carry: with their key, in the one encryption that iOS reads.
    fn p12_of(&self, certificate: &'a Certificate) -> Option<(&'a P12, &'a [u8])> {
        let p12 = certificate.p12.as_ref()?;
        let is_readable = p12.encryption.as_deref() == Some("pbe-sha1-3des");
        Some((p12, self.bundle.bytes_of(&p12.data)?)).filter(|_| is_readable)
    }

    fn certificates(&mut self) {
        let bundle = self.bundle;
        for certificate in bundle.certificates.iter() {
            let Some((p12, bytes)) = self.p12_of(certificate) else {
                self.lose("certificates", &certificate.id, "no-key-in-a-readable-form");
                continue;
            };
            let name = certificate.emails.first().unwrap_or(&certificate.id);
            let label = certificate.label.as_ref().unwrap_or(name);
            let mut payload = self.payload("com.apple.security.pkcs12", &certificate.id, label);
            payload.set_string("PayloadCertificateFileName", &format!("{name}.p12"));
            payload.set("PayloadContent", Value::Data(bytes.to_vec()));
            set_secret(&mut payload, "Password", p12.password.as_ref());
            self.add(payload);
        }
    }

    fn account(&mut self, account: &Account) {
        let Some(sender) = sending::first_sender(self.bundle, account) else {
            self.lose("accounts", &account.id, "no-usable-identity");
            return;
        };
        let written = match account.incoming.known_protocol() {
            Some(Protocol::Imap) => self.mail(account, sender, "EmailTypeIMAP"),
            Some(Protocol::Pop3) => self.mail(account, sender, "EmailTypePOP"),
            Some(Protocol::Ews | Protocol::Eas) => self.exchange(account, sender.identity),
            _ => Err("protocol-not-supported"),
        };
        if let Err(reason) = written {
            self.lose("accounts", &account.id, reason);
            return;
        }
        let bundle = self.bundle;
        for identity in bundle
            .identities_of(account)
            .filter(|i| i.id != sender.identity.id)
        {
            self.lose("identities", &identity.id, "first-identity-only");
        }
        if let Some(reason) = sending::asked_for(&account.incoming) {
            self.lose("secrets", &account.id, reason);
        }
    }

    fn mail(
        &mut self,
        account: &Account,
        sender: Sender<'_>,
        kind: &str,
    ) -> Result<(), &'static str> {
        let (incoming, outgoing) = (&account.incoming, &sender.outgoing.server);
        if incoming.known_auth() == Some(Auth::Oauth2) {
            return self.google(account, sender.identity);
        }
        if outgoing.known_protocol() != Some(Protocol::Smtp) {
            return Err("outgoing-protocol-not-supported");
        }
        let identity = sender.identity;
        let mut payload = self.payload("com.apple.mail.managed", &account.id, &account.name);
        payload.set_string("EmailAccountDescription", &account.name);
        payload.set_string(
            "EmailAccountName",
            identity.name.as_deref().unwrap_or_default(),
        );
        payload.set_string("EmailAccountType", kind);
        payload.set_string("EmailAddress", &identity.email);
        set_server(&mut payload, "Incoming", incoming)?;
        set_server(&mut payload, "Outgoing", outgoing)?;
        payload.set_boolean("OutgoingPasswordSameAsIncomingPassword", false);
        set_secret(&mut payload, "IncomingPassword", incoming.password.as_ref());
        set_secret(&mut payload, "OutgoingPassword", outgoing.password.as_ref());
        self.set_smime(&mut payload, identity);
        self.add(payload);
        Ok(())
    }

    fn set_smime(&self, payload: &mut Dict, identity: &Identity) {
        let Some(smime) = &identity.smime else {
            return;
        };
        let usable = |id: &Option<String>| {
            let id = id.as_ref()?;
            let certificate = self.bundle.certificates.iter().find(|c| c.id == *id)?;
            self.p12_of(certificate).map(|_| uuid(self.bundle, id))
        };
        if let Some(uuid) = usable(&smime.sign_certificate) {
            let signs = smime.sign_by_default == Some(true);
            payload.set_boolean("SMIMESigningEnabled", signs);
            payload.set_string("SMIMESigningCertificateUUID", &uuid);
            payload.set_boolean("SMIMESigningUserOverrideable", true);
        }
        if let Some(uuid) = usable(&smime.encrypt_certificate) {
            let always = matches!(smime.encryption.as_deref(), Some("always" | "if-possible"));
            payload.set_boolean("SMIMEEncryptionEnabled", true);
            payload.set_string("SMIMEEncryptionCertificateUUID", &uuid);
            payload.set_boolean("SMIMEEncryptByDefault", always);
            payload.set_boolean("SMIMEEncryptByDefaultUserOverrideable", true);
            payload.set_boolean("SMIMEEnableEncryptionPerMessageSwitch", true);
        }
    }

    /// Of all providers with OAuth, only Google has a payload; the person signs in after installing.
    fn google(&mut self, account: &Account, identity: &Identity) -> Result<(), &'static str> {
        let issuer = account
            .incoming
            .oauth2
            .as_ref()
            .map(|oauth2| oauth2.issuer.as_str());
        let is_google = issuer.is_some_and(|issuer| {
            issuer.trim_start_matches("https://").trim_end_matches('/') == "accounts.google.com"
        });
        if !is_google {
            return Err("oauth2-not-supported");
        }
        let mut payload = self.payload("com.apple.google-oauth", &account.id, &account.name);
        payload.set_string("AccountDescription", &account.name);
        payload.set_string("AccountName", identity.name.as_deref().unwrap_or_default());
        payload.set_string("EmailAddress", &identity.email);
        self.add(payload);
        Ok(())
    }

    /// ActiveSync on the host of the web services: mostly so, not always, hence told as a loss.
    fn exchange(&mut self, account: &Account, identity: &Identity) -> Result<(), &'static str> {
        let server = &account.incoming;
        let from_url = server
            .url
            .as_deref()
            .and_then(place)
            .map(|place| place.host.to_owned());
        let host = from_url
            .or_else(|| server.host.clone())
            .ok_or("server-incomplete")?;
        let mut payload = self.payload("com.apple.eas.account", &account.id, &account.name);
        payload.set_string("EmailAddress", &identity.email);
        payload.set_string("Host", &host);
        payload.set_boolean("SSL", true);
        payload.set_string("UserName", server.username.as_deref().unwrap_or_default());
        if server.known_auth() == Some(Auth::Oauth2) {
            payload.set_boolean("OAuth", true);
        }
        set_secret(&mut payload, "Password", server.password.as_ref());
        self.add(payload);
        if server.known_protocol() == Some(Protocol::Ews) {
            self.lose("accounts", &account.id, "activesync-instead-of-ews");
        }
        Ok(())
    }

    fn address_books(&mut self) {
        let bundle = self.bundle;
        for book in bundle.address_books.iter() {
            match book
                .url
                .as_deref()
                .and_then(place)
                .filter(|_| book.kind == "carddav")
            {
                Some(place) => {
                    let login = (book.username.as_deref(), book.password.as_ref());
                    self.dav("CardDAV", &book.id, &book.name, &place, login);
                }
                None => self.lose("addressBooks", &book.id, "contacts-as-vcard"),
            }
        }
    }

    fn calendars(&mut self) {
        let bundle = self.bundle;
        for calendar in bundle.calendars.iter() {
            match calendar
                .url
                .as_deref()
                .and_then(place)
                .filter(|_| calendar.kind == "caldav")
            {
                Some(place) => {
                    let login = (calendar.username.as_deref(), calendar.password.as_ref());
                    self.dav("CalDAV", &calendar.id, &calendar.name, &place, login);
                }
                None => self.lose("calendars", &calendar.id, "kind-not-supported"),
            }
        }
    }

    fn dav(
        &mut self,
        kind: &str,
        id: &str,
        name: &str,
        place: &Place<'_>,
        (username, password): (Option<&str>, Option<&Secret>),
    ) {
        let payload_type = format!("com.apple.{}.account", kind.to_lowercase());
        let mut payload = self.payload(&payload_type, id, name);
        payload.set_string(&format!("{kind}AccountDescription"), name);
        payload.set_string(&format!("{kind}HostName"), place.host);
        payload.set(
            &format!("{kind}Port"),
            Value::Integer(i64::from(place.port)),
        );
        payload.set_boolean(&format!("{kind}UseSSL"), place.is_tls);
        payload.set_string(&format!("{kind}Username"), username.unwrap_or_default());
        payload.set_string(&format!("{kind}PrincipalURL"), place.path);
        set_secret(&mut payload, &format!("{kind}Password"), password);
        self.add(payload);
    }
}

/// Apple has one switch for TLS; it finds out itself whether at once or after STARTTLS.
fn set_server(payload: &mut Dict, side: &str, server: &Server) -> Result<(), &'static str> {
    let authentication = authentication(server).ok_or("authentication-not-supported")?;
    let host = server
        .host
        .as_deref()
        .filter(|host| !host.is_empty())
        .ok_or("server-incomplete")?;
    let is_tls = server.known_security().ok_or("server-incomplete")? != Security::None;
    let port = i64::from(sending::port_of(server));
    payload.set_string(&format!("{side}MailServerAuthentication"), authentication);
    payload.set_string(&format!("{side}MailServerHostName"), host);
    payload.set(&format!("{side}MailServerPortNumber"), Value::Integer(port));
    payload.set_boolean(&format!("{side}MailServerUseSSL"), is_tls);
    if let Some(username) = &server.username {
        payload.set_string(&format!("{side}MailServerUsername"), username);
    }
    Ok(())
}

fn set_secret(payload: &mut Dict, key: &str, secret: Option<&Secret>) {
    if let Some(secret) = secret {
        payload.set_string(key, secret.expose());
    }
}
