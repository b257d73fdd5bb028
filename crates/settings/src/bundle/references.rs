//! References by id: looked up here, and told as losses where they lead nowhere.

use super::account::{Account, Identity, Outgoing};
use super::blob::BlobId;
use super::content::Signature;
use super::whole::Bundle;
use crate::loss::Loss;

impl Bundle {
    /// The account's identities, in its order.
    pub fn identities_of<'a>(&'a self, account: &'a Account) -> impl Iterator<Item = &'a Identity> {
        let found = |id: &'a String| self.identities.iter().find(|identity| identity.id == *id);
        account.identities.iter().filter_map(found)
    }

    /// The server that the identity's mail leaves by.
    #[must_use]
    pub fn outgoing_of(&self, identity: &Identity) -> Option<&Outgoing> {
        let id = identity.outgoing.as_ref()?;
        self.outgoing_servers.iter().find(|server| server.id == *id)
    }

    /// The identity's signature.
    #[must_use]
    pub fn signature_of(&self, identity: &Identity) -> Option<&Signature> {
        let id = identity.signature.as_ref()?;
        self.signatures.iter().find(|signature| signature.id == *id)
    }

    /// The bytes of a blob, if the bundle has it.
    #[must_use]
    pub fn bytes_of(&self, id: &BlobId) -> Option<&[u8]> {
        self.blobs.get(id).map(|blob| blob.data.as_slice())
    }

    /// References that lead nowhere.
    #[must_use]
    pub fn broken_references(&self) -> Vec<Loss> {
        let broken = |category: &str, id: &str| Loss::of(category, id, "broken-reference");
        let mut losses = Vec::new();
        for account in self.accounts.iter() {
            if self.identities_of(account).count() < account.identities.len() {
                losses.push(broken("accounts", &account.id));
            }
        }
        for identity in self.identities.iter() {
            let lost_server = identity.outgoing.is_some() && self.outgoing_of(identity).is_none();
            let lost_text = identity.signature.is_some() && self.signature_of(identity).is_none();
            if lost_server || lost_text {
                losses.push(broken("identities", &identity.id));
            }
        }
        for template in self
            .templates
            .iter()
            .filter(|t| self.bytes_of(&t.message).is_none())
        {
            losses.push(broken("templates", &template.id));
        }
        for certificate in self.certificates.iter() {
            let blobs = certificate
                .der
                .iter()
                .chain(certificate.p12.iter().map(|p12| &p12.data));
            if blobs.into_iter().any(|id| self.bytes_of(id).is_none()) {
                losses.push(broken("certificates", &certificate.id));
            }
        }
        for book in self.address_books.iter() {
            if book
                .contacts
                .as_ref()
                .is_some_and(|id| self.bytes_of(id).is_none())
            {
                losses.push(broken("addressBooks", &book.id));
            }
        }
        for key in self
            .openpgp_keys
            .iter()
            .filter(|key| self.bytes_of(&key.data).is_none())
        {
            losses.push(broken(
                "openpgpKeys",
                key.key_id.as_deref().unwrap_or_default(),
            ));
        }
        losses
    }
}
