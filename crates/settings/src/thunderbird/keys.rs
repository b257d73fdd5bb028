//! S/MIME certificates with their keys, and OpenPGP keys, as the bundle carries them.

use data_encoding::{BASE32_NOPAD, BASE64};

use super::nss::{Keys, StoredCertificate};
use super::prefs::Prefs;
use crate::bundle::account::Smime;
use crate::bundle::blob::Blobs;
use crate::bundle::content::{Certificate, OpenPgpKey, P12};
use crate::bundle::whole::Bundle;
use crate::extra::Extra;
use crate::loss::Loss;
use crate::openpgp;
use crate::p12;
use crate::primitives;
use crate::secret::{Entropy, Secret};
use crate::x509;

/// The longest chain from a person's certificate to the top.
const LONGEST_CHAIN: usize = 8;

/// A certificate of the database, read, with its id in the bundle.
struct Known<'a> {
    id: String,
    stored: &'a StoredCertificate,
    parsed: x509::Certificate<'a>,
}

/// Fills certificates and what identities sign with. Without `keys` the certificates come alone.
pub(crate) fn certificates(
    stored: &[StoredCertificate],
    own: impl Fn(&[u8]) -> bool,
    keys: Option<(&Keys, &Entropy)>,
    prefs: &Prefs,
    bundle: &mut Bundle,
    losses: &mut Vec<Loss>,
) {
    let known = name(stored, losses);
    let mut in_chains: Vec<&str> = Vec::new();
    for certificate in known.iter().filter(|known| own(&known.stored.id)) {
        let chain = chain(certificate, &known);
        in_chains.extend(chain.iter().map(|known| known.id.as_str()));
        let p12 = keys.and_then(|(keys, entropy)| seal(&chain, keys, entropy, &mut bundle.blobs));
        if keys.is_some() && p12.is_none() {
            losses.push(Loss::of(
                "certificates",
                &certificate.id,
                "key-not-readable",
            ));
        }
        let entry = entry(certificate, "identity", p12, &mut bundle.blobs);
        bundle.certificates.push(entry);
    }
    for certificate in known
        .iter()
        .filter(|known| !in_chains.contains(&known.id.as_str()))
    {
        if certificate.parsed.is_authority() {
            // Whom to trust is for the person to say on each device.
            losses.push(Loss::of(
                "certificates",
                &certificate.id,
                "authority-not-carried",
            ));
        } else {
            let entry = entry(certificate, "recipient", None, &mut bundle.blobs);
            bundle.certificates.push(entry);
        }
    }
    for identity in bundle.identities.iter_mut() {
        identity.smime = smime(&identity.id, prefs, &known);
    }
}

/// Ids from the nicknames; the same one a second time gets a number.
fn name<'a>(stored: &'a [StoredCertificate], losses: &mut Vec<Loss>) -> Vec<Known<'a>> {
    let mut known: Vec<Known<'a>> = Vec::new();
    for stored in stored {
        let Some(parsed) = x509::Certificate::parse(&stored.der) else {
            losses.push(Loss::of("certificates", &stored.label, "damaged"));
            continue;
        };
        let base = format!("cert-{}", stored.label);
        let mut id = base.clone();
        let mut number = 1;
        while known.iter().any(|known| known.id == id) {
            number += 1;
            id = format!("{base}-{number}");
        }
        known.push(Known { id, stored, parsed });
    }
    known
}

/// From the certificate to the top, as far as the database has it.
fn chain<'a, 'b>(leaf: &'b Known<'a>, known: &'b [Known<'a>]) -> Vec<&'b Known<'a>> {
    let mut chain = vec![leaf];
    while let Some(last) = chain.last().filter(|last| !last.parsed.is_self_issued()) {
        let issuer = known
            .iter()
            .find(|known| known.parsed.subject == last.parsed.issuer);
        let is_new = |issuer: &&Known<'a>| chain.iter().all(|known| known.id != issuer.id);
        match issuer
            .filter(is_new)
            .filter(|_| chain.len() < LONGEST_CHAIN)
        {
            Some(issuer) => chain.push(issuer),
            None => break,
        }
    }
    chain
}

