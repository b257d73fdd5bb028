//! Certificate and key: read from PEM files, read again when these change.

use rustls::ServerConfig;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

/// Why TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read, or holds nothing of its kind in PEM.
    #[error("{file}: {error}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        error: pem::Error,
    },
    /// The certificate file holds no certificate.
    #[error("{0}: no certificate is in it")]
    NoCertificate(PathBuf),
    /// The key is of no known kind, or does not belong to the certificate.
    #[error("{cert} and {key} do not fit together: {error}")]
    Mismatch {
        /// The certificate file.
        cert: PathBuf,
        /// The key file.
        key: PathBuf,
        /// Why.
        error: rustls::Error,
    },
    /// The TLS library refuses the set-up.
    #[error("TLS cannot be set up: {0}")]
    SetUp(#[from] rustls::Error),
}

/// What is told of both files without reading them.
type Stamp = [Option<(SystemTime, u64)>; 2];

/// The certificate in use. [`Certificate::refresh`] follows the files.
#[derive(Debug)]
pub struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<CertifiedKey>>,
    tried: Mutex<Stamp>,
    provider: Arc<CryptoProvider>,
}

/// What [`Certificate::refresh`] found.
#[derive(Debug)]
pub enum Refreshed {
    /// The files are as they were.
    Same,
    /// A new certificate is in use from now on.
    New,
    /// The new files cannot be used; the certificate from before still is.
    Kept(TlsError),
}

impl Certificate {
    /// Reads both files: `cert` the chain, the server's own certificate first; `key` its key (PKCS #8, PKCS #1 or SEC1).
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn load(cert: &Path, key: &Path) -> Result<Self, TlsError> {
        let provider = Arc::new(default_provider());
        let tried = stamp(cert, key);
        let current = read(cert, key, &provider)?;
        Ok(Self {
            cert: cert.to_owned(),
            key: key.to_owned(),
            current: RwLock::new(Arc::new(current)),
            tried: Mutex::new(tried),
            provider,
        })
    }

    /// Reads the files again if they changed; call it every few seconds. A pair that cannot be used, such as a new
    /// certificate whose key has not been written yet, is told once and leaves the old one in use.
    pub fn refresh(&self) -> Refreshed {
        let now = stamp(&self.cert, &self.key);
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        if *tried == now {
            return Refreshed::Same;
        }
        *tried = now;
        match read(&self.cert, &self.key, &self.provider) {
            Ok(new) => {
                let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
                *current = Arc::new(new);
                tracing::info!("new TLS certificate in use");
                Refreshed::New
            }
            Err(error) => {
                tracing::error!(%error, "new TLS certificate cannot be used, the old one stays");
                Refreshed::Kept(error)
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&current))
    }
}

fn stamp(cert: &Path, key: &Path) -> Stamp {
    [cert, key].map(|file| {
        let known = std::fs::metadata(file).ok()?;
        Some((known.modified().ok()?, known.len()))
    })
}

fn read(cert: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let unreadable = |file: &Path| {
        let file = file.to_owned();
        move |error| TlsError::Unreadable { file, error }
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect)
        .map_err(unreadable(cert))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(cert.to_owned()));
    }
    let secret = PrivateKeyDer::from_pem_file(key).map_err(unreadable(key))?;
    CertifiedKey::from_der(chain, secret, provider).map_err(|error| TlsError::Mismatch {
        cert: cert.to_owned(),
        key: key.to_owned(),
        error,
    })
}

/// TLS 1.2 and 1.3, HTTP/2 and HTTP/1.1 by ALPN (RFC 7301), no client certificates, no early data.
///
/// # Errors
/// [`TlsError::SetUp`].
pub fn config(certificate: Arc<Certificate>) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::clone(&certificate.provider);
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
