//! TLS: both versions, both protocols, and a certificate that changes under way.

use crate::house::{House, Own, Wire};
use axum::Router;
use axum::routing::get;
use depesche_http::net::limits::Limits;
use depesche_http::net::tls::{self, Certificate, Refreshed, TlsError};
use http::Request;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Two files, and what was written into them last.
pub(crate) struct Files {
    _folder: TempDir,
    cert: PathBuf,
    key: PathBuf,
    /// Each write is a second later than the one before, whatever the file system can tell apart.
    written: SystemTime,
}

impl Files {
    pub(crate) fn new() -> (Self, CertificateDer<'static>) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut files = Self {
            cert: folder.path().join("cert.pem"),
            key: folder.path().join("key.pem"),
            _folder: folder,
            written: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000),
        };
        let made = make();
        files.write(Some(&made.cert.pem()), Some(&made.signing_key));
        (files, made.cert.der().clone())
    }

    fn write(&mut self, cert: Option<&str>, key: Option<&KeyPair>) {
        self.written += Duration::from_secs(1);
        let key = key.map(KeyPair::serialize_pem);
        for (path, text) in [(&self.cert, cert), (&self.key, key.as_deref())] {
            let Some(text) = text else { continue };
            std::fs::write(path, text).expect("written");
            let file = std::fs::File::options().write(true).open(path);
            let set = file.and_then(|file| file.set_modified(self.written));
            set.expect("a time");
        }
    }

    pub(crate) fn load(&self) -> Result<Certificate, TlsError> {
        Certificate::load(&self.cert, &self.key)
    }
}

fn make() -> CertifiedKey<KeyPair> {
    generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate")
}

/// Connects as a client that trusts `root` alone.
pub(crate) async fn connect(
    house: &House,
    root: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
    alpn: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).expect("a root");
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = TcpStream::connect(house.at).await?;
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

fn hello() -> Own {
    Own(Router::new().route("/", get(|| async { "hello" })))
}

async fn house(certificate: &Arc<Certificate>) -> House {
    let config = tls::config(Arc::clone(certificate)).expect("a config");
    House::with_tls(hello(), Limits::default(), Some(config)).await
}

#[tokio::test]
async fn both_versions_and_both_protocols() {
    let (files, root) = Files::new();
    let house = house(&Arc::new(files.load().expect("a certificate"))).await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for (alpn, agreed) in [
            (&[b"h2".as_slice(), b"http/1.1"][..], Some(b"h2".as_slice())),
            (&[b"http/1.1"], Some(b"http/1.1")),
            (&[], None),
        ] {
            let stream = connect(&house, &root, &[version], alpn).await.expect("TLS");
            let (_, session) = stream.get_ref();
            assert_eq!(session.protocol_version(), Some(version.version));
            assert_eq!(session.alpn_protocol(), agreed);
            let text = if agreed == Some(b"h2") {
                ask_http2(stream).await
            } else {
                let mut wire = Wire::new(stream);
                wire.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
                wire.answer().await.text()
            };
            assert_eq!(text, "hello");
        }
    }
}

async fn ask_http2(stream: TlsStream<TcpStream>) -> String {
    let (client, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
    let driving = tokio::spawn(connection);
    let mut client = client.ready().await.expect("ready");
    let request = Request::get("https://localhost/")
        .body(())
        .expect("a request");
    let (answer, _) = client.send_request(request, true).expect("sent");
    let mut body = answer.await.expect("an answer").into_body();
    let text = body.data().await.expect("a body").expect("whole");
    driving.abort();
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn plain_http_is_not_answered_where_tls_is_spoken() {
    let (files, _) = Files::new();
    let house = house(&Arc::new(files.load().expect("a certificate"))).await;
    let mut wire = house.connect().await;
    wire.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(!wire.rest().await.contains("hello"));
}

#[tokio::test]
async fn a_silent_handshake_ends() {
    let (files, _) = Files::new();
    let config = tls::config(Arc::new(files.load().expect("a certificate"))).expect("a config");
    let limits = Limits {
        head: Duration::from_millis(50),
        ..Limits::default()
    };
    let house = House::with_tls(hello(), limits, Some(config)).await;
    assert_eq!(house.connect().await.rest().await, "");
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_bad_one_is_not() {
    let (mut files, old) = Files::new();
    let certificate = Arc::new(files.load().expect("a certificate"));
    let house = house(&certificate).await;
    let all = rustls::ALL_VERSIONS;
    let trusts =
        async |root: &CertificateDer<'static>| connect(&house, root, all, &[]).await.is_ok();
    assert!(matches!(certificate.refresh(), Refreshed::Same));
    assert!(trusts(&old).await);

    // As tools renew: first one file, a moment later the other.
    let new = make();
    files.write(Some(&new.cert.pem()), None);
    let refreshed = certificate.refresh();
    assert!(
        matches!(refreshed, Refreshed::Kept(TlsError::Mismatch { .. })),
        "{refreshed:?}"
    );
    assert!(
        matches!(certificate.refresh(), Refreshed::Same),
        "told once"
    );
    assert!(trusts(&old).await && !trusts(new.cert.der()).await);
    files.write(None, Some(&new.signing_key));
    assert!(matches!(certificate.refresh(), Refreshed::New));
    assert!(trusts(new.cert.der()).await && !trusts(&old).await);

    files.write(Some("-----BEGIN CERTIFICATE-----\nAAAA\n"), None);
    assert!(matches!(
        certificate.refresh(),
        Refreshed::Kept(TlsError::Unreadable { .. })
    ));
    files.write(Some("nothing of that kind"), None);
    assert!(matches!(
        certificate.refresh(),
        Refreshed::Kept(TlsError::NoCertificate(_))
    ));
    std::fs::remove_file(&files.cert).expect("removed");
    assert!(matches!(
        certificate.refresh(),
        Refreshed::Kept(TlsError::Unreadable { .. })
    ));
    assert!(trusts(new.cert.der()).await, "the last good one stays");
}

#[test]
fn a_server_does_not_start_without_its_certificate() {
    let (files, _) = Files::new();
    std::fs::remove_file(&files.key).expect("removed");
    let error = files.load().expect_err("no key");
    assert!(error.to_string().contains("key.pem"), "{error}");
}