fn seal(chain: &[&Known<'_>], keys: &Keys, entropy: &Entropy, blobs: &mut Blobs) -> Option<P12> {
    let leaf = chain.first()?;
    let key = keys.private_key(&leaf.stored.id)?;
    let drawn = primitives::derive_bytes(entropy, &format!("p12 password {}", leaf.id));
    let password = Secret::new(BASE32_NOPAD.encode(drawn.get(..16)?).to_lowercase());
    let certificates: Vec<&[u8]> = chain.iter().map(|known| known.parsed.der).collect();
    let name = leaf
        .parsed
        .common_name()
        .unwrap_or_else(|| leaf.stored.label.clone());
    let bytes = p12::write(&key, &certificates, &name, &password, (entropy, &leaf.id))?;
    Some(P12 {
        data: blobs.insert("application/x-pkcs12", bytes),
        password: Some(password),
        encryption: Some("pbe-sha1-3des".to_owned()),
        extra: Extra::default(),
    })
}

fn entry(known: &Known<'_>, kind: &str, p12: Option<P12>, blobs: &mut Blobs) -> Certificate {
    let der = known.parsed.der.to_vec();
    let needs_der = p12.is_none();
    Certificate {
        id: known.id.clone(),
        kind: kind.to_owned(),
        emails: known.parsed.emails(),
        label: known.parsed.common_name(),
        der: needs_der.then(|| blobs.insert("application/pkix-cert", der)),
        p12,
        extra: Extra::default(),
    }
}

fn smime(identity: &str, prefs: &Prefs, known: &[Known<'_>]) -> Option<Smime> {
    let text = |name: &str| prefs.text(&format!("mail.identity.{identity}.{name}"));
    let find = |kind: &str| {
        let exact = text(&format!("{kind}_cert_dbkey")).and_then(database_key);
        let nickname = text(&format!("{kind}_cert_name"))?;
        let by_key = exact.and_then(|(serial, issuer)| {
            let mut known = known.iter();
            known.find(|k| k.parsed.issuer == issuer && k.parsed.serial.ends_with(&serial))
        });
        let found = by_key.or_else(|| known.iter().find(|known| known.stored.label == nickname));
        // A nickname that the database does not have is kept: the person sees what is missing.
        Some(found.map_or_else(|| format!("cert-{nickname}"), |known| known.id.clone()))
    };
    let (sign_certificate, encrypt_certificate) = (find("signing"), find("encryption"));
    let is_there = sign_certificate.is_some() || encrypt_certificate.is_some();
    let policy = prefs.number(&format!("mail.identity.{identity}.encryptionpolicy"));
    is_there.then(|| Smime {
        sign_by_default: Some(
            prefs.flag(&format!("mail.identity.{identity}.sign_mail")) == Some(true),
        ),
        encryption: Some(
            match policy {
                Some(2) => "always",
                Some(1) => "if-possible",
                _ => "never",
            }
            .to_owned(),
        ),
        sign_certificate,
        encrypt_certificate,
        extra: Extra::default(),
    })
}

/// `nsNSSCertificate::GetDbKey`: two numbers of no use, two lengths, serial number, issuer.
fn database_key(text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let key = BASE64.decode(text.as_bytes()).ok()?;
    let length = |at: usize| -> Option<usize> {
        let digits: [u8; 4] = key.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(u32::from_be_bytes(digits)).ok()
    };
    let (serial, issuer) = (length(8)?, length(12)?);
    let (serial, rest) = key.get(16..)?.split_at_checked(serial)?;
    Some((serial.to_vec(), rest.get(..issuer)?.to_vec()))
}

/// Fills OpenPGP keys: secret ones if there is a passphrase for them, else and for others the public ones.
pub(crate) fn openpgp_keys(
    (secret_ring, public_ring): (&[u8], &[u8]),
    passphrase: Option<&Secret>,
    bundle: &mut Bundle,
    losses: &mut Vec<Loss>,
) {
    let (secret, secret_sound) = openpgp::split(secret_ring);
    let (public, public_sound) = openpgp::split(public_ring);
    if !secret_sound || !public_sound {
        losses.push(Loss::whole("openpgpKeys", "damaged"));
    }
    let taken: Vec<&openpgp::Key> = secret
        .iter()
        .filter(|key| passphrase.is_some() && key.is_secret)
        .collect();
    let is_taken = |key: &&openpgp::Key| taken.iter().all(|t| t.fingerprint != key.fingerprint);
    let others = public.iter().filter(|key| !key.is_secret).filter(is_taken);
    for key in taken.iter().copied().chain(others) {
        bundle.openpgp_keys.push(OpenPgpKey {
            key_id: Some(key.key_id.clone()),
            fingerprint: Some(key.fingerprint.clone()),
            user_ids: key.user_ids.clone(),
            secret: Some(key.is_secret),
            data: bundle
                .blobs
                .insert("application/pgp-keys", key.bytes.clone()),
            passphrase: passphrase.filter(|_| key.is_secret).cloned(),
            extra: Extra::default(),
        });
    }
}
