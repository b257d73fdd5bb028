//! CMS SignedData (RFC 5652) with its content inside, as signed configuration profiles are.

use zeroize::Zeroizing;

use crate::der::{self, Reader};
use crate::oid;
use crate::primitives::{self, Hash, SignatureKind, SigningKey};
use crate::x509::Certificate;

/// Why something could not be signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The key is neither RSA nor on a NIST curve, or damaged.
    #[error(
        "this key cannot sign here; take one with RSA (2048 bits or more), P-256, P-384 or P-521"
    )]
    Key,
    /// The certificate cannot be read.
    #[error("the signer's certificate is damaged; export it again")]
    Certificate,
}

/// The content of a SignedData, whether or not the signature is good. `None` for anything else.
pub(crate) fn unwrap(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let mut info = Reader::new(bytes).enter(der::SEQUENCE)?;
    if info.expect(der::OID)?.content != oid::SIGNED_DATA {
        return None;
    }
    let mut signed = info.enter(der::context(0))?.enter(der::SEQUENCE)?;
    signed.expect(der::INTEGER)?;
    signed.expect(der::SET)?;
    let mut content = signed.enter(der::SEQUENCE)?;
    content.expect(der::OID)?;
    content.enter(der::context(0))?.next()?.octets()
}

fn identifier(of: &[u8]) -> Zeroizing<Vec<u8>> {
    der::sequence(&[&der::tlv(der::OID, of)])
}

fn digest_oid(hash: Hash) -> &'static [u8] {
    match hash {
        Hash::Sha1 => oid::SHA1,
        Hash::Sha256 => oid::SHA256,
        Hash::Sha384 => oid::SHA384,
        Hash::Sha512 => oid::SHA512,
    }
}

/// RFC 3370 section 3.2 and RFC 5754: RSA has NULL parameters, ECDSA none.
fn signature_algorithm(kind: SignatureKind) -> Zeroizing<Vec<u8>> {
    match kind {
        SignatureKind::RsaSha256 => der::sequence(&[
            &der::tlv(der::OID, oid::RSA_SHA256),
            &der::tlv(der::NULL, &[]),
        ]),
        SignatureKind::EcdsaSha256 => identifier(oid::ECDSA_SHA256),
        SignatureKind::EcdsaSha384 => identifier(oid::ECDSA_SHA384),
        SignatureKind::EcdsaSha512 => identifier(oid::ECDSA_SHA512),
    }
}

fn attribute(of: &[u8], value: &[u8]) -> Zeroizing<Vec<u8>> {
    der::sequence(&[&der::tlv(der::OID, of), &der::tlv(der::SET, value)])
}

/// Signs `content` with a PKCS#8 key; `chain` begins with the signer's certificate. No signing time is
/// stated: nobody hands one in, and the installing system does not ask.
///
/// # Errors
/// A key or certificate that cannot be used.
pub(crate) fn sign(content: &[u8], key: &[u8], chain: &[&[u8]]) -> Result<Vec<u8>, Error> {
    let key = SigningKey::from_pkcs8(key).ok_or(Error::Key)?;
    let signer = chain
        .first()
        .and_then(|der| Certificate::parse(der))
        .ok_or(Error::Certificate)?;
    let hash = key.kind().hash();
    let digest = primitives::hash(hash, &[content]);
    // In the order that DER asks of a SET: by their bytes.
    let mut attributes = [
        attribute(oid::CONTENT_TYPE, &der::tlv(der::OID, oid::DATA)),
        attribute(oid::MESSAGE_DIGEST, &der::tlv(der::OCTET_STRING, &digest)),
    ];
    attributes.sort_by(|a, b| a.as_slice().cmp(b.as_slice()));
    let attributes: Vec<&[u8]> = attributes.iter().map(|bytes| bytes.as_slice()).collect();
    // Section 5.4: signed as a SET, carried as [0].
    let signature = key
        .sign(&der::group(der::SET, &attributes))
        .ok_or(Error::Key)?;
    let signer_info = der::sequence(&[
        &der::integer(&[1]),
        &der::sequence(&[signer.issuer, signer.serial]),
        &identifier(digest_oid(hash)),
        &der::group(der::context(0), &attributes),
        &signature_algorithm(signature.kind),
        &der::tlv(der::OCTET_STRING, &signature.bytes),
    ]);
    let inside = der::sequence(&[
        &der::tlv(der::OID, oid::DATA),
        &der::tlv(der::context(0), &der::tlv(der::OCTET_STRING, content)),
    ]);
    let mut certificates: Vec<&[u8]> = chain.to_vec();
    certificates.sort_unstable();
    let signed = der::sequence(&[
        &der::integer(&[1]),
        &der::tlv(der::SET, &identifier(digest_oid(hash))),
        &inside,
        &der::group(der::context(0), &certificates),
        &der::tlv(der::SET, &signer_info),
    ]);
    let info = der::sequence(&[
        &der::tlv(der::OID, oid::SIGNED_DATA),
        &der::tlv(der::context(0), &signed),
    ]);
    Ok(info.to_vec())
}
