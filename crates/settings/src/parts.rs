//! Certificates, OpenPGP keys and templates as single files, for targets that take no bundle.

use crate::bundle::whole::Bundle;
use crate::file::{File, safe_name};
use crate::loss::Loss;
use crate::openpgp;
use crate::secret::Secret;

/// Files, and the passwords that open them.
#[derive(Debug, Default)]
pub struct Parts {
    /// The files.
    pub files: Vec<File>,
    /// File name and what opens it: to be shown once, and not written beside it.
    pub passwords: Vec<(String, Secret)>,
    /// What is missing.
    pub losses: Vec<Loss>,
}

/// `.p12` and `.cer` of the certificates, `.asc` of the OpenPGP keys.
#[must_use]
pub fn keys(bundle: &Bundle) -> Parts {
    let mut parts = Parts::default();
    for certificate in bundle.certificates.iter() {
        let p12 = certificate.p12.as_ref();
        let sealed = p12.and_then(|p12| Some((p12, bundle.bytes_of(&p12.data)?)));
        let plain = certificate.der.as_ref().and_then(|id| bundle.bytes_of(id));
        let stem = safe_name(&certificate.id);
        match (sealed, plain) {
            (Some((p12, bytes)), _) => {
                let name = format!("{stem}.p12");
                let password = p12.password.clone();
                parts
                    .passwords
                    .extend(password.map(|password| (name.clone(), password)));
                parts.put(name, "application/x-pkcs12", bytes.to_vec());
            }
            (None, Some(bytes)) => {
                parts.put(
                    format!("{stem}.cer"),
                    "application/pkix-cert",
                    bytes.to_vec(),
                );
            }
            (None, None) => {
                parts.losses.push(Loss::of(
                    "certificates",
                    &certificate.id,
                    "broken-reference",
                ));
            }
        }
    }
    for (at, key) in bundle.openpgp_keys.iter().enumerate() {
        let id = key.fingerprint.as_ref().or(key.key_id.as_ref());
        let id = id.cloned().unwrap_or_else(|| (at + 1).to_string());
        let Some(bytes) = bundle.bytes_of(&key.data) else {
            parts
                .losses
                .push(Loss::of("openpgpKeys", id, "broken-reference"));
            continue;
        };
        let name = format!("openpgp-{}.asc", safe_name(&id));
        let passphrase = key.passphrase.clone();
        parts
            .passwords
            .extend(passphrase.map(|passphrase| (name.clone(), passphrase)));
        let text = openpgp::armor(bytes, key.secret == Some(true));
        parts.put(name, "application/pgp-keys", text.into_bytes());
    }
    parts
}

/// Each template as `.eml`.
#[must_use]
pub fn templates(bundle: &Bundle) -> Parts {
    let mut parts = Parts::default();
    for (at, template) in bundle.templates.iter().enumerate() {
        match bundle.bytes_of(&template.message) {
            Some(mail) => {
                let name = safe_name(template.name.as_deref().unwrap_or(&template.id));
                parts.put(
                    format!("{:02}-{name}.eml", at + 1),
                    "message/rfc822",
                    mail.to_vec(),
                );
            }
            None => parts
                .losses
                .push(Loss::of("templates", &template.id, "broken-reference")),
        }
    }
    parts
}

impl Parts {
    fn put(&mut self, name: String, media_type: &'static str, bytes: Vec<u8>) {
        self.files.push(File {
            name,
            media_type,
            bytes,
        });
    }
}
