//! Accounts, the servers mail leaves by, identities and what they sign with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::extra::{Extra, Word};
use crate::secret::Secret;

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// RFC 9051.
    Imap,
    /// RFC 1939.
    Pop3,
    /// RFC 8621.
    Jmap,
    /// Exchange Web Services.
    Ews,
    /// Exchange ActiveSync.
    Eas,
    /// Microsoft Graph.
    Graph,
    /// RFC 5321.
    Smtp,
}

/// What protects the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Nothing.
    None,
    /// TLS after a plain greeting, required.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// How one shows who one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Auth {
    /// Not at all.
    None,
    /// A password, as it is.
    Password,
    /// A password that does not cross the line (CRAM-MD5 and its kin).
    PasswordEncrypted,
    /// GSSAPI.
    Kerberos,
    /// NTLM.
    Ntlm,
    /// A TLS client certificate.
    TlsCertificate,
    /// OAuth 2.0. Its tokens belong to one program and never travel.
    Oauth2,
}

/// Where to sign in; never a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OAuth2 {
    /// RFC 8414 issuer, as a URL or host name.
    pub issuer: String,
    /// RFC 6749 scopes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub scopes: Vec<String>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A server and the login there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    /// How it is spoken to.
    pub protocol: Word<Protocol>,
    /// How one logs in.
    pub auth: Word<Auth>,
    /// The login name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub username: Option<String>,
    /// Host name, for protocols that have one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub host: Option<String>,
    /// 1 to 65535.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub port: Option<u16>,
    /// For protocols over HTTP.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub url: Option<String>,
    /// What protects the line.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub security: Option<Word<Security>>,
    /// Where to sign in by OAuth.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub oauth2: Option<OAuth2>,
    /// Absent: the target asks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub password: Option<Secret>,
    /// Id of a certificate of this bundle.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_certificate: Option<String>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Server {
    /// A server of which nothing but the kind is known.
    #[must_use]
    pub fn new(protocol: Protocol, auth: Auth) -> Self {
        Self {
            protocol: protocol.into(),
            auth: auth.into(),
            username: None,
            host: None,
            port: None,
            url: None,
            security: None,
            oauth2: None,
            password: None,
            client_certificate: None,
            extra: Extra::default(),
        }
    }

    /// Its protocol, if known.
    #[must_use]
    pub fn known_protocol(&self) -> Option<Protocol> {
        self.protocol.known().copied()
    }

    /// Its way to log in, if known.
    #[must_use]
    pub fn known_auth(&self) -> Option<Auth> {
        self.auth.known().copied()
    }

    /// What protects the line, if known.
    #[must_use]
    pub fn known_security(&self) -> Option<Security> {
        self.security.as_ref().and_then(Word::known).copied()
    }
}

/// Where mail comes in, and who writes from there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Unique among the accounts.
    pub id: String,
    /// As the person calls it.
    pub name: String,
    /// Where mail comes in.
    pub incoming: Server,
    /// Ids of identities, the first one first.
    pub identities: Vec<String>,
    /// The account that a new mail starts from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default: Option<bool>,
    /// `checkMinutes`, `leaveOnServer`, `leaveDays`; unknown ones kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub options: Option<Extra>,
    /// RFC 6154 role (`sent`, `drafts`, `archive`, …) to folder path.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub folders: Option<BTreeMap<String, String>>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A server that mail leaves by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    /// Unique among the outgoing servers.
    pub id: String,
    /// As the person calls it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// The server itself; its members stand beside `id`.
    #[serde(flatten)]
    pub server: Server,
}

/// What an identity signs and encrypts with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Smime {
    /// Id of a certificate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sign_certificate: Option<String>,
    /// Whether new mails are signed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sign_by_default: Option<bool>,
    /// Id of a certificate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub encrypt_certificate: Option<String>,
    /// `never`, `if-possible`, `always`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub encryption: Option<String>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// An identity's OpenPGP key, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenPgp {
    /// 16 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key_id: Option<String>,
    /// 40 or 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fingerprint: Option<String>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Who writes: name, address and what hangs on them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// Unique among the identities.
    pub id: String,
    /// The name before the address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// The address.
    pub email: String,
    /// The organisation's name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub organization: Option<String>,
    /// What the person calls this identity.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub label: Option<String>,
    /// Where answers go.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reply_to: Option<String>,
    /// Id of an outgoing server.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outgoing: Option<String>,
    /// Id of a signature.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub signature: Option<String>,
    /// Blind copies of every mail.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub bcc: Vec<String>,
    /// S/MIME.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub smime: Option<Smime>,
    /// OpenPGP.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub openpgp: Option<OpenPgp>,
    /// `format` (`html`, `text`), `replyPosition` (`above`, `below`); unknown ones kept.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub compose: Option<Extra>,
    /// Unknown members, kept.
    #[serde(flatten)]
    pub extra: Extra,
}
