//! What the sender wants, and the links that come of it.

use depesche_api::{B64, NewLink};
use depesche_seal::key::{Hash, ParcelKey, StretchedPassword};
use depesche_seal::link::{Head, LinkError, Record};
use depesche_seal::parcel::SealedManifest;
use depesche_seal::password::{Params, PasswordError};
use depesche_seal::primitives::Sha256;

use super::recipients::Reply;
use crate::draft::Link;
use crate::keyed::CodeMode;
use crate::profile::Secret;
use crate::walk::{Kind, Tree};
use crate::world::World;

/// Until when a parcel is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// So many ms after posting.
    After(i64),
    /// At this time, ms since 1970.
    At(i64),
}

impl Expiry {
    /// The time meant, counted from `now`.
    #[must_use]
    pub const fn at(self, now: i64) -> i64 {
        match self {
            Self::After(span) => now.saturating_add(span),
            Self::At(time) => time,
        }
    }
}

/// What the sender wants.
#[derive(Debug, Clone)]
pub struct Order {
    /// 1 to 4.
    pub level: u8,
    /// Addresses.
    pub recipients: Vec<String>,
    /// For mail, lists and landing page.
    pub subject: String,
    /// As the subject.
    pub message: String,
    /// None = as long as the server keeps it.
    pub expires: Option<Expiry>,
    /// How each link is guarded.
    pub links: LinkOptions,
    /// Whether the server mails the links; else the sender passes them on.
    pub mail: bool,
    /// Whether the sender is mailed at first downloads.
    pub notify: bool,
    /// At levels 3 and 4: a code for those whose key is not verified.
    pub claim_code: Option<CodeMode>,
    /// What it answers.
    pub reply: Option<Reply>,
    /// In which language the mail is written.
    pub language: depesche_api::Language,
    /// Goes on with what another device began. Needs the open keyring.
    pub take_over: bool,
}

/// Fields of a hash, each with its length.
struct Fields(Sha256);

impl Fields {
    fn put(&mut self, field: &[u8]) {
        self.0.update(&(field.len() as u64).to_be_bytes());
        self.0.update(field);
    }
}

/// How a link is guarded.
#[derive(Debug, Clone, Default)]
pub struct LinkOptions {
    /// Enters the key.
    pub password: Option<Secret>,
    /// A code mailed to the stated address is asked for.
    pub mailed_code: bool,
    /// How many downloads; none = no limit.
    pub max_downloads: Option<u32>,
}

impl Order {
    /// Over server, sender, paths, sizes, times and options: an order that stopped is known again by it.
    /// Of a password only that there is one.
    pub(crate) fn fingerprint(&self, server: &str, sender: &str, tree: &Tree) -> Hash {
        let mut fields = Fields(Sha256::new());
        fields.put(server.as_bytes());
        fields.put(sender.as_bytes());
        self.put_options(&mut fields);
        for entry in &tree.entries {
            fields.put(entry.name.as_str().as_bytes());
            fields.put(entry.path.as_os_str().as_encoded_bytes());
            match entry.kind {
                Kind::EmptyFolder => fields.put(b""),
                Kind::File(stamp) => {
                    fields.put(&stamp.size.to_be_bytes());
                    fields.put(&stamp.mtime.to_be_bytes());
                    fields.put(&stamp.file.0.to_be_bytes());
                    fields.put(&stamp.file.1.to_be_bytes());
                }
            }
        }
        Hash::from_bytes(fields.0.finish())
    }

    /// Over names, sizes and options: by this another device knows the order, wherever its copies of the files lie.
    pub(crate) fn likeness(&self, tree: &Tree) -> Hash {
        let mut fields = Fields(Sha256::new());
        self.put_options(&mut fields);
        for entry in &tree.entries {
            fields.put(entry.name.as_str().as_bytes());
            match entry.kind {
                Kind::EmptyFolder => fields.put(b""),
                Kind::File(stamp) => fields.put(&stamp.size.to_be_bytes()),
            }
        }
        Hash::from_bytes(fields.0.finish())
    }

    fn put_options(&self, fields: &mut Fields) {
        let mut put = |field: &[u8]| fields.put(field);
        put(&[self.level, u8::from(self.mail), u8::from(self.notify)]);
        put(format!("{:?}", self.expires).as_bytes());
        put(&(self.recipients.len() as u64).to_be_bytes());
        for recipient in &self.recipients {
            put(recipient.as_bytes());
        }
        put(self.subject.as_bytes());
        put(self.message.as_bytes());
        put(&[
            u8::from(self.links.password.is_some()),
            u8::from(self.links.mailed_code),
        ]);
        put(format!("{:?}", self.links.max_downloads).as_bytes());
        put(format!("{:?}", self.claim_code).as_bytes());
        put(self
            .reply
            .as_ref()
            .map_or(&[], |reply| reply.parcel.as_bytes().as_slice()));
    }
}

/// A password stretched once, for all links of an order.
pub(crate) struct Stretched {
    params: Params,
    key: StretchedPassword,
}

impl LinkOptions {
    /// Runs Argon2id, if there is a password. Takes 64 MiB and a good part of a second.
    pub(crate) fn stretch(&self, world: World) -> Result<Option<Stretched>, PasswordError> {
        let Some(password) = &self.password else {
            return Ok(None);
        };
        let params = Params::recommended(world.draw());
        let key = params.stretch(password.expose())?;
        Ok(Some(Stretched { params, key }))
    }
}

/// What the server is given of a link.
pub(crate) fn make_link(
    link: &Link,
    options: &LinkOptions,
    stretched: Option<&Stretched>,
    manifest: &SealedManifest,
    key: &ParcelKey,
    world: World,
) -> Result<NewLink, LinkError> {
    let head = Head {
        id: link.id,
        mailed_code: options.mailed_code,
        password: stretched.map(|stretched| stretched.params),
    };
    let pw = stretched.map(|stretched| &stretched.key);
    let record = Record::seal(
        head,
        &link.secret,
        pw,
        world.draw(),
        manifest.header(),
        manifest.hash(),
        key,
    )?;
    Ok(NewLink {
        id: link.id.to_string(),
        record: B64(record.to_bytes()),
        auth: B64(link.secret.auth(&link.id).hash().as_bytes().to_vec()),
        auth2: pw.map(|pw| B64(link.secret.auth2(&link.id, pw).hash().as_bytes().to_vec())),
        limit: options.max_downloads,
    })
}
