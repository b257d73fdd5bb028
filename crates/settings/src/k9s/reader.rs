//! `.k9s` to bundle.

use serde_json::{Map, Value};

use crate::bundle::account::{Account, Auth, Identity, Outgoing, Protocol, Security, Server};
use crate::bundle::content::Signature;
use crate::bundle::stamp::Stamp;
use crate::bundle::whole::{Bundle, Opened};
use crate::extra::{Extra, Word};
use crate::html;
use crate::loss::Loss;
use crate::secret::Secret;
use crate::xml::{self, Element};

/// Why a file is no `.k9s`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not XML.
    #[error("this is no .k9s file: {0}; export it again in the app (Settings, Export)")]
    Xml(#[from] xml::Error),
    /// XML, but something else.
    #[error("this is no .k9s file: its outermost element is not <k9settings>")]
    OtherDocument,
    /// A format that this crate does not know.
    #[error("this .k9s file has format {format}, this program reads format 1; update the program")]
    OtherFormat {
        /// As the file says.
        format: String,
    },
}

/// The newest settings version whose meaning this crate knows.
const NEWEST_VERSION: u32 = 111;

/// Reads a file of the app's "Export settings".
///
/// # Errors
/// What is no such file, or one of another format.
pub fn read(text: &str, stamp: &Stamp) -> Result<Opened, Error> {
    let root = xml::parse(text.trim_start_matches('\u{feff}'))?;
    if root.name != "k9settings" {
        return Err(Error::OtherDocument);
    }
    let format = root.attribute("format").unwrap_or_default();
    if format != "1" {
        return Err(Error::OtherFormat {
            format: format.to_owned(),
        });
    }
    let mut reader = Reader {
        bundle: Bundle::new(&stamp.id, &stamp.created, "k9"),
        notes: Vec::new(),
    };
    let version = root.attribute("version").unwrap_or_default();
    reader.bundle.source.app_version = Some(version.to_owned());
    if version
        .parse::<u32>()
        .is_ok_and(|version| version > NEWEST_VERSION)
    {
        reader
            .notes
            .push(Loss::of("bundle", version, "newer-version"));
    }
    let accounts = root
        .child("accounts")
        .map(|accounts| accounts.children.as_slice());
    for element in accounts
        .unwrap_or_default()
        .iter()
        .filter(|e| e.name == "account")
    {
        reader.account(element);
    }
    if let Some(global) = root.child("global") {
        let settings = values(global);
        reader
            .bundle
            .preferences
            .0
            .insert("k9".to_owned(), Value::Object(settings));
    }
    Ok(Opened {
        bundle: reader.bundle,
        notes: reader.notes,
    })
}

struct Reader {
    bundle: Bundle,
    notes: Vec<Loss>,
}

/// `<settings><value key="…">…</value></settings>`
fn values(element: &Element) -> Map<String, Value> {
    let pairs = element.all("value").filter_map(|value| {
        Some((
            value.attribute("key")?.to_owned(),
            Value::String(value.text.clone()),
        ))
    });
    pairs.collect()
}

fn server(element: &Element, protocol: Protocol) -> Server {
    let text = |name: &str| {
        element
            .text_of(name)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    };
    let auth = match text("authentication-type") {
        Some("NONE") => Word::Known(Auth::None),
        Some("PLAIN") => Word::Known(Auth::Password),
        Some("CRAM_MD5") => Word::Known(Auth::PasswordEncrypted),
        Some("EXTERNAL") => Word::Known(Auth::TlsCertificate),
        Some("XOAUTH2") => Word::Known(Auth::Oauth2),
        Some(other) => Word::Other(other.to_owned()),
        None => Word::Known(Auth::Password),
    };
    let security = match text("connection-security") {
        Some("SSL_TLS_REQUIRED" | "SSL_TLS_OPTIONAL") => Word::Known(Security::Tls),
        Some("STARTTLS_REQUIRED" | "STARTTLS_OPTIONAL") => Word::Known(Security::StartTls),
        Some("NONE") | None => Word::Known(Security::None),
        Some(other) => Word::Other(other.to_owned()),
    };
    let password = element
        .text_of("password")
        .filter(|password| !password.is_empty());
    let mut server = Server::new(protocol, Auth::None);
    server.auth = auth;
    server.username = text("username").map(str::to_owned);
    server.host = text("host").map(str::to_owned);
    server.port = text("port")
        .and_then(|port| port.parse().ok())
        .filter(|port| *port > 0);
    server.security = Some(security);
    server.password = password.map(|password| Secret::new(password.to_owned()));
    server
}

