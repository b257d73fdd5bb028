//! Taking secrets out of a bundle.

use super::blob::BlobId;
use super::whole::{Bundle, Secrets};
use crate::extra::Extra;
use crate::loss::Loss;

impl Bundle {
    /// Takes the passwords and passphrases out. Keys that they opened stay, closed: the target asks.
    pub fn remove_passwords(&mut self) {
        self.accounts
            .iter_mut()
            .for_each(|account| account.incoming.password = None);
        self.outgoing_servers
            .iter_mut()
            .for_each(|outgoing| outgoing.server.password = None);
        self.address_books
            .iter_mut()
            .for_each(|book| book.password = None);
        self.calendars
            .iter_mut()
            .for_each(|calendar| calendar.password = None);
        self.openpgp_keys
            .iter_mut()
            .for_each(|key| key.passphrase = None);
        for certificate in self.certificates.iter_mut() {
            if let Some(p12) = &mut certificate.p12 {
                p12.password = None;
            }
        }
    }

    /// Takes out whatever is secret: passwords, private keys, and all that this version does not know,
    /// as it may be secret too.
    pub fn remove_secrets(&mut self) {
        self.remove_passwords();
        let mut losses = Vec::new();
        for certificate in self.certificates.iter_mut() {
            if certificate.p12.take().is_some() {
                losses.push(Loss::of(
                    "certificates",
                    certificate.id.as_str(),
                    "secrets-omitted",
                ));
            }
        }
        self.openpgp_keys.retain(|key| {
            let is_secret = key.secret != Some(false);
            if is_secret {
                let name = key.key_id.as_deref().unwrap_or_default();
                losses.push(Loss::of("openpgpKeys", name, "secrets-omitted"));
            }
            !is_secret
        });
        self.remove_unknown();
        losses.into_iter().for_each(|loss| self.losses.push(loss));
        self.remove_unnamed_blobs();
        self.secrets = Secrets::Omitted.into();
    }

    fn remove_unknown(&mut self) {
        fn clear(extra: &mut Extra) {
            *extra = Extra::default();
        }
        clear(&mut self.extra);
        clear(&mut self.source.extra);
        for account in self.accounts.iter_mut() {
            clear(&mut account.extra);
            clear(&mut account.incoming.extra);
        }
        self.outgoing_servers
            .iter_mut()
            .for_each(|outgoing| clear(&mut outgoing.server.extra));
        self.identities
            .iter_mut()
            .for_each(|identity| clear(&mut identity.extra));
        self.certificates
            .iter_mut()
            .for_each(|certificate| clear(&mut certificate.extra));
        self.openpgp_keys
            .iter_mut()
            .for_each(|key| clear(&mut key.extra));
        self.address_books
            .iter_mut()
            .for_each(|book| clear(&mut book.extra));
        self.calendars
            .iter_mut()
            .for_each(|calendar| clear(&mut calendar.extra));
        self.accounts.retain(|_| true);
        self.outgoing_servers.retain(|_| true);
        self.identities.retain(|_| true);
        self.certificates.retain(|_| true);
        self.address_books.retain(|_| true);
        self.calendars.retain(|_| true);
    }

    /// Drops the blobs that nothing names any more.
    fn remove_unnamed_blobs(&mut self) {
        let mut named: Vec<BlobId> = Vec::new();
        named.extend(
            self.templates
                .iter()
                .map(|template| template.message.clone()),
        );
        named.extend(
            self.certificates
                .iter()
                .filter_map(|certificate| certificate.der.clone()),
        );
        named.extend(self.openpgp_keys.iter().map(|key| key.data.clone()));
        named.extend(
            self.address_books
                .iter()
                .filter_map(|book| book.contacts.clone()),
        );
        let texts: Vec<String> = (self.signatures.iter().filter_map(|s| s.html.clone()))
            .chain(self.quick_texts.iter().filter_map(|q| q.html.clone()))
            .collect();
        self.blobs
            .retain(|id| named.contains(id) || texts.iter().any(|text| text.contains(id.as_str())));
    }
}