impl Reader {
    fn account(&mut self, element: &Element) {
        let number = self.bundle.accounts.iter().count() + 1;
        let id = match element.attribute("uuid") {
            Some(uuid) => uuid.to_owned(),
            None => format!("account{number}"),
        };
        let Some(incoming) = element.child("incoming-server") else {
            self.notes
                .push(Loss::of("accounts", id, "server-incomplete"));
            return;
        };
        let protocol = match incoming.attribute("type") {
            Some("IMAP") => Protocol::Imap,
            Some("POP3") => Protocol::Pop3,
            _ => {
                self.notes
                    .push(Loss::of("accounts", id, "protocol-not-supported"));
                return;
            }
        };
        let outgoing = element.child("outgoing-server").map(|element| Outgoing {
            id: format!("smtp{number}"),
            name: None,
            server: server(element, Protocol::Smtp),
        });
        let outgoing_id = outgoing.as_ref().map(|outgoing| outgoing.id.clone());
        outgoing
            .into_iter()
            .for_each(|outgoing| self.bundle.outgoing_servers.push(outgoing));
        let identities = element.child("identities").map(|e| e.children.as_slice());
        let identities = identities.unwrap_or_default().iter().map(|element| {
            let identity = self.identity(element, outgoing_id.clone());
            let id = identity.id.clone();
            self.bundle.identities.push(identity);
            id
        });
        let identities = identities.collect();
        let settings = element.child("settings").map(values).unwrap_or_default();
        let folders = folders(&settings);
        self.bundle.accounts.push(Account {
            name: element.text_of("name").unwrap_or(&id).to_owned(),
            id,
            incoming: server(incoming, protocol),
            identities,
            default: (number == 1).then_some(true),
            options: Some(options(&settings)),
            folders: Some(folders),
            extra: Extra::default(),
        });
    }

    fn identity(&mut self, element: &Element, outgoing: Option<String>) -> Identity {
        let id = format!("id{}", self.bundle.identities.iter().count() + 1);
        let settings = element.child("settings").map(values).unwrap_or_default();
        let text = |key: &str| {
            settings
                .get(key)
                .and_then(Value::as_str)
                .filter(|t| !t.is_empty())
        };
        let own = |name: &str| {
            element
                .text_of(name)
                .filter(|t| !t.is_empty())
                .map(str::to_owned)
        };
        let is_used = text("signatureUse") != Some("false");
        let signature = text("signature").filter(|_| is_used).map(|signature| {
            let name = format!("sig-{id}");
            let is_html = text("signatureIsHtml") == Some("true");
            self.bundle.signatures.push(Signature {
                id: name.clone(),
                html: is_html.then(|| html::images_to_blobs(signature, &mut self.bundle.blobs)),
                text: Some(if is_html {
                    html::to_text(signature)
                } else {
                    signature.to_owned()
                }),
                ..Signature::default()
            });
            name
        });
        Identity {
            name: own("name"),
            email: own("email").unwrap_or_default(),
            label: own("description"),
            reply_to: text("replyTo").map(str::to_owned),
            outgoing,
            signature,
            id,
            ..Identity::default()
        }
    }
}

fn folders(settings: &Map<String, Value>) -> std::collections::BTreeMap<String, String> {
    let roles = [
        ("sent", "sentFolderName"),
        ("drafts", "draftsFolderName"),
        ("archive", "archiveFolderName"),
        ("junk", "spamFolderName"),
        ("trash", "trashFolderName"),
    ];
    let found = roles.into_iter().filter_map(|(role, key)| {
        let folder = settings
            .get(key)
            .and_then(Value::as_str)
            .filter(|name| !name.is_empty())?;
        Some((role.to_owned(), folder.to_owned()))
    });
    found.collect()
}

/// `checkMinutes` by its own name; the rest under `x-k9`, as the app wrote it.
fn options(settings: &Map<String, Value>) -> Extra {
    let minutes = settings
        .get("automaticCheckIntervalMinutes")
        .and_then(Value::as_str);
    let minutes = minutes.and_then(|minutes| minutes.parse::<u64>().ok());
    let mut options = Map::new();
    options.extend(minutes.map(|minutes| ("checkMinutes".to_owned(), Value::from(minutes))));
    if !settings.is_empty() {
        options.insert("x-k9".to_owned(), Value::Object(settings.clone()));
    }
    Extra(options)
}
